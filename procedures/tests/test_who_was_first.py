"""A stale save names who was first: also when a milestone, and not the rollout itself, was changed."""

import pytest

from agencies.errors import ChangedMeanwhile
from agencies.models import Role
from agencies.testing import day, make_agency, make_user
from procedures.lifecycle import Stage, StepRefused
from procedures.models import Declaration
from procedures.testing import declare, make_plan, make_rollout, reach

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout():
    agency = make_agency("UBND xã Lạc Đạo")
    return make_rollout(make_plan(agency), agency)


@pytest.fixture
def first(rollout):
    return make_user(Role.COORDINATOR, rollout.agency, full_name="Người nhanh hơn")


def who_was_first(rollout, seen):
    with pytest.raises(ChangedMeanwhile) as stale:
        rollout.reach(Stage.AUDITED, on=day("2020-10-20"), by=None, seen=seen)
    return stale.value.change.change_set.made_by


def test_the_person_who_recorded_another_milestone(rollout, first):
    seen = rollout.version
    reach(rollout, Stage.STEERING, by=first)
    assert who_was_first(rollout, seen) == first


def test_the_person_who_took_a_milestone_back(rollout, first):
    milestone = reach(rollout, Stage.STEERING)
    seen = rollout.version
    rollout.withdraw(milestone, by=first, seen=seen, reason="Nhập nhầm")
    assert who_was_first(rollout, seen) == first


def test_a_correction_of_what_was_reviewed_meanwhile_is_stale(rollout, first):
    milestone = reach(rollout, Stage.STEERING, by=make_user(Role.EDITOR, rollout.agency))
    seen, entry_seen = rollout.version, milestone.version
    milestone.return_(by=first, seen=entry_seen, note="Thiếu số quyết định")
    with pytest.raises(ChangedMeanwhile) as stale:
        rollout.amend(milestone, on=day("2020-06-21"), by=None, seen=seen, entry_seen=entry_seen)
    assert stale.value.change.change_set.made_by == first


def test_a_declaration_that_was_taken_back_meanwhile(rollout, first):
    declaration = declare(rollout.agency)
    stale = Declaration.objects.get(pk=declaration.pk)
    declaration.withdraw(by=first, seen=declaration.version, reason="Nhập nhầm")
    with pytest.raises(ChangedMeanwhile) as late:
        stale.withdraw(by=None, seen=stale.version, reason="Nhập nhầm")
    assert late.value.change.change_set.made_by == first
    with pytest.raises(StepRefused):
        stale.accept(by=None, seen=stale.version)
