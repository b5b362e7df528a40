"""Bulk: many rows of one table in one go, without an object for each. COPY on PostgreSQL, executemany on SQLite.

For doors that have checked their rows already; the database still checks keys and constraints.
"""

import csv
import io

from django.db import connection


def insert_rows(model, columns, rows):
    """Insert tuples of plain values (dates as dates or ISO text, JSON as text) into a model's table.

    `columns`: the columns' names, in the order of the tuples. None is NULL.
    """
    rows = rows if isinstance(rows, list) else list(rows)
    if not rows:
        return
    with connection.cursor() as cursor:
        _insert(cursor, model._meta.db_table, columns, rows, _texts(model, columns))


def update_rows(model, columns, rows):
    """Set columns of rows: tuples of (id, version, *values). The version grows by one.

    Returns how many rows were found as they were read: fewer than given means that somebody was faster.
    """
    if not rows:
        return 0
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            sets = ", ".join(f'"{name}" = %s' for name in columns)
            sql = f'UPDATE "{table}" SET {sets}, "version" = "version" + 1 WHERE "id" = %s AND "version" = %s'
            cursor.executemany(sql, [(*values, pk, version) for pk, version, *values in rows])
            return cursor.rowcount
        names = ["id", "version", *columns]
        # An empty copy of the columns: the types are the table's own.
        listed = ", ".join(f'"{name}"' for name in names)
        cursor.execute(
            f'CREATE TEMP TABLE bulk_rows ON COMMIT DROP AS SELECT {listed} FROM "{table}" WITH NO DATA'
        )
        _insert(cursor, "bulk_rows", names, rows, _texts(model, columns))
        cursor.execute("ANALYZE bulk_rows")
        sets = ", ".join(f'"{name}" = b."{name}"' for name in columns)
        cursor.execute(
            f'UPDATE "{table}" t SET {sets}, "version" = t."version" + 1 FROM bulk_rows b'
            " WHERE t.id = b.id AND t.version = b.version"
        )
        found = cursor.rowcount
        cursor.execute("DROP TABLE bulk_rows")
        return found


def _texts(model, columns):
    """Columns in which an empty text is a text and not NULL."""
    fields = {f.column: f for f in model._meta.concrete_fields}
    return [name for name in columns if name in fields and not fields[name].null]


def _insert(cursor, table, columns, rows, texts):
    listed = ", ".join(f'"{name}"' for name in columns)
    if connection.vendor == "postgresql":
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        out.seek(0)
        force = ", ".join(f'"{name}"' for name in texts)
        options = f", FORCE_NOT_NULL ({force})" if force else ""
        cursor.copy_expert(f'COPY "{table}" ({listed}) FROM STDIN WITH (FORMAT csv{options})', out)
    else:
        places = ", ".join(["%s"] * len(columns))
        cursor.executemany(f'INSERT INTO "{table}" ({listed}) VALUES ({places})', rows)
