"""What every command of figures is asked about: a plan and the agency whose subtree is counted, on a day."""

from django.core.management.base import CommandError

from agencies.models import Agency
from procedures.models import Plan


def add_arguments(parser, last="that day"):
    """The two options. `last`: by which day the plan is chosen where none is named."""
    parser.add_argument("--plan", help=f"code of the plan; default: the latest decided by {last}")
    parser.add_argument("--agency", help="code of the agency whose subtree is counted; default: the plan's")


def plan_and_scope(options, on):
    """(the plan or None, the agency or None) that the options name. Raises CommandError for a code that there is not."""
    plans = Plan.objects.select_related("agency")
    plan = plans.filter(code=options["plan"]).first() if options["plan"] else plans.latest(on)
    if plan is None and options["plan"]:
        raise CommandError(f"There is no plan {options['plan']}.")
    if not options["agency"]:
        return plan, plan.agency if plan else None
    # The code as of the day: codes are reused after a reorganisation.
    scope = Agency.objects.as_of(on).filter(code_then=options["agency"]).first()
    if scope is None:
        raise CommandError(f"On {on} there is no agency with the code {options['agency']}.")
    return plan, Agency.objects.get(pk=scope.pk)
