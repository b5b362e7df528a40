"""Guess: of which kind a list seems to be, for a screen that offers another one. It suggests, and decides nothing."""

from iso_rollout.text import fold

from .grid import Grid, as_text
from .header import find_header, header_at

CLEARLY = 70  # points by which another kind must lead: most of a column more
OF_A_WORD = 60  # points for words above the table and in the file's name that speak for a kind


def likely_kind(reading, kinds):
    """The best of some kinds for what was read as one of them: (kind, its lead in points), (None, 0) for none.

    Where the heading of a sheet is known, the other kinds are asked about the same rows.
    """
    grids = {table.name: (table.grid, table.header) for table in reading.tables}
    if not grids:
        grids = {sheet.name: (Grid(sheet), None) for sheet in reading.parsed if sheet.is_visible}
    points = {
        kind.name: max((_points(*found, kind, reading.filename) for found in grids.values()), default=0)
        for kind in kinds
    }
    best = max(kinds, key=lambda kind: points[kind.name], default=None)
    if best is None or not points[best.name]:
        return None, 0
    return best, points[best.name] - points.get(reading.kind.name, 0)


def _points(grid, known, kind, filename):
    header = header_at(grid, kind, known.first, known.last) if known else find_header(grid, kind)
    if header is None or not (header.fields & set(kind.evidence)):
        return 0
    above = [as_text(v) for n in grid.numbers if n < header.first for _, v in grid.filled(n)]
    told = f" {fold(' '.join([filename.rpartition('.')[0], grid.name or '', *above]))} "
    said = any(f" {fold(words)} " in told for words in kind.words)
    return sum(column.score for column in header.columns if column.field) + OF_A_WORD * said
