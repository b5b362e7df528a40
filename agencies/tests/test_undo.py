"""Taking a change set back: the page that asks, the act, and the command."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from agencies.access import may_undo, undoable
from agencies.history import open_change_set, record, snapshot, undo
from agencies.models import Agency, Change, ChangeSet, Membership, Role, User
from agencies.testing import day, make_province, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


def rename(by, *agencies):
    """One act that renames several agencies."""
    change_set = open_change_set("Rename", by=by)
    for agency in agencies:
        stored = Agency.objects.get(pk=agency.pk)
        stored.revise(by=by, seen=stored.version, name=f"{stored.name} mới", change_set=change_set)
    return change_set


def run(number):
    out = io.StringIO()
    call_command("undo", str(number), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_restores_keeps_and_names(province):
    editor = make_user(full_name="Đỗ Thị Ánh")
    act = rename(None, province.lac_dao, province.lac_hong)
    touched = Agency.objects.get(pk=province.lac_hong.pk)
    touched.revise(by=editor, seen=touched.version, name="UBND xã Khác")
    answer = run(act.pk)
    assert answer["changeset"] == act.pk
    assert [r["id"] for r in answer["restored"]] == [province.lac_dao.pk]
    assert [(k["id"], k["by"]) for k in answer["kept"]] == [(province.lac_hong.pk, "Đỗ Thị Ánh")]
    assert answer["impossible"] == []
    assert ChangeSet.objects.get(pk=answer["undone_by"]).undoes == act
    names = dict(Agency.objects.values_list("pk", "name"))
    assert (names[province.lac_dao.pk], names[province.lac_hong.pk]) == ("UBND xã Lạc Đạo", "UBND xã Khác")


def test_undoing_twice_changes_nothing_and_an_undo_is_undone_by_undo(province):
    act = rename(None, province.lac_dao)
    first, second = run(act.pk), run(act.pk)
    assert (second["restored"], second["undone_by"]) == ([], None)
    again = run(first["undone_by"])
    assert [r["id"] for r in again["restored"]] == [province.lac_dao.pk]
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "UBND xã Lạc Đạo mới"


def test_an_unknown_change_set_is_an_error():
    with pytest.raises(CommandError):
        run(10**6)


def test_without_json_the_command_speaks_in_lines(province):
    out = io.StringIO()
    call_command("undo", str(rename(None, province.lac_dao).pk), stdout=out)
    assert "restored: UBND xã Lạc Đạo" in out.getvalue()


def test_many_kept_records_cost_a_fixed_number_of_queries(province, django_assert_max_num_queries):
    from agencies.history import what_undo_does

    act = rename(None, *province.communes)
    rename(make_user(), *province.communes)
    with django_assert_max_num_queries(4):
        found = what_undo_does(act)
    assert len(found.kept) == 5
    assert all(outcome.by for outcome in found.kept)


def test_the_page_asks_first_and_shows_the_three_lists(client, province):
    coordinator = make_user(Role.COORDINATOR, province.committee)
    act = rename(None, province.lac_dao, province.lac_hong)
    rename(make_user(full_name="Lê Đức Bình"), province.lac_hong)
    client.force_login(coordinator)
    page = client.get(reverse("undo_change_set", args=[act.pk]))
    assert page.status_code == 200
    assert [count for _title, count, _rows, _more in page.context["lists"]] == [1, 1, 0]
    assert "Lê Đức Bình" in page.content.decode()
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "UBND xã Lạc Đạo mới"


def test_two_clicks_on_undo_have_one_effect(client, province):
    coordinator = make_user(Role.COORDINATOR, province.committee)
    act = rename(None, province.lac_dao)
    client.force_login(coordinator)
    url = reverse("undo_change_set", args=[act.pk])
    first, second = (client.post(url, {"reason": "Nhập nhầm"}) for _click in range(2))
    undone = ChangeSet.objects.get(undoes=act)
    assert (undone.reason, undone.made_by) == ("Nhập nhầm", coordinator)
    assert first.url == second.url == reverse("change_set", args=[undone.pk])
    assert Change.objects.of(province.lac_dao).count() == 3
    # And back again, by the same button on the undo's own page.
    client.post(reverse("undo_change_set", args=[undone.pk]))
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "UBND xã Lạc Đạo mới"


def test_a_reason_that_is_too_long_is_asked_back(client, province):
    act = rename(None, province.lac_dao)
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    answer = client.post(reverse("undo_change_set", args=[act.pk]), {"reason": "x" * 501})
    assert answer.status_code == 422
    assert not ChangeSet.objects.filter(undoes=act).exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.ADMINISTRATOR])
def test_without_the_coordinators_role_undo_is_refused(client, province, role):
    act = rename(None, province.lac_dao)
    client.force_login(make_user(role, province.committee))
    for answer in (
        client.get(reverse("undo_change_set", args=[act.pk])),
        client.post(reverse("undo_change_set", args=[act.pk])),
    ):
        assert answer.status_code == 403
    assert not ChangeSet.objects.filter(undoes=act).exists()


def test_a_stranger_finds_no_change_set(client, province):
    act = rename(None, province.lac_dao)
    client.force_login(make_user(Role.COORDINATOR, province.khoai_chau))
    missing = client.get(reverse("change_set", args=[10**7])).content
    for name in ("change_set", "undo_change_set"):
        answer = client.get(reverse(name, args=[act.pk]))
        assert (answer.status_code, answer.content) == (404, missing)


def test_the_role_must_reach_every_agency_touched(province):
    act = rename(None, province.lac_dao, province.dong_tao)
    assert not may_undo(make_user(Role.COORDINATOR, province.van_lam), act)
    assert may_undo(make_user(Role.COORDINATOR, province.committee), act)
    assert may_undo(make_user(Role.COORDINATOR, province.lac_dao), rename(None, province.lac_dao))


def test_lines_of_no_agency_need_the_role_over_a_whole_tree(province):
    from procedures.testing import make_procedure

    act = open_change_set("Catalogue", by=None)
    record(act, make_procedure())
    assert not may_undo(make_user(Role.COORDINATOR, province.van_lam), act)
    assert not may_undo(make_user(Role.ADMINISTRATOR, province.committee), act)
    assert may_undo(make_user(Role.COORDINATOR, province.committee), act)


def test_roles_go_back_only_by_an_administrator_there(province):
    given = Membership.objects.grant(make_user(), Role.EDITOR, province.lac_dao, by=None)
    act = Change.objects.of(given).get().change_set
    assert not may_undo(make_user(Role.COORDINATOR, province.committee), act)
    assert not may_undo(make_user(Role.ADMINISTRATOR, province.khoai_chau), act)
    assert may_undo(make_user(Role.ADMINISTRATOR, province.van_lam), act)


def test_nobody_becomes_a_superuser_through_undo(province):
    person = make_user(is_superuser=True)
    before, act = snapshot(person), open_change_set("Take the rights", by=None)
    person.is_superuser = False
    person.save()
    record(act, person, before=before)
    assert not may_undo(make_user(Role.ADMINISTRATOR, province.committee), act)
    assert may_undo(make_user(is_superuser=True), act)
    plain = make_user()
    act = plain.revise(by=None, seen=1, position="Chuyên viên") and Change.objects.of(plain).get().change_set
    assert may_undo(make_user(Role.ADMINISTRATOR, province.committee), act)
    assert not may_undo(make_user(Role.ADMINISTRATOR, province.van_lam), act)


def test_a_list_of_acts_asks_once_which_of_them_one_may_take_back(province, django_assert_num_queries):
    given = Membership.objects.grant(make_user(), Role.EDITOR, province.lac_dao, by=None)
    acts = [
        rename(None, province.lac_dao),
        rename(None, province.lac_dao, province.dong_tao),
        rename(None, province.dong_tao),
        Change.objects.of(given).get().change_set,
    ]
    for role in Role:
        for agency in (province.committee, province.van_lam, province.lac_dao):
            user = make_user(role, agency)
            assert undoable(user, acts) == {act.pk for act in acts if may_undo(user, act)}
    coordinator = make_user(Role.COORDINATOR, province.van_lam)
    assert undoable(coordinator, acts) == {acts[0].pk}
    with django_assert_num_queries(5):
        undoable(coordinator, acts)


def test_an_undone_name_is_found_again_by_search():
    person = make_user(full_name="Nguyễn Văn An")
    person.revise(by=None, seen=1, full_name="Nguyễn Văn Bê")
    run(Change.objects.of(person).get().change_set_id)
    assert User.objects.matching("van an").get() == person


def test_an_identity_that_a_later_one_follows_stays_and_is_named(province):
    agency = province.lac_dao
    agency = agency.revise(by=None, seen=agency.version, on=day("2020-07-01"), name="UBND xã Mới")
    renamed = ChangeSet.objects.first()
    agency = agency.revise(by=None, seen=agency.version, on=day("2021-07-01"), parent=province.khoai_chau)
    moved = ChangeSet.objects.first()
    undone = undo(renamed, by=None)
    assert undone.restored == [] and {one.why for one in undone.kept} == {
        "Đã ghi một thay đổi sau đó, ngày 01/07/2021."
    }
    found = Agency.objects.as_of(day("2020-01-01")).get(pk=agency.pk)
    assert (found.name, found.parent_id) == ("UBND xã Lạc Đạo", province.van_lam.pk)
    # In the order in which they were made they go back.
    undo(moved, by=None)
    undo(renamed, by=None)
    assert Agency.objects.get(pk=agency.pk).name == "UBND xã Lạc Đạo"
    assert not agency.past.exists()
