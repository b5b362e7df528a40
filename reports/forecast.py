"""When shall we make it: finishing days and chances, from the durations in this register. Pure functions, seeded.

How it is worked out. An undertaking goes on from the milestone at which it stands, step by step, to its declaration.
Each step takes as long as the same step took some undertaking of this register, drawn at random; of the step that it
is in, only those that took longer than it has spent already. Days of the pause at Tết do not count. This is played
some hundred times, every few times with another sample of the known steps, because few of them say little. A wait that
is not over is known too: it ends as one of the longer steps did. Without the waits only the quick would be known.
"""

import datetime
import hashlib
from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, pairwise

import numpy as np

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
    stands = [(unit.form, unit.rank, max(moving_days(unit.since, on), 0)) for unit in going_on]
    # Of one seed the same on every machine.
    rng = np.random.default_rng(int.from_bytes(hashlib.sha256(repr(seed).encode()).digest()))
    ends = _play(_Steps(known, stands), stands, rng, games)
    outlooks = [_outlook(aim, _counting(going_on, ends, {aim.key}), on, pace[aim.key]) for aim in aims]
    curve = _curve(_counting(going_on, ends, set(pace)), aims, on)
    return Forecast(on, True, len(finished), outlooks, _costliest(going_on, ends, aims, on), curve)


def _counting(going_on, ends, keys):
    """The ends of those units that count for one of some targets."""
    return ends[:, [not keys.isdisjoint(unit.groups) for unit in going_on]]


class _Steps:
    """Steps of this register: from each rank the next one recorded and the moving days between them.

    Of a form, or where it has few, of all. Also steps of undertakings that are not finished are known, and how long they
    wait for the next one by now: leaving them out would keep only the quick ones.

    `units`: (form, day by rank); `waits`: (form, rank, moving days).
    """

    def __init__(self, units, waits):
        self.lists, self.waits = defaultdict(list), defaultdict(list)
        moved = cache(lambda day: moving_days(datetime.date.min, day))
        for form, reached in reversed(units):
            for one, two in pairwise(sorted(reached)):
                own = self.lists[form, one]
                if len(own) < LATEST and (days := moved(reached[two]) - moved(reached[one])) >= 0:
                    own.append((days, two))
                    self.lists[None, one].append((days, two))
        self.lists = {key: steps[:LATEST] for key, steps in self.lists.items() if steps}
        for form, rank, days in waits:
            self.waits[form, rank].append((days, NOT_OVER))
            self.waits[None, rank].append((days, NOT_OVER))

    def key(self, form, rank):
        """The list that tells of a rank: of the form, of all forms, of the nearest rank before it."""
        tried = [(f, r) for r in range(rank, -1, -1) for f in (form, None)]
        tried += [(None, r) for r in range(rank + 1, END)]
        enough = (k for k in tried if len(self.lists.get(k, ())) >= ENOUGH)
        return next(chain(enough, (k for k in tried if k in self.lists)))

    def known(self, key):
        """The steps and waits of a list in the order of days."""
        return sorted(self.lists[key] + self.waits[key][-LATEST:])


# A step as one number, so that sorting numbers sorts steps: its list from bit `LIST` on, its days from bit `DAYS` on, and
# below them the rank that it leads to.
LIST, DAYS = 19, 4
RANK = (1 << DAYS) - 1


def _samples(known, lengths, rng, number):
    """As many of the known steps of each list drawn again, so many times. A wait ends as a longer step of the sample did.

    A wait longer than all of them tells nothing: it may stand for its turn in the plan. A sample that would hold nothing
    but waits is what is known itself.

    `known`: list after list, in order. Returns the steps (samples × known), each list in order; where in all of them a
    list begins and how many of it count (samples × lists).
    """
    begins, column = np.cumsum(lengths) - lengths, np.arange(len(known), dtype=np.int32)
    length = np.broadcast_to(np.repeat(lengths, lengths), (number, len(known)))
    drawn = np.sort(known[np.repeat(begins, lengths) + _below(rng, length)])
    only_waits = np.logical_and.reduceat(drawn & RANK == NOT_OVER, begins, axis=1)
    drawn = np.where(np.repeat(only_waits, lengths, axis=1), known, drawn)
    is_wait = drawn & RANK == NOT_OVER
    last = np.maximum.reduceat(np.where(is_wait, -1, column), begins, axis=1)
    flat, longer = drawn.ravel(), (np.repeat(last, lengths, axis=1) - column).ravel()
    wait = np.flatnonzero(is_wait.ravel() & (longer > 0))
    ends_as = wait + 1 + _below(rng, longer[wait])
    while len(wait):
        flat[wait] = flat[ends_as]
        still = flat[wait] & RANK == NOT_OVER  # it ends as another wait, and that as a step
        wait, ends_as = wait[still], ends_as[still]
    drawn.sort()
    return drawn, np.arange(number)[:, None] * len(known) + begins, (last - begins + 1).astype(np.int16)


def _below(rng, sizes):
    """For each size, at most some dozen, a whole number from 0 to less than it. In small types: memory takes longest."""
    return (rng.random(sizes.shape, np.float32) * sizes.astype(np.int16, copy=False)).astype(np.int32)


