"""The page of a territory: its numbers and their lists, its peers, what lies outside, and its queries."""

import re

import pytest
from django.core.cache import cache
from django.urls import reverse

from agencies.models import Agency, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]


def page(client, username, code, **asked):
    client.force_login(User.objects.get(username=username))
    return client.get(reverse("territory", args=[Agency.objects.get(code=code).pk]), asked)


@pytest.mark.parametrize("switch", ["", "1"])
@pytest.mark.parametrize(
    ("username", "code", "on"),
    [
        ("lanhdao", "H31", "31/10/2020"),
        ("lanhdao", "H31.325", "30/12/2021"),
        ("vanlam", "H31.325", "31/10/2020"),
    ],
)
def test_each_figure_opens_a_list_of_exactly_that_many_rows(client, username, code, on, switch):
    html = page(client, username, code, on=on, **({"xacnhan": "1"} if switch else {})).text
    links = sorted(set(re.findall(r'data-figure="(\d+)" href="([^"]+)"', html)))
    assert len(links) > 15
    for number, url in links[:: max(1, len(links) // 60)]:
        answer = client.get(url.replace("&amp;", "&"))
        assert answer.status_code == 200, url
        assert re.search(r'data-count="(\d+)"', answer.text).group(1) == number, url


def test_rank_and_median_are_for_those_who_see_the_peers(client):
    assert "đứng thứ 8 trong 10 huyện" in page(client, "lanhdao", "H31.325", on="31/10/2020").text
    hidden = page(client, "vanlam", "H31.325", on="31/10/2020").text
    assert "đứng thứ" not in hidden
    assert "chỉ hiện với người xem được mọi cơ quan" in hidden


def test_outside_the_scope_it_does_not_exist_and_without_any_below_it_leads_to_the_agency(client):
    hidden = page(client, "lacdao", "H31.325")
    missing = client.get(reverse("territory", args=[99999999]))
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content
    own = page(client, "lacdao", "H31.325.11989")
    assert own.status_code == 302
    assert own.url.startswith(reverse("agency", args=[Agency.objects.get(code="H31.325.11989").pk]))


@pytest.mark.parametrize(("asked", "budget"), [({}, 15), ({"xacnhan": "1"}, 16)])
@pytest.mark.parametrize("code", ["H31", "H31.325"])
def test_the_page_keeps_its_query_budget(client, django_assert_max_num_queries, code, asked, budget):
    cache.clear()
    client.force_login(User.objects.get(username="lanhdao"))
    address = reverse("territory", args=[Agency.objects.get(code=code).pk])
    with django_assert_max_num_queries(budget):
        assert client.get(address, {"on": "31/10/2020"} | asked).status_code == 200


def test_a_shared_rank_is_called_shared_and_that_of_nobody_is_not_said(client):
    assert "đồng hạng 1 trong 10 huyện" in page(client, "lanhdao", "H31.325", on="30/12/2021").text
    nobody = page(client, "lanhdao", "H31.325", on="01/01/2010").text
    assert "0/12 đơn vị đã công bố;" in nobody
