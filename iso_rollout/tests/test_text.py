"""Names, dates and numbers as offices write them."""

import csv
import datetime as dt
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iso_rollout import text

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def test_clean_keeps_what_was_meant_and_nothing_invisible():
    assert text.clean("  Q\u00d0\u00a0 -\u200b UBND\n") == "QĐ - UBND"
    assert text.clean(unicodedata.normalize("NFD", "Xã Lạc Đạo")) == "Xã Lạc Đạo"
    assert text.clean("H\u00adưng Yên") == "Hưng Yên"


@pytest.mark.parametrize(
    "bad, named",
    [("a\0b", ["U+0000"]), ("\x1b[31m", ["U+001B"]), ("báo\u202excod", ["U+202E"]), ("a\nb\t", [])],
)
def test_control_and_bidirectional_characters_are_named(bad, named):
    assert text.find_bad_characters(bad) == named


def test_fold_is_accent_free():
    assert text.fold("LẠC ĐẠO") == "lac dao"
    assert text.fold("Số QĐ công bố,\nngày công bố") == "so qd cong bo ngay cong bo"


@pytest.mark.parametrize(
    "one, other",
    [
        ("Thuỷ Hoà", "Thủy  Hòa"), ("THỦY HÒA", "thuỷ hoà"), ("Lý Thường Kiệt", "Lí Thường Kiệt"), ("Yên Mỹ", "Yên Mĩ"),
        ("Qúy", "Quý"), ("Quý", "Quí"), ("Văn thư – Lưu trữ", "Văn thư - lưu trữ"), ("Phường 04", "Phường 4"),
        (unicodedata.normalize("NFD", "Trần Hưng Đạo"), "Trần Hưng Ðạo"),
    ],
)  # fmt: skip
def test_spellings_of_one_name_share_a_key(one, other):
    assert text.tone_key(one) == text.tone_key(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("Đại Đông", "Đại Đồng"),
        ("Hưng Đạo", "Hùng Đạo"),
        ("Thúy", "Thúi"),
        ("Phường 1", "Phường 11"),
        ("An", "Ân"),
    ],
)
def test_letters_and_tones_decide(one, other):
    assert text.tone_key(one) != text.tone_key(other)


@pytest.mark.parametrize(
    "written, kind, proper, committee",
    [
        ("UBND xã Lạc Đạo", "xa", "Lạc Đạo", True), ("U.B.N.D XÃ ĐÔNG TẢO", "xa", "ĐÔNG TẢO", True),
        ("Uỷ ban nhân dân thị trấn Yên Mĩ", "thi_tran", "Yên Mĩ", True), ("TT. Yên Mỹ", "thi_tran", "Yên Mỹ", False),
        ("P.Nhân Hòa", "phuong", "Nhân Hòa", False), ("UBND X. Đồng Than", "xa", "Đồng Than", True),
        ("TX Mỹ Hào", "thi_xa", "Mỹ Hào", False), ("TP. Hưng Yên", "thanh_pho", "Hưng Yên", False),
        ("T.P Hưng Yên", "thanh_pho", "Hưng Yên", False), ("Tp Hưng Yên", "thanh_pho", "Hưng Yên", False),
        ("UBND H. Yên Mỹ", "huyen", "Yên Mỹ", True), ("H. Khoái Châu", "huyen", "Khoái Châu", False),
        ("UBND tỉnh Hưng Yên", "tinh", "Hưng Yên", True), ("Lạc Đạo", None, "Lạc Đạo", False),
        ("UBND Lạc Đạo", None, "Lạc Đạo", True), ("Y Tý", None, "Y Tý", False), ("Ý Yên", None, "Ý Yên", False),
        ("Thị trấn", "thi_tran", "", False), ("Xuân Quan", None, "Xuân Quan", False),
        ("Phương Chiểu", None, "Phương Chiểu", False), ("Tỉnh", "tinh", "", False),
    ],
)  # fmt: skip
def test_unit_names_are_split(written, kind, proper, committee):
    assert text.parse_unit_name(written)[:3] == (kind, proper, committee)


def test_the_larger_unit_behind_a_name_is_told_apart():
    assert text.parse_unit_name("UBND xã Tân Tiến, huyện Văn Giang") == (
        "xa",
        "Tân Tiến",
        True,
        "huyện Văn Giang",
    )
    assert text.parse_unit_name("Minh Tân (H. Phù Cừ)")[1:] == ("Minh Tân", False, "H. Phù Cừ")


@pytest.mark.parametrize("written, kind", [("Sở KH&CN", "so"), ("Văn phòng UBND tỉnh", "van_phong"), ("Bản Công", None),
                                           ("TT Y tế huyện", "trung_tam"), ("BQL các KCN", "ban_quan_ly")])  # fmt: skip
