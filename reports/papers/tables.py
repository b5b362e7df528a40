"""The tables of the official report on one day, as plain values that can be kept as JSON.

Shapes: published summaries and lists of provinces (T1–T3) and what QĐ 19/2014/QĐ-TTg Điều 4.4 asks of every
year (T4). Nothing is invented: what the register does not hold is not a column.
"""

import datetime
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from agencies.models import Agency, Kind, Level
from procedures.lifecycle import Form, Stage
from procedures.models import AgencyProcedure, CoverageTally, Declaration, Milestone
from procedures.models.declarations import Redeclaration
from procedures.models.tallies import percent
from reports.figures import agencies_on, rollouts_of

# The blocks of T1, in the order of the report (TT 26/2014/TT-BKHCN Điều 6).
BLOCKS = (
    ("departments", (Kind.PROVINCIAL_COMMITTEE, Kind.DEPARTMENT)),
    ("sub_departments", (Kind.SUB_DEPARTMENT,)),
    ("districts", (Kind.DISTRICT_COMMITTEE,)),
    ("communes", (Kind.COMMUNE_COMMITTEE,)),
    ("service_units", (Kind.PUBLIC_SERVICE_UNIT,)),
    ("vertical", (Kind.VERTICAL,)),
)


def block_title(name):
    return {
        "departments": _("Departments, boards and branches"),
        "sub_departments": _("Sub-departments and the like"),
        "districts": _("District people's committees"),
        "communes": _("Commune people's committees"),
        "service_units": _("Public service units"),
        "vertical": _("Vertically managed agencies"),
    }[name]


@dataclass(frozen=True)
class Column:
    """`kind`: text, number, percent or day; `group`: a heading above several columns; `width` in characters."""

    title: str
    kind: str = "text"
    width: int = 12
    group: str = ""


@dataclass(frozen=True)
class Table:
    """One annex. Cells are text, numbers, ISO days or None (not known, or a share of nothing)."""

    code: str
    title: str
    columns: list
    rows: list
    total: list | None = None
    notes: list = field(default_factory=list)

    def as_dict(self):
        return asdict(self)


@dataclass(frozen=True)
class Unit:
    """A unit on the day, with everything that a row of the tables says of it."""

    id: int
    name: str
    kind: str
    parent: str
    declaration: object
    form: str
    in_force: int
    under_iso: int


def units_on(*, plan, on, scope, user, confirmed_only=False):
    """The units of a scope on a day with their declaration in force, in the order of the tree: a few queries."""
    rows = agencies_on(on, scope=scope, user=user).units()
    in_force = Declaration.objects.in_force(on, confirmed_only=confirmed_only)
    rows = rows.annotate(stands=Subquery(in_force.filter(agency=OuterRef("pk")).values("pk")[:1]))
    agencies = list(rows.order_by("path_then"))
    names = dict(
        Agency.objects.filter(pk__in={a.parent_id for a in agencies}).as_of(on).values_list("pk", "name_then")
    )
    declarations = {
        d.pk: d for d in in_force.filter(agency__in=rows.order_by().values("pk")).select_related("standard")
    }
    covered = _covered(on, scope, user, confirmed_only)
    forms = _forms(plan, on, scope, user, confirmed_only) if plan else {}
    return [
        Unit(
            a.pk, a.name, a.kind, names.get(a.parent_id, ""), declarations.get(a.stands), forms.get(a.pk, ""),
            *covered[a.pk],
        )
        for a in agencies
    ]  # fmt: skip


def _covered(on, scope, user, confirmed_only):
    """{unit: [in force, under ISO]}: the duties of an agency inside another's system are that system's."""
    agencies = agencies_on(on, scope=scope, user=user)
    system_of = dict(agencies.order_by().values_list("pk", Coalesce("covered_by_id_then", "pk")))
    tallies = CoverageTally.objects.filter(day__lte=on, agency__in=agencies.order_by().values("pk"))
    covered = defaultdict(lambda: [0, 0])
    for agency, in_force, under_iso in (
        tallies.order_by().values_list("agency").annotate(Sum("in_force"), Sum("under_iso"))
    ):
        counts = covered[system_of[agency]]
        counts[0] += in_force
        counts[1] += under_iso
    if confirmed_only:
        # The tally knows nothing of confirmation: what rests on declarations not confirmed is taken off.
        duties = AgencyProcedure.objects.filter(agency__in=agencies.order_by().values("pk")).in_force(on)
        for agency, fewer in duties.unconfirmed_by_agency(on).items():
            covered[system_of[agency]][1] -= fewer
    return covered


