"""How many procedures are in force and under ISO, kept beside the facts.

Counting two million duties for every page does not scale; summing a few day totals of each
agency does. The tally is derived: `retally` counts the touched agencies anew from the facts
in the transaction that changes them, so nothing can drift by increments, and `check_facts`
recounts everything. The days of the agencies themselves are not in it: they are asked for when
it is summed, so that establishing and closing an agency leave it alone.
"""

import datetime

from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.models import Agency, Touched

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


def with_coverage(agencies, on):
    """Agencies with `in_force_then` and `under_iso_then`, their own procedures of a day."""
    tally = CoverageTally.objects.filter(agency=models.OuterRef("pk"), day__lte=on).order_by()
    sums = {
        f"{name}_then": Coalesce(
            models.Subquery(tally.values("agency").annotate(sum=models.Sum(name)).values("sum")), 0
        )
        for name in ("in_force", "under_iso")
    }
    return agencies.annotate(**sums)


class CoverageTally(models.Model):
    """By how much an agency's two counts changed on a day."""

    IS_NO_FACT = True  # derived: counted anew at any time

    # Without a key in the database: it is no fact, agencies are never deleted, and checking a hundred thousand keys
    # took as long as writing them, while others wait for the agencies that are being counted.
    agency = models.ForeignKey(
        "agencies.Agency",
        models.PROTECT,
        related_name="tallies",
        db_index=False,
        db_constraint=False,
        verbose_name=_("agency"),
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


# Duties that share all their days are one row of `spans`; each span then begins on a first day and ends on a last.
_COUNT = """
WITH spans AS (
  SELECT d.agency_id, {greatest}(coalesce(d.assigned_on, {beginning}), coalesce(p.effective_on, {beginning})) AS first_day,
    {least}(coalesce(d.ended_on, {end}), coalesce(p.repealed_on, {end})) AS last_day, d.applied_on, CAST(count(*) AS integer) AS number
  FROM {duty} d JOIN {procedure} p ON p.id = d.procedure_id WHERE {among} GROUP BY 1, 2, 3, 4
), applied AS (
  SELECT agency_id, {greatest}(first_day, applied_on) AS first_day, last_day, number FROM spans WHERE applied_on IS NOT NULL
  UNION ALL
  SELECT d.agency_id,
    {greatest}(e.applied_on, coalesce(d.assigned_on, {beginning}), coalesce(p.effective_on, {beginning})),
    {least}(e.until, coalesce(d.ended_on, {end}), coalesce(p.repealed_on, {end})), 1
  FROM {past} e JOIN {duty} d ON d.id = e.agency_procedure_id JOIN {procedure} p ON p.id = d.procedure_id WHERE {among}
), steps AS (
  SELECT agency_id, first_day AS day, number AS force, 0 AS iso FROM spans WHERE first_day < last_day
  UNION ALL SELECT agency_id, last_day, -number, 0 FROM spans WHERE first_day < last_day AND last_day < {end}
  UNION ALL SELECT agency_id, first_day, 0, number FROM applied WHERE first_day < last_day
  UNION ALL SELECT agency_id, last_day, 0, -number FROM applied WHERE first_day < last_day AND last_day < {end}
)
SELECT agency_id, day, sum(force), sum(iso) FROM steps GROUP BY agency_id, day
HAVING sum(force) <> 0 OR sum(iso) <> 0 ORDER BY agency_id, day
"""


def _count(agency_ids):
    """(the statement that counts, its values) for some agencies, or for all of them."""
    from procedures.models.agency_procedures import AgencyProcedure, PastApplication
    from procedures.models.catalogue import Procedure

    is_postgres = connection.vendor == "postgresql"
    day = "date '{}'" if is_postgres else "'{}'"
    among = "true" if agency_ids is None else f"d.agency_id IN ({', '.join(['%s'] * len(agency_ids))})"
    statement = _COUNT.format(
        duty=AgencyProcedure._meta.db_table, past=PastApplication._meta.db_table, procedure=Procedure._meta.db_table,
        greatest="greatest" if is_postgres else "max", least="least" if is_postgres else "min", among=among,
        beginning=day.format(BEGINNING.isoformat()), end=day.format(END.isoformat()),
    )  # fmt: skip
    return statement, [*(agency_ids or ()), *(agency_ids or ())]


def count_coverage(agency_ids=None):
    """The tally as the facts give it: {(agency_id, day): [in_force, under_iso]}; None: of all agencies."""
    with connection.cursor() as cursor:
        cursor.execute(*_count(agency_ids))
        days = models.DateField().to_python
        return {(agency, days(day)): [int(force), int(iso)] for agency, day, force, iso in cursor.fetchall()}


@transaction.atomic
def retally(agency_ids=None):
    """Count agencies anew from the facts; None: all of them. Called by every door that touches coverage."""
    if agency_ids is not None:
        agency_ids = sorted(set(agency_ids))
    Touched.objects.mark([None] if agency_ids is None else agency_ids)
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
        statement, values = _count(batch)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {CoverageTally._meta.db_table} (agency_id, day, in_force, under_iso) {statement}",
                values,
            )
