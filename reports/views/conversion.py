"""The conversion board: units between two standards, the waves of a campaign, what stops them."""

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.access import roles_anywhere
from procedures.conversion import Status
from procedures.lifecycle import Phase
from procedures.models import CAMPAIGN_KEEPERS, Campaign, Standard
from procedures.views.lists import seen_from
from reports import charts, conversion
from reports.definitions import CONVERSION
from reports.views.kept import kept_page, pieces

CAMPAIGN = "chiendich"  # the parameter that chooses a campaign


@require_safe
def board(request):
    """How far the scope's units are on their way from one standard to the next, on a day."""
    view = seen_from(request)
    if view.scope is None:
        return render(request, "reports/no_grants.html")
    number = request.GET.get(CAMPAIGN, "")
    may_start = bool(roles_anywhere(request.user) & CAMPAIGN_KEEPERS)
    return kept_page(
        request, "conversion", view, number, may_start, build=lambda: board_pieces(view, number, may_start)
    )


def board_pieces(view, number, may_start):
    """The blocks of the board, ready, with nobody's name in them. `number`: of the campaign asked for.

    Raises Http404 for a campaign that the person does not see.
    """
    campaigns = Campaign.objects.visible_to(view.user).select_related("plan__agency", "source", "target")
    campaigns = list(campaigns)
    campaign = _chosen(campaigns, number, view)
    asked = {"on": view.on, "scope": view.scope, "user": view.user, "confirmed_only": view.confirmed_only}
    agencies_url = reverse("agencies")
    standing = conversion.standing(
        campaign, link=lambda **filters: agencies_url + view.query(units="yes", **filters), **asked
    )
    progress = conversion.progress(campaign, link=_link(campaign, view), **asked) if campaign else None
    standards = [*(standard.code for standard in Standard.objects.all()), _("Never declared")]
    return pieces(
        "reports/conversion.html",
        {
            "view": view,
            "campaigns": [
                {"campaign": c, "url": view.query(**{CAMPAIGN: c.pk}), "current": c == campaign}
                for c in campaigns
            ],
            "campaign": campaign,
            "keep": [{"name": CAMPAIGN, "value": str(campaign.pk)}] if number else [],
            "standing": standing,
            "progress": progress,
            "told": conversion.told(campaign, progress, view.on) if campaign else "",
            "by_standard": _named(standing.by_standard, standards),
            "by_status": _named(standing.by_status, [status.label for status in Status]),
            "standards": standards,
            "statuses": list(Status),
            "phases": list(Phase),
            "bars": _bars(campaign, progress, view),
            "may_start": may_start,
            "definitions": CONVERSION,
        },
    )


def _named(rows, columns):
    """Each row of a table with the name of its column beside each cell, as a phone shows them."""
    return [(row, list(zip(row.cells, columns, strict=True))) for row in rows]


def _chosen(campaigns, number, view):
    """The campaign of the address, else the latest that had begun by the day."""
    if number:
        for campaign in campaigns:
            if str(campaign.pk) == number:
                return campaign
        raise Http404
    begun = [c for c in campaigns if c.eligible_on <= view.on]
    return next(iter(begun or campaigns[::-1]), None)


def _link(campaign, view):
    rollouts_url = reverse("rollouts", args=[campaign.plan.code])
    return lambda **filters: rollouts_url + view.query(**filters)


def _bars(campaign, progress, view):
    """The waves by stage, as bars with their lists."""
    if campaign is None:
        return None
    link = _link(campaign, view)
    rows = [(w.title, w.pk, w.phases) for w in progress.waves if sum(w.phases)]
    return charts.stacked(
        rows,
        [phase.label for phase in Phase],
        link=lambda key, digit: link(wave=key, campaign=campaign.pk, phase=digit),
    )
