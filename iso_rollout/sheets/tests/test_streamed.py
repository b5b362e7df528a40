"""Streamed lists: whatever stands in a register is read back as it was, by three programs."""

import csv
import datetime
import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from iso_rollout.sheets import streamed
from iso_rollout.sheets.formulas import guarded, unguarded
from iso_rollout.sheets.streamed import stream_csv, stream_xlsx

TITLES = ("Mã", "Tên", "Ngày")
DAY = datetime.date(2020, 6, 8)
# What a database keeps of a text: everything but controls that no file has.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\ufffe\uffff"), max_size=40
).map(lambda text: "".join(c for c in text if c >= " " or c in "\t\n"))


def xlsx(rows, **more):
    return b"".join(stream_xlsx(TITLES, rows, **more))


def read(data):
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


@given(
    st.lists(
        st.tuples(TEXTS, st.none() | st.integers(0, 2**31), st.dates(datetime.date(1900, 3, 1))), max_size=5
    )
)
@settings(max_examples=60, deadline=None)
def test_a_workbook_is_read_back_as_it_was(rows):
    data = xlsx(rows)
    assert zipfile.ZipFile(io.BytesIO(data)).testzip() is None
    expected = [["" if v is None else v for v in row] for row in rows]
    assert [[*row[:2], row[2]] for row in read(data)[1:]] == expected
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    found = [(a or "", b, c.date()) for a, b, c in sheet.iter_rows(min_row=2, max_col=3, values_only=True)]
    assert found == [tuple(row) for row in rows]


@given(st.lists(st.tuples(TEXTS, TEXTS, st.dates()), max_size=5))
def test_a_csv_is_read_back_as_it_was_and_starts_no_formula(rows):
    data = b"".join(stream_csv(TITLES, rows))
    assert data.startswith(b"\xef\xbb\xbf")
    found = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert found[0] == list(TITLES)
    assert not any(cell[:1] in tuple("=+-@\t\r") for row in found for cell in row if cell)
    assert [[unguarded(a), unguarded(b)] for a, b, _day in found[1:]] == [[a, b] for a, b, _day in rows]
    assert all(day[6:] + day[3:5] + day[:2] == f"{row[2]:%Y%m%d}".rjust(8, "0") for day, row in zip(
        (line[2] for line in found[1:]), rows, strict=True))  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+84 221", "-5", "@SUM(A1)", "'=1", "''@", "\tx"])
def test_what_looks_like_a_formula_is_a_text(text):
    assert guarded(text) == f"'{text}" and unguarded(guarded(text)) == text
    cell = openpyxl.load_workbook(io.BytesIO(xlsx([(text, None, None)]))).active["A2"]
    assert (cell.value, cell.data_type) == (text, "s")


@pytest.mark.parametrize("text", ["0123", "1.000120", "O'Brien", "'tis", "Đ", ""])
def test_ordinary_texts_are_left_alone(text):
    assert guarded(text) == text == unguarded(text)


def test_what_xml_cannot_hold_is_left_out():
    assert read(xlsx([("a\x00b\x0bc\ud800d\uffff", "<&>\"'", None)]))[1][:2] == ["abcd", "<&>\"'"]


def test_what_a_spreadsheet_would_decode_is_written_so_that_it_does_not():
    texts = ["x_x0041_y", "_x005F_x0041_", "a\rb", "_x_", "_x00e9_"]
    assert [row[0] for row in read(xlsx([(text, None, None) for text in texts]))[1:]] == texts


def test_heading_widths_and_formats():
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx([("007", 5, DAY)], widths=(10, 42, 14)))).active
    assert sheet.freeze_panes == "A2" and sheet["A1"].font.b
    assert sheet.column_dimensions["B"].width == 42
    assert (sheet["A2"].value, sheet["A2"].number_format) == ("007", "@")
    assert (sheet["C2"].value.date(), sheet["C2"].number_format) == (DAY, "dd/mm/yyyy")


def test_days_before_1900_are_texts():
    assert read(xlsx([("", None, datetime.date(1899, 5, 4))]))[1][2] == "04/05/1899"


@pytest.mark.parametrize(("count", "sheets"), [(0, 1), (5, 1), (7, 1), (8, 2), (12, 2), (15, 3)])
def test_more_rows_than_a_sheet_takes_go_on_in_the_next(count, sheets, monkeypatch):
    monkeypatch.setattr(streamed, "MAX_SHEET_ROWS", 8)
    monkeypatch.setattr(streamed, "ROWS_AT_A_TIME", 3)
    book = openpyxl.load_workbook(io.BytesIO(xlsx([(str(n), n, None) for n in range(count)])))
    assert all([c.value for c in sheet[1]] == list(TITLES) and sheet.max_row <= 8 for sheet in book)
    assert [row[1] for sheet in book for row in sheet.iter_rows(min_row=2, values_only=True)] == list(
        range(count)
    )
    assert book.sheetnames == ["Danh sách", "Danh sách 2", "Danh sách 3"][:sheets]


@pytest.mark.parametrize("stream", [stream_xlsx, stream_csv])
def test_the_first_bytes_do_not_wait_for_all_rows(stream):
    taken = []
    rows = (taken.append(n) or ("x", n, DAY) for n in range(10_000))
    pieces = stream(TITLES, rows)
    assert next(pieces) and len(taken) <= streamed.ROWS_AT_A_TIME
    assert sum(map(len, pieces)) and len(taken) == 10_000
