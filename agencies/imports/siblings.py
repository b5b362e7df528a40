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


def is_slip(one, other):
    """Whether a slip of the hand tells two texts apart: one letter wrong, missing or too many, or two that changed places."""
    if len(one) > len(other):
        one, other = other, one
    at = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    if len(one) < len(other):
        return one[at:] == other[at + 1 :]
    swapped = one[at : at + 2] == other[at : at + 2][::-1] and one[at + 2 :] == other[at + 2 :]
    return swapped or one[at + 1 :] == other[at + 1 :]
