"""My work: what is due, returned, lacking, untouched and new, and the list behind each of its counts."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from agencies.access import roles_anywhere, seen_by
from agencies.cached import cached
from agencies.models import User
from procedures import gaps, lifecycle, work
from procedures.lifecycle import Stage, State
from procedures.models import Milestone, Rollout
from procedures.models.telling import amend_url
from procedures.stages import RANK_PHASE, stage_label
from procedures.views.buttons import record_url
from procedures.views.lists import PER_PAGE, CountedPaginator

SHOWN = 5  # rows of each part on the page itself; its count opens the whole list


@require_safe
def my_work(request):
    """The start page of whoever records or confirms."""
    user, today = request.user, timezone.localdate()
    if not work.works(user):
        raise PermissionDenied
    since = last_visit(request)
    counts = work.counts(user, today)
    due = [*_due(work.late(user, today), SHOWN, today)] if counts.late else []
    due += _due(work.soon(user, today), SHOWN, today) if counts.soon else []
    parts = {
        "gaps": _gaps(_lacking(user), SHOWN),
        "quiet": _quiet(work.quiet(user, today), SHOWN),
        "news": _news(work.news(user, since), SHOWN) if since else [],
    }
    return render(
        request,
        "procedures/work/page.html",
        {
            "counts": counts,
            "totals": {name: rows[0].total if rows else 0 for name, rows in parts.items()},
            "since": since,
            "today": today,
            "confirms": bool(roles_anywhere(user) & lifecycle.KEEPERS),
            "due": due,
            "shown": SHOWN,
            "returned": _returned(user, SHOWN) if counts.returned else [],
            **parts,
        },
    )


def last_visit(request):
    """When the person was here before this session or day; None the first time.

    It stands still while they work: only a new session or a new day moves it.
    """
    today = timezone.localdate().isoformat()
    if request.session.get("visited_on") != today:
        before = request.user.visited_at
        request.session["visited_on"] = today
        request.session["last_visit"] = before.isoformat() if before else ""
        User.objects.filter(pk=request.user.pk).update(visited_at=timezone.now())
    kept = request.session.get("last_visit")
    return parse_datetime(kept) if kept else None


# The lists behind the counts: each word of the address, its heading, and what an empty one says.
LISTS = {
    "qua-han": ("late", _("Overdue"), _("Nothing of yours is overdue.")),
    "sap-den-han": ("soon", _("Due within 30 days"), _("Nothing of yours is due within 30 days.")),
    "bi-tra-lai": ("returned", _("Returned to be mended"), _("Nothing has been returned to you.")),
    "thieu-minh-chung": ("gaps", _("Evidence gaps"), _("No undertaking of yours lacks evidence.")),
    "lau-khong-cap-nhat": (
        "quiet",
        _("Not updated for 90 days"),
        _("Every unit with something to do was updated within 90 days."),
    ),
    "co-gi-moi": (
        "news",
        _("New since you were here"),
        _("Nobody has changed anything of yours since you were here."),
    ),
}


@require_safe
def work_list(request, what):
    """All rows behind one count of the page of work."""
    user, today = request.user, timezone.localdate()
    if not work.works(user):
        raise PermissionDenied
    if what not in LISTS:
        raise Http404
    name, heading, empty = LISTS[what]
    since = last_visit(request)
    sets = {
        "late": lambda: ([work.late(user, today)], _due, today),
        "soon": lambda: ([work.soon(user, today)], _due, today),
        "returned": lambda: (work.returned(user), _returned),
        "gaps": lambda: ([_lacking(user)], _gaps),
        "quiet": lambda: ([work.quiet(user, today)], _quiet),
        "news": lambda: ([work.news(user, since)], _news),
    }
    found, show, *more = sets[name]()
    count = sum(len(rows) if isinstance(rows, list) else rows.count() for rows in found)
    page = CountedPaginator(range(count), PER_PAGE, count).get_page(request.GET.get("page"))
    rows = show(user if name == "returned" else found[0], PER_PAGE, *more, first=(page.number - 1) * PER_PAGE)
    return render(
        request,
        "procedures/work/list.html",
        {"name": name, "heading": heading, "empty": empty, "rows": rows, "page_obj": page, "since": since},
    )


# Rows. Each takes a set, how many to show and where to begin.


def _due(rollouts, most, today, first=0):
    """Undertakings by their due day, with the milestone to be recorded next."""
    rows = rollouts.select_related("agency", "agency__parent", "plan").order_by(
        "due_on", "agency__sort_key", "pk"
    )
    return [_dressed(rollout, today) for rollout in rows[first : first + most]]


def _dressed(rollout, today):
    rank = Stage(rollout.stage).rank if rollout.stage else 0
    rollout.phase, rollout.stage_name = RANK_PHASE[rank], stage_label(rank)
    rollout.late_days = (today - rollout.due_on).days
    rollout.left_days = -rollout.late_days
    rollout.next_stage = lifecycle.next_stage([rollout.stage] if rollout.stage else [])
    closed = rollout.agency.dissolved_on is not None
    if rollout.next_stage and rollout.state == State.ACTIVE and not closed:
        rollout.record_url = record_url(rollout.agency, rollout, rollout.next_stage)
    return rollout


def _returned(user, most, first=0):
    """Entries to be mended, the latest first, each with the note and where it is mended."""
    milestones, declarations = work.returned(user)
    milestones = milestones.select_related("rollout__agency", "reviewed_by", "recorded_by")
    declarations = declarations.select_related("agency", "standard", "reviewed_by", "recorded_by")
    entries = [
        *milestones.order_by("-reviewed_at", "-pk")[: first + most],
        *declarations.order_by("-reviewed_at", "-pk")[: first + most],
    ]
    entries.sort(key=lambda e: (e.reviewed_at, e.pk), reverse=True)
    for entry in entries[first : first + most]:
        entry.agency_name, entry.agency_url = (
            str(entry.agency_of_entry),
            entry.agency_of_entry.get_absolute_url(),
        )
        is_milestone = isinstance(entry, Milestone)
        entry.what = entry.get_stage_display() if is_milestone else entry.number
        going = not is_milestone or entry.rollout.state == State.ACTIVE
        entry.mend_url = amend_url(entry) if going else ""
    return entries[first : first + most]


def _lacking(user):
    """Numbers of the undertakings that lack evidence, the latest first.

    Kept until something in the register changes, and only the numbers of this costly set: with its agencies and an order of theirs the database plans it badly.
    """
    rows = work.gaps(user).order_by("-due_on", "pk").values_list("pk", flat=True)
    return cached("lacking", seen_by(user), user=user, build=lambda: list(rows))


def _gaps(numbers, most, first=0):
    """Undertakings that lack evidence, with what they lack."""
    shown = numbers[first : first + most]
    rows = Rollout.objects.filter(pk__in=shown).select_related("agency", "agency__parent", "plan")
    rows = sorted(rows, key=lambda rollout: shown.index(rollout.pk))
    today, standings = timezone.localdate(), gaps.standings(rows)
    for rollout in rows:
        _dressed(rollout, today)
        rollout.total, rollout.gaps = len(numbers), gaps.labels(standings[rollout.pk])
    return rows


def _quiet(units, most, first=0):
    """Units by the day of their last change, with what is to be recorded next."""
    units = work.with_total(units).select_related("parent").order_by("changed_at", "sort_key", "pk")
    rows = list(units[first : first + most])
    going = Rollout.objects.going().filter(agency__in=[a.pk for a in rows]).select_related("agency", "plan")
    rollouts = {r.agency_id: r for r in going.order_by("-due_on", "pk")}
    today = timezone.localdate()
    for agency in rows:
        agency.rollout = _dressed(rollouts[agency.pk], today) if agency.pk in rollouts else None
    return rows


def _news(sets, most, first=0):
    return list(work.with_total(sets).select_related("made_by").order_by("-pk")[first : first + most])
