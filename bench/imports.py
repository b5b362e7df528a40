"""Imports: the whole way of a list against its floor and against stock django-import-export, on the same file."""

import os
import statistics
import tempfile
import time
from pathlib import Path

from django.test import Client, override_settings
from django.urls import reverse
from import_export import fields, resources
from import_export.formats.base_formats import XLSX
from import_export.widgets import DateWidget, ForeignKeyWidget

from agencies.history import open_change_set
from agencies.imports import engine, uploads
from agencies.models import Agency, Change, User
from bench import child, floor, lists
from procedures import imports
from procedures.models import AgencyProcedure, CoverageTally, PastApplication, Plan, Procedure, Standard

ROWS = int(os.environ.get("BENCH_IMPORT_ROWS", "100000"))
STOCK_ROWS = int(os.environ.get("BENCH_STOCK_ROWS", "10000"))
AGENCIES = int(os.environ.get("BENCH_IMPORT_AGENCIES", "12000"))
OFFICE_ROWS = int(os.environ.get("BENCH_OFFICE_ROWS", "20000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
FACTS = (Change, CoverageTally, PastApplication, AgencyProcedure)
DUTIES, AGENCY_LIST = imports.kind("agency-procedures"), imports.kind("agencies")


def timed(act):
    began = time.perf_counter()
    found = act()
    return time.perf_counter() - began, found


def bring_in(kind, data, name, user):
    """(seconds of the check, seconds of the apply, the upload) of the way that a person's list takes."""
    upload = uploads.receive(data, name, kind=kind, user=user)
    check, checked = timed(lambda: uploads.check(kind, upload, user=user))
    if not checked.is_fine:
        raise SystemExit(f"{name}: {[str(e) for e in checked.errors[:3]]}")
    uploads.confirm(upload, user=user)
    apply, _change_set = timed(lambda: uploads.apply(kind, upload, user=user))
    return check, apply, upload


def measure_list(form, data, user, stock):
    """Rounds of floor and import in turn, from the same empty tables; medians."""
    floors, checks, applies = [], [], []
    for _round in range(ROUNDS):
        seconds, _nothing = timed(lambda: floor.bring_in(data, form, open_change_set("floor", by=None)))
        floors.append(seconds)
        _expect(ROWS)
        lists.forget(*FACTS)
        check, apply, _upload = bring_in(DUTIES, data, f"ds.{form}", user)
        checks.append(check)
        applies.append(apply)
        _expect(ROWS)
        lists.forget(*FACTS)
    bare, check, apply = map(statistics.median, (floors, checks, applies))
    return {
        "rows": ROWS,
        "floor_s": round(bare, 2),
        "check_s": round(check, 2),
        "apply_s": round(apply, 2),
        "times_the_floor": round((check + apply) / bare, 1),
        "times_faster_than_stock": round(stock / ((check + apply) / ROWS)),
    }


def _expect(rows):
    if AgencyProcedure.objects.count() != rows or Change.objects.count() != rows:
        raise SystemExit("not every row was written with its history")


class StockResource(resources.ModelResource):
    """What the documentation of django-import-export gives for this list, nothing tuned."""

    agency = fields.Field("agency", lists.HEAD[0], ForeignKeyWidget(Agency, "code"))
    procedure = fields.Field("procedure", lists.HEAD[1], ForeignKeyWidget(Procedure, "code"))
    standard = fields.Field("standard", lists.HEAD[2], ForeignKeyWidget(Standard, "code"))
    applied_on = fields.Field("applied_on", lists.HEAD[3], DateWidget("%d/%m/%Y"))
    document_code = fields.Field("document_code", lists.HEAD[4])

    class Meta:
        model = AgencyProcedure
        import_id_fields = ("agency", "procedure")
        fields = ("agency", "procedure", "standard", "applied_on", "document_code")


def measure_stock():
    """Seconds a row of stock django-import-export: read, dry run, import; it keeps no history of its own."""
    data = lists.as_xlsx([lists.HEAD, *lists.duty_rows(STOCK_ROWS)])

    def bring_in():
        dataset = XLSX().create_dataset(data)
        for dry_run in (True, False):
            result = StockResource().import_data(dataset, dry_run=dry_run)
            if result.has_errors() or result.has_validation_errors():
                raise SystemExit("stock import failed")

    seconds, _nothing = timed(bring_in)
    lists.forget(*FACTS)
    return seconds / STOCK_ROWS, {
        "rows": STOCK_ROWS,
        "seconds": round(seconds, 1),
        "ms_a_row": round(1000 * seconds / STOCK_ROWS, 2),
    }


def measure_pages(data, user):
    """Bytes of the largest page on the way of a long list."""
    client = Client()
    client.force_login(user)
    upload = uploads.receive(data, "ds.csv", kind=DUTIES, user=user)
    uploads.check(DUTIES, upload, user=user)
    sizes = {}
    for step, query in (("recognise", ""), ("match", ""), ("check", "?show=new"), ("confirm", "")):
        answer = client.get(reverse(f"import_{step}", args=[upload.pk]) + query)
        if answer.status_code != 200:
            raise SystemExit(f"{step} answered {answer.status_code}")
        sizes[step] = len(answer.content)
    return {"largest_bytes": max(sizes.values()), **sizes}


def measure_others(data, user, communes, media):
    """The slowest save of another person while a list is applied, in a process of its own."""
    plan = Plan.objects.create(
        agency=communes[0].parent,
        code="DO",
        name="Đo",
        decided_on="2020-06-08",
        starts_on="2020-06-08",
        ends_on="2021-12-31",
    )
    change_set = open_change_set("bench", by=user)
    plan.refresh_from_db()
    for commune in communes[:200]:
        plan.assign(commune, form="BUILD", year=2020, due_on=plan.decided_on, by=user, change_set=change_set)
    outside = Procedure.objects.create(code="1.999999", name="Ngoài danh sách")
    AgencyProcedure.objects.bulk_create(AgencyProcedure(agency=a, procedure=outside) for a in communes)
    upload = uploads.receive(data, "ds.csv", kind=DUTIES, user=user)
    uploads.check(DUTIES, upload, user=user)
    uploads.confirm(upload, user=user)
    other = child.start(media, "save")
    other.stdout.readline()
    seconds, _change_set = timed(lambda: uploads.apply(DUTIES, upload, user=user))
    other.stdin.write("stop")
    return {"apply_s": round(seconds, 2), **child.ended(other)}


def measure():
    with tempfile.TemporaryDirectory() as media, override_settings(MEDIA_ROOT=media):
        return _measure(Path(media))


def _measure(media):
    communes = lists.make_register(-(-ROWS // lists.PROCEDURES))
    user = User.objects.create_superuser("bench", "bench@example.gov.vn", None, full_name="Bench")
    files = {form: write([lists.HEAD, *lists.duty_rows(ROWS)]) for form, write in lists.WRITERS.items()}
    a_row, stock = measure_stock()
    found = {"stock": stock}
    for form, data in files.items():
        found[form] = measure_list(form, data, user, a_row)
    for form, data in files.items():
        (media / f"ds.{form}").write_bytes(data)
        found[form] |= child.run(media, "bring_in", media / f"ds.{form}")
        lists.forget(*FACTS)
    found["pages"] = measure_pages(files["csv"], user)
    office = lists.as_xlsx(lists.office_rows(OFFICE_ROWS))
    seconds, checked = timed(lambda: engine.check(DUTIES, office, "ds.xlsx", user=user))
    found["office_workbook"] = {
        "rows": checked.number_of("new"), "errors": len(checked.errors), "check_s": round(seconds, 2),
        "ms_a_thousand_rows": round(1e6 * seconds / OFFICE_ROWS),
    }  # fmt: skip
    found["others_saves"] = measure_others(files["csv"], user, communes, media)
    check, apply, upload = bring_in(
        AGENCY_LIST, lists.as_xlsx([lists.AGENCY_HEAD, *lists.agency_rows(AGENCIES)]), "cq.xlsx", user
    )
    found["agencies"] = {"rows": upload.counts["new"], "check_s": round(check, 2), "apply_s": round(apply, 2)}
    return found
