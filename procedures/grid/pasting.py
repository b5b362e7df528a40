"""A block pasted from a spreadsheet: which column says what, which row it belongs to, and the edits that follow."""

import csv
import io
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from iso_rollout.text import (
    Unreadable,
    clean,
    find_bad_characters,
    fold,
    parse_date,
    parse_procedure_code,
    parse_standard,
)
from procedures.models.duty_edits import edit_of, fault

MOST_CELLS = 60_000
MOST_LINES = 20  # line breaks within one cell
CODE, NAME, DAY, STANDARD, DOCUMENT, NOTE, SKIP = (
    "code", "name", "applied_on", "standard", "document_code", "note", "",
)  # fmt: skip
COLUMNS = (
    (SKIP, gettext_lazy("Leave out")),
    (CODE, gettext_lazy("Procedure code")),
    (NAME, gettext_lazy("Procedure name")),
    (DAY, gettext_lazy("Under ISO since")),
    (STANDARD, gettext_lazy("Standard")),
    (DOCUMENT, gettext_lazy("Document code")),
    (NOTE, gettext_lazy("Note")),
)
# The columns of the grid from left to right: where a block lands that is pasted into one of them.
GRID_ORDER = (DAY, STANDARD, DOCUMENT, NOTE)
_HEADINGS = (
    (DOCUMENT, ("ma tai lieu", "tai lieu", "ma quy trinh", "so hieu")),
    (STANDARD, ("tieu chuan", "phien ban")),
    (DAY, ("ngay", "ap dung", "theo iso")),
    (NOTE, ("ghi chu",)),
    (NAME, ("ten", "thu tuc hanh chinh")),
    (CODE, ("ma",)),
)
_DOCUMENT_CODE = re.compile(r"[A-Za-zĐđ]{1,6}[-./ ]?[0-9][\w./-]*(?:[-./ ][\w./-]+)*")


@dataclass(frozen=True)
class Line:
    """One pasted line and what it would change, or why it cannot. `edit` None: it changes nothing."""

    number: int
    cells: tuple
    label: str = ""
    edit: object = None
    problem: str = ""


@dataclass
class Pasted:
    """A block: its cells, what each column says, and the first line when that is a heading."""

    cells: list
    columns: list
    has_heading: bool = False
    lines: list = field(default_factory=list)

    @property
    def body(self):
        return self.cells[1:] if self.has_heading else self.cells

    @property
    def edits(self):
        return [line.edit for line in self.lines if line.edit]

    @property
    def problems(self):
        return [line for line in self.lines if line.problem]


