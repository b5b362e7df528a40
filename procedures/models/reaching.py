"""The door through which milestones of a rollout are recorded, one or several."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from agencies.history import open_change_set, record, snapshot
from procedures import lifecycle
from procedures.lifecycle import Stage, StepRefused
from procedures.models.documents import entered
from procedures.models.entries import acting_roles
from procedures.models.milestones import Milestone
from procedures.models.telling import tell_waiting


@dataclass(frozen=True)
class Reached:
    """A stage reached on a day, with its evidence: a Document on record or a new one. `declaration` for *declared*."""

    stage: Stage
    on: object
    document: object = None
    note: str = ""
    declaration: object = None
    cell: str = ""


class Reaching:
    """The part of `Rollout` that records milestones."""

    def reach(
        self,
        stage,
        *,
        on,
        by,
        seen,
        document=None,
        note="",
        declaration=None,
        change_set=None,
        title="",
        cell="",
    ):
        """Record that this rollout reached `stage` on a day. Returns the Milestone.

        `seen` is the version the person was looking at; `document` may be a new one, which is
        entered by the same act. A declaration goes through
        `Declaration.objects.declare`, which comes here with what it made. Raises StepRefused (a
        hard rule, not their role, or already recorded) and ChangedMeanwhile (somebody was
        faster). Source: QĐ 19/2014/QĐ-TTg Điều 4.
        """
        one = Reached(Stage(stage), on, document, note, declaration, cell)
        return self.reach_many([one], by=by, seen=seen, change_set=change_set, title=title)[0]

    @transaction.atomic
    def reach_many(self, entries, *, by, seen, change_set=None, title=""):
        """Record several milestones (`Reached`) by one act: all of them, or none. Returns the Milestones.

        As `reach`; a StepRefused also names the `stage` that it is about.
        """
        roles = acting_roles(by, self.agency)
        entries = sorted(entries, key=lambda entry: entry.stage.rank)
        for entry in entries:
            if (entry.stage == Stage.DECLARED) != (entry.declaration is not None):
                raise StepRefused(gettext("A declaration is recorded with its number and day."), "stage")
        rollout = self._claim(seen)
        known = {m.stage: m for m in rollout.milestones.all()}
        standing = rollout.standing()
        for entry in entries:
            try:
                standing = _with(standing, entry, known.get(entry.stage), roles)
            except StepRefused as refused:
                refused.stage = entry.stage
                raise
        change_set = change_set or open_change_set(title or _title(rollout.agency, entries), by=by)
        milestones = [
            _entered(rollout, entry, known.get(entry.stage), change_set, by=by, roles=roles)
            for entry in entries
        ]
        Milestone.refresh_derived(milestones[:1])
        tell_waiting(milestones)
        self.refresh_from_db()
        return milestones


def _with(standing, entry, on_record, roles):
    """The standing with one more milestone. Raises StepRefused."""
    if on_record is not None and on_record.counts:
        raise StepRefused(gettext("%s is on record already.") % entry.stage.label, "stage")
    lifecycle.check_step(standing, entry.stage, on=entry.on, roles=roles, today=timezone.localdate())
    return lifecycle.replace_reached(standing, entry.stage, entry.on)


def _entered(rollout, entry, existing, change_set, *, by, roles):
    """Write one milestone and its line; one that was returned is recorded again in its place."""
    before = snapshot(existing) if existing else None
    milestone = existing or Milestone(rollout=rollout, stage=entry.stage)
    milestone.rank, milestone.reached_on = entry.stage.rank, entry.on
    milestone.document = entered(entry.document, change_set)
    milestone.declaration, milestone.note = entry.declaration, entry.note
    milestone.recorded_by, milestone.recorded_at = by, timezone.now()
    milestone.wait_for_review()
    milestone.version = milestone.version + 1 if existing else 1
    milestone.settle(by, roles)
    milestone.save()
    record(change_set, milestone, before=before, cell=entry.cell)
    return milestone


def _title(agency, entries):
    if len(entries) == 1:
        return gettext("%(agency)s: %(stage)s") % {"agency": agency, "stage": entries[0].stage.label}
    return gettext("%(agency)s: %(number)d milestones") % {"agency": agency, "number": len(entries)}
