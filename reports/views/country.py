"""The board of whoever sees several provinces: a line for each, with its lists."""

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports import figures
from reports.country import country
from reports.definitions import FIGURES
from reports.views.kept import pieces

# What the lines may be ordered by (`?sap=`): the value of a line, and whether the largest comes first.
ORDERS = {
    "ten": (None, False),
    "don-vi": (lambda line: line.units, True),
    "cong-bo": (lambda line: line.share, True),
    "chi-tieu": (lambda line: line.target_share, True),
    "thu-tuc": (lambda line: line.covered, True),
    "qua-han": (lambda line: line.late, True),
}
USUAL = "cong-bo"


def country_order(asked):
    """The order that an address asks for, the usual one for any other word."""
    return asked if asked in ORDERS else USUAL


def country_pieces(view, order):
    """The blocks of the page, ready, with nobody's name in them."""
    lines, total, by_standard = country(on=view.on, user=view.user, confirmed_only=view.confirmed_only)
    everything = view.query()
    lists = {name: reverse(name) for name in ("board", "agencies", "duties")}
    agencies, duties = lists["agencies"], lists["duties"]
    rows = [_row(line, view, **lists) for line in in_order(lines, order)]
    undeclared = total.units - total.declared
    return pieces(
        "reports/country.html",
        {
            "view": view,
            "rows": rows,
            "total": _row(total, view, **lists),
            "sentence": _sentence(total, view.on),
            "columns": _columns(view, order),
            "by_standard": [
                {
                    "code": standard.code,
                    "number": by_standard[standard.pk],
                    "url": agencies + view.query(units="yes", standard=standard.short.strip(":")),
                }
                for standard in figures.every_standard()
            ],
            "undeclared": undeclared,
            "undeclared_url": agencies + view.query(units="yes", standard="none"),
            "duties_url": duties + everything,
            "definitions": FIGURES,
        },
    )


def in_order(lines, order):
    """Lines by a value; those without one come last, equal ones stay in the order of the tree."""
    value, largest_first = ORDERS[order]
    if value is None:
        return list(lines)
    known = [line for line in lines if value(line) is not None]
    known.sort(key=value, reverse=largest_first)
    return known + [line for line in lines if value(line) is None]


def _row(line, view, *, board, agencies, duties):
    """A line with the address of the list behind each number."""
    own = {"agency": line.agency_id}
    rollouts = reverse("rollouts", args=[line.plan_code]) if line.plan_code else ""
    return {
        "line": line,
        "url": board + view.query(**own),
        "units_url": agencies + view.query(**own, units="yes"),
        "declared_url": agencies + view.query(**own, units="yes", declared="yes"),
        "late_url": agencies + view.query(**own, units="yes", late="yes"),
        "actual_url": rollouts + view.query(**own, target="yes", declared="yes") if rollouts else "",
        "in_force_url": duties + view.query(**own),
        "under_iso_url": duties + view.query(**own, iso="yes"),
    }


def _columns(view, order):
    """The headings that order the lines: {name: (address, whether the lines stand in this order)}."""
    return {
        name.replace("-", "_"): {
            "url": reverse("board") + view.query(sap=None if name == USUAL else name),
            "sorted": ("descending" if ORDERS[name][1] else "ascending") if name == order else "",
        }
        for name in ORDERS
    }


def _sentence(total, day):
    """The country in one sentence: how many have declared, and where something is overdue."""
    text = _("By %(day)s, %(part)s of %(whole)s units have declared") % {
        "day": f"{day:%d/%m/%Y}",
        "part": number_format(total.declared),
        "whole": number_format(total.units),
    }
    if total.late:
        text += ngettext(
            "; %(n)s unit has an undertaking overdue", "; %(n)s units have an undertaking overdue", total.late
        ) % {"n": number_format(total.late)}
    return f"{text}."
