"""Processes that undo one change set at a time: one of them does it, once."""

import json
import subprocess
import sys

import pytest

from procedures.tests.test_tally_race import PREAMBLE, ROOT, scratch  # noqa: F401 (a fixture)

# One act with a changed, a new and a deleted record: each goes back in another way.
ACT = """
from agencies.history import open_change_set, record, snapshot
from agencies.models import Agency
from procedures.models import Procedure
act = open_change_set("Act", by=None)
agency = Agency.objects.order_by("pk").first()
agency.revise(by=None, seen=agency.version, name="Tên khác", change_set=act)
new = Procedure.objects.create(code="9.999999", name="Mới", levels="commune")
record(act, new)
old = Procedure.objects.create(code="9.999998", name="Cũ", levels="commune")
record(act, old, before=snapshot(old), deleted=True)
old.delete()
print(act.pk)
"""
STATE = """
from agencies.models import Agency, ChangeSet
from procedures.models import Procedure
import json
print(json.dumps({
    "name": Agency.objects.order_by("pk").first().name,
    "codes": sorted(Procedure.objects.filter(code__startswith="9.9").values_list("code", flat=True)),
    "undone": ChangeSet.objects.exclude(undoes=None).count(),
}))
"""


def _run(environment, *words):
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.faults
def test_of_four_undos_at_a_time_one_has_an_effect(scratch):  # noqa: F811
    number = _run(scratch, "-c", PREAMBLE + ACT)
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "undo", number, "--json"],
            cwd=ROOT,
            env=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    answers = []
    for process in started:
        out, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        answers.append(json.loads(out))
    assert sorted(len(a["restored"]) for a in answers) == [0, 0, 0, 3]
    assert sum(a["undone_by"] is not None for a in answers) == 1
    state = json.loads(_run(scratch, "-c", PREAMBLE + STATE))
    assert state["codes"] == ["9.999998"]
    assert state["name"] != "Tên khác"
    assert state["undone"] == 1
