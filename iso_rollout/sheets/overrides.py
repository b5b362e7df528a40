"""Overrides: what a person corrected on screen, as plain data that a wizard can store."""

from dataclasses import asdict, dataclass, field


@dataclass
class Overrides:
    """Corrections by a person, each by sheet name ("" for a csv) and stronger than any score.

    `headers`: {sheet: [first row, last row]}; `columns`: {sheet: {"3": field name or ""}} ("" ignores the column);
    `rows`: {sheet: {"12": class}} (one of `rows.CLASSES`); `cells`: {sheet: {"B3": new value}}.
    """

    headers: dict = field(default_factory=dict)
    columns: dict = field(default_factory=dict)
    rows: dict = field(default_factory=dict)
    cells: dict = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data):
        """From what `as_dict` gave (and JSON kept); unknown keys are left out."""
        return cls(
            **{name: dict(data[name]) for name in ("headers", "columns", "rows", "cells") if data.get(name)}
        )

    def as_dict(self):
        return asdict(self)

    def header_of(self, sheet):
        rows = self.headers.get(sheet or "")
        return tuple(int(row) for row in rows) if rows else None

    def columns_of(self, sheet):
        return {int(number): name or None for number, name in self.columns.get(sheet or "", {}).items()}

    def rows_of(self, sheet):
        return {int(number): cls for number, cls in self.rows.get(sheet or "", {}).items()}

    def cells_of(self, sheet):
        return self.cells.get(sheet or "", {})
