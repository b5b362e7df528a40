"""Building: contents → a workbook to fill in: locked identity, drop-downs, dates with a message, help, print layout."""

import datetime
import zipfile

import xlsxwriter
from django.conf import settings
from django.utils import timezone

from .columns import AGENCY, CODE, DAY, KEY, LAYOUTS, PARENT, STANDARD, TEXT

EARLIEST = datetime.date(2000, 1, 1)
HEADER_ROW = 3  # from 0: title, when and by which code, how to fill in, then the heading
INK, FILL, LOCKED, TEAL = "#16323b", "#fff8e1", "#eef2f4", "#0b5d61"
_LONGEST_LIST = 255  # characters of a drop-down that Excel keeps
HELP = (
    "Bảng này dùng để cập nhật cùng lúc nhiều ô rồi nộp lại, thay cho việc nhập từng mục trên màn hình.",
    "1. Chỉ điền các ô nền vàng. Các ô nền xám cho biết dòng nói về cơ quan, đợt triển khai, thủ tục nào: không sửa, không xóa cột “Mã dòng”.",
    "2. Ngày ghi dạng dd/mm/yyyy, ví dụ 31/12/2021; chỉ ghi việc đã xong, không ghi ngày sau hôm nay.",
    "3. Ô nào không có gì mới thì để nguyên. Xóa trắng một ô đang có nội dung nghĩa là rút nội dung đó.",
    "4. Cột tiêu chuẩn: bấm vào ô rồi chọn trong danh sách. Công bố mới cần ngày và tiêu chuẩn; thiếu số quyết định thì hiện là thiếu minh chứng.",
    "5. Được lọc, ẩn cột, xóa bớt dòng (dòng đã xóa coi như không thay đổi). Muốn sắp xếp thì bỏ bảo vệ trang (không có mật khẩu) và chọn cả bảng, kể cả cột “Mã dòng”. Không thêm dòng: đợt triển khai, thủ tục mới được thêm trên hệ thống.",
    "6. Lưu bằng Excel hoặc LibreOffice (.xlsx, .xls, .ods) rồi nộp tại mục “Bảng Excel”. Nhiều tệp thì nén chung thành một tệp .zip.",
    "7. Khi nộp, hệ thống so từng ô: lúc tải xuống, trong tệp, và hiện nay. Ô chỉ bạn sửa thì được ghi; ô mà người khác cũng đã sửa thì hiện cả ba nội dung để bạn chọn.",
    "8. Trước khi ghi, bạn được xem mọi thay đổi. Nộp lại cùng tệp không ghi thêm gì; người điều phối có thể hoàn tác cả lượt nộp.",
    "Mục bạn ghi được tính ngay và mang dấu “chưa xác nhận” cho đến khi đơn vị chủ trì xác nhận.",
    "Việc đưa một thủ tục vào áp dụng ISO được ghi ở trang “Thủ tục”, từng dòng; ghi công bố ở trang “Tiến độ” không tự điền các dòng đó.",
    "Đợt triển khai đang tạm dừng, đã hủy hoặc chuyển năm không có trong bảng.",
)  # fmt: skip


def write_workbook(found, codes, out, *, standards, of, at=None):
    """Write the rows of agencies as one workbook to a binary file.

    `found`: Contents in the order of the rows; `codes`: {agency id: code}; `standards`: the words of the drop-down;
    `of`: whose workbook it is, in its title; `at`: the moment it says it was made, default now.
    """
    at = timezone.localtime(at)
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": f"Bảng cập nhật – {of}", "author": settings.LEAD_AGENCY_NAME})
        if len(found) == 1:
            book.set_custom_property("Mã bảng", grouped(codes[found[0].agency.pk]))
        formats = _Formats(book)
        for layout in LAYOUTS:
            rows = [(content, entry) for content in found for entry in content.of(layout)]
            if rows:
                _Sheet(book, layout, formats, standards, len(found) > 1).write(rows, codes, of, at)
        _write_help(book)


