"""Rows: what each row of a sheet is taken for, and why.

Every decision is a sum of observations that can be shown beside the row: which columns are filled, what the
running number looks like, which words stand there, what follows.
"""

import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from iso_rollout.text import clean, fold, parse_form, parse_level, parse_mark, parse_unit_name, unit_type_of

from .contents import reads
from .frame import FOOT_WORDS, NOTE_WORDS, is_number_row
from .grid import as_text
from .problems import Reason
from .totals import LONGEST, claim, is_total

TITLE, HEADER, NUMBER_ROW, GROUP, DATA = "title", "header", "number_row", "group", "data"
SUBTOTAL, TOTAL, NOTE, FOOTER, BLANK = "subtotal", "total", "note", "footer", "blank"
CLASSES = (TITLE, HEADER, NUMBER_ROW, GROUP, DATA, SUBTOTAL, TOTAL, NOTE, FOOTER, BLANK)

LONGEST_FOOT = 20  # rows of signatures and recipients
_FIRST_LETTERS_OF_TOTALS = ("", "c", "C", "t", "T")
NUMBERED_NAME = Reason("running number and name without anything else")
_ROMAN = re.compile(r"(?=[IVXLC])(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_MARKER = re.compile(
    r"^\(?(?P<marker>[IVXLC]{1,6}|[A-ZĐ]|[0-9]{1,3}(?:\.[0-9]{1,3})*)\s*[.)/:–-]\s*(?P<rest>\D.*)$"
)
_UNITS = "(?:đơn vị|cơ quan|xã|phường|thị trấn|sở|tthc)"
_COUNT_BEHIND = re.compile(
    rf"\s*(?<!9001)[:(–-]\s*\(?\d[\d.]*\s*(?:{_UNITS}.*)?\)?\.?$|\s+\d[\d.]*\s*{_UNITS}\)?$|\s*:\s*$",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"^(?:khối|nhóm|cụm|phần|mục|lĩnh vực|các (?:sở|xã|phường|huyện|chi cục|ban)|cấp (?:tỉnh|huyện|xã))\b",
    re.IGNORECASE,
)


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


@dataclass(slots=True)
class Row:
    """One row that is about one agency (or procedure, person …).

    `values`: field → cleaned value; a field without a value is absent. `groups`: the group rows above, outermost
    first. `reason`: why it was taken for data. `cell(name)`: the address a value came from.
    """

    sheet: str | None
    number: int
    reason: Reason
    groups: tuple
    values: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)  # field → address, where it is not the field's own column
    letters: dict = field(
        default_factory=dict, repr=False
    )  # field → column letters, shared by the sheet's rows

    def cell(self, name):
        """ "B3": the cell of a field; the row's first cell when the field has no column."""
        if name in self.sources:
            return self.sources[name]
        return f"{self.letters.get(name) or next(iter(self.letters.values()), 'A')}{self.number}"


class Verdict(NamedTuple):
    """What a row was taken for, and why; `text` and `column` of the cell that decided."""

    number: int
    cls: str
    reason: Reason
    column: int = 0
    text: str = ""
    marker: str = ""


