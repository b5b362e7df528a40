"""How far a unit is, in the words of a list: phase, stage and lateness of its rollout on a day."""

from django.db.models import Exists, IntegerField, OuterRef, Q, Subquery

from procedures.lifecycle import Phase, Stage
from procedures.models import Rollout, standard_on

RANK_STAGE = dict(enumerate(Stage, start=1))
RANK_PHASE = [Phase.NOT_STARTED] + [stage.phase for stage in Stage]


def stage_label(rank):
    """The name of the furthest milestone, of "not started" for rank 0."""
    return RANK_STAGE[rank].label if rank else Phase.NOT_STARTED.label


def ranks_of(phase):
    """First and last rank that a phase covers."""
    ranks = [rank for rank, of in enumerate(RANK_PHASE) if of == phase]
    return ranks[0], ranks[-1]


def going_on(rollouts):
    """Rollouts, after `as_of`, that are open or declared: not those carried over, cancelled or ended."""
    return rollouts.filter(Q(state_then__in=("active", "paused")) | Q(declared_then__isnull=False))


def with_stage(agencies, on, *, confirmed_only=False):
    """Agencies with `rank_then`, `late_then` and `standard_then` of a day.

    The rank is that of the latest rollout; a unit that declared without one has reached
    *declared* all the same.
    """
    own = Rollout.objects.filter(agency=OuterRef("pk")).as_of(on, confirmed_only=confirmed_only)
    latest = going_on(own).order_by("-year", "-id").values("rank_then")[:1]
    return agencies.annotate(
        standard_then=standard_on(on, confirmed_only=confirmed_only),
        rollout_rank_then=Subquery(latest, output_field=IntegerField()),
        late_then=Exists(own.late(on)),
    )


def in_phase(agencies, phase):
    """Agencies, after `with_stage`, whose rank lies in a phase."""
    first, last = ranks_of(phase)
    declared = Stage.DECLARED.rank
    without = Q(rollout_rank_then__isnull=True)
    found = Q(rollout_rank_then__gte=first, rollout_rank_then__lte=last)
    if first <= declared <= last:
        found |= without & Q(standard_then__isnull=False)
    if first == 0:
        found |= without & Q(standard_then__isnull=True)
    return agencies.filter(found)


def rank_of(agency):
    """The rank of an agency that `with_stage` annotated."""
    if agency.rollout_rank_then is not None:
        return agency.rollout_rank_then
    return Stage.DECLARED.rank if agency.standard_then is not None else 0
