"""Lines of a checked list in words, for the pages that show them."""

import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agencies.models import Level
from procedures.lifecycle import Form

_WORDS = {"level": dict(Level.choices), "form": dict(Form.choices)}


def columns_of(reading):
    """[(field name, title)] of what the list's columns say, in the order of the kind."""
    said = {name for table in reading.tables for name in table.header.fields}
    return [(field.name, field.title) for field in reading.kind.fields if field.name in said]


def how_of(how):
    return {
        "code": _("by code"), "name": _("by name"), "learned": _("by an earlier answer"), "answer": _("by your answer"),
    }.get(how, "")  # fmt: skip


def in_words(name, value):
    """A value of a row as a person reads it."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime.date):
        return date_format(value, "d/m/Y")
    return str(_WORDS.get(name, {}).get(value, value))


def present(lines, checked):
    """Some lines as they are printed: place, agency and where it belongs, the row's own values."""
    reading, register = checked.reading, checked.register
    names = [name for name, _title in columns_of(reading)]
    titles = dict(columns_of(reading))
    found = []
    for line in lines:
        row = reading.row_at(line.sheet, line.number)
        values = row.values if row else {}
        found.append({
            "line": line, "how": how_of(line.how), "within": _within(register, line), "place": f"{line.sheet}!{line.cell}" if line.sheet else line.cell,
            "values": [(titles[name], in_words(name, values.get(name))) for name in names],
        })  # fmt: skip
    return found


def _within(register, line):
    """The agency above the one that a line is about: communes of one name are told apart by it."""
    known = register.get(line.agency_id) if register and line.agency_id else None
    parent = register.get(known.parent_id) if known else None
    return parent.name if parent else ""
