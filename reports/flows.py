"""How the procedures of each agency changed between two days: from the tally, or from the rows as they were known."""

from dataclasses import dataclass

from django.db.models import Q, Sum

from agencies.access import scope_of
from procedures.models import AgencyProcedure, CoverageTally
from reports import recount
from reports.rows import of_agencies


@dataclass(frozen=True)
class Balance:
    """A number of an agency on both days and what lies between. `after` = `before` + everything else."""

    before: int
    joined: int = 0
    left: int = 0
    more: int = 0
    fewer: int = 0
    corrected: int = 0
    unconfirmed: int = 0
    names: tuple = ("more", "fewer")

    @property
    def after(self):
        return (
            self.before + self.joined + self.left + self.more + self.fewer + self.corrected + self.unconfirmed
        )

    def terms(self):
        """[(term, number)] without zeros."""
        pairs = [("joined", self.joined), ("left", self.left)]
        pairs += zip(self.names, (self.more, self.fewer), strict=True)
        for name in ("corrected", "unconfirmed"):
            number = getattr(self, name)
            pairs.append((f"{name}_{'in' if number > 0 else 'out'}", number))
        return [(term, number) for term, number in pairs if number]


@dataclass(frozen=True)
class Flow:
    """Both figures of one agency."""

    in_force: Balance
    under_iso: Balance


ISO = {"names": ("applied", "taken_off")}


def from_tally(rows, first, last, asked, *, user):
    """{agency: Flow} as it happened, one query; two more when only confirmed entries count.

    The tally knows the balance of each day: what was put under ISO and taken off on one day shows as one number.
    """
    inside = [set(recount.agencies_on(rows, d, scope=asked.scope, roots=asked.roots)) for d in (first, last)]
    among = of_agencies(rows, asked.scope, inside[0] | inside[1])
    if user is not None:
        among &= scope_of(user, "agency__")
    until, between = Q(day__lte=first), Q(day__gt=first)
    sums = {
        name: (
            Sum(name, filter=until, default=0),
            Sum(name, filter=between & Q(**{f"{name}__gt": 0}), default=0),
            Sum(name, filter=between & Q(**{f"{name}__lt": 0}), default=0),
        )
        for name in ("in_force", "under_iso")
    }
    columns = {f"{name}_{n}": s for name, own in sums.items() for n, s in enumerate(own)}
    found = {}
    waiting = [
        _unconfirmed(day, inside[n], among) if asked.confirmed_only else {}
        for n, day in enumerate((first, last))
    ]
    for agency, *numbers in (
        CoverageTally.objects.filter(among, day__lte=last)
        .order_by()
        .values("agency")
        .annotate(**columns)
        .values_list("agency", *columns)
    ):
        there = agency in inside[0], agency in inside[1]
        if any(there):
            less = tuple(w.get(agency, 0) for w in waiting)
            found[agency] = Flow(_change(there, numbers[:3]), _change(there, numbers[3:], less, **ISO))
    return found


def _change(there, numbers, less=(0, 0), **more):
    """`numbers`: (on the first day, added, taken away) of the tally; `less`: not confirmed on either day."""
    before, up, down = numbers
    match there:
        case True, True:
            return Balance(before - less[0], more=up, fewer=down, unconfirmed=less[0] - less[1], **more)
        case True, False:
            return Balance(before - less[0], left=less[0] - before, **more)
    return Balance(0, joined=before + up + down - less[1], **more)


def _unconfirmed(day, agencies, among):
    """{agency: how many duties run under a standard only by entries that are not confirmed}."""
    duties = AgencyProcedure.objects.filter(among).in_force(day)
    return {pk: n for pk, n in duties.unconfirmed_by_agency(day).items() if pk in agencies}


def from_rows(first, last, asked):
    """{agency: Flow} as it was known: `first` and `last` are `Side`s whose rows hold the duties."""
    seen = {"scope": asked.scope, "roots": asked.roots, "confirmed_only": asked.confirmed_only}
    was = recount.duty_ids_on(first.rows, first.day, **seen)
    then = recount.duty_ids_on(last.rows, first.day, **seen)
    now = recount.duty_ids_on(last.rows, last.day, **seen)
    found = {}
    for agency in was.keys() | then.keys() | now.keys():
        parts = [side.get(agency, recount.NOTHING) for side in (was, then, now)]
        there = agency in then, agency in now
        found[agency] = Flow(
            _known_change(there, [p[0] for p in parts]), _known_change(there, [p[1] for p in parts], **ISO)
        )
    return found


def _known_change(there, ids, **more):
    """`ids`: the duties counted on the first day as known then, as known at the end, and on the last day."""
    was, then, now = ids
    corrected = len(then) - len(was)
    if there == (True, True):
        return Balance(len(was), more=len(now - then), fewer=-len(then - now), corrected=corrected, **more)
    if there == (False, True):
        return Balance(len(was), joined=len(now), corrected=corrected, **more)
    return Balance(len(was), left=-len(then), corrected=corrected, **more)
