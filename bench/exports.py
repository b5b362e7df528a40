"""Exports: a list of a million rows as the page sends it, against xlsxwriter in constant memory alone."""

import os
import tempfile

from django.db import connection

from agencies.models import User
from bench import child, lists

USUAL = "1000000" if os.environ.get("BENCH_FULL") == "1" else "200000"
ROWS = int(os.environ.get("BENCH_EXPORT_ROWS", USUAL))
FILL = """
INSERT INTO procedures_agencyprocedure (agency_id, procedure_id, standard_id, applied_on, document_code, note, version)
SELECT a.id, p.id, s.id, '2020-01-06', 'QT-' || p.code, '', 1
FROM agencies_agency a CROSS JOIN procedures_procedure p
JOIN procedures_standard s ON s.code = 'TCVN ISO 9001:2015' WHERE a.parent_id IS NOT NULL ORDER BY a.id, p.id
"""


def measure():
    lists.make_register(-(-ROWS // lists.PROCEDURES))
    User.objects.create_superuser("bench", "bench@example.gov.vn", None, full_name="Bench")
    with connection.cursor() as cursor:
        cursor.execute(FILL)
    with tempfile.TemporaryDirectory() as media:
        found = {
            writer: child.run(media, "write_alone", writer, ROWS)
            for writer in ("constant_memory", "streamed")
        }
        alone = found["constant_memory"]["seconds"]
        found["streamed"]["times_faster"] = round(alone / found["streamed"]["seconds"], 1)
        for form in ("xlsx", "csv"):
            found[form] = {"rows": ROWS, **child.run(media, "send_list", form)}
        found["xlsx"]["times_xlsxwriter_alone"] = round(found["xlsx"]["seconds"] / alone, 2)
    return found
