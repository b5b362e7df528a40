"""Grid: one sheet in the parent process, its cells addressed as people see them, legacy text converted beside it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from iso_rollout.text import clean, legacy

from .parsed import column_letters, column_number


@dataclass
class Grid:
    """A sheet's rows by their own numbers. `cells` of a row count from column 1 at index 0."""

    parsed: object
    by_number: dict = field(init=False)
    encodings: dict = field(default_factory=dict)  # (row, column) → legacy encoding the cell was typed in

    def __post_init__(self):
        self.by_number = dict(zip(self.parsed.numbers, self.parsed.rows, strict=True))
        self._convert_legacy()
        self.merge_of = {}  # the top left cell of each merged range
        self.covered = {}  # any other cell of it → the top left one
        for top, left, bottom, right in self.parsed.merges:
            self.merge_of[top, left] = (top, left, bottom, right)
            if (bottom - top + 1) * (right - left + 1) > 100_000:
                continue  # whole columns merged: nothing is filled down a million rows
            for row in range(top, bottom + 1):
                for column in range(left, min(right, 60) + 1):
                    if (row, column) != (top, left):
                        self.covered[row, column] = (top, left)

    @property
    def name(self):
        return self.parsed.name

    @property
    def numbers(self):
        return self.parsed.numbers

    @cached_property
    def width(self):
        return max(map(len, self.parsed.rows), default=0)

    def value(self, row, column):
        """The value of one cell, None when empty."""
        cells = self.by_number.get(row)
        return cells[column - 1] if cells and column <= len(cells) else None

    def text(self, row, column):
        """The cell as cleaned text, "" when empty."""
        return as_text(self.value(row, column))

    def filled(self, row):
        """[(column, value)] of the cells of a row that hold anything but spaces."""
        return [
            (column, value)
            for column, value in enumerate(self.by_number.get(row, ()), 1)
            if value is not None and not (isinstance(value, str) and not value.strip())
        ]

    def correct(self, address, value):
        """A value typed by a person in place of the cell's own; a row that holds nothing stays so."""
        match = re.fullmatch(r"([A-Z]{1,2})([0-9]{1,7})", address)
        if not match:
            return
        row, column = int(match[2]), column_number(match[1])
        cells = self.by_number.get(row)
        if cells is not None:
            cells.extend([None] * (column - len(cells)))
            cells[column - 1] = value or None
            for notes in (self.parsed.formulas, self.encodings, self.parsed.formats):
                notes.pop((row, column), None)

    @staticmethod
    def address(row, column):
        return f"{column_letters(column)}{row}"

    def range_address(self, merge):
        top, left, bottom, right = merge
        return f"{self.address(top, left)}:{self.address(bottom, right)}"

    def _convert_legacy(self):
        """Replace text of TCVN3, VNI and mojibake by Unicode and remember where.

        A font speaks for its cells unless one of them holds letters that only Unicode has. Cells that do not
        show their encoding follow the sheet once several others do.
        """
        # Most texts stand in many cells: judge each once, and walk the cells only where one is in doubt.
        doubtful = {
            value
            for value in set(chain.from_iterable(self.parsed.rows))
            if value.__class__ is str and not value.isascii() and not legacy.is_unicode_only(value)
        }
        if not doubtful:
            return
        fonts = self._trusted_fonts()
        undecided = []
        for number, cells in self.by_number.items():
            for index, value in enumerate(cells):
                if value in doubtful:
                    place = (number, index + 1)
                    encoding = legacy.detect(value, fonts.get(place))
                    if encoding:
                        self.encodings[place] = encoding
                    else:
                        undecided.append((place, value))
        if len(self.encodings) >= 3:
            usual, count = Counter(self.encodings.values()).most_common(1)[0]
            # Where Unicode stands beside it, each cell must show its own encoding.
            if count * 3 >= len(undecided):
                columns = {column for (_, column), encoding in self.encodings.items() if encoding == usual}
                for place, value in undecided:
                    if place[1] in columns and legacy.could_be(value, usual):
                        self.encodings[place] = usual
        for (number, column), encoding in self.encodings.items():
            cells = self.by_number[number]
            cells[column - 1] = legacy.convert(cells[column - 1], encoding)

    def _trusted_fonts(self):
        fonts = self.parsed.fonts
        if not fonts:
            return {}
        unicode_fonts = set()
        for (row, column), font in fonts.items():
            value = self.value(row, column)
            if isinstance(value, str) and legacy.is_unicode_only(value):
                unicode_fonts.add(font)
        return {place: font for place, font in fonts.items() if font not in unicode_fonts}


def as_text(value):
    """A cell's value as cleaned text: 12.0 → "12", a date → d/m/Y, None → ""."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "strftime") and hasattr(value, "year"):
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    return str(value)
