"""Targets against time: expected by a day, pace, band, and the sentence, held against a recount of its own."""

import datetime
import random
import re

import pytest
from django.utils.translation import override

from agencies.models import Agency
from agencies.testing import make_agency, make_province
from procedures.lifecycle import Form, Stage
from procedures.models import Plan, Rollout
from procedures.testing import make_plan, make_target, reach
from reports.outlook import BAND, expected_by, outlook, sentence

pytestmark = pytest.mark.django_db
DAY = datetime.date(2021, 6, 30)


def constructed():
    """A plan 2020–2021 with 60 communes for 2021, 22 of them done by 30.6.2021."""
    province = make_province()
    first, due = datetime.date(2020, 1, 1), datetime.date(2021, 12, 31)
    plan = make_plan(province.committee, decided_on=first, starts_on=first, ends_on=due)
    make_target(plan, 60, year=2021, due_on=due)
    for number in range(60):
        agency = make_agency(f"UBND xã Số {number}", province.van_lam)
        rollout = plan.assign(agency, form=Form.BUILD, year=2021, due_on=due, by=None)
        start = datetime.date(2020, 9, 1) + datetime.timedelta(days=number)
        if number < 40:
            reach(rollout, Stage.STEERING, on=start)
        if number < 22:
            reach(rollout, Stage.DECLARED, on=min(start + datetime.timedelta(days=180 + 5 * number), DAY))
    return plan


def test_the_constructed_plan_is_told_as_computed_by_hand():
    plan = constructed()
    found = outlook(plan, on=DAY, scope=plan.agency, user=None)
    (target,) = found.targets
    assert (target.actual, target.value, target.percent) == (22, 60, 36.7)
    # 547 of 731 days of the plan are over.
    assert target.expected == 45
    assert target.gap == -23
    assert target.band == "behind"
    assert round(target.foreseen.pace_needed, 1) == 6.3
    days = (target.foreseen.p10, target.foreseen.p50, target.foreseen.p90)
    assert all(days)
    assert DAY < days[0] <= days[1] <= days[2]
    with override("vi"):
        told = outlook(plan, on=DAY, scope=plan.agency, user=None, games=0).targets[0].sentence
    assert told == "Đến 30/06/2021 có 22/60 xã hoàn thành (36,7 %), chậm 23 xã so với tiến độ chia đều."
    assert found == outlook(plan, on=DAY, scope=plan.agency, user=None), "the same figures, the same forecast"
    assert found.curve[-1].planned == 60
    assert [p.actual for p in found.curve if p.day == DAY] == [22]


@pytest.mark.parametrize(
    ("actual", "value", "expected", "without", "told"),
    [
        (0, 60, 0, 10, "Đến 30/06/2021 chưa có xã nào trong 60 xã hoàn thành, đúng tiến độ chia đều; 10 huyện chưa có xã nào."),
        (0, 60, 1, None, "Đến 30/06/2021 chưa có xã nào trong 60 xã hoàn thành, chậm 1 xã so với tiến độ chia đều."),
        (1, 60, 0, 9, "Đến 30/06/2021 có 1/60 xã hoàn thành (1,7 %), vượt 1 xã so với tiến độ chia đều; 9 huyện chưa có xã nào."),
        (60, 60, 45, 0, "Đến 30/06/2021 toàn bộ 60 xã đã hoàn thành."),
        (61, 60, 45, 0, "Đến 30/06/2021 có 61 xã hoàn thành, vượt chỉ tiêu 60 (101,7 %)."),
        (0, 0, 0, 0, "Đến 30/06/2021 không có xã nào được giao."),
        (3, None, None, None, "Đến 30/06/2021 có 3 xã hoàn thành; chưa giao chỉ tiêu."),
        (22, 60, None, None, "Đến 30/06/2021 có 22/60 xã hoàn thành (36,7 %)."),
    ],
)  # fmt: skip
def test_the_sentence_is_right_for_none_one_and_all(actual, value, expected, without, told):
    with override("vi"):
        assert sentence(
            DAY, "commune", actual=actual, value=value, expected=expected, by_due_days=False, without=without,
            due_on=datetime.date(2021, 12, 31),
        ) == told  # fmt: skip


@pytest.mark.parametrize(
    ("actual", "value", "expected", "told"),
    [
        (1, 1, 1, "By 30/06/2021 all 1 commune are done."),
        (0, 1, 1, "By 30/06/2021 none of 1 commune is done, 1 commune behind even progress."),
        (1, 2, 2, "By 30/06/2021 1 of 2 communes are done (50.0 %), 1 commune behind even progress."),
    ],
)
def test_english_is_understood(actual, value, expected, told):
    with override("en"):
        assert sentence(
            DAY, "commune", actual=actual, value=value, expected=expected, by_due_days=False,
            due_on=datetime.date(2021, 12, 31),
        ) == told  # fmt: skip


