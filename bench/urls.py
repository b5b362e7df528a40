"""The site's addresses, and a bare page: the same bytes without a query, the floor of every page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import include, path

BARE = {"body": b""}


@login_not_required
def bare(request):
    return HttpResponse(BARE["body"])


urlpatterns = [path("bare/", bare), path("", include("iso_rollout.urls"))]
