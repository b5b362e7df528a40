"""Lines of history as people read them."""

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from agencies.history import open_change_set, record, snapshot, undo
from agencies.models import Change, Kind, Role
from agencies.presenting import history_lines, printed_values
from agencies.testing import day, make_agency, make_province, make_user
from procedures.lifecycle import Stage
from procedures.testing import make_document, make_plan, make_procedure, make_rollout, make_target, reach

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def rows(line):
    return {row.label: (row.before, row.after) for row in line.rows}


def test_a_revision_names_fields_choices_days_and_parents():
    province, user = make_province(), make_user(full_name="Lê Đức Bình")
    agency = make_agency("Chi cục Thuế", province.committee, Kind.SUB_DEPARTMENT)
    agency.revise(
        by=user, seen=1, reason="QĐ 1", parent=province.van_lam, kind=Kind.VERTICAL, level="district",
        established_on=day("2019-07-01"),
    )  # fmt: skip
    line = history_lines(Change.objects.of(agency), 1)[0]
    assert (line.by, line.why, line.what) == ("Lê Đức Bình", "QĐ 1", "Changed: agency Chi cục Thuế")
    assert line.batch_url == f"/thay-doi/{line.change_set_id}/"
    assert rows(line) == {
        "Parent": ("UBND tỉnh Hưng Yên", "UBND huyện Văn Lâm"),
        "Kind": ("Sub-department", "Vertically managed agency"),
        "Level": ("Province", "District"),
        "Established on": ("", "01/07/2019"),
    }


def test_a_new_and_a_deleted_record_list_what_they_held():
    procedure = make_procedure(levels="province,commune", effective_on=day("2020-03-01"))
    change_set = open_change_set("Catalogue", by=None)
    record(change_set, procedure)
    record(change_set, procedure, before=snapshot(procedure), deleted=True)
    deleted, entered = history_lines(Change.objects.of(procedure))
    assert entered.what.startswith("Entered: procedure")
    assert deleted.what.startswith("Deleted: procedure")
    assert rows(entered)["Levels"] == ("", "Province, Commune")
    assert rows(deleted)["In force from"] == ("01/03/2020", "")
    assert not {"Id", "ID", "Version", "Search key"} & set(rows(entered))
    assert entered.by == "Command at the server"


def test_yes_and_no_moments_and_long_texts():
    user = make_user()
    before = snapshot(user)
    user.is_active, user.position = False, "x" * 400
    change_set = open_change_set("Switch off", by=None)
    record(change_set, user, before=before)
    line = history_lines(Change.objects.of(user))[0]
    assert rows(line)["Active"] == ("Yes", "No")
    assert len(rows(line)["Position"][1]) == 300


def test_what_is_gone_from_the_program_or_the_database_still_prints():
    change_set = open_change_set("Old", by=None)
    Change.objects.create(
        change_set=change_set, model="old.thing", object_id=1, label="Đồ cũ", after={"a": 1}
    )
    Change.objects.create(
        change_set=change_set,
        model="procedures.target",
        object_id=1,
        before={"plan_id": 99},
        after={"plan_id": None},
    )
    target, thing = history_lines(change_set.changes.all())
    assert thing.what == "Entered: old.thing Đồ cũ"
    assert rows(target) == {"Plan": ("plan no. 99", "")}


def test_what_is_gone_is_named_as_it_was(django_assert_num_queries):
    """Not by its number: the undo of a document's entry, of a milestone that rests on it."""
    document = make_document(number="21/BC-SKHCN", signed_on=day("2020-07-15"))
    name = str(document)
    entry = open_change_set("Entered", by=None)
    record(entry, document)
    Change.objects.create(
        change_set=entry,
        model="procedures.milestone",
        object_id=1,
        before={"document_id": document.pk},
        after={},
    )
    undo(entry, by=None)
    assert not type(document).objects.exists()
    with django_assert_num_queries(3):
        (line,) = history_lines(entry.changes.filter(model="procedures.milestone"))
    assert rows(line) == {"Document": (name, "")}
    field = apps.get_model("procedures.milestone")._meta.get_field("document")
    assert printed_values(field, document.pk, None) == [name, ""]


def test_many_lines_cost_as_many_queries_as_few():
    province = make_province()
    coordinator = make_user(Role.COORDINATOR, province.committee)
    plan = make_plan(province.committee)
    make_target(plan)

    def work(agency):
        rollout = make_rollout(plan, agency, by=coordinator)
        reach(rollout, Stage.PLANNED, Stage.PROMULGATED, Stage.AUDITED, Stage.DECLARED, by=coordinator)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            history_lines(Change.objects.all())
        return len(queries)

    work(province.lac_dao)
    first = cost()
    for agency in (province.lac_hong, province.chi_dao, province.dong_tao):
        work(agency)
    assert cost() == first <= 12
    assert len(history_lines(Change.objects.all(), 5)) == 5
