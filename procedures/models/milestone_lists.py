"""The set-based twins of `reach`, `amend` and `withdraw`: the milestones of many undertakings in a few statements."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.errors import Refused
from agencies.history import change_of, record_many, snapshot
from procedures.lifecycle import Stage
from procedures.models.entries import acting_roles
from procedures.models.milestones import Milestone
from procedures.models.rollouts import Rollout
from procedures.models.telling import tell_waiting

BATCH = 500


@dataclass
class Step:
    """One milestone of a list. `on` None: it is taken back. `milestone`: the one on record, None when there is none."""

    rollout: object
    stage: str
    on: object
    milestone: object = None
    cell: str = ""


@transaction.atomic
def write_milestones(steps, *, by, change_set):
    """Reach, correct and take back milestones that were checked against the rules; the stages follow.

    *Declared* has doors of its own. A returned milestone that gets a day is mended and handed in again; document and
    note stay. History is written to `change_set`, each line with its cell. Raises Refused when a milestone or its
    rollout was saved since it was read.
    """
    if not steps:
        return
    hold({step.rollout for step in steps})
    hold({step.milestone for step in steps if step.milestone is not None})
    now, changes = timezone.now(), []
    made, kept, gone = [], [], []
    for step in steps:
        roles = acting_roles(by, step.rollout.agency)
        milestone = step.milestone
        if step.on is None:
            changes.append(
                change_of(change_set, milestone, before=snapshot(milestone), deleted=True, cell=step.cell)
            )
            gone.append(milestone.pk)
        elif milestone is None:
            rank = Stage(step.stage).rank
            milestone = Milestone(rollout=step.rollout, stage=step.stage, rank=rank, reached_on=step.on,
                                  recorded_by=by, recorded_at=now)  # fmt: skip
            milestone.settle(by, roles)
            made.append((milestone, step.cell))
        else:
            before = snapshot(milestone)
            if not milestone.counts:
                milestone.recorded_by, milestone.recorded_at = by, now
            milestone.reached_on = step.on
            milestone.settle_anew(by, roles)
            milestone.version += 1
            changes.append(change_of(change_set, milestone, before=before, cell=step.cell))
            kept.append(milestone)
    Milestone.objects.bulk_create([m for m, _cell in made], batch_size=BATCH)
    Milestone.objects.bulk_update(
        kept, ["reached_on", "recorded_by", "recorded_at", "version", *Milestone.REVIEW], batch_size=BATCH
    )
    for i in range(0, len(gone), BATCH):
        Milestone.objects.filter(pk__in=gone[i : i + BATCH]).delete()
    record_many(changes + [change_of(change_set, m, cell=cell) for m, cell in made])
    tell_waiting([*(m for m, _cell in made), *kept])
    ids = sorted({step.rollout.pk for step in steps})
    for i in range(0, len(ids), BATCH):
        rollouts = Rollout.objects.filter(pk__in=ids[i : i + BATCH])
        rollouts.update(version=F("version") + 1)
        Rollout.refresh_derived(rollouts)


def hold(records):
    """Lock records of one model as they were read, until the transaction ends. Raises Refused when one was saved since."""
    records = {record.pk: record for record in records}
    ids = sorted(records)
    for i in range(0, len(ids), BATCH):
        batch = ids[i : i + BATCH]
        model = type(records[batch[0]])
        rows = model._base_manager.select_for_update(no_key=True).filter(pk__in=batch).order_by("pk")
        if {(pk, records[pk].version) for pk in batch} != set(rows.values_list("pk", "version")):
            raise Refused(_("Records were changed meanwhile; nothing was imported."))
