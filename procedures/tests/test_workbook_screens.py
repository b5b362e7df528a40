"""Workbooks on screen: download, hand in, decide, check, confirm; who may, and what nonsense is answered."""

import io
import json
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from agencies.models import Change, Role, Upload
from agencies.models.history import UploadState
from agencies.testing import day, make_user
from procedures.lifecycle import Stage
from procedures.models import IssuedSheet
from procedures.testing import make_duties, make_procedure, make_rollout, reach
from procedures.tests.filling import Book, zipped
from procedures.tests.recording import texts
from procedures.tests.test_round_trip import amend, key, media, milestones  # noqa: F401 (a fixture)
from procedures.views.imports import corrections

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(place, client):
    client.force_login(place.editor)
    return place.editor


def download(client, agency, **more):
    return client.post(reverse("workbooks_download"), {"agency": agency.pk} | more)


def content(answer):
    return b"".join(answer.streaming_content)


def hand_in(client, data, name="bảng.xlsx"):
    return client.post(reverse("workbooks"), {"file": SimpleUploadedFile(name, data)})


def step(name, upload):
    return reverse(f"import_{name}", args=[upload.pk])


def confirm(client, upload):
    form = client.get(step("confirm", upload)).context["form"]
    return client.post(
        step("confirm", upload), {n: form[n].value() for n in ("shown", "seen", "told")} | {"reason": ""}
    )


# Going out


