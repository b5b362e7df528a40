"""Which units the public page names, and what it says of each. Knows no person: what is here, everybody may read.

Only what the lead agency has confirmed. No note, no signer, no number of a record of this register.
"""

from dataclasses import dataclass
from itertools import islice

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from agencies.models import Agency, Kind, Level
from iso_rollout.text import fold
from procedures.models import AgencyProcedure, CoverageTally, Declaration, standard_on
from procedures.models.coverage import Covers
from procedures.models.declarations import Precision

AT_A_TIME = 500  # units of a file that are read together


@dataclass(frozen=True)
class Place:
    """A province or district that the list can be narrowed to. `word` stands in the address, such as "huyen-van-lam"."""

    word: str
    name: str
    agency: Agency


@dataclass(frozen=True)
class DeclaredUnit:
    """One unit as it is made public. `day` is as exact as it is known, "" when it is not."""

    name: str
    level: str
    above: str
    number: str
    day: str
    standard: str
    scope: str


def places(kind, on, *, within=None):
    """The provinces or districts (by their `Kind` of committee) of a day: one query. `within`: of that agency's subtree."""
    rows = Agency.objects.as_of(on).filter(kind_then=kind)
    if within is not None:
        rows = rows.within(within)
    found = {}
    for agency in rows.order_by("sort_key", "id"):
        name = agency.name.removeprefix("UBND ")
        word = fold(name).replace(" ", "-")
        # A word leads to one place only.
        found.setdefault(word, Place(word, name[:1].upper() + name[1:], agency))
    return list(found.values())


def provinces(on):
    return places(Kind.PROVINCIAL_COMMITTEE, on)


def districts(on, province):
    """The districts of a province; there are none after 1.7.2025."""
    return places(Kind.DISTRICT_COMMITTEE, on, within=province.agency)


def declared_units(on, *, within=None, level="", text=""):
    """Units with a confirmed declaration in force on a day. `within`: a `Place`; `text`: as typed into the search box."""
    rows = Agency.objects.as_of(on).units()
    if within is not None:
        rows = rows.within(within.agency)
    if level:
        rows = rows.filter(level_then=level)
    if text:
        rows = rows.matching(text)
    rows = rows.annotate(standard_then=standard_on(on, confirmed_only=True))
    return rows.filter(standard_then__isnull=False).order_by("sort_key", "id")


def told(agencies, on):
    """`DeclaredUnit`s of agencies as of a day, in their order: six queries at most, however many they are."""
    agencies = list(agencies)
    ids = [agency.pk for agency in agencies]
    above = Agency.objects.filter(pk__in={agency.parent_id for agency in agencies}).as_of(on)
    names = {agency.pk: agency.name for agency in above}
    declared = Declaration.objects.in_force(on, confirmed_only=True).filter(agency__in=ids)
    declared = {d.agency_id: d for d in declared.select_related("standard")}
    procedures = _procedures(ids, on)
    return [
        DeclaredUnit(
            name=agency.name,
            level=str(Level(agency.level).label),
            above=names.get(agency.parent_id, ""),
            number=declared[agency.pk].number,
            day=_day(declared[agency.pk]),
            standard=declared[agency.pk].standard.code,
            scope=_scope(declared[agency.pk], *procedures.get(agency.pk, (0, 0))),
        )
        for agency in agencies
        if agency.pk in declared
    ]


def told_in_turn(rows, on):
    """The same of a whole list, piece by piece, for a file."""
    rows = rows.iterator(chunk_size=AT_A_TIME)
    while piece := list(islice(rows, AT_A_TIME)):
        yield from told(piece, on)


def _procedures(ids, on):
    """{agency: (in force, under ISO)} on a day by what is confirmed.

    From the tally; only where a declaration waits for its confirmation are the few duties of that agency counted.
    """
    tallies = CoverageTally.objects.filter(agency__in=ids, day__lte=on).order_by().values_list("agency")
    found = {pk: (force, iso) for pk, force, iso in tallies.annotate(Sum("in_force"), Sum("under_iso"))}
    unsure = Declaration.objects.waiting().filter(agency__in=ids, declared_on__lte=on).order_by()
    unsure = set(unsure.values_list("agency", flat=True))
    if unsure:
        duties = AgencyProcedure.objects.filter(agency__in=unsure).in_force(on)
        under = duties.under_iso(on, confirmed_only=True).order_by().values_list("agency")
        under = dict(under.annotate(Count("pk")))
        found |= {pk: (found.get(pk, (0, 0))[0], under.get(pk, 0)) for pk in unsure}
    return found


def _scope(declaration, in_force, under_iso):
    """Which procedures the system covers: all of them, or how many."""
    if in_force and under_iso >= in_force:
        return _("All %(n)s procedures") % {"n": in_force}
    if in_force:
        return _("%(part)s of %(whole)s procedures") % {"part": under_iso, "whole": in_force}
    return _("All procedures") if declaration.covers == Covers.ALL else ""


def _day(declaration):
    on = declaration.declared_on
    return {
        Precision.DAY: f"{on:%d/%m/%Y}",
        Precision.MONTH: f"{on:%m/%Y}",
        Precision.YEAR: f"{on:%Y}",
    }.get(declaration.precision, "")
