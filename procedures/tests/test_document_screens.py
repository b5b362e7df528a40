"""The pages of documents: list, one document, its files, and the forms."""

import pytest
from django.urls import reverse

from agencies.models import ChangeSet
from agencies.testing import day
from iso_rollout.papers.tests import samples
from procedures.lifecycle import Stage
from procedures.models import Document
from procedures.testing import declare, make_document
from procedures.tests.recording import kept, send_again, sent, texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]


@pytest.fixture
def document(place):
    return Document.objects.register(
        place.agency, by=place.editor, kind="decision", number="12/QĐ-UBND", signed_on=day("2020-06-19"),
        signer="Chủ tịch", title="Thành lập Ban chỉ đạo ISO", file=kept("Quyết định số 12 – bản ký.pdf"),
    )  # fmt: skip


@pytest.fixture
def typed():
    return {
        "seen": 0,
        "kind": "decision",
        "number": "45/QĐ-UBND",
        "signed_on": "20/06/2020",
        "signer": "",
        "title": "",
    }


def url(name, document, *more):
    return reverse(name, args=[document.pk, *more])


# The list


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", True), ("q=ban+chi+dao", True), ("q=12/qd", True), ("q=chu+tich", True), ("q=khongco", False),
        ("kind=decision", True), ("kind=report", False), ("year=2020", True), ("file=yes", True), ("file=no", False),
        ("on=18/06/2020", False),
    ],
)  # fmt: skip
def test_the_list_is_searched_and_filtered(client, place, document, asked, found):
    client.force_login(place.viewer)
    page = client.get(f"/van-ban/?{asked}")
    assert ([*page.context["page_obj"]] == [document]) is found


@pytest.mark.parametrize("asked", ["kind=x", "year=1900", "on=31/02/2020"])
def test_a_filter_that_is_none_is_named(client, place, document, asked):
    client.force_login(place.viewer)
    assert client.get(f"/van-ban/?{asked}").status_code == 422


def test_the_list_keeps_to_the_scope(client, place, document):
    client.force_login(place.stranger)
    assert not client.get("/van-ban/").context["page_obj"].object_list
    client.force_login(place.viewer)
    inside, outside = place.province.van_lam, place.province.khoai_chau
    assert [*client.get(f"/van-ban/?agency={inside.pk}").context["page_obj"]] == [document]
    assert not [*client.get(f"/van-ban/?agency={outside.pk}").context["page_obj"]]


def test_it_is_in_the_navigation(client, place):
    client.force_login(place.viewer)
    assert "/van-ban/" in [item["url"] for item in client.get("/van-ban/").context["nav"]]


# One document


def test_its_page_tells_what_rests_on_it(client, place, document):
    place.rollout.reach(
        Stage.STEERING, on=day("2020-06-20"), by=None, seen=place.rollout.version, document=document
    )
    declare(place.agency, document=document)
    client.force_login(place.viewer)
    page = client.get(document.get_absolute_url())
    assert len(page.context["milestones"]) == len(page.context["declarations"]) == 1
    assert place.agency.name in page.content.decode() and page.context["can_change"] is False


def test_facts_of_agencies_out_of_reach_are_not_told(client, place):
    shared = make_document()
    from procedures.testing import make_rollout

    for agency in (place.agency, place.province.dong_tao):
        rollout = place.rollout if agency == place.agency else make_rollout(place.plan, agency)
        rollout.reach(Stage.STEERING, on=day("2020-06-20"), by=None, seen=rollout.version, document=shared)
    client.force_login(place.editor)
    page = client.get(shared.get_absolute_url())
    assert [m.rollout.agency for m in page.context["milestones"]] == [place.agency]
    assert place.province.dong_tao.name not in page.content.decode()


def test_a_stranger_meets_the_same_page_as_for_a_missing_document(client, place, document):
    client.force_login(place.stranger)
    missing = client.get("/van-ban/999999/").content
    names = ("document", "document_file", "amend_document", "replace_file")
    for name in names:
        answer = client.get(url(name, document))
        assert (answer.status_code, answer.content) == (404, missing)
    assert client.get(url("earlier_file", document, document.sha256)).status_code == 404
    assert client.post(url("amend_document", document), {}).status_code == 404


def test_a_reader_may_not_change_it(client, place, document, typed):
    client.force_login(place.viewer)
    for address in (url("amend_document", document), url("replace_file", document), "/van-ban/moi/"):
        assert client.get(address).status_code == 403
        assert client.post(address, typed).status_code == 403


# Its file


