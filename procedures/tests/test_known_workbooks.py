"""The sets of workbooks with known answers, where they lie beside the project."""

import csv
import json

import pytest
from django.conf import settings
from django.db import transaction

from agencies.imports import engine
from agencies.imports.checked import Options
from agencies.models import Agency
from procedures import imports

SHARED = settings.BASE_DIR.parent / "shared"
OFFICE, NASTY = SHARED / "office", SHARED / "nasty"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not OFFICE.exists(), reason="the sets are not here"),
]
KEYS = {
    "declarations": ("agency_code", "standard", "number", "declared_on", "form"),
    "agencies": ("name", "level", "parent_name"),
}
_READ = {}


def _expected():
    return json.loads((OFFICE / "expected.json").read_text(encoding="utf-8")) if OFFICE.exists() else []


def _manifest():
    if not NASTY.exists():
        return []
    with open(NASTY / "manifest.tsv", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _read(kind, path):
    """Files that stand before several others are read once."""
    if path not in _READ:
        _READ[path] = engine.read_list(kind, path, path.name)
    return _READ[path]


def take_in(kind_name, path):
    kind = imports.kind(kind_name)
    checked = engine.check(kind, path, path.name, reading=_read(kind, path))
    assert checked.is_fine, [str(p) for p in checked.errors]
    engine.write(kind, checked)


def clean(record, keys):
    return tuple(
        "" if record.get(k) is None else str(record[k]).lower() if k in ("level", "form") else str(record[k])
        for k in keys
    )


@pytest.mark.parametrize("wanted", _expected(), ids=lambda e: e["file"])
def test_office_workbook(wanted):
    with transaction.atomic():
        for before in wanted["before"]:
            take_in(before["kind"], OFFICE / before["file"])
        kind, path = imports.kind(wanted["kind"]), OFFICE / wanted["file"]
        legacy = wanted["outcome"] == "accept_with_conversion"
        if legacy:
            refused = engine.check(kind, path, path.name)
            assert {e.code for e in refused.errors} == {"E_ENCODING"}
        options = Options(convert_legacy=legacy)
        checked = engine.check(kind, path, path.name, options=options)
        if wanted["outcome"] == "reject":
            assert {(e.sheet, e.cell) for e in checked.errors} == {
                (e["sheet"], e["cell"]) for e in wanted["errors"]
            }
            return
        assert [str(e) for e in checked.errors] == []
        keys = KEYS[wanted["kind"]]
        assert [clean(r, keys) for r in checked.records()] == [clean(r, keys) for r in wanted["records"]]
        told = {(w.sheet, w.cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for w in checked.warnings}
        assert {
            (w["sheet"], w["cell"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for w in wanted["warnings"]
        } <= told
        written = engine.write(kind, checked, options=options, shown=checked.digest)
        assert written.change_set is not None
        again = engine.check(kind, path, path.name, options=options, reading=checked.reading)
        assert (again.counts["new"], again.counts["changed"]) == (0, 0)
        assert engine.write(kind, again, options=options).change_set is None


@pytest.mark.parametrize("wanted", _manifest(), ids=lambda e: e["file"])
def test_nasty_workbook(wanted):
    kind, path = imports.kind("agencies"), NASTY / wanted["file"]
    checked = engine.check(kind, path, wanted["upload_as"])
    assert checked.is_fine == (wanted["outcome"] == "accept"), [str(e) for e in checked.errors]
    if checked.is_fine:
        assert checked.counts["rows"] == int(wanted["rows"])
        engine.write(kind, checked)
        assert Agency.objects.count() == int(wanted["rows"])
        return
    codes, cells = {e.code for e in checked.errors}, {e.cell for e in checked.errors}
    for either in filter(None, wanted["code"].split(",")):
        assert set(either.split("|")) & codes
    assert {c for c in wanted["cells"].split(",") if c and ".." not in c} <= cells
