"""Workbooks .xlsx: values by calamine, and what calamine does not tell by a pass over the sheet's XML.

That pass (hidden rows and columns, merged ranges, formulas, fonts, number formats) uses expat and leaves the rows
out where their bytes show none of these, so a plain list of 100,000 rows costs little more than its values.
Runs in the parsing child.
"""

import io
import posixpath
import re
import zipfile
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from iso_rollout.text.legacy import is_legacy_font

from .formulas import formula_state
from .guard import MAX_COLUMNS, MAX_ROWS, read_member, refuse_corrupt, refuse_macros
from .parsed import ParsedSheet, column_number, refuse_columns, refuse_rows, value_rows

# What makes the rows of a sheet worth the slow pass; plain byte searches cost a tenth of one regular expression.
_REMARKABLE = (b"<f", b'hidden="', b't="e"')
_SECOND_LETTER = re.compile(rb'r="[A-Z][A-Z]')  # a column beyond Z
_MOST_STYLES = 10  # that are looked for one by one
# Ways to write XML in which those searches would miss something: UTF-16, comments, single quotes, prefixes.
_UNUSUAL = (b"\0", b"<!", b"='")
_PREFIXED = re.compile(rb"<\w+:(?:worksheet|sheetData)")


def parse_xlsx(data):
    """The workbook's visible sheets as `ParsedSheet`, the hidden ones by name only."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    parts = {
        name: read_member(archive, name) for name in archive.namelist() if name.endswith((".xml", ".rels"))
    }
    home, sheets, epoch_1904 = _workbook(parts)
    formats, fonts = _styles(parts, home)
    try:
        values = CalamineWorkbook.from_filelike(io.BytesIO(data))
        known = set(values.sheet_names)
    except (CalamineError, OSError, ValueError):
        raise refuse_corrupt() from None
    parsed = []
    for name, is_visible, part in sheets:
        xml = parts.get(part)
        if xml is None or name not in known or b"worksheet" not in xml[:2000]:
            continue  # a chart sheet, or a part that is not there
        sheet = ParsedSheet(name=name, is_visible=is_visible, epoch_1904=epoch_1904)
        parsed.append(sheet)
        if not is_visible:
            continue
        _SheetPass(sheet, formats, fonts).read(_without_plain_rows(xml, {*formats, *fonts}))
        try:
            sheet.fill(value_rows(values.get_sheet_by_name(name)))
        except (CalamineError, ValueError, OSError):
            raise refuse_corrupt() from None
    if not parsed:
        raise refuse_corrupt()
    return parsed


def _without_plain_rows(xml, styles):
    """A sheet's XML; without its rows where they hold nothing but values. `styles`: those that are remarkable."""
    first, last = xml.find(b"<sheetData>"), xml.rfind(b"</sheetData>")
    if (
        first < 0
        or last < first
        or _PREFIXED.search(xml[:2000])
        or any(sign in xml for sign in _unusual(xml))
    ):
        return xml
    if len(styles) > _MOST_STYLES:
        return xml
    needles = (*_REMARKABLE, *(b's="%d"' % style for style in styles))
    if any(xml.find(needle, first, last) >= 0 for needle in needles) or _SECOND_LETTER.search(
        xml, first, last
    ):
        return xml
    return xml[:first] + xml[last + len(b"</sheetData>") :]


def _unusual(xml):
    """The signs to look for, those left out whose single bytes are not there: that is seen in no time."""
    return [sign for sign in _UNUSUAL if all(bytes([byte]) in xml for byte in sign)]


def _workbook(parts):
    """(folder of the workbook part, [(sheet name, is it visible, its part)], whether dates count from 1904)."""
    path = "xl/workbook.xml"
    for attributes in _tags(parts.get("_rels/.rels", b""), "Relationship"):
        if attributes.get("Type", "").endswith("/officeDocument"):
            path = attributes.get("Target", "").lstrip("/")
    if path not in parts:
        raise refuse_corrupt()
    if b"macroEnabled" in parts.get("[Content_Types].xml", b""):
        raise refuse_macros()
    home, file_name = posixpath.split(path)
    targets = {
        attributes.get("Id"): posixpath.normpath(
            posixpath.join("/", home, attributes.get("Target", ""))
        ).lstrip("/")
        for attributes in _tags(parts.get(f"{home}/_rels/{file_name}.rels", b""), "Relationship")
    }
    sheets = []
    for attributes in _tags(parts[path], "sheet"):
        relation = next((value for key, value in attributes.items() if key.split(":")[-1] == "id"), None)
        is_visible = attributes.get("state", "visible") == "visible"
        sheets.append((attributes.get("name", ""), is_visible, targets.get(relation)))
    epoch_1904 = any(a.get("date1904") in ("1", "true") for a in _tags(parts[path], "workbookPr"))
    return home, sheets, epoch_1904


