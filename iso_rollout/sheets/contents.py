"""Contents: what the cells below a heading look like, and how well that fits a field.

A heading says what a column should hold, its cells say what it holds. Both are asked, because offices invent
headings ("Đơn vị được công nhận") and reuse words ("Người ký quyết định").
"""

import re
from collections import Counter
from functools import lru_cache

from iso_rollout.text import (
    Unreadable,
    clean,
    level_of,
    parse_form,
    parse_level,
    parse_standard,
    parse_unit_name,
    unit_type_of,
)
from iso_rollout.text.values import MARKS

from .frame import FOOT_WORDS, is_number_row
from .grid import as_text

SAMPLED_ROWS = 60  # below the heading: enough to know a column, cheap for a long list
LONGEST = 300  # characters of a cell that are looked at
FEWEST = 2  # filled cells that can say something
_DOCUMENT = re.compile(r"\d+\s*[A-Za-zĐÐđ]?\s*/\s*(?:\d{4}\s*/\s*)?[A-ZĐÐ]{2}", re.IGNORECASE)
_DECISION = re.compile(r"\d+\s*[A-Za-zĐÐđ]?\s*/\s*(?:\d{4}\s*/\s*)?Q[ĐÐD]\b", re.IGNORECASE)
_DAY = re.compile(
    r"(?:ngày\s*)?(?:\d{1,2}\s*[/.-]\s*\d{1,2}\s*[/.-]\s*\d{2,4}|\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}\s+tháng\s+\d{1,2}\s+năm\s+\d{2,4})"
    r"|(?:tháng\s*)?\d{1,2}\s*/\s*\d{4}|quý\s+\w+.*\d{4}",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"[\d.,\s%-]+(?:\s*(?:tthc|thủ tục|quy trình|hồ sơ|người|triệu đồng))?", re.IGNORECASE)
_ISO = re.compile(r"9001\s*[:–-]\s*20\d\d|\b(?:phiên bản|iso)\s*:?\s*20\d\d", re.IGNORECASE)
# "P1" is a code before it is a ward: wards are written "P.1" or "Phường 1".
_CODE = re.compile(r"[A-Z]\d{1,3}(?:[.-]\w{1,10})+|\d{1,3}(?:\.\d{1,6}){2,}|[A-Z]{1,4}\d{1,6}", re.IGNORECASE)
_PROCEDURE = re.compile(r"[1-9]\.\d{6}(?:\..*)?")
_CONTACT = re.compile(r"\S+@\S+\.\S+|\+?[\d.\s()-]{9,}")
_INSTITUTION = re.compile(
    r"(?:sở|ban|chi cục|cục|văn phòng|thanh tra|trung tâm|công an|phòng|trường|bệnh viện|đài|quỹ|bql|vp|tt|bộ chỉ huy)\s",
    re.IGNORECASE,
)
# What no name of an agency looks like.
_NO_NAME = frozenset({"document", "day", "figure", "standard", "form", "mark", "contact", "procedure"})
_FITTING = {
    "date": ("day", "serial"),
    "decision": ("document",),
    "standard": ("standard", "edition"),
    "form": ("form",),
    "level": ("level", "type"),
    "unit_type": ("type", "level"),
    "whole": ("figure", "edition", "serial"),
    "procedure_code": ("procedure",),
    "year": ("figure", "edition", "year"),
}  # fmt: skip


def sample(grid, below):
    """{column: [what each filled cell looks like]} of the first rows below a heading."""
    found = {}
    numbers = [number for number in grid.numbers if number > below][:SAMPLED_ROWS]
    for number in numbers:
        filled = grid.filled(number)
        if len(filled) < 2 or is_number_row(filled):  # a group row, a note: not a row of the table
            continue
        if FOOT_WORDS.match(as_text(filled[0][1])[:LONGEST]):
            break
        for column, value in filled:
            found.setdefault(column, []).append((looks(value), value))
    return found


def fit(field, cells):
    """How much of a column looks like a field, 0 to 1; None where its cells cannot say."""
    if len(cells) < FEWEST:
        return None
    kinds = [kinds for kinds, _ in cells]
    if wanted := _FITTING.get(field.type):
        fitting = sum(not found.isdisjoint(wanted) for found in kinds) / len(cells)
        return fitting if field.type != "whole" else None
    if field.type == "code":  # "Mã số" may be the code of a procedure
        return sum("procedure" not in found for found in kinds) / len(cells)
    if field.name in ("name", "district", "parent"):
        return _fits_place(field, cells)
    return None


