"""The set-based door for duties: a hundred thousand in a few statements, each with its line of history."""

import json
from dataclasses import dataclass
from functools import lru_cache

from django.db import transaction
from django.utils.translation import gettext as _

from agencies.bulk import insert_rows, update_rows
from agencies.errors import Refused
from agencies.models import Change
from agencies.models.tree import reserve_ids
from procedures.models.agency_procedures import AgencyProcedure, PastApplication
from procedures.models.tallies import retally

_MODEL, _PAST = AgencyProcedure._meta.label_lower, PastApplication._meta.label_lower
_CHANGE = ("change_set_id", "model", "object_id", "label", "agency_id", "before", "after", "cell")
_DUTY = (
    "id", "agency_id", "procedure_id", "assigned_on", "ended_on", "standard_id", "applied_on", "document_code", "note",
    "version",
)  # fmt: skip


@dataclass(slots=True)
class Duty:
    """One duty of a list. `id` None: new. `before`: (standard, applied_on, document_code, note) on record."""

    agency_id: int
    procedure_id: int
    label: str
    cell: str
    standard_id: int | None = None
    applied_on: object = None
    document_code: str = ""
    note: str = ""
    id: int | None = None
    version: int = 1
    before: tuple = ()


@transaction.atomic
def write_duties(duties, *, change_set):
    """Enter new duties and change those on record; an earlier application is kept. Tallied once at the end.

    One that loses its standard was never under it; what it ran under before that stays in the past.

    Raises Refused when one of them was changed since it was read.
    """
    new = sorted((d for d in duties if d.id is None), key=lambda d: (d.agency_id, d.procedure_id))
    changed = [d for d in duties if d.id is not None]
    for duty, pk in zip(new, reserve_ids(AgencyProcedure, len(new)), strict=True):
        duty.id, duty.version = pk, 0
    insert_rows(
        AgencyProcedure,
        _DUTY,
        [
            (
                d.id,
                d.agency_id,
                d.procedure_id,
                None,
                None,
                d.standard_id,
                d.applied_on,
                d.document_code,
                d.note,
                1,
            )
            for d in new
        ],
    )
    past = _past(changed)
    found = update_rows(
        AgencyProcedure,
        ("standard_id", "applied_on", "document_code", "note"),
        [(d.id, d.version, d.standard_id, d.applied_on, d.document_code, d.note) for d in changed],
    )
    if found != len(changed):
        raise Refused(_("Procedures were changed meanwhile; nothing was imported."))
    insert_rows(PastApplication, ("id", "agency_procedure_id", "standard_id", "applied_on", "until"), past)
    owner = {d.id: d for d in changed}
    lines = [_line(change_set, d, "", _created(d)) for d in new]
    lines += [
        _line(
            change_set,
            owner[row[1]],
            "",
            _text(dict(zip(_PAST_COLUMNS, map(_plain, row), strict=True))),
            past=row[0],
        )
        for row in past
    ]
    lines += [_line(change_set, d, *map(_text, _differing(d))) for d in changed]
    insert_rows(Change, _CHANGE, lines)
    retally({d.agency_id for d in duties})


_PAST_COLUMNS = ("id", "agency_procedure_id", "standard_id", "applied_on", "until")


def _past(changed):
    """What ran under another standard until the new one took over."""
    ended = [d for d in changed if d.standard_id is not None and d.before[0] not in (None, d.standard_id)]
    return [
        (pk, d.id, d.before[0], d.before[1], d.applied_on)
        for pk, d in zip(reserve_ids(PastApplication, len(ended)), ended, strict=True)
    ]


def _line(change_set, duty, before, after, past=None):
    model, pk = (_PAST, past) if past else (_MODEL, duty.id)
    return (change_set.pk, model, pk, duty.label[:300], duty.agency_id, before or None, after, duty.cell)


def _created(duty):
    """The snapshot of a new duty as JSON, written by hand: an encoder takes longer than the database."""
    day = f'"{duty.applied_on.isoformat()}"' if duty.applied_on else "null"
    return (
        f'{{"id": {duty.id}, "agency_id": {duty.agency_id}, "procedure_id": {duty.procedure_id}, "assigned_on": null, '
        f'"ended_on": null, "standard_id": {duty.standard_id or "null"}, "applied_on": {day}, '
        f'"document_code": {_quoted(duty.document_code)}, "note": {_quoted(duty.note)}, "version": 1}}'
    )


@lru_cache(maxsize=10_000)
def _quoted(text):
    return _text(text)


def _differing(duty):
    names = ("standard_id", "applied_on", "document_code", "note")
    now = (duty.standard_id, duty.applied_on, duty.document_code, duty.note)
    pairs = [(n, _plain(b), _plain(a)) for n, b, a in zip(names, duty.before, now, strict=True) if b != a]
    return {n: b for n, b, _after in pairs}, {n: a for n, _before, a in pairs}


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


_text = json.JSONEncoder(ensure_ascii=False).encode
