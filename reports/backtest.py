"""Does the forecast keep its word? Simulated provinces whose end is known.

Each province has its own pace (lognormal stage durations, a common factor of the province), some units finished, some
under way. What the forecast gives on a day in the middle is held against what then happens.
"""

import datetime
import random
from dataclasses import dataclass

from reports.forecast import Aim, Finished, Open, foresee
from reports.tet import after

RANKS = 11  # the milestones up to *declared*


@dataclass(frozen=True)
class Case:
    """One province: its figure, the band of the forecast and what came of it."""

    value: int
    low: int
    middle: int
    high: int
    came: int
    chance: float
    reached: bool

    @property
    def holds(self):
        return self.low <= self.came <= self.high

    @property
    def off(self):
        """What came beyond the middle of the forecast, in per cent of the figure; negative: it promised too much."""
        return 100 * (self.came - self.middle) / self.value


def play(number, *, seed=0, units=60, games=400):
    """Forecast that many provinces in the middle of their plan. Returns the `Case`s; the same seed gives the same."""
    return [_case(random.Random(f"{seed}:{index}"), units, games) for index in range(number)]


def _case(rng, units, games):
    starts_on = datetime.date(2020, 1, 1) + datetime.timedelta(days=rng.randrange(700))
    due_on = starts_on + datetime.timedelta(days=365)
    on = starts_on + datetime.timedelta(days=rng.randrange(150, 260))
    pace = rng.lognormvariate(0, 0.25)
    stages = [rng.uniform(8, 40) * pace for _rank in range(RANKS)]
    spread = rng.uniform(0.3, 0.7)
    finished, going_on, came = [], [], 0
    for unit in range(units):
        reached = {0: starts_on + datetime.timedelta(days=rng.randrange(60))}
        for rank in range(1, RANKS + 1):
            reached[rank] = after(
                reached[rank - 1], max(int(rng.lognormvariate(0, spread) * stages[rank - 1]), 1)
            )
        came += reached[RANKS] <= due_on
        known = {rank: day for rank, day in reached.items() if day <= on}
        if RANKS in known:
            finished.append(Finished("BUILD", {r: d for r, d in known.items() if r < RANKS}, known[RANKS]))
        else:
            going_on.append(Open(unit, "BUILD", known or {0: on}, ("all",)))
    value = rng.randrange(units // 3, units)
    aim = Aim("all", value, len(finished), due_on, starts_on)
    # A seed of its own: with one for all, what it happens to draw would be off in all provinces alike.
    known = _history(rng, stages, spread) + finished
    told = foresee(known, going_on, [aim], on=on, seed=rng.random(), games=games)
    outlook = told.outlooks[0]
    return Case(value, outlook.low, outlook.middle, outlook.high, came, outlook.chance, came >= value)


def _history(rng, stages, spread):
    """Units that finished before the plan: what an office knows at its beginning."""
    found = []
    for _unit in range(rng.randrange(6, 25)):
        day = datetime.date(2018, 1, 1) + datetime.timedelta(days=rng.randrange(200))
        reached = {0: day}
        for rank in range(1, RANKS + 1):
            day = reached[rank] = after(day, max(int(rng.lognormvariate(0, spread) * stages[rank - 1]), 1))
        found.append(Finished("BUILD", {r: d for r, d in reached.items() if r < RANKS}, reached[RANKS]))
    return found
