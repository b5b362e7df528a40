"""Comparing: filled rows against what went out and what the register says now. Writes nothing."""

import datetime
import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, field

from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_noop as _

from agencies.access import roles_at, scope_of
from agencies.imports.checked import CHANGED, UNCHANGED, WRONG, Checked, Line
from agencies.models import Agency, Role, Succession
from iso_rollout.sheets.grid import as_text
from iso_rollout.text import Decision, clean, tone_key
from procedures.models import Declaration, IssuedSheet, PastApplication, Rollout, Standard

from .columns import AGENCY, BY_LETTER, CODE, STANDARD
from .contents import BATCH, contents
from .merging import ASK, FILE, KEEP, NOW, Conflict, Edit, merge
from .rules import Revision, duty_faults, role_fault, taken_back, undertaking_faults
from .wording import differences, dmy, label_of, problem, shown

_WRONG = object()  # a cell that cannot be read: its problem is collected


@dataclass
class Compared(Checked):
    """As `Checked`, with the cells that both sides changed. `issued`: {code: IssuedSheet} of the file's rows."""

    conflicts: list = field(default_factory=list)
    issued: dict = field(default_factory=dict)
    # The rows of workbooks of others: {(file, code): [(sheet, row number)]}.
    foreign: dict = field(default_factory=dict)

    @property
    def open_conflicts(self):
        return [conflict for conflict in self.conflicts if not conflict.choice]

    def left_out_with(self, sheet, number):
        """A workbook of others is refused as a whole, and so it is left out."""
        found = ((len(rows), workbook) for workbook, rows in self.foreign.items() if (sheet, number) in rows)
        return next(found, (1, None))

    @property
    def counts(self):
        # A cell that waits for an answer is no reason to say nothing of the rows.
        return super().counts | {"rows": len(self.lines), "conflicts": len(self.open_conflicts)}

    @property
    def digest(self):
        """Of what would be written; ten thousand rows that stay as they are need no mention."""
        told = [
            (line.sheet, line.number, line.outcome, line.agency_id, line.record, [asdict(d) for d in line.differences])
            for line in self.lines
            if line.outcome != UNCHANGED
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()


def compare(reading, *, user, on, options):
    """`Filled` → `Compared`. `user` None: a command of the person at the server, everything is within reach."""
    checked = Compared(
        "update", reading.filename, on, errors=list(reading.errors), warnings=list(reading.warnings), reading=reading
    )  # fmt: skip
    if not reading.errors:
        _Comparison(checked, reading, user, options).run()
    return checked


class _Comparison:
    def __init__(self, checked, reading, user, options):
        self.checked, self.rows, self.user, self.options = checked, reading.rows, user, options
        self.today = timezone.localdate()
        self.standards = {standard.code: standard for standard in Standard.objects.all()}
        self.by_year = {
            int(code.rpartition(":")[2] or 0): code
            for code in self.standards
            if code.rpartition(":")[2].isdigit()
        }
        self.wrong = set()  # keys of records with an error

    def run(self):
        for source in {id(row.source): row.source for row in self.rows}.values():
            source.reader.errors, source.reader.warnings = self.checked.errors, self.checked.warnings
        self._load()
        rows = self._known_rows()
        self._tell_of_agencies(rows)
        self._tell_of_missing_rows(rows)
        edits = self._edits(rows)
        taken = self._merge(edits)
        revisions = self._revisions(taken)
        self._check_rules(revisions)
        self._list(rows, revisions)

    # What is compared

    def _load(self):
        codes = sorted({row.code for row in self.rows})
        issued = self.checked.issued
        for i in range(0, len(codes), BATCH):
            issued |= {s.code: s for s in IssuedSheet.objects.filter(code__in=codes[i : i + BATCH])}
        ids = sorted({sheet.agency_id for sheet in issued.values()})
        self.agencies = {}
        for i in range(0, len(ids), BATCH):
            found = Agency.objects.filter(pk__in=ids[i : i + BATCH])
            if self.user is not None:
                found = found.filter(scope_of(self.user))
            self.agencies |= {agency.pk: agency for agency in found}
        self.now = {}
        for content in contents(self.agencies.values(), on=self.today).values():
            self.now |= content.rows

    def _error(self, row, name, code, message, **params):
        self.wrong.add(row.key)
        self.checked.errors.append(problem(row, name, code, message, **params))

    def _warn(self, row, name, code, message, **params):
        self.checked.warnings.append(problem(row, name, code, message, **params))

    def _said_agency(self, row):
        return (
            (row.text(AGENCY) if AGENCY in row.source.columns else "") or row.source.file or row.source.name
        )

    def _known_rows(self):
        """The rows of agencies within reach; the others are refused, once for each workbook."""
        known, foreign = [], self.checked.foreign
        for row in self.rows:
            sheet = self.checked.issued.get(row.code)
            if sheet is not None and sheet.agency_id in self.agencies:
                if row.key in sheet.content["rows"]:
                    known.append(row)
                else:
                    self._error(
                        row,
                        "key",
                        "E_KEY",
                        _("The key “%(key)s” does not belong to this workbook."),
                        key=row.key,
                    )
                continue
            if (row.source.file, row.code) not in foreign:
                self._error(
                    row, AGENCY, "E_FOREIGN",
                    _("“%(agency)s”: this register gave you no such workbook. It is of another register, or of an agency that you do not look after. Leave it out."),
                    agency=self._said_agency(row),
                )  # fmt: skip
            foreign.setdefault((row.source.file, row.code), []).append((row.sheet, row.number))
        return known

    # What is said beside

    def _tell_of_agencies(self, rows):
        first = {}
        for row in rows:
            first.setdefault(row.code, row)
        closed = [a.pk for a in self.agencies.values() if a.dissolved_on is not None]
        heirs = defaultdict(list)
        if closed:
            for one in Succession.objects.filter(predecessor__in=closed).select_related("successor"):
                heirs[one.predecessor_id].append(one.successor.name)
        told = set()
        for code, row in first.items():
            sheet = self.checked.issued[code]
            agency, then = self.agencies[sheet.agency_id], sheet.content["agency"]
            if agency.pk in told:
                continue
            told.add(agency.pk)
            if agency.dissolved_on is not None and agency.dissolved_on <= self.today:
                into = ", ".join(heirs[agency.pk]) or "–"
                self._warn(row, AGENCY, "W_AGENCY_CHANGED", _("“%(agency)s” closed on %(day)s; it went on in: %(into)s."),
                           agency=agency.name, day=date_format(agency.dissolved_on), into=into)  # fmt: skip
            elif agency.name != then["name"]:
                self._warn(row, AGENCY, "W_AGENCY_CHANGED", _("“%(before)s” is called “%(agency)s” by now."),
                           before=then["name"], agency=agency.name)  # fmt: skip

    def _tell_of_missing_rows(self, rows):
        there, first = defaultdict(set), {}
        for row in rows:
            there[row.code].add(row.key)
            first.setdefault(row.code, row)
        for code, keys in there.items():
            sheet = self.checked.issued[code]
            if missing := len(sheet.content["rows"].keys() - keys):
                self._warn(first[code], AGENCY, "W_ROWS_GONE",
                           _("%(count)s rows of “%(agency)s” are not in the file any more and stay as they are."),
                           count=missing, agency=self.agencies[sheet.agency_id].name)  # fmt: skip

    # Three versions

    def _edits(self, rows):
        """{(key, column): Edit} of the cells that somebody filled in otherwise than they went out."""
        found = {}
        for row in rows:
            sheet = self.checked.issued[row.code]
            kept = sheet.content["rows"][row.key]
            if not self._says_the_same(row, kept["identity"], sheet):
                continue
            self._tell_of_due(row, kept.get("due_on"))
            for edit in self._edits_of(row, kept["values"]):
                other = found.setdefault((edit.key, edit.name), edit)
                if other is not edit and other.filled != edit.filled:
                    self._error(
                        row, edit.name, "E_DUP",
                        _("“%(agency)s”: %(place)s says something else of the same cell. Leave one of the two rows out."),
                        agency=self.agencies[sheet.agency_id].name, place=other.place,
                    )  # fmt: skip
        return found

    def _tell_of_due(self, row, due):
        """A due day that somebody wrote into its locked cell: it is not taken, and not left out without a word."""
        if due and "due_on" in row.source.columns:
            said, same = _day(row.raw("due_on"), due)
            if said and not same:
                self._warn(row, "due_on", "W_LOCKED", _("“%(agency)s”: the due day is not changed by a workbook; it stays as it is. The lead agency sets it in the list of undertakings."),
                           agency=self._said_agency(row))  # fmt: skip

    def _edits_of(self, row, was):
        edited, inside = {}, None
        for column in row.source.layout.open_columns:
            if column.name not in row.source.columns:
                continue
            value = self._value(row, column, was[column.name])
            if isinstance(value, Decision):
                value, inside = value.number, value.date
            if value is not _WRONG and value != was[column.name]:
                edited[column.name] = value
        # A decision's cell may hold its day too.
        told_inside = inside is not None and not was["declared_on"] and "declared_on" not in edited
        if told_inside:
            edited["declared_on"] = inside.isoformat()
        for name, value in edited.items():
            place = "number" if name == "declared_on" and told_inside else name
            yield Edit(row.key, name, was[name], value, row.sheet, row.cell(place), row)

    def _value(self, row, column, was):
        """A filled cell as a text of `contents`, a decision as such. What stands as it went out is not read anew."""
        raw = row.raw(column.name)
        if column.is_day:
            said, same = _day(raw, was)
        else:
            said, same = as_text(raw), as_text(raw) == clean(was)
        if not said and (merged := self._merged_into(row, column)):
            message = "Cells %(range)s are merged inside the data. Unmerge them and fill in each row."
            self._error(row, column.name, "E_MERGED", message, range=merged)
            return _WRONG
        if same or (not said and not was):
            return was
        if not said:
            return ""
        errors = len(self.checked.errors)
        value = row.source.reader.read_one(row.number, row.source.columns[column.name])
        if len(self.checked.errors) > errors:
            self.wrong.add(row.key)
            return _WRONG
        if value is None:
            return ""
        if column.type == STANDARD:
            if value not in self.by_year:
                self._error(
                    row,
                    column.name,
                    "E_STANDARD",
                    _("The standard of %(year)s is not known here."),
                    year=value,
                )
                return _WRONG
            return self.by_year[value]
        return value.isoformat() if column.is_day else value

    @staticmethod
    def _merged_into(row, column):
        """The range of a cell that was merged into one that says something: a program drops what it held itself."""
        grid = row.source.grid
        origin = grid.covered.get((row.number, row.source.columns[column.name].number))
        return grid.range_address(grid.merge_of[origin]) if origin and grid.text(*origin) else ""

    def _says_the_same(self, row, identity, sheet):
        """Whether the locked cells still speak of the record that the key names."""
        agency, then = self.agencies[sheet.agency_id], sheet.content["agency"]
        wanted = {name: (value,) for name, value in identity.items()}
        wanted |= {AGENCY: (then["name"], agency.name), CODE: (then["code"], agency.code)}
        for name, values in wanted.items():
            if name not in row.source.columns:
                continue
            text = row.text(name)
            if not any(_is_alike(text, value) for value in values):
                self._error(
                    row, name, "E_IDENTITY",
                    _("The row has the key of “%(known)s” and says “%(text)s”: it may have been sorted without its key. Download the workbook anew."),
                    known=" · ".join(filter(None, (agency.name, values[0]))) if name != AGENCY else agency.name, text=text,
                )  # fmt: skip
                return False
        return True

    def _merge(self, edits):
        """Sort the edits: taken, kept, or a conflict with or without an answer. Returns the taken ones."""
        taken, gone = [], {}
        for edit in edits.values():
            entry = self.now.get(edit.key)
            if entry is None:
                gone.setdefault(edit.key, edit)
                continue
            edit.now = entry.values[edit.name]
            outcome = merge(edit.was, edit.filled, edit.now)
            if outcome == KEEP:
                continue
            if outcome == ASK and self._answer(edit, entry) != FILE:
                continue
            taken.append(edit)
        self._refuse_gone(gone)
        return taken

    def _answer(self, edit, entry):
        """FILE, NOW or "" of a cell that both sides changed; without an answer it blocks."""
        column = entry.layout.by_name[edit.name]
        conflict = Conflict(edit, entry, column, self.agencies[entry.agency_id])
        self.checked.conflicts.append(conflict)
        side, digest = self.options.choices.get(edit.question, ("", ""))
        if side in (FILE, NOW) and digest == edit.digest:
            conflict.choice = side
        elif self.checked.issued[edit.row.code].dropped.get(edit.question) == edit.digest:
            conflict.choice, conflict.is_earlier = NOW, True
        else:
            self._error(
                edit.row, edit.name, "E_CONFLICT",
                _("“%(agency)s”: was “%(was)s”, the file says “%(filled)s”, now it is “%(now)s”."),
                agency=conflict.agency.name, was=shown(edit.was, column), filled=shown(edit.filled, column),
                now=shown(edit.now, column),
            )  # fmt: skip
        return conflict.choice

    def _refuse_gone(self, gone):
        """Edits of records that cannot be edited any more, each with the reason."""
        ids = [int(key[1:]) for key in gone if key.startswith("R")]
        states = (
            {f"R{r.pk}": r.get_state_display() for r in Rollout.objects.filter(pk__in=ids)} if ids else {}
        )
        for key, edit in gone.items():
            name = self.agencies[self.checked.issued[edit.row.code].agency_id].name
            if state := states.get(key):
                self._error(edit.row, edit.name, "E_GONE", _("“%(agency)s”: the rollout does not go on: %(state)s."),
                            agency=name, state=state)  # fmt: skip
            else:
                self._error(edit.row, edit.name, "E_GONE", _("“%(agency)s”: what the row is about is not in the register any more."),
                            agency=name)  # fmt: skip

    # Rules

    def _revisions(self, taken):
        """{key: Revision} of the records that the file changes."""
        found = {}
        for edit in taken:
            entry = self.now[edit.key]
            agency = self.agencies[entry.agency_id]
            found.setdefault(edit.key, Revision(entry, agency, {})).edits[edit.name] = edit
        return found

    def _check_rules(self, revisions):
        declared = self._declared(revisions)
        past = self._past(revisions)
        for key, revision in revisions.items():
            if key in self.wrong:
                continue
            roles = set(Role) if self.user is None else roles_at(self.user, revision.agency)
            if fault := role_fault(revision, roles):
                faults = [fault]
            elif revision.entry.layout is BY_LETTER["R"]:
                faults = list(
                    undertaking_faults(
                        revision, roles, today=self.today, standards=self.standards, taken=declared
                    )
                )
            else:
                faults = list(duty_faults(revision, standards=self.standards, past=past.get(int(key[1:]))))
            for fault in faults:
                tell = self._error if fault.code.startswith("E_") else self._warn
                tell(
                    revision.row_of(fault.name),
                    fault.name,
                    fault.code,
                    fault.message,
                    agency=revision.agency.name,
                    **fault.params,
                )
            if key not in self.wrong:
                for name, stood in taken_back(revision):
                    column = revision.entry.layout.by_name[name]
                    self._warn(revision.row_of(name), name, "W_TAKEN_BACK", _("“%(agency)s”: the cell was emptied; “%(title)s” (%(was)s) is taken back."),
                               agency=revision.agency.name, title=column.title, was=shown(stood, column))  # fmt: skip

    def _declared(self, revisions):
        """{(agency, day, standard)} of declarations on record, where the file brings a day."""
        ids = {r.agency.pk for r in revisions.values() if "declared_on" in r.edits}
        found = set()
        for i in range(0, len(ids), BATCH):
            rows = Declaration.objects.counting().filter(agency__in=sorted(ids)[i : i + BATCH])
            found.update(rows.values_list("agency_id", "declared_on", "standard_id"))
        return found

    def _past(self, revisions):
        """{duty: the day until which it ran under another standard} where the file changes standard or day."""
        ids = sorted(
            int(key[1:])
            for key, r in revisions.items()
            if key.startswith("P") and {"standard", "applied_on"} & r.edits.keys()
        )
        found = {}
        for i in range(0, len(ids), BATCH):
            rows = PastApplication.objects.filter(agency_procedure__in=ids[i : i + BATCH]).order_by()
            found |= dict(rows.values_list("agency_procedure").annotate(last=Max("until")))
        return found

    # Lines

    def _list(self, rows, revisions):
        listed = set()
        for row in rows:
            if row.key in listed:
                continue
            listed.add(row.key)
            revision = None if row.key in self.wrong else revisions.get(row.key)
            outcome = WRONG if row.key in self.wrong else CHANGED if revision else UNCHANGED
            entry = self.now.get(row.key)
            agency = self.agencies[self.checked.issued[row.code].agency_id]
            self.checked.lines.append(Line(
                row.sheet, row.number, outcome, label_of(entry, agency), row.cell(AGENCY), {"record": row.key},
                tuple(differences(revision)) if revision else (), agency_id=agency.pk, plan=revision,
            ))  # fmt: skip


def _day(raw, was):
    """(what the cell of a day says, whether it is the day that went out)."""
    if isinstance(raw, datetime.date):
        said = raw.isoformat()[:10]
        return said, said == was
    said = as_text(raw)
    return said, said == was or (bool(was) and said == dmy(was))


def _is_alike(text, wanted):
    return text == clean(wanted) or tone_key(text) == tone_key(wanted)
