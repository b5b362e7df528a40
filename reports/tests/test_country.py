"""Several provinces on one page: a line for each, every number a list of exactly that many rows."""

import datetime
import re

import pytest
from django.core.management import call_command

from agencies.models import Agency, Role
from agencies.testing import grant, make_user
from procedures.bulk.engine import chosen
from procedures.models import BulkEdit, Plan, Rollout

pytestmark = pytest.mark.django_db
ADDRESS = "/bang-dieu-hanh/"


@pytest.fixture(scope="module")
def country(django_db_setup, django_db_blocker):
    """Three small provinces, rolled back after the module."""
    from io import StringIO

    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        call_command("make_country", agencies=700, procedures=3, seed=1, stdout=StringIO())
        yield list(Agency.objects.filter(parent=None).order_by("path"))
        transaction.set_rollback(True)


@pytest.fixture
def minister(country):
    return make_user(is_superuser=True)


def page(client, user, **params):
    client.force_login(user)
    answer = client.get(ADDRESS, params)
    assert answer.status_code == 200
    return answer.content.decode()


def rows_of(client, url):
    answer = client.get(url.replace("&amp;", "&"))
    assert answer.status_code == 200, url
    return re.search(r'data-count="(\d+)"', answer.content.decode()).group(1)


@pytest.mark.parametrize(
    "params", [{}, {"on": "31/12/2020"}, {"on": "30/06/2019"}, {"on": "31/12/2021", "xacnhan": "1"}]
)
def test_each_number_opens_a_list_of_exactly_that_many_rows(client, country, minister, params):
    html = page(client, minister, **params)
    links = set(re.findall(r'data-figure="(\d+)" href="([^"]+)"', html))
    assert len(links) > 6 * len(country)
    for number, url in links:
        assert rows_of(client, url) == number, f"{params}: {url}"


def test_each_province_has_its_line_and_leads_to_its_board(client, country, minister):
    assert len(country) > 1
    html = page(client, minister)
    for province in country:
        assert f'href="{ADDRESS}?agency={province.pk}"' in html
        assert province.name in page(client, minister, agency=province.pk)


def test_the_lines_add_up_to_the_total(client, country, minister):
    html = page(client, minister, on="31/12/2020")
    body, foot = re.search(r"<tbody>(.*)</tbody>\s*<tfoot>(.*)</tfoot>", html, re.S).groups()
    for column in ("units=yes", "units=yes&amp;declared=yes", "units=yes&amp;late=yes", "iso=yes"):
        pattern = rf'data-figure="(\d+)" href="[^"?]*\?[^"]*{re.escape(column)}"'
        assert sum(map(int, re.findall(pattern, body))) == int(re.search(pattern, foot)[1]), column


def test_the_line_of_a_province_says_what_its_own_board_says(client, country, minister):
    whole = page(client, minister, on="31/12/2020")
    for province in country:
        own = page(client, minister, on="31/12/2020", agency=province.pk)
        for filters in ("units=yes&amp;declared=yes", "units=yes"):
            pattern = (
                rf'data-figure="(\d+)" href="/co-quan/\?agency={province.pk}&amp;on=31/12/2020&amp;{filters}"'
            )
            assert re.search(pattern, whole)[1] == re.search(pattern, own)[1]


def test_the_lines_are_ordered_as_asked(client, country, minister):
    def names(**params):
        return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', page(client, minister, **params))

    in_tree = names(sap="ten")
    assert in_tree == [province.name for province in country]
    assert sorted(names()) == sorted(in_tree)
    shares = re.findall(
        r'declared=yes">\d+</a></td><td class="n">([\d,]+) %',
        page(client, minister).split("<tbody>")[1].split("</tbody>")[0],
    )
    shares = [float(share.replace(",", ".")) for share in shares]
    assert shares == sorted(shares, reverse=True)
    assert names(sap="nonsense") == names()


def test_whoever_holds_roles_in_two_provinces_sees_those_two(client, country):
    person = make_user(Role.VIEWER, country[0])
    grant(person, Role.VIEWER, country[1])
    html = page(client, person)
    assert country[0].name in html and country[1].name in html
    assert country[2].name not in html
    for number, url in set(re.findall(r'data-figure="(\d+)" href="([^"]+)"', html)):
        assert rows_of(client, url) == number, url
    assert client.get(ADDRESS, {"agency": country[2].pk}).status_code == 404


def test_whoever_sees_one_province_sees_its_board(client, country):
    html = page(client, make_user(Role.VIEWER, country[0]))
    assert 'id="provinces"' not in html
    assert country[0].name in html


def test_the_first_province_keeps_its_scope_from_page_to_page(client, country, minister):
    html = page(client, minister, agency=country[0].pk)
    assert f"/co-quan/?agency={country[0].pk}&amp;units=yes" in html


def test_the_page_asks_few_queries(client, country, minister, django_assert_max_num_queries):
    client.force_login(minister)
    with django_assert_max_num_queries(15):
        client.get(ADDRESS)
    with django_assert_max_num_queries(6):
        client.get(ADDRESS)


def test_a_bulk_edit_speaks_of_the_rows_that_its_list_shows(client, country, minister):
    client.force_login(minister)
    edit = BulkEdit(subject="agencies", query="units=yes", picked=[], pasted="")
    assert str(chosen(edit, minister).count()) == rows_of(client, "/co-quan/?units=yes")


def test_a_province_and_a_part_of_another_are_no_sum(client, country):
    person = make_user(Role.VIEWER, country[0])
    grant(person, Role.VIEWER, Agency.objects.filter(parent=country[1]).first())
    assert 'id="provinces"' not in page(client, person)


@pytest.mark.parametrize("day", ["2019-06-30", "2020-12-31", "2021-12-31", "2026-01-01"])
@pytest.mark.parametrize("confirmed_only", [False, True])
def test_the_late_ones_of_a_country_are_those_of_each_list(country, day, confirmed_only):
    on = datetime.date.fromisoformat(day)
    one = Rollout.objects.as_of(on, confirmed_only=confirmed_only).late(on)
    assert set(one) == set(Rollout.objects.late_on(on, confirmed_only=confirmed_only))


def test_lists_without_a_scope_show_every_province_and_other_pages_the_first(client, country, minister):
    client.force_login(minister)
    assert "Tất cả các tỉnh" in client.get("/co-quan/").content.decode()
    assert country[0].name in client.get("/ke-hoach/", follow=True).content.decode()
    assert client.get("/van-ban/").status_code == 200


@pytest.mark.parametrize("page_of_plan", ["", "du-bao/"])
def test_a_plan_opens_with_the_figures_of_its_own_province(client, country, minister, page_of_plan):
    client.force_login(minister)
    plan = Plan.objects.get(agency=country[1])
    html = client.get(f"/ke-hoach/{plan.code}/{page_of_plan}").content.decode()
    assert f'<option value="{country[1].pk}" selected>' in html
    html = client.get(f"/ke-hoach/{plan.code}/{page_of_plan}", {"agency": country[0].pk}).content.decode()
    assert f'<option value="{country[0].pk}" selected>' in html
