"""Two days of a small province: without a plan, and around a reorganisation that the person sees only in part."""

import re

import pytest
from django.core.cache import cache

from agencies.models import Role
from agencies.testing import day, make_province, make_user
from procedures.testing import declare

pytestmark = pytest.mark.django_db
PAIR = {"from": "30/06/2020", "on": "31/12/2020"}


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()
    yield
    cache.clear()


def shown(client, user, **asked):
    client.force_login(user)
    answer = client.get("/so-sanh/", PAIR | asked)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("mode", [{}, {"as": "known"}])
def test_a_register_without_a_plan_compares_units_and_procedures(client, mode):
    province = make_province()
    declare(province.lac_dao, on="2020-09-01")
    html = shown(client, make_user(Role.VIEWER, province.committee), **mode)
    assert "Đơn vị đã công bố" in html and "Thủ tục có hiệu lực" in html
    assert "Chỉ tiêu của kế hoạch" not in html


def test_what_was_recorded_today_was_not_known_in_2020(client):
    province = make_province()
    declare(province.lac_dao, on="2020-09-01")
    viewer = make_user(Role.VIEWER, province.committee)
    assert "từ 0 thành 1 (+1): 1 mới công bố" in shown(client, viewer)
    assert "Không có thay đổi giữa hai ngày" in shown(client, viewer, **{"as": "known"})


def test_a_merger_names_the_successor_only_to_whoever_sees_it(client):
    province = make_province()
    province.dong_tao.close(
        by=None, seen=1, on=day("2020-10-10"), successor=province.lac_dao, decision="88/NQ"
    )
    asked = PAIR | {"figure": "units", "term": "merged"}
    for agency, name in ((province.committee, "UBND xã Lạc Đạo"), (province.khoai_chau, "một cơ quan khác")):
        client.force_login(make_user(Role.VIEWER, agency))
        html = client.get("/so-sanh/co-quan/", asked).content.decode()
        assert f"sáp nhập vào {name} ngày 10/10/2020 (theo 88/NQ)" in html
        assert re.search(r'data-count="1"', html)
        assert ("Lạc Đạo" in html) == (agency is province.committee)
        url = re.search(r'href="(/co-quan/\d+/[^"]*)"', html).group(1).replace("&amp;", "&")
        assert client.get(url).status_code == 200


def test_a_name_changed_meanwhile_is_told_as_on_the_later_day(client):
    province = make_province()
    province.lac_dao.revise(by=None, seen=1, on=day("2021-03-01"), name="UBND phường Lạc Đạo")
    declare(province.lac_dao, on="2020-09-01")
    client.force_login(make_user(Role.VIEWER, province.committee))
    for asked, name in ((PAIR, "UBND xã Lạc Đạo"), (PAIR | {"on": "31/12/2021"}, "UBND phường Lạc Đạo")):
        html = client.get(
            "/so-sanh/co-quan/", asked | {"figure": "declared", "term": "declared"}
        ).content.decode()
        assert re.search(rf'<th scope="row"><a [^>]*>{name}</a>', html)
