"""A document typed with a milestone is entered by the same act."""

import datetime

import pytest

from agencies.models import ChangeSet
from agencies.testing import day, make_agency
from procedures.lifecycle import Stage, StepRefused
from procedures.models import Document
from procedures.testing import make_document, make_plan, make_rollout, reach

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout():
    agency = make_agency("UBND xã Lạc Đạo")
    return make_rollout(make_plan(agency), agency)


def typed(**values):
    return Document(**{"number": "12/QĐ-UBND", "signed_on": day("2020-06-20")} | values)


def test_a_new_document_and_its_milestone_are_one_change_set(rollout):
    milestone = rollout.reach(
        Stage.STEERING, on=day("2020-06-20"), by=None, seen=rollout.version, document=typed()
    )
    assert milestone.document.number == "12/QĐ-UBND"
    assert {c.model for c in ChangeSet.objects.first().changes.all()} == {
        "procedures.document",
        "procedures.milestone",
    }


def test_a_refused_milestone_leaves_no_document(rollout):
    tomorrow = datetime.date.today() + datetime.timedelta(days=2)
    with pytest.raises(StepRefused):
        rollout.reach(Stage.STEERING, on=tomorrow, by=None, seen=rollout.version, document=typed())
    assert not Document.objects.exists()


def test_a_correction_enters_a_new_document_too(rollout):
    milestone = reach(rollout, Stage.STEERING)
    stored = rollout.amend(
        milestone, on=day("2020-06-21"), by=None, seen=rollout.version, document=typed(), reason="Sai số"
    )
    assert stored.document == Document.objects.get()


def test_documents_of_an_agency_are_those_it_issued_or_relies_on(rollout):
    own = make_document(issued_by=rollout.agency)
    relied_on = make_document()
    make_document()
    rollout.reach(Stage.STEERING, on=day("2020-06-20"), by=None, seen=rollout.version, document=relied_on)
    decision = make_document()
    rollout.plan.decision = decision
    rollout.plan.save()
    assert set(Document.objects.of_agency(rollout.agency)) == {own, relied_on, decision}
