"""The parsing child: files from strangers are opened in a process of their own, with little memory and time.

`parse` is called by the parent; `main` runs in the child. A child that dies is an answer too, never an
exception: out of memory, out of time, or a damaged file.
"""

import io
import os
import pickle
import sys

from iso_rollout import child

from .problems import Refused

MEMORY = 1_500 * 2**20  # bytes of address space
MAX_ANSWER = 80 * 2**20  # bytes handed to the parent, which must not grow with a stranger's file
CPU_SECONDS = 8  # what a hostile file may cost
WALL_SECONDS = 30  # on a busy machine a good file may wait longer than it works


def parse(data, *, convert_legacy=False):
    """Bytes of an uploaded file → list of `ParsedSheet`. Raises `Refused` and nothing else.

    Source: the import contract, item 2.
    """
    mode = "convert" if convert_legacy else "read"
    try:
        written = child.answer_of("iso_rollout.sheets.child", data, mode, seconds=WALL_SECONDS)
    except child.Died as died:
        raise _too_large() if died.why == "memory" else _too_slow() from None
    try:
        kind, answer = _Plain(io.BytesIO(written)).load()
    except Exception:  # whatever a dying child left behind
        kind, answer = "refused", None
    if kind == "refused":
        from .guard import refuse_corrupt

        code, message, cell, params = answer or refuse_corrupt().args
        raise Refused(code, message, cell, **params)
    return answer


def _too_large():
    return Refused("E_LIMIT_MEMORY", "The workbook needs too much memory. Copy the list into a new workbook.")


def _too_slow():
    return Refused("E_LIMIT_TIME", "The workbook takes too long to open. Copy the list into a new workbook.")


class _Plain(pickle.Unpickler):
    """Reads back data only: a child that was taken over must not name functions to call."""

    ALLOWED = {("datetime", name) for name in ("date", "datetime", "time", "timedelta")} | {
        ("iso_rollout.sheets.parsed", "ParsedSheet"), ("builtins", "set"),
    }  # fmt: skip

    def find_class(self, module, name):
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


def main():
    """In the child: bytes on stdin, a pickle of ("sheets", [...]) or ("refused", (...)) on stdout."""
    child.limit(memory=MEMORY, cpu_seconds=CPU_SECONDS)
    try:
        answer = ("sheets", open_workbook(sys.stdin.buffer.read(), convert_legacy=sys.argv[2] == "convert"))
    except Refused as refused:
        answer = ("refused", (refused.code, refused.message, refused.cell, refused.params))
    except MemoryError:
        os._exit(child.TOO_MUCH_MEMORY)
    except Exception:  # no damage may look like anything else than damage
        answer = ("refused", None)
    written = pickle.dumps(answer, protocol=5)
    if len(written) > MAX_ANSWER:
        os._exit(child.TOO_MUCH_MEMORY)
    sys.stdout.buffer.write(written)
    sys.stdout.flush()
    os._exit(0)  # freeing millions of small objects one by one would take longer than writing them


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
