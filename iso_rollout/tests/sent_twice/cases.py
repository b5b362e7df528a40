"""Every form of the program, each with a world in which it can be sent: `CASES` by the name of its address.

A new address that accepts POST needs its line here, or in `WITHOUT_EFFECT`; a test counts them.
"""

import io
import itertools
from dataclasses import dataclass, field
from types import SimpleNamespace
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse
from PIL import Image

from agencies.imports import uploads
from agencies.models import Change, ChangeSet, Membership, Notice, Role, Upload
from agencies.models.notices import NoticeKind
from agencies.testing import day, make_agency, make_province, make_user, today
from iso_rollout.tests.sent_twice.pages import form_values
from procedures.lifecycle import Stage
from procedures.models import BulkEdit, Standard
from procedures.testing import (
    declare,
    make_campaign,
    make_document,
    make_duties,
    make_plan,
    make_procedure,
    make_rollout,
    make_target,
    make_wave,
    reach,
    standard,
)
from procedures.tests.filling import KIND, Book, issued
from reports.models import OfficeTemplate

_numbers = itertools.count(1)
CASES = {}


@dataclass
class Sent:
    """One form: who sends it, on which page it stands, what is typed, where it goes (None: the page itself)."""

    person: object
    page: str
    values: dict = field(default_factory=dict)
    action: str | None = None
    files: dict = field(default_factory=dict)  # {name: (file name, bytes)}
    without_form: bool = False  # a button that has no form on a page of its own
    changes: bool = True  # whether a table of the register changes


def case(name, **more):
    def keep(make):
        CASES[name, more.get("as_", "")] = make
        return make

    return keep


def make_world():
    """A province of its own with a plan, one undertaking, and people of every role."""
    number = next(_numbers)
    province = make_province(f"S{number}", f"Số {number}")
    plan = make_plan(province.committee)
    make_target(plan, 60)

    def person(role, agency, **values):
        return make_user(role, agency, username=f"nguoi{number}.{role}", **values)

    return SimpleNamespace(
        number=number,
        province=province,
        plan=plan,
        agency=province.lac_dao,
        rollout=make_rollout(plan, province.lac_dao),
        editor=person(Role.EDITOR, province.van_lam),
        coordinator=person(Role.COORDINATOR, province.committee),
        administrator=person(Role.ADMINISTRATOR, province.committee),
        boss=make_user(username=f"quantri{number}", is_superuser=True, is_staff=True),
    )


def of_rollout(w, act, *more):
    return reverse(act, args=[w.agency.pk, w.rollout.pk, *more])


def planned(w):
    return reach(w.rollout, Stage.PLANNED, by=w.editor)


# Milestones and undertakings


@case("record_milestone")
def _(w):
    values = {
        "stage": "planned",
        "on": "10/06/2020",
        "doc_number": f"{w.number}/KH",
        "doc_signed_on": "10/06/2020",
    }
    return Sent(w.editor, of_rollout(w, "record_milestone"), values)


@case("amend_milestone")
def _(w):
    values = {"on": "12/06/2020", "reason": "Sai ngày"}
    return Sent(w.editor, of_rollout(w, "amend_milestone", planned(w).pk), values)


@case("withdraw_milestone")
def _(w):
    return Sent(w.editor, of_rollout(w, "withdraw_milestone", planned(w).pk), {"reason": "Nhầm"})


@case("review_milestone")
def _(w):
    address = of_rollout(w, "review_milestone", planned(w).pk)
    return Sent(w.coordinator, address, {"after": "returned", "note": "Thiếu số"})


@case("move_rollout")
def _(w):
    return Sent(w.coordinator, of_rollout(w, "move_rollout", "paused"), {"reason": "Chờ sắp xếp"})


@case("move_rollout", as_="carry over")
def _(w):
    values = {"on": "01/03/2021", "year": "2021", "due_on": "31/12/2021", "reason": "Chậm"}
    return Sent(w.coordinator, of_rollout(w, "move_rollout", "carried_over"), values)


