"""Agencies in the administration: entered, revised and closed through the doors, never deleted."""

import datetime

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from agencies.errors import Refused
from agencies.models import Agency, Change, Role, Succession
from agencies.models.history import Door
from agencies.testing import admin_values, day, make_province, make_user

pytestmark = pytest.mark.django_db
ADD = "admin:agencies_agency_add"
CHANGE = "admin:agencies_agency_change"
CLOSE = "admin:agencies_agency_close"


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def boss(client, province):
    user = make_user(Role.ADMINISTRATOR, province.van_lam)
    client.force_login(user)
    return user


def save(client, agency, **values):
    url = reverse(CHANGE, args=[agency.pk])
    return client.post(url, admin_values(client.get(url)) | values)


def errors(answer):
    assert answer.status_code == 200
    return set(answer.context["adminform"].form.errors)


def new(province, **values):
    return {
        "name": "UBND xã Tân Quang",
        "code": "H31.20.9",
        "kind": "commune_committee",
        "level": "commune",
        "parent": province.van_lam.pk,
    } | values


def test_without_a_level_the_form_says_so(client, province, boss):
    values = new(province, kind="department", level="")
    assert errors(client.post(reverse(ADD), values)) == {"level"}
    assert "level" in errors(save(client, province.lac_dao, kind="department", level=""))


def test_entering_an_agency_is_an_act_of_the_administration(client, province, boss):
    answer = client.post(reverse(ADD), new(province, established_on="01/07/2019", reason="NQ 1"))
    assert answer.status_code == 302
    agency = Agency.objects.get(code="H31.20.9")
    assert agency.path.startswith(province.van_lam.path)
    line = Change.objects.of(agency).get()
    act = line.change_set
    assert (act.door, act.made_by, act.reason, line.before) == (Door.ADMIN, boss, "NQ 1", None)
    assert str(agency.established_on) == "2019-07-01"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "name"),
        ({"code": "H31.20.1"}, "code"),
        ({"level": "district"}, "level"),
        ({"parent": ""}, "parent"),
        ({"established_on": "31/02/2019"}, "established_on"),
        ({"kind": "kingdom"}, "kind"),
    ],
)
def test_what_the_rules_forbid_stands_beside_its_field(client, province, boss, values, field):
    count = Agency.objects.count()
    assert field in errors(client.post(reverse(ADD), new(province, **values)))
    assert Agency.objects.count() == count


def test_nobody_enters_or_moves_an_agency_outside_their_own(client, province, boss):
    for parent in (province.committee, province.khoai_chau):
        assert "parent" in errors(client.post(reverse(ADD), new(province, parent=parent.pk)))
        assert "parent" in errors(save(client, province.lac_dao, parent=parent.pk))
    # The top of one's own subtree stays where it is and can still be changed.
    assert save(client, province.van_lam, note="Trung tâm huyện").status_code == 302
    assert Agency.objects.get(pk=province.van_lam.pk).parent == province.committee


def test_a_new_name_from_a_day_on_keeps_the_old_one(client, province, boss):
    assert (
        save(client, province.lac_dao, name="UBND thị trấn Lạc Đạo", valid_from="01/07/2021").status_code
        == 302
    )
    agency = Agency.objects.get(pk=province.lac_dao.pk)
    assert (agency.name, agency.past.get().name) == ("UBND thị trấn Lạc Đạo", "UBND xã Lạc Đạo")
    assert Agency.objects.as_of(day("2021-06-30")).get(pk=agency.pk).name == "UBND xã Lạc Đạo"
    # Without a day the present name is put right.
    assert save(client, agency, name="UBND thị trấn Lạc Đạo (Văn Lâm)").status_code == 302
    assert agency.past.count() == 1


@pytest.mark.parametrize("when", ["01/01/2999", "31/02/2021", "01/01/2020"])
def test_an_impossible_first_day_stands_beside_its_field(client, province, boss, when):
    province.lac_dao.revise(by=None, seen=1, on=day("2020-07-01"), name="UBND xã Lạc Đạo 2")
    assert "valid_from" in errors(save(client, province.lac_dao, name="UBND xã Khác", valid_from=when))
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "UBND xã Lạc Đạo 2"
    assert province.lac_dao.past.count() == 1


def test_an_agency_does_not_begin_after_it_closed(client, province, boss):
    province.lac_dao.close(by=None, seen=1, on=day("2021-01-01"))
    assert errors(save(client, province.lac_dao, established_on="01/02/2021")) == {"established_on"}


def test_a_circle_is_refused(client, province, boss):
    assert "parent" in errors(save(client, province.van_lam, parent=province.lac_dao.pk))


