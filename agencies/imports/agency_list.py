"""Lists of agencies: each row a new agency, a revision of one on record, or nothing new."""

import difflib
import re
from collections import defaultdict

from django.utils.translation import gettext_lazy as _

from agencies.access import holds_at_top
from agencies.models import Agency, Kind, Level, PastIdentity
from iso_rollout.sheets import Problem
from iso_rollout.sheets.examples import AGENCIES
from iso_rollout.text import Unreadable, canonical_name, check_name, fold, parse_unit_name, tone_key

from .agency_kinds import kind_from, level_from
from .agency_parents import Parents, identity
from .agency_writing import write_agencies
from .checked import CHANGED, NEW, UNCHANGED, WRONG, Difference, Line
from .kinds import ListKind
from .matching import Matcher
from .nodes import Node
from .register import RANK, Known, Register
from .siblings import Siblings, is_same, is_slip
from .workbooks import LEVELS

LIKE = 0.9  # of the letters, accents apart: a slip of the hand in a name of ten letters or more
MOST_COMPARED = 50_000  # pairs of a new name and one beside it: half a second
MOST_BESIDE = 300  # new names of the same first letters that one more is compared with


class AgencyList(ListKind):
    """Code, name, level or type, parent; group rows that are agencies; any order."""

    name = "agencies"
    title = _("Agencies")
    sheet = AGENCIES
    writes_tree = True
    columns = ("code", "name", "level", "parent", "note")

    def rows(self, *, user, on, options=None, among=None):
        register = Register(on, user=user)
        wanted = (
            register.agencies.keys() if among is None else set(among.order_by().values_list("pk", flat=True))
        )
        notes = dict(Agency.objects.exclude(note="").values_list("id", "note"))
        for known in sorted(register.agencies.values(), key=lambda k: k.path):
            if known.id not in wanted:
                continue
            parent = register.get(known.parent_id)
            above = (parent.code or parent.name) if parent else None
            yield known.code, known.name, LEVELS[known.level], above, notes.get(known.id)

    def judge(self, reading, *, user, on, options):
        checked = self.start(reading, on)
        register = Register(on, user=user, roles=self.roles)
        _Work(checked, register, user, options).run()
        return checked

    def write(self, checked, *, change_set, by, options):
        write_agencies(checked, change_set=change_set, options=options)


