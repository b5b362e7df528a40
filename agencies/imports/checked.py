"""What checking a list finds: its lines, what is wrong, what has to be asked. Plain values, nothing written."""

import hashlib
import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date

from iso_rollout.sheets import Overrides

NEW, CHANGED, UNCHANGED, WRONG = "new", "changed", "unchanged", "wrong"


@dataclass
class Options:
    """How a person wants a list to be read. Travels as JSON in `Upload.options`.

    `answers`: {key of a question: agency id}. `since`: the day from which new agencies exist, None for always.
    `correct`: a changed name, code or parent was a mistake, not a change of that day. `several`: an agency may
    stand in a list of declarations more than once. `plan`: the code of the plan that a list of rollouts is for. `choices`:
    {cell that the file and somebody else changed: [which of the two, digest of what was compared]}. `left_out`: the
    workbooks of others in a file that are not read, [[name of the file in a zip, code]].
    """

    convert_legacy: bool = False
    sheet: str | None = None
    overrides: Overrides = field(default_factory=Overrides)
    answers: dict = field(default_factory=dict)
    since: date | None = None
    correct: bool = False
    several: bool = False
    plan: str = ""
    choices: dict = field(default_factory=dict)
    left_out: list = field(default_factory=list)

    @classmethod
    def from_dict(cls, data):
        """From what `as_dict` gave; unknown keys are left out."""
        data = {name: value for name, value in (data or {}).items() if name in cls.__dataclass_fields__}
        if data.get("since"):
            data["since"] = date.fromisoformat(data["since"])
        data["overrides"] = Overrides.from_dict(data.get("overrides") or {})
        return cls(**data)

    def as_dict(self):
        return asdict(self) | {"since": self.since.isoformat() if self.since else None}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that would change: the field's title, what stands now, what will, and the cell that says so."""

    name: str
    title: str
    before: str
    after: str
    cell: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agency that a name may mean: its parents tell it from others of the name."""

    agency_id: int
    name: str
    code: str
    parents: str  # "huyện Văn Lâm, tỉnh Hưng Yên"
    is_near: bool = False  # spelt otherwise: may be suggested, never taken

    @property
    def whereabouts(self):
        """Code and parents in one line; the topmost agency has no parents, and not everyone a code."""
        return " · ".join(filter(None, (self.code, self.parents)))


@dataclass(slots=True)
class Question:
    """A name that means several agencies, or none: for a person to answer. `places` are its cells."""

    key: str
    text: str
    scope: str  # where it was looked for, "" for everywhere
    candidates: list
    places: list = field(default_factory=list)  # [(sheet, cell)]


@dataclass(slots=True)
class Line:
    """One row of the list and what would become of it.

    `how` says by what it was matched ("code", "name", "learned", "answer", ""). `record` is the row in clean words.
    `plan` is the kind's own: what it needs to write the line.
    """

    sheet: str | None
    number: int
    outcome: str
    label: str
    cell: str
    record: dict
    differences: tuple = ()
    how: str = ""
    agency_id: int | None = None
    plan: object = None


@dataclass
class Checked:
    """A list that was read, matched and compared with the register. `is_fine`: nothing blocks it.

    Pages ask `of` and the counting methods: a kind whose lists are long keeps no `lines`.
    """

    kind: str
    file_name: str
    on: date
    lines: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    questions: list = field(default_factory=list)
    reading: object = None
    learned: list = field(default_factory=list)  # answers to be kept as aliases
    plan: object = None
    register: object = None  # the agencies that it was matched with, where the kind speaks of agencies
    seen: tuple = ()  # how far the history had got when it was compared

    @property
    def is_fine(self):
        return not self.errors

    def number_of(self, outcome):
        return sum(line.outcome == outcome for line in self.lines)

    @property
    def counts(self):
        """Rows, new, changed, unchanged, errors, warnings: for screens and for `Upload.counts`."""
        return {
            "rows": len(self.lines) if self.is_fine else 0,
            **{outcome: self.number_of(outcome) for outcome in (NEW, CHANGED, UNCHANGED)},
            "errors": len(self.errors),
            "warnings": len(self.warnings),
        }

    def of(self, outcome=""):
        """The lines of one outcome ("" for all), as a sequence of which a page may be cut."""
        return [line for line in self.lines if not outcome or line.outcome == outcome]

    def page(self, outcome="", start=0, size=50):
        """Some lines of one outcome: a preview never holds more than a page."""
        return self.of(outcome)[start : start + size]

    def left_out_with(self, sheet, number):
        """How many rows are left out when a row is, and the workbook that they are, None for a row by itself."""
        return 1, None

    def records(self):
        return (line.record for line in self.of())

    def matched_by(self):
        """{how: number of lines that were matched by it}."""
        return Counter(line.how for line in self.of())

    def matched(self, how):
        """The lines that were matched by something."""
        return [line for line in self.of() if line.how == how]

    def tally_new(self, names):
        """{(name, value): number of new lines}: by the first of some fields of the record that says anything."""
        found = Counter()
        for line in self.of(NEW):
            if name := next((name for name in names if line.record.get(name)), None):
                value = line.record[name]
                found[name, tuple(value) if isinstance(value, list) else value] += 1
        return found

    def tally_changed(self):
        """{title of a field: number of lines in which it changes}."""
        return Counter(d.title for line in self.of(CHANGED) for d in line.differences if d.title)

    @property
    def digest(self):
        """Of what would happen: two checks with the same digest write the same."""
        told = [
            (line.sheet, line.number, line.outcome, line.agency_id, line.record, [asdict(d) for d in line.differences])
            for line in self.of()
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(told, default=str, sort_keys=True).encode()).hexdigest()
