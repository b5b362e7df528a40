"""Verdicts: what each row of a sheet was taken for, and why.

A long list consists of ordinary data rows. Those are told by one byte each; only other rows have a verdict of
their own, and what is asked of all rows is asked of these few.
"""

from collections import Counter
from typing import NamedTuple

from .problems import Reason

TITLE, HEADER, NUMBER_ROW, GROUP, DATA = "title", "header", "number_row", "group", "data"
SUBTOTAL, TOTAL, NOTE, FOOTER, BLANK = "subtotal", "total", "note", "footer", "blank"
CLASSES = (TITLE, HEADER, NUMBER_ROW, GROUP, DATA, SUBTOTAL, TOTAL, NOTE, FOOTER, BLANK)
# What is asked for again after a row was judged.
OTHER_TABLE = Reason("the heading of another table")
NUMBERED_NAME = Reason("running number and name without anything else")
BELOW_SIGNATURE = Reason("below the words of a signature")
APART = 0  # in `ordinary`: the row has a verdict of its own


class Verdict(NamedTuple):
    """What a row was taken for, and why; `text` and `column` of the cell that decided."""

    number: int
    cls: str
    reason: Reason
    column: int = 0
    text: str = ""
    marker: str = ""


class Verdicts:
    """The verdicts of a sheet's rows, from top to bottom.

    `numbers`: of the rows. `ordinary`: one byte for each: which of `sorts` [(reason, column of the name)] of data row
    it is, counted from 1, or `APART`. `apart`: {position: Verdict} of all others.
    """

    def __init__(self, numbers, ordinary, sorts):
        self.numbers, self.ordinary, self.sorts, self.apart = numbers, ordinary, sorts, {}

    def __len__(self):
        return len(self.numbers)

    def __iter__(self):
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, position):
        if (sort := self.ordinary[position]) == APART:
            return self.apart[position]
        reason, column = self.sorts[sort - 1]
        return Verdict(self.numbers[position], DATA, reason, column)

    def put(self, position, verdict):
        """Judge a row apart from the ordinary ones."""
        self.ordinary[position] = APART
        self.apart[position] = verdict

    def is_heading(self, position):
        return position in self.apart and self.apart[position].cls == HEADER

    def others(self):
        """[(position, Verdict)] of the rows that were judged apart, from top to bottom."""
        return sorted(self.apart.items())

    def of_class(self, *classes):
        """The verdicts of some classes other than data, from top to bottom."""
        return [verdict for _position, verdict in self.others() if verdict.cls in classes]

    def data(self):
        """The positions of all data rows: a range where they follow each other without a gap."""
        data = bytearray(map(bool, self.ordinary))
        for position, verdict in self.apart.items():
            data[position] = verdict.cls == DATA
        first, last = data.find(1), data.rfind(1)
        if first < 0:
            return range(0)
        if data.find(0, first, last) < 0:
            return range(first, last + 1)
        return [position for position in range(first, last + 1) if data[position]]

    def counts(self):
        """{class: how many rows}."""
        found = Counter(verdict.cls for verdict in self.apart.values())
        found[DATA] += len(self) - len(self.apart)
        return found
