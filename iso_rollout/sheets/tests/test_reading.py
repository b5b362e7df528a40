"""Untidy workbooks of the tests' own: every one gives the same twelve rows."""

import datetime as dt
import random
from pathlib import Path

import pytest

from iso_rollout.sheets import Overrides, examples, read
from iso_rollout.sheets.markers import group_text
from iso_rollout.sheets.tests import workbooks as w
from iso_rollout.sheets.totals import claim, is_total
from iso_rollout.text import parse_date

TODAY = dt.date(2026, 11, 23)


def declarations(data, **options):
    return read(data, "danh-sach.xlsx", examples.DECLARATIONS, today=TODAY, **options)


def core(reading):
    """What must not depend on how the list was written."""
    return [
        (
            r.values["name"],
            r.values["number"],
            r.values["declared_on"],
            r.values.get("standard"),
            r.values.get("form"),
        )
        for r in reading.rows
    ]


WANTED = [
    (v["name"], v["number"], parse_date(v["declared_on"]).date, int(v["standard"][-4:]), "CONVERT" if v["form"] == "Chuyển đổi" else "BUILD")
    for _, v in w.records()
]  # fmt: skip
SHORT = ("order", "name", "number", "declared_on", "standard", "form")
NUMBERLESS = ("name", "number", "declared_on", "standard", "form")
TWO_ROWS = [
    ["STT", "Đơn vị", "Quyết định công bố", None, "Tiêu chuẩn", "Hình thức"],
    [None, None, "Số, ký hiệu", "Ngày, tháng", None, None],
]  # fmt: skip
MARKS = {"order": "TT", "name": "Đơn vị", "number": "Số quyết định", "declared_on": "Ngày QĐ"}


def two_row_header(first=TWO_ROWS):
    return w.TITLE + first + w.table(SHORT)[1:]


def with_marks():
    rows = [
        ["TT", "Đơn vị", "Số quyết định", "Ngày QĐ", "9001:2008", "9001:2015", "Xây dựng mới", "Chuyển đổi"]
    ]
    for _, v in w.records():
        is_new, is_build = v["standard"].endswith("2015"), v["form"] != "Chuyển đổi"
        rows.append([v["order"], v["name"], v["number"], v["declared_on"], None if is_new else "x", "X" if is_new else None,
                     "có" if is_build else None, None if is_build else "✓"])  # fmt: skip
    return rows


def one_cell_decisions():
    return [["TT", "Tên đơn vị", "Số, ngày quyết định công bố", "Phiên bản ISO", "Nội dung thực hiện"]] + [
        [v["order"], v["name"], f"Số {v['number']} ngày {v['declared_on']}", v["standard"][-4:], v["form"]]
        for _, v in w.records()
    ]


def page_breaks():
    rows = w.table(SHORT)
    return rows[:5] + [rows[0]] + rows[5:9] + [rows[0]] + rows[9:]


def spaced_out():
    return [
        [f" {c}\u00a0 " if isinstance(c, str) else c for c in row] for row in w.table(SHORT, title=w.TITLE)
    ]


def with_group_counts():
    rows = w.table(SHORT)[:1]
    for district, names in w.COMMUNES.items():
        rows.append([None, f"{district}: {len(names)} đơn vị"])
        rows += [[values[name] for name in SHORT] for place, values in w.records() if place == district]
    return rows


def shifted_right():
    return [[None, None, *row] for row in w.table(SHORT, title=w.TITLE)]


