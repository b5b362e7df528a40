"""Remind, and send the mails that wait. Run as often as you like: nothing is told or sent twice."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from agencies import mailing
from iso_rollout.commands import day_option
from procedures.models import Rollout
from procedures.models.telling import remind


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
        on = day_option("--on", on, default=timezone.localdate())
        if not at_once:
            remind(Rollout.objects.to_be_reminded(on).select_related("agency", "plan"), on)
        mailing.gather(on, daily=not at_once)
        outcome = mailing.send()
        self.stdout.write(f"sent {outcome.sent}  nothing left to tell {outcome.dropped}")
        outcome.log()