@case("record_several")
def _(w):
    values = {
        "on_planned": "10/06/2020",
        "on_steering": "20/06/2020",
        "paper_steering": f"{w.number}/QĐ ngày 20/06/2020",
    }
    return Sent(w.editor, of_rollout(w, "record_several"), values)


# Documents


def picture(w):
    """The bytes of a small picture that nobody sent before."""
    out = io.BytesIO()
    Image.new("RGB", (40 + w.number, 40), (w.number % 255, 120, 90)).save(out, "PNG")
    return {"file": ("quyet-dinh.png", out.getvalue())}


@case("register_document")
def _(w):
    values = {
        "issued_by": w.agency.pk, "number": f"{w.number}/QĐ", "signed_on": "08/06/2020", "title": "Quyết định",
    }  # fmt: skip
    return Sent(w.editor, reverse("register_document"), values, files=picture(w))


@case("register_document", as_="without number and file")
def _(w):
    values = {"issued_by": w.agency.pk, "signed_on": "08/06/2020", "title": f"Biên bản {w.number}"}
    return Sent(w.editor, reverse("register_document"), values)


def own_document(w):
    return make_document(issued_by=w.agency)


@case("amend_document")
def _(w):
    page = reverse("amend_document", args=[own_document(w).pk])
    return Sent(w.editor, page, {"signer": "Nguyễn Văn A", "why": "Thiếu người ký"})


@case("replace_file")
def _(w):
    page = reverse("replace_file", args=[own_document(w).pk])
    return Sent(w.editor, page, {"why": "Bản rõ hơn"}, files=picture(w))


# Declarations


@case("declare")
def _(w):
    make_duties(w.agency, make_procedure())
    return Sent(w.editor, reverse("declare", args=[w.agency.pk]), {"number": "1/QĐ", "on": "20/11/2020"})


@case("declare", as_="of an undertaking")
def _(w):
    page = f"{reverse('declare', args=[w.agency.pk])}?dot={w.rollout.pk}"
    return Sent(w.editor, page, {"number": "1/QĐ", "on": "20/11/2020"}, page)


def of_declaration(w, act):
    return reverse(act, args=[w.agency.pk, declare(w.agency, by=w.editor).pk])


@case("amend_declaration")
def _(w):
    return Sent(w.editor, of_declaration(w, "amend_declaration"), {"number": "2/QĐ", "why": "Sai số"})


@case("withdraw_declaration")
def _(w):
    return Sent(w.editor, of_declaration(w, "withdraw_declaration"), {"reason": "Nhầm"})


@case("review_declaration")
def _(w):
    return Sent(w.coordinator, of_declaration(w, "review_declaration"), {"after": "accepted"})


# Many at once


def rollouts_page(w):
    return reverse("rollouts", args=[w.plan.code])


def begun(w, act="due", **values):
    return BulkEdit.objects.begin(
        w.coordinator, subject="rollouts", act=act, query=f"plan={w.plan.code}", **values
    )


@case("bulk_begin")
def _(w):
    values = {"act": "due", "what": "all"}
    return Sent(w.coordinator, rollouts_page(w), values, reverse("bulk_begin"), changes=False)


@case("one_decision")
def _(w):
    return Sent(w.coordinator, reverse("one_decision"), {"way": "paste", "pasted": "Lạc Đạo"}, changes=False)


@case("bulk_names")
def _(w):
    make_agency("UBND xã Lạc Đạo", w.province.khoai_chau)
    edit = BulkEdit.objects.begin(w.coordinator, subject="agencies", act="reach", pasted="xã Lạc Đạo")
    page = reverse("bulk_names", args=[edit.pk])
    return Sent(w.coordinator, page, {"answer-0": w.agency.pk}, changes=False)


@case("bulk_values")
def _(w):
    page = reverse("bulk_values", args=[begun(w).pk])
    return Sent(w.coordinator, page, {"due_on": "30/06/2021"}, changes=False)


def ready(w, subject, act, query, typed):
    """An edit whose values are typed, before its confirmation."""
    edit = BulkEdit.objects.begin(w.coordinator, subject=subject, act=act, query=query)
    edit.typed = typed
    edit.save()
    return Sent(w.coordinator, reverse("bulk_preview", args=[edit.pk]), {"reason": "CV 12"})


