"""Annotated workbooks: a person's own workbook with one more column that says what is wrong in each row."""

import io
import re
from bisect import bisect_left

from .guard import kind_of
from .parsed import column_letters, column_number

# Beyond these the person's formats are given up: the list is written anew, in constant memory.
MOST_ROWS, MOST_BYTES = 20_000, 5 * 2**20
_ADDRESS = re.compile(r"([A-Z]{1,2})([0-9]+)")


def annotated_workbook(data, reading, told, *, title="", warning=""):
    """The bytes of an .xlsx. `told`: [(Problem, its title, whether it blocks)]; `warning`: the word before a warning."""
    notes, bad = {}, {}
    for problem, name, blocks in told:
        number = _row_of(problem, reading)
        words = (
            f"{problem.cell}: {name}. {problem}" if blocks else f"{warning} {problem.cell}: {name}. {problem}"
        )
        notes.setdefault(problem.sheet, {}).setdefault(number, []).append(words)
        if blocks and (place := _ADDRESS.match(problem.cell)):
            bad.setdefault(problem.sheet, set()).add((int(place[2]), column_number(place[1])))
    # What belongs to no sheet stands in the first one.
    first = reading.parsed[0].name if reading.parsed else None
    for number, words in notes.pop(None, {}).items() if first is not None else ():
        notes.setdefault(first, {}).setdefault(number, []).extend(words)
    rows = sum(map(len, reading.parsed))
    if reading.parsed and rows <= MOST_ROWS and len(data) <= MOST_BYTES and kind_of(data) == "xlsx":
        try:
            return _write_into(data, reading, notes, bad, title)
        except (
            Exception
        ):  # whatever a stranger's file holds that openpyxl does not know: the list is what matters
            pass
    return _write_anew(reading, notes, bad, title)


def _row_of(problem, reading):
    """The row beside which a problem is told: its own, that of a csv's line, else the heading."""
    if place := _ADDRESS.match(problem.cell):
        return int(place[2])
    sheet = next((s for s in reading.parsed if s.name == problem.sheet), None)
    if problem.cell.startswith("line ") and sheet is not None and sheet.lines:
        line = int(problem.cell.removeprefix("line "))
        index = bisect_left(sheet.lines, line)
        return sheet.numbers[index] if index < len(sheet.lines) and sheet.lines[index] == line else 1
    table = next((t for t in reading.tables if t.name == problem.sheet), None)
    return table.header.last if table else 1


def _heading_rows(reading):
    return {table.name: table.header.last for table in reading.tables}


def _write_into(data, reading, notes, bad, title):
    from openpyxl import load_workbook
    from openpyxl.styles import Alignment, Font, PatternFill

    book = load_workbook(io.BytesIO(data), keep_links=False)
    red, fill = Font(color="FF9C1C1C"), PatternFill("solid", fgColor="FFF9D9D8")
    headings = _heading_rows(reading)
    for parsed in reading.parsed:
        if parsed.name not in book.sheetnames or not notes.get(parsed.name):
            continue
        sheet = book[parsed.name]
        column = len(parsed.columns) + 1
        sheet.column_dimensions[column_letters(column)].width = 60
        if heading := headings.get(parsed.name):
            sheet.cell(heading, column).value = title
            sheet.cell(heading, column).font = Font(bold=True, color="FF9C1C1C")
        for number, words in notes[parsed.name].items():
            told = sheet.cell(number, column)
            told.value = "; ".join([str(told.value), *words] if told.value else words)[:32_000]
            told.data_type = "s"
            told.font, told.alignment = red, Alignment(wrap_text=True, vertical="top")
        for number, at in bad.get(parsed.name, ()):
            sheet.cell(number, at).fill = fill
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_anew(reading, notes, bad, title):
    import xlsxwriter

    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        red = book.add_format({"font_color": "#9C1C1C"})
        fill = book.add_format({"bg_color": "#F9D9D8"})
        headings = _heading_rows(reading)
        for index, parsed in enumerate(reading.parsed):
            sheet = book.add_worksheet(_sheet_name(parsed.name, index))
            column = len(parsed.columns)
            sheet.set_column(column, column, 60)
            told, wrong = notes.get(parsed.name, {}), bad.get(parsed.name, set())
            heading = headings.get(parsed.name)
            for position, number in enumerate(parsed.numbers):
                for at, value in enumerate(parsed.row(position)):
                    if value is not None:
                        _write(sheet, number - 1, at, value, fill if (number, at + 1) in wrong else None)
                words = ([title] if number == heading else []) + told.get(number, [])
                if words:
                    sheet.write_string(number - 1, column, "; ".join(words)[:32_000], red)
        if not reading.parsed:
            sheet = book.add_worksheet()
            for number, words in enumerate(words for rows in notes.values() for words in rows.values()):
                sheet.write_string(number, 0, "; ".join(words)[:32_000], red)
    return out.getvalue()


def _write(sheet, row, column, value, style):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        sheet.write_number(row, column, value, style)
    elif hasattr(value, "strftime"):
        sheet.write_string(row, column, f"{value:%d/%m/%Y}" if hasattr(value, "year") else str(value), style)
    else:
        sheet.write_string(row, column, str(value)[:32_000], style)


def _sheet_name(name, index):
    return re.sub(r"[\[\]:*?/\\']", " ", name or "")[:28].strip() or f"Sheet{index + 1}"
