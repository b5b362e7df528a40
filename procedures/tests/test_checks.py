"""The recount finds nothing in a clean register, and each kind of tampering in another."""

import datetime
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from agencies.models import Agency, Level, PastIdentity, Touched
from procedures.checks import CHECKS, days_counted, recount
from procedures.country import build
from procedures.lifecycle import Acceptance, Stage, State
from procedures.models import (
    AgencyProcedure,
    CoverageTally,
    Declaration,
    Document,
    Milestone,
    Procedure,
    Rollout,
    TerritoryTally,
)
from procedures.territories import count_touched

pytestmark = pytest.mark.django_db


@pytest.fixture
def country(db):
    """Its territories are behind: what is tampered with below would make each of them wrong too."""
    build(60, 3, seed=3)
    Touched.objects.mark([None])


def found():
    return {(d.what, d.id) for d in recount()[1]}


def kinds():
    return {d.what for d in recount()[1]}


def test_an_empty_register_is_clean():
    checked, differences = recount()
    assert checked == dict.fromkeys(CHECKS, 0)
    assert differences == []


def test_a_clean_register_is_clean(country):
    count_touched()
    checked, differences = recount()
    assert differences == []
    assert checked["agency_path"] == 60
    assert all(rows > 0 for name, rows in checked.items() if not name.startswith("past_identit"))


def test_a_wrong_number_of_a_territory_is_found_on_its_days_and_not_while_it_is_behind(country):
    count_touched()
    last = TerritoryTally.objects.filter(agency__parent=None).order_by("day").last()
    TerritoryTally.objects.filter(pk=last.pk).update(
        numbers=last.numbers | {"late": last.numbers["late"] + 1}
    )
    named = recount()[1]
    assert {d.what for d in named} == {"TerritoryTally"}
    assert {d.id for d in named} == {f"{last.agency_id} {d}" for d in days_counted() if d >= last.day}
    assert all(d.stored["late"] == d.counted["late"] + 1 for d in named)
    Touched.objects.mark([last.agency_id])
    assert recount()[1] == []


def test_a_wrong_tally_is_found_by_both_counts(country):
    CoverageTally.objects.filter(pk=CoverageTally.objects.first().pk).update(in_force=F("in_force") + 1)
    assert kinds() == {"CoverageTally", "Coverage"}


def test_a_missing_tally_is_found(country):
    lost = CoverageTally.objects.first()
    lost.delete()
    assert ("CoverageTally", f"{lost.agency_id} {lost.day}") in found()


def test_a_duty_written_past_the_doors_is_found(country):
    duty = AgencyProcedure.objects.filter(applied_on=None).first()
    AgencyProcedure.objects.filter(pk=duty.pk).update(ended_on=datetime.date(2020, 1, 1))
    assert kinds() == {"CoverageTally", "Coverage"}