# Conversion campaigns


def planned_wave(w):
    """A wave with one eligible unit."""
    unit = w.province.chi_dao
    declare(unit, on="2019-05-06", year=2008)
    return make_wave(make_campaign(w.plan, by=w.coordinator), by=w.coordinator)


@case("start_campaign")
def _(w):
    values = {
        "name": "Chuyển đổi", "source": standard(2008).pk, "target": standard(2015).pk,
        "eligible_on": "08/06/2020", "due_on": "31/12/2021",
    }  # fmt: skip
    return Sent(w.coordinator, reverse("start_campaign"), values)


@case("amend_campaign")
def _(w):
    campaign = make_campaign(w.plan, by=w.coordinator)
    page = reverse("amend_campaign", args=[campaign.pk])
    return Sent(w.coordinator, page, {"name": "Tên khác", "reason": "Gõ nhầm"})


@case("add_wave")
def _(w):
    page = reverse("add_wave", args=[make_campaign(w.plan, by=w.coordinator).pk])
    return Sent(w.coordinator, page, {"starts_on": "08/06/2020", "due_on": "31/12/2020"})


@case("amend_wave")
def _(w):
    wave = planned_wave(w)
    page = reverse("amend_wave", args=[wave.campaign_id, wave.pk])
    return Sent(w.coordinator, page, {"name": "cấp xã", "reason": "Gõ nhầm"})


@case("assign_wave")
def _(w):
    wave = planned_wave(w)
    page, action = (
        reverse("campaign", args=[wave.campaign_id]),
        reverse("assign_wave", args=[wave.campaign_id, wave.pk]),
    )
    return Sent(w.coordinator, page, {}, action, changes=False)


@case("bulk_preview", as_="wave")
def _(w):
    wave = planned_wave(w)
    query = f"campaign={wave.campaign_id}&wave={wave.pk}"
    return ready(w, "waves", "assign_wave", query, {"wave": wave.pk, "on": "15/06/2020"})


@case("bulk_preview")
def _(w):
    return ready(w, "rollouts", "due", f"plan={w.plan.code}", {"due_on": "30/06/2021"})


@case("bulk_preview", as_="milestone")
def _(w):
    typed = {
        "stage": "trained",
        "on": "15/07/2020",
        "doc_number": f"{w.number}/BC",
        "doc_signed_on": "15/07/2020",
    }
    return ready(w, "rollouts", "reach", f"plan={w.plan.code}", typed)


@case("bulk_preview", as_="carry over")
def _(w):
    typed = {"state": "carried_over", "on": "01/03/2021", "year": "2021", "due_on": "31/12/2021"}
    return ready(w, "rollouts", "move", f"plan={w.plan.code}", typed)


@case("bulk_preview", as_="assign")
def _(w):
    typed = {"plan": w.plan.pk, "form": "BUILD", "year": "2021", "due_on": "31/12/2021"}
    return ready(w, "agencies", "assign", "level=commune", typed)


@case("bulk_preview", as_="declare")
def _(w):
    typed = {"number": f"{w.number}/QĐ", "on": "20/11/2020", "standard": standard().pk}
    return ready(w, "agencies", "declare", "level=commune", typed)


@case("bulk_preview", as_="duties")
def _(w):
    make_duties(w.agency, make_procedure())
    typed = {"standard": standard().pk, "applied_on": "01/10/2020", "document_code": "QT-01"}
    return ready(w, "duties", "rework", f"agency={w.agency.pk}", typed)


# The lead agency's queue


@case("review_entries")
def _(w):
    milestone = planned(w)
    values = {"after": "accepted", "pick": [f"m{milestone.pk}.{milestone.version}"]}
    return Sent(w.coordinator, reverse("review_entries"), values, without_form=True)


# The grid of an agency's procedures


def of_grid(w, name, *more):
    return reverse(name, args=[w.agency.pk, *more])


