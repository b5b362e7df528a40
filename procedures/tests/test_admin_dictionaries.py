"""The dictionaries of plan and catalogue in the administration: recorded, revisable, deletable only when unused."""

import pytest
from django.urls import reverse

from agencies.history import undo
from agencies.models import Change, ChangeSet, Role
from agencies.models.history import Door
from agencies.testing import admin_values, day, make_province, make_user
from procedures.models import CoverageTally, Document, Plan, Procedure, Standard, Target, TargetRevision
from procedures.testing import make_document, make_duties, make_plan, make_procedure, make_target, standard

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def coordinator(client, province):
    user = make_user(Role.COORDINATOR, province.committee)
    client.force_login(user)
    return user


def url(obj, page="change"):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{page}", args=[obj.pk])


def save(client, obj, **values):
    return client.post(url(obj), admin_values(client.get(url(obj))) | values)


def errors(answer):
    assert answer.status_code == 200
    return set(answer.context["adminform"].form.errors)


def test_a_new_standard_is_data(client, coordinator):
    typed = {
        "code": "TCVN ISO  9001:2026",
        "short": ":2026",
        "published_on": "01/10/2026",
        "reason": "Tiêu chuẩn mới",
    }
    assert client.post(reverse("admin:procedures_standard_add"), typed).status_code == 302
    made = Standard.objects.get(code="TCVN ISO 9001:2026")
    act = Change.objects.of(made).get().change_set
    assert (act.door, act.made_by, act.reason) == (Door.ADMIN, coordinator, "Tiêu chuẩn mới")


def test_a_rule_of_the_database_stands_beside_its_field_in_words(client, province, coordinator):
    assert errors(save(client, standard(2015), withdrawn_on="01/01/2000")) == {"withdrawn_on"}
    assert standard(2015).withdrawn_on is None
    procedure, other = make_procedure(effective_on=day("2020-01-01")), make_procedure()
    assert errors(save(client, procedure, repealed_on="01/01/2019")) == {"repealed_on"}
    answer = save(client, procedure, code=other.code)
    assert errors(answer) == {"code"}
    assert "procedure_code_is_unique" not in answer.content.decode()
    assert errors(save(client, make_plan(province.committee), ends_on="01/01/2019")) == {"ends_on"}
    document = make_document(issued_by=province.committee)
    assert errors(save(client, document, number="")) == {"number"}


def test_repealing_a_procedure_recounts_the_agencies(client, province, coordinator):
    procedure = make_procedure()
    make_duties(province.lac_dao, procedure)
    assert CoverageTally.objects.totals(day("2021-01-01")) == (1, 0)
    assert save(client, procedure, repealed_on="01/01/2021").status_code == 302
    assert CoverageTally.objects.totals(day("2020-12-31")) == (1, 0)
    assert CoverageTally.objects.totals(day("2021-01-01")) == (0, 0)
    undo(Change.objects.of(procedure).first().change_set, by=None)
    assert CoverageTally.objects.totals(day("2021-01-01")) == (1, 0)


def test_levels_are_ticked(client, coordinator):
    procedure = make_procedure(levels="province,commune")
    page = client.get(url(procedure))
    assert page.context["adminform"].form["levels"].value() == ["province", "commune"]
    assert save(client, procedure, levels=["commune", "district"]).status_code == 302
    assert Procedure.objects.get(pk=procedure.pk).levels == "district,commune"
    assert errors(save(client, procedure, levels=[])) == {"levels"}
    assert errors(save(client, procedure, levels=["king"])) == {"levels"}


def test_a_procedure_in_use_is_not_deleted(client, province, coordinator):
    used, free = make_procedure(), make_procedure()
    make_duties(province.lac_dao, used)
    client.post(url(used, "delete"), {"post": "yes"})
    assert Procedure.objects.filter(pk=used.pk).exists()
    assert client.post(url(free, "delete"), {"post": "yes"}).status_code == 302
    line = Change.objects.of(free).get()
    assert line.after is None
    undo(line.change_set, by=None)
    assert Procedure.objects.matching(free.code).get().pk == free.pk


def test_deleting_many_is_one_act(client, province, coordinator):
    used, *free = (make_procedure() for _ in range(4))
    make_duties(province.lac_dao, used)
    where = reverse("admin:procedures_procedure_changelist")
    picked = {"action": "delete_selected", "_selected_action": [p.pk for p in free], "post": "yes"}
    assert client.post(where, picked).status_code == 302
    assert Procedure.objects.get() == used
    act = ChangeSet.objects.first()
    assert act.changes.count() == 3
    client.post(where, picked | {"_selected_action": [used.pk]})
    assert Procedure.objects.get() == used