def test_a_stale_save_loses_nothing_and_says_who_was_faster(client, province, boss):
    url = reverse(CHANGE, args=[province.lac_dao.pk])
    mine = admin_values(client.get(url)) | {"name": "UBND xã Của Tôi"}
    other = make_user(full_name="Lê Đức Bình")
    province.lac_dao.revise(by=other, seen=1, name="UBND xã Của Bình")
    answer = client.post(url, mine)
    body = answer.content.decode()
    assert errors(answer) == {"__all__", "name"}
    assert "Lê Đức Bình" in body
    assert "UBND xã Của Bình" in body
    assert "UBND xã Của Tôi" in body
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "UBND xã Của Bình"
    # The page that came back carries the new version: saving again is a decision.
    assert client.post(url, admin_values(answer)).status_code == 302
    assert Agency.objects.get(pk=province.lac_dao.pk).name == "UBND xã Của Tôi"


def test_a_save_without_a_version_is_refused(client, province, boss):
    assert "__all__" in errors(save(client, province.lac_dao, name="UBND xã Khác", seen=""))


def test_saving_an_untouched_page_writes_nothing(client, province, boss):
    before = Change.objects.count()
    assert save(client, province.lac_dao).status_code == 302
    assert Change.objects.count() == before
    assert Agency.objects.get(pk=province.lac_dao.pk).version == 1


def test_no_route_deletes_an_agency(client, province):
    client.force_login(make_user(is_superuser=True))
    assert client.post(reverse("admin:agencies_agency_delete", args=[province.lac_dao.pk])).status_code == 403
    picked = {"action": "delete_selected", "_selected_action": [province.lac_dao.pk], "post": "yes"}
    client.post(reverse("admin:agencies_agency_changelist"), picked)
    with pytest.raises(Refused):
        Agency.objects.filter(pk=province.lac_dao.pk).delete()
    page = admin.site._registry[Agency]
    assert page.actions is None
    assert Agency.objects.filter(pk=province.lac_dao.pk).exists()


def test_closing_with_a_successor(client, province, boss):
    url = reverse(CLOSE, args=[province.lac_dao.pk])
    assert client.get(url).status_code == 200
    typed = {
        "seen": 1,
        "on": "01/07/2025",
        "successor": "lac hong",
        "extent": "whole",
        "decision": "NQ 1666/NQ-UBTVQH15",
    }
    assert client.post(url, typed).status_code == 302
    agency = Agency.objects.get(pk=province.lac_dao.pk)
    assert agency.dissolved_on == day("2025-07-01")
    assert Succession.objects.get(predecessor=agency).successor == province.lac_hong
    assert {c.change_set.door for c in Change.objects.of(agency)[:1]} == {Door.ADMIN}
    # A second click finds it changed and writes nothing more.
    assert client.post(url, typed).status_code == 409
    assert Succession.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"on": "31/02/2025"}, 422),
        ({"on": ""}, 422),
        ({"successor": "dong tao"}, 422),
        ({"successor": "lac dao"}, 422),
        ({"extent": "half"}, 422),
        ({"seen": "9"}, 409),
    ],
)
def test_nonsense_does_not_close(client, province, boss, values, status):
    typed = {"seen": 1, "on": "01/07/2025", "successor": "", "extent": "whole"} | values
    assert client.post(reverse(CLOSE, args=[province.lac_dao.pk]), typed).status_code == status
    assert Agency.objects.get(pk=province.lac_dao.pk).dissolved_on is None


def test_an_agency_with_others_below_does_not_close(client, province, boss):
    typed = {"seen": 1, "on": "01/07/2025", "extent": "whole"}
    assert client.post(reverse(CLOSE, args=[province.van_lam.pk]), typed).status_code == 422
    assert client.post(reverse(CLOSE, args=[province.dong_tao.pk]), typed).status_code == 404


@pytest.mark.parametrize("name", ["...", "1234567", "x", "-", "<b>ab</b>", "Xã ..."])
def test_what_is_no_name_is_refused_beside_the_field(client, province, boss, name):
    assert errors(client.post(reverse(ADD), new(province, name=name))) == {"name"}
    assert errors(save(client, province.lac_dao, name=name)) == {"name"}
    assert not Agency.objects.filter(name=name).exists()


def test_a_name_on_record_that_is_none_does_not_hinder_another_change(client, province, boss):
    Agency.objects.filter(pk=province.lac_dao.pk).update(name="...")
    assert save(client, province.lac_dao, note="mới").status_code == 302


def test_an_agency_closes_at_most_a_year_ahead(client, province, boss):
    url, today = reverse(CLOSE, args=[province.lac_dao.pk]), timezone.localdate()
    typed = {"seen": 1, "extent": "whole"}
    far = client.post(url, typed | {"on": f"{today + datetime.timedelta(days=367):%d/%m/%Y}"})
    assert (far.status_code, set(far.context["form"].errors)) == (422, {"on"})
    assert Agency.objects.get(pk=province.lac_dao.pk).dissolved_on is None
    # A merger is decided before it takes effect.
    ahead = client.post(url, typed | {"on": f"{today + datetime.timedelta(days=200):%d/%m/%Y}"})
    assert ahead.status_code == 302
    assert Agency.objects.get(pk=province.lac_dao.pk).exists_on(today)
