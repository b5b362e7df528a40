"""The recount finds nothing on twenty past days, whatever came in, was taken back or was corrected before."""

import datetime
import json

import pytest
from django.core.management import call_command
from django.db.models import F
from django.urls import reverse

from agencies import history
from agencies.imports import engine
from agencies.models import Agency, ChangeSet, Kind, Role, Touched
from agencies.testing import admin_values, day, make_user, today, workbook
from procedures import imports
from procedures.checks import PAST_DAYS, days_counted
from procedures.country import build
from procedures.models import AgencyProcedure, CoverageTally, Declaration, Procedure
from procedures.territories import count_touched
from procedures.testing import declare, make_duties, make_procedure

pytestmark = pytest.mark.django_db
DUTIES = imports.kind("agency-procedures")


@pytest.fixture
def country(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    build(60, 6, seed=3)
    # Behind: a tally that is tampered with makes the territories above wrong too.
    Touched.objects.mark([None])
    return Agency.objects.get(parent=None)


@pytest.fixture
def coordinator(country):
    return make_user(Role.COORDINATOR, country)


def recounted(capsys):
    """The answer of the command, which must end without a difference."""
    count_touched()
    capsys.readouterr()
    call_command("check_facts", json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["differences"] == []
    return answer


def found(capsys):
    """What the command names when it ends with 1: [(what, id, stored, counted)]."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        call_command("check_facts", json=True)
    assert ended.value.code == 1
    return [tuple(d.values()) for d in json.loads(capsys.readouterr().out)["differences"]]


def test_coverage_is_counted_from_the_duties_on_twenty_past_days(country, capsys):
    answer = recounted(capsys)
    days = [day(text) for text in answer["days"]]
    assert sum(d < today() for d in days) >= PAST_DAYS == 20
    assert days == sorted(set(days)) and today() in days
    changing = set(CoverageTally.objects.values_list("day", flat=True)) - {datetime.date.min}
    assert min(days) < min(changing), "a day before everything"
    assert {min(changing), max(changing)} <= set(days)


def test_an_upload_its_undo_and_edits_in_the_administration_leave_no_difference(
    client, country, coordinator, capsys
):
    duty = AgencyProcedure.objects.filter(agency__kind=Kind.COMMUNE_COMMITTEE, applied_on=None).first()
    unit = duty.agency
    new = [make_procedure(levels="commune") for _ in range(4)]
    rows = [[unit.code, p.code, "2015", day(f"2019-0{i}-15"), ""] for i, p in enumerate(new, 1)]
    rows.append([unit.code, duty.procedure.code, "2015", day("2020-02-29"), "QT-01"])
    head = ("Mã cơ quan", "Mã TTHC", "Tiêu chuẩn", "Ngày áp dụng", "Số văn bản")
    before = list(CoverageTally.objects.filter(agency=unit).order_by("day").values())

    checked = engine.check(DUTIES, workbook(head, *rows), "qt.xlsx", user=coordinator)
    written = engine.write(DUTIES, checked, user=coordinator)
    assert AgencyProcedure.objects.filter(agency=unit, procedure__in=new).count() == 4
    assert list(CoverageTally.objects.filter(agency=unit).order_by("day").values()) != before
    recounted(capsys)

    history.undo(ChangeSet.objects.get(pk=written.change_set.pk), by=coordinator, reason="nhầm danh sách")
    assert not AgencyProcedure.objects.filter(agency=unit, procedure__in=new).exists()
    left = CoverageTally.objects.filter(agency=unit).order_by("day").values()
    assert [{k: v for k, v in row.items() if k != "id"} for row in left] == [
        {k: v for k, v in row.items() if k != "id"} for row in before
    ]
    recounted(capsys)

    # The dictionary says that a procedure is no longer in force.
    client.force_login(coordinator)
    handled = Procedure.objects.filter(duties__isnull=False).distinct().first()
    address = reverse("admin:procedures_procedure_change", args=[handled.pk])
    values = admin_values(client.get(address)) | {"repealed_on": "01/06/2020"}
    assert client.post(address, values).status_code == 302
    handled.refresh_from_db()
    assert handled.repealed_on == day("2020-06-01")
    assert CoverageTally.objects.filter(day=day("2020-06-01"), in_force__lt=0).exists()
    recounted(capsys)


def test_closing_an_agency_in_the_administration_leaves_no_difference(client, country, capsys):
    administrator = make_user(Role.ADMINISTRATOR, country)
    client.force_login(administrator)
    unit, other = Agency.objects.filter(kind=Kind.COMMUNE_COMMITTEE)[:2]
    address = reverse("admin:agencies_agency_close", args=[unit.pk])
    values = {"seen": unit.version, "on": "01/06/2024", "successor": other.code, "extent": "whole"}
    assert client.post(address, values).status_code == 302
    unit.refresh_from_db()
    assert unit.dissolved_on == day("2024-06-01")
    recounted(capsys)


def test_a_declaration_made_and_returned_leaves_no_difference(country, coordinator, capsys):
    unit = (
        Agency.objects.filter(kind=Kind.COMMUNE_COMMITTEE)
        .exclude(pk__in=Declaration.objects.values("agency"))
        .first()
    )
    declaration = declare(unit, on="2021-03-01")
    recounted(capsys)
    declaration.review("returned", by=coordinator, seen=declaration.version, note="thiếu quyết định")
    recounted(capsys)


def test_a_wrong_tally_in_the_middle_of_the_years_is_found_by_the_duties_themselves(
    country, capsys, monkeypatch
):
    days = days_counted()
    tally = CoverageTally.objects.filter(day__in=days[3:-3]).order_by("day").first()
    CoverageTally.objects.filter(pk=tally.pk).update(under_iso=F("under_iso") + 2)
    # Also where the count that writes the tally makes the same mistake.
    wrong = {(t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()}
    monkeypatch.setattr("procedures.checks.count_coverage", lambda: wrong)
    named = found(capsys)
    assert {what for what, *_rest in named} == {"Coverage"}
    later = [d.isoformat() for d in days if d >= tally.day]
    assert [text for _what, text, *_rest in named] == [f"{tally.agency_id} {d}" for d in later]
    assert all(stored[1] == counted[1] + 2 for _what, _id, stored, counted in named)


def test_a_tally_that_is_wrong_for_some_days_only_is_found(country, capsys, monkeypatch):
    # Two mistakes that take each other away: today's figures are right, those of the years before are not.
    days = days_counted()
    agency = Agency.objects.filter(tallies__isnull=False).first()
    CoverageTally.objects.filter(agency=agency, day__in=[days[5], days[9]]).delete()
    CoverageTally.objects.bulk_create(
        [
            CoverageTally(agency=agency, day=days[5], in_force=3, under_iso=0),
            CoverageTally(agency=agency, day=days[9], in_force=-3, under_iso=0),
        ]
    )
    wrong = {(t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()}
    monkeypatch.setattr("procedures.checks.count_coverage", lambda: wrong)
    named = {text for what, text, *_rest in found(capsys) if what == "Coverage"}
    assert {f"{agency.pk} {d}" for d in days[5:9]} <= named


def test_an_agency_that_came_later_has_no_coverage_before(country, capsys):
    late = Agency.objects.establish(
        name="UBND xã Mới", code="M1", kind=Kind.COMMUNE_COMMITTEE, level="commune", parent=country, on=day("2021-07-01"),
        by=None,
    )  # fmt: skip
    make_duties(late, make_procedure(), make_procedure())
    recounted(capsys)
