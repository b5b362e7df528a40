"""Lists of other provinces and other kinds, in other wordings: what comes out of each is known."""

import datetime
import unicodedata

import pytest

from agencies.imports import engine
from agencies.models import Kind, Level
from agencies.testing import make_agency, make_province, workbook
from iso_rollout.text import legacy
from procedures import imports
from procedures.models import Plan
from procedures.testing import make_plan, make_procedure

pytestmark = pytest.mark.django_db
DAY = datetime.date(2020, 3, 4)
FOOT = [[], [None, None, "Hà Nội, ngày 15 tháng 12 năm 2021"], ["Nơi nhận:", None, "KT. GIÁM ĐỐC"], ["- Như trên;", None, "PHÓ GIÁM ĐỐC"], ["- Lưu: VT, TĐC."]]  # fmt: skip


def typed_in_tcvn3(text):
    """As a keyboard of the nineties wrote it; capitals are those of the font .VnTime."""
    signs = {letter: sign for sign, letter in reversed(legacy._TCVN3.items())}
    return "".join(signs.get(c, signs.get(c.lower(), c)) for c in text)


def typed_in_vni(text):
    marks = {mark: sign for sign, mark in legacy._VNI_MARKS.items() if mark}
    bases = {letter: sign for sign, letter in legacy._VNI_BASES.items()}
    singles = {letter: sign for sign, letter in legacy._VNI_SINGLES.items()}
    found = ""
    for letter in text:
        low = letter.lower()
        if low in singles:
            sign = singles[low]
        elif low.isascii():
            sign = low
        else:
            plain, *rest = unicodedata.normalize("NFD", low)
            horned = {"o": "ơ", "u": "ư"}.get(plain) if "\u031b" in rest else None
            rest = "".join(c for c in rest if c != "\u031b")
            sign = (bases[horned] if horned else plain) + marks.get(rest, "")
        found += sign.upper() if letter.isupper() else sign
    return found


@pytest.fixture
def city():
    """A city with quarters that have numbers for names, the same ones in each district."""
    top = make_agency(
        "UBND thành phố Hồ Chí Minh", None, Kind.PROVINCIAL_COMMITTEE, code="H29", level=Level.PROVINCE
    )
    for district, code in (("quận 3", "H29.03"), ("quận 10", "H29.10"), ("huyện Củ Chi", "H29.20")):
        above = make_agency(f"UBND {district}", top, Kind.DISTRICT_COMMITTEE, code=code, level=Level.DISTRICT)
        names = (
            ("thị trấn Củ Chi", "xã Tân Thông Hội")
            if "Củ Chi" in district
            else ("phường 1", "phường 2", "phường 12")
        )
        for number, name in enumerate(names, 1):
            make_agency(f"UBND {name}", above, code=f"{code}.{number}")
    return top


@pytest.fixture
def highlands():
    top = make_agency("UBND tỉnh Đắk Lắk", None, Kind.PROVINCIAL_COMMITTEE, code="H15", level=Level.PROVINCE)
    above = make_agency(
        "UBND huyện Cư M'gar", top, Kind.DISTRICT_COMMITTEE, code="H15.1", level=Level.DISTRICT
    )
    for number, name in enumerate(("thị trấn Ea Pốk", "xã Cuôr Đăng", "xã Ea H'đing", "xã Cư M'gar"), 1):
        make_agency(f"UBND {name}", above, code=f"H15.1.{number}")
    return top


@pytest.fixture
def without_districts():
    """A province after July 2025."""
    top = make_agency("UBND tỉnh Hưng Yên", None, Kind.PROVINCIAL_COMMITTEE, code="H33", level=Level.PROVINCE)
    for number, name in enumerate(("phường Phố Hiến", "xã Tân Hưng", "xã Yên Mỹ", "xã Tiên Lữ"), 1):
        make_agency(f"UBND {name}", top, code=f"H33.{number}")
    return top


