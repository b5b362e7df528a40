"""What an official report says equals the board of its day; the paper is laid out as NĐ 30/2020 asks."""

import datetime
import io
import json
import random
import zipfile

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.shared import Cm

from agencies.errors import Refused
from agencies.models import Agency, User
from procedures.models import Plan
from reports import figures
from reports.models import Kind, PublishedReport, codes
from reports.papers import content, limits, word
from reports.papers.workbook import workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]
DAY = datetime.date(2020, 12, 31)


def report(kind=Kind.ANNUAL, on=DAY, user=None, scope=None, **office):
    plan = Plan.objects.get()
    office = content.Office(**{"made_on": datetime.date(2021, 2, 5)} | office)
    return content.build(kind, plan=plan, on=on, scope=scope or plan.agency, user=user, office=office)


def table(made, code):
    return next(t for t in made["tables"] if t["code"] == code)


@pytest.mark.parametrize(
    "day", [datetime.date(2020, 6, 7), datetime.date(2020, 10, 31), DAY, datetime.date(2021, 12, 30)]
)
def test_every_figure_equals_the_board_of_the_same_day(day):
    made = report(on=day)
    plan = Plan.objects.get()
    board = figures.summary(plan, on=day, scope=plan.agency, user=None)
    told = made["figures"]
    assert (told["tong_don_vi"], told["da_cong_bo"]) == (
        board.units.declared.whole,
        board.units.declared.part,
    )
    assert told["ty_le_cong_bo"] == board.units.declared.percent
    assert (told["thu_tuc_co_hieu_luc"], told["thu_tuc_ap_dung"]) == (board.in_force, board.under_iso)
    assert told["theo_2015"] == next(s.part for k, s in board.units.by_standard.items() if k.short == ":2015")
    assert told["xay_dung_moi_thuc_hien"] == board.rollouts["BUILD"]
    t1, t2, t3 = (table(made, code) for code in ("T1", "T2", "T3"))
    assert t1["total"][2:4] == [board.units.declared.whole, board.units.declared.part]
    assert sum(row[2] for row in t1["rows"]) == board.units.declared.whole
    assert t2["total"][-2] == sum(board.rollouts.values())
    assert len(t3["rows"]) == board.units.declared.whole
    assert sum(row[7] is not None for row in t3["rows"]) == board.units.declared.part
    assert t3["total"][8:10] == [board.in_force, board.under_iso]


@pytest.mark.parametrize(
    ("number", "on", "told"),
    [
        ("12/TB-UBND", datetime.date(2021, 2, 1), "12/TB-UBND ngày 01/02/2021"),
        ("12/TB-UBND", None, "12/TB-UBND"),
        ("", datetime.date(2021, 2, 1), "01/02/2021"),
        ("", None, ""),
    ],
)
def test_the_notice_is_told_by_number_and_day(number, on, told):
    van_lam = Agency.objects.get(code="H31.325")
    van_lam.declarations.in_force(DAY).update(notice_number=number, notified_on=on)
    row = next(row for row in table(report(scope=van_lam), "T3")["rows"] if row[1] == van_lam.name)
    assert row[11] == told


def test_the_plan_is_told_as_published_at_its_end():
    t2 = table(report(on=datetime.date(2021, 12, 30)), "T2")
    # 102 built, 63 converted, 3 electronic: 168 of 168.
    assert t2["total"] == [None, "Tổng cộng", 102, 102, 100.0, 63, 63, 100.0, 3, 3, 100.0, 168, 168, 100.0]


def test_a_part_of_the_province_tells_of_itself_only():
    van_lam = Agency.objects.get(code="H31.325")
    made = report(scope=van_lam, kind=Kind.PROGRESS)
    assert made["figures"]["tong_don_vi"] == len(table(made, "T3")["rows"]) == 12
    assert {row[3] for row in table(made, "T3")["rows"]} <= {"UBND huyện Văn Lâm", "UBND tỉnh Hưng Yên"}


def test_a_share_of_nothing_is_no_zero():
    made = report(on=datetime.date(2020, 1, 1))
    empty = [row for t in made["tables"] for row in t["rows"] if None in row]
    assert empty
    assert word.said_cell(None, "percent") == "–"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ((2026, 2, 5), "ngày 05 tháng 02 năm 2026"),
        ((2026, 6, 29), "ngày 29 tháng 6 năm 2026"),
        ((2026, 12, 5), "ngày 05 tháng 12 năm 2026"),
        ((2026, 1, 31), "ngày 31 tháng 01 năm 2026"),
        ((2026, 10, 10), "ngày 10 tháng 10 năm 2026"),
    ],
)
def test_days_carry_a_zero_in_front_by_the_decree(day, words):
    assert content.day_in_words(datetime.date(*day)) == words


