"""Who sees and may do what: grants flow down, hold on their days, and leak nowhere."""

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser

from agencies.access import (
    explain,
    grants,
    roles_anywhere,
    roles_at,
    scope_of,
    top_agency,
    visible_to,
)
from agencies.models import Agency, Change, Membership, Role
from agencies.models.tree import path_up_to
from agencies.testing import day, grant, make_agency, make_province, make_user, today

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


@pytest.fixture
def province():
    return make_province()


def seen(user):
    return set(visible_to(user))


def test_a_role_flows_down_and_neither_up_nor_aside(province):
    user = make_user(Role.EDITOR, province.van_lam)
    below = {province.van_lam, province.lac_dao, province.lac_hong, province.chi_dao}
    assert seen(user) == below
    for agency in province.all:
        assert roles_at(user, agency) == ({Role.EDITOR} if agency in below else set())


def test_roles_add_up_down_the_tree(province):
    user = make_user(Role.VIEWER, province.committee)
    grant(user, Role.EDITOR, province.van_lam)
    grant(user, Role.ADMINISTRATOR, province.lac_dao)
    assert roles_at(user, province.home) == {Role.VIEWER}
    assert roles_at(user, province.lac_hong) == {Role.VIEWER, Role.EDITOR}
    assert roles_at(user, province.lac_dao) == {Role.VIEWER, Role.EDITOR, Role.ADMINISTRATOR}
    assert roles_anywhere(user) == {Role.VIEWER, Role.EDITOR, Role.ADMINISTRATOR}
    assert seen(user) == set(province.all)


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [
        (None, None, True),
        (0, None, True),
        (1, None, False),
        (None, 0, True),
        (None, -1, False),
        (0, 0, True),
        (-9, -1, False),
        (-9, 9, True),
    ],
)
def test_first_and_last_day_of_a_grant(province, starts, ends, holds):
    moment = today()
    days = {"starts_on": starts, "ends_on": ends}
    days = {name: None if n is None else moment + n * DAY for name, n in days.items()}
    user = make_user(Role.EDITOR, province.lac_dao, **days)
    assert bool(roles_at(user, province.lac_dao)) == holds
    assert (province.lac_dao in seen(user)) == holds
    assert Membership.objects.get().holds_on(moment) == holds


def test_roles_of_another_day(province):
    user = make_user(Role.EDITOR, province.lac_dao, starts_on=day("2020-01-01"), ends_on=day("2020-12-31"))
    days = ["2019-12-31", "2020-01-01", "2020-12-31", "2021-01-01"]
    assert [bool(roles_at(user, province.lac_dao, day(d))) for d in days] == [False, True, True, False]
    assert roles_at(user, province.lac_dao) == set()


def test_without_a_grant_nothing_is_seen(province):
    assert seen(make_user()) == set()
    assert roles_anywhere(make_user()) == set()
    assert top_agency(make_user()) is None
    assert seen(AnonymousUser()) == set()
    assert roles_at(AnonymousUser(), province.home) == roles_anywhere(AnonymousUser()) == set()
    assert top_agency(AnonymousUser()) is None


def test_a_person_who_left_sees_nothing(province):
    for values in ({}, {"is_superuser": True}):
        user = make_user(Role.ADMINISTRATOR, province.committee, is_active=False, **values)
        assert seen(user) == set()
        assert roles_at(user, province.home) == roles_anywhere(user) == set()
        assert top_agency(user) is None


def test_a_superuser_sees_everything(province):
    user = make_user(is_superuser=True)
    assert seen(user) == set(province.all)
    assert roles_at(user, province.lac_dao) == set(Role)
    assert top_agency(user) == province.committee


def test_two_provinces_do_not_see_each_other(province):
    other = make_province("H32", "Hải Dương")
    user = make_user(Role.COORDINATOR, province.committee)
    assert seen(user) == set(province.all)
    assert not roles_at(user, other.lac_dao)
    grant(user, Role.VIEWER, other.van_lam)
    assert seen(user) == {*province.all, other.van_lam, other.lac_dao, other.lac_hong, other.chi_dao}


def test_the_scope_reaches_over_relations_and_narrows_to_roles(province):
    user = make_user(Role.VIEWER, province.committee)
    grant(user, Role.EDITOR, province.lac_dao)
    lines = Change.objects.filter(model="agencies.agency")
    assert lines.filter(scope_of(user, "agency__")).count() == len(province.all)
    only = lines.filter(scope_of(user, "agency__", {Role.EDITOR}))
    assert [c.object_id for c in only] == [province.lac_dao.pk]
    assert not lines.filter(scope_of(user, "agency__", {Role.COORDINATOR})).exists()