def declared(*rows, convert=False, **more):
    kind = imports.kind("declarations")
    options = engine.Options(convert_legacy=convert)
    checked = engine.check(kind, workbook(*rows, **more), "ds.xlsx", options=options)
    assert [f"{e.cell} {e}" for e in checked.errors] == []
    assert [w.code for w in checked.warnings if w.code in ("W_TOTAL", "W_ROW_SKIPPED")] == []
    return [
        (r["agency_code"], r["standard"][-4:], r["number"], r["declared_on"], r["form"])
        for r in checked.records()
    ]


def fact(code, number, form=None):
    return code, "2015", number, "2020-03-04", form


def test_quarters_with_numbers_below_districts_with_numbers(city):
    head = ["Stt", "Địa phương", "Quyết định công bố HTQLCL phù hợp TCVN ISO 9001:2015", None, "Thư ký ISO"]
    found = declared(
        ["UBND THÀNH PHỐ HỒ CHÍ MINH"], [], head, [None, None, "Số hiệu", "Ngày ký"], [f"({i})" for i in range(1, 6)],
        ["I", "Quận 3 (2 phường)"], [1, "P1", "5/QĐ-UBND", DAY, "Lê A"], [2, "Phường 02", "06/QĐ-UBND", DAY, "Lê B"],
        ["II", "Q. 10: 1 đơn vị"], [1, "P. 12", "Số 7/QĐ-UBND", DAY, "Lê C"], [None, "Cộng Quận 10: 1"],
        [None, "H. Củ Chi"], [1, "TT. Củ Chi", "8 / QĐ-UBND", DAY, None], [None, "Tổng số: 4 đơn vị"], *FOOT,
        merges=[("C3:D3", head[2])],
    )  # fmt: skip
    assert found == [fact("H29.03.1", "5/QĐ-UBND"), fact("H29.03.2", "06/QĐ-UBND"), fact("H29.10.3", "7/QĐ-UBND"), fact("H29.20.1", "8/QĐ-UBND")]  # fmt: skip


def test_a_sheet_for_each_district_one_of_them_with_a_single_row(city):
    def lines(name, number):
        return [
            ["TT", "Cơ quan, địa phương", "Quyết định", None],
            [None, None, "Số", "Ngày ban hành"],
            [None, "Tổng số 1 đơn vị"],
            [1, name, number, DAY],
            *FOOT,
        ]

    found = declared(sheets={
        "Bìa": [["DANH SÁCH"]], "Quận 3": [["theo tiêu chuẩn TCVN ISO 9001:2015"], *lines("Phường 1", "1/QĐ-UBND")],
        "Q.10": [["theo tiêu chuẩn TCVN ISO 9001:2015"], *lines("Phường 1", "2/QĐ-UBND")],
        "Tổng hợp": [["Quận", "Tổng số đơn vị", "Đã công bố"], ["Quận 3", 14, 1], ["Quận 10", 15, 1]],
    })  # fmt: skip
    assert found == [fact("H29.03.1", "1/QĐ-UBND"), fact("H29.10.1", "2/QĐ-UBND")]


def test_names_of_the_highlands(highlands):
    head = ["Số TT", "Đơn vị được công bố", "Văn bản công bố (số, ngày)", "Bản", "Nội dung triển khai"]
    rows = [
        [1, "TT. Ea Pốk", "QĐ số 5/QĐ-UBND ngày 04 tháng 03 năm 2020", "ISO 9001:2015", "XD mới"],
        [2, "Xã Cuôr Đăng", "số: 06/QĐ-UBND; 4.3.2020", "ISO 9001:2015", "Chuyển đổi"],
        [3, "UBND xã Ea H’Đing", "7/QÐ-UBND ký ngày 4/3/2020", "ISO 9001 : 2015", "Xây dựng mới"],
        [4, "Xã Cư Mgar - huyện Cư M'gar", "8/QĐ-UBND (04-03-2020)", "9001:2015", "Xây dựng mới"],
    ]
    assert declared(["DANH SÁCH ĐƠN VỊ ÁP DỤNG ISO"], head, *rows) == [
        fact("H15.1.1", "5/QĐ-UBND", "BUILD"), fact("H15.1.2", "06/QĐ-UBND", "CONVERT"), fact("H15.1.3", "7/QĐ-UBND", "BUILD"), fact("H15.1.4", "8/QĐ-UBND", "BUILD")
    ]  # fmt: skip


