"""The rows of an agency's grid, by state and filter; and what later decisions ask of it."""

import calendar
import datetime
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Kind
from procedures.models import AgencyProcedure, Procedure

# The states of a row; each is a filter of the grid.
ISO, NONE, ADAPT, ENDED = "iso", "none", "adapt", "ended"
STATES = (
    (ISO, _("Under ISO")),
    (NONE, _("Not under ISO")),
    (ADAPT, _("To be adapted")),
    (ENDED, _("Ended")),
)
# Committees handle all that is published for their level; others what lies in their fields.
WHOLE_LEVEL = (Kind.DISTRICT_COMMITTEE, Kind.COMMUNE_COMMITTEE)


def adapt_until(day):
    """The last day to take a change of the law over: three months (QĐ 19/2014/QĐ-TTg Điều 4 khoản 4). None stays None."""
    if day is None:
        return None
    month = day.month + 3
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _going_on(on):
    return Q(ended_on__isnull=True) | Q(ended_on__gt=on)


def _repealed(on):
    return Q(procedure__repealed_on__lte=on)


def in_state(state, on):
    """The condition of one state; without one, everything that has not ended."""
    going, repealed, iso = _going_on(on), _repealed(on), Q(applied_on__lte=on)
    return {
        ISO: going & ~repealed & iso,
        NONE: going & ~repealed & ~iso,
        ADAPT: going & repealed,
        ENDED: ~going,
    }.get(state, going)


def duties_of(agency):
    """The duties of an agency with what a row shows, in the order of the grid."""
    rows = AgencyProcedure.objects.filter(agency=agency).select_related("procedure", "standard", "agency")
    return rows.order_by("procedure__field", "procedure__code", "procedure_id")


def filtered(rows, wanted, on):
    """The rows that fit a filter: {q, field, state}."""
    rows = rows.filter(in_state(wanted.get("state"), on))
    if wanted.get("field"):
        rows = rows.filter(procedure__field=wanted["field"])
    if wanted.get("q"):
        rows = rows.filter(procedure__in=Procedure.objects.matching(wanted["q"]))
    return rows


def state_of(duty, on):
    """The state of one row."""
    if duty.ended_on is not None and duty.ended_on <= on:
        return ENDED
    if duty.procedure.repealed_on is not None and duty.procedure.repealed_on <= on:
        return ADAPT
    return ISO if duty.applied_on is not None and duty.applied_on <= on else NONE


def counts(agency, on):
    """{state: number of rows}, in one query."""
    rows = AgencyProcedure.objects.filter(agency=agency).order_by()
    return rows.aggregate(**{state: Count("pk", filter=in_state(state, on)) for state, _label in STATES})


def dress(duties, on):
    """Give the rows of a page their state and, where the law changed, the day until which they must be adapted."""
    for duty in duties:
        duty.state = state_of(duty, on)
        duty.adapt_until = adapt_until(duty.procedure.repealed_on) if duty.state == ADAPT else None
        duty.is_late = duty.adapt_until is not None and duty.adapt_until < on
    return duties


def fields_of(agency):
    """The fields of an agency's procedures, for the filter."""
    rows = Procedure.objects.filter(duties__agency=agency).exclude(field="")
    return list(rows.order_by("field").values_list("field", flat=True).distinct())


@dataclass(frozen=True)
class Missing:
    """A procedure in force that the agency's level handles and the agency has not."""

    procedure: Procedure
    adapt_until: datetime.date | None
    is_late: bool


def lacking(agency, on):
    """The procedures in force of the agency's level that it has not: of all fields for the committees of districts
    and communes, for others of the fields that they handle already."""
    rows = Procedure.objects.in_force(on).of_level(agency.level)
    rows = rows.exclude(pk__in=AgencyProcedure.objects.filter(agency=agency).order_by().values("procedure"))
    if agency.kind not in WHOLE_LEVEL:
        rows = rows.filter(field__in=fields_of(agency))
    return rows.order_by("field", "code", "pk")


def with_deadlines(procedures, on):
    """Each lacking procedure with the day until which it must be taken over; the most urgent first."""
    found = []
    for procedure in procedures:
        until = adapt_until(procedure.effective_on)
        found.append(Missing(procedure, until, until is not None and until < on))
    return sorted(found, key=lambda m: m.adapt_until or datetime.date.max)
