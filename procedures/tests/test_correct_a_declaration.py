"""A declaration corrected or taken back: its milestone and its procedures follow."""

import pytest

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import undo
from agencies.models import ChangeSet, Role
from agencies.testing import day, make_agency, make_user
from procedures.lifecycle import Acceptance, Stage, StepRefused
from procedures.models import CoverageTally, Declaration, Redeclaration
from procedures.testing import declare, make_duties, make_plan, make_procedure, make_rollout, reach, standard

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency():
    agency = make_agency("UBND xã Lạc Đạo")
    make_duties(agency, make_procedure(), make_procedure())
    return agency


@pytest.fixture
def rollout(agency):
    return make_rollout(make_plan(agency), agency)


def under_iso(agency, on):
    return CoverageTally.objects.filter(agency=agency).totals(day(on))[1]


def test_the_milestone_takes_the_corrected_day(agency, rollout):
    declaration = declare(agency, on="2020-11-20", rollout=rollout)
    declaration.amend(on=day("2020-11-25"), by=None, seen=declaration.version, number="02/QĐ-CB")
    declaration.refresh_from_db()
    assert (declaration.number, declaration.milestone.reached_on) == ("02/QĐ-CB", day("2020-11-25"))


def test_the_procedures_take_the_corrected_day(agency):
    declaration = declare(agency, on="2020-11-20")
    declaration.amend(on=day("2020-11-25"), by=None, seen=declaration.version)
    assert (under_iso(agency, "2020-11-24"), under_iso(agency, "2020-11-25")) == (0, 2)


def test_a_day_before_the_promulgation_is_refused(agency, rollout):
    reach(rollout, Stage.PROMULGATED)
    declaration = declare(agency, on="2020-11-20", rollout=rollout)
    with pytest.raises(StepRefused):
        declaration.amend(on=day("2020-08-01"), by=None, seen=declaration.version)
    declaration.refresh_from_db()
    assert declaration.declared_on == day("2020-11-20")


def test_an_earlier_application_keeps_at_least_a_day(agency):
    declare(agency, on="2018-03-01", year=2008)
    later = declare(agency, on="2020-11-20")
    with pytest.raises(Refused):
        later.amend(on=day("2018-03-01"), by=None, seen=later.version)


def test_a_corrected_returned_declaration_counts_again(agency):
    editor = make_user(Role.EDITOR, agency)
    declaration = declare(agency, by=editor, number="")
    coordinator = make_user(Role.COORDINATOR, agency)
    declaration.return_(by=coordinator, seen=declaration.version, note="Thiếu số")
    declaration.amend(on=day("2020-11-20"), by=editor, seen=declaration.version, number="05/QĐ")
    assert (declaration.acceptance, declaration.lacks_evidence) == (Acceptance.UNREVIEWED, False)


def test_a_stale_correction_changes_nothing(agency):
    declaration = declare(agency)
    seen = declaration.version
    declaration.amend(on=day("2020-11-21"), by=None, seen=seen)
    with pytest.raises(ChangedMeanwhile):
        declaration.amend(on=day("2020-11-22"), by=None, seen=seen)


def test_taken_back_the_procedures_run_as_before(agency, rollout):
    declare(agency, on="2018-03-01", year=2008)
    later = declare(agency, on="2020-11-20", rollout=rollout)
    later.withdraw(by=None, seen=later.version, reason="Nhập nhầm")
    rollout.refresh_from_db()
    assert rollout.stage == "" and Declaration.objects.get().standard == standard(2008)
    assert {d.standard for d in agency.procedures.all()} == {standard(2008)}
    assert under_iso(agency, "2020-12-01") == 2


def test_taken_back_the_only_declaration_leaves_no_procedure_under_iso(agency):
    declaration = declare(agency)
    declaration.withdraw(by=None, seen=declaration.version, reason="Nhập nhầm")
    assert under_iso(agency, "2020-12-01") == 0


def test_taking_back_can_be_undone(agency, rollout):
    declaration = declare(agency, rollout=rollout)
    declaration.withdraw(by=None, seen=declaration.version, reason="Nhập nhầm")
    undo(ChangeSet.objects.first(), by=None)
    assert Declaration.objects.get().milestone.rollout == rollout
    assert under_iso(agency, "2020-12-01") == 2


def test_taking_back_needs_a_reason(agency):
    declaration = declare(agency)
    with pytest.raises(StepRefused):
        declaration.withdraw(by=None, seen=declaration.version, reason=" ")


def test_notice_and_posting_together_reach_notified(agency, rollout):
    declare(agency, rollout=rollout, notified_on=day("2020-11-22"), posted_on=day("2020-11-23"))
    assert rollout.milestones.get(stage=Stage.NOTIFIED).reached_on == day("2020-11-23")


def test_notice_before_the_declaration_is_refused(agency):
    with pytest.raises(StepRefused) as refused:
        declare(agency, notified_on=day("2020-11-19"))
    assert refused.value.field == "notified_on"


def test_a_declaration_made_meanwhile_makes_the_page_stale(agency):
    first = declare(agency, on="2018-03-01")
    with pytest.raises(ChangedMeanwhile) as stale:
        declare(agency, on="2020-11-20", after=0)
    assert stale.value.theirs == first
    assert declare(agency, on="2020-11-20", after=first.pk).reason == Redeclaration.ADJUSTED
