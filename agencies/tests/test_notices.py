"""Notices in the register: told once, seen by whom they are for, read, and chosen by each person."""

import datetime

import pytest
from django.urls import reverse

from agencies.models import Change, Channel, Membership, Notice, NoticeKind, Role, User
from agencies.testing import make_province, make_user, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def person(province):
    return make_user(Role.EDITOR, province.lac_dao)


def tell(person, kind=NoticeKind.RETURNED, occasion="1", **values):
    values = {"title": f"Bị trả lại: {occasion}", "url": "/co-quan/"} | values
    Notice.objects.tell([Notice(to=person, kind=kind, occasion=occasion, **values)])
    return Notice.objects.order_by("-pk").first()


def test_the_same_occasion_is_told_once(person):
    tell(person)
    tell(person, title="Lần nữa")
    assert Notice.objects.get().title == "Bị trả lại: 1"


def test_a_person_is_not_told_what_they_do_not_want(person):
    person.revise(by=person, seen=person.version, notice_choices={"returned": "none"})
    tell(person)
    tell(make_user(is_active=False))
    assert not Notice.objects.exists()


def test_too_long_a_text_is_shortened(person):
    notice = tell(person, title="Một\nhai " + "x" * 400, detail="y" * 900)
    assert notice.title.startswith("Một hai x") and len(notice.title) == 300 and len(notice.detail) == 700


def test_the_page_shows_ones_own_and_the_bell_counts_them(client, person, province):
    tell(person, agency=province.lac_dao)
    tell(make_user(Role.EDITOR, province.lac_dao), title="Của người khác")
    client.force_login(person)
    page = client.get(reverse("notices"))
    assert "Bị trả lại: 1" in page.content.decode() and "Của người khác" not in page.content.decode()
    bell = next(item for item in page.context["nav"] if item["url"] == reverse("notices"))
    assert bell["count"] == 1


def test_without_notices_the_page_says_so(client, person):
    client.force_login(person)
    assert "Chưa có thông báo" in client.get(reverse("notices")).content.decode()


def test_opening_one_reads_it_and_leads_on(client, person):
    notice = tell(person)
    client.force_login(person)
    answer = client.get(reverse("notice", args=[notice.pk]))
    assert answer.url == "/co-quan/"
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_another_persons_notice_does_not_exist(client, person, province):
    notice = tell(person)
    client.force_login(make_user(Role.ADMINISTRATOR, province.committee))
    assert client.get(reverse("notice", args=[notice.pk])).status_code == 404
    client.post(reverse("read_notices"), {"notice": notice.pk})
    notice.refresh_from_db()
    assert notice.read_at is None


def test_a_notice_of_an_agency_that_is_out_of_sight_is_out_of_sight(client, person, province):
    notice = tell(person, agency=province.lac_dao)
    Membership.objects.filter(user=person).update(ends_on=today() - datetime.timedelta(days=1))
    client.force_login(person)
    assert "Bị trả lại" not in client.get(reverse("notices")).content.decode()
    assert client.get(reverse("notice", args=[notice.pk])).status_code == 404


def test_reading_one_and_reading_all(client, person):
    first, second = tell(person, occasion="1"), tell(person, occasion="2")
    later = tell(person, occasion="3")
    client.force_login(person)
    client.post(reverse("read_notices"), {"notice": first.pk})
    assert set(Notice.objects.unread()) == {second, later}
    # What came in after the page was made has not been seen.
    answer = client.post(reverse("read_notices"), {"until": second.pk}, follow=True)
    assert set(Notice.objects.unread()) == {later}
    assert [str(m) for m in answer.context["messages"]][-1] == "Đã đánh dấu đã đọc 1 thông báo."


@pytest.mark.parametrize("typed", [{}, {"notice": "x"}, {"until": "9" * 30}, {"notice": "-1"}])
def test_nonsense_reads_nothing(client, person, typed):
    tell(person)
    client.force_login(person)
    assert client.post(reverse("read_notices"), typed).status_code == 302
    assert Notice.objects.unread().count() == 1
    assert client.get(reverse("read_notices")).status_code == 405


def test_a_person_chooses_for_each_kind(client, person):
    client.force_login(person)
    typed = {kind.value: Channel.NONE.value for kind in NoticeKind} | {
        "seen": person.version,
        "weekly": "none",
    }
    assert client.post(reverse("choose_notices"), typed | {"due": "digest"}).status_code == 302
    person = User.objects.get(pk=person.pk)
    # What is as usual is not kept: it follows when the usual changes.
    assert "due" not in person.notice_choices and person.notice_choices["returned"] == "none"
    assert Change.objects.of(person).exists()
    form = client.get(reverse("profile")).context["notices"]
    assert form["due"].value() == "digest" and form["returned"].value() == "none"


def test_a_choice_that_does_not_exist_is_refused(client, person):
    client.force_login(person)
    answer = client.post(reverse("choose_notices"), {"seen": 1, "returned": "pigeon"})
    assert answer.status_code == 422 and "returned" in answer.context["notices"].errors
    assert User.objects.get(pk=person.pk).notice_choices == {}


def test_a_stale_choice_is_asked_again(client, person):
    client.force_login(person)
    typed = {kind.value: Channel.REGISTER.value for kind in NoticeKind} | {
        "seen": person.version,
        "weekly": "none",
    }
    person.revise(by=person, seen=person.version, phone="0221")
    answer = client.post(reverse("choose_notices"), typed)
    assert answer.status_code == 409
    again = {name: answer.context["notices"][name].value() for name in answer.context["notices"].fields}
    assert client.post(reverse("choose_notices"), again).status_code == 302
    assert User.objects.get(pk=person.pk).notice_choices["returned"] == "register"


def test_the_page_keeps_its_query_budget(client, person, province, django_assert_max_num_queries):
    for number in range(60):
        tell(person, occasion=str(number), agency=province.lac_dao)
    client.force_login(person)
    with django_assert_max_num_queries(8):
        client.get(reverse("notices"))