def test_an_agency_is_downloaded_twice_and_issued_once(client, place, editor):
    answers = [download(client, place.agency) for _turn in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert "Lạc Đạo" in openpyxl.load_workbook(io.BytesIO(content(answers[0])))["Tiến độ"]["A1"].value
    assert IssuedSheet.objects.get().issued_by == editor
    assert "L%E1%BA%A1c%20%C4%90%E1%BA%A1o" in answers[0].headers["Content-Disposition"]


def test_those_below_come_in_one_workbook_or_in_one_each_as_filtered(client, place, editor):
    make_rollout(place.plan, place.province.lac_hong)
    make_rollout(place.plan, place.province.dong_tao)
    van_lam = place.province.van_lam
    one = openpyxl.load_workbook(io.BytesIO(content(download(client, van_lam, below="1", **{"as": "one"}))))[
        "Tiến độ"
    ]
    assert [one.cell(n, 1).value for n in range(5, one.max_row + 1)] == [
        "UBND xã Lạc Đạo",
        "UBND xã Lạc Hồng",
    ]
    each = zipfile.ZipFile(io.BytesIO(content(download(client, van_lam, below="1", **{"as": "zip"}))))
    assert len(each.namelist()) == 2 and all(name.endswith(".xlsx") for name in each.namelist())
    filtered = download(client, van_lam, below="1", q="lac hong", **{"as": "zip"})
    assert [n.split()[0] for n in zipfile.ZipFile(io.BytesIO(content(filtered))).namelist()] == [
        place.province.lac_hong.code
    ]


def test_nothing_to_fill_in_is_said(client, place, editor):
    answer = download(client, place.province.chi_dao)
    assert answer.status_code == 302 and texts(client.get(answer.url))
    answer = download(client, place.province.van_lam, below="1", q="chi dao", back="list")
    assert answer.url.startswith(reverse("agencies"))


def test_who_may_download(client, place, editor):
    assert download(client, place.province.dong_tao).status_code == 404
    assert client.post(reverse("workbooks_download"), {"agency": "x" * 30}).status_code == 404
    assert client.get(reverse("workbooks_download")).status_code == 405
    client.force_login(place.viewer)
    assert download(client, place.agency).status_code == 403
    assert download(client, place.agency, below="1").status_code == 403
    assert client.get(reverse("workbooks")).status_code == 403
    client.logout()
    assert download(client, place.agency).status_code == 302


def test_the_buttons_are_there_for_those_who_may(client, place, editor):
    address = reverse("workbooks_download")
    pages = [reverse("agencies"), reverse("agency", args=[place.agency.pk])]
    assert all(address in client.get(page).content.decode() for page in pages)
    assert address not in client.get(pages[0] + "?on=31/12/2020").content.decode()
    client.force_login(place.viewer)
    assert not any(address in client.get(page).content.decode() for page in pages)


# Coming in


def marked(answer):
    return [item["url"] for name in ("nav", "nav_admin") for item in answer.context[name] if item["current"]]


def test_the_navigation_marks_the_workbooks_at_every_step_of_one(client, place, editor):
    for person in (place.editor, place.coordinator):
        client.force_login(person)
        book = Book(content(download(client, place.agency))).fill(
            key(place.rollout), planned=day("2020-06-10")
        )
        hand_in(client, book.data)
        upload = Upload.objects.latest("pk")
        for name in ("compare", "check", "confirm"):
            assert marked(client.get(step(name, upload))) == [reverse("workbooks")]
        confirm(client, upload)
        assert marked(client.get(step("done", upload))) == [reverse("workbooks")]
        place.rollout.refresh_from_db()
        amend(place, Stage.PLANNED, day("2020-06-12"))
    assert marked(client.get(step("undo", upload))) == [reverse("workbooks")]


def test_a_workbook_that_changes_nothing_is_only_finished(client, place, editor):
    hand_in(client, content(download(client, place.agency)))
    upload = Upload.objects.get()
    answer = client.get(step("check", upload))
    page = answer.content.decode()
    assert "Không có gì thay đổi: số liệu giữ nguyên" in page and "Sang bước xác nhận" not in page
    assert f'href="{reverse("workbooks")}">Quay lại' in page
    form = answer.context["finish"]
    answer = client.post(step("confirm", upload), {name: form[name].value() or "" for name in form.fields})
    assert answer.url == step("done", upload)
    upload.refresh_from_db()
    assert upload.state == UploadState.APPLIED
    assert not Change.objects.filter(change_set__upload=upload).exists()


def test_a_filled_workbook_goes_through_check_and_confirm(client, place, editor):
    book = Book(content(download(client, place.agency))).fill(key(place.rollout), planned=day("2020-06-10"))
    answer = hand_in(client, book.data)
    upload = Upload.objects.get()
    assert answer.url == step("check", upload)
    page = client.get(answer.url).content.decode()
    assert "Có kế hoạch" in page and "10/06/2020" in page
    assert confirm(client, upload).url == step("done", upload)
    assert milestones(place.rollout) == {"planned": day("2020-06-10")}
    assert "Bảng Excel" in client.get(step("done", upload)).content.decode()
    assert client.get(step("compare", upload)).url == step("done", upload)
    # Another click on the same button finds it done.
    assert client.post(step("confirm", upload), {"shown": "x", "seen": 0, "told": ""}).status_code == 302
    assert Change.objects.filter(model="procedures.milestone").count() == 1


def test_what_both_sides_changed_is_shown_with_author_and_decided(client, place, editor):
    reach(place.rollout, Stage.PLANNED, Stage.STEERING, Stage.SURVEYED)
    book = Book(content(download(client, place.agency))).fill(
        key(place.rollout), planned=day("2020-06-11"), steering=day("2020-06-21"), surveyed=None
    )
    amend(place, Stage.PLANNED, day("2020-06-12"))
    place.rollout.withdraw(
        place.rollout.milestones.get(stage=Stage.STEERING),
        by=place.coordinator,
        seen=place.rollout.version,
        reason="Nhầm",
    )
    answer = hand_in(client, book.data)
    upload = Upload.objects.get()
    assert answer.url == step("compare", upload)
    page = client.get(answer.url)
    assert [(r["was"], r["filled"], r["now"]) for r in page.context["rows"]] == [
        ("10/06/2020", "11/06/2020", "12/06/2020"), ("20/06/2020", "21/06/2020", ""),
    ]  # fmt: skip
    assert page.content.decode().count(str(place.coordinator)) == 2
    given = {f"{name}-{r['index']}": value for r in page.context["rows"] for name, value in (
        ("cell", r["edit"].question), ("was", r["edit"].digest))}  # fmt: skip
    answer = client.post(step("compare", upload), given | {"choice-0": "file"})
    assert answer.url == step("compare", upload)
    assert client.get(step("confirm", upload)).url == step("check", upload)
    answer = client.post(step("compare", upload), {"all": "now"})
    assert answer.url == step("check", upload)
    assert [r["conflict"].choice for r in client.get(step("compare", upload)).context["rows"]] == [
        "file",
        "now",
    ]
    client.post(step("check", upload), {"act": "tick", "ticked": ["W_TAKEN_BACK"]})
    confirm(client, upload)
    assert milestones(place.rollout) == {"planned": day("2020-06-11")}


def test_an_answer_to_another_question_is_left_out_and_nonsense_is_422(client, place, editor):
    reach(place.rollout, Stage.PLANNED)
    book = Book(content(download(client, place.agency))).fill(key(place.rollout), planned=day("2020-06-11"))
    amend(place, Stage.PLANNED, day("2020-06-12"))
    hand_in(client, book.data)
    upload = Upload.objects.get()
    row = client.get(step("compare", upload)).context["rows"][0]
    old = {"cell-0": row["edit"].question, "was-0": "0" * 16, "choice-0": "file"}
    assert client.post(step("compare", upload), old).url == step("compare", upload)
    wrong = {"cell-0": row["edit"].question, "was-0": row["edit"].digest, "choice-0": "both"}
    assert client.post(step("compare", upload), wrong).status_code == 422
    assert client.post(step("compare", upload), {"all": "both"}).status_code == 422
    upload.refresh_from_db()
    assert upload.options["choices"] == {}


def test_a_cell_is_corrected_on_the_page(client, place, editor):
    book = Book(content(download(client, place.agency))).fill(key(place.rollout), planned="31/02/2020")
    hand_in(client, book.data)
    upload = Upload.objects.get()
    problem = client.get(step("check", upload)).context["rows"][0]["problem"]
    given = {
        "act": "fix",
        "sheet-0": problem.sheet,
        "cell-0": problem.cell,
        "was-0": "31/02/2020",
        "value-0": "10/06/2020",
    }
    assert client.post(step("check", upload), given).status_code == 302
    confirm(client, upload)
    assert milestones(place.rollout) == {"planned": day("2020-06-10")}
    assert client.get(step("annotated", upload)).status_code == 404


def test_a_row_is_left_out_on_the_page(client, place, editor):
    make_rollout(place.plan, place.province.lac_hong)
    book = Book(content(download(client, place.province.van_lam, below="1")))
    book.fill(key(place.rollout), planned="31/02/2020").fill(
        key(place.province.lac_hong.rollouts.get()), planned="10/6/2020"
    )
    hand_in(client, book.data)
    upload = Upload.objects.get()
    problem = client.get(step("check", upload)).context["rows"][0]["problem"]
    client.post(
        step("check", upload), {"act": "fix", "sheet-0": problem.sheet, "cell-0": problem.cell, "out-0": "1"}
    )
    client.post(step("check", upload), {"act": "tick", "ticked": ["W_ROWS_GONE"]})
    confirm(client, upload)
    assert milestones(place.rollout) == {}
    assert milestones(place.province.lac_hong.rollouts.get()) == {"planned": day("2020-06-10")}


def test_a_workbook_of_others_is_left_out_whole_and_offers_no_text_to_correct(client, place, editor):
    there = place.province.dong_tao
    make_rollout(place.plan, there)
    make_duties(there, make_procedure(), make_procedure())
    client.force_login(place.coordinator)
    theirs = content(download(client, there))
    client.force_login(editor)
    mine = Book(content(download(client, place.agency))).fill(key(place.rollout), planned="10/6/2020").data
    hand_in(client, zipped({"a.xlsx": mine, "b.xlsx": theirs}), "hai.zip")
    upload = Upload.objects.get()
    page = client.get(step("check", upload))
    (row,) = page.context["rows"]
    assert row["left_out"] == 3 and 'name="value-0"' not in page.content.decode()
    problem = row["problem"]
    given = {"act": "fix", "sheet-0": problem.sheet, "cell-0": problem.cell}
    client.post(step("check", upload), given)
    assert len(client.get(step("check", upload)).context["rows"]) == 1
    client.post(step("check", upload), given | {"out-0": "1"})
    codes = [c for c, *_rest in client.get(step("check", upload) + "?show=warnings").context["groups"]]
    assert codes == ["W_NO_ROWS"]
    client.post(step("check", upload), {"act": "tick", "ticked": codes})
    confirm(client, upload)
    assert milestones(place.rollout) == {"planned": day("2020-06-10")}


def test_a_long_workbook_of_others_is_one_correction(client, place, editor, monkeypatch):
    there = place.province.dong_tao
    make_duties(there, *(make_procedure() for _each in range(5)))
    client.force_login(place.coordinator)
    theirs = content(download(client, there))
    client.force_login(editor)
    monkeypatch.setattr(corrections, "MOST_CELLS", 3)
    mine = Book(content(download(client, place.agency))).fill(key(place.rollout), planned="10/6/2020").data
    hand_in(client, zipped({"a.xlsx": mine, "b.xlsx": theirs}), "hai.zip")
    upload = Upload.objects.get()
    (row,) = client.get(step("check", upload)).context["rows"]
    given = {"act": "fix", "sheet-0": row["problem"].sheet, "cell-0": row["problem"].cell, "out-0": "1"}
    assert client.post(step("check", upload), given).status_code == 302
    assert client.get(step("check", upload)).context["is_fine"]
    # The answer of an old page is the same answer.
    client.post(step("check", upload), given)
    client.post(step("check", upload), {"act": "tick", "ticked": ["W_NO_ROWS"]})
    confirm(client, upload)
    assert milestones(place.rollout) == {"planned": day("2020-06-10")}


@pytest.mark.parametrize("code", ["E_ROW_ADDED", "E_KEY"])
def test_a_row_that_is_none_of_ours_can_be_left_out(client, place, editor, code):
    book = Book(content(download(client, place.agency))).fill(key(place.rollout), planned="10/6/2020")
    sheet, last = book.sheet("R"), book.sheet("R").max_row + 1
    sheet.cell(last, 1).value, sheet.cell(last, 4).value = "UBND xã Mới", "KH-1"
    if code == "E_KEY":
        sheet.cell(last, book.headings["R"]["key"]).value = "không phải khóa"
    hand_in(client, book.data)
    upload = Upload.objects.get()
    (row,) = client.get(step("check", upload)).context["rows"]
    assert (row["problem"].code, row["is_mended_here"]) == (code, code == "E_KEY")
    problem = row["problem"]
    client.post(
        step("check", upload), {"act": "fix", "sheet-0": problem.sheet, "cell-0": problem.cell, "out-0": "1"}
    )
    confirm(client, upload)
    assert milestones(place.rollout) == {"planned": day("2020-06-10")}


def test_the_same_file_handed_in_twice_goes_on_where_it_stands(client, place, editor):
    data = Book(content(download(client, place.agency))).fill(key(place.rollout), planned="10/6/2020").data
    assert hand_in(client, data).url == hand_in(client, data).url
    assert Upload.objects.count() == 1


def test_the_script_that_sends_a_file_takes_no_message_from_the_page_that_opens_then(client, place, editor):
    data = Book(content(download(client, place.agency))).fill(key(place.rollout), planned="10/6/2020").data
    hand_in(client, data)
    here = hand_in(client, data).url
    assert client.get(here, headers={"X-Sends-File": "1"}).status_code == 204
    assert texts(client.get(here)) != []


def test_without_a_file_422_and_too_much_413(client, place, editor):
    assert client.post(reverse("workbooks"), {}).status_code == 422
    answer = client.post(
        reverse("workbooks"), b"x", content_type="text/plain", CONTENT_LENGTH=str(30 * 2**20)
    )
    assert answer.status_code == 413


def test_a_zip_of_strangers_is_refused_by_name(client, place, editor):
    make_rollout(place.plan, place.province.dong_tao)
    client.force_login(place.coordinator)
    data = content(download(client, place.province.dong_tao))
    client.force_login(editor)
    answer = hand_in(client, zipped({"dong tao.xlsx": data}), "huyen.zip")
    page = client.get(answer.url).content.decode()
    assert "UBND xã Đông Tảo" in page and "không thuộc phạm vi của bạn" in page


def test_whose_uploads_are_seen(client, place, editor):
    hand_in(client, content(download(client, place.agency)))
    upload = Upload.objects.get()
    for address in ("recognise", "match"):
        assert client.get(step(address, upload)).status_code == 404
    client.force_login(place.coordinator)
    assert client.get(step("done", upload)).status_code == 200
    assert client.get(step("compare", upload)).status_code == 403
    assert "bảng.xlsx" in client.get(reverse("workbooks")).content.decode()
    client.force_login(make_user(Role.COORDINATOR, place.province.khoai_chau))
    assert client.get(step("done", upload)).status_code == 404
    client.force_login(place.stranger)
    assert client.get(step("compare", upload)).status_code == 404
    client.force_login(place.viewer)
    assert client.get(step("compare", upload)).status_code == 403


def test_whoever_looks_at_anothers_file_is_led_to_no_step_of_it(client, place, editor):
    hand_in(
        client,
        Book(content(download(client, place.agency))).fill(key(place.rollout), planned="1/6/2020").data,
    )
    upload = Upload.objects.get()
    assert step("check", upload) in client.get(step("done", upload)).content.decode()
    client.force_login(place.coordinator)
    assert step("check", upload) not in client.get(step("done", upload)).content.decode()


def test_the_page_that_takes_a_workbook_back_leads_to_the_workbooks(client, place, editor):
    hand_in(
        client,
        Book(content(download(client, place.agency))).fill(key(place.rollout), planned="10/6/2020").data,
    )
    upload = Upload.objects.get()
    confirm(client, upload)
    client.force_login(place.coordinator)
    crumbs = (
        client.get(step("undo", upload))
        .content.decode()
        .partition('class="crumbs"')[2]
        .partition("</nav>")[0]
    )
    assert reverse("workbooks") in crumbs and f'"{reverse("imports")}"' not in crumbs


def test_a_large_one_is_written_by_the_worker(client, place, editor, monkeypatch):
    monkeypatch.setattr("agencies.imports.uploads.AT_ONCE", 0)
    data = Book(content(download(client, place.agency))).fill(key(place.rollout), planned="10/6/2020").data
    hand_in(client, data)
    upload = Upload.objects.get()
    confirm(client, upload)
    upload.refresh_from_db()
    assert upload.state == UploadState.WAITING and milestones(place.rollout) == {}
    call_command("run_uploads")
    assert milestones(place.rollout) == {"planned": day("2020-06-10")}


def test_the_command_takes_a_workbook_back(client, place, editor, tmp_path, capsys):
    data = Book(content(download(client, place.agency))).fill(key(place.rollout), planned="10/6/2020").data
    (tmp_path / "bang.xlsx").write_bytes(data)
    call_command(
        "import_sheet", "update", str(tmp_path / "bang.xlsx"), "--json", "--apply", "--user", editor.username
    )
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["changed"]) == ("applied", 1)


