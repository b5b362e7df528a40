"""Grid: one sheet in the parent process, its cells addressed as people see them, legacy text converted beside it."""

from array import array
from collections import Counter
from dataclasses import dataclass, field

from iso_rollout.text import clean, legacy

from .parsed import column_letters
from .strips import Strip


@dataclass
class Grid:
    """A sheet's cells by the numbers of their rows and columns, both from 1."""

    parsed: object
    encodings: dict = field(default_factory=dict)  # (row, column) → legacy encoding the cell was typed in

    def __post_init__(self):
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
        """The numbers of the rows that hold anything, from top to bottom."""
        return self.parsed.numbers

    @property
    def width(self):
        return len(self.parsed.columns)

    def strip(self, column):
        """The whole column as a `Strip` over `numbers`."""
        columns = self.parsed.columns
        return columns[column - 1] if column <= len(columns) else Strip.blank(len(self.parsed))

    def numbers_at(self, places):
        """The row numbers of some positions."""
        return array("I", map(self.numbers.__getitem__, places))

    def value(self, row, column):
        """The value of one cell, None when empty."""
        return self.parsed.value(row, column)

    def text(self, row, column):
        """The cell as cleaned text, "" when empty."""
        return as_text(self.value(row, column))

    def cells(self, row):
        """The values of a row from column 1 on, trailing empty ones cut; [] for a row that holds nothing."""
        position = self.parsed.position(row)
        return [] if position is None else self.parsed.row(position)

    def filled(self, row):
        """[(column, value)] of the cells of a row that hold anything but spaces."""
        return [
            (column, value)
            for column, value in enumerate(self.cells(row), 1)
            if value is not None and not (isinstance(value, str) and not value.strip())
        ]

    @staticmethod
    def address(row, column):
        return f"{column_letters(column)}{row}"

    def range_address(self, merge):
        top, left, bottom, right = merge
        return f"{self.address(top, left)}:{self.address(bottom, right)}"

    def correct(self, row, column, value):
        """Put a value typed by a person in place of the cell's own; only where a row stands."""
        position = self.parsed.position(row)
        if position is None:
            return
        while len(self.parsed.columns) < column:
            self.parsed.columns.append(Strip.blank(len(self.parsed)))
        self.parsed.columns[column - 1][position] = value or None
        for notes in (self.parsed.formulas, self.encodings, self.parsed.formats):
            notes.pop((row, column), None)

    def _convert_legacy(self):
        """Replace text of TCVN3, VNI and mojibake by Unicode and remember where.

        A font speaks for its cells unless one of them holds letters that only Unicode has. Cells that do not
        show their encoding follow the sheet once several others do.
        """
        codes = [_doubtful(strip.values) for strip in self.parsed.columns]
        fonts = self._trusted_fonts()
        # Most texts stand in many cells: judge each once, and walk the cells only when one shows an encoding.
        if not fonts and not any(
            legacy.detect(strip.values[code])
            for strip, doubtful in zip(self.parsed.columns, codes, strict=True)
            for code in doubtful
        ):
            return
        detected, undecided = {}, []
        for place, value in self._places(codes):
            asked = (value, fonts.get(place))
            if asked not in detected:
                detected[asked] = legacy.detect(*asked)
            if detected[asked]:
                self.encodings[place] = detected[asked]
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
        self._replace_legacy()

    def _places(self, codes):
        """[(cell, text)] from top to bottom: the cells of each column that hold one of its `codes`."""
        found = []
        for column, (strip, wanted) in enumerate(zip(self.parsed.columns, codes, strict=True), 1):
            found += [((self.numbers[i], column), strip[i]) for i in strip.places(wanted)]
        return sorted(found)

    def _replace_legacy(self):
        converted = {}
        for (row, column), encoding in self.encodings.items():
            strip, position = self.parsed.columns[column - 1], self.parsed.position(row)
            asked = (strip[position], encoding)
            if asked not in converted:
                converted[asked] = legacy.convert(*asked)
            strip[position] = converted[asked]

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


def _doubtful(values):
    """The codes of the texts that may have been typed in a legacy encoding."""
    return {
        code
        for code, value in enumerate(values)
        if value.__class__ is str and not value.isascii() and not legacy.is_unicode_only(value)
    }


def as_text(value):
    """A cell's value as cleaned text: 12.0 → "12", a date → d/m/Y, True → "TRUE", None → ""."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if hasattr(value, "strftime") and hasattr(value, "year"):
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    return str(value)
