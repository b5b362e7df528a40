"""Every figure of a board, for every day of a period, held against an independent count."""

import datetime
import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from iso_rollout.commands import day_option
from reports.figures import as_json, summary
from reports.management.asked import add_arguments, plan_and_scope
from reports.recount import differences, recount, told
from reports.rows import read_rows


class Command(BaseCommand):
    help = "Recount every figure of every day of a period another way; exit 1 on a difference."

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="first", required=True, help="the first day, such as 01/01/2020")
        parser.add_argument("--to", dest="last", help="the last day; default: today")
        add_arguments(parser, last="the last day")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options):
        today = timezone.localdate()
        first = day_option("--from", options["first"], latest=today)
        last = day_option("--to", options["last"], default=today, latest=today)
        if last < first:
            raise CommandError("--to lies before --from.")
        plan, scope = plan_and_scope(options, last)
        days, found = 0, []
        rows = read_rows()
        day = first
        while day <= last:
            for confirmed_only in (False, True):
                found += _compare(rows, plan, scope, day, confirmed_only)
            days, day = days + 1, day + datetime.timedelta(days=1)
        self._say(days, found, options["json"])
        if found:
            raise SystemExit(1)

    def _say(self, days, found, as_text):
        if as_text:
            self.stdout.write(json.dumps({"days": days, "differences": found}, ensure_ascii=False))
            return
        for d in found:
            only = " (confirmed entries only)" if d["accepted_only"] else ""
            self.stdout.write(
                f"{d['on']}  {d['figure']}{only}: figures {d['figures']}, recount {d['recount']}"
            )
        self.stdout.write(f"{days} days, {len(found)} differences")


def _compare(rows, plan, scope, day, confirmed_only):
    shown = told(summary(plan, on=day, scope=scope, user=None, confirmed_only=confirmed_only), as_json, day)
    counted = recount(
        rows,
        day,
        plan=plan.pk if plan else None,
        scope=scope.pk if scope else None,
        confirmed_only=confirmed_only,
    )
    return [
        {
            "on": day.isoformat(),
            "figure": name,
            "accepted_only": confirmed_only,
            "figures": one,
            "recount": two,
        }
        for name, one, two in differences(shown, counted)
    ]
