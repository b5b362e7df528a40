"""`manage.py send_notices`: reminders on their days, each once; the command itself in real processes."""

import datetime
import subprocess
import sys
import time
from io import StringIO

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from agencies.models import Notice, NoticeKind
from agencies.testing import day
from agencies.tests.smtp import mail_server
from procedures.lifecycle import Stage, State
from procedures.testing import reach

DUE = day("2020-12-31")


def send(on, **options):
    call_command("send_notices", on=str(on), stdout=StringIO(), **options)


def reminders(person):
    return [n.title for n in Notice.objects.filter(to=person, kind=NoticeKind.DUE).order_by("pk")]


def before(days):
    return DUE - datetime.timedelta(days=days)


@pytest.mark.django_db
class TestReminders:
    @pytest.fixture(autouse=True)
    def no_mail(self, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    def test_thirty_seven_and_one_days_before_and_each_week_once_late(self, place):
        for days in range(40, -30, -1):
            send(before(days))
        assert [title.split(":")[0] for title in reminders(place.editor)] == [
            "Còn 30 ngày đến hạn",
            "Còn 7 ngày đến hạn",
            "Còn 1 ngày đến hạn",
            "Quá hạn 1 ngày",
            "Quá hạn 8 ngày",
            "Quá hạn 15 ngày",
            "Quá hạn 22 ngày",
            "Quá hạn 29 ngày",
        ]

    def test_a_second_run_of_the_day_reminds_nobody_again(self, place):
        send(before(7))
        send(before(7))
        assert len(reminders(place.editor)) == 1

    def test_a_day_without_a_run_is_made_up_for(self, place):
        send(before(28))
        send(before(5))
        assert [t.split(":")[0] for t in reminders(place.editor)] == [
            "Còn 28 ngày đến hạn",
            "Còn 5 ngày đến hạn",
        ]

    def test_only_those_who_record_there_are_reminded(self, place):
        send(before(7))
        assert (
            not reminders(place.stranger) and not reminders(place.viewer) and not reminders(place.coordinator)
        )

    def test_what_is_declared_or_rests_is_not_reminded_of(self, place):
        place.rollout.move(State.PAUSED, by=place.coordinator, seen=place.rollout.version, reason="Chờ")
        send(before(7))
        place.rollout.move(State.ACTIVE, by=place.coordinator, seen=place.rollout.version, reason="Tiếp")
        reach(place.rollout, Stage.DECLARED, by=place.coordinator)
        send(before(1))
        assert not reminders(place.editor)

    def test_another_due_day_is_reminded_of_anew(self, place):
        send(before(7))
        type(place.rollout).objects.update(due_on=before(-10))
        send(before(-3))
        assert [t.split(":")[0] for t in reminders(place.editor)] == ["Còn 7 ngày đến hạn"] * 2

    def test_at_once_enters_no_reminder(self, place):
        send(before(7), at_once=True)
        assert not reminders(place.editor)

    @pytest.mark.parametrize("on", ["31/02/2020", "hôm nay", "2020"])
    def test_a_day_that_cannot_be_read_is_refused(self, on):
        with pytest.raises(CommandError):
            send(on)

    def test_a_fixed_number_of_queries(self, place, django_assert_max_num_queries):
        with django_assert_max_num_queries(24):
            send(before(7))


# Real processes: two at once, and one that is killed.

ENTER = """
from agencies.testing import make_province, make_user, grant
from agencies.models import Notice
province = make_province()
for i in range(12):
    person = make_user("editor", province.lac_dao, username=f"nguoi{i}", email=f"nguoi{i}@example.gov.vn")
    Notice.objects.tell([Notice(to=person, kind="returned", occasion="1", title="Bị trả lại")])
"""


def start(environment):
    return subprocess.Popen(
        [sys.executable, "manage.py", "send_notices"],
        cwd=django_settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def outbox(scratch):
    """A register with twelve people to be told, and a mail server."""
    with mail_server() as server:
        scratch["EMAIL_URL"] = "smtp://{}:{}".format(*server.server_address)
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-c", ENTER],
            cwd=django_settings.BASE_DIR, env=scratch, check=True, capture_output=True,
        )  # fmt: skip
        yield server, scratch


def recipients(server):
    return sorted(recipient for recipient, _message in server.taken)


EVERYBODY = sorted(f"nguoi{i}@example.gov.vn" for i in range(12))


@pytest.mark.faults
def test_two_runs_at_once_send_each_mail_once(outbox):
    server, environment = outbox
    server.thinks = 0.05
    runs = [start(environment), start(environment)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0]
    assert recipients(server) == EVERYBODY


@pytest.mark.faults
def test_a_run_that_is_killed_midway_doubles_and_loses_nothing(outbox):
    server, environment = outbox
    server.thinks = 0.3
    for mails in (3, 7):
        run = start(environment)
        end = time.monotonic() + 60
        while len(server.taken) < mails and time.monotonic() < end:
            server.arrived.wait(1)
            server.arrived.clear()
        # The server has the mail and has not said so yet.
        run.kill()
        run.wait(timeout=20)
    server.thinks = 0
    assert start(environment).wait(timeout=60) == 0
    assert start(environment).wait(timeout=60) == 0
    assert recipients(server) == EVERYBODY