def are_marks(cells):
    """Whether a column holds marks: x, or 1."""
    return all("mark" in kinds or value == 1 for kinds, value in cells)


def _fits_place(field, cells):
    """Names and places are both words: what kind of unit stands there, and how often, tells them apart."""
    # A place may be told by its code, which may be a figure; a name may not.
    strange = _NO_NAME if field.name == "name" else _NO_NAME - {"figure"}
    names = [(found, value) for found, value in cells if found.isdisjoint(strange)]
    share = len(names) / len(cells)
    if field.name == "name":
        return share
    lower = sum("commune" in found for found, _ in names)
    upper = sum(not found.isdisjoint(("district", "province", "body")) for found, _ in names)
    if lower > upper:
        return 0.0
    return share


def speaks(field, cells):
    """Whether a column says by its cells alone what it is, whatever stands above it."""
    if len(cells) < FEWEST:
        return False
    counted = Counter(kind for found, _ in cells for kind in found)
    share = {kind: count / len(cells) for kind, count in counted.items()}
    if field.type == "decision":
        return share.get("decision", 0) >= 0.6
    if field.type == "standard":
        # Nothing but 2008 and 2015 in a longer column are versions, not years.
        editions = share.get("edition", 0) if len(cells) > FEWEST else 0
        return share.get("standard", 0) + editions >= 0.9
    if field.type == "form":
        return share.get("form", 0) >= 0.8
    if field.name == "email":
        return share.get("mail", 0) >= 0.8
    if field.type == "procedure_code":
        return share.get("procedure", 0) >= 0.8
    if field.name == "name":
        return share.get("agency", 0) >= 0.6
    if field.name == "district":
        return share.get("district", 0) >= 0.8
    return False


def looks(value):
    """What one cell can be: a set of words such as {"document", "decision"}."""
    if isinstance(value, str):
        return _text_looks(value)
    if isinstance(value, bool):
        return _MARK
    if isinstance(value, (int, float)):
        if value in (2008, 2015, 2026):
            return _EDITION
        if isinstance(value, float) and 1 < value < 10 and not value.is_integer():
            return _PROCEDURES  # Excel makes a number of 1.000120
        return _SERIAL if 36_500 < value < 60_000 and float(value).is_integer() else _FIGURES
    return _DAYS


_PROCEDURES = frozenset({"procedure", "figure"})
_MARK, _EDITION = frozenset({"mark"}), frozenset({"edition", "figure"})
_YEAR = frozenset({"year"})
_SERIAL, _FIGURES, _DAYS = frozenset({"serial", "figure"}), frozenset({"figure"}), frozenset({"day"})


@lru_cache(maxsize=4_000)
def _text_looks(text):
    text = clean(text[:LONGEST])
    low, found = text.casefold(), set()
    if low in MARKS:
        return _MARK
    if low in ("2008", "2015", "2026"):
        return _EDITION
    if re.fullmatch(r"năm 20\d\d", low):
        return _YEAR
    if _DOCUMENT.search(text):
        found.add("document")
        if _DECISION.search(text) or low.startswith(("quyết định", "qđ")):
            found.add("decision")
        return frozenset(found)
    if _DAY.fullmatch(text.strip(" ().,;")):
        return _DAYS
    if _PROCEDURE.fullmatch(text):
        found.add("procedure")
    if _CONTACT.fullmatch(text):
        found |= {"contact", "mail" if "@" in text else "telephone"}
    if _FIGURE.fullmatch(text):
        found.add("figure")
    if _CODE.fullmatch(text):
        found.add("code")
    if not found:
        found |= _words_look(text)
    return frozenset(found)


def _words_look(text):
    found = set()
    if unit_type_of(text):
        found.add("type")
    if len(text) < 40 and reads(parse_level, text):
        found.add("level")
    if _ISO.search(text) and reads(parse_standard, text):
        found.add("standard")
    elif len(text) < 60 and reads(parse_form, text):
        found.add("form")
    name = parse_unit_name(text)
    if name.is_unit and name.proper:
        found |= {"agency", level_of(name) or ""}
    elif name.is_committee or _INSTITUTION.match(text):
        found |= {"agency", "body"}
    return found


def reads(parse, text):
    """Whether a text says what a parser asks for."""
    try:
        return parse(text) is not None
    except Unreadable:
        return False
