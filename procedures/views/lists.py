"""Lists: agencies, the rollouts of a plan, the procedures of agencies, the catalogue."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property

from agencies.access import visible_to
from agencies.models import Agency, Level
from agencies.viewpoint import viewpoint
from agencies.views.exports import list_file, wanted_file
from procedures import imports
from procedures.forms import AgencyFilter, CatalogueFilter, DutyFilter, RolloutFilter
from procedures.lifecycle import Phase
from procedures.models import AgencyProcedure, CoverageTally, Declaration, Plan, Procedure, Rollout
from procedures.stages import RANK_PHASE, going_on, in_phase, rank_of, ranks_of, stage_label, with_stage

PER_PAGE = 50


class CountedPaginator(Paginator):
    """Pages of a list whose length is known without counting its rows."""

    def __init__(self, rows, per_page, count=None):
        super().__init__(rows, per_page)
        if count is not None:
            self.__dict__["count"] = count

    @cached_property
    def count(self):
        return self.object_list.count()


def seen_from(request):
    """Scope and day of the page; 404 for a scope the person does not see."""
    try:
        return viewpoint(request.user, request.GET)
    except Agency.DoesNotExist:
        raise Http404 from None


def agency_list(request):
    """The agencies of a scope on a day, by search and filters."""
    view = seen_from(request)
    form = AgencyFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = visible_to(request.user).as_of(view.on)
    rows = rows.within(view.scope) if view.scope else rows.none()
    rows = with_stage(rows, view.on, confirmed_only=view.confirmed_only).order_by("sort_key", "id")
    if wanted.get("q"):
        rows = rows.matching(wanted["q"])
    if wanted.get("level"):
        rows = rows.filter(level_then__in=wanted["level"].split(","))
    if wanted.get("kind"):
        rows = rows.filter(kind_then=wanted["kind"])
    if wanted.get("units") or wanted.get("declared") or wanted.get("standard") or wanted.get("phase"):
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
    status = view.status if form.is_valid() else 422
    if status == 200 and (file := wanted_file(request)):
        kind = "declarations" if request.GET.get("list") == "declarations" else "agencies"
        return list_file(imports.kind(kind), file, user=request.user, on=view.on, among=rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    _dress(page.object_list, view)
    return render(
        request,
        "procedures/agencies.html",
        {"view": view, "form": form, "page_obj": page, "query": request.GET.get("q", "")},
        status=status,
    )


def _dress(agencies, view):
    """Give the agencies of one page what their row shows, in three queries whatever their number."""
    ids = [a.pk for a in agencies]
    parents = {a.parent_id for a in agencies}
    names = {a.pk: a.name for a in Agency.objects.filter(pk__in=parents).as_of(view.on)}
    declared = Declaration.objects.in_force(view.on, confirmed_only=view.confirmed_only)
    declared = declared.filter(agency__in=ids).select_related("standard")
    declared = {d.agency_id: d for d in declared}
    rollouts = {}
    going = Rollout.objects.filter(agency__in=ids).as_of(view.on, confirmed_only=view.confirmed_only)
    going = going_on(going).select_related("plan")
    for rollout in going.order_by("year", "id"):
        rollouts[rollout.agency_id] = rollout
    for agency in agencies:
        agency.parent_name = names.get(agency.parent_id, "")
        agency.declaration = declared.get(agency.pk)
        agency.rollout = rollouts.get(agency.pk)
        rank = rank_of(agency)
        agency.phase, agency.stage_name = RANK_PHASE[rank], stage_label(rank)
        agency.late_days = (
            (view.on - agency.rollout.due_on).days if agency.late_then and agency.rollout else 0
        )
        agency.level_name = Level(agency.level).label


def rollout_list(request, code):
    """The rollouts of a plan on a day: what stands behind its targets."""
    view = seen_from(request)
    plan = get_object_or_404(Plan.objects.visible_to(request.user), code=code)
    form = RolloutFilter(request.GET, plan=plan)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = Rollout.objects.visible_to(request.user).filter(plan=plan)
    rows = rows.as_of(view.on, confirmed_only=view.confirmed_only)
    # The tree of today: an agency that closed since is still the plan's.
    rows = rows.filter(agency__in=Agency.objects.within(view.scope)) if view.scope else rows.none()
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
        rows = rows.filter(state_then=wanted["state"])
    if wanted.get("late"):
        rows = rows.late(view.on)
    if wanted.get("q"):
        rows = rows.filter(agency__in=Agency.objects.matching(wanted["q"]))
    status = view.status if form.is_valid() else 422
    if status == 200 and (file := wanted_file(request)):
        return list_file(imports.kind("plan"), file, user=request.user, on=view.on, among=rows)
    order = "due_on" if wanted.get("late") else "agency__sort_key"
    rows = rows.select_related("agency").order_by(order, "agency__sort_key", "id")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    _dress_rollouts(page.object_list, view)
    return render(
        request,
        "procedures/rollouts.html",
        {"view": view, "form": form, "plan": plan, "page_obj": page},
        status=status,
    )


def _dress_rollouts(rollouts, view):
    """Names, stages and declarations of one page of rollouts."""
    ids = {r.agency_id for r in rollouts}
    then = {a.pk: a for a in Agency.objects.filter(pk__in=ids).as_of(view.on)}
    parents = {a.parent_id for a in then.values()} | {r.agency.parent_id for r in rollouts}
    names = dict(Agency.objects.filter(pk__in=parents).values_list("pk", "name"))
    declared = Declaration.objects.by(view.on, confirmed_only=view.confirmed_only)
    declared = declared.filter(milestone__rollout__in=[r.pk for r in rollouts])
    declared = {d.milestone.rollout_id: d for d in declared.select_related("standard", "milestone")}
    for rollout in rollouts:
        agency = then.get(rollout.agency_id, rollout.agency)
        rollout.agency_name, rollout.parent_name = agency.name, names.get(agency.parent_id, "")
        rollout.phase = RANK_PHASE[rollout.rank_then]
        rollout.stage_name = stage_label(rollout.rank_then)
        rollout.declaration = declared.get(rollout.pk)
        is_open = rollout.state_then in ("active", "paused") and rollout.declared_then is None
        rollout.late_days = max((view.on - rollout.due_on).days, 0) if is_open else 0


def duty_list(request):
    """The procedures that agencies of a scope handle on a day, under ISO or not."""
    view = seen_from(request)
    form = DutyFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    agencies = visible_to(request.user).as_of(view.on)
    agencies = agencies.within(view.scope) if view.scope else agencies.none()
    rows = AgencyProcedure.objects.filter(agency__in=agencies.order_by().values("pk")).in_force(view.on)
    # Two million rows are not counted for a page: the tally knows how many there are.
    tallies = CoverageTally.objects.filter(agency__in=agencies.order_by().values("pk"))
    in_force, under_iso = tallies.totals(view.on)
    if view.confirmed_only:
        under_iso -= rows.unconfirmed(view.on)
    count = in_force
    if wanted.get("iso"):
        under = rows.under_iso(view.on, confirmed_only=view.confirmed_only)
        rows = under if wanted["iso"] == "yes" else rows.exclude(pk__in=under.values("pk"))
        count = under_iso if wanted["iso"] == "yes" else in_force - under_iso
    if wanted.get("q"):
        rows = rows.filter(procedure__in=Procedure.objects.matching(wanted["q"]))
        count = None
    status = view.status if form.is_valid() else 422
    if status == 200 and (file := wanted_file(request)):
        return list_file(imports.kind("agency-procedures"), file, user=request.user, on=view.on, among=rows)
    rows = rows.select_related("agency", "procedure", "standard").order_by("agency_id", "procedure_id")
    page = CountedPaginator(rows, PER_PAGE, count).get_page(request.GET.get("page"))
    under = AgencyProcedure.objects.filter(pk__in=[duty.pk for duty in page.object_list])
    under = set(under.under_iso(view.on, confirmed_only=view.confirmed_only).values_list("pk", flat=True))
    for duty in page.object_list:
        duty.is_under_iso = duty.pk in under and duty.applied_on is not None and duty.applied_on <= view.on
    return render(
        request,
        "procedures/duties.html",
        {"view": view, "form": form, "page_obj": page, "in_force": in_force, "under_iso": under_iso},
        status=status,
    )


def catalogue(request):
    """The catalogue of procedures in force on a day, by search, level and field."""
    view = seen_from(request)
    form = CatalogueFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = Procedure.objects.in_force(view.on)
    if wanted.get("q"):
        rows = rows.matching(wanted["q"])
    if wanted.get("level"):
        rows = rows.of_level(wanted["level"])
    if wanted.get("field"):
        rows = rows.filter(field=wanted["field"])
    status = view.status if form.is_valid() else 422
    if status == 200 and (file := wanted_file(request)):
        return list_file(imports.kind("procedures"), file, user=request.user, on=view.on, among=rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "procedures/catalogue.html",
        {"view": view, "form": form, "page_obj": page},
        status=status,
    )