def cells_of(text):
    """Rows of cells as a spreadsheet copies them: tabs between cells, quotes round a cell with line breaks.

    Empty lines at the end go; those between stand for rows without a value. Raises Unreadable when it is too much.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", " ")
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter="\t"))
        if any(cell.count("\n") > MOST_LINES for row in rows for cell in row):
            raise csv.Error  # a quotation mark that is never closed
    except csv.Error:
        rows = [line.split("\t") for line in text.split("\n")]
    rows = [[clean(cell) for cell in row] or [""] for row in rows]
    while rows and not any(rows[-1]):
        rows.pop()
    width = max(map(len, rows), default=0)
    if width * len(rows) > MOST_CELLS or width > 50:
        raise Unreadable(
            gettext_noop("The block is too large: paste at most %(most)d cells."), most=MOST_CELLS
        )
    return [row + [""] * (width - len(row)) for row in rows]


def recognise(text, duties, *, first=None, chosen=None):
    """Read a block. `first`: the grid column that it was pasted into; `chosen`: what the person says each column is."""
    cells = cells_of(text)
    if not cells:
        return Pasted([], [])
    codes = {d.procedure.code for d in duties if d.procedure.code}
    names = {fold(d.procedure.name) for d in duties}
    headings = _headings(cells[0], codes)
    body = cells[1:] if headings else cells
    width = len(cells[0])
    if chosen and len(chosen) == width:
        columns = [name if name in dict(COLUMNS) else SKIP for name in chosen]
    elif headings:
        columns = [*headings]
    elif first in GRID_ORDER:
        order = GRID_ORDER[GRID_ORDER.index(first) :]
        columns = [*order, *[SKIP] * width][:width]
    else:
        columns = _guess(body, width, codes, names)
    return Pasted(cells, _once(columns), bool(headings))


def _once(columns):
    """A column that is named twice counts the first time."""
    return [SKIP if name in columns[:i] else name for i, name in enumerate(columns)]


def _headings(row, codes):
    """What the first line says about the columns, when it is a heading; else None."""
    found = []
    for cell in row:
        words = fold(cell)
        is_heading = not any(char.isdigit() for char in words) or words.startswith("tcvn")
        hit = next((name for name, starts in _HEADINGS if is_heading and words.startswith(starts)), SKIP)
        found.append(hit if cell not in codes else SKIP)
    return _once(found) if any(found) else None


def _guess(body, width, codes, names):
    """What each column says, by what most of its cells are."""
    guessed = []
    for j in range(width):
        filled = [row[j] for row in body if row[j]]
        tests = (
            (CODE, lambda cell: _code(cell) in codes),
            (DAY, _is_day),
            (STANDARD, _is_standard),
            (NAME, lambda cell: fold(cell) in names),
            (DOCUMENT, lambda cell: _DOCUMENT_CODE.fullmatch(cell) and len(cell) <= 60),
        )
        free = [(name, test) for name, test in tests if name not in guessed]
        hits = [(sum(bool(test(cell)) for cell in filled[:200]), name) for name, test in free]
        most, name = max(hits, default=(0, SKIP), key=lambda pair: pair[0])
        if most and 2 * most >= len(filled[:200]):
            guessed.append(name)
        elif filled and width > 1 and NOTE not in guessed and not all(cell.isdigit() for cell in filled):
            guessed.append(NOTE)
        else:
            guessed.append(SKIP)
    return guessed


def _code(cell):
    try:
        return parse_procedure_code(cell)
    except Unreadable:
        return cell


def _is_day(cell):
    try:
        return parse_date(cell) is not None and not cell.isdigit()
    except Unreadable:
        return False


def _is_standard(cell):
    try:
        return "9001" in cell and parse_standard(cell) is not None
    except Unreadable:
        return False


@dataclass(frozen=True)
class Filling:
    """What counts where a block does not say it: the standard and day where it names one of the two, today, and
    whether an empty cell clears the value. `standards`: {id: Standard}."""

    standards: dict
    today: object
    standard: object = None
    on: object = None
    empty_clears: bool = False

    @property
    def years(self):
        return {int(s.code.rpartition(":")[2] or 0): s for s in self.standards.values()}


def work_out(pasted, duties, filling, *, start=None):
    """Fill in `pasted.lines`: each line's row, edit or problem.

    `duties`: the rows that may be changed, in the order of the grid; with a code or name column a line finds its row
    by that, else the lines go down from `start` (a duty's id).
    """
    by_code, by_name = {}, {}
    for duty in duties:
        by_code[duty.procedure.code] = duty
        by_name.setdefault(fold(duty.procedure.name), duty)
    by_key = CODE in pasted.columns or NAME in pasted.columns
    offset = next((i for i, d in enumerate(duties) if d.pk == start), 0)
    years = filling.years
    seen = set()
    for i, cells in enumerate(pasted.body):
        said = {name: cells[j] for j, name in enumerate(pasted.columns) if name}
        if not any(cells):
            continue
        if by_key:
            duty = by_code.get(_code(said[CODE])) if said.get(CODE) else None
            duty = duty or by_name.get(fold(said.get(NAME, "")) or None)
        else:
            duty = duties[offset + i] if offset + i < len(duties) else None
        number, told = i + 1 + pasted.has_heading, tuple(cells)
        if duty is None:
            why = (
                _("No row of this grid has this code or name.")
                if by_key
                else _("The grid has no row left for it.")
            )
            pasted.lines.append(Line(number, told, problem=why))
            continue
        label = str(duty.procedure)
        if duty.pk in seen:
            pasted.lines.append(
                Line(number, told, label, problem=_("This procedure stands in the block already."))
            )
            continue
        seen.add(duty.pk)
        try:
            edit = _edit(duty, said, years, filling)
        except Unreadable as stop:
            why = _(stop.message) % stop.params if stop.params else _(stop.message)
            pasted.lines.append(Line(number, told, label, problem=why))
            continue
        if not edit.changes_something:
            pasted.lines.append(Line(number, told, label))
            continue
        why = fault(edit, filling.standards, filling.today)
        pasted.lines.append(Line(number, told, label, None if why else edit, why))
    return pasted


def _edit(duty, said, years, filling):
    """The edit that one line asks for. Raises Unreadable for a cell that cannot be one."""
    values = {}
    for name, most in ((DOCUMENT, 60), (NOTE, 300)):
        text = said.get(name)
        if text or (text == "" and filling.empty_clears):
            if find_bad_characters(text):
                raise Unreadable(
                    gettext_noop("These characters cannot be stored: %(signs)s"),
                    signs=", ".join(find_bad_characters(text)),
                )
            if len(text) > most:
                raise Unreadable(
                    gettext_noop("“%(value)s” is longer than %(most)d characters."),
                    value=text[:30] + "…",
                    most=most,
                )
            values[name] = text
    when = parse_date(said[DAY], latest=filling.today) if said.get(DAY) else None
    if when is not None and when.precision != "day":
        raise Unreadable("“%(value)s” is not a date (dd/mm/yyyy)", value=said[DAY])
    year = parse_standard(said[STANDARD]) if said.get(STANDARD) else None
    if year is not None and year not in years:
        raise Unreadable(gettext_noop("The standard of %(year)s is not known here."), year=year)
    named = years.get(year)
    emptied = [name for name in (DAY, STANDARD) if said.get(name) == ""]
    if when or named:
        chosen = named or duty.standard or filling.standard
        day = (
            when.date
            if when
            else duty.applied_on
            if named == duty.standard and duty.applied_on
            else filling.on
        )
        values |= {"standard_id": chosen.pk if chosen else None, "applied_on": day}
    elif filling.empty_clears and emptied:
        values |= {"standard_id": None, "applied_on": None}
    return edit_of(duty, **values)
