"""Many entries confirmed or returned in one act: as they were seen, within one's scope, undone together."""

import pytest

from agencies.history import undo
from agencies.models import ChangeSet, Role
from agencies.testing import make_user
from procedures.lifecycle import Acceptance, Stage, StepRefused
from procedures.models import AgencyProcedure, Declaration, Milestone, Rollout
from procedures.models.entry_lists import review_many
from procedures.testing import declare, make_duties, make_procedure, make_rollout, reach

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(place):
    """Two milestones and a declaration with its milestone, of two agencies."""
    other = make_rollout(place.plan, place.province.lac_hong)
    make_duties(place.province.lac_hong, make_procedure(), make_procedure())
    return [
        reach(place.rollout, Stage.PLANNED, by=place.editor),
        reach(place.rollout, Stage.STEERING, by=place.editor),
        declare(place.province.lac_hong, by=place.editor, rollout=other),
    ]


def seen(entries):
    return {(type(e), e.pk): e.version for e in entries}


def states(entries):
    return [type(e).objects.get(pk=e.pk).acceptance for e in entries]


def test_all_are_confirmed_in_one_change_set_and_undone_together(place, entries):
    sets = ChangeSet.objects.count()
    found = review_many(seen(entries), Acceptance.ACCEPTED, by=place.coordinator)
    assert len(found.done) == 3 and ChangeSet.objects.count() == sets + 1
    assert states(entries) == [Acceptance.ACCEPTED] * 3
    declared = entries[2].milestone
    declared.refresh_from_db()
    assert (declared.acceptance, declared.reviewed_by) == (Acceptance.ACCEPTED, place.coordinator)
    undone = undo(found.change_set, by=place.coordinator)
    assert not undone.kept and not undone.impossible
    assert states(entries) == [Acceptance.UNREVIEWED] * 3


def test_it_says_what_the_single_door_says(place, entries):
    """Set-based and one by one leave the same rows and the same history behind."""
    single, many = entries[0], entries[1]
    single.accept(by=place.coordinator, seen=single.version)
    review_many(seen([many]), Acceptance.ACCEPTED, by=place.coordinator)
    a, b = Milestone.objects.get(pk=single.pk), Milestone.objects.get(pk=many.pk)
    assert (a.acceptance, a.reviewed_by, a.version) == (b.acceptance, b.reviewed_by, b.version)
    from agencies.models import Change

    first, second = (Change.objects.of(e).first() for e in (single, many))
    assert first.before.keys() == second.before.keys() and first.after.keys() == second.after.keys()


def test_returned_ones_no_longer_count(place, entries):
    found = review_many(seen(entries), Acceptance.RETURNED, by=place.coordinator, note="Thiếu số")
    assert len(found.done) == 3 and states(entries) == [Acceptance.RETURNED] * 3
    assert set(Rollout.objects.values_list("stage", flat=True)) == {""}
    assert not AgencyProcedure.objects.filter(standard__isnull=False).exists()
    undo(found.change_set, by=place.coordinator)
    assert AgencyProcedure.objects.filter(standard__isnull=False).count() == 2
    assert Rollout.objects.get(pk=place.rollout.pk).stage == Stage.STEERING


def test_what_changed_meanwhile_is_named_and_left(place, entries):
    old = seen(entries)
    place.rollout.amend(
        entries[0], on=entries[0].reached_on, by=place.editor, seen=place.rollout.version, note="Mới"
    )
    found = review_many(old, Acceptance.ACCEPTED, by=place.coordinator)
    assert found.changed == [entries[0]] and len(found.done) == 2
    assert states(entries) == [Acceptance.UNREVIEWED, Acceptance.ACCEPTED, Acceptance.ACCEPTED]


def test_a_second_click_does_nothing_twice(place, entries):
    old = seen(entries)
    review_many(old, Acceptance.ACCEPTED, by=place.coordinator)
    sets = ChangeSet.objects.count()
    found = review_many(old, Acceptance.ACCEPTED, by=place.coordinator)
    assert len(found.already) == 3 and not found.done and not found.changed
    assert ChangeSet.objects.count() == sets
    # Another person, or another word, is no second click.
    other = make_user(Role.COORDINATOR, place.province.committee)
    assert len(review_many(old, Acceptance.ACCEPTED, by=other).changed) == 3
    assert len(review_many(old, Acceptance.RETURNED, by=place.coordinator, note="x").changed) == 3


def test_what_others_rest_on_is_not_returned(place, entries):
    declaration = entries[2]
    rollout = declaration.milestone.rollout
    rollout.refresh_from_db()
    notified = reach(rollout, Stage.NOTIFIED, by=place.editor)
    found = review_many(seen(entries), Acceptance.RETURNED, by=place.coordinator, note="Thiếu số")
    assert [e for e, _why in found.refused] == [declaration] and len(found.done) == 2
    assert states([declaration, notified]) == [Acceptance.UNREVIEWED] * 2
    declaration.refresh_from_db()
    together = review_many(seen([declaration, notified]), Acceptance.RETURNED, by=place.coordinator, note="x")
    assert len(together.done) == 2


def test_outside_the_scope_nothing_exists_and_without_the_role_nothing_is_done(place, entries):
    stranger = make_user(Role.COORDINATOR, place.province.khoai_chau)
    found = review_many(seen(entries), Acceptance.ACCEPTED, by=stranger)
    assert not (found.done or found.changed or found.refused)
    for person in (place.editor, place.viewer):
        found = review_many(seen(entries), Acceptance.ACCEPTED, by=person)
        assert len(found.refused) == 3 and not found.done
    assert states(entries) == [Acceptance.UNREVIEWED] * 3


def test_declared_goes_only_with_its_declaration(place, entries):
    declared = entries[2].milestone
    found = review_many(seen([declared]), Acceptance.ACCEPTED, by=place.coordinator)
    assert not found.done and states([declared]) == [Acceptance.UNREVIEWED]


def test_without_a_note_nothing_is_returned(place, entries):
    with pytest.raises(StepRefused):
        review_many(seen(entries), Acceptance.RETURNED, by=place.coordinator)
    assert states(entries) == [Acceptance.UNREVIEWED] * 3


def test_hundreds_cost_few_statements(place, django_assert_max_num_queries):
    made = []
    for number in range(120):
        made.append(
            Declaration(agency=place.agency, standard_id=1, declared_on=f"2010-{number // 28 + 1:02}-{number % 28 + 1:02}",
                        number=str(number), recorded_by=place.editor)
        )  # fmt: skip
    Declaration.objects.bulk_create(made)
    with django_assert_max_num_queries(20):
        found = review_many(seen(Declaration.objects.all()), Acceptance.ACCEPTED, by=place.coordinator)
    assert len(found.done) == 120
