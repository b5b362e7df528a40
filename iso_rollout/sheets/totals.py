"""Totals: rows that add up, what they claim, and whether it is true."""

import re

from iso_rollout.text import clean

LONGEST = 300  # characters of a row's text that are looked at: nobody writes a total in a longer one
# "Cộng" and "Tổng" begin a total when nothing, a mark, a figure or one of these words follows. "Cộng Hòa" is a name.
_AFTER = r"(?:đơn vị|cơ quan|toàn|mang sang|chuyển|nhóm|mục|phần|khối|huyện|quận|thị xã|thành phố|tỉnh|trang|chung|xã|phường|[ivx]+\b|[a-h]\b)"
_TOTAL = re.compile(
    rf"(?P<word>tổng\s+cộng|tổng\s+số|cộng\s+dồn|tổng|cộng)\s*(?=$|[:(=\d.…,–-]|{_AFTER})", re.IGNORECASE
)
_CLAIM = re.compile(
    r"(?P<number>\d{1,3}(?:[. ]\d{3})+|\d+)\s*(?:đơn\s+vị|cơ\s+quan)\b|(?<!9001):\s*(?P<after>\d{1,6})\s*\)?\.?$",
    re.IGNORECASE,
)


def is_total(text):
    """ "Tổng cộng: 39", "Cộng", "TỔNG SỐ" are totals; "Cộng Hòa", "Tổng cục Thuế" and "Tổng Phan" are not."""
    text = clean(text)
    return bool(_TOTAL.match(text)) or text.casefold().startswith(("tổng số", "tổng cộng"))


def counts_whole_sheet(text):
    """ "Tổng …" counts the sheet, "Cộng" its group."""
    return clean(text).casefold().startswith("tổng")


def claim(texts):
    """The number of agencies that a row states, or None.

    A row states agencies only where it says "đơn vị", "cơ quan" or a number after a colon; a bare number under a
    column of figures is that column's sum. Source: `office/README.md`, rule 8.
    """
    for text in texts:
        if match := _CLAIM.search(clean(text)[-LONGEST:]):
            return int(re.sub(r"[. ]", "", match["number"] or match["after"]))
    return None
