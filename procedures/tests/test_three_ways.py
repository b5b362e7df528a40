"""Any cells edited on both sides give exactly the three-way merge."""

import datetime
import os

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.testing import day
from procedures.lifecycle import Stage
from procedures.models import AgencyProcedure, Rollout
from procedures.models.duty_lists import Duty, write_duties
from procedures.testing import make_duties, make_procedure
from procedures.tests.filling import Book, brought_in, choose, handed_in, issued
from procedures.tests.test_round_trip import key, media  # noqa: F401 (a fixture)
from procedures.workbooks.merging import ASK, KEEP, TAKE, digest_of, merge

# ROUND_TRIP_EXAMPLES=200 is the long run.
EXAMPLES = int(os.environ.get("ROUND_TRIP_EXAMPLES", "5"))
STAGES = ("planned", "steering", "surveyed")
DAYS = st.sampled_from(["", "2020-06-10", "2020-06-11", "2020-06-12"])
TEXTS = st.sampled_from(["", "một", "hai", "ba bốn"])
# Of each cell: as it goes out, as it is filled in, as it is now, and the answer if it is asked.
CELLS = st.fixed_dictionaries(
    {("rollout", stage): st.tuples(DAYS, DAYS, DAYS, st.booleans()) for stage in STAGES}
    | {
        (duty, name): st.tuples(TEXTS, TEXTS, TEXTS, st.booleans())
        for duty in (0, 1)
        for name in ("document", "note")
    }
)


@given(*[st.text(max_size=2)] * 3)
def test_a_cell_is_kept_taken_or_asked(was, filled, now):
    outcome = merge(was, filled, now)
    assert outcome == (KEEP if filled in (was, now) else TAKE if now == was else ASK)
    assert (digest_of(was, filled, now) == digest_of(filled, was, now)) == (was == filled)


@pytest.mark.django_db
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=CELLS)
def test_any_cells_edited_on_both_sides_give_the_three_way_merge(place, cells):
    with transaction.atomic():
        duties = make_duties(place.agency, make_procedure(), make_procedure())
        stand(place, duties, {cell: was for cell, (was, *_rest) in cells.items()})
        book = Book(issued(place.agency))
        for (of, name), (_was, filled, _now, _side) in cells.items():
            record = place.rollout if of == "rollout" else duties[of]
            value = datetime.date.fromisoformat(filled) if of == "rollout" and filled else filled or None
            book.fill(key(record), **{name: value})
        stand(place, duties, {cell: now for cell, (_was, _filled, now, _side) in cells.items()})
        upload, found = handed_in(book.data, place.coordinator)
        expected = {cell: outcome(*versions) for cell, versions in cells.items()}
        asked = {cell for cell, (how, _value) in expected.items() if how == ASK}
        assert {(name_of(c, place, duties)) for c in found.open_conflicts} == asked
        found = choose(upload, place.coordinator, **{
            f"{key(place.rollout if of == 'rollout' else duties[of])}__{name}": "file" if cells[of, name][3] else "now"
            for of, name in asked
        })  # fmt: skip
        assert found.is_fine, [str(e) for e in found.errors]
        brought_in(upload, place.coordinator)
        assert standing(place, duties) == {cell: value for cell, (_how, value) in expected.items()}
        transaction.set_rollback(True)


def outcome(was, filled, now, takes_file):
    """(what becomes of a cell, its value afterwards): the merge, written out by hand."""
    how = KEEP if filled in (was, now) else TAKE if now == was else ASK
    return how, filled if how == TAKE or (how == ASK and takes_file) else now


def name_of(conflict, place, duties):
    for number, duty in enumerate(duties):
        if conflict.edit.key == key(duty):
            return number, conflict.edit.name
    return "rollout", conflict.edit.name


def stand(place, duties, values):
    """Bring the register to these values through the doors."""
    rollout = Rollout.objects.select_related("agency").get(pk=place.rollout.pk)
    for stage in STAGES:
        wanted, milestone = values["rollout", stage], rollout.milestones.filter(stage=stage).first()
        given_by = {"by": place.coordinator, "seen": rollout.version}
        if wanted and milestone is None:
            rollout.reach(Stage(stage), on=day(wanted), **given_by)
        elif wanted and milestone.reached_on.isoformat() != wanted:
            rollout.amend(milestone, on=day(wanted), **given_by)
        elif milestone is not None and not wanted:
            rollout.withdraw(milestone, reason="thử", **given_by)
    from agencies.history import open_change_set

    lines = []
    for number, duty in enumerate(
        AgencyProcedure.objects.filter(pk__in=[d.pk for d in duties]).order_by("pk")
    ):
        lines.append(Duty(duty.agency_id, duty.procedure_id, None, None, values[number, "document"], values[number, "note"], "",
                          duty.pk, duty.version))  # fmt: skip
    write_duties(lines, change_set=open_change_set("thử", by=None))


def standing(place, duties):
    reached = dict(place.rollout.milestones.values_list("stage", "reached_on"))
    found = {("rollout", stage): reached[stage].isoformat() if stage in reached else "" for stage in STAGES}
    for number, duty in enumerate(
        AgencyProcedure.objects.filter(pk__in=[d.pk for d in duties]).order_by("pk")
    ):
        found |= {(number, "document"): duty.document_code, (number, "note"): duty.note}
    return found
