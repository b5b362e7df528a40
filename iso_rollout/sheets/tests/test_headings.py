"""Headings and cells as offices invent them: what each column is taken for, and what it is not."""

import datetime as dt

import pytest

from iso_rollout.sheets import examples, read
from iso_rollout.sheets.contents import looks
from iso_rollout.sheets.guess import CLEARLY, likely_kind
from iso_rollout.sheets.tests import workbooks as w
from iso_rollout.sheets.tests.test_properties import recognise

NAMES = (
    "Tên cơ quan", "TÊN CƠ QUAN,\nĐƠN VỊ", "Cơ quan/ đơn vị", "Đơn vị được công bố", "Tên UBND xã, phường", "Xã/phường/thị trấn", "Cơ quan áp dụng HTQLCL",
    "Tên địa phương", "Địa phương", "Cơ quan hành chính nhà nước", "Danh sách cơ quan, đơn vị", "Đơn vị (xã, phường, thị trấn)", "UBND xã, phường, đặc khu",
    "Cơ quan, tổ chức", "Nơi áp dụng", "CQ, đ/vị", "Tên ĐV", "CQ/ĐV", "Xã",
)  # fmt: skip
NUMBERS = (
    "Số QĐ", "Số, ký hiệu", "Quyết định công bố số", "Số hiệu QĐ", "Số quyết định công bố HTQLCL", "Số, ký hiệu của Quyết định", "Văn bản công bố", "Số Bản công bố", "QĐ công bố số",
    "Quyết định của Thủ trưởng đơn vị", "Số quyết định công bố hệ thống quản lý chất lượng",
)  # fmt: skip
DAYS = (
    "Ngày công bố", "Ngày, tháng, năm ban hành", "Ngày QĐ", "Ngày tháng năm ban hành quyết định", "Ngày ký", "Thời gian công bố", "Thời điểm", "Ngày/tháng/năm", "Ngày ban hành QĐ công bố", "Ngày CB", "Ngày ra QĐ",
)  # fmt: skip
STANDARDS = (
    "Tiêu chuẩn", "Phiên bản áp dụng", "HTQLCL theo tiêu chuẩn", "TCVN ISO", "Tiêu chuẩn quốc gia", "Theo tiêu chuẩn", "Hệ thống quản lý theo tiêu chuẩn", "Bản",
)  # fmt: skip
FORMS = (
    "Hình thức",
    "Nội dung",
    "Xây dựng mới/ Chuyển đổi",
    "Hình thức (xây dựng mới, chuyển đổi)",
    "Loại hình công bố",
    "Nội dung triển khai",
    "Loại hình",
)
OTHERS = {
    "Thư ký ISO": "Nguyễn Văn An", "Số QĐ thành lập BCĐ": "9/QĐ-UBND", "Ngày thành lập BCĐ": "01/02/2018", "Ngày ban hành hệ thống tài liệu": "08/08/2018", "Ngày đánh giá nội bộ": "05/05/2019",
    "Số văn bản thông báo": "3/UBND-VP", "Người ký": "Lê Văn D", "Đơn vị tư vấn": "Công ty A", "Số quyết định phê duyệt": "7/QĐ-UBND", "Chức vụ": "Chủ tịch", "Lĩnh vực áp dụng": "Hộ tịch",
    "Kinh phí (triệu đồng)": 35, "Điện thoại": "0221.3986.123", "Ngày kiểm tra": "06/06/2019", "Người đứng đầu": "Lê Văn C",
}  # fmt: skip
USUAL = {
    "name": NAMES[0],
    "number": NUMBERS[0],
    "declared_on": DAYS[0],
    "standard": STANDARDS[0],
    "form": FORMS[0],
}
CELLS = [
    ("UBND xã Lạc Đạo", "Số 12/QĐ-UBND", dt.date(2020, 3, 4), "TCVN ISO 9001:2015", "Xây dựng mới"),
    ("UBND thị trấn Như Quỳnh", "013/QĐ-UBND", dt.date(2019, 5, 6), "ISO 9001:2015", "chuyển đổi"),
    ("UBND phường Dị Sử", "QĐ số 5/QĐ-UBND", dt.date(2018, 7, 8), "9001:2015", "Xây dựng mới"),
]


def rows(field=None, heading="", other=None):
    names = [USUAL[name] if name != field else heading for name in USUAL]
    more = [other[0]] if other else []
    return [
        ["STT", *names, *more],
        *([i, *cells, *(other[1:] if other else ())] for i, cells in enumerate(CELLS, 1)),
    ]


EVERY = [
    (field, h)
    for field, found in zip(USUAL, (NAMES, NUMBERS, DAYS, STANDARDS, FORMS), strict=True)
    for h in found
]


@pytest.mark.parametrize(("field", "heading"), EVERY)
def test_a_heading_of_another_wording_is_understood(field, heading):
    table = recognise(rows(field, heading))
    assert {c.field.name: c.number for c in table.header.columns if c.field} == dict(
        zip(USUAL, range(2, 7), strict=True)
    )
    assert table.errors == []
    assert [str(c.reason) for c in table.header.columns if c.field and not c.reason] == []


