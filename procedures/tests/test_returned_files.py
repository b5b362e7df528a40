"""What an office does to a file between download and return: other programs, sorted rows, moved columns, zips."""

import io
import shutil
import struct
import subprocess
import zipfile

import openpyxl
import pytest

from agencies.testing import day, make_province, workbook
from iso_rollout.sheets.child import parse_all
from iso_rollout.sheets.problems import Refused
from procedures.lifecycle import Stage
from procedures.testing import make_duties, make_plan, make_procedure, make_rollout, reach
from procedures.tests.filling import Book, applied, handed_in, issued, zipped
from procedures.tests.test_round_trip import key, media, milestones  # noqa: F401 (a fixture)
from procedures.workbooks.columns import DUTIES, PROGRESS

pytestmark = pytest.mark.django_db
DAY = day("2020-06-10")


@pytest.fixture
def two(place):
    """Two communes with an undertaking and procedures each."""
    place.other = make_rollout(place.plan, place.province.lac_hong)
    place.duties = make_duties(place.agency, make_procedure(), make_procedure(name="Cấp  giấy phép"))
    make_duties(place.province.lac_hong, make_procedure(), note="  hai  khoảng trắng ")
    reach(place.rollout, Stage.PLANNED, Stage.PROMULGATED)
    place.filled = (
        Book(issued(place.agency, place.province.lac_hong))
        .fill(key(place.rollout), steering=day("2020-06-20"), planned="12.6.2020")
        .fill(key(place.other), planned=DAY)
        .fill(
            key(place.duties[0]),
            standard="TCVN ISO 9001:2015",
            applied_on=day("2020-11-20"),
            document="QT-01",
        )
    )
    return place


def told(found):
    """What a comparison found, without its places."""
    return (
        [e.code for e in found.errors],
        sorted(
            (line.record["record"], d.name, d.before, d.after)
            for line in found.lines
            for d in line.differences
        ),
    )


# Other programs


@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_a_workbook_saved_by_libreoffice_in_any_format_says_the_same(two, tmp_path):
    plain = issued(two.agency, two.province.lac_hong)
    (tmp_path / "filled.xlsx").write_bytes(two.filled.data)
    (tmp_path / "plain.xlsx").write_bytes(plain)
    wanted = told(handed_in(two.filled.data, two.editor)[1])
    assert len(wanted[1]) == 6 and wanted[0] == []
    for format_ in ("xlsx", "ods", "xls"):
        out = tmp_path / format_
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", format_,
             "--outdir", out, tmp_path / "filled.xlsx", tmp_path / "plain.xlsx"],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        assert told(handed_in((out / f"filled.{format_}").read_bytes(), two.editor)[1]) == wanted
        assert told(handed_in((out / f"plain.{format_}").read_bytes(), two.editor)[1]) == ([], [])


# Rows and columns


def rearranged(book, letter, order, *, rows=lambda rows: rows):
    """The sheet written anew: columns in another order, rows as `rows` gives them."""
    sheet = book.sheet(letter)
    lines = [[c.value for c in r] for r in sheet.iter_rows(min_row=4)]
    head, body = lines[0], rows(lines[1:])
    return workbook(
        sheets={
            sheet.title: [["Tên khác của bảng"], [], *([line[i] for i in order] for line in [head, *body])]
        }
    )


def test_sorted_rows_and_moved_columns_say_the_same(two):
    wanted = told(handed_in(two.filled.data, two.editor)[1])[1]
    progress = rearranged(
        two.filled, "R", range(len(PROGRESS.columns) - 1, -1, -1), rows=lambda rows: rows[::-1]
    )
    duties = rearranged(
        two.filled, "P", [len(DUTIES.columns) - 1, *range(len(DUTIES.columns) - 1)], rows=lambda r: r[::-1]
    )
    found = handed_in(zipped({"a.xlsx": progress, "b.xlsx": duties}), two.editor)[1]
    assert told(found) == ([], wanted)
    assert found.number_of("unchanged") == 2


def test_hidden_columns_and_rows_are_read(two):
    wanted = told(handed_in(two.filled.data, two.editor)[1])
    sheet = two.filled.sheet("R")
    sheet.column_dimensions["I"].hidden = True
    sheet.row_dimensions[two.filled.row(key(two.other))].hidden = True
    assert told(handed_in(two.filled.data, two.editor)[1]) == wanted