class Classifier:
    """Judges the rows below the header of one sheet."""

    def __init__(self, grid, header, kind):
        self.grid, self.header, self.kind = grid, header, kind
        self.order = next((column.number for column in header.columns if column.is_order), None)
        self.subjects = [
            c.number
            for c in header.columns
            if c.field and c.field.name in kind.subject and c.field.type != "code"
        ]
        if not self.subjects:
            self.subjects = [c.number for c in header.columns if c.field and c.field.name in kind.subject]
        # In a column of marks only a mark is evidence.
        self.evidence = [
            (c.number, c.field if c.option is None else replace(c.field, type="mark"), {})
            for c in header.columns
            if c.field and c.field.name in kind.evidence
        ]
        self.reasons = {
            field_.name: Reason("name and “%(title)s”", title=field_.title) for _, field_, _ in self.evidence
        }
        self.headings = {c.number: fold(c.path[-1]) for c in header.columns if c.path}
        self.raw_headings = {
            value for row in range(header.first, header.last + 1) for _, value in grid.filled(row)
        }
        self.known = {c.number for c in header.columns if c.field}
        # Where nothing but names stands in the sheet, a name is all the evidence there can be.
        self.needs_evidence = bool(self.evidence) or (kind.number_is_evidence and self.order is not None)

    def verdicts(self, by_person=None):
        """[Verdict] of every row that holds anything, title rows included; `by_person`: {row: class}."""
        by_person = by_person or {}
        found = []
        for number in self.grid.numbers:
            if number < self.header.first:
                found.append(self._above(number))
            elif number <= self.header.last:
                found.append(Verdict(number, HEADER, Reason("the heading")))
            else:
                is_first = found[-1].cls == HEADER
                found.append((not is_first and self._plain(number)) or self._judge(number, is_first=is_first))
            if number in by_person and found[-1].cls != by_person[number]:
                last = found[-1]
                found[-1] = Verdict(
                    number, by_person[number], Reason("said by a person"), last.column, last.text, last.marker
                )
        return self._end_table(found, by_person)

    def _above(self, number):
        """A title row, or the first group when it stands right above the heading: "A. XÂY DỰNG MỚI"."""
        filled = self.grid.filled(number)
        if (
            len(filled) == 1
            and self.header.first - number == 1
            and (found := _marked(as_text(filled[0][1])[:LONGEST]))
        ):
            marker = found["marker"]
            if not marker[0].isdigit():
                return Verdict(
                    number,
                    GROUP,
                    Reason("marked “%(marker)s”", marker=marker),
                    filled[0][0],
                    found["rest"],
                    marker,
                )
        return Verdict(number, TITLE, Reason("above the heading"))

    def _plain(self, number):
        """The common case, fast: a name and a cell that only a row about an agency has. None: look closer."""
        cells = self.grid.by_number[number]
        width = len(cells)
        subject = next((column for column in self.subjects if column <= width and cells[column - 1]), None)
        if subject is None or self._may_be_special(cells[subject - 1]):
            return None
        first = next(value for value in cells if value is not None)
        if first.__class__ is str and self._may_be_special(first):
            return None
        for column, field_, seen in self.evidence:
            value = cells[column - 1] if column <= width else None
            if (
                value is not None
                and (number, column) not in self.grid.covered
                and self._is_evidence(value, field_, seen)
            ):
                return Verdict(number, DATA, self.reasons[field_.name], subject)
        return None

    def _may_be_special(self, value):
        """Blank, a heading repeated on the next page, or the beginning of "Tổng" or "Cộng"."""
        return (
            value.__class__ is not str
            or value in self.raw_headings
            or value.lstrip()[:1] in _FIRST_LETTERS_OF_TOTALS
        )

    @staticmethod
    def _is_evidence(value, field_, seen):
        if value.__class__ is not str:
            return True
        known = seen.get(value)
        if known is None:
            known = _is_evidence(value, field_)
            if len(seen) < 50_000:
                seen[value] = known
        return known

    def _judge(self, number, *, is_first):
        filled = self.grid.filled(number)
        if not filled:
            return Verdict(number, BLANK, Reason("empty"))
        if is_first and is_number_row(filled):
            return Verdict(number, NUMBER_ROW, Reason("numbers of the columns"))
        if self._repeats_header(filled):
            return Verdict(number, HEADER, Reason("repeats the heading"))
        marker = as_text(self.grid.value(number, self.order)) if self.order else ""
        subject = next((column for column in self.subjects if self.grid.text(number, column)), None)
        evidence = next((name for column, name in self._evidence_of(number)), None)
        first_column, first_text = self._first_text(filled)
        if is_total(first_text) and not (evidence and _is_number(marker) and subject):
            return Verdict(number, TOTAL, Reason("begins with “Cộng” or “Tổng”"), first_column, first_text)
        if subject and evidence:
            return Verdict(number, DATA, Reason("name and “%(title)s”", title=evidence), subject)
        if subject and _is_number(marker) and (self.kind.number_is_evidence or not self.needs_evidence):
            return Verdict(number, DATA, Reason("name and running number"), subject)
        return self._without_evidence(number, filled, marker, subject, evidence)

    def _without_evidence(self, number, filled, marker, subject, evidence):
        column, text = self._first_text(filled)
        text = text[:LONGEST]
        if NOTE_WORDS.match(text):
            return Verdict(number, NOTE, Reason("a note"), column, text)
        if FOOT_WORDS.match(text):
            return Verdict(number, FOOTER, Reason("words of a signature or of recipients"), column, text)
        if all(_is_figure(value) for _, value in filled):
            return Verdict(number, TOTAL, Reason("figures only"), column, text)
        if found := _marked(text):
            if not marker or column == self.order:
                marker, text = found["marker"], found["rest"]
        elif column == self.order and len(filled) > 1 and _is_marker(text):
            column, text = next((c, as_text(v)) for c, v in filled if c != self.order)
        reason = self._group_reason(number, filled, marker, text, column)
        if reason:
            return Verdict(number, GROUP, reason, column, text, marker)
        if evidence:  # a code or a date without a name: somebody forgot it
            return Verdict(number, DATA, Reason("no name, but “%(title)s”", title=evidence), column)
        if subject and (not self.needs_evidence or self._filled_known(filled) >= 3):
            return Verdict(number, DATA, Reason("name and other cells of the list"), subject)
        if subject and _is_number(marker):
            return Verdict(number, NOTE, NUMBERED_NAME, column, text, marker)
        reason = Reason("name without anything else") if subject else Reason("no name")
        return Verdict(number, NOTE, reason, column, text)

    def _group_reason(self, number, filled, marker, text, column):
        others = [c for c, _ in filled if c not in (column, self.order)]
        if any(c in self.known for c in others) and not self._is_sum_row(others, number):
            return None
        if len(text) < 2 or not re.search(r"[^\W\d_]", text):
            return None
        if _is_roman(marker) or re.fullmatch(r"[A-ZĐ]", marker):
            return Reason("marked “%(marker)s”", marker=marker)
        merge = self.grid.merge_of.get((number, filled[0][0]))
        if merge and merge[3] - merge[1] >= 2:
            return Reason("merged across the table")
        if claim([text]) is not None:
            return Reason("a name and a count")
        if (
            _BLOCK.match(text)
            or _is_form(text)
            or parse_unit_name(text).kind in ("tinh", "huyen", "thi_xa", "thanh_pho", "quan")
        ):
            return Reason("a place or a heading without anything else")
        if _is_number(marker) and not text.isupper():
            return None
        if not others and (text.isupper() or column not in self.subjects):
            return Reason("one text alone")
        return None

    def _is_sum_row(self, columns, number):
        """A group row may carry the sums of its columns."""
        return all(_is_figure(self.grid.value(number, column)) for column in columns)

    def _evidence_of(self, number):
        for column, field_, seen in self.evidence:
            value = self.grid.value(number, column)
            if value is None or (number, column) in self.grid.covered:
                continue
            if self._is_evidence(value, field_, seen):
                yield column, field_.title

    def _first_text(self, filled):
        """(column, text) of the first cell that is not only a running number."""
        for column, value in filled:
            text = as_text(value)
            if column != self.order or not _is_marker(text):
                return column, text
        return filled[0][0], as_text(filled[0][1])

    def _filled_known(self, filled):
        return sum(column in self.known for column, _ in filled)

    def _repeats_header(self, filled):
        same = sum(
            self.headings.get(column) == fold(as_text(value))
            for column, value in filled
            if isinstance(value, str)
        )
        return same >= 3 and same * 2 > len(filled)

    def _is_foot(self, number):
        filled = self.grid.filled(number)
        _, text = self._first_text(filled)
        has_number = any(column == self.order and _is_number(as_text(value)) for column, value in filled)
        return bool(FOOT_WORDS.match(text[:LONGEST]) or NOTE_WORDS.match(text[:LONGEST])) and not has_number

    def _end_table(self, found, by_person):
        """After the last row of data only totals, notes and the foot remain, whatever they look like."""
        for index in range(max(0, len(found) - LONGEST_FOOT), len(found)):
            # Signatures stand in any column, also where evidence would.
            verdict = found[index]
            if verdict.cls == DATA and verdict.number not in by_person and self._is_foot(verdict.number):
                found[index] = verdict._replace(
                    cls=FOOTER, reason=Reason("words of a signature or of recipients")
                )
        last = max((index for index, verdict in enumerate(found) if verdict.cls == DATA), default=-1)
        for index in range(last + 1, len(found)):
            verdict = found[index]
            is_foot = verdict.cls in (GROUP, NOTE) and verdict.reason is not NUMBERED_NAME
            if is_foot and verdict.number not in by_person and last >= 0:
                found[index] = Verdict(
                    verdict.number,
                    FOOTER,
                    Reason("below the last row of the table"),
                    verdict.column,
                    verdict.text,
                )
        return found


