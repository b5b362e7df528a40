"""How many procedures are in force and under ISO, kept beside the facts.

Counting two million duties for every page does not scale; summing a few day totals of each
agency does. The tally is derived: `retally` counts the touched agencies anew from the facts
in the transaction that changes them, so nothing can drift by increments, and `check_facts`
recounts everything.
"""

import datetime

from django.db import models, transaction
from django.db.models import Count, F, Value
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of

BEGINNING, END = datetime.date(1, 1, 1), datetime.date(9999, 12, 31)


class CoverageTallyQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user, "agency__"))

    def totals(self, on):
        """(in force, under ISO) on a day, over the agencies of these rows."""
        sums = self.filter(day__lte=on).aggregate(force=models.Sum("in_force"), iso=models.Sum("under_iso"))
        return sums["force"] or 0, sums["iso"] or 0


class CoverageTally(models.Model):
    """By how much an agency's two counts changed on a day."""

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
    """The tally as the facts give it: {(agency_id, day): [in_force, under_iso]}; None: of all agencies."""
    from procedures.models.agency_procedures import AgencyProcedure, PastApplication

    def day(name, other):
        return Coalesce(F(name), Value(other), output_field=models.DateField())

    def duties(prefix=""):
        return {
            "start": Greatest(
                day(f"{prefix}assigned_on", BEGINNING),
                day(f"{prefix}procedure__effective_on", BEGINNING),
                day(f"{prefix}agency__established_on", BEGINNING),
            ),
            "end": Least(
                day(f"{prefix}ended_on", END),
                day(f"{prefix}procedure__repealed_on", END),
                day(f"{prefix}agency__dissolved_on", END),
            ),
        }

    rows = AgencyProcedure.objects.order_by()
    past = PastApplication.objects.order_by()
    if agency_ids is not None:
        rows = rows.filter(agency__in=agency_ids)
        past = past.filter(agency_procedure__agency__in=agency_ids)
    rows = rows.annotate(**duties()).filter(start__lt=F("end"))
    applied = rows.filter(applied_on__isnull=False, applied_on__lt=F("end")).annotate(
        first=Greatest("applied_on", "start")
    )
    past = (
        past.annotate(**duties("agency_procedure__"))
        .annotate(first=Greatest("applied_on", "start"), last=Least("until", "end"))
        .filter(first__lt=F("last"))
    )
    tally = {}

    def add(found, agency, moment, column, sign):
        for agency_id, on, number in found.values_list(agency, moment).annotate(number=Count("pk")):
            if on < END:
                tally.setdefault((agency_id, on), [0, 0])[column] += sign * number

    add(rows, "agency", "start", 0, 1)
    add(rows, "agency", "end", 0, -1)
    add(applied, "agency", "first", 1, 1)
    add(applied, "agency", "end", 1, -1)
    add(past, "agency_procedure__agency", "first", 1, 1)
    add(past, "agency_procedure__agency", "last", 1, -1)
    return {key: counts for key, counts in tally.items() if counts != [0, 0]}


@transaction.atomic
def retally(agency_ids=None):
    """Count agencies anew from the facts; None: all of them. Called by every door that touches coverage."""
    if agency_ids is not None:
        agency_ids = sorted(set(agency_ids))
    batches = (
        [None] if agency_ids is None else [agency_ids[i : i + 500] for i in range(0, len(agency_ids), 500)]
    )
    for batch in batches:
        old = CoverageTally.objects.all() if batch is None else CoverageTally.objects.filter(agency__in=batch)
        old._raw_delete(old.db)
        CoverageTally.objects.bulk_create(
            [
                CoverageTally(agency_id=agency_id, day=day, in_force=force, under_iso=iso)
                for (agency_id, day), (force, iso) in sorted(count_coverage(batch).items())
            ],
            batch_size=2_000,
        )
