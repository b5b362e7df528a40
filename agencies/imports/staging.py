"""Staging: what opening a file gave, kept beside it, so that the steps after the first open nothing.

A page of the wizard, the confirmation and the worker ask for the same sheets again. What is kept is the answer of the
parsing child: values as they stand in the file, before anybody's corrections, so no correction makes it stale. The
seal names the program that read it: after an update, or when somebody has touched it, the file is opened again.
"""

import hashlib
import zlib
from contextlib import suppress
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path

from django.core.files.base import ContentFile
from django.utils.crypto import constant_time_compare, salted_hmac

from agencies.models import Upload
from agencies.models.history import UploadState
from iso_rollout import sheets
from iso_rollout.sheets.child import MAX_ANSWER, ask, ask_all, understand, understand_all

_SEAL = 64  # characters of a SHA-256 in front of what is kept
# Only a csv that is not UTF-8 is opened otherwise when old fonts are to be converted.
_ENDINGS = {False: ".read", True: ".converted", "all": ".all"}
_OVER = (UploadState.APPLIED, UploadState.UNDONE)


def sheets_of(upload, *, convert_legacy=False):
    """The sheets of an upload, opened once. Raises `iso_rollout.sheets.problems.Refused`, FileNotFoundError.

    A worker on another machine shares the storage; where nothing is kept, or not ours, the file itself is opened.
    """
    return understand(_opened(upload, convert_legacy, partial(ask, convert_legacy=convert_legacy)))


def files_of(upload):
    """The files of an upload that may be a zip, as `parse_all` gives them, opened once. Raises as `sheets_of`."""
    return understand_all(_opened(upload, "all", ask_all))


def _opened(upload, how, opener):
    """The child's answer, from what is kept or by opening the file."""
    name = upload.file.name + _ENDINGS[how]
    answer = _kept(upload, name)
    if answer is None:
        with upload.file.open("rb") as file:
            answer = opener(file.read())
        _keep(upload, name, answer)
    return answer


def forget(upload):
    """Remove what is kept of a file that nobody works on any more."""
    if not Upload.objects.filter(sha256=upload.sha256).exclude(state__in=_OVER).exists():
        for ending in _ENDINGS.values():
            upload.file.storage.delete(upload.file.name + ending)


def _kept(upload, name):
    try:
        with upload.file.storage.open(name, "rb") as file:
            data = file.read(MAX_ANSWER)
    except OSError:
        return None
    seal, packed = data[:_SEAL], data[_SEAL:]
    if not constant_time_compare(seal, _seal(upload, name, packed)):
        return None
    return zlib.decompress(packed)


def _keep(upload, name, answer):
    packed, storage = zlib.compress(answer, 1), upload.file.storage
    with suppress(OSError):  # a full disk: the next page opens the file again
        storage.delete(name)
        kept = storage.save(name, ContentFile(_seal(upload, name, packed).encode() + packed))
        if kept != name:  # somebody else was opening the same file and has kept it
            storage.delete(kept)


def _seal(upload, name, packed):
    return salted_hmac("\n".join((_program(), upload.sha256, name)), packed, algorithm="sha256").hexdigest()


@lru_cache(maxsize=1)
def _program():
    """Tells one state of the code that opens files from another."""
    found = hashlib.sha256(version("python-calamine").encode())
    home = Path(sheets.__file__).parent
    for path in sorted((*home.glob("*.py"), *(home.parent / "text").glob("*.py"))):
        found.update(path.read_bytes())
    return found.hexdigest()
