"""Agencies of the same kind: what they have, beside what one agency has."""

from dataclasses import dataclass

from django.db.models import Count, Q

from agencies.access import visible_to
from agencies.models.tree import SEGMENT, in_subtree
from iso_rollout.text import department_key
from procedures.grid.rows import WHOLE_LEVEL
from procedures.models import AgencyProcedure, Procedure
from procedures.models.tallies import percent

MOST = 500  # agencies that are compared with: more are read for no page
NEAR, WIDE = "near", "wide"
DIFFERS_AT = 50  # per cent of the others from which a difference is shown


def peers_of(agency, user, on, reach=NEAR):
    """The other agencies of its kind and level that a person sees, the nearest first: beside it, or in its whole tree.

    Departments are of one kind by their name: a health department of another province. The list is at most MOST long.
    """
    rows = visible_to(user).open_on(on).filter(kind=agency.kind, level=agency.level).exclude(pk=agency.pk)
    if agency.kind in WHOLE_LEVEL:
        if reach == NEAR:
            rows = rows.filter(parent=agency.parent_id)
        else:
            rows = rows.filter(in_subtree(agency.path[:SEGMENT]))
        found = list(rows.order_by("sort_key", "pk")[:MOST])
        return sorted(found, key=lambda a: a.parent_id != agency.parent_id)
    own = department_key(agency.name)
    names = rows.order_by("path").values_list("pk", "name")
    ids = [pk for pk, name in names.iterator() if department_key(name) == own][:MOST]
    return list(rows.filter(pk__in=ids).order_by("sort_key", "pk"))


@dataclass(frozen=True)
class Compared:
    """One procedure: whether this agency has it and runs it under ISO, and how many of the others do."""

    procedure: Procedure
    is_here: bool
    is_iso_here: bool
    there: int
    iso_there: int
    of: int

    @property
    def percent(self):
        return percent(self.there, self.of)

    @property
    def iso_percent(self):
        return percent(self.iso_there, self.of)

    @property
    def kind(self):
        """missing, only (nobody else has it), differs (under ISO here but not with most others, or the other way round)."""
        if not self.is_here:
            return "missing"
        if not self.there:
            return "only"
        most = (self.iso_percent or 0) >= DIFFERS_AT
        return "differs" if most != self.is_iso_here else "same"


def _in_force(rows, on):
    return rows.filter(
        Q(assigned_on__isnull=True) | Q(assigned_on__lte=on),
        Q(ended_on__isnull=True) | Q(ended_on__gt=on),
        Q(procedure__effective_on__isnull=True) | Q(procedure__effective_on__lte=on),
        Q(procedure__repealed_on__isnull=True) | Q(procedure__repealed_on__gt=on),
    ).order_by()


def compare(agency, peers, on):
    """Every procedure in force that this agency or one of the others has: a list of Compared, the commonest first.

    Three queries, whatever the number of agencies.
    """
    rows = _in_force(AgencyProcedure.objects.all(), on)
    iso = Count("pk", filter=Q(applied_on__lte=on))
    ids = [a.pk for a in peers]
    theirs = rows.filter(agency__in=ids).values_list("procedure_id").annotate(n=Count("pk"), iso=iso)
    theirs = {pk: (n, under) for pk, n, under in theirs} if ids else {}
    own = dict(rows.filter(agency=agency).values_list("procedure_id", "applied_on"))
    found = []
    procedures = Procedure.objects.defer("search_key").in_bulk(list(theirs.keys() | own.keys()))
    for pk, procedure in procedures.items():
        n, under = theirs.get(pk, (0, 0))
        is_iso = own.get(pk) is not None and own[pk] <= on
        found.append(Compared(procedure, pk in own, is_iso, n, under, len(ids)))
    return sorted(found, key=lambda c: (-c.there, c.procedure.field, c.procedure.code, c.procedure.pk))
