"""Sums over many subtrees at once: those that stand ready, or by the beginnings of paths; no agency is read."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum
from django.db.models.functions import Left

from agencies.access import sees_at
from agencies.models.tree import SEGMENT
from procedures.freshness import long_ago, with_last_change
from procedures.models import AgencyProcedure, Rollout, TerritoryTally, standard_on, with_coverage
from reports.figures import agencies_on, seen_in


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
    by_plan: dict = field(
        default_factory=dict
    )  # `territories.key_of` → (assigned, done), where it stood ready


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


def sums_by_path(length, *, on, user, scope=None, confirmed_only=False, fewer=None, with_quiet=False):
    """{path of `length` signs: Sums} of what lies below it on a day, without a plan's undertakings.

    `fewer`: what `unconfirmed` gave, where it was asked already. `with_quiet`: units not updated for 90 days are counted.
    One query, with `confirmed_only` three.
    """
    if confirmed_only and fewer is None:
        fewer = unconfirmed(on=on, user=user, scope=scope)
    found = defaultdict(Sums)
    rows = _counted(length, on, agencies_on(on, scope=scope, user=user), confirmed_only, with_quiet)
    for path, standard, agencies, units, late, in_force, under_iso, *quiet in rows:
        sums = found[path]
        sums.agencies += agencies
        sums.units += units
        sums.late += late
        sums.in_force += in_force
        sums.under_iso += under_iso
        sums.quiet += sum(quiet)
        if standard is not None:
            sums.declared += units
            sums.by_standard[standard] += units
    if fewer:
        then = agencies_on(on, scope=scope, user=user).filter(pk__in=fewer).values_list("pk", "path_then")
        for agency, path in then:
            found[path[:length]].under_iso -= fewer[agency]
    return dict(found)


def _counted(length, on, agencies, confirmed_only, with_quiet):
    """A row for each path and each standard in force there (None: not declared)."""
    late = Rollout.objects.late_on(on, confirmed_only=confirmed_only).order_by().values("agency")
    is_unit = Q(covered_by_id_then__isnull=True)
    numbers = {
        "agencies": Count("pk"),
        "units": Count("pk", filter=is_unit),
        "late": Count("pk", filter=is_unit & Q(pk__in=late)),
        "in_force": Sum("in_force_then", default=0),
        "under_iso": Sum("under_iso_then", default=0),
    }
    agencies = with_coverage(agencies, on)
    if with_quiet:
        agencies = with_last_change(agencies, on)
        numbers["quiet"] = Count("pk", filter=is_unit & long_ago(on))
    standard = standard_on(on, confirmed_only=confirmed_only)
    rows = agencies.annotate(root=Left("path_then", length), standard_then=standard).order_by()
    return rows.values_list("root", "standard_then").annotate(**numbers)


def unconfirmed(*, on, user, scope=None):
    """{agency's id: its procedures that run under a standard only by declarations nobody has confirmed}, one query.

    The tally knows nothing of confirmation: they are taken off.
    """
    duties = seen_in(AgencyProcedure.objects, on=on, scope=scope, user=user)
    return duties.in_force(on).unconfirmed_by_agency(on)
