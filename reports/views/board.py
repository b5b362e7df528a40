"""The leadership board and the plan page."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from agencies.access import visible_to
from agencies.models import Agency, Kind, Level
from agencies.viewpoint import CONFIRMED_ONLY
from procedures.lifecycle import Form, Phase, State
from procedures.models import Plan
from procedures.stages import RANK_PHASE, rank_of, stage_label, with_stage
from procedures.views.lists import seen_from
from procedures.views.work import my_work
from procedures.work import works
from reports import charts, figures
from reports.cached import cached
from reports.definitions import FIGURES
from reports.freshness import freshness
from reports.outlook import outlook

LATE_SHOWN = 5
TILES_SHOWN = 400  # more communes than fit on one page are shown by their districts' own boards


# With one of these in its address the start page is a board that somebody kept or sent.
BOARD_ASKED = ("agency", "on", "plan", CONFIRMED_ONLY)


@require_safe
def start(request):
    """The start page: their work for whoever records or confirms, the board for everybody else."""
    if opens_with_work(request):
        return my_work(request)
    return board(request)


def opens_with_work(request):
    return works(request.user) and not any(name in request.GET for name in BOARD_ASKED)


@require_safe
def board(request):
    """Where the scope stands against its plan on a day."""
    view = seen_from(request)
    if view.scope is None:
        return render(request, "reports/no_grants.html")
    plans = list(Plan.objects.visible_to(request.user).select_related("agency", "decision"))
    plan = chosen_plan(plans, request.GET.get("plan"), view)
    districts = _tiles(view, request.user)
    agencies_url = reverse("agencies")
    rollouts_url = reverse("rollouts", args=[plan.code]) if plan else ""
    shown = figures.summary(
        plan,
        on=view.on,
        scope=view.scope,
        user=request.user,
        unit_link=lambda **filters: agencies_url + view.query(units="yes", **filters),
        rollout_link=lambda **filters: rollouts_url + view.query(**filters),
        confirmed_only=view.confirmed_only,
    )
    against_time = plan_outlook(plan, view, request.user) if plan else None
    return render(
        request,
        "reports/board.html",
        {
            "view": view,
            "plan": plan,
            "plans": plans,
            "targets": _targets(shown, against_time),
            "outlook": against_time,
            "curve": _curve(against_time, view.on),
            "definitions": FIGURES,
            "figures": shown,
            "sentence": _sentence(shown, view.on),
            "quick_dates": _quick_dates(plan, view),
            "freshness": fresh(view, request.user),
            "territory_url": reverse("territory", args=[view.scope.pk]) + view.query(agency=None),
            "by_form": [
                {
                    "form": form,
                    "declared": number,
                    "url": rollouts_url + view.query(form=form.value, declared="yes"),
                }
                for form, number in shown.rollouts.items()
            ],
            "late": _late(plan, view, request.user) if plan else [],
            "late_count": shown.progress.count(late=True) if plan else 0,
            "late_url": rollouts_url + view.query(late="yes"),
            "stages": _stages(shown, view, rollouts_url) if plan else None,
            "phases": list(Phase),
            "districts": districts,
            "commune_count": sum(len(d["communes"]) for d in districts),
            "undeclared": shown.units.declared.whole - shown.units.declared.part,
            "undeclared_url": agencies_url + view.query(units="yes", standard="none"),
            "duties_url": reverse("duties") + view.query(),
            "under_iso_url": reverse("duties") + view.query(iso="yes"),
        },
        status=view.status,
    )


def fresh(view, user):
    """How fresh the data of the scope are, counted once for a state of the data."""
    agencies_url = reverse("agencies")
    return cached(
        "freshness", view.scope.pk, view.on, view.query(), user=user,
        build=lambda: freshness(
            on=view.on, scope=view.scope, user=user,
            link=lambda **filters: agencies_url + view.query(units="yes", **filters),
        ),
    )  # fmt: skip


def plan_outlook(plan, view, user):
    """The plan's targets against time, worked out once for a state of the data."""
    rollouts_url = reverse("rollouts", args=[plan.code])
    return cached(
        "outlook", plan.pk, view.scope.pk, view.on, view.confirmed_only, view.query(), user=user,
        build=lambda: outlook(
            plan, on=view.on, scope=view.scope, user=user, confirmed_only=view.confirmed_only,
            link=lambda **filters: rollouts_url + view.query(**filters),
        ),
    )  # fmt: skip


def _targets(shown, against_time):
    """Each target's figure with what time makes of it: [(TargetFigure, TargetOutlook or None)]."""
    by_target = {t.target.pk: t for t in against_time.targets} if against_time else {}
    return [(figure, by_target.get(figure.target.pk)) for figure in shown.targets]


def _curve(against_time, on):
    if against_time is None or not against_time.targets:
        return None
    return charts.s_curve(against_time.curve, on=on, month_label=lambda day: f"{day:%m/%y}")


def chosen_plan(plans, code, view):
    """The plan of the address, else the latest one decided by the day for this scope."""
    if code:
        for plan in plans:
            if plan.code == code:
                return plan
        raise Http404
    above = [p for p in plans if view.scope.path.startswith(p.agency.path)] or plans
    decided = [p for p in above if p.decided_on <= view.on]
    if decided:
        return max(decided, key=lambda p: (p.starts_on, p.pk))
    return min(above, key=lambda p: (p.starts_on, p.pk), default=None)


def _sentence(shown, day):
    """The board in one sentence: how many have declared, and what is overdue."""
    units = shown.units.declared
    text = _("By %(day)s, %(part)s of %(whole)s units have declared") % {
        "day": f"{day:%d/%m/%Y}",
        "part": number_format(units.part),
        "whole": number_format(units.whole),
    }
    late = shown.progress.count(late=True) if shown.progress else 0
    if late:
        text += ngettext("; %(n)s rollout is overdue", "; %(n)s rollouts are overdue", late) % {
            "n": number_format(late)
        }
    return f"{text}."


