"""The container is judged before it is opened; the child that opens it may die without harm."""

import io
import struct
import zipfile

import pytest

from iso_rollout import child as processes
from iso_rollout.sheets import child, examples, guard, read
from iso_rollout.sheets.problems import Refused
from iso_rollout.sheets.tests import workbooks as w

GOOD = w.xlsx(w.table())


def code_of(data):
    errors = read(data, "list.xlsx", examples.DECLARATIONS).errors
    assert len(errors) == 1 and str(errors[0])
    return errors[0].code


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_sheet(xml):
    return w.zipped(parts_of(GOOD) | {"xl/worksheets/sheet1.xml": xml})


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'


@pytest.mark.parametrize("data, code", [
    (b"", "E_FILE_CORRUPT"), (b"\0\0\0", "E_FILE_CORRUPT"), (b"%PDF-1.7 ...", "E_FILE_TYPE"), (b"MZ\x90\0", "E_FILE_TYPE"),
    (b"PK\x03\x04garbage", "E_FILE_CORRUPT"), (b"\x89PNG\r\n\x1a\n", "E_FILE_TYPE"), (b"<html><table>", "E_FILE_TYPE"),
    (b'<?xml version="1.0"?><Workbook/>', "E_FILE_TYPE"), (bytes(range(256)) * 40, "E_FILE_TYPE"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "E_FILE_CORRUPT"), (b"{\\rtf1 x}", "E_FILE_TYPE"),
    (GOOD[:-200], "E_FILE_CORRUPT"), (GOOD[: len(GOOD) // 2], "E_FILE_CORRUPT"), (b"a" * (guard.MAX_BYTES + 1), "E_FILE_SIZE"),
    (w.zipped({"a.txt": "x"}), "E_FILE_TYPE"), (w.zipped({"word/document.xml": "<x/>"}), "E_FILE_TYPE"),
    (w.zipped({"[Content_Types].xml": "<x/>"}), "E_FILE_CORRUPT"),
])  # fmt: skip
def test_what_is_no_workbook_is_refused_by_its_content(data, code):
    assert code_of(data) == code


@pytest.mark.parametrize("name, code", [
    ("../../evil.xml", "E_ZIP_PATH"), ("/etc/evil", "E_ZIP_PATH"), ("C:/evil", "E_ZIP_PATH"), ("xl\\..\\..\\evil", "E_ZIP_PATH"),
    ("xl/vbaProject.bin", "E_FILE_MACRO"), ("xl/macrosheets/sheet1.xml", "E_FILE_MACRO"),
])  # fmt: skip
def test_a_strange_part_refuses_the_whole(name, code):
    assert code_of(w.zipped(parts_of(GOOD) | {name: "x"})) == code


def test_bombs_are_refused_by_the_directory():
    assert code_of(w.zipped(parts_of(GOOD) | {"xl/big.xml": b"0" * 12_000_000})) == "E_ZIP_BOMB"
    assert code_of(w.zipped(parts_of(GOOD) | {f"x{i}": "" for i in range(1000)})) == "E_ZIP_ENTRIES"


def test_a_directory_that_lies_about_its_count_is_refused():
    many = bytearray(w.zipped(parts_of(GOOD) | {f"x{i}": "" for i in range(1200)}))
    end = many.rfind(b"PK\x05\x06")
    many[end + 8 : end + 12] = struct.pack("<HH", 5, 5)
    assert code_of(bytes(many)) == "E_ZIP_ENTRIES"


@pytest.mark.parametrize("xml", [
    '<!DOCTYPE x [<!ENTITY a "b">]>' + SHEET % "", ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x>' + SHEET % "").encode("utf-16"),
])  # fmt: skip
def test_document_types_are_refused_in_any_encoding(xml):
    assert code_of(with_sheet(xml)) == "E_XML_DTD"


def test_far_cells_do_not_fill_the_memory():
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="%s1048576"><v>1</v></c></row>'
    assert code_of(with_sheet(SHEET % (far % "XFD"))) == "E_LIMIT_COLS"
    assert code_of(with_sheet(SHEET % (far % "C"))) == "E_HEADER_MISSING"
    assert code_of(w.csv_text([["a"] * 51]).encode()) == "E_LIMIT_COLS"


def test_too_many_rows():
    assert code_of(b"a,b\n" + b"1,2\n" * 260_000) == "E_LIMIT_ROWS"


def test_formulas():
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>Tên cơ quan</t></is></c><c r="B1" t="inlineStr"><is><t>Số QĐ</t></is></c>'
    rows += '<c r="C1" t="inlineStr"><is><t>Ngày QĐ</t></is></c></row>'
    for number, cell in enumerate([
        "<f>1+1</f><v>2</v>", "<f>1+1</f>", '<f>HYPERLINK("http://x")</f><v>2</v>', "<f>[1]Sheet1!A1</f><v>2</v>",
        "<f>cmd|'/c calc'!A0</f><v>2</v>",
    ], 2):  # fmt: skip
        rows += f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>Xã {number}</t></is></c><c r="B{number}">{cell}</c>'
        rows += f'<c r="C{number}"><v>43605</v></c></row>'
    rows += '<row r="7"><c r="A7" t="inlineStr"><is><t>Xã 7</t></is></c><c r="B7" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="C7"><v>43605</v></c></row>'
    reading = read(with_sheet(SHEET % rows), "x", examples.DECLARATIONS)
    assert [(p.code, p.cell) for p in reading.errors] == [
        ("E_FORMULA_NOCACHE", "B3"), ("E_FORMULA_EXTERNAL", "B4"), ("E_FORMULA_EXTERNAL", "B5"), ("E_FORMULA_EXTERNAL", "B6"),
        ("E_FORMULA_ERROR", "B7"),
    ]  # fmt: skip
    assert ("W_FORMULA", "B2") in [(p.code, p.cell) for p in reading.warnings]
    assert len(reading.rows) == 6


def test_a_child_that_dies_or_hangs_is_only_a_refusal(monkeypatch):
    for start, code in [
        ("import os; os.abort()", "E_LIMIT_MEMORY"), ("import os; os.kill(os.getpid(), 9)", "E_LIMIT_TIME"), ("1/0", "E_FILE_CORRUPT"),
        ("import time; time.sleep(30)", "E_LIMIT_TIME"), ("import pickle, sys; print(1)", "E_FILE_CORRUPT"),
        ("import pickle, sys, os; sys.stdout.buffer.write(pickle.dumps(os.getcwd))", "E_FILE_CORRUPT"),
    ]:  # fmt: skip
        monkeypatch.setattr(processes, "_START", start)
        monkeypatch.setattr(child, "WALL_SECONDS", 1)
        with pytest.raises(Refused) as refused:
            child.parse(GOOD)
        assert refused.value.code == code


def test_the_child_starts_without_django():
    import subprocess
    import sys

    script = "from iso_rollout.sheets import child, guard, xlsx, ods, xls, delimited; import sys; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_codes_keep_the_zeros_of_their_format():
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Mã cơ quan", "Tên cơ quan"])
    sheet.write(1, 0, 350, book.add_format({"num_format": "00000"}))
    sheet.write(1, 1, "UBND xã Lạc Đạo")
    book.close()
    assert read(file.getvalue(), "x", examples.AGENCIES).rows[0].values["code"] == "00350"


@pytest.mark.parametrize("parts", [
    {"content.xml": b"\x8f\x01\x80", "META-INF/manifest.xml": '<m:manifest xmlns:m="x"><m:encryption-data/></m:manifest>'},
    {"encrypted-package": b"\x8f\x01\x80"},
])  # fmt: skip
def test_an_ods_with_a_password_is_named_as_such(parts):
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    (error,) = read(w.zipped({"mimetype": mimetype, **parts}), "list.ods", examples.DECLARATIONS).errors
    assert error.code == "E_FILE_TYPE" and "password" in error.message


@pytest.mark.parametrize("data", [
    b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
    b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>',
])  # fmt: skip
def test_a_table_in_one_xml_file_is_no_web_page(data):
    (error,) = read(data, "list.xls", examples.DECLARATIONS).errors
    assert error.code == "E_FILE_TYPE" and "XML" in str(error) and "web" not in str(error)
