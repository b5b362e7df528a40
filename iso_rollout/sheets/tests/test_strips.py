"""Strips: columns in which every value stands once, and sheets that travel as such."""

import datetime as dt
import json
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iso_rollout.sheets import child, examples, read
from iso_rollout.sheets.grid import Grid
from iso_rollout.sheets.header import find_header
from iso_rollout.sheets.parsed import ParsedSheet
from iso_rollout.sheets.problems import Refused
from iso_rollout.sheets.rows import Classifier
from iso_rollout.sheets.strips import Strip, StripMaker
from iso_rollout.sheets.tests import workbooks as w
from iso_rollout.sheets.verdicts import APART, Verdicts

CELLS = st.one_of(
    st.none(), st.text(max_size=4), st.sampled_from([0.0, 1.0, 2015.0, 1, True, False, "1", "x"]),
    st.floats(allow_nan=False), st.datetimes(), st.dates(), st.times(), st.timedeltas(),
)  # fmt: skip
ROWS = st.lists(st.lists(CELLS, max_size=6), max_size=20)


def same(left, right):
    return left.__class__ is right.__class__ and left == right


def strip_of(*values):
    maker = StripMaker()
    maker.add([[value] for value in values])
    return maker.done()[0]


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS)
def test_rows_come_out_as_they_went_in(first, second):
    maker = StripMaker()
    maker.add(first)
    maker.add(second)
    strips = maker.done()
    for index, row in enumerate(first + second):
        found = [strip[index] for strip in strips]
        wanted = [value if value != "" else None for value in row]
        assert all(map(same, found, wanted))
        assert not any(value is not None for value in (*found[len(row) :], *wanted[len(found) :]))


def test_one_and_true_are_different_cells():
    assert [value.__class__ for value in strip_of(1.0, True, 1, "1", 1.0)] == [float, bool, int, str, float]


def test_a_value_may_be_put_taken_and_laid_over():
    strip = strip_of("a", None, "b", "a")
    strip[1] = "a"
    assert (list(strip), strip.places({0}), len(strip.values)) == (["a", "a", "b", "a"], [], 4)
    assert list(strip.taken(range(1, 3))) == ["a", "b"] == list(strip.taken([0, 2]))
    strip[0] = None
    assert list(strip.laid_over(strip_of("x", "y", "z", None))) == ["x", "a", "b", "a"]
    assert strip.fill("neu", 0, 4) == [0]
    assert list(Strip.joined([strip, Strip.blank(1), strip_of("b")])) == ["neu", "a", "b", "a", None, "b"]


def test_more_values_than_a_byte_counts():
    strip = strip_of(*map(str, range(255)))
    assert strip.codes.itemsize == 1
    for index in range(20):
        strip[index] = f"new {index}"
    assert list(strip)[:21] == [*(f"new {index}" for index in range(20)), "20"]
    assert strip_of(*map(str, range(70_000)))[69_999] == "69999"


@settings(max_examples=100, deadline=None)
@given(ROWS, st.booleans())
def test_a_sheet_travels_as_json(rows, is_csv):
    sheet = ParsedSheet(name=None if is_csv else "Danh sách")
    sheet.fill((number * 3, row) for number, row in enumerate(rows, 1))
    sheet.merges, sheet.hidden_rows, sheet.fonts = [(1, 2, 3, 4)], {7}, {(2, 3): ".VnTime"}
    sheet.formulas = {(1, 1): ("cached", "=A2")}
    again = ParsedSheet.from_plain(json.loads(json.dumps(sheet.as_plain())))
    assert [again.row(i) for i in range(len(again))] == [sheet.row(i) for i in range(len(sheet))]
    for name in ("name", "numbers", "merges", "hidden_rows", "fonts", "formulas", "lines"):
        assert getattr(again, name) == getattr(sheet, name)


