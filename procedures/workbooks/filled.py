"""Filled: the bytes that came back → the rows that carry one of our keys, wherever they stand now.

Knows headings and keys, not the register. Columns may be moved, hidden or left out, rows sorted or deleted, the file
saved by another program; a row without a key is named.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from django.utils.translation import gettext_noop as _

from iso_rollout.sheets import Problem
from iso_rollout.sheets.cells import CellReader
from iso_rollout.sheets.child import parse_all
from iso_rollout.sheets.columns import Column as SheetColumn
from iso_rollout.sheets.grid import Grid
from iso_rollout.sheets.parsed import column_number
from iso_rollout.sheets.problems import Refused
from iso_rollout.sheets.verdicts import NOTE
from iso_rollout.text import Unreadable, clean, fold, parse_date

from .columns import AGENCY, BY_LETTER, DAY, KEY, LAYOUTS
from .contents import CODE_LENGTH

SEARCHED_ROWS = 30
MOST_KNOWN_NAMES = 60  # characters of a file's name in the address of a cell
_KEY = re.compile(rf"([0-9A-HJKMNP-TV-Z]{{{CODE_LENGTH}}})\.(([A-Z])[1-9][0-9]{{0,17}})")


@dataclass(eq=False)
class FilledSheet:
    """One sheet with our heading. `file`: the name of its file in a zip, "" for a workbook by itself."""

    name: str
    file: str
    grid: object
    layout: object
    columns: dict  # field name → column of the sheet
    reader: CellReader

    def cell(self, name, number):
        """The address of a field in a row; the row's first cell when the field has no column."""
        column = self.columns.get(name)
        return Grid.address(number, column.number if column else 1)


@dataclass(eq=False)
class FilledRow:
    """One row that says of what it is: `code` of what went out and `key` of its record."""

    sheet: str
    number: int
    code: str
    key: str
    source: FilledSheet

    # The pages of the imports print what a list's row says; here every cell has its own from and to.
    values = MappingProxyType({})

    def cell(self, name):
        return self.source.cell(name, self.number)

    def raw(self, name):
        """The cell as it stands, None when it is empty; KeyError for a column that is not there."""
        return self.source.grid.value(self.number, self.source.columns[name].number)

    def text(self, name):
        return self.source.grid.text(self.number, self.source.columns[name].number)


@dataclass
class Filled:
    """What a file holds, with what the pages of the imports ask of a reading."""

    filename: str
    kind: object
    rows: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    parsed: list = field(default_factory=list, repr=False)
    tables: tuple = ()

    @property
    def is_fine(self):
        return not self.errors

    @cached_property
    def _by_place(self):
        return {(row.sheet, row.number): row for row in self.rows}

    def row_at(self, sheet, number):
        """The row of a sheet's row number, None when that is none of ours."""
        return self._by_place.get((sheet, number))


def read_filled(source, filename, kind, *, options, today):
    """A workbook or a zip of workbooks → `Filled`. Never raises for anything in the file.

    `source`: the bytes, or a function that gives what `parse_all` gave of a file that was opened before.
    """
    filled = Filled(filename, kind.sheet)
    try:
        files = source() if callable(source) else parse_all(source)
    except Refused as refused:
        filled.errors.append(refused.as_problem())
        return filled
    if not files:
        filled.errors.append(Problem("E_NO_ROWS", _("The zip holds no workbook.")))
    for name, sheets, refused in files:
        if refused is None:
            _read_file(filled, _short(name), sheets, options, today)
        elif refused.code == "E_FILE_TYPE" and name and not _looks_like_a_workbook(name):
            filled.warnings.append(
                Problem("W_FILE_IGNORED", _("The file is no workbook; it was not read."), _short(name))
            )
        else:
            filled.errors.append(
                Problem(refused.code, refused.message, _short(name) or None, refused.cell, "", refused.params)
            )
    return filled


def _looks_like_a_workbook(name):
    return name.casefold().endswith((".xlsx", ".xlsm", ".xls", ".ods", ".xlsb"))


def _short(name):
    """A file's name that leaves room for sheet and cell in a line of history."""
    name = "".join(c for c in name if c.isprintable())
    if len(name) <= MOST_KNOWN_NAMES:
        return name
    return f"{name[: MOST_KNOWN_NAMES - 21]}…{name[-20:]}"


def _read_file(filled, file, sheets, options, today):
    rows, errors = len(filled.rows), len(filled.errors)
    found = False
    for parsed in sheets:
        name = parsed.name or ""
        # In a zip many sheets have one name: the file's goes before it.
        parsed.name = " › ".join(filter(None, (file, name))) or None
        if not parsed.is_visible and not len(parsed):
            continue
        grid = Grid(parsed)
        filled.parsed.append(parsed)
        for address, value in options.overrides.cells_of(parsed.name).items():
            _correct(grid, address, value)
        sheet = _recognise(filled, grid, file, options, today)
        if sheet is not None:
            found = True
            _read_rows(filled, sheet, options)
    if len(filled.errors) > errors:
        return
    if not found:
        filled.errors.append(Problem(
            "E_NOT_OURS", _("This is no workbook of this register: no sheet has the column “%(title)s”. Download it anew."),
            file or None, params={"title": LAYOUTS[0].by_name[KEY].title},
        ))  # fmt: skip
    elif len(filled.rows) == rows:
        filled.warnings.append(
            Problem("W_NO_ROWS", _("The workbook holds no rows any more; nothing changes."), file or None)
        )


