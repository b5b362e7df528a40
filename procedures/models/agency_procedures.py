"""Which agency handles which procedure, and since when under which standard."""

from collections import defaultdict

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


def _under_iso(on, confirmed_only):
    """The condition that a duty runs under a standard on a day."""
    from procedures.models.declarations import Declaration

    past = PastApplication.objects.filter(agency_procedure=models.OuterRef("pk"), applied_on__lte=on)
    if not confirmed_only:
        return Q(applied_on__lte=on) | models.Exists(past.filter(until__gt=on))
    # What a declaration not yet confirmed took the place of would go on without it.
    waiting = Declaration.objects.waiting()
    now = waiting.filter(
        agency=models.OuterRef("agency"),
        standard=models.OuterRef("standard"),
        declared_on=models.OuterRef("applied_on"),
    )
    then = waiting.filter(
        agency=models.OuterRef("agency_procedure__agency"),
        standard=models.OuterRef("standard"),
        declared_on=models.OuterRef("applied_on"),
    )
    return Q(~models.Exists(now), applied_on__lte=on) | models.Exists(past.filter(~models.Exists(then)))


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

    def under_iso(self, on, *, confirmed_only=False):
        """Duties that run under any standard on a day; or only by what the lead agency has confirmed."""
        return self.filter(_under_iso(on, confirmed_only))

    def unconfirmed(self, on):
        """Duties under a standard on a day only by declarations that are not confirmed yet."""
        from procedures.models.declarations import Declaration

        waiting = Declaration.objects.waiting().filter(declared_on__lte=on).order_by().values("agency")
        return self.under_iso(on).filter(~_under_iso(on, True), agency__in=waiting)

    @transaction.atomic
    def apply(self, standard, *, on, by, change_set=None):
        """Put these duties under a standard from a day until the next one they came under.

        Set-based: what each ran under before is kept as PastApplication. Those under the standard
        already, or under another since that very day, stay as they are. Returns how many changed.
        """
        rows = self.exclude(standard=standard, applied_on__lte=on)
        past = defaultdict(list)
        for application in PastApplication.objects.filter(agency_procedure__in=rows.order_by().values("pk")):
            past[application.agency_procedure_id].append(application)
        applied, made, shortened = [], [], []
        for row in rows.select_for_update(of=["self"]).select_related("agency", "procedure"):
            before = snapshot(row), {p.pk: snapshot(p) for p in past[row.pk]}
            new = row.insert_application(past[row.pk], standard, on)
            if new is None:
                continue
            applied.append((row, before[0]))
            made += [p for p in new if p.pk is None]
            shortened += [(p, before[1][p.pk]) for p in new if p.pk is not None]
        if not applied:
            return 0
        change_set = change_set or open_change_set(gettext("Procedures under %s") % standard, by=by)
        rows = [row for row, _before in applied]
        self.model.objects.bulk_update(rows, ["standard", "applied_on", "version"], batch_size=300)
        PastApplication.objects.bulk_create(made, batch_size=500)
        PastApplication.objects.bulk_update(
            [p for p, _b in shortened], ["applied_on", "until"], batch_size=300
        )
        record_many([change_of(change_set, p) for p in made])
        record_many([change_of(change_set, o, before=before) for o, before in shortened + applied])
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

    def insert_application(self, past, standard, on):
        """Put one more standard into the chain of this duty, not yet stored.

        `past` are its PastApplications. Returns those that are new or differ now; None when
        nothing changes.
        """
        past = sorted(past, key=lambda p: p.applied_on)
        before = next((p for p in reversed(past) if p.applied_on <= on), None)
        after = next((p for p in past if p.applied_on > on), None)
        if self.applied_on is not None and self.applied_on <= on:
            before = self
        if before is not None and (before.standard_id == standard.pk or before.applied_on == on):
            return None
        changed = []
        if before is self:
            # The usual case: it goes on under the new one.
            changed.append(self._past(self.standard, self.applied_on, on))
        elif before is not None and before.until > on:
            before.until = on
            changed.append(before)
        following = after or (self if before is not self and self.applied_on is not None else None)
        if following is None:
            self.standard, self.applied_on = standard, on
        elif following.standard_id == standard.pk:
            # It came under the same standard earlier than was known.
            following.applied_on = on
            changed += [following] if following is not self else []
        else:
            changed.append(self._past(standard, on, following.applied_on))
        self.version += 1
        return changed

    def _past(self, standard, applied_on, until):
        return PastApplication(agency_procedure=self, standard=standard, applied_on=applied_on, until=until)

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
