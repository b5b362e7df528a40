"""Every screen of the register: who opens it, and where. A new page adds its line here."""

from dataclasses import dataclass

DAY = "on=31/10/2020"


@dataclass(frozen=True)
class Screen:
    """`path` may name what `places` found in the register. `status` is the answer it must give."""

    name: str
    path: str
    who: str | None = "lanhdao"
    status: int = 200


SCREENS = (
    Screen("sign-in", "/dang-nhap/", who=None),
    Screen("board-today", "/"),
    Screen("board", f"/?{DAY}"),
    Screen("board-bad-day", "/?on=31/02/2020", status=422),
    Screen("board-confirmed-only", "/bang-dieu-hanh/?xacnhan=1&" + DAY),
    Screen("work-of-editor", "/", who="vanlam"),
    Screen("work-without-much", "/", who="sotuphap"),
    Screen("work-of-coordinator", "/", who="dieuphoi"),
    Screen("work-late", "/viec-cua-toi/qua-han/", who="vanlam"),
    Screen("work-returned", "/viec-cua-toi/bi-tra-lai/", who="vanlam"),
    Screen("work-gaps", "/viec-cua-toi/thieu-minh-chung/", who="dieuphoi"),
    Screen("work-news", "/viec-cua-toi/co-gi-moi/", who="vanlam"),
    Screen("acceptance", "/xac-nhan/", who="dieuphoi"),
    Screen("acceptance-none", "/xac-nhan/?q=khongcogi", who="dieuphoi"),
    Screen("acceptance-all", "/xac-nhan/tat-ca/", who="dieuphoi"),
    Screen("notices", "/thong-bao/", who="vanlam"),
    Screen("notices-none", "/thong-bao/"),
    Screen("board-of-district", "/?agency={van_lam}&" + DAY),
    Screen("board-of-editor", f"/?{DAY}", who="lacdao"),
    Screen("compare", "/so-sanh/?from=08/06/2020&" + DAY),
    Screen("compare-as-known", "/so-sanh/?from=08/06/2020&as=known&" + DAY),
    Screen("compare-nothing", "/so-sanh/?from=01/01/2022&on=31/12/2022", who="vanlam"),
    Screen("compare-bad-day", "/so-sanh/?from=31/02/2020", status=422),
    Screen("compare-agencies", "/so-sanh/co-quan/?from=08/06/2020&figure=declared&" + DAY),
    Screen("territory", "/dia-ban/{van_lam}/?" + DAY),
    Screen("territory-of-province", "/dia-ban/{province}/?" + DAY),
    Screen("territory-of-editor", "/dia-ban/{van_lam}/?" + DAY, who="vanlam"),
    Screen("territory-recent", "/dia-ban/{van_lam}/30-ngay/moc/?" + DAY),
    Screen("territory-recent-none", "/dia-ban/{van_lam}/30-ngay/giai-the/?" + DAY),
    Screen("conversion", "/chuyen-doi/?" + DAY),
    Screen("conversion-of-coordinator", "/chuyen-doi/", who="dieuphoi"),
    Screen("campaigns", "/chuyen-doi/chien-dich/", who="dieuphoi"),
    Screen("campaign", "/chuyen-doi/{campaign}/", who="dieuphoi"),
    Screen("campaign-of-reader", "/chuyen-doi/{campaign}/"),
    Screen("start-campaign", "/chuyen-doi/moi/", who="dieuphoi"),
    Screen("amend-campaign", "/chuyen-doi/{campaign}/sua/", who="dieuphoi"),
    Screen("add-wave", "/chuyen-doi/{campaign}/dot/moi/", who="dieuphoi"),
    Screen("plan", f"/ke-hoach/{{plan}}/?{DAY}"),
    Screen("rollouts", f"/ke-hoach/{{plan}}/dot-trien-khai/?{DAY}"),
    Screen("rollouts-late", f"/ke-hoach/{{plan}}/dot-trien-khai/?{DAY}&late=yes"),
    Screen("agencies", "/co-quan/"),
    Screen("agencies-filtered", f"/co-quan/?{DAY}&level=commune&q=lac+dao"),
    Screen("agencies-none", "/co-quan/?q=khongcogi"),
    Screen("agency", "/co-quan/{lac_dao}/"),
    Screen("agency-past", f"/co-quan/{{late}}/?{DAY}"),
    Screen("agency-without-rollout", "/co-quan/{no_rollout}/"),
    Screen("agency-with-gaps", "/co-quan/{gaps}/"),
    Screen("agency-carried-over", "/co-quan/{van_lam}/"),
    Screen("agency-of-editor", "/co-quan/{lac_dao}/", who="lacdao"),
    Screen("agency-of-coordinator", "/co-quan/{unconfirmed}/", who="dieuphoi"),
    Screen("find", "/tim/"),
    Screen("find-found", "/tim/?q=van+giang"),
    Screen("find-all-kinds", "/tim/?q=1"),
    Screen("find-none", "/tim/?q=khongcogi", who="lacdao"),
    Screen("grid", "/co-quan/{lac_dao}/thu-tuc/", who="lacdao"),
    Screen("grid-of-reader", "/co-quan/{lac_dao}/thu-tuc/?state=iso"),
    Screen("grid-row", "/co-quan/{lac_dao}/thu-tuc/?q=khai+sinh&sua={duty}", who="lacdao"),
    Screen("grid-none", "/co-quan/{lac_dao}/thu-tuc/?state=ended", who="lacdao"),
    Screen("grid-paste", "/co-quan/{lac_dao}/thu-tuc/dan/", who="lacdao"),
    Screen("grid-copy", "/co-quan/{lac_dao}/thu-tuc/sao-chep/", who="dieuphoi"),
    Screen("grid-copy-nothing", "/co-quan/{lac_dao}/thu-tuc/sao-chep/", who="lacdao"),
    Screen("grid-compare", "/co-quan/{lac_dao}/thu-tuc/so-sanh/?kind=same", who="dieuphoi"),
    Screen("grid-adapt", "/co-quan/{so_tu_phap}/thu-tuc/can-dieu-chinh/", who="dieuphoi"),
    Screen("procedures", "/thu-tuc/"),
    Screen("procedures-filtered", "/thu-tuc/?q=khai+sinh&level=commune"),
    Screen("duties", f"/thu-tuc/co-quan/?{DAY}&iso=yes"),
    Screen("record-milestone", "/co-quan/{lac_dao}/dot/{lac_dao_rollout}/moc/", who="lacdao"),
    Screen("amend-milestone", "{milestone}/sua/", who="dieuphoi"),
    Screen("withdraw-milestone", "{milestone}/rut/", who="dieuphoi"),
    Screen("review-milestone", "{milestone}/xac-nhan/", who="dieuphoi"),
    Screen("declare", "/co-quan/{lac_dao}/cong-bo/", who="lacdao"),
    Screen("amend-declaration", "{declaration}/sua/", who="dieuphoi"),
    Screen("withdraw-declaration", "{declaration}/rut/", who="dieuphoi"),
    Screen("review-declaration", "{declaration}/xac-nhan/", who="dieuphoi"),
    Screen("reports", "/bao-cao/", who="dieuphoi"),
    Screen("report", "/bao-cao/xem/?{report}", who="dieuphoi"),
    Screen("report-wrong", "/bao-cao/xem/?kind=x", status=422),
    Screen("report-templates", "/bao-cao/mau/", who="dieuphoi"),
    Screen("verify-code", "/bao-cao/doi-ma/?code=12", status=422),
    Screen("one-document", "/mot-van-ban/", who="dieuphoi"),
    Screen("bulk-names", "/sua-hang-loat/{bulk_pasted}/doi-chieu/", who="dieuphoi"),
    Screen("bulk-values", "/sua-hang-loat/{bulk_pasted}/", who="dieuphoi"),
    Screen("bulk-preview", "/sua-hang-loat/{bulk}/xem-truoc/", who="dieuphoi"),
    Screen("rollouts-of-coordinator", "/ke-hoach/{plan}/dot-trien-khai/", who="dieuphoi"),
    Screen("duties-of-coordinator", "/thu-tuc/co-quan/", who="dieuphoi"),
    Screen("history-of-agency", "/lich-su/co-quan/{lac_dao}/", who="lacdao"),
    Screen("history-of-plan", "/lich-su/ke-hoach/{plan_id}/", who="dieuphoi"),
    Screen("history-with-values-to-restore", "/lich-su/co-quan/{noted}/", who="dieuphoi"),
    Screen("restore-value", "/lich-su/dong/{note_change}/note/", who="dieuphoi"),
    Screen("record-several", "{several}/nhieu-moc/", who="dieuphoi"),
    Screen("documents", "/van-ban/"),
    Screen("documents-none", "/van-ban/?q=khongcogi"),
    Screen("document", "/van-ban/{document}/"),
    Screen("document-of-editor", "/van-ban/{document}/", who="lacdao"),
    Screen("register-document", "/van-ban/moi/", who="lacdao"),
    Screen("amend-document", "/van-ban/{document}/sua/", who="lacdao"),
    Screen("replace-file", "/van-ban/{document}/thay-tep/", who="lacdao"),
    Screen("profile", "/toi/", who="lacdao"),
    Screen("week", "/toi/thu-tuan/"),
    Screen("week-of-coordinator", "/toi/thu-tuan/", who="dieuphoi"),
    Screen("public", "/cong-khai/", who=None),
    Screen("public-found", "/cong-khai/?q=lac&cap=commune&huyen=huyen-van-lam", who=None),
    Screen("public-none", "/cong-khai/?q=khongcogi", who=None),
    Screen("public-wrong", "/cong-khai/?cap=x", who=None, status=422),
    Screen("password", "/toi/mat-khau/", who="lacdao"),
    Screen("people", "/nguoi-dung/", who="quantri"),
    Screen("people-none", "/nguoi-dung/?q=khongcoai", who="quantri"),
    Screen("person", "/nguoi-dung/{person}/?agency={van_lam}", who="quantri"),
    Screen("changes", "/thay-doi/", who="dieuphoi"),
    Screen("changes-none", "/thay-doi/?since=01/01/2026", who="dieuphoi"),
    Screen("change-set", "/thay-doi/{change_set}/", who="dieuphoi"),
    Screen("undo", "/thay-doi/{change_set}/hoan-tac/", who="dieuphoi"),
    Screen("imports", "/nhap-bang-tinh/", who="dieuphoi"),
    Screen("import-recognise", "/nhap-bang-tinh/{messy_list}/nhan-dang/", who="dieuphoi"),
    Screen("import-recognise-no-heading", "/nhap-bang-tinh/{strange_list}/nhan-dang/", who="dieuphoi"),
    Screen("import-match", "/nhap-bang-tinh/{messy_list}/doi-chieu/", who="dieuphoi"),
    Screen("import-check-errors", "/nhap-bang-tinh/{messy_list}/kiem-tra/?show=errors", who="dieuphoi"),
    Screen("import-check-warnings", "/nhap-bang-tinh/{messy_list}/kiem-tra/?show=warnings", who="dieuphoi"),
    Screen("import-check-new", "/nhap-bang-tinh/{clean_list}/kiem-tra/?show=new", who="dieuphoi"),
    Screen("import-confirm", "/nhap-bang-tinh/{clean_list}/xac-nhan/", who="dieuphoi"),
    Screen("import-done", "/nhap-bang-tinh/{messy_list}/xong/", who="dieuphoi"),
    Screen("workbooks", "/bang-excel/", who="dieuphoi"),
    Screen("workbooks-of-editor", "/bang-excel/", who="lacdao"),
    Screen("agencies-of-editor", "/co-quan/?agency={van_lam}", who="vanlam"),
    Screen("admin", "/quan-tri/", who="dieuphoi"),
    Screen("admin-of-administrator", "/quan-tri/", who="quantri"),
    Screen("admin-list", "/quan-tri/procedures/procedure/", who="dieuphoi"),
    Screen("admin-form", "/quan-tri/procedures/procedure/{procedure}/change/", who="dieuphoi"),
    Screen("admin-plan", "/quan-tri/procedures/plan/{plan_id}/change/", who="dieuphoi"),
    Screen("admin-agencies", "/quan-tri/agencies/agency/", who="quantri"),
    Screen("admin-agency", "/quan-tri/agencies/agency/{lac_dao}/change/", who="quantri"),
    Screen("admin-person", "/quan-tri/agencies/user/{person}/change/", who="quantri"),
    Screen("not-found", "/co-quan/999999999/", status=404),
    Screen("not-allowed", "/co-quan/{lac_dao}/cong-bo/", status=403),
)


