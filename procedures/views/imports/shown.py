"""What was shown, in a few bytes that travel with the form: only for telling the difference, nothing relies on it."""

import base64
import binascii
import json
import zlib

from agencies.imports.checked import CHANGED, NEW, UNCHANGED
from agencies.models import ChangeSet
from procedures.views.imports.forms import ConfirmForm

TOLD_LINES = 5_000  # beyond, only the counts are compared line by line
LETTERS = {NEW: "n", CHANGED: "c", UNCHANGED: "u"}


def confirmation(job, checked):
    """The form that confirms exactly what is shown."""
    latest = ChangeSet.objects.order_by("-id").values_list("id", flat=True).first() or 0
    initial = {"shown": checked.digest, "seen": latest, "told": tell(checked), "reason": job.upload.reason}
    return ConfirmForm(initial=initial)


def mark(line):
    """A line's outcome as a letter and four figures that change with what would be written."""
    told = repr(
        (line.agency_id, sorted(line.record.items(), key=str), [(d.name, d.after) for d in line.differences])
    )
    return f"{LETTERS.get(line.outcome, 'w')}{zlib.crc32(told.encode()) & 0xFFFF:04x}"


def tell(checked):
    """The marks of all lines as text for a hidden field; "" of a list too long to be told line by line."""
    if len(checked.of()) > TOLD_LINES:
        return ""
    marks = "".join(mark(line) for line in checked.of())
    return base64.b64encode(zlib.compress(json.dumps(marks).encode())).decode()


def read_told(told):
    """The marks that `tell` wrote, one for each line; [] for anything else."""
    try:
        unpacked = zlib.decompressobj().decompress(base64.b64decode(told, validate=True), 1_000_000)
        marks = json.loads(unpacked)
    except (binascii.Error, zlib.error, ValueError):
        return []
    return [marks[i : i + 5] for i in range(0, len(marks), 5)] if isinstance(marks, str) else []
