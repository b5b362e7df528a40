"""What waits for a person: due, overdue, returned, to be confirmed, lacking evidence, long untouched, new.

Sets of rows and their counts; knows no request. What a person works on are the agencies where they
are editor or coordinator; what they confirm, those where they are coordinator.
"""

import datetime
from dataclasses import dataclass
from functools import reduce
from operator import add

from django.db.models import Count, Exists, Func, IntegerField, OuterRef, Q, Subquery, Window
from django.db.models.expressions import Star
from django.db.models.functions import Coalesce

from agencies.access import past_of, roles_anywhere, scope_of, seen_by, who_sees
from agencies.cached import cached
from agencies.models import Agency, ChangeSet, Notice, Role, User
from iso_rollout.statements import kept
from procedures.freshness import unchanged, with_last_change
from procedures.gaps import open_rollouts, with_gaps
from procedures.lifecycle import KEEPERS, RECORDERS, Stage
from procedures.models import Declaration, Milestone, Rollout
from procedures.models.rollouts import SOON


def works(user):
    """Whether a person records or confirms anywhere: then the register opens with their work."""
    return bool(roles_anywhere(user) & RECORDERS)


# The sets


def rollouts_of(user):
    return Rollout.objects.filter(scope_of(user, "agency__", RECORDERS))


def late(user, today):
    """Undertakings that go on although their day is past."""
    return rollouts_of(user).going().filter(due_on__lt=today)


def soon(user, today):
    """Undertakings due within 30 days."""
    return rollouts_of(user).going().filter(due_on__gte=today, due_on__lte=_last_soon(today))


def _last_soon(today):
    return today + datetime.timedelta(days=SOON)


def returned(user):
    """(milestones, declarations) to be mended: the person's own, and those of agencies they record for."""
    own = [
        scope_of(user, prefix, {Role.EDITOR}) | (Q(recorded_by=user.pk) & scope_of(user, prefix, RECORDERS))
        for prefix in ("rollout__agency__", "agency__")
    ]
    return (
        Milestone.objects.returned().filter(own[0]).exclude(stage=Stage.DECLARED),
        Declaration.objects.returned().filter(own[1]),
    )


def waiting(user):
    """(milestones, declarations) that wait for the person's word."""
    return (
        Milestone.objects.waiting()
        .filter(scope_of(user, "rollout__agency__", KEEPERS))
        .exclude(stage=Stage.DECLARED),
        Declaration.objects.waiting().filter(scope_of(user, "agency__", KEEPERS)),
    )


def gaps(user):
    """Undertakings with an evidence gap."""
    return with_gaps(open_rollouts().filter(scope_of(user, "agency__", RECORDERS)))


def quiet(user, today):
    """Units that have an undertaking to go on with, and no change on record for 90 days."""
    units = Agency.objects.filter(scope_of(user, roles=RECORDERS)).open_on(today).units()
    going = Rollout.objects.going().filter(agency=OuterRef("pk"))
    return unchanged(with_last_change(units.filter(Exists(going)), today), today)


def news(user, since):
    """What others did in the person's agencies since a moment; None: since nothing, so nothing."""
    if since is None:
        return ChangeSet.objects.none()
    made = ChangeSet.objects.visible_to(user).filter(made_at__gt=since)
    return made.exclude(made_by=user.pk)


# The counts


@dataclass(frozen=True)
class Counts:
    """How much waits for a person. `to_do` stands beside "My work" in the navigation."""

    late: int = 0
    soon: int = 0
    returned: int = 0
    waiting: int = 0
    unread: int = 0

    @property
    def to_do(self):
        return self.late + self.soon + self.returned + self.waiting


def counts(user, today):
    """What the navigation shows on every page, asked for once by each request.

    What waits is kept until something in the register changes; the bell is counted each time. One query for both, and
    one that asks for the state of the register.
    """
    found = user.__dict__.get("_counts")
    if found is None:
        waits, unread, asked = (), None, {"pk": user.pk, "seen": seen_by(user)}
        if works(user):

            def count():
                nonlocal unread
                ((*numbers, unread),) = _counted(today=today, **asked)
                return numbers

            waits = cached("waits", user.pk, asked["seen"], today, user=user, build=count)
        if unread is None:
            ((unread,),) = _unread(**asked)
        found = user.__dict__["_counts"] = Counts(*waits, unread=unread)
    return found


@kept(also=lambda seen, today, **_rest: [_last_soon(today), *past_of(seen)])
def _counted(pk, seen, today):
    """One row, in the order of `Counts`."""
    user = who_sees(seen, pk)
    unread = Notice.objects.visible_to(user).unread()
    sets = [late(user, today)], [soon(user, today)], returned(user), waiting(user), [unread]
    return _only(pk).values_list(*(reduce(add, map(number_of, parts)) for parts in sets))


@kept(also=lambda seen, **_rest: past_of(seen))
def _unread(pk, seen):
    return _only(pk).values_list(number_of(Notice.objects.visible_to(who_sees(seen, pk)).unread()))


def _only(pk):
    """One row for what is counted."""
    return User.objects.filter(pk=pk).order_by()


def with_total(rows):
    """Rows that each carry `total`, how many there are: a part of a costly set and its count in one query."""
    return rows.annotate(total=Window(Count("pk")))


def number_of(rows):
    """How many rows, as a column of another query."""
    # Of rows, not of their numbers: an index that has no number of the row is enough.
    number = Func(Star(), function="COUNT", output_field=IntegerField())
    return Coalesce(Subquery(rows.order_by().annotate(number_=number).values("number_")), 0)
