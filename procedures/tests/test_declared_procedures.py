"""What declarations do to the procedures: returned, handed in again, moved to another day, taken back, undone."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agencies.errors import Refused
from agencies.history import undo
from agencies.models import ChangeSet, Role
from agencies.testing import day, make_agency, make_user
from procedures.checks import recount
from procedures.models import AgencyProcedure, CoverageTally, Covers, Declaration
from procedures.models.applications import running
from procedures.testing import declare, make_duties, make_procedure, standard

pytestmark = pytest.mark.django_db

DAYS = ["2016-03-01", "2017-06-15", "2018-01-01", "2019-09-09", "2020-11-20"]
ASKED = [day(f"{year}-{month:02}-01") for year in range(2016, 2022) for month in (1, 4, 7, 10, 12)]


@pytest.fixture
def agency():
    agency = make_agency("UBND xã Lạc Đạo")
    make_duties(agency, make_procedure(), make_procedure(), make_procedure())
    return agency


@pytest.fixture
def coordinator(agency):
    return make_user(Role.COORDINATOR, agency)


def years(agency):
    """For each duty the year of its standard on each day asked for; None under none."""
    short = {standard(2008).pk: 2008, standard(2015).pk: 2015}
    return [
        [
            short.get(s.standard_id) if (s := running(duty.chain(duty.past.all()), on)) else None
            for on in ASKED
        ]
        for duty in agency.procedures.order_by("pk")
    ]


def nothing_differs():
    assert recount()[1] == []


def return_(declaration, by):
    declaration.refresh_from_db()
    return declaration.return_(by=by, seen=declaration.version, note="thiếu dấu")


def test_returned_its_procedures_leave_iso_and_handed_in_again_they_come_back(agency, coordinator):
    declaration = declare(agency)
    before = years(agency)
    return_(declaration, coordinator)
    assert CoverageTally.objects.filter(agency=agency).totals(day("2021-01-01")) == (3, 0)
    nothing_differs()
    declaration.review("unreviewed", by=coordinator, seen=declaration.version)
    assert years(agency) == before
    nothing_differs()


def test_a_replaced_declaration_that_is_returned_takes_its_past_days_along(agency, coordinator):
    first = declare(agency, on="2016-03-01", year=2008)
    declare(agency, on="2020-11-20")
    before = years(agency)
    return_(first, coordinator)
    assert CoverageTally.objects.filter(agency=agency).totals(day("2018-01-01")) == (3, 0)
    assert CoverageTally.objects.filter(agency=agency).totals(day("2020-12-01")) == (3, 3)
    nothing_differs()
    first.accept(by=coordinator, seen=first.version)
    assert years(agency) == before
    nothing_differs()


def test_correcting_the_day_of_a_replaced_declaration_moves_its_past_days(agency):
    first = declare(agency, on="2016-03-01", year=2008)
    declare(agency, on="2020-11-20")
    before = years(agency)
    first.amend(on=day("2017-06-15"), by=None, seen=first.version)
    totals = CoverageTally.objects.filter(agency=agency).totals
    assert [totals(day(d))[1] for d in ("2016-04-01", "2017-06-14", "2017-06-15", "2020-12-01")] == [
        0,
        0,
        3,
        3,
    ]
    nothing_differs()
    undo(ChangeSet.objects.first(), by=None)
    assert years(agency) == before
    nothing_differs()


def test_the_same_standard_declared_again_keeps_the_procedures_when_the_first_is_returned(
    agency, coordinator
):
    first = declare(agency, on="2016-03-01")
    declare(agency, on="2018-01-01")
    return_(first, coordinator)
    totals = CoverageTally.objects.filter(agency=agency).totals
    assert [totals(day(d))[1] for d in ("2017-12-31", "2018-01-01")] == [0, 3]
    nothing_differs()


def test_moved_behind_a_later_one_the_later_one_takes_over(agency):
    first = declare(agency, on="2016-03-01", year=2008)
    declare(agency, on="2018-01-01")
    first.amend(on=day("2019-09-09"), by=None, seen=first.version)
    assert [row[-1] for row in years(agency)] == [2008] * 3
    nothing_differs()


def test_moved_to_the_very_day_of_another_standard_it_is_refused(agency):
    first = declare(agency, on="2016-03-01", year=2008)
    declare(agency, on="2018-01-01")
    with pytest.raises(Refused):
        first.amend(on=day("2018-01-01"), by=None, seen=first.version)
    nothing_differs()


# Chosen


def chosen_of(agency, number):
    return list(agency.procedures.order_by("pk").values_list("pk", flat=True)[:number])


def test_only_the_chosen_ones_come_under_the_standard_and_the_others_leave_it(agency):
    declare(agency, on="2016-03-01", year=2008)
    later = declare(agency, on="2020-11-20", chosen=chosen_of(agency, 2))
    assert later.covers == Covers.CHOSEN
    assert [row[-1] for row in years(agency)] == [2015, 2015, None]
    totals = CoverageTally.objects.filter(agency=agency).totals
    assert [totals(day(d))[1] for d in ("2020-11-19", "2020-11-20")] == [3, 2]
    nothing_differs()


def test_a_wider_scope_brings_back_what_a_narrower_one_left(agency):
    declare(agency, on="2016-03-01")
    declare(agency, on="2018-01-01", chosen=chosen_of(agency, 1))
    declare(agency, on="2020-11-20")
    totals = CoverageTally.objects.filter(agency=agency).totals
    assert [totals(day(d))[1] for d in ("2017-01-01", "2019-01-01", "2021-01-01")] == [3, 1, 3]
    nothing_differs()


def test_a_narrower_scope_returned_and_handed_in_again(agency, coordinator):
    declare(agency, on="2016-03-01", year=2008)
    later = declare(agency, on="2020-11-20", chosen=chosen_of(agency, 2))
    before = years(agency)
    return_(later, coordinator)
    assert [row[-1] for row in years(agency)] == [2008] * 3
    nothing_differs()
    later.accept(by=coordinator, seen=later.version)
    assert years(agency) == before
    nothing_differs()


def test_a_narrower_scope_moved_to_another_day_and_taken_back(agency):
    declare(agency, on="2016-03-01", year=2008)
    later = declare(agency, on="2018-01-01", chosen=chosen_of(agency, 2))
    later.amend(on=day("2020-11-20"), by=None, seen=later.version)
    totals = CoverageTally.objects.filter(agency=agency).totals
    assert [totals(day(d))[1] for d in ("2018-02-01", "2020-11-19", "2020-11-20")] == [3, 3, 2]
    nothing_differs()
    later.withdraw(by=None, seen=later.version, reason="Nhầm")
    assert [row[-1] for row in years(agency)] == [2008] * 3
    nothing_differs()


def test_duties_of_other_agencies_cannot_be_chosen(agency):
    other = make_agency("UBND xã Chỉ Đạo")
    foreign = make_duties(other, make_procedure())[0]
    declare(agency, chosen=[foreign.pk])
    assert AgencyProcedure.objects.get(pk=foreign.pk).standard is None


# Whatever the order

many = st.lists(
    st.tuples(st.sampled_from(DAYS), st.sampled_from([2008, 2015])),
    min_size=2,
    max_size=4,
    unique_by=lambda d: d[0],
)


@settings(
    max_examples=20, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(declared=many, which=st.integers(0, 3), data=st.data())
def test_a_returned_declaration_is_as_if_it_had_not_been_made(db, declared, which, data):
    with transaction.atomic():
        one, two = make_agency("UBND xã A"), make_agency("UBND xã B")
        procedures = make_procedure(), make_procedure()
        for agency in (one, two):
            make_duties(agency, *procedures)
        made = [declare(one, on=on, year=year) for on, year in data.draw(st.permutations(declared))]
        before, gone = years(one), made[which % len(made)]
        return_(gone, None)
        for d in sorted(Declaration.objects.counting().filter(agency=one), key=lambda d: d.declared_on):
            declare(two, on=d.declared_on.isoformat(), year=int(d.standard.short[1:]))
        assert years(one) == years(two)
        nothing_differs()
        gone.refresh_from_db()
        gone.accept(by=None, seen=gone.version)
        assert years(one) == before
        nothing_differs()
        transaction.set_rollback(True)
