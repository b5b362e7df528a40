"""What is counted below each agency that has others below it, ready for every day.

A page that compares territories would otherwise look at every agency of a country. The tally is derived and may be
behind: `procedures.territories` counts a tree anew after something was recorded in it, and until then the mark that the
act left (`Touched`) says so. Who reads it counts such a tree from the facts.
"""

from django.db import models
from django.db.models import OuterRef, Subquery

from agencies.models import Agency
from iso_rollout.statements import kept


class TerritoryTallyQuerySet(models.QuerySet):
    def on(self, day, territories):
        """{agency's id: its numbers on a day} of those agencies whose tally is not behind, one query."""
        rows = _ready(day=day, agencies=tuple(territories))
        return {pk: numbers for pk, numbers in rows if numbers is not None}


@kept
def _ready(day, agencies):
    tallies = TerritoryTally.objects.filter(agency=OuterRef("pk"), day__lte=day).order_by("-day")
    # In one statement, so that nothing is recorded between the two answers.
    rows = Agency.objects.filter(pk__in=agencies).not_touched().order_by()
    return rows.values_list("pk", Subquery(tallies.values("numbers")[:1]))


class TerritoryTally(models.Model):
    """The numbers of an agency's subtree from a day on, until the next row's day.

    `numbers`: what `procedures.territories` says, for the subtree of the day itself.
    """

    IS_NO_FACT = True  # derived: counted anew at any time

    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    day = models.DateField()
    numbers = models.JSONField()

    objects = TerritoryTallyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "day"], name="territory_tally_once_a_day")]

    def __str__(self):
        return f"{self.agency_id} {self.day}"
