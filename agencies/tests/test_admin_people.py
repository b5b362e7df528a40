"""People and roles in the administration."""

import json

import pytest
from django.urls import reverse

from agencies.errors import Refused
from agencies.models import Change, ChangeSet, Membership, Role, User
from agencies.models.people import MembershipQuerySet
from agencies.testing import admin_values, grant, make_province, make_user

pytestmark = pytest.mark.django_db
NEW = {
    "username": "dt.anh",
    "full_name": "Đỗ Thị Ánh",
    "email": "anh@example.gov.vn",
    "password1": "mot-cau-dai-hon",
    "password2": "mot-cau-dai-hon",
}


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def boss(client, province):
    user = make_user(Role.ADMINISTRATOR, province.van_lam)
    client.force_login(user)
    return user


def change_url(person):
    return reverse("admin:agencies_user_change", args=[person.pk])


def history_text():
    return json.dumps([[c.before, c.after, c.label] for c in Change.objects.all()], ensure_ascii=False)


def test_entering_a_person_keeps_the_password_out_of_history(client, boss):
    answer = client.post(reverse("admin:agencies_user_add"), NEW | {"is_superuser": "on", "is_staff": "on"})
    assert answer.status_code == 302
    person = User.objects.get(username="dt.anh")
    assert person.check_password("mot-cau-dai-hon")
    assert not person.is_superuser
    assert person in User.objects.visible_to(boss)
    assert Change.objects.of(person).get().change_set.made_by == boss
    assert "password" not in history_text()
    assert person.password not in history_text()


def test_a_weak_password_stands_beside_its_field(client, boss):
    answer = client.post(reverse("admin:agencies_user_add"), NEW | {"password1": "1234", "password2": "1234"})
    assert set(answer.context["adminform"].form.errors) == {"password2"}
    assert not User.objects.filter(username="dt.anh").exists()


def test_an_administrator_changes_a_person_but_makes_no_superuser(client, province, boss):
    person = make_user(Role.EDITOR, province.lac_dao)
    typed = admin_values(client.get(change_url(person)))
    assert "is_superuser" not in typed
    typed |= {"position": "Chuyên viên", "is_superuser": "on", "is_staff": "on"}
    assert client.post(change_url(person), typed).status_code == 302
    person.refresh_from_db()
    assert (person.position, person.is_superuser, person.is_staff) == ("Chuyên viên", False, False)
    assert Change.objects.of(person).get().after == {"position": "Chuyên viên"}
    # A superuser may.
    client.force_login(make_user(is_superuser=True))
    typed = admin_values(client.get(change_url(person))) | {"is_superuser": "on"}
    assert client.post(change_url(person), typed).status_code == 302
    assert User.objects.get(pk=person.pk).is_superuser


