"""The weekly mail of the demonstration: each number leads to a list of so many rows, and is the board's."""

import re

import pytest

from agencies.models import Agency, User
from agencies.testing import day
from reports import figures
from reports.letters.week import week_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]


@pytest.mark.parametrize("on", ["2020-11-02", "2021-07-05"])
@pytest.mark.parametrize("username", ["lanhdao", "vanlam"])
def test_every_number_leads_to_a_list_of_so_many_rows(client, username, on):
    person = User.objects.get(username=username)
    client.force_login(person)
    (part,) = week_of(person, day(on)).parts
    numbers = [(row.before, row.before_url) for row in part.moved] + [(r.now, r.now_url) for r in part.moved]
    for number, url in [*numbers, (part.late_count, part.late_url)]:
        html = client.get(url).content.decode()
        assert re.search(r'data-count="(\d+)"', html).group(1) == str(number), url
    for url in [part.url, part.changes_url, *(told.url for told in part.targets)]:
        assert client.get(url).status_code == 200, url


def test_the_figures_are_those_of_the_board():
    person = User.objects.get(username="lanhdao")
    (part,) = week_of(person, day("2020-11-02")).parts
    shown = figures.units(on=day("2020-11-01"), scope=Agency.objects.get(code="H31"), user=person)
    assert part.moved[0].now == shown.declared.part
    assert f"{shown.declared.part}/{shown.declared.whole}" in part.sentence.text


def test_a_fixed_number_of_queries(django_assert_max_num_queries):
    for username in ("lanhdao", "vanlam"):
        with django_assert_max_num_queries(24):
            week_of(User.objects.get(username=username), day("2020-11-02"))
