"""Rules: what a filled row may say of an undertaking or a procedure. They are the doors' own, asked beforehand.

Each function yields `Fault`s: the column at whose cell it is named, and why.
"""

import datetime
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.translation import gettext_noop as _

from procedures import lifecycle
from procedures.lifecycle import RECORDERS, Stage, Standing, StepRefused
from procedures.models import Declaration

from .columns import DECLARATION, STAGES

NEW, AMENDED, TAKEN_BACK = "new", "amended", "taken back"


@dataclass(frozen=True)
class Fault:
    """What is wrong (or only worth knowing) with a cell of a row: a message id with its params."""

    name: str
    code: str
    message: str
    params: dict = field(default_factory=dict)


@dataclass(eq=False)
class Revision:
    """One record as the file will leave it. `edits`: {column: Edit} of the cells that are taken."""

    entry: object
    agency: object
    edits: dict
    declaration: str = ""  # NEW, AMENDED or TAKEN_BACK

    @property
    def values(self):
        return self.entry.values | {name: edit.filled for name, edit in self.edits.items()}

    @property
    def on_record(self):
        """The declaration that the undertaking has now and that counts, None without one."""
        milestone = self.entry.record.reached.get(Stage.DECLARED)
        if milestone is None or not milestone.counts:
            return None
        milestone.declaration.agency = self.agency
        return milestone.declaration

    def row_of(self, name):
        """The filled row that edits a column, or any other cell of the record."""
        return (self.edits.get(name) or next(iter(self.edits.values()))).row

    def day(self, name):
        value = self.values[name]
        return datetime.date.fromisoformat(value) if value else None

    @property
    def declared_on(self):
        """The day of the declaration afterwards; one without a known day keeps the day that stands in for it."""
        return self.day("declared_on") or (self.on_record.declared_on if self.on_record else None)


def role_fault(revision, roles):
    """A Fault when none of the person's roles may write here, else None."""
    if roles & RECORDERS:
        return None
    name = next(iter(revision.edits))
    return Fault(name, "E_ROLE", _("“%(agency)s”: your role does not allow entries here."))


# Undertakings


def undertaking_faults(revision, roles, *, today, standards, taken):
    """Faults of a row of milestones. `standards`: {code: Standard}; `taken`: {(agency, day, standard id)} on record."""
    faults = list(_declaration_faults(revision, roles, standards, taken))
    yield from faults
    if any(fault.code.startswith("E_") for fault in faults):
        return
    reached = {stage: day for stage in STAGES if (day := revision.day(stage.value))}
    declared = revision.declared_on if revision.declaration != TAKEN_BACK else None
    if declared and (revision.declaration or revision.on_record):
        reached[Stage.DECLARED] = declared
    agency = revision.agency
    standing = Standing(
        form=lifecycle.Form(revision.entry.record.form),
        reached=reached,
        established_on=agency.established_on,
        dissolved_on=agency.dissolved_on,
    )
    for stage in Stage:
        name = "declared_on" if stage == Stage.DECLARED else stage.value
        if name not in revision.edits and not (stage == Stage.DECLARED and revision.declaration == NEW):
            continue
        try:
            if stage in reached:
                lifecycle.check_step(standing, stage, on=reached[stage], roles=roles, today=today)
            else:
                lifecycle.check_withdrawal(standing, stage, roles=roles)
        except StepRefused as refused:
            yield _refused(name, refused)


def _refused(name, refused):
    return Fault(name, "E_RULE", _("“%(agency)s”: %(why)s"), {"why": str(refused)})


