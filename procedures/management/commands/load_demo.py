"""Load Hưng Yên's plan 2020–2021 as a demonstration; a second run writes nothing."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from agencies.errors import Refused
from procedures.demo import accounts, load


class Command(BaseCommand):
    help = "Loads the demonstration data: Hưng Yên 2020–2021. Accounts only where DEBUG is on."

    def add_arguments(self, parser):
        parser.add_argument("--accounts", action="store_true", help="only print the accounts")

    def handle(self, *args, **options):
        if not options["accounts"]:
            try:
                loaded = load(with_accounts=settings.DEBUG)
            except Refused as refused:
                raise CommandError(str(refused)) from None
            if loaded.agencies or loaded.rollouts:
                self.stdout.write(
                    _("Loaded: %(agencies)s agencies, %(procedures)s procedures, %(rollouts)s rollouts.")
                    % vars(loaded)
                )
            else:
                self.stdout.write(_("The demonstration data is there already."))
        if not settings.DEBUG:
            self.stdout.write(_("Without DEBUG there are no demonstration accounts."))
            return
        self.stdout.write(_("Sign in for the demonstration as:"))
        rows = accounts()
        widths = [max(len(str(row[i])) for row in rows) for i in range(4)]
        for row in rows:
            self.stdout.write(
                "  " + "  ".join(str(text).ljust(width) for text, width in zip(row, widths, strict=True))
            )