# Budgets


def test_pages_ask_the_same_number_of_queries_whatever_the_size(
    client, place, editor, django_assert_max_num_queries
):
    communes = [place.province.lac_hong, place.province.chi_dao]
    rollouts = [place.rollout, *(make_rollout(place.plan, agency) for agency in communes)]
    for agency in communes:
        make_duties(agency, *(make_procedure() for _n in range(20)))
    with django_assert_max_num_queries(22):
        data = content(download(client, place.province.van_lam, below="1"))
    book = Book(data)
    for rollout in rollouts:
        book.fill(key(rollout), planned="11/6/2020", steering="20/6/2020")
        reach(rollout, Stage.PLANNED)
    with django_assert_max_num_queries(45):
        hand_in(client, book.data)
    upload = Upload.objects.get()
    with django_assert_max_num_queries(32):
        assert len(client.get(step("compare", upload)).context["rows"]) == 3
    with django_assert_max_num_queries(45):
        client.post(step("compare", upload), {"all": "file"})
    with django_assert_max_num_queries(22):
        client.get(step("check", upload))
    form = client.get(step("confirm", upload)).context["form"]
    with django_assert_max_num_queries(110):
        client.post(step("confirm", upload), {n: form[n].value() for n in ("shown", "seen", "told")})
    assert milestones(rollouts[2]) == {"planned": day("2020-06-11"), "steering": day("2020-06-20")}
    with django_assert_max_num_queries(14):
        client.get(reverse("workbooks"))
