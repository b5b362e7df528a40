"""Recount everything derived from the facts (procedures.checks); exit 1 when something differs."""

import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from procedures.checks import days_counted, recount

SHOWN = 50


class Command(BaseCommand):
    help = (
        "Recount everything that is derived from the facts: tallies, stages, states, paths, keys. "
        "Changes nothing; exits 1 when something differs, and names it."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print the result as JSON, every difference")

    def handle(self, *, json: bool, **options):
        checked, differences = recount()
        self.stdout.write(as_json(checked, differences) if json else as_text(checked, differences))
        if differences:
            sys.exit(1)


def as_json(checked, differences):
    """The stable answer of `check_facts --json`."""
    answer = {
        "checked": checked,
        "differences": [asdict(d) for d in differences],
        # The days on which coverage was counted from the duties.
        "days": days_counted(),
    }
    return json.dumps(answer, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def as_text(checked, differences):
    lines = [f"{rows:>10}  {name}" for name, rows in checked.items()]
    lines += [f"{d.what} {d.id}: stored {d.stored}, counted {d.counted}" for d in differences[:SHOWN]]
    if len(differences) > SHOWN:
        lines.append(f"… and {len(differences) - SHOWN} more")
    lines.append(f"{len(differences)} differences")
    return "\n".join(lines)
