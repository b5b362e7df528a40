"""Workbooks of our own, as offices write them: each way of laying out one list gives the same declarations.

Twenty and more layouts from a few ingredients, and any order of columns and insertion of other rows (hypothesis).
"""

import csv
import datetime
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.imports import engine
from agencies.testing import make_agency, make_province, workbook
from procedures import imports
from procedures.models import Declaration
from procedures.testing import make_duties, make_procedure

pytestmark = pytest.mark.django_db
DAY = datetime.date(2020, 11, 20)
TITLES = [
    ["UBND TỈNH HƯNG YÊN", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
    [None, "PHỤ LỤC"],
    [None, "(Kèm theo Quyết định số 123/QĐ-UBND ngày 5/6/2021)"],
    [],
]
# (district, name, number)
FACTS = [
    ("Văn Lâm", "Lạc Đạo", "1/QĐ-UBND"), ("Văn Lâm", "Lạc Hồng", "02/QĐ-UBND"), ("Văn Lâm", "Chỉ Đạo", "3/QĐ-UBND"),
    ("Khoái Châu", "Đông Tảo", "4/QĐ-UBND"), ("Khoái Châu", "Bình Minh", "5/QĐ-UBND"),
]  # fmt: skip
CODES = ["H31.20.1", "H31.20.2", "H31.20.3", "H31.21.4", "H31.21.5"]
WANTED = [
    (code, "TCVN ISO 9001:2015", number, "2020-11-20")
    for code, (_d, _n, number) in zip(CODES, FACTS, strict=True)
]
KIND = imports.kind("declarations")


def records(data, name="cb.xlsx"):
    checked = engine.check(KIND, data, name)
    assert [f"{e.cell} {e}" for e in checked.errors] == []
    return [(r["agency_code"], r["standard"], r["number"], r["declared_on"]) for r in checked.records()]


def plain(name="Tên đơn vị", *, write=lambda d, n: f"UBND xã {n}", day=DAY, standard="TCVN ISO 9001:2015"):
    head = ["STT", name, "Tiêu chuẩn", "Số QĐ công bố", "Ngày công bố"]
    return [head, *([i, write(d, n), standard, no, day] for i, (d, n, no) in enumerate(FACTS, 1))]


def grouped(marker=("I", "II"), head=lambda d: f"HUYỆN {d.upper()}", *, name=lambda n: n, total=True):
    rows = [["TT", "Tên cơ quan", "Phiên bản ISO", "Số, ký hiệu quyết định", "Ngày ban hành"]]
    for number, district in enumerate(("Văn Lâm", "Khoái Châu")):
        mine = [f for f in FACTS if f[0] == district]
        rows.append([marker[number], head(district)])
        rows += [[i, name(n), 2015, no, DAY] for i, (_d, n, no) in enumerate(mine, 1)]
        if total:
            rows.append([None, f"Cộng: {len(mine)} đơn vị"])
    return (
        [*rows, [None, "Tổng cộng: 5 đơn vị"], [], [None, "Nơi nhận:"], [None, "- Như trên;"]]
        if total
        else rows
    )


def column(name="Huyện", write=lambda d: d, merged=False):
    rows, last = [["STT", name, "Tên đơn vị", "Tiêu chuẩn", "Số QĐ", "Ngày QĐ"]], None
    for i, (d, n, no) in enumerate(FACTS, 1):
        rows.append([i, None if merged and d == last else write(d), n, "9001:2015", no, DAY])
        last = d
    return rows


def one_cell(text):
    head = ["TT", "Tên xã, phường, thị trấn", "Quyết định công bố"]
    title = [[None, "Danh sách công bố theo TCVN ISO 9001:2015"]]
    return [*title, head, *([i, f"X. {n}", text.format(no=no)] for i, (_d, n, no) in enumerate(FACTS, 1))]


def two_columns():
    head = ["TT", "Đơn vị", "ISO 9001:2008", "ISO 9001:2015", "Số quyết định công bố", "Ngày công bố"]
    return [head, *([i, n, None, "x", no, DAY] for i, (_d, n, no) in enumerate(FACTS, 1))]


def as_csv(rows, delimiter=",", encoding="utf-8-sig"):
    out = io.StringIO()
    width = max(map(len, rows))
    text = [
        [("" if v is None else v.strftime("%d/%m/%Y") if hasattr(v, "year") else v) for v in r] for r in rows
    ]
    csv.writer(out, delimiter=delimiter).writerows([*r, *[""] * (width - len(r))] for r in text)
    return out.getvalue().encode(encoding)


LAYOUTS = {
    "plain": workbook(*plain()),
    "codes": workbook(["Mã cơ quan", "Tiêu chuẩn", "Số QĐ", "Ngày"], *([c, 2015, f[2], DAY] for c, f in zip(CODES, FACTS, strict=True))),
    "title block": workbook(*TITLES, *plain("Cơ quan, đơn vị")),
    "capitals": workbook(*plain(write=lambda d, n: f"ỦY BAN NHÂN DÂN XÃ {n.upper()}")),
    "dotted": workbook(*plain(write=lambda d, n: f"U.B.N.D xã {n}")),
    "bare names": workbook(*plain(write=lambda d, n: n)),
    "within": workbook(*plain(write=lambda d, n: f"Xã {n}, huyện {d}")),
    "stray spaces": workbook(*plain(write=lambda d, n: f"  UBND\u00a0 xã\n{n} ")),
    "icelandic": workbook(*plain(write=lambda d, n: f"Xã {n}".replace("Đ", "\u00d0"))),
    "day as text": workbook(*plain(day="20/11/2020")),
    "day with dots": workbook(*plain(day="20.11.2020")),
    "day in words": workbook(*plain(day="ngày 20 tháng 11 năm 2020")),
    "day reversed": workbook(*plain(day="2020-11-20")),
    "groups": workbook(*grouped()),
    "groups of letters": workbook(*grouped(("A", "B"))),
    "groups with counts": workbook(*grouped(("", ""), lambda d: f"Huyện {d}: {sum(f[0] == d for f in FACTS)} đơn vị")),
    "groups below a title": workbook(*TITLES, *grouped(head=lambda d: f"UBND huyện {d}")),
    "groups without totals": workbook(*grouped(total=False, name=lambda n: f"Xã {n}")),
    "district column": workbook(*column()),
    "district column written out": workbook(*column("Huyện, thị xã, thành phố", lambda d: f"H. {d}")),
    "merged districts": workbook(*column("Đơn vị chủ quản", lambda d: f"UBND huyện {d}", merged=True),
                                 merges=[("B2:B4", "UBND huyện Văn Lâm"), ("B5:B6", "UBND huyện Khoái Châu")]),
    "decision in one cell": workbook(*one_cell("Số {no} ngày 20/11/2020")),
    "decision and day": workbook(*one_cell("{no}, 20/11/2020")),
    "marks": workbook(*two_columns()),
    "hidden rows": workbook(*plain(), hidden_rows=[2, 3]),
    "sheet for each district": workbook(sheets={
        f"{i}. {d}": [TITLES[1], ["TT", "Đơn vị", "Tiêu chuẩn", "Số QĐ công bố", "Ngày công bố"],
                      *([k, n, 2015, no, DAY] for k, (x, n, no) in enumerate(FACTS, 1) if x == d)]
        for i, d in enumerate(("Văn Lâm", "Khoái Châu"), 1)
    }),
    "cover and summary": workbook(sheets={
        "Bìa": [["DANH SÁCH"]], "Tổng hợp": [["Huyện", "Số đơn vị", "Đã công bố"], ["Văn Lâm", 3, 3], ["Khoái Châu", 2, 2]],
        "DS": plain(),
    }),
    "csv": as_csv(plain()),
    "csv with semicolons": as_csv([*TITLES, *grouped()], ";"),
    "csv in utf-16": as_csv(plain(), "\t", "utf-16"),
}  # fmt: skip


@pytest.fixture
def province():
    return make_province()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_gives_the_five_declarations(province, layout):
    assert records(LAYOUTS[layout]) == WANTED


def test_there_are_twenty_and_more():
    assert len(LAYOUTS) >= 20


def test_a_homonym_in_another_district_needs_its_district(province):
    make_agency("UBND xã Lạc Đạo", province.khoai_chau, code="H31.21.9")
    assert records(LAYOUTS["groups"]) == records(LAYOUTS["district column"]) == WANTED
    checked = engine.check(KIND, LAYOUTS["plain"], "cb.xlsx")
    assert [(e.code, e.cell) for e in checked.errors] == [("E_AGENCY_AMBIGUOUS", "B2")]


LOOSE = [[], [None, "Ghi chú: số liệu đến hết năm"], [None, None, None, None, None]]
many = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@many
@given(
    order=st.permutations(range(5)), titles=st.integers(0, 4), blanks=st.lists(st.integers(1, 5), max_size=3)
)
def test_any_order_of_columns_and_any_insertion_give_the_same(province, order, titles, blanks):
    rows = plain()
    for place in sorted(blanks, reverse=True):
        rows.insert(place, LOOSE[0])
    rows = [[(row + [None] * 5)[i] for i in order] for row in rows]
    assert records(workbook(*TITLES[:titles], *rows)) == WANTED


@many
@given(order=st.permutations(range(5)))
def test_any_order_of_rows_gives_the_same(province, order):
    head, *rows = plain()
    got = records(workbook(head, *(rows[i] for i in order)))
    assert sorted(got) == sorted(WANTED)


# Long lists


def duties(rows, head=("Mã cơ quan", "Mã TTHC", "Tiêu chuẩn", "Ngày áp dụng", "Số văn bản")):
    return workbook(list(head), *rows)


def test_duties_are_entered_compared_and_refused_by_row(province):
    from procedures.models import AgencyProcedure, CoverageTally, PastApplication
    from procedures.models.tallies import count_coverage

    kind = imports.kind("agency-procedures")
    one, two, three = (make_procedure(code=f"1.00000{i}") for i in (1, 2, 3))
    make_duties(province.lac_dao, three)
    rows = [
        ["H31.20.1", "1.000001", 2015, DAY, "QT-01"], ["H31.20.1", "1.000002", None, None, None],
        ["H31.20.1", "1.000003", "TCVN ISO 9001:2015", DAY, "QT-03"], ["H31.20.2", 1.000001, 2008, datetime.date(2012, 1, 1), None],
    ]  # fmt: skip
    checked = engine.check(kind, duties(rows), "tthc.xlsx")
    assert checked.errors == [] and (checked.counts["new"], checked.counts["changed"]) == (3, 1)
    written = engine.write(kind, checked)
    assert written.change_set.changes.count() == 4
    assert {
        (t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()
    } == count_coverage()
    assert engine.check(kind, duties(rows), "tthc.xlsx").counts["unchanged"] == 4
    later = [["H31.20.2", "1.000001", 2015, DAY, None]]
    checked = engine.check(kind, duties(later), "tthc.xlsx")
    assert [(d.name, d.after) for d in checked.page()[0].differences][0] == ("standard", "TCVN ISO 9001:2015")
    engine.write(kind, checked)
    assert PastApplication.objects.get().until == DAY
    wrong = [
        ["H31.99", "1.000001", None, None, None], ["H31.20.1", "1.999999", None, None, None],
        ["H31.20.3", "1.000001", 2015, None, None], ["H31.20.3", "1.000002", None, DAY, None],
        ["H31.20.2", "1.000001", 2008, datetime.date(2013, 1, 1), None], ["H31.20.2", "1.000001", 2015, DAY, None],
    ]  # fmt: skip
    checked = engine.check(kind, duties(wrong), "tthc.xlsx")
    assert [(e.code, e.cell) for e in checked.errors] == [
        ("E_AGENCY_UNKNOWN", "A2"), ("E_PROCEDURE_UNKNOWN", "B3"), ("E_REQUIRED", "D4"), ("E_STANDARD", "C5"),
        ("E_DATE", "D6"), ("E_DUP", "B7"),
    ]  # fmt: skip
    assert AgencyProcedure.objects.count() == 4 and one.pk and two.pk


def test_duties_are_taken_back(province):
    from agencies.history import undo
    from procedures.models import AgencyProcedure

    make_procedure(code="1.000001")
    kind = imports.kind("agency-procedures")
    checked = engine.check(kind, duties([["H31.20.1", "1.000001", 2015, DAY, "QT-01"]]), "tthc.xlsx")
    undone = undo(engine.write(kind, checked).change_set, by=None)
    assert len(undone.restored) == 1 and not AgencyProcedure.objects.exists()


def test_one_wrong_row_keeps_the_whole_list_out(province):
    rows = [*plain(), [6, "Xã Không Có", 2015, "6/QĐ-UBND", DAY]]
    with pytest.raises(engine.Blocked):
        engine.write(KIND, engine.check(KIND, workbook(*rows), "cb.xlsx"))
    assert not Declaration.objects.exists()