def _tags(xml, wanted):
    """The attributes of every element of one local name."""
    found = []

    def start(name, attributes):
        if name.split(":")[-1] == wanted:
            found.append(attributes)

    parse_xml(xml, start)
    return found


def parse_xml(xml, start, end=None, characters=None):
    """Feed XML to handlers; damaged XML is a damaged file. Document types were refused before."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    try:
        if xml:
            parser.Parse(xml, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise refuse_corrupt() from None


def _styles(parts, home):
    """({cell style: zero format}, {cell style: legacy font}): only the styles that change how a cell is read."""
    xml = parts.get(f"{home}/styles.xml", b"")
    codes, fonts, styles = {}, [], []
    where = []

    def start(name, attributes):
        name = name.split(":")[-1]
        where.append(name)
        if name == "numFmt":
            codes[attributes.get("numFmtId")] = attributes.get("formatCode", "")
        elif name == "font" and where[-2:-1] == ["fonts"]:
            fonts.append("")
        elif name == "name" and fonts and where[-3:-1] == ["fonts", "font"]:
            fonts[-1] = attributes.get("val", "")
        elif name == "xf" and where[-2:-1] == ["cellXfs"]:
            styles.append((attributes.get("numFmtId"), attributes.get("fontId", "0")))

    parse_xml(xml, start, lambda _: where.pop())
    zeros, legacy = {}, {}
    for number, (code, font) in enumerate(styles):
        if re.fullmatch("0{2,20}", codes.get(code, "").strip('"')):
            zeros[number] = codes[code].strip('"')
        font_name = fonts[int(font)] if font.isdigit() and int(font) < len(fonts) else ""
        if is_legacy_font(font_name):
            legacy[number] = font_name
    return zeros, legacy


class _SheetPass:
    """One pass over a sheet's XML that notes what stands beside the values."""

    def __init__(self, sheet, formats, fonts):
        self.sheet, self.formats, self.fonts = sheet, formats, fonts
        self.row = self.column = 0
        self.is_hidden = False
        self.kind = self.formula = None
        self.text, self.collect, self.has_value = [], None, False

    def read(self, xml):
        parse_xml(xml, self.start, self.end, self.characters)

    def start(self, name, attributes):
        name = name.split(":")[-1]
        if name == "c":
            self._start_cell(attributes)
        elif name == "row":
            self.row = int(attributes["r"]) if attributes.get("r", "").isdigit() else self.row + 1
            self.column = 0
            if attributes.get("hidden") in ("1", "true"):
                self.sheet.hidden_rows.add(self.row)
        elif name in ("f", "v"):
            self.collect, self.text = name, []
        elif name == "is":
            self.has_value = True
        elif name == "col" and attributes.get("hidden") in ("1", "true"):
            first, last = int(attributes.get("min", 1)), int(attributes.get("max", 1))
            self.sheet.hidden_columns.update(range(first, min(last, MAX_COLUMNS) + 1))
        elif name == "mergeCell":
            self.sheet.add_merge(attributes.get("ref", ""))

    def _start_cell(self, attributes):
        reference = attributes.get("r", "")
        letters = reference.rstrip("0123456789")
        self.column = column_number(letters) if letters.isalpha() else self.column + 1
        self.kind, self.formula, self.has_value = attributes.get("t"), None, False
        style = attributes.get("s", "")
        style = int(style) if style.isdigit() else 0
        if style in self.fonts:
            self.sheet.fonts[self.row, self.column] = self.fonts[style]
        if style in self.formats:
            self.sheet.formats[self.row, self.column] = self.formats[style]

    def characters(self, text):
        if self.collect:
            self.text.append(text)

    def end(self, name):
        name = name.split(":")[-1]
        if name == "f":
            self.formula, self.collect = "".join(self.text), None
        elif name == "v":
            self.has_value, self.collect = bool("".join(self.text)) or self.kind == "str", None
        elif name == "c":
            self._end_cell()

    def _end_cell(self):
        if self.has_value or self.formula is not None:
            if self.column > MAX_COLUMNS:
                raise refuse_columns()
            self.sheet.filled_rows += self.row != self.sheet.last_filled
            self.sheet.last_filled = self.row
            if self.sheet.filled_rows > MAX_ROWS:
                raise refuse_rows()
        if self.formula is not None or (self.kind == "e" and self.has_value):
            self.sheet.formulas[self.row, self.column] = formula_state(
                self.formula or "", has_value=self.has_value, is_error=self.kind == "e"
            )
