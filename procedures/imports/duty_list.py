"""Lists of agency procedures: which agency handles which procedure, under which standard since when.

They are long (a hundred thousand rows), so nothing here makes an object for a row that changes nothing.
"""

import hashlib
import marshal
from dataclasses import replace

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from agencies.imports.checked import CHANGED, NEW, UNCHANGED, WRONG, Checked, Difference, Line
from agencies.imports.kinds import ListKind, about_agencies
from agencies.imports.naming import Naming
from agencies.imports.register import Register
from agencies.models import Role
from iso_rollout.sheets import Problem
from iso_rollout.sheets.examples import AGENCY_PROCEDURES, DISTRICT, PARENT
from procedures.models import AgencyProcedure, Procedure, Standard
from procedures.models.duty_lists import Duty, write_duties

_CODES = {NEW: 0, CHANGED: 1, UNCHANGED: 2, WRONG: 3}
_OUTCOMES = {number: name for name, number in _CODES.items()}
_NOTHING = (None, None, "", "")


class CheckedDuties(Checked):
    """As `Checked`, but its lines are made when a page of them is shown."""

    outcomes = b""
    found = ()  # of each row: (agency id, procedure id, (standard, day, document, note), what is on record or None)

    def number_of(self, outcome):
        return self.outcomes.count(_CODES[outcome])

    @property
    def counts(self):
        return super().counts | {"rows": len(self.outcomes) if self.is_fine else 0}

    @property
    def digest(self):
        told = [
            (kept[0], kept[1], *_numbers(kept[2]), *(kept[3][:2] if kept[3] else ()))
            for kept, outcome in zip(self.found, self.outcomes, strict=True)
            if outcome < _CODES[UNCHANGED]
        ]
        return hashlib.sha256(marshal.dumps((self.outcomes, told))).hexdigest()

    def page(self, outcome="", start=0, size=50):
        wanted = _CODES.get(outcome)
        numbers = [i for i, code in enumerate(self.outcomes) if wanted in (None, code)]
        return [self._line(i) for i in numbers[start : start + size]]

    def records(self):
        return (self._line(i).record for i in range(len(self.outcomes)))

    def _line(self, index):
        row, kept = self.reading.rows[index], self.found[index]
        outcome = _OUTCOMES[self.outcomes[index]]
        if kept is None:
            return Line(row.sheet, row.number, outcome, "", row.cell("agency"), {})
        agency_id, procedure_id, values, on_record = kept
        known = self.register.get(agency_id)
        record = {
            "agency_code": known.code, "agency_name": known.name, "procedure": self.procedures[procedure_id],
            "standard": self.standard_codes.get(values[0]), "applied_on": values[1].isoformat() if values[1] else None,
            "document": values[2], "note": values[3],
        }  # fmt: skip
        differences = []
        if on_record:
            for name, title, show in self._shown():
                index_ = _COMPARED.index(name)
                before, after = on_record[2 + index_], values[index_]
                if before != after:
                    differences.append(Difference(name, title, show(before), show(after), row.cell(name)))
        label = f"{known.name}: {self.procedures[procedure_id]}"
        return Line(
            row.sheet,
            row.number,
            outcome,
            label,
            row.cell("agency"),
            record,
            tuple(differences),
            "code",
            agency_id,
        )

    def _shown(self):
        return (
            ("standard", str(_("standard")), lambda v: self.standard_codes.get(v, "")),
            ("applied_on", str(_("under ISO since")), lambda v: date_format(v) if v else ""),
            ("document", str(_("document code")), str),
            ("note", str(_("note")), str),
        )


_COMPARED = ("standard", "applied_on", "document", "note")


def _numbers(values):
    standard, day, document, note = values
    return standard, day.toordinal() if day else 0, document, note


# The code of a document ("QT-01") is text, and a name without a code needs its place.
def _sheet():
    sheet = about_agencies(AGENCY_PROCEDURES)
    fields = [replace(f, type="text") if f.name == "document" else f for f in sheet.fields]
    return replace(sheet, fields=(*fields[:2], PARENT, DISTRICT, *fields[2:]))


_SHEET = _sheet()


class DutyList(ListKind):
    """Agency, procedure, standard, day, document."""

    name = "agency-procedures"
    title = _("Agency procedures")
    sheet = _SHEET
    roles = frozenset({Role.COORDINATOR})
    columns = (
        "agency",
        "name",
        "parent",
        "procedure",
        "procedure_name",
        "standard",
        "applied_on",
        "document",
        "note",
    )

    def rows(self, *, user, on, options=None):
        register = Register(on, user=user)
        standards = dict(Standard.objects.values_list("id", "code"))
        duties = AgencyProcedure.objects.exclude(procedure__code="").order_by(
            "agency__path", "procedure__code"
        )
        names = (
            "agency_id",
            "procedure__code",
            "procedure__name",
            "standard_id",
            "applied_on",
            "document_code",
            "note",
        )
        for agency_id, code, name, standard, *rest in duties.values_list(*names).iterator(chunk_size=5_000):
            if known := register.get(agency_id):
                parent = register.get(known.parent_id)
                above = (parent.code or parent.name) if parent and not known.code else None
                yield known.code, known.name, above, code, name, standards.get(standard), *rest

    def judge(self, reading, *, user, on, options):
        checked = CheckedDuties(
            self.name,
            reading.filename,
            on,
            errors=list(reading.errors),
            warnings=list(reading.warnings),
            reading=reading,
        )
        _Work(checked, Register(on, user=user, roles=self.roles), options).run()
        return checked

    def write(self, checked, *, change_set, by, options):
        names, codes = checked.register.agencies, checked.procedures
        duties = []
        for row, kept, outcome in zip(checked.reading.rows, checked.found, checked.outcomes, strict=True):
            if outcome > 1:
                continue
            agency_id, procedure_id, values, on_record = kept
            cell = row.cell("procedure")
            duty = Duty(
                agency_id, procedure_id, f"{names[agency_id].name}: {codes[procedure_id]}",
                f"{row.sheet}!{cell}"[:120] if row.sheet else cell, *values,
            )  # fmt: skip
            if on_record:
                duty.id, duty.version, duty.before = on_record[0], on_record[1], on_record[2:]
            duties.append(duty)
        write_duties(duties, change_set=change_set)


