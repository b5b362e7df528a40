"""A sheet as it is, for the page on which a person corrects how it was understood. Plain values, bounded in size."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iso_rollout.sheets.grid import Grid, as_text
from iso_rollout.sheets.header import heading_paths
from iso_rollout.sheets.parsed import column_letters, column_number
from iso_rollout.sheets.verdicts import (
    BLANK,
    DATA,
    FOOTER,
    GROUP,
    HEADER,
    NOTE,
    NUMBER_ROW,
    SUBTOTAL,
    TITLE,
    TOTAL,
)

FIRST_ROWS, AROUND_END, SKIPPED_ROWS = 60, 12, 20
MAX_DRAWN_COLUMNS = 40
# Letters of one page: with the marks around them it stays far below 300 kB.
LETTERS = 60_000
IGNORED, ORDER = "-", "order"

CLASS_TITLES = {
    DATA: gettext_lazy("data"),
    GROUP: gettext_lazy("group"),
    HEADER: gettext_lazy("heading"),
    NUMBER_ROW: gettext_lazy("column numbers"),
    SUBTOTAL: gettext_lazy("subtotal"),
    TOTAL: gettext_lazy("total"),
    TITLE: gettext_lazy("title"),
    NOTE: gettext_lazy("not read"),
    FOOTER: gettext_lazy("foot"),
    BLANK: gettext_lazy("blank"),
}
# What a person may make of a row below the heading; the heading is clicked.
CHOICES = (DATA, GROUP, TOTAL, NOTE)
CSS = {DATA: "r-new", GROUP: "r-change", HEADER: "r-head", TOTAL: "r-warn", SUBTOTAL: "r-warn"}
LEGEND = (HEADER, DATA, GROUP, TOTAL, NOTE)


@dataclass
class DrawnColumn:
    number: int
    letters: str
    title: str
    meaning: str  # field name, "order", or "" for a column that is not read
    meaning_title: str
    why: str = ""  # what spoke for the meaning
    is_corrected: bool = False


@dataclass
class DrawnRow:
    number: int
    cls: str
    why: str
    cells: list  # (text, css, columns it covers)
    gap: int = 0  # rows left out before this one
    is_corrected: bool = False
    choices: list = field(default_factory=list)  # classes that a person may choose instead

    @property
    def css(self):
        return CSS.get(self.cls, "r-skip" if self.cls else "")

    @property
    def cls_title(self):
        return CLASS_TITLES.get(self.cls, "")


@dataclass
class DrawnSheet:
    """One sheet, ready to print. `is_read` False: no heading was found in it, or another sheet was chosen."""

    name: str | None
    is_read: bool
    columns: list
    rows: list
    more: int  # rows below the last drawn one
    header: tuple | None
    first_row: int = 0


def sheet_names(reading):
    """The visible sheets of a file, in its own order."""
    return [sheet.name for sheet in reading.parsed if sheet.is_visible]


def draw(reading, options, name):
    """`DrawnSheet` of one sheet: its first rows, those around the table's end, and some that were passed over."""
    table = next((t for t in reading.tables if t.name == name), None)
    parsed = next(sheet for sheet in reading.parsed if sheet.name == name)
    grid = table.grid if table else Grid(parsed)
    header = (table.header.first, table.header.last) if table else options.overrides.header_of(name)
    numbers = _chosen_rows(grid, table)
    width = min(max((len(grid.cells(n)) for n in numbers), default=0), MAX_DRAWN_COLUMNS)
    columns = _columns(table, grid, header, width, options=options, kind=reading.kind)
    cap = max(8, min(160, LETTERS // max(1, len(numbers) * max(1, width))))
    marks = _marks(reading, name)
    corrected, rows, before = options.overrides.rows_of(name), [], None
    position = grid.parsed.position
    for number in numbers:
        verdict = table.verdicts[position(number)] if table else None
        cls = verdict.cls if verdict else HEADER if header and header[0] <= number <= header[1] else ""
        is_loose = cls not in (DATA, HEADER, NUMBER_ROW)
        cells, column = [], 1
        while column <= width:
            text = as_text(grid.value(number, column))
            css = marks.get((number, column), "doubt" if (number, column) in grid.encodings else "")
            span = _span(grid, number, column, width, runs_over=is_loose and bool(text))
            cells.append((text if len(text) <= cap * span else text[: cap * span - 1] + "…", css, span))
            column += span
        gap = position(number) - position(before) - 1 if before is not None else 0
        rows.append(DrawnRow(
            number, cls, str(verdict.reason) if verdict else "", cells, gap, number in corrected,
            [c for c in CHOICES if c != cls] if verdict and number > table.header.last else [],
        ))  # fmt: skip
        before = number
    more = len(grid.numbers) - 1 - position(numbers[-1]) if numbers else 0
    return DrawnSheet(name, table is not None, columns, rows, more, header, numbers[0] if numbers else 0)


def _span(grid, number, column, width, *, runs_over):
    """How many columns a cell covers: merged sideways, or a title that runs over the blank cells beside it."""
    top, left = grid.covered.get((number, column), (number, column))
    if left == column and (merge := grid.merge_of.get((top, left))):
        return min(merge[3], width) - column + 1
    span = 1
    while runs_over and column + span <= width:
        beside = (number, column + span)
        if grid.value(*beside) is not None or beside in grid.covered or beside in grid.merge_of:
            break
        span += 1
    return span


def _chosen_rows(grid, table):
    wanted = set(grid.numbers[:FIRST_ROWS])
    if table is not None and table.count:
        position = table.places[-1]
        wanted |= set(grid.numbers[max(0, position - 3) : position + AROUND_END])
        passed = [v.number for v in table.verdicts.of_class(NOTE, TOTAL) if v.number < grid.numbers[position]]
        wanted |= set(passed[:SKIPPED_ROWS])
    return sorted(wanted)


def _columns(table, grid, header, width, *, options, kind):
    corrected = options.overrides.columns_of(grid.name)
    known = {column.number: column for column in table.header.columns} if table else {}
    paths = heading_paths(grid, *header) if header and not table else {}
    found = []
    for number in range(1, width + 1):
        column = known.get(number)
        meaning, meaning_title, why = "", "", ""
        if column is not None and column.field is not None:
            meaning, meaning_title, why = column.field.name, column.field.title, str(column.reason)
            if column.option is not None:
                meaning_title = f"{meaning_title}: {column.option}"
        elif column is not None and column.is_order:
            meaning, meaning_title = ORDER, _("Running number")
        elif not table and corrected.get(number):
            meaning = corrected[number]
            meaning_title = kind.by_name[meaning].title if meaning in kind.by_name else _("Running number")
        title = column.title if column else " / ".join(paths.get(number, ()))
        is_corrected = number in corrected
        found.append(
            DrawnColumn(
                number,
                column_letters(number),
                title[:80],
                meaning,
                meaning_title,
                "" if is_corrected else why,
                is_corrected,
            )
        )
    return found


def _marks(reading, name):
    """{(row, column): css} of the cells that a problem of the file itself names."""
    found = {}
    for problems, css in ((reading.warnings, "doubt"), (reading.errors, "bad")):
        for problem in problems:
            first = problem.cell.partition(":")[0]
            letters = first.rstrip("0123456789")
            if (
                problem.sheet == name
                and letters.isalpha()
                and letters.isupper()
                and first[len(letters) :].isdigit()
            ):
                found[int(first[len(letters) :]), column_number(letters)] = css
    return found