def test_the_word_document_is_laid_out_by_the_decree():
    made = report(addressees=("Bộ Khoa học và Công nghệ", "Ủy ban nhân dân tỉnh"), signer_name="Trần Văn B")
    document = Document(io.BytesIO(word.document(made, draft=True)))
    first, *annexes = document.sections
    assert (first.orientation, len(annexes)) == (WD_ORIENT.PORTRAIT, 4)
    assert all(a.orientation == WD_ORIENT.LANDSCAPE for a in annexes)
    assert first.different_first_page_header_footer
    assert abs(first.left_margin - Cm(3)) < 1_000
    assert abs(first.right_margin - Cm(1.5)) < 1_000
    head = document.tables[0]
    assert head.cell(0, 0).text.startswith("UBND TỈNH HƯNG YÊN\nSỞ KHOA HỌC VÀ CÔNG NGHỆ")
    assert not head.cell(0, 0).paragraphs[0].runs[0].bold
    assert head.cell(0, 0).paragraphs[1].runs[0].bold
    assert head.cell(1, 0).text == "Số:        /BC-SKHCN"
    assert head.cell(1, 1).text == "Hưng Yên, ngày 05 tháng 02 năm 2021"
    text = [p.text for p in document.paragraphs]
    assert "BÁO CÁO" in text
    assert any(line.endswith("kết thúc bằng dấu “./.”)") for line in text), "the office ends its own words"
    assert [line for line in text if line.startswith("Phụ lục ")] == [
        "Phụ lục I",
        "Phụ lục II",
        "Phụ lục III",
        "Phụ lục IV",
    ]
    assert not [line for line in text if "{{" in line or "{%" in line]
    assert len(document.inline_shapes) == 1
    fonts = {run.font.name for p in document.paragraphs for run in p.runs}
    assert fonts <= {"Times New Roman", None}
    assert document.styles["Normal"].font.name == "Times New Roman"


def test_the_workbook_holds_numbers_and_days():
    made = report()
    book = openpyxl.load_workbook(io.BytesIO(workbook(made)))
    assert book.sheetnames == ["Phụ lục I", "Phụ lục II", "Phụ lục III", "Phụ lục IV"]
    sheet = book["Phụ lục III"]
    rows = list(sheet.iter_rows(min_row=7, max_row=7 + len(table(made, "T3")["rows"]) - 1, values_only=True))
    assert [row[1] for row in rows] == [row[1] for row in table(made, "T3")["rows"]]
    assert all(row[7] is None or row[7] == "" or isinstance(row[7], datetime.datetime) for row in rows)
    assert sheet.page_setup.orientation == "landscape"


# Codes


def test_a_slip_in_a_code_is_noticed():
    for seed in range(200):
        code = codes.new_code()
        assert codes.read_code(codes.shown(code).lower()) == code
        rng = random.Random(seed)
        place = rng.randrange(8)
        other = rng.choice([c for c in codes.ALPHABET if c != code[place]])
        assert codes.read_code(code[:place] + other + code[place + 1 :]) is None
        place = rng.randrange(7)
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert (codes.read_code(swapped) is None) == (swapped != code)


@pytest.mark.parametrize("text", ["", "abc", "----", "🙂" * 8, "34679ACO", "A" * 500])
def test_what_is_no_code_reads_as_none(text):
    assert codes.read_code(text) is None


# Publishing


def published(**options):
    plan = Plan.objects.get()
    by = User.objects.get(username="dieuphoi")
    return PublishedReport.objects.publish(report(**options), scope=plan.agency, plan=plan, by=by)


def test_publishing_the_same_twice_is_one_report():
    assert published() == published()
    assert PublishedReport.objects.count() == 1


def test_a_published_report_stays_the_same_after_three_hundred_edits():
    from reports.tests.papers.editing import edit

    first = published()
    before = json.dumps(first.content, sort_keys=True)
    paper = [p.text for p in Document(io.BytesIO(word.document(first.content, code=first.code))).paragraphs]
    cells = [
        c.value
        for row in openpyxl.load_workbook(io.BytesIO(workbook(first.content)))["Phụ lục III"]
        for c in row
    ]
    assert edit(300, seed=20) == 300
    again = PublishedReport.objects.get(code=first.code)
    assert json.dumps(again.content, sort_keys=True) == before
    assert [
        p.text for p in Document(io.BytesIO(word.document(again.content, code=again.code))).paragraphs
    ] == paper
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(again.content)))["Phụ lục III"]
    assert [c.value for row in sheet for c in row] == cells
    assert report()["figures"] != again.content["figures"], "the edits touched what the report tells of"


