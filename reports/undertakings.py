"""What a board reads once and counts from: the units of a scope and their undertakings on a day, as plain rows."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field

from agencies.access import visible_to
from agencies.models import Agency
from procedures.freshness import with_last_change
from procedures.lifecycle import Stage
from procedures.models import Milestone, Rollout, standard_on
from procedures.models.rollouts import OPEN_STATES

DECLARED = Stage.DECLARED.rank
UNITS_READ = 2_000  # a province has a few hundred; of more units only counts are read


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it was on the day. `path` is where it stands today."""

    id: int
    name: str
    level: str
    kind: str
    parent_id: int | None
    path_then: str
    path: str
    sort_key: str
    standard_id: int | None
    changed_at: datetime.datetime | None  # the moment anything of it was last recorded


@dataclass(frozen=True, slots=True)
class Undertaking:
    """One rollout as of the day: what it counts for, what it reached, whether it goes on."""

    id: int
    plan_id: int
    plan_agency_id: int
    agency_id: int
    agency_path: str
    sort_key: str
    parent_id: int | None
    form: str
    year: int
    level: str
    assigned_on: datetime.date
    due_on: datetime.date
    stands_open: bool  # not carried over, cancelled or ended
    declared_on: datetime.date | None
    rank: int  # of its furthest milestone, 0 without any
    reached: dict = field(default_factory=dict)  # rank → day, from *declared* on left out

    @property
    def is_open(self):
        return self.stands_open and self.declared_on is None

    def is_late(self, on):
        return self.is_open and self.due_on < on


def unit_rows(*, on, scope, user, confirmed_only=False):
    """The units of a scope on a day in the order of lists, one query; None where they are more than 2,000."""
    seen = Agency.objects.all() if user is None else visible_to(user)
    rows = seen.as_of(on).within(scope).units()
    rows = with_last_change(rows.annotate(standard_then=standard_on(on, confirmed_only=confirmed_only)), on)
    columns = (
        "pk", "name_then", "level_then", "kind_then", "parent_id_then", "path_then", "path", "sort_key",
        "standard_then", "changed_at",
    )  # fmt: skip
    found = list(rows.order_by("sort_key", "id").values_list(*columns)[: UNITS_READ + 1])
    return [Unit(*values) for values in found] if len(found) <= UNITS_READ else None


def undertakings(plan, *, on, scope, user, confirmed_only=False, also=()):
    """The undertakings of a scope as of a day, in the order of their numbers: two queries.

    `plan` None: of all plans. The scope is that of today, because an agency that closed since is still the plan's;
    `also`: ids of further agencies.
    """
    rows = Rollout.objects.all() if user is None else Rollout.objects.visible_to(user)
    if plan is not None:
        rows = rows.filter(plan=plan)
    if scope is not None:
        within = rows.filter(agency__in=Agency.objects.within(scope))
        rows = within | rows.filter(agency__in=also) if also else within
    columns = (
        "pk", "plan_id", "plan__agency_id", "agency_id", "agency__path", "agency__sort_key", "agency__parent_id",
        "form", "year", "agency__level", "assigned_on", "due_on", "state_then",
    )  # fmt: skip
    reached = milestones_of(rows, on, confirmed_only)
    then = rows.as_of(on, confirmed_only=confirmed_only).order_by("pk")
    found = []
    for *values, state in then.values_list(*columns):
        steps = reached.get(values[0], {})
        before = {rank: day for rank, day in steps.items() if rank < DECLARED}
        found.append(
            Undertaking(*values, state in OPEN_STATES, steps.get(DECLARED), max(steps, default=0), before)
        )
    return found


def milestones_of(rollouts, on, confirmed_only=False):
    """What rollouts reached by a day: {id: {rank: day}}, one query."""
    milestones = Milestone.objects.counting(confirmed_only=confirmed_only)
    milestones = milestones.filter(rollout__in=rollouts.order_by().values("pk"), reached_on__lte=on)
    reached = defaultdict(dict)
    for rollout, rank, day in milestones.order_by().values_list("rollout_id", "rank", "reached_on"):
        reached[rollout][rank] = day
    return reached