def test_the_file_is_saved_and_never_shown_inside_the_site(client, place, document):
    client.force_login(place.viewer)
    answer = client.get(url("document_file", document))
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == (
        "attachment; filename*=utf-8''Quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh%20s%E1%BB%91%2012%20%E2%80%93%20b%E1%BA%A3n%20k%C3%BD.pdf"
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.post(url("document_file", document)).status_code == 405


def test_earlier_files_stay_readable_and_others_are_not_here(client, place, document):
    first, foreign = document.sha256, kept("Khác.pdf")
    document.replace_file(kept("Bản rõ.pdf"), by=place.editor, seen=document.version)
    client.force_login(place.viewer)
    assert client.get(url("earlier_file", document, first)).status_code == 200
    assert client.get(url("earlier_file", document, foreign.sha256)).status_code == 404
    assert "Quyết định số 12 – bản ký.pdf" in client.get(document.get_absolute_url()).content.decode()


def test_without_a_file_or_when_it_is_gone_there_is_none(client, place, document, media):
    client.force_login(place.viewer)
    bare = make_document(issued_by=place.agency)
    (media / document.file.name).unlink()
    assert client.get(url("document_file", bare)).status_code == 404
    assert client.get(url("document_file", document)).status_code == 404


# Entered


def test_an_editor_enters_a_document_for_the_own_agency(client, place, typed):
    client.force_login(place.editor)
    page = client.get("/van-ban/moi/")
    assert all(fields for _legend, fields in page.context["form"].groups())
    choices = [pk.value for pk, _name in page.context["form"].fields["issued_by"].choices if pk]
    assert place.agency.pk in choices and place.province.dong_tao.pk not in choices
    answer = client.post("/van-ban/moi/", typed | {"issued_by": place.agency.pk, "file": sent()})
    document = Document.objects.get()
    assert answer.url == document.get_absolute_url()
    assert (document.number, document.issued_by, document.file_name) == (
        "45/QĐ-UBND",
        place.agency,
        "Quyết định 12.pdf",
    )


def test_sent_twice_it_is_entered_once(client, place, typed):
    client.force_login(place.editor)
    typed |= {"issued_by": place.agency.pk}
    client.post("/van-ban/moi/", typed)
    sets = ChangeSet.objects.count()
    second = client.post("/van-ban/moi/", typed, follow=True)
    assert second.status_code == 200 and "/van-ban/" in texts(second)[-1]
    assert (Document.objects.count(), ChangeSet.objects.count()) == (1, sets)


def test_the_same_content_is_said_to_be_on_record_within_reach_only(client, place, document, typed):
    data = samples.pdf(lambda made: made.docinfo.__setitem__("/Title", "Quyết định số 12 – bản ký.pdf"))
    client.force_login(place.editor)
    answer = client.post("/van-ban/moi/", typed | {"issued_by": place.agency.pk, "file": sent("x.pdf", data)})
    assert answer.status_code == 422 and document.get_absolute_url() in answer.content.decode()
    client.force_login(place.stranger)
    own = typed | {"issued_by": place.province.dong_tao.pk, "file": sent("x.pdf", data)}
    assert client.post("/van-ban/moi/", own).status_code == 302
    one, two = Document.objects.order_by("pk")
    assert one.file.name == two.file.name


def test_a_successor_is_entered_from_the_page_of_the_old_one(client, place, document, typed):
    client.force_login(place.editor)
    address = f"/van-ban/moi/?thay={document.pk}"
    assert client.get(address).context["form"]["replaces"].value() == document.pk
    client.post(address, typed | {"issued_by": place.agency.pk, "replaces": document.pk})
    successor = Document.objects.get(number="45/QĐ-UBND")
    assert successor.replaces == document
    assert [d.pk for d in client.get(document.get_absolute_url()).context["chain"]] == [
        document.pk,
        successor.pk,
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": ""}, "number"), ({"kind": "x"}, "kind"), ({"signed_on": "31/02/2020"}, "signed_on"),
        ({"issued_by": "9" * 30}, "issued_by"), ({"number": "\x07"}, "number"), ({"title": "x" * 501}, "title"),
    ],
)  # fmt: skip
def test_nonsense_stands_beside_its_field(client, place, typed, wrong, field):
    client.force_login(place.editor)
    answer = client.post("/van-ban/moi/", typed | {"issued_by": place.agency.pk} | wrong)
    assert answer.status_code == 422 and field in answer.context["form"].errors
    assert not Document.objects.exists()


