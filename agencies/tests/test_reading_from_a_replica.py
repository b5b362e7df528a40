"""Pages that only read take their data from a second database, which here says something else than the first."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest
from django.conf import settings

SCRIPT = """
import datetime, json, logging
import django
django.setup()
from django.conf import settings
from django.db import connections
from django.test import Client
from django.utils import timezone
settings.ALLOWED_HOSTS = ["testserver"]
from agencies import reading
from agencies.models import Agency, ChangeSet, User

lines = []
class Kept(logging.Handler):
    def emit(self, record):
        lines.append(record.getMessage())
logging.getLogger("agencies.reading").addHandler(Kept())

found = {}
client = Client(raise_request_exception=False)
client.force_login(User.objects.get(username="lanhdao"))
Agency.objects.using("replica").filter(code="H31").update(name="UBND tỉnh BẢN SAO")

# The board is kept under the version of the data, which the two databases have in common: the list is asked again.
def source(address="/co-quan/"):
    answer = client.get(address)
    if answer.status_code != 200:
        return answer.status_code
    return "replica" if "BẢN SAO" in answer.content.decode() else "primary"

found["board"] = source("/bang-dieu-hanh/")
found["list"] = source()
found["agency"] = source(f"/co-quan/{Agency.objects.get(code='H31').pk}/")
found["who is signed in"] = client.get("/toi/").status_code

# Every page that reads from it is made: no question goes half to one database and half to the other.
plan = "/ke-hoach/HY-2020-2021/"
pages = {
    "lanhdao": ["/", "/bang-dieu-hanh/?xacnhan=1", "/ke-hoach/", plan, f"{plan}du-bao/", f"{plan}dot-trien-khai/?target=yes",
        "/co-quan/?q=xa&late=yes", "/co-quan/?file=csv", "/thu-tuc/", "/thu-tuc/co-quan/?iso=yes", "/van-ban/", "/bao-cao/",
        "/bao-cao/xem/", "/bao-cao/xem/tep.docx", "/bao-cao/xem/tep.xlsx", "/tim/?q=van"],
    "dieuphoi": ["/", "/viec-cua-toi/qua-han/", "/viec-cua-toi/thieu-minh-chung/", "/viec-cua-toi/lau-khong-cap-nhat/",
        "/viec-cua-toi/co-gi-moi/", "/viec-cua-toi/bi-tra-lai/", "/co-quan/", "/van-ban/"],
}
for username, addresses in pages.items():
    other = Client(raise_request_exception=False)
    other.force_login(User.objects.get(username=username))
    for address in addresses:
        answer = other.get(address)
        b"".join(answer.streaming_content) if answer.streaming else None
        if answer.status_code not in (200, 302):
            found.setdefault("pages that failed", []).append([username, address, answer.status_code])
found["fit after all pages"] = reading.replica.is_fit

# Whoever wrote something sees it at once, and the replica again afterwards.
answer = client.post("/toi/thong-bao/", {})
found["cookie"] = answer.cookies["wrote"]["max-age"] if "wrote" in answer.cookies else None
found["after writing"] = source()
del client.cookies["wrote"]
found["later"] = source()

# An act that is older than the lag allowed and has not come over.
act = ChangeSet.objects.create(title="x", made_at=timezone.now() - datetime.timedelta(minutes=1))
reading.replica.look_again_at = 0
found["lagging"] = [source(), source()]
found["lines of the lag"] = list(lines)
ChangeSet.objects.filter(pk=act.pk).delete()
reading.replica.look_again_at = 0
found["caught up"] = source()

# It goes away between two looks: the page comes from the primary all the same.
lines.clear()
old = connections["replica"]
old.close()
gone = dict(old.settings_dict)
old.settings_dict["NAME"] = "/nowhere/at/all.sqlite3" if old.vendor == "sqlite" else "no_such_database"
found["gone"] = [source(), source()]
reading.replica.look_again_at = 0
found["still gone"] = source()
found["lines of the fault"] = list(lines)
old.settings_dict["NAME"] = gone["NAME"]
reading.replica.look_again_at = 0
found["back"] = source()
print(json.dumps(found))
"""


@pytest.fixture
def copied(scratch, tmp_path):
    """The environment of a register with the demonstration, and of a second database with the same content."""
    from django.db import connection

    run = {"cwd": settings.BASE_DIR, "env": scratch, "capture_output": True}
    subprocess.run([sys.executable, "manage.py", "load_demo"], check=True, **run)
    if connection.vendor == "sqlite":
        first, second = tmp_path / "scratch.sqlite3", tmp_path / "replica.sqlite3"
        own = sqlite3.connect(first)
        own.execute("VACUUM INTO ?", (str(second),))
        own.close()
        yield scratch | {"DATABASE_REPLICA_URL": f"sqlite:///{second}"}
        return
    url = scratch["DATABASE_URL"]
    name = url.rpartition("/")[2]
    own = connection.copy()
    with own._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}_copy"')
        cursor.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"')
    yield scratch | {"DATABASE_REPLICA_URL": f"{url}_copy", "CONN_MAX_AGE": "0"}
    with own._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}_copy" WITH (FORCE)')
    own.close()


def test_reading_pages_come_from_the_replica_and_fall_back_to_the_primary(copied):
    environment = copied | {"DJANGO_SETTINGS_MODULE": "iso_rollout.settings"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout.strip().splitlines()[-1])
    assert (found["board"], found["list"]) == ("replica", "replica")
    assert found["agency"] == "primary", "a page with forms shows what is"
    assert found["who is signed in"] == 200
    assert "pages that failed" not in found
    assert found["fit after all pages"]
    assert found["cookie"] >= 10
    assert (found["after writing"], found["later"]) == ("primary", "replica")
    assert found["lagging"] == ["primary", "primary"]
    assert found["lines of the lag"] == ["The replica lags behind; pages read from the primary."]
    assert found["caught up"] == "replica"
    assert found["gone"] == ["primary", "primary"]
    assert found["still gone"] == "primary"
    (line,) = found["lines of the fault"]
    assert line.startswith("The replica does not answer")
    assert found["back"] == "replica"


def test_an_empty_database_url_is_none():
    environment = os.environ | {
        "DATABASE_URL": "",
        "DEBUG": "true",
        "DJANGO_SETTINGS_MODULE": "iso_rollout.settings",
    }
    script = "from django.conf import settings; print(settings.DATABASES['default']['ENGINE'])"
    run = [sys.executable, "-c", script]
    told = subprocess.run(
        run, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "django.db.backends.sqlite3"
    environment = environment | {
        "DEBUG": "false",
        "SECRET_KEY": "x" * 50,
        "ALLOWED_HOSTS": "a",
        "MEDIA_ROOT": "/tmp/m",
    }
    refused = subprocess.run(
        run, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert refused.stderr.strip().splitlines()[-1].startswith("DATABASE_URL is missing")
