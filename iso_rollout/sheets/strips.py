"""Strips: columns of cells in which every value stands once, however many rows repeat it.

A list of a hundred thousand rows says few different things: codes, days and standards repeat. What a rule finds out
about a value it finds out once, for all its rows, and no object is made for a cell.
"""

from array import array
from itertools import compress, zip_longest

_SIZES = (("B", 1 << 8), ("H", 1 << 16), ("I", 1 << 32))  # bytes of a code by how many values there are


class Strip:
    """A column: `values[code]` for each `code` of `codes`, one per row. Code 0 is the empty cell."""

    __slots__ = ("_known", "codes", "values")

    def __init__(self, codes, values=None):
        self.codes, self.values = codes, [None] if values is None else values
        self._known = None

    @classmethod
    def blank(cls, length):
        return cls(array("I", bytes(4 * length)))

    @classmethod
    def joined(cls, strips):
        """Several strips, one below the other."""
        found = cls(array("I"))
        for strip in strips:
            shift = len(found.values)
            found.values += strip.values
            found.codes.extend(code and code + shift for code in strip.codes)
        return found

    def __len__(self):
        return len(self.codes)

    def __getitem__(self, index):
        return self.values[self.codes[index]]

    def __iter__(self):
        return map(self.values.__getitem__, self.codes)

    def __setitem__(self, index, value):
        self.codes[index] = self._code_of(value)

    def fill(self, value, start, end):
        """Put a value into the empty cells of some rows; returns the rows that took it."""
        code, codes = self._code_of(value), self.codes
        found = [index for index in range(start, end) if not codes[index]]
        for index in found:
            codes[index] = code
        return found

    def _code_of(self, value):
        if self.codes.typecode != "I":  # a new value may need a larger code
            self.codes = array("I", self.codes)
        if value is None:
            return 0
        if self._known is None:
            self._known = {}
        # 1, 1.0 and True are one key; here they are three values.
        key = (value.__class__, value)
        if key not in self._known:
            self._known[key] = len(self.values)
            self.values.append(value)
        return self._known[key]

    def used(self):
        """The codes that occur, in order."""
        return sorted(set(self.codes))

    def places(self, codes):
        """The rows, in order, that hold one of some codes."""
        if not codes:
            return []
        flags = [code in codes for code in range(len(self.values))]
        return list(compress(range(len(self.codes)), map(flags.__getitem__, self.codes)))

    def clear(self, codes):
        """Empty the cells that hold one of some codes."""
        for index in self.places(codes):
            self.codes[index] = 0

    def taken(self, rows):
        """A strip of some rows of this one, over the same values."""
        is_stretch = isinstance(rows, range) and rows.step == 1
        codes = self.codes[rows.start : rows.stop] if is_stretch else map(self.codes.__getitem__, rows)
        return Strip(array(self.codes.typecode, codes), self.values)

    def mapped(self, values):
        """The same rows with other values: one for each of this strip's; where that is None the row is empty."""
        strip = Strip(array(self.codes.typecode, self.codes), values)
        strip.clear({code for code in self.used() if code and values[code] is None})
        return strip

    def laid_over(self, other):
        """This strip, and where it is empty the other one."""
        merged = Strip(array("I", self.codes), list(self.values))
        for index, code in enumerate(self.codes):
            if not code and other.codes[index]:
                merged[index] = other[index]
        return merged

    def labelled(self, labels):
        """One byte for each row: the label, below 256, of its value."""
        return bytearray(map(labels.__getitem__, self.codes))


class StripMaker:
    """Makes the strips of a sheet from its rows, some thousand at a time."""

    def __init__(self):
        self.strips, self.indexes, self.count = [], [], 0

    def add(self, rows):
        """Take more rows: lists of values, None or "" for an empty cell."""
        width = max(map(len, rows), default=0)
        is_even = all(len(row) == width for row in rows)
        columns = zip(*rows, strict=True) if is_even else zip_longest(*rows)
        for number, cells in enumerate(columns):
            if number == len(self.strips):
                self.strips.append(Strip.blank(self.count))
                self.indexes.append(_Index(self.strips[-1].values))
            self.strips[number].codes.extend(self._codes(self.indexes[number], cells))
        self.count += len(rows)
        for strip in self.strips[width:]:
            strip.codes.frombytes(bytes(4 * len(rows)))

    @staticmethod
    def _codes(index, cells):
        if not _ALIKE.isdisjoint(map(type, cells)):
            # 1, 1.0 and True are one key of a dictionary and three different cells.
            cells = [(v.__class__, v) if v.__class__ in _ALIKE else v for v in cells]
        return map(index.__getitem__, cells)

    def done(self):
        """The strips, empty columns at the end left out, codes as small as the values allow."""
        while self.strips and len(self.strips[-1].values) == 1:
            self.strips.pop()
        for strip in self.strips:
            strip.codes = compact(strip.codes, len(strip.values))
        return self.strips


_ALIKE = {bool, int}


class _Index(dict):
    """value → code; a value that is new gets the next one."""

    def __init__(self, values):
        super().__init__({None: 0, "": 0})
        self.values_ = values

    def __missing__(self, key):
        code = self[key] = len(self.values_)
        self.values_.append(key[1] if key.__class__ is tuple else key)
        return code


def compact(codes, count):
    """Codes below `count` in the smallest array that holds them."""
    return array(next(size for size, limit in _SIZES if count <= limit), codes)
