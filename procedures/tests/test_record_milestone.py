"""The screen that records a milestone."""

import pytest

from agencies.models import ChangeSet
from agencies.testing import day
from procedures.lifecycle import Acceptance, Gap, Stage, State
from procedures.models import Document
from procedures.testing import make_document, reach
from procedures.tests.recording import send_again, texts, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(place):
    return {"seen": place.rollout.version, "stage": "steering", "on": "20/06/2020", "note": "Đủ thành phần"}


def test_the_next_stage_and_today_are_proposed(client, place):
    reach(place.rollout, Stage.PLANNED)
    client.force_login(place.editor)
    form = client.get(url_of("record_milestone", place)).context["form"]
    assert form["stage"].value() == Stage.STEERING
    assert Stage.DECLARED not in [value for value, _label in form.fields["stage"].choices]


def test_it_says_beforehand_what_becomes_true(client, place):
    client.force_login(place.editor)
    response = client.get(url_of("record_milestone", place) + "?stage=audited")
    assert len(response.context["becomes"]) == 2
    assert [gap.value for gap in response.context["gaps"]] == ["no_promulgation"]


@pytest.mark.parametrize(
    ("typed_day", "warns"), [("19/06/2020", True), ("20/06/2020", False), ("31/02/2020", True), (None, True)]
)
def test_a_day_against_the_usual_order_warns_while_it_is_typed(client, place, typed_day, warns):
    """Without a day that can be read, today stands in the field."""
    reach(place.rollout, Stage.STEERING, on=day("2020-06-20"))
    reach(place.rollout, Stage.TRAINED, on=day("2020-06-25"))
    client.force_login(place.editor)
    query = {"stage": "surveyed"} | ({"on": typed_day} if typed_day else {})
    response = client.get(url_of("record_milestone", place), query)
    assert response.context["gaps"] == ([Gap.OUT_OF_ORDER] if warns else [])


def test_a_day_against_the_usual_order_warns_and_does_not_block(client, place, typed):
    reach(place.rollout, Stage.PLANNED, on=day("2020-06-21"))
    client.force_login(place.editor)
    client.post(url_of("record_milestone", place), typed | {"seen": place.rollout.version})
    page = client.get(f"/co-quan/{place.agency.pk}/")
    assert [m.level_tag for m in page.context["messages"]] == ["success", "warning"]
    assert "ngày các mốc không theo thứ tự thông thường" in page.content.decode()
    assert place.rollout.milestones.count() == 2


def test_an_editor_records_a_milestone_that_waits_for_confirmation(client, place, typed):
    client.force_login(place.editor)
    response = client.post(url_of("record_milestone", place), typed)
    assert response.url == f"/co-quan/{place.agency.pk}/#rollout-{place.rollout.pk}"
    milestone = place.rollout.milestones.get()
    assert (milestone.stage, milestone.reached_on) == (Stage.STEERING, day("2020-06-20"))
    assert (milestone.recorded_by, milestone.acceptance) == (place.editor, Acceptance.UNREVIEWED)
    assert len(texts(client.get(f"/co-quan/{place.agency.pk}/"))) == 1


def test_a_coordinator_records_a_confirmed_one(client, place, typed):
    client.force_login(place.coordinator)
    client.post(url_of("record_milestone", place), typed)
    assert place.rollout.milestones.get().acceptance == Acceptance.ACCEPTED


def test_evidence_gaps_warn_and_do_not_block(client, place, typed):
    client.force_login(place.editor)
    client.post(url_of("record_milestone", place), typed | {"stage": "audited"})
    levels = [m.level_tag for m in client.get(f"/co-quan/{place.agency.pk}/").context["messages"]]
    assert levels == ["success", "warning"]


def test_a_typed_document_is_entered_with_it(client, place, typed):
    client.force_login(place.editor)
    typed |= {
        "doc_number": " 12/QĐ-UBND ",
        "doc_signed_on": "19/06/2020",
        "doc_title": "Thành lập Ban chỉ đạo",
    }
    client.post(url_of("record_milestone", place), typed)
    document = Document.objects.get()
    assert (document.number, document.issued_by, document.kind) == ("12/QĐ-UBND", place.agency, "decision")
    assert place.rollout.milestones.get().document == document


def test_the_same_document_typed_again_is_the_one_on_record(client, place, typed):
    known = make_document(number="12/QĐ-UBND", signed_on=day("2020-06-19"), issued_by=place.agency)
    client.force_login(place.editor)
    client.post(
        url_of("record_milestone", place),
        typed | {"doc_number": "12/QĐ-UBND", "doc_signed_on": "19/06/2020"},
    )
    assert place.rollout.milestones.get().document == known


