"""Cells: from a cell to a value of its field, or to a problem that names the cell."""

from dataclasses import dataclass, field
from datetime import date

from iso_rollout.text import (
    Unreadable,
    clean,
    find_bad_characters,
    last_day,
    parse_code,
    parse_date,
    parse_decision,
    parse_form,
    parse_level,
    parse_mark,
    parse_procedure_code,
    parse_standard,
    parse_whole_number,
    parse_year,
    term,
    unit_type_of,
)  # fmt: skip

from .columns import COMPOSED
from .formulas import CACHED, ERROR, OUTSIDE, unguarded
from .grid import as_text
from .parsed import column_letters
from .problems import Problem
from .strips import Strip

CODES = {
    "whole": "E_INT", "date": "E_DATE", "decision": "E_DATE", "code": "E_CODE", "procedure_code": "E_CODE",
    "standard": "E_STANDARD", "form": "E_FORM", "level": "E_LEVEL", "mark": "E_MARK", "year": "E_INT",
}  # fmt: skip
_FORMULA_MESSAGES = {
    OUTSIDE: ("E_FORMULA_EXTERNAL", "The formula reaches out of the workbook. Paste its value instead."),
    ERROR: ("E_FORMULA_ERROR", "The formula gives an error. Correct it or type the value."),
}
_UNCACHED = (
    "E_FORMULA_NOCACHE",
    "The formula has no value yet. Open the file in Excel and save it, or paste values.",
)


class Unfit:
    """What is wrong with a value for its field; the cell is added where it is known."""

    __slots__ = ("code", "message", "params")

    def __init__(self, code, message, **params):
        self.code, self.message, self.params = code, message, params


def _too_long(text, field_):
    return Unfit(
        "E_LONG",
        "The cell holds %(length)s characters, at most %(limit)s are possible.",
        length=len(text),
        limit=field_.max_length,
    )


