"""Siblings: the agencies on record below one parent, as the rows of a list find them by name."""

from collections import defaultdict
from operator import attrgetter

from iso_rollout.text import Departments, same_department


class Siblings:
    """Children of one parent, indexed once: a long list does not compare each row with each of them."""

    def __init__(self, children):
        self._units = defaultdict(list)
        for known in children:
            if known.is_unit:
                self._units[known.unit.kind, known.key].append(known)
        self._bodies = Departments([k for k in children if not k.is_unit], name=attrgetter("name"))

    def same(self, node):
        """Those for which `is_same` holds."""
        if node.is_unit:
            return self._units.get((node.unit.kind, node.key), [])
        return self._bodies.find(node.name)


def is_same(node, known):
    """Whether a row's name can be that of an agency on record: the same unit, or one department."""
    if node.is_unit or known.is_unit:
        return node.is_unit and known.is_unit and (node.unit.kind, node.key) == (known.unit.kind, known.key)
    return same_department(node.name, known.name)
