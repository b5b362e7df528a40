"""The communes of a scope as tiles under their districts, and the undertakings that are late longest."""

from collections import defaultdict
from dataclasses import dataclass

from django.utils.text import capfirst

from agencies.models import Agency, Kind
from procedures.stages import RANK_PHASE, stage_label
from reports.undertakings import DECLARED


@dataclass(frozen=True, slots=True)
class Tile:
    """One commune: its phase and stage, whether an undertaking of it is late."""

    pk: int
    name: str
    phase: object
    stage_name: str
    late_then: bool
    is_declared: bool


def names_of(ids, known, on):
    """{id: name} as of a day, or as of today for those that did not exist then; what is not `known` is asked for."""
    ids = {pk for pk in ids if pk}
    missing = ids - known.keys()
    names = {pk: known[pk] for pk in ids if pk in known}
    if missing:
        names |= dict(Agency.objects.filter(pk__in=missing).as_of(on).values_list("pk", "name_then"))
    if missing := missing - names.keys():
        names |= dict(Agency.objects.filter(pk__in=missing).values_list("pk", "name"))
    return names


def tiles(units, undertakings, *, on):
    """{district's id: its communes}, the furthest first. `undertakings`: those of these units, of every plan."""
    own = defaultdict(list)
    for rollout in undertakings:
        own[rollout.agency_id].append(rollout)
    districts = defaultdict(list)
    for unit in units:
        if unit.kind == Kind.COMMUNE_COMMITTEE:
            districts[unit.parent_id].append(_tile(unit, own[unit.id], on))
    # The units come in the order of lists, which the phases keep.
    return {pk: sorted(found, key=lambda tile: -int(tile.phase.value)) for pk, found in districts.items()}


def _tile(unit, own, on):
    """The rank is that of the latest undertaking that goes on or declared; see `procedures.stages.with_stage`."""
    going = [r for r in own if r.stands_open or r.declared_on]
    if going:
        rank = max(going, key=lambda r: (r.year, r.id)).rank
    else:
        rank = DECLARED if unit.standard_id is not None else 0
    late = any(r.is_late(on) for r in own)
    is_declared = unit.standard_id is not None
    return Tile(unit.id, unit.name, RANK_PHASE[rank], stage_label(rank), late, is_declared)


def heading(name):
    """The heading of tiles speaks of the territory, not of its committee."""
    return capfirst(name.removeprefix("UBND "))


def latest(undertakings, number, *, on):
    """The undertakings late longest, with what their row shows beside the names."""
    late = sorted((r for r in undertakings if r.is_late(on)), key=lambda r: (r.due_on, r.sort_key, r.id))
    return [
        {
            "agency_id": r.agency_id,
            "parent_id": r.parent_id,
            "due_on": r.due_on,
            "phase": RANK_PHASE[r.rank],
            "stage_name": stage_label(r.rank),
            "late_days": (on - r.due_on).days,
        }
        for r in late[:number]
    ]
