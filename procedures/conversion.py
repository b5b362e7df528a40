"""How far units and undertakings of a conversion campaign are on a day, as conditions for counts and lists.

A figure and its list use the same condition, so that they cannot differ.
"""

import datetime

from django.db.models import Exists, OuterRef, Q, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from procedures.freshness import QUIET
from procedures.gaps import with_gaps
from procedures.lifecycle import Acceptance, State
from procedures.models import CONVERTING, Milestone, Rollout, RolloutMove
from procedures.models.rollouts import OPEN_STATES


class Status(TextChoices):
    """Where a unit stands between the two standards; each unit in exactly one."""

    TARGET = "target", _("Declared under the target standard")
    CONVERTING = "converting", _("Converting")
    SOURCE = "source", _("On the source standard, not started")
    OTHER = "other", _("On another standard")
    NEVER = "never", _("Never declared")


# Of the agencies list: also those that the campaign was made for, those of them without an undertaking, those of a wave.
ELIGIBLE, LEFT = "eligible", "left"


def place_of(wave):
    """The word that asks the agencies list for the units of a wave."""
    return f"wave{wave.pk}"


def places_of(campaign):
    """What may be asked about a campaign: [(word, label)]."""
    return [
        *Status.choices,
        (ELIGIBLE, _("Eligible for the campaign")),
        (LEFT, _("Eligible, not assigned yet")),
        *((place_of(wave), wave.title) for wave in campaign.waves.all()),
    ]


def assigned_in(campaign):
    """The condition that an agency has an undertaking in the campaign."""
    return Q(pk__in=Rollout.objects.filter(wave__campaign=campaign).order_by().values("agency"))


class Blocked(TextChoices):
    """What an undertaking waits for."""

    STALLED = "stalled", _("No step for 90 days")
    UNCONFIRMED = "unconfirmed", _("Waits for confirmation")
    RETURNED = "returned", _("Returned, to be mended")
    GAP = "gap", _("Evidence gap")


def with_conversion(agencies, campaign, on, *, confirmed_only=False):
    """Agencies with `converting_then`: whether an undertaking to the target standard is open on a day."""
    to_target = Q(target_standard=campaign.target_id) | Q(wave__campaign=campaign.pk)
    # A list of the plan that states no standard means the one of the plan's campaign.
    to_target |= Q(target_standard__isnull=True, plan=campaign.plan_id)
    own = Rollout.objects.filter(to_target, agency=OuterRef("pk"), form__in=CONVERTING)
    own = own.as_of(on, confirmed_only=confirmed_only)
    opened = own.filter(state_then__in=OPEN_STATES, declared_then__isnull=True)
    return agencies.annotate(converting_then=Exists(opened))


def status_of(standard, converting, campaign):
    """The Status of a unit by the id of the standard it declared under (None: never) and whether it is converting."""
    if standard == campaign.target_id:
        return Status.TARGET
    if converting:
        return Status.CONVERTING
    if standard is None:
        return Status.NEVER
    return Status.SOURCE if standard == campaign.source_id else Status.OTHER


def in_status(agencies, campaign, status, on, *, confirmed_only=False):
    """The agencies of a day, with `standard_then`, that stand somewhere; `status`: a word of `places_of`."""
    if status in (ELIGIBLE, LEFT):
        rows = agencies.filter(pk__in=campaign.eligible().order_by().values("pk"))
        return rows.exclude(assigned_in(campaign)) if status == LEFT else rows
    for wave in [] if status in Status.values else campaign.waves.select_related("campaign__plan__agency"):
        if place_of(wave) == status:
            return agencies.filter(pk__in=wave.units().order_by().values("pk"))
    rows = with_conversion(agencies.units(), campaign, on, confirmed_only=confirmed_only)
    if status == Status.TARGET:
        return rows.filter(standard_then=campaign.target_id)
    others = Q(standard_then__isnull=True) | ~Q(standard_then=campaign.target_id)
    if status == Status.CONVERTING:
        return rows.filter(others, converting_then=True)
    rows = rows.filter(others, converting_then=False)
    if status == Status.NEVER:
        return rows.filter(standard_then__isnull=True)
    if status == Status.SOURCE:
        return rows.filter(standard_then=campaign.source_id)
    return rows.filter(standard_then__isnull=False).exclude(standard_then=campaign.source_id)


def with_what_stops(rollouts, on):
    """Undertakings, after `as_of`, with what may stop them on a day: `unconfirmed_then`, `returned_then`, `stalled_then`.

    An entry waits or is returned as it is today; only those of that day or before are asked about.
    """
    own = Milestone.objects.filter(rollout=OuterRef("pk"), reached_on__lte=on)
    since = on - datetime.timedelta(days=QUIET)
    lately = own.counting().filter(reached_on__gt=since)
    moved = RolloutMove.objects.filter(rollout=OuterRef("pk"), moved_on__lte=on, moved_on__gt=since)
    waits = Q(state_then=State.ACTIVE, declared_then__isnull=True, assigned_on__lte=since)
    return rollouts.annotate(
        unconfirmed_then=Exists(own.filter(acceptance=Acceptance.UNREVIEWED)),
        returned_then=Exists(own.filter(acceptance=Acceptance.RETURNED)),
        stalled_then=waits & ~Exists(lately) & ~Exists(moved),
    )


def blocked(rollouts, what, on, *, among):
    """Undertakings, after `as_of`, that wait for something on a day. `among`: a plain queryset they are all of."""
    rows = rollouts.filter(state_then__in=OPEN_STATES)
    if what == Blocked.GAP:
        return rows.filter(pk__in=with_gaps(among, on=on).order_by().values("pk"))
    return with_what_stops(rows, on).filter(**{f"{what}_then": True})


def with_reason(rollouts, on):
    """Undertakings with `reason_then`, the reason of their last change of state by a day."""
    moves = RolloutMove.objects.filter(rollout=OuterRef("pk"), moved_on__lte=on)
    return rollouts.annotate(reason_then=Subquery(moves.order_by("-moved_on", "-id").values("reason")[:1]))
