"""The page of a territory, on screen and on paper, and the lists of what changed there in 30 days."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_safe

from agencies.models import Agency, Kind
from agencies.presenting import history_lines
from agencies.viewpoint import viewpoint
from reports import recent
from reports.definitions import FIGURES
from reports.territory import LARGE, territory
from reports.views.board import chosen_plan, plans_seen
from reports.views.kept import kept_page, pieces

PER_PAGE = 50
PRINTED = 60  # units that still fit on two sheets of A4; of more, only the sums of the parts are printed


def seen_at(request, pk):
    """The viewpoint of a page whose address names the agency; 404 for one that the person does not see."""
    params = request.GET.copy()
    params["agency"] = str(pk)
    try:
        return viewpoint(request.user, params)
    except Agency.DoesNotExist:
        raise Http404 from None


@require_safe
def territory_page(request, pk):
    """Every unit below an agency, its sums beside those of its peers, and what changed; without any below, its own page."""
    view = seen_at(request, pk)
    if view.scope is None:
        raise Http404
    code = request.GET.get("plan", "")
    try:
        return kept_page(request, "territory", view, code, build=lambda: territory_pieces(view, code))
    except NothingBelow:
        return redirect(reverse("agency", args=[pk]) + view.query(agency=None))


class NothingBelow(Exception):
    """The agency had no unit below it on the day: its own page says all there is."""


def territory_pieces(view, code):
    """The blocks of the page, ready, with nobody's name in them. `code`: the plan asked for.

    Raises NothingBelow, and Http404 for a plan that the person does not see.
    """
    plans = plans_seen(view)
    plan = chosen_plan(plans, code, view)
    asked = {"on": view.on, "confirmed_only": view.confirmed_only}

    lists = {name: reverse(name) for name in ("agencies", "duties")}
    lists["rollouts"] = reverse("rollouts", args=[plan.code]) if plan else ""

    def link(name, agency=None, **filters):
        return lists[name] + view.query(**({"agency": agency} if agency else {}), **filters)

    found = territory(view.scope, user=view.user, plan=plan, link=link, **asked)
    if found is None:
        raise NothingBelow
    query = view.query(agency=None)
    return pieces(
        "reports/territory.html",
        {
            "view": view,
            "plan": plan,
            "found": found,
            "recent": recent.recent(
                view.scope,
                **asked,
                url=lambda kind: reverse("territory_recent", args=[view.scope.pk, kind]) + query,
            ),
            "since": recent.first_day(view.on),
            "freshness": found.freshness,
            "sentence": _sentence(found),
            "peers_word": _peers_word(found.kind),
            "large": LARGE,
            "is_long": found.units.whole > PRINTED,
            "keep": [{"name": "plan", "value": plan.code}] if plan and code else [],
            "query": query,
            "definitions": FIGURES,
        },
    )


def _peers_word(kind):
    """What the peers of an agency are called in the middle of a sentence."""
    return {
        Kind.PROVINCIAL_COMMITTEE: pgettext("peers", "provinces"),
        Kind.DISTRICT_COMMITTEE: pgettext("peers", "districts"),
        Kind.COMMUNE_COMMITTEE: pgettext("peers", "communes"),
        Kind.DEPARTMENT: pgettext("peers", "departments"),
    }.get(kind, pgettext("peers", "agencies of the same kind"))


def _sentence(found):
    """The territory in one sentence: how many have declared, its rank, what is overdue, the procedures."""
    shown = {c.name: c for c in found.comparisons}
    declared, late, covered = shown["declared"], shown["late"].share.part, shown["covered"].share
    text = _("%(part)s of %(whole)s units have declared") % {
        "part": number_format(declared.share.part), "whole": number_format(declared.share.whole)
    }  # fmt: skip
    # The first of those of whom nobody has declared is no rank.
    if declared.rank and (declared.rank > 1 or declared.share.part):
        ranked = (
            _(", shared rank %(rank)s of %(among)s %(peers)s")
            if declared.is_tied
            else _(", rank %(rank)s of %(among)s %(peers)s")
        )
        text += ranked % {
            "rank": declared.rank, "among": declared.among, "peers": _peers_word(found.kind)
        }  # fmt: skip
    if late:
        text += ngettext("; %(n)s unit is overdue", "; %(n)s units are overdue", late) % {
            "n": number_format(late)
        }
    if covered.percent is not None:
        text += _("; %(share)s %% of the procedures run under ISO") % {
            "share": number_format(covered.percent, 1)
        }
    return f"{text}."


@require_safe
def recent_list(request, pk, kind):
    """The rows behind one number of what changed in 30 days."""
    view = seen_at(request, pk)
    if kind not in recent.KINDS or view.scope is None:
        raise Http404
    rows = recent.sets_of(view.scope, on=view.on, confirmed_only=view.confirmed_only)[kind]
    rows = rows.select_related(*_JOINED[kind]).order_by(*_ORDER[kind])
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    heading, empty = recent.KINDS[kind]
    shown = (
        history_lines(list(page.object_list))
        if kind == "dinh-chinh"
        else [_row(kind, r) for r in page.object_list]
    )
    return render(
        request,
        "reports/territory_recent.html",
        {
            "view": view, "kind": kind, "heading": heading, "empty": empty, "page_obj": page, "rows": shown,
            "since": recent.first_day(view.on),
            "back": reverse("territory", args=[pk]) + view.query(agency=None),
        },
        status=view.status,
    )  # fmt: skip


_JOINED = {
    "moc": ("rollout__agency", "rollout__agency__parent", "document"),
    "cong-bo": ("agency", "agency__parent", "standard"),
    "thanh-lap": ("parent",),
    "giai-the": ("parent",),
    "dinh-chinh": ("change_set__made_by", "change_set__upload"),
}
_ORDER = {
    "moc": ("-reached_on", "rollout__agency__sort_key", "-rank", "pk"),
    "cong-bo": ("-declared_on", "agency__sort_key", "pk"),
    "thanh-lap": ("-established_on", "sort_key", "pk"),
    "giai-the": ("-dissolved_on", "sort_key", "pk"),
    "dinh-chinh": ("-change_set__made_at", "-pk"),
}


def _row(kind, record):
    """One line: {day, agency, what, more}."""
    if kind == "moc":
        return {
            "day": record.reached_on, "agency": record.rollout.agency, "what": record.get_stage_display(),
            "more": str(record.document or ""),
        }  # fmt: skip
    if kind == "cong-bo":
        return {
            "day": record.declared_on, "agency": record.agency, "what": record.standard.code, "more": record.number,
        }  # fmt: skip
    day = record.established_on if kind == "thanh-lap" else record.dissolved_on
    return {"day": day, "agency": record, "what": record.get_kind_display(), "more": record.code}