def _play(steps, stands, rng, games):
    """The end of every unit in moving days from now: an array (games × units). `stands`: (form, rank, days spent there).

    Games know the steps only as a sample of them does (bootstrap): few of them leave much open. A few games share one.
    """
    if not stands:
        return np.empty((games, 0), np.int32)
    forms = sorted({form for form, _rank, _spent in stands})
    # One list of steps serves several ranks and forms: within a sample it is the same for all of them.
    keys = [[steps.key(form, rank) for rank in range(END)] for form in forms]
    lowest = [min(rank for f, rank, _spent in stands if f == form) for form in forms]
    # What lies behind all of them is not drawn.
    used = dict.fromkeys(key for own, rank in zip(keys, lowest, strict=True) for key in own[rank:])
    number = {key: place for place, key in enumerate(used)}
    known = [[number[key] << LIST | days << DAYS | rank for days, rank in steps.known(key)] for key in used]
    lengths = np.array([len(own) for own in known])
    samples = _samples(np.array([*chain(*known)], np.int32), lengths, rng, -(-games // TOGETHER))
    route = np.array([[number.get(key, 0) for key in own] for own in keys])
    units = np.array([(forms.index(form), rank, spent) for form, rank, spent in stands], np.int32).T
    return _walk(units, route, samples, rng)[:games]


def _walk(units, route, samples, rng):
    """All undertakings from where they stand to their declaration, rank after rank, all games at once: as of `_play`.

    `units`: their forms, ranks and days spent there; `route`: by form and rank the number of a list of `_samples`.
    """
    (form, rank, spent), (steps, begin, size) = units, samples
    own = route[form, rank].astype(np.int32)
    count, shape = size[:, own], (len(steps), TOGETHER, len(own))
    # It stands there so long already: only steps that took longer are drawn.
    limit = own << LIST | np.where(spent > 0, spent + 1, 0) << DAYS
    passed = np.array([np.searchsorted(row, limit) for row in steps]) + begin[:, :1] - begin[:, own]
    # Slower than all of them: as much again as the step took those in the slowest quarter, halved.
    is_slow = passed >= count
    passed = np.where(is_slow, count - np.maximum(count // 4, 1), passed)
    first, count = (begin[:, own] + passed)[:, None], (count - passed)[:, None]
    steps = steps.ravel() & (1 << LIST) - 1
    step = steps[first + _below(rng, np.broadcast_to(count, shape))]
    days = step >> DAYS
    total = np.where(is_slow[:, None], np.maximum(days // 2, 1), days - spent).ravel()
    # A step borrowed from an earlier rank leads at least one on.
    reached = np.maximum(step & RANK, rank + 1).astype(np.int8).ravel()
    ways = np.repeat(np.arange(len(size))[:, None] * len(route) + form, TOGETHER, axis=0).ravel()
    for here in range(END):
        moving = np.flatnonzero(reached == here)
        way = ways[moving]
        first, count = begin[:, route[:, here]].ravel(), size[:, route[:, here]].ravel()
        step = steps[first[way] + _below(rng, count[way])]
        total[moving] += step >> DAYS
        reached[moving] = np.maximum(step & RANK, here + 1)
    return np.maximum(total, 1).reshape(-1, len(own))


def _outlook(aim, ends, on, pace):
    """One target: the count on its day and the day of its figure, over all games (games × units that count)."""
    missing = aim.value - aim.done
    counts = aim.done + (ends <= moving_days(on, aim.due_on)).sum(axis=1)
    days = [0 if missing <= 0 else NEVER]
    if 0 < missing <= ends.shape[1]:
        days = np.partition(ends, missing - 1)[:, missing - 1]
    found = (_day(on, number) for number in _band(days))
    return Outlook(aim, *found, float((counts >= aim.value).mean()), *_band(counts), pace)


NEVER = 10**6  # moving days: the figure is out of reach, too few units are assigned


def _band(values):
    """The 10th, 50th and 90th per cent of the games' values."""
    values = np.sort(values).tolist()
    return [values[min(int(share * len(values)), len(values) - 1)] for share in (0.1, 0.5, 0.9)]


def _day(on, days):
    return None if days >= NEVER else on if days <= 0 else after(on, days)


def _costliest(going_on, ends, aims, on):
    """The units whose chance of being in time falls most when they are delayed by another 30 days."""
    due = {aim.key: moving_days(on, aim.due_on) for aim in aims if aim.value > aim.done}
    limits = [min((due[key] for key in unit.groups if key in due), default=0) for unit in going_on]
    # No end lies before tomorrow: 0 leaves out those that no target waits for.
    chances, later = (ends <= limits).mean(axis=0), (ends + DELAY <= limits).mean(axis=0)
    found = map(Cost, [unit.id for unit in going_on], chances.tolist(), later.tolist())
    found = sorted(found, key=lambda cost: (-cost.loss, cost.id))
    return [cost for cost in found[:COSTLIEST] if cost.loss > 0]


def _curve(ends, aims, on):
    """How the count of all targets goes on: month by month to the last due day, as bands (games × units that count)."""
    done, last = sum(aim.done for aim in aims), max((aim.due_on for aim in aims), default=on)
    points = [(on, done, done, done)]
    for day in month_ends(on, last):
        points.append((day, *_band(done + (ends <= moving_days(on, day)).sum(axis=1))))
    return points


def month_ends(first, last):
    """The last days of the months after a day, up to another day, which is always the last of them."""
    days, day = [], first
    while day < last:
        following = day + datetime.timedelta(days=1)
        day = min(following.replace(day=monthrange(following.year, following.month)[1]), last)
        days.append(day)
    return days
