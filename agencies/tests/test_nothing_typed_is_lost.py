"""What was typed comes back: the session ran out, the token is old, the program failed."""

import datetime
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.test import Client
from django.utils import timezone

from agencies.models import KeptForm, Role, User
from agencies.testing import make_agency, make_user

pytestmark = pytest.mark.django_db
PROFILE = {
    "seen": "1",
    "full_name": "Trần Thị Hoa",
    "position": "Chuyên viên <b>",
    "phone": "",
    "email": "",
    "language": "vi",
}


@pytest.fixture
def person():
    return make_user(Role.EDITOR, make_agency("UBND xã Lạc Đạo"))


def sign_in(client, person, to="/toi/"):
    answer = client.post("/dang-nhap/", {"username": person.username, "password": "matkhau-dai", "next": to})
    assert answer.status_code == 302
    return answer.url


def run_out(client):
    """The session is gone; the browser stays."""
    del client.cookies["sessionid"]


def value_of(html, name):
    return re.search(rf'name="{name}"[^>]*value="([^"]*)"', html).group(1)


def send_after_the_session_ran_out(client, person, typed=PROFILE, referer="http://testserver/toi/"):
    sign_in(client, person)
    client.get("/toi/")
    run_out(client)
    answer = client.post("/toi/", typed, headers={"Referer": referer})
    assert answer.status_code == 302
    assert answer.url.startswith("/dang-nhap/?next=")
    page = client.get(answer.url)
    assert "vẫn được giữ" in page.content.decode(), "whoever signs in again knows that nothing is lost"
    return page.context["next"]


def test_after_signing_in_again_the_form_stands_there_with_the_values(client, person):
    back = send_after_the_session_ran_out(client, person)
    page = client.get(sign_in(client, person, back))
    html = page.content.decode()
    assert value_of(html, "full_name") == "Trần Thị Hoa"
    assert value_of(html, "position") == "Chuyên viên &lt;b&gt;"
    assert "data-given-back" in html
    assert "tệp" not in html.split("data-given-back")[1].split("</div>")[0], "this form takes no file"
    assert page.headers["Cache-Control"] == "no-store"
    # Nothing was saved by it; sent again it is, and the kept copy goes.
    assert User.objects.get(pk=person.pk).position == ""
    assert client.post(back, PROFILE).status_code == 302
    assert User.objects.get(pk=person.pk).position == "Chuyên viên <b>"
    assert not KeptForm.objects.exists()


def test_another_person_at_the_same_browser_sees_nothing_of_it(client, person):
    back = send_after_the_session_ran_out(client, person)
    other = make_user()
    html = client.get(sign_in(client, other, back)).content.decode()
    assert "Trần Thị Hoa" not in html
    assert "data-given-back" not in html
    # And not at another browser, with the address at hand.
    elsewhere = Client()
    sign_in(elsewhere, other)
    assert "Trần Thị Hoa" not in elsewhere.get(back).content.decode()


def test_a_stranger_who_never_signed_in_leaves_nothing_behind(client):
    assert client.post("/toi/", PROFILE).status_code == 302
    assert not KeptForm.objects.exists()


def test_it_is_kept_for_two_hours_and_ten_forms(client, person):
    back = send_after_the_session_ran_out(client, person)
    KeptForm.objects.update(kept_at=timezone.now() - datetime.timedelta(hours=2, minutes=1))
    assert "data-given-back" not in client.get(sign_in(client, person, back)).content.decode()
    run_out(client)
    for _n in range(12):
        client.post("/toi/", PROFILE, headers={"Referer": "http://testserver/toi/"})
    assert KeptForm.objects.count() == 10


def test_passwords_and_tokens_are_never_kept_and_too_much_is_not(client, person):
    sign_in(client, person)
    run_out(client)
    client.post("/toi/mat-khau/", {"old_password": "a", "new_password1": "b", "new_password2": "b"})
    assert not KeptForm.objects.exists()
    client.post("/toi/", PROFILE | {"position": "x" * 700_000})
    assert not KeptForm.objects.exists()


def test_what_a_database_refuses_is_kept_without_it(client, person):
    sign_in(client, person)
    run_out(client)
    headers = {"Referer": "http://testserver/toi/"}
    client.post("/toi/", PROFILE | {"position": "Chuyên\x00 viên"}, headers=headers)
    assert ["position", "Chuyên\ufffd viên"] in KeptForm.objects.get().pairs


def test_a_form_of_which_no_page_is_left_shows_the_words(client, person):
    # The address accepts only what is sent: a page that had come back with errors stood there.
    back = send_after_the_session_ran_out(client, person, referer="http://testserver/vai-tro/1/ket-thuc/")
    page = client.get(sign_in(client, person, back))
    assert page.status_code == 200
    assert "Trần Thị Hoa" in page.content.decode()


@pytest.mark.parametrize("token", ["nothing", "%00", "x" * 500])
def test_a_token_of_nothing_gives_nothing_back(client, person, token):
    client.force_login(person)
    assert client.get(f"/toi/?giu={token}").status_code == 200


def test_an_old_token_gives_the_values_back(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    own = {"Origin": "http://testserver", "Referer": "http://testserver/toi/"}
    answer = client.post("/toi/", PROFILE, headers=own)
    assert answer.status_code == 403
    again = answer.context["again"]
    assert again in answer.content.decode()
    assert value_of(client.get(again).content.decode(), "full_name") == "Trần Thị Hoa"


def test_a_foreign_page_gets_nothing_kept(person):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    for headers in ({"Origin": "https://evil.example"}, {"Referer": "https://evil.example/"}, {}):
        assert client.post("/toi/", PROFILE, headers=headers).status_code == 403
    assert not KeptForm.objects.exists()


def test_an_error_on_our_side_gives_the_values_back(client, person, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("broken")

    client.force_login(person)
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(User, "revise", fail)
        answer = client.post("/toi/", PROFILE, headers={"Referer": "http://testserver/toi/"})
    assert answer.status_code == 500
    again = re.search(r'href="([^"]*giu=[^"]*)"', answer.content.decode()).group(1)
    assert value_of(client.get(again).content.decode(), "full_name") == "Trần Thị Hoa"


@pytest.mark.parametrize("error, status", [(Http404, 404), (PermissionDenied, 403)])
def test_what_may_not_be_sent_any_more_gives_the_values_back(client, person, monkeypatch, error, status):
    # Meanwhile the agency moved, or the role ended.
    def refuse(*args, **kwargs):
        raise error

    client.force_login(person)
    with monkeypatch.context() as refused:
        refused.setattr(User, "revise", refuse)
        answer = client.post("/toi/", PROFILE, headers={"Referer": "http://testserver/toi/"})
        assert "giu=" not in client.get("/van-ban/0/").content.decode(), "nothing was typed"
    assert answer.status_code == status
    again = re.search(r'href="([^"]*giu=[^"]*)"', answer.content.decode()).group(1)
    assert value_of(client.get(again).content.decode(), "full_name") == "Trần Thị Hoa"
