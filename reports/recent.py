"""What changed at the agencies of a territory in the 30 days to a day: the sets, and how many rows each has.

Facts are told by the day on which they became true, corrections by the day on which they were written.
"""

import datetime
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.access import past_of
from agencies.models import Agency, Change
from iso_rollout.statements import kept
from procedures.lifecycle import Stage
from procedures.models import Declaration, Milestone, Rollout
from procedures.work import number_of

DAYS = 30  # the day itself and the 29 before it

# The word of the address: its heading, and what an empty list says.
KINDS = {
    "moc": (_("Milestones reached, without declarations"), _("No milestone was reached in these 30 days.")),
    "cong-bo": (_("Declarations"), _("Nobody declared in these 30 days.")),
    "thanh-lap": (_("Agencies established"), _("No agency was established in these 30 days.")),
    "giai-the": (_("Agencies closed"), _("No agency closed in these 30 days.")),
    "dinh-chinh": (_("Corrections"), _("Nothing on record was corrected in these 30 days.")),
}


@dataclass(frozen=True)
class Recent:
    """One kind of change: how many rows, and the address of their list."""

    kind: str
    label: str
    number: int
    url: str


def first_day(on):
    """The first of the 30 days that end with `on`."""
    return on - datetime.timedelta(days=DAYS - 1)


def days_of(on):
    """The 30 days that end with a day: first and last, and the moments at which they begin and are over."""
    first, after = first_day(on), on + datetime.timedelta(days=1)
    moments = [timezone.make_aware(datetime.datetime.combine(d, datetime.time())) for d in (first, after)]
    return {"first": first, "last": on, "begin": moments[0], "over": moments[1]}


def sets_of(scope, *, on, confirmed_only=False):
    """{kind: rows} of the subtree of an agency, by the tree of today: whoever closed stood there to the end.

    The caller sees `scope`, so also everything below it.
    """
    return _sets(scope, confirmed_only=confirmed_only, **days_of(on))


def _sets(scope, *, first, last, begin, over, confirmed_only):
    below = Agency.objects.not_void().within(scope)
    days = (first, last)
    milestones = Milestone.objects.counting(confirmed_only=confirmed_only).exclude(stage=Stage.DECLARED)
    declarations = Declaration.objects.counting(confirmed_only=confirmed_only)
    return {
        "moc": milestones.filter(rollout__agency__in=below, reached_on__range=days),
        "cong-bo": declarations.filter(agency__in=below, declared_on__range=days),
        "thanh-lap": below.filter(established_on__range=days),
        "giai-the": below.filter(dissolved_on__range=days),
        "dinh-chinh": corrections(begin, over).filter(agency__in=below),
    }


def corrections(begin, over):
    """Lines of history that changed or took away what stood on record, written between two moments.

    What may be corrected is what the models call restorable; that an entry was confirmed is no correction.
    """
    corrected = Q()
    for model in (Agency, Rollout, Milestone, Declaration):
        columns = sorted(model.RESTORABLE)
        corrected |= Q(model=model._meta.label_lower, before__has_any_keys=columns)
    lines = Change.objects.filter(corrected, before__isnull=False)
    return lines.filter(change_set__made_at__gte=begin, change_set__made_at__lt=over)


def recent(scope, *, on, url, confirmed_only=False):
    """How many rows each kind of change has, in one query: [Recent]. `url(kind)` gives the address of a list."""
    (numbers,) = _numbers(pk=scope.pk, path=scope.path, confirmed_only=confirmed_only, **days_of(on))
    numbers = dict(zip(KINDS, numbers, strict=True))
    return [Recent(kind, str(label), numbers[kind], url(kind)) for kind, (label, _empty) in KINDS.items()]


@kept(also=lambda path, **_rest: past_of(None, path))
def _numbers(pk, path, confirmed_only, **days):
    sets = _sets(Agency(pk=pk, path=path), confirmed_only=confirmed_only, **days)
    numbers = [number_of(sets[kind]) for kind in KINDS]
    return Agency.objects.filter(pk=pk).order_by().values_list(*numbers)
