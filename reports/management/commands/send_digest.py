"""Claim the weekly mails of a week and send what waits. Run as often as you like: nobody gets two for a week."""

import logging

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies import mailing
from agencies.weekly import gather_weekly, monday_of
from iso_rollout.text import Unreadable, parse_date

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Send the weekly mail to everybody who wants it; what the mail server refuses is sent by a later run."
    )

    def add_arguments(self, parser):
        parser.add_argument("--on", help="a day of the week, 2020-12-31 or 31/12/2020; default: today")

    def handle(self, *, on, **options):
        day = _day(on) if on else timezone.localdate()
        made = gather_weekly(day)
        outcome = mailing.send()
        self.stdout.write(
            f"week of {monday_of(day):%Y-%m-%d}: {made} for this week"
            f"  sent {outcome.sent}  nothing to tell {outcome.dropped}"
        )
        if outcome.unsure:
            log.warning("%s mails were being handed over when a process died; not sent again", outcome.unsure)
        for mail, fault in outcome.faults:
            log.warning("Mail %s was not sent: %s", mail.pk, fault)
        if outcome.unreachable:
            # The next run, of this command or of send_notices, tries again.
            log.error("The mail server cannot be reached: %s", outcome.unreachable)


def _day(text):
    try:
        when = parse_date(text)
    except Unreadable as fault:
        raise CommandError(f"--on: {fault}") from None
    if when is None or when.precision != "day":
        raise CommandError("--on: give a day, such as 2020-12-31.")
    return when.date
