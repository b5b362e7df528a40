"""The office and the hostile files that come with the project, when they are there; the data bases come later."""

import csv
import datetime as dt
import json
import resource

import pytest

from iso_rollout.sheets import examples, read
from iso_rollout.tests.test_text import SHARED

TODAY = dt.date(2026, 11, 23)
OFFICE = SHARED / "office" / "expected.json"
MANIFEST = SHARED / "nasty" / "manifest.tsv"
office = json.loads(OFFICE.read_text(encoding="utf-8")) if OFFICE.exists() else []
nasty = (
    list(csv.DictReader(MANIFEST.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE))
    if MANIFEST.exists()
    else []
)
# What only the register can know.
MATCHING = {"unknown_agency", "ambiguous_agency", "duplicate_agency", "unknown_parent"}
REGISTER_CODES = {"E_PARENT_UNKNOWN", "E_CYCLE", "E_LEVEL_ORDER"}


@pytest.mark.parametrize("expected", office, ids=lambda e: e["file"])
def test_office_file(expected):
    convert = expected["outcome"] == "accept_with_conversion"
    path, kind = SHARED / "office" / expected["file"], examples.KINDS[expected["kind"]]
    reading = read(path, path.name, kind, convert_legacy=convert, today=TODAY)
    assert len(reading.rows) == expected["data_rows"]
    assert {(p.sheet, p.cell) for p in reading.errors} == {
        (e["sheet"], e["cell"]) for e in expected["errors"] if e["about"] not in MATCHING
    }
    codes = {"wrong_total": "W_TOTAL", "hidden_row": "W_HIDDEN_ROW", "hidden_sheet": "W_HIDDEN_SHEET"}
    assert {(p.code, p.sheet, p.cell) for p in reading.warnings if p.code in codes.values()} == {
        (codes[warning["about"]], warning["sheet"], warning["cell"]) for warning in expected["warnings"]
    }
    if expected["kind"] == "declarations":
        for row, record in zip(reading.rows, expected["records"], strict=False):
            assert f"TCVN ISO 9001:{row.values['standard']}" == record["standard"]
            assert row.values["number"] == record["number"]
            assert str(row.values["declared_on"]) == record["declared_on"]
            assert row.values.get("form", "").lower() == (record["form"] or "")
    if convert:
        refused = read(path, path.name, kind, today=TODAY)
        assert {p.code for p in refused.errors} == {"E_ENCODING"}


def cpu_seconds():
    """Of this process and its children: other work on the machine must not fail a test."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


@pytest.mark.parametrize("expected", nasty, ids=lambda e: e["file"])
def test_nasty_file(expected):
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, cpu_seconds()
    reading = read(SHARED / "nasty" / expected["file"], expected["upload_as"], examples.AGENCIES, today=TODAY)
    assert cpu_seconds() - began < (2 if expected["file"].startswith("c") else 10)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kB
    if expected["outcome"] == "accept" or expected["code"] in REGISTER_CODES:
        assert [str(p) for p in reading.errors] == []
        assert expected["outcome"] != "accept" or len(reading.rows) == int(expected["rows"])
    else:
        assert {p.code for p in reading.errors} == {expected["code"]}
        assert {p.cell for p in reading.errors} == set(expected["cells"].split(","))


@pytest.mark.parametrize("name, count", [("BoTuPhap", 271), ("NongNghiepvaMoiTruong", 537)])
def test_portal_exports(name, count):
    path = SHARED / "data" / "tthc_export" / f"danh-sach-tthc-{name}.xlsx"
    if not path.exists():
        pytest.skip("the exports are not here")
    reading = read(path, path.name, examples.PROCEDURES_LIST)
    assert (len(reading.rows), reading.errors) == (count, [])


def test_values_of_the_good_baseline():
    path = SHARED / "nasty" / "a20_numbers_as_text.xlsx"
    if not path.exists():
        pytest.skip("the files are not here")
    rows = read(path, path.name, examples.AGENCIES, today=TODAY).rows
    assert [row.values.get("procedures") for row in rows] == [1234, 85, 84, 40, 41, None]
    rows = read(SHARED / "nasty" / "a14_date_spellings.xlsx", "x", examples.AGENCIES, today=TODAY).rows
    assert [str(row.values.get("declared_on")) for row in rows] == [
        "2019-05-20", "2019-09-02", "2014-03-14", "2015-01-30", "2015-01-30", "2021-12-31",
    ]  # fmt: skip
