"""The page of a plan's forecast: targets against time, when they are reached, who holds them back, how it is worked out."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from procedures.models import Plan
from procedures.views.lists import seen_from
from reports import charts, forecast
from reports.outlook import costliest
from reports.views.board import plan_outlook


@require_safe
def forecast_page(request, code):
    """What is foreseen for a plan on a day."""
    plan = get_object_or_404(Plan.objects.visible_to(request.user).select_related("agency"), code=code)
    view = seen_from(request, home=plan.agency)
    if view.scope is None:
        return render(request, "reports/no_grants.html")
    found = plan_outlook(plan, view, request.user)
    costs = [
        {
            "agency": rollout.agency,
            "form": rollout.get_form_display(),
            "year": rollout.year,
            "due_on": rollout.due_on,
            "chance": round(100 * cost.chance),
            "later": round(100 * cost.later),
        }
        for cost, rollout in costliest(found)
    ]
    return render(
        request,
        "reports/forecast.html",
        {
            "view": view,
            "plan": plan,
            "outlook": found,
            "curve": charts.s_curve(found.curve, on=view.on, month_label=lambda day: f"{day:%m/%y}"),
            "costs": costs,
            "enough": forecast.ENOUGH,
            "delay": forecast.DELAY,
        },
        status=view.status,
    )
