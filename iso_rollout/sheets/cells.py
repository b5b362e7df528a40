"""Cells: from a cell to a value of its field, or to a problem that names the cell."""

from dataclasses import dataclass
from datetime import date, datetime

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
    unit_type_of,
)  # fmt: skip

from .columns import COMPOSED
from .formulas import CACHED, ERROR, OUTSIDE
from .grid import as_text
from .parsed import column_letters
from .problems import Problem

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


@dataclass
class CellReader:
    """Reads the data rows of one sheet; problems are collected in `errors` and `warnings`."""

    grid: object
    header: object
    kind: object
    today: date
    errors: list
    warnings: list
    convert_legacy: bool = False

    def __post_init__(self):
        self.plain = [c for c in self.header.columns if c.field and c.option is None]
        self.options = {}
        for column in self.header.columns:
            if column.field and column.option is not None:
                self.options.setdefault(column.field.name, []).append(column)
        self.dated = {c.field.date_field for c in self.plain if c.field.date_field}
        # A column that is only nearly headed "Ngày công bố" knows less than the decision's own cell.
        own = [c for c in self.plain if c.field.name in self.dated]
        self.is_date_sure = all(c.score >= COMPOSED for c in own)
        parsed = self.grid.parsed
        # Cells with a story of their own are few: all others go by the value alone.
        self.special = (
            set(parsed.formulas) | set(self.grid.encodings) | set(parsed.formats) | set(self.grid.covered)
        )
        self.letters = {
            c.field.name: column_letters(c.number) for c in reversed(self.header.columns) if c.field
        }

    def read(self, rows):
        """Fill `values` of the rows from their cells, column by column: a long list repeats its values."""
        pairs = [(row, self.grid.by_number[row.number]) for row in rows]
        for column in self.plain:
            self._read_column(column, pairs)
        for row in rows:
            for name, columns in self.options.items():
                self._read_options(row, name, columns)
        for field_ in self.kind.fields:
            if field_.required and field_.name in self.letters:
                for row in rows:
                    if field_.name not in row.values:
                        self._check_required(row, field_)

    def _read_column(self, column, pairs):
        index, number, name, special = column.number - 1, column.number, column.field.name, self.special
        is_simple = column.field.type != "decision" and name not in self.dated
        cache = {}
        for row, cells in pairs:
            value = cells[index] if index < len(cells) else None
            if special and (row.number, number) in special:
                self._read_special(row, column, value)
                continue
            if value is None:
                continue
            found = cache.get(value) if value.__class__ in _CACHED_CLASSES else None
            if found is None:
                found = self._convert(column, value, row.number)
                if found is None or found is _BAD:
                    continue
                if value.__class__ in _CACHED_CLASSES and len(cache) < 50_000:
                    cache[value] = found
            if is_simple:
                row.values[name] = found
            else:
                self._keep(row, column, found)

    def _keep(self, row, column, value):
        field_ = column.field
        if field_.type == "decision":
            if value.date and field_.date_field:
                self._keep_date(row, column, field_.date_field, value.date)
            if value.number:
                row.values[field_.name] = value.number
        elif field_.name in self.dated:
            self._keep_date(row, column, field_.name, value)
        else:
            row.values[field_.name] = value

    def _keep_date(self, row, column, name, value):
        """The day of a decision may stand in its own column and beside its number: the surer place counts."""
        own = column.field.name == name
        before = row.values.get(name)
        if before is not None and before != value:
            taken = value if own == self.is_date_sure else before
            self.warnings.append(self._problem(
                "W_TWO_DATES", "The row gives two days for one decision, %(one)s and %(other)s; %(taken)s was taken.",
                row.number, column, one=as_text(before), other=as_text(value), taken=as_text(taken),
            ))  # fmt: skip
        if before is None or own == self.is_date_sure:
            row.values[name] = value
            if own:
                row.sources.pop(name, None)
            else:
                row.sources[name] = self._address(row.number, column)

    def _read_special(self, row, column, value):
        place = (row.number, column.number)
        origin = self.grid.covered.get(place)
        if origin and value is None:
            if origin[1] == column.number and column.field.fill and origin[0] > self.header.last:
                value = self.grid.value(*origin)
                row.sources[column.field.name] = self.grid.address(*origin)
            place = origin
        if value is None or not self._formula_is_fine(place, column, row):
            return
        encoding = self.grid.encodings.get(place)
        if encoding and not self.convert_legacy:
            self._error("E_ENCODING", "The text was typed with the %(encoding)s code table. Convert it to Unicode.",
                        row.number, column, encoding=encoding)  # fmt: skip
            return
        found = self._convert(column, value, row.number)
        if found is not None and found is not _BAD:
            source = row.sources.get(column.field.name)
            self._keep(row, column, found)
            if source:
                row.sources[column.field.name] = source

    def _formula_is_fine(self, place, column, row):
        state, formula = self.grid.parsed.formulas.get(place, ("", ""))
        if not state:
            return True
        if state == CACHED:
            self.warnings.append(
                self._problem(
                    "W_FORMULA", "The value of the formula was taken.", row.number, column, formula=formula
                )
            )
            return True
        self._error(*_FORMULA_MESSAGES.get(state, _UNCACHED), row.number, column)
        return False

    def _read_options(self, row, name, columns):
        marked = []
        for column in columns:
            try:
                if parse_mark(self.grid.value(row.number, column.number)):
                    marked.append(column)
            except Unreadable as problem:
                self._error("E_MARK", problem.message, row.number, column, **problem.params)
        if len(marked) == 1:
            row.values[name] = marked[0].option
            row.sources[name] = self._address(row.number, marked[0])
        elif marked:
            code = CODES[marked[0].field.type]
            self._error(code, "Only one of these columns may be marked.", row.number, marked[-1])

    def _check_required(self, row, field_):
        column = self.header.columns_of(field_.name)[0]
        place = (row.number, column.number)
        if place in self.grid.covered or place in self.grid.encodings or self.grid.value(*place) is not None:
            return  # named already
        self._error(
            "E_REQUIRED",
            "The cell is empty; “%(title)s” must be given.",
            row.number,
            column,
            title=field_.title,
        )

    def _convert(self, column, value, number):
        """The cell's value for its field, None when it says nothing, or _BAD with a problem collected."""
        field_ = column.field
        if isinstance(value, str) and len(value) > _LONGEST and field_.type != "text":
            self._too_long(value, field_, number, column)  # before any pattern looks at it
            return _BAD
        if isinstance(value, str) and not value.isprintable():
            bad = find_bad_characters(value)
            if bad:
                self._error("E_CHARS", "The cell holds a control character (%(characters)s). Delete and retype it.",
                            number, column, characters=", ".join(bad))  # fmt: skip
                return _BAD
        try:
            found = self._parse(field_, value, (number, column.number))
        except Unreadable as problem:
            self._error(CODES.get(field_.type, "E_VALUE"), problem.message, number, column, **problem.params)
            return _BAD
        text = found.number if field_.type == "decision" and found else found
        if isinstance(text, str) and len(text) > field_.max_length:
            self._too_long(text, field_, number, column)
            return _BAD
        return found

    def _too_long(self, text, field_, number, column):
        self._error("E_LONG", "The cell holds %(length)s characters, at most %(limit)s are possible.",
                    number, column, length=len(text), limit=field_.max_length)  # fmt: skip

    def _parse(self, field_, value, place):
        if field_.type == "date":
            return self._parse_date(field_, value)
        if field_.type == "code":
            return parse_code(value, number_format=self.grid.parsed.formats.get(place))
        if field_.type == "decision":
            decision = parse_decision(value if isinstance(value, (str, int, float)) else as_text(value))
            if decision and decision.date:
                parse_date(decision.date, latest=self.today)
            return decision
        if field_.type == "unit_type":
            return unit_type_of(as_text(value)) or as_text(value) or None
        if parse := _PARSERS.get(field_.type):
            return parse(value)
        if field_.lines and isinstance(value, str):
            return "\n".join(filter(None, map(clean, value.splitlines()))) or None
        return as_text(value) or None

    def _parse_date(self, field_, value):
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

    def _error(self, code, message, number, column, **params):
        self.errors.append(self._problem(code, message, number, column, **params))


_LONGEST = 1_000  # characters of a cell that is parsed
_CACHED_CLASSES = (str, datetime)  # not numbers: 1, 1.0 and True are one key
_BAD = object()  # a cell that was refused: its problem is collected
_PARSERS = {
    "whole": parse_whole_number, "procedure_code": parse_procedure_code, "standard": parse_standard, "level": parse_level,
    "form": parse_form, "mark": parse_mark, "year": parse_year,
}  # fmt: skip


def check_merges(grid, header, data_numbers, errors):
    """Merged cells inside the data: grouping columns are filled down; key columns and sideways ones are refused."""
    columns = {column.number: column for column in header.columns if column.path}
    data = set(data_numbers)
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
