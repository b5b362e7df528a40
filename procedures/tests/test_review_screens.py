"""The lead agency's word on an entry, on screen."""

import pytest
from django.urls import reverse

from agencies.models import ChangeSet
from procedures.lifecycle import Acceptance, Stage
from procedures.testing import declare, reach
from procedures.tests.recording import send_again, texts, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["milestone", "declaration"])
def entry(request, place):
    if request.param == "milestone":
        return reach(place.rollout, Stage.STEERING, by=place.editor)
    return declare(place.agency, by=place.editor, rollout=place.rollout)


@pytest.fixture
def url(place, entry):
    if hasattr(entry, "stage"):
        return url_of("review_milestone", place, entry.pk)
    return reverse("review_declaration", args=[place.agency.pk, entry.pk])


def acceptance(entry):
    entry.refresh_from_db()
    return entry.acceptance


def test_the_coordinator_confirms(client, place, entry, url):
    client.force_login(place.coordinator)
    assert client.post(url, {"after": "accepted", "seen": entry.version}).status_code == 302
    assert acceptance(entry) == Acceptance.ACCEPTED


def test_the_coordinator_returns_with_a_note(client, place, entry, url):
    client.force_login(place.coordinator)
    client.post(url, {"after": "returned", "seen": entry.version, "note": "Thiếu số quyết định"})
    assert acceptance(entry) == Acceptance.RETURNED and entry.review_note == "Thiếu số quyết định"


def test_without_a_note_nothing_is_returned(client, place, entry, url):
    client.force_login(place.coordinator)
    response = client.post(url, {"after": "returned", "seen": entry.version})
    assert response.status_code == 422 and "note" in response.context["form"].errors
    assert response.context["decisions"]


def test_the_page_offers_what_the_table_allows(client, place, entry, url):
    client.force_login(place.coordinator)
    offered = [value for value, _label in client.get(url).context["decisions"]]
    assert offered == ["accepted", "returned"]
    entry.accept(by=place.coordinator, seen=entry.version)
    assert [value for value, _label in client.get(url).context["decisions"]] == ["returned"]


def test_the_editor_hands_a_returned_one_in_again(client, place, entry, url):
    entry.return_(by=place.coordinator, seen=entry.version, note="Thiếu số")
    client.force_login(place.editor)
    client.post(url, {"after": "unreviewed", "seen": entry.version})
    assert acceptance(entry) == Acceptance.UNREVIEWED


def mend(client, place, entry):
    """The entry's own form, sent as it opens with another note; the page that follows."""
    if hasattr(entry, "stage"):
        address = url_of("amend_milestone", place, entry.pk)
    else:
        address = reverse("amend_declaration", args=[place.agency.pk, entry.pk])
    form = client.get(address).context["form"]
    values = {name: form[name].value() or "" for name in form.fields}
    why = "reason" if hasattr(entry, "stage") else "why"
    return client.post(address, values | {"note": "Đã bổ sung", why: "Gõ nhầm"}, follow=True)


def test_mending_a_returned_one_says_that_it_was_handed_in_again(client, place, entry):
    entry.return_(by=place.coordinator, seen=entry.version, note="Thiếu số")
    client.force_login(place.editor)
    assert any("Đã gửi lại" in text for text in texts(mend(client, place, entry)))
    assert acceptance(entry) == Acceptance.UNREVIEWED


def test_the_coordinator_who_mends_a_returned_one_is_told_that_it_is_confirmed(client, place, entry):
    entry.return_(by=place.coordinator, seen=entry.version, note="Thiếu số")
    client.force_login(place.coordinator)
    assert any("Đã xác nhận" in text for text in texts(mend(client, place, entry)))
    assert acceptance(entry) == Acceptance.ACCEPTED


def test_another_correction_speaks_of_no_handing_in(client, place, entry):
    client.force_login(place.editor)
    assert not any("gửi lại" in text for text in texts(mend(client, place, entry)))


@pytest.mark.parametrize("typed", [{"after": "blessed"}, {}, {"after": "accepted", "seen": ""}])
def test_nonsense_changes_nothing(client, place, entry, url, typed):
    client.force_login(place.coordinator)
    assert client.post(url, {"seen": entry.version} | typed).status_code == 422
    assert acceptance(entry) == Acceptance.UNREVIEWED


def test_nobody_else_reviews(client, place, entry, url):
    for person, status in ((place.stranger, 404), (place.viewer, 403), (place.editor, 403)):
        client.force_login(person)
        assert client.get(url).status_code == status
        for after in ("accepted", "returned"):
            typed = {"after": after, "seen": entry.version, "note": "x"}
            assert client.post(url, typed).status_code == status
    assert acceptance(entry) == Acceptance.UNREVIEWED


def test_a_second_click_has_one_effect(client, place, entry, url):
    client.force_login(place.coordinator)
    typed = {"after": "accepted", "seen": entry.version}
    client.post(url, typed)
    sets = ChangeSet.objects.count()
    assert client.post(url, typed, follow=True).status_code == 200
    assert ChangeSet.objects.count() == sets


def test_a_stale_word_shows_both_versions(client, place, entry, url):
    seen = entry.version
    if hasattr(entry, "stage"):
        place.rollout.amend(
            entry, on=entry.reached_on, by=place.editor, seen=place.rollout.version, note="Mới"
        )
    else:
        entry.amend(on=entry.declared_on, by=place.editor, seen=seen, note="Mới")
    client.force_login(place.coordinator)
    response = client.post(url, {"after": "returned", "seen": seen, "note": "Thiếu số"})
    page = response.content.decode()
    assert response.status_code == 409
    for text in (place.editor.full_name, "Mới", "Thiếu số"):
        assert text in page
    send_again(client, response)
    assert acceptance(entry) == Acceptance.RETURNED


def test_the_page_costs_few_queries(client, place, entry, url, django_assert_max_num_queries):
    client.force_login(place.coordinator)
    with django_assert_max_num_queries(14):
        client.get(url)
