"""Workbooks made by the tests themselves: one list, many ways to write it down."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlsxwriter

HEADINGS = {
    "order": "STT", "name": "Tên cơ quan, đơn vị", "form": "Hình thức", "standard": "Tiêu chuẩn", "number": "Số QĐ công bố",
    "declared_on": "Ngày công bố", "procedures": "Số TTHC", "note": "Ghi chú",
}  # fmt: skip
COMMUNES = {
    "Huyện Văn Lâm": ["xã Lạc Đạo", "xã Chỉ Đạo", "thị trấn Như Quỳnh", "xã Đại Đồng"],
    "Thị xã Mỹ Hào": ["phường Dị Sử", "xã Cẩm Xá", "phường Nhân Hòa"],
    "Huyện Vụ Bản": ["xã Cộng Hòa", "xã Minh Tân", "xã Hiển Khánh", "xã Kim Thái", "thị trấn Gôi"],
}
TITLE = [
    ["UBND TỈNH HƯNG YÊN", None, None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
    ["SỞ KHOA HỌC VÀ CÔNG NGHỆ", None, None, None, "Độc lập - Tự do - Hạnh phúc"],
    [],
    ["DANH SÁCH CƠ QUAN, ĐƠN VỊ ĐÃ CÔNG BỐ HỆ THỐNG QUẢN LÝ CHẤT LƯỢNG"],
    ["(Kèm theo Báo cáo số 125/BC-SKHCN ngày 10/12/2021)"],
]
FOOTER = [
    [],
    [None, None, None, "Hưng Yên, ngày 15 tháng 12 năm 2021"],
    [None, "NGƯỜI LẬP BIỂU", None, None, "GIÁM ĐỐC"],
    [None, "(Ký, ghi rõ họ tên)"],
    [],
    [None, "Trần Thị B", None, None, "Nguyễn Văn A"],
]


def records():
    """[(district, values)] of twelve declarations, in order."""
    found = []
    for district, names in COMMUNES.items():
        for position, name in enumerate(names, 1):
            count = len(found) + 1
            found.append((district, {
                "order": position, "name": f"UBND {name}", "form": "Chuyển đổi" if count % 3 else "Xây dựng mới",
                "standard": f"TCVN ISO 9001:{2015 if count % 2 else 2008}", "number": f"{count * 7:02d}/QĐ-UBND",
                "declared_on": f"{count:02d}/03/20{count % 7 + 14}", "procedures": 100 + count, "note": None,
            }))  # fmt: skip
    return found


def table(
    columns=tuple(HEADINGS),
    *,
    title=(),
    groups=False,
    totals=False,
    footer=(),
    blanks=(),
    numbers=False,
    headings=HEADINGS,
):
    """Rows of one sheet: title, heading, rows under their groups, totals, foot."""
    rows = [*title, [headings[name] for name in columns]]
    if numbers:
        rows.append([f"({number})" for number, _ in enumerate(columns, 1)])
    text_column = columns.index("name")
    open_district, count = None, 0

    def one_text(text, order=None):
        row = [None] * len(columns)
        row[text_column] = text
        if order and "order" in columns:
            row[columns.index("order")] = order
        return row

    for place, (district, values) in enumerate(records()):
        if groups and district != open_district:
            if totals and open_district:
                rows.append(one_text(f"Cộng: {count} đơn vị"))
            roman = ["I", "II", "III"][list(COMMUNES).index(district)]
            rows.append(one_text(district.upper(), roman))
            open_district, count = district, 0
        rows.append([values[name] for name in columns])
        count += 1
        rows += [[]] * (place in blanks)
    if totals:
        rows.append(one_text(f"Tổng cộng: {len(records())} đơn vị"))
    return rows + list(footer)


def xlsx(rows, *, name="Danh sách", merges=(), hidden_rows=(), more=(), fonts=None):
    """Bytes of a workbook; `more`: [(sheet name, rows, is it hidden)]."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    font = book.add_format({"font_name": fonts}) if fonts else None
    for sheet_name, sheet_rows, is_hidden in [(name, rows, False), *more]:
        sheet = book.add_worksheet(sheet_name)
        for number, row in enumerate(sheet_rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(number, column, value, font)
        if is_hidden:
            sheet.hide()
        if sheet_name == name:
            for area in merges:
                sheet.merge_range(area, _text_at(rows, area))
            for number in hidden_rows:
                sheet.set_row(number - 1, None, None, {"hidden": True})
    book.close()
    return file.getvalue()


def _text_at(rows, area):
    from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

    letters, number = coordinate_from_string(area.split(":")[0])
    row = rows[number - 1]
    column = column_index_from_string(letters)
    return row[column - 1] if column <= len(row) else None


def openpyxl_xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def csv_text(rows, delimiter=","):
    width = max(map(len, rows))

    def cell(value):
        text = "" if value is None else str(value)
        return f'"{text}"' if any(sign in text for sign in f'{delimiter}"\n') else text

    return (
        "\r\n".join(
            delimiter.join(cell(row[i] if i < len(row) else None) for i in range(width)) for row in rows
        )
        + "\r\n"
    )


def ods(rows, *, name="Danh sách", hidden=(), spans=None, formulas=None):
    """Bytes of a small .ods, written by hand. `spans`: {(row, column): rows down}; `formulas`: {(row, column): text}."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = []
        for column, value in enumerate(row, 1):
            extra = (
                f' table:number-rows-spanned="{spans[number, column]}"'
                if (number, column) in (spans or {})
                else ""
            )
            if (number, column) in (formulas or {}):
                extra += f" table:formula={quoteattr(formulas[number, column])}"
            if value is None:
                cells.append(f"<table:table-cell{extra}/>")
            elif isinstance(value, (int, float)):
                cells.append(
                    f'<table:table-cell office:value-type="float" office:value="{value}"{extra}><text:p>{value}</text:p></table:table-cell>'
                )
            else:
                cells.append(
                    f'<table:table-cell office:value-type="string"{extra}><text:p>{escape(value)}</text:p></table:table-cell>'
                )
        visibility = ' table:visibility="collapse"' if number in hidden else ""
        lines.append(f"<table:table-row{visibility}>{''.join(cells)}</table:table-row>")
    lines.append(
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
    )
    content = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
        f"<office:body><office:spreadsheet><table:table table:name={quoteattr(name)}>{''.join(lines)}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def zipped(parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()
