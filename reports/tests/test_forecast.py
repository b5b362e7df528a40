"""What is foreseen: reproducible, with the pause at Tết, honest about little history, tested on known ends."""

import datetime
import os
import subprocess
import sys
from dataclasses import astuple
from itertools import chain

import pytest

from reports.backtest import play
from reports.forecast import ENOUGH, Aim, Finished, Open, foresee, month_ends, pace_needed
from reports.tet import NEW_YEAR, after, moving_days

ON, DUE = datetime.date(2021, 6, 30), datetime.date(2021, 12, 31)


def finished(number, days=100, start=datetime.date(2020, 3, 1)):
    return [
        Finished("BUILD", {0: start, 6: start + datetime.timedelta(days=days // 2)}, start + datetime.timedelta(days=days + i))
        for i in range(number)
    ]  # fmt: skip


def going_on(number, since=datetime.date(2021, 6, 1)):
    return [Open(i, "BUILD", {0: since}, ("all",)) for i in range(number)]


def aim(value, done=0, due_on=DUE):
    return Aim("all", value, done, due_on, datetime.date(2020, 1, 1))


def test_nothing_moves_around_tet():
    first = NEW_YEAR[6]
    assert first == datetime.date(2021, 2, 12)
    week = datetime.timedelta(days=7)
    assert moving_days(first - week, first + week + datetime.timedelta(days=1)) == 0
    assert moving_days(datetime.date(2021, 6, 1), datetime.date(2021, 6, 11)) == 10
    assert after(first - week - datetime.timedelta(days=1), 1) == first + week + datetime.timedelta(days=1)


@pytest.mark.parametrize("days", [0, 1, 30, 400])
def test_going_on_and_counting_agree(days):
    assert moving_days(ON, after(ON, days)) == days


def test_too_little_history_is_said():
    told = foresee(finished(ENOUGH - 1), going_on(10), [aim(10)], on=ON)
    assert not told.is_enough
    assert told.outlooks[0].p50 is None
    assert told.outlooks[0].chance is None
    assert told.outlooks[0].pace_needed is not None


def test_the_same_seed_gives_the_same_and_another_nearly_so():
    one = foresee(finished(20), going_on(30), [aim(20)], on=ON, seed=1)
    assert one == foresee(finished(20), going_on(30), [aim(20)], on=ON, seed=1)
    other = foresee(finished(20), going_on(30), [aim(20)], on=ON, seed=2)
    assert abs((one.outlooks[0].p50 - other.outlooks[0].p50).days) <= 5


def test_steps_of_a_hundred_days_end_after_about_a_hundred_days():
    told = foresee(finished(20, days=100), going_on(30), [aim(30)], on=ON).outlooks[0]
    started = datetime.date(2021, 6, 1)
    assert 95 <= (told.p50 - started).days <= 125
    assert told.p10 <= told.p50 <= told.p90
    assert told.chance == 1


def test_a_figure_beyond_what_goes_on_is_out_of_reach():
    told = foresee(finished(20), going_on(3), [aim(10, done=2)], on=ON).outlooks[0]
    assert (told.p10, told.p50, told.p90, told.chance) == (None, None, None, 0)
    assert told.high <= 5


def test_a_figure_that_is_reached_needs_nothing_more():
    told = foresee(finished(20), going_on(3), [aim(10, done=10)], on=ON).outlooks[0]
    assert (told.p50, told.chance, told.pace_needed) == (ON, 1, None)


def test_those_whose_delay_costs_most_come_first():
    near = Open(1, "BUILD", {0: datetime.date(2021, 3, 1), 6: datetime.date(2021, 6, 20)}, ("all",))
    far = Open(2, "BUILD", {0: ON}, ("all",))
    told = foresee(finished(20, days=100), [near, far], [aim(2, due_on=datetime.date(2021, 8, 25))], on=ON)
    assert told.costliest[0].id == 1
    assert told.costliest[0].loss > 0
    assert len(told.costliest) <= 10


def test_those_that_still_wait_are_known_to_be_slow():
    """Five passed the last step in ten days, five in 200; twenty more stand before it for sixty: five of thirty are quick."""
    start, day = datetime.date(2020, 6, 1), datetime.timedelta(days=1)
    done = [
        Finished("BUILD", {0: start, 3: start + 10 * day}, start + (20 + 190 * (i % 2)) * day)
        for i in range(10)
    ]
    waiting = [Open(100 + i, "BUILD", {0: ON - 70 * day, 3: ON - 60 * day}) for i in range(20)]
    coming = [Open(i, "BUILD", {0: ON - day}, ("all",)) for i in range(30)]
    told = foresee(done, waiting + coming, [aim(30, due_on=ON + 60 * day)], on=ON, seed=1).outlooks[0]
    assert 2 <= told.middle <= 8


def test_waits_longer_than_every_step_change_nothing_for_others():
    ages = [Open(100 + i, "BUILD", {0: datetime.date(2020, 1, 1)}) for i in range(80)]
    alone = foresee(finished(20), going_on(30), [aim(20)], on=ON, seed=1).outlooks[0]
    beside = foresee(finished(20), going_on(30) + ages, [aim(20)], on=ON, seed=1).outlooks[0]
    assert abs((alone.p50 - beside.p50).days) <= 3


def test_the_middle_of_the_forecast_promises_hardly_too_much():
    cases = play(60, seed=3, games=120)
    assert abs(sum(case.off for case in cases) / len(cases)) <= 3.5


def test_slower_than_every_step_takes_half_of_a_slow_one_again():
    """Every step took 40 days; this one stands before it for 90: 20 more, then the other step of 40."""
    start, day = datetime.date(2020, 6, 1), datetime.timedelta(days=1)
    done = [Finished("BUILD", {0: start, 6: start + 40 * day}, start + 80 * day)] * 10
    told = foresee(done, [Open(1, "BUILD", {0: ON - 90 * day}, ("all",))], [aim(1)], on=ON).outlooks[0]
    assert told.p10 == told.p50 == told.p90 == ON + 60 * day


def test_only_steps_longer_than_the_days_spent_are_drawn():
    """The step took ten days or a hundred; this one stands before it for ten already, another since today."""
    start, day = datetime.date(2020, 6, 1), datetime.timedelta(days=1)
    done = [Finished("BUILD", {0: start}, start + (10 + 90 * (i % 2)) * day) for i in range(20)]
    waits = [Open(1, "BUILD", {0: ON - 10 * day}, ("all",)), Open(2, "BUILD", {0: ON}, ("other",))]
    other = Aim("other", 1, 0, ON + 99 * day, ON)
    told = foresee(done, waits, [aim(1), other], on=ON).outlooks
    assert told[0].p10 == told[0].p90 == ON + 90 * day
    assert (told[1].p10, told[1].p90) == (ON + 10 * day, ON + 100 * day)
    assert 0.25 < told[1].chance < 0.6, "half of the steps, less for the wait that ended as a long one"


def test_nobody_goes_on_and_nothing_is_aimed_at():
    told = foresee(finished(20), [], [aim(10, done=2)], on=ON)
    assert (told.outlooks[0].p50, told.outlooks[0].chance, told.outlooks[0].high) == (None, 0, 2)
    assert told.curve[-1] == (DUE, 2, 2, 2)
    assert not told.costliest
    told = foresee(finished(20), going_on(3), [], on=ON)
    assert (told.outlooks, told.costliest, told.curve) == ([], [], [(ON, 0, 0, 0)])


def test_what_is_told_are_plain_numbers_and_days():
    """Forecasts are kept in a cache and printed."""
    near = [Open(100 + i, "BUILD", {0: ON, 6: ON}, ("all",)) for i in range(5)]
    told = foresee(
        finished(20), going_on(30) + near, [aim(20, due_on=ON + datetime.timedelta(days=60))], on=ON
    )
    assert told.costliest
    values = [
        *astuple(told.outlooks[0])[1:],
        *(v for cost in told.costliest for v in astuple(cost)),
        *chain(*told.curve),
    ]
    assert {type(value) for value in values} == {int, float, datetime.date}
    assert type(told.outlooks[0].percent_chance) is int


def test_a_step_borrowed_from_an_earlier_rank_leads_on():
    """Nobody passed rank 4 yet: the way on is borrowed from those who came there in ten days, one rank at a time."""
    start, day = datetime.date(2020, 6, 1), datetime.timedelta(days=1)
    done = [Finished("BUILD", {0: start}, start + 10 * day)] * 5
    waits = [Open(i, "BUILD", {0: ON - 10 * day, 4: ON}, ("all",)) for i in range(20)]
    told = foresee(done, waits, [aim(20)], on=ON).outlooks[0]
    assert ON + 50 * day <= told.p50 <= told.p90 <= ON + 70 * day


def test_a_sample_of_nothing_but_waits_still_knows_the_steps():
    start, day = datetime.date(2020, 6, 1), datetime.timedelta(days=1)
    done = [Finished("BUILD", {0: start}, start + 10 * day)] * 5
    waits = [Open(100 + i, "BUILD", {0: ON - 200 * day}) for i in range(60)]
    for seed in range(10):
        in_time = aim(1, due_on=ON + 10 * day)
        told = foresee(done, [*waits, *going_on(1, since=ON)], [in_time], on=ON, seed=seed).outlooks[0]
        assert told.chance == 1


def test_nothing_ends_before_tomorrow():
    done = [Finished("BUILD", {0: ON}, ON)] * 10
    told = foresee(done, going_on(1, since=ON), [aim(1)], on=ON).outlooks[0]
    assert told.p10 == told.p90 == ON + datetime.timedelta(days=1)


def test_pace_is_what_is_missing_by_month():
    assert round(pace_needed(38, ON, DUE), 1) == 6.3
    assert pace_needed(0, ON, DUE) is None
    assert pace_needed(5, DUE, ON) is None


def test_months_end_on_their_last_days():
    found = month_ends(datetime.date(2021, 11, 30), datetime.date(2022, 2, 10))
    assert found == [datetime.date(2021, 12, 31), datetime.date(2022, 1, 31), datetime.date(2022, 2, 10)]
    assert month_ends(DUE, DUE) == []


def test_the_band_holds_the_end_in_seven_to_nine_of_ten_provinces():
    cases = play(60, seed=3, games=120)
    held = sum(case.holds for case in cases) / len(cases)
    assert 0.7 <= held <= 0.9


def test_another_process_foresees_the_same():
    told = set()
    for seed in ("1", "2", "3"):
        script = (
            "import datetime; from reports.forecast import *; d = datetime.date\n"
            "done = [Finished(f, {0: d(2020, 3, 1), 6: d(2020, 4 + i, 1)}, d(2020, 10, 1 + 5 * i))"
            " for f in ('BUILD', 'CONVERT', 'E_ISO') for i in range(6)]\n"
            "going = [Open(i, f, {0: d(2021, 6, 1)}, ('a',)) for i, f in enumerate(('BUILD', 'CONVERT', 'E_ISO'))]\n"
            "aim = Aim('a', 3, 0, d(2021, 12, 31), d(2020, 1, 1))\n"
            "print(foresee(done, going, [aim], on=d(2021, 6, 30), seed='PLAN:2021-06-30'))"
        )
        run = [sys.executable, "-c", script]
        told.add(
            subprocess.run(
                run, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
            ).stdout
        )
    assert len(told) == 1
