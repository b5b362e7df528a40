"""The official report as a file, drafted or published."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from agencies.errors import Refused
from agencies.models import User
from iso_rollout.commands import day_option
from reports.management.asked import add_arguments, plan_and_scope
from reports.models import Kind, OfficeTemplate, PublishedReport, codes
from reports.papers import content, word
from reports.papers.workbook import workbook


class Command(BaseCommand):
    help = "Make the official report (.docx or .xlsx), of a day or of a published code."

    def add_arguments(self, parser):
        parser.add_argument("--kind", choices=Kind.values, default=Kind.PROGRESS)
        parser.add_argument("--on", help="the day of the figures, 2020-12-31 or 31/12/2020; default: today")
        parser.add_argument("--made-on", help="the day on the paper; default: today")
        add_arguments(parser)
        parser.add_argument(
            "--accepted-only",
            action="store_true",
            help="leave out entries that the lead agency has not confirmed",
        )
        parser.add_argument("--format", choices=("docx", "xlsx"), default="docx")
        parser.add_argument(
            "--template", help="number of an office template, or built-in; default: the one in use"
        )
        parser.add_argument(
            "--publish", action="store_true", help="freeze the figures under a code, printed here"
        )
        parser.add_argument("--user", help="who publishes")
        parser.add_argument("--code", help="make a published report again, from what was frozen")
        parser.add_argument("--out", help="the file to write; default: bao-cao-….docx here")

    def handle(self, **options):
        report, made = self._report(options)
        code = report.code if report else ""
        out = Path(options["out"] or f"bao-cao-{made['kind']}-{made['on']}.{options['format']}")
        try:
            if options["format"] == "xlsx":
                data = workbook(made, code=code)
            else:
                template = self._template(options, report)
                data = word.document(made, office_template=template, code=code, draft=not code)
        except Refused as refused:
            raise CommandError(str(refused)) from None
        if code:
            # First: with it the file can be made again, whatever happens to this one.
            self.stdout.write(codes.shown(code))
        try:
            out.write_bytes(data)
        except (OSError, ValueError) as fault:
            raise CommandError(f"{out} cannot be written: {fault}") from None
        self.stdout.write(str(out))

    def _report(self, options):
        if options["code"]:
            code = codes.read_code(options["code"])
            report = PublishedReport.objects.filter(code=code).first() if code else None
            if report is None:
                raise CommandError(f"There is no published report {options['code']}.")
            return report, report.content
        today = timezone.localdate()
        on = day_option("--on", options["on"], default=today, latest=today)
        made_on = day_option("--made-on", options["made_on"], default=today)
        plan, scope = plan_and_scope(options, on)
        if scope is None:
            raise CommandError("Name the agency by its code: --agency.")
        user = None
        if options["user"] and (user := User.objects.filter(username=options["user"]).first()) is None:
            raise CommandError(f"There is no account {options['user']}.")
        office = content.Office(made_on)
        made = content.build(
            options["kind"], plan=plan, on=on, scope=scope, user=user, office=office,
            confirmed_only=options["accepted_only"],
        )  # fmt: skip
        if not options["publish"]:
            return None, made
        template = OfficeTemplate.objects.filter(is_in_use=True).first()
        return PublishedReport.objects.publish(made, scope=scope, plan=plan, by=user, template=template), made

    def _template(self, options, report):
        if options["template"] == "built-in":
            return None
        if options["template"]:
            number = options["template"]
            template = OfficeTemplate.objects.filter(pk=number).first() if number.isdecimal() else None
            if template is None:
                raise CommandError(f"There is no template {number}.")
        else:
            template = report.template if report else OfficeTemplate.objects.filter(is_in_use=True).first()
        if template is None:
            return None
        with template.file.open("rb") as file:
            return file.read()
