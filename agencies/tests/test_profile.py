"""One's own profile, password and roles."""

import datetime

import pytest
from django.urls import reverse

from agencies.models import Change, Role, User
from agencies.testing import grant, make_province, make_user, today

pytestmark = pytest.mark.django_db


def typed(user, **values):
    return {
        "seen": user.version,
        "full_name": user.full_name,
        "position": user.position,
        "phone": user.phone,
        "email": user.email,
        "language": "vi",
    } | values


def test_a_person_changes_their_own_profile_and_history_says_so(client):
    user = make_user()
    client.force_login(user)
    answer = client.post(reverse("profile"), typed(user, full_name="Trần Thị Hoà", phone="0221 3 861 234"))
    assert answer.url == reverse("profile")
    user.refresh_from_db()
    assert (user.full_name, user.phone, user.version) == ("Trần Thị Hoà", "0221 3 861 234", 2)
    line = Change.objects.of(user).get()
    assert line.change_set.made_by == user
    assert line.after == {"full_name": "Trần Thị Hoà", "phone": "0221 3 861 234"}
    assert User.objects.matching("tran hoa").get() == user


def test_nonsense_is_refused_beside_its_field(client):
    user = make_user()
    client.force_login(user)
    answer = client.post(reverse("profile"), typed(user, full_name="", email="không phải thư", language="xx"))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"full_name", "email", "language"}
    assert not Change.objects.of(user).exists()


def test_a_stale_profile_shows_both_versions_and_saves_nothing(client):
    user = make_user(position="Chuyên viên")
    client.force_login(user)
    user.revise(by=user, seen=1, position="Phó trưởng phòng")
    answer = client.post(reverse("profile"), typed(user, position="Trưởng phòng"))
    assert answer.status_code == 409
    body = answer.content.decode()
    assert "Phó trưởng phòng" in body
    assert "Trưởng phòng" in body
    assert User.objects.get(pk=user.pk).position == "Phó trưởng phòng"
    # The page that came back is based on the newer version: the person has decided.
    again = client.post(reverse("profile"), typed(user, position="Trưởng phòng", seen=2))
    assert again.status_code == 302
    assert User.objects.get(pk=user.pk).position == "Trưởng phòng"


def test_the_language_is_remembered(client):
    user = make_user()
    client.force_login(user)
    client.post(reverse("profile"), typed(user, language="en"))
    assert client.get(reverse("profile")).headers["Content-Language"] == "en"


def test_the_page_lists_ones_roles_and_what_they_allow(client):
    province = make_province()
    user = make_user(Role.EDITOR, province.lac_dao)
    grant(user, Role.VIEWER, province.home, ends_on=today() - datetime.timedelta(days=1))
    grant(user, Role.COORDINATOR, province.science, starts_on=today() + datetime.timedelta(days=1))
    client.force_login(user)
    page = client.get(reverse("profile"))
    assert [(g.agency, g.standing) for g in page.context["grants"]] == [
        ("UBND xã Lạc Đạo", "held"),
        ("Sở Khoa học và Công nghệ", "not_begun"),
        ("Sở Nội vụ", "ended"),
    ]
    assert "UBND xã Lạc Đạo" in page.content.decode()


def test_the_password_changes_and_stays_out_of_history(client):
    user = make_user()
    client.force_login(user)
    wrong = {
        "old_password": "sai",
        "new_password1": "mot-cau-dai-hon",
        "new_password2": "mot-cau-dai-hon",
    }
    answer = client.post(reverse("password_change"), wrong)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"old_password"}
    answer = client.post(reverse("password_change"), wrong | {"old_password": "matkhau-dai"})
    assert answer.url == reverse("profile")
    assert User.objects.get(pk=user.pk).check_password("mot-cau-dai-hon")
    assert client.get(reverse("profile")).status_code == 200
    assert not Change.objects.of(user).exists()
