"""What is counted below each agency stands ready for every day, and nobody uses it while it is behind."""

import datetime
from random import Random

import pytest
from django.core.management import call_command
from django.db import transaction

from agencies import history
from agencies.errors import Refused
from agencies.models import Agency, ChangeSet, Kind, Touched
from agencies.testing import day, make_agency, make_province, today
from procedures import territories
from procedures.checks import _count_territories
from procedures.country import build
from procedures.models import Procedure, TerritoryTally
from procedures.territories import count_touched
from procedures.testing import (
    declare,
    make_duties,
    make_plan,
    make_procedure,
    make_rollout,
    reach,
)

pytestmark = pytest.mark.django_db


def ready(agency, on):
    """The numbers that stand ready for an agency, None while they are behind."""
    return TerritoryTally.objects.on(on, [agency.pk]).get(agency.pk)


def assert_right(days):
    """On each day every territory says what its agencies and undertakings say one by one."""
    above = list(Agency.objects.filter(children__isnull=False).distinct().values_list("pk", flat=True))
    for on in days:
        counted = _count_territories(on)
        for pk, numbers in TerritoryTally.objects.on(on, above).items():
            assert numbers == counted[pk], f"{pk} on {on}"
    assert set(TerritoryTally.objects.on(today(), above)) == set(above)


def every_day(first, number):
    return [day(first) + datetime.timedelta(days=n) for n in range(number)]


@pytest.fixture
def rearranged(place):
    """A small province in which everything happened that moves a number."""
    province, plan = place.province, place.plan
    make_duties(province.lac_dao, make_procedure(), make_procedure(repealed_on=day("2020-11-01")))
    make_duties(province.office, make_procedure())
    reach(place.rollout, "planned", "promulgated", "declared")
    other = make_rollout(plan, province.dong_tao, due_on=day("2020-10-01"))
    other.move("paused", by=None, seen=1, reason="Chờ", on=day("2020-09-01"))
    ended = make_rollout(plan, province.lac_hong, due_on=day("2020-09-10"))
    ended.move("cancelled", by=None, seen=1, reason="Sáp nhập", on=day("2020-10-03"))
    declare(province.dong_tao, on="2019-05-01", year=2008)
    declare(province.dong_tao, on="2020-10-05")
    returned = declare(province.chi_dao, on="2020-09-20")
    returned.review("returned", by=None, seen=1, note="thiếu quyết định")
    province.lac_hong.revise(by=None, seen=1, on=day("2020-09-15"), parent=province.khoai_chau)
    province.chi_dao.close(by=None, seen=1, on=day("2020-10-10"), successor=province.lac_dao)
    province.home.revise(by=None, seen=1, on=day("2020-10-20"), covered_by=province.committee)
    make_agency("UBND xã Mới", province.van_lam, on=day("2020-10-12"))
    repealed = declare(province.binh_minh, on="2020-02-01")
    repealed.repealed_on = day("2020-10-25")
    repealed.save()
    return province


def test_a_tree_that_was_rearranged_is_right_on_every_day(rearranged):
    count_touched()
    assert_right([*every_day("2020-08-25", 75), *every_day("2020-12-25", 12)])


def test_what_was_left_alone_for_90_days_is_counted_to_the_day(place):
    # Everything was recorded today; 90 days on the first of them are asked about.
    count_touched()
    assert_right(today() + datetime.timedelta(days=n) for n in (-1, 0, 1, 89, 90, 91, 92, 400))
    later = today() + datetime.timedelta(days=91)
    assert ready(place.province.committee, later)["quiet"] == ready(place.province.committee, later)["units"]


def test_after_an_act_the_tree_is_behind_until_it_is_counted_and_others_stay_ready(place):
    elsewhere = make_province("H32", "Thái Bình")
    count_touched()
    before = ready(place.province.van_lam, today())
    assert before["late"] == 1 and before["standards"] == {}
    reach(place.rollout, "declared")
    assert ready(place.province.van_lam, today()) is None
    assert ready(place.province.committee, today()) is None
    assert ready(elsewhere.committee, today()) is not None
    assert count_touched() == 1
    after = ready(place.province.van_lam, today())
    assert after["late"] == 0 and sum(after["standards"].values()) == 1
    assert not Touched.objects.exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda p: p.rollout.reach("planned", on=day("2020-07-01"), by=None, seen=p.rollout.version),
        lambda p: declare(p.province.binh_minh),
        lambda p: make_duties(p.agency, make_procedure()),
        lambda p: p.agency.close(by=None, seen=1, on=day("2024-01-01"), successor=p.province.lac_hong),
        lambda p: p.agency.revise(by=None, seen=1, on=day("2024-01-01"), name="UBND xã Khác"),
        lambda p: make_agency("UBND xã Mới", p.province.van_lam),
        lambda p: make_rollout(p.plan, p.province.binh_minh),
        lambda p: p.rollout.move("paused", by=None, seen=1, reason="Chờ", on=today()),
        lambda p: history.undo(ChangeSet.objects.first(), by=None, reason="nhầm"),
    ],
)
def test_every_door_leaves_a_mark(place, act):
    count_touched()
    act(place)
    assert ready(place.province.committee, today()) is None
    count_touched()
    assert_right([today(), day("2020-12-31")])