def test_other_bodies_are_no_units(written, kind):
    name = text.parse_unit_name(written)
    assert (name.kind, name.is_unit) == (kind, False)


@pytest.mark.parametrize(
    "written, unit_type, canonical",
    [
        ("Xã Lạc Đạo", None, "UBND xã Lạc Đạo"), ("X. Lạc Đạo", None, "UBND xã Lạc Đạo"),
        ("Ủy ban nhân dân xã Lạc Đạo", None, "UBND xã Lạc Đạo"), ("Lạc Đạo", "xa", "UBND xã Lạc Đạo"),
        ("UBND XÃ TRỰC\u00a0CƯỜNG\n", None, "UBND xã Trực Cường"), ("UBND Thị Trấn Vương", None, "UBND thị trấn Vương"),
        ("Sở  Khoa học và Công nghệ ", None, "Sở Khoa học và Công nghệ"), ("SỞ TÀI CHÍNH", None, "Sở Tài Chính"),
        ("Văn phòng UBND tỉnh", None, "Văn phòng UBND tỉnh"), ("Thuỷ Hoà", "phuong", "UBND phường Thuỷ Hoà"),
        ("TP. HƯNG YÊN", None, "UBND thành phố Hưng Yên"), ("UBND tỉnh Hà Nam", None, "UBND tỉnh Hà Nam"),
        ("1. Xã Hoà Bình", "xa", "UBND xã Hoà Bình"), ("- TT. Bần (1)", "thi_tran", "UBND thị trấn Bần"), ("a) Sở Y tế*", None, "Sở Y tế"),
        ("XÃ TÂN MỚI (mới)", None, "UBND xã Tân Mới"), ("Phường 12", None, "UBND phường 12"), ("Xã Tân Hưng (cũ)", None, "UBND xã Tân Hưng (cũ)"),
    ],
)  # fmt: skip
def test_canonical_names(written, unit_type, canonical):
    assert text.canonical_name(written, unit_type) == canonical


@pytest.mark.parametrize(
    "short, full",
    [
        ("Sở KH&CN", "Sở Khoa học và Công nghệ"), ("SỞ KHCN", "Sở Khoa học và Công nghệ"),
        ("Sở Khoa học - Công nghệ", "Sở Khoa học và Công nghệ"), ("Sở LĐ-TB&XH", "Sở Lao động - Thương binh và Xã hội"),
        ("SỞ LĐTBXH", "Sở Lao động - Thương binh và Xã hội"), ("Sở VHTT&DL", "Sở Văn hóa, Thể thao và Du lịch"),
        ("Sở NN&PTNT", "Sở Nông nghiệp và Phát triển nông thôn"), ("SỞ TT&TT", "Sở Thông tin và Truyền thông"),
        ("Sở Nông nghiệp và PTNT", "Sở Nông nghiệp và Phát triển nông thôn"),
        ("BQL các KCN", "Ban Quản lý các khu công nghiệp tỉnh"), ("Chi cục TĐC", "Chi cục Tiêu chuẩn Đo lường Chất lượng"),
        ("Chi cục TCĐLCL", "Chi cục Tiêu chuẩn Đo lường Chất lượng"), ("Sở Công thương", "Sở Công Thương"),
        ("Chi cục QLCL nông lâm sản và thủy sản", "Chi cục Quản lý chất lượng nông lâm sản và thủy sản"),
        ("CHI CỤC DÂN SỐ - KẾ HOẠCH HÓA GIA ĐÌNH", "Chi cục Dân số - Kế hoạch hóa gia đình"),
        ("Chi cục Văn thư – Lưu trữ", "Chi cục Văn thư - Lưu trữ"), ("VP UBND tỉnh", "Văn phòng UBND tỉnh"),
        ("Chi cục Chăn nuôi & Thú y", "Chi cục Chăn nuôi và Thú y"), ("BQL Khu đại học Phố Hiến", "Ban Quản lý Khu đại học Phố Hiến"),
        ("SỞ TÀI CHÍNH", "Sở Tài chính"), ("Sở Y tế tỉnh Hưng Yên", "Sở Y tế"), ("Chi cục ATVSTP", "Chi cục An toàn vệ sinh thực phẩm"),
        ("Sở GD&ĐT", "Sở Giáo dục và Đào tạo"), ("Văn phòng Ủy ban nhân dân tỉnh", "Văn phòng UBND tỉnh"),
    ],
)  # fmt: skip
def test_departments_by_their_first_letters(short, full):
    assert text.same_department(short, full)
    assert text.department_key(short) == text.department_key(full)


@pytest.mark.parametrize(
    "one, other",
    [("Sở Xây dựng", "Sở Y tế"), ("Chi cục Thủy sản", "Chi cục Thủy lợi"), ("Sở KH&ĐT", "Sở KH&CN"),
     ("Chi cục Trồng trọt", "Chi cục Thủy lợi"), ("Ban Tôn giáo", "Ban Thi đua")],
)  # fmt: skip
def test_departments_that_differ(one, other):
    assert not text.same_department(one, other)


