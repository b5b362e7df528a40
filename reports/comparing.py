"""The comparison of two days for a person: which rows are read, and what is kept until something changes."""

import datetime
from dataclasses import dataclass, replace

from agencies.access import grants, scope_of
from agencies.cached import cached
from procedures.models import CoverageTally
from reports import flows
from reports.bridges import Asked, Comparison, Side, compare
from reports.known import end_of, known, lines_after, moved, unrecorded
from reports.recount import agencies_on
from reports.rows import COLUMNS, DUTIES, Rows, of_agencies, read_duties, read_rows

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
    rows = read_rows(duties=False, user=user, scope=asked.scope)
    covered = flows.from_tally(rows, first, last, asked, user=user)
    return Compared(compare(Side(rows, first), Side(rows, last), asked, flows=covered), {})


def _as_known(asked, first, last, user):
    seen = scope_of(user, "agency__")
    lines = lines_after(first, models=[m for m in COLUMNS if m not in DUTIES], among=seen)
    rows = read_rows(duties=False, user=user, scope=asked.scope, moved=moved(lines))
    then = known(rows, lines, last)
    sides = Side(known(then, lines, first), first), Side(then, last)
    ids = {
        pk
        for one, day in ((sides[0].rows, first), (then, first), (then, last))
        for pk in agencies_on(one, day, scope=asked.scope, roots=asked.roots)
    }
    among, covered = of_agencies(rows, asked.scope, ids) & seen, None
    if CoverageTally.objects.filter(among).totals(datetime.date.max)[0] <= DUTIES_AT_MOST:
        duty_lines = lines_after(first, models=DUTIES, among=among)
        sides = _with_duties(sides, read_duties(among), duty_lines)
        covered, lines = flows.from_rows(*sides, asked), lines + duty_lines
    meanwhile = [line for line in lines if line.made_at < end_of(last)]
    return Compared(compare(*sides, asked, flows=covered, lines=meanwhile), unrecorded(rows, ids))


def _with_duties(sides, tables, lines):
    """Both sides with the duties as they were known on each of the two days."""
    first, last = sides
    then = known(Rows(tables), lines, last.day)
    earlier = known(then, lines, first.day)
    return tuple(
        Side(replace(side.rows, tables=side.rows.tables | own.tables, has_duties=True), side.day)
        for side, own in ((first, earlier), (last, then))
    )


def _roots(user):
    """The ids of the agencies whose subtrees the person sees today; None: everything."""
    if user.is_active and user.is_superuser:
        return None
    return frozenset(grant.agency_id for grant in grants(user))