@pytest.mark.parametrize(
    "harm",
    [
        lambda sheet: sheet.pop("numbers"),
        lambda sheet: sheet.update(name=["x"]),
        lambda sheet: sheet.update(numbers="Q" + sheet["numbers"][1:]),
        lambda sheet: sheet["columns"][0][1].pop(),
        lambda sheet: sheet["columns"][0][1].append({"os.system": "x"}),
        lambda sheet: sheet["columns"][0][1].append(["x"]),
        lambda sheet: sheet.update(columns=[["B", [None]]]),
    ],
)
def test_an_answer_that_was_tampered_with_is_a_damaged_file(harm):
    told = json.loads(child.ask(w.xlsx(w.table())))
    assert child.understand(json.dumps(told))
    harm(told["sheets"][0])
    with pytest.raises(Refused) as refused:
        child.understand(json.dumps(told))
    assert refused.value.code == "E_FILE_CORRUPT"


LAYOUTS = {
    "plain": w.table(),
    "groups": w.table(title=w.TITLE, groups=True, totals=True, footer=w.FOOTER, numbers=True, blanks={2, 5}),
    "heading again": (rows := w.table())[:5] + rows[:1] + [["(1)", "(2)", "(3)"]] + rows[5:],
    "numbers for names": [["Tên cơ quan", "Số QĐ công bố"], [1.0, "1/QĐ"], [0.0, "2/QĐ"], ["Cộng Hòa", "3/QĐ"], [True, "4/QĐ"], [7.0, "5/QĐ"], [8.0, "6/QĐ"]],
}  # fmt: skip


@pytest.mark.parametrize("rows", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("merges", [(), [(3, 2, 4, 2)], [(3, 5, 6, 6)]])
def test_ordinary_rows_are_judged_as_each_would_be(rows, merges, monkeypatch):
    """The quick look at many rows at once may only find what the look at one row finds."""
    sheet = ParsedSheet(name="DS", merges=list(merges))
    sheet.fill((number, row) for number, row in enumerate(rows, 1) if row)
    grid = Grid(sheet)
    classifier = Classifier(grid, find_header(grid, examples.DECLARATIONS), examples.DECLARATIONS)
    quick = classifier.verdicts({4: "note", 9: "data"})
    assert len(quick.apart) < len(quick)
    monkeypatch.setattr(
        Classifier,
        "_ordinary",
        lambda self: Verdicts(grid.numbers, bytearray([APART] * len(grid.numbers)), []),
    )
    assert list(quick) == list(classifier.verdicts({4: "note", 9: "data"}))


def one_part(data, change):
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = change(parts["xl/worksheets/sheet1.xml"])
    return w.zipped(parts)


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml,
        lambda xml: xml.replace(b"<sheetData>", b"<!-- <sheetData> --><sheetData>"),
        lambda xml: xml.replace(b'hidden="1"', b"hidden='1'"),
        lambda xml: xml.replace(b"<sheetData>", b'<sheetData xml:space="preserve">'),
    ],
)
def test_what_stands_beside_the_values_is_seen_however_it_is_written(change):
    data = one_part(w.xlsx(w.table(title=w.TITLE), merges=["A4:H4"], hidden_rows=[9]), change)
    reading = read(data, "x", examples.DECLARATIONS, today=dt.date(2026, 11, 23))
    assert reading.parsed[0].merges == [(4, 1, 4, 8)]
    assert ("W_HIDDEN_ROW", "B9") in [(p.code, p.cell) for p in reading.warnings]


def test_a_merged_title_is_seen_without_a_look_at_plain_rows(monkeypatch):
    from iso_rollout.sheets import xlsx

    seen = []
    monkeypatch.setattr(xlsx._SheetPass, "read", lambda self, xml: seen.append(xml))
    child.open_workbook(w.xlsx(w.table(title=w.TITLE), merges=["A4:H4"]))
    assert b"mergeCell" in seen[0] and b"<row" not in seen[0]
