"""Reading: a file → its clean rows, with every error and warning. The door of this package.

`read` looks at the container, parses in a child process, finds the sheets that hold the list, the header, the
rows, and reads the cells. It never raises for anything in the file: what is wrong comes back as problems.
"""

import os
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import repeat

from iso_rollout.text import tone_key

from .child import parse
from .grid import Grid
from .guard import MAX_BYTES, MAX_ROWS
from .header import find_header
from .overrides import Overrides
from .parsed import column_number, refuse_rows
from .problems import Problem, Reason, Refused
from .strips import Strip
from .tables import Row, Table


@dataclass
class SheetNote:
    """What became of one sheet: "read", "hidden", "ignored" or "summary", and why."""

    name: str | None
    state: str
    reason: Reason | str = ""


@dataclass
class Reading:
    """What a file holds. `is_fine` says that nothing of the file itself blocks it; an app checks further."""

    filename: str
    kind: object
    tables: list = field(default_factory=list)
    sheets: list = field(default_factory=list)
    is_read: bool = False  # whether the cells of the tables were read; else there are no rows
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    parsed: list = field(default_factory=list, repr=False)  # every sheet as it stands in the file

    @property
    def is_fine(self):
        return not self.errors

    @cached_property
    def wrong_cells(self):
        """{(sheet, address)} of the cells that are named as wrong: what stands there is not missing."""
        return {(problem.sheet, problem.cell) for problem in self.errors}

    @property
    def count(self):
        """How many rows there are."""
        return sum(table.count for table in self.tables) if self.is_read else 0

    @cached_property
    def rows(self):
        """[`Row`]: for lists of some thousand; of longer ones ask `column` and `row`."""
        return [row for table in self.tables for row in table.rows] if self.is_read else []

    def column(self, name):
        """The values of a field in all rows as one `Strip`, empty where a row says nothing."""
        strips = [table.values.get(name) or Strip.blank(table.count) for table in self.tables if self.is_read]
        return strips[0] if len(strips) == 1 else Strip.joined(strips)

    def cells(self, name):
        """(sheet, address) of a field in all rows, as `Row.cell` gives it."""
        for table in self.tables if self.is_read else ():
            yield from zip(repeat(table.name), table.cells(name))

    def row(self, index):
        """One `Row` by its place among all rows."""
        for table in self.tables:
            if index < table.count:
                return Row(table, index)
            index -= table.count
        raise IndexError(index)

    def row_at(self, sheet, number):
        """The `Row` of a sheet's row number, None when that is no row of the list."""
        for table in self.tables if self.is_read else ():
            if table.name == sheet and (index := table.index(number)) is not None:
                return Row(table, index)
        return None

    @property
    def columns_ignored(self):
        return [(table.name, column) for table in self.tables for column in table.ignored_columns()]


def read(source, filename, kind, *, convert_legacy=False, sheet=None, overrides=None, today=None):
    """Read a list of one kind from a workbook or csv.

    `source`: a path, the bytes, or a function that gives the parsed sheets (or raises `Refused`) of a file that was
    opened before. `filename`: shown only; the content decides what the file is. `kind`: a `Kind`.
    `convert_legacy`: TCVN3, VNI and mojibake are converted instead of refused. `sheet`: read this sheet only.
    `overrides`: an `Overrides`, corrections by a person. `today`: dates after it are refused; default today.
    """
    reading = Reading(filename, kind)
    try:
        reading.parsed = (
            source() if callable(source) else parse(_bytes(source), convert_legacy=convert_legacy)
        )
    except Refused as refused:
        reading.errors.append(refused.as_problem())
        return reading
    _read_sheets(reading, reading.parsed, overrides or Overrides(), sheet)
    if reading.errors:
        return reading
    for table in reading.tables:
        table.read_cells(today=today or date.today(), convert_legacy=convert_legacy)
        reading.errors += table.errors
        reading.warnings += table.warnings
    reading.is_read = True
    _check_unique(reading)
    _warn_of_columns(reading)
    return reading


