"""When shall we make it: finishing days and chances, from the durations in this register. Pure functions, seeded.

How it is worked out. An undertaking goes on from the milestone at which it stands, step by step, to its declaration.
Each step takes as long as the same step took some undertaking of this register, drawn at random; of the step that it
is in, only those that took longer than it has spent already. Days of the pause at Tết do not count. This is played
some hundred times, every few times with another sample of the known steps, because few of them say little. A wait that
is not over is known too: it ends as one of the longer steps did. Without the waits only the quick would be known.
"""

import datetime
import random
from bisect import bisect_right
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from reports.tet import after, moving_days

ENOUGH = 5  # finished units; fewer say too little
END = 11  # the rank of *declared*
NOT_OVER = END + 1  # in place of the rank that a step led to
LATEST = 60  # steps of one kind that are looked at: the latest say most about now
GAMES = 300
TOGETHER = 5  # games that know the same steps
MOST_DRAWS = 60_000  # undertakings times games: a country plays fewer games with more units
DELAY = 30  # days of the question "what if this one were later still"
COSTLIEST = 10


@dataclass(frozen=True)
class Finished:
    """A finished undertaking: by rank (0: assigned) the day it was reached, and the day it was declared."""

    form: str
    reached: dict
    declared_on: datetime.date


@dataclass(frozen=True)
class Open:
    """An undertaking that goes on. It stands at its furthest rank (0: assigned, no milestone yet)."""

    id: int
    form: str
    reached: dict  # as of `Finished`; at least the day it was assigned
    groups: tuple = ()  # the targets it counts for

    @property
    def rank(self):
        return max(self.reached)

    @property
    def since(self):
        return self.reached[self.rank]


@dataclass(frozen=True)
class Aim:
    """A target: the figure to reach by a day, what counts already, the pace that is missing."""

    key: object
    value: int
    done: int
    due_on: datetime.date
    starts_on: datetime.date


@dataclass(frozen=True)
class Outlook:
    """What is to be expected of one target. Days are None where the figure is out of reach: too few units."""

    aim: Aim
    p10: datetime.date | None = None
    p50: datetime.date | None = None
    p90: datetime.date | None = None
    chance: float | None = None  # of reaching the figure by its day, 0–1
    low: int | None = None  # count on the day: 10th, 50th and 90th per cent
    middle: int | None = None
    high: int | None = None
    pace_needed: float | None = None  # units a month from now on

    @property
    def percent_chance(self):
        """The chance in whole per cent; never 0 or 100 for what is only very likely."""
        if self.chance is None or self.chance in (0, 1):
            return self.chance if self.chance is None else round(100 * self.chance)
        return min(max(round(100 * self.chance), 1), 99)


@dataclass(frozen=True)
class Cost:
    """A unit whose further delay costs most: its chance of being in time, now and after another 30 days."""

    id: int
    chance: float
    later: float

    @property
    def loss(self):
        return self.chance - self.later


@dataclass(frozen=True)
class Forecast:
    """Everything that is foreseen on a day. `is_enough` False: too little history, and nothing is said."""

    on: datetime.date
    is_enough: bool
    finished: int
    outlooks: list = field(default_factory=list)
    costliest: list = field(default_factory=list)
    curve: list = field(default_factory=list)  # (day, 10th, 50th, 90th per cent of the count of all aims)


def pace_needed(missing, on, due_on):
    """Units a month that are needed from a day until the due day; None when the day is past or nothing is missing."""
    days = (due_on - on).days
    if missing <= 0 or days <= 0:
        return None
    return missing / (days / MONTH)


MONTH = 365.25 / 12


