"""Groups: which group rows stand above a row, and what they and the title say for it."""

import re
from dataclasses import dataclass
from datetime import date

from iso_rollout.text import Unreadable, clean, level_of, parse_form, parse_unit_name

from .contents import looks
from .markers import group_text
from .totals import claim

_STANDARD = re.compile(r"9001\s*[:\s–-]\s*(20[0-9]{2})(?![0-9])")
_YEAR = re.compile(r"năm\s+(20[0-9]{2})(?![0-9])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A row that heads the rows below it: its text without marker and count, as written otherwise."""

    sheet: str | None
    number: int
    column: int
    text: str
    marker: str = ""
    claims: int | None = None
    is_agency: bool = False


class GroupStack:
    """The group rows in force while the rows are read from top to bottom, outermost first.

    Depth follows the markers: a style (A, I, 1, none) that was open before closes everything below it.
    """

    def __init__(self):
        self.open = []  # [(style, GroupRow)]
        self.rows = ()
        self.last_letter = ""

    def push(self, group):
        style, level = self._style(group), _unit_level(group.text)
        for index, (open_style, open_group) in enumerate(self.open):
            # A district closes the district before it, however either is marked.
            if open_style == style or (level and level == _unit_level(open_group.text)):
                del self.open[index:]
                break
        self.open.append((style, group))
        self.rows = tuple(group for _, group in self.open)

    def _style(self, group):
        marker = group.marker.strip("().")
        if not marker:
            # Without marker an agency ranks by its level: a district closes the district above, not the province.
            return f"level {level_of(parse_unit_name(group.text))}"
        if marker[0].isdigit():
            return f"number {marker.count('.')}"
        if "." in marker:  # "II.1" stands below "II"
            return f"roman {marker.count('.')}"
        follows = len(marker) == 1 and self.last_letter and ord(marker) == ord(self.last_letter) + 1
        if len(marker) == 1 and (marker not in "IVXLC" or follows):
            self.last_letter = marker
            return "letter"
        return "roman"


def _unit_level(text):
    name = parse_unit_name(text)
    return level_of(name) if name.is_unit and name.proper else None


def group_row(sheet, verdict, *, is_agency=False):
    text = group_text(verdict.text)
    return GroupRow(
        sheet, verdict.number, verdict.column, text, verdict.marker, claim([verdict.text]), is_agency
    )


def said_by(field, text):
    """What a title or a group row says for a field of its rows, or None."""
    if field.type == "standard":
        years = set(_STANDARD.findall(clean(text)))
        return int(years.pop()) if len(years) == 1 else None
    if field.name == "name" and not field.group_text:
        return clean(text) if "agency" in looks(text) else None
    if field.type == "text" and field.group_text:
        match = re.match(field.group_text, clean(text), re.IGNORECASE)
        said = match["text"] if match else ""
        return (said.capitalize() if said.isupper() else said) or None
    if field.type == "year":
        match = _YEAR.search(clean(text))
        return int(match[1]) if match and 2000 <= int(match[1]) <= date.max.year else None
    if field.type == "form":
        try:
            return parse_form(group_text(text))
        except Unreadable:
            return None
    return None
