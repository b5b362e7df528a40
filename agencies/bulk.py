"""Bulk: a hundred thousand rows and their lines of history in a few statements, without an object for each.

For doors that have checked their rows already; the database still checks keys and constraints. The rows of a list go
into a temporary table (COPY on PostgreSQL, executemany on SQLite), and the database makes the rest from it. Texts of
statements are put together from names of columns only, never from values.
"""

import csv
import io
from contextlib import contextmanager

from django.db import connection

from agencies.models.history import Change
from agencies.models.tree import reserve_ids

_CHANGE = ("change_set_id", "model", "object_id", "label", "agency_id", "before", "after", "cell")


@contextmanager
def listed_rows(name, model, columns, rows, *, numbered=False, **more):
    """A temporary table `name` that holds the rows of a list until the block ends.

    `columns`: of the model, with its types; `more`: columns that only the list has, with their types behind them;
    `rows`: tuples of plain values in this order, None is NULL. Beside them `place` counts the rows from 1 and, when
    they are to be `numbered`, `id` is each one's number as a new record of the model.
    Only inside a transaction: what fails takes the table with it.
    """
    fields = {column: model._meta.get_field(column) for column in columns}
    types = {field.column: _type_of(field) for field in fields.values()} | more
    listed = ", ".join(f'"{column}" {kind}' for column, kind in types.items())
    own = f", {_own_number(model)}" if numbered else ""
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TEMP TABLE "{name}" ("place" integer PRIMARY KEY, {listed}{own})')
        placed = ((place, *row) for place, row in enumerate(rows, 1))
        names = ", ".join(f'"{column}"' for column in ("place", *types))
        if connection.vendor == "postgresql":
            out = io.StringIO()
            csv.writer(out).writerows(placed)
            out.seek(0)
            # An empty text is written like NULL; these columns have no NULL.
            filled = [f'"{f.column}"' for f in fields.values() if not f.null and not f.is_relation]
            filled += [f'"{column}"' for column, kind in more.items() if kind == "text"]
            force = f", FORCE_NOT_NULL ({', '.join(filled)})" if filled else ""
            cursor.copy_expert(f'COPY "{name}" ({names}) FROM STDIN WITH (FORMAT csv{force})', out)
            cursor.execute(f'ANALYZE "{name}"')
        else:
            places = ", ".join(["%s"] * (len(types) + 1))
            cursor.executemany(f'INSERT INTO "{name}" ({names}) VALUES ({places})', placed)
        yield
        cursor.execute(f'DROP TABLE "{name}"')


def _own_number(model):
    """The column of numbers for new records: asking the database for a hundred thousand takes longer than using them."""
    if connection.vendor == "postgresql":
        return f"id bigint DEFAULT nextval(pg_get_serial_sequence('{model._meta.db_table}', 'id'))"
    # The write lock is held, so what follows the last number is free.
    last = reserve_ids(model, 1)[0] - 1
    return f"id integer AS ({last} + place)"


def _type_of(field):
    return field.rel_db_type(connection) if field.primary_key else field.db_type(connection)


def snapshot_of(model, alias, **fixed):
    """SQL: the row `alias` of a model's table as JSON, as `agencies.history.snapshot` has it.

    `fixed`: columns that the row does not have, with their values in SQL.
    """
    make = "jsonb_build_object" if connection.vendor == "postgresql" else "json_object"
    left_out = getattr(model, "NOT_IN_HISTORY", ())
    columns = [f.column for f in model._meta.concrete_fields if f.attname not in left_out]
    pairs = ", ".join(f"'{column}', {fixed.get(column, f'{alias}.{column}')}" for column in columns)
    return f"{make}({pairs})"


def differing(columns, one, other):
    """SQL: the row `one` as JSON, only the columns in which it differs from the row `other`."""
    is_postgres = connection.vendor == "postgresql"
    differs = "IS DISTINCT FROM" if is_postgres else "IS NOT"
    quoted = "coalesce(to_jsonb({})::text, 'null')" if is_postgres else "json_quote({})"
    pieces = " || ".join(
        f"CASE WHEN {one}.{c} {differs} {other}.{c} THEN ',\"{c}\":' || {quoted.format(f'{one}.{c}')} ELSE '' END"
        for c in columns
    )
    made = f"'{{' || substr({pieces}, 2) || '}}'"
    return f"({made})::jsonb" if is_postgres else made


def write_lines(cursor, change_set, model, source, params=(), *, object_id, label, agency_id, before="NULL",
                after="NULL", cell, order):  # fmt: skip
    """Lines of history of one act, made by the database: everything after `source` is SQL over its rows.

    `source`: the FROM clause, with its WHERE; `params`: its values.
    """
    cursor.execute(
        f"INSERT INTO {Change._meta.db_table} ({', '.join(_CHANGE)}) "
        f"SELECT %s, %s, {object_id}, substr({label}, 1, 300), {agency_id}, {before}, {after}, {cell} "
        f"{source} ORDER BY {order}",
        [change_set.pk, model._meta.label_lower, *params],
    )


def settle_keys(cursor):
    """Have the database check its keys now: what it puts off until the end would be paid while others wait."""
    if connection.vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
