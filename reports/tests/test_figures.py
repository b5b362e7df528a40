"""The published figures of the plan, day by day, and the lists behind the board."""

import datetime
import json
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from agencies.models import Agency, User
from reports.figures import percent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]

PUBLISHED_DAYS = ["2020-06-07", "2020-12-31", "2021-12-30"]


def figures(on, **options):
    out = StringIO()
    call_command("figures", on=on, json=True, stdout=out, **options)
    return json.loads(out.getvalue())


def target(answer, form, *levels):
    return next(t for t in answer["targets"] if t["form"] == form and t["levels"] == list(levels))


def test_before_the_plan_104_units_had_declared():
    answer = figures("2020-06-07")
    assert answer["units"]["total"] == 206
    assert answer["units"]["declared"] == 104
    assert answer["units"]["by_standard"] == {"TCVN ISO 9001:2008": 66, "TCVN ISO 9001:2015": 38}
    assert answer["units"]["by_level"] == {
        "province": {"total": 35, "declared": 30},
        "district": {"total": 10, "declared": 10},
        "commune": {"total": 161, "declared": 64},
    }
    assert answer["rollouts"] == {"BUILD": 0, "CONVERT": 0, "EXTEND": 0, "E_ISO": 0}


def test_at_the_end_of_2020_the_targets_stand_as_published():
    answer = figures("2020-12-31")
    build = target(answer, "BUILD", "commune")
    assert (build["actual"], build["target"], build["percent"]) == (60, 60, 100.0)
    province = target(answer, "BUILD", "province")
    assert (province["actual"], province["target"]) == (5, 5)
    convert = target(answer, "CONVERT", "province", "district")
    assert (convert["actual"], convert["target"], convert["percent"]) == (28, 36, 77.8)
    assert answer["rollouts"] == {"BUILD": 65, "CONVERT": 28, "EXTEND": 0, "E_ISO": 2}


def test_at_the_end_of_the_plan_every_unit_is_on_2015():
    answer = figures("2021-12-30")
    assert answer["rollouts"] == {"BUILD": 102, "CONVERT": 63, "EXTEND": 0, "E_ISO": 3}
    assert answer["units"]["declared"] == answer["units"]["total"] == 206
    assert answer["units"]["by_standard"] == {"TCVN ISO 9001:2008": 0, "TCVN ISO 9001:2015": 206}
    assert answer["procedures"]["percent"] == 100.0
    convert = target(answer, "CONVERT", "province", "district")
    assert (convert["actual"], convert["percent"]) == (28, 77.8), "the six carried over count for 2021"
    coverage = next(t for t in answer["targets"] if t["metric"] == "coverage")
    assert (coverage["target"], coverage["actual"], coverage["form"], coverage["year"]) == (
        100,
        100.0,
        None,
        None,
    )


def test_built_units_and_coverage_never_fall_in_2020():
    day, built, covered = datetime.date(2020, 6, 8), -1, -1
    while day <= datetime.date(2020, 12, 31):
        answer = figures(day.isoformat())
        assert answer["rollouts"]["BUILD"] >= built
        assert answer["procedures"]["percent"] >= covered
        built, covered = answer["rollouts"]["BUILD"], answer["procedures"]["percent"]
        day += datetime.timedelta(days=1)
    assert built == 65


def test_the_parts_of_a_province_add_up_to_the_whole():
    whole = figures("2020-12-31")
    root = Agency.objects.get(code="H31")
    parts = [figures("2020-12-31", agency=a.code) for a in Agency.objects.filter(parent=root)]
    # The committee itself is a unit beside those below it.
    assert sum(p["units"]["total"] for p in parts) + 1 == whole["units"]["total"]
    own = figures("2020-12-31", agency="H31.325")
    assert own["units"]["by_level"]["district"]["total"] == 1
    assert own["units"]["by_level"]["commune"]["total"] == 11
    assert own["units"]["by_level"]["province"] == {"total": 0, "declared": 0}


def test_a_share_of_nothing_is_not_zero():
    assert percent(0, 0) is None
    assert percent(1, 3) == 33.3


@pytest.mark.parametrize("day", ["2020-13-01", "hôm qua", "2099-01-01", "2020"])
def test_a_day_that_cannot_be_read_is_refused(day):
    with pytest.raises(CommandError):
        figures(day)


def test_unknown_plan_and_agency_are_refused():
    with pytest.raises(CommandError):
        figures("2020-12-31", plan="NO-SUCH-PLAN")
    with pytest.raises(CommandError):
        figures("2020-12-31", agency="H99")


# Every figure on the board opens a list with exactly that many rows.

DAYS_BY_ROLE = {
    "lanhdao": ["", "07/06/2020", "31/10/2020", "31/12/2020"],
    "dieuphoi": ["30/12/2021"],
    "quantri": [""],
    "sotuphap": ["31/10/2020"],
    "vanlam": ["31/10/2020", "31/12/2020"],
    "lacdao": ["31/10/2020"],
}


