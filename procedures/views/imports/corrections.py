"""What a person corrected on a page, from the form's plain values into `Overrides`. Raises `Nonsense` for anything else."""

import re

from django.db import transaction

from agencies.imports import uploads
from agencies.models import Upload
from iso_rollout.sheets.verdicts import CLASSES

from .access import OPEN
from .drawing import IGNORED, ORDER

MOST_CELLS = 5_000
LONGEST = 2_000
_CELL = re.compile(r"[A-Z]{1,2}[1-9][0-9]{0,6}")


class Nonsense(ValueError):
    """What no page of ours would send."""


class Closed(Exception):
    """The upload is being applied, or was: it cannot be corrected any more."""


def _row(text):
    if not re.fullmatch(r"[1-9][0-9]{0,6}", text):
        raise Nonsense(text)
    return int(text)


def set_header(overrides, sheet, first, last):
    first, last = _row(first), _row(last)
    if not 0 <= last - first < 3:
        raise Nonsense(f"{first} {last}")
    overrides.headers[sheet or ""] = [first, last]


def set_columns(overrides, sheet, chosen, kind):
    """`chosen`: {"3": field name, "order" or "-"}; the empty text leaves a column as it is."""
    for number, meaning in chosen.items():
        if not meaning:
            continue
        if _row(number) > 60 or meaning not in {IGNORED, ORDER, *kind.sheet.by_name}:
            raise Nonsense(meaning)
        overrides.columns.setdefault(sheet or "", {})[number] = "" if meaning == IGNORED else meaning


def set_rows(overrides, sheet, chosen):
    """`chosen`: {"12": class}; the empty text leaves a row as it is."""
    for number, cls in chosen.items():
        if not cls:
            continue
        if cls not in CLASSES:
            raise Nonsense(cls)
        overrides.rows.setdefault(sheet or "", {})[str(_row(number))] = cls
    _check_size(overrides)


def set_cell(overrides, sheet, cell, value):
    if not _CELL.fullmatch(cell) or len(value) > LONGEST:
        raise Nonsense(cell)
    overrides.cells.setdefault(sheet or "", {})[cell] = value
    _check_size(overrides)


def forget(overrides, sheet):
    """Take back what was corrected in one sheet."""
    for said in (overrides.headers, overrides.columns, overrides.rows, overrides.cells):
        said.pop(sheet or "", None)


def _check_size(overrides):
    for said in (overrides.cells, overrides.rows):
        if sum(map(len, said.values())) > MOST_CELLS:
            raise Nonsense("too many corrections")


def correct(job, change, *, on=None):
    """Change the options of an upload and check it anew; two corrections at once follow each other.

    `change` gets the `Options` and alters them. Returns `Checked`. Raises Closed.
    """
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=job.upload.pk)
        if upload.state not in OPEN:
            raise Closed
        job.upload = upload
        options = job.options
        change(options)
        uploads.change_options(upload, options, on=on)
    return uploads.check(job.kind, job.upload, user=job.user)
