"""Eight people edit twenty records at once over HTTP: nothing is lost, and whoever was too late is told."""

import json
import os
import subprocess
import sys

import pytest

from iso_rollout.tests.browser.server import ROOT, Register, scratch_database

pytestmark = [pytest.mark.faults, pytest.mark.long]
PEOPLE, RECORDS = 8, 20
EDITS = int(os.environ.get("LOST_UPDATES_EDITS", "500"))

PREPARE = f"""
from agencies.models import Kind
from agencies.testing import *
from procedures.lifecycle import Stage
from procedures.testing import *
province = make_province()
plan = make_plan(province.committee)
for n in range({RECORDS}):
    reach(make_rollout(plan, make_agency(f"Phòng {{n}}", province.committee, Kind.DEPARTMENT)), Stage.PLANNED)
for n in range({PEOPLE}):
    make_user(Role.COORDINATOR, province.committee, username=f"nguoi{{n}}")
answer = True
"""
TELL = """
from agencies.models import Change
from procedures.models import Milestone
answer = {}
for m in Milestone.objects.select_related("rollout"):
    lines = Change.objects.of(m).exclude(before=None).order_by("id")
    answer[m.pk] = {"note": m.note, "version": m.version, "rollout": m.rollout.version,
                    "lines": [[line.before.get("note"), line.after.get("note")] for line in lines]}
"""


def test_no_edit_is_lost_and_every_refusal_is_told(tmp_path):
    with scratch_database(tmp_path) as url, open(tmp_path / "server.log", "w") as log:
        register = Register(tmp_path, url)
        register.manage("migrate", "--verbosity", "0")
        register.ask(PREPARE)
        with register.served(debug=True, log=log) as address:
            command = [sys.executable, "-m", "iso_rollout.tests.sent_twice.editor", address]
            people = [
                subprocess.Popen(
                    [*command, f"nguoi{n}", str(EDITS)],
                    cwd=ROOT, env=register.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                )
                for n in range(PEOPLE)
            ]  # fmt: skip
            told = [person.communicate() for person in people]
        assert all(person.returncode == 0 for person in people), told
        answers = [json.loads(out) for out, _errors in told]
        stored = register.ask(TELL)
    assert [a["other"] for a in answers if a["other"]] == []
    accepted = sum(len(notes) for a in answers for notes in a["accepted"].values())
    refused = sum(n for a in answers for n in a["refused"].values())
    assert accepted + refused == PEOPLE * EDITS
    print(f"{accepted} accepted, {refused} refused with both versions shown")
    for pk, record in stored.items():
        own = {note for a in answers for note in a["accepted"].get(pk, [])}
        # Each accepted edit stands in the history once, in one chain, and the last one is what is stored.
        assert sorted(after for _before, after in record["lines"]) == sorted(own)
        assert [before for before, _after in record["lines"][1:]] == [
            after for _b, after in record["lines"][:-1]
        ]
        assert record["lines"][-1][1] == record["note"]
        assert record["version"] == 1 + len(own)
        assert record["rollout"] == 2 + len(own)
