"""The list of what was done and the page of one act, within a person's agencies."""

import pytest
from django.urls import reverse

from agencies.history import open_change_set, record, snapshot
from agencies.models import Agency, ChangeSet, Role
from agencies.testing import make_province, make_user
from procedures.testing import make_procedure

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


def rename(by, *agencies, title="Rename", suffix="mới"):
    change_set = open_change_set(title, by=by)
    for agency in agencies:
        stored = Agency.objects.get(pk=agency.pk)
        stored.revise(by=by, seen=stored.version, name=f"{stored.name[:20]} {suffix}", change_set=change_set)
    return change_set


def listed(client, **params):
    return {act for act, _count, _undone in client.get(reverse("change_sets"), params).context["rows"]}


def test_the_list_shows_what_touched_ones_agencies(client, province):
    near, far = rename(None, province.lac_dao), rename(None, province.dong_tao)
    both = rename(None, province.lac_hong, province.binh_minh)
    client.force_login(make_user(Role.VIEWER, province.van_lam))
    assert {near, both} <= listed(client)
    assert far not in listed(client)
    client.force_login(make_user())
    assert listed(client) == set()


def test_the_page_shows_only_the_lines_of_ones_agencies(client, province):
    act = rename(None, province.lac_dao, province.dong_tao)
    client.force_login(make_user(Role.VIEWER, province.van_lam))
    page = client.get(reverse("change_set", args=[act.pk]))
    assert len(page.context["lines"]) == 1
    body = page.content.decode()
    assert "UBND xã Lạc Đạo mới" in body
    assert "Đông Tảo" not in body
    assert not page.context["may_undo"]


def test_lines_of_no_agency_are_for_the_keepers_of_a_tree_and_their_author(province):
    author = make_user(Role.COORDINATOR, province.van_lam)
    act = open_change_set("Catalogue", by=author)
    record(act, make_procedure())
    seen_by = [
        author,
        make_user(Role.COORDINATOR, province.committee),
        make_user(Role.ADMINISTRATOR, province.committee),
        make_user(is_superuser=True),
    ]
    assert all(act in ChangeSet.objects.visible_to(user) for user in seen_by)
    for user in (make_user(Role.VIEWER, province.committee), make_user(Role.COORDINATOR, province.van_lam)):
        assert act not in ChangeSet.objects.visible_to(user)


def test_filters_by_person_door_days_and_agency(client, province):
    binh = make_user(full_name="Lê Đức Bình")
    act = rename(binh, province.lac_dao)
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    assert listed(client, who="duc binh") == {act}
    assert listed(client, at="lac dao") >= {act}
    assert act not in listed(client, at="dong tao")
    assert listed(client, door="upload") == set()
    today = f"{act.made_at:%d/%m/%Y}"
    assert act not in listed(client, until="01/01/2020")
    assert act in listed(client, since="01/01/2020") and today


@pytest.mark.parametrize("params", [{"since": "31/02/2020"}, {"door": "window"}, {"at": "no such agency"}])
def test_nonsense_in_the_filter_is_told(client, province, params):
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    answer = client.get(reverse("change_sets"), params)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == set(params)


def test_both_pages_cost_the_same_for_much_history(client, province, django_assert_max_num_queries):
    change_set = open_change_set("Many", by=make_user())
    for i in range(70):
        rename(make_user(), province.lac_dao, title=f"Act {i}", suffix=str(i))
        agency = Agency.objects.get(pk=province.lac_dao.pk)
        before = snapshot(agency)
        agency.note = f"{i}"
        record(change_set, agency, before=before)
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    with django_assert_max_num_queries(10):
        page = client.get(reverse("change_sets"))
    assert page.context["page_obj"].paginator.num_pages == 2
    with django_assert_max_num_queries(16):
        page = client.get(reverse("change_set", args=[change_set.pk]))
    assert len(page.context["lines"]) == 50
    with django_assert_max_num_queries(16):
        assert (
            len(client.get(reverse("change_set", args=[change_set.pk]), {"page": 2}).context["lines"]) == 20
        )


def test_an_undone_act_says_so(client, province):
    from agencies.history import undo

    act = rename(None, province.lac_dao)
    undo(act, by=make_user(full_name="Lê Đức Bình"))
    client.force_login(make_user(Role.COORDINATOR, province.committee))
    rows = {row[0]: row[2] for row in client.get(reverse("change_sets")).context["rows"]}
    assert rows[act]
    assert "Lê Đức Bình" in client.get(reverse("change_set", args=[act.pk])).content.decode()