def test_rows_sorted_without_their_keys_are_refused(two):
    sheet = two.filled.sheet("R")
    first, second = two.filled.row(key(two.rollout)), two.filled.row(key(two.other))
    column = two.filled.headings["R"]["key"]
    sheet.cell(first, column).value, sheet.cell(second, column).value = (
        sheet.cell(second, column).value, sheet.cell(first, column).value,
    )  # fmt: skip
    found = handed_in(two.filled.data, two.editor)[1]
    assert [e.code for e in found.errors] == ["E_IDENTITY", "E_IDENTITY"]


def test_a_due_day_is_not_changed_by_a_workbook_and_that_is_said(two):
    wanted = told(handed_in(two.filled.data, two.editor)[1])
    for said in (day("2021-06-30"), "30/6/2021", "cuối năm", 44_000.5):
        two.filled.cell(key(two.rollout), "due_on").value = said
        found = handed_in(two.filled.data, two.editor)[1]
        assert [(w.code, w.cell) for w in found.warnings] == [
            ("W_LOCKED", two.filled.cell(key(two.rollout), "due_on").coordinate)
        ]
        assert told(found) == wanted
    two.filled.cell(key(two.rollout), "due_on").value = f"{two.rollout.due_on:%d/%m/%Y}"
    assert not handed_in(two.filled.data, two.editor)[1].warnings


def test_a_day_merged_over_several_rows_takes_nothing_back(two):
    """Excel keeps the first cell only: the others are not emptied, and not filled in either."""
    one, other = sorted(two.filled.row(key(r)) for r in (two.rollout, two.other))
    assert other == one + 1
    column = two.filled.cell(key(two.rollout), "surveyed").column
    sheet = two.filled.sheet("R")
    sheet.cell(one, column).value = DAY
    sheet.merge_cells(start_row=one, end_row=other, start_column=column, end_column=column)
    found = handed_in(two.filled.data, two.editor)[1]
    assert [(e.code, e.cell) for e in found.errors] == [("E_MERGED", sheet.cell(other, column).coordinate)]


def test_deleted_rows_and_sheets_change_nothing_and_are_said(two):
    two.filled.sheet("R").delete_rows(two.filled.row(key(two.other)))
    del two.filled.book["Thủ tục"]
    found = handed_in(two.filled.data, two.editor)[1]
    assert [w.code for w in found.warnings] == ["W_ROWS_GONE"] and "2" in str(found.warnings[0])
    assert found.is_fine and {r for r, *_rest in told(found)[1]} == {key(two.rollout)}


def test_a_deleted_column_is_said_and_stays(two):
    sheet = two.filled.sheet("R")
    sheet.delete_cols(two.filled.headings["R"]["planned"])
    found = handed_in(two.filled.data, two.editor)[1]
    assert [w.code for w in found.warnings] == ["W_COLUMNS_GONE"] and "Có kế hoạch" in str(found.warnings[0])
    assert "planned" not in {name for _r, name, *_rest in told(found)[1]}


def test_a_workbook_without_its_keys_is_refused(two):
    for letter in "RP":
        two.filled.sheet(letter).delete_cols(two.filled.headings[letter]["key"])
    found = handed_in(two.filled.data, two.editor)[1]
    assert {e.code for e in found.errors} == {"E_KEY"}


def test_an_added_row_is_refused_by_name_and_a_signature_is_not(two):
    sheet = two.filled.sheet("R")
    last = sheet.max_row
    sheet.cell(last + 2, 2).value = "Người lập biểu"
    found = handed_in(two.filled.data, two.editor)[1]
    assert [w.code for w in found.warnings] == ["W_ROW_SKIPPED"] and found.is_fine
    sheet.cell(last + 1, 1).value, sheet.cell(last + 1, 4).value = "UBND xã Mới", "KH-1"
    found = handed_in(two.filled.data, two.editor)[1]
    assert [e.code for e in found.errors] == ["E_ROW_ADDED"] and "UBND xã Mới" in str(found.errors[0])


def test_a_key_that_is_none_is_refused(two):
    cell = two.filled.cell(key(two.rollout), "key")
    for text in ("xyz", "0123456789AB.R0", "0123456789AB.Q1", cell.value + "999999"):
        cell.value = text
        codes = {e.code for e in handed_in(two.filled.data, two.editor)[1].errors}
        assert codes == {"E_KEY"}, text


def test_rows_copied_from_one_workbook_into_another_are_understood(two):
    one, other = Book(issued(two.agency)), Book(issued(two.province.lac_hong))
    other.fill(key(two.other), planned=DAY)
    row = [c.value for c in other.sheet("R")[other.row(key(two.other))]]
    one.sheet("R").append(row)
    applied(one.data, two.editor)
    assert milestones(two.other) == {"planned": DAY}


