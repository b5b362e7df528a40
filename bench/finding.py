"""How long the search box takes at country scale: `python -m bench.finding [AGENCIESxPROCEDURES]`.

Builds a country (each agency handles only ten procedures: the search box reads none of those), fills the catalogue
up, and asks for suggestions as a superuser, a province and a commune would. Prints median, p95 and the slowest.
"""

import logging
import os
import statistics
import sys
import time
import warnings

os.environ.setdefault("DEBUG", "true")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iso_rollout.settings")

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from agencies.models import Agency, Level, Membership, Role, User  # noqa: E402
from bench.run import scratch_database  # noqa: E402
from procedures.country import build  # noqa: E402
from procedures.country.catalogue import procedures  # noqa: E402
from procedures.models import Document, Procedure  # noqa: E402

# As offices type: names, abbreviations, codes, single letters, slips, things that are nowhere.
TYPED = (
    "ubnd xa", "x", "xa tan", "minh tan", "tx", "thi xa", "h an", "tt yen my", "p. nguyen trai", "phuong nguyen trai q",
    "so khcn", "Sở KH&CN", "cc tdc", "vp ubnd", "bql kcn", "so nn ptnt", "H31", "31.1", "h05.103.0", "101",
    "tân hòa", "Tân Hoà", "hoa binh", "binh hoa an", "xa minh tan huyen", "hung dao", "nguyen traii", "thanh pho hoa bimh",
    "xax tana phus", "khongcogi", "khai sinh", "1.000", "dang ky ket hon", "giay phep", "qd ubnd", "123/QĐ-UBND", "cong bo",
    "1", "an", "e",
)  # fmt: skip
TURNS = int(os.environ.get("BENCH_TURNS", "5"))


def measure(client):
    """(milliseconds, those of them that this process worked, text) of each question, and the most queries of one."""
    times, most = [], 0
    for text in TYPED:
        with CaptureQueriesContext(connection) as queries:
            client.get("/tim/", {"q": text}, headers={"HX-Request": "true"})
        most = max(most, len(queries))
        for _turn in range(TURNS):
            began, worked = time.perf_counter(), time.process_time()
            answer = client.get("/tim/", {"q": text}, headers={"HX-Request": "true"})
            times.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked), text))
            assert answer.status_code == 200
    return sorted(times), most


def people():
    """A superuser, and viewers of the first province and the first commune."""
    yield "country", User.objects.create_superuser("bench", "bench@example.gov.vn", None, full_name="Bench")
    for level in (Level.PROVINCE, Level.COMMUNE):
        agency = Agency.objects.filter(level=level).order_by("path").first()
        person = User.objects.create_user(f"bench-{level}", full_name=level)
        Membership.objects.create(user=person, role=Role.EDITOR, agency=agency)
        yield str(level), person


def main():
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", message="No directory at")
    agencies, size = map(int, (sys.argv[1:] or ["11000x2000"])[0].split("x"))
    with override_settings(DEBUG=False, ALLOWED_HOSTS=["testserver"]), scratch_database():
        build(agencies, 10, seed=1)
        Procedure.objects.bulk_create(procedures(size)[10:], batch_size=500)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        print(
            f"{connection.vendor}: {Agency.objects.count()} agencies, {Procedure.objects.count()} procedures, "
            f"{Document.objects.count()} documents"
        )
        for name, person in people():
            client = Client()
            client.force_login(person)
            times, most = measure(client)
            slow = ", ".join(dict.fromkeys(f"{text} {ms:.0f}" for ms, _own, text in times[:-6:-1]))
            wall, own = ([time[i] for time in times] for i in (0, 1))
            print(
                f"  {name:9} median {statistics.median(wall):.0f} ms  p95 {_p95(wall):.0f} ms  "
                f"of it worked here: median {statistics.median(own):.0f} ms  p95 {_p95(own):.0f} ms  "
                f"slowest {slow}  queries ≤ {most}"
            )


def _p95(values):
    return sorted(values)[int(len(values) * 0.95)]


if __name__ == "__main__":
    main()
