"""Processes of their own for files from strangers: little memory, little time, nothing to write.

`answer_of` is called by the parent; `limit` is the first thing the child does. Knows no kind of file.
"""

import os
import resource
import signal
import subprocess
import sys

TOO_MUCH_MEMORY = 3  # the exit code of a child that met its limit and could still say so

# -I: nothing from the environment or the current folder; the parent's path comes as an argument.
_START = "import sys; sys.path[:] = sys.argv[1].split('|'); from {module} import main; main()"


class Died(Exception):
    """The child gave no answer. `why` is "time", "memory" or "damage": it broke down."""

    def __init__(self, why):
        self.why = why
        super().__init__(why)


def answer_of(module, data, *arguments, seconds):
    """What `main()` of a module writes to stdout in a child that reads `data` from stdin, as bytes.

    `seconds` is how long the parent waits. Raises Died.
    """
    path = "|".join(entry or os.getcwd() for entry in sys.path)
    command = [sys.executable, "-I", "-S", "-c", _START.format(module=module), path, *arguments]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=seconds, check=False, close_fds=True,
            env={"LANG": "C.UTF-8"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Died("time") from None
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        raise Died("time")
    if done.returncode in (-signal.SIGABRT, TOO_MUCH_MEMORY):
        raise Died("memory")
    if done.returncode:
        raise Died("damage")
    return done.stdout


def limit(*, memory, cpu_seconds):
    """In the child: at most so many bytes of address space and seconds of work; it writes no file."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
