"""Lists that go out: one that comes back with 0 changes, as a workbook or a csv, and a template to fill in."""

import xlsxwriter

from agencies.models import Level, Role
from iso_rollout.sheets.streamed import stream_csv, stream_xlsx

# The words in which lists are written, whatever language the screen has: they are read back by `iso_rollout.text`.
LEVELS = {Level.PROVINCE: "Tỉnh", Level.DISTRICT: "Huyện", Level.COMMUNE: "Xã"}
FORMS = {"BUILD": "Xây dựng mới", "CONVERT": "Chuyển đổi", "EXTEND": "Mở rộng", "E_ISO": "ISO điện tử"}
ROLES = {
    Role.VIEWER: "Người xem", Role.EDITOR: "Người cập nhật", Role.COORDINATOR: "Điều phối", Role.ADMINISTRATOR: "Quản trị",
}  # fmt: skip
UNIT_TYPES = (
    "Tỉnh",
    "Thành phố",
    "Thị xã",
    "Huyện",
    "Quận",
    "Thị trấn",
    "Phường",
    "Xã",
    "Đặc khu",
    "Sở",
    "Chi cục",
)
_CHOICES = {"level": LEVELS.values(), "form": FORMS.values(), "unit_type": UNIT_TYPES}
_HELP = {
    "text": "Chữ", "code": "Chữ A–Z, số và . _ / - ; định dạng ô là văn bản", "procedure_code": "Mã TTHC, ví dụ 1.000120; định dạng ô là văn bản",
    "whole": "Số nguyên", "year": "Năm, ví dụ 2021", "date": "Ngày, ví dụ 31/12/2021", "decision": "Số, ký hiệu, ví dụ 12/QĐ-UBND; có thể kèm “ngày 4/10/2019”",
    "standard": "Phiên bản tiêu chuẩn, ví dụ TCVN ISO 9001:2015", "level": "Tỉnh, Huyện hoặc Xã", "unit_type": "Loại đơn vị: xã, phường, thị trấn …",
    "form": "Xây dựng mới, Chuyển đổi, Mở rộng hoặc ISO điện tử", "mark": "x hoặc để trống", "order": "Số thứ tự",
}  # fmt: skip
ROWS_WITH_CHOICES = 2_000
_WIDTHS = {"name": 42, "procedure_name": 60, "note": 30, "parent": 32, "field": 24, "handled_by": 32}


def stream_list(kind, rows, form):
    """Bytes, piece by piece, of a kind's rows as "xlsx" or "csv". `rows`: tuples in the order of `kind.columns`."""
    titles = [kind.sheet.by_name[name].title for name in kind.columns]
    if form == "csv":
        return stream_csv(titles, rows)
    return stream_xlsx(titles, rows, widths=[_WIDTHS.get(name, 18) for name in kind.columns])


def write_template(kind, out, *, choices=None):
    """Write an empty list with drop-downs and a sheet of help. `choices`: {field: words} that the register knows."""
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        columns = kind.template_columns
        sheet = _sheet(book, kind, columns)
        text, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "dd/mm/yyyy"})
        choices = dict(choices or {})
        for number, name in enumerate(columns):
            field = kind.sheet.by_name[name]
            if field.type in ("code", "procedure_code", "decision"):
                sheet.set_column(number, number, _WIDTHS.get(name, 18), text)
            elif field.type == "date":
                sheet.set_column(number, number, 14, day)
            words = list(
                choices.get(name) or _CHOICES.get(field.type) or (ROLES.values() if name == "role" else ())
            )
            if words:
                sheet.data_validation(
                    1,
                    number,
                    ROWS_WITH_CHOICES,
                    number,
                    {"validate": "list", "source": words, "error_type": "warning"},
                )
        guide = book.add_worksheet("Hướng dẫn")
        # One column only: two would look like the heading of a list.
        guide.set_column(0, 0, 110)
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        guide.write(0, 0, "Cách điền bảng này", bold)
        for number, name in enumerate(columns, 2):
            field = kind.sheet.by_name[name]
            must = "bắt buộc; " if field.required else ""
            guide.write_string(number, 0, f"{field.title}: {must}{_HELP[field.type]}", wrap)


def _sheet(book, kind, columns):
    sheet = book.add_worksheet("Danh sách")
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "vcenter"})
    for number, name in enumerate(columns):
        sheet.set_column(number, number, _WIDTHS.get(name, 18))
    for number, name in enumerate(columns):
        sheet.write_string(0, number, kind.sheet.by_name[name].title, head)
    sheet.freeze_panes(1, 0)
    return sheet
