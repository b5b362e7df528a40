"""Writing a checked list of agencies: new ones in one go, revisions through the agency's own rules."""

from agencies.models import Agency
from agencies.models.revisions import revise_many

from .checked import CHANGED, NEW
from .kinds import cell_of
from .nodes import is_listed


def write_agencies(checked, *, change_set, options):
    """Enter the new agencies and revise the changed ones; `line.plan.agency` holds each as stored."""
    lines = {id(line.plan): line for line in checked.lines}
    new = [line.plan for line in checked.lines if line.outcome == NEW]
    changed = [line.plan for line in checked.lines if line.outcome == CHANGED]
    stored = _load(checked)
    day = None if options.correct else checked.on
    revision = {"on": day, "change_set": change_set, "lines": lines}
    # A revision that needs a new agency above it waits for it; one that makes room for it goes first.
    early = [n for n in changed if not _needs_new(n)]
    _revise(early, stored, revision)
    _establish(new, lines, stored, change_set, options)
    _revise([n for n in changed if _needs_new(n)], stored, revision)
    for node in (line.plan for line in checked.lines):
        if node.agency is None and node.known is not None:
            node.agency = stored[node.known.id]


def _load(checked):
    wanted = set()
    for line in checked.lines:
        node = line.plan
        if node.known is not None:
            wanted.add(node.known.id)
        parent = node.parent
        if parent is not None and getattr(parent, "id", None):
            wanted.add(parent.id)
    stored, ids = {}, sorted(wanted)
    for i in range(0, len(ids), 500):
        stored |= {a.pk: a for a in Agency.objects.filter(pk__in=ids[i : i + 500])}
    return stored


def _needs_new(node):
    parent = node.parent
    return any(d.name == "parent" for d in node.differences) and is_listed(parent) and parent.is_new


def _agency_of(parent, stored):
    if parent is None:
        return None
    if is_listed(parent):
        return stored[parent.known.id] if parent.known else parent.agency
    return stored[parent.id]


def _establish(nodes, lines, stored, change_set, options):
    """Parents before children, whatever their order in the list."""
    waiting, ordered, placed = list(nodes), [], set()
    while waiting:
        ready = [
            n for n in waiting if not (is_listed(n.parent) and n.parent.is_new) or id(n.parent) in placed
        ]
        ordered += ready
        placed |= {id(n) for n in ready}
        waiting = [n for n in waiting if id(n) not in placed]
    agencies = []
    for node in ordered:
        parent = _agency_of(node.parent, stored)
        agency = Agency(
            name=node.name, code=node.code, kind=node.kind, level=node.level, parent=parent,
            established_on=options.since,
        )  # fmt: skip
        if node.is_covered:
            agency.covered_by = parent.covered_by or parent
        note = node.row.values.get("note")
        agency.note = (note or "")[:500]
        node.agency = agency
        agencies.append(agency)
    Agency.objects.establish_many(
        agencies, change_set=change_set, cells=[cell_of(lines[id(n)]) for n in ordered]
    )


def _revise(nodes, stored, revision):
    """From the list's day on, or as a correction; one agency after the other, parents first."""
    moved = revise_many(
        [(stored[node.known.id], _values(node, stored)) for node in nodes],
        on=revision["on"],
        change_set=revision["change_set"],
        cells=[cell_of(revision["lines"][id(node)]) for node in nodes],
    )
    for node in nodes:
        node.agency = stored[node.known.id]
    if moved:
        for agency in stored.values():
            agency.refresh_from_db(fields=["path"])


def _values(node, stored):
    values = {}
    for difference in node.differences:
        if difference.name == "parent":
            values["parent"] = _agency_of(node.parent, stored)
        else:
            values[difference.name] = getattr(node, difference.name)
    return values