def test_the_days_are_recounted_without_the_tallys_own_count(country, monkeypatch):
    # A mistake in the count that writes the tally would repeat itself in the recount by the same code.
    CoverageTally.objects.update(in_force=F("in_force") * 2)
    doubled = {(t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()}
    monkeypatch.setattr("procedures.checks.count_coverage", lambda: doubled)
    assert kinds() == {"Coverage"}


def test_a_wrong_stage_is_found(country):
    rollout = Rollout.objects.filter(stage=Stage.NOTIFIED).first()
    Rollout.objects.filter(pk=rollout.pk).update(stage=Stage.PLANNED)
    assert found() == {("Rollout.stage", rollout.pk)}


def test_a_returned_milestone_does_not_count_for_the_stage(country):
    milestone = Milestone.objects.filter(stage=Stage.NOTIFIED, acceptance=Acceptance.ACCEPTED).first()
    Milestone.objects.filter(pk=milestone.pk).update(acceptance=Acceptance.RETURNED, review_note="x")
    assert found() == {("Rollout.stage", milestone.rollout_id)}


def test_a_wrong_state_is_found(country):
    rollout = Rollout.objects.filter(state=State.ACTIVE).first()
    Rollout.objects.filter(pk=rollout.pk).update(state=State.PAUSED)
    assert found() == {("Rollout.state", rollout.pk)}


def test_a_move_without_its_state_is_found(country):
    rollout = Rollout.objects.filter(state=State.ACTIVE).first()
    rollout.moves.create(state=State.PAUSED, moved_on=datetime.date(2020, 3, 1), reason="x")
    rollout.moves.create(state=State.ACTIVE, moved_on=datetime.date(2020, 4, 1), reason="x")
    assert found() == set()
    rollout.moves.create(state=State.CANCELLED, moved_on=datetime.date(2020, 5, 1), reason="x")
    assert found() == {("Rollout.state", rollout.pk)}


def test_a_wrong_path_is_found(country):
    agency = Agency.objects.filter(level=Level.COMMUNE).first()
    with connection.cursor() as cursor:
        # The database itself refuses a wrong path; somebody has taken its guard away.
        table = " ON agencies_agency" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER agency_keeps_its_place{table}")
    Agency.objects.filter(pk=agency.pk).update(path="00000001")
    assert found() == {("Agency.path", agency.pk)}


@pytest.mark.parametrize("name", ["search_key", "sort_key"])
def test_a_wrong_key_of_an_agency_is_found(country, name):
    agency = Agency.objects.first()
    Agency.objects.filter(pk=agency.pk).update(**{name: "x"})
    assert found() == {(f"Agency.{name}", agency.pk)}


@pytest.mark.parametrize("model", [Procedure, Document])
def test_a_wrong_search_key_is_found(country, model):
    record = model.objects.first()
    model.objects.filter(pk=record.pk).update(search_key="x")
    assert found() == {(f"{model.__name__}.search_key", record.pk)}


def _remember(agency, from_on, until):
    values = {n: getattr(agency, n) for n in ("name", "code", "kind", "level", "parent", "path")}
    return PastIdentity.objects.create(agency=agency, from_on=from_on, until=until, **values)


def test_past_identities_in_order_are_clean(country):
    agency = Agency.objects.first()
    _remember(agency, None, datetime.date(2018, 1, 1))
    _remember(agency, datetime.date(2018, 1, 1), datetime.date(2019, 1, 1))
    assert recount()[0]["past_identities"] == 2
    assert found() == set()


@pytest.mark.parametrize("from_on", [None, datetime.date(2017, 6, 1), datetime.date(2018, 6, 1)])
def test_past_identities_that_overlap_or_leave_a_gap_are_found(country, from_on):
    agency = Agency.objects.first()
    _remember(agency, None, datetime.date(2018, 1, 1))
    later = _remember(agency, from_on, datetime.date(2019, 1, 1))
    assert found() == {("PastIdentity.from_on", later.pk)}


def test_a_declared_milestone_on_another_day_is_found(country):
    milestone = Milestone.objects.filter(stage=Stage.DECLARED).first()
    Milestone.objects.filter(pk=milestone.pk).update(reached_on=datetime.date(2021, 12, 1))
    assert found() == {("Milestone(declared)", milestone.pk)}


def test_a_returned_declaration_with_a_milestone_that_counts_is_found(country):
    milestone = Milestone.objects.filter(stage=Stage.DECLARED, acceptance=Acceptance.ACCEPTED).first()
    declaration = Declaration.objects.filter(pk=milestone.declaration_id)
    declaration.update(acceptance=Acceptance.RETURNED, review_note="x")
    assert found() == {("Milestone(declared)", milestone.pk)}


def test_wrong_evidence_is_found(country):
    declaration = Declaration.objects.filter(lacks_evidence=False).first()
    Declaration.objects.filter(pk=declaration.pk).update(lacks_evidence=True)
    assert found() == {("Declaration.lacks_evidence", declaration.pk)}


def test_command_is_silent_about_a_clean_register(country, capsys):
    call_command("check_facts", json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["differences"] == []
    assert answer["checked"]["agency_path"] == 60


def test_command_names_differences_and_exits_with_1(country, capsys):
    agency = Agency.objects.order_by("pk").first()
    Agency.objects.filter(pk=agency.pk).update(sort_key="x")
    with pytest.raises(SystemExit) as ended:
        call_command("check_facts", json=True)
    assert ended.value.code == 1
    (difference,) = json.loads(capsys.readouterr().out)["differences"]
    assert difference["what"] == "Agency.sort_key"
    assert difference["id"] == agency.pk
    assert difference["stored"] == "x"
    assert difference["counted"] == agency.sort_key


def test_command_names_the_first_fifty(country, capsys):
    Agency.objects.update(sort_key="x")
    with pytest.raises(SystemExit):
        call_command("check_facts")
    out = capsys.readouterr().out
    assert out.count("Agency.sort_key") == 50
    assert "… and 10 more" in out
    assert "60 differences" in out
