"""What was known on a day is what the figures said when they were asked on that day."""

import datetime
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.history import undo
from agencies.models import Agency, ChangeSet, Kind
from agencies.testing import day, make_agency
from procedures.models import AgencyProcedure, Plan, Rollout
from procedures.testing import declare, make_duties, make_procedure, make_rollout, reach, standard
from reports.figures import as_json, summary
from reports.known import known, lines_after, moved, unrecorded
from reports.recount import board_only, recount
from reports.rows import read_rows

DAYS = [day(text) for text in ("2020-06-30", "2020-09-30", "2020-11-20", "2020-12-31")]


def acts(place):
    """What the offices of a province record week by week: late, wrongly, put right, taken back."""
    province, plan = place.province, place.plan
    rollout = lambda: Rollout.objects.get(pk=place.rollout.pk)  # noqa: E731
    yield lambda: reach(rollout(), "planned", "steering")
    yield lambda: declare(province.dong_tao, on="2020-03-01", year=2008)
    # Entered long after it happened, on a day that reports have spoken of already.
    late = []
    yield lambda: late.append(declare(province.chi_dao, on="2020-06-15"))
    yield lambda: reach(rollout(), "promulgated", "declared")
    # Put right: the day was another one.
    yield lambda: late[0].amend(on=day("2020-10-15"), by=None, seen=late[0].version)
    yield lambda: declare(province.dong_tao, on="2020-10-01", year=2015)
    other = []
    yield lambda: other.append(make_rollout(plan, province.binh_minh, due_on=day("2020-09-15")))
    yield lambda: other[0].move("paused", by=None, seen=1, reason="Chờ", on=day("2020-09-20"))
    # Taken back.
    yield lambda: late[0].withdraw(by=None, seen=late[0].version, reason="Nhầm cơ quan")
    yield lambda: province.lac_hong.revise(by=None, seen=1, on=day("2020-09-01"), parent=province.khoai_chau)
    yield lambda: province.binh_minh.close(
        by=None, seen=1, on=day("2020-12-01"), successor=Agency.objects.get(pk=province.dong_tao.pk)
    )
    yield lambda: plan.targets.get().revise(70, on=day("2020-09-10"), by=None)
    yield lambda: undo(ChangeSet.objects.filter(changes__model="procedures.declaration").first(), by=None)
    yield lambda: make_agency("UBND xã Mới", province.van_lam, Kind.COMMUNE_COMMITTEE, on=day("2020-08-01"))
    # Put right: it never stood where it was entered.
    yield lambda: Agency.objects.get(pk=province.chi_dao.pk).revise(
        by=None, seen=1, parent=province.khoai_chau
    )
    duties = AgencyProcedure.objects.filter(agency=province.lac_hong)
    yield lambda: duties.apply(standard(), on=day("2020-07-01"), by=None)


@pytest.fixture
def told(place):
    """{the day on which something was recorded: {day: figures}}, as the figures stood at the end of it."""
    procedures = [make_procedure() for _ in range(3)]
    for agency in (place.agency, place.province.lac_hong, place.province.chi_dao):
        make_duties(agency, *procedures)
    scopes = [None, place.province.committee, place.province.van_lam, place.province.khoai_chau]
    first, said = timezone.localdate() - datetime.timedelta(weeks=40), {}
    ChangeSet.objects.update(made_at=timezone.now() - datetime.timedelta(weeks=60))
    for number, act in enumerate(acts(place)):
        done = list(ChangeSet.objects.values_list("pk", flat=True))
        act()
        recorded_on = first + datetime.timedelta(weeks=number)
        # Five minutes before midnight: the day still counts as that day.
        moment = timezone.make_aware(datetime.datetime.combine(recorded_on, datetime.time(23, 55)))
        ChangeSet.objects.exclude(pk__in=done).update(made_at=moment)
        said[recorded_on] = answers(place.plan, scopes)
    return said


def answers(plan, scopes):
    plan = Plan.objects.get(pk=plan.pk)  # as a request would: the object keeps the targets that it has read
    found = {}
    for scope in scopes:
        scope = scope and Agency.objects.get(pk=scope.pk)
        for on in DAYS:
            for confirmed_only in (False, True):
                shown = summary(plan, on=on, scope=scope, user=None, confirmed_only=confirmed_only)
                found[scope and scope.pk, on, confirmed_only] = as_json(shown, on)
    return found


def test_what_was_known_on_each_day_is_what_the_figures_said_then(place, told):
    rows = read_rows()
    lines = lines_after(min(told))
    for recorded_on, said in told.items():
        for gap in (0, 3):
            then = known(rows, lines, recorded_on + datetime.timedelta(days=gap))
            for (scope, on, confirmed_only), answer in said.items():
                counted = recount(then, on, plan=place.plan.pk, scope=scope, confirmed_only=confirmed_only)
                assert board_only(counted) == answer, f"{on} as known on {recorded_on}, scope {scope}"
    whole = [tuple(json.dumps(a) for a in said.values()) for said in told.values()]
    assert len(set(whole)) >= len(whole) - 3, "nearly every act must show in some figure"


def test_what_is_read_for_one_scope_tells_the_same_as_everything(place, told):
    plan = place.plan.pk
    for recorded_on, said in told.items():
        lines = lines_after(recorded_on)
        for (scope, on, confirmed_only), answer in said.items():
            if scope is None or confirmed_only:
                continue
            then = known(read_rows(scope=scope, moved=moved(lines)), lines, recorded_on)
            assert board_only(recount(then, on, plan=plan, scope=scope)) == answer, (recorded_on, scope, on)


def test_the_day_before_something_was_recorded_it_was_not_known(place, told):
    days, rows = sorted(told), read_rows()
    before = days[3] - datetime.timedelta(days=1)
    then = known(rows, lines_after(before), before)
    assert board_only(recount(then, DAYS[2], plan=place.plan.pk)) == told[days[2]][None, DAYS[2], False]


def test_the_command_tells_what_was_known(place, told):
    days = sorted(told)
    out = StringIO()
    call_command(
        "figures", on="2020-11-20", known_on=days[4].isoformat(), json=True, stdout=out, stderr=StringIO()
    )
    answer = json.loads(out.getvalue())
    assert answer.pop("known_on") == days[4].isoformat()
    assert answer == json.loads(json.dumps(told[days[4]][place.province.committee.pk, DAYS[2], False]))
    with pytest.raises(CommandError):
        call_command("figures", known_on="31/02/2020", stdout=out)


def test_what_was_written_without_history_is_named(place):
    assert unrecorded(read_rows()) == {}
    agency = Agency(
        name="UBND xã Tổng hợp", kind="commune_committee", level="commune", parent=place.province.van_lam
    )
    Agency.objects.establish_many([agency], change_set=None)
    assert unrecorded(read_rows()) == {"agencies.agency": 1}
