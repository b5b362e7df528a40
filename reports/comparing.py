"""The comparison of two days for a person: which rows are read, and what is kept until something changes."""

import datetime
from dataclasses import dataclass

from agencies.access import grants
from procedures.models import CoverageTally
from reports import flows
from reports.bridges import Asked, Comparison, Side, compare
from reports.cached import cached
from reports.known import end_of, known, lines_after, unrecorded
from reports.rows import read_rows

# A province has forty thousand; reading so many, and their history, takes seconds. More are not read for a page.
DUTIES_AT_MOST = 60_000


@dataclass(frozen=True)
class Compared:
    """A `Comparison`, and how many records no history speaks of ({model: number}; only asked *as known*)."""

    comparison: Comparison
    unrecorded: dict


def compared(plan, *, first, last, scope, user, as_known=False, confirmed_only=False):
    """Two days beside each other, worked out once for a state of the data. `plan` may be None.

    `as_known`: each day as it was known at its end; else both by what is known now.
    """
    plan_id = plan.pk if plan else None
    key = plan_id, scope.pk, first, last, as_known, confirmed_only

    def build():
        asked = Asked(plan_id, scope.pk, _roots(user), confirmed_only)
        return (_as_known if as_known else _as_it_was)(asked, first, last, user)

    return cached("compare", *key, user=user, build=build)


def _as_it_was(asked, first, last, user):
    rows = read_rows(duties=False, stages=["declared"], user=user)
    covered = flows.from_tally(rows, first, last, asked, user=user)
    return Compared(compare(Side(rows, first), Side(rows, last), asked, flows=covered), {})


def _as_known(asked, first, last, user):
    has_duties = CoverageTally.objects.visible_to(user).totals(datetime.date.max)[0] <= DUTIES_AT_MOST
    rows = read_rows(duties=has_duties, stages=["declared"], user=user)
    lines = lines_after(first, duties=has_duties, user=user)
    then = known(rows, lines, last)
    sides = Side(known(then, lines, first), first), Side(then, last)
    covered = flows.from_rows(*sides, asked) if has_duties else None
    meanwhile = [line for line in lines if line.made_at < end_of(last)]
    return Compared(compare(*sides, asked, flows=covered, lines=meanwhile), unrecorded(rows))


def _roots(user):
    """The ids of the agencies whose subtrees the person sees today; None: everything."""
    if user.is_active and user.is_superuser:
        return None
    return frozenset(grant.agency_id for grant in grants(user))
