"""N × M agency procedures: the only table that is too large for model instances."""

import csv
import io

from django.core.management.color import no_style
from django.db import connection, models

from procedures.models import AgencyProcedure, PastApplication

DUTY = ("id", "agency_id", "procedure_id", "standard_id", "applied_on", "document_code", "note", "version")
PAST = ("agency_procedure_id", "standard_id", "applied_on", "until")
LEFT_OUT = 20  # one procedure in so many does not run under ISO


def load(model, columns, rows):
    """Write plain rows the fastest way each database has: COPY, or one prepared statement.

    None is NULL; days are ISO texts.
    """
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(connection.ops.quote_name(c) for c in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            buffer = io.StringIO()
            csv.writer(buffer).writerows(rows)
            buffer.seek(0)
            texts = [f.column for f in model._meta.concrete_fields if isinstance(f, models.CharField)]
            # An empty text is written like NULL; these columns have no NULL.
            own = ", ".join(t for t in texts if t in columns)
            options = "FORMAT csv" + (f", FORCE_NOT_NULL ({own})" if own else "")
            cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN WITH ({options})", buffer)
        else:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", list(rows))


def duty_rows(agencies, procedures, chains, first_id):
    """(duties, past applications) of some agencies as plain rows; the first duty gets the number `first_id`.

    `chains` maps a unit to its declarations that changed the standard: [(standard id, day), …].
    An agency runs its procedures under the system that covers it.
    """
    duties, past = [], []
    codes = [(p.pk, p.effective_on, f"QT-{number:03d}") for number, p in enumerate(procedures, 1)]
    number = first_id
    for turn, agency in enumerate(agencies):
        chain = chains.get(agency.covered_by_id or agency.pk, ())
        links = [(standard, on, on.isoformat()) for standard, on in chain]
        for place, (procedure, effective_on, code) in enumerate(codes):
            if not links or (place + turn) % LEFT_OUT == 0:
                duties.append((number, agency.pk, procedure, None, None, "", "", 1))
            else:
                # A declaration covers what was in force on its day.
                own = links if effective_on is None else [k for k in links if k[1] >= effective_on]
                standard, _on, since = own[-1] if own else (None, None, None)
                duties.append((number, agency.pk, procedure, standard, since, code if own else "", "", 1))
                if len(own) > 1:
                    past.append((number, own[0][0], own[0][2], since))
            number += 1
    return duties, past


def chains_of(declarations):
    """{unit: [(standard id, day), …]} by day, a declaration under the same standard left out."""
    chains = {}
    for declaration in sorted(declarations, key=lambda d: d.declared_on):
        chain = chains.setdefault(declaration.agency_id, [])
        if not chain or chain[-1][0] != declaration.standard_id:
            chain.append((declaration.standard_id, declaration.declared_on))
    return chains


def load_duties(agencies, procedures, chains, first_id):
    """Write the duties of one province; memory holds one province at a time."""
    duties, past = duty_rows(agencies, procedures, chains, first_id)
    load(AgencyProcedure, DUTY, duties)
    load(PastApplication, PAST, past)
    return len(duties)


def settle_numbers():
    """The next duty entered by a person continues after the numbers given here."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [AgencyProcedure]):
            cursor.execute(statement)