def grouped(code):
    """ "7KQ2F9XD3MTA" → "7KQ2-F9XD-3MTA", as people read it out."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


class _Formats:
    """The formats of a workbook, by what a cell is."""

    def __init__(self, book):
        edge = {"border": 1, "border_color": "#b9c6cc", "valign": "top", "font_size": 10, "font_color": INK}
        head = {
            "bold": True,
            "text_wrap": True,
            "valign": "vcenter",
            "align": "center",
            "border": 1,
            "font_size": 10,
        }
        self.title = book.add_format({"bold": True, "font_size": 14, "font_color": TEAL})
        self.told = book.add_format({"font_size": 10, "font_color": "#51646c"})
        self.head = book.add_format(
            {**head, "bg_color": "#dbe4e8", "border_color": "#b9c6cc", "font_color": INK}
        )
        self.head_open = book.add_format(
            {**head, "bg_color": TEAL, "border_color": "#ffffff", "font_color": "#ffffff"}
        )
        locked, free = {**edge, "bg_color": LOCKED}, {**edge, "bg_color": FILL, "locked": False}
        self.locked = book.add_format({**locked, "text_wrap": True})
        self.locked_day = book.add_format({**locked, "num_format": "dd/mm/yyyy", "align": "center"})
        self.key = book.add_format({**locked, "font_size": 8, "font_color": "#7b8b92"})
        self.text = book.add_format({**free, "text_wrap": True, "num_format": "@"})
        self.day = book.add_format({**free, "num_format": "dd/mm/yyyy", "align": "center"})

    def of(self, column):
        if column.name == KEY:
            return self.key
        if column.is_open:
            return self.day if column.is_day else self.text
        return self.locked_day if column.is_day else self.locked


class _Sheet:
    """One sheet of a workbook. A workbook of one agency does without the columns that tell agencies apart."""

    def __init__(self, book, layout, formats, standards, is_of_many):
        self.layout, self.formats, self.standards, self.is_of_many = layout, formats, standards, is_of_many
        left_out = () if is_of_many else (CODE, PARENT)
        self.columns = [column for column in layout.columns if column.name not in left_out]
        self.styles = [formats.of(column) for column in self.columns]
        self.sheet = book.add_worksheet(layout.name)

    def write(self, rows, codes, of, at):
        sheet = self.sheet
        code = "" if self.is_of_many else grouped(codes[rows[0][0].agency.pk])
        sheet.write_string(0, 0, f"{self.layout.title} – {of}", self.formats.title)
        sheet.write_string(1, 0, f"Tải xuống lúc {at:%H:%M} ngày {at:%d/%m/%Y}" + (f" · mã bảng {code}" if code else ""),
                           self.formats.told)  # fmt: skip
        sheet.write_string(
            2, 0, "Chỉ điền các ô nền vàng, ngày dạng dd/mm/yyyy. Xem trang “Hướng dẫn”.", self.formats.told
        )
        sheet.set_row(HEADER_ROW, 44)
        for number, column in enumerate(self.columns):
            sheet.set_column(number, number, column.width)
            head = self.formats.head_open if column.is_open else self.formats.head
            sheet.write_string(HEADER_ROW, number, column.title, head)
        for number, (content, entry) in enumerate(rows, HEADER_ROW + 1):
            self._write_row(number, content, entry, codes[content.agency.pk])
        self._guard(HEADER_ROW + 1, HEADER_ROW + len(rows))
        self._lay_out(HEADER_ROW + len(rows))

    def _write_row(self, number, content, entry, code):
        agency = content.agency
        said = {
            KEY: f"{code}.{entry.key}", AGENCY: agency.name, CODE: agency.code, PARENT: content.parent,
            **entry.identity, **entry.values,
        }  # fmt: skip
        sheet = self.sheet
        # A row is no higher by itself when its text runs over several lines.
        lines = max(-(-len(said[c.name]) // c.width) for c in self.columns if c.type == TEXT)
        sheet.set_row(number, 5 + 13 * min(max(lines, 1), 8))
        for place, (column, style) in enumerate(zip(self.columns, self.styles, strict=True)):
            value = said[column.name]
            if not value:
                sheet.write_blank(number, place, None, style)
            elif column.type == DAY:
                sheet.write_datetime(number, place, datetime.datetime.fromisoformat(value), style)
            else:
                # Never a formula, whatever somebody typed.
                sheet.write_string(number, place, value, style)
            if remark := entry.remarks.get(column.name):
                told = f"Đơn vị chủ trì đã trả lại: {remark}. Sửa rồi ghi lại ngày."
                sheet.write_comment(
                    number, place, told, {"author": settings.LEAD_AGENCY_NAME, "x_scale": 1.6}
                )

    def _guard(self, first, last):
        """What may be typed into the open cells, and where nothing may."""
        for number, column in enumerate(self.columns):
            if not column.is_open:
                continue
            rule = {"validate": "any", "input_title": column.title[:32], "input_message": column.told}
            if column.is_day:
                rule |= {
                    "validate": "date", "criteria": "between", "minimum": EARLIEST, "maximum": "=TODAY()",
                    # A warning: a day written in words is understood too.
                    "error_type": "warning", "error_title": "Ngày chưa đúng",
                    "error_message": "Ghi ngày dạng dd/mm/yyyy, ví dụ 31/12/2021, không sau hôm nay.",
                }  # fmt: skip
            elif column.type == STANDARD:
                rule |= {
                    "validate": "list", "source": _fitting(self.standards), "error_title": "Tiêu chuẩn chưa đúng",
                    "error_message": "Chọn một tiêu chuẩn trong danh sách, hoặc để trống.",
                }  # fmt: skip
            else:
                rule |= {
                    "validate": "length", "criteria": "<=", "value": column.max_length, "error_title": "Quá dài",
                    "error_message": f"Ô này nhận nhiều nhất {column.max_length} ký tự.",
                }  # fmt: skip
            self.sheet.data_validation(first, number, last, number, rule)
        # Without a password: it keeps hands off by mistake, not by force. What comes back is checked anyway.
        self.sheet.protect(
            "",
            {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True,
             "select_locked_cells": True, "select_unlocked_cells": True},
        )  # fmt: skip

    def _lay_out(self, last):
        sheet, key = self.sheet, len(self.columns) - 1
        fixed = 1 + max(i for i, column in enumerate(self.columns) if column.name in (AGENCY, CODE, PARENT))
        if self.layout.letter == "P":
            fixed += 1  # the procedure's code
        sheet.freeze_panes(HEADER_ROW + 1, fixed)
        sheet.autofilter(HEADER_ROW, 0, last, key)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(HEADER_ROW)
        # The keys are for the program, not for paper.
        sheet.print_area(0, 0, last, key - 1)
        sheet.set_footer("&L&A&RTrang &P/&N")


def _fitting(standards):
    """The standards that fit into a drop-down, the latest first."""
    kept = []
    for word in standards:
        if len(",".join([*kept, word])) > _LONGEST_LIST:
            break
        kept.append(word)
    return kept


def _write_help(book):
    sheet = book.add_worksheet("Hướng dẫn")
    sheet.set_column(0, 0, 110)
    title = book.add_format({"bold": True, "font_size": 14, "font_color": TEAL})
    wrap = book.add_format({"text_wrap": True, "valign": "top", "font_size": 11, "font_color": INK})
    sheet.write_string(0, 0, "Cách điền bảng này", title)
    for number, sentence in enumerate(HELP, 2):
        sheet.write_string(number, 0, sentence, wrap)
    sheet.protect()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def write_zip(found, codes, out, *, standards, at=None):
    """One workbook for each agency that has any rows, in a zip. Returns how many there are."""
    import io

    count = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for content in found:
            if not content.rows:
                continue
            book = io.BytesIO()
            write_workbook([content], codes, book, standards=standards, of=content.agency.name, at=at)
            archive.writestr(file_name(content.agency, at), book.getvalue())
            count += 1
    return count


def file_name(agency, at=None, suffix="xlsx"):
    """ "H31.325.11989 UBND xã Lạc Đạo 2021-03-01.xlsx": sorts by code, says whose it is and of when."""
    day = timezone.localtime(at).date()
    name = "".join(c for c in f"{agency.code} {agency.name}".strip() if c.isalnum() or c in " .-_()")

    return f"{name[:80].rstrip(' .')} {day}.{suffix}"
