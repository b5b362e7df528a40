"""The search box of every page, and the page of what it finds."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from procedures.finding import find

LISTED, SUGGESTED = 20, 6


@require_safe
def find_anything(request):
    """Agencies, procedures and documents; as somebody types, only the suggestions below the box."""
    text = request.GET.get("q", "")
    limit = SUGGESTED if request.htmx else LISTED
    found = find(request.user, text, on=timezone.localdate(), limit=limit)
    template = "procedures/_suggestions.html" if request.htmx else "procedures/find.html"
    response = render(request, template, {"found": found, "text": found.query.text, "limit": limit})
    # One address, two answers.
    patch_vary_headers(response, ["HX-Request"])
    return response
