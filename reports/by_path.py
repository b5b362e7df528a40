"""Sums over many subtrees at once, by the beginnings of paths: the database counts, and no agency is read."""

from collections import defaultdict

from django.db.models import Count, Q, Sum
from django.db.models.functions import Left

from procedures.freshness import long_ago, with_last_change
from procedures.models import AgencyProcedure, Rollout, standard_on, with_coverage
from reports.figures import agencies_on, seen_in
from reports.ready import Sums


def sums_by_path(length, *, on, user, scope=None, confirmed_only=False, fewer=None, with_quiet=False):
    """{path of `length` signs: Sums} of what lies below it on a day, without a plan's undertakings.

    `fewer`: what `unconfirmed` gave, where it was asked already. `with_quiet`: units not updated for 90 days are counted.
    One query, with `confirmed_only` three.
    """
    if confirmed_only and fewer is None:
        fewer = unconfirmed(on=on, user=user, scope=scope)
    found = defaultdict(Sums)
    rows = _counted(length, on, agencies_on(on, scope=scope, user=user), confirmed_only, with_quiet)
    for path, standard, agencies, units, late, in_force, under_iso, *quiet in rows:
        sums = found[path]
        sums.agencies += agencies
        sums.units += units
        sums.late += late
        sums.in_force += in_force
        sums.under_iso += under_iso
        sums.quiet += sum(quiet)
        if standard is not None:
            sums.declared += units
            sums.by_standard[standard] += units
    if fewer:
        then = agencies_on(on, scope=scope, user=user).filter(pk__in=fewer).values_list("pk", "path_then")
        for agency, path in then:
            found[path[:length]].under_iso -= fewer[agency]
    return dict(found)


def _counted(length, on, agencies, confirmed_only, with_quiet):
    """A row for each path and each standard in force there (None: not declared)."""
    late = Rollout.objects.late_on(on, confirmed_only=confirmed_only).order_by().values("agency")
    is_unit = Q(covered_by_id_then__isnull=True)
    numbers = {
        "agencies": Count("pk"),
        "units": Count("pk", filter=is_unit),
        "late": Count("pk", filter=is_unit & Q(pk__in=late)),
        "in_force": Sum("in_force_then", default=0),
        "under_iso": Sum("under_iso_then", default=0),
    }
    agencies = with_coverage(agencies, on)
    if with_quiet:
        agencies = with_last_change(agencies, on)
        numbers["quiet"] = Count("pk", filter=is_unit & long_ago(on))
    standard = standard_on(on, confirmed_only=confirmed_only)
    rows = agencies.annotate(root=Left("path_then", length), standard_then=standard).order_by()
    return rows.values_list("root", "standard_then").annotate(**numbers)


def unconfirmed(*, on, user, scope=None):
    """{agency's id: its procedures that run under a standard only by declarations nobody has confirmed}, one query.

    The tally knows nothing of confirmation: they are taken off.
    """
    duties = seen_in(AgencyProcedure.objects, on=on, scope=scope, user=user)
    return duties.in_force(on).unconfirmed_by_agency(on)
