"""Lists of people: accounts without a password, roles where the importer is an administrator."""

import pytest

from agencies.imports import engine
from agencies.imports.people_list import PeopleList, role_of
from agencies.models import Membership, Role, User
from agencies.testing import make_province, make_user, workbook

pytestmark = pytest.mark.django_db
KIND = PeopleList()
HEAD = ["Tên đăng nhập", "Họ và tên", "Email", "Vai trò", "Mã cơ quan", "Tên cơ quan"]


def check(*rows, **options):
    return engine.check(KIND, workbook(HEAD, *rows), "nguoi.xlsx", **options)


def test_accounts_and_roles_come_in_and_come_back_unchanged():
    province = make_province()
    rows = (
        ["an", "Nguyễn Văn An", "an@example.gov.vn", "Người cập nhật", "H31.20.1", "UBND xã Lạc Đạo"],
        ["an", "Nguyễn Văn An", "an@example.gov.vn", "Người xem", None, "Huyện Văn Lâm"],
    )
    checked = check(*rows)
    assert [str(e) for e in checked.errors] == []
    engine.write(KIND, checked)
    person = User.objects.get(username="an")
    assert not person.has_usable_password()
    assert set(person.memberships.values_list("role", "agency")) == {
        ("editor", province.lac_dao.pk), ("viewer", province.van_lam.pk),
    }  # fmt: skip
    assert check(*rows).counts["unchanged"] == 2


def test_a_changed_mail_address_is_shown_and_written():
    province = make_province()
    person = make_user(
        Role.EDITOR, province.lac_dao, username="binh", full_name="Trần Bình", email="cu@example.gov.vn"
    )
    checked = check(["binh", "Trần Bình", "moi@example.gov.vn", None, None, None])
    assert [(d.name, d.before, d.after) for d in checked.lines[0].differences] == [
        ("email", "cu@example.gov.vn", "moi@example.gov.vn")
    ]
    engine.write(KIND, checked)
    person.refresh_from_db()
    assert person.email == "moi@example.gov.vn" and Membership.objects.count() == 1


def test_what_blocks_is_named():
    make_province()
    checked = check(
        ["an b", "An", None, None, None, None], ["chi", None, None, None, None, None],
        ["dung", "Dũng", "dung@", None, None, None], ["hoa", "Hoa", None, "Sếp", "H31", None],
        ["lan", "Lan", None, "Người xem", "H99", None],
    )  # fmt: skip
    assert [(e.code, e.cell) for e in checked.errors] == [
        ("E_USERNAME", "A2"), ("E_REQUIRED", "B3"), ("E_EMAIL", "C4"), ("E_ROLE_UNKNOWN", "D5"), ("E_AGENCY_UNKNOWN", "E6"),
    ]  # fmt: skip


def test_people_elsewhere_can_neither_be_seen_nor_changed():
    province = make_province()
    make_user(Role.EDITOR, province.dong_tao, username="xa", full_name="Người Xa")
    keeper = make_user(Role.ADMINISTRATOR, province.van_lam)
    checked = check(["xa", "Tên Khác", None, "Người xem", "H31.20.1", None], user=keeper)
    assert [(e.code, e.cell) for e in checked.errors] == [("E_USERNAME", "A2")]
    outside = check(["moi", "Mới", None, "Người xem", "H31.21", None], user=keeper)
    assert [(e.code, e.cell) for e in outside.errors] == [("E_AGENCY_UNKNOWN", "E2")]
    with pytest.raises(engine.Refused):
        check(["moi", "Mới", None, None, None, None], user=make_user(Role.COORDINATOR, province.committee))


def test_roles_have_their_usual_words():
    assert [role_of(w) for w in ("Điều phối", "viewer", "Quản trị", "Thư ký ISO", "?")] == [
        Role.COORDINATOR, Role.VIEWER, Role.ADMINISTRATOR, Role.EDITOR, None,
    ]  # fmt: skip


def test_an_agency_merged_over_its_people_is_theirs_and_telephones_keep_their_zero():
    province = make_province()
    head = ["STT", "Đơn vị", "Họ tên", "Tài khoản", "SĐT", "Vai trò"]
    rows = [[1, "UBND xã Lạc Đạo", "Nguyễn An", "an", 912345678, "Người xem"], [2, None, "Lê Bình", "binh", "0912.345.679", "Người xem"]]  # fmt: skip
    data = workbook(head, *rows, merges=[("B2:B3", "UBND xã Lạc Đạo")])
    checked = engine.check(KIND, data, "nguoi.xlsx")
    assert [str(e) for e in checked.errors] == []
    assert {r["agency_id"] for r in checked.records()} == {province.lac_dao.pk}
    assert [r["phone"] for r in checked.records()] == ["0912345678", "0912.345.679"]


def test_people_below_the_name_of_their_agency_belong_to_it():
    province = make_province()
    rows = (
        ["TT", "Họ và tên", "Tên đăng nhập", "Vai trò"], ["A", "CÁC XÃ"], ["I", "UBND XÃ LẠC ĐẠO"], [None, "Lãnh đạo"],
        [1, "Nguyễn Văn An", "an", "Người cập nhật"], ["II", "HUYỆN VĂN LÂM"], [1, "Trần Bình", "binh", "Người xem"],
        ["III", "Sở Hàng hải"], [1, "Lê Hoa", "hoa", "Người xem"],
    )  # fmt: skip
    checked = engine.check(KIND, workbook(*rows), "nguoi.xlsx")
    assert [(e.code, e.cell) for e in checked.errors] == [("E_AGENCY_UNKNOWN", "B8")]
    checked = engine.check(KIND, workbook(*rows[:-2]), "nguoi.xlsx")
    assert [line.agency_id for line in checked.lines] == [province.lac_dao.pk, province.van_lam.pk]