def test_the_command_makes_publishes_and_makes_again(tmp_path):
    out = io.StringIO()
    first, second = tmp_path / "a.docx", tmp_path / "b.xlsx"
    call_command(
        "make_report",
        on="2020-12-31",
        kind="annual",
        publish=True,
        user="dieuphoi",
        out=str(first),
        stdout=out,
    )
    code = out.getvalue().split()[0]
    assert Document(first).sections
    call_command("make_report", code=code, format="xlsx", out=str(second), stdout=out)
    assert openpyxl.load_workbook(second).sheetnames[0] == "Phụ lục I"
    with pytest.raises(CommandError, match="no published report"):
        call_command("make_report", code="34679ACD", out=str(second), stdout=out)
    said = io.StringIO()
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("make_report", code=code, out=str(tmp_path / "missing" / "a.docx"), stdout=said)
    assert said.getvalue().split() == [code]


# Templates of the office


def small():
    """A report of one district: a template is tried with it in less time."""
    return report(kind=Kind.PROGRESS, scope=Agency.objects.get(code="H31.325"))


def template_with(*lines):
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_an_office_template_is_filled():
    data = template_with(
        "Đến {{ ngay_so_lieu }}: {{ da_cong_bo }}/{{ tong_don_vi }} & xong", "{{ trich_yeu }}"
    )
    filled = Document(io.BytesIO(word.document(report(), office_template=data)))
    assert filled.paragraphs[0].text == "Đến 31/12/2020: 169/206 & xong"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{{ khong_co }}", "khong_co"),
        ("{%p for m in cac_muc %}{{ m.sai }}{%p endfor %}", "sai"),
        ("{% foo %}", "gần “foo”"),
        ("{{ tong_don_vi ", "ô điền viết sai"),
        ("{% if da_cong_bo %}", "chưa có dấu kết thúc"),
        ("{{ 1/0 }}", "không tính được"),
        ("{% include 'x' %}", "không tính được"),
        ("{% for x in range(10**9) %}a{% endfor %}", "không tính được"),
        ("{{ tong_don_vi.__class__.__mro__ }}", "không được phép"),
        ("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "không được phép"),
        (
            "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
            "quá nhiều thời gian",
        ),
    ],
)
def test_a_wrong_or_hostile_template_is_refused_by_name(line, words, monkeypatch):
    monkeypatch.setattr("reports.papers.limits.CPU_SECONDS", 2)
    with pytest.raises(Refused, match=words):
        word.document(small(), office_template=template_with(line))


@pytest.mark.parametrize(
    "act", ["docx.part.package.save({!r})", "replace_zipname('word/document.xml', {!r})", "new_subdoc({!r})"]
)
def test_a_template_reaches_no_file_through_the_chart(tmp_path, act):
    file = tmp_path / "register.sqlite3"
    file.write_text("data")
    line = f"{{{{ bieu_do.tpl.{act.format(str(file))} }}}}"
    with pytest.raises(Refused, match="tpl"):
        word.document(small(), office_template=template_with(line))
    assert file.read_text() == "data"


def test_a_template_may_take_as_long_as_the_report_is_large(monkeypatch):
    waited = []
    monkeypatch.setattr(word.child, "answer_of", lambda *sent, seconds: waited.append(seconds) or b"+")
    province = report()
    word.document(province, office_template=b"x")
    province["tables"][0]["rows"] *= 11_000
    word.document(province, office_template=b"x")
    assert waited[0] < 30 and waited[1] == 2 * limits.CPU_SECONDS


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"%PDF-1.7", b"x" * 1000])
def test_what_is_no_word_document_is_refused(data):
    with pytest.raises(Refused):
        word.document(small(), office_template=data or b" ")


def test_unknown_placeholders_are_named_together():
    data = template_with("{{ mot }} {{ hai }} {{ tong_don_vi }}")
    assert word.unknown(data, word.context(report())) == ["hai", "mot"]


def test_a_report_made_by_the_command_names_those_whom_its_recipients_mean(tmp_path):
    out = tmp_path / "report.docx"
    call_command("make_report", on="2020-12-31", out=str(out), stdout=io.StringIO())
    with zipfile.ZipFile(out) as archive:
        text = archive.read("word/document.xml").decode()
    assert "Như trên" in text
    assert "Kính gửi" in text and "Bộ Khoa học và Công nghệ" in text


def test_a_percent_sign_stays_in_the_line_of_its_number():
    words = word.context(report(kind=Kind.PROGRESS))
    paragraphs = [text for section in words["cac_muc"] for text in section["cac_doan"]]
    assert any("\N{NO-BREAK SPACE}%" in text for text in paragraphs)
    assert not any(" %" in text for text in paragraphs)


def test_a_last_section_that_is_written_ends_with_the_closing_mark():
    made = report()
    made["sections"][-1]["paragraphs"] = ["Đề nghị UBND tỉnh xem xét."]
    last = word.context(made)["cac_muc"][-1]["cac_doan"]
    assert last == ["Đề nghị UBND tỉnh xem xét./."]
