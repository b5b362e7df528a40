"""Counting the territories: the numbers of every subtree, from the facts, for all days at once.

An agency's state changes only on a few days of its own. It is worked out for these, and each change is added to all
the agencies above it on that day. Trees between which agencies have moved are counted together.
"""

import datetime
from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Left
from django.utils import timezone

from agencies.models import Agency, Change, PastIdentity, Touched
from agencies.models.tree import SEGMENT, ids_along, in_subtree, one_writer
from procedures.freshness import QUIET
from procedures.lifecycle import Acceptance, Stage, State
from procedures.models import CoverageTally, Declaration, Milestone, Rollout, RolloutMove
from procedures.models.rollouts import OPEN_STATES
from procedures.models.tallies import BEGINNING, END
from procedures.models.territory_tallies import TerritoryTally

ONE_DAY = datetime.timedelta(days=1)


@dataclass(slots=True)
class Facts:
    """What is on record of one agency and bears on the numbers. Days are first days; END: never."""

    path: str
    since: datetime.date
    until: datetime.date
    places: list = field(
        default_factory=list
    )  # (first day, first day of the next, path, whether it is a unit)
    declared: list = field(default_factory=list)  # (day, id, standard's id, day of repeal), by day
    undertakings: list = field(default_factory=list)  # Undertaking
    coverage: list = field(default_factory=list)  # (day, in force, under ISO), the changes, by day
    recorded: list = field(default_factory=list)  # days on which anything was recorded, in order


@dataclass(slots=True)
class Undertaking:
    """One rollout: `key` says what it counts for, `moves` are (day, id, state) by day."""

    key: str
    assigned_on: datetime.date
    due_on: datetime.date
    declared_on: datetime.date
    moves: list

    def is_late(self, day):
        if not (self.assigned_on <= day and self.due_on < day < self.declared_on):
            return False
        state = next((state for on, _id, state in reversed(self.moves) if on <= day), State.ACTIVE)
        return state in OPEN_STATES


def key_of(plan, form, year, level):
    """What undertakings are counted by: the plan's id, form, year and the level of the agency today."""
    return f"{plan} {form} {year} {level}"


# Keeping the tally


def count_touched():
    """Count anew the trees in which something was recorded since they were counted; returns how many.

    A mark goes only if it stood there before its tree was read: what is recorded meanwhile leaves one that stays.
    """
    marks = list(Touched.objects.order_by("pk").values_list("pk", "agency__path"))
    if not marks:
        return 0
    touched = {path and path[:SEGMENT] for _pk, path in marks}
    counted = 0
    for trees in _together():
        if None not in touched and not trees & touched:
            continue
        with transaction.atomic():
            one_writer()  # two workers would write the same rows
            _store(trees, count(trees))
        counted += len(trees)
    Touched.objects.filter(pk__in=[pk for pk, _path in marks]).delete()
    return counted


def _together():
    """The trees in groups between which agencies have moved: [{path of the top}]."""
    groups = {path: {path} for path in Agency.objects.filter(parent=None).values_list("path", flat=True)}
    moved = PastIdentity.objects.annotate(then=Left("path", SEGMENT), now=Left("agency__path", SEGMENT))
    for one, two in moved.exclude(then=F("now")).order_by().values_list("then", "now").distinct():
        joined = groups.get(one, {one}) | groups.get(two, {two})
        groups |= dict.fromkeys(joined, joined)
    return list({id(group): group for group in groups.values()}.values())


def _store(trees, counted):
    """Write what differs from the rows of some trees."""
    stored = defaultdict(dict)
    rows = TerritoryTally.objects.filter(agency__in=Agency.objects.filter(_in(trees)).order_by().values("pk"))
    for pk, agency, day, numbers in rows.values_list("pk", "agency_id", "day", "numbers"):
        stored[agency, day] = pk, numbers
    gone = [pk for key, (pk, numbers) in stored.items() if counted.get(key) != numbers]
    for first in range(0, len(gone), 500):
        TerritoryTally.objects.filter(pk__in=gone[first : first + 500]).delete()
    TerritoryTally.objects.bulk_create(
        [
            TerritoryTally(agency_id=agency, day=day, numbers=numbers)
            for (agency, day), numbers in counted.items()
            if (agency, day) not in stored or stored[agency, day][1] != numbers
        ],
        batch_size=500,
    )


