"""Every list that goes out as a workbook comes back with 0 changes; a template is read when it is filled in."""

import io

import openpyxl
import pytest
import tablib

from agencies.imports import engine
from agencies.imports.checked import Options
from agencies.imports.resource import ListResource
from agencies.imports.workbooks import stream_list, write_template
from agencies.models import Agency, ChangeSet
from agencies.testing import today
from procedures import imports
from procedures.models import Plan

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", ["xlsx", "csv"])
@pytest.mark.parametrize("name", imports.NAMES)
def test_the_demonstrations_lists_change_nothing(demo, name, form):
    kind = imports.kind(name)
    options = Options(plan=Plan.objects.first().code) if name == "plan" else Options()
    data = b"".join(stream_list(kind, kind.rows(user=None, on=today(), options=options), form))
    before = ChangeSet.objects.count()
    checked = engine.check(kind, data, f"{name}.{form}", options=options)
    assert [f"{e.cell} {e}" for e in checked.errors] == []
    counts = checked.counts
    assert (counts["new"], counts["changed"]) == (0, 0), checked.page("changed", size=2) or checked.page(
        "new", size=2
    )
    assert counts["rows"] > 3
    assert engine.write(kind, checked, options=options).change_set is None
    assert ChangeSet.objects.count() == before


ROWS = {
    "agencies": ["H99", "UBND tỉnh Thử Nghiệm", "Tỉnh", None, None],
    "procedures": ["1.999999", "Thủ tục thử", "Hộ tịch", "Cấp xã", None],
}


@pytest.mark.parametrize("name", imports.NAMES)
def test_a_template_says_its_columns_and_is_read_when_filled(name):
    kind = imports.kind(name)
    out = io.BytesIO()
    write_template(kind, out)
    empty = engine.check(kind, out.getvalue(), "mau.xlsx", options=Options(plan="-"))
    assert {e.code for e in empty.errors} <= {"E_NO_ROWS", "E_PLAN"}, [
        (e.sheet, e.cell, str(e)) for e in empty.errors
    ]
    book = openpyxl.load_workbook(io.BytesIO(out.getvalue()))
    assert [c.value for c in book["Danh sách"][1]] == [
        kind.sheet.by_name[n].title for n in kind.template_columns
    ]
    if name in ROWS:
        book["Danh sách"].append(ROWS[name])
        filled = io.BytesIO()
        book.save(filled)
        checked = engine.check(kind, filled.getvalue(), "mau.xlsx")
        assert (checked.errors, checked.counts["new"]) == ([], 1)


@pytest.mark.parametrize("name", ["agencies", "declarations", "procedures", "plan", "people"])
def test_a_resource_of_import_export_comes_back_unchanged(demo, name):
    options = Options(plan=Plan.objects.first().code) if name == "plan" else None
    resource = ListResource(imports.kind(name), options=options)
    dataset = resource.export()
    result = resource.import_data(dataset)
    assert not result.has_errors(), [e.error for e in result.base_errors][:3]
    assert (result.totals["new"], result.totals["update"], result.totals["skip"]) == (0, 0, len(dataset))


def test_a_resource_writes_all_or_nothing():
    head = ["Mã cơ quan", "Tên cơ quan", "Cấp", "Cơ quan cấp trên"]
    resource = ListResource(imports.kind("agencies"))
    wrong = tablib.Dataset(
        ["H9", "UBND tỉnh Thử", "Tỉnh", ""], ["H9.1", "UBND huyện A", "Huyện", "H8"], headers=head
    )
    assert resource.import_data(wrong).has_errors() and not _entered()
    right = tablib.Dataset(
        ["H9", "UBND tỉnh Thử", "Tỉnh", ""], ["H9.1", "UBND huyện A", "Huyện", "H9"], headers=head
    )
    assert resource.import_data(right, dry_run=True).totals["new"] == 2 and not _entered()
    assert resource.import_data(right).totals["new"] == 2 and _entered() == 2


def _entered():
    return Agency.objects.filter(code__startswith="H9").count()
