"""A statement is built once, gives what its queryset would give, and refuses what cannot be kept."""

import datetime

import pytest
from django.db import connection
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from agencies.access import past_of, seen_by, who_sees
from agencies.models import Agency, Level, Role
from agencies.models.tree import in_subtree, path_range
from agencies.testing import day, make_province, make_user
from iso_rollout import statements
from iso_rollout.statements import NotKept, kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def province(db):
    return make_province()


@pytest.fixture
def built():
    """Counts how often a function was asked to build."""
    return []


def test_it_is_built_once_and_answers_with_the_values_of_each_call(province, built):
    @kept(also=lambda path, **_rest: [path_range(path)[1]])
    def below(path, on, level):
        built.append(path)
        rows = Agency.objects.filter(in_subtree(path), level=level).open_on(on)
        return rows.order_by("pk").values_list("pk", flat=True)

    today = day("2026-01-01")
    for agency in (province.van_lam, province.khoai_chau, province.committee):
        for level in ("commune", "district"):
            wanted = Agency.objects.filter(in_subtree(agency.path), level=level).order_by("pk")
            assert below(path=agency.path, on=today, level=level) == list(wanted.values_list("pk", flat=True))
    assert len(built) == 3, "once to learn the model, twice to hold one against the other"


def test_none_true_members_and_lengths_have_statements_of_their_own(province):
    @kept
    def named(ids, level, closed):
        rows = Agency.objects.filter(pk__in=ids) if ids else Agency.objects.all()
        if level is not None:
            rows = rows.filter(level=level)
        return rows.filter(dissolved_on__isnull=not closed).order_by("pk").values_list("pk", "name")

    one, two = province.lac_dao, province.van_lam
    assert named(ids=(one.pk,), level=None, closed=False) == [(one.pk, one.name)]
    assert [pk for pk, _name in named(ids=(one.pk, two.pk), level=None, closed=False)] == [two.pk, one.pk]
    assert named(ids=(one.pk, two.pk), level=Level.COMMUNE, closed=False) == [(one.pk, one.name)]
    assert len(named(ids=(), level=None, closed=False)) == 11
    assert named(ids=(), level=None, closed=True) == []


def test_of_too_many_shapes_the_further_ones_are_built_each_time(province, built, monkeypatch):
    monkeypatch.setattr(statements, "MOST", 2)

    @kept
    def some(ids):
        built.append(ids)
        return Agency.objects.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)

    ids = sorted(a.pk for a in province.all)
    for _turn in range(2):
        for number in range(1, 6):
            assert some(ids=tuple(ids[:number])) == ids[:number]
    assert len(built) == 1 + 2 * 2 + 2 * 3


def test_any_kind_of_rows(province):
    asked = {"pk": province.lac_dao.pk}
    one = Agency.objects.filter(pk=asked["pk"])
    assert kept(lambda pk: Agency.objects.filter(pk=pk))(**asked) == [province.lac_dao]
    assert kept(lambda pk: Agency.objects.filter(pk=pk).values("code"))(**asked) == list(one.values("code"))
    (row,) = kept(lambda pk: Agency.objects.filter(pk=pk).values_list("code", named=True))(**asked)
    assert row.code == province.lac_dao.code
    parent = kept(lambda pk: Agency.objects.filter(pk=pk).select_related("parent"))(**asked)[0].parent
    assert parent == province.van_lam
    assert kept(lambda pk: Agency.objects.filter(pk=pk, id__in=[]))(**asked) == []


def test_a_constant_stays_and_a_day_is_told_from_it(province):
    province.lac_hong.close(by=None, seen=1, on=day("2021-07-01"), successor=province.lac_dao)

    @kept
    def closed_by(on):
        rows = Agency.objects.filter(dissolved_on__gt=datetime.date(2020, 1, 1), dissolved_on__lte=on)
        return rows.values_list(Coalesce("name", Value("x")), "dissolved_on")

    assert closed_by(on=day("2021-06-30")) == []
    assert closed_by(on=day("2021-07-01")) == [(province.lac_hong.name, day("2021-07-01"))]


def test_what_goes_by_a_value_or_works_out_another_is_refused(province):
    @kept
    def later(on):
        return Agency.objects.open_on(on + datetime.timedelta(days=1))

    @kept
    def by_today(on):
        rows = Agency.objects.filter(established_on__lte=on)
        return rows if on < datetime.date(2026, 1, 1) else rows.filter(Q(dissolved_on=None))

    @kept
    def pieces(path):
        return Agency.objects.filter(path__startswith=path[:8])

    for function, value in ((later, {"on": day("2021-01-01")}), (by_today, {"on": day("2021-01-01")})):
        with pytest.raises(NotKept):
            function(**value)
    with pytest.raises(NotKept):
        pieces(path=province.lac_dao.path)
    with pytest.raises(NotKept):
        kept(lambda what: Agency.objects.filter(pk__in=what))(what=frozenset({1}))


def test_somebody_sees_by_a_kept_statement_what_they_see(province):
    @kept(also=past_of)
    def seen(seen):
        return Agency.objects.visible_to(who_sees(seen)).order_by("pk")

    people = [
        make_user(is_superuser=True),
        make_user(),
        make_user(Role.EDITOR, province.van_lam),
        make_user(Role.VIEWER, province.lac_dao),
        make_user(Role.COORDINATOR, province.committee),
        make_user(is_superuser=True, is_active=False),
    ]
    for person in people:
        assert seen(seen=seen_by(person)) == list(Agency.objects.visible_to(person).order_by("pk"))


def test_it_asks_one_query_each_time_and_sees_what_was_written_since(province, django_assert_num_queries):
    @kept
    def named(name):
        return Agency.objects.filter(name=name).values_list("pk", flat=True)

    assert named(name="Sở Mới") == []
    Agency.objects.filter(pk=province.home.pk).update(name="Sở Mới")
    with django_assert_num_queries(1):
        assert named(name="Sở Mới") == [province.home.pk]
    assert connection.kept_statements


def test_values_are_told_apart_in_whatever_order_they_are_given(province):
    @kept
    def closed(first, last):
        return Agency.objects.filter(dissolved_on__gte=first, dissolved_on__lte=last).values_list(
            "pk", flat=True
        )

    province.lac_hong.close(by=None, seen=1, on=day("2021-07-01"), successor=province.lac_dao)
    begin, end = day("2021-01-01"), day("2021-12-31")
    assert closed(first=begin, last=end) == [province.lac_hong.pk]
    assert closed(last=end, first=begin) == [province.lac_hong.pk]


def test_a_call_with_very_many_values_is_built_each_time(province, built):
    @kept
    def some(ids):
        built.append(ids)
        return Agency.objects.filter(pk__in=ids).values_list("pk", flat=True)

    ids = tuple(range(province.lac_dao.pk, province.lac_dao.pk + 1_200))
    assert province.lac_dao.pk in some(ids=ids)
    assert built[-1] == ids, "no marks stood for them"