def asked_again(person, address, values):
    """The page that shows what would become true, ready to be sent: what a person confirms there."""
    browser = Client(HTTP_HOST="localhost")
    browser.force_login(person)
    html = browser.post(address, values).content.decode()
    confirmed = {}
    for name, value in form_values(html, page=address, action=address):
        confirmed.setdefault(name, []).append(value)
    del confirmed["csrfmiddlewaretoken"]
    return Sent(person, address, confirmed, without_form=True)


@case("agency_procedure")
def _(w):
    duty = make_duties(w.agency, make_procedure())[0]
    values = {
        "seen": duty.version,
        "standard": standard().pk,
        "applied_on": "01/10/2020",
        "document_code": "QT-1",
    }
    return Sent(w.editor, of_grid(w, "agency_procedure", duty.pk), values, without_form=True)


@case("edit_procedures")
def _(w):
    duty = make_duties(w.agency, make_procedure())[0]
    values = {"act": "set", "picks": duty.pk, "standard": standard().pk, "on": "01/10/2020"}
    return asked_again(w.editor, of_grid(w, "edit_procedures"), values)


@case("paste_procedures")
def _(w):
    procedure = make_duties(w.agency, make_procedure())[0].procedure
    values = {"pasted": f"{procedure.code}\tQT-07", "standard": standard().pk}
    return asked_again(w.editor, of_grid(w, "paste_procedures"), values)


@case("copy_procedures")
def _(w):
    procedure = make_duties(w.province.lac_hong, make_procedure())[0].procedure
    values = {"source": w.province.lac_hong.pk, "picks": procedure.pk}
    return asked_again(w.editor, of_grid(w, "copy_procedures"), values)


# Workbooks


@case("workbooks_download")
def _(w):
    values = {"agency": w.agency.pk}
    return Sent(w.editor, reverse("workbooks_download"), values, without_form=True, changes=False)


def filled(w):
    """A workbook of the agency that went out, and came back with another day than was entered meanwhile."""
    milestone = planned(w)
    book = Book(issued(w.agency, by=w.editor)).fill(f"R{w.rollout.pk}", planned=day("2020-06-11"))
    w.rollout.refresh_from_db()
    w.rollout.amend(milestone, on=day("2020-06-12"), by=None, seen=w.rollout.version, reason="Sai ngày")
    return book.data


@case("workbooks")
def _(w):
    return Sent(w.editor, reverse("workbooks"), {}, files={"file": ("bang.xlsx", filled(w))})


@case("import_compare")
def _(w):
    upload = uploads.receive(filled(w), "bang.xlsx", kind=KIND, user=w.editor, on=today())
    uploads.check(KIND, upload, user=w.editor)
    return Sent(w.editor, step("compare", upload), {"all": "file"}, without_form=True)


# History


@case("undo_change_set")
def _(w):
    planned(w)
    page = reverse("undo_change_set", args=[ChangeSet.objects.first().pk])
    return Sent(w.coordinator, page, {"reason": "Nhầm"})


@case("restore_value")
def _(w):
    w.rollout.reschedule(day("2021-06-30"), by=None, seen=w.rollout.version)
    page = reverse("restore_value", args=[Change.objects.of(w.rollout).first().pk, "due_on"])
    return Sent(w.coordinator, page, {"reason": "Nhầm"})


# Imports

TABLE = (
    "Tên cơ quan\tTiêu chuẩn\tSố quyết định\tNgày công bố\n{name}\tTCVN ISO 9001:2015\t{number}\t05/10/2020\n"
)


def pasted_list(w, number="12/QĐ"):
    """A list of declarations that was received and checked."""
    from agencies.imports import uploads
    from procedures import imports

    kind = imports.kind("declarations")
    data = TABLE.format(name="UBND xã Lạc Đạo", number=number).encode()
    upload = uploads.receive(data, "ds.csv", kind=kind, user=w.coordinator, on=day("2021-12-31"))
    uploads.check(kind, upload, user=w.coordinator)
    return Upload.objects.get(pk=upload.pk)


def step(name, upload):
    return reverse(f"import_{name}", args=[upload.pk])


@case("imports")
def _(w):
    values = {
        "kind": "declarations",
        "on": "31/12/2021",
        "pasted": TABLE.format(name="UBND xã Lạc Đạo", number="12/QĐ"),
    }
    return Sent(w.coordinator, reverse("imports"), values)


