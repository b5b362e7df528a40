"""The set-based twins of a rollout's doors: thousands of undertakings in a few statements.

The caller has checked every row against the rules and holds the rows; here they are written with
their lines of history, all in one change set.
"""

from collections import defaultdict

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.errors import Refused
from agencies.history import change_of, record_many, snapshot
from procedures.lifecycle import Stage, Standing, State
from procedures.models.campaigns import Wave
from procedures.models.entries import acting_roles
from procedures.models.milestones import Milestone
from procedures.models.rollouts import Rollout, RolloutMove
from procedures.models.telling import tell_assigned, tell_due_changed, tell_waiting

BATCH = 500


def standings(rollouts, reached):
    """{rollout id: Standing} of rollouts read with their agency; `reached` as `milestones_of` gives it.

    Whether an earlier declaration was in force is left out: it only tells of gaps.
    """
    return {
        r.pk: Standing(
            form=r.form,
            state=State(r.state),
            reached={stage: m.reached_on for stage, m in reached[r.pk].items() if m.counts},
            established_on=r.agency.established_on,
            dissolved_on=r.agency.dissolved_on,
        )
        for r in rollouts
    }


def milestones_of(rollouts):
    """{rollout id: {Stage: Milestone}} of a queryset of rollouts, those returned included; in one query."""
    found = defaultdict(dict)
    rows = Milestone.objects.filter(rollout__in=rollouts.order_by().values("pk")).select_related("document")
    for milestone in rows.order_by():
        found[milestone.rollout_id][Stage(milestone.stage)] = milestone
    return found


def _update(rollouts, **values):
    """Write the same values to rollouts, whose version grows. Raises Refused when one of them is gone."""
    ids = sorted(rollout.pk for rollout in rollouts)
    for i in range(0, len(ids), BATCH):
        rows = Rollout.objects.filter(pk__in=ids[i : i + BATCH])
        if rows.update(**values, version=F("version") + 1) != len(ids[i : i + BATCH]):
            raise Refused(_("Undertakings were changed meanwhile; nothing was written."))
    for rollout in rollouts:
        rollout.version += 1


@transaction.atomic
def reschedule_many(rollouts, due_on, *, by, change_set):
    """Give rollouts one due day."""
    before = {r.pk: snapshot(r) for r in rollouts}
    for rollout in rollouts:
        rollout.due_on = due_on
    _update(rollouts, due_on=due_on)
    record_many(change_of(change_set, r, before=before[r.pk]) for r in rollouts)
    tell_due_changed(rollouts, by=by)


@transaction.atomic
def move_many(rollouts, state, *, on, by, reason, change_set, year=None, due_on=None):
    """Pause, resume, cancel or end rollouts, or carry them over to a year with a due day."""
    before = {r.pk: snapshot(r) for r in rollouts}
    for rollout in rollouts:
        rollout.state = state
    _update(rollouts, state=state)
    moves = RolloutMove.objects.bulk_create(
        [RolloutMove(rollout=r, state=state, moved_on=on, reason=reason, moved_by=by) for r in rollouts],
        batch_size=BATCH,
    )
    record_many(change_of(change_set, r, before=before[r.pk]) for r in rollouts)
    record_many(change_of(change_set, move) for move in moves)
    if state == State.CARRIED_OVER:
        heirs = _carry_on(rollouts, on, year, due_on, change_set)
        tell_assigned(heirs, by=by)


def _carry_on(rollouts, on, year, due_on, change_set):
    """The undertakings of the other year, with the milestones reached so far."""
    waves = Wave.objects.select_related("campaign").in_bulk({r.wave_id for r in rollouts} - {None})
    waves = {pk: wave.heir(due_on) for pk, wave in waves.items()}
    heirs = Rollout.objects.bulk_create(
        [
            Rollout(
                plan=r.plan,
                agency=r.agency,
                form=r.form,
                year=year,
                due_on=due_on,
                assigned_on=on,
                target_standard_id=r.target_standard_id,
                wave=waves.get(r.wave_id),
                carries_on=r,
                stage=r.stage,
            )
            for r in rollouts
        ],
        batch_size=BATCH,
    )
    by_rollout = {heir.carries_on_id: heir for heir in heirs}
    copies = []
    ids = sorted(by_rollout)
    for i in range(0, len(ids), BATCH):
        rows = Milestone.objects.counting().filter(rollout__in=ids[i : i + BATCH])
        copies += [m.copied_to(by_rollout[m.rollout_id]) for m in rows.order_by("rollout", "rank")]
    Milestone.objects.bulk_create(copies, batch_size=BATCH)
    record_many([*(change_of(change_set, h) for h in heirs), *(change_of(change_set, c) for c in copies)])
    return heirs


@transaction.atomic
def assign_many(plan, agencies, *, form, year, due_on, by, change_set, target_standard=None, wave=None):
    """Give units their undertaking under a plan: [(agency, day of assignment)]; with `wave`, in a campaign."""
    made = Rollout.objects.bulk_create(
        [
            Rollout(
                plan=plan,
                agency=agency,
                form=form,
                year=year,
                due_on=due_on,
                assigned_on=on,
                target_standard=target_standard,
                wave=wave,
            )  # fmt: skip
            for agency, on in agencies
        ],
        batch_size=BATCH,
    )
    record_many(change_of(change_set, rollout) for rollout in made)
    tell_assigned(made, by=by)
    return made


@transaction.atomic
def join_many(rollouts, wave, *, change_set):
    """Let undertakings that units have already count in a wave; where none is stated, its target standard becomes theirs."""
    before = {r.pk: snapshot(r) for r in rollouts}
    target = wave.campaign.target
    without = [r for r in rollouts if r.target_standard_id is None]
    stated = [r for r in rollouts if r.target_standard_id is not None]
    for rollout in rollouts:
        rollout.wave = wave
    for rollout in without:
        rollout.target_standard = target
    _update(without, wave=wave, target_standard=target)
    _update(stated, wave=wave)
    record_many(change_of(change_set, r, before=before[r.pk]) for r in rollouts)


@transaction.atomic
def reach_many(rollouts, stage, *, on, by, change_set, document=None, note=""):
    """Record one milestone on one day for rollouts that have not reached it. Returns the milestones."""
    stage, now, made = Stage(stage), timezone.now(), []
    for rollout in rollouts:
        milestone = Milestone(
            rollout=rollout, stage=stage, rank=stage.rank, reached_on=on, document=document, note=note,
            recorded_by=by, recorded_at=now,
        )  # fmt: skip
        milestone.settle(by, acting_roles(by, rollout.agency))
        made.append(milestone)
        if not rollout.stage or Stage(rollout.stage).rank < stage.rank:
            rollout.stage = stage.value
    by_stage = defaultdict(list)
    for rollout in rollouts:
        by_stage[rollout.stage].append(rollout)
    for furthest, reached in by_stage.items():
        _update(reached, stage=furthest)
    Milestone.objects.bulk_create(made, batch_size=BATCH)
    record_many(change_of(change_set, milestone) for milestone in made)
    tell_waiting(made)
    return made
