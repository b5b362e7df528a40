"""Remind, and send the mails that wait. Run as often as you like: nothing is told or sent twice."""

import logging

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies import mailing
from iso_rollout.text import Unreadable, parse_date
from procedures.models import Rollout
from procedures.models.telling import remind

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Enter the reminders of a day, then send mails: at once, and the daily ones of that day."

    def add_arguments(self, parser):
        parser.add_argument("--on", help="the day, 2020-12-31 or 31/12/2020; default: today")
        parser.add_argument(
            "--at-once",
            action="store_true",
            help="only what goes by mail at once: no reminders, no daily mail",
        )

    def handle(self, *, on, at_once, **options):
        on = _day(on) if on else timezone.localdate()
        if not at_once:
            remind(Rollout.objects.to_be_reminded(on).select_related("agency", "plan"), on)
        mailing.gather(on, daily=not at_once)
        outcome = mailing.send()
        self.stdout.write(f"sent {outcome.sent}  nothing left to tell {outcome.dropped}")
        if outcome.unsure:
            log.warning("%s mails were being handed over when a process died; not sent again", outcome.unsure)
        for mail, fault in outcome.faults:
            log.warning("Mail %s was not sent: %s", mail.pk, fault)
        if outcome.unreachable:
            # The next run tries again.
            log.error("The mail server cannot be reached: %s", outcome.unreachable)


def _day(text):
    try:
        when = parse_date(text)
    except Unreadable as fault:
        raise CommandError(f"--on: {fault}") from None
    if when is None or when.precision != "day":
        raise CommandError("--on: give a day, such as 2020-12-31.")
    return when.date
