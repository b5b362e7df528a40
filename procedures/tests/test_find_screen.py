"""The search box on every page, and the page of what it finds."""

import pytest
from django.urls import reverse

from agencies.testing import day, make_user
from procedures.models import Document
from procedures.testing import make_procedure

pytestmark = pytest.mark.django_db
URL = "/tim/"
SUGGEST = {"HX-Request": "true"}


@pytest.fixture
def things(place):
    make_procedure(code="1.000110", name="Đăng ký khai sinh", repealed_on=day("2021-01-01"))
    make_procedure(code="1.001193", name="Thủ tục đăng ký khai sinh lưu động")
    for number, agency in (("77/QĐ-UBND", place.agency), ("77/QĐ-KC", place.province.khoai_chau)):
        Document.objects.create(number=number, title="Quyết định công bố", issued_by=agency)
    return place


def test_agencies_procedures_and_documents(client, things):
    client.force_login(things.viewer)
    page = client.get(URL, {"q": "lac dao"})
    assert [hit.agency for hit in page.context["found"].agencies] == [things.agency]
    assert reverse("agency", args=[things.agency.pk]) in page.content.decode()
    found = client.get(URL, {"q": "khai sinh"}).context["found"]
    assert [p.code for p in found.procedures] == ["1.001193", "1.000110"]  # what is in force comes first
    assert [p.code for p in client.get(URL, {"q": "1.0001"}).context["found"].procedures] == ["1.000110"]
    found = client.get(URL, {"q": "77/qd-ubnd"}).context["found"]
    assert [d.number for d in found.documents] == ["77/QĐ-UBND"]


@pytest.mark.parametrize(("typed", "told"), [("khai sinh " * 20, False), ("khai sinh " * 21, True)])
def test_it_says_when_only_the_beginning_was_looked_for(client, things, typed, told):
    client.force_login(things.viewer)
    assert ("chỉ phần đầu" in client.get(URL, {"q": typed}).content.decode()) == told


def test_documents_of_others_do_not_exist(client, things):
    client.force_login(things.editor)
    found = client.get(URL, {"q": "77/QĐ"}).context["found"]
    assert [d.number for d in found.documents] == ["77/QĐ-UBND"]


def test_a_slip_finds_a_procedure_where_nothing_else_fits(client, things):
    client.force_login(things.viewer)
    assert len(client.get(URL, {"q": "khau sinh"}).context["found"].procedures) == 2
    assert len(client.get(URL, {"q": "khai sinhh lwuu ddoojng"}).context["found"].procedures) == 0
    assert len(client.get(URL, {"q": "khai sinh luwu ddoongj"}).context["found"].procedures) == 1


def test_suggestions_are_a_fragment_that_says_so(client, things):
    client.force_login(things.viewer)
    answer = client.get(URL, {"q": "lac d"}, headers=SUGGEST)
    text = answer.content.decode()
    assert "<html" not in text and 'role="option"' in text and "UBND xã Lạc Đạo" in text
    assert "HX-Request" in answer.headers["Vary"]
    assert "Lạc Đạo" not in client.get(URL, {"q": "zzz"}, headers=SUGGEST).content.decode()
    assert client.get(URL, {"q": ""}, headers=SUGGEST).content.decode().strip() == ""


def test_the_box_stands_on_every_page_and_keeps_what_was_typed(client, things):
    client.force_login(things.viewer)
    assert 'id="find-side"' in client.get("/co-quan/").content.decode()
    assert 'value="l&quot;ạc"' in client.get(URL, {"q": 'l"ạc'}).content.decode()


def test_the_page_without_words_waits_for_them(client, things):
    """The key "/" on a phone leads here."""
    client.force_login(things.viewer)
    assert client.get(URL).content.decode().count(" autofocus") == 1
    for url in (f"{URL}?q=lac+dao", "/co-quan/"):
        assert " autofocus" not in client.get(url).content.decode()


def test_hints_where_nothing_is_typed_or_found(client, things):
    client.force_login(things.viewer)
    for text in ("", "   ", "zzzzz", "%", "_", "'", "\\", "…", "%%%"):
        page = client.get(URL, {"q": text})
        assert page.status_code == 200 and not page.context["found"], text
        assert "so khcn" in page.content.decode()


@pytest.mark.parametrize("text", ["a" * 5000, "a " * 3000, "\u0301\u0301", "🙂", "1" * 300, "%_%", "\t\n"])
def test_any_text_is_answered(client, things, text):
    client.force_login(things.viewer)
    assert client.get(URL, {"q": text}).status_code == 200


def test_a_person_without_a_grant_finds_no_agency(client, things):
    client.force_login(make_user())
    found = client.get(URL, {"q": "lac dao"}).context["found"]
    assert (found.agencies, found.documents) == ([], [])


def test_a_stranger_is_asked_to_sign_in(client, things):
    assert client.get(URL, {"q": "lac"}).status_code == 302
    assert client.post(URL).status_code in (302, 405)


@pytest.mark.parametrize("text", ["lac", "lac dao van lam", "lac dapp", "xyz abc", "77/QĐ"])
def test_it_costs_few_queries(client, things, text, django_assert_max_num_queries):
    client.force_login(things.viewer)
    with django_assert_max_num_queries(16):
        client.get(URL, {"q": text}, headers=SUGGEST)
