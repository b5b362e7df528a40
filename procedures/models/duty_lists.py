"""The set-based door for duties: a hundred thousand in a few statements, each with its line of history."""

from operator import itemgetter
from typing import NamedTuple

from django.db import connection, transaction
from django.utils.translation import gettext as _

from agencies.bulk import differing, listed_rows, settle_keys, snapshot_of, write_lines
from agencies.errors import Refused
from agencies.models import Agency
from agencies.progress import Doing, tell
from procedures.models.agency_procedures import AgencyProcedure, PastApplication
from procedures.models.catalogue import Procedure
from procedures.models.standards import Standard
from procedures.models.tallies import retally

AT_A_TIME = 20_000  # rows of one statement; between two the door says how far it is
_VALUES = ("standard_id", "applied_on", "document_code", "note")
_TABLES = {
    "duty": AgencyProcedure._meta.db_table,
    "past": PastApplication._meta.db_table,
    "agency": Agency._meta.db_table,
    "procedure": Procedure._meta.db_table,
    "standard": Standard._meta.db_table,
}
# As `str` of a duty and of a past application have it.
_DUTY_LABEL = "a.name || ': ' || CASE p.code WHEN '' THEN p.name ELSE p.code END"
_PAST_LABEL = f"{_DUTY_LABEL} || ': ' || s.code"
_NAMED = "JOIN {agency} a ON a.id = l.agency_id JOIN {procedure} p ON p.id = l.procedure_id"
_CHANGED = "FROM listed_changes l JOIN {duty} d ON d.id = l.id AND d.version = l.read_version"
_PAST = (
    "JOIN {past} e ON e.agency_procedure_id = d.id AND e.applied_on = d.applied_on "
    "JOIN {standard} s ON s.id = e.standard_id"
)
_SLICE = "l.place > %s AND l.place <= %s"
_RANGE = f"{_SLICE} AND d.id >= %s AND d.id <= %s"


class Duty(NamedTuple):
    """One duty of a list as it will be. `id` None: new; else it must still have the `version` that was read."""

    agency_id: int
    procedure_id: int
    standard_id: int | None
    applied_on: object  # a date or its ISO text
    document_code: str
    note: str
    cell: str
    id: int | None = None
    version: int | None = None


@transaction.atomic
def write_duties(duties, *, change_set):
    """Enter new duties and change those on record; an earlier application is kept. Tallied once at the end.

    `duties`: `Duty` tuples. Raises Refused when one of them was changed since it was read.
    """
    # In the order of the key: both databases then fill their indexes from left to right.
    new = sorted((d for d in duties if d[7] is None), key=itemgetter(0, 1))
    changed = [d for d in duties if d[7] is not None]
    with connection.cursor() as cursor:
        settle_keys(cursor)
        _enter(cursor, new, change_set, len(duties))
        _change(cursor, changed, change_set, len(new), len(duties))
    tell(Doing.TALLYING)
    retally({d[0] for d in duties})


def _slices(rows):
    return [(i, min(i + AT_A_TIME, len(rows))) for i in range(0, len(rows), AT_A_TIME)]


def _enter(cursor, new, change_set, total):
    if not new:
        return
    rows = [duty[:7] for duty in new]
    columns = ("agency", "procedure", *_VALUES)
    as_entered = snapshot_of(AgencyProcedure, "l", assigned_on="NULL", ended_on="NULL", version="1")
    with listed_rows("listed_duties", AgencyProcedure, columns, rows, numbered=True, cell="text"):
        for part in _slices(rows):
            tell(Doing.WRITING, part[0], total)
            cursor.execute(
                "INSERT INTO {duty} (id, agency_id, procedure_id, standard_id, applied_on, document_code, note, version) "
                "SELECT id, agency_id, procedure_id, standard_id, applied_on, document_code, note, 1 "
                "FROM listed_duties l WHERE {slice} ORDER BY place".format(slice=_SLICE, **_TABLES),
                part,
            )
            write_lines(
                cursor, change_set, AgencyProcedure,
                f"FROM listed_duties l {_NAMED} WHERE {_SLICE}".format(**_TABLES), part,
                object_id="l.id", label=_DUTY_LABEL, agency_id="l.agency_id", after=as_entered, cell="l.cell",
                order="l.place",
            )  # fmt: skip


def _change(cursor, changed, change_set, done, total):
    if not changed:
        return
    rows = sorted((d[7], *d[:6], d[8], d[6]) for d in changed)
    columns = ("id", "agency", "procedure", *_VALUES)
    with listed_rows("listed_changes", AgencyProcedure, columns, rows, read_version="integer", cell="text"):
        for first, last in _slices(rows):
            tell(Doing.WRITING, done + first, total)
            # A range beside the list lets the database read the key in order instead of the whole table.
            part = (first, last, rows[first][0], rows[last - 1][0])
            _keep_past(cursor, part, change_set)
            write_lines(
                cursor, change_set, AgencyProcedure, f"{_CHANGED} {_NAMED} WHERE {_RANGE}".format(**_TABLES), part,
                object_id="d.id", label=_DUTY_LABEL, agency_id="l.agency_id", before=differing(_VALUES, "d", "l"),
                after=differing(_VALUES, "l", "d"), cell="l.cell", order="l.place",
            )  # fmt: skip
            cursor.execute(
                "UPDATE {duty} AS d SET standard_id = l.standard_id, applied_on = l.applied_on, note = l.note, "
                "document_code = l.document_code, version = d.version + 1 FROM listed_changes l "
                "WHERE d.id = l.id AND d.version = l.read_version AND {range}".format(
                    range=_RANGE, **_TABLES
                ),
                part,
            )
            if cursor.rowcount != last - first:
                raise Refused(_("Procedures were changed meanwhile; nothing was imported."))


def _keep_past(cursor, part, change_set):
    """What ran under another standard until the new one took over."""
    ended = f"{_RANGE} AND d.standard_id <> l.standard_id"
    cursor.execute(
        f"INSERT INTO {{past}} (agency_procedure_id, standard_id, applied_on, until) "
        f"SELECT d.id, d.standard_id, d.applied_on, l.applied_on {_CHANGED} WHERE {ended} ORDER BY l.place".format(
            **_TABLES
        ),
        part,
    )
    if cursor.rowcount:
        write_lines(
            cursor, change_set, PastApplication, f"{_CHANGED} {_NAMED} {_PAST} WHERE {ended}".format(**_TABLES), part,
            object_id="e.id", label=_PAST_LABEL, agency_id="l.agency_id", after=snapshot_of(PastApplication, "e"),
            cell="l.cell", order="l.place",
        )  # fmt: skip