class _Work:
    def __init__(self, checked, register, options):
        self.checked, self.register = checked, register
        self.naming = Naming(checked, register, options, code="agency", name="name")
        self.standards, self.published = {}, {}
        checked.standard_codes = {}
        for standard in Standard.objects.all():
            self.standards[int(standard.code.rpartition(":")[2] or 0)] = standard.pk
            self.published[standard.pk] = standard.published_on
            checked.standard_codes[standard.pk] = standard.code
        # Outside the catalogue a procedure without a code cannot be named in such a list.
        self.by_code = dict(Procedure.objects.exclude(code="").order_by().values_list("code", "id"))
        checked.procedures = {pk: code for code, pk in self.by_code.items()}

    def _error(self, code, message, row, name, /, **params):
        title = _SHEET.by_name[name].title
        self.checked.errors.append(Problem(code, message, row.sheet, row.cell(name), title, params))

    def run(self):
        rows = self.checked.reading.rows
        wrong = {(e.sheet, e.cell) for e in self.checked.errors}
        wrong_rows = {(sheet, "".join(c for c in cell if c.isdigit())) for sheet, cell in wrong}
        found = [self._pair(row, wrong_rows) for row in rows]
        on_record = self._on_record({pair[0] for pair in found if pair})
        outcomes, kept, seen = bytearray(len(rows)), [], {}
        for index, (row, pair) in enumerate(zip(rows, found, strict=True)):
            if pair is None:
                outcomes[index] = _CODES[WRONG]
                kept.append(None)
                continue
            first = seen.setdefault(pair, index)
            if first != index:
                self._error("E_DUP", "This agency and procedure stand in row %(row)s already.", row, "procedure",
                            row=rows[first].number)  # fmt: skip
                outcomes[index] = _CODES[WRONG]
                kept.append(None)
                continue
            before = on_record.get(pair)
            values = self._values(row, before)
            outcome = NEW
            if values is None:
                outcome, values = WRONG, _NOTHING
            elif before is not None:
                outcome = UNCHANGED if values == before[2:] else CHANGED
            outcomes[index] = _CODES[outcome]
            kept.append((*pair, values, before))
        self.checked.outcomes, self.checked.found = bytes(outcomes), kept

    def _pair(self, row, wrong_rows):
        """(agency, procedure) of a row, or None with the problem named."""
        values = row.values
        known = self.register.by_code.get(values.get("agency")) or self.naming.agency_of(row)
        code = values.get("procedure")
        procedure = self.by_code.get(code)
        if procedure is None:
            if code is not None:
                self._error(
                    "E_PROCEDURE_UNKNOWN",
                    "The catalogue has no procedure %(code)s.",
                    row,
                    "procedure",
                    code=code,
                )
            return None
        if known is None or (wrong_rows and (row.sheet, str(row.number)) in wrong_rows):
            return None
        return known.id, procedure

    def _on_record(self, agency_ids):
        """{(agency, procedure): (id, version, standard, day, document, note)} of the agencies of the list."""
        found = {}
        ids = sorted(agency_ids)
        names = (
            "agency_id",
            "procedure_id",
            "id",
            "version",
            "standard_id",
            "applied_on",
            "document_code",
            "note",
        )
        for i in range(0, len(ids), 500):
            # A range beside the list lets the database read the key in order.
            batch = ids[i : i + 500]
            rows = AgencyProcedure.objects.filter(Q(agency__in=batch)).order_by().values_list(*names)
            for agency_id, procedure_id, *rest in rows.iterator(chunk_size=5_000):
                found[agency_id, procedure_id] = tuple(rest)
        return found

    def _values(self, row, before):
        """(standard, day, document, note) as they will be: what the row leaves empty stays as it is."""
        values = row.values
        standard, day, document, note = before[2:] if before else _NOTHING
        year = values.get("standard")
        if year is not None:
            said = self.standards.get(year)
            if said is None:
                return self._error(
                    "E_STANDARD", "The standard of %(year)s is not known here.", row, "standard", year=year
                )
            new_day = values.get("applied_on")
            if said != standard or new_day is not None:
                if new_day is None:
                    return self._error(
                        "E_REQUIRED",
                        "The day is missing from which it runs under the standard.",
                        row,
                        "applied_on",
                    )
                if new_day < self.published[said]:
                    return self._error("E_DATE", "%(standard)s was published on %(day)s.", row, "applied_on",
                                       standard=self.checked.standard_codes[said], day=date_format(self.published[said]))  # fmt: skip
                if standard is not None and said != standard and new_day <= day:
                    return self._error("E_DATE", "It runs under %(standard)s since %(day)s; another one can only follow.", row,
                                       "applied_on", standard=self.checked.standard_codes[standard], day=date_format(day))  # fmt: skip
                standard, day = said, new_day
        elif values.get("applied_on") is not None:
            return self._error(
                "E_STANDARD", "The row says since when, but not under which standard.", row, "standard"
            )
        return standard, day, (values.get("document") or document)[:60], (values.get("note") or note)[:300]
