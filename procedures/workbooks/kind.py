"""Workbooks that come back, as a kind of list: the same upload, check, confirmation, worker and undo as every other."""

import os

from django.utils.translation import gettext_lazy as _

from agencies.imports.checked import CHANGED
from agencies.imports.kinds import ListKind
from iso_rollout.sheets import Kind
from iso_rollout.sheets.guard import MAX_BYTES
from procedures.lifecycle import RECORDERS

from .comparing import compare
from .filled import read_filled
from .writing import keep_dropped, write_revisions


class UpdateWorkbook(ListKind):
    """A workbook, or a zip of workbooks, that went out filled."""

    name = "update"
    title = _("Update workbook")
    sheet = Kind("update", ())
    roles = RECORDERS
    takes_zips = True
    # Where a person goes on with it: nothing is to be recognised or matched.
    steps = ("compare", "check", "confirm", "done")

    def read(self, source, filename, *, options, today):
        source = source if callable(source) else _bytes(source)
        return read_filled(source, filename, self, options=options, today=today)

    def judge(self, reading, *, user, on, options):
        return compare(reading, user=user, on=on, options=options)

    def write(self, checked, *, change_set, by, options):
        revisions = [line.plan for line in checked.lines if line.outcome == CHANGED]
        write_revisions(revisions, by=by, change_set=change_set)

    def keep_answers(self, checked):
        keep_dropped(checked)


def _bytes(source):
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    with open(os.fspath(source), "rb") as file:
        return file.read(MAX_BYTES + 1)
