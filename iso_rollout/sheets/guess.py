"""Guess: of which kind a list seems to be, for a screen that offers another one. It suggests, and decides nothing."""

from dataclasses import replace

from iso_rollout.text import fold

from .grid import Grid, as_text
from .header import find_header

LOOKED_AT = 80  # rows of a sheet
CLEARLY = 70  # points by which another kind must lead: most of a column more
OF_A_WORD = 60  # points for words above the table and in the file's name that speak for a kind


def likely_kind(parsed, kinds, filename=""):
    """The best of some kinds for the sheets of a file and by how many points it leads each: (kind, {kind name: points}).

    `parsed`: the sheets as the child handed them over; `kinds`: `Kind`s. (None, {}) where no heading fits any.
    """
    points = {}
    for kind in kinds:
        found = [_points(sheet, kind, filename) for sheet in parsed if sheet.is_visible]
        points[kind.name] = max(found, default=0)
    best = max(kinds, key=lambda kind: points[kind.name], default=None)
    if best is None or not points[best.name]:
        return None, {}
    return best, {name: points[best.name] - score for name, score in points.items()}


def _points(sheet, kind, filename):
    top = replace(
        sheet, numbers=sheet.numbers[:LOOKED_AT], rows=[list(row) for row in sheet.rows[:LOOKED_AT]]
    )
    grid = Grid(top)
    header = find_header(grid, kind)
    if header is None or not (header.fields & set(kind.evidence)):
        return 0
    above = [as_text(v) for n in grid.numbers if n < header.first for _, v in grid.filled(n)]
    told = f" {fold(' '.join([filename.rpartition('.')[0], sheet.name or '', *above]))} "
    said = any(f" {fold(words)} " in told for words in kind.words)
    return sum(column.score for column in header.columns if column.field) + OF_A_WORD * said