def places(register):
    """The numbers that the paths above name."""
    return register.ask(
        """
import datetime
from agencies.imports import uploads
from agencies.models import Agency, ChangeSet, User
from agencies.testing import workbook
from procedures import imports
from procedures.lifecycle import Acceptance
from procedures.models import AgencyProcedure, Declaration, Milestone, Plan, Procedure, Rollout
day = datetime.date(2020, 10, 31)
lac_dao = Agency.objects.get(code="H31.325.11989")
late = Rollout.objects.all().as_of(day).late(day).order_by("due_on", "pk").first()
waiting = Milestone.objects.filter(acceptance=Acceptance.UNREVIEWED, declaration=None)
waiting = waiting.exclude(rollout__agency=lac_dao).order_by("pk").first()
declared = Declaration.objects.filter(acceptance=Acceptance.UNREVIEWED).exclude(agency=lac_dao).order_by("pk").first()
late_reporter = Rollout.objects.filter(state="active", stage="declared").order_by("pk")
late_reporter = min(late_reporter, key=lambda r: r.milestones.count())
without_paper = Declaration.objects.filter(number="").order_by("pk").first()
shared = Milestone.objects.filter(rollout__agency__parent__code="H31.325", stage="trained")
shared = shared.exclude(rollout__agency__in=[lac_dao.pk, waiting.rollout.agency_id]).order_by("pk").first()
from agencies.models import Change
from procedures.models import BulkEdit, Campaign
plan, coordinator = Plan.objects.get(), User.objects.get(username="dieuphoi")
bulk = BulkEdit.objects.begin(coordinator, subject="rollouts", act="move", query="plan=" + plan.code)
bulk.typed = {"state": "paused", "on": "01/12/2021"}
bulk.save()
names = chr(10).join(["Lạc Đạo", "xã Minh Khai", "Không có"])
pasted = BulkEdit.objects.begin(coordinator, subject="agencies", act="reach", pasted=names)
noted = Agency.objects.get(code="H31.01")
noted.revise(by=coordinator, seen=noted.version, note="Trụ sở mới")
note_change = Change.objects.of(noted).first()
head = ["STT", "Tên cơ quan", "Số quyết định", "Ngày công bố", "Phiên bản", "Điện thoại"]
sender = User.objects.get(username="dieuphoi")


def sent(name, *rows):
    declarations = imports.kind("declarations")
    upload = uploads.receive(workbook(*rows), name, kind=declarations, user=sender)
    uploads.check(declarations, upload, user=sender)
    return upload.pk


answer = {
    "campaign": Campaign.objects.get().pk,
    "province": plan.agency_id,
    "messy_list": sent(
        "Danh sách công bố.xlsx", ["DANH SÁCH CƠ QUAN ĐÃ CÔNG BỐ"], head, ["I", "HUYỆN VĂN LÂM"], [1, "Xã Lạc Đạo", "1/QĐ-UBND", "31/02/2021", 2015, "0221"],
        [2, "Xã Đại Đông", "2/QĐ-UBND", "05/03/2021", 2015, "0221"], [None, "Tổng cộng: 3 đơn vị"], [None, "Người lập biểu"],
    ),
    "strange_list": sent("Danh sách lạ.xlsx", ["Nơi làm", "Q", "N"], ["Lạc Đạo", "1/QĐ", "05/03/2021"]),
    "clean_list": sent("Danh sách sạch.xlsx", ["Mã cơ quan", *head[2:5]], [lac_dao.code, "1/QĐ-UBND", "05/03/2023", 2015]),
    "bulk": bulk.pk,
    "bulk_pasted": pasted.pk,
    "noted": noted.pk,
    "note_change": note_change.pk,
    "plan": Plan.objects.get().code,
    "report": f"kind=annual&plan={Plan.objects.get().code}&agency={Plan.objects.get().agency_id}&on=31/12/2020"
    "&made_on=05/02/2021&recipients=S%E1%BB%9F&signer_title=Gi%C3%A1m+%C4%91%E1%BB%91c",
    "plan_id": Plan.objects.get().pk,
    "lac_dao": lac_dao.pk,
    "lac_dao_rollout": lac_dao.rollouts.get().pk,
    "van_lam": Agency.objects.get(code="H31.325").pk,
    "late": late.agency_id,
    "no_rollout": Agency.objects.filter(rollouts=None, covered_by=None).order_by("pk").first().pk,
    "gaps": without_paper.agency_id,
    "unconfirmed": waiting.rollout.agency_id,
    "milestone": f"/co-quan/{waiting.rollout.agency_id}/dot/{waiting.rollout_id}/moc/{waiting.pk}",
    "declaration": f"/co-quan/{declared.agency_id}/cong-bo/{declared.pk}",
    "so_tu_phap": Agency.objects.get(code="H31.02").pk,
    "shared_milestone": f"/co-quan/{shared.rollout.agency_id}/dot/{shared.rollout_id}/moc/{shared.pk}",
    "duty": AgencyProcedure.objects.get(agency=lac_dao, procedure__code="1.001193").pk,
    "several": f"/co-quan/{late_reporter.agency_id}/dot/{late_reporter.pk}",
    "document": lac_dao.documents.order_by("pk").first().pk,
    "person": User.objects.get(username="lacdao").pk,
    "change_set": ChangeSet.objects.order_by("-pk")[5].pk,
    "procedure": Procedure.objects.order_by("pk").first().pk,
}
"""
    )
