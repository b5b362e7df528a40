"""Which agency handles which procedure, and since when under which standard."""

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.errors import Refused
from agencies.history import change_of, open_change_set, record_many, snapshot
from agencies.models import Agency
from procedures.models.catalogue import Procedure
from procedures.models.standards import Standard
from procedures.models.tallies import retally


class AgencyProcedureQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user, "agency__"))

    def in_force(self, on):
        """Duties that exist on a day at an agency that exists, of procedures in force."""
        return self.filter(
            Q(assigned_on__isnull=True) | Q(assigned_on__lte=on),
            Q(ended_on__isnull=True) | Q(ended_on__gt=on),
            Q(procedure__effective_on__isnull=True) | Q(procedure__effective_on__lte=on),
            Q(procedure__repealed_on__isnull=True) | Q(procedure__repealed_on__gt=on),
            Q(agency__established_on__isnull=True) | Q(agency__established_on__lte=on),
            Q(agency__dissolved_on__isnull=True) | Q(agency__dissolved_on__gt=on),
        )

    def under_iso(self, on):
        """Duties that run under any standard on a day."""
        past = PastApplication.objects.filter(
            agency_procedure=models.OuterRef("pk"), applied_on__lte=on, until__gt=on
        )
        return self.filter(Q(applied_on__lte=on) | models.Exists(past))

    @transaction.atomic
    def apply(self, standard, *, on, by, change_set=None):
        """Put these duties under a standard from a day; those under it already stay as they are.

        Set-based: the earlier application of each is kept as PastApplication. Returns how many
        changed. A duty that came under a later standard before `on` is passed over.
        """
        rows = list(self.exclude(standard=standard).select_related("agency", "procedure"))
        rows = [r for r in rows if r.applied_on is None or r.applied_on < on]
        if not rows:
            return 0
        change_set = change_set or open_change_set(gettext("Procedures under %s") % standard, by=by)
        changes, past = [], []
        for row in rows:
            before = snapshot(row)
            if row.standard_id is not None:
                past.append(
                    PastApplication(
                        agency_procedure=row,
                        standard_id=row.standard_id,
                        applied_on=row.applied_on,
                        until=on,
                    )
                )
            row.standard, row.applied_on, row.version = standard, on, row.version + 1
            changes.append(change_of(change_set, row, before=before))
        self.model.objects.bulk_update(rows, ["standard", "applied_on", "version"], batch_size=300)
        PastApplication.objects.bulk_create(past, batch_size=500)
        record_many([change_of(change_set, p) for p in past] + changes)
        retally({row.agency_id for row in rows})
        return len(rows)

    @transaction.atomic
    def follow(self, *, on, change_set):
        """These duties came under their standard on another day; None: they did not, what was before comes back.

        Raises Refused when an earlier application would last no day.
        """
        rows = list(self.select_related("agency", "procedure").exclude(applied_on=on))
        since = {row.pk: row.applied_on for row in rows}
        ended = PastApplication.objects.filter(agency_procedure__in=rows).select_related(
            "agency_procedure__agency", "agency_procedure__procedure", "standard"
        )
        ended = {p.agency_procedure_id: p for p in ended if p.until == since[p.agency_procedure_id]}
        changes = []
        for row in rows:
            before, past = snapshot(row), ended.get(row.pk)
            if on is None:
                row.standard_id = past.standard_id if past else None
                row.applied_on = past.applied_on if past else None
            else:
                row.applied_on = on
            row.version += 1
            changes.append(change_of(change_set, row, before=before))
        for past in ended.values():
            before = snapshot(past)
            if on is not None and on <= past.applied_on:
                day = date_format(past.applied_on)
                raise Refused(gettext("Procedures ran under another standard since %s.") % day, "on")
            past.until = on or past.until
            changes.append(change_of(change_set, past, before=before, deleted=on is None))
        self.model.objects.bulk_update(rows, ["standard", "applied_on", "version"], batch_size=300)
        if on is None:
            PastApplication.objects.filter(pk__in=[p.pk for p in ended.values()]).delete()
        else:
            PastApplication.objects.bulk_update(ended.values(), ["until"], batch_size=300)
        record_many(changes)
        retally({row.agency_id for row in rows})


class AgencyProcedure(models.Model):
    """One agency's duty to handle one procedure (TT 26/2014/TT-BKHCN Điều 4)."""

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="procedures", db_index=False, verbose_name=_("agency")
    )
    procedure = models.ForeignKey(
        Procedure, models.PROTECT, related_name="duties", verbose_name=_("procedure")
    )
    # First day of the duty and first day without it; empty: without a limit.
    assigned_on = models.DateField(_("assigned on"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    # Both empty: the procedure does not run under a standard.
    standard = models.ForeignKey(
        Standard, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("standard")
    )
    applied_on = models.DateField(_("under ISO since"), null=True, blank=True)
    document_code = models.CharField(_("document code"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AgencyProcedureQuerySet.as_manager()

    class Meta:
        verbose_name = _("agency procedure")
        verbose_name_plural = _("agency procedures")
        ordering = ["agency", "procedure"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "procedure"], name="agency_procedure_once"),
            models.CheckConstraint(
                condition=Q(standard__isnull=True, applied_on__isnull=True)
                | Q(standard__isnull=False, applied_on__isnull=False),
                name="agency_procedure_standard_and_day",
            ),
            models.CheckConstraint(
                condition=Q(assigned_on__isnull=True)
                | Q(ended_on__isnull=True)
                | Q(ended_on__gt=F("assigned_on")),
                name="agency_procedure_ends_after_start",
            ),
        ]

    def __str__(self):
        return f"{self.agency}: {self.procedure.code or self.procedure.name}"

    @property
    def history_agency_id(self):
        return self.agency_id

    @classmethod
    def refresh_derived(cls, duties):
        """After an undo: recount the agencies."""
        retally({d.agency_id for d in duties})


class PastApplication(models.Model):
    """The standard that a duty ran under from … to …, kept when a later one took over."""

    agency_procedure = models.ForeignKey(
        AgencyProcedure,
        models.CASCADE,
        related_name="past",
        db_index=False,
        verbose_name=_("agency procedure"),
    )
    standard = models.ForeignKey(
        Standard, models.PROTECT, related_name="+", db_index=False, verbose_name=_("standard")
    )
    applied_on = models.DateField(_("from"))
    # The first day of the next application.
    until = models.DateField(_("until"))

    class Meta:
        verbose_name = _("past application")
        verbose_name_plural = _("past applications")
        ordering = ["agency_procedure", "applied_on"]
        constraints = [
            models.UniqueConstraint(fields=["agency_procedure", "applied_on"], name="past_application_once"),
            models.CheckConstraint(condition=Q(applied_on__lt=F("until")), name="past_application_has_days"),
        ]

    def __str__(self):
        return f"{self.agency_procedure}: {self.standard}"

    @property
    def history_agency_id(self):
        return self.agency_procedure.agency_id

    @classmethod
    def refresh_derived(cls, past):
        duties = AgencyProcedure.objects.filter(pk__in=[p.agency_procedure_id for p in past])
        retally(set(duties.values_list("agency_id", flat=True)))
