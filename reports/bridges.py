"""Two days of the register beside each other: each figure on both, and a bridge whose terms sum exactly to the difference.

Every unit and every undertaking is looked at on both days. One that a figure counts on one day and not on the
other stands in exactly one term, by its cause; so terms are disjoint and nothing is left over.
"""

from dataclasses import dataclass, field, replace

from django.utils.translation import gettext_lazy as _

from iso_rollout.text import vietnamese_sort_key
from procedures.lifecycle import Form, Phase
from reports import recount
from reports.causes import OfDuties, OfUndertakings, OfUnits

# Every term in the order in which a bridge shows them, with what it says.
TERMS = {
    "established": _("newly established"),
    "own_system": _("given a system of their own"),
    "moved_in": _("moved here from another territory"),
    "level_in": _("moved to this level"),
    "declared": _("newly declared"),
    "converted_in": _("converted to this standard"),
    "assigned": _("assigned meanwhile"),
    "due": _("fell due"),
    "stage_in": _("moved on to this stage"),
    "joined": _("agencies that joined"),
    "more": _("assigned or come into force"),
    "applied": _("put under ISO"),
    "corrected_in": _("corrected: added afterwards"),
    "unconfirmed_in": _("confirmed meanwhile"),
    "merged": _("merged into another agency"),
    "closed": _("closed"),
    "covered": _("covered by another's system"),
    "moved_out": _("moved to another territory"),
    "level_out": _("moved to another level"),
    "converted_out": _("converted to another standard"),
    "repealed": _("declaration repealed"),
    "done": _("declared meanwhile"),
    "stage_out": _("moved to another stage"),
    "ended": _("carried over, cancelled or ended"),
    "left": _("agencies that left"),
    "fewer": _("ended or repealed"),
    "taken_off": _("no longer under ISO"),
    "corrected_out": _("corrected: taken out afterwards"),
    "unconfirmed_out": _("not confirmed yet"),
    "other_in": _("other additions"),
    "other_out": _("other losses"),
}


@dataclass(frozen=True)
class Side:
    """A day, and the rows by which it is counted."""

    rows: object
    day: object


@dataclass(frozen=True)
class Asked:
    """What is counted: a plan (its id or None), a scope (an agency's id), what the person sees, which entries."""

    plan: int | None
    scope: int | None
    roots: frozenset | None = None
    confirmed_only: bool = False

    @property
    def seen(self):
        return {"scope": self.scope, "roots": self.roots, "confirmed_only": self.confirmed_only}


@dataclass(frozen=True)
class Term:
    """A part of a difference: a cause, its number with its sign, and the agencies behind it."""

    code: str
    label: str
    lines: tuple

    @property
    def number(self):
        return sum(line.number for line in self.lines)


@dataclass(frozen=True)
class Bridge:
    """A figure on both days; before + terms = after. `members`: the agencies (rollouts) counted on each day."""

    code: str
    label: str
    group: str
    before: int
    after: int
    terms: tuple = ()
    members: tuple = field(default=((), ()), repr=False)
    is_main: bool = True

    @property
    def difference(self):
        return self.after - self.before

    @property
    def lines(self):
        """[(term, line)] of all terms."""
        return [(term, line) for term in self.terms for line in term.lines]

    def term(self, code):
        return next((term for term in self.terms if term.code == code), None)


@dataclass(frozen=True)
class TargetThen:
    """A target's figure and per cent on both days, None where it was not known. `code`: its bridge."""

    code: str
    values: tuple
    percents: tuple


@dataclass(frozen=True)
class Comparison:
    """Everything that the page of two days says. `coverage`: per cent under ISO on both days."""

    bridges: tuple
    targets: tuple
    coverage: tuple

    def bridge(self, code):
        return next((b for b in self.bridges if b.code == code), None)

    @property
    def is_empty(self):
        return not any(b.terms for b in self.bridges)


def units_figures(standards):
    """(code, label, group, main, condition of a Unit) of the figures that count units."""
    found = [
        ("units", _("Units"), "units", True, lambda unit, _day: True),
        ("declared", _("Declared units"), "units", True, lambda unit, _day: unit.standard is not None),
    ]
    for pk, code in standards.items():
        found.append(
            (f"standard-{pk}", code, "standards", True, lambda unit, _day, pk=pk: unit.standard == pk)
        )
    for level, label in LEVELS.items():
        found.append(
            (f"units-{level}", label, "units-by-level", False, lambda u, _day, v=level: u.level == v)
        )
        found.append(
            (
                f"declared-{level}",
                label,
                "declared-by-level",
                False,
                lambda u, _day, v=level: u.level == v and u.standard is not None,
            )
        )
    return found


LEVELS = {"province": _("Province"), "district": _("District"), "commune": _("Commune")}


def undertakings_figures(targets):
    """The same of the figures that count undertakings. `targets`: rows of a plan's targets of units."""
    found = []
    for target in targets:
        found.append(
            (
                f"target-{target['id']}",
                target_label(target),
                "targets",
                True,
                lambda u, _day, t=target: u.declared_on is not None and recount.fits(u, t),
            )
        )
    for form in Form:
        found.append(
            (
                f"form-{form.value}",
                form.label,
                "forms",
                False,
                lambda u, _day, f=form: u.declared_on is not None and u.form == f,
            )
        )
    for phase in Phase:
        found.append(
            (f"stage-{phase.value}", phase.label, "stages", False, lambda u, _day, p=phase: u.phase == p)
        )
    found.append(("overdue", _("Overdue undertakings"), "overdue", True, lambda u, day: u.is_late_on(day)))
    return found


