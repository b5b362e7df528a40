"""What the weekly mail says this week, for whoever gets it or thinks about it."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.access import grants
from agencies.models import Weekly
from agencies.models.notices import weekly
from agencies.weekly import monday_of
from reports.letters.week import DAY, WEEK, week_of


@require_safe
def this_week(request):
    """The weekly mail of the running week as a page, whether or not the person gets it."""
    person, monday = request.user, monday_of(timezone.localdate())
    roles = {grant.role for grant in grants(person)}
    return render(
        request,
        "reports/week.html",
        {
            "week": week_of(person, monday),
            "first": monday - WEEK,
            "last": monday - DAY,
            "comes": weekly(person.notice_choices, roles) == Weekly.MAIL,
        },
    )
