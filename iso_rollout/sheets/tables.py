"""Tables: one sheet as a table that was recognised: header, verdicts, rows with their groups, totals checked."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from operator import itemgetter

from iso_rollout.text import fold, level_of, parse_unit_name

from .cells import CellReader, check_merges
from .grid import as_text
from .groups import GroupStack, group_row, said_by
from .header import SEARCHED_ROWS
from .markers import is_number
from .problems import Problem
from .rows import Classifier
from .strips import Strip
from .totals import claim, counts_whole_sheet
from .verdicts import DATA, GROUP, HEADER, NOTE, OTHER_TABLE, SUBTOTAL, TITLE, TOTAL, Verdict


class Row:
    """One row that is about one agency (or procedure, person …): a look at its table, made when asked for.

    `values`: field → cleaned value; a field without a value is absent. `groups`: the group rows above, outermost
    first. `reason`: why it was taken for data. `cell(name)`: the address a value came from.
    """

    __slots__ = ("_values", "index", "number", "sheet", "table")

    def __init__(self, table, index):
        self.table, self.index = table, index
        self.sheet, self.number = table.name, table.number(index)
        self._values = None

    @property
    def values(self):
        if self._values is None:
            said = ((name, strip[self.index]) for name, strip in self.table.values.items())
            self._values = {name: value for name, value in said if value is not None}
        return self._values

    @property
    def groups(self):
        return self.table.groups_above(self.index)

    @property
    def reason(self):
        return self.table.verdicts[self.table.places[self.index]].reason

    def cell(self, name):
        """ "B3": the cell of a field; the row's first cell when the field has no column."""
        sources = self.table.sources.get(name)
        return (sources and sources[self.index]) or f"{self.table.letters_of(name)}{self.number}"

    def has_column(self, name):
        """Whether the sheet has a column of a field."""
        return name in self.table.letters


