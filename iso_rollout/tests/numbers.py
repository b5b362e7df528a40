"""Numbers of records as a country has them: four figures and more, which a page may not group (`12.345`)."""

from django.apps import apps
from django.db import connection

FIRST, APART = 20_000, 1_000


def begin_high():
    """Let the numbers of every table begin above 20,000, each table's elsewhere: one taken for another is not found."""
    first = FIRST
    with connection.cursor() as cursor:
        for model in apps.get_models():
            key, table = model._meta.pk, model._meta.db_table
            if key.get_internal_type() not in ("AutoField", "BigAutoField") or not model._meta.managed:
                continue
            first += APART
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [table, key.column, first]
                )
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, first])
