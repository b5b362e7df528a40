"""Every page of the administration opens for those who may open it, with a bounded number of queries."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agencies.models import Membership, PastIdentity, Role, Succession, Upload
from agencies.testing import day, make_province, make_user, today
from procedures.models import Document, Plan, Procedure, Target
from procedures.testing import make_document, make_plan, make_procedure, make_target, standard

pytestmark = pytest.mark.django_db

COORDINATOR, ADMINISTRATOR = "coordinator", "administrator"
# (who looks, who adds, who changes, who deletes); a superuser does all that anybody does.
RIGHTS = {
    "agencies.agency": ({COORDINATOR, ADMINISTRATOR}, {ADMINISTRATOR}, {ADMINISTRATOR}, set()),
    "agencies.user": ({ADMINISTRATOR},) * 4,
    "agencies.membership": ({ADMINISTRATOR},) * 4,
    "agencies.pastidentity": ({COORDINATOR, ADMINISTRATOR}, set(), set(), set()),
    "agencies.succession": ({COORDINATOR, ADMINISTRATOR}, set(), set(), set()),
    "agencies.changeset": ({COORDINATOR, ADMINISTRATOR}, set(), set(), set()),
    "agencies.change": ({COORDINATOR, ADMINISTRATOR}, set(), set(), set()),
    "agencies.upload": ({COORDINATOR, ADMINISTRATOR}, set(), set(), set()),
    "procedures.standard": ({COORDINATOR},) * 4,
    "procedures.procedure": ({COORDINATOR},) * 4,
    "procedures.document": ({COORDINATOR},) * 4,
    "procedures.plan": ({COORDINATOR},) * 4,
    "procedures.target": ({COORDINATOR}, set(), {COORDINATOR}, {COORDINATOR}),
}
MODELS = {model._meta.label_lower: model for model in admin.site._registry}


@pytest.fixture
def province():
    """A province with a record of every kind."""
    province = make_province()
    make_user(Role.EDITOR, province.lac_dao)
    plan = make_plan(province.committee, decision=make_document(issued_by=province.committee))
    make_target(plan, 60)
    make_target(plan, 100, form=None)
    make_procedure()
    revised = province.lac_dao.revise(by=None, seen=1, on=day("2020-07-01"), name="UBND xã Lạc Đạo mới")
    revised.close(by=None, seen=2, on=day("2021-01-01"), successor=province.lac_hong)
    Upload.objects.create(kind="agencies", file_name="danh-sach.xlsx", on=today())
    return province


def person(role, province):
    if role == "superuser":
        return make_user(is_superuser=True)
    return make_user(role, province.committee)


def test_the_list_of_rights_is_complete():
    assert set(MODELS) == set(RIGHTS)


@pytest.mark.parametrize("role", ["superuser", COORDINATOR, ADMINISTRATOR])
@pytest.mark.parametrize("label", RIGHTS)
def test_each_page_opens_or_is_refused(client, province, role, label):
    client.force_login(person(role, province))
    model = MODELS[label]
    looks, adds, changes, deletes = RIGHTS[label]
    found = admin.site._registry[model].model._default_manager.order_by("pk").last()
    if label == "agencies.user":
        found = Membership.objects.filter(role=Role.EDITOR).get().user
    if label == "agencies.change":
        found = found.__class__.objects.filter(agency__isnull=False).first()
    assert found is not None

    def allowed(whom):
        return role in whom or (role == "superuser" and bool(whom))

    def status(page, *args):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse(name, args=args))
        assert len(queries) <= 28, [q["sql"][:150] for q in queries]
        return answer.status_code

    assert status("changelist") == (200 if allowed(looks) else 403)
    assert status("change", found.pk) == (200 if allowed(looks) else 403)
    assert status("history", found.pk) == (200 if allowed(looks) else 403)
    assert status("add") == (200 if allowed(adds) else 403)
    assert status("delete", found.pk) == (200 if allowed(deletes) else 403)


@pytest.mark.parametrize("typed", ["%", "xx", "1.5", "9" * 30])
def test_what_can_be_no_id_is_refused_beside_its_field(client, province, typed):
    client.force_login(person("superuser", province))
    tried = set()
    for model, page in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        found = model._default_manager.order_by("pk").first()
        for url in (reverse(f"{name}add"), reverse(f"{name}change", args=[found.pk])):
            if not (fields := page.get_autocomplete_fields(None)) or client.get(url).status_code == 403:
                continue
            answer = client.post(url, dict.fromkeys(fields, typed))
            assert answer.status_code == 200
            form = answer.context["adminform"].form
            assert form.fields.keys() & set(fields) <= form.errors.keys()
            assert client.get(url, dict.fromkeys(fields, typed)).status_code == 200
            tried.add(model._meta.label_lower)
    assert {"agencies.agency", "agencies.membership", "procedures.plan", "procedures.document"} <= tried


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.EDITOR])
def test_readers_and_editors_are_refused(client, province, role):
    client.force_login(make_user(role, province.committee))
    assert client.get(reverse("admin:index")).status_code == 403
    assert client.get(reverse("admin:agencies_agency_changelist")).status_code == 403


def test_a_coordinator_looks_at_agencies_but_does_not_write_them(client, province):
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    page = client.get(reverse("admin:agencies_agency_change", args=[province.lac_hong.pk]))
    assert not page.context["has_change_permission"]
    url = reverse("admin:agencies_agency_change", args=[province.lac_hong.pk])
    assert client.post(url, {"name": "x"}).status_code == 403
    assert client.get(reverse("admin:agencies_agency_close", args=[province.lac_hong.pk])).status_code == 403


@pytest.mark.parametrize(
    "label", ["agencies.agency", "agencies.membership", "procedures.plan", "procedures.document"]
)
def test_what_lies_outside_ones_agencies_does_not_exist(client, province, label):
    other = make_province("H32", "Hà Nam")
    role = RIGHTS[label][0] & {ADMINISTRATOR} and Role.ADMINISTRATOR or Role.COORDINATOR
    client.force_login(make_user(role, other.committee))
    model = MODELS[label]
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
    found = {
        "agencies.agency": province.lac_hong,
        "agencies.membership": Membership.objects.filter(agency=province.lac_dao).first(),
        "procedures.plan": Plan.objects.first(),
        "procedures.document": Document.objects.first(),
    }[label]
    for page in ("change", "delete", "history"):
        if label == "agencies.agency" and page == "delete":
            continue
        assert client.get(reverse(f"{name}{page}", args=[found.pk])).status_code == 404
    shown = client.get(reverse(f"{name}changelist")).context["cl"].result_list
    assert found not in shown


def test_shared_dictionaries_are_written_only_from_the_top_of_a_tree(client, province):
    client.force_login(make_user(Role.COORDINATOR, province.van_lam))
    procedure = Procedure.objects.first()
    page = client.get(reverse("admin:procedures_procedure_change", args=[procedure.pk]))
    assert (page.status_code, page.context["has_change_permission"]) == (200, False)
    assert client.get(reverse("admin:procedures_procedure_add")).status_code == 403
    assert client.get(reverse("admin:procedures_standard_delete", args=[standard().pk])).status_code == 403


@pytest.mark.parametrize(
    "label", ["agencies.agency", "agencies.membership", "procedures.procedure", "agencies.change"]
)
def test_lists_cost_the_same_for_many_records(client, province, label):
    client.force_login(person("superuser", province))
    model = MODELS[label]
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        return len(queries)

    first = cost()
    other = make_province("H32", "Hà Nam")
    for agency in other.all:
        make_user(Role.VIEWER, agency)
        make_procedure()
    assert cost() <= first


def test_search_knows_no_accents(client, province):
    client.force_login(person("superuser", province))
    for name, words, found in (
        ("agencies_agency", "lac hong", 1),
        ("agencies_membership", "LAC DAO", 1),
        ("agencies_pastidentity", "lạc đạo", 1),
        ("procedures_procedure", "dang ky viec", Procedure.objects.count()),
    ):
        page = client.get(reverse(f"admin:{name}_changelist"), {"q": words})
        assert page.context["cl"].result_count == found, name
    choices = client.get(
        reverse("admin:autocomplete"),
        {"term": "lac hong", "app_label": "procedures", "model_name": "plan", "field_name": "agency"},
    ).json()
    assert [c["text"] for c in choices["results"]] == ["UBND xã Lạc Hồng"]


def test_there_is_a_record_of_every_kind(province):
    assert PastIdentity.objects.exists()
    assert Succession.objects.exists()
    assert Target.objects.exists()
