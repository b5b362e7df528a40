"""Rows: what each row of a sheet is taken for, and why.

Every decision is a sum of observations that can be shown beside the row: which columns are filled, what the
running number looks like, which words stand there, what follows.
"""

import re
from bisect import bisect_right
from dataclasses import replace

from iso_rollout.text import (
    clean,
    fold,
    is_nothing,
    parse_form,
    parse_level,
    parse_mark,
    parse_unit_name,
    unit_type_of,
)  # fmt: skip

from .columns import COMPOSED, normal_heading
from .contents import reads
from .foot import Foot
from .frame import FOOT_WORDS, NOTE_WORDS, is_number_row
from .grid import as_text
from .header import header_at, holds_values
from .markers import BLOCK, first_text, group_text, is_marker, is_number, is_roman, marked
from .problems import Reason
from .totals import LONGEST, claim, is_total
from .verdicts import (
    APART,
    BLANK,
    DATA,
    FOOTER,
    GROUP,
    HEADER,
    NOTE,
    NUMBER_ROW,
    NUMBERED_NAME,
    OTHER_TABLE,
    TITLE,
    TOTAL,
    Verdict,
    Verdicts,
)

# What the rule for ordinary rows asks about a cell.
_FILLED, _TRUE, _TEXT, _SPECIAL, _EVIDENCE, _DENIED = 1, 2, 4, 8, 16, 32
_FIRST_LETTERS_OF_TOTALS = ("", "c", "C", "t", "T")
# "Chưa chuyển đổi" and "Đang áp dụng" are said of what was declared.
_DENIAL = re.compile(
    r"chưa(?! (?:chuyển|mở rộng|công bố lại))|không (?:công bố|thực hiện)|chờ|dự kiến"
    r"|(?:không còn|hết) hiệu lực|(?:đã |bị )?(?:hủy|huỷ|bãi bỏ|thu hồi)"
    r"|đang (?:thực hiện|triển khai|xây dựng|soạn|viết|hoàn thiện|trình|chờ|thẩm định|rà soát|xem xét|đánh giá)(?! (?:chuyển|mở rộng))",
    re.IGNORECASE,
)


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
            (c.number, c.field if c.option is None else replace(c.field, type="mark"))
            for c in header.columns
            if c.field and c.field.name in kind.evidence
        ]
        self.denials = [
            c.number for c in header.columns if c.field and c.field.name in kind.denials and c.option is None
        ]
        self.reasons = {
            field_.name: Reason("name and “%(title)s”", title=field_.title) for _, field_ in self.evidence
        }
        self.headings = {c.number: set(map(fold, c.path)) for c in header.columns if c.path}
        self.all_headings = set().union(*self.headings.values())
        self.raw_headings = {
            value for row in range(header.first, header.last + 1) for _, value in grid.filled(row)
        }
        self.filled = {c.number for c in header.columns if c.field and c.field.fill}
        self.known = {c.number for c in header.columns if c.field}
        # Where nothing but names stands in the sheet, a name is all the evidence there can be.
        self.needs_evidence = bool(self.evidence) or (kind.number_is_evidence and self.order is not None)

    def verdicts(self, by_person=None):
        """The `Verdicts` of all rows that hold anything, title rows included; `by_person`: {row: class}."""
        by_person, numbers = by_person or {}, self.grid.numbers
        found = self._ordinary()
        closer = bytearray(found.ordinary)  # APART where a row has to be looked at
        for number in by_person:
            if (position := self.grid.parsed.position(number)) is not None:
                closer[position] = APART
        position = 0
        while (position := closer.find(APART, position)) >= 0:
            is_ordinary = found.ordinary[position] != APART
            verdict = found[position] if is_ordinary else self._verdict(position, found)
            if by_person.get(verdict.number, verdict.cls) != verdict.cls:
                verdict = verdict._replace(cls=by_person[verdict.number], reason=Reason("said by a person"))
            found.put(position, verdict)
            position += 1
            if verdict.cls == HEADER and position < len(numbers):
                found.ordinary[position] = closer[position] = (
                    APART  # below a heading numbers of columns may stand
                )
        foot = Foot(self.grid, header_ends=self.header.last, order=self.order, evidence=self.evidence)
        return foot.end(found, by_person)

    def _verdict(self, position, found):
        number, is_first = self.grid.numbers[position], found.is_heading(position - 1)
        if number < self.header.first:
            return self._above(number)
        if number <= self.header.last:
            return Verdict(number, HEADER, Reason("the heading"))
        return self._judge(number, is_first=is_first)

    def _above(self, number):
        """A title row, or the first group when it stands right above the heading: "A. XÂY DỰNG MỚI"."""
        filled = self.grid.filled(number)
        if (
            len(filled) == 1
            and self.header.first - number == 1
            and (found := marked(as_text(filled[0][1])[:LONGEST]))
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
        if self._other_heading(number, filled):
            return Verdict(number, HEADER, OTHER_TABLE)
        return Verdict(number, TITLE, Reason("above the heading"))

    # The common case: a name and a cell that only a row about an agency has. Asked of how a row looks, so that the
    # hundred thousand rows of a list that look alike are asked once.

    def _ordinary(self):
        """`Verdicts` in which the ordinary data rows are judged, all others not yet."""
        numbers, strips = self.grid.numbers, {}
        looks = {}  # column → one byte of marks for each row
        for column in (*self.subjects, *self.denials, *(number for number, _ in self.evidence)):
            strips.setdefault(column, self.grid.strip(column))
        for column in range(1, self.grid.width + 1):  # where the first filled cell of a row may be
            strip = strips.setdefault(column, self.grid.strip(column))
            if 0 not in strip.codes:
                break
        fields = dict(self.evidence)
        for column, strip in strips.items():
            labels = [self._marks(value, fields.get(column)) for value in strip.values]
            if column in self.denials:
                labels = [
                    label | _DENIED * denies(value) for label, value in zip(labels, strip.values, strict=True)
                ]
            looks[column] = strip.labelled(labels)
        for row, column in self.grid.covered if fields else ():
            if column in fields and (position := self.grid.parsed.position(row)) is not None:
                looks[column][position] &= ~_EVIDENCE
        sorts, columns = [], sorted(looks)
        sort_of = _Memo(lambda look: self._sort(dict(zip(columns, look, strict=True)), sorts))
        ordinary = bytearray(map(sort_of.__getitem__, zip(*map(looks.get, columns), strict=True)))
        ordinary = ordinary or bytearray(len(numbers))
        below = bisect_right(numbers, self.header.last)
        ordinary[:below] = bytes(below)
        return Verdicts(numbers, ordinary, sorts)

    def _marks(self, value, field_):
        """What the rule asks about one cell; `field_`: where its column can be evidence."""
        if value is None:
            return 0
        marks = _FILLED | _TRUE * bool(value) | _TEXT * (value.__class__ is str)
        if self._may_be_special(value):
            marks |= _SPECIAL
        return marks | _EVIDENCE * (field_ is not None and _is_evidence(value, field_))

    def _sort(self, look, sorts):
        """Which sort of ordinary row looks like that, `APART` when it has to be looked at closer."""
        subject = next((column for column in self.subjects if look[column] & _TRUE), None)
        if subject is None or look[subject] & _SPECIAL:
            return APART
        if any(look[column] & _DENIED for column in self.denials):
            return APART
        first = next(marks for _column, marks in sorted(look.items()) if marks)
        if first & _TEXT and first & _SPECIAL:
            return APART
        for column, field_ in self.evidence:
            if look[column] & _EVIDENCE:
                sort = (self.reasons[field_.name], subject)
                if sort not in sorts:
                    sorts.append(sort)
                return sorts.index(sort) + 1
        return APART

    def _may_be_special(self, value):
        """Blank, a heading repeated on the next page, or the beginning of "Tổng" or "Cộng"."""
        if value in self.raw_headings or value.__class__ not in (str, float, int):
            return True
        return value.__class__ is str and value.lstrip()[:1] in _FIRST_LETTERS_OF_TOTALS

    def _judge(self, number, *, is_first):
        filled = self.grid.filled(number)
        if not filled:
            return Verdict(number, BLANK, Reason("empty"))
        if is_first and is_number_row(filled):
            return Verdict(number, NUMBER_ROW, Reason("numbers of the columns"))
        if self._repeats_header(filled, is_first):
            return Verdict(number, HEADER, Reason("repeats the heading"))
        if other := self._other_heading(number, filled, is_below=True):
            is_same = other.meanings == self.header.meanings
            return Verdict(number, HEADER, Reason("repeats the heading") if is_same else OTHER_TABLE)
        marker = as_text(self.grid.value(number, self.order)) if self.order else ""
        subject = next((column for column in self.subjects if self._names(number, column)), None)
        evidence = next((name for column, name in self._evidence_of(number)), None)
        column, text = first_text(filled, self.order)
        if is_total(text) and not (evidence and is_number(marker) and subject):
            return Verdict(number, TOTAL, Reason("begins with “Cộng” or “Tổng”"), column, text)
        if subject and (answer := self._denial(number)):
            reason = Reason("says “%(answer)s”", answer=answer)
            return Verdict(number, NOTE, reason, subject, self.grid.text(number, subject))
        if subject and evidence:
            return Verdict(number, DATA, Reason("name and “%(title)s”", title=evidence), subject)
        if subject and is_number(marker) and (self.kind.number_is_evidence or not self.needs_evidence):
            return Verdict(number, DATA, Reason("name and running number"), subject)
        return self._without_evidence(number, filled, marker, subject, evidence)

    def _names(self, number, column):
        """Whether the row's own cell names the agency, or one merged down to it."""
        origin = self.grid.covered.get((number, column))
        if origin and column in self.filled and origin[1] == column and origin[0] > self.header.last:
            return bool(self.grid.text(*origin))
        return bool(self.grid.text(number, column))

    def _without_evidence(self, number, filled, marker, subject, evidence):
        column, text = first_text(filled, self.order)
        text = text[:LONGEST]
        if NOTE_WORDS.match(text):
            return Verdict(number, NOTE, Reason("a note"), column, text)
        if FOOT_WORDS.match(text):
            return Verdict(number, FOOTER, Reason("words of a signature or of recipients"), column, text)
        if all(_is_figure(value) for _, value in filled):
            return Verdict(number, TOTAL, Reason("figures only"), column, text)
        if found := marked(text):
            if not marker or column == self.order:
                marker, text = found["marker"], found["rest"]
        elif column == self.order and len(filled) > 1 and is_marker(text):
            column, text = next((c, as_text(v)) for c, v in filled if c != self.order)
        reason = self._group_reason(number, filled, marker, text, column)
        if reason:
            return Verdict(number, GROUP, reason, column, text, marker)
        if evidence:  # a code or a date without a name: somebody forgot it
            return Verdict(number, DATA, Reason("no name, but “%(title)s”", title=evidence), column)
        if subject and not evidence and (answer := self._not_yet(number)):
            return Verdict(number, NOTE, Reason("says “%(answer)s”", answer=answer), column, text, marker)
        if subject and (not self.needs_evidence or self._filled_known(filled) >= 3):
            return Verdict(number, DATA, Reason("name and other cells of the list"), subject)
        if subject and is_number(marker):
            return Verdict(number, NOTE, NUMBERED_NAME, column, text, marker)
        reason = Reason("name without anything else") if subject else Reason("no name")
        return Verdict(number, NOTE, reason, column, text)

    def _group_reason(self, number, filled, marker, text, column):
        others = [c for c, _ in filled if c not in (column, self.order)]
        if any(c in self.known for c in others) and not self._is_sum_row(others, number):
            return None
        if len(text) < 2 or not re.search(r"[^\W\d_]", text):
            return None
        if is_roman(marker) or re.fullmatch(r"[A-ZĐ]", marker):
            return Reason("marked “%(marker)s”", marker=marker)
        merge = self.grid.merge_of.get((number, filled[0][0]))
        if merge and merge[3] - merge[1] >= 2:
            return Reason("merged across the table")
        if claim([text]) is not None:
            return Reason("a name and a count")
        if (
            BLOCK.match(text)
            or _is_form(text)
            or parse_unit_name(text).kind in ("tinh", "huyen", "thi_xa", "thanh_pho", "quan")
        ):
            return Reason("a place or a heading without anything else")
        if is_number(marker) and not text.isupper():
            return None
        if not others and (text.isupper() or column not in self.subjects):
            return Reason("one text alone")
        return None

    def _is_sum_row(self, columns, number):
        """A group row may carry the sums of its columns."""
        return all(_is_figure(self.grid.value(number, column)) for column in columns)

    def _evidence_of(self, number):
        for column, field_ in self.evidence:
            value = self.grid.value(number, column)
            if value is None or (number, column) in self.grid.covered:
                continue
            if _is_evidence(value, field_):
                yield column, field_.title

    def _filled_known(self, filled):
        return sum(column in self.known and not is_nothing(value) for column, value in filled)

    def _not_yet(self, number):
        """ "Chưa công bố" where a decision or its day should stand: the row says that there is none."""
        for column, field_ in self.evidence:
            text = self.grid.text(number, column)
            if field_.type in ("date", "decision") and text.casefold().startswith("chưa"):
                return text
        return ""

    def _denial(self, number):
        texts = (self.grid.text(number, column) for column in self.denials)
        return next(filter(denies, texts), "")

    def _repeats_header(self, filled, is_first):
        texts = [(column, fold(as_text(value))) for column, value in filled if isinstance(value, str)]
        strange = [text for column, text in texts if text not in self.headings.get(column, ())]
        if not self.all_headings.isdisjoint(strange):
            return False  # the same headings above other columns
        same = len(texts) - len(strange)
        if is_first and same == len(filled):  # a lower row of it
            return True
        return same >= 3 and same * 2 > len(filled)

    def _other_heading(self, number, filled, *, is_below=False):
        """The heading of a table of its own in one row, where it is as sure as a heading can be; else None.

        Below the own heading two known headings are enough where the first one is "STT" and another is new.
        """
        texts = [normal_heading(value) for _, value in filled if isinstance(value, str)]
        if len(texts) < len(filled) or sum(text in self.kind.usual_headings for text in texts) < 2:
            return None  # of most rows that is all that is asked
        found = header_at(self.grid, self.kind, number, number)
        if found is None or holds_values(self.grid, number, number):
            return None
        sure = sum(column.is_order or column.score >= COMPOSED for column in found.columns)
        is_new = not self.all_headings.issuperset(fold(value) for _, value in filled)
        is_short = is_below and is_new and found.columns[0].is_order
        return found if sure >= (2 if is_short else 3) and sure * 2 > len(found.columns) else None


class _Memo(dict):
    """What a function gives, asked once for each argument."""

    def __init__(self, ask):
        super().__init__()
        self.ask = ask

    def __missing__(self, key):
        value = self[key] = self.ask(key)
        return value


def denies(value):
    """Whether a cell says that nothing is there yet: "Chưa công bố", "Đang thực hiện"."""
    return isinstance(value, str) and bool(_DENIAL.match(clean(value)))


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


def _is_figure(value):
    if isinstance(value, (int, float)):
        return True
    return isinstance(value, str) and bool(re.fullmatch(r"[\d.,\s%-]+", clean(value)))


def _is_form(text):
    return len(text) < 60 and reads(parse_form, group_text(text))