def target_label(target):
    """`Build 2020: province, district`."""
    levels = ", ".join(str(LEVELS[level]).lower() for level in target["levels"].split(","))
    return f"{Form(target['form']).label} {target['year']}: {levels}"


def compare(first, last, asked, *, flows, lines=()):
    """Count both sides and explain every difference. Returns a `Comparison`.

    `first`, `last`: `Side`s; with other rows on each side the comparison is *as known*, and `lines` of history
    tell what was corrected. `flows`: {agency: Flow} of procedures, None when they cannot be told.
    """
    # The first day by what was known at the end: what lies between it and the first side was corrected.
    sides = first, Side(last.rows, first.day), last
    reads = {"asked": asked, "lines": lines, "earlier": first.rows}
    causes = [kind(last.rows, first.day, last.day, **reads) for kind in (OfUnits, OfUndertakings, OfDuties)]
    units = _counted(sides, lambda side: recount.units_on(side.rows, side.day, **asked.seen))
    bridges = [_bridge(figure, units, sides, causes[0]) for figure in units_figures(last.rows.standards)]
    targets = recount.targets_of(last.rows, asked.plan) if asked.plan else []
    done = _counted(sides, lambda side: _undertakings(side, asked))
    if asked.plan:
        figures = undertakings_figures([t for t in targets if t["metric"] == "units"])
        bridges += [_bridge(figure, done, sides, causes[1]) for figure in figures]
    coverage = None, None
    if flows is not None:
        force, iso = (_coverage(flows, causes[2], name) for name in ("in_force", "under_iso"))
        bridges += [force, iso]
        coverage = recount.share(iso.before, force.before), recount.share(iso.after, force.after)
    then = [
        _targets(side, own, asked, percent)
        for side, own, percent in zip(sides[::2], done[::2], coverage, strict=True)
    ]
    told = [
        TargetThen(_code(t), *zip(*(one.get(t["id"], (None, None)) for one in then), strict=True))
        for t in targets
    ]
    return Comparison(tuple(bridges), tuple(told), coverage)


def _counted(sides, count):
    """The states of the three sides; as it happened, the first two are one."""
    first, then, last = sides
    was = count(first)
    return was, (was if first.rows is then.rows else count(then)), count(last)


def _undertakings(side, asked):
    if asked.plan not in side.rows.plan:
        return {}
    return recount.undertakings_on(side.rows, side.day, plan=asked.plan, **asked.seen)


def _code(target):
    return "under_iso" if target["metric"] == "coverage" else f"target-{target['id']}"


def _targets(side, undertakings, asked, coverage):
    """{target: (figure, per cent)} of the plan on one side."""
    found, plan = {}, side.rows.plan.get(asked.plan)
    if plan is None:
        return found
    is_part = asked.scope is not None and asked.scope != plan["agency_id"]
    for target in recount.targets_of(side.rows, asked.plan):
        value, percent = recount.figure_on(side.rows, target["id"], side.day), coverage
        if target["metric"] == "units":
            own = [u for u in undertakings.values() if recount.fits(u, target)]
            value = len(own) if is_part else value
            percent = recount.share(sum(u.declared_on is not None for u in own), value)
        found[target["id"]] = value, percent
    return found


def _bridge(figure, states, sides, causes):
    """Sort everything that one figure counts on one day only by its cause."""
    code, label, group, is_main, counts = figure
    members = [
        frozenset(pk for pk, state in own.items() if counts(state, side.day))
        for own, side in zip(states, sides, strict=True)
    ]
    before, then, after = members
    found = {}
    for pk in before ^ after:
        enters = pk in after
        if (pk in then) == enters:
            # By what was known at the end, it was so on the first day already.
            term, line = ("corrected_in" if enters else "corrected_out"), causes.corrected(pk)
        else:
            term, line = causes.explain(pk, states[1].get(pk), states[2].get(pk), counts)
        found.setdefault(term, []).append(replace(line, number=1 if enters else -1))
    return Bridge(
        code,
        str(label),
        group,
        len(before),
        len(after),
        _terms(found),
        (sorted(before), sorted(after)),
        is_main,
    )


def _terms(found):
    """Terms in their order, the agencies of each by name."""
    return tuple(
        Term(
            code,
            str(TERMS[code]),
            tuple(
                sorted(
                    found[code], key=lambda line: (vietnamese_sort_key(line.name), line.detail, line.agency)
                )
            ),
        )
        for code in TERMS
        if found.get(code)
    )


def _coverage(flows, causes, name):
    """The bridge of procedures in force or under ISO: terms of agencies with their numbers."""
    found = {}
    for pk, flow in flows.items():
        for term, number in (flow.in_force if name == "in_force" else flow.under_iso).terms():
            found.setdefault(term, []).append(causes.told(pk, term, number))
    sides = [getattr(flow, name) for flow in flows.values()]
    label = _("Procedures in force") if name == "in_force" else _("Procedures under ISO")
    return Bridge(
        name,
        str(label),
        "procedures",
        sum(s.before for s in sides),
        sum(s.after for s in sides),
        _terms(found),
    )
