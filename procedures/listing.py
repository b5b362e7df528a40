"""The rows of a list by its filters: what a page shows, what a bulk edit speaks of.

Each function takes a person, a `Viewpoint` and the filter's cleaned data ({}: no filter), and
returns a queryset limited to what the person sees.
"""

from django.db.models import Q

from agencies.access import visible_to
from agencies.models import Agency
from procedures.conversion import blocked, in_status, with_reason
from procedures.freshness import unchanged, with_last_change
from procedures.lifecycle import Phase
from procedures.models import AgencyProcedure, Campaign, Procedure, Rollout
from procedures.stages import going_on, in_phase, ranks_of, with_stage


def agencies(user, view, wanted):
    """The agencies of a scope on a day, annotated `with_stage`."""
    rows = view.narrowed(visible_to(user).as_of(view.on))
    rows = with_stage(rows, view.on, confirmed_only=view.confirmed_only).order_by("sort_key", "id")
    if wanted.get("conversion"):
        campaign, status = wanted["conversion"]
        if not Campaign.objects.visible_to(user).filter(pk=campaign.pk).exists():
            return rows.none()
        rows = in_status(rows, campaign, status, view.on, confirmed_only=view.confirmed_only)
    return narrowed(rows, wanted)


def narrowed(rows, wanted):
    """The agencies of a day, after `with_stage`, that a filter leaves."""
    if wanted.get("q"):
        rows = rows.matching(wanted["q"])
    if wanted.get("level"):
        rows = rows.filter(level_then__in=wanted["level"].split(","))
    if wanted.get("kind"):
        rows = rows.filter(kind_then=wanted["kind"])
    if any(wanted.get(name) for name in ("units", "declared", "standard", "phase", "quiet")):
        rows = rows.units()
    if wanted.get("declared"):
        rows = rows.filter(standard_then__isnull=wanted["declared"] == "no")
    if wanted.get("standard") == "none":
        rows = rows.filter(standard_then__isnull=True)
    elif wanted.get("standard"):
        rows = rows.filter(standard_then=wanted["standard"].pk)
    if wanted.get("phase"):
        rows = in_phase(rows, wanted["phase"])
    if wanted.get("late"):
        rows = rows.filter(late_then=True)
    if wanted.get("quiet"):
        rows = unchanged(with_last_change(rows, rows._as_of_day), rows._as_of_day)
    return rows


def rollouts(user, view, wanted, *, plan):
    """The rollouts of a plan on a day, with `rank_then`, `state_then` and `declared_then`."""
    rows = Rollout.objects.visible_to(user).filter(plan=plan)
    rows = rows.as_of(view.on, confirmed_only=view.confirmed_only)
    # The tree of today: an agency that closed since is still the plan's.
    if not view.is_whole:
        rows = rows.filter(agency__in=view.narrowed(Agency.objects.all()))
    if wanted.get("form"):
        rows = rows.filter(form=wanted["form"])
    if wanted.get("year"):
        rows = rows.filter(year=wanted["year"])
    if wanted.get("level"):
        rows = rows.filter(agency__level__in=wanted["level"].split(","))
    if wanted.get("declared"):
        rows = rows.filter(declared_then__isnull=wanted["declared"] == "no")
    if wanted.get("phase"):
        first, last = ranks_of(Phase(wanted["phase"]))
        rows = going_on(rows).filter(rank_then__gte=first, rank_then__lte=last)
    if wanted.get("state"):
        rows = rows.filter(state_then__in=wanted["state"].split(","))
    if wanted.get("target"):
        rows = rows.filter(plan.counting_for_targets())
    if wanted.get("late"):
        rows = rows.late(view.on)
    rows = _of_campaign(rows, wanted, view, plan)
    if wanted.get("q"):
        rows = rows.filter(agency__in=Agency.objects.matching(wanted["q"]))
    order = "due_on" if wanted.get("late") else "agency__sort_key"
    return rows.order_by(order, "agency__sort_key", "id")


def _of_campaign(rows, wanted, view, plan):
    """What the conversion board asks of the rollouts of a plan."""
    if wanted.get("campaign"):
        rows = rows.filter(wave__campaign=wanted["campaign"])
    if wanted.get("wave"):
        rows = rows.filter(wave=wanted["wave"])
    if wanted.get("blocked"):
        rows = blocked(rows, wanted["blocked"], view.on, among=Rollout.objects.filter(plan=plan))
    if wanted.get("reason"):
        rows = with_reason(rows, view.on).filter(reason_then=wanted["reason"])
    return rows


def duties(user, view, wanted):
    """The procedures that agencies of a scope handle on a day, under ISO or not."""
    rows = AgencyProcedure.objects.filter(agency__in=of_scope(user, view, bool(wanted.get("own")))).in_force(
        view.on
    )
    if wanted.get("iso"):
        under = rows.under_iso(view.on, confirmed_only=view.confirmed_only)
        rows = under if wanted["iso"] == "yes" else rows.exclude(pk__in=under.values("pk"))
    if wanted.get("q"):
        rows = rows.filter(procedure__in=Procedure.objects.matching(wanted["q"]))
    return rows.order_by("agency_id", "procedure_id")


def of_scope(user, view, own=False):
    """The ids of the agencies of a scope on a day, as a subquery. `own`: only those in the system of the scope itself."""
    found = view.narrowed(visible_to(user).as_of(view.on))
    if own and view.scope:
        found = found.filter(Q(pk=view.scope.pk) | Q(covered_by_id_then=view.scope.pk))
    return found.order_by().values("pk")
