"""The tree, names and codes of any day: edge days, moved subtrees, and a model that remembers each day."""

import datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.errors import Refused
from agencies.history import undo
from agencies.models import Agency, Kind, PastIdentity
from agencies.models.history import ChangeSet
from agencies.testing import day, make_agency, make_province

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


def revise(agency, **values):
    return agency.revise(by=None, seen=Agency.objects.get(pk=agency.pk).version, **values)


def close(agency, on):
    return agency.close(by=None, seen=Agency.objects.get(pk=agency.pk).version, on=on)


def then(agency, on):
    """The agency as it was on a day, None when it did not exist."""
    return Agency.objects.as_of(day(on)).filter(pk=agency.pk).first()


def below(agency, on):
    """Names of the subtree on a day."""
    return set(Agency.objects.as_of(day(on)).within(agency).values_list("name_then", flat=True))


def check_tree(on):
    """Each path of a day is the parent's path of that day and the own number."""
    rows = {a.pk: a for a in Agency.objects.as_of(on)}
    for agency in rows.values():
        parent = rows[agency.parent_id].path if agency.parent_id else ""
        assert agency.path == f"{parent}{agency.pk:08d}", (agency, on)
    return rows


def test_first_and_last_day_of_an_identity(province):
    revise(province.lac_dao, on=day("2020-03-01"), name="Hai", code="b")
    revise(province.lac_dao, on=day("2020-06-01"), name="Ba")
    days = ["2000-01-01", "2020-02-29", "2020-03-01", "2020-05-31", "2020-06-01", "2030-01-01"]
    assert [(then(province.lac_dao, d).name, then(province.lac_dao, d).code) for d in days] == [
        ("UBND xã Lạc Đạo", "H31.20.1"),
        ("UBND xã Lạc Đạo", "H31.20.1"),
        ("Hai", "b"),
        ("Hai", "b"),
        ("Ba", "b"),
        ("Ba", "b"),
    ]


def test_first_and_last_day_of_an_agency(province):
    agency = make_agency("x", province.van_lam, on=day("2020-01-01"))
    close(agency, day("2021-01-01"))
    days = ["2019-12-31", "2020-01-01", "2020-12-31", "2021-01-01"]
    assert [then(agency, d) is not None for d in days] == [False, True, True, False]
    agency.refresh_from_db()
    assert [agency.exists_on(day(d)) for d in days] == [False, True, True, False]


def test_a_void_entry_existed_on_no_day(province):
    agency = make_agency("x", province.van_lam, on=day("2020-01-01"))
    Agency.void_many([agency])
    assert [then(agency, d) for d in ("2019-12-31", "2020-01-01", "2020-01-02")] == [None] * 3
    assert agency not in Agency.objects.not_void()
    # Neither the agencies that have always been, nor the closed ones, are void.
    close(province.lac_dao, day("2020-01-01"))
    assert Agency.objects.not_void().count() == len(province.all)


def test_a_moved_district_takes_its_communes_along(province):
    revise(province.khoai_chau, on=day("2020-03-01"), parent=province.van_lam)
    assert "UBND xã Đông Tảo" in below(province.van_lam, "2020-03-01")
    assert "UBND xã Đông Tảo" not in below(province.van_lam, "2020-02-29")
    for on in ("2000-01-01", "2020-02-29", "2020-03-01", "2030-01-01"):
        check_tree(day(on))
        assert {"UBND huyện Khoái Châu", "UBND xã Đông Tảo"} <= below(province.committee, on)
    assert set(Agency.objects.within(province.van_lam)) >= {province.khoai_chau, province.dong_tao}


def test_a_moved_agency_takes_its_closed_ones_along_and_leaves_their_past(province):
    close(province.dong_tao, day("2020-01-01"))
    revise(province.khoai_chau, on=day("2020-03-01"), parent=province.van_lam)
    assert "UBND xã Đông Tảo" in below(province.khoai_chau, "2019-12-31")
    assert "UBND xã Đông Tảo" not in below(province.van_lam, "2019-12-31")
    check_tree(day("2019-12-31"))


