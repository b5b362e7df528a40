"""Lists: agencies, the rollouts of a plan, the procedures of agencies, the catalogue."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.views.decorators.http import require_safe

from agencies.access import roles_anywhere
from agencies.models import Agency, Level
from agencies.viewpoint import viewpoint
from agencies.views.exports import list_file, wanted_file
from procedures import imports, listing
from procedures.bulk import acts_of
from procedures.forms import AgencyFilter, CatalogueFilter, DutyFilter, RolloutFilter
from procedures.lifecycle import RECORDERS, State
from procedures.models import AgencyProcedure, CoverageTally, Declaration, Plan, Procedure, Rollout
from procedures.stages import RANK_PHASE, going_on, rank_of, stage_label

PER_PAGE = 50


def bulk_of(request, view, subject, **more):
    """What may be done with many rows of a list, for `_bulk.html`; nothing on a past day, nor without the role."""
    acts = acts_of(subject, roles_anywhere(request.user)) if view.is_today else []
    params = request.GET.copy()
    params.update(more)
    return {"acts": acts, "subject": subject, "query": params.urlencode()}


class CountedPaginator(Paginator):
    """Pages of a list whose length is known without counting its rows."""

    def __init__(self, rows, per_page, count=None):
        super().__init__(rows, per_page)
        if count is not None:
            self.__dict__["count"] = count

    @cached_property
    def count(self):
        return self.object_list.count()


def seen_from(request, *, whole=False, home=None):
    """Scope and day of the page; 404 for a scope the person does not see. `whole`, `home`: as for `viewpoint`."""
    try:
        return viewpoint(request.user, request.GET, whole=whole, home=home)
    except Agency.DoesNotExist:
        raise Http404 from None


@require_safe
def agency_list(request):
    """The agencies of a scope on a day, by search and filters."""
    view = seen_from(request, whole=True)
    form = AgencyFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = listing.agencies(request.user, view, wanted)
    status = view.status if form.is_valid() else 422
    if status == 200 and (file := wanted_file(request)):
        kind = "declarations" if request.GET.get("list") == "declarations" else "agencies"
        return list_file(imports.kind(kind), file, user=request.user, on=view.on, among=rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    _dress(page.object_list, view)
    return render(
        request,
        "procedures/agencies.html",
        {
            "view": view,
            "form": form,
            "page_obj": page,
            "query": request.GET.get("q", ""),
            "bulk": bulk_of(request, view, "agencies"),
            "may_record": view.is_today and bool(RECORDERS & roles_anywhere(request.user)),
        },
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


@require_safe
def rollout_list(request, code):
    """The rollouts of a plan on a day: what stands behind its targets."""
    view = seen_from(request, whole=True)
    plan = get_object_or_404(Plan.objects.visible_to(request.user), code=code)
    form = RolloutFilter(request.GET, plan=plan)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = listing.rollouts(request.user, view, wanted, plan=plan).select_related("agency")
    status = view.status if form.is_valid() else 422
    if status == 200 and (file := wanted_file(request)):
        return list_file(imports.kind("plan"), file, user=request.user, on=view.on, among=rows)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    _dress_rollouts(page.object_list, view)
    return render(
        request,
        "procedures/rollouts.html",
        {
            "view": view,
            "form": form,
            "plan": plan,
            "page_obj": page,
            "bulk": bulk_of(request, view, "rollouts", plan=plan.code),
        },
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
        rollout.state_name = State(rollout.state_then).label
        rollout.declaration = declared.get(rollout.pk)
        is_open = rollout.state_then in (State.ACTIVE, State.PAUSED) and rollout.declared_then is None
        rollout.late_days = max((view.on - rollout.due_on).days, 0) if is_open else 0


@require_safe
def duty_list(request):
    """The procedures that agencies of a scope handle on a day, under ISO or not."""
    view = seen_from(request, whole=True)
    form = DutyFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = listing.duties(request.user, view, wanted).select_related("agency", "procedure", "standard")
    # Two million rows are not counted for a page: the tally knows how many there are.
    own = {"own": wanted.get("own")}
    counted = CoverageTally.objects.filter(agency__in=listing.of_scope(request.user, view, bool(own["own"])))
    in_force, under_iso = counted.totals(view.on)
    if view.confirmed_only:
        under_iso -= listing.duties(request.user, view, own).unconfirmed(view.on)
    count = {"yes": under_iso, "no": in_force - under_iso}.get(wanted.get("iso"), in_force)
    if wanted.get("q"):
        count = None
    status = view.status if form.is_valid() else 422
    if status == 200 and (file := wanted_file(request)):
        return list_file(imports.kind("agency-procedures"), file, user=request.user, on=view.on, among=rows)
    page = CountedPaginator(rows, PER_PAGE, count).get_page(request.GET.get("page"))
    under = AgencyProcedure.objects.filter(pk__in=[duty.pk for duty in page.object_list])
    under = set(under.under_iso(view.on, confirmed_only=view.confirmed_only).values_list("pk", flat=True))
    for duty in page.object_list:
        duty.is_under_iso = duty.pk in under and duty.applied_on is not None and duty.applied_on <= view.on
    return render(
        request,
        "procedures/duties.html",
        {
            "view": view,
            "form": form,
            "page_obj": page,
            "in_force": in_force,
            "under_iso": under_iso,
            "bulk": bulk_of(request, view, "duties"),
        },
        status=status,
    )


@require_safe
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
