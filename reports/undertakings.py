"""What a board reads once and counts from: the units of a scope and their undertakings on a day, as plain rows."""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Q

from agencies.access import past_of, seen_by, who_sees
from agencies.models import Agency
from agencies.models.tree import in_subtree
from iso_rollout.statements import kept
from procedures.freshness import end_of, with_change_until
from procedures.lifecycle import Stage
from procedures.models import Milestone, Rollout, standard_on
from procedures.models.rollouts import OPEN_STATES
from reports.figures import agencies_on

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
    found = _units(
        on=on,
        until=end_of(on),
        top=scope.pk,
        path=scope.path,
        seen=seen_by(user),
        confirmed_only=confirmed_only,
    )
    return [Unit(*values) for values in found] if len(found) <= UNITS_READ else None


@kept(also=lambda path, seen, **_rest: past_of(seen, path))
def _units(on, until, top, path, *, seen, confirmed_only):
    rows = agencies_on(on, scope=Agency(pk=top, path=path), user=who_sees(seen)).units()
    rows = rows.annotate(standard_then=standard_on(on, confirmed_only=confirmed_only))
    columns = (
        "pk", "name_then", "level_then", "kind_then", "parent_id_then", "path_then", "path", "sort_key",
        "standard_then", "changed_at",
    )  # fmt: skip
    rows = with_change_until(rows, until).order_by("sort_key", "id")
    return rows.values_list(*columns)[: UNITS_READ + 1]


def undertakings(plan, *, on, scope, user, confirmed_only=False, also=()):
    """The undertakings of a scope as of a day, in the order of their numbers: two queries.

    `plan` None: of all plans. The scope is that of today, because an agency that closed since is still the plan's;
    `also`: ids of further agencies.
    """
    asked = {
        "plan": plan and plan.pk, "path": scope and scope.path, "also": tuple(also), "on": on, "seen": seen_by(user),
        "confirmed_only": confirmed_only,
    }  # fmt: skip
    reached = _by_rollout(_milestones(**asked))
    found = []
    for *values, state in _rollouts(**asked):
        steps = reached.get(values[0], {})
        before = {rank: day for rank, day in steps.items() if rank < DECLARED}
        found.append(
            Undertaking(*values, state in OPEN_STATES, steps.get(DECLARED), max(steps, default=0), before)
        )
    return found


def _of(plan, path, also, seen):
    rows = Rollout.objects.visible_to(who_sees(seen))
    if plan is not None:
        rows = rows.filter(plan=plan)
    if path is None:
        return rows
    here = in_subtree(path, "agency__")
    return rows.filter(here | Q(agency__in=also) if also else here)


@kept(also=lambda path, seen, **_rest: past_of(seen, path))
def _milestones(plan, path, also, *, on, seen, confirmed_only):
    return _reached(_of(plan, path, also, seen), on, confirmed_only)


@kept(also=lambda path, seen, **_rest: past_of(seen, path))
def _rollouts(plan, path, also, *, on, seen, confirmed_only):
    rows = _of(plan, path, also, seen).as_of(on, confirmed_only=confirmed_only).order_by("pk")
    return rows.values_list(
        "pk", "plan_id", "plan__agency_id", "agency_id", "agency__path", "agency__sort_key", "agency__parent_id",
        "form", "year", "agency__level", "assigned_on", "due_on", "state_then",
    )  # fmt: skip


def milestones_of(rollouts, on, confirmed_only=False):
    """What rollouts reached by a day: {id: {rank: day}}, one query."""
    return _by_rollout(_reached(rollouts, on, confirmed_only))


def _reached(rollouts, on, confirmed_only):
    milestones = Milestone.objects.counting(confirmed_only=confirmed_only)
    milestones = milestones.filter(rollout__in=rollouts.order_by().values("pk"), reached_on__lte=on)
    return milestones.order_by().values_list("rollout_id", "rank", "reached_on")


def _by_rollout(rows):
    reached = defaultdict(dict)
    for rollout, rank, day in rows:
        reached[rollout][rank] = day
    return reached