def test_no_two_departments_of_a_real_list_are_one():
    names = [name for name in _real_names() if not text.parse_unit_name(name).is_unit]
    assert [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if text.same_department(a, b)] == []


def test_vietnamese_order():
    right = ["An", "Ăn", "Ân", "Ba", "Bà", "Bả", "Bã", "Bá", "Bạ", "Ba Đình", "Can", "Da", "Đa", "Ê", "Ô", "Ơ", "U", "Ư",
             "Xã 2", "Xã 10", "Xã Ân"]  # fmt: skip
    assert sorted(right, key=text.vietnamese_sort_key) == right
    assert sorted(["Hồng Vân", "Hong", "Hồng Quang"], key=text.vietnamese_sort_key)[0] == "Hong"


@given(st.text(max_size=20), st.text(max_size=20))
def test_sort_keys_hold_only_plain_characters(one, other):
    key = text.vietnamese_sort_key(one)
    assert set(key) <= set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert text.fold(one) == text.fold(text.clean(one))


@pytest.mark.parametrize(
    "written",
    [
        "20/05/2019",
        "2019-05-20",
        " 20/5/2019 ",
        "20-05-2019",
        "20.5.2019",
        "ngày 20 tháng 05 năm 2019",
        dt.datetime(2019, 5, 20, 23, 59, 59),
        dt.date(2019, 5, 20),
        43605,
        "2019-05-20 23:59:59",
        "20 / 5 / 2019",
        "ngày 20/5/2019",
        "20/05/2019.",
        "43605",
    ],  # fmt: skip
)
def test_dates_as_written(written):
    assert text.parse_date(written) == (dt.date(2019, 5, 20), "day")


@pytest.mark.parametrize(
    "written, first, precision",
    [("10/2019", (2019, 10, 1), "month"), ("2019", (2019, 1, 1), "year"), (2019, (2019, 1, 1), "year"),
     ("Quý IV/2019", (2019, 10, 1), "quarter"), ("Q2/2021", (2021, 4, 1), "quarter"), ("Q.IV/2021", (2021, 10, 1), "quarter"), ("tháng 3 năm 2020", (2020, 3, 1), "month"), ("Năm 2020", (2020, 1, 1), "year")],
)  # fmt: skip
def test_precision_of_a_date_is_kept(written, first, precision):
    assert text.parse_date(written) == (dt.date(*first), precision)


@pytest.mark.parametrize(
    "bad",
    [
        "31/02/2020",
        "13/25/2019",
        "0000-00-00",
        "00/00/0000",
        "30/12/1899",
        "31/12/9999",
        "hôm qua",
        "20/05/19",
        45000.99999,
        "29/02/2019",
        True,
        "31.2.2020",
        1e308,
        float("nan"),
        -5,
        "٢٠/٠٥/٢٠١٩",
    ],  # fmt: skip
)
def test_dates_that_are_none(bad):
    with pytest.raises(text.Unreadable):
        text.parse_date(bad, latest=dt.date(2026, 11, 23))


def test_serials_of_the_1904_system():
    assert text.parse_date(42143, epoch_1904=True).date == dt.date(2019, 5, 20)


@pytest.mark.parametrize(
    "written, number",
    [("1.234", 1234), (" 85 ", 85), (84.0, 84), ("84.0", 84), ("40,0", 40), ("'41", 41), ("12 TTHC", 12), ("1 234", 1234),
     ("1.000", 1000), ("100.000", 100000), ("", None), ("-", None), (None, None), ("không", 0), ("1.234,00", 1234)],
)  # fmt: skip
def test_whole_numbers(written, number):
    assert text.parse_whole_number(written) == number


@pytest.mark.parametrize(
    "bad",
    [
        -3,
        12.5,
        "mười hai",
        1e308,
        "NaN",
        "inf",
        "١٢",
        1e20,
        "1.23",
        "0x1F",
        True,
        "12,5",
        "100.001",
        float("nan"),
    ],
)
def test_numbers_that_are_none(bad):
    with pytest.raises(text.Unreadable):
        text.parse_whole_number(bad)