@case("import_recognise")
def _(w):
    values = {"act": "read", "on": "30/12/2021"}
    return Sent(w.coordinator, step("recognise", pasted_list(w)), values, without_form=True)


@case("import_match")
def _(w):
    make_agency("UBND xã Lạc Đạo", w.province.khoai_chau)
    upload = pasted_list(w)
    return Sent(w.coordinator, step("match", upload), {"answer-0": w.agency.pk})


@case("import_check")
def _(w):
    upload = pasted_list(w, number="")
    return Sent(
        w.coordinator, step("check", upload), {"act": "tick", "ticked": ["W_NO_NUMBER"]}, without_form=True
    )


@case("import_confirm")
def _(w):
    return Sent(w.coordinator, step("confirm", pasted_list(w)), {"reason": "CV 12"})


@case("import_undo")
def _(w):
    from agencies.imports import uploads
    from procedures import imports

    upload, kind = pasted_list(w), imports.kind("declarations")
    uploads.confirm(upload, user=w.coordinator)
    uploads.apply(kind, upload, user=w.coordinator)
    return Sent(w.coordinator, step("undo", upload), {"reason": "Nhầm"})


# Oneself


@case("login")
def _(w):
    values = {"username": w.editor.username, "password": "matkhau-dai"}
    return Sent(None, reverse("login"), values, changes=False)


@case("logout")
def _(w):
    return Sent(w.editor, reverse("profile"), {}, reverse("logout"), changes=False)


@case("set_language")
def _(w):
    return Sent(w.editor, reverse("profile"), {"language": "en"}, reverse("set_language"), changes=False)


@case("profile")
def _(w):
    return Sent(w.editor, reverse("profile"), {"position": "Chuyên viên"})


@case("choose_notices")
def _(w):
    return Sent(w.editor, reverse("profile"), {"due": "none"}, reverse("choose_notices"))


@case("read_notices")
def _(w):
    told = Notice(to=w.editor, kind=NoticeKind.DUE, title="Sắp đến hạn")
    told.save()
    return Sent(w.editor, reverse("read_notices"), {"notice": told.pk}, without_form=True)


@case("password_change")
def _(w):
    new = "mot-cau-dai-hon-nua"
    values = {"old_password": "matkhau-dai", "new_password1": new, "new_password2": new}
    return Sent(w.editor, reverse("password_change"), values)


# People


@case("grant_role")
def _(w):
    page = reverse("person", args=[w.editor.pk])
    values = {"role": "viewer", "agency": w.province.khoai_chau.code, "starts_on": ""}
    return Sent(w.administrator, page, values, reverse("grant_role", args=[w.editor.pk]))


@case("end_grant")
def _(w):
    held = Membership.objects.get(user=w.editor)
    page = reverse("person", args=[w.editor.pk])
    return Sent(w.administrator, page, {"on": "31/12/2021"}, reverse("end_grant", args=[held.pk]))


# Reports


def shown_report(w):
    values = {
        "kind": "progress", "plan": w.plan.code, "agency": w.province.committee.pk, "on": "31/12/2020",
        "made_on": "05/01/2021", "signer_title": "Giám đốc",
    }  # fmt: skip
    return urlencode(values)


@case("publish_report")
def _(w):
    query = shown_report(w)
    page = f"{reverse('report_preview')}?{query}"
    return Sent(w.coordinator, page, {}, f"{reverse('publish_report')}?{query}")


def office_template(w):
    # The register has one in use at most: that of another world makes room.
    OfficeTemplate.objects.update(is_in_use=False)
    return OfficeTemplate.objects.create(
        name="Mẫu",
        file_name="mau.docx",
        sha256=f"{w.number:064d}",
        file=f"templates/{w.number}",
        uploaded_by=w.coordinator,
    )


@case("use_template")
def _(w):
    page = reverse("report_templates")
    return Sent(w.coordinator, page, {}, reverse("use_template", args=[office_template(w).pk]))


