"""Everything that is derived from the facts, counted anew: nothing may differ.

Each check yields a `Difference` for every stored value that the facts contradict. The counts
are made another way than by the code that keeps the values, wherever there is one.
"""

import datetime
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.utils import timezone

from agencies.models import Agency, PastIdentity
from agencies.models.tree import SEGMENT, ids_along
from procedures import territories
from procedures.freshness import is_quiet, with_last_change
from procedures.lifecycle import Acceptance, Stage, State
from procedures.models import (
    AgencyProcedure,
    CoverageTally,
    Declaration,
    Document,
    Milestone,
    Precision,
    Procedure,
    Rollout,
    RolloutMove,
    TerritoryTally,
    standard_on,
)
from procedures.models.tallies import BEGINNING, count_coverage

PAST_DAYS = 20  # days before today on which coverage is counted anew from the duties


@dataclass(frozen=True)
class Difference:
    """`what` is stored for the record `id`, but the facts give `counted`."""

    what: str
    id: object
    stored: object
    counted: object


def recount():
    """Run every check; returns ({name: rows looked at}, [Difference, …])."""
    checked, differences = {}, []
    with _one_moment():
        for name, check in CHECKS.items():
            checked[name], found = check()
            differences += found
    return checked, differences


@contextmanager
def _one_moment():
    """All checks see the register as of one moment, and nobody who writes has to wait for them."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        # Django's own transactions take the write lock on SQLite from the start.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def _compare(what, stored, counted):
    """Differences of two {id: value}; an id that is missing on one side counts as None."""
    return [
        Difference(what, key, stored.get(key), counted.get(key))
        for key in sorted(stored.keys() | counted.keys())
        if stored.get(key) != counted.get(key)
    ]


# Coverage


def coverage_tally():
    """The day totals of each agency against the duties."""
    stored = {
        (agency, day): (force, iso)
        for agency, day, force, iso in CoverageTally.objects.values_list(
            "agency", "day", "in_force", "under_iso"
        )
    }
    counted = {key: tuple(counts) for key, counts in count_coverage().items()}
    found = _compare("CoverageTally", stored, counted)
    return len(stored), [Difference(d.what, f"{d.id[0]} {d.id[1]}", d.stored, d.counted) for d in found]


def coverage_on_days():
    """What the tally adds up to on some days, against the duties in force and under ISO on that day."""
    rows, found = 0, []
    for day in days_counted():
        # The tally does not hold the days of the agencies themselves; who reads it asks for those that exist.
        living = Agency.objects.open_on(day).order_by().values("pk")
        stored = {
            agency: (force, iso)
            for agency, force, iso in CoverageTally.objects.filter(day__lte=day, agency__in=living)
            .values_list("agency")
            .annotate(force=Sum("in_force"), iso=Sum("under_iso"))
            if (force, iso) != (0, 0)
        }
        duties = AgencyProcedure.objects.order_by().in_force(day)
        force = dict(duties.values_list("agency").annotate(number=Count("pk")))
        iso = dict(duties.under_iso(day).values_list("agency").annotate(number=Count("pk")))
        counted = {agency: (number, iso.get(agency, 0)) for agency, number in force.items()}
        rows += len(counted)
        found += [
            Difference(d.what, f"{d.id} {day}", d.stored, d.counted)
            for d in _compare("Coverage", stored, counted)
        ]
    return rows, found


def days_counted():
    """The days on which coverage is counted from the duties: today, the day before the first change, and of the days
    on which the tally changes the first, the last and others evenly between them, `PAST_DAYS` in all.

    Each costs a pass over the duties.
    """
    days, today = {timezone.localdate()}, timezone.localdate()
    changing = CoverageTally.objects.filter(day__gt=BEGINNING).order_by("day").values_list("day", flat=True)
    changing = list(changing.distinct())
    if changing:
        last = len(changing) - 1
        days |= {changing[round(last * step / (PAST_DAYS - 1))] for step in range(PAST_DAYS)}
        days.add(changing[0] - datetime.timedelta(days=1))
        # Few days of change: the days between them must hold what the day before said.
        span = (max(today, changing[-1]) - changing[0]).days
        for step in range(1, PAST_DAYS):
            if len(days) > PAST_DAYS:
                break
            days.add(changing[0] + datetime.timedelta(days=span * step // PAST_DAYS))
    return sorted(days)


# Territories


def territories_on_days():
    """The numbers of each territory that stand ready, against the agencies and undertakings of some days one by one.

    Trees in which something was recorded a moment ago, or that were never counted, have none that are used.
    """
    stored, rows, found = _territories(), 0, []
    for day in days_counted():
        counted = _count_territories(day)
        for pk, by_day in stored.items():
            numbers = next((n for first, n in reversed(by_day) if first <= day), None)
            if numbers is not None:
                rows += 1
                if numbers != counted[pk]:
                    found.append(Difference("TerritoryTally", f"{pk} {day}", numbers, counted[pk]))
    return rows, found


def _territories():
    """{agency's id: [(first day, numbers)] by day} of the trees without a mark."""
    stored = defaultdict(list)
    tallies = TerritoryTally.objects.filter(agency__in=Agency.objects.not_touched().order_by().values("pk"))
    for pk, *row in tallies.order_by("agency", "day").values_list("agency_id", "day", "numbers"):
        stored[pk].append(row)
    return stored


def _count_territories(day):
    """{agency's id: numbers} of every subtree on a day, by the sets that the pages ask too."""
    found = defaultdict(lambda: dict.fromkeys(territories.NAMES, 0) | {"standards": {}, "plans": {}})
    agencies = with_last_change(Agency.objects.as_of(day), day).annotate(standard_then=standard_on(day))
    late = set(Rollout.objects.late_on(day).values_list("agency", flat=True))
    tally = CoverageTally.objects.filter(day__lte=day).order_by().values_list("agency")
    coverage = {pk: sums for pk, *sums in tally.annotate(Sum("in_force"), Sum("under_iso"))}
    for pk, path, now, covered_by, standard, changed_at in agencies.order_by().values_list(
        "pk", "path_then", "path", "covered_by_id_then", "standard_then", "changed_at"
    ):
        in_force, under_iso = coverage.get(pk, (0, 0))
        is_unit = covered_by is None
        for above in ids_along(path):
            numbers = found[above]
            numbers["agencies"] += 1
            numbers["in_force"] += in_force
            numbers["under_iso"] += under_iso
            numbers["strays"] += path[:SEGMENT] != now[:SEGMENT]
            numbers["units"] += is_unit
            numbers["late"] += is_unit and pk in late
            numbers["quiet"] += is_unit and is_quiet(changed_at, day)
            if is_unit and standard is not None:
                by_standard = numbers["standards"]
                by_standard[str(standard)] = by_standard.get(str(standard), 0) + 1
    declared = set(Rollout.objects.declared(day).values_list("pk", flat=True))
    for pk, path, *key in Rollout.objects.filter(assigned_on__lte=day).values_list(
        "pk", "agency__path", "plan_id", "form", "year", "agency__level"
    ):
        for above in ids_along(path):
            both = found[above]["plans"].setdefault(territories.key_of(*key), [0, 0])
            both[0] += 1
            both[1] += pk in declared
    return found


# Rollouts


def rollout_stage():
    """The stage of each rollout against its furthest milestone that counts."""
    stored = dict(Rollout.objects.values_list("pk", "stage"))
    reached = Milestone.objects.order_by().exclude(acceptance=Acceptance.RETURNED)
    furthest = dict(reached.values_list("rollout").annotate(furthest=Max("rank")))
    stages = ["", *Stage.values]
    return len(stored), _compare("Rollout.stage", stored, {pk: stages[furthest.get(pk, 0)] for pk in stored})


def rollout_state():
    """The state of each rollout against its last move."""
    stored = dict(Rollout.objects.values_list("pk", "state"))
    counted = dict.fromkeys(stored, State.ACTIVE.value)
    counted |= dict(RolloutMove.objects.order_by("moved_on", "id").values_list("rollout", "state"))
    return len(stored), _compare("Rollout.state", stored, counted)


# Agencies


def agency_path():
    """The path of each agency against the chain of its parents."""
    parents, stored = {}, {}
    for pk, parent, path in Agency.objects.order_by().values_list("pk", "parent", "path"):
        parents[pk], stored[pk] = parent, path
    counted = {}
    for pk in stored:
        steps, step = [], pk
        # A circle would never end; no tree is as deep as it has agencies.
        while step is not None and len(steps) <= len(parents):
            steps.append(f"{step:0{SEGMENT}d}")
            step = parents[step]
        counted[pk] = "".join(reversed(steps))
    return len(stored), _compare("Agency.path", stored, counted)


def agency_keys():
    return _derived(Agency, ("search_key", "sort_key"))


def past_identity_keys():
    return _derived(PastIdentity, ("search_key",))


def past_identities():
    """An agency's past identities follow each other without overlap or gap: each day has one name."""
    identities = defaultdict(list)
    rows = PastIdentity.objects.order_by("agency", "until", "id").values_list(
        "agency", "pk", "from_on", "until"
    )
    for agency, *identity in rows:
        identities[agency].append(identity)
    found = [
        Difference("PastIdentity.from_on", pk, from_on, until_before)
        for of_agency in identities.values()
        for (_pk, _from_on, until_before), (pk, from_on, _until) in pairwise(of_agency)
        if from_on != until_before
    ]
    return sum(map(len, identities.values())), found


# Entries and texts


def declared_milestones():
    """A milestone *declared* says the same as the declaration behind it: agency, day and confirmation."""
    rows, found = 0, []
    pairs = Milestone.objects.filter(stage=Stage.DECLARED).order_by("pk")
    for pk, stored, counted in (
        (pk, tuple(values[:3]), tuple(values[3:]))
        for pk, *values in pairs.values_list(
            "pk",
            "rollout__agency",
            "reached_on",
            "acceptance",
            "declaration__agency",
            "declaration__declared_on",
            "declaration__acceptance",
        ).iterator()
    ):
        rows += 1
        if stored != counted:
            found.append(Difference("Milestone(declared)", pk, stored, counted))
    return rows, found


def declaration_evidence():
    """A declaration lacks evidence when it has no number or no exact day."""
    stored, counted = {}, {}
    for pk, number, precision, lacks in Declaration.objects.order_by().values_list(
        "pk", "number", "precision", "lacks_evidence"
    ):
        stored[pk], counted[pk] = lacks, number == "" or precision != Precision.DAY
    return len(stored), _compare("Declaration.lacks_evidence", stored, counted)


def procedure_keys():
    return _derived(Procedure, ("search_key",))


def document_keys():
    return _derived(Document, ("search_key",))


def _derived(model, names):
    """The stored keys of each record against those that its other values give."""
    rows, found = 0, []
    for record in model.objects.order_by("pk").iterator(chunk_size=2_000):
        rows += 1
        stored = {name: getattr(record, name) for name in names}
        record.derive()
        found += [
            Difference(f"{model.__name__}.{name}", record.pk, stored[name], getattr(record, name))
            for name in names
            if stored[name] != getattr(record, name)
        ]
    return rows, found


CHECKS = {
    check.__name__: check
    for check in (
        coverage_tally,
        coverage_on_days,
        territories_on_days,
        rollout_stage,
        rollout_state,
        agency_path,
        agency_keys,
        past_identity_keys,
        past_identities,
        declared_milestones,
        declaration_evidence,
        procedure_keys,
        document_keys,
    )
}