def test_formulas_give_their_value_or_are_named(two):
    book = Book(issued(two.agency))
    cell = book.cell(key(two.rollout), "signer")
    cell.value = '="Nguyễn "&"Văn A"'
    found = handed_in(book.data, two.editor)[1]
    assert [e.code for e in found.errors] == ["E_FORMULA_NOCACHE"]


def test_another_list_is_no_workbook_of_ours(two):
    found = handed_in(workbook(["STT", "Tên cơ quan"], [1, "Xã Lạc Đạo"]), two.editor)[1]
    assert [e.code for e in found.errors] == ["E_NOT_OURS"]


# Zips


def test_a_zip_passes_over_what_systems_leave_behind_and_says_what_is_no_workbook(two):
    data = zipped({
        "bang/a.xlsx": two.filled.data, "__MACOSX/._a.xlsx": b"\0\5", "bang/Thumbs.db": b"x", "~$a.xlsx": b"x",
        "công văn.pdf": b"%PDF-1.4",
    })  # fmt: skip
    found = handed_in(data, two.editor, "tat ca.zip")[1]
    assert found.is_fine and [w.code for w in found.warnings] == ["W_FILE_IGNORED"]
    assert found.lines[0].sheet == "a.xlsx › Tiến độ"


def test_a_damaged_file_in_a_zip_is_named(two):
    found = handed_in(zipped({"a.xlsx": two.filled.data, "hong.xlsx": two.filled.data[:3000]}), two.editor)[1]
    assert [(e.code, e.sheet) for e in found.errors] == [("E_FILE_CORRUPT", "hong.xlsx")]
    inner = zipped({"b.xlsx": two.filled.data})
    found = handed_in(zipped({"a.xlsx": two.filled.data, "trong.zip": inner}), two.editor)[1]
    assert [w.sheet for w in found.warnings] == ["trong.zip"]


def refusal(data):
    with pytest.raises(Refused) as caught:
        parse_all(data)
    return caught.value.code


def test_hostile_zips_are_refused_before_anything_is_unpacked(two):
    good = two.filled.data
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xlsx", b"\0" * 30_000_000)
    assert refusal(bomb.getvalue()) == "E_ZIP_BOMB"
    assert refusal(zipped({"../a.xlsx": good})) == "E_ZIP_PATH"
    assert refusal(zipped({f"{n}.xlsx": b"" for n in range(1_001)})) == "E_ZIP_ENTRIES"
    assert refusal(zipped({"a.xlsx": good})[:-30]) == "E_FILE_CORRUPT"
    locked = bytearray(zipped({"a.xlsx": good}))
    at = locked.rfind(b"PK\1\2") + 8
    locked[at : at + 2] = struct.pack("<H", 1)
    assert refusal(bytes(locked)) == "E_FILE_TYPE"
    assert handed_in(zipped({}), two.editor)[1].errors[0].code == "E_NO_ROWS"


def test_long_names_in_a_zip_leave_room_for_the_cell(two):
    _upload, act = applied(zipped({"x" * 200 + ".xlsx": two.filled.data}), two.editor, "dai.zip")
    assert all(line.cell.rpartition("!")[2] for line in act.changes.all())


# Other registers


def test_codes_are_the_same_for_the_same_state_and_others_for_another(two):
    first, again = (Book(issued(two.agency)).cell(key(two.rollout), "key").value for _ in range(2))
    assert first == again
    reach(two.rollout, Stage.STEERING)
    assert Book(issued(two.agency)).cell(key(two.rollout), "key").value != first


def test_a_second_province_is_foreign(two):
    other = make_province("H32", "Hải Dương")
    rollout = make_rollout(make_plan(other.committee), other.lac_dao)
    found = handed_in(Book(issued(other.lac_dao)).fill(key(rollout), planned=DAY).data, two.coordinator)[1]
    assert [e.code for e in found.errors] == ["E_FOREIGN"]


def test_what_goes_out_is_locked_but_for_the_open_cells(two):
    book = openpyxl.load_workbook(io.BytesIO(issued(two.agency)))
    sheet = book["Tiến độ"]
    assert sheet.protection.sheet and not sheet.protection.password
    assert [c.value for c in sheet[4] if not sheet.cell(5, c.column).protection.locked] == [
        c.title for c in PROGRESS.open_columns
    ]
    assert sheet.freeze_panes == "B5" and sheet.page_setup.orientation == "landscape"
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert any("TCVN ISO 9001:2015" in (rule.formula1 or "") for rule in rules.values())
    assert any(rule.type == "date" and "dd/mm/yyyy" in rule.error for rule in rules.values())
    assert "Hướng dẫn" in book.sheetnames
