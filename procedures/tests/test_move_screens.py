"""Pause, resume, carry over, cancel and end a rollout, on screen."""

import pytest

from agencies.models import ChangeSet
from procedures.lifecycle import Stage, State
from procedures.models import Rollout
from procedures.testing import reach
from procedures.tests.recording import send_again, url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(place):
    return {"seen": place.rollout.version, "on": "01/09/2020", "reason": "Chờ sắp xếp đơn vị hành chính"}


def state(place):
    place.rollout.refresh_from_db()
    return place.rollout.state


@pytest.mark.parametrize("after", [State.PAUSED, State.CANCELLED, State.REORGANISED])
def test_the_coordinator_stops_it_with_a_reason(client, place, typed, after):
    client.force_login(place.coordinator)
    url = url_of("move_rollout", place, after.value)
    assert client.get(url).context["becomes"]
    assert client.post(url, typed).status_code == 302
    assert state(place) == after and place.rollout.moves.get().reason == typed["reason"]


def test_a_paused_one_goes_on(client, place, typed):
    place.rollout.move(State.PAUSED, by=None, seen=1, reason="Chờ")
    client.force_login(place.coordinator)
    client.post(url_of("move_rollout", place, "active"), typed | {"seen": 2, "on": _today()})
    assert state(place) == State.ACTIVE


def test_no_milestone_of_a_paused_one_is_in_progress(client, place):
    client.force_login(place.coordinator)

    def states():
        page = client.get(f"/co-quan/{place.agency.pk}/").context
        return [step["state"] for step in page["rollouts"][0].timeline]

    assert states().count("current") == 1
    place.rollout.move(State.PAUSED, by=None, seen=place.rollout.version, reason="Chờ")
    assert "current" not in states()


def test_the_list_of_the_plan_says_that_it_is_paused(client, place):
    place.rollout.move(State.PAUSED, by=None, seen=place.rollout.version, reason="Chờ")
    client.force_login(place.coordinator)
    page = client.get(f"/ke-hoach/{place.rollout.plan.code}/dot-trien-khai/").content.decode()
    assert '<span class="chip">Tạm dừng</span>' in page


def _today():
    from django.utils import timezone

    return f"{timezone.localdate():%d/%m/%Y}"


def test_carried_over_it_goes_on_in_the_other_year(client, place, typed):
    reach(place.rollout, Stage.PLANNED)
    client.force_login(place.coordinator)
    url = url_of("move_rollout", place, "carried_over")
    assert client.get(url).context["form"].fields["year"].choices == [(2021, "2021")]
    typed |= {"seen": place.rollout.version, "year": "2021", "due_on": "30/06/2021"}
    response = client.post(url, typed)
    heir = Rollout.objects.get(year=2021)
    assert response.url.endswith(f"#rollout-{heir.pk}")
    assert heir.carries_on == place.rollout and heir.milestones.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"on": "01/01/2020"}, "on"),
        ({"on": "x"}, "on"),
        ({"year": "1999"}, "year"),
    ],
)
def test_nonsense_is_named_beside_its_field(client, place, typed, wrong, field):
    client.force_login(place.coordinator)
    typed |= {"year": "2021", "due_on": "30/06/2021"} | wrong
    response = client.post(url_of("move_rollout", place, "carried_over"), typed)
    assert response.status_code == 422 and field in response.context["form"].errors
    assert state(place) == State.ACTIVE


def test_a_state_that_is_none_is_not_here(client, place):
    client.force_login(place.coordinator)
    assert client.get(url_of("move_rollout", place, "asleep")).status_code == 404


def test_a_move_that_the_table_lacks_leads_back(client, place):
    client.force_login(place.coordinator)
    assert client.get(url_of("move_rollout", place, "active")).status_code == 302


@pytest.mark.parametrize(("person", "status"), [("stranger", 404), ("viewer", 403), ("editor", 403)], ids=str)
def test_nobody_else_moves_it(client, place, typed, person, status):
    client.force_login(getattr(place, person))
    url = url_of("move_rollout", place, "paused")
    assert client.get(url).status_code == status
    assert client.post(url, typed).status_code == status
    assert state(place) == State.ACTIVE


def test_a_second_click_has_one_effect(client, place, typed):
    client.force_login(place.coordinator)
    url = url_of("move_rollout", place, "paused")
    client.post(url, typed)
    sets = ChangeSet.objects.count()
    assert client.post(url, typed, follow=True).status_code == 200
    assert ChangeSet.objects.count() == sets and place.rollout.moves.count() == 1


def test_a_stale_move_shows_what_happened_meanwhile(client, place, typed):
    reach(place.rollout, Stage.PROMULGATED, by=place.editor)
    client.force_login(place.coordinator)
    response = client.post(url_of("move_rollout", place, "paused"), typed)
    page = response.content.decode()
    assert response.status_code == 409
    assert place.editor.full_name in page and typed["reason"] in page
    send_again(client, response)
    assert state(place) == State.PAUSED


def test_the_page_costs_few_queries(client, place, django_assert_max_num_queries):
    client.force_login(place.coordinator)
    with django_assert_max_num_queries(14):
        client.get(url_of("move_rollout", place, "carried_over"))
