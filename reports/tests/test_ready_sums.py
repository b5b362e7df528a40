"""A page says the same whether its numbers stood ready or were counted for it."""

import re

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.models import Agency, Kind, Role, Touched
from agencies.testing import day, grant, make_user
from procedures.territories import count_touched

pytestmark = pytest.mark.django_db
OVERVIEW = "/bang-dieu-hanh/"


@pytest.fixture(scope="module")
def country(django_db_setup, django_db_blocker):
    """Five small provinces, rolled back after the module."""
    from io import StringIO

    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        call_command("make_country", agencies=1_000, procedures=3, seed=2, stdout=StringIO())
        yield list(Agency.objects.filter(parent=None).order_by("path"))
        transaction.set_rollback(True)


def told(client, user, address, **asked):
    """(the page without the minute at which it was counted, whether the database counted for it)."""
    cache.clear()
    client.force_login(user)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, asked)
    assert answer.status_code == 200
    counted = any("LEFT(" in q["sql"].upper() and "GROUP BY" in q["sql"] for q in queries) or any(
        "SUBSTR(" in q["sql"] and "GROUP BY" in q["sql"] for q in queries
    )
    return re.sub(r"\d\d:\d\d", "", answer.text.partition("<main")[2]), counted


@pytest.mark.parametrize(
    "asked", [{}, {"on": "31/12/2020"}, {"on": "30/06/2019"}, {"on": "01/01/1995"}], ids=lambda a: a.get("on")
)
def test_it_says_the_same(client, country, asked):
    province = country[1]
    districts = Agency.objects.within(province).filter(kind=Kind.DISTRICT_COMMITTEE)
    addresses = [
        OVERVIEW,
        *(reverse("territory", args=[a.pk]) for a in (province, districts[0], districts[1])),
    ]
    people = make_user(is_superuser=True), make_user(Role.COORDINATOR, province)
    grant(people[1], Role.VIEWER, country[2])
    for user in people:
        for address in addresses:
            Touched.objects.all().delete()
            ready, counted_once = told(client, user, address, **asked)
            Touched.objects.mark([None])
            fresh, counted_now = told(client, user, address, **asked)
            assert ready == fresh, address
            # The coordinator sees two of five provinces: neither what they are together nor the peers of one stand ready.
            is_seen_whole = user.is_superuser or address not in addresses[:2]
            assert counted_now or not is_seen_whole
            assert not counted_once or not is_seen_whole, address


def test_only_what_is_behind_is_counted(client, country):
    minister = make_user(is_superuser=True)
    before, _counted = told(client, minister, OVERVIEW)
    commune = Agency.objects.within(country[3]).filter(kind=Kind.COMMUNE_COMMITTEE).first()
    commune.close(by=None, seen=commune.version, on=day("2024-01-01"), successor=commune.parent)
    after, counted = told(client, minister, OVERVIEW)
    assert counted and after != before
    assert count_touched() == 1
    again, counted = told(client, minister, OVERVIEW)
    assert not counted and again == after


def test_an_agency_that_stood_in_another_province_is_not_told_to_whoever_does_not_see_it(client, country):
    """What a person sees goes by today's tree: on a past day the moved one is in no number of theirs."""
    source, target = country[3], country[4]
    moved = Agency.objects.within(source).filter(kind=Kind.DISTRICT_COMMITTEE).first()
    viewer = make_user(Role.VIEWER, source)
    addresses = [OVERVIEW, reverse("territory", args=[source.pk])]
    moved.revise(by=None, seen=moved.version, on=day("2022-01-01"), parent=target)
    fresh = [told(client, viewer, address, on="31/12/2020")[0] for address in addresses]
    count_touched()
    assert [told(client, viewer, address, on="31/12/2020")[0] for address in addresses] == fresh