@pytest.mark.parametrize(
    "written, number, day",
    [
        ("Số 123/QĐ-UBND ngày 4/10/2019", "123/QĐ-UBND", (2019, 10, 4)), ("QĐ số 165/QĐ-UBND ngày 30.6.2014", "165/QĐ-UBND", (2014, 6, 30)),
        ("Quyết định số 225/QĐ-UBND ngày 01 tháng 3 năm 2019", "225/QĐ-UBND", (2019, 3, 1)), ("05/Q\u00d0-UBND", "05/QĐ-UBND", None),
        ("45/QĐ-UBND, 12/6/2020 (công bố lại)", "45/QĐ-UBND", (2020, 6, 12)), ("16/QĐ-UBND (ngày 21/08/2015)", "16/QĐ-UBND", (2015, 8, 21)),
        ("2042/QĐ-SLĐTBXH", "2042/QĐ-SLĐTBXH", None), ("12 / QĐ - UBND", "12/QĐ-UBND", None), ("123/2019/QĐ-UBND", "123/2019/QĐ-UBND", None),
        ("78/QĐ-UBND - 12/6/2020", "78/QĐ-UBND", (2020, 6, 12)), ("QĐ số 78", "78", None), (78.0, "78", None),
        ("493/QĐ-LĐ-TB&XH ngày 12/6/2019 của UBND", "493/QĐ-LĐ-TB&XH", (2019, 6, 12)), ("Số: 9/QĐ-BQL", "9/QĐ-BQL", None),
    ],
)  # fmt: skip
def test_decisions(written, number, day):
    assert text.parse_decision(written)[:2] == (number, dt.date(*day) if day else None)


def test_a_decision_with_an_impossible_date_is_refused():
    with pytest.raises(text.Unreadable):
        text.parse_decision("Số 123/QĐ-UBND ngày 31/2/2020")


def test_marks_standards_levels_forms():
    assert [text.parse_mark(m) for m in ("x", "X", "có", "✓", 1, "", None, "-", "không")] == [True] * 5 + [
        False
    ] * 4
    assert [
        text.parse_standard(s)
        for s in ("TCVN ISO 9001:2015", "ISO 9001-2008", 2015.0, "9001:2008", "chưa", "")
    ] == [2015, 2008, 2015, 2008, None, None]
    assert [
        text.parse_level(v) for v in ("Tỉnh", "Cấp huyện", "cấp xã", "Thị trấn", "Sở, ban, ngành", "")
    ] == ["province", "district", "commune", "commune", "province", None]
    assert [
        text.parse_form(v)
        for v in ("Xây dựng mới", "chuyển đổi\n", "CHUYỂN ĐỔI", "Mở rộng phạm vi", "ISO điện tử", "")
    ] == ["BUILD", "CONVERT", "CONVERT", "EXTEND", "E_ISO", None]
    for parse, bad in (
        (text.parse_mark, "??"),
        (text.parse_standard, "2008/2015"),
        (text.parse_level, "trời"),
        (text.parse_form, "abc"),
    ):
        with pytest.raises(text.Unreadable):
            parse(bad)


def test_codes():
    assert text.parse_code("h01\u00a0") == "H01"
    assert text.parse_code("\uff38001") == text.parse_code("X\u200b001") == "X001"
    assert text.parse_code(350.0, number_format="00000") == "00350"
    assert text.parse_code("") is None
    for bad in (dt.date(2020, 1, 1), True, 1e15, 1.5, "mã số", "-a"):
        with pytest.raises(text.Unreadable):
            text.parse_code(bad)
    assert (
        text.parse_procedure_code(1.00012)
        == text.parse_procedure_code("1.000120.000.00.00.H31")
        == "1.000120"
    )


def _real_names():
    path = SHARED / "data" / "hung_yen_agencies_2020.csv"
    if not path.exists():
        return ["UBND tỉnh Hưng Yên", "Sở Nội vụ", "Sở Y tế", "Chi cục Thủy sản", "UBND xã Lạc Đạo"]
    return [row["name"] for row in csv.DictReader(path.open(encoding="utf-8"))]


def test_real_names_are_already_canonical():
    assert [name for name in _real_names() if text.canonical_name(name) != name] == []


def test_every_real_unit_name_has_its_own_key():
    names = {text.tone_key(name) for name in _real_names()}
    assert len(names) == len(set(_real_names()))


@pytest.mark.parametrize(
    ("written", "day"),
    [("Trước ngày 30/6/2021", (2021, 6, 30)), ("cuối năm 2021", (2021, 12, 31)), ("hoàn thành trong quý II/2021", (2021, 6, 30)),
     ("chậm nhất là 31/12/2021", (2021, 12, 31)), ("đến hết tháng 6/2021", (2021, 6, 30)), ("31/12/2021", (2021, 12, 31))],
)  # fmt: skip
def test_a_term_says_its_last_day_in_many_words(written, day):
    assert text.last_day(text.parse_date(text.term(written))) == dt.date(*day)


def test_an_apostrophe_in_front_is_how_people_keep_a_text():
    assert (
        text.parse_date("'05/03/2020").date
        == text.parse_date("05/03/2020 9:30 AM").date
        == dt.date(2020, 3, 5)
    )
    assert text.parse_code("'H31.325.9") == "H31.325.9"
    assert text.parse_procedure_code("'1.000120") == "1.000120"