def _forms(plan, on, scope, user, confirmed_only):
    """{agency: form of its undertaking under the plan that was declared last}."""
    rows = rollouts_of(plan, scope=scope, user=user).as_of(on, confirmed_only=confirmed_only)
    rows = rows.filter(declared_then__isnull=False).order_by("declared_then", "pk")
    return dict(rows.values_list("agency_id", "form"))


def by_block(units):
    """T1: units, declared, declared again, share and the rest by block of agencies."""
    counted = defaultdict(Counter)
    for unit in units:
        block = next(name for name, kinds in BLOCKS if unit.kind in kinds)
        counted[block]["units"] += 1
        if unit.declaration is not None:
            counted[block]["declared"] += 1
            counted[block]["again"] += unit.declaration.reason != Redeclaration.FIRST
    rows = []
    for name, _kinds in BLOCKS:
        if counts := counted.get(name):
            rows.append([len(rows) + 1, block_title(name), *_shares(counts), ""])
    total = sum(counted.values(), Counter())
    return Table(
        "T1",
        _("Declarations by block of agencies"),
        [
            Column(_("No."), "number", 7), Column(_("Block of agencies"), width=34),
            Column(_("Units"), "number"), Column(_("Declared"), "number"),
            Column(_("of which declared again"), "number", 14), Column(_("Share (%)"), "percent"),
            Column(_("Not declared"), "number"), Column(_("Note"), width=16),
        ],
        rows,
        [None, _("Total"), *_shares(total), ""],
    )  # fmt: skip


def _shares(counts):
    units, declared = counts["units"], counts["declared"]
    return units, declared, counts["again"], percent(declared, units), units - declared


def by_form(progress):
    """T2: the plan's undertakings by level and form: assigned, declared, share.

    Assigned are those that go on or are declared: what was carried over stands under its later year.
    """
    forms = [f for f in Form if progress.count(form=f.value)]
    columns = [Column(_("No."), "number", 7), Column(_("Group"), width=22)]
    for name in [*(f.label for f in forms), _("Total")]:
        columns += [
            Column(pgettext("table", "Plan"), "number", 8, str(name)),
            Column(pgettext("table", "Done"), "number", 8, str(name)),
            Column("%", "percent", 8, str(name)),
        ]
    rows = []
    for level in Level:
        cells = _done(progress, forms, [level.value])
        if cells[-3]:
            rows.append([len(rows) + 1, str(level.label), *cells])
    total = [None, _("Total"), *_done(progress, forms, None)]
    return Table("T2", _("Results of the plan"), columns, rows, total)


def _done(progress, forms, levels):
    cells, all_assigned, all_declared = [], 0, 0
    for form in forms:
        wanted = {"form": form.value, "levels": levels}
        declared = progress.count(**wanted, declared=True)
        assigned = declared + progress.count(**wanted, declared=False, open=True)
        cells += [assigned, declared, percent(declared, assigned)]
        all_assigned, all_declared = all_assigned + assigned, all_declared + declared
    return [*cells, all_assigned, all_declared, percent(all_declared, all_assigned)]