def _bytes(source):
    if isinstance(source, (bytes, bytearray, memoryview)):
        return source
    if hasattr(source, "read"):
        return source.read(MAX_BYTES + 1)
    with open(os.fspath(source), "rb") as file:
        return file.read(MAX_BYTES + 1)


def _read_sheets(reading, parsed, overrides, wanted):
    candidates = []
    for sheet in parsed:
        if wanted is not None and sheet.name != wanted:
            reading.sheets.append(SheetNote(sheet.name, "ignored", Reason("another sheet was chosen")))
        elif not sheet.is_visible:
            reading.sheets.append(SheetNote(sheet.name, "hidden", Reason("hidden sheets are not read")))
            reading.warnings.append(
                Problem("W_HIDDEN_SHEET", "The sheet is hidden; it was not read.", sheet.name)
            )
        elif (table := _recognise(sheet, reading.kind, overrides)) is not None:
            candidates.append(table)
        else:
            reading.sheets.append(SheetNote(sheet.name, "ignored", Reason("no heading of this kind of list")))
    reading.tables = _choose(reading, candidates)
    for table in reading.tables:
        reading.sheets.append(SheetNote(table.name, "read"))
        for column in table.header.duplicates:
            first = table.header.columns_of(column.field.name)[0]
            reading.errors.append(Problem(
                "E_HEADER_DUP", "Two columns mean “%(title)s” (%(first)s and this one). Delete one or say what it means.",
                table.name, table.grid.address(table.header.last, column.number), column.title,
                {"title": column.field.title, "first": table.grid.address(table.header.last, first.number)},
            ))  # fmt: skip
    _check_found(reading, parsed, candidates)


def _recognise(sheet, kind, overrides):
    grid = Grid(sheet)
    for address, value in overrides.cells_of(sheet.name).items():
        _correct(grid, address, value)
    header = find_header(
        grid, kind, rows=overrides.header_of(sheet.name), meanings=overrides.columns_of(sheet.name)
    )
    if header is None:
        return None
    return Table(grid, header, kind).recognise(overrides.rows_of(sheet.name))


def _correct(grid, address, value):
    """A value typed by a person in place of the cell's own."""
    match = re.fullmatch(r"([A-Z]{1,2})([0-9]{1,7})", address)
    if not match:
        return
    grid.correct(int(match[2]), column_number(match[1]), value)


def _choose(reading, candidates):
    """The sheets of one list: those whose columns tell most; summaries and other lists are left."""
    kind = reading.kind
    telling = {*kind.subject, *kind.evidence}
    filled = [table for table in candidates if table.count]
    if not filled:
        return candidates[:1]

    def shape(table):
        return frozenset(table.header.fields & telling)

    def weight(table):
        evidence = len(shape(table) & set(kind.evidence))
        return (
            evidence > 0,
            len(shape(table)),
            sum(other.count for other in filled if shape(other) == shape(table)),
        )

    best = max(filled, key=weight)
    chosen = [table for table in filled if shape(table) == shape(best)]
    for table in candidates:
        if table in chosen:
            continue
        if _is_summary(table):
            reading.sheets.append(
                SheetNote(table.name, "summary", Reason("counts units instead of listing them"))
            )
        elif table.count:
            reading.sheets.append(SheetNote(table.name, "ignored", Reason("other columns than the list")))
            reading.warnings.append(
                Problem(
                    "W_SHEET_IGNORED",
                    "The sheet has other columns than the list; it was not read.",
                    table.name,
                )
            )
        else:
            reading.sheets.append(SheetNote(table.name, "ignored", Reason("a heading without rows")))
    _check_ambiguous(reading, chosen)
    return chosen


def _is_summary(table):
    """Figures beside names, and nothing that only a list has."""
    figures = sum(column.is_count for column in table.header.columns)
    evidence = table.header.fields & set(table.kind.evidence)
    return not evidence and (figures >= 2 or "tong hop" in table.title_text())


