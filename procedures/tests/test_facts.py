"""The catalogue of procedures is well formed and agrees with the list of agencies."""

import csv
import re
import unicodedata
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "procedures" / "facts" / "procedures.csv"
AGENCIES = ROOT / "agencies" / "facts" / "hung_yen_agencies_2020.csv"

COLUMNS = [
    "code",
    "name",
    "field",
    "levels",
    "handled_by",
    "decision",
    "effective_on",
    "repealed_on",
    "source",
]
LEVELS = ["province", "district", "commune"]
SOURCES = {"portal-2025", "repo"}


def read(path):
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def procedures():
    return read(CATALOGUE)


@pytest.fixture(scope="module")
def agencies():
    return {row["code"]: row for row in read(AGENCIES)}


def test_columns(procedures):
    assert list(procedures[0]) == COLUMNS
    assert all(None not in row and None not in row.values() for row in procedures)


def test_size(procedures):
    assert len(procedures) >= 120
    assert len({row["field"] for row in procedures}) >= 15


def test_codes(procedures):
    codes = [row["code"] for row in procedures]
    assert len(codes) == len(set(codes))
    assert [code for code in codes if not re.fullmatch(r"\d\.\d{6}", code)] == []


def test_text_is_clean(procedures):
    for row in procedures:
        for column in ("name", "field"):
            text = row[column]
            assert text
            assert unicodedata.is_normalized("NFC", text)
            assert text == " ".join(text.split())


def test_levels(procedures):
    for row in procedures:
        levels = row["levels"].split(" ")
        assert levels == [level for level in LEVELS if level in levels], row["code"]
    count = Counter(level for row in procedures for level in row["levels"].split())
    assert count["province"] >= 30
    assert count["district"] >= 30
    assert count["commune"] >= 25


def test_sources(procedures):
    assert {row["source"] for row in procedures} <= SOURCES


def test_dates(procedures):
    for row in procedures:
        days = [date.fromisoformat(row[c]) for c in ("effective_on", "repealed_on") if row[c]]
        assert days == sorted(days), row["code"]


def test_only_the_province_level_names_agencies(procedures):
    for row in procedures:
        assert ("province" in row["levels"].split()) == bool(row["handled_by"]), row["code"]


def test_handling_agencies_exist(procedures, agencies):
    for row in procedures:
        codes = row["handled_by"].split()
        assert len(codes) == len(set(codes)), row["code"]
        for code in codes:
            assert code in agencies, row["code"]
            assert agencies[code]["level"] == "province", row["code"]


def test_every_provincial_agency_with_a_system_has_work(procedures, agencies):
    count = Counter(code for row in procedures for code in row["handled_by"].split())
    expected = {
        code for code, row in agencies.items() if row["level"] == "province" and not row["covered_by_code"]
    }
    assert {code for code in expected if count[code] < 2} == set()