@dataclass
class CellReader:
    """Reads the data rows of one sheet, column by column; problems are collected in `errors` and `warnings`.

    What is found lies in `values`, {field: a `Strip` over the data rows}; in `sources` lie addresses of values that
    do not come from the field's own column.
    """

    grid: object
    header: object
    kind: object
    today: date
    errors: list
    warnings: list
    convert_legacy: bool = False
    values: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)

    def __post_init__(self):
        self.plain = [c for c in self.header.columns if c.field and c.option is None]
        self.options = {}
        for column in self.header.columns:
            if column.field and column.option is not None:
                self.options.setdefault(column.field.name, []).append(column)
        parsed = self.grid.parsed
        # Cells with a story of their own are few: all others go by the value alone.
        self.special = {}
        for row, column in (
            set(parsed.formulas) | set(self.grid.encodings) | set(parsed.formats) | set(self.grid.covered)
        ):
            self.special.setdefault(column, set()).add(row)
        self.letters = {}  # from left to right
        for column in self.header.columns:
            if column.field:
                self.letters.setdefault(column.field.name, column_letters(column.number))

    def read(self, places, left_out=()):
        """Read the data rows at `places` (positions in the grid); the cells of those `left_out` count as empty."""
        self.numbers = self.grid.numbers_at(places)
        self.index = {number: i for i, number in enumerate(self.numbers)} if self.special else {}
        self.left_out = {i for i, place in enumerate(places) if place in left_out} if left_out else set()
        dated = []
        for column in self.plain:
            strip = self.grid.strip(column.number).taken(places)
            for index in self.left_out:
                strip.codes[index] = 0
            found = self._read_column(column, strip)
            if column.field.type == "decision":
                self._warn_of_others(column, found)
                if column.field.date_field and any(d and d.date for d in found.values):
                    dated.append((column, found))
                found = found.mapped([(d.number or None) if d else None for d in found.values])
            self._keep(column.field.name, found)
        for column, decisions in dated:
            self._take_dates(column, decisions)
        for name, columns in self.options.items():
            self._read_options(name, columns, places)
        for field_ in self.kind.fields:
            if field_.required and field_.name in self.letters:
                self._check_required(field_)

    def read_one(self, number, column):
        """The value of one cell for its field, None when it says nothing or is refused: that is collected."""
        self.numbers = [number]
        value = self._read_special(column, 0, self.grid.value(number, column.number), {})
        if value.__class__ is Unfit:
            self.errors.append(self._problem(value.code, value.message, number, column, **value.params))
            return None
        return value

    def _keep(self, name, found):
        """Where a person said that two columns mean one field, the later one counts where it is filled."""
        self.values[name] = found.laid_over(self.values[name]) if name in self.values else found

    def _read_column(self, column, strip):
        """The cells of one column as a strip of cleaned values; None where a cell is empty or wrong."""
        special = sorted(self.index[row] for row in self.special.get(column.number, ()) if row in self.index)
        special = [index for index in special if index not in self.left_out]
        raw = [strip[index] for index in special]
        for index in special:
            strip.codes[index] = 0
        # Whatever the rows are, each value is read once.
        cleaned, wrong = [None] * len(strip.values), {}
        for code in strip.used():
            if (value := strip.values[code]) is not None:
                cleaned[code] = self._convert(column.field, value)
                if cleaned[code].__class__ is Unfit:
                    wrong[code], cleaned[code] = cleaned[code], None
        problems = [(index, wrong[strip.codes[index]]) for index in strip.places(wrong)]
        found, known = strip.mapped(cleaned), {}
        for index, value in zip(special, raw, strict=True):
            value = self._read_special(column, index, value, known)
            if value.__class__ is Unfit:
                problems.append((index, value))
            else:
                found[index] = value
        for index, problem in sorted(problems, key=lambda found: found[0]):
            self.errors.append(
                self._problem(problem.code, problem.message, self.numbers[index], column, **problem.params)
            )
        return found

    def _warn_of_others(self, column, decisions):
        """Several decisions in the cell of one declaration."""
        if column.field.date_field and any(d and d.others for d in decisions.values):
            for index, decision in enumerate(decisions):
                if decision and decision.others:
                    self.warnings.append(self._problem(
                        "W_TWO_DECISIONS", "The cell names several decisions: %(taken)s was taken, %(others)s was not. Give each a row of its own.",
                        self.numbers[index], column, taken=decision.number, others=decision.others,
                    ))  # fmt: skip

    def _take_dates(self, column, decisions):
        """The days that stand in the cells of a decision.

        The field's own column comes first, unless it is only nearly headed "Ngày công bố". Where both say another
        day, that is warned of.
        """
        name = column.field.date_field
        is_own_sure = all(c.score >= COMPOSED for c in self.plain if c.field.name == name)
        own = self.values.setdefault(name, Strip.blank(len(decisions)))
        for index, decision in enumerate(decisions):
            if not (decision and decision.date) or own[index] == decision.date:
                continue
            before = own[index]
            if before is None or not is_own_sure:
                own[index] = decision.date
                self._note_source(name, index, self._address(self.numbers[index], column))
            if before is not None:
                self.warnings.append(self._problem(
                    "W_TWO_DATES", "The row gives two days for one decision, %(one)s and %(other)s; %(taken)s was taken.",
                    self.numbers[index], column, one=as_text(before), other=as_text(decision.date), taken=as_text(own[index]),
                ))  # fmt: skip

    def _note_source(self, name, index, address):
        self.sources.setdefault(name, Strip.blank(len(self.numbers)))[index] = address

    def _read_special(self, column, index, value, known):
        """The value of a cell that is merged, a formula, legacy text or a number with a format of zeros, or `Unfit`.

        `known`: what was converted before in this column.
        """
        row = self.numbers[index]
        place = (row, column.number)
        origin = self.grid.covered.get(place)
        if origin and value is None:
            if origin[1] == column.number and column.field.fill and origin[0] > self.header.last:
                value = self.grid.value(*origin)
                self._note_source(column.field.name, index, self.grid.address(*origin))
            place = origin
        if value is None:
            return None
        state, formula = self.grid.parsed.formulas.get(place, ("", ""))
        if state == CACHED:
            self.warnings.append(
                self._problem(
                    "W_FORMULA", "The value of the formula was taken.", row, column, formula=formula
                )
            )
        elif state:
            return Unfit(*_FORMULA_MESSAGES.get(state, _UNCACHED))
        encoding = self.grid.encodings.get(place)
        if encoding and not self.convert_legacy:
            return Unfit(
                "E_ENCODING",
                "The text was typed with the %(encoding)s code table. Convert it to Unicode.",
                encoding=encoding,
            )
        asked = (value.__class__, value, self.grid.parsed.formats.get(place))
        if asked not in known:
            known[asked] = self._convert(column.field, value, number_format=asked[2])
        return known[asked]

    def _read_options(self, name, columns, places):
        """A mark in one of several columns says the value of the field."""
        found = self.values.setdefault(name, Strip.blank(len(self.numbers)))
        strips = [self.grid.strip(column.number).taken(places) for column in columns]
        filled = {index for strip in strips for index, code in enumerate(strip.codes) if code}
        for index in sorted(filled - self.left_out):
            marked, row = [], self.numbers[index]
            for column, strip in zip(columns, strips, strict=True):
                try:
                    if parse_mark(strip[index]):
                        marked.append(column)
                except Unreadable as problem:
                    self.errors.append(
                        self._problem("E_MARK", problem.message, row, column, **problem.params)
                    )
            if marked:
                self._note_source(name, index, self._address(row, marked[-1]))
            if len(marked) == 1:
                found[index] = marked[0].option
            elif marked:
                self.errors.append(
                    self._problem("E_MARK", "Only one of these columns may be marked.", row, marked[-1])
                )

    def _check_required(self, field_):
        column = self.header.columns_of(field_.name)[0]
        for index in self.values[field_.name].places({0}):
            row = self.numbers[index]
            place = (row, column.number)
            if index in self.left_out or place in self.grid.covered or place in self.grid.encodings:
                continue
            if self.grid.value(*place) is None:  # else its problem is named already
                self.errors.append(
                    self._problem(
                        "E_REQUIRED", "The cell is empty; “%(title)s” must be given.", row, column, title=field_.title
                    )
                )  # fmt: skip

    def _convert(self, field_, value, number_format=None):
        """A cell's value for its field, None when it says nothing, or what is `Unfit` about it."""
        if isinstance(value, str):
            if self.grid.parsed.widths is None:  # what went out as csv may have been saved as a workbook
                value = unguarded(value)
            if len(value) > _LONGEST and field_.type != "text":
                return _too_long(value, field_)  # before any pattern looks at it
            if not value.isprintable() and (bad := find_bad_characters(value)):
                return Unfit(
                    "E_CHARS",
                    "The cell holds a control character (%(characters)s). Delete and retype it.",
                    characters=", ".join(bad),
                )
        try:
            found = self._parse(field_, value, number_format)
        except Unreadable as problem:
            return Unfit(CODES.get(field_.type, "E_VALUE"), problem.message, **problem.params)
        text = found.number if field_.type == "decision" and found else found
        if isinstance(text, str) and len(text) > field_.max_length:
            return _too_long(text, field_)
        return found

    def _parse(self, field_, value, number_format):
        if field_.type == "date":
            return self._parse_date(field_, value)
        if field_.type == "code":
            return parse_code(value, number_format=number_format)
        if field_.type == "decision":
            decision = parse_decision(value if isinstance(value, (str, int, float)) else as_text(value))
            if decision and decision.date:
                parse_date(decision.date, latest=self.today)
            return decision
        if field_.type == "unit_type":
            return unit_type_of(as_text(value)) or as_text(value) or None
        if parse := _PARSERS.get(field_.type):
            if isinstance(value, bool) and field_.type != "mark":
                value = as_text(value)
            return parse(value)
        if field_.lines and isinstance(value, str):
            return "\n".join(filter(None, map(clean, value.splitlines()))) or None
        return as_text(value) or None

    def _parse_date(self, field_, value):
        if field_.until and isinstance(value, str):
            value = term(value)
        when = parse_date(
            value, epoch_1904=self.grid.parsed.epoch_1904, latest=None if field_.future else self.today
        )
        if when is None:
            return None
        if when.precision not in field_.precision:
            raise Unreadable("“%(value)s”: give day, month and year (dd/mm/yyyy)", value=as_text(value))
        return last_day(when) if field_.until else when.date

    def _address(self, number, column):
        return f"{column_letters(column.number)}{number}"

    def _problem(self, code, message, number, column, **params):
        return Problem(code, message, self.grid.name, self._address(number, column), column.title, params)


