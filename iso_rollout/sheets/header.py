"""Header: which rows are the heading of the table, in one to three rows, merged or not."""

import re
from dataclasses import dataclass, replace

from .columns import EXACT, map_columns
from .contents import looks, sample

SEARCHED_ROWS = 60
MOST_ROWS = 3
FEWEST_HEADINGS = 2  # in the last row of a heading


@dataclass(frozen=True)
class Header:
    """The heading of one sheet: its rows, its columns, and how sure we are."""

    first: int
    last: int
    columns: tuple
    duplicates: tuple
    score: float

    @property
    def fields(self):
        return frozenset(column.field.name for column in self.columns if column.field)

    @property
    def meanings(self):
        """{column number: what it means}, whatever its words."""
        return {column.number: (column.field, column.option) for column in self.columns if column.field}

    def has_evidence(self, kind):
        """Whether its own words name a column that only a row about one agency fills."""
        return any(c.field and c.field.name in kind.evidence and not c.by_cells for c in self.columns)

    def columns_of(self, name):
        return [column for column in self.columns if column.field and column.field.name == name]


def header_at(grid, kind, first, last):
    """What some rows say as the heading of a kind of list, or None."""
    return _with_cells(grid, kind, first, last, {})


def find_header(grid, kind, *, rows=None, meanings=None):
    """The best heading of a sheet for a kind of list, or None.

    `rows`: (first, last) when a person said so. `meanings`: {column number: field name or None} by a person.
    Every block of one to three rows is scored by the fields it names; a block that reaches into the data loses
    them, because the values below a heading are no headings. The columns of the best block are then mapped anew
    with what their cells hold; where no block names enough, the cells of every block are asked.
    """
    meanings = meanings or {}
    if rows:
        return _with_cells(grid, kind, *rows, meanings)
    best = _best(grid, kind, meanings, _header)
    if best:
        best = _first_of_its_kind(grid, kind, best, meanings)
        found = _with_cells(grid, kind, best.first, best.last, meanings) or best
        if not kind.evidence or found.has_evidence(kind):
            return found
    return _best(grid, kind, meanings, _asked) or best


def _first_of_its_kind(grid, kind, best, meanings):
    """Of several tables one below the other the heading of the first, where their columns mean the same."""
    for number in grid.numbers:
        if number >= best.first:
            return best
        found = _header(grid, kind, number, number, meanings)
        if found and not holds_values(grid, number, number) and found.meanings == best.meanings:
            return found


def _best(grid, kind, meanings, judge):
    best = None
    for number in grid.numbers[:SEARCHED_ROWS]:
        filled = grid.filled(number)
        if len(filled) < FEWEST_HEADINGS or _is_figure(
            filled[0][1]
        ):  # a row of the table begins with its number
            continue
        for last in range(number, number + MOST_ROWS):
            if not _is_row_of_headings(grid, number, last):
                continue
            candidate = judge(grid, kind, number, last, meanings)
            if candidate and (best is None or candidate.score > best.score):
                best = candidate
    return best


def _is_figure(value):
    return not isinstance(value, str) or bool(re.fullmatch(r"\s*[0-9.,]+\s*", value))


def _is_row_of_headings(grid, first, last):
    """Whether the last row of a block holds several headings, those that are merged down into it included."""
    down = {origin for (row, _), origin in _covered_in(grid, last) if first <= origin[0] < last}
    return len(grid.filled(last)) + len(down) >= FEWEST_HEADINGS


def _covered_in(grid, row):
    return [
        (place, grid.covered[place])
        for column in range(1, grid.width + 1)
        if (place := (row, column)) in grid.covered
    ]


def _with_cells(grid, kind, first, last, meanings):
    return _header(grid, kind, first, last, meanings, cells=sample(grid, last))


def _asked(grid, kind, first, last, meanings):
    """As `_with_cells`; cells say what a column is only below something that is a heading."""
    if holds_values(grid, first, last):
        return None
    found = _with_cells(grid, kind, first, last, meanings)
    if found is None:
        return None
    known = [column for column in found.columns if column.field or column.is_order]
    headed = [column for column in found.columns if column.path]
    is_heading = 2 * len(headed) > len(found.columns) and any(not column.by_cells for column in known)
    return found if is_heading else None


def _header(grid, kind, first, last, meanings, *, cells=None):
    paths = heading_paths(grid, first, last)
    # A column without a heading means what a person says, or what its cells are.
    paths |= {number: () for number in (*meanings, *(cells or ())) if number not in paths}
    columns, duplicates = map_columns(paths, kind, cells)
    columns = [_by_person(column, kind, meanings) for column in columns]
    header = Header(first, last, tuple(columns), tuple(duplicates), _score(grid, columns, first, last))
    has_subject = any(name in header.fields for name in kind.subject)
    if not has_subject or not (len(header.fields) > 1 or _has_order(columns) or meanings):
        return None
    return header


def holds_values(grid, first, last):
    """Whether rows hold decisions or days: then they belong to the table, not to its heading."""
    return any(
        not looks(value).isdisjoint(("document", "day", "serial"))
        for row in range(first, last + 1)
        for _, value in grid.filled(row)
    )


def _by_person(column, kind, meanings):
    if column.number not in meanings:
        return column
    name = meanings[column.number]
    return replace(
        column,
        field=kind.by_name.get(name),
        option=None,
        score=EXACT,
        is_order=name == "order",
        by_cells=False,
    )


def _has_order(columns):
    return any(column.is_order for column in columns)


def _score(grid, columns, first, last):
    """Each field counts by its certainty; a row more must earn its place by better headings."""
    score = sum(column.score for column in columns if column.field) + 60 * _has_order(columns)
    # Headings nobody knows count a little: the lowest row of a merged heading holds more of them.
    score += 2 * sum(bool(column.path) for column in columns)
    for top, left, bottom, right in grid.parsed.merges:
        # A heading merged across in the last row has its own headings below; one merged downwards beyond it
        # belongs to a heading that goes on.
        if first <= top <= last and (bottom > last or (bottom == last and right > left)):
            score -= 40
    return score - 15 * (last - first)


def heading_paths(grid, first, last):
    """{column: its heading texts from top to bottom}, merged and blank cells resolved."""
    paths = {}
    for column in range(1, min(grid.width, 60) + 1):
        path = []
        for row in range(first, last + 1):
            text = _heading_text(grid, row, column, first, last)
            if text and text not in path[-1:]:
                path.append(text)
        if path:
            paths[column] = tuple(path)
    return paths


def _heading_text(grid, row, column, first, last):
    text = grid.text(row, column)
    if text:
        return text
    origin = grid.covered.get((row, column))
    if origin:
        return grid.text(*origin) if origin[0] >= first else ""
    # Without merged cells (csv): a blank beside a heading continues it where both have a heading below.
    if row < last and _has_below(grid, row, column, last):
        for left in range(column - 1, 0, -1):
            if not _has_below(grid, row, left, last):
                return ""
            if grid.text(row, left):
                return grid.text(row, left)
    return ""


def _has_below(grid, row, column, last):
    return any(grid.text(below, column) for below in range(row + 1, last + 1))
