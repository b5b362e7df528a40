"""The screens that correct a milestone and take it back."""

import pytest

from agencies.models import ChangeSet
from agencies.testing import day
from procedures.lifecycle import Acceptance, Stage
from procedures.testing import make_document, reach
from procedures.tests.recording import send_again, texts, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def milestone(place):
    return reach(place.rollout, Stage.STEERING, by=place.editor)


@pytest.fixture
def typed(place, milestone):
    return {
        "seen": place.rollout.version,
        "entry_seen": milestone.version,
        "stage": milestone.stage,
        "on": "21/06/2020",
        "note": "Đúng ngày ký",
        "reason": "Gõ nhầm ngày",
    }


def amend_url(place, milestone):
    return url_of("amend_milestone", place, milestone.pk)


def withdraw_url(place, milestone):
    return url_of("withdraw_milestone", place, milestone.pk)


def test_the_form_holds_what_is_on_record(client, place, milestone):
    client.force_login(place.editor)
    form = client.get(amend_url(place, milestone)).context["form"]
    assert (form["on"].value(), form["entry_seen"].value()) == (day("2020-06-20"), 1)


def test_a_correction_keeps_its_reason_in_the_history(client, place, milestone, typed):
    client.force_login(place.editor)
    assert client.post(amend_url(place, milestone), typed).status_code == 302
    milestone.refresh_from_db()
    assert (milestone.reached_on, milestone.note) == (day("2020-06-21"), "Đúng ngày ký")
    assert ChangeSet.objects.first().reason == "Gõ nhầm ngày"


def test_a_correction_needs_a_reason(client, place, milestone, typed):
    client.force_login(place.editor)
    response = client.post(amend_url(place, milestone), typed | {"reason": " "})
    assert response.status_code == 422 and "reason" in response.context["form"].errors


def test_a_returned_one_is_mended_without_another_reason(client, place, milestone, typed):
    milestone.return_(by=place.coordinator, seen=milestone.version, note="Sai ngày")
    client.force_login(place.editor)
    client.post(amend_url(place, milestone), typed | {"entry_seen": milestone.version, "reason": ""})
    milestone.refresh_from_db()
    assert (milestone.acceptance, milestone.review_note) == (Acceptance.UNREVIEWED, "")


def test_nonsense_is_kept_and_named(client, place, milestone, typed):
    client.force_login(place.editor)
    response = client.post(amend_url(place, milestone), typed | {"on": "hôm qua"})
    assert response.status_code == 422 and response.context["form"]["on"].value() == "hôm qua"


def test_a_correction_sent_twice_has_one_effect(client, place, milestone, typed):
    client.force_login(place.editor)
    typed["doc_number"] = "12/QĐ-UBND"
    client.post(amend_url(place, milestone), typed)
    sets = ChangeSet.objects.count()
    assert client.post(amend_url(place, milestone), typed, follow=True).status_code == 200
    assert ChangeSet.objects.count() == sets


def test_a_stale_correction_shows_both_versions(client, place, milestone, typed):
    paper = make_document(number="77/QĐ-UBND")
    place.rollout.amend(
        milestone, on=day("2020-06-19"), by=place.coordinator, seen=place.rollout.version, document=paper
    )
    client.force_login(place.editor)
    response = client.post(amend_url(place, milestone), typed)
    page = response.content.decode()
    assert response.status_code == 409
    for text in (place.coordinator.full_name, "19/06/2020", "77/QĐ-UBND", "21/06/2020", "Gõ nhầm ngày"):
        assert text in page
    send_again(client, response)
    milestone.refresh_from_db()
    assert milestone.reached_on == day("2020-06-21")


def test_what_was_returned_meanwhile_is_told(client, place, milestone, typed):
    milestone.return_(by=place.coordinator, seen=milestone.version, note="Thiếu quyết định")
    client.force_login(place.editor)
    response = client.post(amend_url(place, milestone), typed)
    assert response.status_code == 409 and place.coordinator.full_name in response.content.decode()


def test_what_was_taken_back_meanwhile_can_be_recorded_anew(client, place, milestone, typed):
    place.rollout.withdraw(milestone, by=place.coordinator, seen=place.rollout.version, reason="Chưa có")
    client.force_login(place.editor)
    response = client.post(amend_url(place, milestone), typed)
    assert response.status_code == 409 and place.coordinator.full_name in response.content.decode()
    send_again(client, response)
    assert place.rollout.milestones.get().note == "Đúng ngày ký"


def test_a_stranger_gets_404_and_a_reader_403(client, place, milestone, typed):
    for person, status in ((place.stranger, 404), (place.viewer, 403)):
        client.force_login(person)
        for url in (amend_url(place, milestone), withdraw_url(place, milestone)):
            assert client.get(url).status_code == status
            assert client.post(url, typed).status_code == status
    milestone.refresh_from_db()
    assert milestone.reached_on == day("2020-06-20")


def test_declared_is_not_corrected_as_a_milestone(client, place):
    declared = reach(place.rollout, Stage.DECLARED, by=place.editor)
    client.force_login(place.editor)
    assert client.get(amend_url(place, declared)).status_code == 404


def test_taking_back_asks_and_needs_a_reason(client, place, milestone):
    client.force_login(place.editor)
    assert client.get(withdraw_url(place, milestone)).status_code == 200
    response = client.post(withdraw_url(place, milestone), {"seen": place.rollout.version, "reason": ""})
    assert response.status_code == 422 and place.rollout.milestones.exists()


def test_taking_back_twice_has_one_effect(client, place, milestone):
    client.force_login(place.editor)
    typed = {"seen": place.rollout.version, "reason": "Nhập nhầm xã"}
    client.post(withdraw_url(place, milestone), typed)
    sets = ChangeSet.objects.count()
    second = client.post(withdraw_url(place, milestone), typed, follow=True)
    assert second.status_code == 200 and texts(second)
    assert not place.rollout.milestones.exists() and ChangeSet.objects.count() == sets


def test_a_stale_taking_back_shows_what_is_on_record(client, place, milestone):
    seen = place.rollout.version
    place.rollout.amend(milestone, on=day("2020-06-19"), by=place.coordinator, seen=seen)
    client.force_login(place.editor)
    response = client.post(withdraw_url(place, milestone), {"seen": seen, "reason": "Nhập nhầm"})
    assert response.status_code == 409 and "19/06/2020" in response.content.decode()
    send_again(client, response)
    assert not place.rollout.milestones.exists()


def test_the_pages_cost_few_queries(client, place, milestone, django_assert_max_num_queries):
    client.force_login(place.editor)
    for url in (amend_url(place, milestone), withdraw_url(place, milestone)):
        with django_assert_max_num_queries(14):
            client.get(url)
