"""The facts as they were known at the end of a day: the history wound back over the plain rows.

A figure *as it was* counts by the day on which something became true; *as it was known*, by the day on which it
was recorded. Every door writes its line of history, so the second is exact, except for what was written past the
doors (`unrecorded`): that counts as always known.
"""

import datetime
from collections import Counter
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from agencies.models import Change
from reports.rows import COLUMNS, Rows

# Their lines name the agency of the plan or none, which may lie above what a person sees; they tell of no agency.
SHARED = (
    "agencies.agency", "agencies.pastidentity", "agencies.succession", "procedures.plan", "procedures.target", "procedures.targetrevision",
    "procedures.procedure",
)  # fmt: skip
CREATED_BY_A_DOOR = ("agencies.agency", "procedures.declaration", "procedures.rollout")


class Line(NamedTuple):
    """One line of history, of a record that `Rows` may hold. `made_at` is a moment."""

    model: str
    object_id: int
    before: dict | None
    after: dict | None
    agency_id: int | None
    made_at: datetime.datetime
    title: str


def end_of(day):
    """The first moment after a day in the register's time zone."""
    return timezone.make_aware(datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time()))


def lines_after(day, *, models=tuple(COLUMNS), among=None):
    """What was recorded after a day about these models, the latest first.

    `among`: a condition on the line's agency, None or an empty one: all of it. Lines of plans and of the tree name agencies that
    may lie above what a person sees: they are always read.
    """
    lines = Change.objects.filter(model__in=models, change_set__made_at__gte=end_of(day)).order_by("-pk")
    # An empty condition means everything, but “empty or shared” would mean shared only.
    if among:
        lines = lines.filter(among | Q(model__in=SHARED))
    names = ("model", "object_id", "before", "after", "agency_id", "change_set__made_at", "change_set__title")
    return [Line(*values) for values in lines.values_list(*names).iterator(chunk_size=5_000)]


def known(rows, lines, day):
    """`rows` as they were known at the end of a day; `rows` stays as it is.

    `lines`: those recorded since, the latest first, as `lines_after` of that day or an earlier one gives them.
    """
    tables, moment = {model: dict(table) for model, table in rows.tables.items()}, end_of(day)
    for line in lines:
        if line.made_at >= moment and line.model in tables:
            _step_back(tables[line.model], line)
    return Rows(tables, rows.standards, rows.places, rows.has_duties)


def _step_back(table, line):
    pk = line.object_id
    if line.before is None:
        table.pop(pk, None)
    elif line.after is None:
        columns = COLUMNS[line.model]
        table[pk] = {"id": pk} | {name: _value(name, line.before.get(name)) for name in columns}
    elif pk in table:
        # Another row, not the same one changed: earlier and later knowledge share what did not change.
        own = {name: _value(name, value) for name, value in line.before.items() if name in table[pk]}
        table[pk] = table[pk] | own


def _value(name, value):
    is_day = name in ("on", "until") or name.endswith("_on")
    return datetime.date.fromisoformat(value) if is_day and value is not None else value


def moved(lines):
    """The ids of the agencies whose place was recorded otherwise before: they may have been known below the scope."""
    return {line.agency_id for line in lines if line.model == "agencies.pastidentity" or _is_move(line)}


def _is_move(line):
    parents = [(values or {}).get("parent_id") for values in (line.before, line.after)]
    return line.model == "agencies.agency" and parents[0] != parents[1]


def unrecorded(rows, agencies=None):
    """{model: how many rows no line of history brought in}, such as synthetic agencies; {} without any.

    `agencies`: of these only; None: of all.
    """
    lines = Change.objects.filter(model__in=CREATED_BY_A_DOOR, before__isnull=True).order_by()
    recorded, missing = set(lines.values_list("model", "object_id")), Counter()
    for model in CREATED_BY_A_DOOR:
        for pk, row in rows.tables.get(model, {}).items():
            own = row.get("agency_id", pk)
            missing[model] += (agencies is None or own in agencies) and (model, pk) not in recorded
    return {model: number for model, number in missing.items() if number}