def _in(trees, prefix=""):
    """The condition that an agency stands in one of some trees today."""
    found = Q()
    for path in sorted(trees):
        found |= in_subtree(path, prefix)
    return found


# Counting


def count(trees):
    """{(id, first day): numbers} of every agency of some trees that has or had others below it.

    Numbers, of the subtree of the day: `agencies`; `units`, and of them `late` (an undertaking is overdue) and `quiet`
    (nothing recorded for 90 days); `in_force` and `under_iso` procedures; `strays`, agencies that stand in another tree
    today; `standards`, {standard's id: units}; of the subtree of today `plans`, {`key_of`: [assigned, declared]}.
    """
    facts = _read(trees)
    territories = {
        pk
        for own in facts.values()
        for path in {own.path, *(place[2] for place in own.places)}
        for pk in ids_along(path)[:-1]
    }
    changes = defaultdict(lambda: defaultdict(Counter))  # territory → day → by how much each number changes
    for own in facts.values():
        before = ((), {})
        for day in _turning_days(own):
            now = _state(own, day)
            if now != before:
                for (above, numbers), sign in ((before, -1), (now, 1)):
                    for pk in territories.intersection(above):
                        _add(changes[pk][day], numbers, sign)
                before = now
        above = territories.intersection(ids_along(own.path))
        for one in own.undertakings:
            for day, what in ((one.assigned_on, 0), (max(one.assigned_on, one.declared_on), 1)):
                for pk in above if day < END else ():
                    changes[pk][day]["plans", one.key, what] += 1
    return {(pk, day): numbers for pk, by_day in changes.items() for day, numbers in _by_day(by_day)}


def _add(totals, numbers, sign):
    for name, number in numbers.items():
        totals[name] += sign * number


def _by_day(changes):
    """[(day, numbers)] where they change, from {day: changes}."""
    found, totals = [], Counter()
    for day in sorted(changes):
        different = [name for name, number in changes[day].items() if number]
        for name in different:
            totals[name] += changes[day][name]
        if different:
            found.append((day, _numbers(totals)))
    return found


NAMES = ("agencies", "units", "late", "quiet", "in_force", "under_iso", "strays")


def _numbers(totals):
    """The plain numbers that are stored."""
    numbers = {name: totals[name] for name in NAMES} | {"standards": {}, "plans": {}}
    for name, number in totals.items():
        if number and isinstance(name, tuple):
            match name:
                case "standards", standard:
                    numbers["standards"][str(standard)] = number
                case "plans", key, what:
                    numbers["plans"].setdefault(key, [0, 0])[what] = number
    return numbers


def _turning_days(own):
    """The days on which an agency's state may change."""
    days = {own.since, own.until}
    for since, until, _path, _is_unit in own.places:
        days |= {since, until}
    for on, _id, _standard, repealed_on in own.declared:
        days |= {on, repealed_on}
    for one in own.undertakings:
        days |= {one.assigned_on, one.due_on + ONE_DAY, one.declared_on, *(move[0] for move in one.moves)}
    days.update(day for day, _force, _iso in own.coverage)
    days.update(own.recorded[:1])
    for last, following in pairwise([*own.recorded, END]):
        if (following - last).days > QUIET:
            days |= {last + datetime.timedelta(days=QUIET + 1), following}
    return sorted(day for day in days if own.since <= day < END)


