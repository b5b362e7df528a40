"""Signing in and out: throttled, back to where one was, and never to a foreign address."""

import pytest
from django.urls import reverse

from agencies.models import Role
from agencies.testing import make_province, make_user

pytestmark = pytest.mark.django_db


def sign_in(client, username, password, address="10.0.0.1", **more):
    return client.post(
        reverse("login"), {"username": username, "password": password} | more, REMOTE_ADDR=address
    )


def test_right_password_leads_back_to_where_one_was(client):
    user = make_user()
    asked = client.get(reverse("profile"))
    assert asked.status_code == 302
    assert asked.url == f"{reverse('login')}?next=/toi/"
    answer = sign_in(client, user.username, "matkhau-dai", next="/toi/")
    assert (answer.status_code, answer.url) == (302, "/toi/")
    assert client.get("/toi/").status_code == 200


@pytest.mark.parametrize("foreign", ["https://evil.example/", "//evil.example/x", "javascript:alert(1)"])
def test_a_foreign_address_is_never_followed(client, foreign):
    user = make_user()
    answer = sign_in(client, user.username, "matkhau-dai", next=foreign)
    assert answer.status_code == 302
    assert answer.url == reverse("start")


def test_wrong_password_says_so_and_signs_nobody_in(client):
    user = make_user()
    answer = sign_in(client, user.username, "sai")
    assert answer.status_code == 200
    said = answer.context["form"].non_field_errors()
    assert said == ["Tên đăng nhập hoặc mật khẩu chưa đúng. Lưu ý phân biệt chữ hoa và chữ thường."]
    assert "_auth_user_id" not in client.session


def test_after_five_wrong_passwords_sign_in_pauses(client):
    user = make_user()
    answers = [sign_in(client, user.username, "sai").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    paused = sign_in(client, user.username, "matkhau-dai")
    assert paused.status_code == 429
    page = paused.content.decode()
    assert "429" in page and "15 phút" in page and f'href="{reverse("login")}"' in page
    assert "_auth_user_id" not in client.session


def test_another_address_and_another_person_are_not_paused(client):
    user, colleague = make_user(), make_user()
    for _ in range(6):
        sign_in(client, user.username, "sai")
    assert sign_in(client, colleague.username, "matkhau-dai", next="/toi/").status_code == 302
    assert sign_in(client, user.username, "matkhau-dai", "10.0.0.2", next="/toi/").status_code == 302


def test_success_forgets_the_wrong_passwords(client):
    user = make_user()
    for _ in range(3):
        for _ in range(4):
            assert sign_in(client, user.username, "sai").status_code == 200
        assert sign_in(client, user.username, "matkhau-dai", next="/toi/").status_code == 302


def test_the_way_back_of_a_form_is_the_page_it_stands_on(client):
    page = "http://testserver/thay-doi/?page=2"
    answer = client.post(reverse("undo_change_set", args=[1]), headers={"referer": page})
    assert answer.url == f"{reverse('login')}?next=/thay-doi/%3Fpage%3D2"
    answer = client.post(reverse("undo_change_set", args=[1]), headers={"referer": "https://evil.example/x"})
    assert answer.url == f"{reverse('login')}?next=/"


def test_a_fragment_sends_the_whole_page_to_sign_in(client):
    headers = {"hx-request": "true", "hx-current-url": "http://testserver/thay-doi/"}
    answer = client.get(reverse("change_sets"), headers=headers)
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"] == f"{reverse('login')}?next=/thay-doi/"


def test_signing_out_needs_a_click_and_no_session(client):
    user = make_user()
    client.force_login(user)
    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).url == reverse("login")
    assert "_auth_user_id" not in client.session
    assert client.post(reverse("logout")).url == reverse("login")


def test_the_language_can_be_chosen_before_signing_in(client):
    answer = client.post(reverse("set_language"), {"language": "en", "next": "/dang-nhap/"})
    assert answer.url == "/dang-nhap/"
    assert client.get("/dang-nhap/").headers["Content-Language"] == "en"


def test_the_administration_has_no_sign_in_of_its_own(client):
    answer = client.get("/quan-tri/", follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("login"))
    client.force_login(make_user(Role.VIEWER, make_province().committee))
    assert client.get("/quan-tri/").status_code == 403


def test_a_switched_off_account_does_not_sign_in(client):
    user = make_user(is_active=False)
    assert sign_in(client, user.username, "matkhau-dai").status_code == 200
    assert "_auth_user_id" not in client.session
