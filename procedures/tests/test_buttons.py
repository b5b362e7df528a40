"""Who is offered what on the agency page."""

import re

import pytest
from django.urls import reverse

from procedures.lifecycle import Stage
from procedures.testing import declare, reach

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(place):
    """A milestone to be confirmed, one returned, and a declaration of earlier years."""
    declare(place.agency, on="2015-03-01", year=2008, by=place.editor)
    place.returned = reach(place.rollout, Stage.PLANNED, by=place.editor)
    place.returned.return_(by=place.coordinator, seen=place.returned.version, note="Thiếu kế hoạch")
    place.waiting = reach(place.rollout, Stage.STEERING, by=place.editor)
    return place


def offered(client, place, person, on=""):
    """The acts that the page leads to, by their address after the agency's."""
    client.force_login(person)
    url = place.agency.get_absolute_url()
    page = client.get(url, {"on": on} if on else {}).content.decode()
    found = re.findall(rf'(?:href|action)="{url}((?:dot|cong-bo)/[^"]*)"', page)
    return {re.sub(r"\d+/", "", path).split("?")[0] for path in found}


RECORD = {
    "dot/moc/",
    "dot/nhieu-moc/",
    "cong-bo/",
    "dot/moc/sua/",
    "dot/moc/rut/",
    "cong-bo/sua/",
    "cong-bo/rut/",
}
REVIEW = {"dot/moc/xac-nhan/", "cong-bo/xac-nhan/"}
MOVE = {f"dot/tinh-trang/{state}/" for state in ("paused", "carried_over", "cancelled", "reorganised")}


def test_a_reader_is_offered_nothing(client, worked):
    assert offered(client, worked, worked.viewer) == set()


def test_an_editor_records(client, worked):
    assert offered(client, worked, worked.editor) == RECORD


def test_a_coordinator_also_reviews_and_moves(client, worked):
    assert offered(client, worked, worked.coordinator) == RECORD | REVIEW | MOVE


def test_a_page_of_the_past_only_shows(client, worked):
    assert offered(client, worked, worked.coordinator, on="01/07/2020") == set()


def test_a_returned_milestone_can_be_mended_from_the_timeline(client, worked):
    client.force_login(worked.editor)
    page = client.get(worked.agency.get_absolute_url()).content.decode()
    assert reverse("amend_milestone", args=[worked.agency.pk, worked.rollout.pk, worked.returned.pk]) in page
    assert "Thiếu kế hoạch" in page


def test_the_buttons_cost_no_query(client, worked, django_assert_max_num_queries):
    client.force_login(worked.coordinator)
    with django_assert_max_num_queries(18):
        client.get(worked.agency.get_absolute_url())


def test_one_click_on_the_timeline_confirms(client, worked):
    client.force_login(worked.coordinator)
    url = reverse("review_milestone", args=[worked.agency.pk, worked.rollout.pk, worked.waiting.pk])
    page = client.get(worked.agency.get_absolute_url()).content.decode()
    form = page[page.index(f'action="{url}"') :]
    sent = dict(re.findall(r'name="(after|seen)" value="([^"]*)"', form[: form.index("</form>")]))
    assert client.post(url, sent).status_code == 302
    worked.waiting.refresh_from_db()
    assert worked.waiting.reviewed_by == worked.coordinator