def _state(own, day):
    """(the ids above an agency and its own, by how much it adds to each number) on a day."""
    if not own.since <= day < own.until:
        return (), {}
    _since, _until, path, is_unit = next(p for p in own.places if p[0] <= day < p[1])
    numbers = {"agencies": 1, "strays": int(path[:SEGMENT] != own.path[:SEGMENT])}
    for on, force, iso in own.coverage:
        if on <= day:
            numbers["in_force"] = numbers.get("in_force", 0) + force
            numbers["under_iso"] = numbers.get("under_iso", 0) + iso
    if is_unit:
        numbers["units"] = 1
        numbers["late"] = int(any(one.is_late(day) for one in own.undertakings))
        numbers["quiet"] = int(_is_quiet(own, day))
        last = next((d for d in reversed(own.declared) if d[0] <= day), None)
        if last is not None and day < last[3]:
            numbers["standards", last[2]] = 1
    return tuple(ids_along(path)), numbers


def _is_quiet(own, day):
    """Whether nothing was recorded in the 90 days to a day."""
    by_then = bisect_right(own.recorded, day)
    return not by_then or (day - own.recorded[by_then - 1]).days > QUIET


# Reading


def _read(trees):
    """{id: Facts} of every agency that stands or stood in some trees, a query for each kind of fact."""
    facts = {
        pk: Facts(path, since or BEGINNING, until or END)
        for pk, path, since, until in Agency.objects.filter(_in(trees))
        .order_by()
        .values_list("pk", "path", "established_on", "dissolved_on")
    }
    _read_places(facts, trees)
    _read_entries(facts, trees)
    _read_undertakings(facts, trees)
    _read_recorded(facts, trees)
    return facts


def _read_places(facts, trees):
    past = PastIdentity.objects.filter(_in(trees, "agency__")).order_by("until")
    for pk, since, until, path, covered_by in past.values_list(
        "agency_id", "from_on", "until", "path", "covered_by_id"
    ):
        facts[pk].places.append((since or BEGINNING, until, path, covered_by is None))
    now = Agency.objects.filter(_in(trees)).order_by()
    for pk, path, covered_by in now.values_list("pk", "path", "covered_by_id"):
        facts[pk].places.append((BEGINNING, END, path, covered_by is None))


def _read_entries(facts, trees):
    made = Declaration.objects.counting().filter(_in(trees, "agency__")).order_by("declared_on", "pk")
    for pk, *values, repealed_on in made.values_list(
        "agency_id", "declared_on", "pk", "standard_id", "repealed_on"
    ):
        facts[pk].declared.append((*values, repealed_on or END))
    tally = CoverageTally.objects.filter(_in(trees, "agency__")).order_by("day")
    for pk, *values in tally.values_list("agency_id", "day", "in_force", "under_iso"):
        facts[pk].coverage.append(values)


def _read_undertakings(facts, trees):
    moves, within = defaultdict(list), _in(trees, "rollout__agency__")
    rows = RolloutMove.objects.filter(within).order_by("moved_on", "pk")
    for rollout, *move in rows.values_list("rollout_id", "moved_on", "pk", "state"):
        moves[rollout].append(move)
    reached = Milestone.objects.filter(within, stage=Stage.DECLARED).exclude(acceptance=Acceptance.RETURNED)
    declared = dict(reached.order_by().values_list("rollout_id", "reached_on"))
    rows = Rollout.objects.filter(_in(trees, "agency__")).order_by()
    for pk, agency, assigned_on, due_on, *key in rows.values_list(
        "pk", "agency_id", "assigned_on", "due_on", "plan_id", "form", "year", "agency__level"
    ):
        facts[agency].undertakings.append(
            Undertaking(key_of(*key), assigned_on, due_on, declared.get(pk, END), moves[pk])
        )


def _read_recorded(facts, trees):
    """As `freshness.with_last_change`: by the history, and by when milestones and declarations were recorded."""
    moments = (
        Change.objects.filter(_in(trees, "agency__")).values_list("agency_id", "change_set__made_at"),
        Milestone.objects.filter(_in(trees, "rollout__agency__")).values_list(
            "rollout__agency", "recorded_at"
        ),
        Declaration.objects.filter(_in(trees, "agency__")).values_list("agency_id", "recorded_at"),
    )
    days = defaultdict(set)
    for rows in moments:
        for pk, moment in rows.order_by().distinct():
            days[pk].add(timezone.localdate(moment))
    for pk, own in days.items():
        facts[pk].recorded = sorted(own)
