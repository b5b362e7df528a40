"""What is measured in a process of its own: memory, and what another person feels meanwhile.

`python -m bench.child ACT …` in the environment of `environment()`; prints one line of JSON.
"""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def environment(media):
    """The environment of a process that works in the scratch database of this one."""
    from django.db import connection

    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{settings['NAME']}"
    else:
        password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
        host = f"{settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"
        url = f"postgres://{settings['USER']}{password}@{host}/{settings['NAME']}"
    return os.environ | {"DATABASE_URL": url, "DEBUG": "true", "MEDIA_ROOT": str(media), "LOG_LEVEL": "ERROR"}


def start(media, *command):
    return subprocess.Popen(
        [sys.executable, "-m", "bench.child", *map(str, command)],
        cwd=ROOT, env=environment(media), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process):
    """What a child found, once it ends."""
    out, _errors = process.communicate()
    if process.returncode:
        raise SystemExit("a measuring process failed")
    return json.loads(out.strip().splitlines()[-1])


def run(media, *command):
    return ended(start(media, *command))


# In the child


class Memory:
    """Megabytes of this process above what it had when the measuring began (Linux)."""

    def __init__(self):
        Path("/proc/self/clear_refs").write_text("5")
        self.base = self._read("VmRSS")

    @staticmethod
    def _read(name):
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

    @property
    def peak(self):
        return round(self._read("VmHWM") - self.base)


def bring_in(path):
    """Memory of the process that checks and applies a list."""
    from agencies.imports import uploads
    from agencies.models import User
    from procedures import imports

    kind, user = imports.kind("agency-procedures"), User.objects.get(username="bench")
    data = Path(path).read_bytes()
    memory = Memory()
    upload = uploads.receive(data, Path(path).name, kind=kind, user=user)
    del data
    uploads.check(kind, upload, user=user)
    checked = memory.peak
    uploads.confirm(upload, user=user)
    uploads.apply(kind, upload, user=user)
    return {"check_mb": checked, "peak_mb": memory.peak}


def save():
    """Another person's work until the parent says stop: milestones, and duties of the agencies in the list."""
    from agencies.models import User
    from procedures.models import AgencyProcedure, Rollout, Standard

    user, standard = User.objects.get(username="bench"), Standard.objects.get(code="TCVN ISO 9001:2015")
    rollouts = list(Rollout.objects.order_by("-pk"))
    duties = list(
        AgencyProcedure.objects.filter(procedure__code="1.999999")
        .order_by("-agency")
        .values_list("pk", flat=True)
    )
    found = {"saves": 0, "failed": 0, "slowest_s": 0.0}

    def act(number):
        if number % 2:
            AgencyProcedure.objects.filter(pk=duties.pop()).apply(standard, on=rollouts[0].due_on, by=user)
        else:
            rollout = rollouts.pop()
            rollout.reach("planned", on=rollout.plan.decided_on, by=user, seen=rollout.version)

    while duties and len(rollouts) > 1 and not select.select([sys.stdin], [], [], 0)[0]:
        began = time.perf_counter()
        try:
            act(found["saves"])
        except Exception as fault:
            found["failed"] += 1
            found["fault"] = repr(fault)
        found["slowest_s"] = round(max(found["slowest_s"], time.perf_counter() - began), 2)
        found["saves"] += 1
        if found["saves"] == 1:
            print("ready", flush=True)
        time.sleep(0.02)
    return found


def send_list(form):
    """A whole list of duties, as the page sends it."""
    from django.test import Client

    from agencies.models import User

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    client.get("/thu-tuc/co-quan/")
    memory, began, size, first = Memory(), time.perf_counter(), 0, None
    for piece in client.get("/thu-tuc/co-quan/", {"file": form}).streaming_content:
        first = first or time.perf_counter() - began
        size += len(piece)
    return {
        "first_byte_s": round(first, 2), "seconds": round(time.perf_counter() - began, 1), "peak_mb": memory.peak,
        "megabytes": round(size / 1e6),
    }  # fmt: skip


def write_alone(writer, rows):
    """A writer of workbooks with ready-made rows, without a database."""
    from bench import writers

    memory, began = Memory(), time.perf_counter()
    writers.WRITERS[writer](int(rows))
    return {"seconds": round(time.perf_counter() - began, 1), "peak_mb": memory.peak}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iso_rollout.settings")
    import django
    from django.conf import settings

    django.setup()
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["testserver"]
    act = {"bring_in": bring_in, "save": save, "send_list": send_list, "write_alone": write_alone}[
        sys.argv[1]
    ]
    print(json.dumps(act(*sys.argv[2:])))
