"""The weekly mail as text and as a page of its own: absolute addresses, nothing loaded from anywhere."""

from django.conf import settings
from django.template.loader import render_to_string

from agencies.weekly import Letter
from reports.letters.week import week_of


def write_week(person, monday):
    """The `Letter` to a person of the week before a Monday; None when there is nothing to tell."""
    week = week_of(person, monday)
    if week is None:
        return None
    context = {
        "person": person,
        "week": week,
        "site": settings.SITE_URL,
        "lead_agency": settings.LEAD_AGENCY_NAME,
        "province": settings.PROVINCE_NAME,
    }
    return Letter(
        " ".join(week.subject.split()),
        render_to_string("reports/mail/week.txt", context),
        render_to_string("reports/mail/week.html", context),
    )
