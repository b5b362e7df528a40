"""The page of an agency says its day as the other pages do, however it was written."""

import pytest

from agencies.models import Role
from agencies.testing import day, make_province, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("written", ["2020-10-31", "31/10/2020", "31.10.2020"])
def test_the_day_stands_in_the_form_as_it_is_written_here(client, written):
    province = make_province()
    client.force_login(make_user(Role.VIEWER, province.committee))
    html = client.get(f"/co-quan/{province.committee.pk}/", {"on": written}).content.decode()
    assert 'value="31/10/2020"' in html


def test_a_day_that_cannot_be_read_stays_as_it_was_typed(client):
    province = make_province()
    client.force_login(make_user(Role.VIEWER, province.committee))
    answer = client.get(f"/co-quan/{province.committee.pk}/", {"on": "31/02/2020"})
    assert answer.status_code == 422
    assert 'value="31/02/2020"' in answer.content.decode()


def test_the_way_to_it_is_that_of_the_day(client):
    province = make_province()
    moved, away = province.lac_dao, province.dong_tao.parent
    before = moved.parent
    moved.revise(by=None, seen=moved.version, on=day("2021-06-01"), parent=away)
    client.force_login(make_user(Role.VIEWER, province.committee))

    def way(on):
        page = client.get(f"/co-quan/{moved.pk}/", {"on": on}).context
        return page["crumbs"], page["parent"]

    assert way("31/05/2021") == ([province.committee, before], before)
    assert way("01/06/2021") == ([province.committee, away], away)