def _declaration_faults(revision, roles, standards, taken):
    """Decide what becomes of the declaration, and what is wrong with that."""
    edited = [name for name in DECLARATION if name in revision.edits]
    if not edited:
        return
    values, on_record = revision.values, revision.on_record
    said = {name: values[name] for name in DECLARATION}
    if on_record is None:
        if not said["declared_on"]:
            yield Fault(
                edited[0],
                "E_REQUIRED",
                _("“%(agency)s”: a declaration needs its day; fill in “Ngày công bố”."),
            )
        elif not said["standard"]:
            yield Fault("declared_on", "E_REQUIRED",
                        _("“%(agency)s”: a declaration needs its standard; choose it in “Tiêu chuẩn công bố”."))  # fmt: skip
        else:
            revision.declaration = NEW
            yield from _day_faults(revision, roles, standards[said["standard"]], taken)
            if not said["number"]:
                yield Fault("declared_on", "W_NO_NUMBER",
                            _("“%(agency)s”: the number is missing; the declaration is marked as lacking evidence."))  # fmt: skip
    elif not any(said.values()):
        revision.declaration = TAKEN_BACK
    elif "standard" in revision.edits:
        yield Fault("standard", "E_STANDARD_STAYS",
                    _("“%(agency)s”: the standard of a declaration stays. Take it back on the agency's page and declare again."))  # fmt: skip
    elif "declared_on" in revision.edits and not said["declared_on"]:
        yield Fault("declared_on", "E_REQUIRED",
                    _("“%(agency)s”: to take a declaration back, empty all four of its cells."))  # fmt: skip
    else:
        revision.declaration = AMENDED
        if "declared_on" in revision.edits:
            yield from _day_faults(revision, roles, on_record.standard, taken, on_record.repealed_on)


def _day_faults(revision, roles, standard, taken, repealed_on=None):
    on = revision.day("declared_on")
    if not revision.agency.is_unit:
        yield Fault("declared_on", "E_NOT_A_UNIT", _("“%(agency)s” has no system of its own."))
        return
    try:
        declared = Declaration(
            agency=revision.agency, standard=standard, declared_on=on, repealed_on=repealed_on
        )
        declared.check_days(roles)
    except StepRefused as refused:
        yield _refused("declared_on", refused)
    if (revision.agency.pk, on, standard.pk) in taken:
        yield Fault("declared_on", "E_DUP", _("“%(agency)s”: this declaration is on record already."))


# Procedures


def duty_faults(revision, *, standards, past):
    """Faults of a row of a procedure. `past`: the last day until which it ran under another standard, None for never."""
    values, agency = revision.values, revision.agency
    standard, on = standards.get(values["standard"]), revision.day("applied_on")
    if not {"standard", "applied_on"} & revision.edits.keys():
        return
    name = "applied_on" if "applied_on" in revision.edits else "standard"
    if standard is None and on is not None:
        yield Fault("standard" if "standard" in revision.edits else name, "E_STANDARD",
                    _("“%(agency)s”: the row says since when, but not under which standard."))  # fmt: skip
    elif standard is not None and on is None:
        yield Fault(
            name, "E_REQUIRED", _("“%(agency)s”: the day is missing from which it runs under the standard.")
        )
    elif standard is not None:
        yield from _application_faults(revision, name, standard, on, past)
    if on is not None and agency.dissolved_on is not None and on >= agency.dissolved_on:
        yield Fault(
            name, "E_DATE", _("“%(agency)s” closed on %(day)s."), {"day": date_format(agency.dissolved_on)}
        )
    if on is not None and agency.established_on is not None and on < agency.established_on:
        day = date_format(agency.established_on)
        yield Fault(name, "E_DATE", _("“%(agency)s” was established on %(day)s."), {"day": day})


def _application_faults(revision, name, standard, on, past):
    before = revision.entry.values
    if on < standard.published_on:
        yield Fault(name, "E_DATE", _("“%(agency)s”: %(standard)s was published on %(day)s."),
                    {"standard": standard.code, "day": date_format(standard.published_on)})  # fmt: skip
    if before["standard"] and before["standard"] != standard.code and on.isoformat() <= before["applied_on"]:
        day = date_format(datetime.date.fromisoformat(before["applied_on"]))
        yield Fault(name, "E_DATE", _("“%(agency)s”: it runs under %(standard)s since %(day)s; another one can only follow."),
                    {"standard": before["standard"], "day": day})  # fmt: skip
    if past is not None and on < past:
        yield Fault(name, "E_DATE", _("“%(agency)s”: it ran under another standard until %(day)s."),
                    {"day": date_format(past)})  # fmt: skip


def taken_back(revision):
    """[(column, what stood there)] of what the emptied cells of a row take back."""
    names = [stage.value for stage in STAGES if stage.value in revision.edits]
    if revision.declaration == TAKEN_BACK:
        names.append(next(name for name in DECLARATION if name in revision.edits))
    if "standard" in revision.edits and revision.entry.layout.letter == "P":
        names.append("standard")
    before = revision.entry.values
    return [(name, before[name]) for name in names if before[name] and not revision.edits[name].filled]
