"""Lists of procedures, and the exports of the national portal."""

import pytest
from django.conf import settings

from agencies.imports import engine
from agencies.models import Role
from agencies.testing import make_province, make_user, workbook
from procedures import imports
from procedures.imports.catalogue import levels_of
from procedures.models import Procedure

pytestmark = pytest.mark.django_db
EXPORTS = settings.BASE_DIR.parent / "shared" / "data" / "tthc_export"


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("Chủ tịch ủy ban nhân dân cấp tỉnh\nSở Tư Pháp", "province"),
        ("Ủy ban nhân dân cấp xã", "commune"),
        ("Sở Nông nghiệp và Môi trường\nUBND cấp xã", "province,commune"),
        ("UBND cấp huyện; UBND cấp xã", "district,commune"),
        ("Phòng Tư pháp", "district"),
        ("Cục Chăn nuôi và Thú y - Bộ NN và MT", ""),
        ("Chi cục Kiểm dịch thực vật vùng II", ""),
        ("Chi cục Kiểm lâm", "province"),
        ("Cơ quan quản lý cơ sở dữ liệu hộ tịch", ""),
        ("UBND thị xã", "district"),
        ("Cấp tỉnh – tiếp nhận tại Trung tâm PVHCC cấp xã", "province"),
    ],
)
def test_who_handles_it_tells_the_levels(text, levels):
    assert levels_of(text) == levels


@pytest.mark.skipif(not EXPORTS.exists(), reason="the exports are not here")
@pytest.mark.parametrize(("part", "count"), [("BoTuPhap", 271), ("NongNghiepvaMoiTruong", 537)])
def test_portal_exports_come_in_whole(part, count):
    kind, path = imports.kind("procedures"), EXPORTS / f"danh-sach-tthc-{part}.xlsx"
    checked = engine.check(kind, path, path.name)
    assert (checked.errors, checked.counts["new"]) == ([], count)
    engine.write(kind, checked)
    assert Procedure.objects.count() == count
    assert Procedure.objects.filter(levels__contains="province").count() > count / 4
    again = engine.check(kind, path, path.name, reading=checked.reading)
    assert again.counts["unchanged"] == count


def test_a_list_does_not_wipe_what_it_leaves_empty():
    Procedure.objects.create(
        code="1.000001", name="Cũ", field="Hộ tịch", levels="commune", decision="12/QĐ-UBND"
    )
    data = workbook(
        ["Mã số", "Tên", "Lĩnh vực", "Cơ quan thực hiện"], ["1.000001", "Mới", None, "Bộ Tư pháp"]
    )
    kind = imports.kind("procedures")
    checked = engine.check(kind, data, "tthc.xlsx")
    assert [(d.name, d.before, d.after) for d in checked.lines[0].differences] == [("name", "Cũ", "Mới")]
    engine.write(kind, checked)
    stored = Procedure.objects.get()
    assert (stored.name, stored.field, stored.levels, stored.decision) == (
        "Mới",
        "Hộ tịch",
        "commune",
        "12/QĐ-UBND",
    )


def test_only_a_coordinator_brings_in_the_catalogue():
    province = make_province()
    kind = imports.kind("procedures")
    assert not engine.may_import(kind, make_user(Role.EDITOR, province.committee))
    assert engine.may_import(kind, make_user(Role.COORDINATOR, province.committee))
