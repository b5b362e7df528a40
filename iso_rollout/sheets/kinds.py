"""Kinds and fields: how an app says which columns its list may have. The words are its own; see `examples.py`."""

import re
from dataclasses import dataclass, field
from functools import cached_property

from iso_rollout.text import fold, tone_key

TYPES = (
    "text", "code", "procedure_code", "whole", "date", "decision", "standard", "level", "form", "unit_type", "mark", "year", "order",
)  # fmt: skip

ORDER_HEADINGS = frozenset({"stt", "tt", "so tt", "so thu tu", "thu tu", "no", "s t t", "tt stt", "sott"})

_NEVER = re.compile("(?!)")


def _alternatives(phrases):
    return "|".join(sorted({re.escape(fold(phrase)) for phrase in phrases}, key=len, reverse=True))


@dataclass(frozen=True)
class Field:
    """One piece of a record and how its column is recognised.

    `aliases`: headings that mean it, best first. `heads`, `words`: a heading that begins with one of the heads and
    is made of the words alone means it as well ("Ngày, tháng, năm ban hành quyết định"). `generic`: headings such as "Số" that mean it only under a heading
    of `under` (or alone, where no other column claims it). `avoid`: words that speak against it, with their tones.
    `options`: value → headings of columns in which a mark (x) means that value.
    `fill`: a cell merged downwards counts for all its rows. `from_title`: the title may say it for all rows;
    `from_group`: a group row may, where there is no column of `beside` either. `date_field`: where the date inside a
    decision cell goes.
    """

    name: str
    title: str
    type: str = "text"
    aliases: tuple = ()
    heads: tuple = ()
    words: tuple = ()
    generic: tuple = ()
    under: tuple = ()
    avoid: tuple = ()
    options: dict = field(default_factory=dict)
    required: bool = False
    unique: bool = False
    fill: bool = False
    from_title: bool = False
    from_group: bool = False
    beside: tuple = ()
    date_field: str = ""
    max_length: int = 255
    precision: tuple = ("day",)
    future: bool = False  # a date may lie ahead
    until: bool = False  # a vague date means its last day: a term of "12/2021" ends with the month
    group_text: str = ""  # what a group row must look like to say this text; its group "text" is what it says
    lines: bool = False  # a text of several lines keeps them

    def __hash__(self):
        return hash(self.name)

    @cached_property
    def folded_aliases(self):
        return [fold(alias) for alias in (self.title, *self.aliases)]

    @cached_property
    def composed(self):
        """The pattern of a heading that begins with a head and is made of the words alone."""
        heads = _alternatives(self.heads)
        return (
            re.compile(rf"(?:{heads})(?: (?:{_alternatives((*self.heads, *self.words))}))*")
            if heads
            else _NEVER
        )

    @cached_property
    def folded_generic(self):
        return [fold(alias) for alias in self.generic]

    @cached_property
    def folded_under(self):
        return [fold(words) for words in self.under]

    @cached_property
    def avoided(self):
        return re.compile(
            "|".join(rf"(?:^| ){re.escape(tone_key(words))}(?: |$)" for words in self.avoid) or "(?!)"
        )

    @cached_property
    def folded_options(self):
        return [(value, fold(heading)) for value, headings in self.options.items() for heading in headings]


@dataclass(frozen=True)
class Kind:
    """One kind of list: its fields, and what tells a row of it from a group row.

    `subject`: the fields that say whom a row is about (one of them must have a column).
    `evidence`: the fields of which a row about one agency has at least one. `number_is_evidence`: a running
    number is enough. `denials`: the fields that may say of a row that nothing is there yet: "Chưa công bố".
    `words`: words of a title that speak for this kind, for screens that offer a choice.
    """

    name: str
    fields: tuple
    subject: tuple = ("name",)
    evidence: tuple = ()
    number_is_evidence: bool = False
    denials: tuple = ()
    words: tuple = ()

    def __hash__(self):
        return hash(self.name)

    @cached_property
    def usual_headings(self):
        """Headings that one of its fields is known by, folded, and those of running numbers."""
        known = (name for field in self.fields for name in (*field.folded_aliases, *field.folded_generic))
        return ORDER_HEADINGS.union(known)

    @cached_property
    def by_name(self):
        return {field.name: field for field in self.fields}