def _marked(text):
    """The marker before a text, if there is one: "A. Khối sở", but not "H. Củ Chi", which is a district."""
    found = _MARKER.match(text)
    if found and len(found["marker"]) == 1 and not parse_unit_name(found["rest"]).is_unit:
        if parse_unit_name(text).is_unit and not _BLOCK.match(found["rest"]):
            return None
    return found


def group_text(text):
    """The name in a group row: "Huyện Ân Thi: 21 đơn vị" → "Huyện Ân Thi"."""
    text = clean(text)
    return _COUNT_BEHIND.sub("", text).strip(" :;,.–-") or text


def _is_evidence(value, field_):
    """Whether a cell can be what its column asks for: a signature under "Ngày" is no date."""
    if not isinstance(value, str):
        return True
    text = clean(value)
    if field_.type in ("date", "decision"):
        if field_.type == "date" and not re.match(r"^\W*(?:ngày\s*)?\d|quý|tháng|năm", text, re.IGNORECASE):
            return False
        return bool(re.search(r"\d", text)) and claim([text]) is None
    if field_.type == "level":
        return reads(parse_level, text)
    if field_.type == "unit_type":
        return unit_type_of(text) is not None or parse_unit_name(text).kind is not None
    if field_.type == "mark":
        return reads(parse_mark, text) and parse_mark(text)
    if field_.type in ("procedure_code", "year"):
        return bool(re.search(r"\d", text))
    if field_.type == "code":
        return bool(re.search(r"\d", text)) or text == text.upper()
    return bool(text)


def _is_number(marker):
    return bool(re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{1,3})*[.)]?", marker))


def _is_roman(marker):
    return bool(_ROMAN.fullmatch(marker.strip("().")))


def _is_marker(text):
    return _is_number(text) or _is_roman(text) or bool(re.fullmatch(r"[A-Za-zĐđ][.)]?", text))


def _is_figure(value):
    if isinstance(value, (int, float)):
        return True
    return isinstance(value, str) and bool(re.fullmatch(r"[\d.,\s%-]+", clean(value)))


def _is_form(text):
    return len(text) < 60 and reads(parse_form, group_text(text))
