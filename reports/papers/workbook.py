"""Content → a workbook: a sheet for each table, ready to print on A4 across."""

import io

import xlsxwriter
from django.utils.translation import gettext as _
from django.utils.translation import override

from reports.models import codes
from reports.papers.content import counts_confirmed_only, day_in_words
from reports.papers.tables import day_of

_FORMATS = {"number": "#,##0", "percent": "0.0", "day": "dd/mm/yyyy", "text": "@"}
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")


def workbook(content, *, code=""):
    """The tables of a report as .xlsx bytes: numbers are numbers, days are days."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        styles = _Styles(book)
        for index in range(len(content["tables"])):
            _Sheet(book, styles, content, index=index, code=code).write()
    return out.getvalue()


class _Styles:
    def __init__(self, book):
        plain = {"font_name": "Times New Roman", "font_size": 11, "valign": "top"}
        box = plain | {"border": 1, "text_wrap": True}
        self.title = book.add_format(plain | {"bold": True, "align": "center", "font_size": 13})
        self.under = book.add_format(plain | {"italic": True, "align": "center"})
        self.note = book.add_format(plain | {"italic": True})
        self.head = book.add_format(
            box | {"bold": True, "align": "center", "valign": "vcenter", "bg_color": "#E7EEF0"}
        )
        self.cells, self.totals = {}, {}
        for kind, number_format in _FORMATS.items():
            align = {"align": "left" if kind == "text" else "center", "num_format": number_format}
            self.cells[kind] = book.add_format(box | align)
            self.totals[kind] = book.add_format(box | align | {"bold": True})


class _Sheet:
    def __init__(self, book, styles, content, *, index, code):
        self.styles, self.content, self.index, self.code = styles, content, index, code
        self.table = content["tables"][index]
        self.columns = self.table["columns"]
        self.sheet = book.add_worksheet(f"Phụ lục {_ROMAN[index]}")
        self.last = len(self.columns) - 1

    def write(self):
        with override("vi"):
            self._paper()
            row = self._headings(self._title())
            self.sheet.freeze_panes(row, 2)
            for cells in self.table["rows"]:
                self._row(row, cells, self.styles.cells)
                row += 1
            if self.table["total"]:
                self._row(row, self.table["total"], self.styles.totals)
                row += 1
            for note in self.table["notes"]:
                self.sheet.write_string(row + 1, 0, note, self.styles.note)
                row += 1

    def _paper(self):
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.set_margins(left=0.8, right=0.6, top=0.8, bottom=0.8)
        self.sheet.fit_to_pages(1, 0)
        told = _("code %s") % codes.shown(self.code) if self.code else _("draft")
        self.sheet.set_footer(f"&L&8{told}&R&8&P/&N")
        for number, column in enumerate(self.columns):
            self.sheet.set_column(number, number, max(column["width"], 7))

    def _title(self):
        head = self.content["head"]
        only = f"; {_('only entries that are confirmed')}" if counts_confirmed_only(self.content) else ""
        for row, (text, style) in enumerate([
            (f"Phụ lục {_ROMAN[self.index]}", self.styles.title),
            (self.table["title"].upper(), self.styles.title),
            (f"(Số liệu đến {day_in_words(day_of(self.content['on']))}; {self.content['scope']['name']}{only})", self.styles.under),
        ]):  # fmt: skip
            self.sheet.merge_range(row, 0, row, self.last, text, style)
        self.sheet.set_header(f"&L&8{head['issuing_body'].replace('&', '&&')}")
        return 4

    def _headings(self, row):
        grouped = any(column["group"] for column in self.columns)
        first = 0
        while first <= self.last:
            group, last = self.columns[first]["group"], first
            while group and last < self.last and self.columns[last + 1]["group"] == group:
                last += 1
            if group and last > first:
                self.sheet.merge_range(row, first, row, last, group, self.styles.head)
            elif group:
                self.sheet.write_string(row, first, group, self.styles.head)
            for number in range(first, last + 1):
                title = self.columns[number]["title"]
                if group:
                    self.sheet.write_string(row + 1, number, title, self.styles.head)
                elif grouped:
                    self.sheet.merge_range(row, number, row + 1, number, title, self.styles.head)
                else:
                    self.sheet.write_string(row, number, title, self.styles.head)
            first = last + 1
        self.sheet.repeat_rows(row, row + grouped)
        return row + 1 + grouped

    def _row(self, row, cells, styles):
        for number, (value, column) in enumerate(zip(cells, self.columns, strict=True)):
            style = styles[column["kind"]]
            if value is None or value == "":
                # A share of nothing is not zero.
                self.sheet.write_string(row, number, "–" if column["kind"] == "percent" else "", style)
            elif column["kind"] == "day":
                self.sheet.write_datetime(row, number, day_of(value), style)
            elif isinstance(value, (int, float)):
                self.sheet.write_number(row, number, value, style)
            else:
                self.sheet.write_string(row, number, str(value), style)
