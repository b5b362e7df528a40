"""How far a long act has got, told to whoever waits for it in another process.

The act is one transaction, so its own rows cannot say it: nobody sees them before the end, and on SQLite a second
connection could not write. What is told goes into a small file beside the uploads: every machine that can read the
uploaded list, to show or to apply it, can read this too, whatever the database. Losing it loses nothing.

Like the language, the act that is listened to belongs to the thread: doors say how far they are, whoever started
them decides whether anybody listens.
"""

import json
import os
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

PAUSE = 0.3  # seconds between two words of one stage: a screen asks every second
_heard = ContextVar("heard", default=None)


class Doing(models.TextChoices):
    """What is being done with a list, in this order."""

    READING = "reading", _("Reading the file")
    CHECKING = "checking", _("Checking against the register")
    WRITING = "writing", _("Writing")
    TALLYING = "tallying", _("Adding up")

    @property
    def share(self):
        """(from, to) per cent of the whole act, as measured with long lists."""
        return {"reading": (0, 30), "checking": (30, 40), "writing": (40, 90), "tallying": (90, 100)}[self]


class Telling:
    """The file of one act."""

    def __init__(self, name):
        self.path = _path(name)
        self.stage, self.told_at = None, 0.0

    def tell(self, stage, done, total):
        now = time.monotonic()
        if stage == self.stage and now - self.told_at < PAUSE:
            return
        self.stage, self.told_at = stage, now
        with suppress(OSError):  # a full disk must not stop what is being told of
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Put in place whole: a reader never sees half a word.
            beside = self.path.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps({"stage": stage, "done": done, "total": total}), encoding="ascii")
            os.replace(beside, self.path)

    def end(self):
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


def _path(name):
    return Path(settings.MEDIA_ROOT) / "progress" / f"{name}.json"


@contextmanager
def told_as(name):
    """What is done inside is told under a name ("upload-12") until it ends."""
    telling = Telling(name)
    token = _heard.set(telling)
    try:
        yield
    finally:
        _heard.reset(token)
        telling.end()


def tell(stage, done=0, total=0):
    """Say what is being done, and how many of how many rows are. Cheap when nobody listens."""
    if telling := _heard.get():
        telling.tell(stage, done, total)


def heard(name):
    """What an act told last: {"stage", "done", "total", "percent"}, or None."""
    try:
        said = json.loads(_path(name).read_text(encoding="ascii"))
        stage, done, total = Doing(said["stage"]), int(said["done"]), int(said["total"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    first, last = stage.share
    part = min(done / total, 1) if total > 0 else 0
    return {"stage": stage, "done": done, "total": total, "percent": round(first + part * (last - first))}
