"""The leadership board and the plan page."""

from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.access import past_of, seen_by, sees_at
from agencies.cached import cached
from agencies.models import Level
from agencies.models.tree import path_up_to
from agencies.viewpoint import CONFIRMED_ONLY
from iso_rollout.statements import kept
from procedures.lifecycle import Form, Phase, State
from procedures.models import Plan
from procedures.views.lists import seen_from
from procedures.views.work import my_work
from procedures.work import works
from reports import charts, figures, sentences
from reports.definitions import FIGURES
from reports.freshness import freshness
from reports.outlook import outlook
from reports.tiles import heading, latest, names_of, tiles
from reports.undertakings import undertakings, unit_rows
from reports.views.country import country_order, country_pieces
from reports.views.kept import kept_page, pieces

LATE_SHOWN = 5
TOLD = 6  # targets told in words beside the curve; a plan of more tells of those furthest behind
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
    """Where the scope stands against its plan on a day; several provinces side by side."""
    view = seen_from(request, whole=True)
    if view.is_whole:
        order = country_order(request.GET.get("sap", ""))
        return kept_page(request, "country", view, order, build=lambda: country_pieces(view, order))
    if view.scope is None:
        return render(request, "reports/no_grants.html")
    code = request.GET.get("plan", "")
    return kept_page(request, "board", view, code, build=lambda: board_pieces(view, code))


