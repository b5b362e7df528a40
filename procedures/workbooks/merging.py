"""Merging: one cell in three versions, as it went out, as it was filled in, as it is now."""

import hashlib
from dataclasses import dataclass

KEEP, TAKE, ASK = "keep", "take", "ask"
FILE, NOW = "file", "now"


def merge(was, filled, now):
    """What becomes of a cell: KEEP what is now, TAKE what was filled in, or ASK, because both sides changed it.

    What both changed to the same value needs nothing.
    """
    if filled in (was, now):
        return KEEP
    return TAKE if now == was else ASK


def digest_of(was, filled, now):
    """Of the three versions: an answer holds as long as the question is the same."""
    return hashlib.sha256(repr((was, filled, now)).encode()).hexdigest()[:16]


@dataclass(slots=True, eq=False)
class Edit:
    """One cell that was filled in otherwise than it went out. Values are texts as in `contents`."""

    key: str  # of the record, "R12"
    name: str  # of the column
    was: str
    filled: str
    sheet: str | None
    cell: str
    row: object
    now: str = ""

    @property
    def question(self):
        return f"{self.key}.{self.name}"

    @property
    def digest(self):
        return digest_of(self.was, self.filled, self.now)

    @property
    def place(self):
        """The address that a line of history keeps."""
        return f"{self.sheet}!{self.cell}"[:120] if self.sheet else self.cell


@dataclass(slots=True, eq=False)
class Conflict:
    """A cell that the file and somebody else changed; `choice` is FILE, NOW or "" while nobody has said."""

    edit: Edit
    entry: object
    column: object
    agency: object
    choice: str = ""
    is_earlier: bool = False  # answered when an earlier file was brought in
