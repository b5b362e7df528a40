"""Two processes that touch one agency's coverage at a time leave the tally that the facts give."""

import subprocess
import sys
from pathlib import Path

import pytest

from agencies.testing import run_manage, scratch_database

ROOT = Path(__file__).resolve().parents[2]
TURNS = 25
# Each process changes its own duty of the one agency, as a door does: the fact and the tally in one transaction.
APPLY = """
import sys
from django.db import transaction
from procedures.models import AgencyProcedure, retally
duty = AgencyProcedure.objects.order_by("pk")[int(sys.argv[1])]
for turn in range(int(sys.argv[2])):
    with transaction.atomic():
        AgencyProcedure.objects.filter(pk=duty.pk).update(ended_on=f"20{turn + 10}-01-0{int(sys.argv[1]) + 1}")
        retally([duty.agency_id])
"""
PREAMBLE = (
    "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'iso_rollout.settings'; django.setup()\n"
)


@pytest.fixture
def scratch(tmp_path, db):
    """The environment of a database of our own, filled with one agency and two duties."""
    with scratch_database(tmp_path) as environment:
        run_manage("make_country", "--agencies=1", "--procedures=2", environment=environment)
        yield environment


@pytest.mark.faults
def test_two_processes_on_one_agency_leave_a_true_tally(scratch):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + APPLY, str(number), str(TURNS)],
            cwd=ROOT,
            env=scratch,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for process in started:
        _out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    check = run_manage("check_facts", environment=scratch, check=False)
    assert check.returncode == 0, check.stdout