def test_a_document_out_of_reach_is_not_succeeded(client, place, typed):
    client.force_login(place.editor)
    foreign = make_document(issued_by=place.province.dong_tao)
    assert client.get(f"/van-ban/moi/?thay={foreign.pk}").status_code == 404


# Changed


def corrected(document, **more):
    return {
        "seen": document.version, "kind": "report", "number": "12/BC-UBND", "signed_on": "19/06/2020", "signer": "",
        "title": "Báo cáo", "why": "Nhầm loại",
    } | more  # fmt: skip


def test_a_correction_tells_its_reason_and_counts_once(client, place, document):
    client.force_login(place.editor)
    typed = corrected(document)
    client.post(url("amend_document", document), typed)
    document.refresh_from_db()
    assert (document.kind, document.number) == ("report", "12/BC-UBND")
    assert ChangeSet.objects.first().reason == "Nhầm loại"
    sets = ChangeSet.objects.count()
    assert client.post(url("amend_document", document), typed, follow=True).status_code == 200
    assert ChangeSet.objects.count() == sets


def test_a_stale_correction_shows_both(client, place, document):
    typed = corrected(document)
    document.amend(by=place.coordinator, seen=document.version, title="Bản của tỉnh")
    client.force_login(place.editor)
    answer = client.post(url("amend_document", document), typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    for text in (place.coordinator.full_name, "Bản của tỉnh", "12/BC-UBND"):
        assert text in page
    send_again(client, answer)
    document.refresh_from_db()
    assert document.number == "12/BC-UBND"


def test_another_file_is_sent_once(client, place, document):
    client.force_login(place.editor)
    seen, first = document.version, document.sha256
    client.post(url("replace_file", document), {"seen": seen, "file": sent("Bản rõ.pdf"), "why": ""})
    document.refresh_from_db()
    assert document.file_name == "Bản rõ.pdf" and document.sha256 != first
    sets = ChangeSet.objects.count()
    again = client.post(url("replace_file", document), {"seen": seen, "file": sent("Bản rõ.pdf"), "why": ""})
    assert again.status_code == 302 and ChangeSet.objects.count() == sets


def test_a_stale_file_is_kept_for_the_second_try(client, place, document):
    seen = document.version
    document.replace_file(kept("Của tỉnh.pdf"), by=place.coordinator, seen=seen)
    client.force_login(place.editor)
    answer = client.post(url("replace_file", document), {"seen": seen, "file": sent("Của xã.pdf"), "why": ""})
    assert answer.status_code == 409 and "Của xã.pdf" in answer.content.decode()
    send_again(client, answer)
    document.refresh_from_db()
    assert document.file_name == "Của xã.pdf"


@pytest.mark.parametrize("file", [None, sent("a.pdf", b"MZ")])
def test_without_a_good_file_nothing_is_replaced(client, place, document, file):
    client.force_login(place.editor)
    typed = {"seen": document.version, "why": ""} | ({"file": file} if file else {})
    answer = client.post(url("replace_file", document), typed)
    assert answer.status_code == 422 and "file" in answer.context["form"].errors


# Found while recording


def test_options_are_those_within_reach(client, place, document):
    foreign = make_document(number="12/QĐ-KC", issued_by=place.province.dong_tao)
    client.force_login(place.editor)
    page = client.get("/van-ban/tim/", {"doc_q": "12", "agency": place.agency.pk}).content.decode()
    assert "12/QĐ-UBND" in page and foreign.number not in page
    assert (
        client.get("/van-ban/tim/", {"doc_q": "12", "agency": place.province.dong_tao.pk}).status_code == 404
    )
    assert client.get("/van-ban/tim/", {"doc_q": "x\0", "document": "9" * 30}).status_code == 200


def test_pages_cost_few_queries(client, place, document, django_assert_max_num_queries):
    client.force_login(place.editor)
    document.replace_file(kept("Bản rõ.pdf"), by=place.editor, seen=document.version)
    budgets = [
        ("/van-ban/", 14), (document.get_absolute_url(), 22), ("/van-ban/moi/", 10), (url("amend_document", document), 8),
        (url("replace_file", document), 8), ("/van-ban/tim/?doc_q=12", 6),
    ]  # fmt: skip
    for address, budget in budgets:
        with django_assert_max_num_queries(budget):
            client.get(address)


def test_the_list_costs_the_same_whatever_its_length(client, place, django_assert_max_num_queries):
    for _n in range(60):
        make_document(issued_by=place.agency)
    client.force_login(place.viewer)
    with django_assert_max_num_queries(14):
        client.get("/van-ban/")
