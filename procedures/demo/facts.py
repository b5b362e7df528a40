"""The project's own fact files as records: agencies, the catalogue, and who handles what."""

import csv
from datetime import date
from decimal import Decimal

from django.conf import settings

from agencies.history import change_of, record_many
from agencies.models import Agency
from agencies.models.tree import reserve_ids
from procedures.models import AgencyProcedure, Procedure
from procedures.models.catalogue import join_levels

AGENCIES = settings.BASE_DIR / "agencies" / "facts" / "hung_yen_agencies_2020.csv"
CATALOGUE = settings.BASE_DIR / "procedures" / "facts" / "procedures.csv"

# What an agency was called before a day of the register's past: code → name.
EARLIER_NAMES = {"H31.328": "UBND huyện Mỹ Hào"}


def read(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _degrees(text):
    # As many places as the database keeps, so that the history says what is stored.
    return Decimal(text).quantize(Decimal("0.000001")) if text else None


def establish_agencies(change_set):
    """Enter the agencies that are missing, under the names they had at the beginning.

    Returns the agencies of the list by code, and the codes of the new ones.
    """
    rows = read(AGENCIES)
    found = Agency.objects.filter(code__in=[r["code"] for r in rows], dissolved_on=None)
    agencies = {a.code: a for a in found.select_related("parent", "covered_by")}
    new = []
    # The list names a parent before its children.
    for row in rows:
        if row["code"] in agencies:
            continue
        agency = Agency(
            code=row["code"],
            name=EARLIER_NAMES.get(row["code"], row["name"]),
            kind=row["kind"],
            level=row["level"],
            parent=agencies.get(row["parent_code"]),
            covered_by=agencies.get(row["covered_by_code"]),
            gso_code=row["gso_code"],
            latitude=_degrees(row["latitude"]),
            longitude=_degrees(row["longitude"]),
        )
        agencies[agency.code] = agency
        new.append(agency)
    Agency.objects.establish_many(new, change_set=change_set)
    return agencies, {a.code for a in new}


def _day(text):
    return date.fromisoformat(text) if text else None


def enter_catalogue(change_set):
    """Enter the procedures that are missing. Returns (row of the file, Procedure) pairs."""
    rows = read(CATALOGUE)
    found = {p.code: p for p in Procedure.objects.filter(code__in=[r["code"] for r in rows])}
    new = []
    for row in rows:
        if row["code"] in found:
            continue
        procedure = Procedure(
            code=row["code"],
            name=row["name"],
            field=row["field"],
            levels=join_levels(row["levels"].split()),
            decision=row["decision"],
            effective_on=_day(row["effective_on"]),
            repealed_on=_day(row["repealed_on"]),
        )
        procedure.derive()
        found[procedure.code] = procedure
        new.append(procedure)
    Procedure.objects.bulk_create(new, batch_size=500)
    record_many(change_of(change_set, procedure) for procedure in new)
    return [(row, found[row["code"]]) for row in rows]


def duties(agencies, catalogue):
    """Each unit's duties by its code, numbered but not yet stored.

    Every UBND huyện handles the district's procedures, every UBND xã the commune's, and the
    agencies of the province's level those that the catalogue names them for.
    """
    of_level = {level: [] for level in ("district", "commune")}
    handled = {}
    for row, procedure in catalogue:
        for level in of_level.keys() & set(row["levels"].split()):
            of_level[level].append(procedure)
        for code in row["handled_by"].split():
            agency = agencies[code]
            # A covered agency works in the system of another one.
            handled.setdefault((agency.covered_by or agency).code, {})[procedure.code] = procedure
    found = {}
    for code, agency in agencies.items():
        if agency.is_unit:
            procedures = of_level.get(agency.level) or list(handled.get(code, {}).values())
            found[code] = [AgencyProcedure(agency=agency, procedure=p) for p in procedures]
    numbered = [duty for own in found.values() for duty in own]
    for duty, pk in zip(numbered, reserve_ids(AgencyProcedure, len(numbered)), strict=True):
        duty.pk = pk
    return found
