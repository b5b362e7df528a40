"""Addresses of agencies, rollouts and procedures."""

from django.urls import path

from procedures.views import agency, lists, recording

MILESTONE = "co-quan/<int:pk>/dot/<int:rollout_id>/moc/<int:milestone_id>"
DECLARATION = "co-quan/<int:pk>/cong-bo/<int:declaration_id>"

urlpatterns = [
    path("co-quan/", lists.agency_list, name="agencies"),
    path("co-quan/<int:pk>/", agency.agency_page, name="agency"),
    path("co-quan/<int:pk>/dot/<int:rollout_id>/moc/", recording.record_milestone, name="record_milestone"),
    path(f"{MILESTONE}/sua/", recording.amend_milestone, name="amend_milestone"),
    path(f"{MILESTONE}/rut/", recording.withdraw_milestone, name="withdraw_milestone"),
    path(f"{MILESTONE}/xac-nhan/", recording.review_milestone, name="review_milestone"),
    path(
        "co-quan/<int:pk>/dot/<int:rollout_id>/tinh-trang/<slug:state>/",
        recording.move_rollout,
        name="move_rollout",
    ),
    path("co-quan/<int:pk>/cong-bo/", recording.declare, name="declare"),
    path(f"{DECLARATION}/sua/", recording.amend_declaration, name="amend_declaration"),
    path(f"{DECLARATION}/rut/", recording.withdraw_declaration, name="withdraw_declaration"),
    path(f"{DECLARATION}/xac-nhan/", recording.review_declaration, name="review_declaration"),
    path("ke-hoach/<str:code>/dot-trien-khai/", lists.rollout_list, name="rollouts"),
    path("thu-tuc/", lists.catalogue, name="procedures"),
    path("thu-tuc/co-quan/", lists.duty_list, name="duties"),
]
