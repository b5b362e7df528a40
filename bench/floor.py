"""The floor of an import: the least that any program does with the same file, and the history with it.

Read by calamine or the csv module, COPY (executemany on SQLite) into a temporary table, one upsert sorted by key,
the lines of history made from that table. No question is asked of the rows, nothing is matched, counted or tallied.
"""

import csv
import datetime
import io

from django.db import connection, transaction
from python_calamine import CalamineWorkbook

from agencies.models import Change
from procedures.models import AgencyProcedure

TEXTS = "agency text, procedure text, standard text, applied_on {date}, document text, cell text"
UPSERT = """
INSERT INTO {duty} (agency_id, procedure_id, standard_id, applied_on, document_code, note, version)
SELECT a.id, p.id, s.id, r.applied_on, r.document, '', 1 FROM floor_rows r
JOIN agencies_agency a ON a.code = r.agency JOIN procedures_procedure p ON p.code = r.procedure
JOIN procedures_standard s ON s.code = r.standard
WHERE true ORDER BY a.id, p.id
ON CONFLICT (agency_id, procedure_id) DO UPDATE SET standard_id = excluded.standard_id,
applied_on = excluded.applied_on, document_code = excluded.document_code, version = {duty}.version + 1
"""
HISTORY = """
INSERT INTO {change} (change_set_id, model, object_id, label, agency_id, before, after, cell)
SELECT %s, 'procedures.agencyprocedure', d.id, a.name || ': ' || p.code, a.id, NULL,
{json}('id', d.id, 'agency_id', d.agency_id, 'procedure_id', d.procedure_id, 'assigned_on', NULL, 'ended_on', NULL,
'standard_id', d.standard_id, 'applied_on', d.applied_on, 'document_code', d.document_code, 'note', d.note, 'version', 1),
r.cell FROM floor_rows r
JOIN agencies_agency a ON a.code = r.agency JOIN procedures_procedure p ON p.code = r.procedure
JOIN {duty} d ON d.agency_id = a.id AND d.procedure_id = p.id ORDER BY d.id
"""


def read(data, kind):
    """The rows of a file as texts and dates, and nothing else."""
    if kind == "csv":
        rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        next(rows)
        return [
            (a, p, s, f"{d[6:]}-{d[3:5]}-{d[:2]}", doc, f"B{n}")
            for n, (a, p, s, d, doc) in enumerate(rows, 2)
        ]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).iter_rows()
    next(rows)
    return [
        (a, p, s, d.isoformat()[:10] if isinstance(d, datetime.date) else d, doc, f"Danh sách!B{n}")
        for n, (a, p, s, d, doc) in enumerate(rows, 2)
    ]


def bring_in(data, kind, change_set):
    """Read a file and write it with its history."""
    rows = read(data, kind)
    names = {"duty": AgencyProcedure._meta.db_table, "change": Change._meta.db_table}
    is_postgres = connection.vendor == "postgresql"
    names["json"] = "jsonb_build_object" if is_postgres else "json_object"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE floor_rows ({TEXTS.format(date='date' if is_postgres else 'text')})"
        )
        if is_postgres:
            buffer = io.StringIO()
            csv.writer(buffer).writerows(rows)
            buffer.seek(0)
            cursor.copy_expert("COPY floor_rows FROM STDIN WITH (FORMAT csv)", buffer)
            cursor.execute("ANALYZE floor_rows")
        else:
            cursor.executemany("INSERT INTO floor_rows VALUES (%s, %s, %s, %s, %s, %s)", rows)
        cursor.execute(UPSERT.format(**names))
        cursor.execute(HISTORY.format(**names), [change_set.pk])
        cursor.execute("DROP TABLE floor_rows")
