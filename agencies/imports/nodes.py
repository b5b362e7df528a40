"""Nodes: the rows of a list of agencies while it is worked out."""

from dataclasses import dataclass, field
from functools import cached_property

from agencies.models import Level
from iso_rollout.text import UnitName, tone_key

from .agency_kinds import is_covered_by_parent
from .register import Known


@dataclass(eq=False)
class Node:
    """One row that is about an agency, while the list is worked out. `parent`: a `Node`, a `Known` or None."""

    row: object
    code: str
    name: str
    unit: UnitName
    level: str | None
    kind: str = ""
    known: Known | None = None
    how: str = ""
    parent: object = None
    parent_is_told: bool = False
    is_wrong: bool = False
    differences: list = field(default_factory=list)
    agency: object = None  # as written

    @cached_property
    def key(self):
        return self.unit.key if self.unit.is_unit else tone_key(self.name)

    @property
    def is_root(self):
        """A province: the top of a tree."""
        return self.unit.is_unit and self.level == Level.PROVINCE

    @property
    def is_covered(self):
        """Whether a new agency will share the system of the one above it."""
        parent = self.parent
        if parent is None:
            return False
        parent_kind = parent.known.kind if is_listed(parent) and parent.known else parent.kind
        return is_covered_by_parent(self.name, self.kind, parent_kind)

    @property
    def is_new(self):
        return self.known is None

    @property
    def is_unit(self):
        return self.unit.is_unit


def is_listed(parent):
    """Whether a parent is a row of the list itself, not only an agency of the register."""
    return isinstance(parent, Node)