@pytest.mark.parametrize(("username", "days"), DAYS_BY_ROLE.items())
@pytest.mark.parametrize("address", ["/", "/ke-hoach/HY-2020-2021/"])
def test_each_figure_opens_a_list_of_exactly_that_many_rows(client, username, days, address):
    client.force_login(User.objects.get(username=username))
    checked = 0
    for on in days:
        html = client.get(address, {"on": on} if on else {}).content.decode()
        links = set(re.findall(r'data-figure="(\d+)" href="([^"]+)"', html))
        assert links, f"no figure on {address} for {username}"
        for number, url in links:
            answer = client.get(url.replace("&amp;", "&"))
            assert answer.status_code == 200, url
            rows = re.search(r'data-count="(\d+)"', answer.content.decode()).group(1)
            assert rows == number, f"{username} {address} on {on or 'today'}: {url}"
            checked += 1
    assert checked >= 5


@pytest.mark.parametrize(
    ("url", "budget"),
    [
        # One of them counts what the navigation shows beside "My work" and the bell.
        # Seven read the plan against time; they are kept until something changes. So is how fresh the data are:
        # one that counts, two that ask whether anything was changed.
        ("/", 27),
        ("/bang-dieu-hanh/", 27),
        ("/?on=31/12/2020", 27),
        ("/?on=31/12/2020&xacnhan=1", 28),
        ("/co-quan/", 11),
        ("/co-quan/?on=31/12/2020&phase=5&standard=2015&q=xa", 11),
        ("/ke-hoach/HY-2020-2021/", 15),
        ("/ke-hoach/HY-2020-2021/dot-trien-khai/?form=BUILD&declared=yes", 11),
        ("/thu-tuc/", 10),
        ("/thu-tuc/co-quan/?on=31/12/2020", 12),
        ("/thu-tuc/co-quan/?on=31/12/2020&xacnhan=1&iso=yes", 13),
    ],
)
@pytest.mark.parametrize("username", ["lanhdao", "lacdao"])
def test_pages_keep_their_query_budget(client, django_assert_max_num_queries, url, budget, username):
    client.force_login(User.objects.get(username=username))
    with django_assert_max_num_queries(budget):
        assert client.get(url).status_code == 200


def test_the_agency_page_keeps_its_query_budget(client, django_assert_max_num_queries):
    client.force_login(User.objects.get(username="dieuphoi"))
    for code in ("H31", "H31.325", "H31.02"):
        with django_assert_max_num_queries(20):
            assert client.get(f"/co-quan/{Agency.objects.get(code=code).pk}/").status_code == 200


def test_the_board_shows_the_same_numbers_as_the_command(client):
    client.force_login(User.objects.get(username="lanhdao"))
    for on in PUBLISHED_DAYS:
        answer = figures(on)
        html = client.get("/", {"on": on}).content.decode()
        shown = {int(n) for n in re.findall(r'data-figure="(\d+)"', html)}
        wanted = {answer["units"]["total"], answer["units"]["declared"], answer["procedures"]["under_iso"]}
        wanted |= {t["actual"] for t in answer["targets"] if t["metric"] == "units"}
        assert wanted <= shown


def test_characters_that_no_database_keeps_are_answered(client):
    assert client.post("/dang-nhap/", {"username": "a" * 5000, "password": "x\x00"}).status_code == 200
    client.force_login(User.objects.get(username="lanhdao"))
    for address in ("/ke-hoach/%00/", "/ke-hoach/%00/dot-trien-khai/"):
        assert client.get(address).status_code == 404


def test_nonsense_in_the_address_is_answered_without_losing_the_page(client):
    client.force_login(User.objects.get(username="lanhdao"))
    answer = client.get("/", {"on": "31/02/2020"})
    assert answer.status_code == 422
    assert "31/02/2020" in answer.content.decode()
    assert client.get("/co-quan/", {"phase": "9"}).status_code == 422
    assert client.get("/", {"agency": "abc"}).status_code == 404
    assert client.get("/", {"plan": "NONE"}).status_code == 404


def test_outside_the_scope_nothing_exists(client):
    client.force_login(User.objects.get(username="lacdao"))
    stranger = Agency.objects.get(code="H31.02")
    missing = client.get("/co-quan/99999999/")
    refused = client.get(f"/co-quan/{stranger.pk}/")
    assert refused.status_code == missing.status_code == 404
    assert refused.content == missing.content
    assert client.get("/", {"agency": stranger.pk}).status_code == 404


@pytest.mark.parametrize("text", ["lac dao", "LẠC ĐẠO", "Lac Dao", "lạc đạo"])
def test_search_needs_no_accents(client, text):
    client.force_login(User.objects.get(username="dieuphoi"))
    assert "UBND xã Lạc Đạo" in client.get("/co-quan/", {"q": text}).content.decode()
