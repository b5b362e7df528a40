"""Parsed sheets: what the child process hands over, in plain values that travel cheaply."""

import re
from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from .formulas import CACHED
from .guard import MAX_COLUMNS, MAX_ROWS
from .problems import Refused
from .strips import Strip, StripMaker, compact

AT_ONCE = 4_000  # rows that are held as rows until they are strips


@dataclass
class ParsedSheet:
    """One sheet: its rows that hold anything, with their numbers, and notes about cells as (row, column), from 1."""

    name: str | None
    is_visible: bool = True
    epoch_1904: bool = False
    numbers: array = field(default_factory=lambda: array("I"))
    columns: list = field(default_factory=list)  # a `Strip` for each, as long as `numbers`
    merges: list = field(default_factory=list)  # (first row, first column, last row, last column)
    hidden_rows: set = field(default_factory=set)
    hidden_columns: set = field(default_factory=set)
    formulas: dict = field(default_factory=dict)  # cell → (state, formula)
    fonts: dict = field(default_factory=dict)  # cell → name, only of legacy fonts
    formats: dict = field(default_factory=dict)  # cell → "00000", only of formats that are zeros
    lines: array | None = None  # csv: the physical line each row begins on
    widths: array | None = None  # csv: how many fields each row has
    filled_rows: int = 0
    last_filled: int = 0

    def __len__(self):
        return len(self.numbers)

    def fill(self, numbered_rows):
        """Take the rows that hold values, refusing more than the limits. "" is an empty cell too."""
        maker, batch = StripMaker(), []
        for number, row in numbered_rows:
            if len(self.numbers) >= MAX_ROWS + 100:  # a hundred for title, header, totals
                raise refuse_rows()
            self.numbers.append(number)
            batch.append(row)
            if len(batch) == AT_ONCE:
                maker.add(batch)
                batch = []
        maker.add(batch)
        self.columns = maker.done()
        if len(self.columns) > MAX_COLUMNS:
            raise refuse_columns()
        self._show_formulas()
        # Where nothing but ASCII stands, the font tells nothing.
        self.fonts = {cell: font for cell, font in self.fonts.items() if not _is_ascii(self.value(*cell))}

    def _show_formulas(self):
        """A formula without a value is not an empty cell: the formula itself stands there, to be named."""
        for (row, column), (state, formula) in self.formulas.items():
            position = self.position(row) if state != CACHED else None
            if position is None or column > MAX_COLUMNS:
                continue
            while len(self.columns) < column:
                self.columns.append(Strip.blank(len(self)))
            if self.columns[column - 1][position] is None:
                self.columns[column - 1][position] = "=" + formula

    def position(self, number):
        """Which of the kept rows a row number is, None for a row that holds nothing."""
        index = bisect_left(self.numbers, number)
        return index if index < len(self.numbers) and self.numbers[index] == number else None

    def value(self, row, column):
        """The value of one cell, None when empty."""
        if column > len(self.columns) or (position := self.position(row)) is None:
            return None
        return self.columns[column - 1][position]

    def row(self, position):
        """The values of one kept row, empty cells as None, trailing ones cut."""
        values = [strip[position] for strip in self.columns]
        while values and values[-1] is None:
            values.pop()
        return values

    def add_merge(self, reference):
        corners = re.fullmatch(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})", reference)
        if corners and len(self.merges) < 100_000:
            left, top, right, bottom = corners.groups()
            self.merges.append((int(top), column_number(left), int(bottom), column_number(right)))

    # On its way between processes and into a file that is kept: plain JSON, which can name nothing to call.

    def as_plain(self):
        """The sheet as what JSON can hold."""
        return {
            "name": self.name, "is_visible": self.is_visible, "epoch_1904": self.epoch_1904,
            "numbers": _packed(self.numbers),
            "columns": [[_packed(strip.codes), list(map(_plain, strip.values))] for strip in self.columns],
            "merges": self.merges, "hidden_rows": sorted(self.hidden_rows), "hidden_columns": sorted(self.hidden_columns),
            "lines": _packed(self.lines), "widths": _packed(self.widths),
            **{name: [[*cell, note] for cell, note in getattr(self, name).items()] for name in _NOTES},
        }  # fmt: skip

    @classmethod
    def from_plain(cls, data):
        """A sheet from what `as_plain` gave. Raises ValueError, KeyError, TypeError … for anything else."""
        numbers, columns = _unpacked(data["numbers"]), []
        if not (data["name"] is None or isinstance(data["name"], str)):
            raise ValueError("no name")
        for codes, values in data["columns"]:
            strip = Strip(_unpacked(codes), list(map(_revived, values)))
            if (
                len(strip) != len(numbers)
                or values[0] is not None
                or max(strip.codes, default=0) >= len(values)
            ):
                raise ValueError("a column does not fit")
            columns.append(strip)
        sheet = cls(
            data["name"], data["is_visible"], data["epoch_1904"], numbers, columns,
            [(top, left, bottom, right) for top, left, bottom, right in data["merges"]],
            set(data["hidden_rows"]), set(data["hidden_columns"]),
            lines=_unpacked(data["lines"]), widths=_unpacked(data["widths"]),
        )  # fmt: skip
        for name in _NOTES:
            notes = {(row, column): note for row, column, note in data[name]}
            setattr(sheet, name, {k: tuple(v) for k, v in notes.items()} if name == "formulas" else notes)
        return sheet


def _is_ascii(value):
    return value.__class__ is not str or value.isascii()


_NOTES = ("formulas", "fonts", "formats")
_MOMENTS = {"datetime": datetime, "date": date, "time": time}


def _packed(numbers):
    """An array as text: how large its numbers are, and their bytes."""
    if numbers is None:
        return None
    numbers = compact(numbers, max(numbers, default=0) + 1)
    return numbers.typecode + b64encode(numbers).decode()


def _unpacked(text):
    if text is None:
        return None
    if text[:1] not in ("B", "H", "I"):
        raise ValueError("no array of numbers")
    return array(text[0], b64decode(text[1:]))


def _plain(value):
    if value is None or value.__class__ in (str, float, int, bool):
        return value
    if isinstance(value, timedelta):
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    for name, cls in _MOMENTS.items():
        if isinstance(value, cls):
            return {name: value.isoformat()}
    return str(value)


def _revived(value):
    if value is None or value.__class__ in (str, float, int, bool):
        return value
    ((name, told),) = value.items()
    return timedelta(*told) if name == "timedelta" else _MOMENTS[name].fromisoformat(told)


def value_rows(calamine_sheet):
    """(row number, values) of every row that holds something, empty cells as None or ""."""
    if calamine_sheet.start is None:
        return
    margin = [None] * calamine_sheet.start[1]  # iter_rows begins in row 1, but in the first filled column
    width = calamine_sheet.end[1] - calamine_sheet.start[1] + 1
    if len(margin) + width > MAX_COLUMNS:
        yield from _narrowed(calamine_sheet, margin, width)
        return
    blank = [""] * width
    for number, row in enumerate(calamine_sheet.iter_rows(), 1):
        if row != blank:  # there may be a million of them before a stray cell
            yield number, margin + row if margin else row


def _narrowed(calamine_sheet, margin, width):
    """The same of a sheet that reaches far to the right: only what stands there is too much."""
    blank = [""] * width
    for number, row in enumerate(calamine_sheet.iter_rows(), 1):
        if row == blank:
            continue
        while row[-1] == "":
            row.pop()
        if len(margin) + len(row) > MAX_COLUMNS:
            raise refuse_columns()
        yield number, margin + row


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
