"""Addresses of the board and the plans."""

from django.urls import path

from procedures import converters  # noqa: F401  (makes <code:…> known)
from reports import views
from reports.papers import template_views
from reports.papers import views as papers

urlpatterns = [
    path("", views.start, name="start"),
    path("bang-dieu-hanh/", views.board, name="board"),
    path("ke-hoach/", views.latest_plan, name="plans"),
    path("ke-hoach/<code:code>/", views.plan_page, name="plan"),
    path("bao-cao/", papers.reports, name="reports"),
    path("bao-cao/xem/", papers.preview, name="report_preview"),
    path("bao-cao/xem/tep.docx", papers.draft, {"form": "docx"}, name="report_docx"),
    path("bao-cao/xem/tep.xlsx", papers.draft, {"form": "xlsx"}, name="report_xlsx"),
    path("bao-cao/phat-hanh/", papers.publish, name="publish_report"),
    path("bao-cao/doi-ma/", papers.verify, name="verify_report"),
    path("bao-cao/mau/", template_views.templates, name="report_templates"),
    path("bao-cao/mau/co-san.docx", template_views.built_in_template, name="built_in_template"),
    path("bao-cao/mau/o-dien.xlsx", template_views.placeholder_list, name="placeholder_list"),
    path("bao-cao/mau/co-san/dung/", template_views.use_template, name="use_built_in_template"),
    path("bao-cao/mau/<int:pk>/dung/", template_views.use_template, name="use_template"),
    path("bao-cao/mau/<int:pk>/thu.docx", template_views.try_template, name="try_template"),
    path("bao-cao/so/<str:code>/", papers.published, name="published_report"),
    path("bao-cao/so/<str:code>/tep.docx", papers.published_file, {"form": "docx"}, name="published_docx"),
    path("bao-cao/so/<str:code>/tep.xlsx", papers.published_file, {"form": "xlsx"}, name="published_xlsx"),
]
