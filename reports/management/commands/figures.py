"""The figures of a day, as the board shows them."""

import json

from django.core.management.base import BaseCommand
from django.utils import timezone

from iso_rollout.commands import day_option
from reports.figures import as_json, summary
from reports.known import known, lines_after, unrecorded
from reports.management.asked import add_arguments, plan_and_scope
from reports.recount import board_only, recount
from reports.rows import read_rows


class Command(BaseCommand):
    help = "Print units, targets, rollouts and procedures of a day."

    def add_arguments(self, parser):
        parser.add_argument("--on", help="the day, 2020-12-31 or 31/12/2020; default: today")
        add_arguments(parser)
        parser.add_argument(
            "--accepted-only",
            action="store_true",
            help="count only entries that the lead agency has confirmed",
        )
        parser.add_argument(
            "--known-on",
            help="count what was on record at the end of this day; default: all that is known now",
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options):
        today = timezone.localdate()
        on = day_option("--on", options["on"], default=today, latest=today)
        known_on = day_option("--known-on", options["known_on"], latest=today)
        plan, scope = plan_and_scope(options, on)
        confirmed_only = options["accepted_only"]
        if known_on:
            figures = self._known(plan, scope, on, known_on=known_on, confirmed_only=confirmed_only)
        else:
            figures = as_json(summary(plan, on=on, scope=scope, user=None, confirmed_only=confirmed_only), on)
        if confirmed_only:
            figures["accepted_only"] = True
        if options["json"]:
            self.stdout.write(json.dumps(figures, ensure_ascii=False))
            return
        units, procedures = figures["units"], figures["procedures"]
        only = "  confirmed entries only" if confirmed_only else ""
        only += f"  as known on {known_on:%d/%m/%Y}" if known_on else ""
        self.stdout.write(f"{figures['plan']}  {on:%d/%m/%Y}{only}")
        self.stdout.write(f"units {units['total']}  declared {units['declared']}  {units['by_standard']}")
        for target in figures["targets"]:
            self.stdout.write("  ".join(f"{k} {v}" for k, v in target.items()))
        self.stdout.write(f"rollouts {figures['rollouts']}")
        self.stdout.write(f"procedures {procedures}")

    def _known(self, plan, scope, on, *, known_on, confirmed_only):
        """The same figures counted from what was on record at the end of a day, with `known_on`."""
        rows = read_rows()
        if missing := unrecorded(rows):
            told = ", ".join(f"{model} {number}" for model, number in missing.items())
            self.stderr.write(f"Written without history, counted as always known: {told}")
        found = recount(
            known(rows, lines_after(known_on), known_on),
            on,
            plan=plan and plan.pk,
            scope=scope and scope.pk,
            confirmed_only=confirmed_only,
        )
        return board_only(found) | {"known_on": known_on.isoformat()}
