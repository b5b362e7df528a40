"""Documents as people send them: which of the four kinds a file is, by its content, and whether it may be kept.

Knows no app. `check` opens the file in a child process with limits; nothing of it is ever run, shown or unpacked here.
"""

import json
from pathlib import PurePath

from iso_rollout import child

from .kinds import CPU_SECONDS, KINDS, MAX_BYTES, MEMORY, WALL_SECONDS
from .problems import Refused

__all__ = [
    "KINDS",
    "MAX_BYTES",
    "MEMORY",
    "CPU_SECONDS",
    "Refused",
    "check",
    "kind_of_name",
    "name_with_ending",
]

_DIED = {"memory": "E_LIMIT_MEMORY", "time": "E_LIMIT_TIME", "damage": "E_FILE_CORRUPT"}


def check(data, name=""):
    """Bytes of a sent file and the name it came under → its `Kind`. Raises `Refused` and nothing else.

    The content decides. A name that claims another kind of document is refused: whoever opens the file later goes by it.
    """
    if not data.strip(b"\0\t\r\n "):
        raise Refused("E_FILE_EMPTY")
    if len(data) > MAX_BYTES:
        raise Refused("E_FILE_SIZE")
    try:
        answer = json.loads(child.answer_of("iso_rollout.papers.looking", data, seconds=WALL_SECONDS))
    except child.Died as died:
        raise Refused(_DIED[died.why]) from None
    except ValueError:
        raise Refused("E_FILE_CORRUPT") from None
    if "refused" in answer:
        raise Refused(*answer["refused"])
    kind = KINDS[answer["kind"]]
    claimed = kind_of_name(name) or kind
    # Pictures change their ending on the way through telephones.
    if claimed is not kind and not (claimed.is_picture and kind.is_picture):
        raise Refused("E_FILE_TYPE", f"named_{claimed.name}")
    return kind


def kind_of_name(name):
    """The `Kind` that a file name claims, None for none."""
    return next((kind for kind in KINDS.values() if PurePath(name).suffix.lower() in kind.endings), None)


def name_with_ending(name, kind):
    """The file name under which the content is handed out: its ending is that of the content."""
    return name if PurePath(name).suffix.lower() in kind.endings else f"{name}{kind.endings[0]}"
