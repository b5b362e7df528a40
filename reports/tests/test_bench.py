"""The benchmark measures what the register has, at any size."""

import pytest
from django.test import override_settings

from bench import run


@pytest.mark.django_db
def test_bench_measures_a_small_country_and_compares(monkeypatch):
    monkeypatch.setattr(run, "TURNS", 1)
    with override_settings(ROOT_URLCONF="bench.urls"):
        found = run.measure(30, 3)
    assert found["make_country"]["agency_procedures"] == 90
    assert found["make_country"]["times_the_floor"] > 0
    for page in (
        "overview", "overview_past", "board", "board_past", "board_of_part", "territory", "territory_past",
        "territory_of_part", "conversion",
    ):  # fmt: skip
        assert 0 < found[page]["queries"] <= 6
        assert found[page]["queries"] < found[page]["cold_queries"] <= 15
        assert found[page]["cold_times"] > 0
        assert abs(found[page]["bytes"] - found[page]["bare_bytes"]) < 1_000, "the bare page is the same page"
    for person in ("staff_of_province", "staff_of_district"):
        assert found[person]["pages"] == len(found[person]["each"]) > 35
        assert found[person]["most_queries"] <= 20
    assert set(run.compare({"province": found, "country": found}).values()) == {1.0}


def test_sizes_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("BENCH_FULL", "1")
    monkeypatch.setenv("BENCH_PROVINCE", "20x3")
    assert run.sizes() == {"province": (20, 3), "country": (11_000, 180)}
