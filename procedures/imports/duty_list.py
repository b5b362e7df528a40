"""Lists of agency procedures: which agency handles which procedure, under which standard since when.

They are long (a hundred thousand rows), so they are judged column by column: what repeats is looked up once, and no
object is made for a row until a page shows it or it is written.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from agencies.imports.checked import CHANGED, NEW, UNCHANGED, WRONG, Checked, Difference, Line
from agencies.imports.kinds import ListKind, about_agencies
from agencies.imports.naming import Naming
from agencies.imports.register import Register
from agencies.models import Role
from iso_rollout.sheets import Problem
from iso_rollout.sheets.examples import AGENCY_PROCEDURES, DISTRICT, PARENT
from iso_rollout.sheets.strips import Strip
from procedures.models import AgencyProcedure, Procedure, Standard
from procedures.models.duty_lists import write_duties

_CODES = {NEW: 0, CHANGED: 1, UNCHANGED: 2, WRONG: 3}
_OUTCOMES = {number: name for name, number in _CODES.items()}
_COMPARED = ("standard", "applied_on", "document", "note")
_NO_STANDARD = (None, None)
AGENCIES_AT_A_TIME = 50


class CheckedDuties(Checked):
    """As `Checked`, but its lines are made when a page of them is shown: `of` gives them, `lines` stays empty.

    `outcomes`: one byte per row. `agencies`, `duties`: the ids of agency and procedure, row by row, 0 where the row is
    wrong. `applications` of (standard, day), `documents` and `notes`: strips of what will be true. `on_record`: {row:
    (id, version, standard, day, document, note)} of the rows whose duty is on record. `how`: {row: by what its agency
    was matched}, of those that were not matched by code.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.outcomes, self.agencies, self.duties = bytearray(), array("q"), array("q")
        self.applications = self.documents = self.notes = Strip.blank(0)
        self.on_record, self.how, self.standard_codes, self.procedures = {}, {}, {}, {}
        self.ready = None  # what the door takes, once it was worked out

    def will_be(self, row):
        """(standard, day, document, note) of a row as they will be."""
        application, document, note = self.applications[row], self.documents[row], self.notes[row]
        return *(application or _NO_STANDARD), document or "", note or ""

    def number_of(self, outcome):
        return self.outcomes.count(_CODES[outcome])

    @property
    def counts(self):
        return super().counts | {"rows": len(self.outcomes) if self.is_fine else 0}

    @cached_property
    def digest(self):
        found = hashlib.sha256(self.outcomes)
        told = self._rows(NEW, CHANGED)
        for column in (self.agencies, self.duties):
            found.update(array("q", map(column.__getitem__, told)))
        for strip in (self.applications, self.documents, self.notes):
            # Numbered as they appear among what is told: rows that stay as they are make no difference.
            strip = strip.taken(told)
            order = {code: number for number, code in enumerate(dict.fromkeys(strip.codes))}
            found.update(array("I", map(order.__getitem__, strip.codes)))
            found.update(repr([strip.values[code] for code in order]).encode())
        found.update(repr([(row, *self.on_record[row][:2]) for row in self._rows(CHANGED)]).encode())
        return found.hexdigest()

    def _rows(self, *outcomes):
        """The rows of some outcomes, from top to bottom; of none, all."""
        wanted, rows = {_CODES[outcome] for outcome in outcomes}, range(len(self.outcomes))
        if not wanted or sum(map(self.outcomes.count, wanted)) == len(rows):
            return rows
        return [row for row, code in enumerate(self.outcomes) if code in wanted]

    def of(self, outcome=""):
        return _Lines(self.line, self._rows(*[outcome] if outcome else ()))

    def matched_by(self):
        found = Counter(self.how.values())
        found["code"] += len(self.outcomes) - self.agencies.count(0) - found.total()
        return found

    def matched(self, how):
        return _Lines(self.line, [row for row, by in self.how.items() if by == how])

    def tally_new(self, names):
        found = Counter(self.applications.taken(self._rows(NEW)))
        tally = Counter()
        for application, count in found.items():
            if application and application[0]:
                tally["standard", self.standard_codes[application[0]]] += count
        return tally

    def tally_changed(self):
        titles = [title for _name, title, _show in self._shown()]
        found = Counter()
        for row in self._rows(CHANGED):
            pairs = zip(titles, self.on_record[row][2:], self.will_be(row), strict=True)
            found.update(title for title, was, will in pairs if was != will)
        return found

    def line(self, index):
        row, outcome = self.reading.row(index), _OUTCOMES[self.outcomes[index]]
        agency_id, procedure_id = self.agencies[index], self.duties[index]
        if not agency_id:
            return Line(row.sheet, row.number, outcome, "", row.cell("agency"), {})
        known, code = self.register.get(agency_id), self.procedures[procedure_id]
        values = self.will_be(index)
        record = {
            "agency_code": known.code, "agency_name": known.name, "procedure": code,
            "standard": self.standard_codes.get(values[0]), "applied_on": values[1].isoformat() if values[1] else None,
            "document": values[2], "note": values[3],
        }  # fmt: skip
        return Line(
            row.sheet, row.number, outcome, f"{known.name}: {code}", row.cell("agency"), record,
            tuple(self._differences(index, row)) if outcome == CHANGED else (), self.how.get(index, "code"), agency_id,
        )  # fmt: skip

    def _differences(self, index, row):
        for name, title, show in self._shown():
            at = _COMPARED.index(name)
            before, after = self.on_record[index][2 + at], self.will_be(index)[at]
            if before != after:
                yield Difference(name, title, show(before), show(after), row.cell(name))

    def _shown(self):
        return (
            ("standard", str(_("standard")), lambda v: self.standard_codes.get(v, "")),
            ("applied_on", str(_("under ISO since")), lambda v: date_format(v) if v else ""),
            ("document", str(_("document code")), str),
            ("note", str(_("note")), str),
        )


