"""Writing: the revisions of a compared file through the doors of the facts, in one change set."""

from django.utils.translation import gettext as _

from procedures.lifecycle import Acceptance, Stage
from procedures.models import Declaration, IssuedSheet, Precision, Rollout, Standard
from procedures.models.declaration_lists import Declared, amend_many, declare_many
from procedures.models.duty_lists import Duty, write_duties
from procedures.models.milestone_lists import Step, hold, write_milestones

from .columns import DECLARATION, STAGES
from .merging import NOW
from .rules import AMENDED, NEW, TAKEN_BACK


def write_revisions(revisions, *, by, change_set):
    """Write what a comparison found. `revisions` are checked; each line of history names its cell.

    Among the milestones what is taken back goes first and what rests on a declaration comes last, as the doors want it.
    """
    standards = {standard.code: standard for standard in Standard.objects.all()}
    # Before the declarations: correcting one moves the procedures that have not been moved by their own cells.
    duties = [_duty(r, standards) for r in revisions if r.entry.layout.letter == "P"]
    if duties:
        write_duties(duties, change_set=change_set)
    undertakings = [r for r in revisions if r.entry.layout.letter == "R"]
    _say_why(undertakings, change_set)
    declared = [r for r in undertakings if r.declaration in (AMENDED, TAKEN_BACK)]
    hold({r.entry.record for r in undertakings})
    hold({r.on_record for r in declared})
    steps = [step for revision in undertakings for step in _steps(revision)]
    write_milestones([step for step in steps if step.on is None], by=by, change_set=change_set)
    for revision in declared:
        if revision.declaration == TAKEN_BACK:
            revision.on_record.withdraw(
                by=by, seen=revision.on_record.version, reason=change_set.reason, change_set=change_set,
                cell=_cell(revision, DECLARATION),
            )  # fmt: skip
    amendments = [_amendment(r) for r in declared if r.declaration == AMENDED]
    if amendments:
        amend_many(amendments, by=by, change_set=change_set)
    _declare([r for r in undertakings if r.declaration == NEW], standards, by, change_set)
    reached = [step for step in steps if step.on is not None]
    _see_again(reached)
    write_milestones(reached, by=by, change_set=change_set)


def _say_why(undertakings, change_set):
    """What is taken back needs a reason: the emptied cell, where the person gave no other."""
    takes_back = any(not edit.filled for r in undertakings for edit in r.edits.values())
    if takes_back and not change_set.reason:
        change_set.reason = _("Emptied in the workbook")
        change_set.save(update_fields=["reason"])


def _steps(revision):
    rollout = revision.entry.record
    for stage in STAGES:
        if edit := revision.edits.get(stage.value):
            yield Step(
                rollout, stage.value, revision.day(stage.value), rollout.reached.get(stage.value), edit.place
            )


def _cell(revision, names):
    return next(revision.edits[name].place for name in names if name in revision.edits)


def _amendment(revision):
    values = {name: revision.values[name] for name in ("number", "signer") if name in revision.edits}
    if "declared_on" in revision.edits:
        values |= {"declared_on": revision.declared_on, "precision": Precision.DAY}
    return revision.on_record, values, _cell(revision, DECLARATION)


def _declare(revisions, standards, by, change_set):
    """New declarations. Those that mend a returned one go through its door one by one, the others together."""
    entries = []
    returned = _returned([r.agency.pk for r in revisions])
    for revision in revisions:
        standard, rollout, on = (
            standards[revision.values["standard"]],
            revision.entry.record,
            revision.declared_on,
        )
        number, signer, cell = (
            revision.values["number"],
            revision.values["signer"],
            _cell(revision, DECLARATION),
        )
        if Stage.DECLARED in rollout.reached or (revision.agency.pk, on, standard.pk) in returned:
            rollout.refresh_from_db(fields=["version"])
            Declaration.objects.declare(
                revision.agency, standard=standard, on=on, by=by, number=number, signer=signer, rollout=rollout,
                covers_procedures=False, change_set=change_set, cell=cell,
            )  # fmt: skip
        else:
            entries.append(
                Declared(revision.agency, standard, on, number, signer=signer, rollout=rollout, cell=cell)
            )
    if entries:
        # What the procedures run under has cells of its own.
        declare_many(entries, by=by, change_set=change_set, covers_procedures=False)


def _returned(agency_ids):
    rows = Declaration.objects.filter(agency__in=agency_ids, acceptance=Acceptance.RETURNED)
    return set(rows.values_list("agency_id", "declared_on", "standard_id"))


def _see_again(steps):
    """Rollouts that this act itself has moved on are held at the version that it left them in."""
    rollouts = {step.rollout.pk: step.rollout for step in steps}
    versions = dict(Rollout.objects.filter(pk__in=rollouts).values_list("pk", "version"))
    for pk, rollout in rollouts.items():
        rollout.version = versions.get(pk, rollout.version)


def _duty(revision, standards):
    duty, values = revision.entry.record, revision.values
    standard = standards.get(values["standard"])
    cell = next(iter(revision.edits.values())).place
    return Duty(
        revision.agency.pk, duty.procedure_id, standard.pk if standard else None, revision.day("applied_on"),
        values["document"], values["note"], cell, duty.id, duty.version,
    )  # fmt: skip


def keep_dropped(compared):
    """Remember the edits that a person dropped for what stood in the register, so that they are not asked about again."""
    dropped = {}
    for conflict in compared.conflicts:
        if conflict.choice == NOW:
            dropped.setdefault(conflict.edit.row.code, {})[conflict.edit.question] = conflict.edit.digest
    for sheet in IssuedSheet.objects.select_for_update().filter(code__in=sorted(dropped)):
        if not dropped[sheet.code].items() <= sheet.dropped.items():
            sheet.dropped |= dropped[sheet.code]
            sheet.save(update_fields=["dropped"])
