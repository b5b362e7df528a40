"""Several provinces side by side: a line for each, and what they are together. A few queries, whatever their number.

A province is the topmost agency of a tree on the day; what is counted below it is what the person sees there.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from django.db.models import Count
from django.db.models.functions import Left

from agencies.access import past_of, seen_by
from agencies.models import Agency
from agencies.models.tree import SEGMENT
from iso_rollout.statements import kept
from procedures.lifecycle import Stage
from procedures.models import Milestone, Plan, Rollout
from procedures.models.plans import Target, TargetRevision
from procedures.models.tallies import percent
from procedures.territories import key_of
from reports.by_path import sums_by_path
from reports.ready import sums_ready

FEW = 3  # provinces that are counted from the facts one by one; more of them all together


@dataclass(frozen=True)
class Line:
    """One province, or all of them together. Its plan is the one that its own board shows."""

    agency_id: int | None
    name: str
    path: str = ""
    units: int = 0
    declared: int = 0
    late: int = 0  # units with an undertaking overdue
    in_force: int = 0
    under_iso: int = 0
    plan_code: str = ""
    figure: int | None = None  # of the plan's targets of units together; None without a plan
    actual: int | None = None  # undertakings of those targets that declared

    @property
    def share(self):
        return percent(self.declared, self.units)

    @property
    def target_share(self):
        return None if self.figure is None else percent(self.actual, self.figure)

    @property
    def covered(self):
        return percent(self.under_iso, self.in_force)


def country(*, on, user, confirmed_only=False):
    """(the lines of the provinces in the order of the tree, all of them together, {standard's id: units})."""
    asked = {"on": on, "user": user, "confirmed_only": confirmed_only}
    tops = _tops(on=on)
    roots = [Line(pk, name, path) for pk, name, path, _today in tops]
    today = {pk: path for pk, _name, _then, path in tops}
    ready = {} if confirmed_only else sums_ready(today, on=on, user=user)
    sums = {root.path: ready[root.agency_id] for root in roots if root.agency_id in ready}
    behind = [
        Agency(pk=root.agency_id, path=today[root.agency_id]) for root in roots if root.path not in sums
    ]
    for scope in behind if len(behind) <= FEW else [None]:
        sums |= sums_by_path(SEGMENT, scope=scope, **asked)
    plans = _plans(ready, **asked)
    lines, by_standard = [], Counter()
    for root in roots:
        own = sums.get(root.path)
        if own is None or not (own.units or own.in_force):
            continue
        code, figure, actual = plans.get(root.agency_id, ("", None, None))
        by_standard += own.by_standard
        lines.append(
            replace(
                root, units=own.units, declared=own.declared, late=own.late, in_force=own.in_force,
                under_iso=own.under_iso, plan_code=code, figure=figure, actual=actual,
            )
        )  # fmt: skip
    return lines, together(lines), by_standard


@kept
def _tops(on):
    tops = Agency.objects.filter(parent=None).as_of(on).order_by("path_then")
    return tops.values_list("pk", "name_then", "path_then", "path")


def together(lines):
    """The sum of lines; figures of plans over the provinces that have one."""
    with_plan = [line for line in lines if line.figure is not None]
    return Line(
        None,
        "",
        units=sum(line.units for line in lines),
        declared=sum(line.declared for line in lines),
        late=sum(line.late for line in lines),
        in_force=sum(line.in_force for line in lines),
        under_iso=sum(line.under_iso for line in lines),
        figure=sum(line.figure for line in with_plan) if with_plan else None,
        actual=sum(line.actual for line in with_plan) if with_plan else None,
    )


def _plans(ready, *, on, user, confirmed_only):
    """{province's id: (code of its plan, figure, actual)}: of the plan decided last by the day, else of the first."""
    chosen = {}
    seen = seen_by(user)
    for agency, *plan in _plans_of_tops(seen=seen, above=Plan.objects.all().above(seen)):
        chosen.setdefault(agency, []).append(plan)
    for agency, plans in chosen.items():
        decided = [p for p in plans if p[2] <= on]
        order = [(p[3], p[0], p[1], p[4]) for p in decided or plans]
        chosen[agency] = max(order) if decided else min(order)
    targets = defaultdict(list)
    of_plans = tuple(pk for _day, pk, *_rest in chosen.values())
    for pk, plan, form, year, levels in _targets(plans=of_plans):
        targets[plan].append((pk, form, year, levels.split(",")))
    figures = _figures(of_plans, on)
    behind = {pk: path for agency, (_day, pk, _code, path) in chosen.items() if agency not in ready}
    done = _declared(behind, on=on, user=user, confirmed_only=confirmed_only) if behind else {}
    found = {}
    for agency, (_day, plan, code, _path) in chosen.items():
        own = targets[plan]
        # An undertaking counts once, also where two targets speak of it: so many rows its list has.
        counted = {(form, year, level) for _pk, form, year, levels in own for level in levels}
        figure = sum(figures.get(pk, 0) for pk, *_rest in own) if own else None
        if agency in ready:
            by_key = ready[agency].by_plan
            actual = sum(by_key.get(key_of(plan, *key), (0, 0))[1] for key in counted)
        else:
            actual = sum(done[plan][key] for key in counted)
        found[agency] = (code, figure, actual if own else None)
    return found


@kept(also=lambda seen, **_rest: past_of(seen))
def _plans_of_tops(seen, above):
    plans = Plan.objects.in_reach(seen, above).filter(agency__parent=None)
    return plans.values_list("agency_id", "pk", "code", "decided_on", "starts_on", "agency__path")


@kept
def _targets(plans):
    targets = Target.objects.filter(plan__in=plans).exclude(form="").order_by()
    return targets.values_list("pk", "plan_id", "form", "year", "levels")


@kept
def _revisions(plans):
    rows = TargetRevision.objects.filter(target__plan__in=plans).exclude(target__form="")
    return rows.order_by("decided_on", "pk").values_list("target_id", "value", "decided_on")


def _figures(plans, on):
    """{target: its figure by the last decision of the day; before the first, that one's}."""
    found = {}
    for target, value, decided_on in _revisions(plans=plans):
        if target not in found or decided_on <= on:
            found[target] = value
    return found


def _declared(plans, *, on, user, confirmed_only):
    """{plan: {(form, year, level): undertakings declared by the day}}. `plans`: {plan: the path of its province}."""
    reached = Milestone.objects.counting(confirmed_only=confirmed_only).filter(
        stage=Stage.DECLARED, reached_on__lte=on
    )
    rows = Rollout.objects.visible_to(user).filter(plan__in=plans, assigned_on__lte=on)
    rows = rows.filter(pk__in=reached.order_by().values("rollout")).annotate(
        root=Left("agency__path", SEGMENT)
    )
    done = defaultdict(Counter)
    columns = ("root", "plan_id", "form", "year", "agency__level")
    for root, plan, *key, number in rows.order_by().values_list(*columns).annotate(number=Count("pk")):
        # The scope of a list of undertakings is that of today: what moved to another province since is not in it.
        if root == plans[plan]:
            done[plan][tuple(key)] += number
    return done
