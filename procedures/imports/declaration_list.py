"""Lists of declarations: which agency declared under which standard, when, by which decision."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from agencies.imports.checked import NEW, UNCHANGED, WRONG, Line
from agencies.imports.kinds import ListKind, about_agencies
from agencies.imports.naming import Naming
from agencies.imports.records import in_batches
from agencies.imports.register import Register
from agencies.imports.workbooks import FORMS
from agencies.models import Agency, Role
from iso_rollout.sheets import Problem
from iso_rollout.sheets.examples import DECLARATIONS
from procedures.imports.statements import Statements
from procedures.models import Declaration, Milestone, Precision


class DeclarationList(ListKind):
    """Agency, standard, decision number, date, form."""

    name = "declarations"
    title = _("Declarations")
    sheet = about_agencies(DECLARATIONS)
    roles = frozenset({Role.COORDINATOR})
    columns = ("code", "name", "parent", "standard", "form", "number", "declared_on")

    def rows(self, *, user, on, options=None, among=None):
        register = Register(on, user=user)
        declared = (
            Declaration.objects.by(on)
            .select_related("standard")
            .order_by("agency__path", "declared_on", "id")
        )
        if among is not None:
            declared = declared.filter(agency__in=among.order_by().values("pk"))
        forms = dict(
            Milestone.objects.filter(declaration__isnull=False).values_list("declaration", "rollout__form")
        )
        for declaration in declared.iterator(chunk_size=2_000):
            known = register.get(declaration.agency_id)
            if known is None:
                continue
            parent = register.get(known.parent_id)
            day = None if declaration.precision == Precision.UNKNOWN else declaration.declared_on
            yield (
                known.code, known.name, (parent.code or parent.name) if parent else None, declaration.standard.code,
                FORMS.get(forms.get(declaration.pk)), declaration.number, day,
            )  # fmt: skip

    def judge(self, reading, *, user, on, options):
        checked = self.start(reading, on)
        register = Register(on, user=user, roles=self.roles)
        naming = Naming(checked, register, options)
        statements = Statements(checked, several=options.several, register=register)
        by_row = {}
        for row in reading.rows:
            known = naming.agency_of(row)
            if known is None:
                continue
            by_row[id(row)] = statement = statements.add(row, known, known.id)
            if "standard" not in row.values:
                statement.is_wrong = True
                is_named = (row.sheet, row.cell("standard")) in reading.wrong_cells
                if not (row.has_column("standard") and is_named):
                    self._miss_standard(checked, row)
        statements.compare()
        checked.plan = (statements, {})
        checked.lines = [self._line(row, by_row.get(id(row)), naming) for row in reading.rows]
        return checked

    @staticmethod
    def _miss_standard(checked, row):
        title = DECLARATIONS.by_name["standard"].title
        if row.has_column("standard"):
            problem = Problem(
                "E_STANDARD", "Neither the row nor the title says under which standard.", row.sheet, row.cell("standard"), title,
            )  # fmt: skip
        else:
            problem = Problem(
                "E_STANDARD",
                "The sheet has no column “%(title)s”, and its title does not say under which standard. Add either.",
                row.sheet, row.cell("name"), "", {"title": title},
            )  # fmt: skip
        checked.errors.append(problem)

    @staticmethod
    def _line(row, statement, naming):
        cell, label = row.cell("name"), row.values.get("name") or row.values.get("code") or ""
        if statement is None or statement.is_wrong:
            return Line(row.sheet, row.number, WRONG, label, cell, {}, how="")
        known = statement.subject
        record = {
            "agency_code": known.code,
            "agency_name": known.name,
            "standard": statement.standard.code,
            "number": statement.number,
            "declared_on": row.values["declared_on"].isoformat() if row.values.get("declared_on") else None,
            "form": statement.form or None,
        }
        return Line(
            row.sheet, row.number, statement.outcome, known.name, cell, record, tuple(statement.differences),
            naming.how.get(id(row), ""), known.id, statement,
        )  # fmt: skip

    def afterwards(self, checked):
        ids = {line.agency_id for line in checked.lines if line.outcome == NEW}
        before = {
            d.agency_id for d in in_batches(Declaration.objects.by(checked.on).only("agency"), "agency", ids)
        }
        first, again = len(ids - before), len(before)
        told = []
        if first:
            told.append(
                ngettext("%(n)s agency declares for the first time.", "%(n)s agencies declare for the first time.", first)
                % {"n": first}
            )  # fmt: skip
        if again:
            told.append(
                ngettext(
                    "%(n)s agency has declared before; the latest declaration by its day is in force.",
                    "%(n)s agencies have declared before; the latest declaration by its day is in force.", again,
                ) % {"n": again}
            )  # fmt: skip
        return told

    def write(self, checked, *, change_set, by, options):
        statements, _nothing = checked.plan
        lines = {
            line.plan: line for line in checked.lines if line.plan is not None and line.outcome != UNCHANGED
        }
        ids = sorted({line.agency_id for line in lines.values()})
        stored = {}
        for i in range(0, len(ids), 500):
            stored |= {a.pk: a for a in Agency.objects.filter(pk__in=ids[i : i + 500])}
        agencies = {statement: stored[statement.agency_id] for statement in lines}
        statements.write(agencies, lines, by=by, change_set=change_set)
