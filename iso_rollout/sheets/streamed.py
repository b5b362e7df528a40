"""Streamed lists: rows → a workbook or a csv, piece by piece, in the same little memory for ten rows and a million.

A workbook is written as sheet XML straight into a zip whose end comes last: nothing waits for the last row, and
nothing goes back. Texts stand in their cells, never as formulas, and keep the format of text, so that a code
stays a code when somebody edits it.
"""

import csv
import datetime
import io
import re
import zipfile
from itertools import islice

from .formulas import guarded
from .parsed import column_letters

ROWS_AT_A_TIME = 1_000
MAX_SHEET_ROWS = 1_048_576  # of Excel, the heading included
MAX_SHEET_BYTES = 1_500_000_000  # of a zip's member without the extension that not every program reads
MAX_CELL = 32_767
EPOCH = 693_594  # the ordinal of 30.12.1899
FIRST_DATE = datetime.date(1900, 3, 1)  # before it Excel counts a day that never was
# Neither XML nor Excel has these: control characters, halves of surrogate pairs, non-characters.
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Spreadsheets decode "_x0041_" to a letter; its first underscore encoded, it stays what it is.
_DECODED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_HEAD, _DAY, _TEXT = 1, 2, 3  # cell styles, in the order of `_STYLES`

_NAMESPACE = "http://schemas.openxmlformats.org"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SPREADSHEET = f"{_NAMESPACE}/spreadsheetml/2006/main"
_OFFICE = f"{_NAMESPACE}/officeDocument/2006/relationships"
_PACKAGE = f"{_NAMESPACE}/package/2006/relationships"
_FORMAT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
# Every part that is not named is a sheet: how many there will be is known at the end.
_TYPES = f"""{_XML}<Types xmlns="{_NAMESPACE}/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="{_FORMAT}.worksheet+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="{_FORMAT}.sheet.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="{_FORMAT}.styles+xml"/></Types>"""
_RELATIONS = f"""{_XML}<Relationships xmlns="{_PACKAGE}">\
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""
_STYLES = f"""{_XML}<styleSheet xmlns="{_SPREADSHEET}"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>\
<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left/><right/><top/><bottom style="thin"><color auto="1"/></bottom><diagonal/></border></borders>\
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>\
<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>\
<xf numFmtId="0" fontId="1" fillId="0" borderId="1" xfId="0" applyFont="1" applyBorder="1" applyAlignment="1"><alignment vertical="center" wrapText="1"/></xf>\
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>\
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""


def stream_csv(titles, rows):
    """Bytes of a csv as Excel opens it: UTF-8 with its mark, dates as dd/mm/yyyy, no text that becomes a formula.

    `rows`: iterables of texts, whole numbers, dates and None. Read again, every value is what it was.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(titles)
    yield b"\xef\xbb\xbf" + _taken(out)
    rows = iter(rows)
    while piece := list(islice(rows, ROWS_AT_A_TIME)):
        writer.writerows([[_plain(value) for value in row] for row in piece])
        yield _taken(out)


def _taken(out):
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("utf-8", "replace")


def _plain(value):
    if isinstance(value, datetime.date):
        # strftime leaves out the zeros of early years.
        return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"
    return guarded(value) if isinstance(value, str) else value


def stream_xlsx(titles, rows, *, widths=(), name="Danh sách"):
    """Bytes of a workbook with a bold heading that stays in sight. `rows` as for `stream_csv`.

    `widths`: of the columns, in characters. More rows than a sheet takes go on in a second one under the same heading.
    """
    pipe, letters = _Pipe(), _letters(titles)
    head = _head(titles, letters, widths or [18] * len(titles))
    rows = iter(rows)
    pieces = iter(lambda: list(islice(rows, ROWS_AT_A_TIME)), [])
    piece, names = next(pieces, None), []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for part, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATIONS),
            ("xl/styles.xml", _STYLES),
        ):
            book.writestr(part, text)
        while piece or not names:
            names.append(f"{name} {len(names) + 1}" if names else name)
            with book.open(f"xl/worksheets/sheet{len(names)}.xml", "w") as sheet:
                sheet.write(head)
                yield pipe.taken()
                number, size = 2, 0
                while piece and number + len(piece) <= MAX_SHEET_ROWS + 1 and size < MAX_SHEET_BYTES:
                    data = _rows(piece, number, letters)
                    sheet.write(data)
                    number, size = number + len(piece), size + len(data)
                    piece = next(pieces, None)
                    yield pipe.taken()
                sheet.write(b"</sheetData></worksheet>")
        book.writestr("xl/workbook.xml", _workbook(names))
        book.writestr("xl/_rels/workbook.xml.rels", _workbook_relations(len(names)))
    yield pipe.taken()


class _Pipe:
    """A file that can only be written to, and whose bytes are taken away meanwhile."""

    def __init__(self):
        self.pieces = []

    def write(self, data):
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self):
        pass

    def taken(self):
        data = b"".join(self.pieces)
        self.pieces.clear()
        return data


def _letters(titles):
    return [column_letters(number) for number in range(1, len(titles) + 1)]


def _rows(piece, number, letters):
    lines = []
    for row in piece:
        cells = []
        for letter, value in zip(letters, row, strict=True):
            if type(value) is str:
                if value:
                    cells.append(
                        f'<c r="{letter}{number}" s="{_TEXT}" t="inlineStr"><is><t xml:space="preserve">{_escaped(value)}</t></is></c>'
                    )
            elif value is not None:
                cells.append(_other(f"{letter}{number}", value))
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
        number += 1
    return _INVALID.sub("", "".join(lines)).encode()


def _other(place, value):
    if isinstance(value, datetime.date) and value >= FIRST_DATE:
        return f'<c r="{place}" s="{_DAY}"><v>{value.toordinal() - EPOCH}</v></c>'
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" s="{_TEXT}" t="inlineStr"><is><t xml:space="preserve">{_escaped(str(_plain(value)))}</t></is></c>'


def _escaped(text):
    if len(text) > MAX_CELL:
        text = text[:MAX_CELL]
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "_x" in text:
        text = _DECODED.sub("_x005F_", text)
    return text.replace("\r", "&#13;") if "\r" in text else text


def _head(titles, letters, widths):
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(widths, 1)
    )
    cells = "".join(
        f'<c r="{letter}1" s="{_HEAD}" t="inlineStr"><is><t>{_escaped(_INVALID.sub("", title))}</t></is></c>'
        for letter, title in zip(letters, titles, strict=True)
    )
    return (
        f'{_XML}<worksheet xmlns="{_SPREADSHEET}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{columns}</cols><sheetData><row r="1">{cells}</row>'
    ).encode()


def _workbook(names):
    sheets = "".join(
        f'<sheet name="{_escaped(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, 1)
    )
    return (
        f'{_XML}<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{sheets}</sheets></workbook>"
    )


def _workbook_relations(sheets):
    own = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, sheets + 1)
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return f'{_XML}<Relationships xmlns="{_PACKAGE}">{own}{styles}</Relationships>'
