"""The figures of a day, as the board shows them."""

import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies.models import Agency
from iso_rollout.text import Unreadable, parse_date
from procedures.models import Plan
from reports.figures import as_json, summary


class Command(BaseCommand):
    help = "Print units, targets, rollouts and procedures of a day."

    def add_arguments(self, parser):
        parser.add_argument("--on", help="the day, 2020-12-31 or 31/12/2020; default: today")
        parser.add_argument("--plan", help="code of the plan; default: the latest decided by that day")
        parser.add_argument(
            "--agency", help="code of the agency whose subtree is counted; default: the plan's"
        )
        parser.add_argument(
            "--accepted-only",
            action="store_true",
            help="count only entries that the lead agency has confirmed",
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options):
        on = timezone.localdate()
        if options["on"]:
            try:
                when = parse_date(options["on"], latest=on)
            except Unreadable as fault:
                raise CommandError(f"--on: {fault}") from None
            if when is None or when.precision != "day":
                raise CommandError("--on: give a day, such as 2020-12-31.")
            on = when.date
        plans = Plan.objects.select_related("agency")
        plan = plans.filter(code=options["plan"]).first() if options["plan"] else plans.latest(on)
        if plan is None and options["plan"]:
            raise CommandError(f"There is no plan {options['plan']}.")
        scope = plan.agency if plan else None
        if options["agency"]:
            # The code as of the day: codes are reused after a reorganisation.
            scope = Agency.objects.as_of(on).filter(code_then=options["agency"]).first()
            if scope is None:
                raise CommandError(f"On {on} there is no agency with the code {options['agency']}.")
            scope = Agency.objects.get(pk=scope.pk)
        confirmed_only = options["accepted_only"]
        figures = as_json(summary(plan, on=on, scope=scope, user=None, confirmed_only=confirmed_only), on)
        if confirmed_only:
            figures["accepted_only"] = True
        if options["json"]:
            self.stdout.write(json.dumps(figures, ensure_ascii=False))
            return
        units, procedures = figures["units"], figures["procedures"]
        only = "  confirmed entries only" if confirmed_only else ""
        self.stdout.write(f"{figures['plan']}  {on:%d/%m/%Y}{only}")
        self.stdout.write(f"units {units['total']}  declared {units['declared']}  {units['by_standard']}")
        for target in figures["targets"]:
            self.stdout.write("  ".join(f"{k} {v}" for k, v in target.items()))
        self.stdout.write(f"rollouts {figures['rollouts']}")
        self.stdout.write(f"procedures {procedures}")