def _quick_dates(plan, view):
    """The days that a plan is asked about: before it, each year's end, today."""
    days = [(_("Today"), view.today)]
    if plan:
        marks = [plan.starts_on, *(plan.starts_on.replace(year=y, month=12, day=31) for y in plan.years)]
        marks += [t.due_on for t in plan.targets.all() if t.metric == "coverage"]
        days = [(f"{d:%d/%m/%Y}", d) for d in sorted(set(marks)) if d < view.today] + days
    keep = {"plan": plan.code} if plan else {}
    return [
        {
            "label": label,
            "url": view.query(**keep, on=None if day == view.today else f"{day:%d/%m/%Y}"),
            "current": day == view.on,
        }
        for label, day in days
    ]


def _late(plan, view, user):
    """The rollouts overdue longest."""
    rows = figures.rollouts_of(plan, scope=view.scope, user=user)
    rows = rows.as_of(view.on, confirmed_only=view.confirmed_only).late(view.on)
    rows = list(
        rows.select_related("agency", "agency__parent").order_by("due_on", "agency__sort_key")[:LATE_SHOWN]
    )
    for row in rows:
        row.phase, row.stage_name = RANK_PHASE[row.rank_then], stage_label(row.rank_then)
        row.late_days = (view.on - row.due_on).days
    return rows


def _stages(shown, view, rollouts_url):
    """The plan's rollouts by stage and level, and by stage and form, as bars with their lists."""
    labels = [phase.label for phase in Phase]

    def bars(keys, name):
        rows = []
        for key in keys:
            wanted = {"levels": [key.value]} if name == "level" else {name: key.value}
            counts = shown.progress.by_phase(**wanted)
            if sum(counts):
                rows.append((key.label, key.value, counts))
        return charts.stacked(
            rows,
            labels,
            link=lambda key, digit: rollouts_url + view.query(**{name: key, "phase": digit}),
        )

    return {"by_level": bars(Level, "level"), "by_form": bars(Form, "form")}


def _tiles(view, user):
    """Every commune of the scope as a tile under its district: stage, lateness, link."""
    rows = visible_to(user).as_of(view.on).within(view.scope).units()
    rows = rows.filter(kind_then=Kind.COMMUNE_COMMITTEE).order_by("sort_key", "id")
    rows = with_stage(rows, view.on, confirmed_only=view.confirmed_only)
    communes = list(rows[: TILES_SHOWN + 1])
    if len(communes) > TILES_SHOWN:
        return []
    names = {a.pk: a for a in Agency.objects.filter(pk__in={c.parent_id for c in communes}).as_of(view.on)}
    districts = {}
    for commune in communes:
        rank = rank_of(commune)
        commune.phase, commune.stage_name = RANK_PHASE[rank], stage_label(rank)
        districts.setdefault(commune.parent_id, []).append(commune)
    found = [
        {
            "agency": names.get(pk),
            # The heading of tiles speaks of the territory, not of its committee.
            "name": capfirst(names[pk].name.removeprefix("UBND ")) if pk in names else "",
            "communes": sorted(own, key=lambda c: (-int(c.phase.value), c.sort_key)),
            "declared": sum(c.standard_then is not None for c in own),
            "url": reverse("board") + view.query(agency=pk),
            "territory_url": reverse("territory", args=[pk]) + view.query(agency=None),
        }
        for pk, own in districts.items()
        if pk in names
    ]
    return sorted(found, key=lambda d: d["agency"].path)


@require_safe
def plan_page(request, code):
    """A plan: its decision, period, targets with their earlier figures, and its rollouts."""
    view = seen_from(request)
    plans = Plan.objects.visible_to(request.user).select_related("agency", "decision")
    plan = get_object_or_404(plans, code=code)
    rollouts_url = reverse("rollouts", args=[plan.code])
    shown = figures.summary(
        plan,
        on=view.on,
        scope=view.scope,
        user=request.user,
        rollout_link=lambda **filters: rollouts_url + view.query(**filters),
        confirmed_only=view.confirmed_only,
    )
    rollouts = figures.rollouts_of(plan, scope=view.scope, user=request.user)
    rollouts = rollouts.as_of(view.on, confirmed_only=view.confirmed_only)
    by_year = [
        {
            "year": year,
            "forms": [
                {
                    "form": form,
                    "assigned": shown.progress.count(form=form.value, year=year),
                    "declared": shown.progress.count(form=form.value, year=year, declared=True),
                    "late": shown.progress.count(form=form.value, year=year, late=True),
                    "url": rollouts_url + view.query(form=form.value, year=year),
                    "declared_url": rollouts_url + view.query(form=form.value, year=year, declared="yes"),
                    "late_url": rollouts_url + view.query(form=form.value, year=year, late="yes"),
                }
                for form in Form
            ],
        }
        for year in plan.years
    ]
    return render(
        request,
        "reports/plan.html",
        {
            "view": view,
            "plan": plan,
            "figures": shown,
            "by_year": by_year,
            "ended": rollouts.exclude(state_then__in=(State.ACTIVE, State.PAUSED)).count(),
            "quick_dates": _quick_dates(plan, view),
            "rollouts_url": rollouts_url + view.query(),
        },
        status=view.status,
    )


@require_safe
def latest_plan(request):
    """The plan in force, for the navigation; a page that says what to do when there is none."""
    view = seen_from(request)
    plan = Plan.objects.visible_to(request.user).latest(view.on)
    if plan is None:
        return render(request, "reports/no_plan.html", {"view": view})
    return redirect("plan", code=plan.code)
