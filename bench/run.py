"""Each size gets a fresh scratch database; what is compared is measured in the same run."""

import gc
import json
import logging
import os
import platform
import resource
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Count
from django.test.utils import override_settings

from agencies.models import User
from bench import exports, imports, pages, staff
from procedures.country import build
from procedures.country.duties import DUTY, load
from procedures.models import AgencyProcedure, Plan

HERE = Path(__file__).parent
SCRATCH = HERE / "scratch"
TURNS = int(os.environ.get("BENCH_TURNS", "15"))


def sizes():
    """{name: (agencies, procedures)}: a province as it is, and a country, whole with BENCH_FULL=1."""
    whole = os.environ.get("BENCH_FULL") == "1"
    usual = {"province": "210x190", "country": "11000x180" if whole else "2200x180"}
    return {
        name: tuple(map(int, os.environ.get(f"BENCH_{name.upper()}", size).split("x")))
        for name, size in usual.items()
    }


@contextmanager
def scratch_database():
    """A migrated empty database beside the configured one, dropped afterwards."""
    if connection.vendor == "sqlite":
        SCRATCH.mkdir(exist_ok=True)
        connection.settings_dict["TEST"]["NAME"] = str(SCRATCH / "bench.sqlite3")
    before = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


def write_floor():
    """Rows a second when the duties are written once more, ready-made, into a bare copy of their table."""
    table = AgencyProcedure._meta.db_table
    rows = AgencyProcedure.objects.order_by("pk").values_list(*DUTY)[:400_000].iterator()
    rows = [tuple(v.isoformat() if hasattr(v, "isoformat") else v for v in row) for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TABLE bench_floor (LIKE {table} INCLUDING DEFAULTS)")
        else:
            cursor.execute(f"CREATE TABLE bench_floor AS SELECT * FROM {table} WHERE 0")
    AgencyProcedure._meta.db_table = "bench_floor"
    try:
        began = time.perf_counter()
        with transaction.atomic():
            load(AgencyProcedure, DUTY, rows)
        taken = time.perf_counter() - began
    finally:
        AgencyProcedure._meta.db_table = table
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_floor")
    return len(rows) / taken


def measure_country(agencies, procedures):
    """Rows a second of a whole country against the floor: above 1, so many times slower."""
    began = time.perf_counter()
    counts = build(agencies, procedures, seed=1)
    taken = time.perf_counter() - began
    rate = counts["agency_procedures"] / taken
    return {
        "agencies": agencies,
        "agency_procedures": counts["agency_procedures"],
        "seconds": round(taken, 1),
        "rows_per_second": round(rate),
        "times_the_floor": round(write_floor() / rate, 1),
    }


def measure_figures(plan, scope):
    """The figures alone, in milliseconds; scope None counts the whole register."""
    from reports import figures

    return {
        "ms": round(
            pages.median(lambda: figures.summary(plan, on=plan.ends_on, scope=scope, user=None), TURNS)
            * 1000,
            1,
        )
    }


def measure(agencies, procedures):
    found = {"make_country": measure_country(agencies, procedures)}
    User.objects.create_superuser("bench", "bench@example.gov.vn", None, full_name="Bench")
    plan = Plan.objects.annotate(size=Count("rollouts")).order_by("agency__path").first()
    found |= pages.measure(TURNS)
    found["figures_of_a_province"] = measure_figures(plan, plan.agency)
    found["figures_of_all"] = measure_figures(plan, None)
    # Last, because it puts in what the pages before shall not meet.
    return found | staff.measure(min(TURNS, 5))


def compare(results):
    """How many times more the country costs than the province, and its size for comparison."""
    one, many = results["province"], results["country"]
    return {
        "rows": round(
            many["make_country"]["agency_procedures"] / one["make_country"]["agency_procedures"], 1
        ),
        **{name: round(many[name]["ms"] / one[name]["ms"], 1) for name in one if name != "make_country"},
    }


def tell(title, found):
    print(f"\n{title}")
    for what, values in found.items():
        print(f"  {what:24}" + "  ".join(f"{key} {value}" for key, value in values.items()), flush=True)


def main(only_pages=False):
    """Everything; or without imports and exports, and no file of results."""
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", message="No directory at")
    results = {}
    # As iso_rollout/wsgi.py does for a server.
    gc.collect()
    gc.freeze()
    # Without DEBUG, as in production: Django keeps no statements and templates are cached.
    with override_settings(DEBUG=False, ROOT_URLCONF="bench.urls", ALLOWED_HOSTS=["testserver"]):
        for name, size in sizes().items():
            with scratch_database():
                results[name] = measure(*size)
            tell(f"{name}: {size[0]} agencies × {size[1]} procedures, {connection.vendor}", results[name])
        if only_pages:
            return 0
        for name, measure_them in (("imports", imports.measure), ("exports", exports.measure)):
            with scratch_database():
                results[name] = measure_them()
            tell(f"{name}, {connection.vendor}", results[name])
    times = compare(results)
    print("\ncountry / province:  " + "  ".join(f"{name} × {ratio}" for name, ratio in times.items()))
    about = {
        "database": connection.vendor,
        "python": platform.python_version(),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    text = json.dumps(about | results | {"country_to_province": times}, indent=2, ensure_ascii=False)
    (HERE / "results.json").write_text(text + "\n", encoding="utf-8")
    return 0