def test_moving_back_in_time_past_a_later_change_below(province):
    """A commune renamed in June follows a district whose move in March is entered afterwards."""
    revise(province.dong_tao, on=day("2020-06-01"), name="Đông Tảo mới")
    revise(province.khoai_chau, on=day("2020-03-01"), parent=province.van_lam)
    for on in ("2020-02-29", "2020-03-01", "2020-05-31", "2020-06-01"):
        check_tree(day(on))
    assert "UBND xã Đông Tảo" in below(province.van_lam, "2020-03-01")
    assert "UBND xã Đông Tảo" not in below(province.van_lam, "2020-02-29")


def test_a_corrected_parent_has_always_been_the_parent(province):
    revise(province.dong_tao, on=day("2020-06-01"), name="Đông Tảo mới")
    revise(province.khoai_chau, parent=province.van_lam)
    for on in ("2000-01-01", "2020-06-01"):
        check_tree(day(on))
        assert below(province.khoai_chau, on) < below(province.van_lam, on)


def test_a_corrected_parent_of_the_present_identity_leaves_the_earlier_one(province):
    revise(province.khoai_chau, on=day("2020-03-01"), name="Châu Giang")
    revise(province.khoai_chau, parent=province.van_lam)
    for on in ("2020-02-29", "2020-03-01"):
        check_tree(day(on))
    assert "UBND xã Đông Tảo" not in below(province.van_lam, "2020-02-29")
    assert "UBND xã Đông Tảo" in below(province.van_lam, "2020-03-01")


def test_undoing_a_move_gives_every_day_back(province):
    revise(province.dong_tao, on=day("2020-06-01"), name="Đông Tảo mới")
    close(province.binh_minh, day("2019-01-01"))
    days = [day(d) for d in ("2018-12-31", "2020-02-29", "2020-03-01", "2020-06-01")]
    before = [{pk: a.path for pk, a in check_tree(on).items()} for on in days]
    past = list(PastIdentity.objects.order_by("pk").values())
    revise(province.khoai_chau, on=day("2020-03-01"), parent=province.van_lam)
    moved = ChangeSet.objects.first()
    after = [{pk: a.path for pk, a in check_tree(on).items()} for on in days]
    back = undo(moved, by=None)
    assert (back.kept, back.impossible) == ([], [])
    assert [{pk: a.path for pk, a in check_tree(on).items()} for on in days] == before
    assert list(PastIdentity.objects.order_by("pk").values()) == past
    undo(back.change_set, by=None)
    assert [{pk: a.path for pk, a in check_tree(on).items()} for on in days] == after


def test_a_parent_that_did_not_exist_yet_is_refused(province):
    young = make_agency("Sở mới", province.committee, Kind.DEPARTMENT, on=day("2020-06-01"))
    with pytest.raises(Refused) as caught:
        revise(province.home, on=day("2020-05-31"), parent=young)
    assert caught.value.field == "parent"
    with pytest.raises(Refused) as caught:
        make_agency("Chi cục", young, Kind.SUB_DEPARTMENT, on=day("2020-05-31"))
    assert caught.value.field == "parent"
    make_agency("Chi cục", young, Kind.SUB_DEPARTMENT, on=day("2020-06-01"))
    assert revise(province.home, on=day("2020-06-01"), parent=young).parent_id == young.pk


def test_units_of_that_day(province):
    revise(province.home, on=day("2020-03-01"), covered_by=province.committee)
    units = [set(Agency.objects.as_of(day(d)).units()) for d in ("2020-02-29", "2020-03-01")]
    assert units[0] - units[1] == {province.home}
    revise(province.home, on=day("2020-06-01"), covered_by=None)
    assert province.home in set(Agency.objects.as_of(day("2020-06-01")).units())
    assert province.home not in set(Agency.objects.as_of(day("2020-05-31")).units())


def test_level_and_kind_of_that_day(province):
    revise(province.lac_dao, on=day("2020-03-01"), kind=Kind.PUBLIC_SERVICE_UNIT, parent=province.khoai_chau)
    assert then(province.lac_dao, "2020-02-29").kind == Kind.COMMUNE_COMMITTEE
    assert then(province.lac_dao, "2020-03-01").kind == Kind.PUBLIC_SERVICE_UNIT
    assert "UBND xã Lạc Đạo" in below(province.van_lam, "2020-02-29")
    assert "UBND xã Lạc Đạo" not in below(province.van_lam, "2020-03-01")


