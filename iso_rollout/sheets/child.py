"""The parsing child: files from strangers are opened in a process of their own, with little memory and time.

`parse` is called by the parent; `main` runs in the child. A child that dies is an answer too, never an
exception: out of memory, out of time, or a damaged file.
"""

import json
import os
import sys

from iso_rollout import child

from .guard import refuse_corrupt
from .problems import Refused

MEMORY = 1_500 * 2**20  # bytes of address space
MAX_ANSWER = 80 * 2**20  # bytes handed to the parent, which must not grow with a stranger's file
CPU_SECONDS = 8  # what a hostile file may cost
WALL_SECONDS = 30  # on a busy machine a good file may wait longer than it works


def parse(data, *, convert_legacy=False):
    """Bytes of an uploaded file → list of `ParsedSheet`. Raises `Refused` and nothing else.

    Source: the import contract, item 2.
    """
    return understand(ask(data, convert_legacy=convert_legacy))


def ask(data, *, convert_legacy=False):
    """Bytes of an uploaded file → the child's answer, which `understand` reads and which may be kept.

    Raises `Refused` when the child died of it: on another day it may live.
    """
    mode = "convert" if convert_legacy else "read"
    try:
        return child.answer_of("iso_rollout.sheets.child", data, mode, seconds=WALL_SECONDS)
    except child.Died as died:
        if died.why == "damage":
            raise refuse_corrupt() from None
        raise _too_large() if died.why == "memory" else _too_slow() from None


def understand(answer):
    """The child's answer → list of `ParsedSheet`. Raises `Refused`: what the child says, or damage.

    The answer is plain JSON and is not believed: a child that was taken over can name nothing to call.
    """
    from .parsed import ParsedSheet

    try:
        told = json.loads(answer)
        if "sheets" in told:
            return [ParsedSheet.from_plain(sheet) for sheet in told["sheets"]]
        code, message, cell, params = told["refused"]
        refused = Refused(code, message, cell, **params)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError):
        refused = refuse_corrupt()
    raise refused from None


def _too_large():
    return Refused("E_LIMIT_MEMORY", "The workbook needs too much memory. Copy the list into a new workbook.")


def _too_slow():
    return Refused("E_LIMIT_TIME", "The workbook takes too long to open. Copy the list into a new workbook.")


def main():
    """In the child: bytes on stdin, {"sheets": […]} or {"refused": […]} on stdout."""
    child.limit(memory=MEMORY, cpu_seconds=CPU_SECONDS)
    try:
        sheets = open_workbook(sys.stdin.buffer.read(), convert_legacy=sys.argv[2] == "convert")
        written = json.dumps({"sheets": [sheet.as_plain() for sheet in sheets]}, separators=(",", ":"))
    except Refused as refused:
        written = json.dumps({"refused": [refused.code, refused.message, refused.cell, refused.params]})
    except MemoryError:
        os._exit(child.TOO_MUCH_MEMORY)
    except Exception:  # no damage may look like anything else than damage
        written = "{}"
    if len(written) > MAX_ANSWER:
        os._exit(child.TOO_MUCH_MEMORY)
    sys.stdout.buffer.write(written.encode())
    sys.stdout.flush()
    os._exit(0)  # freeing many small objects one by one would take longer than writing them


def open_workbook(data, *, convert_legacy=False):
    """Bytes → list of `ParsedSheet`, in this process."""
    from .guard import kind_of

    kind = kind_of(data)
    if kind == "xlsx":
        from .xlsx import parse_xlsx

        return parse_xlsx(data)
    if kind == "ods":
        from .ods import parse_ods

        return parse_ods(data)
    if kind == "xls":
        from .xls import parse_xls

        return parse_xls(data)
    from .delimited import parse_csv

    return parse_csv(data, convert_legacy=convert_legacy)