def test_an_act_that_is_taken_back_by_the_database_leaves_none(place):
    count_touched()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        declare(place.agency)
        raise ZeroDivisionError
    assert ready(place.province.committee, today()) is not None


def test_a_repealed_procedure_touches_those_that_handle_it(place):
    procedure = make_procedure()
    make_duties(place.agency, procedure)
    count_touched()
    Procedure.refresh_derived([procedure])
    assert ready(place.province.committee, today()) is None


def test_what_moves_to_another_province_is_counted_in_both_and_called_a_stray(place):
    elsewhere = make_province("H32", "Thái Bình")
    count_touched()
    moved = place.province.khoai_chau
    moved.revise(by=None, seen=1, on=day("2021-07-01"), parent=elsewhere.committee)
    for province in (place.province, elsewhere):
        assert ready(province.committee, today()) is None
    assert count_touched() == 2
    assert_right([day("2021-06-30"), day("2021-07-01"), today()])
    assert ready(place.province.committee, day("2021-06-30"))["strays"] == 3
    assert ready(place.province.committee, today())["strays"] == 0
    # Taken back, it is as it was; the line of history names only the place that is left.
    history.undo(ChangeSet.objects.first(), by=None, reason="nhầm")
    count_touched()
    assert_right([day("2021-06-30"), day("2021-07-01"), today()])
    assert ready(place.province.committee, today())["agencies"] == 11


def test_what_is_recorded_of_a_past_day_marks_the_province_where_the_agency_stood_then(place):
    elsewhere = make_province("H32", "Thái Bình")
    moved = place.province.khoai_chau.revise(
        by=None, seen=1, on=day("2021-07-01"), parent=elsewhere.committee
    )
    count_touched()
    declare(Agency.objects.filter(parent=moved).first(), on="2020-03-01")
    for province in (place.province, elsewhere):
        assert ready(province.committee, day("2020-12-31")) is None
    count_touched()
    assert_right([day("2020-12-31"), today()])


def test_what_is_recorded_while_a_tree_is_counted_leaves_it_behind(place, monkeypatch):
    counted = territories.count

    def count(trees):
        found = counted(trees)
        declare(place.agency)
        return found

    monkeypatch.setattr(territories, "count", count)
    count_touched()
    assert ready(place.province.committee, today()) is None
    monkeypatch.undo()
    count_touched()
    assert_right([today()])


def test_counting_again_writes_only_what_differs(rearranged):
    count_touched()
    before = dict(TerritoryTally.objects.values_list("pk", "numbers"))
    assert count_touched() == 0
    declare(rearranged.lac_hong, on="2024-01-01")
    count_touched()
    after = dict(TerritoryTally.objects.values_list("pk", "numbers"))
    assert len(before.keys() & after.keys()) > len(before) / 2
    assert all(before[pk] == after[pk] for pk in before.keys() & after.keys())


def test_the_worker_counts(place):
    assert ready(place.province.committee, today()) is None
    call_command("run_uploads")
    assert ready(place.province.committee, today())["agencies"] == 11


def test_a_synthetic_country_stands_ready():
    build(120, 4, seed=5)
    assert_right([day("2019-06-30"), day("2020-12-31"), today()])


def act(draw, plan, unit, district, turn):
    """One of the acts that a register sees; Refused where a rule forbids it just there."""
    match draw.randrange(6):
        case 0:
            declare(unit, on=turn.isoformat(), number=f"{turn:%d%m%Y}/QĐ")
        case 1:
            due_on = turn + datetime.timedelta(days=9)
            make_rollout(plan, unit, year=2023 + draw.randrange(8), due_on=due_on, on=turn)
        case 2:
            unit.revise(by=None, seen=unit.version, on=turn, parent=district)
        case 3:
            unit.revise(by=None, seen=unit.version, on=turn, covered_by=district)
        case 4:
            make_agency(f"UBND xã {turn:%d%m%Y}", district, on=turn)
        case 5:
            make_duties(unit, make_procedure(), applied_on=turn, standard_id=1)


@pytest.mark.parametrize("seed", range(4))
def test_any_acts_leave_every_day_right(seed):
    draw = Random(seed)
    build(60, 3, seed=seed)
    plan = make_plan(Agency.objects.get(parent=None), ends_on=day("2030-12-31"))
    turn, done = day("2020-06-01"), 0
    for _act in range(25):
        turn += datetime.timedelta(days=draw.randrange(1, 40))
        unit = draw.choice(Agency.objects.filter(kind=Kind.COMMUNE_COMMITTEE).open_on(turn))
        district = draw.choice(Agency.objects.filter(kind=Kind.DISTRICT_COMMITTEE))
        try:
            act(draw, plan, unit, district, turn)
            done += 1
        except Refused:
            continue
        if draw.random() < 0.3:
            count_touched()
    assert done > 10
    count_touched()
    assert_right(
        [day("2019-12-31"), *(day("2020-06-01") + datetime.timedelta(days=15 * n) for n in range(40))]
    )