def _correct(grid, address, value):
    """A value typed by a person in place of the cell's own."""
    if match := re.fullmatch(r"([A-Z]{1,2})([0-9]{1,7})", address):
        grid.correct(int(match[2]), column_number(match[1]), value)


def _recognise(filled, grid, file, options, today):
    """The sheet with its heading, None for one that has none of ours."""
    for number in grid.numbers[:SEARCHED_ROWS]:
        headings = {column: fold(grid.text(number, column)) for column, _value in grid.filled(number)}
        texts = set(headings.values())
        layout = max(LAYOUTS, key=lambda known: len(texts & known.by_heading.keys()))
        known = texts & layout.by_heading.keys()
        if len(known) < 3 or (
            layout.by_name[KEY].heading not in known and len(known) < len(layout.columns) // 2
        ):
            continue
        columns, reader_columns = {}, []
        for place, heading in headings.items():
            column = layout.by_heading.get(heading)
            if column is None:
                continue
            if column.name in columns:
                filled.errors.append(Problem(
                    "E_HEADER_DUP", _("Two columns are called “%(title)s”. Delete one."), grid.name,
                    grid.address(number, place), column.title, {"title": column.title},
                ))  # fmt: skip
                continue
            columns[column.name] = SheetColumn(
                place, (column.title,), column.field if column.is_open else None
            )
            reader_columns.append(columns[column.name])
        if KEY not in columns:
            filled.errors.append(Problem(
                "E_KEY", _("The column “%(title)s” is gone: without it nobody can tell which row is about what. Download the workbook anew."),
                grid.name, "header", "", {"title": layout.by_name[KEY].title},
            ))  # fmt: skip
            return None
        _warn_of_columns(filled, grid, layout, columns)
        header = _Header(number, tuple(reader_columns))
        reader = CellReader(grid, header, None, today, filled.errors, filled.warnings, options.convert_legacy)
        return FilledSheet(grid.name or "", file, grid, layout, columns, reader)
    return None


def _warn_of_columns(filled, grid, layout, columns):
    missing = [column.title for column in layout.open_columns if column.name not in columns]
    if missing:
        filled.warnings.append(Problem(
            "W_COLUMNS_GONE", _("Columns are not in the file any more and stay as they are: %(titles)s."), grid.name, "header",
            params={"titles": ", ".join(f"“{title}”" for title in missing)},
        ))  # fmt: skip


@dataclass(frozen=True)
class _Header:
    """A heading as a `CellReader` asks for it."""

    last: int
    columns: tuple


def _read_rows(filled, sheet, options):
    grid = sheet.grid
    said = options.overrides.rows_of(sheet.name)
    left_out = {code for file, code in options.left_out if file == sheet.file}
    key_column = sheet.columns[KEY].number
    for number in grid.numbers:
        if number <= sheet.reader.header.last or said.get(number) == NOTE:
            continue
        cells = grid.filled(number)
        if not cells:
            continue
        text = re.sub(r"[\s\u2010-\u2015-]", "", clean(grid.text(number, key_column))).upper()
        match = _KEY.fullmatch(text)
        if match and match[1] in left_out:
            continue
        if match and match[3] in BY_LETTER and BY_LETTER[match[3]] is sheet.layout:
            filled.rows.append(FilledRow(grid.name, number, match[1], match[2], sheet))
        elif text:
            filled.errors.append(Problem(
                "E_KEY", _("“%(text)s” is no key of a row of this sheet. Copy it from the workbook as it was, or leave the row out."),
                grid.name, sheet.cell(KEY, number), "", {"text": text[:40]},
            ))  # fmt: skip
        elif _is_new_row(sheet, number):
            filled.errors.append(Problem(
                "E_ROW_ADDED", _("The row “%(text)s” was added. Undertakings and procedures are added in the program; leave the row out."),
                grid.name, sheet.cell(AGENCY, number), "", {"text": _said(grid, cells, number)},
            ))  # fmt: skip
        else:
            filled.warnings.append(Problem(
                "W_ROW_SKIPPED", _("The row has no key and was not read: “%(text)s”."), grid.name,
                grid.address(number, cells[0][0]), "", {"text": _said(grid, cells, number)},
            ))  # fmt: skip


def _said(grid, cells, number):
    return " · ".join(grid.text(number, column) for column, _value in cells)[:80]


def _is_new_row(sheet, number):
    """A row that says something of an agency, not a note or a signature below the table."""
    locked = [c for name, c in sheet.columns.items() if not sheet.layout.by_name[name].is_open]
    if sum(bool(sheet.grid.text(number, column.number)) for column in locked) >= 2:
        return True
    for name, column in sheet.columns.items():
        known = sheet.layout.by_name[name]
        if known.is_open and known.type == DAY:
            try:
                if parse_date(sheet.grid.value(number, column.number)) is not None:
                    return True
            except Unreadable:
                continue
    return False