def test_filters_counts_and_pages_work_on_a_past_day(province):
    revise(province.lac_dao, on=day("2020-03-01"), name="Hai")
    rows = Agency.objects.as_of(day("2020-02-29"))
    assert rows.filter(name_then="UBND xã Lạc Đạo").count() == 1
    assert rows.count() == len(rows) == len(province.all)
    assert [a.name for a in rows.order_by("name_then")[:2]] == sorted(
        rows.values_list("name_then", flat=True)
    )[:2]
    assert rows.get(pk=province.lac_dao.pk).name == "UBND xã Lạc Đạo"


# A model that remembers each day by itself ----------------------------------------------------

FIRST = day("2020-01-01")
DAYS = [FIRST + datetime.timedelta(n) for n in range(7)]
ACTS = st.one_of(
    st.tuples(st.just("rename"), st.integers(0, 4), st.integers(0, 6) | st.none(), st.sampled_from("abcdef")),
    st.tuples(st.just("move"), st.integers(0, 4), st.integers(0, 6) | st.none(), st.integers(-1, 4)),
    st.tuples(st.just("close"), st.integers(0, 4), st.integers(1, 6), st.none()),
)


class Remembered:
    """For each agency and day a plain (name, parent), None where it does not exist."""

    def __init__(self, agencies, root):
        self.root = root
        self.days = {a.pk: [(a.name, a.parent_id)] * len(DAYS) for a in agencies}
        self.since = {a.pk: 0 for a in agencies}  # first day of the present identity

    def change(self, pk, start, name=None, parent=None):
        first = self.since[pk] if start is None else start
        for n in range(first, len(DAYS)):
            if self.days[pk][n] is not None:
                old_name, old_parent = self.days[pk][n]
                self.days[pk][n] = (name or old_name, parent or old_parent)
        if start is not None:
            self.since[pk] = start

    def path(self, pk, n):
        name_parent = self.days[pk][n]
        if pk == self.root.pk or name_parent is None:
            return f"{pk:08d}"
        return (
            self.path(name_parent[1], n) + f"{pk:08d}"
            if name_parent[1] != self.root.pk
            else (f"{self.root.pk:08d}{pk:08d}")
        )


def act(agencies, model, wanted):
    """Do one act through the door and, when it is not refused, in the model."""
    what, which, start, value = wanted
    agency = Agency.objects.get(pk=agencies[which].pk)
    on = None if start is None else DAYS[start]
    present = agency.name, agency.parent_id
    try:
        if what == "rename":
            revise(agency, on=on, name=value)
            if value != present[0]:
                model.change(agency.pk, start, name=value)
        elif what == "move":
            parent = model.root if value < 0 else agencies[value]
            revise(agency, on=on, parent=parent)
            if parent.pk != present[1]:
                model.change(agency.pk, start, parent=parent.pk)
        else:
            close(agency, on)
            for n in range(start, len(DAYS)):
                model.days[agency.pk][n] = None
    except Refused:
        pass


def stored_days(agencies):
    found = {a.pk: [] for a in agencies}
    for on in DAYS:
        rows = Agency.objects.as_of(on).in_bulk([a.pk for a in agencies])
        for pk, days in found.items():
            days.append((rows[pk].name, rows[pk].parent_id, rows[pk].path) if pk in rows else None)
    return found


def modelled_days(model):
    return {
        pk: [None if d is None else (*d, model.path(pk, n)) for n, d in enumerate(days)]
        for pk, days in model.days.items()
    }


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(ACTS, min_size=3, max_size=7))
def test_any_sequence_of_revisions_gives_each_day_what_was_said_for_it(db, acts):
    """And undone one after the other they give each day back."""
    with transaction.atomic():
        root = make_agency("Gốc", None, Kind.PROVINCIAL_COMMITTEE)
        agencies = [make_agency(f"Sở {n}", root, Kind.DEPARTMENT) for n in range(5)]
        model, first = Remembered(agencies, root), stored_days(agencies)
        entered = ChangeSet.objects.first()
        for one in acts:
            act(agencies, model, one)
        assert stored_days(agencies) == modelled_days(model)
        for change_set in ChangeSet.objects.filter(pk__gt=entered.pk).order_by("-pk"):
            back = undo(change_set, by=None)
            assert (back.kept, back.impossible) == ([], [])
        assert stored_days(agencies) == first
        transaction.set_rollback(True)
