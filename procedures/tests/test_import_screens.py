"""The pages on which a list comes in: each works, refuses strangers, readers and nonsense, and stays small."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from agencies.models import Agency, ChangeSet, Role, Upload
from agencies.models.history import UploadState
from agencies.testing import day, make_province, make_user, workbook
from procedures.models import Declaration, Standard

pytestmark = pytest.mark.django_db
ON = day("2021-12-31")
HEADING = ("STT", "Tên cơ quan", "Tiêu chuẩn", "Số quyết định", "Ngày công bố")
TITLE = ("DANH SÁCH CƠ QUAN CÔNG BỐ",)
STEPS = ("recognise", "match", "check", "confirm", "done")


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def coordinator(province, client):
    user = make_user(Role.COORDINATOR, province.committee)
    client.force_login(user)
    return user


def row(number, name, on="05/10/2020", standard="TCVN ISO 9001:2015", decision=None):
    return (number, name, standard, decision or f"{number}/QĐ-UBND", on)


def messy(*rows):
    """A list as an office sends it: title, heading, group rows, total, signature."""
    group = ("I", "HUYỆN VĂN LÂM")
    return workbook(
        TITLE, (), HEADING, group, *rows, ("", "Tổng cộng:", None, len(rows)), ("", "Người lập biểu")
    )


def send(client, data=None, name="danh sách.xlsx", kind="declarations", on="31/12/2021", **more):
    given = {"kind": kind, "on": on} | more
    if data is not None:
        given["file"] = SimpleUploadedFile(name, data)
    return client.post(reverse("imports"), given)


def sent(client, data=None, **more):
    answer = send(client, data or messy(row(1, "Xã Lạc Đạo"), row(2, "Xã Lạc Hồng")), **more)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Upload.objects.first()


def step(name, upload):
    return reverse(f"import_{name}", args=[upload.pk])


def confirmation(client, upload):
    """What the confirm page would send."""
    page = client.get(step("confirm", upload))
    assert page.status_code == 200
    form = page.context["form"]
    return {name: form[name].value() for name in ("shown", "seen", "told")} | {"reason": "CV 12/UBND"}


def tick(client, upload):
    codes = [code for code, *_rest in client.get(step("check", upload) + "?show=warnings").context["groups"]]
    return client.post(step("check", upload), {"act": "tick", "ticked": codes})


def apply(client, upload):
    tick(client, upload)
    answer = client.post(step("confirm", upload), confirmation(client, upload))
    assert answer.status_code == 302
    upload.refresh_from_db()
    return upload


# Who may


def test_home_invites_when_nothing_came_in(client, coordinator):
    page = client.get(reverse("imports"))
    assert page.status_code == 200
    assert "agency-procedures" in page.content.decode()


def test_a_reader_may_not_import(client, province):
    upload = Upload.objects.create(kind="declarations", file_name="a.xlsx", on=ON)
    # An editor brings in filled workbooks: a list of somebody else's does not exist for them.
    for role, status in ((Role.VIEWER, 403), (Role.EDITOR, 404)):
        client.force_login(make_user(role, province.committee))
        assert client.get(reverse("imports")).status_code == 403
        assert send(client, b"x").status_code == 403
        for name in (*STEPS, "file", "undo", "annotated"):
            assert client.get(step(name, upload)).status_code == status


def test_another_persons_upload_outside_ones_scope_does_not_exist(client, province, coordinator):
    upload = sent(client)
    client.force_login(make_user(Role.COORDINATOR, province.van_lam))
    for name in (*STEPS, "file", "undo", "annotated"):
        assert client.get(step(name, upload)).status_code == 404
    assert upload.file_name not in client.get(reverse("imports")).content.decode()


def test_another_persons_upload_within_ones_scope_is_shown_but_not_continued(client, province):
    client.force_login(make_user(Role.COORDINATOR, province.van_lam))
    upload = sent(client)
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    assert client.get(step("done", upload)).status_code == 200
    assert client.get(step("file", upload)).status_code == 200
    for name in ("recognise", "match", "check", "confirm"):
        assert client.get(step(name, upload)).status_code == 403
    assert "danh sách.xlsx" in client.get(reverse("imports")).content.decode()


def test_an_administrator_without_coordination_gets_403_for_declarations(client, province):
    user = make_user(Role.ADMINISTRATOR, province.committee)
    client.force_login(user)
    assert send(client, messy(row(1, "Xã Lạc Đạo"))).status_code == 422  # not among the kinds offered
    upload = Upload.objects.create(kind="declarations", file_name="a.xlsx", on=ON, uploaded_by=user)
    assert client.get(step("recognise", upload)).status_code == 403


def test_a_file_is_not_visible_without_signing_in(client, province, coordinator):
    upload = sent(client)
    client.logout()
    for name in (*STEPS, "file", "undo"):
        assert client.get(step(name, upload)).status_code == 302


# Home


def test_nothing_both_and_nonsense_are_refused_in_the_form(client, coordinator):
    assert send(client).status_code == 422
    assert send(client, messy(row(1, "Xã Lạc Đạo")), pasted="a\tb").status_code == 422
    assert send(client, messy(row(1, "Xã Lạc Đạo")), kind="nonsense").status_code == 422
    assert send(client, messy(row(1, "Xã Lạc Đạo")), on="31/02/2020").status_code == 422
    assert not Upload.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client, coordinator, monkeypatch):
    monkeypatch.setattr("procedures.views.imports.forms.MAX_BYTES", 1000)
    assert send(client, b"x" * 2000).status_code == 413
    monkeypatch.setattr("procedures.views.imports.home.MAX_BYTES", 1000)
    monkeypatch.setattr("procedures.views.imports.home.AROUND", 0)
    answer = send(client, b"x" * 2000)
    assert answer.status_code == 413
    assert not Upload.objects.exists()


def test_cells_pasted_from_a_sheet_are_a_list(client, coordinator):
    text = "\r\n".join("\t".join(map(str, line)) for line in (HEADING, row(1, "UBND xã Lạc Đạo")))
    send(client, pasted=text)
    upload = Upload.objects.get()
    assert upload.state == UploadState.CHECKED
    assert upload.counts["new"] == 1


def test_a_sent_file_comes_back_as_it_was_under_its_own_name(client, coordinator):
    data = messy(row(1, "Xã Lạc Đạo"))
    upload = sent(client, data, name='Phụ lục "1".xlsx')
    answer = client.get(step("file", upload))
    assert b"".join(answer.streaming_content) == data
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''Ph%E1%BB%A5")


def test_the_same_file_sent_twice_is_one_upload_while_it_is_open(client, coordinator):
    data = messy(row(1, "Xã Lạc Đạo"))
    first = send(client, data)
    second = send(client, data)
    assert first.url == second.url
    assert Upload.objects.count() == 1


def test_the_same_file_again_says_when_and_by_whom_it_came(client, coordinator):
    data = messy(row(1, "Xã Lạc Đạo"))
    first = apply(client, sent(client, data))
    second = sent(client, data)
    assert second != first
    page = client.get(step("recognise", second))
    assert page.context["earlier"] == first
    assert second.counts["unchanged"] == 1
    acts = ChangeSet.objects.count()
    assert apply(client, second).state == UploadState.APPLIED
    assert ChangeSet.objects.count() == acts


def test_the_list_as_it_stands_comes_back_without_a_change(client, province, coordinator):
    apply(client, sent(client))
    answer = client.get(reverse("import_list", args=["declarations"]))
    assert "attachment" in answer.headers["Content-Disposition"]
    again = sent(client, b"".join(answer.streaming_content), on="31/12/2021")
    assert (again.counts["new"], again.counts["changed"], again.counts["unchanged"]) == (0, 0, 2)


@pytest.mark.parametrize("name", ["import_template", "import_list"])
def test_templates_and_lists_are_for_those_who_import_them(client, province, name):
    client.force_login(make_user(Role.VIEWER, province.committee))
    assert client.get(reverse(name, args=["declarations"])).status_code == 403
    client.force_login(make_user(Role.ADMINISTRATOR, province.committee))
    assert client.get(reverse(name, args=["declarations"])).status_code == 403
    assert client.get(reverse(name, args=["nonsense"])).status_code == 404
    assert client.get(reverse(name, args=["agencies"])).status_code == 200
    client.force_login(make_user(Role.COORDINATOR, province.van_lam))
    for kind in ("agencies", "declarations", "procedures", "plan", "agency-procedures"):
        assert client.get(reverse(name, args=[kind])).status_code == 200


def test_a_list_holds_only_what_lies_within_ones_reach(client, province):
    from openpyxl import load_workbook

    client.force_login(make_user(Role.COORDINATOR, province.van_lam))
    answer = client.get(reverse("import_list", args=["agencies"]))
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    names = {line[1] for line in sheet.iter_rows(values_only=True)}
    assert "UBND xã Lạc Đạo" in names
    assert "UBND xã Đông Tảo" not in names


# Recognise


def classes(client, upload):
    drawn = client.get(step("recognise", upload)).context["drawn"]
    return {r.number: r.cls for r in drawn.rows}


def test_the_sheet_is_drawn_with_what_each_row_was_taken_for(client, coordinator):
    upload = sent(client)
    assert classes(client, upload) == {
        1: "title", 3: "header", 4: "group", 5: "data", 6: "data", 7: "total", 8: "footer",
    }  # fmt: skip
    body = client.get(step("recognise", upload)).content.decode()
    assert 'class="r-new"' in body
    assert "HUYỆN VĂN LÂM" in body


def test_rows_columns_and_heading_are_corrected_by_clicking_and_taken_back(client, coordinator):
    upload = sent(client)
    here = step("recognise", upload)
    correct = {"act": "correct", "sheet": "Danh sách"}
    assert client.post(here, correct | {"row-6": "note", "row-5": ""}).status_code == 302
    assert classes(client, upload)[6] == "note"
    client.post(here, correct | {"column-4": "-"})
    page = client.get(here).context["drawn"]
    assert page.columns[3].meaning == ""
    client.post(here, correct | {"column-4": "note"})
    assert client.get(here).context["drawn"].columns[3].meaning == "note"
    client.post(here, {"act": "forget", "sheet": "Danh sách"})
    assert classes(client, upload)[6] == "data"
    upload.refresh_from_db()
    assert upload.options["overrides"]["rows"] == {}


def test_a_meaning_given_to_one_column_leaves_the_other(client, coordinator):
    upload = sent(client)
    client.post(step("recognise", upload), {"act": "correct", "sheet": "Danh sách", "column-1": "number"})
    drawn = client.get(step("recognise", upload)).context["drawn"]
    assert [c.meaning for c in drawn.columns] == ["number", "name", "standard", "", "declared_on"]


def test_an_unknown_heading_is_clicked_and_its_columns_named(client, coordinator):
    data = workbook(
        ("Biểu 1",), ("Nơi nào", "Văn bản", "Hôm nào", "Bản"), ("Xã Lạc Đạo", "1/QĐ", "05/10/2020", "2015")
    )
    upload = sent(client, data)
    here = step("recognise", upload)
    page = client.get(here)
    assert page.context["file_errors"]
    assert len(page.context["drawn"].rows) == 3
    client.post(here, {"act": "correct", "header": "2", "sheet": "Danh sách"})
    columns = {"column-1": "name", "column-2": "number", "column-3": "declared_on", "column-4": "standard"}
    client.post(here, {"act": "correct", "sheet": "Danh sách"} | columns)
    upload.refresh_from_db()
    assert upload.state == UploadState.CHECKED
    assert upload.counts["new"] == 1


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"act": "correct", "row-5": "nonsense"},
        {"act": "correct", "row-x": "note"},
        {"act": "correct", "column-1": "nonsense"},
        {"act": "correct", "column-999": "name"},
        {"act": "correct", "header": "-1"},
        {"act": "correct", "first": "9", "last": "2"},
        {"act": "read", "on": "31/02/2020"},
    ],
)
def test_nonsense_is_refused_and_changes_nothing(client, coordinator, given):
    upload = sent(client)
    before = upload.options
    assert client.post(step("recognise", upload), given | {"sheet": "Danh sách"}).status_code == 422
    upload.refresh_from_db()
    assert upload.options == before


def test_of_two_sheets_with_one_list_one_is_chosen(client, coordinator):
    rows = [HEADING, row(1, "UBND xã Lạc Đạo"), row(2, "UBND xã Lạc Hồng")]
    upload = sent(client, workbook(sheets={"Bản 1": rows, "Bản 2": rows}))
    assert client.get(step("recognise", upload)).context["is_ambiguous"]
    client.post(step("recognise", upload), {"act": "only", "only": "Bản 2"})
    upload.refresh_from_db()
    assert upload.counts["new"] == 2
    assert upload.options["sheet"] == "Bản 2"


def test_a_page_of_a_large_wide_sheet_stays_small(client, coordinator):
    wide = [f"Cột {n} " + "rất dài " * 10 for n in range(35)]
    rows = [(*row(n, f"Xã Số {n}"), *wide) for n in range(1, 1500)]
    upload = sent(client, workbook((*HEADING, *[f"Cột {n}" for n in range(35)]), *rows))
    for name in ("recognise", "match", "check"):
        page = client.get(step(name, upload))
        assert page.status_code == 200
        assert len(page.content) < 300_000, name


def test_another_kind_of_list_is_offered_and_the_same_file_read_so(client, coordinator):
    upload = sent(client, messy(row(1, "Xã Lạc Đạo"), row(2, "Xã Lạc Hồng")), kind="plan")
    page = client.get(step("recognise", upload))
    assert page.context["other_kind"].name == "declarations"
    assert client.post(step("recognise", upload), {"act": "kind", "kind": "nonsense"}).status_code == 422
    assert client.post(step("recognise", upload), {"act": "kind", "kind": "people"}).status_code == 422
    assert client.post(step("recognise", upload), {"act": "kind", "kind": "declarations"}).status_code == 302
    upload.refresh_from_db()
    assert (upload.kind, upload.counts["new"]) == ("declarations", 2)
    assert client.get(step("recognise", upload)).context["other_kind"] is None
    apply(client, upload)
    client.post(step("recognise", upload), {"act": "kind", "kind": "plan"})
    upload.refresh_from_db()
    assert (upload.kind, upload.state) == ("declarations", UploadState.APPLIED)


def test_merged_titles_are_drawn_as_they_stand_and_columns_say_why(client, coordinator):
    data = workbook(
        ("DANH SÁCH CÔNG BỐ", None, None, "CỘNG HÒA"), (None,) * 5,
        ("STT", "Nơi làm", "Tiêu chuẩn", "Số quyết định", "Ngày công bố"),
        *(row(i, f"UBND xã {n}") for i, n in enumerate(("Lạc Đạo", "Lạc Hồng"), 1)), merges=[("D1:E1", "CỘNG HÒA")],
    )  # fmt: skip
    drawn = client.get(step("recognise", sent(client, data))).context["drawn"]
    assert [(text, span) for text, _css, span in drawn.rows[0].cells] == [
        ("DANH SÁCH CÔNG BỐ", 3),
        ("CỘNG HÒA", 2),
    ]
    assert [column.why for column in drawn.columns] == [
        "", "theo nội dung các ô", "tiêu đề khớp 100/100", "tiêu đề khớp 100/100", "tiêu đề khớp 100/100"
    ]  # fmt: skip


# Match


def test_a_name_in_doubt_is_answered_once_and_remembered(client, province, coordinator):
    upload = sent(client, workbook(HEADING, row(1, "Xã Lạc Đạoo")))
    here = step("match", upload)
    (asked,) = client.get(here).context["rows"]
    key = asked["question"].key
    candidates = [c.agency_id for c in asked["question"].candidates]
    assert province.lac_dao.pk in candidates
    answer = client.post(here, {"key-0": key, "answer-0": str(province.lac_dao.pk)})
    assert answer.url == step("check", upload)
    assert client.get(here).context["answered"][0]["name"] == "UBND xã Lạc Đạo"
    apply(client, upload)
    again = sent(client, workbook(HEADING, row(7, "Xã Lạc Đạoo", on="06/10/2021")))
    page = client.get(step("match", again))
    assert not page.context["rows"]
    assert page.context["learned"][0]["name"] == "UBND xã Lạc Đạo"


@pytest.mark.parametrize(
    ("names", "said"), [(["Xã Lạc Đạoo"], ""), (["Xã Lạc Đạoo", "Xã Lạc Hồng"], " 1 theo tên.")]
)
def test_how_many_names_were_matched_is_said_only_of_some(client, province, coordinator, names, said):
    upload = sent(client, workbook(HEADING, *(row(n, name) for n, name in enumerate(names, 1))))
    page = client.get(step("match", upload)).content.decode()
    assert (
        page.partition('class="verdict">')[2].partition("</p>")[0] == f"<b>1 tên</b> cần bạn trả lời.{said}"
    )


def test_an_answer_is_taken_back(client, province, coordinator):
    upload = sent(client, workbook(HEADING, row(1, "Xã Lạc Đạoo")))
    here = step("match", upload)
    key = client.get(here).context["rows"][0]["question"].key
    client.post(here, {"key-0": key, "answer-0": "other", "other-0": "lac hong"})
    (answered,) = client.get(here).context["answered"]
    assert answered["name"] == "UBND xã Lạc Hồng"
    client.post(here, {"forget": answered["key"]})
    assert client.get(here).context["rows"]


def test_answers_that_were_not_given_are_asked_for(client, coordinator):
    upload = sent(client, workbook(HEADING, row(1, "Xã Lạc Đạoo")))
    here = step("match", upload)
    key = client.get(here).context["rows"][0]["question"].key
    page = client.post(here, {"key-0": key}, follow=True).content.decode()
    assert "Chưa trả lời tên nào" in page


def test_an_answer_must_lie_within_ones_reach(client, province):
    client.force_login(make_user(Role.COORDINATOR, province.van_lam))
    upload = sent(client, workbook(HEADING, row(1, "Xã Lạc Đạoo")))
    here = step("match", upload)
    key = client.get(here).context["rows"][0]["question"].key
    assert client.post(here, {"key-0": key, "answer-0": str(province.dong_tao.pk)}).status_code == 422
    typed = client.post(here, {"key-0": key, "answer-0": "other", "other-0": province.dong_tao.code})
    assert typed.status_code == 422
    assert "Đông Tảo" not in typed.content.decode()
    assert client.post(here, {"key-0": key, "answer-0": "nonsense"}).status_code == 422


def test_a_row_in_doubt_is_left_out(client, province, coordinator):
    upload = sent(client, workbook(HEADING, row(1, "Xã Không Có"), row(2, "Xã Lạc Hồng")))
    here = step("match", upload)
    key = client.get(here).context["rows"][0]["question"].key
    client.post(here, {"key-0": key, "answer-0": "out"})
    upload.refresh_from_db()
    assert upload.counts["errors"] == 0
    assert upload.counts["new"] == 1


# Check


def wrong_dates():
    return messy(
        row(1, "Xã Lạc Đạo", on="31/02/2020"), row(2, "Xã Lạc Hồng", on="31/02/2020"), row(3, "Xã Chỉ Đạo")
    )


def test_every_error_is_listed_filtered_and_corrected_in_place(client, coordinator):
    upload = sent(client, wrong_dates())
    here = step("check", upload)
    page = client.get(here)
    assert [(r["problem"].cell, r["text"], r["others"]) for r in page.context["rows"]] == [
        ("E5", "31/02/2020", 1), ("E6", "31/02/2020", 1),
    ]  # fmt: skip
    assert not client.get(here, {"code": "E_DUP"}).context["rows"]
    fix = {"act": "fix", "sheet-0": "Danh sách", "cell-0": "E5", "code-0": "E_DATE", "was-0": "31/02/2020"}
    client.post(here, fix | {"value-0": "28/02/2020", "all-0": "1"})
    upload.refresh_from_db()
    assert upload.counts["errors"] == 0
    assert upload.options["overrides"]["cells"] == {"Danh sách": {"E5": "28/02/2020", "E6": "28/02/2020"}}
    # The same form again: the page is old, nothing happens twice.
    client.post(here, fix | {"value-0": "01/01/2019", "all-0": "1"})
    upload.refresh_from_db()
    assert upload.options["overrides"]["cells"]["Danh sách"]["E5"] == "28/02/2020"


def test_a_wrong_row_is_left_out(client, coordinator):
    upload = sent(client, messy(row(1, "Xã Lạc Đạo", on="31/02/2020"), row(3, "Xã Chỉ Đạo")))
    left = {"act": "fix", "sheet-0": "Danh sách", "cell-0": "E5", "was-0": "31/02/2020", "out-0": "1"}
    client.post(step("check", upload), left)
    upload.refresh_from_db()
    assert (upload.counts["errors"], upload.counts["new"]) == (0, 1)


@pytest.mark.parametrize(
    "given",
    [
        {"act": "nonsense"},
        {"act": "fix", "sheet-0": "no such sheet", "cell-0": "A1"},
        {"act": "fix", "sheet-0": "Danh sách", "cell-0": "../A1"},
        {"act": "tick", "ticked": "nonsense"},
    ],
)
def test_nonsense_on_the_check_page_is_refused(client, coordinator, given):
    upload = sent(client, wrong_dates())
    assert client.post(step("check", upload), given).status_code == 422


def test_changes_are_shown_from_what_to_what(client, province, coordinator):
    apply(client, sent(client, messy(row(1, "Xã Lạc Đạo", decision="1/QĐ-UBND"))))
    upload = sent(client, messy(row(1, "Xã Lạc Đạo", decision="9/QĐ-UBND"), row(2, "Xã Lạc Hồng")))
    page = client.get(step("check", upload), {"show": "changed"})
    (line,) = page.context["lines"]
    assert [(d.before, d.after) for d in line["line"].differences] == [("1/QĐ-UBND", "9/QĐ-UBND")]
    assert "9/QĐ-UBND" in page.content.decode()
    assert len(client.get(step("check", upload), {"show": "new"}).context["lines"]) == 1


def test_the_workbook_comes_back_with_what_is_wrong_beside_each_row(client, coordinator):
    from openpyxl import load_workbook

    upload = sent(client, wrong_dates())
    answer = client.get(step("annotated", upload))
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(answer.content))["Danh sách"]
    assert "31/02/2020" in sheet.cell(5, 6).value
    assert sheet.cell(7, 6).value is None or "E7" in sheet.cell(7, 6).value
    assert sheet.cell(1, 1).value == TITLE[0]


def test_a_row_passed_over_says_why_in_words(client, coordinator):
    upload = sent(client)
    client.post(step("recognise", upload), {"act": "correct", "sheet": "Danh sách", "row-6": "note"})
    page = client.get(step("check", upload), {"show": "warnings"})
    (told,) = [found for code, _title, _n, found, _more in page.context["groups"] if code == "W_ROW_SKIPPED"]
    assert [problem.cell[1:] for problem in told] == ["6"]
    assert all(str(problem) for problem in told)
    assert client.get(step("annotated", upload)).status_code == 200


# Confirm, done, undo


def test_a_messy_list_from_sent_to_applied_to_undone(client, province, coordinator):
    upload = sent(client)
    assert upload.state == UploadState.CHECKED
    apply(client, upload)
    assert upload.state == UploadState.APPLIED
    found = Declaration.objects.get(agency=province.lac_dao)
    assert (found.number, found.declared_on, found.standard) == (
        "1/QĐ-UBND", day("2020-10-05"), Standard.objects.get(code__endswith="2015"),
    )  # fmt: skip
    page = client.get(step("done", upload))
    act = page.context["act"]
    assert (act.reason, act.upload, act.made_by) == ("CV 12/UBND", upload, coordinator)
    assert all(change.cell.startswith("Danh sách!") for change in act.changes.all())
    assert "UBND xã Lạc Đạo" in page.content.decode()
    lists = client.get(step("undo", upload)).context["lists"]
    assert lists[0][1] > 0
    assert client.post(step("undo", upload), {"reason": "Nhầm"}).status_code == 302
    assert not Declaration.objects.filter(agency=province.lac_dao).exists()
    upload.refresh_from_db()
    assert upload.state == UploadState.UNDONE
    # The second click finds nothing left to do.
    acts = ChangeSet.objects.count()
    assert client.post(step("undo", upload), {"reason": "Nhầm"}).status_code == 302
    assert ChangeSet.objects.count() == acts


def test_the_second_of_two_confirmations_does_nothing(client, province, coordinator):
    upload = sent(client)
    tick(client, upload)
    said = confirmation(client, upload)
    first = client.post(step("confirm", upload), said)
    acts = ChangeSet.objects.count()
    second = client.post(step("confirm", upload), said)
    assert first.url == second.url == step("done", upload)
    assert ChangeSet.objects.count() == acts
    assert Declaration.objects.count() == 2


def test_what_changed_meanwhile_stops_the_import_and_is_shown(client, province, coordinator):
    upload = sent(client)
    tick(client, upload)
    said = confirmation(client, upload)
    other = sent(client, messy(row(1, "Xã Lạc Đạo", decision="77/QĐ-UBND")), name="khác.xlsx")
    apply(client, other)
    before = Declaration.objects.count()
    page = client.post(step("confirm", upload), said)
    assert page.status_code == 409
    assert Declaration.objects.count() == before
    assert [(was, line.label) for was, line in page.context["differing"]] == [("new", "UBND xã Lạc Đạo")]
    assert page.context["since"]
    upload.refresh_from_db()
    assert upload.state in (UploadState.CHECKED, UploadState.REFUSED)


def test_a_difference_is_told_before_the_warnings_that_come_with_it(client, province, coordinator):
    upload = sent(client, messy(row(1, "Xã Lạc Đạo", on="05/10/2021"), row(2, "Xã Lạc Hồng")))
    tick(client, upload)
    said = confirmation(client, upload)
    apply(
        client,
        sent(client, messy(row(7, "Xã Lạc Đạo", on="05/10/2020"), row(2, "Xã Lạc Hồng")), name="khác.xlsx"),
    )
    page = client.post(step("confirm", upload), said)
    assert page.status_code == 409
    assert page.context["differing"]
    assert Declaration.objects.count() == 2


def test_two_people_with_one_file_have_one_effect(client, province, coordinator):
    data = messy(row(1, "Xã Lạc Đạo"), row(2, "Xã Lạc Hồng"))
    mine = sent(client, data)
    tick(client, mine)
    said = confirmation(client, mine)
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    apply(client, sent(client, data))
    acts = ChangeSet.objects.count()
    client.force_login(coordinator)
    client.post(step("confirm", mine), said)
    assert ChangeSet.objects.count() == acts
    assert Declaration.objects.count() == 2


def test_unread_warnings_and_errors_stop_before_the_confirmation(client, province, coordinator):
    names = ("Xã Lạc Đạo", "Xã Lạc Hồng")
    rows = [(*row(i, name), "0221.3986.123") for i, name in enumerate(names, 1)]
    upload = sent(client, workbook(TITLE, (), (*HEADING, "Điện thoại"), ("I", "HUYỆN VĂN LÂM"), *rows))
    assert client.get(step("check", upload)).context["unticked"]
    assert client.get(step("confirm", upload)).url.startswith(step("check", upload))
    assert client.post(step("check", upload), {"act": "tick"}).status_code == 422
    tick(client, upload)
    assert client.get(step("confirm", upload)).status_code == 200
    # A correction asks for the tick again where the warnings differ.
    said = confirmation(client, upload)
    client.post(step("recognise", upload), {"act": "correct", "sheet": "Danh sách", "row-6": "note"})
    assert client.post(step("confirm", upload), said).status_code == 409
    bad = sent(client, wrong_dates())
    said = client.get(step("confirm", bad), follow=True)
    assert said.redirect_chain == [(step("check", bad), 302)]
    assert "còn lỗi" in [str(m) for m in said.context["messages"]][-1]
    assert not Declaration.objects.exists()


@pytest.mark.parametrize("told", ["", "nonsense", "eJyrBgAAewB8"])
def test_a_forged_confirmation_is_refused(client, coordinator, told):
    upload = sent(client)
    tick(client, upload)
    assert client.post(step("confirm", upload), {"shown": "x"}).status_code == 422
    forged = {"shown": "0" * 64, "seen": "0", "told": told}
    assert client.post(step("confirm", upload), forged).status_code == 409
    assert not Declaration.objects.exists()


def test_a_long_list_waits_for_a_worker_and_the_page_asks_again(client, province, coordinator, monkeypatch):
    from django.core.management import call_command

    monkeypatch.setattr("agencies.imports.uploads.AT_ONCE", 1)
    upload = apply(client, sent(client))
    assert upload.state == UploadState.WAITING
    page = client.get(step("done", upload)).content.decode()
    assert 'http-equiv="refresh"' in page
    assert 'hx-trigger="every 1s"' in page
    assert client.get(step("recognise", upload)).url == step("done", upload)
    part = client.get(step("done", upload), headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    call_command("run_uploads", stdout=io.StringIO())
    ended = client.get(step("done", upload), headers={"HX-Request": "true"})
    assert ended.headers["HX-Refresh"] == "true"
    assert Declaration.objects.count() == 2


def test_a_failed_upload_says_that_nothing_went_in_and_can_be_tried_again(client, coordinator):
    upload = sent(client)
    tick(client, upload)
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.FAILED)
    assert step("confirm", upload) in client.get(step("done", upload)).content.decode()
    assert client.post(step("confirm", upload), confirmation(client, upload)).status_code == 302
    upload.refresh_from_db()
    assert upload.state == UploadState.APPLIED


def test_only_who_may_undo_takes_an_import_back(client, province):
    author = make_user(Role.COORDINATOR, province.van_lam)
    client.force_login(author)
    upload = apply(client, sent(client, workbook(HEADING, row(1, "UBND xã Lạc Đạo"))))
    Agency.objects.get(pk=province.lac_dao.pk)
    author.memberships.all().delete()
    client.force_login(make_user(Role.ADMINISTRATOR, province.committee))
    assert client.get(step("undo", upload)).status_code in (403, 404)


def test_undo_is_offered_only_to_whoever_may(client, province, coordinator):
    upload = apply(client, sent(client, workbook(HEADING, row(1, "UBND xã Lạc Đạo"))))
    assert step("undo", upload) in client.get(reverse("imports")).content.decode()
    client.force_login(make_user(Role.COORDINATOR, province.khoai_chau))
    assert step("undo", upload) not in client.get(reverse("imports")).content.decode()
    administrator = make_user(Role.ADMINISTRATOR, province.committee)
    Upload.objects.filter(pk=upload.pk).update(kind="agencies", uploaded_by=administrator)
    client.force_login(administrator)
    page = client.get(reverse("imports")).content.decode()
    assert upload.file_name in page and step("undo", upload) not in page


# Cost


def test_pages_cost_the_same_few_queries(client, coordinator, django_assert_max_num_queries):
    upload = sent(client)
    budgets = {"recognise": 20, "match": 20, "check": 20}
    for name, budget in budgets.items():
        with django_assert_max_num_queries(budget):
            assert client.get(step(name, upload)).status_code == 200
    with django_assert_max_num_queries(15):
        client.get(reverse("imports"))
    tick(client, upload)
    with django_assert_max_num_queries(22):
        client.get(step("confirm", upload))
    apply(client, upload)
    with django_assert_max_num_queries(20):
        client.get(step("done", upload))
