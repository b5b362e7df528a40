"""Sums over subtrees that stand ready (`procedures.territories`), as far as a person sees them whole."""

from collections import Counter
from dataclasses import dataclass, field

from agencies.access import sees_at
from agencies.models.tree import SEGMENT
from procedures.models import TerritoryTally


@dataclass
class Sums:
    """What is counted over a subtree. `late`, `quiet`: units; `assigned`, `done`: undertakings of a plan."""

    agencies: int = 0
    units: int = 0
    declared: int = 0
    late: int = 0
    quiet: int = 0
    in_force: int = 0
    under_iso: int = 0
    assigned: int = 0
    done: int = 0
    by_standard: Counter = field(default_factory=Counter)  # standard's id → units
    by_plan: dict = field(default_factory=dict)  # `territories.key_of` → (assigned, done)


def sums_ready(territories, *, on, user):
    """{id: Sums} of the territories whose numbers stand ready for a day, one query. `territories`: {id: path of today}.

    Left out is what was changed a moment ago, and what the person does not see whole.
    """
    whole = {pk: path for pk, path in territories.items() if user is None or sees_at(user, path[:SEGMENT])}
    everywhere = user is None or user.is_superuser
    found = {}
    for pk, numbers in TerritoryTally.objects.on(on, whole).items():
        if everywhere or not numbers["strays"]:
            by_standard = Counter({int(standard): units for standard, units in numbers["standards"].items()})
            plain = {name: numbers[name] for name in READY}
            found[pk] = Sums(
                **plain, declared=by_standard.total(), by_standard=by_standard, by_plan=numbers["plans"]
            )
    return found


READY = ("agencies", "units", "late", "quiet", "in_force", "under_iso")
