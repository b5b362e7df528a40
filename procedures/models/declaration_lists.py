"""The set-based twins of `declare` and of a declaration's correction: a whole list in a few statements."""

from collections import defaultdict
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agencies.history import change_of, record_many, snapshot
from agencies.progress import Doing, tell
from procedures.lifecycle import Stage, State
from procedures.models.agency_procedures import AgencyProcedure, PastApplication
from procedures.models.coverage import Covers
from procedures.models.declarations import Declaration, Precision, Redeclaration
from procedures.models.entries import acting_roles
from procedures.models.rollouts import Milestone, Rollout
from procedures.models.tallies import retally
from procedures.models.telling import tell_waiting

BATCH = 500


@dataclass
class Declared:
    """One declaration of a list. `rollout`: the undertaking that it completes, None for none."""

    agency: object
    standard: object
    on: object
    number: str = ""
    precision: str = Precision.DAY
    note: str = ""
    signer: str = ""
    document: object = None
    rollout: object = None
    cell: str = ""


@transaction.atomic
def declare_many(entries, *, by, change_set, covers_procedures=True):
    """Record declarations that were checked against the rules; the milestones and procedures follow.

    Returns the declarations. History is written to `change_set`, each line with its cell.
    """
    earlier = defaultdict(list)
    ids = sorted({entry.agency.pk for entry in entries})
    for batch in _batches(ids):
        rows = Declaration.objects.counting().filter(agency__in=batch)
        for agency_id, day, standard_id in rows.values_list("agency_id", "declared_on", "standard_id"):
            earlier[agency_id].append((day, standard_id))
    now, made = timezone.now(), []
    for number, entry in enumerate(sorted(entries, key=lambda e: e.on)):
        tell(Doing.WRITING, number, len(entries))
        declaration = Declaration(
            agency=entry.agency, standard=entry.standard, declared_on=entry.on, number=entry.number,
            precision=entry.precision, note=entry.note, signer=entry.signer, document=entry.document, recorded_by=by,
            recorded_at=now, reason=_reason(earlier[entry.agency.pk], entry),
            covers=Covers.ALL if covers_procedures else Covers.NONE,
        )  # fmt: skip
        earlier[entry.agency.pk].append((entry.on, entry.standard.pk))
        declaration.settle(by, acting_roles(by, entry.agency))
        declaration.derive()
        made.append((declaration, entry))
    Declaration.objects.bulk_create([d for d, _entry in made], batch_size=BATCH)
    record_many(change_of(change_set, d, cell=entry.cell) for d, entry in made)
    _reach(made, by, change_set)
    if covers_procedures:
        cover(entries, change_set=change_set)
    tell_waiting([d for d, _entry in made])
    return [d for d, _entry in made]


def fits(rollout, reached, *, standard, on, form=""):
    """Whether a declaration completes an undertaking: open, of its form and standard, in its time.

    `reached` are the rollout's stages that count; `form` "": any.
    """
    return (
        rollout.state == State.ACTIVE
        and Stage.DECLARED not in reached
        and form in ("", rollout.form)
        and rollout.target_standard_id in (None, standard.pk)
        and rollout.plan.starts_on <= on
        and rollout.assigned_on <= on <= timezone.localdate()
    )


def _reason(earlier, entry):
    before = [standard for day, standard in sorted(earlier) if day <= entry.on]
    if not before:
        return Redeclaration.FIRST
    return Redeclaration.NEW_STANDARD if before[-1] != entry.standard.pk else Redeclaration.ADJUSTED


def _reach(made, by, change_set):
    """The milestone *declared* of the rollouts that these declarations complete."""
    milestones = []
    for declaration, entry in made:
        if entry.rollout is None:
            continue
        milestone = Milestone(
            rollout=entry.rollout, stage=Stage.DECLARED, rank=Stage.DECLARED.rank, reached_on=entry.on,
            declaration=declaration, document=entry.document, recorded_by=by, recorded_at=declaration.recorded_at,
            acceptance=declaration.acceptance, reviewed_by=declaration.reviewed_by, reviewed_at=declaration.reviewed_at,
        )  # fmt: skip
        milestones.append((milestone, entry))
    Milestone.objects.bulk_create([m for m, _entry in milestones], batch_size=BATCH)
    record_many(change_of(change_set, m, cell=entry.cell) for m, entry in milestones)
    ids = [m.rollout_id for m, _entry in milestones]
    for batch in _batches(ids):
        Rollout.objects.filter(pk__in=batch).update(version=F("version") + 1)
        Rollout.refresh_derived(Rollout.objects.filter(pk__in=batch))


