"""One document for many agencies: chosen by a filter or pasted from a sheet, looked at, recorded once."""

import pytest

from agencies.models import ChangeSet, Role
from agencies.testing import make_agency, make_province, make_user
from procedures.bulk import pasted
from procedures.models import BulkEdit, Document, Milestone
from procedures.testing import make_rollout
from procedures.tests.test_bulk_edits import confirm, shown, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollouts(place):
    others = [a for a in place.province.communes if a != place.agency]
    return [place.rollout, *(make_rollout(place.plan, agency) for agency in others)]


def begin(client, **typed):
    response = client.post("/mot-van-ban/", {"act": "reach", "way": "filter"} | typed)
    assert response.status_code == 302, response.context["form"].errors
    return BulkEdit.objects.get(pk=int(response.url.split("/")[2])), response.url


def match(place, text, answers=None, user=None):
    from agencies.testing import today

    return pasted.match(text, answers or {}, user=user or place.coordinator, on=today())


TYPED = {"stage": "trained", "on": "15/07/2020", "doc_number": "21/BC", "doc_signed_on": "16/07/2020"}


def test_by_a_filter(client, place, rollouts):
    client.force_login(place.coordinator)
    edit, address = begin(client, agency=place.province.van_lam.code, level="commune")
    assert address == url(edit, "")
    page = shown(client, edit, TYPED)
    assert page.context["counts"]["will"] == 3
    confirm(client, edit, page)
    assert Milestone.objects.filter(document=Document.objects.get()).count() == 3
    assert ChangeSet.objects.first().reason == "Theo công văn 12"


def test_by_a_pasted_list_with_a_name_in_doubt(client, place, rollouts):
    twin = make_agency("UBND xã Lạc Đạo", place.province.khoai_chau)
    make_rollout(place.plan, twin)
    client.force_login(place.coordinator)
    text = f"STT\tTên cơ quan\n1\tLạc Đạo\n2\t{place.province.chi_dao.code}\n3\tXã Không Có\n4\tXã Lạc Hồng\tVăn Lâm\n"
    edit, address = begin(client, way="paste", pasted=text)
    assert address == url(edit, "doi-chieu/")
    page = client.get(address)
    found = page.context["found"]
    assert len(found.ids) == 2
    assert [len(asked.candidates) > 0 for asked in found.asked] == [True, False]
    # Somebody answers one, and leaves the other open: asked again.
    sent = {f"key-{n}": asked.key for n, asked in enumerate(found.asked)} | {"answer-0": place.agency.pk}
    page = client.post(address, sent)
    assert page.status_code == 422
    summary = page.content.decode().partition("data-error-summary")[2].partition("</ul>")[0]
    assert "Xã Không Có" in summary and "Lạc Đạo" not in summary
    assert client.post(address, sent | {"others": "out"}).url == url(edit, "")
    page = shown(client, edit, TYPED)
    assert {line.agency.name for line in page.context["lines"]} == {
        "UBND xã Lạc Đạo", "UBND xã Chỉ Đạo", "UBND xã Lạc Hồng"
    }  # fmt: skip
    assert twin not in {line.agency for line in page.context["lines"]}
    confirm(client, edit, page)
    assert Milestone.objects.count() == 3


def test_an_answer_that_was_not_offered_is_not_taken(client, place, rollouts):
    make_agency("UBND xã Lạc Đạo", place.province.khoai_chau)
    client.force_login(place.coordinator)
    edit, address = begin(client, way="paste", pasted="Xã Lạc Đạo")
    found = client.get(address).context["found"]
    sent = {"key-0": found.asked[0].key, "answer-0": place.province.binh_minh.pk}
    assert client.post(address, sent).status_code == 422
    edit.refresh_from_db()
    assert edit.answers == {}


@pytest.mark.parametrize(
    "line",
    ["UBND xã Lạc Đạo", "LẠC ĐẠO", "1\tXã Lạc Đạo\tHuyện Văn Lâm", "H31.20.1", "h31.20.1;Lạc Đạo;20/11/2020"],
)  # fmt: skip
def test_ways_to_write_an_agency(place, line):
    found = match(place, line)
    assert (found.ids, found.asked) == ([place.agency.pk], [])


def test_a_name_without_accents_is_suggested_and_not_taken(place):
    found = match(place, "xa lac dao")
    assert found.ids == []
    assert [c.agency_id for c in found.asked[0].candidates][0] == place.agency.pk


def test_headings_numbers_and_blank_lines_say_nothing(place):
    found = match(place, "STT\tTên cơ quan\n(1)\t(2)\n\n  \n1\tXã Lạc Đạo\n2\tXã Lạc Đạo\n")
    assert (found.ids, found.asked, found.repeated) == ([place.agency.pk], [], 1)


def test_agencies_outside_ones_reach_read_as_unknown(place):
    other = make_province("H99", "Xa Lạ")
    found = match(
        place, f"{other.lac_dao.code}\nSở Nội vụ", user=make_user(Role.EDITOR, place.province.van_lam)
    )
    assert found.ids == []
    assert [asked.candidates for asked in found.asked] == [[], []]


def test_nothing_pasted_is_said_beside_the_field(client, place):
    client.force_login(place.editor)
    response = client.post("/mot-van-ban/", {"act": "reach", "way": "paste", "pasted": "  "})
    assert response.status_code == 422
    assert "pasted" in response.context["form"].errors


def test_a_list_longer_than_is_read_is_refused_with_its_length(client, place):
    client.force_login(place.coordinator)
    text = f"{place.agency.code}\n" * pasted.MOST_LINES
    begin(client, way="paste", pasted=text)
    longer = {"act": "reach", "way": "paste", "pasted": text + f"{place.province.chi_dao.code}\n"}
    response = client.post("/mot-van-ban/", longer)
    assert response.status_code == 422
    assert response.context["form"].errors["pasted"] == [
        "Danh sách có 20.001 dòng; mỗi lần dán tối đa 20.000 dòng."
    ]
    assert BulkEdit.objects.count() == 1


def test_a_reader_is_refused(client, place):
    client.force_login(place.viewer)
    assert client.get("/mot-van-ban/").status_code == 403
