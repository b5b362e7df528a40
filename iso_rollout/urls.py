"""Addresses: each app brings its own; this is the one place that knows them all."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("", include("reports.urls")),
    path("", include("procedures.urls")),
    path("", include("agencies.urls")),
    # The sign-in page has the choice of language too.
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("quan-tri/", admin.site.urls),
]

handler500 = "agencies.views.failures.server_error"
