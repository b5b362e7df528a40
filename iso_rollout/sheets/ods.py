"""Workbooks .ods: one pass over content.xml gives values, formulas, merged ranges, hidden rows and fonts.

Read without calamine, because a row or cell here may say that it is repeated a million times.
Runs in the parsing child.
"""

import io
import zipfile
from datetime import datetime

from iso_rollout.text.legacy import is_legacy_font

from .formulas import formula_state
from .guard import MAX_COLUMNS, MAX_ROWS, read_member, refuse_protected
from .parsed import ParsedSheet, refuse_columns, refuse_rows
from .xlsx import parse_xml


def parse_ods(data):
    """The workbook's sheets as `ParsedSheet`; hidden ones by name only."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    names = archive.namelist()
    if "META-INF/manifest.xml" in names and b"encryption-data" in read_member(
        archive, "META-INF/manifest.xml"
    ):
        raise refuse_protected()
    content = _Content()
    for part in ("styles.xml", "content.xml"):
        if part in names:
            parse_xml(read_member(archive, part), content.start, content.end, content.characters)
    for sheet in content.sheets:
        sheet.fill(content.rows.pop(0) if sheet.is_visible else [])
    return content.sheets


class _Content:
    """Collects sheets; `rows` holds one list of (number, values) for each visible sheet."""

    def __init__(self):
        self.sheets, self.rows = [], []
        self.hidden_styles, self.fonts, self.style = set(), {}, None
        self.sheet = self.cell = None
        self.row = self.column = 0
        self.depth_of_note = 0
        self.text = []

    def start(self, name, attributes):
        name = name.split(":")[-1]
        get = {key.split(":")[-1]: value for key, value in attributes.items()}.get
        if name == "style":
            self.style = get("name")
        elif name == "table-properties" and get("display") == "false":
            self.hidden_styles.add(self.style)
        elif name == "text-properties" and is_legacy_font(get("font-name") or get("font-family")):
            self.fonts[self.style] = get("font-name") or get("font-family")
        elif name == "table":
            self._start_sheet(get)
        elif self.sheet is None:
            return
        elif name == "table-column":
            self._start_column(get)
        elif name == "table-row":
            self._start_row(get)
        elif name in ("table-cell", "covered-table-cell"):
            self.cell, self.text = get, []
        elif name == "annotation":
            self.depth_of_note += 1
        elif name in ("line-break", "p") and self.text:
            self.text.append("\n")
        elif name == "s":
            self.text.append(" " * min(int(get("c") or 1), 100))

    def characters(self, text):
        if self.cell is not None and not self.depth_of_note:
            self.text.append(text)

    def end(self, name):
        name = name.split(":")[-1]
        if name == "annotation":
            self.depth_of_note -= 1
        elif self.sheet is None:
            return
        elif name in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif name == "table-row":
            self._end_row()
        elif name == "table":
            self.sheet = None

    def _start_sheet(self, get):
        sheet = ParsedSheet(name=get("name"), is_visible=get("style-name") not in self.hidden_styles)
        self.sheets.append(sheet)
        self.row = self.column = 0
        self.sheet = sheet if sheet.is_visible else None
        if sheet.is_visible:
            self.rows.append([])

    def _start_column(self, get):
        count = int(get("number-columns-repeated") or 1)
        if get("visibility") in ("collapse", "filter"):
            last = min(self.column + count, MAX_COLUMNS)
            self.sheet.hidden_columns.update(range(self.column + 1, last + 1))
        self.column += count

    def _start_row(self, get):
        self.row += 1
        self.column = 0
        self.values = []
        self.repeated = int(get("number-rows-repeated") or 1)
        self.is_hidden = get("visibility") in ("collapse", "filter")

    def _end_row(self):
        while self.values and self.values[-1] is None:
            self.values.pop()
        if self.values:
            if self.repeated + len(self.rows[-1]) > MAX_ROWS + 100:
                raise refuse_rows()
            for number in range(self.row, self.row + self.repeated):
                self.rows[-1].append((number, list(self.values)))
                if self.is_hidden:
                    self.sheet.hidden_rows.add(number)
        self.row += self.repeated - 1

    def _end_cell(self):
        get, self.cell = self.cell, None
        if get is None:
            return
        column, value = self.column + 1, self._value(get)
        count = int(get("number-columns-repeated") or 1)
        formula = get("formula")
        if formula is not None:
            is_error = value is not None and str(value).startswith(("#", "Err:"))
            has_value = value is not None
            self.sheet.formulas[self.row, column] = formula_state(
                formula, has_value=has_value, is_error=is_error
            )
        if value is not None or formula is not None:
            if self.column + count > MAX_COLUMNS:
                raise refuse_columns()
            self.values.extend([None] * (self.column - len(self.values)) + [value] * count)
            if formula is not None and value is None:
                self.values[-1] = formula
            if get("style-name") in self.fonts:
                self.sheet.fonts[self.row, column] = self.fonts[get("style-name")]
        across, down = int(get("number-columns-spanned") or 1), int(get("number-rows-spanned") or 1)
        if across * down > 1:
            self.sheet.merges.append((self.row, column, self.row + down - 1, column + across - 1))
        self.column += count

    def _value(self, get):
        kind = get("value-type")
        if kind in ("float", "percentage", "currency"):
            return float(get("value") or 0)
        if kind == "date":
            written = get("date-value") or ""
            try:
                return datetime.fromisoformat(written[:19])
            except ValueError:
                return written or None
        if kind == "boolean":
            return get("boolean-value") == "true"
        text = get("string-value") or "".join(self.text)
        return text if text.strip() else None
