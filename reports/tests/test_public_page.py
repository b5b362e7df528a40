"""The public page: exactly the confirmed declared units of the day, nothing of anybody, and not there while it is off."""

import csv
import datetime
import io
import json
import re

import pytest

from agencies.models import Agency, Kind, Role, User
from agencies.testing import make_agency, make_province, make_user, today
from procedures.lifecycle import Acceptance
from procedures.models import Declaration
from procedures.models.declarations import Precision
from procedures.testing import declare, make_duties, make_procedure
from reports import figures

pytestmark = pytest.mark.django_db
PAGE, CSV, JSON = "/cong-khai/", "/cong-khai/danh-sach.csv", "/cong-khai/danh-sach.json"


@pytest.fixture(autouse=True)
def is_on(settings):
    settings.PUBLIC_PAGE = True


def names(client, **asked):
    html = client.get(PAGE, asked).content.decode()
    return re.findall(r'<th scope="row"[^>]*>([^<]*)<', html)


def row_of(client, agency):
    units = json.loads(b"".join(client.get(JSON).streaming_content))["units"]
    return next(unit for unit in units if unit["name"] == agency.name)


@pytest.mark.parametrize("address", [PAGE, CSV, JSON, f"{PAGE}?q=x", f"{PAGE}?cap=x"])
@pytest.mark.parametrize("method", ["get", "post", "head", "put"])
def test_while_it_is_off_the_address_is_not_there(client, settings, place, address, method):
    settings.PUBLIC_PAGE = False
    for person in (None, place.coordinator):
        if person:
            client.force_login(person)
        answer, missing = getattr(client, method)(address), getattr(client, method)("/khong-co-trang-nay/")
        assert answer.status_code == missing.status_code == 404
        assert answer.content == missing.content


def test_it_is_off_unless_the_office_turns_it_on():
    from iso_rollout import settings as own

    assert own.PUBLIC_PAGE is False


def test_it_names_who_has_declared_and_nobody_else(client, place):
    declare(place.province.home, number="07/QĐ-SNV")
    repealed = declare(place.province.khoai_chau)
    Declaration.objects.filter(pk=repealed.pk).update(repealed_on=today())
    assert names(client) == ["Sở Nội vụ"]
    assert row_of(client, place.province.home) == {
        "name": "Sở Nội vụ",
        "level": "Cấp tỉnh",
        "above": "UBND tỉnh Hưng Yên",
        "number": "07/QĐ-SNV",
        "day": "20/11/2020",
        "standard": "TCVN ISO 9001:2015",
        "scope": "Toàn bộ thủ tục",
    }


def test_what_nobody_has_confirmed_is_not_shown(client, place):
    waits, returned = (declare(a, by=place.editor) for a in (place.agency, place.province.lac_hong))
    returned.return_(by=place.coordinator, seen=returned.version, note="Thiếu số")
    assert names(client) == []
    waits.accept(by=place.coordinator, seen=waits.version)
    assert names(client) == ["UBND xã Lạc Đạo"]


def test_an_unconfirmed_newer_declaration_leaves_the_confirmed_one_in_sight(client, place):
    old, new = make_procedure(), make_procedure()
    duties = make_duties(place.agency, old, new)
    declare(place.agency, on="2019-05-06", number="01/QĐ-CB", chosen=[duties[0].pk])
    newer = declare(place.agency, on="2020-05-06", number="02/QĐ-CB", by=place.editor)
    row = row_of(client, place.agency)
    assert (row["number"], row["day"], row["scope"]) == ("01/QĐ-CB", "06/05/2019", "1/2 thủ tục")
    newer.accept(by=place.coordinator, seen=newer.version)
    row = row_of(client, place.agency)
    assert (row["number"], row["scope"]) == ("02/QĐ-CB", "Toàn bộ 2 thủ tục")


def test_covered_and_closed_agencies_are_not_listed(client, place):
    declare(place.province.home)
    declare(place.province.lac_hong)
    lac_hong = Agency.objects.get(pk=place.province.lac_hong.pk)
    lac_hong.close(by=None, seen=lac_hong.version, on=today())
    assert names(client) == ["Sở Nội vụ"]


