"""Statements: what a row says about a declaration, compared with what is on record."""

import datetime
import re
from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from agencies.imports.checked import CHANGED, NEW, UNCHANGED, Difference
from agencies.imports.kinds import cell_of
from iso_rollout.sheets import Problem
from procedures.lifecycle import Form, Stage, State
from procedures.models import Declaration, Precision, Rollout, Standard
from procedures.models.declaration_lists import Declared, amend_many, declare_many, fits

BATCH = 500


@dataclass(eq=False)
class Statement:
    """One row's declaration. `subject`: the agency as known, or as it will be entered by the same list."""

    row: object
    subject: object
    agency_id: int | None
    standard: object = None
    on: datetime.date | None = None
    number: str = ""
    form: str = ""
    precision: str = Precision.DAY
    on_record: object = None
    rollout: object = None
    outcome: str = NEW
    differences: list = field(default_factory=list)
    is_wrong: bool = False


@dataclass(slots=True)
class _Row:
    """A declaration on record, as far as it is compared."""

    id: int
    agency_id: int
    standard_id: int
    declared_on: datetime.date
    precision: str
    number: str
    counts: bool = True


class Statements:
    """The statements of one list: problems go to `checked`."""

    def __init__(self, checked, *, several=False, register=None):
        self.checked, self.several, self.register = checked, several, register
        self.standards = {}
        for standard in Standard.objects.order_by("published_on"):
            self.standards[int(standard.code.rpartition(":")[2] or 0)] = standard
        self.all = []

    def add(self, row, subject, agency_id):
        """Take what a row says; returns the statement, with its problems named."""
        values = row.values
        statement = Statement(
            row, subject, agency_id, on=values.get("declared_on"), number=values.get("number") or "",
            form=values.get("form") or "",
        )  # fmt: skip
        if statement.number and not re.search("[0-9]", statement.number):
            self._error("E_NUMBER", "“%(value)s” is not the number of a decision.", statement, "number",
                        value=statement.number)  # fmt: skip
        year = values.get("standard")
        statement.standard = self.standards.get(year)
        if year is not None and statement.standard is None:
            self._error(
                "E_STANDARD", "The standard of %(year)s is not known here.", statement, "standard", year=year
            )
        self.all.append(statement)
        return statement

    def _error(self, code, message, statement, name, /, **params):
        statement.is_wrong = True
        self.checked.errors.append(self._problem(code, message, statement, name, params))

    def _warn(self, code, message, statement, name, /, **params):
        self.checked.warnings.append(self._problem(code, message, statement, name, params))

    def _is_named(self, statement, name):
        """Whether the cell is wrong and named: then nothing is missing."""
        return (statement.row.sheet, statement.row.cell(name)) in self.checked.reading.wrong_cells

    def _problem(self, code, message, statement, name, params):
        field_ = self.checked.reading.kind.by_name.get(name)
        row = statement.row
        return Problem(code, message, row.sheet, row.cell(name), field_.title if field_ else "", params)

    # Comparing

    def compare(self):
        """Say of each statement whether it is new, changes a declaration on record, or is on record already."""
        on_record = self._on_record()
        taken = set()
        for statement in self.all:
            if not statement.is_wrong and statement.standard is not None:
                self._compare(statement, on_record.get(statement.agency_id, ()), taken)
        self._check_twins()
        for statement in self.all:
            if not statement.is_wrong and statement.standard is not None:
                self._check_rules(statement, on_record.get(statement.agency_id, ()))
        self._find_rollouts()

    def _on_record(self):
        found = defaultdict(list)
        ids = sorted({s.agency_id for s in self.all if s.agency_id})
        for i in range(0, len(ids), BATCH):
            rows = Declaration.objects.filter(agency__in=ids[i : i + BATCH]).order_by("declared_on", "id")
            names = ("id", "agency_id", "standard_id", "declared_on", "precision", "number", "acceptance")
            for *values, acceptance in rows.values_list(*names):
                found[values[1]].append(_Row(*values, counts=acceptance != "returned"))
        return found

    def _compare(self, statement, on_record, taken):
        same = [d for d in on_record if d.standard_id == statement.standard.pk and d.id not in taken]
        found = self._same_declaration(statement, same)
        if statement.on is None:
            statement.precision = Precision.UNKNOWN
            statement.on = found.declared_on if found else self.checked.on
        if found is None:
            if same:
                last = same[-1]
                self._warn(
                    "W_REDECLARATION", "It declared under this standard on %(day)s already; this is entered as another declaration.",
                    statement, "number", day=date_format(last.declared_on),
                )  # fmt: skip
            return
        taken.add(found.id)
        statement.on_record = found
        if statement.number and statement.number != found.number:
            statement.differences.append(
                Difference(
                    "number", str(_("number")), found.number, statement.number, statement.row.cell("number")
                )
            )
        if statement.precision == Precision.DAY and (
            statement.on != found.declared_on or found.precision == Precision.UNKNOWN
        ):
            statement.differences.append(
                Difference(
                    "declared_on", str(_("declared on")), date_format(found.declared_on), date_format(statement.on),
                    statement.row.cell("declared_on"),
                )
            )  # fmt: skip
        statement.outcome = CHANGED if statement.differences else UNCHANGED

    @staticmethod
    def _same_declaration(statement, same):
        """The declaration on record that a row speaks of: by its day, else by its number, else the one without."""
        by_day = [d for d in same if d.declared_on == statement.on and d.precision != Precision.UNKNOWN]
        if by_day:
            return by_day[0]
        number = statement.number.casefold()
        for found in same:
            is_near = (
                statement.on is None
                or found.precision != Precision.DAY
                or found.declared_on.year == statement.on.year
            )
            if number and found.number.casefold() == number and is_near:
                return found
        vague = [d for d in same if d.precision != Precision.DAY and (not d.number or not number)]
        if vague:
            return vague[0]
        if statement.on is None and not number and same:
            return same[-1]
        # The day itself is taken, whatever stands there.
        return next((d for d in same if d.declared_on == statement.on), None)

    # Rules

    def _check_twins(self):
        """An agency stands in a list once; what is on record already may stand there as often as it was declared."""
        seen = {}
        for statement in self.all:
            if statement.is_wrong:
                continue
            key = statement.agency_id or id(statement.subject)
            first = seen.setdefault(key, statement)
            if first is statement:
                continue
            known = statement.on_record is not None and first.on_record is not None
            apart = (statement.standard, statement.on) != (first.standard, first.on)
            if not (known or (self.several and apart)):
                self._error(
                    "E_DUP", "“%(name)s” stands in row %(row)s already.", statement, "name",
                    name=statement.subject.name, row=first.row.number,
                )  # fmt: skip

    def _check_rules(self, statement, on_record):
        if statement.outcome == UNCHANGED:
            return
        subject, standard = statement.subject, statement.standard
        unit = getattr(subject, "covered_by_id", None)
        if unit is not None and statement.outcome == NEW:
            name = getattr(self.register.get(unit), "name", "") if self.register else ""
            self._error("E_NOT_A_UNIT", "“%(name)s” has no system of its own: the declaration belongs to “%(unit)s”.",
                        statement, "name", name=subject.name, unit=name)  # fmt: skip
            return
        established = getattr(subject, "established_on", None)
        dissolved = getattr(subject, "dissolved_on", None)
        if established and statement.on < established:
            self._error("E_DATE", "The agency was established on %(day)s.", statement, "declared_on",
                        day=date_format(established))  # fmt: skip
        elif dissolved and statement.on >= dissolved:
            self._error(
                "E_DATE",
                "The agency closed on %(day)s.",
                statement,
                "declared_on",
                day=date_format(dissolved),
            )
        elif statement.on < standard.published_on:
            self._error("E_DATE", "%(standard)s was published on %(day)s.", statement, "declared_on",
                        standard=standard.code, day=date_format(standard.published_on))  # fmt: skip
        if statement.precision != Precision.DAY and not self._is_named(statement, "declared_on"):
            self._warn(
                "W_NO_DATE",
                "The day is missing; the declaration is marked as lacking evidence.",
                statement,
                "name",
            )
        elif not statement.number and not self._is_named(statement, "number"):
            self._warn("W_NO_NUMBER", "The number is missing; the declaration is marked as lacking evidence.", statement,
                       "name")  # fmt: skip
        before = [d for d in on_record if d.counts and d.declared_on < statement.on]
        before += [
            s
            for s in self._of_agency(statement)
            if s is not statement and s.on and s.on < statement.on and not s.is_wrong
        ]
        if statement.form == Form.CONVERT and not before:
            self._warn(
                "W_NO_EARLIER", "It converts, but no earlier declaration is on record.", statement, "name"
            )
        if statement.form == Form.BUILD and before:
            self._warn("W_DECLARED_BEFORE", "It builds, although it had declared before.", statement, "name")
        if standard.withdrawn_on and statement.on >= standard.withdrawn_on and statement.outcome == NEW:
            self._warn("W_WITHDRAWN", "%(standard)s was withdrawn on %(day)s.", statement, "standard",
                       standard=standard.code, day=date_format(standard.withdrawn_on))  # fmt: skip

    def _of_agency(self, statement):
        if not hasattr(self, "_by_agency"):
            self._by_agency = defaultdict(list)
            for other in self.all:
                self._by_agency[other.agency_id or id(other.subject)].append(other)
        return self._by_agency[statement.agency_id or id(statement.subject)]

    # Rollouts

    def _find_rollouts(self):
        """The undertaking that a new declaration completes: open, of its form and standard, in its time."""
        wanted = [s for s in self.all if not s.is_wrong and s.outcome == NEW and s.agency_id and s.standard]
        ids = sorted({s.agency_id for s in wanted})
        rollouts = defaultdict(list)
        for i in range(0, len(ids), BATCH):
            rows = Rollout.objects.filter(agency__in=ids[i : i + BATCH], state=State.ACTIVE)
            for rollout in rows.select_related("plan", "agency").prefetch_related("milestones"):
                rollouts[rollout.agency_id].append(rollout)
        taken = set()
        for statement in sorted(wanted, key=lambda s: s.on):
            fitting = [r for r in rollouts[statement.agency_id] if r.pk not in taken and _fits(r, statement)]
            if not fitting:
                continue
            rollout = min(fitting, key=lambda r: (r.year != statement.on.year, r.due_on, r.pk))
            promulgated = next(
                (m for m in rollout.milestones.all() if m.counts and m.stage == Stage.PROMULGATED), None
            )
            if promulgated and promulgated.reached_on > statement.on:
                self._error(
                    "E_DATE", "The documents were promulgated on %(day)s, after this day.", statement, "declared_on",
                    day=date_format(promulgated.reached_on),
                )  # fmt: skip
            statement.rollout = rollout
            taken.add(rollout.pk)

    # Writing

    def write(self, agencies, lines, *, by, change_set):
        """Record what is new and correct what changed. `agencies`: {statement: Agency}; `lines`: {statement: line}."""
        new = [
            Declared(
                agencies[s], s.standard, s.on, s.number, s.precision, rollout=s.rollout, cell=cell_of(lines[s]),
            )
            for s in self.all
            if s.outcome == NEW and not s.is_wrong and s.standard is not None
        ]  # fmt: skip
        if new:
            declare_many(new, by=by, change_set=change_set)
        changed = [s for s in self.all if s.outcome == CHANGED]
        ids = [s.on_record.id for s in changed]
        stored = {}
        for i in range(0, len(ids), BATCH):
            rows = Declaration.objects.select_related("agency").filter(pk__in=ids[i : i + BATCH])
            stored |= {d.pk: d for d in rows}
        if changed:
            amend_many(
                [(stored[s.on_record.id], _amended(s), cell_of(lines[s])) for s in changed],
                by=by,
                change_set=change_set,
            )


def _amended(statement):
    values = {}
    for difference in statement.differences:
        if difference.name == "number":
            values["number"] = statement.number
        else:
            values |= {"declared_on": statement.on, "precision": statement.precision}
    return values


def _fits(rollout, statement):
    reached = {m.stage for m in rollout.milestones.all() if m.counts}
    return fits(rollout, reached, standard=statement.standard, on=statement.on, form=statement.form)