def test_a_plan_is_entered_with_its_targets_in_one_act(client, province, coordinator):
    typed = {
        "code": "KH-123",
        "name": "Kế hoạch áp dụng HTQLCL 2020–2021",
        "agency": province.committee.pk,
        "decided_on": "08/06/2020",
        "starts_on": "08/06/2020",
        "ends_on": "31/12/2021",
        "targets-TOTAL_FORMS": 2,
        "targets-INITIAL_FORMS": 0,
        "targets-0-metric": "units",
        "targets-0-form": "BUILD",
        "targets-0-year": 2020,
        "targets-0-levels": ["commune"],
        "targets-0-due_on": "31/12/2020",
        "targets-0-position": 1,
        "targets-0-figure": 60,
        "targets-1-metric": "coverage",
        "targets-1-levels": ["province", "district", "commune"],
        "targets-1-due_on": "31/12/2021",
        "targets-1-position": 2,
        "targets-1-figure": 100,
    }
    add = reverse("admin:procedures_plan_add")
    assert client.post(add, typed | {"targets-1-figure": 101}).status_code == 200
    assert client.post(add, typed | {"targets-0-figure": ""}).status_code == 200
    assert client.post(add, typed | {"decided_on": "08/06/2999"}).status_code == 200
    assert not Plan.objects.exists()
    assert client.post(add, typed).status_code == 302
    plan = Plan.objects.get()
    assert [t.revision_on(day("2020-06-08")).value for t in plan.targets.all()] == [60, 100]
    assert ChangeSet.objects.filter(door=Door.ADMIN).count() == 1
    assert ChangeSet.objects.first().changes.count() == 5


def test_a_target_is_shown_in_words_and_its_year_as_a_year(client, province, coordinator):
    target = make_target(make_plan(province.committee), 60, year=2020, levels="commune")
    for page in (url(target), reverse("admin:procedures_target_changelist")):
        shown = client.get(page).content.decode()
        assert ">2020<" in shown and "2.020" not in shown
    shown = client.get(url(target)).content.decode()
    assert "Cấp xã" in shown and ">commune<" not in shown
    assert "Thứ tự" in shown and "Chức vụ" not in shown


def test_changing_a_target_makes_an_open_page_of_the_plan_stale(client, province, coordinator):
    plan = make_plan(province.committee)
    target = make_target(plan, 60)
    page = admin_values(client.get(url(plan)))
    assert client.post(url(plan), page | {"targets-0-due_on": "30/11/2020"}).status_code == 302
    target.refresh_from_db()
    assert (str(target.due_on), target.version) == ("2020-11-30", 2)
    assert Change.objects.of(target).first().before == {"due_on": "2020-12-31"}
    assert "__all__" in errors(client.post(url(plan), page | {"targets-0-due_on": "01/11/2020"}))
    target.refresh_from_db()
    assert str(target.due_on) == "2020-11-30"


def test_a_later_decision_revises_a_target_and_the_earlier_figure_stays(client, province, coordinator):
    target = make_target(make_plan(province.committee), 60)
    new = {"revisions-1-value": 50, "revisions-1-decided_on": "01/10/2020", "revisions-1-reason": "QĐ 9"}
    assert save(client, target, **new).status_code == 302
    assert [r.value for r in target.revisions.all()] == [60, 50]
    act = Change.objects.filter(model="procedures.targetrevision").first().change_set
    assert (act.made_by, act.door) == (coordinator, Door.ADMIN)
    for wrong in ({"revisions-2-decided_on": "01/10/2020"}, {"revisions-2-decided_on": "01/10/2999"}):
        answer = save(client, target, **{"revisions-2-value": 40} | wrong)
        assert answer.status_code == 200
    assert TargetRevision.objects.count() == 2


def test_a_deleted_plan_comes_back_with_its_targets_and_figures(client, province, coordinator):
    plan = make_plan(province.committee)
    make_target(plan, 60)
    assert client.post(url(plan, "delete"), {"post": "yes"}).status_code == 302
    assert not Target.objects.exists()
    act = ChangeSet.objects.first()
    assert act.changes.count() == 3
    assert len(undo(act, by=None).restored) == 3
    assert Plan.objects.get().targets.get().revisions.get().value == 60


def test_a_plan_is_not_given_to_an_agency_outside_ones_own(client, province, coordinator):
    other = make_province("H32", "Hà Nam")
    plan = make_plan(province.committee)
    assert errors(save(client, plan, agency=other.committee.pk)) == {"agency"}


def test_a_stale_document_shows_what_was_stored_meanwhile(client, province, coordinator):
    document = make_document(issued_by=province.committee, signer="Nguyễn Văn A")
    mine = admin_values(client.get(url(document))) | {"signer": "Trần Văn C"}
    assert save(client, document, signer="Lê Văn B").status_code == 302
    answer = client.post(url(document), mine)
    assert errors(answer) == {"__all__", "signer"}
    assert "Lê Văn B" in answer.content.decode()
    assert Document.objects.get(pk=document.pk).signer == "Lê Văn B"


def test_a_figure_is_entered_though_an_earlier_one_was_taken_back_meanwhile(client, province, coordinator):
    target = make_target(make_plan(province.committee), 60)
    target.revise(65, on=day("2020-08-01"), by=None)
    values = admin_values(client.get(url(target)))
    undo(ChangeSet.objects.first(), by=None)
    values |= {
        "revisions-2-value": "70",
        "revisions-2-decided_on": "01/09/2020",
        "revisions-2-reason": "QĐ 2",
    }
    assert client.post(url(target), values).status_code == 302
    assert list(target.revisions.order_by("decided_on").values_list("value", flat=True)) == [60, 70]
