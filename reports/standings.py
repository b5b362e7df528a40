"""How every agency below one stands on a day, and the sums over any subtree of it: a few flat queries for all."""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q

from agencies.access import past_of, seen_by, who_sees
from agencies.models import Agency, Kind, Level
from agencies.models.tree import in_subtree
from iso_rollout.statements import kept
from procedures.freshness import end_of, is_quiet, with_change_until
from procedures.lifecycle import Stage
from procedures.models import Declaration, Rollout, with_coverage
from procedures.models.rollouts import OPEN_STATES
from procedures.stages import RANK_PHASE, stage_label
from reports.figures import Share, agencies_on
from reports.ready import Sums


@dataclass(frozen=True)
class Unit:
    """The state of one unit. `late_days` 0: not overdue; `due_on` only while something is to be done."""

    pk: int
    name: str
    kind: str
    standard: str
    number: str
    declared_on: datetime.date | None
    lacks_evidence: bool
    digit: str
    stage: str
    due_on: datetime.date | None
    late_days: int
    procedures: Share
    changed_at: datetime.datetime | None
    is_quiet: bool
    urgency: tuple


@kept(also=lambda path, seen, **_rest: past_of(seen, path))
def _agencies(on, until, top, path, seen):
    agencies = agencies_on(on, scope=Agency(pk=top, path=path), user=who_sees(seen))
    return with_coverage(with_change_until(agencies, until), on).order_by().values_list(
        "pk", "name_then", "kind_then", "level_then", "parent_id_then", "covered_by_id_then", "path_then",
        "path", "sort_key", "changed_at", "in_force_then", "under_iso_then", named=True,
    )  # fmt: skip


@kept(also=lambda path, **_rest: past_of(None, path))
def _declarations(on, path, moved, confirmed_only):
    rows = Declaration.objects.in_force(on, confirmed_only=confirmed_only).filter(_here(path, moved))
    return rows.order_by().values_list(
        "agency_id", "standard__short", "number", "declared_on", "lacks_evidence", named=True
    )


@kept(also=lambda path, seen, **_rest: past_of(seen, path))
def _rollouts(on, path, moved, confirmed_only, *, plan, seen):
    """Of the tree of today too: an agency that closed since is still the plan's. `plan`: all of it."""
    here = _here(path, moved) if plan is None else _here(path, moved) | Q(plan=plan)
    rows = Rollout.objects.visible_to(who_sees(seen)).filter(here)
    rows = rows.as_of(on, confirmed_only=confirmed_only).order_by("-year", "-id")
    return rows.values_list(
        "agency_id", "agency__path", "plan_id", "rank_then", "state_then", "declared_then", "due_on", named=True
    )  # fmt: skip


def _here(path, moved):
    here = in_subtree(path, "agency__")
    return here | Q(agency__in=moved) if moved else here


class Standings:
    """What is on record of the agencies below `top` on a day, read in a few flat queries.

    `fewer`: by agency, the procedures that do not count because nobody has confirmed their declaration. `beside`: the
    plan's undertakings of other territories are read too.
    """

    def __init__(self, top, *, on, user, plan, confirmed_only, fewer, beside):
        self.on, self.plan = on, plan
        seen, path_now = seen_by(user), top.path_now or top.path
        rows = _agencies(on=on, until=end_of(on), top=top.pk, path=top.path, seen=seen)
        self.rows = {row.pk: row for row in rows}
        self.coverage = {
            row.pk: (row.in_force_then, row.under_iso_then - fewer.get(row.pk, 0))
            for row in self.rows.values()
        }
        # What stands below today is found by its place, and what stood here then by its number.
        moved = tuple(row.pk for row in rows if not row.path.startswith(path_now))
        here = {"on": on, "path": path_now, "moved": moved, "confirmed_only": confirmed_only}
        self.declarations = {d.agency_id: d for d in _declarations(**here)}
        here |= {"plan": plan.pk if plan and beside else None, "seen": seen}
        self.rollouts = defaultdict(list)  # by agency, the latest first
        for rollout in _rollouts(**here):
            self.rollouts[rollout.agency_id].append(rollout)

    def is_open(self, rollout):
        return rollout.state_then in OPEN_STATES and rollout.declared_then is None

    def is_late(self, pk):
        return any(self.is_open(r) and r.due_on < self.on for r in self.rollouts.get(pk, ()))

    def sums(self, paths):
        """{pk: Sums} of subtrees given as {pk: (path of the day, path of today)}."""
        found = {pk: Sums() for pk in paths}
        then = Prefixes({path: pk for pk, (path, _now) in paths.items()})
        for row in self.rows.values():
            for pk in then.of(row.path_then):
                self._add(found[pk], row)
        now = Prefixes({path: pk for pk, (_then, path) in paths.items()})
        for rollout in self._of_plan():
            for pk in now.of(rollout.agency__path):
                found[pk].assigned += 1
                found[pk].done += rollout.declared_then is not None
        return found

    def _of_plan(self):
        if self.plan is None:
            return ()
        return (r for own in self.rollouts.values() for r in own if r.plan_id == self.plan.pk)

    def _add(self, sums, row):
        in_force, under_iso = self.coverage.get(row.pk, (0, 0))
        sums.agencies += 1
        sums.in_force += in_force
        sums.under_iso += under_iso
        if row.covered_by_id_then is not None:
            return
        sums.units += 1
        sums.declared += row.pk in self.declarations
        sums.late += self.is_late(row.pk)
        sums.quiet += is_quiet(row.changed_at, self.on)

    def unit(self, row, inside, link):
        """The state of one unit. `inside`: agencies below it whose system is the unit's; `link` as in `territory`."""
        declaration = self.declarations.get(row.pk)
        own = self.rollouts.get(row.pk, ())
        going = next((r for r in own if r.state_then in OPEN_STATES or r.declared_then is not None), None)
        rank = going.rank_then if going else Stage.DECLARED.rank if declaration else 0
        late = [(self.on - r.due_on).days for r in own if self.is_open(r) and r.due_on < self.on]
        due_on = min((r.due_on for r in own if self.is_open(r)), default=None)
        counts = [self.coverage.get(pk, (0, 0)) for pk in (row.pk, *inside)]
        return Unit(
            row.pk, row.name_then, str(Kind(row.kind_then).label),
            declaration.standard__short if declaration else "",
            declaration.number if declaration else "",
            declaration.declared_on if declaration else None,
            bool(declaration and declaration.lacks_evidence),
            str(RANK_PHASE[rank].value), str(stage_label(rank)), due_on, max(late, default=0),
            Share(
                sum(iso for _force, iso in counts), sum(force for force, _iso in counts),
                link("duties", row.pk, own="yes", iso="yes"), link("duties", row.pk, own="yes"),
            ),
            row.changed_at, is_quiet(row.changed_at, self.on),
            _urgency(row, late, due_on, declaration),
        )  # fmt: skip


class Prefixes:
    """Which of some paths a path lies below."""

    def __init__(self, paths):
        self.paths, self.lengths = paths, sorted({len(path) for path in paths})

    def of(self, path):
        return [self.paths[path[:n]] for n in self.lengths if len(path) >= n and path[:n] in self.paths]


def _urgency(row, late, due_on, declaration):
    """What needs attention first: overdue, being worked on, not declared, without evidence, the rest."""
    level = list(Level.values).index(row.level_then)
    if late:
        return 0, -max(late), level, row.sort_key
    if due_on is not None:
        return 1, due_on.toordinal(), level, row.sort_key
    if declaration is None:
        return 2, 0, level, row.sort_key
    return (3 if declaration.lacks_evidence else 4), 0, level, row.sort_key
