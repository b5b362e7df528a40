"""Delimited text (.csv): its encoding, its delimiter, its rows. Runs in the parsing child."""

import codecs
import csv
import io
import re
from array import array

from iso_rollout.text import legacy

from .formulas import formula_state, unguarded
from .guard import MAX_COLUMNS, unmarked_utf16
from .parsed import ParsedSheet, refuse_columns
from .problems import Refused

DELIMITERS = ",;\t|"
MAX_FIELD = 1_000_000


def parse_csv(data, *, convert_legacy=False):
    """One `ParsedSheet` without a name. Row numbers count records, as a spreadsheet shows them."""
    text = decode(data, convert_legacy=convert_legacy)
    delimiter, text, first_line = find_delimiter(text)
    csv.field_size_limit(MAX_FIELD)
    sheet = ParsedSheet(name=None, lines=array("I"), widths=array("I"))
    # Strict: a quotation mark that is never closed would swallow the rest of the list.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    sheet.fill(_rows(reader, sheet, first_line))
    for column, strip in enumerate(sheet.columns, 1):
        _understand(sheet, column, strip)
    return [sheet]


def _rows(reader, sheet, first_line):
    """(record number, fields) of every record that holds something; notes its line and its width."""
    line = first_line
    try:
        for number, fields in enumerate(reader, 1):
            begins, line = line, first_line + reader.line_num
            width = len(fields)
            if width > MAX_COLUMNS:
                raise refuse_columns("header")
            while fields and (not fields[-1] or fields[-1].isspace()):
                fields.pop()
            if fields:
                sheet.lines.append(begins)
                sheet.widths.append(width)
                yield number, fields
    except csv.Error:
        raise Refused("E_CSV", "Line %(line)s cannot be read: a quotation mark may be missing.",
                      cell=f"line {line}", line=line) from None  # fmt: skip


def _understand(sheet, column, strip):
    """Blank texts are empty cells; what begins with "=" is a formula that nobody calculated."""
    blank, formulas = set(), {}
    for code, text in enumerate(strip.values):
        if not text:
            continue
        if text.isspace():
            blank.add(code)
        elif text[0] == "=" and len(text) > 1:
            # ="0123" is how people keep zeros in a csv.
            if quoted := re.fullmatch(r'="([^"]*)"', text.strip()):
                strip.values[code] = quoted[1]
                blank.update({code} if not quoted[1] else ())
            else:
                formulas[code] = formula_state(text[1:], has_value=False)
        elif text[0] == "'":
            strip.values[code] = unguarded(text)
    for position in strip.places(formulas):
        sheet.formulas[sheet.numbers[position], column] = formulas[strip.codes[position]]
    strip.clear(blank)


def decode(data, *, convert_legacy=False):
    """The text of a csv: UTF-8 or UTF-16, with or without mark. Anything else is named and refused."""
    marks = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
    mark = next(filter(data.startswith, marks), b"")
    encoding, data = marks.get(mark) or unmarked_utf16(data) or "utf-8", data[len(mark) :]
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if convert_legacy and encoding == "utf-8":
            return _decode_legacy(data)
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused("E_ENCODING", "Line %(line)s: the csv file is not UTF-8. Save it as “CSV UTF-8” and try again.",
                      cell=f"line {line}", line=line) from None  # fmt: skip


def _decode_legacy(data):
    """A csv that is not UTF-8, on request: Windows-1258, or one byte per letter of TCVN3 or VNI."""
    one_byte = data.decode("latin-1")
    sample = next((piece for piece in re.findall(r"[^,;\t\r\n]+", one_byte) if legacy.detect(piece)), None)
    return one_byte if sample else data.decode("cp1258", "replace")


def find_delimiter(text):
    """(delimiter, the text without a "sep=" line, the number of its first line)."""
    if match := re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE):
        return match[1], text[match.end() :], 2
    sample = text[:50_000].splitlines()[:60]

    def agreement(delimiter):
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if any(row)]
        usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width), default=1)
        return (widths.count(usual) if usual > 1 else 0, usual)

    try:
        return max(DELIMITERS, key=agreement), text, 1
    except csv.Error:
        return ",", text, 1
