"""How many procedures are in force and under ISO, kept beside the facts.

Counting two million duties for every page does not scale; summing a few day totals of each
agency does. The tally is derived: `retally` counts the touched agencies anew from the facts
in the transaction that changes them, so nothing can drift by increments, and `check_facts`
recounts everything. The days of the agencies themselves are not in it: they are asked for when
it is summed, so that establishing and closing an agency leave it alone.
"""

import datetime

from django.db import models, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.bulk import insert_rows
from agencies.models import Agency

BEGINNING, END = datetime.date(1, 1, 1), datetime.date(9999, 12, 31)


def percent(part, whole):
    """Per cent with one decimal; None over an empty base (a share of nothing is not zero)."""
    return round(100 * part / whole, 1) if whole else None


class CoverageTallyQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user, "agency__"))

    def totals(self, on):
        """(in force, under ISO) on a day, over those agencies of these rows that exist on it."""
        living = self.filter(
            Q(agency__established_on__isnull=True) | Q(agency__established_on__lte=on),
            Q(agency__dissolved_on__isnull=True) | Q(agency__dissolved_on__gt=on),
            day__lte=on,
        )
        sums = living.aggregate(force=models.Sum("in_force"), iso=models.Sum("under_iso"))
        return sums["force"] or 0, sums["iso"] or 0


class CoverageTally(models.Model):
    """By how much an agency's two counts changed on a day."""

    IS_NO_FACT = True  # derived: counted anew at any time

    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="tallies", db_index=False, verbose_name=_("agency")
    )
    # 1.1.0001 stands for "since ever".
    day = models.DateField(_("day"))
    in_force = models.IntegerField(_("in force"))
    under_iso = models.IntegerField(_("under ISO"))

    objects = CoverageTallyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "day"], name="coverage_tally_once_a_day")]

    def __str__(self):
        return f"{self.agency_id} {self.day}: {self.in_force:+d} {self.under_iso:+d}"


def count_coverage(agency_ids=None):
    """The tally as the facts give it: {(agency_id, day): [in_force, under_iso]}; None: of all agencies.

    The database groups duties that share all their days, here the days become a first and a
    last: one pass over the large table instead of one for each kind of day.
    """
    from procedures.models.agency_procedures import AgencyProcedure, PastApplication

    duties = AgencyProcedure.objects.order_by()
    past = PastApplication.objects.order_by()
    if agency_ids is not None:
        duties = duties.filter(agency__in=agency_ids)
        past = past.filter(agency_procedure__agency__in=agency_ids)
    starts = ("assigned_on", "procedure__effective_on")
    ends = ("ended_on", "procedure__repealed_on")
    tally = {}

    def add(agency_id, column, number, starts, ends):
        first = max(day for day in (BEGINNING, *starts) if day)
        last = min(day for day in (END, *ends) if day)
        if first < last:
            tally.setdefault((agency_id, first), [0, 0])[column] += number
            if last < END:
                tally.setdefault((agency_id, last), [0, 0])[column] -= number

    def grouped(rows, agency, *days):
        rows = rows.values_list(agency, *days).annotate(number=Count("pk"))
        for agency_id, *values, number in rows.iterator():
            yield agency_id, number, values

    for agency_id, number, (applied_on, *days) in grouped(duties, "agency", "applied_on", *starts, *ends):
        add(agency_id, 0, number, days[:2], days[2:])
        if applied_on is not None:
            add(agency_id, 1, number, [applied_on, *days[:2]], days[2:])
    of_duty = [f"agency_procedure__{name}" for name in (*starts, *ends)]
    for agency_id, number, days in grouped(past, "agency_procedure__agency", "applied_on", *of_duty, "until"):
        add(agency_id, 1, number, days[:3], days[3:])
    return {key: counts for key, counts in tally.items() if counts != [0, 0]}


@transaction.atomic
def retally(agency_ids=None):
    """Count agencies anew from the facts; None: all of them. Called by every door that touches coverage."""
    if agency_ids is not None:
        agency_ids = sorted(set(agency_ids))
    # Two doors that touch one agency at a time would each count without the other's facts: the
    # second waits here for the first, and then counts what both have written.
    touched = Agency.objects.order_by("pk").select_for_update(no_key=True)
    batches = (
        [None] if agency_ids is None else [agency_ids[i : i + 500] for i in range(0, len(agency_ids), 500)]
    )
    for batch in batches:
        list((touched if batch is None else touched.filter(pk__in=batch)).values_list("pk"))
        old = CoverageTally.objects.all() if batch is None else CoverageTally.objects.filter(agency__in=batch)
        old._raw_delete(old.db)
        insert_rows(
            CoverageTally,
            ("agency_id", "day", "in_force", "under_iso"),
            [(*key, *counts) for key, counts in sorted(count_coverage(batch).items())],
        )
