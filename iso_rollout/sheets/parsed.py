"""Parsed sheets: what the child process hands over, in plain lists and dicts that travel cheaply."""

import re
from dataclasses import dataclass, field

from .formulas import CACHED
from .guard import MAX_COLUMNS, MAX_ROWS
from .problems import Refused


@dataclass
class ParsedSheet:
    """One sheet: its rows that hold anything, with their numbers, and notes about cells as (row, column), from 1."""

    name: str | None
    is_visible: bool = True
    epoch_1904: bool = False
    numbers: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    merges: list = field(default_factory=list)  # (first row, first column, last row, last column)
    hidden_rows: set = field(default_factory=set)
    hidden_columns: set = field(default_factory=set)
    formulas: dict = field(default_factory=dict)  # cell → (state, formula)
    fonts: dict = field(default_factory=dict)  # cell → name, only of legacy fonts
    formats: dict = field(default_factory=dict)  # cell → "00000", only of formats that are zeros
    lines: list | None = None  # csv: the physical line each row begins on
    widths: list | None = None  # csv: how many fields each row has
    filled_rows: int = 0
    last_filled: int = 0

    def fill(self, numbered_rows):
        """Take the rows that hold values, refusing more than the limits."""
        without_value = {cell: note for cell, note in self.formulas.items() if note[0] != CACHED}
        for number, row in numbered_rows:
            if len(self.rows) >= MAX_ROWS + 100:  # a hundred for title, header, totals
                raise refuse_rows()
            if len(row) > MAX_COLUMNS:
                raise refuse_columns()
            self.numbers.append(number)
            self.rows.append(row)
        if without_value:
            self._show_formulas(without_value)

    def _show_formulas(self, formulas):
        """A formula without a value is not an empty cell: the formula itself stands there, to be named."""
        place = dict(zip(self.numbers, self.rows, strict=True))
        for (row, column), (_, formula) in formulas.items():
            cells = place.get(row)
            if cells is None:
                continue
            cells.extend([None] * (column - len(cells)))
            if cells[column - 1] is None:
                cells[column - 1] = "=" + formula

    def add_merge(self, reference):
        corners = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})", reference)
        if corners and len(self.merges) < 100_000:
            left, top, right, bottom = corners.groups()
            self.merges.append((int(top), column_number(left), int(bottom), column_number(right)))


def value_rows(calamine_sheet):
    """(row number, values) of every row that holds something, empty cells as None, trailing ones cut."""
    if calamine_sheet.start is None:
        return
    margin = [None] * calamine_sheet.start[1]  # iter_rows begins in row 1, but in the first filled column
    blank = [""] * (calamine_sheet.end[1] - calamine_sheet.start[1] + 1)
    for number, row in enumerate(calamine_sheet.iter_rows(), 1):
        if row == blank:  # there may be a million of them before a stray cell
            continue
        values = [None if value == "" else value for value in row]
        while values and values[-1] is None:
            values.pop()
        if values:
            yield number, margin + values


def column_number(letters):
    """ "A" → 1, "AX" → 50."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number):
    """1 → "A", 50 → "AX"."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def refuse_columns(cell="file"):
    return Refused("E_LIMIT_COLS", "The sheet has more than %(limit)s columns.", cell=cell, limit=MAX_COLUMNS)


def refuse_rows():
    return Refused(
        "E_LIMIT_ROWS", "The sheet has more than %(limit)s rows; send it in parts.", limit=MAX_ROWS
    )
