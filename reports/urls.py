"""Addresses of the board and the plans."""

from django.urls import path

from procedures import converters  # noqa: F401  (makes <code:…> known)
from reports import views

urlpatterns = [
    path("", views.start, name="start"),
    path("bang-dieu-hanh/", views.board, name="board"),
    path("ke-hoach/", views.latest_plan, name="plans"),
    path("ke-hoach/<code:code>/", views.plan_page, name="plan"),
]
