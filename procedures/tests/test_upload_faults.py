"""Workers are killed and race: no list is ever half in, and every one can be tried again."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIZE = 600
PREAMBLE = """
import os, sys, json, django
os.environ["DJANGO_SETTINGS_MODULE"] = "iso_rollout.settings"; django.setup()
from django.db.models import Count
from agencies.imports import uploads
from agencies.models import Agency, ChangeSet, Upload
from procedures import imports
kind = imports.kind("agencies")
"""
PREPARE = (
    PREAMBLE
    + """
lists, size = int(sys.argv[1]), int(sys.argv[2])
for number in range(lists):
    rows = ["Mã cơ quan,Tên cơ quan,Cấp,Cơ quan cấp trên", f"P{number},UBND tỉnh Thử Nghiệm {number},Tỉnh,"]
    rows += [f"P{number}.{i},Sở Thử Nghiệm số {i},Tỉnh,P{number}" for i in range(size - 1)]
    data = "\\n".join(rows).encode()
    for _same in range(int(sys.argv[3])):
        upload = uploads.receive(data, f"{number}.csv", kind=kind)
        uploads.check(kind, upload)
        uploads.confirm(upload)
"""
)
TELL = (
    PREAMBLE
    + """
counts = dict(Agency.objects.filter(parent=None).annotate(below=Count("children")).values_list("code", "below"))
print(json.dumps({"below": counts, "states": list(Upload.objects.order_by("id").values_list("state", flat=True)),
                  "sets": ChangeSet.objects.count()}))
"""
)
RETRY = (
    PREAMBLE
    + """
uploads.give_up_dead()
for upload in Upload.objects.filter(state="failed"):
    uploads.confirm(upload)
"""
)


def run(scratch, script, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT, env=scratch, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout) if done.stdout.startswith("{") else None


def worker(scratch):
    return subprocess.Popen(
        [sys.executable, "manage.py", "run_uploads"],
        cwd=ROOT, env=scratch, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.faults
def test_a_killed_worker_leaves_no_partial_import(scratch):
    run(scratch, PREPARE, 20, SIZE, 1)
    moments = random.Random(9001)
    for _turn in range(20):
        process = worker(scratch)
        time.sleep(moments.uniform(0.6, 2.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        told = run(scratch, TELL)
        assert set(told["below"].values()) <= {SIZE - 1}, told
        run(scratch, RETRY)
    assert worker(scratch).wait(timeout=300) == 0
    told = run(scratch, TELL)
    assert told["states"] == ["applied"] * 20
    assert told["below"] == {f"P{number}": SIZE - 1 for number in range(20)}


@pytest.mark.faults
def test_two_workers_and_fifty_uploads_have_each_effect_once(scratch):
    run(scratch, PREPARE, 25, 60, 2)
    workers = [worker(scratch), worker(scratch)]
    for process in workers:
        _out, errors = process.communicate(timeout=300)
        assert process.returncode == 0 and b"deadlock" not in errors, errors[-2000:]
    told = run(scratch, TELL)
    assert told["states"] == ["applied"] * 50
    assert told["below"] == {f"P{number}": 59 for number in range(25)}
    assert told["sets"] == 25
