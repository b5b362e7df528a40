"""Who declared what on which day: one consistent reading of the published figures. No database code.

Published: 104 units declared by 7.6.2020; in 2020 built at 60 communes and 5 provincial units,
28 of 36 converted, 2 e-ISO; by 30.12.2021 102 built, 63 converted, 3 e-ISO, 206 of 206 units.
Which unit did it on which day was not published: here it follows from each unit's code alone, so
that every load gives the same history.
"""

import datetime
import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from procedures.lifecycle import Form, Stage

# The plan was decided on 4.10.2019, a Friday; the register begins on the Monday after.
DECIDED_ON = date(2019, 10, 4)
OPENED_ON = date(2019, 10, 7)

# Province and district level, 45 units. The UBND tỉnh is none of the 36 to be converted, which are
# "district, department and sub-department level".
WITHOUT_SYSTEM = ("H31.01.01", "H31.01.02", "H31.01.03", "H31.09.02", "H31.18")
ON_2015 = ("H31", "H31.03", "H31.13", "H31.13.01")
E_ISO_2020 = ("H31.10", "H31.323")
CARRIED_OVER = ("H31.06.07", "H31.07", "H31.09.01", "H31.325", "H31.329", "H31.332")

# Those who can sign in for the demonstration finish last and still have to notify.
LAST = ("H31.325", "H31.325.11989")
STILL_TO_NOTIFY = ("H31.02", *LAST)
# The subtree whose recent entries still wait for the lead agency.
WAITING_BELOW = "H31.325"

COMMUNES_ON_2008, COMMUNES_ON_2015, COMMUNES_BUILT_2020 = 30, 34, 60

# (how many units, due day, first and last day of their declarations); None: all the others.
WAVES = {
    2020: (
        (33, date(2020, 9, 30), date(2020, 6, 10), date(2020, 9, 30)),
        (12, date(2020, 9, 30), date(2020, 11, 3), date(2020, 12, 18)),
        (None, date(2020, 12, 31), date(2020, 10, 1), date(2020, 12, 30)),
    ),
    2021: (
        (14, date(2021, 6, 30), date(2021, 3, 1), date(2021, 6, 29)),
        (10, date(2021, 6, 30), date(2021, 10, 4), date(2021, 11, 19)),
        (18, date(2021, 9, 30), date(2021, 7, 1), date(2021, 9, 29)),
        (6, date(2021, 9, 30), date(2021, 10, 5), date(2021, 10, 29)),
        (None, date(2021, 12, 31), date(2021, 10, 6), date(2021, 12, 29)),
    ),
}
CARRIED_ON_DAYS = (date(2020, 12, 28), date(2020, 12, 29), date(2020, 12, 30))
PAUSED = (date(2021, 5, 10), date(2021, 6, 7))

# How far along its way from plan to declaration a unit reaches each milestone.
WAY = {
    Stage.PLANNED: 0.0,
    Stage.STEERING: 0.06,
    Stage.SURVEYED: 0.14,
    Stage.TRAINED: 0.24,
    Stage.DOCUMENTED: 0.46,
    Stage.PROMULGATED: 0.56,
    Stage.OPERATING: 0.62,
    Stage.AUDITED: 0.82,
    Stage.REVIEWED: 0.89,
    Stage.CONFIRMED: 0.95,
}
DAYS = {Form.BUILD: (150, 235), Form.CONVERT: (100, 170), Form.E_ISO: (80, 130)}
# How often a milestone is not on record. Some of these are evidence gaps.
UNRECORDED = {
    Stage.STEERING: 0.05,
    Stage.SURVEYED: 0.12,
    Stage.TRAINED: 0.04,
    Stage.PROMULGATED: 0.02,
    Stage.AUDITED: 0.10,
    Stage.CONFIRMED: 0.04,
    Stage.NOTIFIED: 0.08,
}

_HOLIDAYS = {(1, 1), (4, 30), (5, 1), (5, 2), (9, 2)}
_TET = ((date(2020, 1, 23), date(2020, 1, 29)), (date(2021, 2, 10), date(2021, 2, 16)))


@dataclass(frozen=True)
class Early:
    """A declaration from before the plan's first year of work. `standard` is the year of the version."""

    code: str
    standard: int
    on: date
    precision: str = "day"
    has_number: bool = True


@dataclass
class Undertaking:
    """One unit's work under the plan, from its first milestone to its declaration."""

    code: str
    form: Form
    year: int
    due_on: date
    declared_on: date
    steps: dict = field(default_factory=dict)  # Stage → day, in the order of days
    has_number: bool = True
    # Carried over to `year` on a day from the year before, when it was due on another day.
    carried_on: date | None = None
    first_due_on: date | None = None
    paused: tuple | None = None


def dice(*words):
    """Chance that follows from the words alone: the same in every run."""
    return Random(" ".join(map(str, words)))


def shuffled(codes):
    """Codes in an order that has nothing to do with the map, always the same."""
    return sorted(codes, key=lambda code: hashlib.sha256(code.encode()).digest())


def working_day(day):
    """The day itself, or the last working day before it."""
    while (
        day.weekday() >= 5
        or (day.month, day.day) in _HOLIDAYS
        or any(first <= day <= last for first, last in _TET)
    ):
        day -= timedelta(days=1)
    return day


def spread(number, first, last):
    """So many working days, evenly from the first to the last."""
    step = (last - first).days / max(number - 1, 1)
    return [working_day(first + timedelta(days=round(i * step))) for i in range(number)]