def in_detail(units):
    """T3: every unit with its declaration in force and its procedures."""
    rows = []
    for number, unit in enumerate(units, 1):
        declaration = unit.declaration
        rows.append([
            number, unit.name, str(Kind(unit.kind).label), unit.parent,
            declaration.standard.short.strip(":") if declaration else "",
            str(Form(unit.form).label) if unit.form else "",
            declaration.number if declaration else "", declaration.declared_on.isoformat() if declaration else None,
            unit.in_force, unit.under_iso, percent(unit.under_iso, unit.in_force),
            _notice(declaration), _remark(unit),
        ])  # fmt: skip
    in_force, under_iso = sum(u.in_force for u in units), sum(u.under_iso for u in units)
    total = [
        None,
        _("Total"),
        "",
        "",
        "",
        "",
        "",
        None,
        in_force,
        under_iso,
        percent(under_iso, in_force),
        "",
        "",
    ]
    return Table(
        "T3",
        _("Agencies, declarations and procedures in detail"),
        [
            Column(_("No."), "number", 8), Column(_("Agency"), width=26), Column(_("Kind"), width=15),
            Column(_("Governing body"), width=20), Column(_("Standard"), width=10), Column(_("Form"), width=13),
            Column(_("Number"), width=17, group=_("Decision of declaration")),
            Column(_("Day"), "day", 17, _("Decision of declaration")),
            Column(_("In force"), "number", 10, _("Procedures")), Column(_("Under ISO"), "number", 11, _("Procedures")),
            Column(_("Share (%)"), "percent", 10, _("Procedures")),
            Column(_("Number of the notice to the lead agency"), width=17), Column(_("Note"), width=11),
        ],
        rows,
        total,
    )  # fmt: skip


def _notice(declaration):
    """Number and day of the notice to the lead agency, as far as they are on record."""
    if declaration is None or not (declaration.notice_number or declaration.notified_on):
        return ""
    day = f"{declaration.notified_on:%d/%m/%Y}" if declaration.notified_on else ""
    if declaration.notice_number and day:
        return _("%(number)s of %(day)s") % {"number": declaration.notice_number, "day": day}
    return declaration.notice_number or day


def _remark(unit):
    if unit.declaration is None:
        return _("not declared")
    return _("evidence missing") if unit.declaration.lacks_evidence else ""


def upkeep(units, *, since, on, confirmed_only=False):
    """T4: what is recorded of upkeep between two days: audit, review, confirmation, declaring again."""
    ids = [u.id for u in units]
    stages = (Stage.AUDITED, Stage.REVIEWED, Stage.CONFIRMED)
    days, again = defaultdict(dict), {}
    period = {"gte": since, "lte": on}
    for chunk in _chunks(ids):
        reached = Milestone.objects.counting(confirmed_only=confirmed_only).filter(
            rollout__agency__in=chunk, stage__in=stages, **{f"reached_on__{k}": v for k, v in period.items()}
        )
        for agency, stage, day in reached.order_by("reached_on").values_list(
            "rollout__agency", "stage", "reached_on"
        ):
            days[agency][stage] = day
        declared = Declaration.objects.counting(confirmed_only=confirmed_only).filter(
            agency__in=chunk, **{f"declared_on__{k}": v for k, v in period.items()}
        )
        for declaration in declared.exclude(reason=Redeclaration.FIRST).order_by("declared_on", "id"):
            again[declaration.agency_id] = declaration
    rows = []
    for unit in units:
        if unit.id not in days and unit.id not in again:
            continue
        reached, declaration = days[unit.id], again.get(unit.id)
        rows.append([
            len(rows) + 1, unit.name,
            *(reached[s].isoformat() if s in reached else None for s in stages),
            declaration.number if declaration else "",
            declaration.declared_on.isoformat() if declaration else None,
            str(Redeclaration(declaration.reason).label) if declaration else "",
        ])  # fmt: skip
    return Table(
        "T4",
        _("Upkeep and improvement from %(since)s to %(on)s") % {"since": f"{since:%d/%m/%Y}", "on": f"{on:%d/%m/%Y}"},
        [
            Column(_("No."), "number", 7), Column(_("Agency"), width=34), Column(_("Internal audit"), "day"),
            Column(_("Management review"), "day"), Column(_("Effectiveness confirmed"), "day", 14),
            Column(_("Number"), width=16, group=_("Declared again")), Column(_("Day"), "day", 17, _("Declared again")),
            Column(_("Reason"), width=18, group=_("Declared again")),
        ],
        rows,
        notes=[
            _("The register does not hold: findings and their correction, changes of law worked in, amendments of documents.")
        ],
    )  # fmt: skip


def _chunks(ids, size=500):
    return (ids[i : i + size] for i in range(0, len(ids), size))


def day_of(cell):
    """The day of a cell of kind day, None for an empty one."""
    return datetime.date.fromisoformat(cell) if cell else None
