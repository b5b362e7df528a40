"""Notices by mail: each once, whatever the mail server does, and never more than the person may see."""

import datetime
import os

import pytest
from django.utils import timezone

from agencies import mailing
from agencies.models import Channel, Mail, Membership, Notice, NoticeKind, Role, User
from agencies.models.notices import MailState
from agencies.testing import make_province, make_user, today
from agencies.tests.smtp import mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    settings.SITE_URL = "https://iso.example.gov.vn"
    with mail_server(settings) as running:
        yield running


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def person(province):
    return make_user(Role.EDITOR, province.lac_dao)


def tell(person, kind=NoticeKind.RETURNED, occasion="1", **values):
    values = {"title": f"Bị trả lại: mục {occasion}", "url": "/co-quan/1/"} | values
    Notice.objects.tell([Notice(to=person, kind=kind, occasion=occasion, **values)])


def run(on=None, daily=True):
    mailing.gather(on or today(), daily=daily)
    return mailing.send()


def test_a_notice_goes_by_mail_in_plain_vietnamese_with_absolute_links(server, person, province):
    tell(person, detail="Điều phối: “Thiếu số quyết định”", agency=province.lac_dao)
    assert run().sent == 1
    [message] = server.to(person)
    text = message.get_content()
    assert message.get_content_type() == "text/plain"
    assert message["Subject"] == "[ISO 9001] Bị trả lại: mục 1"
    assert f"Kính gửi {person.full_name}" in text and "“Thiếu số quyết định”" in text
    assert f"https://iso.example.gov.vn/thong-bao/{Notice.objects.get().pk}/" in text
    assert "https://iso.example.gov.vn/toi/" in text
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_second_run_sends_nothing(server, person):
    tell(person)
    run()
    again = run()
    assert (again.sent, len(server.taken)) == (0, 1)


def test_what_goes_at_once_goes_together_and_the_daily_mail_apart(server, person):
    tell(person, occasion="1")
    tell(person, occasion="2")
    tell(person, NoticeKind.DUE, "3", title="Còn 7 ngày")
    assert run(daily=False).sent == 1
    assert "mục 1" in server.to(person)[0].get_content() and "mục 2" in server.to(person)[0].get_content()
    assert run().sent == 1
    assert "Còn 7 ngày" in server.to(person)[1].get_content()


def test_one_daily_mail_a_day(server, person):
    tell(person, NoticeKind.DUE, "1", title="Việc thứ nhất")
    run()
    tell(person, NoticeKind.DUE, "2", title="Việc thứ hai")
    assert run().sent == 0
    assert run(today() + datetime.timedelta(days=1)).sent == 1
    assert "Việc thứ hai" in server.to(person)[1].get_content()


def test_a_server_that_is_down_harms_nothing(server, settings, person):
    tell(person)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    outcome = run()
    assert outcome.unreachable and outcome.sent == 0
    assert Mail.objects.get().state == MailState.WAITING and Mail.objects.get().fault
    settings.EMAIL_PORT = port
    assert run().sent == 1 and len(server.taken) == 1


def test_a_line_that_breaks_midway_loses_and_doubles_nothing(server, province):
    people = [make_user(Role.EDITOR, province.lac_dao) for _n in range(5)]
    for person in people:
        tell(person)
    server.dies_after = 2
    assert run().sent == 2
    server.dies_after = None
    assert run().sent == 3
    assert [len(server.to(person)) for person in people] == [1] * 5


def test_a_mail_that_the_server_has_without_saying_so_is_not_sent_again(server, settings, person):
    tell(person)
    settings.EMAIL_TIMEOUT, server.thinks = 0.2, 1
    outcome = run()
    assert (outcome.sent, outcome.unsure, len(outcome.faults)) == (0, 1, 1)
    server.thinks = 0
    assert run().sent == 0 and len(server.to(person)) == 1
    assert Mail.objects.get().state == MailState.UNSURE


