"""A synthetic country for load tests and benchmarks (procedures.country)."""

from django.core.management.base import BaseCommand, CommandError

from procedures.country import NotEmpty, build


class Command(BaseCommand):
    help = (
        "Fill an empty register with a synthetic country: N agencies, M procedures, N × M agency procedures, "
        "plans, rollouts, declarations and people. Writes no lines of history. "
        "Refuses when agencies or procedures are there."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--agencies", type=int, required=True, help="how many agencies in all, such as 11000"
        )
        parser.add_argument("--procedures", type=int, required=True, help="how many procedures, such as 180")
        parser.add_argument("--seed", type=int, default=1, help="another number makes another country")
        parser.add_argument("--password", help="lets every person sign in with it; without it nobody can")

    def handle(self, *, agencies, procedures, seed, password, **options):
        if agencies < 1 or procedures < 1:
            raise CommandError("A country has at least one agency and one procedure.")
        try:
            build(agencies, procedures, seed, password, say=self.stdout.write)
        except NotEmpty as reason:
            raise CommandError(str(reason)) from None