def test_a_person_with_roles_elsewhere_is_shown_but_not_edited(client, province, boss):
    person = make_user(Role.EDITOR, province.lac_dao)
    grant(person, Role.VIEWER, province.home)
    page = client.get(change_url(person))
    assert (page.status_code, page.context["has_change_permission"]) == (200, False)
    assert client.post(change_url(person), {"full_name": "x"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[person.pk])
    typed = {"password1": "mot-cau-dai-hon", "password2": "mot-cau-dai-hon"}
    assert client.post(password, typed).status_code == 403
    assert User.objects.get(pk=person.pk).check_password("matkhau-dai")


def test_superusers_and_strangers_do_not_exist(client, province, boss):
    for person in (
        make_user(Role.EDITOR, province.lac_dao, is_superuser=True),
        make_user(Role.EDITOR, province.dong_tao),
    ):
        assert client.get(change_url(person)).status_code == 404
        password = reverse("admin:auth_user_password_change", args=[person.pk])
        assert client.get(password).status_code == 404


def test_a_new_password_is_asked_for_without_more(client, province, boss):
    person = make_user(Role.EDITOR, province.lac_dao)
    page = client.get(reverse("admin:agencies_user_change", args=[person.pk])).content.decode()
    assert "Đặt lại mật khẩu" in page and person.password.partition("$")[0] not in page
    url = reverse("admin:auth_user_password_change", args=[person.pk])
    page = client.get(url).content.decode()
    assert "LDAP" not in page and "usable_password" not in page
    # Nothing is taken away by whoever asks for it all the same.
    answer = client.post(url, {"usable_password": "false", "unset-password": "1"})
    assert set(answer.context["form"].errors) == {"password1", "password2"}
    assert User.objects.get(pk=person.pk).check_password("matkhau-dai")


def test_setting_a_password_is_on_record_without_the_password(client, province, boss):
    person = make_user(Role.EDITOR, province.lac_dao)
    typed = {"password1": "mot-cau-dai-hon", "password2": "mot-cau-dai-hon", "usable_password": "true"}
    url = reverse("admin:auth_user_password_change", args=[person.pk])
    assert client.post(url, typed).status_code == 302
    assert User.objects.get(pk=person.pk).check_password("mot-cau-dai-hon")
    act = ChangeSet.objects.first()
    assert act.made_by == boss
    assert person.full_name in act.title
    assert not act.changes.exists()


def test_a_role_is_given_through_the_door(client, province, boss):
    person = make_user(Role.VIEWER, province.chi_dao)
    url = reverse("admin:agencies_membership_add")
    typed = {"user": person.pk, "role": "editor", "agency": province.lac_dao.pk, "reason": "QĐ 5"}
    assert client.post(url, typed).status_code == 302
    given = Membership.objects.get(user=person, role="editor")
    assert Change.objects.of(given).get().change_set.reason == "QĐ 5"
    # The same again is refused beside the field, and so is an agency of somebody else.
    again = client.post(url, typed)
    assert set(again.context["adminform"].form.errors) == {"role"}
    beyond = client.post(url, typed | {"agency": province.dong_tao.pk})
    assert set(beyond.context["adminform"].form.errors) == {"agency"}
    stranger = make_user(Role.VIEWER, province.dong_tao)
    unknown = client.post(url, typed | {"user": stranger.pk})
    assert set(unknown.context["adminform"].form.errors) == {"user"}


def test_a_role_given_by_somebody_else_after_the_rehearsal_is_told_beside_the_field(
    client, province, boss, monkeypatch
):
    person, rehearse, acted = make_user(Role.VIEWER, province.chi_dao), MembershipQuerySet.grant, []

    def overtaken(self, *args, change_set=None, **values):
        acted.extend([change_set] if change_set else [])
        if acted:
            raise Refused("held already", "role")
        return rehearse(self, *args, change_set=change_set, **values)

    monkeypatch.setattr(MembershipQuerySet, "grant", overtaken)
    typed = {"user": person.pk, "role": "editor", "agency": province.lac_dao.pk, "reason": "QĐ 5"}
    answer = client.post(reverse("admin:agencies_membership_add"), typed)
    assert answer.context["adminform"].form.errors["role"] == ["held already"]
    assert not Membership.objects.filter(user=person, role="editor").exists()


def test_the_days_of_a_role_change_and_deleting_it_is_on_record(client, province, boss):
    held = make_user(Role.EDITOR, province.lac_dao).memberships.get()
    url = reverse("admin:agencies_membership_change", args=[held.pk])
    typed = admin_values(client.get(url))
    assert client.post(url, typed | {"ends_on": "30/06/2021", "role": "administrator"}).status_code == 302
    held.refresh_from_db()
    assert (str(held.ends_on), held.role) == ("2021-06-30", "editor")
    assert client.post(url, typed | {"ends_on": "30/06/2021", "seen": 1}).status_code == 200
    wrong = admin_values(client.get(url)) | {"starts_on": "01/01/2022"}
    assert client.post(url, wrong).context["adminform"].form.errors
    delete = reverse("admin:agencies_membership_delete", args=[held.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert Change.objects.of(held).first().after is None