_LONGEST = 1_000  # characters of a cell that is parsed
_PARSERS = {
    "whole": parse_whole_number, "procedure_code": parse_procedure_code, "standard": parse_standard, "level": parse_level,
    "form": parse_form, "mark": parse_mark, "year": parse_year,
}  # fmt: skip


def check_merges(grid, header, places, errors):
    """Merged cells inside the data: grouping columns are filled down; key columns and sideways ones are refused."""
    if not grid.merge_of:
        return
    columns = {column.number: column for column in header.columns if column.path}
    data = {grid.numbers[place] for place in places}
    for top, left, bottom, right in grid.merge_of.values():
        if bottom <= header.last or not (
            rows := [row for row in range(top, min(bottom, top + 5_000) + 1) if row in data]
        ):
            continue
        inside = [columns[number] for number in range(left, min(right, 60) + 1) if number in columns]
        sideways = len({column.path for column in inside}) > 1
        downwards = len(rows) > 1 and any(column.field and not column.field.fill for column in inside)
        if sideways or downwards:
            errors.append(Problem(
                "E_MERGED", "Cells %(range)s are merged inside the data. Unmerge them and fill in each row.", grid.name,
                grid.range_address((top, left, bottom, right)), inside[0].title,
                {"range": grid.range_address((top, left, bottom, right))},
            ))  # fmt: skip