class _Lines(Sequence):
    """Lines of some rows, each made when it is asked for."""

    def __init__(self, make, rows):
        self.make, self.rows = make, rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        found = self.rows[index]
        return _Lines(self.make, found) if isinstance(index, slice) else self.make(found)


# The code of a document ("QT-01") is text, and a name without a code needs its place.
def _sheet():
    sheet = about_agencies(AGENCY_PROCEDURES, filled=("agency", "name"), grouped=("agency", "name"))
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

    def rows(self, *, user, on, options=None, among=None):
        register = Register(on, user=user)
        standards = dict(Standard.objects.values_list("id", "code"))
        duties = AgencyProcedure.objects.all() if among is None else among
        duties = duties.exclude(procedure__code="").order_by("agency__path", "procedure__code")
        names = (
            "agency_id",
            "procedure__code",
            "procedure__name",
            "standard_id",
            "applied_on",
            "document_code",
            "note",
        )
        ids = [known.id for known in sorted(register.agencies.values(), key=lambda known: known.path)]
        # A few agencies at a time: the first row does not wait until two million are sorted, and none of them is kept.
        for first in range(0, len(ids), AGENCIES_AT_A_TIME):
            batch = duties.filter(agency__in=ids[first : first + AGENCIES_AT_A_TIME])
            for agency_id, code, name, standard, *rest in batch.values_list(*names):
                known = register.get(agency_id)
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

    def prepare(self, checked):
        checked.ready = _duties(checked)

    def write(self, checked, *, change_set, by, options):
        write_duties(checked.ready or _duties(checked), change_set=change_set)


def _duties(checked):
    """What the door takes: `Duty` tuples, with the days as the database reads them."""
    duties, texts = [], {None: None}
    for row, (sheet, cell) in enumerate(checked.reading.cells("procedure")):
        if checked.outcomes[row] > _CODES[CHANGED]:
            continue
        cell = f"{sheet}!{cell}"[:120] if sheet else cell
        standard, day, *rest = checked.will_be(row)
        if day not in texts:
            texts[day] = day.isoformat()
        read = (checked.on_record.get(row) or (None, None))[:2]
        duties.append((checked.agencies[row], checked.duties[row], standard, texts[day], *rest, cell, *read))
    return duties


class _Wrong:
    """What a row says cannot become true; `name`: the field that says it."""

    def __init__(self, name, code, message, /, **params):
        self.name, self.code, self.message, self.params = name, code, message, params


