"""Wording: rows, cells and problems of a workbook in the words of a person."""

from agencies.imports.checked import Difference
from iso_rollout.sheets import Problem


def problem(row, name, code, message, **params):
    column = row.source.layout.by_name.get(name)
    return Problem(code, message, row.sheet, row.cell(name), column.title if column else "", params)


def label_of(entry, agency):
    """What a row is about, in a few words."""
    if entry is None:
        return agency.name
    identity = entry.identity
    if entry.layout.letter == "R":
        return f"{agency.name}: {identity['form']} {identity['year']}"
    return f"{agency.name}: {identity['procedure'] or identity['procedure_name']}"


def differences(revision):
    for column in revision.entry.layout.open_columns:
        if edit := revision.edits.get(column.name):
            yield Difference(
                column.name, column.title, shown(edit.now, column), shown(edit.filled, column), edit.cell
            )


def shown(value, column):
    """A value of a cell in the words of a person."""
    return dmy(value) if value and column.is_day else value


def dmy(iso):
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}"