def board_pieces(view, code=""):
    """The blocks of the board, ready, with nobody's name in them. `code`: the plan asked for.

    Raises Http404 for a plan that the person does not see.
    """
    plans = plans_seen(view)
    plan = chosen_plan(plans, code, view)
    asked = {"on": view.on, "scope": view.scope, "user": view.user, "confirmed_only": view.confirmed_only}
    units = unit_rows(**asked)
    moved = [u.id for u in units or () if not u.path.startswith(view.scope.path)]
    read = undertakings(None, **asked, also=moved)
    # Those that moved out since have their tile, but the plan's figures follow the tree of today.
    here = [r for r in read if r.agency_path.startswith(view.scope.path)]
    own = [r for r in here if plan and r.plan_id == plan.pk]
    late = latest(own, LATE_SHOWN, on=view.on)
    tiled = tiles(units, read, on=view.on) if units else {}
    if sum(map(len, tiled.values())) > TILES_SHOWN:
        tiled = {}
    wanted = {*tiled, *(pk for row in late for pk in (row["agency_id"], row["parent_id"]))}
    names = names_of(wanted, {u.id: u.name for u in units or ()}, view.on)
    districts = _districts(tiled, units or (), names, view)
    agencies_url = reverse("agencies")
    rollouts_url = reverse("rollouts", args=[plan.code]) if plan else ""
    shown = figures.summary(
        plan,
        on=view.on,
        scope=view.scope,
        user=view.user,
        unit_link=lambda **filters: agencies_url + view.query(units="yes", **filters),
        rollout_link=lambda **filters: rollouts_url + view.query(**filters),
        confirmed_only=view.confirmed_only,
        unit_rows=units,
        undertakings=own,
    )
    against_time = plan_outlook(plan, view, view.user, here, plans) if plan else None
    return pieces(
        "reports/board.html",
        {
            "view": view,
            "plan": plan,
            "targets": _targets(shown, against_time),
            "outlook": against_time,
            "told": _told(against_time.targets) if against_time else [],
            "curve": _curve(against_time, view.on),
            "definitions": FIGURES,
            "figures": shown,
            "sentence": sentences.of_units(shown, view.on),
            "quick_dates": _quick_dates(plan, view),
            "compare_query": view.query(plan=code or None),
            "as_known_query": view.query(plan=code or None, **{"as": "known"})
            if view.on < view.today
            else "",
            "freshness": freshness(
                on=view.on,
                scope=view.scope,
                user=view.user,
                unit_rows=units,
                link=lambda **filters: agencies_url + view.query(units="yes", **filters),
            ),
            "territory_url": reverse("territory", args=[view.scope.pk]) + view.query(agency=None),
            "by_form": [
                {
                    "form": form,
                    "declared": number,
                    "url": rollouts_url + view.query(form=form.value, declared="yes"),
                }
                for form, number in shown.rollouts.items()
            ],
            "late": [
                row | {"name": names.get(row["agency_id"]), "parent_name": names.get(row["parent_id"])}
                for row in late
            ],
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
    )


def plan_outlook(plan, view, user, here=None, plans=()):
    """The plan's targets against time, worked out once for a state of the data.

    `here`: the undertakings of the scope of every plan, where they are read already; `plans`: all that the person sees.
    """
    rollouts_url = reverse("rollouts", args=[plan.code])
    rows = others = None
    if here is not None:
        rows = [r for r in here if r.plan_id == plan.pk]
        # The forecast learns from the other plans of the whole territory, whatever the scope.
        if plan.agency.path.startswith(view.scope.path) or not any(
            p.agency_id == plan.agency_id and p.pk != plan.pk for p in plans
        ):
            others = [r for r in here if r.plan_agency_id == plan.agency_id and r.plan_id != plan.pk]
    return cached(
        "outlook", plan.pk, view.scope.pk, view.on, view.confirmed_only, view.query(), user=user,
        build=lambda: outlook(
            plan, on=view.on, scope=view.scope, user=user, confirmed_only=view.confirmed_only,
            link=lambda **filters: rollouts_url + view.query(**filters), rows=rows, others=others,
        ),
    )  # fmt: skip


def _targets(shown, against_time):
    """Each target's figure with what time makes of it: [(TargetFigure, TargetOutlook or None)]."""
    by_target = {t.target.pk: t for t in against_time.targets} if against_time else {}
    return [(figure, by_target.get(figure.target.pk)) for figure in shown.targets]


def _told(targets):
    """The targets told in words, in their order: all, or the `TOLD` that are furthest behind."""
    behind = sorted(targets, key=lambda t: t.gap or 0)[:TOLD]
    return [t for t in targets if t in behind]


def _curve(against_time, on):
    if against_time is None or not against_time.targets:
        return None
    return charts.s_curve(against_time.curve, on=on, month_label=lambda day: f"{day:%m/%y}")


def plans_seen(view):
    """The plans that the person sees, with their agencies."""
    seen = seen_by(view.user)
    return _plans(seen=seen, above=Plan.objects.all().above(seen))


@kept(also=lambda seen, **_rest: past_of(seen))
def _plans(seen, above):
    own = [column.name for column in Plan._meta.concrete_fields]
    plans = Plan.objects.in_reach(seen, above).select_related("agency")
    return plans.only(*own, "agency__name", "agency__path")


def chosen_plan(plans, code, view):
    """The plan of the address, else the latest one decided by the day for this scope."""
    if code:
        for plan in plans:
            if plan.code == code:
                return plan
        raise Http404
    return figures.plan_of(plans, scope=view.scope, on=view.on)


def _quick_dates(plan, view):
    """The days that a plan is asked about: before it, each year's end, today."""
    days = [(_("Today"), view.today)]
    if plan:
        marks = [plan.starts_on, *(plan.starts_on.replace(year=y, month=12, day=31) for y in plan.years)]
        marks += [t.due_on for t, _value in plan.targets_on(view.on) if t.metric == "coverage"]
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


def _districts(tiled, units, names, view):
    """Every commune of the scope as a tile under its district, in the order of the tree.

    A district above the scope has its name but no address: to whoever sees only a commune of it, it does not exist.
    """
    paths = {u.id: u.path_then for u in units}
    today = {u.id: u.path for u in units}

    def may_open(pk, communes):
        above = (path_up_to(today[c.pk], pk) for c in communes)
        return pk in paths or any(path and sees_at(view.user, path) for path in above)

    seen = {pk for pk, communes in tiled.items() if may_open(pk, communes)}
    found = [
        {
            "name": heading(names[pk]),
            "communes": communes,
            "declared": sum(c.is_declared for c in communes),
            "url": reverse("board") + view.query(agency=pk) if pk in seen else "",
            "order": paths.get(pk, ""),
            "territory_url": reverse("territory", args=[pk]) + view.query(agency=None) if pk in seen else "",
        }
        for pk, communes in tiled.items()
        if pk in names
    ]
    return sorted(found, key=lambda d: d["order"])


@require_safe
def plan_page(request, code):
    """A plan: its decision, period, targets with their earlier figures, and its rollouts."""
    plans = Plan.objects.visible_to(request.user).select_related("agency", "decision")
    plan = get_object_or_404(plans, code=code)
    view = seen_from(request, home=plan.agency)
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