def test_after_the_due_day_the_sentence_says_what_is_short():
    with override("vi"):
        told = sentence(
            datetime.date(2022, 1, 5), "commune", actual=58, value=60, expected=60, by_due_days=False,
            due_on=datetime.date(2021, 12, 31),
        )  # fmt: skip
    assert (
        told
        == "Đến 05/01/2022 có 58/60 xã hoàn thành (96,7 %), còn thiếu 2 xã so với chỉ tiêu đến 31/12/2021."
    )


def test_a_schedule_of_due_days_is_what_is_expected():
    days = [datetime.date(2021, month, 1) for month in (3, 5, 7, 9)]
    own = [type("U", (), {"due_on": day}) for day in days]
    start, due = datetime.date(2021, 1, 1), datetime.date(2021, 12, 31)
    assert expected_by(DAY, own, 4, start, due) == (2, True)
    assert expected_by(DAY, own[:3], 3, start, due)[1] is False, "three days are deadlines, no schedule"
    assert expected_by(datetime.date(2020, 12, 31), own, 4, start, due) == (None, False)
    assert expected_by(due, own, 4, start, due) == (4, False)


# Five hundred sentences against a recount in plain Python


PATTERN = re.compile(
    r"Đến (?P<day>[\d/]+) (?:chưa có .* nào trong (?P<none>[\d.]+) .* hoàn thành|toàn bộ (?P<all>[\d.]+) .* đã hoàn thành"
    r"|không có .* nào được giao|có (?P<part>[\d.]+)/(?P<whole>[\d.]+) .* hoàn thành \((?P<share>[\d,]+) %\)"
    r"|có (?P<more>[\d.]+) .* hoàn thành, vượt chỉ tiêu (?P<figure>[\d.]+) \((?P<much>[\d,]+) %\))"
    r"(?:, (?P<pace>(?P<side>chậm|vượt|còn thiếu) (?P<gap>[\d.]+) .*? so với .*?|đúng tiến độ chia đều))?"
    r"(?:; (?P<without>\d+) huyện chưa có xã nào)?\."
)


def _number(text):
    return int(text.replace(".", ""))


def _recount(target, on, scope):
    """Done, assigned and districts without one, from the rows alone."""
    districts, done, assigned = {}, 0, 0
    for rollout in Rollout.objects.select_related("agency").filter(
        plan=target.plan_id, form=target.form, year=target.year
    ):
        agency = rollout.agency
        if (
            agency.level not in target.levels
            or rollout.assigned_on > on
            or not agency.path.startswith(scope.path)
        ):
            continue
        assigned += 1
        declared = any(
            m.stage == Stage.DECLARED and m.acceptance != "returned" and m.reached_on <= on
            for m in rollout.milestones.all()
        )
        done += declared
        districts[agency.parent_id] = districts.get(agency.parent_id, False) or declared
    return done, assigned, sum(not some for some in districts.values())


@pytest.mark.usefixtures("demo")
def test_five_hundred_sentences_are_true():
    plan, rng, told = Plan.objects.get(), random.Random(7), 0
    scopes = [plan.agency, *Agency.objects.filter(level="district")]
    with override("vi"):
        while told < 500:
            on = datetime.date(2020, 1, 1) + datetime.timedelta(days=rng.randrange(731))
            scope = rng.choice(scopes)
            for target in outlook(plan, on=on, scope=scope, user=None, games=0).targets:
                _check(target, on, scope, plan)
                told += 1


def _check(told, on, scope, plan):
    target, found = told.target, PATTERN.fullmatch(told.sentence)
    assert found, told.sentence
    done, assigned, without = _recount(target, on, scope)
    figure = assigned if scope != plan.agency else target.revision_on(on).value
    assert found["day"] == f"{on:%d/%m/%Y}"
    if found["none"]:
        assert (done, _number(found["none"])) == (0, figure), told.sentence
    elif found["all"]:
        assert done == figure == _number(found["all"]), told.sentence
    elif found["part"]:
        assert (_number(found["part"]), _number(found["whole"])) == (done, figure), told.sentence
        assert found["share"] == f"{round(100 * done / figure, 1):.1f}".replace(".", ",")
    elif found["more"]:
        assert _number(found["more"]) == done > figure == _number(found["figure"])
    else:
        assert figure == 0, told.sentence
    if found["without"]:
        assert int(found["without"]) == without, told.sentence
    if found["pace"] and figure:
        total = (target.due_on - plan.starts_on).days + 1
        past = (on - plan.starts_on).days + 1
        wanted = figure if on >= target.due_on else round(figure * past / total)
        gap = done - wanted
        side = {"chậm": -1, "còn thiếu": -1, "vượt": 1, None: 0}[found["side"]]
        assert (gap > 0) - (gap < 0) == side, told.sentence
        assert _number(found["gap"] or "0") == abs(gap), told.sentence
    if figure and done < figure and plan.starts_on <= on < target.due_on:
        wanted = round(
            figure * ((on - plan.starts_on).days + 1) / ((target.due_on - plan.starts_on).days + 1)
        )
        band = (
            "behind" if done < wanted * (1 - BAND) else "ahead" if done > wanted * (1 + BAND) else "on_track"
        )
        assert told.band == band
