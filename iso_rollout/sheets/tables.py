"""Tables: one sheet as a table that was recognised: header, verdicts, rows with their groups, totals checked."""

from dataclasses import dataclass, field

from iso_rollout.text import fold, level_of, parse_unit_name

from .cells import CellReader, check_merges
from .grid import as_text
from .groups import GroupStack, group_row, said_by
from .problems import Problem
from .rows import DATA, GROUP, NOTE, SUBTOTAL, TITLE, TOTAL, Classifier, Row, Verdict, _is_number
from .totals import claim, counts_whole_sheet


@dataclass
class Table:
    """One visible sheet in which a header of the kind was found."""

    grid: object
    header: object
    kind: object
    verdicts: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    group_claims: list = field(default_factory=list)  # (GroupRow, rows below it)

    @property
    def name(self):
        return self.grid.name

    def recognise(self, rows_by_person=None):
        """Judge every row, then gather the data rows under their groups. No cell is read yet."""
        self.verdicts = Classifier(self.grid, self.header, self.kind).verdicts(rows_by_person)
        stack, counts, totals, since = GroupStack(), {}, [], 0
        order = next((column.number for column in self.header.columns if column.is_order), None)
        letters = None
        for index, verdict in enumerate(self.verdicts):
            if verdict.cls == GROUP:
                stack.push(group := group_row(self.name, verdict))
                counts[group] = 0
            elif verdict.cls == DATA:
                group = self._group_agency(verdict, order)
                row = Row(
                    self.name,
                    verdict.number,
                    verdict.reason,
                    self._groups_above(stack, group),
                    letters=letters or {},
                )
                self.rows.append(row)
                if group:
                    stack.push(group)
                    counts[group] = 0
                for open_group in stack.rows:
                    counts[open_group] += 1
            elif verdict.cls == TOTAL:
                if stack.rows and not counts_whole_sheet(verdict.text):
                    self.verdicts[index] = verdict._replace(cls=SUBTOTAL)
                totals.append((verdict, [counts[group] for group in stack.rows], len(self.rows) - since))
                since = len(self.rows)
        self._check_totals(totals)
        for group, count in counts.items():
            if group.claims is not None and not group.is_agency and group.claims != count:
                self._warn_total(group.number, group.column, group.claims, count)
        return self

    def _groups_above(self, stack, group):
        """A row that heads a group itself does not stand below the group before it."""
        if not group:
            return stack.rows
        trial = GroupStack()
        trial.open, trial.last_letter = list(stack.open), stack.last_letter
        trial.push(group)
        return trial.rows[:-1]

    def _group_agency(self, verdict, order):
        """A row that is an agency and also heads the rows below: marked I, A … or a district without a number."""
        if order is None or verdict.column == 0:
            return None
        marker = self.grid.value(verdict.number, order)
        if marker.__class__ in (int, float) or _is_number(marker := as_text(marker)):
            return None
        text = self.grid.text(verdict.number, verdict.column)
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
            whole = len(self.rows)
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
            self.grid, self.header, self.kind, today, self.errors, self.warnings, convert_legacy
        )
        shifted = self._check_widths()
        for row in self.rows:
            row.letters = reader.letters
        reader.read([row for row in self.rows if row.number not in shifted] if shifted else self.rows)
        self._fill_from_titles()
        check_merges(self.grid, self.header, (row.number for row in self.rows), self.errors)
        self._check_heading_encodings(convert_legacy)
        self._say_what_was_done(reader)

    def _fill_from_titles(self):
        for field_ in self.kind.fields:
            has_column = field_.name in self.header.fields
            if field_.from_group and not has_column:
                self._fill_from_groups(field_)
            if field_.from_title and not has_column:
                if not field_.from_group:
                    self._fill_from_groups(field_)
                self._fill_from_title(field_)

    def _fill_from_groups(self, field_):
        found = {}
        for row in self.rows:
            if row.groups not in found:
                said = [(said_by(field_, group.text), group) for group in reversed(row.groups)]
                found[row.groups] = next(((value, group) for value, group in said if value is not None), None)
            if found[row.groups] and field_.name not in row.values:
                value, group = found[row.groups]
                row.values[field_.name] = value
                row.sources[field_.name] = self.grid.address(group.number, group.column)

    def _fill_from_title(self, field_):
        """The title says it for all rows, else the heading: "Quyết định công bố phù hợp TCVN ISO 9001:2015"."""
        above = [number for number in self.grid.numbers if number < self.header.first]
        heading = range(self.header.first, self.header.last + 1)
        said = self._said_in(above, field_) or self._said_in(heading, field_)
        if len(said) == 1:
            ((value, address),) = said.items()
            for row in self.rows:
                if field_.name not in row.values:
                    row.values[field_.name] = value
                    row.sources[field_.name] = address

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
        classes = {verdict.number: verdict.cls for verdict in self.verdicts}
        for (row, column), encoding in sorted(self.grid.encodings.items()):
            if classes.get(row) in ("header", GROUP, DATA):
                self.errors.append(Problem(
                    "E_ENCODING", "The text was typed with the %(encoding)s code table. Convert it to Unicode.", self.name,
                    self.grid.address(row, column), "", {"encoding": encoding},
                ))  # fmt: skip

    def _check_widths(self):
        """csv: rows with fewer or more fields than the heading; their cells stand in the wrong columns."""
        parsed = self.grid.parsed
        if parsed.widths is None:
            return set()
        index = {number: position for position, number in enumerate(parsed.numbers)}
        if self.header.last not in index:  # a person pointed at a blank row
            return set()
        wanted = parsed.widths[index[self.header.last]]
        shifted = set()
        for row in self.rows:
            position = index[row.number]
            width = parsed.widths[position]
            if width != wanted:
                shifted.add(row.number)
                self.errors.append(Problem(
                    "E_CSV", "The line has %(width)s cells, it needs %(wanted)s. A comma may need quotation marks.", self.name,
                    f"line {parsed.lines[position]}", "", {"width": width, "wanted": wanted},
                ))  # fmt: skip
        return shifted

    def _say_what_was_done(self, reader):
        parsed = self.grid.parsed
        subject = next((name for name in self.kind.subject if name in reader.letters), None)
        for row in self.rows:
            if row.number in parsed.hidden_rows:
                self.warnings.append(
                    Problem(
                        "W_HIDDEN_ROW",
                        "The row is hidden in the sheet; it was read.",
                        self.name,
                        row.cell(subject),
                    )
                )
        for column in self.header.columns:
            if column.field and column.number in parsed.hidden_columns:
                self.warnings.append(Problem(
                    "W_HIDDEN_COLUMN", "The column is hidden in the sheet; it was read.", self.name,
                    self.grid.address(self.header.last, column.number), column.title,
                ))  # fmt: skip
        for verdict in self.verdicts:
            if verdict.cls == NOTE and verdict.reason.message != "a note":
                self.warnings.append(Problem(
                    "W_ROW_SKIPPED", "The row was not read (%(problem)s): “%(text)s”.", self.name,
                    self.grid.address(verdict.number, verdict.column or 1), "", {"problem": verdict.reason, "text": verdict.text[:80]},
                ))  # fmt: skip
        if self.grid.encodings and reader.convert_legacy:
            self.warnings.append(Problem(
                "W_CONVERTED", "%(count)s cells were converted from %(encoding)s.", self.name, "file", "",
                {"count": len(self.grid.encodings), "encoding": ", ".join(sorted(set(self.grid.encodings.values())))},
            ))  # fmt: skip

    def ignored_columns(self):
        """Headings whose columns were not read."""
        return [c for c in self.header.columns if c.path and not c.field and not c.is_order]

    def title_text(self):
        """The folded text above the header, for telling a summary from a list."""
        above = [v.number for v in self.verdicts if v.cls == TITLE]
        return fold(" ".join(as_text(value) for number in above for _, value in self.grid.filled(number)))
