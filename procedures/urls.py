"""Addresses of agencies, rollouts, documents and procedures."""

from django.urls import path

from procedures import converters  # noqa: F401  (makes <code:…> known)
from procedures.views import (
    acceptance,
    agency,
    bulk,
    campaigns,
    documents,
    find,
    grid,
    grid_acts,
    history,
    lists,
    recording,
    several,
    work,
    workbooks,
)
from procedures.views.imports import check, confirm, done, downloads, home, match, recognise

MILESTONE = "co-quan/<int:pk>/dot/<int:rollout_id>/moc/<int:milestone_id>"
CAMPAIGN = "chuyen-doi/<int:pk>"
GRID = "co-quan/<int:pk>/thu-tuc"
IMPORT = "nhap-bang-tinh/<int:pk>"
DOCUMENT = "van-ban/<int:pk>"
DECLARATION = "co-quan/<int:pk>/cong-bo/<int:declaration_id>"

urlpatterns = [
    path("tim/", find.find_anything, name="find"),
    path("viec-cua-toi/<slug:what>/", work.work_list, name="work_list"),
    path("xac-nhan/", acceptance.queue, name="acceptance"),
    path("xac-nhan/tat-ca/", acceptance.all_matching, name="acceptance_all"),
    path("xac-nhan/quyet-dinh/", acceptance.review_entries, name="review_entries"),
    path("co-quan/", lists.agency_list, name="agencies"),
    path("co-quan/<int:pk>/", agency.agency_page, name="agency"),
    path(f"{GRID}/", grid.grid, name="agency_procedures"),
    path(f"{GRID}/<int:duty_id>/", grid.row, name="agency_procedure"),
    path(f"{GRID}/nhieu/", grid_acts.many, name="edit_procedures"),
    path(f"{GRID}/dan/", grid_acts.paste, name="paste_procedures"),
    path(f"{GRID}/sao-chep/", grid_acts.copy, name="copy_procedures"),
    path(f"{GRID}/so-sanh/", grid_acts.compare, name="compare_procedures"),
    path(f"{GRID}/can-dieu-chinh/", grid_acts.adapt, name="adapt_procedures"),
    path("co-quan/<int:pk>/dot/<int:rollout_id>/moc/", recording.record_milestone, name="record_milestone"),
    path("co-quan/<int:pk>/dot/<int:rollout_id>/nhieu-moc/", several.record_several, name="record_several"),
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
    path("ke-hoach/<code:code>/dot-trien-khai/", lists.rollout_list, name="rollouts"),
    path("thu-tuc/", lists.catalogue, name="procedures"),
    path("thu-tuc/co-quan/", lists.duty_list, name="duties"),
    path("sua-hang-loat/", bulk.begin, name="bulk_begin"),
    path("sua-hang-loat/<int:pk>/doi-chieu/", bulk.names, name="bulk_names"),
    path("sua-hang-loat/<int:pk>/", bulk.values, name="bulk_values"),
    path("sua-hang-loat/<int:pk>/xem-truoc/", bulk.preview, name="bulk_preview"),
    path("chuyen-doi/chien-dich/", campaigns.campaigns, name="campaigns"),
    path("chuyen-doi/moi/", campaigns.start_campaign, name="start_campaign"),
    path("chuyen-doi/dem/", campaigns.count_eligible, name="count_eligible"),
    path(f"{CAMPAIGN}/", campaigns.campaign_page, name="campaign"),
    path(f"{CAMPAIGN}/sua/", campaigns.amend_campaign, name="amend_campaign"),
    path(f"{CAMPAIGN}/dot/moi/", campaigns.add_wave, name="add_wave"),
    path(f"{CAMPAIGN}/dot/dem/", campaigns.count_wave, name="count_wave"),
    path(f"{CAMPAIGN}/dot/<int:wave_id>/sua/", campaigns.amend_wave, name="amend_wave"),
    path(f"{CAMPAIGN}/dot/<int:wave_id>/giao/", campaigns.assign_wave, name="assign_wave"),
    path("mot-van-ban/", bulk.one_decision, name="one_decision"),
    *(
        path(f"lich-su/{kind.slug}/<int:pk>/", history.record_history, {"kind": kind}, f"history_of_{name}")
        for name, kind in history.KINDS.items()
    ),
    path("lich-su/dong/<int:pk>/<slug:column>/", history.restore_value, name="restore_value"),
    path("van-ban/", documents.document_list, name="documents"),
    path("van-ban/moi/", documents.register, name="register_document"),
    path("van-ban/tim/", documents.options, name="document_options"),
    path(f"{DOCUMENT}/", documents.document_page, name="document"),
    path(f"{DOCUMENT}/sua/", documents.amend, name="amend_document"),
    path(f"{DOCUMENT}/thay-tep/", documents.replace_file, name="replace_file"),
    path(f"{DOCUMENT}/tep/", documents.download, name="document_file"),
    path(f"{DOCUMENT}/tep/<slug:sha256>/", documents.download, name="earlier_file"),
    path("bang-excel/", workbooks.home, name="workbooks"),
    path("bang-excel/tai-xuong/", workbooks.download, name="workbooks_download"),
    path("nhap-bang-tinh/", home.home, name="imports"),
    path("nhap-bang-tinh/mau/<slug:kind>.xlsx", downloads.template, name="import_template"),
    path(
        "nhap-bang-tinh/danh-sach/<slug:kind>.xlsx",
        downloads.current_list,
        {"form": "xlsx"},
        name="import_list",
    ),
    path(
        "nhap-bang-tinh/danh-sach/<slug:kind>.csv",
        downloads.current_list,
        {"form": "csv"},
        name="import_list_csv",
    ),
    path(f"{IMPORT}/tep-goc/", home.original_file, name="import_file"),
    path(f"{IMPORT}/nhan-dang/", recognise.recognise, name="import_recognise"),
    path(f"{IMPORT}/doi-chieu/", match.match, name="import_match"),
    path(f"{IMPORT}/so-sanh/", workbooks.compare, name="import_compare"),
    path(f"{IMPORT}/kiem-tra/", check.check, name="import_check"),
    path(f"{IMPORT}/kiem-tra/ghi-loi.xlsx", check.annotated, name="import_annotated"),
    path(f"{IMPORT}/xac-nhan/", confirm.confirm, name="import_confirm"),
    path(f"{IMPORT}/xong/", done.done, name="import_done"),
    path(f"{IMPORT}/hoan-tac/", done.take_back, name="import_undo"),
]