def cover(entries, *, change_set):
    """Put the procedures of agencies under the standard each declared, from its day; the earlier one is kept.

    As `AgencyProcedureQuerySet.apply`, for many agencies and days; tallied once.
    """
    by_agency = defaultdict(list)
    for entry in sorted(entries, key=lambda e: e.on):
        by_agency[entry.agency.pk].append(entry)
    changes, past, touched, groups = [], [], set(), defaultdict(list)
    for batch in _batches(sorted(by_agency)):
        duties = AgencyProcedure.objects.filter(agency__in=batch).select_related("procedure", "agency")
        for duty in duties.order_by("id").iterator(chunk_size=2_000):
            for entry in by_agency[duty.agency_id]:
                if duty.standard_id == entry.standard.pk or not _in_force(duty, entry.on):
                    continue
                if duty.applied_on is not None and duty.applied_on >= entry.on:
                    continue
                before = snapshot(duty)
                if duty.standard_id is not None:
                    past.append(
                        PastApplication(
                            agency_procedure=duty,
                            standard_id=duty.standard_id,
                            applied_on=duty.applied_on,
                            until=entry.on,
                        )
                    )
                duty.standard, duty.applied_on, duty.version = entry.standard, entry.on, duty.version + 1
                changes.append(change_of(change_set, duty, before=before, cell=entry.cell))
                groups[entry.standard.pk, entry.on].append(duty.pk)
                touched.add(duty.agency_id)
    for (standard_id, day), ids in sorted(groups.items(), key=lambda item: item[0][1]):
        for batch in _batches(ids):
            AgencyProcedure.objects.filter(pk__in=batch).update(
                standard_id=standard_id, applied_on=day, version=F("version") + 1
            )
    PastApplication.objects.bulk_create(past, batch_size=BATCH)
    record_many([change_of(change_set, p) for p in past] + changes)
    if touched:
        retally(touched)


def _in_force(duty, day):
    procedure = duty.procedure
    return (
        (duty.assigned_on is None or duty.assigned_on <= day)
        and (duty.ended_on is None or duty.ended_on > day)
        and (procedure.effective_on is None or procedure.effective_on <= day)
        and (procedure.repealed_on is None or procedure.repealed_on > day)
    )


@transaction.atomic
def amend_many(amendments, *, by, change_set):
    """Correct number, signer and day of declarations on record: [(declaration, {field: value}, cell)].

    The milestone and the procedures that came under the standard on the old day follow. What staff correct waits for
    confirmation anew.
    """
    changes, moved, cells = [], [], {}
    for declaration, values, cell in amendments:
        before, was = snapshot(declaration), declaration.declared_on
        for name, value in values.items():
            setattr(declaration, name, value)
        if declaration.counts:
            declaration.settle_anew(by, acting_roles(by, declaration.agency))
        declaration.derive()
        declaration.version += 1
        cells[declaration.pk] = cell
        changes.append(change_of(change_set, declaration, before=before, cell=cell))
        if declaration.declared_on != was:
            moved.append((declaration, was))
    amended = {declaration.pk: declaration for declaration, _values, _cell in amendments}
    Declaration.objects.bulk_update(
        amended.values(),
        ["number", "signer", "declared_on", "precision", "lacks_evidence", "version", *Declaration.REVIEW],
        batch_size=BATCH,
    )
    followed = []
    for batch in _batches(sorted(amended)):
        rows = Milestone.objects.filter(declaration__in=batch).select_related("rollout__agency")
        for milestone in rows:
            before, declaration = snapshot(milestone), amended[milestone.declaration_id]
            milestone.reached_on = declaration.declared_on
            milestone.take_review(declaration)
            if snapshot(milestone) == before:
                continue
            milestone.version += 1
            changes.append(change_of(change_set, milestone, before=before, cell=cells[declaration.pk]))
            followed.append(milestone)
    Milestone.objects.bulk_update(followed, ["reached_on", "version", *Milestone.REVIEW], batch_size=BATCH)
    record_many(changes)
    for declaration, was in moved:
        declaration.move_cover(was, change_set, cell=cells[declaration.pk])


def _batches(ids):
    return [ids[i : i + BATCH] for i in range(0, len(ids), BATCH)]