def test_a_province_without_districts(without_districts):
    head = [
        "Thứ tự",
        "Xã/phường/đặc khu",
        "Phiên bản",
        None,
        "Hình thức",
        None,
        "QĐ công bố",
        None,
        "Ngày đánh giá nội bộ",
    ]
    second = [None, None, "2008", "2015", "Xây dựng mới", "Chuyển đổi", "Số QĐ", "Ngày QĐ"]
    rows = [
        [1, "Phường Phố Hiến", None, "✓", "✓", None, "1/QĐ-UBND", "04/03/2020", "01/01/2020"],
        [2, "Tân Hưng", None, "x", None, "v", "2/QĐ-UBND", "ngày 04 tháng 3 năm 2020", "01/01/2020"],
        [3, "UBND X. Yên Mỹ", None, "có", "x", None, "3/QĐ-UBND", 43894, "01/01/2020"],
    ]
    found = declared(head, second, [None, "TỔNG CỘNG: 3"], *rows, ["Ghi chú: số liệu do các xã báo cáo"])
    assert found == [
        fact("H33.1", "1/QĐ-UBND", "BUILD"),
        fact("H33.2", "2/QĐ-UBND", "CONVERT"),
        fact("H33.3", "3/QĐ-UBND", "BUILD"),
    ]


@pytest.mark.parametrize("typed", [typed_in_tcvn3, typed_in_vni])
def test_old_fonts_in_every_cell(without_districts, typed):
    lines = [["DANH SÁCH CƠ QUAN ĐÃ CÔNG BỐ"], ["STT", "Tên địa phương", "Tiêu chuẩn áp dụng", "Số quyết định công bố", "Ngày công bố"],
             [1, "Phường Phố Hiến", "TCVN ISO 9001:2015", "1/QĐ-UBND", DAY], [2, "Xã Tân Hưng", "TCVN ISO 9001:2015", "2/QĐ-UBND", DAY],
             [3, "Xã Tiên Lữ", "TCVN ISO 9001:2015", "3/QĐ-UBND", DAY]]  # fmt: skip
    old = [[typed(cell) if isinstance(cell, str) else cell for cell in line] for line in lines]
    assert declared(*old, convert=True) == [
        fact("H33.1", "1/QĐ-UBND"),
        fact("H33.2", "2/QĐ-UBND"),
        fact("H33.4", "3/QĐ-UBND"),
    ]


def test_a_wrong_standard_is_named_and_does_not_fall_over(without_districts):
    rows = [
        ["STT", "Tên cơ quan", "Tiêu chuẩn", "Số QĐ", "Ngày QĐ"],
        [1, "Xã Tân Hưng", "Chủ tịch", "1/QĐ", DAY],
        [2, "Xã Yên Mỹ", 2015, "2/QĐ", DAY],
        [3, "Xã Tiên Lữ", 2015, "3/QĐ", DAY],
    ]
    checked = engine.check(imports.kind("declarations"), workbook(*rows), "ds.xlsx")
    assert [(e.code, e.cell) for e in checked.errors] == [("E_STANDARD", "C2")]
    assert [line.outcome for line in checked.lines] == ["wrong", "new", "new"]