def foresee(finished, going_on, aims, *, on, seed=0, games=GAMES):
    """Play the rest of the plan. `finished`, `going_on`: lists of `Finished`, `Open`; `aims`: of `Aim`.

    The same arguments give the same answer. Returns a `Forecast`; without games it foresees nothing.
    """
    pace = {aim.key: pace_needed(aim.value - aim.done, on, aim.due_on) for aim in aims}
    if len(finished) < ENOUGH or not games:
        outlooks = [Outlook(aim, pace_needed=pace[aim.key]) for aim in aims]
        return Forecast(on, False, len(finished), outlooks)
    games = max(60, min(games, MOST_DRAWS // max(len(going_on), 1)))
    known = [(unit.form, unit.reached | {END: unit.declared_on}) for unit in finished]
    known += [(unit.form, unit.reached) for unit in going_on]
    waits = [(unit.form, unit.rank, max(moving_days(unit.since, on), 0)) for unit in going_on]
    ends = _play(_Steps(known, waits), going_on, on, random.Random(seed), games)
    outlooks = [_outlook(aim, going_on, ends, on, pace[aim.key]) for aim in aims]
    costliest, curve = _costliest(going_on, ends, aims, on), _curve(going_on, ends, aims, on)
    return Forecast(on, True, len(finished), outlooks, costliest, curve)


class _Steps:
    """Steps of this register: from each rank the next one recorded and the moving days between them.

    Of a form, or where it has few, of all. Also steps of undertakings that are not finished are known, and how long they
    wait for the next one by now: leaving them out would keep only the quick ones.

    `units`: (form, day by rank); `waits`: (form, rank, moving days).
    """

    def __init__(self, units, waits):
        self.lists, self.waits = defaultdict(list), defaultdict(list)
        for form, reached in units:
            ranks = sorted(reached)
            for one, two in pairwise(ranks):
                days = moving_days(reached[one], reached[two])
                if days >= 0:
                    self.lists[form, one].append((days, two))
                    self.lists[None, one].append((days, two))
        self.lists = {key: steps[-LATEST:] for key, steps in self.lists.items()}
        for form, rank, days in waits:
            self.waits[form, rank].append((days, NOT_OVER))
            self.waits[None, rank].append((days, NOT_OVER))
        self.known, self.sorted = {}, {}

    def key(self, form, rank):
        """The list that tells of a rank: of the form, of all forms, of the nearest rank before it."""
        if (form, rank) not in self.known:
            tried = [(f, r) for r in range(rank, -1, -1) for f in (form, None)]
            tried += [(None, r) for r in range(rank + 1, END)]
            enough = [k for k in tried if len(self.lists.get(k, ())) >= ENOUGH]
            self.known[form, rank] = next(iter(enough or [k for k in tried if k in self.lists]))
        return self.known[form, rank]

    def ordered(self, form, rank):
        """(number of the list that tells of a rank, its steps and waits in the order of days)."""
        key = self.key(form, rank)
        if key not in self.sorted:
            self.sorted[key] = len(self.sorted), sorted(self.lists[key] + self.waits[key][-LATEST:])
        return self.sorted[key]


def _sample(known, draw):
    """As many of the known steps drawn again, the quickest first. A wait ends as a longer step of the sample did.

    A wait longer than all of them tells nothing: it may stand for its turn in the plan. Where a sample holds nothing
    but such waits, the steps themselves are given.
    """
    steps = []
    for place in sorted([int(draw() * len(known)) for _step in known], reverse=True):
        step = known[place]
        if step[1] != NOT_OVER:
            steps.append(step)
        elif steps:
            steps.append(steps[int(draw() * len(steps))])
    return sorted(steps) or [step for step in known if step[1] != NOT_OVER]


def _play(steps, going_on, on, rng, games):
    """For every unit a list of its end in moving days from `on`, one for each game.

    Games know the steps only as a sample of them does (bootstrap): few of them leave much open. A few games share one,
    because making it costs as much as playing.
    """
    spent = [max(moving_days(unit.since, on), 0) for unit in going_on]
    # One list of steps serves several ranks and forms: within a sample it is the same for all of them.
    routes = {
        form: [steps.ordered(form, rank) for rank in range(END)]
        for form in sorted({u.form for u in going_on})
    }
    first_rank = {form: min(u.rank for u in going_on if u.form == form) for form in routes}
    lists = list(
        {n: known for form, route in routes.items() for n, known in route[first_rank[form] :]}.items()
    )
    ends, draw = [[] for _unit in going_on], rng.random
    for first in range(0, games, TOGETHER):
        sample = {n: _sample(known, draw) for n, known in lists}
        # What lies behind all of them is not drawn.
        ways = {form: [sample.get(number) for number, _known in route] for form, route in routes.items()}
        for own, unit, days in zip(ends, going_on, spent, strict=True):
            rank, way = unit.rank, ways[unit.form]
            # It stands there so long already: only steps that took longer are drawn.
            longer = bisect_right(way[rank], (days, END))
            for _game in range(min(TOGETHER, games - first)):
                own.append(_walk(rank, days, longer, way, draw))
    return ends


def _walk(rank, spent, longer, way, draw):
    """One undertaking from where it stands to its declaration, in moving days from now.

    `way`: by rank the known steps (days, rank they lead to), the quickest first; `longer`: how many of the first one's
    took no longer than the days `spent` there already.
    """
    total = 0
    if spent:
        known = way[rank]
        size = len(known)
        if longer < size:
            days, following = known[longer + int(draw() * (size - longer))]
            total = days - spent
        else:
            # Slower than all of them: as much again as the step took those in the slowest quarter, halved.
            days, following = known[-1 - int(draw() * max(size // 4, 1))]
            total = max(days // 2, 1)
        # A step borrowed from an earlier rank leads at least one on.
        rank = following if following > rank else rank + 1
    while rank < END:
        known = way[rank]
        days, following = known[int(draw() * len(known))]
        total += days
        rank = following if following > rank else rank + 1
    return total if total > 1 else 1


def _outlook(aim, going_on, ends, on, pace):
    """One target: the count on its day and the day of its figure, over all games."""
    own = [ends[number] for number, unit in enumerate(going_on) if aim.key in unit.groups]
    missing, limit = aim.value - aim.done, moving_days(on, aim.due_on)
    counts, days = [], []
    for finishing in zip(*own, strict=True) if own else ():
        finishing = sorted(finishing)
        counts.append(aim.done + bisect_right(finishing, limit))
        days.append(0 if missing <= 0 else finishing[missing - 1] if missing <= len(finishing) else NEVER)
    if not counts:
        counts, days = [aim.done], [0 if missing <= 0 else NEVER]
    counts.sort()
    days.sort()
    return Outlook(
        aim,
        *(_day(on, _quantile(days, share)) for share in (0.1, 0.5, 0.9)),
        chance=sum(count >= aim.value for count in counts) / len(counts),
        low=_quantile(counts, 0.1),
        middle=_quantile(counts, 0.5),
        high=_quantile(counts, 0.9),
        pace_needed=pace,
    )


NEVER = 10**6  # moving days: the figure is out of reach, too few units are assigned


def _quantile(ordered, share):
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _day(on, days):
    return None if days >= NEVER else on if days <= 0 else after(on, days)


def _costliest(going_on, ends, aims, on):
    """The units whose chance of being in time falls most when they are delayed by another 30 days."""
    due = {aim.key: moving_days(on, aim.due_on) for aim in aims if aim.value > aim.done}
    found = []
    for unit, own in zip(going_on, ends, strict=True):
        limits = [due[key] for key in unit.groups if key in due]
        if limits:
            limit, games = min(limits), len(own)
            chance = sum(end <= limit for end in own) / games
            found.append(Cost(unit.id, chance, sum(end + DELAY <= limit for end in own) / games))
    found.sort(key=lambda cost: (-cost.loss, cost.id))
    return [cost for cost in found[:COSTLIEST] if cost.loss > 0]


def _curve(going_on, ends, aims, on):
    """How the count of all targets goes on: month by month to the last due day, as bands."""
    keys = {aim.key for aim in aims}
    own = [ends[number] for number, unit in enumerate(going_on) if keys & set(unit.groups)]
    done, last = sum(aim.done for aim in aims), max((aim.due_on for aim in aims), default=on)
    points = [(on, done, done, done)]
    games = [sorted(game) for game in zip(*own, strict=True)] if own else []
    for day in month_ends(on, last):
        limit = moving_days(on, day)
        counts = sorted(done + bisect_right(game, limit) for game in games) or [done]
        points.append((day, *(_quantile(counts, share) for share in (0.1, 0.5, 0.9))))
    return points


def month_ends(first, last):
    """The last days of the months after a day, up to another day, which is always the last of them."""
    days, day = [], first
    while day < last:
        following = day + datetime.timedelta(days=1)
        day = min(following.replace(day=monthrange(following.year, following.month)[1]), last)
        days.append(day)
    return days
