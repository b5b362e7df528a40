"""Units without a change for 90 days: the rule, its days, its number on the board and the list behind it."""

import datetime
import re

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from agencies.models import Agency, Change, ChangeSet, Role, User
from agencies.testing import day, make_user, today
from procedures import work
from procedures.freshness import QUIET, is_quiet, quiet_since, unchanged, with_last_change
from procedures.lifecycle import Stage
from procedures.models import Declaration, Milestone
from procedures.testing import declare, make_duties, make_procedure, make_rollout, reach
from reports.freshness import freshness

pytestmark = pytest.mark.django_db


def long_ago(**days):
    """Everything on record was recorded so many days ago."""
    moment = timezone.now() - datetime.timedelta(**days)
    ChangeSet.objects.update(made_at=moment)
    Milestone.objects.update(recorded_at=moment)
    Declaration.objects.update(recorded_at=moment)


def quiet(on=None):
    on = on or today()
    return {a.name for a in unchanged(with_last_change(Agency.objects.as_of(on).units(), on), on)}


@pytest.fixture
def old(place):
    """The small province, untouched for a hundred days."""
    long_ago(days=100)
    return place


def test_whoever_was_touched_within_90_days_is_not_among_them(old):
    everybody = quiet()
    assert len(everybody) == 10, "the office is covered by another system"
    reach(old.rollout, Stage.STEERING, by=old.editor, on=day("2020-06-20"))
    assert everybody - quiet() == {"UBND xã Lạc Đạo"}


@pytest.mark.parametrize("act", ["agency", "rollout", "declaration", "duties"])
def test_each_kind_of_record_counts_as_work(old, act):
    unit = old.province.lac_hong
    if act == "agency":
        unit.revise(by=None, seen=unit.version, note="Trụ sở mới")
    elif act == "rollout":
        make_rollout(old.plan, unit)
    elif act == "declaration":
        declare(unit, by=old.editor)
    else:
        (duty,) = make_duties(unit, make_procedure())
        type(duty).objects.filter(pk=duty.pk).apply(
            declare(old.province.chi_dao).standard, on=day("2020-03-01"), by=old.coordinator
        )
    assert unit.name not in quiet()


def test_the_ninetieth_day_is_still_within(old):
    edge = quiet_since(today())
    ChangeSet.objects.update(made_at=edge)
    assert quiet() == set()
    ChangeSet.objects.update(made_at=edge - datetime.timedelta(seconds=1))
    assert len(quiet()) == 10
    assert timezone.localtime(edge).date() == today() - datetime.timedelta(days=QUIET)
    assert is_quiet(None, today()) and is_quiet(edge - datetime.timedelta(seconds=1), today())
    assert not is_quiet(edge, today())


def test_what_came_without_history_is_known_by_when_it_was_recorded(old):
    reach(old.rollout, Stage.STEERING, by=old.editor, on=day("2020-06-20"))
    Change.objects.all().delete()
    assert "UBND xã Lạc Đạo" not in quiet()
    long_ago(days=100)
    assert "UBND xã Lạc Đạo" in quiet()


def test_a_past_day_knows_nothing_of_what_was_recorded_later(old):
    on = today() - datetime.timedelta(days=100)
    reach(old.rollout, Stage.STEERING, by=old.editor, on=day("2020-06-20"))
    assert quiet(on) == set(), "everything was entered on that very day"
    assert len(quiet(on - datetime.timedelta(days=1))) == 10, "nothing was entered by then"
    between = today() - datetime.timedelta(days=9)
    assert "UBND xã Lạc Đạo" in quiet(between)


def test_my_work_asks_by_the_same_rule(old):
    editor = User.objects.get(pk=old.editor.pk)
    mine = set(work.quiet(editor, today()).values_list("name", flat=True))
    assert mine == {"UBND xã Lạc Đạo"} <= quiet()


def test_the_number_says_of_how_many(old):
    found = freshness(on=today(), scope=old.province.committee, user=old.viewer)
    assert (found.unchanged.part, found.unchanged.whole, found.unchanged.percent) == (10, 10, 100.0)
    van_lam = freshness(on=today(), scope=old.province.van_lam, user=old.viewer)
    assert van_lam.unchanged.whole == 4
    assert timezone.now() - found.counted_at < datetime.timedelta(minutes=1)


def test_the_number_costs_one_query(old, django_assert_num_queries):
    old.viewer.__dict__.pop("_grants", None)
    freshness(on=today(), scope=old.province.committee, user=old.viewer)
    with django_assert_num_queries(1):
        freshness(on=today(), scope=old.province.committee, user=old.viewer)


@pytest.mark.parametrize("back", [0, 5, 101])
def test_it_opens_a_list_of_exactly_those(client, old, back):
    reach(old.rollout, Stage.STEERING, by=old.editor, on=day("2020-06-20"))
    client.force_login(old.viewer)
    on = today() - datetime.timedelta(days=back)
    html = client.get(reverse("board"), {"on": f"{on:%d/%m/%Y}"}).text
    number, url = re.search(r'data-figure="(\d+)" href="([^"]*quiet=yes[^"]*)"', html).groups()
    page = client.get(url.replace("&amp;", "&"))
    assert page.status_code == 200
    assert re.search(r'data-count="(\d+)"', page.text).group(1) == number
    assert int(number) == len(quiet(on)) > 0
    assert all(name in page.text for name in quiet(on))
    assert re.search(r"tính lúc \d\d:\d\d \d\d/\d\d/\d{4}", html)


def test_the_list_says_since_when(client, old):
    client.force_login(old.viewer)
    told = client.get(reverse("agencies"), {"quiet": "yes"}).text
    since = timezone.localtime(timezone.now() - datetime.timedelta(days=100))
    assert f"cập nhật gần nhất {since:%d/%m/%Y}" in told
    assert "cập nhật gần nhất" not in client.get(reverse("agencies")).text
    Change.objects.all().delete()
    assert "chưa từng cập nhật" in client.get(reverse("agencies"), {"quiet": "yes"}).text


def test_it_is_counted_again_when_something_was_changed(client, old):
    cache.clear()
    client.force_login(make_user(Role.VIEWER, old.province.committee))
    before = re.search(r'data-figure="(\d+)" href="[^"]*quiet=yes', client.get(reverse("board")).text).group(
        1
    )
    reach(old.rollout, Stage.STEERING, by=old.editor, on=day("2020-06-20"))
    after = re.search(r'data-figure="(\d+)" href="[^"]*quiet=yes', client.get(reverse("board")).text).group(1)
    assert int(after) == int(before) - 1
