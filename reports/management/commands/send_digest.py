"""Claim the weekly mails of a week and send what waits. Run as often as you like: nobody gets two for a week."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from agencies import mailing
from agencies.weekly import gather_weekly, monday_of
from iso_rollout.commands import day_option


class Command(BaseCommand):
    help = (
        "Send the weekly mail to everybody who wants it; what the mail server refuses is sent by a later run."
    )

    def add_arguments(self, parser):
        parser.add_argument("--on", help="a day of the week, 2020-12-31 or 31/12/2020; default: today")

    def handle(self, *, on, **options):
        day = day_option("--on", on, default=timezone.localdate())
        made = gather_weekly(day)
        outcome = mailing.send()
        self.stdout.write(
            f"week of {monday_of(day):%Y-%m-%d}: {made} for this week"
            f"  sent {outcome.sent}  nothing to tell {outcome.dropped}"
        )
        outcome.log()