@dataclass
class Table:
    """One visible sheet in which a header of the kind was found.

    `places`: where its data rows stand in the grid; `values` and `sources`: what `read_cells` found in them, column by
    column (`cells.CellReader`). A `Row` is a look at one of them.
    """

    grid: object
    header: object
    kind: object
    verdicts: object = ()
    places: object = ()
    values: dict = field(default_factory=dict)
    sources: dict = field(default_factory=dict)
    letters: dict = field(default_factory=dict)  # field → column letters
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    stretches: list = field(
        default_factory=list
    )  # [(first row, the groups above it and the rows that follow)]

    @property
    def name(self):
        return self.grid.name

    @property
    def count(self):
        """How many data rows it has."""
        return len(self.places)

    @property
    def rows(self):
        """[`Row`], made anew each time: they hold the table, and it must not hold them."""
        return [Row(self, index) for index in range(self.count)]

    def number(self, index):
        return self.grid.numbers[self.places[index]]

    def letters_of(self, name):
        """The letters of a field's column; of the first one when the field has no column."""
        return self.letters.get(name) or next(iter(self.letters.values()), "A")

    def cells(self, name):
        """The addresses of a field in all data rows."""
        letters, sources = self.letters_of(name), self.sources.get(name) or repeat(None)
        for place, source in zip(self.places, sources, strict=False):
            yield source or f"{letters}{self.grid.numbers[place]}"

    def index(self, number):
        """Which data row a row number is, None when it is none."""
        place = self.grid.parsed.position(number)
        index = bisect_left(self.places, place) if place is not None else self.count
        return index if index < self.count and self.places[index] == place else None

    def groups_above(self, index):
        """The group rows above a data row, outermost first."""
        return self.stretches[bisect_right(self.stretches, index, key=itemgetter(0)) - 1][1]

    def recognise(self, rows_by_person=None):
        """Judge every row, then gather the data rows under their groups. No cell is read yet."""
        self.verdicts = Classifier(self.grid, self.header, self.kind).verdicts(rows_by_person)
        self.places, self.stretches = self.verdicts.data(), [(0, ())]
        stack, counts, totals = GroupStack(), {}, []
        seen = since = 0  # data rows so far, and up to the last total
        for place, verdict in self._turns():
            upto = bisect_left(self.places, place)
            self._count(stack, counts, upto - seen)
            seen = upto
            if verdict.cls == GROUP:
                self._open(stack, counts, group_row(self.name, verdict), seen)
            elif verdict.cls == DATA:
                # An agency that heads the rows below: it does not stand below the group before it.
                group = self._group_agency(verdict)
                self.stretches.append((seen, self._groups_above(stack, group)))
                self._open(stack, counts, group, seen + 1)
                self._count(stack, counts, 1)
                seen += 1
            else:
                if stack.rows and not counts_whole_sheet(verdict.text):
                    self.verdicts.put(place, verdict._replace(cls=SUBTOTAL))
                totals.append((verdict, [counts[group] for group in stack.rows], seen - since))
                since = seen
        self._count(stack, counts, self.count - seen)
        self._check_totals(totals)
        for group, count in counts.items():
            if group.claims is not None and not group.is_agency and group.claims != count:
                self._warn_total(group.number, group.column, group.claims, count)
        return self

    def _turns(self):
        """[(position, Verdict)] of the rows that change what stands above the others: groups, agencies, totals."""
        turns = [
            (place, verdict) for place, verdict in self.verdicts.others() if verdict.cls in (GROUP, TOTAL)
        ]
        if self._order is not None:
            marks = self.grid.strip(self._order)
            heads = {code for code, value in enumerate(marks.values) if not _is_running_number(value)}
            for index in marks.taken(self.places).places(heads):
                verdict = self.verdicts[self.places[index]]
                if self._group_agency(verdict):
                    turns.append((self.places[index], verdict))
        return sorted(turns)

    def _open(self, stack, counts, group, first):
        stack.push(group)
        counts[group] = 0
        self.stretches.append((first, stack.rows))

    @staticmethod
    def _count(stack, counts, rows):
        for group in stack.rows:
            counts[group] += rows

    @cached_property
    def _order(self):
        return next((column.number for column in self.header.columns if column.is_order), None)

    def _groups_above(self, stack, group):
        """A row that heads a group itself does not stand below the group before it."""
        if not group:
            return stack.rows
        trial = GroupStack()
        trial.open, trial.last_letter = list(stack.open), stack.last_letter
        trial.push(group)
        return trial.rows[:-1]

    def _group_agency(self, verdict):
        """A row that is an agency and also heads the rows below: marked I, A … or a district without a number."""
        if self._order is None or verdict.column == 0:
            return None
        marker = self.grid.value(verdict.number, self._order)
        if _is_running_number(marker):
            return None
        marker, text = as_text(marker), self.grid.text(verdict.number, verdict.column)
        if not marker and level_of(parse_unit_name(text)) not in ("district", "province"):
            return None
        if not marker and not parse_unit_name(text).is_unit:
            return None
        marked = Verdict(verdict.number, GROUP, verdict.reason, verdict.column, text, marker)
        return group_row(self.name, marked, is_agency=True)

    def _check_totals(self, totals):
        for verdict, group_counts, since_last in totals:
            texts = [as_text(value) for column, value in self.grid.filled(verdict.number)]
            says = claim(texts)
            if says is None:
                says = self._bare_count(verdict)
            if says is None:
                continue
            whole = self.count
            holds = whole if counts_whole_sheet(verdict.text) or not group_counts else group_counts[-1]
            # Inner and outer groups, a page, a part of the sheet: any of these counts may be meant.
            if says not in {holds, whole, since_last, *group_counts}:
                self._warn_total(verdict.number, verdict.column, says, holds)

    def _bare_count(self, verdict):
        """ "Tổng cộng:" and the number in the next cell, which no column of figures claims."""
        filled = [item for item in self.grid.filled(verdict.number) if item[0] >= verdict.column]
        if len(filled) < 2 or not verdict.text.rstrip().endswith(":"):
            return None
        column = next((c for c in self.header.columns if c.number == filled[1][0]), None)
        if column and (column.is_count or (column.field and column.field.type == "whole")):
            return None
        return claim([f": {as_text(filled[1][1])}"])

    def _warn_total(self, number, column, says, holds):
        self.warnings.append(Problem(
            "W_TOTAL", "The row says %(says)s, the table holds %(holds)s.", self.name,
            self.grid.address(number, column or 1), "", {"says": says, "holds": holds},
        ))  # fmt: skip

    def read_cells(self, *, today, convert_legacy):
        """Read every data row; what a title or group row says fills what no column says."""
        reader = CellReader(
            self.grid, self.header, self.kind, today, self.errors, self.warnings, convert_legacy,
            self.values, self.sources,
        )  # fmt: skip
        self.letters = reader.letters
        self._refuse_other_tables()
        reader.read(self.places, self._check_widths())
        self._fill_from_titles()
        check_merges(self.grid, self.header, self.places, self.errors)
        self._check_heading_encodings(convert_legacy)
        self._say_what_was_done(convert_legacy)

    def _refuse_other_tables(self):
        for verdict in self.verdicts.of_class(HEADER):
            if verdict.reason is OTHER_TABLE:
                self.errors.append(Problem(
                    "E_OTHER_TABLE", "A table with other columns stands here. Move it to a sheet of its own, or delete it.",
                    self.name, self.grid.address(verdict.number, 1),
                ))  # fmt: skip

    def _fill_from_titles(self):
        for field_ in self.kind.fields:
            has_column = not self.header.fields.isdisjoint((field_.name, *field_.beside))
            if field_.from_group and not has_column:
                self._fill_from_groups(field_)
            if field_.from_title and not has_column:
                if not field_.from_group:
                    self._fill_from_groups(field_)
                self._fill_from_title(field_)

    def _fill(self, name, value, address, start, end):
        column = self.values.setdefault(name, Strip.blank(self.count))
        sources = self.sources.setdefault(name, Strip.blank(self.count))
        if column.fill(value, start, end):
            sources.fill(address, start, end)

    def _fill_from_groups(self, field_):
        ends = [first for first, _ in self.stretches[1:]] + [self.count]
        for (first, groups), end in zip(self.stretches, ends, strict=True):
            said = ((said_by(field_, group.text), group) for group in reversed(groups))
            value, group = next(((value, group) for value, group in said if value is not None), (None, None))
            if group:
                self._fill(field_.name, value, self.grid.address(group.number, group.column), first, end)

    def _fill_from_title(self, field_):
        """The title says it for all rows, else the heading: "Quyết định công bố phù hợp TCVN ISO 9001:2015"."""
        above = [n for n in self.grid.numbers[: SEARCHED_ROWS + 1] if n < self.header.first]
        heading = range(self.header.first, self.header.last + 1)
        said = self._said_in(above, field_) or self._said_in(heading, field_)
        if len(said) == 1:
            ((value, address),) = said.items()
            self._fill(field_.name, value, address, 0, self.count)

    def _said_in(self, numbers, field_):
        said = {}
        for number in numbers:
            for column, value in self.grid.filled(number):
                if (meant := said_by(field_, as_text(value))) is not None:
                    said.setdefault(meant, self.grid.address(number, column))
        return said

    def _check_heading_encodings(self, convert_legacy):
        """Headings and group rows in a legacy encoding, where no data cell has named it yet."""
        if convert_legacy or not self.grid.encodings or any(e.code == "E_ENCODING" for e in self.errors):
            return
        for (row, column), encoding in sorted(self.grid.encodings.items()):
            if self.verdicts[self.grid.parsed.position(row)].cls in (HEADER, GROUP, DATA):
                self.errors.append(Problem(
                    "E_ENCODING", "The text was typed with the %(encoding)s code table. Convert it to Unicode.", self.name,
                    self.grid.address(row, column), "", {"encoding": encoding},
                ))  # fmt: skip

    def _check_widths(self):
        """csv: rows with fewer or more fields than the heading; their cells stand in the wrong columns."""
        parsed = self.grid.parsed
        if parsed.widths is None:
            return set()
        heading = [parsed.position(row) for row in range(self.header.first, self.header.last + 1)]
        wanted = max((parsed.widths[place] for place in heading if place is not None), default=0)
        if parsed.widths.count(wanted) == len(parsed.widths):
            return set()
        shifted = {place for place in self.places if parsed.widths[place] != wanted}
        for place in sorted(shifted):
            self.errors.append(Problem(
                "E_CSV", "The line has %(width)s cells, it needs %(wanted)s. A comma may need quotation marks.", self.name,
                f"line {parsed.lines[place]}", "", {"width": parsed.widths[place], "wanted": wanted},
            ))  # fmt: skip
        return shifted

    def _say_what_was_done(self, convert_legacy):
        parsed = self.grid.parsed
        subject = next((name for name in self.kind.subject if name in self.letters), None)
        for row in sorted(parsed.hidden_rows):
            if (index := self.index(row)) is not None:
                cell = Row(self, index).cell(subject)
                self.warnings.append(
                    Problem("W_HIDDEN_ROW", "The row is hidden in the sheet; it was read.", self.name, cell)
                )
        for column in self.header.columns:
            if column.field and column.number in parsed.hidden_columns:
                self.warnings.append(Problem(
                    "W_HIDDEN_COLUMN", "The column is hidden in the sheet; it was read.", self.name,
                    self.grid.address(self.header.last, column.number), column.title,
                ))  # fmt: skip
        for verdict in self.verdicts.of_class(NOTE):
            if verdict.reason.message != "a note":
                self.warnings.append(Problem(
                    "W_ROW_SKIPPED", "The row was not read (%(problem)s): “%(text)s”.", self.name,
                    self.grid.address(verdict.number, verdict.column or 1), "", {"problem": verdict.reason, "text": verdict.text[:80]},
                ))  # fmt: skip
        if self.grid.encodings and convert_legacy:
            self.warnings.append(Problem(
                "W_CONVERTED", "%(count)s cells were converted from %(encoding)s.", self.name, "file", "",
                {"count": len(self.grid.encodings), "encoding": ", ".join(sorted(set(self.grid.encodings.values())))},
            ))  # fmt: skip

    def says(self, field_):
        """Whether a column or a group row can say a field."""
        if not self.header.fields.isdisjoint((field_.name, *field_.beside)):
            return True
        return any(said_by(field_, group.text) for _, groups in self.stretches for group in groups)

    def ignored_columns(self):
        """Headings whose columns were not read."""
        return [c for c in self.header.columns if c.path and not c.field and not c.is_order]

    def title_text(self):
        """The folded text above the header, for telling a summary from a list."""
        above = [verdict.number for verdict in self.verdicts.of_class(TITLE)]
        return fold(" ".join(as_text(value) for number in above for _, value in self.grid.filled(number)))


def _is_running_number(value):
    return value.__class__ in (int, float) or is_number(as_text(value))
