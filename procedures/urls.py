"""Addresses of agencies, rollouts and procedures."""

from django.urls import path

from procedures.views import agency, lists

urlpatterns = [
    path("co-quan/", lists.agency_list, name="agencies"),
    path("co-quan/<int:pk>/", agency.agency_page, name="agency"),
    path("ke-hoach/<str:code>/dot-trien-khai/", lists.rollout_list, name="rollouts"),
    path("thu-tuc/", lists.catalogue, name="procedures"),
    path("thu-tuc/co-quan/", lists.duty_list, name="duties"),
]
