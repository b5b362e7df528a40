"""Writing history, taking a change set back, and bringing back one value.

Doors call `open_change_set` and `record`; nobody else writes `Change`. `undo` restores what
nobody has touched since and names the rest, `restore` brings back one value; both are
themselves change sets and can be undone.
"""

from .lines import change_of, open_change_set, record, record_many, snapshot
from .records import write_columns
from .restoring import Restoring, restorable_columns, restore, what_restoring_does
from .undoing import Outcome, Undone, undo, what_undo_does

__all__ = [
    "Outcome",
    "Restoring",
    "Undone",
    "change_of",
    "open_change_set",
    "record",
    "record_many",
    "restorable_columns",
    "restore",
    "snapshot",
    "undo",
    "what_restoring_does",
    "what_undo_does",
    "write_columns",
]
