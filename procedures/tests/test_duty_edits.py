"""The door behind the grid: many rows of one agency, each to what its cells say."""

import pytest

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import undo
from agencies.models import ChangeSet, Role
from agencies.testing import day, make_user
from procedures.checks import recount
from procedures.models import AgencyProcedure, CoverageTally, PastApplication
from procedures.models.duty_edits import Edit, Values, edit_duties, edit_of, values_of
from procedures.testing import make_duties, make_procedure, standard

pytestmark = pytest.mark.django_db
END = day("2021-12-31")


@pytest.fixture
def duties(place):
    """Three rows: under :2008 since 2015, under :2015 since 2020, under none."""
    procedures = [make_procedure() for _n in range(3)]
    made = make_duties(place.agency, *procedures)
    for duty, year, since in zip(made, (2008, 2015), ("2015-01-01", "2020-01-01"), strict=False):
        duty.standard, duty.applied_on = standard(year), day(since)
        duty.save()
    from procedures.models import retally

    retally([place.agency.pk])
    return made


def write(place, *edits, by=None, **more):
    return edit_duties(place.agency, list(edits), by=by, title="Sửa", **more)


def to(duty, year=2015, on="2020-11-20", **more):
    return edit_of(duty, standard_id=standard(year).pk, applied_on=day(on), **more)


def fresh(duty):
    duty.refresh_from_db()
    return duty


def past_of(duty):
    return [(p.standard.short, str(p.applied_on), str(p.until)) for p in duty.past.order_by("applied_on")]


def test_cells_are_written_with_history_and_tally(place, duties):
    first, second, third = duties
    done = write(
        place, to(third, document_code="QT-01"), edit_of(second, note="Bộ phận một cửa"), by=place.editor
    )
    assert values_of(fresh(third)) == Values(standard(2015).pk, day("2020-11-20"), "QT-01", "", None)
    assert fresh(second).note == "Bộ phận một cửa"
    assert {c.object_id for c in done.changes.all()} == {second.pk, third.pk}
    assert CoverageTally.objects.filter(agency=place.agency).totals(END) == (3, 3)
    assert recount()[1] == []


def test_another_standard_from_a_later_day_follows_the_present_one(place, duties):
    write(place, to(duties[0]))
    assert past_of(duties[0]) == [(":2008", "2015-01-01", "2020-11-20")]
    assert recount()[1] == []


def test_another_standard_from_the_same_day_corrects_it(place, duties):
    write(place, to(duties[1], 2008, "2020-01-01"))
    assert (fresh(duties[1]).standard.short, past_of(duties[1])) == (":2008", [])


def test_another_day_moves_the_end_of_what_was_before(place, duties):
    write(place, to(duties[0]))
    write(place, to(fresh(duties[0]), on="2020-12-01"))
    assert past_of(duties[0]) == [(":2008", "2015-01-01", "2020-12-01")]
    with pytest.raises(Refused):
        write(place, to(fresh(duties[0]), 2008, "2014-12-31"))


def test_a_cleared_standard_gives_way_to_the_one_before(place, duties):
    write(place, to(duties[0]))
    write(place, edit_of(fresh(duties[0]), standard_id=None, applied_on=None))
    assert (fresh(duties[0]).standard.short, past_of(duties[0])) == (":2008", [])
    write(place, edit_of(fresh(duties[0]), standard_id=None, applied_on=None))
    assert (fresh(duties[0]).standard, duties[0].applied_on) == (None, None)
    assert recount()[1] == []


def test_new_duties_and_ended_ones(place, duties):
    new = make_procedure()
    write(
        place,
        Edit(new.pk, str(new), Values(document_code="QT-9")),
        edit_of(duties[2], ended_on=day("2021-07-01")),
    )
    assert AgencyProcedure.objects.get(procedure=new).document_code == "QT-9"
    assert CoverageTally.objects.filter(agency=place.agency).totals(END)[0] == 3
    assert recount()[1] == []


def test_the_act_is_taken_back_as_one(place, duties):
    before = [values_of(d) for d in duties]
    new = make_procedure()
    done = write(place, *[to(d) for d in duties], Edit(new.pk, str(new), Values()))
    undone = undo(done, by=None)
    assert not undone.kept and not undone.impossible
    assert [values_of(fresh(d)) for d in duties] == before
    assert not AgencyProcedure.objects.filter(procedure=new).exists() and not PastApplication.objects.exists()
    assert recount()[1] == []


def test_who_was_slower_is_told_and_nothing_is_written(place, duties):
    stale = to(duties[2])
    write(place, edit_of(duties[2], note="trước"))
    sets = ChangeSet.objects.count()
    with pytest.raises(ChangedMeanwhile) as caught:
        write(place, edit_of(duties[1], note="sau"), stale)
    assert caught.value.theirs.pk == duties[2].pk
    assert fresh(duties[1]).note == "" and ChangeSet.objects.count() == sets


def test_a_duty_entered_meanwhile_is_not_entered_twice(place, duties):
    with pytest.raises(ChangedMeanwhile):
        write(place, Edit(duties[0].procedure_id, "", Values()))


def test_an_edit_that_changes_nothing_writes_nothing(place, duties):
    assert write(place, edit_of(duties[0])) is None
    assert fresh(duties[0]).version == 1


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"applied_on": day("2020-01-01")}, "tiêu chuẩn"),
        ({"standard_id": 1}, "tiêu chuẩn"),
        ({"applied_on": day("2999-01-01"), "year": 2015}, "tương lai"),
        ({"applied_on": day("2015-01-01"), "year": 2015}, "31/12/2015"),
    ],
)
def test_what_cannot_stand_is_refused(place, duties, values, why):
    if year := values.pop("year", None):
        values["standard_id"] = standard(year).pk
    with pytest.raises(Refused, match=why):
        write(place, edit_of(duties[2], **values))
    assert fresh(duties[2]).version == 1


def test_only_recorders_write_and_nobody_at_a_closed_agency(place, duties):
    for person in (place.viewer, place.stranger, make_user(Role.ADMINISTRATOR, place.province.committee)):
        with pytest.raises(Refused):
            write(place, to(duties[2]), by=person)
    place.agency.dissolved_on = day("2021-01-01")
    with pytest.raises(Refused):
        write(place, to(duties[2]))
    assert fresh(duties[2]).version == 1


def test_many_rows_cost_a_fixed_number_of_statements(place, django_assert_max_num_queries):
    made = make_duties(place.agency, *[make_procedure() for _n in range(60)])
    edits = [to(d) for d in made]
    with django_assert_max_num_queries(24):
        write(place, *edits)
