"""Addresses of the board, the plans and the reports."""

from django.urls import path

from procedures import converters  # noqa: F401  (makes <code:…> known)
from reports.views import board, compare, conversion, forecast, papers, public, templates, territory, week

urlpatterns = [
    path("cong-khai/", public.public_list, name="public_list"),
    path("cong-khai/danh-sach.csv", public.public_file, {"form": "csv"}, name="public_csv"),
    path("cong-khai/danh-sach.json", public.public_file, {"form": "json"}, name="public_json"),
    path("robots.txt", public.robots, name="robots"),
    path("", board.start, name="start"),
    path("bang-dieu-hanh/", board.board, name="board"),
    path("ke-hoach/", board.latest_plan, name="plans"),
    path("ke-hoach/<code:code>/", board.plan_page, name="plan"),
    path("ke-hoach/<code:code>/du-bao/", forecast.forecast_page, name="forecast"),
    path("so-sanh/", compare.compare_page, name="compare"),
    path("so-sanh/co-quan/", compare.compare_agencies, name="compare_agencies"),
    path("toi/thu-tuan/", week.this_week, name="weekly_mail"),
    path("dia-ban/<int:pk>/", territory.territory_page, name="territory"),
    path("dia-ban/<int:pk>/30-ngay/<slug:kind>/", territory.recent_list, name="territory_recent"),
    path("chuyen-doi/", conversion.board, name="conversion"),
    path("bao-cao/", papers.reports, name="reports"),
    path("bao-cao/xem/", papers.preview, name="report_preview"),
    path("bao-cao/xem/tep.docx", papers.draft, {"form": "docx"}, name="report_docx"),
    path("bao-cao/xem/tep.xlsx", papers.draft, {"form": "xlsx"}, name="report_xlsx"),
    path("bao-cao/phat-hanh/", papers.publish, name="publish_report"),
    path("bao-cao/doi-ma/", papers.verify, name="verify_report"),
    path("bao-cao/mau/", templates.templates, name="report_templates"),
    path("bao-cao/mau/co-san.docx", templates.built_in_template, name="built_in_template"),
    path("bao-cao/mau/o-dien.xlsx", templates.placeholder_list, name="placeholder_list"),
    path("bao-cao/mau/co-san/dung/", templates.use_template, name="use_built_in_template"),
    path("bao-cao/mau/<int:pk>/dung/", templates.use_template, name="use_template"),
    path("bao-cao/mau/<int:pk>/thu.docx", templates.try_template, name="try_template"),
    path("bao-cao/so/<str:code>/", papers.published, name="published_report"),
    path("bao-cao/so/<str:code>/tep.docx", papers.published_file, {"form": "docx"}, name="published_docx"),
    path("bao-cao/so/<str:code>/tep.xlsx", papers.published_file, {"form": "xlsx"}, name="published_xlsx"),
]
