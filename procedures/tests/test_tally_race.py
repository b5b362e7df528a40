"""Two processes that touch one agency's coverage at a time leave the tally that the facts give."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

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
    if connection.vendor == "sqlite":
        url = f"sqlite:///{tmp_path / 'race.sqlite3'}"
        drop = None
    else:
        settings = connection.settings_dict
        name = f"race_{os.getpid()}"
        drop = f'DROP DATABASE IF EXISTS "{name}"'
        _outside_transactions(drop, f'CREATE DATABASE "{name}"')
        password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
        host = f"{settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"
        url = f"postgres://{settings['USER']}{password}@{host}/{name}"
    environment = os.environ | {"DATABASE_URL": url, "DEBUG": "true"}
    for command in (["migrate", "-v0"], ["make_country", "--agencies=1", "--procedures=2"]):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
        )
    yield environment
    if drop:
        _outside_transactions(drop)


def _outside_transactions(*statements):
    """On a connection of its own: no database is created inside a transaction."""
    own = connection.copy()
    try:
        with own._nodb_cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        own.close()


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
    check = subprocess.run(
        [sys.executable, "manage.py", "check_facts"],
        check=False,
        cwd=ROOT,
        env=scratch,
        capture_output=True,
        text=True,
    )
    assert check.returncode == 0, check.stdout
