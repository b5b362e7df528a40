"""Which agency handles which procedure, and since when under which standard."""

from collections import defaultdict

from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.history import change_of, open_change_set, record_many, snapshot
from agencies.models import Agency
from procedures.models.applications import Span, put_in
from procedures.models.catalogue import Procedure
from procedures.models.standards import Standard
from procedures.models.tallies import retally


def _under_iso(on, confirmed_only):
    """The condition that a duty runs under a standard on a day.

    Without what is not confirmed: no span counts that such a declaration began, and none ends by one.
    """
    from procedures.models.declarations import Declaration

    past = PastApplication.objects.filter(agency_procedure=models.OuterRef("pk"), applied_on__lte=on)
    if not confirmed_only:
        return Q(applied_on__lte=on) | models.Exists(past.filter(until__gt=on))

    def declared(agency, day, **more):
        of_agency = Declaration.objects.waiting().filter(agency=models.OuterRef(agency), **more)
        return models.Exists(of_agency.filter(declared_on=models.OuterRef(day)))

    standard, owner = models.OuterRef("standard"), "agency_procedure__agency"
    went_on = past.filter(~declared(owner, "applied_on", standard=standard))
    went_on = went_on.filter(Q(until__gt=on) | declared(owner, "until"))
    now = Q(~declared("agency", "applied_on", standard=standard), applied_on__lte=on)
    return now | models.Exists(went_on)


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
        """By how much fewer of these duties run under a standard on a day when only confirmed entries count."""
        return sum(self.unconfirmed_by_agency(on).values())

    def unconfirmed_by_agency(self, on):
        """The same by agency: {agency id: how many}, of those that have a declaration to be confirmed. One query."""
        from procedures.models.declarations import Declaration

        waiting = Declaration.objects.waiting().filter(declared_on__lte=on).order_by().values("agency")
        counted = self.filter(agency__in=waiting).order_by().values_list("agency")
        counted = counted.annotate(
            everything=models.Count("pk", filter=_under_iso(on, False)),
            confirmed=models.Count("pk", filter=_under_iso(on, True)),
        )
        return {agency: everything - confirmed for agency, everything, confirmed in counted}

    @transaction.atomic
    def apply(self, standard, *, on, by, change_set=None):
        """Put these duties under a standard from a day until the next one they came under.

        Set-based: what each ran under before is kept as PastApplication. Those under the standard
        already, or under another since that very day, stay as they are. Returns how many changed.
        """
        rows = self.exclude(standard=standard, applied_on__lte=on)
        title = gettext("Procedures under %s") % standard
        return rows.rewrite(
            lambda _duty, chain: put_in(chain, standard.pk, on), by=by, change_set=change_set, title=title
        )

    def that_came_under(self, standard, on):
        """Duties that came under a standard on a day, whatever they run under since."""
        past = PastApplication.objects.filter(
            agency_procedure=models.OuterRef("pk"), standard=standard, applied_on=on
        )
        return self.filter(Q(standard=standard, applied_on=on) | models.Exists(past))

    def that_ended(self, on):
        """Duties that run under no standard since a day, or did until a later one."""
        return self.filter(
            models.Exists(PastApplication.objects.filter(agency_procedure=models.OuterRef("pk"), until=on))
        )

    @transaction.atomic
    def rewrite(self, change, *, change_set=None, by=None, title="", cell=""):
        """Change the chains of these duties: `change(duty, chain)` gives the new one (see `applications`).

        Set-based: one query for each kind of row, whatever their number. Without a change set one is opened
        when something changes. Returns how many duties changed.
        """
        past = defaultdict(list)
        for application in PastApplication.objects.filter(agency_procedure__in=self.order_by().values("pk")):
            past[application.agency_procedure_id].append(application)
        rows = self.select_for_update(of=["self"]).select_related("agency", "procedure")
        work = _Work()
        touched = [row for row in rows if work.take(row, past[row.pk], change)]
        if not touched:
            return 0
        change_set = change_set or open_change_set(title, by=by)
        work.write(change_set, cell)
        retally({row.agency_id for row in touched})
        return len(touched)


class _Work:
    """What a change of chains does to the rows, gathered before anything is written."""

    def __init__(self):
        self.duties, self.changed, self.made, self.gone = [], [], [], []

    def take(self, duty, past, change):
        """Compare the chain of a duty with the new one; returns whether anything changes."""
        chain = duty.chain(past)
        wanted = change(duty, chain)
        if wanted == chain:
            return False
        before = snapshot(duty)
        current = wanted[-1] if wanted and wanted[-1].until is None else None
        duty.standard_id = current.standard_id if current else None
        duty.applied_on = current.since if current else None
        duty.version += 1
        self.duties.append((duty, before))
        self._take_past(duty, past, [span for span in wanted if span is not current])
        return True

    def _take_past(self, duty, past, wanted):
        """Past applications that stay are changed in place, so that their history goes on."""
        left = list(past)
        for span in wanted:
            same = [p for p in left if p.standard_id == span.standard_id]
            row = next((p for p in same if p.applied_on == span.since), same[0] if same else None)
            if row is None:
                self.made.append(
                    PastApplication(
                        agency_procedure=duty,
                        standard_id=span.standard_id,
                        applied_on=span.since,
                        until=span.until,
                    )
                )
                continue
            left.remove(row)
            if (row.applied_on, row.until) != (span.since, span.until):
                before = snapshot(row)
                row.applied_on, row.until = span.since, span.until
                self.changed.append((row, before))
        self.gone += left

    def write(self, change_set, cell):
        def line(record, **how):
            return change_of(change_set, record, cell=cell, **how)

        duties = {duty.pk: duty for duty, _before in self.duties}
        for row in [*self.gone, *(row for row, _before in self.changed)]:
            row.agency_procedure = duties[row.agency_procedure_id]
        gone = [line(row, before=snapshot(row), deleted=True) for row in self.gone]
        PastApplication.objects.filter(pk__in=[row.pk for row in self.gone]).delete()
        columns = ["standard", "applied_on", "version"]
        AgencyProcedure.objects.bulk_update(duties.values(), columns, batch_size=300)
        changed = [row for row, _before in self.changed]
        PastApplication.objects.bulk_update(changed, ["applied_on", "until"], batch_size=300)
        PastApplication.objects.bulk_create(self.made, batch_size=500)
        record_many(gone + [line(row) for row in self.made])
        record_many([line(row, before=before) for row, before in self.changed + self.duties])


class AgencyProcedure(models.Model):
    """One agency's duty to handle one procedure (TT 26/2014/TT-BKHCN Điều 4)."""

    # Standard and day hang together with what it ran under before.
    RESTORABLE = frozenset({"assigned_on", "ended_on", "document_code", "note"})

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

    def chain(self, past):
        """The standards this duty ran under, by day; `past` are its PastApplications."""
        spans = [Span(p.standard_id, p.applied_on, p.until) for p in past]
        if self.applied_on is not None:
            spans.append(Span(self.standard_id, self.applied_on))
        return sorted(spans, key=lambda span: span.since)

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