@pytest.mark.parametrize(
    ("precision", "shown"),
    [(Precision.DAY, "20/11/2020"), (Precision.MONTH, "11/2020"), (Precision.YEAR, "2020"), (Precision.UNKNOWN, "")],
)  # fmt: skip
def test_a_day_is_as_exact_as_it_is_known(client, place, precision, shown):
    declare(place.province.home, precision=precision)
    assert row_of(client, place.province.home)["day"] == shown


def test_nothing_of_a_person_a_note_or_the_inside_is_in_the_bytes(client, place):
    editor = make_user(Role.EDITOR, place.province.home, full_name="Trần Thị Kín", position="Văn thư kín")
    declaration = declare(
        place.province.home, by=editor, signer="Nguyễn Văn Ký", note="Ghi chú nội bộ", scope_note="Ghi chú phạm vi"
    )  # fmt: skip
    declaration.review(
        Acceptance.ACCEPTED, by=place.coordinator, seen=declaration.version, note="Lời điều phối"
    )
    Declaration.objects.filter(pk=declaration.pk).update(notice_number="99/TB-KIN")
    Agency.objects.filter(pk=place.province.home.pk).update(note="Ghi chú cơ quan")
    client.force_login(place.coordinator)
    html = client.get(PAGE).content.decode()
    files = "".join(b"".join(client.get(a).streaming_content).decode() for a in (CSV, JSON))
    assert "Sở Nội vụ" in html and "Sở Nội vụ" in files
    kept = ["Kín", "kín", "Nguyễn Văn Ký", "Ghi chú", "điều phối", "99/TB-KIN", place.coordinator.full_name]
    kept += [place.coordinator.username, place.coordinator.email, place.province.home.code, "H31", "csrf"]
    for word in kept:
        assert word not in html + files, word
    inside = re.findall(r'(?:href|action|src)="([^"]*)"', html)
    assert all(re.match(r"(/static/|/cong-khai/|\?|#)", address) for address in inside), inside


def test_nobody_gets_a_session_and_a_copy_may_be_kept(client, place):
    declare(place.province.home)
    for address in (PAGE, CSV, JSON):
        answer = client.get(address)
        assert not answer.cookies and answer.headers["Cache-Control"] == "public, max-age=600"
    client.force_login(place.coordinator)
    assert not client.get(PAGE).cookies
    assert client.get("/cong-khai/?cap=x").headers.get("Cache-Control") is None


def test_a_name_is_no_markup(client, place):
    bad = make_agency('UBND xã <script>alert("1")</script>', place.province.van_lam)
    declare(bad, number='<img src=x onerror="alert(2)">')
    html = client.get(PAGE).content.decode()
    assert "<script" not in html and "<img src=x" not in html
    assert "&lt;script&gt;" in html
    typed = '"><script>alert(3)</script>'
    assert "<script" not in client.get(PAGE, {"q": typed, "x": typed}).content.decode()


def test_a_name_is_no_formula_in_the_csv(client, place):
    declare(make_agency("=cmd|' /C calc'!A0", place.province.van_lam))
    text = b"".join(client.get(CSV).streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][0] == "Cơ quan" and not rows[1][0].startswith("=")


@pytest.mark.parametrize("text", ["lac dao", "LẠC ĐẠO", "ubnd xa lac dao", "x. Lạc Đạo", "lacdao"])
def test_it_is_searched_without_accents_and_with_abbreviations(client, place, text):
    declare(place.agency)
    declare(place.province.home)
    assert names(client, q=text) == ["UBND xã Lạc Đạo"]


def test_it_is_narrowed_by_level_and_district(client, place):
    for agency in (place.agency, place.province.dong_tao, place.province.home, place.province.van_lam):
        declare(agency)
    assert names(client, cap="commune") == ["UBND xã Đông Tảo", "UBND xã Lạc Đạo"]
    assert names(client, huyen="huyen-van-lam") == ["UBND huyện Văn Lâm", "UBND xã Lạc Đạo"]
    assert names(client, huyen="huyen-van-lam", cap="commune", q="lac") == ["UBND xã Lạc Đạo"]
    assert 'name="tinh"' not in client.get(PAGE).content.decode(), "there is one province"