def assign(levels):
    """Every early declaration and every undertaking. `levels` maps the code of each unit to its level.

    Returns (early, undertakings), each in the order of its days.
    """
    upper = shuffled(code for code, level in levels.items() if level != "commune")
    communes = shuffled(code for code, level in levels.items() if level == "commune" and code not in LAST)
    communes += [code for code in LAST if levels.get(code) == "commune"]

    to_convert = [code for code in upper if code not in WITHOUT_SYSTEM + ON_2015]
    on_2008 = communes[:COMMUNES_ON_2008]
    rest = communes[COMMUNES_ON_2008:]
    on_2015, rest = rest[:COMMUNES_ON_2015], rest[COMMUNES_ON_2015:]
    built_2020, built_2021 = rest[:COMMUNES_BUILT_2020], rest[COMMUNES_BUILT_2020:]

    early = [
        *_early(to_convert, 2008, date(2012, 3, 1), date(2016, 12, 20)),
        *_early(on_2008, 2008, date(2014, 9, 3), date(2018, 6, 27)),
        *_early([*ON_2015, *on_2015], 2015, date(2018, 10, 8), date(2020, 6, 5)),
    ]
    forms = {
        2020: dict.fromkeys([*WITHOUT_SYSTEM, *built_2020], Form.BUILD)
        | {c: Form.E_ISO if c in E_ISO_2020 else Form.CONVERT for c in to_convert if c not in CARRIED_OVER},
        2021: dict.fromkeys(built_2021, Form.BUILD)
        | dict.fromkeys([*CARRIED_OVER, *on_2008[1:]], Form.CONVERT)
        | {on_2008[0]: Form.E_ISO},
    }
    undertakings = []
    for year, form_of in forms.items():
        order = [c for c in shuffled(form_of) if c not in LAST] + [c for c in LAST if c in form_of]
        undertakings += _in_waves(order, form_of, year)
    # One unit whose list said nothing but the declaration.
    bare = next(u for u in undertakings if u.code == built_2020[0])
    bare.steps = {Stage.DECLARED: bare.declared_on}
    for undertaking in [u for u in undertakings if _rests(u)][:2]:
        undertaking.paused = PAUSED
    return sorted(early, key=lambda e: e.on), undertakings


def _early(codes, standard, first, last):
    """One declaration for each unit, the vague ones with the first day of their month or year."""
    for code, on in zip(codes, spread(len(codes), first, last), strict=True):
        chance = dice(code, "early").random()
        if standard == 2015 or chance > 0.16:
            yield Early(code, standard, on, has_number=chance > 0.22 or standard == 2015)
        elif chance > 0.06:
            yield Early(code, standard, on.replace(day=1), "month")
        else:
            yield Early(code, standard, on.replace(day=1, month=1), "year", has_number=False)


def _in_waves(order, form_of, year):
    carried = iter(CARRIED_ON_DAYS * 2)
    order = list(order)
    for number, due_on, first, last in WAVES[year]:
        wave, order = (order, []) if number is None else (order[:number], order[number:])
        for code, declared_on in zip(wave, spread(len(wave), first, last), strict=True):
            undertaking = Undertaking(code, form_of[code], year, due_on, declared_on)
            if code in CARRIED_OVER:
                undertaking.carried_on = next(carried)
                late = code in CARRIED_OVER[:2]
                undertaking.first_due_on = date(2020, 9, 30) if late else date(2020, 12, 31)
            _walk(undertaking)
            yield undertaking


def _walk(undertaking):
    """Give an undertaking its milestones: working days in the usual order, with some gaps."""
    code, declared_on = undertaking.code, undertaking.declared_on
    chance = dice(code, undertaking.form, undertaking.year)
    days = chance.randint(*DAYS[undertaking.form])
    first = max(declared_on - timedelta(days=days), OPENED_ON)
    if undertaking.carried_on:
        first = date(2020, 4, 6) + timedelta(days=chance.randint(0, 60))
    length = (declared_on - first).days
    steps = {}
    for stage, share in WAY.items():
        after = round(max(share + chance.uniform(-0.015, 0.015), 0) * length)
        steps[stage] = max(working_day(first + timedelta(days=after)), OPENED_ON)
    if chance.random() < 0.06:
        # Some review their system before the audit is finished.
        steps[Stage.AUDITED], steps[Stage.REVIEWED] = steps[Stage.REVIEWED], steps[Stage.AUDITED]
    steps[Stage.DECLARED] = declared_on
    steps[Stage.NOTIFIED] = max(working_day(declared_on + timedelta(days=chance.randint(2, 14))), declared_on)
    for stage, share in UNRECORDED.items():
        # The dice are thrown in any case, so that one exception does not shift the others.
        if chance.random() < share and code not in LAST:
            del steps[stage]
    if code in STILL_TO_NOTIFY:
        steps.pop(Stage.NOTIFIED, None)
    undertaking.has_number = chance.random() > 0.05
    undertaking.steps = dict(sorted(steps.items(), key=lambda step: (step[1], step[0].rank)))


def _rests(undertaking):
    """Whether the work may have paused: begun before, nothing during, done well after."""
    begin, end = PAUSED
    days = list(undertaking.steps.values())
    return (
        undertaking.year == 2021
        and undertaking.carried_on is None
        and days[0] < begin
        and not any(begin <= day <= end for day in days)
        and undertaking.declared_on > end
    )


def moment(day, *words):
    """A time in office hours of that day, in UTC as the database keeps it."""
    chance = dice(day, *words)
    # Asia/Ho_Chi_Minh is UTC+7 all the year round.
    local = datetime.datetime.combine(
        day,
        datetime.time(chance.randint(8, 16), chance.randint(0, 59)),
        datetime.timezone(timedelta(hours=7)),
    )
    return local.astimezone(datetime.UTC)
