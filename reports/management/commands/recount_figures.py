"""Every figure of a board, for every day of a period, held against an independent count."""

import datetime
import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies.models import Agency
from iso_rollout.text import Unreadable, parse_date
from procedures.models import Plan
from reports.figures import as_json, summary
from reports.recount import differences, recount, told
from reports.rows import read_rows


class Command(BaseCommand):
    help = "Recount every figure of every day of a period another way; exit 1 on a difference."

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="first", required=True, help="the first day, such as 01/01/2020")
        parser.add_argument("--to", dest="last", help="the last day; default: today")
        parser.add_argument("--plan", help="code of the plan; default: the latest decided by the last day")
        parser.add_argument(
            "--agency", help="code of the agency whose subtree is counted; default: the plan's"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options):
        today = timezone.localdate()
        first = _day("--from", options["first"], today)
        last = _day("--to", options["last"], today) if options["last"] else today
        if last < first:
            raise CommandError("--to lies before --from.")
        plans = Plan.objects.select_related("agency")
        plan = plans.filter(code=options["plan"]).first() if options["plan"] else plans.latest(last)
        if plan is None and options["plan"]:
            raise CommandError(f"There is no plan {options['plan']}.")
        scope = plan.agency if plan else None
        if options["agency"]:
            found = Agency.objects.as_of(last).filter(code_then=options["agency"]).first()
            if found is None:
                raise CommandError(f"On {last} there is no agency with the code {options['agency']}.")
            scope = Agency.objects.get(pk=found.pk)
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


def _day(name, text, today):
    try:
        when = parse_date(text, latest=today)
    except Unreadable as fault:
        raise CommandError(f"{name}: {fault}") from None
    if when is None or when.precision != "day":
        raise CommandError(f"{name}: give a day, such as 31/12/2020.")
    return when.date


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
