"""Giving and ending roles: only within one's own agencies, once, with history."""

import datetime

import pytest

from agencies.access import Role, roles_at
from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import undo
from agencies.models import Change, Membership, User
from agencies.testing import day, make_province, make_user, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


def fresh(user):
    return User.objects.get(pk=user.pk)


def test_an_administrator_grants_a_role_below(province):
    boss, someone = make_user(Role.ADMINISTRATOR, province.van_lam), make_user()
    given = Membership.objects.grant(someone, Role.EDITOR, province.lac_dao, by=boss, reason="Phân công")
    assert roles_at(fresh(someone), province.lac_dao) == {Role.EDITOR}
    line = Change.objects.of(given).get()
    assert (line.agency, line.before, line.change_set.reason) == (province.lac_dao, None, "Phân công")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.COORDINATOR])
def test_other_roles_grant_nothing(province, role):
    person, someone = make_user(role, province.committee), make_user()
    with pytest.raises(Refused):
        Membership.objects.grant(someone, Role.VIEWER, province.lac_dao, by=person)


def test_nobody_grants_beyond_their_own_agencies(province):
    boss = make_user(Role.ADMINISTRATOR, province.van_lam)
    for agency in (province.committee, province.dong_tao, province.science):
        with pytest.raises(Refused):
            Membership.objects.grant(boss, Role.ADMINISTRATOR, agency, by=boss)
    assert Membership.objects.count() == 1


def test_the_same_role_in_the_same_days_is_given_once(province):
    someone = make_user()
    grant = Membership.objects.grant
    grant(
        someone,
        Role.EDITOR,
        province.lac_dao,
        by=None,
        starts_on=day("2020-01-01"),
        ends_on=day("2020-06-30"),
    )
    for first, last in [
        (None, None),
        ("2020-06-30", None),
        (None, "2020-01-01"),
        ("2020-03-01", "2020-04-01"),
    ]:
        with pytest.raises(Refused):
            grant(
                someone,
                Role.EDITOR,
                province.lac_dao,
                by=None,
                starts_on=first and day(first),
                ends_on=last and day(last),
            )
    grant(someone, Role.EDITOR, province.lac_dao, by=None, starts_on=day("2020-07-01"))
    grant(someone, Role.VIEWER, province.lac_dao, by=None)
    assert someone.memberships.count() == 3


def test_no_role_at_a_closed_agency_and_no_days_upside_down(province):
    someone = make_user()
    closed = province.lac_dao.close(by=None, seen=1, on=day("2021-01-01"))
    with pytest.raises(Refused) as refused:
        Membership.objects.grant(someone, Role.EDITOR, closed, by=None)
    assert refused.value.field == "agency"
    with pytest.raises(Refused) as refused:
        Membership.objects.grant(
            someone,
            Role.EDITOR,
            province.lac_hong,
            by=None,
            starts_on=day("2020-02-01"),
            ends_on=day("2020-01-01"),
        )
    assert refused.value.field == "ends_on"


def test_an_ended_role_holds_until_its_last_day(province):
    boss, someone = (
        make_user(Role.ADMINISTRATOR, province.committee),
        make_user(Role.EDITOR, province.lac_dao),
    )
    held = someone.memberships.get()
    ended = Membership.objects.end_grant(held, by=boss, seen=1, on=today())
    assert roles_at(fresh(someone), province.lac_dao) == {Role.EDITOR}
    assert roles_at(fresh(someone), province.lac_dao, today() + datetime.timedelta(days=1)) == set()
    assert Change.objects.of(ended).get().after == {"ends_on": f"{today():%Y-%m-%d}"}


def test_a_second_click_on_end_writes_nothing(province):
    held = make_user(Role.EDITOR, province.lac_dao).memberships.get()
    for _click in range(2):
        Membership.objects.end_grant(held, by=None, seen=1, on=today())
    assert Change.objects.of(held).count() == 1


def test_ending_refuses_an_old_page_and_a_role_that_ended(province):
    held = make_user(Role.EDITOR, province.lac_dao).memberships.get()
    Membership.objects.end_grant(held, by=None, seen=1, on=day("2020-06-01"))
    with pytest.raises(ChangedMeanwhile):
        Membership.objects.end_grant(held, by=None, seen=1, on=day("2020-05-01"))
    with pytest.raises(Refused):
        Membership.objects.end_grant(held, by=None, seen=2, on=day("2020-07-01"))
    other = make_user(Role.ADMINISTRATOR, province.khoai_chau)
    with pytest.raises(Refused):
        Membership.objects.end_grant(held, by=other, seen=2, on=day("2020-05-01"))


def test_a_role_that_ends_before_it_began_is_taken_out_and_can_come_back(province):
    someone = make_user()
    given = Membership.objects.grant(someone, Role.EDITOR, province.lac_dao, by=None, starts_on=today())
    assert (
        Membership.objects.end_grant(given, by=None, seen=1, on=today() - datetime.timedelta(days=1)) is None
    )
    assert not Membership.objects.exists()
    undo(Change.objects.of(given).first().change_set, by=None)
    assert roles_at(fresh(someone), province.lac_dao) == {Role.EDITOR}
