"""When anything was last recorded at an agency, and which units have been left alone for long.

The one place of the rule: "My work", the board, the territory and the list of agencies ask here.
"""

import datetime
from functools import lru_cache

from django.db.models import DateTimeField, F, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, NullIf
from django.db.models.lookups import LessThan
from django.utils import timezone

from agencies.models import Change
from procedures.models import Declaration, Milestone

QUIET = 90  # days without a change after which a unit is asked about
# Before anything on record: lets the latest of several moments be found where some are missing.
_NEVER = Value(datetime.datetime(1900, 1, 1, tzinfo=datetime.UTC), output_field=DateTimeField())


def with_last_change(agencies, on):
    """Agencies with `changed_at`: the moment anything of theirs was last recorded by the end of a day, NULL: never.

    By the history (agency, undertaking, milestone, declaration, duty) and by when milestones and declarations were
    recorded, for data that came without history. Returned entries count: somebody was at work.
    """
    return with_change_until(agencies, end_of(on))


def end_of(on):
    """The moment at which a day ends; None where that is still to come."""
    return None if on >= timezone.localdate() else _start(on + datetime.timedelta(days=1))


def with_change_until(agencies, moment):
    """As `with_last_change`, by the end of a day (`end_of`)."""
    until = {} if moment is None else {"lt": moment}
    history = Change.objects.filter(agency=OuterRef("pk"), **_bounded("change_set__made_at", until))
    milestones = Milestone.objects.filter(rollout__agency=OuterRef("pk"), **_bounded("recorded_at", until))
    declarations = Declaration.objects.filter(agency=OuterRef("pk"), **_bounded("recorded_at", until))
    moments = [
        # One step in the index of the agency's history: its numbers rise with time.
        history.order_by("-id").values("change_set__made_at")[:1],
        milestones.order_by().values("rollout__agency").annotate(last=Max("recorded_at")).values("last"),
        declarations.order_by().values("agency").annotate(last=Max("recorded_at")).values("last"),
    ]
    latest = Greatest(
        *(Coalesce(Subquery(moment), _NEVER) for moment in moments), output_field=DateTimeField()
    )
    return agencies.annotate(changed_at=NullIf(latest, _NEVER))


def unchanged(agencies, on):
    """Those of the agencies, after `with_last_change`, at which nothing was recorded in the 90 days to a day."""
    return agencies.filter(long_ago(on))


def long_ago(on):
    """Condition on `changed_at`, after `with_last_change`: nothing was recorded in the 90 days to a day."""
    # Named once: each naming looks everything up again.
    return LessThan(Coalesce(F("changed_at"), _NEVER), quiet_since(on))


@lru_cache(maxsize=64)  # asked for every unit of a territory
def quiet_since(on):
    """The moment before which a last change is long ago, seen from a day."""
    return _start(on - datetime.timedelta(days=QUIET))


def is_quiet(changed_at, on):
    """The same rule for a moment that was read already; None: never."""
    return changed_at is None or changed_at < quiet_since(on)


def _bounded(name, until):
    return {f"{name}__{bound}": moment for bound, moment in until.items()}


def _start(day):
    """Midnight, where the office is."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