@pytest.mark.parametrize("heading", OTHERS)
def test_a_column_about_something_else_is_left(heading):
    table = recognise(rows(other=(heading, OTHERS[heading])))
    assert table.header.columns[-1].field is None
    assert [(r.values["number"], r.values["declared_on"]) for r in table.rows][:2] == [
        ("12/QĐ-UBND", dt.date(2020, 3, 4)), ("013/QĐ-UBND", dt.date(2019, 5, 6))
    ]  # fmt: skip


@pytest.mark.parametrize("heading", ["Phiên bản", "Tiêu chuẩn áp dụng"])
def test_a_heading_that_only_resembles_yields_to_the_cells(heading):
    table = recognise(rows("standard", f"{heading} ISO"))
    assert table.header.columns[4].field.name == "standard"
    table = recognise(
        [
            [*line[:4], "Chủ tịch" if i else f"Người theo dõi {heading} ISO", *line[5:]]
            for i, line in enumerate(rows())
        ]
    )
    assert table.header.columns[4].field is None


def test_titles_are_never_the_heading():
    title = [
        ["UBND HUYỆN VĂN LÂM", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        [None, "DANH SÁCH ĐƠN VỊ ÁP DỤNG ISO"],
        ["(Kèm theo Công văn số 15/CV-UBND ngày 10/3/2022)"],
    ]
    table = recognise(title + rows())
    assert (table.header.first, table.header.last) == (4, 4)
    low = recognise([*title, ["theo tiêu chuẩn TCVN ISO 9001:2008"], *rows()])
    assert low.header.last == 5


def test_signatures_under_columns_of_marks_and_codes_are_no_rows():
    head = ["STT", "Tên đơn vị", "Xây dựng mới", "Chuyển đổi", "Năm"]
    body = [[1, "UBND xã Lạc Đạo", "x", None, "Năm 2021"], [2, "UBND xã Chỉ Đạo", None, "x", 2021]]
    foot = [
        [None, "Người lập biểu", None, "Thủ trưởng đơn vị"],
        [None, "(Ký, ghi rõ họ tên)", None, "(Ký tên, đóng dấu)"],
    ]
    table = recognise([head, *body, *foot], examples.PLAN)
    assert [r.values["year"] for r in table.rows] == [2021, 2021]
    assert table.errors == []


def test_a_term_ends_with_its_month_quarter_or_year():
    head = ["STT", "Tên đơn vị", "Hình thức", "Hoàn thành trước ngày"]
    terms = ["12/2021", "Quý II/2021", "Năm 2021", "tháng 2/2024", "15/06/2021"]
    table = recognise(
        [head, *([i, f"UBND xã Số {i}", "Xây dựng mới", term] for i, term in enumerate(terms, 1))],
        examples.PLAN,
    )
    assert [r.values["due_on"] for r in table.rows] == [
        dt.date(2021, 12, 31), dt.date(2021, 6, 30), dt.date(2021, 12, 31), dt.date(2024, 2, 29), dt.date(2021, 6, 15)
    ]  # fmt: skip


def test_a_district_row_closes_the_district_before_it_however_either_is_marked():
    head = ["STT", "Tên đơn vị", "Số QĐ", "Ngày QĐ"]
    row = ["UBND xã A", "1/QĐ-UBND", "01/02/2020"]
    table = recognise(
        [
            head,
            [None, "Huyện Ý Yên: 1 đơn vị"],
            [1, *row],
            ["II", "Huyện Vụ Bản"],
            [2, *row],
            [None, "Q. Tân Bình: 1 đơn vị"],
            [3, *row],
            [None, "H. Củ Chi (1 đơn vị)"],
            [4, *row],
        ]
    )
    assert [[g.text for g in r.groups] for r in table.rows] == [
        ["Huyện Ý Yên"],
        ["Huyện Vụ Bản"],
        ["Q. Tân Bình"],
        ["H. Củ Chi"],
    ]
    assert [p.code for p in table.warnings if p.code == "W_TOTAL"] == []


def test_the_field_of_procedures_stands_in_their_group_row():
    head = ["STT", "Mã số TTHC", "Tên thủ tục", "Thẩm quyền giải quyết"]
    table = recognise([head, ["A", None, "THỦ TỤC HÀNH CHÍNH CẤP XÃ"], ["I", None, "Lĩnh vực Hộ tịch"], [1, "1.000120", "Đăng ký khai sinh", "UBND xã"], ["II", None, "ĐẤT ĐAI"],
                       [2, "1.000121", "Xác nhận", "UBND xã"]], examples.PROCEDURES_LIST)  # fmt: skip
    assert [r.values["field"] for r in table.rows] == ["Hộ tịch", "Đất đai"]


@pytest.mark.parametrize(
    ("value", "what"),
    [("12/QĐ-UBND ngày 4/10/2019", "decision"), ("3/UBND-VP", "document"), ("4.10.2019", "day"), (43_000, "serial"), (2015, "edition"), ("TCVN ISO 9001:2008", "standard"),
     ("xây dựng mới", "form"), ("✓", "mark"), ("P. 12", "commune"), ("TX. Mỹ Hào", "district"), ("Sở Nội vụ", "body"), ("1.000120", "procedure"), (1.00012, "procedure"), ("a@b.vn", "mail")],
)  # fmt: skip
def test_what_a_cell_looks_like(value, what):
    assert what in looks(value)


def test_the_kind_of_a_list_is_guessed_and_only_offered_when_it_is_clear():
    kinds = list(examples.KINDS.values())
    data = w.xlsx([["DANH SÁCH CƠ QUAN ĐÃ CÔNG BỐ"], *rows()])
    best, lead = likely_kind(read(data, "a.xlsx", examples.PLAN), kinds)
    assert best.name == "declarations" and lead >= CLEARLY
    assert likely_kind(read(data, "a.xlsx", examples.DECLARATIONS), kinds) == (best, 0)
    catalogue = w.xlsx([["STT", "Mã TTHC", "Tên TTHC", "Lĩnh vực"], [1, "1.000120", "Khai sinh", "Hộ tịch"]])
    assert likely_kind(read(catalogue, "a.xlsx", examples.PEOPLE), kinds)[0].name == "procedures"
    assert likely_kind(read(w.xlsx([["a", "b"], ["c", "d"]]), "a.xlsx", examples.PLAN), kinds) == (None, 0)


@pytest.mark.parametrize(
    "codes", [("P1", "P1"), ("H31", "H31"), ("H31.325", "H31"), ("33", "33"), ("UBND tỉnh Hưng Yên",) * 2]
)
@pytest.mark.parametrize("heading", ["Cơ quan cấp trên", "Đơn vị chủ quản", "Trực thuộc"])
def test_a_parent_may_be_told_by_its_code(heading, codes):
    rows = [["Mã cơ quan", "Tên cơ quan", "Cấp", heading], ["X1", "UBND tỉnh Hưng Yên", "Tỉnh", None]]
    rows += [[f"X1.{i}", f"Sở Số {i}", "Tỉnh", code] for i, code in enumerate(codes)]
    reading = read(w.xlsx(rows), "x.xlsx", examples.AGENCIES)
    assert [row.values.get("parent") for row in reading.rows] == [None, *codes]


def test_a_district_and_a_commune_in_bare_words_are_two_columns():
    lines = [
        ["STT", "Huyện", "Xã", "QĐ số", "Ngày"],
        [1, "Văn Lâm", "Lạc Đạo", "1/QĐ-UBND", "05/03/2020"],
        [2, "Yên Mỹ", "Tân Lập", "2/QĐ-UBND", "05/03/2020"],
    ]
    reading = read(w.xlsx(lines), "ds.xlsx", examples.DECLARATIONS)
    assert [(r.values["district"], r.values["name"]) for r in reading.rows] == [
        ("Văn Lâm", "Lạc Đạo"),
        ("Yên Mỹ", "Tân Lập"),
    ]


def planned(*lines):
    return read(w.xlsx(lines), "kh.xlsx", examples.PLAN, today=dt.date(2026, 11, 23))


@pytest.mark.parametrize("years", [
    [["TT", "Tên cơ quan", "Hình thức", "Năm 2020", "Năm 2021"]],
    [["TT", "Tên cơ quan", "Hình thức", "Lộ trình thực hiện", None], [None, None, None, 2020, 2021]],
])  # fmt: skip
def test_a_mark_below_a_year_says_the_year(years):
    reading = planned(*years, [1, "UBND xã Lạc Đạo", "Xây dựng mới", "x", None], [2, "UBND xã Chỉ Đạo", "Chuyển đổi", None, "x"])  # fmt: skip
    assert [str(e) for e in reading.errors] == []
    assert [(r.values["name"], r.values["year"]) for r in reading.rows] == [
        ("UBND xã Lạc Đạo", 2020), ("UBND xã Chỉ Đạo", 2021),
    ]  # fmt: skip


def test_a_bare_name_with_a_form_below_the_signature_is_told():
    reading = planned(
        ["TT", "Tên cơ quan", "Hình thức"], [1, "UBND xã Lạc Đạo", "Xây dựng mới"], [],
        [None, "Người lập biểu"], [None, "Lạc Hồng", "Xây dựng mới"], [None, "Nguyễn Văn A"],
    )  # fmt: skip
    assert [(w.code, w.cell) for w in reading.warnings] == [("W_ROW_SKIPPED", "B5")]


def test_what_a_year_costs_is_no_mark():
    reading = planned(
        ["TT", "Tên cơ quan", "Hình thức", "Năm thực hiện", "Kinh phí năm 2020", "2021"],
        [1, "UBND xã Lạc Đạo", "Xây dựng mới", 2020, 35, 12], [2, "UBND xã Chỉ Đạo", "Chuyển đổi", 2021, 0, 28],
    )  # fmt: skip
    assert [str(e) for e in reading.errors] == [] and [r.values["year"] for r in reading.rows] == [2020, 2021]