class _Work(Parents):
    """One list of agencies being worked out; the steps follow each other in `run`."""

    def __init__(self, checked, register, user, options):
        self.checked, self.register, self.user, self.options = checked, register, user, options
        checked.register = register
        self.matcher = Matcher(register, options.answers)
        self.nodes = []
        self.groups_told = {}
        self.groups_named = set()
        self.siblings = {}

    def run(self):
        for row in self.checked.reading.rows:
            self.nodes.append(self._node(row))
        self._index()
        for node in self.nodes:
            self._find_parent(node)
        for node in self.nodes:
            if node.known is None:
                self._find_by_name(node)
        self._settle_levels()
        self._check_twins()
        self._check_circles()
        self._check_levels()
        self._check_codes()
        self._check_likeness()
        self._check_new_siblings()
        self._check_later_changes()
        self.checked.lines = [self._line(node) for node in self.nodes]
        self.checked.plan = self.nodes

    def _error(self, code, message, node, name, /, **params):
        node.is_wrong = True
        field_ = self.checked.reading.kind.by_name.get(name)
        self.checked.errors.append(
            Problem(
                code, message, node.row.sheet, node.row.cell(name), field_.title if field_ else "", params
            )
        )

    # Rows

    def _node(self, row):
        values = row.values
        written, unit_type = values.get("name", ""), values.get("unit_type")
        name = canonical_name(written, unit_type) if written else ""
        unit = parse_unit_name(name)
        level, disagrees = level_from(unit, values.get("level"))
        node = Node(row, values.get("code", ""), name, unit, level)
        if disagrees:
            self._error("E_LEVEL", "“%(name)s” is not of this level.", node, "level", name=name)
        if not name:
            node.is_wrong = True  # named by the reader
        if node.code and (row.sheet, row.cell("code")) not in self.checked.reading.wrong_cells:
            node.known = self.register.by_code.get(node.code)
            node.how = "code" if node.known else ""
        if name and not (node.known and node.known.name == name):
            try:
                check_name(name)
            except Unreadable as fault:
                self._error("E_NAME", fault.message, node, "name", **fault.params)
        return node

    def _index(self):
        self.by_code, self.by_name, self.by_row = {}, {}, {}
        for node in self.nodes:
            if node.code:
                self.by_code.setdefault(node.code, node)
            if node.name:
                self.by_name.setdefault(node.key, []).append(node)
            self.by_row[node.row.sheet, node.row.number] = node
        self.by_known = {node.known.id: node for node in self.nodes if node.known}

    # Agencies on record

    def _find_by_name(self, node):
        """A row without a known code: the agency of that name below the same parent, if there is one."""
        if not node.name or node.is_wrong:
            return
        parent = node.parent.known if isinstance(node.parent, Node) else node.parent
        if node.parent is None:
            pool = [k for k in self.register.provinces if k.key == node.key]
        elif parent is None:
            return
        else:
            pool = self._siblings(parent).same(node)
            exact = [k for k in pool if tone_key(k.name) == tone_key(node.name)]
            pool = exact or pool
        pool = [k for k in pool if k.id not in self.by_known]
        if len(pool) == 1:
            node.known, node.how = pool[0], "name"
            self.by_known[pool[0].id] = node

    def _siblings(self, parent):
        """The agencies on record below one on record."""
        if parent.id not in self.siblings:
            self.siblings[parent.id] = Siblings(self.register.children[parent.id])
        return self.siblings[parent.id]

    def _settle_levels(self):
        for node in self.nodes:
            if node.level is None:
                parent = node.parent
                node.level = (
                    node.known.level if node.known else (parent.level if parent else None) or Level.PROVINCE
                )
            if not node.name:
                continue
            node.kind = kind_from(node.name, node.unit, node.level)

    # Checks of the whole

    def _check_twins(self):
        """One agency in two rows: the later one is named."""
        seen = {}
        for node in self.nodes:
            if (
                not node.name
                or node.is_wrong
                or (node.row.sheet, node.row.cell("code")) in self.checked.reading.wrong_cells
            ):
                continue
            keys = [(node.unit.kind if node.is_unit else "", node.key, identity(node.parent))]
            if node.known:
                keys.append(node.known.id)
            first = next((seen[key] for key in keys if key in seen), None)
            for key in keys:
                seen.setdefault(key, node)
            if first is not None:
                self._error(
                    "E_DUP", "“%(name)s” stands in row %(row)s already.", node, "name",
                    name=node.name, row=first.row.number,
                )  # fmt: skip

    def _check_circles(self):
        state = {}
        for node in self.nodes:
            trail = []
            step = node
            while isinstance(step, Node) and id(step) not in state:
                state[id(step)] = "open"
                trail.append(step)
                step = self._above(step)
            if isinstance(step, Node) and state.get(id(step)) == "open":
                circle = trail[trail.index(step) :]
                names = " → ".join(n.code or n.name for n in [*circle, circle[0]])
                for member in circle:
                    if member.parent_is_told:
                        self._error(
                            "E_CYCLE",
                            "The parents run in a circle: %(names)s.",
                            member,
                            "parent",
                            names=names,
                        )
            for seen in trail:
                state[id(seen)] = "done"

    def _above(self, node):
        """The parent as it will be: an agency of the register may be moved by another row of the list."""
        parent = node.parent
        while isinstance(parent, Known):
            upper = self._as_node(self.register.get(parent.parent_id))
            if upper is None or isinstance(upper, Node):
                return upper
            parent = upper
        return parent

    def _check_levels(self):
        for node in self.nodes:
            parent = node.parent
            if parent is None or not node.parent_is_told or not node.level or not parent.level:
                continue
            if RANK[parent.level] > RANK[node.level]:
                self._error(
                    "E_LEVEL_ORDER", "“%(name)s” (%(level)s) cannot stand below “%(parent)s” (%(parent_level)s).", node,
                    "parent", name=node.name, level=str(Level(node.level).label), parent=parent.name,
                    parent_level=str(Level(parent.level).label),
                )  # fmt: skip

    def _check_codes(self):
        """Codes that agencies outside the person's reach hold; roots that the person may not enter."""
        wanted = {n.code: n for n in self.nodes if n.code and not (n.known and n.known.code == n.code)}
        taken, codes = set(), list(wanted)
        limited = self.user is not None and not self.user.is_superuser
        if limited and not holds_at_top(self.user, AgencyList.roles):
            self._check_own_codes(wanted)
        for i in range(0, len(codes), 500):
            rows = Agency.objects.filter(code__in=codes[i : i + 500], dissolved_on=None)
            taken.update(rows.values_list("code", "id"))
        for code, agency_id in sorted(taken):
            holder = self.by_known.get(agency_id)
            if (holder is None or holder.code in ("", code)) and not wanted[code].is_wrong:
                self._refuse_code(wanted[code])
        if limited:
            for node in self.nodes:
                if node.parent is None and node.known is None and not node.is_wrong:
                    self._error(
                        "E_PARENT_UNKNOWN",
                        "“%(text)s” lies outside what you look after.",
                        node,
                        "name",
                        text=node.name,
                    )

    def _refuse_code(self, node):
        self._error("E_CODE_TAKEN", "The code %(code)s cannot be given.", node, "code", code=node.code)

    def _check_own_codes(self, wanted):
        """Codes of the province's other parts: whether they are taken is not theirs to learn, so none can be given."""
        agencies = self.register.agencies
        tops = [k.code for k in agencies.values() if k.code and k.parent_id not in agencies]
        schemes = {top.partition(".")[0] for top in tops}
        for code, node in wanted.items():
            is_own = any(code.startswith(f"{top}.") for top in tops)
            if code.partition(".")[0] in schemes and not is_own:
                self._refuse_code(node)

    def _check_likeness(self):
        """A new agency that is called nearly as one on record beside it, of which the list does not speak itself."""
        new = defaultdict(list)
        for node in self.nodes:
            parent = node.parent.known if isinstance(node.parent, Node) else node.parent
            if not node.known and not node.is_wrong and node.name and parent is not None:
                new[parent.id].append(node)
        for parent, nodes in new.items():
            beside = {
                fold(k.name): k.name for k in self.register.children[parent] if k.id not in self.by_known
            }
            cutoff = LIKE if len(nodes) * len(beside) <= MOST_COMPARED else None
            for node in nodes:
                self._warn_of_likeness(node, beside, cutoff)

    def _warn_of_likeness(self, node, beside, cutoff):
        """`beside`: {folded name: name}; `cutoff` None: a name is like another only where the accents alone differ."""
        name = fold(node.name)
        if name in beside:
            like = name
        else:
            found = difflib.get_close_matches(name, beside, n=1, cutoff=cutoff) if cutoff else []
            like = next((one for one in found if _digits(one) == _digits(name)), None)
        if like is not None:
            self.checked.warnings.append(
                Problem(
                    "W_LIKE", "“%(name)s” is new. On record beside it is “%(other)s”; if it is meant, write that name.",
                    node.row.sheet, node.row.cell("name"), "", {"name": node.name, "other": beside[like]},
                )
            )  # fmt: skip

    def _check_new_siblings(self):
        """Two new agencies beside each other of which one may be the other, mistyped."""
        first_of, beside = {}, defaultdict(list)
        for node in self.nodes:
            if node.known or node.is_wrong or not node.name:
                continue
            name, parent = fold(node.name), identity(node.parent)
            # The first letter of a word is rarely mistyped: "Đồng Tiến" and "Hồng Tiến" are two places.
            group = beside[parent, tuple(word[0] for word in name.split()), tuple(_digits(name))]
            like = first_of.setdefault((parent, name), node)
            if like is node and len(group) <= MOST_BESIDE:
                like = next((other for other_name, other in group if is_slip(name, other_name)), node)
            if like is not node:
                self.checked.warnings.append(
                    Problem(
                        "W_LIKE", "“%(name)s” is nearly called as “%(other)s” in row %(row)s; both are new. If they are one agency, leave out one row.",
                        node.row.sheet, node.row.cell("name"), "", {"name": node.name, "other": like.name, "row": like.row.number},
                    )
                )  # fmt: skip
            group.append((name, node))

    def _check_later_changes(self):
        """A list of an earlier day does not overrule what changed after it."""
        changed = {n.known.id: n for n in self.nodes if n.known and not n.is_wrong}
        self.later = set()
        if not self.options.correct:
            later = PastIdentity.objects.filter(until__gt=self.checked.on).values_list("agency_id", flat=True)
            self.later = set(later) & set(changed)

    # Lines

    def _line(self, node):
        row, known = node.row, node.known
        parent = node.parent
        if node.is_wrong:
            outcome = WRONG
        elif known is None:
            outcome = NEW
        else:
            node.differences = self._differences(node)
            outcome = CHANGED if node.differences else UNCHANGED
            if node.differences and known.id in self.later:
                self._error(
                    "E_LATER_CHANGE",
                    "A later change of “%(name)s” is on record.",
                    node,
                    "name",
                    name=known.name,
                )
                outcome = WRONG
        record = {
            "code": node.code or (known.code if known else "") or None,
            "name": known.name
            if known and not any(d.name == "name" for d in node.differences)
            else node.name,
            "level": node.level,
            "parent_code": (parent.code or None) if parent is not None else None,
            "parent_name": parent.name if parent is not None else None,
        }
        return Line(
            row.sheet, row.number, outcome, node.name, row.cell("name"), record, tuple(node.differences), node.how,
            known.id if known else None, node,
        )  # fmt: skip

    def _differences(self, node):
        """What the row says otherwise than the register. Another spelling of the same name is no change."""
        known, row = node.known, node.row
        found = []

        def differs(name, title, before, after, cell):
            found.append(Difference(name, title, before, after, row.cell(cell)))

        if node.name and node.name != known.name and not is_same(node, known):
            differs("name", str(_("name")), known.name, node.name, "name")
        if node.code and node.code != known.code:
            differs("code", str(_("code")), known.code, node.code, "code")
        if node.level != known.level:
            differs("level", str(_("level")), Level(known.level).label, Level(node.level).label, "level")
        if node.parent_is_told and identity(node.parent) != known.parent_id:
            before = self.register.get(known.parent_id)
            differs("parent", str(_("parent")), before.name if before else "", node.parent.name, "parent")
        if (
            any(d.name in ("name", "level") for d in found)
            and node.kind != known.kind
            and (node.is_unit or known.is_unit)
        ):
            differs("kind", str(_("kind")), Kind(known.kind).label, Kind(node.kind).label, "name")
        return found

    def _described(self, found):
        known = found.known if isinstance(found, Node) else found
        if known is not None:
            return f"{known.name} ({self.register.parents_of(known)})"
        return f"{found.name} ({found.code or found.row.number})"


def _digits(name):
    """What tells "Trung tâm Y tế 1" from "Trung tâm Y tế 2"."""
    return re.findall("[0-9]+", name)
