"""The weekly mail: one for a person and a week, whoever runs the command how often, and none for whom it is not."""

import datetime

import pytest

from agencies import mailing, weekly
from agencies.models import Mail, Membership, Role, User
from agencies.models.notices import MailState
from agencies.testing import make_province, make_user, today
from agencies.tests.smtp import mail_server
from agencies.weekly import Letter, gather_weekly, monday_of

pytestmark = pytest.mark.django_db
WEEK = datetime.timedelta(days=7)


@pytest.fixture
def server(settings):
    with mail_server(settings) as running:
        yield running


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def reader(province):
    return make_user(Role.VIEWER, province.committee)


@pytest.fixture(autouse=True)
def writer():
    """A writer of a room above; the one that is there otherwise comes back."""
    kept = weekly._WRITERS[:]
    weekly.writes_weekly(lambda person, monday: Letter(f"Tuần {monday}", f"Kính gửi {person}", "<p>Bảng</p>"))
    yield
    weekly._WRITERS[:] = kept


def run(day=None):
    gather_weekly(day or today())
    return mailing.send()


def choose(person, by):
    person.revise(by=person, seen=person.version, notice_choices={"weekly": by})


def test_it_goes_out_as_text_and_as_a_page(server, reader):
    assert run().sent == 1
    [message] = server.to(reader)
    assert message["Subject"] == f"Tuần {monday_of(today())}"
    assert message.get_body(("plain",)).get_content().strip() == f"Kính gửi {reader}"
    assert message.get_body(("html",)).get_content().strip() == "<p>Bảng</p>"
    assert message["Auto-Submitted"] == "auto-generated"


def test_one_mail_for_a_week_however_often_the_command_runs(server, reader):
    monday = monday_of(today())
    for days in range(7):
        run(monday + datetime.timedelta(days=days))
    assert len(server.to(reader)) == 1
    run(monday + WEEK)
    assert len(server.to(reader)) == 2


def test_two_runs_at_once_claim_one(reader, monkeypatch):
    readers = weekly._readers

    def another_run_comes_between():
        monkeypatch.setattr(weekly, "_readers", readers)
        gather_weekly(today())
        return readers()

    monkeypatch.setattr(weekly, "_readers", another_run_comes_between)
    gather_weekly(today())
    assert Mail.objects.count() == 1


def test_a_server_that_is_down_loses_and_doubles_nothing(server, settings, reader):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert run().unreachable
    assert Mail.objects.get().state == MailState.WAITING
    settings.EMAIL_PORT = port
    assert mailing.send().sent == 1, "any run that sends mails sends it"
    assert run().sent == 0 and len(server.taken) == 1


def test_one_that_waits_from_an_earlier_week_gives_way_to_the_newer(server, settings, reader):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    run(today() - WEEK)
    settings.EMAIL_PORT = port
    assert run().sent == 1
    assert [message["Subject"] for message in server.to(reader)] == [f"Tuần {monday_of(today())}"]
    assert Mail.objects.get(week_of=monday_of(today() - WEEK)).state == MailState.DROPPED


@pytest.mark.parametrize(
    ("role", "choice", "comes"),
    [
        (Role.VIEWER, None, True),
        (Role.COORDINATOR, None, True),
        (Role.EDITOR, None, False),
        (Role.ADMINISTRATOR, None, False),
        (Role.VIEWER, "none", False),
        (Role.EDITOR, "mail", True),
    ],
)
def test_leadership_and_coordinators_get_it_until_they_choose(server, province, role, choice, comes):
    person = make_user(role, province.van_lam)
    if choice:
        choose(person, choice)
    assert run().sent == comes


def test_whoever_chose_otherwise_before_it_was_sent_gets_none(server, reader):
    gather_weekly(today())
    choose(reader, "none")
    assert mailing.send().dropped == 1 and server.taken == []


def test_whoever_lost_their_roles_gets_none(server, reader):
    gather_weekly(today())
    Membership.objects.filter(user=reader).update(ends_on=today() - datetime.timedelta(days=1))
    assert mailing.send().dropped == 1 and server.taken == []
    Mail.objects.all().delete()
    assert gather_weekly(today()) == 0


def test_without_an_address_or_an_account_none_is_made(province):
    for values in ({"email": ""}, {"is_active": False}):
        make_user(Role.VIEWER, province.committee, **values)
    assert gather_weekly(today()) == 0 and not Mail.objects.exists()


def test_nobody_gets_one_who_holds_no_role(server, province):
    choose(make_user(), "mail")
    make_user(is_superuser=True)
    assert run().sent == 0


def test_a_superuser_gets_one_who_asks_for_it(server, province):
    person = make_user(is_superuser=True)
    choose(person, "mail")
    assert run().sent == 1


def test_a_letter_with_nothing_to_tell_is_not_sent(server, reader):
    weekly.writes_weekly(lambda person, monday: None)
    assert run().dropped == 1 and server.taken == []


def test_a_fixed_number_of_queries(province, django_assert_max_num_queries):
    for _n in range(20):
        make_user(Role.VIEWER, province.van_lam)
    with django_assert_max_num_queries(8):
        assert gather_weekly(today()) == 20


def test_the_profile_keeps_only_what_is_not_as_usual(client, reader, province):
    editor = make_user(Role.EDITOR, province.van_lam)
    for person, usual, other in ((reader, "mail", "none"), (editor, "none", "mail")):
        client.force_login(person)
        form = client.get("/toi/").context["notices"]
        assert form["weekly"].value() == usual
        typed = {name: form[name].value() for name in form.fields}
        client.post("/toi/thong-bao/", typed)
        assert User.objects.get(pk=person.pk).notice_choices == {}
        client.post("/toi/thong-bao/", typed | {"weekly": other})
        assert User.objects.get(pk=person.pk).notice_choices == {"weekly": other}
