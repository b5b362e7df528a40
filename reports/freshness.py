"""How fresh the data of a scope are: units at which nothing was recorded for long, and when this was counted."""

import datetime
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from procedures.freshness import is_quiet, long_ago, with_last_change
from reports.figures import Share, agencies_on


@dataclass(frozen=True)
class Freshness:
    """`unchanged`: units without a change for 90 days, of all units; `counted_at`: when the figures were worked out."""

    unchanged: Share
    counted_at: datetime.datetime


def freshness(*, on, scope, user, link=None, unit_rows=None):
    """The units of a scope at which nothing was recorded in the 90 days to a day, in one query, or none of `unit_rows`.

    Who confirmed an entry does not matter here: returned and unconfirmed ones are work too.
    """
    link = link or (lambda **filters: "")
    if unit_rows is not None:
        part, whole = sum(is_quiet(u.changed_at, on) for u in unit_rows), len(unit_rows)
        return Freshness(Share(part, whole, link(quiet="yes"), link()), timezone.now())
    units = with_last_change(agencies_on(on, scope=scope, user=user).units(), on)
    counted = units.order_by().aggregate(whole=Count("pk"), part=Count("pk", filter=long_ago(on)))
    return Freshness(Share(counted["part"], counted["whole"], link(quiet="yes"), link()), timezone.now())