def _check_ambiguous(reading, tables):
    """Two sheets that speak of the same agencies are a question, not a list."""
    if len(tables) < 2:
        return
    seen = [(table, {_identity(table, row) for row in table.rows}) for table in tables]
    for index, (table, names) in enumerate(seen):
        for earlier, others in seen[:index]:
            if 2 * len(names & others) >= min(len(names), len(others)):
                reading.errors.append(Problem(
                    "E_SHEET_AMBIGUOUS", "The sheets “%(first)s” and “%(second)s” hold the same list. Choose one of them.",
                    None, "file", "", {"first": earlier.name, "second": table.name},
                ))  # fmt: skip
                return


def _identity(table, row):
    """Whom and what a row is about, as far as its own cells and its group tell: districts have communes of one name."""
    columns = sorted((c for c in table.header.columns if c.field), key=lambda column: column.field.name)
    said = {column: table.grid.text(row.number, column.number) for column in columns}
    for wanted in ("code", "procedure_code"):
        for column, text in said.items():
            if column.field.unique and column.field.type == wanted and text:
                return text.upper()
    telling = [
        text
        for column, text in said.items()
        if column.field.name in (*table.kind.subject, *table.kind.evidence, "district", "parent")
    ]
    return tone_key(" ".join(telling + [group.text for group in row.groups]))


def _check_found(reading, parsed, candidates):
    if reading.errors:
        return
    if not candidates:
        titles = ", ".join(
            f"“{field.title}”" for field in reading.kind.fields if field.name in reading.kind.subject
        )
        reading.errors.append(Problem(
            "E_HEADER_MISSING", "No visible sheet has a heading with %(titles)s. Use the template, or click the heading row.",
            None, "file", "", {"titles": titles},
        ))  # fmt: skip
        return
    for table in reading.tables:
        for field_ in reading.kind.fields:
            is_missing = field_.required and field_.name not in table.header.fields
            if (is_missing and field_.name in reading.kind.subject[:1]) or (
                field_.beside and not table.says(field_)
            ):
                reading.errors.append(Problem(
                    "E_HEADER_MISSING", "The column “%(title)s” is missing.", table.name, "header", "", {"title": field_.title}
                ))  # fmt: skip
    count = sum(table.count for table in reading.tables)
    if not count:
        reading.errors.append(Problem("E_NO_ROWS", "The list holds no rows.", reading.tables[0].name, "file"))
    if count > MAX_ROWS:
        reading.errors.append(refuse_rows().as_problem())


def _check_unique(reading):
    """The same code in two rows: the later one is named."""
    for field_ in reading.kind.fields:
        first = {}
        for index, value in enumerate(reading.column(field_.name)) if field_.unique else ():
            if value is None:
                continue
            key = value.casefold() if isinstance(value, str) else value
            if (other := first.setdefault(key, index)) != index:
                row = reading.row(index)
                reading.errors.append(Problem(
                    "E_DUP", "“%(value)s” stands in row %(row)s already.", row.sheet, row.cell(field_.name), field_.title,
                    {"value": value, "row": reading.row(other).number},
                ))  # fmt: skip


def _warn_of_columns(reading):
    for table in reading.tables:
        if ignored := table.ignored_columns():
            reading.warnings.append(Problem(
                "W_COLUMNS_IGNORED", "%(count)s columns were not read: %(titles)s.", table.name, "header", "",
                {"count": len(ignored), "titles": ", ".join(f"“{column.title}”" for column in ignored)},
            ))  # fmt: skip
        for column in table.header.columns:
            if column.by_cells:
                reading.warnings.append(Problem(
                    "W_COLUMN_BY_CELLS", "The heading “%(heading)s” is not known; by its cells the column was taken for “%(title)s”.",
                    table.name, table.grid.address(table.header.last, column.number), column.title,
                    {"heading": column.title, "title": column.field.title},
                ))  # fmt: skip
