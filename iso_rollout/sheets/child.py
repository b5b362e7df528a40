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
ALL_CPU_SECONDS, ALL_WALL_SECONDS = 40, 90  # a zip of hundreds of workbooks


def parse(data, *, convert_legacy=False):
    """Bytes of an uploaded file → list of `ParsedSheet`. Raises `Refused` and nothing else.

    Source: the import contract, item 2.
    """
    return understand(ask(data, convert_legacy=convert_legacy))


def parse_all(data):
    """Bytes of a workbook, or of a zip of workbooks, in one child → [(file name, sheets or None, `Refused` or None)].

    The name is "" for a workbook that is no zip. A file of a zip that is refused does not stop the others; what is
    wrong with the zip itself raises `Refused`.
    """
    return understand_all(ask_all(data))


def ask(data, *, convert_legacy=False):
    """Bytes of an uploaded file → the child's answer, which `understand` reads and which may be kept.

    Raises `Refused` when the child died of it: on another day it may live.
    """
    return _answer(data, "convert" if convert_legacy else "read", WALL_SECONDS)


def ask_all(data):
    """As `ask`, of a file that may be a zip of workbooks; `understand_all` reads the answer."""
    return _answer(data, "all", ALL_WALL_SECONDS)


def _answer(data, mode, seconds):
    try:
        return child.answer_of("iso_rollout.sheets.child", data, mode, seconds=seconds)
    except child.Died as died:
        if died.why == "damage":
            raise refuse_corrupt() from None
        raise _too_large() if died.why == "memory" else _too_slow() from None


def understand(answer):
    """The child's answer → list of `ParsedSheet`. Raises `Refused`: what the child says, or damage.

    The answer is plain JSON and is not believed: a child that was taken over can name nothing to call.
    """
    sheets, refused = _understood(answer, _sheets)
    if refused is not None:
        raise refused
    return sheets


def understand_all(answer):
    """The child's answer about all files of a zip → as `parse_all`. Raises `Refused`."""
    files, refused = _understood(answer, lambda told: [(name, *_one(file)) for name, file in told["files"]])
    if refused is not None:
        raise refused
    return files


def _sheets(told):
    from .parsed import ParsedSheet

    return [ParsedSheet.from_plain(sheet) for sheet in told["sheets"]]


def _one(told):
    """(sheets, None) or (None, Refused) of one file."""
    if "refused" not in told:
        return _sheets(told), None
    code, message, cell, params = told["refused"]
    return None, Refused(code, message, cell, **params)


def _understood(answer, read):
    """(what `read` makes of the answer, None) or (None, Refused)."""
    try:
        told = json.loads(answer)
        return _one(told) if "refused" in told else (read(told), None)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError):
        return None, refuse_corrupt()


def _too_large():
    return Refused("E_LIMIT_MEMORY", "The workbook needs too much memory. Copy the list into a new workbook.")


def _too_slow():
    return Refused("E_LIMIT_TIME", "The workbook takes too long to open. Copy the list into a new workbook.")


def main():
    """In the child: bytes on stdin, {"sheets": […]}, {"files": […]} or {"refused": […]} on stdout."""
    mode = sys.argv[2]
    child.limit(memory=MEMORY, cpu_seconds=ALL_CPU_SECONDS if mode == "all" else CPU_SECONDS)
    try:
        data = sys.stdin.buffer.read()
        told = {"files": open_all(data)} if mode == "all" else _told(data, convert_legacy=mode == "convert")
        written = json.dumps(told, separators=(",", ":"))
    except Refused as refused:
        written = json.dumps(_told_refusal(refused))
    except MemoryError:
        os._exit(child.TOO_MUCH_MEMORY)
    except Exception:  # no damage may look like anything else than damage
        written = "{}"
    if len(written) > MAX_ANSWER:
        os._exit(child.TOO_MUCH_MEMORY)
    sys.stdout.buffer.write(written.encode())
    sys.stdout.flush()
    os._exit(0)  # freeing many small objects one by one would take longer than writing them


def _told(data, *, convert_legacy=False):
    return {"sheets": [sheet.as_plain() for sheet in open_workbook(data, convert_legacy=convert_legacy)]}


def _told_refusal(refused):
    return {"refused": [refused.code, refused.message, refused.cell, refused.params]}


def open_all(data):
    """A workbook, or the files of a zip one after the other, in this process: [(name, what is told of it)]."""
    from .guard import workbooks_within

    within = workbooks_within(data)
    if within is None:
        return [("", _told(data))]
    found = []
    for name, inside in within:
        try:
            found.append((name, _told(inside)))
        except MemoryError:
            raise
        except Exception as error:  # one damaged file is named, the others are read
            refused = error if isinstance(error, Refused) else refuse_corrupt()
            found.append((name, _told_refusal(refused)))
    return found


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
