"""Forecast simulated provinces whose end is known: how often the band held, how far off the middle was."""

import json

from django.core.management.base import BaseCommand

from reports.backtest import play


class Command(BaseCommand):
    help = (
        "Test the forecast on simulated provinces: the 80 per cent band should hold the end in 70–90 per cent; "
        "`off` is what came beyond the middle of the forecast, on average, in per cent of the figure."
    )

    def add_arguments(self, parser):
        parser.add_argument("--provinces", type=int, default=200)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--games", type=int, default=400)
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options):
        cases = play(options["provinces"], seed=options["seed"], games=options["games"])
        told = {
            "provinces": len(cases),
            "held": round(sum(case.holds for case in cases) / len(cases), 3),
            "below": sum(case.came < case.low for case in cases),
            "above": sum(case.came > case.high for case in cases),
            "off": round(sum(case.off for case in cases) / len(cases), 1),
        }
        if options["json"]:
            self.stdout.write(json.dumps(told))
        else:
            self.stdout.write("  ".join(f"{name} {value}" for name, value in told.items()))