def test_a_refused_recipient_does_not_stop_the_others_and_is_given_up(server, province):
    lost, other = make_user(Role.EDITOR, province.lac_dao), make_user(Role.EDITOR, province.lac_dao)
    server.unknown = {lost.email}
    tell(lost)
    tell(other)
    outcome = run()
    assert (outcome.sent, len(outcome.faults)) == (1, 1)
    for _run in range(mailing.MOST_TRIES):
        run()
    assert Mail.objects.get(to=lost).state == MailState.FAILED
    assert run().faults == [] and len(server.taken) == 1


def test_an_address_that_no_mail_can_have_stops_nobody_else(server, province):
    odd, other = make_user(Role.EDITOR, province.lac_dao), make_user(Role.EDITOR, province.lac_dao)
    User.objects.filter(pk=odd.pk).update(email="a@b\nBcc: c@d")
    tell(odd)
    tell(other)
    assert run().sent == 1
    assert Mail.objects.get(to=odd).state == MailState.FAILED


def dead():
    """A claim of a process of this machine that does not run any more."""
    name = mailing.worker_name().split(":")
    return f"{name[0]}:{2**22 + os.getpid()}:abc"


@pytest.mark.parametrize(
    ("state", "sent"), [(MailState.CLAIMED, 1), (MailState.HANDED, 0)], ids=["before", "while"]
)
def test_a_process_that_died_before_handing_over_is_made_up_for_one_that_died_meanwhile_is_not(
    server, person, state, sent
):
    tell(person)
    mailing.gather(today(), daily=True)
    Mail.objects.update(state=state, claimed_by=dead(), claimed_at=timezone.now())
    outcome = run()
    assert (outcome.sent, outcome.unsure) == (sent, 1 - sent)
    assert len(server.taken) == sent
    assert run().sent == 0


def test_a_mail_that_another_run_holds_is_left_to_it(server, person):
    tell(person)
    mailing.gather(today(), daily=True)
    Mail.objects.update(state=MailState.CLAIMED, claimed_by=mailing.worker_name(), claimed_at=timezone.now())
    assert run().sent == 0 and Mail.objects.get().state == MailState.CLAIMED


def test_two_gatherings_take_each_notice_once(person):
    tell(person)
    assert mailing.gather(today(), daily=True) == 1
    assert mailing.gather(today(), daily=True) == 0
    assert not mailing._put_into_a_mail(person.pk, [Notice.objects.get().pk], None)
    assert Mail.objects.count() == 1


def test_whoever_no_longer_sees_the_agency_is_told_nothing(server, person, province):
    tell(person, agency=province.lac_dao)
    Membership.objects.filter(user=person).update(ends_on=today() - datetime.timedelta(days=1))
    assert (run().sent, Mail.objects.get().state) == (0, MailState.DROPPED)
    assert server.taken == []


def test_what_was_read_or_is_no_longer_wanted_is_not_mailed(server, person):
    tell(person, occasion="1")
    tell(person, NoticeKind.ASSIGNED, "2", title="Được giao")
    mailing.gather(today(), daily=True)
    Notice.objects.filter(occasion="1").mark_read()
    User.objects.filter(pk=person.pk).update(notice_choices={"assigned": Channel.REGISTER.value})
    assert run().dropped == 1 and server.taken == []


def test_without_an_address_or_an_account_nothing_is_gathered(server, province):
    for values in ({"email": ""}, {"is_active": False}):
        tell(make_user(Role.EDITOR, province.lac_dao, **values))
    assert run().sent == 0 and not Mail.objects.exists()


def test_old_news_is_not_mailed(server, person):
    tell(person)
    Notice.objects.update(made_at=timezone.now() - datetime.timedelta(days=8))
    assert run().sent == 0


def test_a_long_mail_lists_some_and_counts_the_rest(server, person):
    Notice.objects.tell(
        Notice(to=person, kind=NoticeKind.DUE, occasion=str(i), title=f"Việc {i}") for i in range(60)
    )
    run()
    text = server.to(person)[0].get_content()
    assert text.count("/thong-bao/") == mailing.LISTED + 1
    assert "Còn 10 thông báo khác" in text and "59 thông báo khác" in server.to(person)[0]["Subject"]