class _Work:
    def __init__(self, checked, register, options):
        self.checked, self.register, self.reading = checked, register, checked.reading
        self.naming = Naming(checked, register, options, code="agency", name="name")
        self.standards, self.published = {}, {}
        for standard in Standard.objects.all():
            self.standards[int(standard.code.rpartition(":")[2] or 0)] = standard.pk
            self.published[standard.pk] = standard.published_on
            checked.standard_codes[standard.pk] = standard.code
        # Outside the catalogue a procedure without a code cannot be named in such a list.
        self.by_code = dict(Procedure.objects.exclude(code="").order_by().values_list("code", "id"))
        checked.procedures = {pk: code for code, pk in self.by_code.items()}

    def _error(self, index, wrong):
        row, title = self.reading.row(index), _SHEET.by_name[wrong.name].title
        self.checked.errors.append(
            Problem(wrong.code, wrong.message, row.sheet, row.cell(wrong.name), title, wrong.params)
        )

    def run(self):
        checked, reading = self.checked, self.reading
        agencies, duties = self._named()
        checked.agencies, checked.duties = agencies, duties
        checked.outcomes, checked.applications = bytearray(reading.count), Strip.blank(reading.count)
        checked.documents = _shortened(reading.column("document"), 60)
        checked.notes = _shortened(reading.column("note"), 300)
        on_record = self._on_record(set(agencies) - {0})
        pairs = [agency << 32 | duty for agency, duty in zip(agencies, duties, strict=True)]
        first_of = _first_rows(pairs)
        terms = {}
        said = zip(pairs, reading.column("standard"), reading.column("applied_on"), strict=True)
        for row, (pair, year, day) in enumerate(said):
            if not pair or first_of.get(pair, row) != row:
                self._refuse(row, first_of.get(pair) if pair else None)
                continue
            before = on_record.get(pair)
            asked = (year, day, *(before[2:4] if before else _NO_STANDARD))
            if asked not in terms:
                terms[asked] = self._application(*asked)
            if terms[asked].__class__ is _Wrong:
                self._error(row, terms[asked])
                checked.outcomes[row] = _CODES[WRONG]
                continue
            checked.applications[row] = terms[asked]
            if before is not None:
                self._compare(row, before)

    def _refuse(self, row, first):
        """A row without agency or procedure, or with a pair that stands in row `first` already."""
        self.checked.outcomes[row] = _CODES[WRONG]
        self.checked.agencies[row] = 0
        if first is not None:
            message = "This agency and procedure stand in row %(row)s already."
            self._error(row, _Wrong("procedure", "E_DUP", message, row=self.reading.row(first).number))

    def _compare(self, row, before):
        """With what is on record: what the row leaves empty stays as it is."""
        checked = self.checked
        for strip, kept in ((checked.documents, before[4]), (checked.notes, before[5])):
            if strip[row] is None:
                strip[row] = kept
        checked.on_record[row] = before
        checked.outcomes[row] = _CODES[UNCHANGED if checked.will_be(row) == before[2:] else CHANGED]

    def _named(self):
        """(agency ids, procedure ids) of all rows, both 0 where a row names none, with the problem told."""
        by_code = {code: known.id for code, known in self.register.by_code.items()}
        agencies = list(map(by_code.get, self.reading.column("agency")))
        duties = list(map(self.by_code.get, self.reading.column("procedure")))
        wrong = {
            (problem.sheet, int(digits))
            for problem in self.checked.errors
            if (digits := "".join(filter(str.isdecimal, problem.cell.partition(":")[0])))
        }
        if None in agencies or None in duties or wrong:
            for index, (agency, duty) in enumerate(zip(agencies, duties, strict=True)):
                if agency is None or duty is None or wrong:
                    self._look_closer(index, agencies, duties, wrong)
        return array("q", agencies), array("q", duties)

    def _look_closer(self, index, agencies, duties, wrong):
        row = self.reading.row(index)
        if agencies[index] is None and (known := self.naming.agency_of(row)):
            agencies[index] = known.id
            self.checked.how[index] = self.naming.how[id(row)]
        if duties[index] is None and (code := row.values.get("procedure")) is not None:
            message = "The catalogue has no procedure %(code)s."
            self._error(index, _Wrong("procedure", "E_PROCEDURE_UNKNOWN", message, code=code))
        if not agencies[index] or not duties[index] or (row.sheet, row.number) in wrong:
            agencies[index] = duties[index] = 0
            self.checked.how.pop(index, None)

    def _on_record(self, agency_ids):
        """{agency and procedure as one number: (id, version, standard, day, document, note)} of the list's agencies."""
        found, ids = {}, sorted(agency_ids)
        names = ("id", "version", "standard_id", "applied_on", "document_code", "note")
        for i in range(0, len(ids), 500):
            duties = AgencyProcedure.objects.filter(agency__in=ids[i : i + 500]).order_by()
            rows = duties.values_list("agency_id", "procedure_id", *names).iterator(chunk_size=5_000)
            for agency_id, procedure_id, *rest in rows:
                found[agency_id << 32 | procedure_id] = tuple(rest)
        return found

    def _application(self, year, new_day, standard, day):
        """(standard, day) from what a row says and what is on record, or what is `_Wrong` with it."""
        if year is None:
            if new_day is not None:
                return _Wrong(
                    "standard", "E_STANDARD", "The row says since when, but not under which standard."
                )
            return standard, day
        said = self.standards.get(year)
        if said is None:
            return _Wrong("standard", "E_STANDARD", "The standard of %(year)s is not known here.", year=year)
        if new_day is None:
            if said == standard:
                return standard, day
            return _Wrong(
                "applied_on", "E_REQUIRED", "The day is missing from which it runs under the standard."
            )
        if new_day < self.published[said]:
            return _Wrong("applied_on", "E_DATE", "%(standard)s was published on %(day)s.",
                          standard=self.checked.standard_codes[said], day=date_format(self.published[said]))  # fmt: skip
        if standard is not None and said != standard and new_day <= day:
            return _Wrong("applied_on", "E_DATE", "It runs under %(standard)s since %(day)s; another one can only follow.",
                          standard=self.checked.standard_codes[standard], day=date_format(day))  # fmt: skip
        return said, new_day


def _shortened(strip, length):
    """Texts cut to what the register keeps."""
    return strip.mapped([text and text[:length] for text in strip.values])


def _first_rows(pairs):
    """{pair: its first row} of the pairs that stand in several rows."""
    if len(set(pairs)) == len(pairs):
        return {}
    several = {pair for pair, count in Counter(pairs).items() if count > 1}
    return {pair: row for row, pair in reversed(list(enumerate(pairs))) if pair in several}