LAYOUTS = {
    "plain": w.table,
    "title": lambda: w.table(title=w.TITLE),
    "footer": lambda: w.table(footer=w.FOOTER),
    "title and footer": lambda: w.table(title=w.TITLE, footer=w.FOOTER),
    "blank rows": lambda: w.table(blanks={1, 5, 6}),
    "groups": lambda: w.table(groups=True),
    "groups and totals": lambda: w.table(groups=True, totals=True),
    "everything": lambda: w.table(title=w.TITLE, groups=True, totals=True, footer=w.FOOTER, blanks={3}, numbers=True),
    "column numbers": lambda: w.table(numbers=True),
    "without running number": lambda: w.table(NUMBERLESS, groups=True, totals=True),
    "name first": lambda: w.table(("name", "order", "number", "declared_on", "form", "standard")),
    "reversed columns": lambda: w.table(tuple(reversed(tuple(w.HEADINGS))), groups=True, totals=True),
    "two header rows": two_row_header,
    "marks": with_marks,
    "decision in one cell": one_cell_decisions,
    "header repeated on each page": page_breaks,
    "stray spaces": spaced_out,
    "group rows with counts": with_group_counts,
    "table not in column A": shifted_right,
    "capitals in headings": lambda: [[c.upper() if isinstance(c, str) else c for c in w.table(SHORT)[0]], *w.table(SHORT)[1:]],
    "headings without accents": lambda: [["STT", "Ten don vi", "So QD cong bo", "Ngay cong bo", "Tieu chuan", "Hinh thuc"], *w.table(SHORT)[1:]],
    "starred headings": lambda: [[f"{c} (*)" for c in w.table(SHORT)[0]], *w.table(SHORT)[1:]],
    "other documents": lambda: [[*w.table(SHORT)[0], "Số công văn gửi Sở", "Ngày gửi"], *([*r, "9/CV", "01/01/2020"] for r in w.table(SHORT)[1:])],
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_gives_its_twelve_rows(layout):
    reading = declarations(w.xlsx(LAYOUTS[layout]()))
    assert [str(error) for error in reading.errors] == []
    assert core(reading) == WANTED


@pytest.mark.parametrize("layout", ["everything", "two header rows", "marks", "groups and totals"])
@pytest.mark.parametrize("container", ["csv", "csv;", "tsv-16", "ods", "openpyxl"])
def test_every_container_gives_the_same_rows(container, layout):
    rows = LAYOUTS[layout]()
    data = {
        "csv": lambda: w.csv_text(rows).encode("utf-8-sig"),
        "csv;": ("sep=;\r\n" + w.csv_text(rows, ";")).encode,
        "tsv-16": lambda: w.csv_text(rows, "\t").encode("utf-16"),
        "ods": lambda: w.ods(rows),
        "openpyxl": lambda: w.openpyxl_xlsx(rows),
    }[container]()
    reading = declarations(data)
    assert [str(error) for error in reading.errors] == []
    assert core(reading) == WANTED


def test_every_value_remembers_its_cell():
    reading = declarations(w.xlsx(w.table(title=w.TITLE, groups=True)))
    row = reading.rows[0]
    assert (row.sheet, row.number, row.cell("name"), row.cell("declared_on")) == ("Danh sách", 8, "B8", "F8")
    assert [group.text for group in row.groups] == ["HUYỆN VĂN LÂM"]


def test_a_date_inside_a_decision_comes_from_its_cell():
    row = declarations(w.xlsx(one_cell_decisions())).rows[0]
    assert row.cell("declared_on") == row.cell("number") == "C2"


def test_standard_and_form_are_taken_from_title_and_group_rows():
    rows = [["PHÙ HỢP TCVN ISO 9001:2015"], ["STT", "Tên đơn vị", "Số QĐ", "Ngày QĐ"], ["A", "Xây dựng mới: 1 đơn vị"],
            [1, "Xã Lạc Đạo", "1/QĐ-UBND", "01/02/2020"], ["B", "CHUYỂN ĐỔI"], [1, "Xã Chỉ Đạo", "2/QĐ-UBND", "01/03/2020"]]  # fmt: skip
    reading = declarations(w.xlsx(rows))
    assert [(r.values["standard"], r.values["form"], r.cell("standard"), r.cell("form")) for r in reading.rows] == [
        (2015, "BUILD", "A1", "B3"), (2015, "CONVERT", "A1", "B5"),
    ]  # fmt: skip


def test_nested_groups_follow_their_markers():
    rows = [["STT", "Tên đơn vị", "Số QĐ", "Ngày QĐ"], ["A", "KHỐI XÃ"], ["I", "Huyện Ân Thi"], [1, "Xã Đa Lộc", "1/QĐ", "01/02/2020"],
            ["II", "Huyện Phù Cừ"], [1, "Xã Tam Đa", "2/QĐ", "01/02/2020"], ["B", "KHỐI SỞ"], [1, "Sở Y tế", "3/QĐ", "01/02/2020"]]  # fmt: skip
    groups = [[group.text for group in row.groups] for row in declarations(w.xlsx(rows)).rows]
    assert groups == [["KHỐI XÃ", "Huyện Ân Thi"], ["KHỐI XÃ", "Huyện Phù Cừ"], ["KHỐI SỞ"]]


def test_roman_numbers_with_parts_are_groups_below_their_number():
    head, row = ["STT", "Đơn vị", "Số QĐ", "Ngày QĐ"], ["1/QĐ", "01/02/2020"]
    rows = [
        ["II", "KHỐI XÃ"],
        ["II.1", "Huyện Văn Lâm"],
        [1, "Xã B", *row],
        ["II.2", "Huyện Phù Cừ"],
        [2, "Xã C", *row],
    ]
    in_one_cell = [[". ".join(r)] if len(r) == 2 else r for r in rows]
    wanted = [["KHỐI XÃ", "Huyện Văn Lâm"], ["KHỐI XÃ", "Huyện Phù Cừ"]]
    for written in (rows, in_one_cell):
        reading = declarations(w.xlsx([head, *written]))
        assert [[group.text for group in r.groups] for r in reading.rows] == wanted


def test_wrong_totals_warn_and_right_ones_do_not():
    rows = w.table(groups=True, totals=True)
    assert [p.code for p in declarations(w.xlsx(rows)).warnings if p.code == "W_TOTAL"] == []
    rows[-1][1] = "Tổng cộng: 13 đơn vị"
    (warning,) = (p for p in declarations(w.xlsx(rows)).warnings if p.code == "W_TOTAL")
    assert (warning.cell, warning.params) == (f"B{len(rows)}", {"says": 13, "holds": 12})


def test_hidden_rows_are_read_and_hidden_sheets_are_not():
    reading = declarations(w.xlsx(w.table(), hidden_rows=[3], more=[("Cũ", w.table(), True)]))
    assert len(reading.rows) == 12
    assert {(p.code, p.sheet, p.cell) for p in reading.warnings} >= {
        ("W_HIDDEN_ROW", "Danh sách", "B3"),
        ("W_HIDDEN_SHEET", "Cũ", "file"),
    }
    assert declarations(w.ods(w.table(), hidden=[3])).warnings[0].code == "W_HIDDEN_ROW"


def test_sheets_of_one_list_are_read_together():
    sheets = []
    for district in w.COMMUNES:
        rows = [["STT", "Tên đơn vị", "Số QĐ công bố", "Ngày công bố", "Tiêu chuẩn", "Hình thức"]]
        rows += [
            [v["order"], v["name"], v["number"], v["declared_on"], v["standard"], v["form"]]
            for place, v in w.records()
            if place == district
        ]
        if len(sheets) == 1:  # not always in the same order
            rows = [[r[0], r[2], r[1], *r[3:]] for r in rows]
        sheets.append((district, rows, False))
    summary = [
        ["TỔNG HỢP"],
        ["STT", "Đơn vị", "Đã công bố", "Xây dựng mới", "Chuyển đổi", "Tỷ lệ"],
        [1, "Huyện Văn Lâm", 4, 1, 3, "100%"],
    ]
    reading = declarations(
        w.xlsx(sheets[0][1], name=sheets[0][0], more=[*sheets[1:], ("Tổng hợp", summary, False)])
    )
    assert core(reading) == WANTED
    assert {note.name: note.state for note in reading.sheets}["Tổng hợp"] in ("summary", "ignored")


def test_two_sheets_about_the_same_agencies_are_a_question():
    data = w.xlsx(w.table(), more=[("Danh sách (2)", w.table()[:4], False)])
    assert [(p.code, p.cell) for p in declarations(data).errors] == [("E_SHEET_AMBIGUOUS", "file")]
    assert len(declarations(data, sheet="Danh sách").rows) == 12


def test_merged_grouping_cells_are_filled_down_and_key_cells_refused():
    rows = [["STT", "Huyện", "Tên đơn vị", "Số QĐ", "Ngày QĐ"]]
    rows += [
        [i, "Ân Thi" if i == 1 else None, f"Xã {name}", f"{i}/QĐ", "01/02/2020"]
        for i, name in enumerate(("Đa Lộc", "Hạ Lễ", "Hồng Vân"), 1)
    ]
    reading = declarations(w.xlsx(rows, merges=["B2:B4"]))
    assert [(r.values["district"], r.cell("district")) for r in reading.rows] == [("Ân Thi", "B2")] * 3
    rows[2][2] = None
    assert ("E_MERGED", "C2:C3") in [
        (p.code, p.cell) for p in declarations(w.xlsx(rows, merges=["C2:C3"])).errors
    ]
    assert ("E_MERGED", "C4:D4") in [
        (p.code, p.cell) for p in declarations(w.xlsx(rows, merges=["C4:D4"])).errors
    ]


def test_old_fonts_are_refused_by_name_and_converted_on_request():
    rows = [["STT", "Tªn c¬ quan", "Sè Q§", "Ngµy Q§"], [1, "UBND x· L¹c §¹o", "12/Q§-UBND", "01/02/2020"]]
    refused = declarations(w.xlsx(rows))
    assert {(p.code, p.cell, p.params["encoding"]) for p in refused.errors} == {
        ("E_ENCODING", "B2", "TCVN3"),
        ("E_ENCODING", "C2", "TCVN3"),
    }
    (row,) = declarations(w.xlsx(rows), convert_legacy=True).rows
    assert row.values["name"] == "UBND xã Lạc Đạo" and row.values["number"] == "12/QĐ-UBND"


def test_a_font_decides_where_the_text_alone_cannot():
    rows = [["STT", "Teân ñôn vò", "Soá QÑ", "Ngaøy QÑ"], [1, "La Sôn", "1/QÑ", "01/02/2020"]]
    (row,) = declarations(w.xlsx(rows, fonts="VNI-Times"), convert_legacy=True).rows
    assert row.values["name"] == "La Sơn"


def test_a_person_corrects_header_column_row_and_cell():
    rows = [
        ["STT", "Nơi làm", "Q", "N"],
        [1, "Lạc Đạo", "1/QĐ", "01/02/2020"],
        [2, "Chỉ Đạo", "2/QĐ", "hôm qua"],
        [3, "bỏ dòng này", "3/QĐ", "01/02/2020"],
    ]
    assert declarations(w.xlsx(rows)).errors[0].code == "E_HEADER_MISSING"
    said = Overrides(headers={"Danh sách": [1, 1]}, columns={"Danh sách": {"2": "name", "3": "number", "4": "declared_on"}},
                     rows={"Danh sách": {"4": "note"}}, cells={"Danh sách": {"D3": "02/02/2020"}})  # fmt: skip
    reading = declarations(w.xlsx(rows), overrides=Overrides.from_dict(said.as_dict()))
    assert [str(p) for p in reading.errors] == []
    assert [(r.values["name"], r.values["declared_on"].day) for r in reading.rows] == [
        ("Lạc Đạo", 1),
        ("Chỉ Đạo", 2),
    ]


def test_cells_say_what_a_column_is_where_its_heading_is_strange():
    rows = [
        ["STT", "Nơi làm", "Q", "Bản", "Ngày ghi sổ", "Cách làm"],
        [
            1,
            "UBND xã Lạc Đạo",
            "Số 1/QĐ-UBND ngày 1/2/2020",
            "TCVN ISO 9001:2015",
            "07/07/2021",
            "Xây dựng mới",
        ],
        [2, "UBND xã Chỉ Đạo", "02/QĐ-UBND, 3/2/2020", "ISO 9001:2015", "08/07/2021", "chuyển đổi"],
    ]
    reading = declarations(w.xlsx(rows))
    assert reading.errors == []
    assert core(reading) == [
        ("UBND xã Lạc Đạo", "1/QĐ-UBND", dt.date(2020, 2, 1), 2015, "BUILD"),
        ("UBND xã Chỉ Đạo", "02/QĐ-UBND", dt.date(2020, 2, 3), 2015, "CONVERT"),
    ]
    assert {p.cell for p in reading.warnings if p.code == "W_COLUMN_BY_CELLS"} == {"B1", "C1", "D1", "F1"}


def test_two_days_for_one_decision_are_said_and_the_surer_place_counts():
    head, *rows = ["STT", "Tên cơ quan", "Quyết định công bố", "Ngày ký ban đầu", "Tiêu chuẩn"], [
        1, "UBND xã Lạc Đạo", "1/QĐ-UBND ngày 1/2/2020", "07/07/2021", 2015
    ], [2, "UBND xã Chỉ Đạo", "2/QĐ-UBND ngày 1/2/2020", "01/02/2020", 2015]  # fmt: skip
    reading = declarations(w.xlsx([head, *rows]))
    assert [row.values["declared_on"] for row in reading.rows] == [dt.date(2020, 2, 1)] * 2
    own = declarations(w.xlsx([[*head[:3], "Ngày công bố", head[4]], *rows]))
    assert [row.values["declared_on"].year for row in own.rows] == [2021, 2020]
    assert [(p.code, p.cell) for p in own.warnings if p.code == "W_TWO_DATES"] == [("W_TWO_DATES", "C2")]


def test_a_column_without_a_heading_means_what_a_person_says():
    rows = [
        ["Tên cơ quan", None, "Số quyết định", "Tiêu chuẩn"],
        ["Xã Lạc Đạo", "01/02/2020", "1/QĐ", "2015"],
    ]
    reading = declarations(w.xlsx(rows), overrides=Overrides(columns={"Danh sách": {"2": "declared_on"}}))
    assert reading.rows[0].values["declared_on"] == dt.date(2020, 2, 1)


def test_the_sheets_stay_at_hand_also_where_no_heading_was_found():
    reading = declarations(w.xlsx([["Nơi nào", "Bản"], ["Xã Lạc Đạo", "2015"]]))
    assert not reading.tables
    assert [sheet.row(1) for sheet in reading.parsed] == [["Xã Lạc Đạo", "2015"]]


def test_every_row_says_what_it_was_taken_for():
    (table,) = declarations(w.xlsx(LAYOUTS["everything"]())).tables
    classes = [verdict.cls for verdict in table.verdicts]
    assert {"title", "header", "number_row", "group", "data", "subtotal", "total", "footer"} == set(classes)
    assert all(verdict.reason for verdict in table.verdicts)


def test_a_name_without_a_decision_is_not_lost_silently():
    rows = w.table(SHORT)
    rows.insert(4, [9, "UBND xã Không Số", None, None, None, None])
    reading = declarations(w.xlsx(rows))
    assert len(reading.rows) == 12
    assert ("W_ROW_SKIPPED", "B5") in [(p.code, p.cell) for p in reading.warnings]


@pytest.mark.parametrize("name", ['"UBND xã Chỉ Đạo', '"UBND" xã Chỉ Đạo'])
def test_a_quotation_mark_that_is_not_closed_does_not_swallow_the_rest_of_a_csv(name):
    lines = ("STT;Tên đơn vị;Số QĐ;Ngày QĐ", "1;Xã Lạc Đạo;1/QĐ-UBND;05/03/2020", f"2;{name};2/QĐ-UBND;05/03/2020",
             "3;Xã Mễ Sở;3/QĐ-UBND;05/03/2020")  # fmt: skip
    reading = declarations("\r\n".join(lines).encode())
    assert [(e.code, e.cell) for e in reading.errors] == [("E_CSV", "line 3")]
    quoted = lines[2].replace(name, '"UBND xã\nChỉ Đạo"')
    assert len(declarations("\r\n".join((*lines[:2], quoted, lines[3])).encode()).rows) == 3


def test_shuffled_sheets_of_random_layouts():
    random.seed(3)
    for _ in range(10):
        columns = list(w.HEADINGS)
        random.shuffle(columns)
        rows = w.table(tuple(columns), title=random.choice([(), w.TITLE]), groups=random.random() < 0.5, totals=random.random() < 0.5,
                       footer=random.choice([(), w.FOOTER]), blanks=set(random.sample(range(12), 3)))  # fmt: skip
        assert core(declarations(w.xlsx(rows))) == WANTED, rows


def test_an_old_excel_workbook_tells_fonts_formats_formulas_and_what_is_hidden():
    path = Path(__file__).parent / "files" / "old_excel.xls"
    assert "E_ENCODING" in {p.code for p in declarations(path).errors}
    reading = declarations(path, convert_legacy=True)
    assert [(r.values["code"], r.values["name"], r.values.get("procedures")) for r in reading.rows] == [
        ("00351", "UBND xã Lạc Đạo", 2), ("00352", "UBND xã Lạc Đạo", None), ("00353", "UBND xã Lạc Đạo", None),
        ("00354", "UBND xã Lạc Đạo", 4),
    ]  # fmt: skip
    assert [(p.code, p.cell) for p in reading.errors] == [
        ("E_FORMULA_EXTERNAL", "F3"),
        ("E_FORMULA_ERROR", "F4"),
    ]
    assert {(p.code, p.sheet, p.cell) for p in reading.warnings} >= {
        ("W_FORMULA", "DS", "F2"), ("W_HIDDEN_ROW", "DS", "C5"), ("W_HIDDEN_COLUMN", "DS", "D1"), ("W_HIDDEN_SHEET", "An", "file"),
    }  # fmt: skip


def test_two_tables_below_each_other_keep_their_groups_and_totals():
    part = [["STT", "Đơn vị", "Số QĐ", "Ngày QĐ"], [1, "Xã B", "1/QĐ", "01/02/2020"], ["Cộng: 1 đơn vị"]]
    reading = declarations(w.xlsx([["A. XÂY DỰNG MỚI"], *part, ["B. CHUYỂN ĐỔI"], *part]))
    assert [r.values["form"] for r in reading.rows] == ["BUILD", "CONVERT"]
    assert "W_TOTAL" not in {p.code for p in reading.warnings}


def test_two_tables_with_other_words_for_the_same_columns_are_one_list():
    upper = [
        ["Huyện Văn Lâm"],
        ["STT", "Tên đơn vị", "Số, ký hiệu", "Ngày ban hành QĐ"],
        [1, "Xã B", "1/QĐ", "01/02/2020"],
    ]
    lower = [
        [],
        ["Huyện Yên Mỹ"],
        ["TT", "Đơn vị", "Số QĐ công bố", "Ngày công bố"],
        [1, "Xã C", "2/QĐ", "01/02/2020"],
    ]
    for rows in (upper + lower, lower + upper):
        reading = declarations(w.xlsx(rows))
        assert [e.code for e in reading.errors] == []
        assert {r.values["number"] for r in reading.rows} == {"1/QĐ", "2/QĐ"}


def test_a_later_table_of_few_columns_is_named_by_its_heading():
    own = [["STT", "Tên cơ quan", "Số QĐ", "Ngày QĐ", "Tiêu chuẩn"], [1, "Xã B", "1/QĐ", "01/02/2020", 2015]]
    for heading in (["STT", "Tên", "Năm"], ["TT", "Tên đơn vị", "Giá"]):
        reading = declarations(w.xlsx([*own, [], heading, [1, "Máy tính", 2019], [2, "Máy in", 2020]]))
        assert [(e.code, e.cell) for e in reading.errors] == [("E_OTHER_TABLE", "A4")]
        assert (reading.count, [x for x in reading.warnings if x.code == "W_ROW_SKIPPED"]) == (1, [])
    # The first words of the heading again, as on a new page, are no other table.
    own[0][1] = "Tên CQ"
    reading = declarations(w.xlsx([*own, ["STT", "Tên CQ"], [2, "Xã C", "2/QĐ", "01/02/2020", 2015]]))
    assert (reading.errors, reading.count) == ([], 2)


def test_a_table_with_other_columns_in_the_same_sheet_is_named_and_not_read():
    own = [
        ["STT", "Đơn vị", "Số QĐ", "Ngày QĐ"],
        [1, "Xã B", "1/QĐ", "01/02/2020"],
        [2, "Xã C", "2/QĐ", "01/02/2020"],
    ]
    moved = [["STT", "Ngày QĐ", "Số QĐ", "Đơn vị"], [1, "01/02/2020", "3/QĐ", "Xã D"]]
    own = [[*row, "2015" if row[0] != "STT" else "Tiêu chuẩn"] for row in own]
    moved = [[*row, "2015" if row[0] != "STT" else "Tiêu chuẩn"] for row in moved]
    other = [["STT", "Đơn vị", "Hình thức", "Năm"], [1, "Xã D", "Chuyển đổi", 2021]]
    for second in (moved, other):
        reading = declarations(w.xlsx([*own, [], *second]))
        assert [(e.code, e.cell) for e in reading.errors] == [("E_OTHER_TABLE", "A5")]
        assert len(reading.rows) == 2
    reading = declarations(w.xlsx([*other, [], *own]))
    assert [(e.code, e.cell) for e in reading.errors] == [("E_OTHER_TABLE", "A1")]


def test_a_heading_of_two_rows_is_known_again_on_the_next_page():
    heading = [["STT", "Đơn vị", "Quyết định", None, "Tiêu chuẩn"], [None, None, "Số", "Ngày", None]]
    rows = [
        *heading,
        [1, "Xã B", "1/QĐ", "01/02/2020", 2015],
        *heading,
        [2, "Xã C", "2/QĐ", "01/02/2020", 2015],
    ]
    reading = declarations(
        w.xlsx(rows, merges=["A1:A2", "B1:B2", "C1:D1", "E1:E2", "A4:A5", "B4:B5", "C4:D4", "E4:E5"])
    )
    assert ([e.code for e in reading.errors], len(reading.rows)) == ([], 2)


def test_sums_carried_over_and_who_signed_are_no_rows():
    head, row = ["STT", "Đơn vị", "Số QĐ", "Ngày QĐ"], ["1/QĐ", "01/02/2020"]
    foot = [
        [None, "Người lập biểu", None, "Ngày 05/01/2021"],
        [],
        [None, "Nguyễn Văn A", None, "Ngày 05/01/2021"],
    ]
    rows = [
        [1, "Xã B", *row],
        [None, "Cộng mang sang", 1, None],
        [2, "Xã C", *row],
        [None, "Xã D", *row],
        *foot,
    ]
    assert [r.values["name"] for r in declarations(w.xlsx([head, *rows])).rows] == ["Xã B", "Xã C", "Xã D"]


def test_an_unfinished_last_row_is_not_taken_for_the_foot():
    reading = declarations(w.xlsx([*w.table(SHORT), [13, "Xã Chưa Xong"], *w.FOOTER]))
    assert [p.cell for p in reading.warnings if p.code == "W_ROW_SKIPPED"] == ["B14"]


NAMES_LIKE_TOTALS = [
    "Cộng Hòa",
    "CỘNG HOÀ",
    "Cộng Hiền",
    "Cộng Lạc",
    "Tống Phan",
    "Tổng cục Thuế",
    "Tổng công ty A",
]


@pytest.mark.parametrize("name", NAMES_LIKE_TOTALS)
def test_names_that_begin_like_totals_are_names(name):
    assert not is_total(name)


@pytest.mark.parametrize(
    "text",
    [
        "Cộng",
        "Cộng:",
        "Cộng: 17",
        "TỔNG SỐ",
        "Tổng cộng",
        "Tổng: 5",
        "Cộng 12 đơn vị",
        "Cộng huyện Văn Lâm",
        "Cộng I",
        "Tổng số xã",
    ],
)
def test_totals_are_totals(text):
    assert is_total(text)


def test_a_claim_is_a_number_of_agencies_only():
    claims = {"Cộng: 17": 17, "44 đơn vị": 44, "Huyện Ân Thi: 21 đơn vị": 21, "133 cơ quan, đơn vị": 133, "3016": None,
              "Áp dụng TCVN ISO 9001:2015": None, "Tổng số: 1.234 đơn vị": 1234, "Quận 5": None}  # fmt: skip
    assert {text: claim([text]) for text in claims} == claims
    assert [group_text(text) for text in ("Huyện Ân Thi: 21 đơn vị", "Quận 5", "Khối sở (18 đơn vị)", "Theo TCVN ISO 9001:2015", "Xã B:")] == [
        "Huyện Ân Thi", "Quận 5", "Khối sở", "Theo TCVN ISO 9001:2015", "Xã B",
    ]  # fmt: skip


THREE_ROWS = [
    ["TT", "Tên đơn vị", "Công bố", None, None],
    [None, None, "Tiêu chuẩn", "Quyết định", None],
    [None, None, None, "Số", "Ngày"],
]  # fmt: skip
LAC_DAO = [1, "UBND xã Lạc Đạo", "2015", "12/QĐ-UBND", "01/02/2020"]
CHI_DAO = [2, "UBND xã Chỉ Đạo", "2015", "13/QĐ-UBND", "01/02/2020"]
ONE_ROW = ["TT", "Tên đơn vị", "Tiêu chuẩn", "Số QĐ công bố", "Ngày công bố"]


def named(problems):
    return [(problem.code, problem.cell) for problem in problems]


def test_a_heading_of_three_rows_may_stand_on_every_page():
    reading = declarations(w.xlsx([*THREE_ROWS, LAC_DAO, *THREE_ROWS, CHI_DAO]))
    assert (reading.count, reading.errors, reading.warnings) == (2, [], [])


@pytest.mark.parametrize("delimiter, encoding", [("|", "utf-8"), ("\t", "utf-16-le"), (";", "utf-16-be")])
def test_text_without_a_mark_or_with_bars_is_read(delimiter, encoding):
    text = w.csv_text([ONE_ROW, LAC_DAO, CHI_DAO], delimiter)
    reading = declarations(text.encode(encoding))
    assert [str(e) for e in reading.errors] == []
    assert [r.values["name"] for r in reading.rows] == ["UBND xã Lạc Đạo", "UBND xã Chỉ Đạo"]


def test_the_apostrophe_of_a_csv_is_no_part_of_what_was_saved_as_a_workbook():
    reading = declarations(w.xlsx([[*ONE_ROW, "Ghi chú"], [*LAC_DAO, "'=1+1"], [*CHI_DAO, "'chờ'"]]))
    assert [r.values["note"] for r in reading.rows] == ["=1+1", "'chờ'"]


def test_a_second_decision_in_a_cell_is_named():
    two = "12/QĐ-UBND ngày 1/2/2020; 15/QĐ-UBND ngày 3/4/2021"
    reading = declarations(w.xlsx([ONE_ROW[:4], [1, "UBND xã Lạc Đạo", "2015", two], CHI_DAO[:4]]))
    assert named(reading.warnings) == [("W_TWO_DECISIONS", "D2")]
    assert "15/QĐ-UBND" in str(reading.warnings[0])
    assert reading.rows[0].values["declared_on"] == dt.date(2020, 2, 1)


def test_a_row_that_says_it_has_not_declared_is_left_out_and_named():
    status = ["Đã công bố", "Chưa công bố", "Hết hiệu lực", "Đang áp dụng", "Chưa chuyển đổi"]
    rows = [[i, f"UBND xã Số {i}", *LAC_DAO[2:], said] for i, said in enumerate(status, 1)]
    reading = declarations(w.xlsx([[*ONE_ROW, "Tình trạng"], *rows]))
    assert [r.number for r in reading.rows] == [2, 5, 6]
    assert named(reading.warnings) == [("W_ROW_SKIPPED", "B3"), ("W_ROW_SKIPPED", "B4")]
    assert "Chưa công bố" in str(reading.warnings[0])


def test_a_row_below_the_signature_with_figures_is_named():
    foot = [
        [None, "Người lập biểu"],
        [None, "Lạc Hồng", "2015", "13/QĐ-UBND", "01/02/2020"],
        [None, "Nguyễn Văn A"],
    ]
    reading = declarations(w.xlsx([ONE_ROW, LAC_DAO, CHI_DAO, [], *foot]))
    assert reading.count == 2 and named(reading.warnings) == [("W_ROW_SKIPPED", "B6")]


def test_what_is_no_number_or_version_is_shown_as_it_stands():
    reading = declarations(
        w.xlsx([ONE_ROW, [*LAC_DAO[:2], True, *LAC_DAO[3:]], [*CHI_DAO[:3], "đang  xin số", CHI_DAO[4]]])
    )
    assert ["TRUE" in str(e) for e in reading.errors] == [True]
    assert reading.rows[1].values["number"] == "đang xin số"
