"""Markers: the running number before a name in a list, and what is written around a name and is no part of it."""

import re

from iso_rollout.text import clean, parse_unit_name

from .grid import as_text

_ROMAN = re.compile(r"(?=[IVXLC])(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_MARKER = re.compile(
    r"^\(?(?P<marker>[IVXLC]{1,6}(?:\.[0-9]{1,3})*|[A-ZĐ]|[0-9]{1,3}(?:\.[0-9]{1,3})*)\s*[.)/:–-]\s*(?P<rest>\D.*)$"
)
_UNITS = "(?:đơn vị|cơ quan|xã|phường|thị trấn|sở|tthc)"
_COUNT_BEHIND = re.compile(
    rf"\s*(?<!9001)[:(–-]\s*\(?\d[\d.]*\s*(?:{_UNITS}.*)?\)?\.?$|\s+\d[\d.]*\s*{_UNITS}\)?$|\s*:\s*$",
    re.IGNORECASE,
)
BLOCK = re.compile(
    r"^(?:khối|nhóm|cụm|phần|mục|lĩnh vực|các (?:sở|xã|phường|huyện|chi cục|ban)|cấp (?:tỉnh|huyện|xã))\b",
    re.IGNORECASE,
)


def marked(text):
    """The marker before a text, if there is one: "A. Khối sở", but not "H. Củ Chi", which is a district."""
    found = _MARKER.match(text)
    if found and len(found["marker"]) == 1 and not parse_unit_name(found["rest"]).is_unit:
        if parse_unit_name(text).is_unit and not BLOCK.match(found["rest"]):
            return None
    return found


def group_text(text):
    """The name in a group row: "Huyện Ân Thi: 21 đơn vị" → "Huyện Ân Thi"."""
    text = clean(text)
    return _COUNT_BEHIND.sub("", text).strip(" :;,.–-") or text


def is_number(marker):
    """ "7", "1.2", "3)": a running number in figures."""
    return bool(re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,3})*[.)]?", marker))


def is_roman(marker):
    """ "IV", and "II.1" below it."""
    return bool(_ROMAN.fullmatch(re.sub(r"(?:\.[0-9]{1,3})+$", "", marker.strip("().")).strip(".")))


def is_marker(text):
    """A running number of any kind: figures, Roman ones or a letter."""
    return is_number(text) or is_roman(text) or bool(re.fullmatch(r"[A-Za-zĐđ][.)]?", text))


def first_text(filled, order):
    """(column, text) of the first cell that is not only a running number. `order`: the column of those, if any."""
    for column, value in filled:
        text = as_text(value)
        if column != order or not is_marker(text):
            return column, text
    return filled[0][0], as_text(filled[0][1])
