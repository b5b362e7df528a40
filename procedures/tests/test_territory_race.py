"""Writers, two workers that count and somebody who looks, all at once: no number that stands ready is ever an old one."""

import subprocess
import sys
from pathlib import Path

import pytest

from agencies.testing import run_manage, scratch_database

ROOT = Path(__file__).resolve().parents[2]
PREAMBLE = (
    "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'iso_rollout.settings'; django.setup()\n"
)
# Each writer ends and begins one duty again and again, as a door does: the fact, the tally and the mark in one transaction.
WRITE = """
from django.db import transaction
from procedures.models import AgencyProcedure, retally
duty = AgencyProcedure.objects.order_by("pk")[int(sys.argv[1])]
for turn in range(40):
    with transaction.atomic():
        AgencyProcedure.objects.filter(pk=duty.pk).update(ended_on=f"20{turn % 20 + 10}-01-01" if turn % 2 else None)
        retally([duty.agency_id])
"""
COUNT = """
import time
from procedures.territories import count_touched
trees = 0
for turn in range(40):
    trees += count_touched()
    time.sleep(0.02)
print(trees)
"""
# Numbers and facts as of one moment, in one transaction.
LOOK = """
from procedures.checks import _one_moment, territories_on_days
seen = 0
for _turn in range(15):
    with _one_moment():
        rows, differences = territories_on_days()
    seen += rows
    assert not differences, differences[:3]
print(seen)
"""


@pytest.fixture
def scratch(tmp_path, db):
    with scratch_database(tmp_path) as environment:
        run_manage("make_country", "--agencies=30", "--procedures=4", environment=environment)
        yield environment


@pytest.mark.faults
def test_whoever_looks_while_others_write_and_count_sees_no_old_number(scratch):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + code, *more],
            cwd=ROOT,
            env=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for code, *more in ((WRITE, "0"), (WRITE, "60"), (COUNT,), (COUNT,), (LOOK,))
    ]
    told = []
    for process in started:
        out, errors = process.communicate(timeout=180)
        assert process.returncode == 0, errors
        told.append(out.strip())
    assert int(told[2]) + int(told[3]) > 0, "nobody counted"
    run_manage("run_uploads", environment=scratch)
    check = run_manage("check_facts", environment=scratch, check=False)
    assert check.returncode == 0, check.stdout