@case("use_built_in_template")
def _(w):
    OfficeTemplate.use(office_template(w), by=w.coordinator)
    return Sent(w.coordinator, reverse("report_templates"), {}, reverse("use_built_in_template"))


@case("report_templates")
def _(w):
    from docx import Document

    from reports.papers import word
    from reports.views.templates import sample

    # Another file in each world: the same one again is the one on record.
    template, data = Document(io.BytesIO(word.built_in_for(sample(w.coordinator)))), io.BytesIO()
    template.add_paragraph(str(w.number))
    template.save(data)
    return Sent(
        w.coordinator,
        reverse("report_templates"),
        {"name": "Mẫu"},
        files={"file": ("mau.docx", data.getvalue())},
    )


# The administration


def admin(act, *args):
    return reverse(f"admin:{act}", args=args)


def new_agency(w, **values):
    return {
        "name": f"Sở Mới {w.number}",
        "kind": "department",
        "level": "province",
        "parent": w.province.committee.pk,
    } | values


@case("admin:agencies_agency_add")
def _(w):
    return Sent(w.administrator, admin("agencies_agency_add"), new_agency(w))


@case("admin:agencies_agency_change")
def _(w):
    return Sent(
        w.administrator, admin("agencies_agency_change", w.agency.pk), {"name": f"UBND xã {w.number}"}
    )


@case("admin:agencies_agency_close")
def _(w):
    values = {"on": "01/07/2025", "successor": w.province.lac_hong.code}
    return Sent(w.administrator, admin("agencies_agency_close", w.province.chi_dao.pk), values)


@case("admin:agencies_user_add")
def _(w):
    new = "mot-cau-dai-hon"
    values = {"username": f"moi{w.number}", "full_name": "Người Mới", "password1": new, "password2": new}
    return Sent(w.administrator, admin("agencies_user_add"), values)


@case("admin:agencies_user_change")
def _(w):
    return Sent(w.boss, admin("agencies_user_change", w.editor.pk), {"full_name": "Tên Mới"})


@case("admin:auth_user_password_change")
def _(w):
    new = "mot-cau-dai-hon"
    return Sent(w.boss, admin("auth_user_password_change", w.editor.pk), {"password1": new, "password2": new})


@case("admin:agencies_user_delete")
def _(w):
    someone = make_user(username=f"thua{w.number}")
    return Sent(w.boss, admin("agencies_user_delete", someone.pk), {"post": "yes"})


@case("admin:agencies_membership_add")
def _(w):
    values = {"user": w.editor.pk, "role": "viewer", "agency": w.province.khoai_chau.pk}
    return Sent(w.boss, admin("agencies_membership_add"), values)


@case("admin:agencies_membership_change")
def _(w):
    held = Membership.objects.get(user=w.editor)
    return Sent(w.boss, admin("agencies_membership_change", held.pk), {"ends_on": "31/12/2021"})


@case("admin:agencies_membership_delete")
def _(w):
    held = Membership.objects.get(user=w.editor)
    return Sent(w.boss, admin("agencies_membership_delete", held.pk), {"post": "yes"})


@case("admin:procedures_standard_add")
def _(w):
    values = {"code": f"TCVN ISO {w.number}:2026", "short": f":{w.number}", "published_on": "01/01/2026"}
    return Sent(w.boss, admin("procedures_standard_add"), values)


@case("admin:procedures_standard_change")
def _(w):
    return Sent(w.boss, admin("procedures_standard_change", spare_standard(w).pk), {"publication": "QĐ 1"})


@case("admin:procedures_standard_delete")
def _(w):
    return Sent(w.boss, admin("procedures_standard_delete", spare_standard(w).pk), {"post": "yes"})


def spare_standard(w):
    return Standard.objects.create(code=f"TCVN thừa {w.number}", short=":x", published_on=day("2020-01-01"))


@case("admin:procedures_procedure_add")
def _(w):
    values = {"name": f"Việc mới {w.number}", "field": "Hộ tịch", "levels": ["commune"]}
    return Sent(w.boss, admin("procedures_procedure_add"), values)


@case("admin:procedures_procedure_change")
def _(w):
    return Sent(w.boss, admin("procedures_procedure_change", make_procedure().pk), {"field": "Đất đai"})


