"""Check a spreadsheet, or bring it in whole or not at all."""

import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies.errors import Refused
from agencies.imports import engine
from agencies.imports.checked import Options
from agencies.models import User
from agencies.models.history import Door
from iso_rollout.commands import day_option
from procedures import imports

_COUNTS = ("rows", "new", "changed", "unchanged")


class Command(BaseCommand):
    help = "Check a list from a spreadsheet; with --apply bring it in whole, or not at all."

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=(*imports.NAMES, "update"))
        parser.add_argument("file")
        parser.add_argument("--apply", action="store_true", help="write it; without, nothing is written")
        parser.add_argument("--on", help="the day the list speaks of, such as 2020-12-31; default: today")
        parser.add_argument("--sheet", help="read this sheet only")
        parser.add_argument("--convert-legacy", action="store_true", help="convert TCVN3, VNI and mojibake")
        parser.add_argument("--user", help="the user name of the person on whose behalf; default: nobody's")
        parser.add_argument("--plan", default="", help="code of the plan that a list of undertakings is for")
        parser.add_argument("--records", action="store_true", help="list every record in clean words")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **given):
        path = Path(given["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        kind, user = imports.kind(given["kind"]), _user(given["user"])
        on = day_option("--on", given["on"], latest=timezone.localdate())
        options = Options(convert_legacy=given["convert_legacy"], sheet=given["sheet"], plan=given["plan"])
        try:
            checked = engine.check(kind, path, path.name, user=user, on=on, options=options)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        answer = {"outcome": "checked" if checked.is_fine else "refused", "upload": None, "changeset": None}
        if given["apply"] and checked.is_fine:
            checked = self._apply(kind, checked, answer, user=user, options=options)
        answer = _answer(given["kind"], path, checked, answer, records=given["records"])
        if given["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))
        else:
            _tell(self.stdout, answer)
        if answer["outcome"] == "refused":
            sys.exit(1)

    @staticmethod
    def _apply(kind, checked, answer, *, user, options):
        try:
            written = engine.write(
                kind, checked, user=user, options=options, door=Door.COMMAND, shown=checked.digest
            )
        except engine.Blocked as blocked:
            answer["outcome"] = "refused"
            return blocked.checked
        except Refused as refused:
            raise CommandError(str(refused)) from None
        answer["outcome"] = "applied"
        answer["changeset"] = written.change_set.pk if written.change_set else None
        return written.checked


def _answer(kind, path, checked, answer, *, records):
    told = {
        "kind": kind,
        "file": path.name,
        "outcome": answer["outcome"],
        **{name: checked.counts[name] if answer["outcome"] != "refused" else 0 for name in _COUNTS},
        "warnings": [_problem(p) for p in checked.warnings],
        "errors": [_problem(p) for p in checked.errors],
        "upload": answer["upload"],
        "changeset": answer["changeset"],
    }
    if records:
        told["records"] = list(checked.records()) if checked.is_fine else []
    return told


def _problem(problem):
    return {"sheet": problem.sheet, "cell": problem.cell, "code": problem.code, "message": str(problem)}


def _tell(out, answer):
    out.write(
        f"{answer['file']}: {answer['outcome']}, {answer['rows']} rows, {answer['new']} new, "
        f"{answer['changed']} changed, {answer['unchanged']} unchanged"
    )
    for name in ("errors", "warnings"):
        for problem in answer[name]:
            place = f"{problem['sheet']}!{problem['cell']}" if problem["sheet"] else problem["cell"]
            out.write(f"  {name[:-1]} {place} {problem['code']}: {problem['message']}")


def _user(name):
    if not name:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no person with the user name {name}.")
    return user
