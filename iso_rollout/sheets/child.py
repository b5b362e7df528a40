"""The parsing child: files from strangers are opened in a process of their own, with little memory and time.

`parse` is called by the parent; `main` runs in the child. A child that dies is an answer too, never an
exception: out of memory, out of time, or a damaged file.
"""

import io
import os
import pickle
import signal
import subprocess
import sys

from .problems import Refused

MEMORY = 1_500 * 2**20  # bytes of address space
MAX_ANSWER = 80 * 2**20  # bytes handed to the parent, which must not grow with a stranger's file
CPU_SECONDS = 8  # what a hostile file may cost
WALL_SECONDS = 30  # on a busy machine a good file may wait longer than it works
ALL_CPU_SECONDS, ALL_WALL_SECONDS = 40, 90  # a zip of hundreds of workbooks

# -I: nothing from the environment or the current folder; the parent's path comes as an argument.
_START = "import sys; sys.path[:] = sys.argv[1].split('|'); from iso_rollout.sheets.child import main; main()"


def parse(data, *, convert_legacy=False):
    """Bytes of an uploaded file → list of `ParsedSheet`. Raises `Refused` and nothing else.

    Source: the import contract, item 2.
    """
    return _in_child(data, "convert" if convert_legacy else "read", WALL_SECONDS)


def parse_all(data):
    """Bytes of a workbook, or of a zip of workbooks, in one child → [(file name, sheets or None, refusal or None)].

    The name is "" for a workbook that is no zip. A file of a zip that is refused does not stop the others; what is
    wrong with the zip itself raises `Refused`.
    """
    found = _in_child(data, "all", ALL_WALL_SECONDS)
    return [
        (name, sheets, Refused(code, message, cell, **params) if code else None)
        for name, sheets, (code, message, cell, params) in found
    ]


def _in_child(data, how, seconds):
    path = "|".join(entry or os.getcwd() for entry in sys.path)
    command = [sys.executable, "-I", "-S", "-c", _START, path, how]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=seconds, check=False, close_fds=True,
            env={"LANG": "C.UTF-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_slow() from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise _too_slow()
    if done.returncode in (-signal.SIGABRT, 3):
        raise Refused(
            "E_LIMIT_MEMORY", "The workbook needs too much memory. Copy the list into a new workbook."
        )
    try:
        kind, answer = _Plain(io.BytesIO(done.stdout)).load()
    except Exception:  # whatever a dying child left behind
        kind, answer = "refused", None
    if kind == "refused":
        from .guard import refuse_corrupt

        code, message, cell, params = answer or refuse_corrupt().args
        raise Refused(code, message, cell, **params)
    return answer


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
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    seconds = ALL_CPU_SECONDS if sys.argv[2] == "all" else CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes no file
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        data = sys.stdin.buffer.read()
        if sys.argv[2] == "all":
            answer = ("sheets", open_all(data))
        else:
            answer = ("sheets", open_workbook(data, convert_legacy=sys.argv[2] == "convert"))
    except Refused as refused:
        answer = ("refused", (refused.code, refused.message, refused.cell, refused.params))
    except MemoryError:
        os._exit(3)
    except Exception:  # no damage may look like anything else than damage
        answer = ("refused", None)
    written = pickle.dumps(answer, protocol=5)
    if len(written) > MAX_ANSWER:
        os._exit(3)
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


def open_all(data):
    """A workbook, or the files of a zip one after the other, in this process: [(name, sheets, refusal as a tuple)]."""
    from .guard import refuse_corrupt, workbooks_within

    none = ("", "", "", {})
    within = workbooks_within(data)
    if within is None:
        return [("", open_workbook(data), none)]
    found = []
    for name, inside in within:
        try:
            found.append((name, open_workbook(inside), none))
        except MemoryError:
            raise
        except Exception as error:  # one damaged file is named, the others are read
            refused = error if isinstance(error, Refused) else refuse_corrupt()
            found.append((name, None, (refused.code, refused.message, refused.cell, refused.params)))
    return found