def test_nested_grants_do_not_double_rows(province):
    user = make_user(Role.VIEWER, province.committee)
    for agency in (province.van_lam, province.lac_dao):
        grant(user, Role.EDITOR, agency)
    assert visible_to(user).count() == len(province.all)


def test_closed_agencies_stay_visible(province):
    user = make_user(Role.EDITOR, province.van_lam)
    province.lac_dao.close(by=None, seen=1, on=day("2020-01-01"))
    assert province.lac_dao in seen(user)
    assert roles_at(user, province.lac_dao) == {Role.EDITOR}


def test_a_moved_agency_is_seen_from_its_new_place(province):
    old, new = make_user(Role.EDITOR, province.van_lam), make_user(Role.EDITOR, province.khoai_chau)
    moved = province.lac_dao.revise(by=None, seen=1, parent=province.khoai_chau, on=day("2020-06-01"))
    assert (moved in seen(old), moved in seen(new)) == (False, True)
    assert (roles_at(old, moved), roles_at(new, moved)) == (set(), {Role.EDITOR})


def test_on_a_past_day_the_rights_are_those_of_today(province):
    """An agency as it was on a past day carries its old path; who may see it is asked of the tree of today."""
    old, new = make_user(Role.EDITOR, province.van_lam), make_user(Role.EDITOR, province.khoai_chau)
    province.lac_dao.revise(by=None, seen=1, parent=province.khoai_chau, on=day("2020-06-01"))
    then = Agency.objects.as_of(day("2020-01-01"))
    past = then.get(pk=province.lac_dao.pk)
    assert past.path.startswith(province.van_lam.path)
    assert (roles_at(old, past), roles_at(new, past)) == (set(), {Role.EDITOR})
    assert past not in then.visible_to(old)
    assert past in then.visible_to(new)
    assert [g.why for g in explain(new, past)] == ["held"]
    assert [g.why for g in explain(old, past)] == ["elsewhere"]


def test_the_view_begins_at_the_highest_agency(province):
    user = make_user(Role.EDITOR, province.lac_dao)
    assert top_agency(user) == province.lac_dao
    grant(user, Role.VIEWER, province.khoai_chau)
    assert top_agency(user) == province.khoai_chau


def test_grants_are_read_once_for_a_request(province, django_assert_num_queries):
    user = make_user(Role.EDITOR, province.van_lam)
    with django_assert_num_queries(1):
        for agency in province.all:
            roles_at(user, agency)
        scope_of(user)
        top_agency(user)
        grants(user)


def test_explaining_names_each_grant_and_what_it_does_here(province):
    user = make_user(Role.EDITOR, province.van_lam)
    grant(user, Role.VIEWER, province.committee, ends_on=today() - DAY)
    grant(user, Role.COORDINATOR, province.committee, starts_on=today() + DAY)
    grant(user, Role.EDITOR, province.khoai_chau)
    found = explain(user, province.lac_dao)
    assert [(g.membership.agency, g.applies, g.why) for g in found] == [
        (province.van_lam, True, "held"),
        (province.khoai_chau, False, "elsewhere"),
        (province.committee, False, "ended"),
        (province.committee, False, "not_begun"),
    ]


def test_explaining_and_seeing_agree(province):
    user = make_user(Role.EDITOR, province.van_lam)
    grant(user, Role.VIEWER, province.home, ends_on=today() - DAY)
    for agency in province.all:
        assert any(g.applies for g in explain(user, agency)) == (agency in seen(user))
    user.is_active = False
    user.save()
    assert not any(g.applies for g in explain(user, province.lac_dao))


def test_a_path_is_no_accidental_prefix(province):
    """Segments have a fixed width: number 1 is no ancestor of number 10."""
    user = make_user(Role.EDITOR, province.lac_dao)
    for n in range(12):
        make_agency(f"UBND xã Mới {n}", province.van_lam)
    assert seen(user) == {province.lac_dao}


def test_the_path_of_whoever_is_above():
    path = "000000010000001200000003"
    assert [path_up_to(path, pk) for pk in (1, 12, 3, 2)] == ["00000001", "0000000100000012", path, ""]
