"""Columns: which heading means which field, by scores that can be shown.

A heading is a path: the texts of its header rows from top to bottom, "Quyết định công bố / Số, ký hiệu".
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from iso_rollout.text import clean, fold, tone_key

from .contents import are_marks, fit, speaks
from .kinds import ORDER_HEADINGS
from .problems import Reason

EXACT, GENERIC, COMPOSED, ENOUGH = 100, 95, 84, 60
UNFIT = 1 / 3  # less than this share of fitting cells: the heading means something else
WORDY = ("name", "district", "parent", "code", "agency", "unit_type")
# Words that make no difference to what a heading means.
_DECORATION = re.compile(r"\(\s*\*+\s*\)|\*")
_SHORT = (
    (re.compile(r"\bCQ\b", re.IGNORECASE), "cơ quan"),
    (re.compile(r"\bĐ\s*[/.]?\s*v(?:ị)?\b", re.IGNORECASE), "đơn vị"),
)


@dataclass(frozen=True)
class Column:
    """One column of the sheet: its heading and what it was taken for (`field` None: ignored)."""

    number: int
    path: tuple
    field: object = None
    option: object = None
    score: float = 0
    is_order: bool = False
    is_count: bool = False
    by_cells: bool = False  # the heading alone would not have said it

    @property
    def title(self):
        return " / ".join(self.path)

    @property
    def reason(self):
        """Why it was taken for its field, None where it was not."""
        if self.field is None:
            return None
        if self.by_cells:
            return Reason("by what its cells hold")
        return Reason("heading fits: %(score)s of 100", score=round(self.score))


def map_columns(paths, kind, cells=None):
    """{column number: path} → (columns, duplicates): every column, and those that repeat an exact heading.

    `cells`: what the cells below look like (`contents.sample`), where they are asked as well.
    The best pair of column and field goes first; a column that lost its field takes its next best.
    """
    scores, by_cells = [], set()
    for number, path in paths.items():
        held = cells.get(number, ()) if cells else ()
        for position, field in enumerate(kind.fields):
            by_heading, option = _score(field, path)
            score = by_heading
            if held and option is None:
                score = _weighed(by_heading, field, path, held)
            elif held and field.type == "year" and not are_marks(held):  # what a year costs
                score = 0
            if score >= ENOUGH:
                scores.append((-score, position, number, field, option))
                if by_heading < ENOUGH:
                    by_cells.add((number, field.name))
    scores.sort(key=lambda item: item[:3])
    taken, columns, duplicates = {}, {}, []
    for minus, _, number, field, option in scores:
        if number in columns:
            continue
        wanted = (field.name, option)
        rival = taken.get(wanted)
        if rival is None and not (option is None and any(name == field.name for name, _ in taken)):
            taken[wanted] = number
            is_by_cells = (number, field.name) in by_cells
            columns[number] = Column(number, paths[number], field, option, -minus, by_cells=is_by_cells)
        elif rival is not None and -minus >= EXACT and columns[rival].score >= EXACT:
            duplicates.append(Column(number, paths[number], field, option, -minus))
            columns[number] = Column(number, paths[number])
    for number, path in paths.items():
        if number not in columns:
            columns[number] = Column(number, path, is_order=_is_order(path), is_count=_is_count(path))
    return [columns[number] for number in sorted(columns)], sorted(
        duplicates, key=lambda column: column.number
    )


def _weighed(score, field, path, held):
    """A heading's score, put right by what the cells below it look like.

    An exact heading of figures, dates and decisions is believed: wrong cells are errors to be named. Words for
    agencies, places and codes mean several things; there, and where a heading only resembles, the cells decide.
    """
    how_well = fit(field, held)
    if score >= ENOUGH and how_well is not None and (score < EXACT or field.name in WORDY):
        if how_well < UNFIT:
            return 0
        return min(score + 4 * how_well, EXACT - 1) if score < EXACT else score
    if score < ENOUGH and speaks(field, held) and not _is_avoided(field, path):
        return ENOUGH + 1 + score / ENOUGH
    return score


def _is_order(path):
    return bool(path) and fold(path[-1]) in ORDER_HEADINGS


def _is_count(path):
    return bool(path) and bool(
        re.match(r"(?:tổng )?số(?! (?:hiệu|ký|quyết|qđ|văn|công))|tỷ lệ|đã |tổng|cộng", path[-1].casefold())
    )


@lru_cache(maxsize=2_000)
def normal_heading(text):
    text = _DECORATION.sub(" ", clean(text))
    for short, words in _SHORT:
        text = short.sub(words, text)
    return fold(text)


@lru_cache(maxsize=5_000)
def _score(field, path):
    """(score 0 to 100, option): how well a heading fits a field."""
    score, option = _likeness(field, path) if path else (0, None)
    # Asked last: most texts of a sheet are like no heading at all.
    return (0, None) if score and _is_avoided(field, path) else (score, option)


def _is_avoided(field, path):
    """Whether a heading holds a word that speaks against the field."""
    return bool(field.avoided.search(tone_key(" ".join(path))))


def _likeness(field, path):
    leaf, whole = normal_heading(path[-1]), normal_heading(" ".join(path))
    above = normal_heading(" ".join(path[:-1]))
    if not leaf:
        return 0, None
    if option := _option(field, leaf, above):
        return option
    best = COMPOSED if field.composed.fullmatch(leaf) else 0
    for alias in field.folded_aliases:
        if alias in (leaf, whole):
            return EXACT, None
        # What stands above says something of the leaf, not instead of it.
        places = (
            ((leaf, 66),)
            if f" {alias} " in f" {above} " and path[-1][:1] != "("
            else ((leaf, 66), (whole, 56))
        )
        for text, base in places:
            if f" {alias} " in f" {text} ":
                best = max(best, base + 26 * len(alias) / len(text))
    if leaf in field.folded_generic:
        fitting = [words for words in field.folded_under if f" {words} " in f" {above} "]
        if fitting:  # the first words are the surest: "Công bố / Số" before "Quyết định phê duyệt / Số"
            best = max(best, GENERIC - 3 * field.folded_under.index(fitting[0]))
        elif not above:
            best = max(best, ENOUGH)
    return best, None


def _option(field, leaf, above):
    """A column of marks: its own heading names exactly one of the options."""
    options = {value for value, heading in field.folded_options if f" {heading} " in f" {leaf} "}
    if len(options) != 1:
        return None
    # "Tiêu chuẩn 9001:2015" may also be a heading over text; a heading of its own words is surer.
    exact = any(heading == leaf for _, heading in field.folded_options)
    if field.type == "year" and not exact:  # "Kinh phí năm 2021"
        return None
    return (
        EXACT if exact or any(f" {words} " in f" {above} " for words in field.folded_under) else 75
    ), options.pop()