def test_a_plan_with_vague_terms_and_years_in_words():
    province = make_province()
    Plan.objects.create(
        code="KH-1",
        name="Kế hoạch",
        agency=province.committee,
        decided_on="2020-01-10",
        starts_on="2020-01-01",
        ends_on="2021-12-31",
    )
    head = [
        "TT",
        "Đơn vị thực hiện",
        "Xây dựng mới",
        "Chuyển đổi",
        "Lộ trình thực hiện",
        "Thời hạn",
        "Cơ quan chủ trì",
        "Kinh phí (triệu đồng)",
    ]
    rows = [["I", "HUYỆN VĂN LÂM"], [1, "Xã Lạc Đạo", "x", None, "Năm 2020", "Quý IV/2020", "Sở KH&CN", 35], [2, "Xã Lạc Hồng", None, "x", 2021, "10/2021", "Sở KH&CN", 35],
            [None, "Tổng cộng", 1, 1, None, None, None, 70], [None, "Người lập biểu", None, "Thủ trưởng đơn vị"]]  # fmt: skip
    checked = engine.check(imports.kind("plan"), workbook(head, *rows), "kh.xlsx")
    assert [f"{e.cell} {e}" for e in checked.errors] == []
    assert [(r["agency_code"], r["form"], r["year"], r["due_on"]) for r in checked.records()] == [
        ("H31.20.1", "BUILD", 2020, "2020-12-31"), ("H31.20.2", "CONVERT", 2021, "2021-10-31")
    ]  # fmt: skip


def test_duties_by_name_with_the_procedures_code_as_a_number():
    make_province()
    make_procedure(code="1.000120")
    head = [
        "STT",
        "Cơ quan thực hiện TTHC",
        "Mã số",
        "Tên thủ tục",
        "Theo tiêu chuẩn",
        "Thời gian áp dụng",
        "Ký hiệu quy trình",
    ]
    rows = [
        [1, "UBND xã Lạc Đạo", 1.00012, "Khai sinh", 2015, "04/03/2020", "QT-01"],
        [2, "UBND xã Lạc Hồng", "1.000120.000.00.00.H31", "Khai sinh", 2015, DAY, "QT-02"],
    ]
    checked = engine.check(imports.kind("agency-procedures"), workbook(head, *rows), "tthc.xlsx")
    assert [f"{e.cell} {e}" for e in checked.errors] == []
    assert [(r["agency_code"], r["procedure"], r["applied_on"], r["document"]) for r in checked.records()] == [
        ("H31.20.1", "1.000120", "2020-03-04", "QT-01"), ("H31.20.2", "1.000120", "2020-03-04", "QT-02")
    ]  # fmt: skip


def test_people_in_the_words_of_an_office():
    make_province()
    head = [
        "STT",
        "Họ và tên cán bộ phụ trách",
        "Tên truy cập",
        "Chức vụ/chức danh",
        "Nơi công tác",
        "Hộp thư công vụ",
        "Số ĐT",
        "Phân quyền",
    ]
    rows = [[1, "Nguyễn Văn An", "an.nv", "Công chức", "UBND xã Lạc Đạo", "an@hungyen.gov.vn", "0912 345 678", "Cập nhật"], [2, "Lê Thị Bình", "binh.lt", "Phó Chủ tịch", "UBND huyện Văn Lâm", "binh@hungyen.gov.vn", None, "Người xem"]]  # fmt: skip
    checked = engine.check(imports.kind("people"), workbook(head, *rows), "ds.xlsx")
    assert [f"{e.cell} {e}" for e in checked.errors] == []
    assert [(r["username"], r["full_name"], r["email"], r["role"]) for r in checked.records()] == [
        ("an.nv", "Nguyễn Văn An", "an@hungyen.gov.vn", "editor"), ("binh.lt", "Lê Thị Bình", "binh@hungyen.gov.vn", "viewer")
    ]  # fmt: skip


def test_two_years_marked_in_one_row_are_told_once():
    province = make_province()
    make_plan(province.committee)
    rows = [
        ["TT", "Tên cơ quan", "Hình thức", "2020", "2021"],
        [1, "UBND xã Lạc Đạo", "Xây dựng mới", "x", "x"],
    ]
    checked = engine.check(imports.kind("plan"), workbook(*rows), "kh.xlsx")
    assert [(e.code, e.cell) for e in checked.errors] == [("E_MARK", "E2")]
