"""The history of each kind of record, and one value brought back through its door."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.history import undo
from agencies.models import Agency, Change, ChangeSet, Membership, Role
from agencies.testing import day, make_user
from procedures.lifecycle import Acceptance, Stage
from procedures.models import Declaration, Milestone
from procedures.testing import (
    declare,
    make_campaign,
    make_document,
    make_duties,
    make_procedure,
    make_wave,
    reach,
)
from procedures.views.history import KINDS

pytestmark = pytest.mark.django_db


def restore_url(change, column):
    return reverse("restore_value", args=[change.pk, column])


def last_change(record):
    return Change.objects.of(record).first()


def bring_back(client, change, column, **typed):
    page = client.get(restore_url(change, column))
    sent = {"seen": page.context["form"]["seen"].value(), "reason": "Nhập nhầm"} | typed
    return client.post(restore_url(change, column), sent)


@pytest.fixture
def records(place):
    """One record of every kind that has a history page."""
    document = make_document(issued_by=place.agency)
    duty = make_duties(place.agency, make_procedure())[0]
    return {
        "agency": place.agency,
        "rollout": place.rollout,
        "milestone": reach(place.rollout, Stage.PLANNED),
        "declaration": declare(place.agency),
        "document": document,
        "procedure": duty.procedure,
        "agencyprocedure": duty,
        "plan": place.plan,
        "campaign": make_campaign(place.plan),
        "target": place.plan.targets.get(),
        "user": place.editor,
    }


def test_every_kind_has_its_page(client, place, records):
    client.force_login(make_user(is_superuser=True))
    assert records.keys() == KINDS.keys()
    for kind, record in records.items():
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse(f"history_of_{kind}", args=[record.pk]))
        assert page.status_code == 200, kind
        assert len(queries) <= 20, kind


@pytest.mark.parametrize(
    "kind", ["agency", "rollout", "milestone", "declaration", "document", "agencyprocedure", "user"]
)
def test_outside_ones_scope_there_is_no_such_record(client, place, records, kind):
    client.force_login(place.stranger)
    assert client.get(reverse(f"history_of_{kind}", args=[records[kind].pk])).status_code == 404


def test_it_tells_who_when_why_and_from_what_to_what(client, place):
    milestone = reach(place.rollout, Stage.PLANNED)
    place.rollout.amend(
        milestone, on=day("2020-06-12"), by=place.coordinator, seen=place.rollout.version, reason="Sai ngày"
    )
    client.force_login(place.viewer)
    page = client.get(reverse("history_of_milestone", args=[milestone.pk]))
    first, last = page.context["changes"]
    assert (first.by, first.why) == (str(place.coordinator), "Sai ngày")
    assert ("10/06/2020", "12/06/2020") in [(row.before, row.after) for row in first.rows]
    assert last.is_entered
    # A reader sees it and brings nothing back.
    assert not any(row.restore_url for row in first.rows)
    assert client.get(restore_url(last_change(milestone), "reached_on")).status_code == 403


def test_a_milestone_that_was_taken_back_keeps_its_history(client, place):
    milestone = reach(place.rollout, Stage.PLANNED)
    place.rollout.withdraw(milestone, by=None, seen=place.rollout.version, reason="Nhầm")
    client.force_login(place.viewer)
    page = client.get(reverse("history_of_milestone", args=[milestone.pk]))
    assert page.context["is_gone"] and len(page.context["changes"]) == 2
    client.force_login(place.stranger)
    assert client.get(reverse("history_of_milestone", args=[milestone.pk])).status_code == 404


def taken_out_role(place):
    held = Membership.objects.grant(
        place.editor, Role.VIEWER, place.agency, by=None, starts_on=day("2020-01-01")
    )
    Membership.objects.end_grant(held, by=None, seen=held.version, on=day("2019-12-31"))
    return place.editor, "agencies.membership"


def taken_back_milestone(place):
    milestone = reach(place.rollout, Stage.PLANNED)
    place.rollout.amend(milestone, on=day("2020-06-12"), by=None, seen=place.rollout.version, reason="Sửa")
    place.rollout.withdraw(milestone, by=None, seen=place.rollout.version, reason="Nhầm")
    return place.rollout, "procedures.milestone"


def undone_wave(place):
    campaign = make_campaign(place.plan)
    make_wave(campaign)
    undo(ChangeSet.objects.first(), by=None)
    return campaign, "procedures.wave"


def resumed_application(place):
    (duty,) = make_duties(place.agency, make_procedure())
    declare(place.agency, on="2019-05-05", year=2008)
    declare(place.agency)
    undo(ChangeSet.objects.first(), by=None)
    duty.refresh_from_db()
    return duty, "procedures.pastapplication"


@pytest.mark.parametrize(
    "gone", [taken_out_role, taken_back_milestone, undone_wave, resumed_application], ids=lambda f: f.__name__
)
def test_a_part_that_is_gone_keeps_every_line_in_the_history_of_the_whole(client, place, gone):
    record, part = gone(place)
    client.force_login(make_user(is_superuser=True))
    page = client.get(reverse(f"history_of_{record._meta.model_name}", args=[record.pk]))
    shown = [c.pk for c in page.context["page_obj"].object_list if c.model == part]
    assert len(shown) > 1
    assert sorted(shown) == list(
        Change.objects.filter(model=part).order_by("pk").values_list("pk", flat=True)
    )


def test_one_value_comes_back_through_the_door_and_the_rest_stays(client, place):
    milestone = reach(place.rollout, Stage.PLANNED)
    place.rollout.amend(
        milestone, on=day("2020-06-12"), note="Bổ sung", by=place.editor, seen=place.rollout.version, reason="Sửa"
    )  # fmt: skip
    change = last_change(milestone)
    client.force_login(place.coordinator)
    page = client.get(reverse("history_of_milestone", args=[milestone.pk]))
    assert restore_url(change, "reached_on") in page.content.decode()
    assert bring_back(client, change, "reached_on").status_code == 302
    milestone.refresh_from_db()
    assert (milestone.reached_on, milestone.note) == (day("2020-06-10"), "Bổ sung")
    act = ChangeSet.objects.first()
    assert (act.made_by, act.reason, act.changes.count()) == (place.coordinator, "Nhập nhầm", 1)
    undo(act, by=place.coordinator)
    milestone.refresh_from_db()
    assert milestone.reached_on == day("2020-06-12")


def entered_twice(place, what, by):
    """A milestone or a declaration whose day and note a person corrected."""
    if what == "milestone":
        entry = reach(place.rollout, Stage.PLANNED, by=by)
        values = {"on": day("2020-06-12"), "note": "Bổ sung", "by": by, "reason": "Sửa"}
        place.rollout.amend(entry, seen=place.rollout.version, **values)
    else:
        reach(place.rollout, Stage.PROMULGATED, Stage.DECLARED, by=by)
        entry = Declaration.objects.get()
        entry.amend(on=day("2020-11-25"), note="Bổ sung", by=by, seen=entry.version, why="Sửa")
    entry.refresh_from_db()
    return entry, last_change(entry)


@pytest.mark.parametrize("what", ["milestone", "declaration"])
@pytest.mark.parametrize("word", [Acceptance.UNREVIEWED, Acceptance.ACCEPTED, Acceptance.RETURNED])
def test_a_restored_value_leaves_the_lead_agencys_word_as_it_was(client, place, what, word):
    """Nobody confirmed it, nobody hands it in again: only the value comes back."""
    entry, change = entered_twice(place, what, place.editor)
    if word != Acceptance.UNREVIEWED:
        entry.review(word, by=place.coordinator, seen=entry.version, note="Xem lại")
    review = {name: getattr(entry, name) for name in entry.REVIEW}
    client.force_login(make_user(Role.COORDINATOR, place.province.committee))
    column = {"milestone": "reached_on", "declaration": "declared_on"}[what]
    for restored in (column, "note"):
        assert bring_back(client, change, restored).status_code == 302
        assert last_change(entry).after.keys() - {"version"} == {restored}
    entry.refresh_from_db()
    assert {name: getattr(entry, name) for name in entry.REVIEW} == review
    assert (getattr(entry, column).isoformat(), entry.note) == (change.before[column], "")
    milestone = Milestone.objects.filter(declaration__isnull=False).first()
    if milestone is not None:
        assert (milestone.acceptance, milestone.reached_on) == (word, day("2020-11-20"))


def test_a_returned_declaration_whose_day_came_back_covers_the_same_procedures_again(client, place):
    covered, ended = make_duties(place.agency, make_procedure(), make_procedure())
    first = declare(place.agency, on="2019-05-05", year=2008)
    declaration = declare(place.agency, on="2020-11-20", chosen=[covered.pk], by=place.editor)
    declaration.amend(on=day("2020-11-25"), by=place.editor, seen=declaration.version, why="Sửa")
    declaration.refresh_from_db()
    change = last_change(declaration)
    declaration.return_(by=place.coordinator, seen=declaration.version, note="Xem lại")
    client.force_login(place.coordinator)
    assert bring_back(client, change, "declared_on").status_code == 302
    covered.refresh_from_db()
    assert covered.standard_id == first.standard_id  # it does not count while it is returned
    declaration.refresh_from_db()
    declaration.accept(by=place.coordinator, seen=declaration.version)
    covered.refresh_from_db()
    ended.refresh_from_db()
    assert (covered.standard_id, covered.applied_on) == (declaration.standard_id, day("2020-11-20"))
    assert ended.applied_on is None
    assert [p.until for p in ended.past.all()] == [day("2020-11-20")]


def test_the_second_click_restores_nothing(client, place):
    place.agency.revise(by=None, seen=place.agency.version, note="mới")
    change = last_change(place.agency)
    client.force_login(place.coordinator)
    assert bring_back(client, change, "note").status_code == 302
    before = ChangeSet.objects.count()
    sent = {"seen": 2, "reason": "Nhập nhầm"}
    assert client.post(restore_url(change, "note"), sent).status_code == 302
    assert ChangeSet.objects.count() == before


def test_a_rule_that_forbids_it_is_told_beforehand_and_holds(client, place):
    promulgated = reach(place.rollout, Stage.PROMULGATED, on=day("2020-12-01"))
    place.rollout.amend(
        promulgated, on=day("2020-09-01"), by=None, seen=place.rollout.version, reason="Sai tháng"
    )
    change = last_change(promulgated)
    reach(place.rollout, Stage.DECLARED)  # on 20.11.2020: promulgation may not lie behind it
    client.force_login(place.coordinator)
    page = client.get(restore_url(change, "reached_on"))
    assert page.context["refusal"]
    promulgated.refresh_from_db()
    sent = {"seen": promulgated.version, "reason": "Thử"}
    assert client.post(restore_url(change, "reached_on"), sent).status_code == 422
    assert Milestone.objects.get(pk=promulgated.pk).reached_on == day("2020-09-01")


def test_a_record_changed_meanwhile_is_shown_again(client, place):
    place.agency.revise(by=None, seen=place.agency.version, note="một")
    change = last_change(place.agency)
    client.force_login(place.coordinator)
    stale = client.get(restore_url(change, "note")).context["form"]["seen"].value()
    agency = Agency.objects.get(pk=place.agency.pk)
    agency.revise(by=place.coordinator, seen=agency.version, note="hai")
    response = client.post(restore_url(change, "note"), {"seen": stale, "reason": "Thử"})
    assert response.status_code == 409
    assert response.context["now"] == "hai"
    assert Agency.objects.get(pk=agency.pk).note == "hai"
    assert bring_back(client, change, "note").status_code == 302


def test_what_hangs_together_comes_back_only_as_a_whole(client, place):
    declare(place.agency)
    duty = make_duties(place.agency, make_procedure())[0]
    declare(place.agency, on="2020-12-01")
    client.force_login(place.coordinator)
    assert client.get(restore_url(last_change(duty), "applied_on")).status_code == 422


def test_a_declarations_day_takes_its_milestone_along(client, place):
    reach(place.rollout, Stage.DECLARED)
    declaration = Declaration.objects.get()
    declaration.amend(on=day("2020-11-25"), by=None, seen=declaration.version, why="Sai ngày")
    client.force_login(place.coordinator)
    assert bring_back(client, last_change(declaration), "declared_on").status_code == 302
    assert Milestone.objects.get(stage=Stage.DECLARED).reached_on == day("2020-11-20")


def test_the_due_day_of_an_undertaking(client, place):
    place.rollout.reschedule(day("2021-06-30"), by=place.coordinator, seen=place.rollout.version)
    client.force_login(place.coordinator)
    assert bring_back(client, last_change(place.rollout), "due_on").status_code == 302
    place.rollout.refresh_from_db()
    assert place.rollout.due_on == day("2020-12-31")


def test_a_persons_and_a_grants_values_are_for_administrators(client, place):
    person = make_user(Role.EDITOR, place.agency)
    person.revise(by=person, seen=1, position="Chuyên viên")
    held = Membership.objects.get(user=person)
    Membership.objects.end_grant(held, by=None, seen=held.version, on=day("2020-12-31"))
    administrator = make_user(Role.ADMINISTRATOR, place.province.committee)
    client.force_login(administrator)
    page = client.get(reverse("history_of_user", args=[person.pk]))
    assert sum(bool(row.restore_url) for line in page.context["changes"] for row in line.rows) == 2
    assert bring_back(client, last_change(person), "position").status_code == 302
    assert bring_back(client, last_change(held), "ends_on").status_code == 302
    held.refresh_from_db()
    assert held.ends_on is None
    client.force_login(place.coordinator)
    assert client.get(reverse("history_of_user", args=[person.pk])).status_code == 404


def test_a_role_given_at_an_agency_hides_no_value_of_its_history(client, place):
    """Roles are lines of the agency's history as well, and for administrators only."""
    place.rollout.reschedule(day("2021-06-30"), by=place.coordinator, seen=place.rollout.version)
    held = Membership.objects.get(user=make_user(Role.EDITOR, place.agency))
    Membership.objects.end_grant(held, by=None, seen=held.version, on=day("2020-12-31"))
    due, ended = restore_url(last_change(place.rollout), "due_on"), restore_url(last_change(held), "ends_on")
    seen = {}
    for role in (Role.VIEWER, Role.COORDINATOR, Role.ADMINISTRATOR):
        client.force_login(make_user(role, place.province.committee))
        page = client.get(reverse("history_of_agency", args=[place.agency.pk])).content.decode()
        seen[role] = (due in page, ended in page)
    assert seen == {
        Role.VIEWER: (False, False),
        Role.COORDINATOR: (True, False),
        Role.ADMINISTRATOR: (False, True),
    }
