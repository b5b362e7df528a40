"""Parents: to which agency each row of a list of agencies belongs, by column, group row, sheet or rule."""

from functools import cached_property
from operator import attrgetter

from agencies.models import Level
from iso_rollout.sheets import Problem
from iso_rollout.sheets.parsed import column_letters
from iso_rollout.text import Departments, clean, level_of, parse_unit_name, tone_key

from .matching import is_block, place_name
from .nodes import Node
from .register import RANK


class Parents:
    """The part of working out a list of agencies that finds each row's parent."""

    def _find_parent(self, node):
        values = node.row.values
        text = values.get("parent") or values.get("district") or _district_behind(values.get("name", ""))
        if text and not (is_block(text) and not self._candidates(text)):
            self._parent_from_column(node, text)
        elif (parent := self._parent_from_groups(node)) is not None:
            node.parent, node.parent_is_told = parent, True
        elif node.is_root:
            node.parent = None
        elif node.known is not None:
            node.parent = self._as_node(self.register.get(node.known.parent_id))
        elif not node.is_wrong:
            self._default_parent(node)

    def _parent_from_column(self, node, text):
        name = next((name for name in ("parent", "district") if node.row.values.get(name)), "name")
        found = [c for c in self._candidates(text) if RANK.get(c.level, 0) <= RANK.get(node.level, 2)] or (
            self._candidates(text)
        )
        others = [c for c in found if c is not node]
        if found and not others:
            return self._error("E_CYCLE", "“%(name)s” cannot be its own parent.", node, name, name=node.name)
        if len(others) > 1:
            others = self._narrow(node, text, others)
        if len(others) == 1:
            node.parent, node.parent_is_told = others[0], True
        elif others:
            self._error(
                "E_PARENT_AMBIGUOUS", "“%(text)s” may be several agencies: %(names)s. Write its code.", node, name,
                text=text, names="; ".join(sorted({self._described(c) for c in others})),
            )  # fmt: skip
        else:
            self._error(
                "E_PARENT_UNKNOWN",
                "“%(text)s” is neither in the list nor in the register.",
                node,
                name,
                text=text,
            )

    def _candidates(self, text):
        """Agencies of the list and of the register that a parent cell may mean; by code before by name."""
        code = clean(text).upper()
        if code in self.by_code:
            return [self.by_code[code]]
        if code in self.register.by_code:
            return [self._as_node(self.register.by_code[code])]
        name = parse_unit_name(text)
        if name.is_unit and not name.proper:  # "UBND tỉnh"
            listed = [n for n in self.nodes if n.unit.kind == name.kind == "tinh"]
        elif name.is_unit or name.kind is None:
            listed = [
                n for n in self.by_name.get(name.key, ()) if n.is_unit and name.kind in (None, n.unit.kind)
            ]
        else:
            listed = []
        if not listed and not name.is_unit:
            listed = self.by_name.get(tone_key(text), []) or self.bodies.find(text)
        found = list(dict.fromkeys(listed + [self._as_node(k) for k in self.matcher.find(text)]))
        if name.kind is None and len(found) > 1:
            found = [c for c in found if c.level == Level.DISTRICT] or found
        return found

    @cached_property
    def bodies(self):
        """The departments and other bodies of the list."""
        return Departments([n for n in self.nodes if n.name and not n.is_unit], name=attrgetter("name"))

    def _narrow(self, node, text, found):
        """Of several parents of one name: that of the row's own group, or the one above it in rank."""
        above = [c for c in found if RANK.get(c.level, 0) < RANK.get(node.level, 2)]
        found = above or found
        group = self._parent_from_groups(node)
        return [c for c in found if c is group] or found

    def _as_node(self, known):
        """An agency of the register that the list speaks of itself is the list's."""
        return self.by_known.get(known.id, known) if known is not None else None

    def _parent_from_groups(self, node):
        rank = RANK.get(node.level, 2)
        for group in reversed(node.row.groups):
            parent = self._group_agency(group, node)
            if parent is None or parent is node:
                continue
            # A heading of the same rank as the row is the heading before it, not one above it.
            if RANK.get(parent.level, 0) < rank or (not node.is_unit and RANK.get(parent.level, 0) == rank):
                return parent
        if any(place_name(group.text) for group in node.row.groups) or not node.row.sheet:
            return None
        district = self._sheet_parent(node.row.sheet)
        if district is not None and district is not node and RANK.get(district.level, 0) < rank:
            return district
        return None

    def _group_agency(self, group, node):
        key = (group.sheet, group.number)
        if group.is_agency:
            return self.by_row.get(key)
        if key not in self.groups_told:
            self.groups_told[key] = self._find_group(group, node)
        return self.groups_told[key]

    def _find_group(self, group, node):
        if is_block(group.text):
            return None
        found = self._candidates(group.text)
        if len(found) == 1:
            return found[0]
        if place_name(group.text) and not node.row.values.get("parent"):
            code, message = ("E_PARENT_AMBIGUOUS", "“%(text)s” may be several agencies.") if found else (
                "E_PARENT_UNKNOWN", "“%(text)s” is neither in the list nor in the register."
            )  # fmt: skip
            cell = f"{column_letters(group.column or 1)}{group.number}"
            self.checked.errors.append(Problem(code, message, group.sheet, cell, "", {"text": group.text}))
            self.groups_named.add(key_of(group))
        return None

    def _sheet_parent(self, sheet):
        if sheet not in self.groups_told:
            known = self.matcher._sheet_district(sheet)
            found = [self._as_node(known)] if known else []
            if not found and not is_block(sheet):
                found = [c for c in self._candidates(sheet) if c.level == Level.DISTRICT and c.is_unit]
            self.groups_told[sheet] = found[0] if len(found) == 1 else None
        return self.groups_told[sheet]

    def _default_parent(self, node):
        """Rule 4: an agency of the province or of a district whose parent is not stated belongs to the committee."""
        if any(key_of(group) in self.groups_named for group in node.row.groups):
            node.is_wrong = True
            return
        roots = self.roots
        is_commune = node.level == Level.COMMUNE
        if len(roots) == 1 and not (is_commune and self.has_districts):
            node.parent = roots[0]
        elif is_commune:
            self._error(
                "E_PARENT_REQUIRED",
                "Nothing says to which district “%(name)s” belongs.",
                node,
                "name",
                name=node.name,
            )
        elif roots:
            self._error(
                "E_PARENT_REQUIRED", "There are several provinces; say to which “%(name)s” belongs.", node, "name",
                name=node.name,
            )  # fmt: skip
        else:
            self._error(
                "E_PARENT_REQUIRED", "The province's people's committee is neither in the list nor in the register.",
                node, "name",
            )  # fmt: skip

    @property
    def roots(self):
        if not hasattr(self, "_roots"):
            listed = [n for n in self.nodes if n.is_root]
            self._roots = list(dict.fromkeys(listed + [self._as_node(k) for k in self.register.provinces]))
        return self._roots

    @property
    def has_districts(self):
        return self.register.has_districts or any(n.level == Level.DISTRICT and n.is_unit for n in self.nodes)


def _district_behind(name):
    """The district that a name itself tells: "UBND xã An Bình, huyện Văn Lâm"."""
    within = parse_unit_name(name).within
    return within if level_of(parse_unit_name(within)) == Level.DISTRICT else ""


def identity(parent):
    if isinstance(parent, Node):
        return parent.known.id if parent.known else id(parent)
    return parent.id if parent is not None else None


def key_of(group):
    return (group.sheet, group.number)
