"""The board's blocks are kept ready: the same for everybody with the same reach, never older than the register."""

import re

import pytest

from agencies.models import Notice, Role
from agencies.testing import make_user
from procedures.testing import declare

pytestmark = pytest.mark.django_db
ADDRESS = "/bang-dieu-hanh/"


@pytest.fixture
def board(client):
    def get(user, address=ADDRESS, **params):
        client.force_login(user)
        return client.get(address, params)

    return get


def declared(answer):
    return int(
        re.search(r'data-figure="(\d+)" href="[^"]*declared=yes&amp;level=commune', answer.content.decode())[
            1
        ]
    )


def test_a_declaration_shows_at_once(place, board):
    assert declared(board(place.viewer)) == declared(board(place.viewer)) == 0
    declare(place.agency)
    assert declared(board(place.viewer)) == 1


def test_who_sees_another_part_gets_another_page(place, board):
    declare(place.agency)
    assert declared(board(place.viewer)) == declared(board(place.editor)) == 1
    assert declared(board(place.stranger)) == 0


def test_what_is_kept_names_nobody(place, board, client):
    first = make_user(Role.VIEWER, place.province.committee, full_name="Nguyễn Thị Một")
    second = make_user(Role.VIEWER, place.province.committee, full_name="Trần Văn Hai")
    one, two = board(first).content.decode(), board(second).content.decode()
    assert "Nguyễn Thị Một" in one and "Nguyễn Thị Một" not in two
    assert "Trần Văn Hai" in two


def test_the_bell_is_counted_anew(place, board):
    assert 'class="bell"' not in board(place.viewer).content.decode()
    # A notice is no change of the register: its version stands still.
    Notice.objects.tell([Notice(to=place.viewer, kind="returned", occasion="1", title="Bị trả lại")])
    assert 'class="bell"' in board(place.viewer).content.decode()


def test_the_token_of_a_kept_page_is_that_of_who_asks(place, board, client):
    tokens = set()
    for user in (place.viewer, place.viewer):
        tokens |= set(re.findall(r'X-CSRFToken": "(\w+)"', board(user).content.decode()))
    assert len(tokens) == 2


def test_a_day_that_cannot_be_read_is_answered_each_time(place, board):
    for _time in range(2):
        answer = board(place.viewer, on="31/02/2020")
        assert answer.status_code == 422
        assert "31/02/2020" in answer.content.decode()
    assert board(place.viewer).status_code == 200


def test_another_language_gets_its_own_words(place, board, client):
    vietnamese = board(place.viewer).content.decode()
    client.cookies["django_language"] = "en"
    english = board(place.viewer).content.decode()
    assert "Units that have declared" in english
    assert "Units that have declared" not in vietnamese


def test_only_who_may_start_a_campaign_is_offered_one(place, board):
    coordinator = make_user(Role.COORDINATOR, place.province.committee)
    for user, offered in ((place.viewer, False), (coordinator, True), (place.viewer, False)):
        page = board(user, "/chuyen-doi/").content.decode()
        assert ("/chuyen-doi/moi/" in page) is offered


@pytest.mark.parametrize("page", ["/chuyen-doi/", "/dia-ban/{}/"])
def test_territory_and_conversion_are_kept_too(place, board, client, page, django_assert_max_num_queries):
    address = page.format(place.province.committee.pk)
    before = board(place.viewer, address)
    with django_assert_max_num_queries(6):
        assert client.get(address).status_code == before.status_code == 200
    declare(place.agency)
    assert client.get(address).content != before.content


def test_a_territory_with_nothing_below_leads_to_its_agency_each_time(place, board, client):
    address = f"/dia-ban/{place.agency.pk}/"
    for answer in (board(place.viewer, address), client.get(address)):
        assert answer.url.startswith(f"/co-quan/{place.agency.pk}/")


def test_kept_blocks_cost_few_queries(place, board, client, django_assert_max_num_queries):
    board(place.viewer)
    with django_assert_max_num_queries(6):
        assert client.get(ADDRESS).status_code == 200
