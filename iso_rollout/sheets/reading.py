"""Reading: a file → its clean rows, with every error and warning. The door of this package.

`read` looks at the container, parses in a child process, finds the sheets that hold the list, the header, the
rows, and reads the cells. It never raises for anything in the file: what is wrong comes back as problems.
"""

import gc
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from iso_rollout.text import tone_key

from .child import parse
from .grid import Grid
from .guard import MAX_BYTES, MAX_ROWS
from .header import find_header
from .overrides import Overrides
from .parsed import column_number, refuse_rows
from .problems import Problem, Reason, Refused
from .tables import Table


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
    rows: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    parsed: list = field(default_factory=list, repr=False)  # every sheet as it stands in the file

    @property
    def is_fine(self):
        return not self.errors

    @property
    def columns_ignored(self):
        return [(table.name, column) for table in self.tables for column in table.ignored_columns()]


def read(source, filename, kind, *, convert_legacy=False, sheet=None, overrides=None, today=None):
    """Read a list of one kind from a workbook or csv.

    `source`: a path or the bytes. `filename`: shown only; the content decides what the file is. `kind`: a `Kind`.
    `convert_legacy`: TCVN3, VNI and mojibake are converted instead of refused. `sheet`: read this sheet only.
    `overrides`: an `Overrides`, corrections by a person. `today`: dates after it are refused; default today.
    """
    reading = Reading(filename, kind)
    overrides = overrides or Overrides()
    try:
        parsed = parse(_bytes(source), convert_legacy=convert_legacy)
    except Refused as refused:
        reading.errors.append(refused.as_problem())
        return reading
    reading.parsed = parsed
    with _no_garbage_collection(sum(len(part.rows) for part in parsed)):
        _read_sheets(reading, parsed, overrides, sheet)
        if reading.errors:
            return reading
        for table in reading.tables:
            table.read_cells(today=today or date.today(), convert_legacy=convert_legacy)
            reading.rows += table.rows
            reading.errors += table.errors
            reading.warnings += table.warnings
        _check_unique(reading)
    _warn_of_columns(reading)
    return reading


@contextmanager
def _no_garbage_collection(rows):
    """Half a million new objects and no cycle among them: looking for cycles would take a third of the time."""
    pause = rows > 10_000 and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


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
        elif table := _recognise(sheet, reading.kind, overrides):
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
    row, column = int(match[2]), column_number(match[1])
    cells = grid.by_number.get(row)
    if cells is not None:
        cells.extend([None] * (column - len(cells)))
        cells[column - 1] = value or None
        for notes in (grid.parsed.formulas, grid.encodings, grid.parsed.formats):
            notes.pop((row, column), None)


def _choose(reading, candidates):
    """The sheets of one list: those whose columns tell most; summaries and other lists are left."""
    kind = reading.kind
    telling = {*kind.subject, *kind.evidence}
    filled = [table for table in candidates if table.rows]
    if not filled:
        return candidates[:1]

    def shape(table):
        return frozenset(table.header.fields & telling)

    def weight(table):
        evidence = len(shape(table) & set(kind.evidence))
        return (
            evidence > 0,
            len(shape(table)),
            sum(len(other.rows) for other in filled if shape(other) == shape(table)),
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
        elif table.rows:
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
    """Whom a row is about, as far as its own cells and its group tell: districts have communes of one name."""
    for wanted in ("code", "procedure_code"):
        for column in table.header.columns:
            is_key = column.field and column.field.unique and column.field.type == wanted
            if is_key and (text := table.grid.text(row.number, column.number)):
                return text.upper()
    telling = {*table.kind.subject, *table.kind.evidence, "district", "parent"}
    texts = [
        f"{c.field.name} {table.grid.text(row.number, c.number)}"
        for c in table.header.columns
        if c.field and c.field.name in telling
    ]
    return tone_key(" ".join(sorted(texts) + [group.text for group in row.groups]))


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
            if (
                field_.required
                and field_.name not in table.header.fields
                and field_.name in reading.kind.subject[:1]
            ):
                reading.errors.append(Problem(
                    "E_HEADER_MISSING", "The column “%(title)s” is missing.", table.name, "header", "", {"title": field_.title}
                ))  # fmt: skip
    count = sum(len(table.rows) for table in reading.tables)
    if not count:
        reading.errors.append(Problem("E_NO_ROWS", "The list holds no rows.", reading.tables[0].name, "file"))
    if count > MAX_ROWS:
        reading.errors.append(refuse_rows().as_problem())


def _check_unique(reading):
    """The same code in two rows: the later one is named."""
    for field_ in reading.kind.fields:
        if not field_.unique:
            continue
        first = {}
        for row in reading.rows:
            value = row.values.get(field_.name)
            if value is None:
                continue
            key = value.casefold() if isinstance(value, str) else value
            if (other := first.setdefault(key, row)) is not row:
                reading.errors.append(Problem(
                    "E_DUP", "“%(value)s” stands in row %(row)s already.", row.sheet, row.cell(field_.name), field_.title,
                    {"value": value, "row": other.number},
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
