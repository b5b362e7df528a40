"""The site's addresses, and two floors of every page: the same page rendered without a question of its own, and its ready bytes."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import include, path

BARE = {"body": b"", "template": "", "values": {}}


@login_not_required
def ready(request):
    """The bytes of the page, made before."""
    return HttpResponse(BARE["body"])


@login_not_required
def bare(request):
    """The page from its template and its finished context: everything but the questions to the database."""
    return HttpResponse(render_to_string(BARE["template"], BARE["values"]))


urlpatterns = [path("ready/", ready), path("bare/", bare), path("", include("iso_rollout.urls"))]
