"""Agencies from a pasted list: codes or names as a sheet has them, matched as an import matches them.

One candidate is taken; several are asked, none is named. Never a guess.
"""

import re
from dataclasses import dataclass, field
from types import SimpleNamespace

from agencies.imports.matching import Matcher
from agencies.imports.register import Register
from agencies.models import Role
from iso_rollout.text import clean, fold

MOST_LINES = 20_000  # of one list; the form refuses more
# Cells of a heading, and cells that hold a number or a day: no agency is called so.
_HEADING = re.compile(
    r"^(stt|tt|so tt|so thu tu|ma|ma co quan|ma dinh danh|ten|ten co quan|ten don vi|don vi|co quan|ghi chu|cap|huyen|xa)$"
)
_NO_NAME = re.compile(r"^[\d\s./,:;()%-]*$")


@dataclass
class Asked:
    """A pasted name that means several agencies, or none: `candidates` to choose from, on how many lines."""

    key: str
    text: str
    candidates: list
    lines: list = field(default_factory=list)
    chosen: int | None = None  # the answer: an agency, 0 left out, None not answered


@dataclass
class Pasted:
    """What a pasted list means. `ids`: the agencies, once each; `asked`: for a person to answer."""

    ids: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    repeated: int = 0

    @property
    def open_questions(self):
        return [asked for asked in self.asked if asked.chosen is None]


def match(text, answers, *, user, on):
    """The agencies that a pasted list names, within the person's reach as a recorder. Returns `Pasted`."""
    register = Register(on, user=user, roles={Role.EDITOR, Role.COORDINATOR})
    matcher, found, seen = Matcher(register), Pasted(), set()
    questions = {}
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [clean(cell) for cell in re.split(r"[\t;]", line)]
        cells = [cell for cell in cells if cell and not _NO_NAME.match(cell)]
        if not cells or all(_HEADING.match(fold(cell)) for cell in cells):
            continue
        match_, name = _of_line(cells, matcher, register)
        if match_.agency is None:
            key = "|".join(cells)[:300]
            if key not in questions:
                candidates = matcher.candidates(name, match_.candidates, matcher.place_of(_row(cells)))
                questions[key] = Asked(key, " · ".join(cells), candidates)
                found.asked.append(questions[key])
            questions[key].lines.append(number)
            if key in answers:
                questions[key].chosen = answers[key]
                chosen = register.get(answers[key])
                _take(chosen, found, seen)
        else:
            _take(match_.agency, found, seen)
    return found


def _take(known, found, seen):
    if known is None:
        return
    if known.id in seen:
        found.repeated += 1
        return
    seen.add(known.id)
    found.ids.append(known.id)


def _of_line(cells, matcher, register):
    """(match, the cell taken for the name): a code decides, else the first cell is the name, the others its place."""
    for cell in cells:
        if known := register.by_code.get(cell.upper()):
            return matcher.match("", code=known.code), cell
    row = _row(cells)
    return matcher.match(cells[0], place=matcher.place_of(row)), cells[0]


def _row(cells):
    values = {"district": cells[1]} if len(cells) > 1 else {}
    return SimpleNamespace(values=values, groups=(), sheet=None)