@case("admin:procedures_procedure_delete")
def _(w):
    return Sent(w.boss, admin("procedures_procedure_delete", make_procedure().pk), {"post": "yes"})


@case("admin:procedures_document_add")
def _(w):
    values = {"kind": "decision", "number": f"{w.number}/QĐ", "issued_by": w.agency.pk}
    return Sent(w.boss, admin("procedures_document_add"), values)


@case("admin:procedures_document_change")
def _(w):
    document = make_document(issued_by=w.agency)
    return Sent(w.boss, admin("procedures_document_change", document.pk), {"signer": "Nguyễn Văn A"})


@case("admin:procedures_document_delete")
def _(w):
    return Sent(w.boss, admin("procedures_document_delete", make_document().pk), {"post": "yes"})


@case("admin:procedures_plan_add")
def _(w):
    values = {
        "code": f"KH-moi-{w.number}", "name": "Kế hoạch mới", "agency": w.province.committee.pk,
        "decided_on": "01/01/2022", "starts_on": "01/01/2022", "ends_on": "31/12/2022",
    }  # fmt: skip
    return Sent(w.boss, admin("procedures_plan_add"), values)


@case("admin:procedures_plan_change")
def _(w):
    return Sent(w.boss, admin("procedures_plan_change", w.plan.pk), {"note": "Ghi chú"})


@case("admin:procedures_plan_delete")
def _(w):
    plan = make_plan(w.province.committee)
    return Sent(w.boss, admin("procedures_plan_delete", plan.pk), {"post": "yes"})


@case("admin:procedures_target_change")
def _(w):
    values = {
        "revisions-0-value": "70", "revisions-0-decided_on": "01/09/2020", "revisions-0-reason": "QĐ 2",
    }  # fmt: skip
    target = w.plan.targets.get()
    first = target.revisions.count()
    values = {name.replace("-0-", f"-{first}-"): value for name, value in values.items()}
    return Sent(w.boss, admin("procedures_target_change", target.pk), values)


@case("admin:procedures_target_delete")
def _(w):
    return Sent(w.boss, admin("procedures_target_delete", w.plan.targets.get().pk), {"post": "yes"})


def marked(w, name, record):
    """Several chosen in a list of the administration and deleted."""
    values = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
    return Sent(w.boss, admin(f"{name}_changelist"), values, without_form=True)


for _name, _make in {
    "agencies_user": lambda w: make_user(username=f"thua{w.number}"),
    "agencies_membership": lambda w: Membership.objects.get(user=w.editor),
    "procedures_standard": spare_standard,
    "procedures_procedure": lambda w: make_procedure(),
    "procedures_document": lambda w: make_document(),
    "procedures_plan": lambda w: make_plan(w.province.committee),
    "procedures_target": lambda w: w.plan.targets.get(),
}.items():
    case(f"admin:{_name}_changelist")(lambda w, name=_name, make=_make: marked(w, name, make(w)))

# They answer a POST like a GET, or refuse it: nothing is written. `admin:-` are redirects and the last resort.
LOOKED_AT = {
    "admin:index",
    "admin:login",
    "admin:logout",
    "admin:password_change",
    "admin:password_change_done",
}
LOOKED_AT |= {"admin:autocomplete", "admin:jsi18n", "admin:view_on_site", "admin:app_list", "admin:-"}
READ_ONLY = (
    "agencies_pastidentity",
    "agencies_succession",
    "agencies_changeset",
    "agencies_change",
    "agencies_upload",
)
# While it is off, the public page is not there for any method.
PUBLIC = {"public_list", "public_csv", "public_json"}
# They count what a form being filled in would take.
COUNTED = {"count_eligible", "count_wave"}
WITHOUT_EFFECT = (
    LOOKED_AT
    | COUNTED
    | PUBLIC
    | {f"admin:{name}_{act}" for name in READ_ONLY for act in ("changelist", "add", "change", "delete")}
    | {"admin:agencies_agency_delete", "admin:agencies_agency_changelist", "admin:procedures_target_add"}
)