def test_where_the_register_holds_several_provinces_it_is_narrowed_by_province(client, place):
    other = make_province("H30", "Thái Bình")
    declare(place.province.home)
    declare(other.lac_dao)
    assert names(client) == ["Sở Nội vụ", "UBND xã Lạc Đạo"]
    assert names(client, tinh="tinh-thai-binh") == ["UBND xã Lạc Đạo"]
    assert names(client, tinh="tinh-hung-yen") == ["Sở Nội vụ"]
    assert names(client, tinh="tinh-thai-binh", huyen="huyen-van-lam") == ["UBND xã Lạc Đạo"]
    assert 'name="huyen"' not in client.get(PAGE).content.decode(), "districts belong to a province"


def test_without_districts_there_is_no_choice_of_one(client):
    top = make_agency("UBND tỉnh Hưng Yên", kind=Kind.PROVINCIAL_COMMITTEE)
    declare(make_agency("UBND xã Lạc Đạo", top))
    assert names(client) == ["UBND xã Lạc Đạo"]
    assert 'name="huyen"' not in client.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"cap": "x"}, 422), ({"huyen": "x"}, 422), ({"tinh": "x"}, 200), ({"q": "x" * 101}, 422), ({"q": "\x00"}, 422),
        ({"page": "x"}, 200), ({"page": "99999"}, 200), ({"q": "%_'\""}, 200),
    ],
)  # fmt: skip
def test_nonsense_in_the_address_is_answered(client, place, asked, status):
    declare(place.agency)
    assert client.get(PAGE, asked).status_code == status
    assert client.get(CSV, asked).status_code == (404 if status == 422 else 200)


def test_nothing_can_be_sent_to_it(client, place):
    assert client.post(PAGE).status_code == client.post(CSV).status_code == 405


def test_it_is_turned_page_by_page_and_the_files_are_whole(client, place):
    for number in range(60):
        declare(make_agency(f"UBND xã Số {number:02d}", place.province.van_lam))
    assert len(names(client)) == 50 and len(names(client, page=2)) == 10
    text = b"".join(client.get(CSV).streaming_content).decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 61
    declare(place.province.home)
    assert len(json.loads(b"".join(client.get(JSON, {"cap": "commune"}).streaming_content))["units"]) == 60


def test_search_engines_read_the_public_page_only(client, settings):
    told = client.get("/robots.txt").content.decode()
    assert told == "User-agent: *\nAllow: /cong-khai/\nAllow: /static/\nDisallow: /\n"
    settings.PUBLIC_PAGE = False
    assert client.get("/robots.txt").content.decode() == "User-agent: *\nDisallow: /\n"


def test_a_fixed_number_of_queries(client, place, django_assert_max_num_queries):
    for number in range(55):
        agency = make_agency(f"UBND xã Số {number:02d}", place.province.van_lam)
        declare(agency)
        declare(agency, on="2020-12-01", by=place.editor, year=2015)
    for address, budget in (
        (PAGE, 10),
        (f"{PAGE}?q=so&huyen=huyen-van-lam&cap=commune&page=2", 10),
        (CSV, 10),
    ):
        with django_assert_max_num_queries(budget):
            answer = client.get(address)
            list(answer.streaming_content if answer.streaming else answer)


@pytest.mark.usefixtures("demo")
def test_it_counts_what_the_board_counts(client):
    everybody = User.objects.get(username="lanhdao")
    scope = Agency.objects.get(code="H31")
    shown = figures.units(on=today(), scope=scope, user=everybody, confirmed_only=True)
    html = client.get(PAGE).content.decode()
    assert re.search(r'data-count="(\d+)"', html).group(1) == str(shown.declared.part)
    for level, share in shown.by_level.items():
        html = client.get(PAGE, {"cap": level.value}).content.decode()
        assert re.search(r'data-count="(\d+)"', html).group(1) == str(share.part)
    assert (
        datetime.date.fromisoformat(json.loads(b"".join(client.get(JSON).streaming_content))["on"]) == today()
    )