def test_a_document_of_another_agency_cannot_be_picked(client, place, typed):
    foreign = make_document(issued_by=place.province.dong_tao)
    client.force_login(place.editor)
    response = client.post(url_of("record_milestone", place), typed | {"document": foreign.pk})
    assert response.status_code == 422 and "document" in response.context["form"].errors


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"on": "31/02/2020"}, "on"),
        ({"on": "01/01/2999"}, "on"),
        ({"stage": "blessed"}, "stage"),
        ({"stage": "declared"}, "stage"),
        ({"stage": "notified"}, "stage"),
        ({"seen": "x"}, "seen"),
        ({"note": "x" * 501}, "note"),
        ({"note": "\x07"}, "note"),
        ({"doc_signer": "Ai đó"}, "doc_number"),
        ({"document": "9" * 30}, "document"),
    ],
)
def test_nonsense_is_named_beside_its_field_and_kept(client, place, typed, wrong, field):
    client.force_login(place.editor)
    response = client.post(url_of("record_milestone", place), typed | wrong)
    assert response.status_code == 422
    form = response.context["form"]
    assert field in form.errors
    assert form["on"].value() == wrong.get("on", "20/06/2020")
    assert not place.rollout.milestones.exists()


def test_a_hard_rule_is_named_beside_its_field(client, place, typed):
    place.agency.established_on = day("2020-07-01")
    place.agency.save()
    client.force_login(place.editor)
    response = client.post(url_of("record_milestone", place), typed)
    assert response.status_code == 422 and list(response.context["form"].errors) == ["on"]


def test_the_same_form_sent_twice_has_one_effect(client, place, typed):
    client.force_login(place.editor)
    typed |= {"doc_number": "12/QĐ-UBND", "doc_signed_on": "19/06/2020"}
    client.post(url_of("record_milestone", place), typed)
    sets = ChangeSet.objects.count()
    response = client.post(url_of("record_milestone", place), typed, follow=True)
    assert response.status_code == 200 and response.redirect_chain
    assert "/co-quan/" in texts(response)[-1]
    assert (place.rollout.milestones.count(), Document.objects.count()) == (1, 1)
    assert ChangeSet.objects.count() == sets


def test_a_stale_page_shows_both_versions_and_who_was_first(client, place, typed):
    client.force_login(place.coordinator)
    client.post(url_of("record_milestone", place), typed | {"on": "18/06/2020", "note": "Bản của tỉnh"})
    client.force_login(place.editor)
    response = client.post(url_of("record_milestone", place), typed)
    page = response.content.decode()
    assert response.status_code == 409
    for text in (place.coordinator.full_name, "18/06/2020", "Bản của tỉnh", "20/06/2020", "Đủ thành phần"):
        assert text in page


def test_the_second_person_may_save_theirs_anyway(client, place, typed):
    client.force_login(place.coordinator)
    client.post(url_of("record_milestone", place), typed | {"on": "18/06/2020"})
    client.force_login(place.editor)
    stale = client.post(url_of("record_milestone", place), typed)
    assert not stale.context["form"].errors
    send_again(client, stale)
    milestone = place.rollout.milestones.get()
    assert (milestone.reached_on, milestone.note) == (day("2020-06-20"), "Đủ thành phần")


def test_another_milestone_recorded_meanwhile_is_told_and_mine_can_follow(client, place, typed):
    seen = place.rollout.version
    reach(place.rollout, Stage.PLANNED, by=place.coordinator)
    client.force_login(place.editor)
    stale = client.post(url_of("record_milestone", place), typed | {"seen": seen})
    assert stale.status_code == 409
    send_again(client, stale)
    assert {m.stage for m in place.rollout.milestones.all()} == {Stage.PLANNED, Stage.STEERING}


def test_with_nothing_left_to_record_it_leads_back(client, place):
    place.rollout.move(State.PAUSED, by=None, seen=place.rollout.version, reason="Chờ sắp xếp")
    client.force_login(place.editor)
    assert client.get(url_of("record_milestone", place)).status_code == 302


def test_a_stranger_meets_the_same_page_as_for_a_missing_agency(client, place, typed):
    client.force_login(place.stranger)
    assert client.get(url_of("record_milestone", place)).status_code == 404
    assert client.post(url_of("record_milestone", place), typed).status_code == 404


def test_a_reader_is_refused(client, place, typed):
    client.force_login(place.viewer)
    assert client.get(url_of("record_milestone", place)).status_code == 403
    assert client.post(url_of("record_milestone", place), typed).status_code == 403
    assert not place.rollout.milestones.exists()


def test_a_rollout_of_another_agency_is_not_here(client, place):
    other = place.province.lac_hong
    client.force_login(place.editor)
    assert client.get(f"/co-quan/{other.pk}/dot/{place.rollout.pk}/moc/").status_code == 404


def test_the_page_costs_few_queries(client, place, django_assert_max_num_queries):
    reach(place.rollout, *list(Stage)[:9])
    client.force_login(place.editor)
    with django_assert_max_num_queries(14):
        client.get(url_of("record_milestone", place))


def test_recording_costs_few_queries(client, place, typed, django_assert_max_num_queries):
    client.force_login(place.editor)
    with django_assert_max_num_queries(35):
        client.post(url_of("record_milestone", place), typed)
