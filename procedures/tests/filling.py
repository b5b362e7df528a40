"""Workbooks as they go out, and hands that fill them in: for the tests of the round trip."""

import datetime
import io
import zipfile

import openpyxl
from django.utils import timezone

from agencies.imports import uploads
from agencies.models import Agency, Upload
from iso_rollout.text import fold
from procedures import imports
from procedures.models import Standard
from procedures.workbooks.building import write_workbook, write_zip
from procedures.workbooks.columns import KEY, LAYOUTS
from procedures.workbooks.contents import contents, issue

KIND = imports.kind("update")


def issued(*agencies, by=None, one_each=False):
    """The bytes of what somebody downloads now for these agencies."""
    agencies = list(Agency.objects.filter(pk__in=[a.pk for a in agencies]).order_by("path"))
    found = [c for c in contents(agencies, on=timezone.localdate()).values() if c.rows]
    codes, out = issue(found, by=by), io.BytesIO()
    standards = list(Standard.objects.order_by("-published_on").values_list("code", flat=True))
    if one_each:
        write_zip(found, codes, out, standards=standards)
    else:
        write_workbook(found, codes, out, standards=standards, of=agencies[0].name)
    return out.getvalue()


class Book:
    """A workbook in somebody's hands. `key` is that of a record, "R12"."""

    def __init__(self, data):
        self.book = openpyxl.load_workbook(io.BytesIO(data))
        self.headings = {}
        for layout in LAYOUTS:
            if layout.name in self.book.sheetnames:
                sheet = self.book[layout.name]
                known = {column.heading: column.name for column in layout.columns}
                row = next(r for r in sheet.iter_rows() if any(fold(str(c.value or "")) in known for c in r))
                self.headings[layout.letter] = {
                    known[fold(str(c.value))]: c.column
                    for c in row
                    if c.value and fold(str(c.value)) in known
                }

    def sheet(self, letter):
        return self.book[next(layout.name for layout in LAYOUTS if layout.letter == letter)]

    def row(self, key):
        sheet, column = self.sheet(key[0]), self.headings[key[0]][KEY]
        return next(
            n
            for n in range(1, sheet.max_row + 1)
            if str(sheet.cell(n, column).value or "").endswith("." + key)
        )

    def cell(self, key, name):
        return self.sheet(key[0]).cell(self.row(key), self.headings[key[0]][name])

    def fill(self, key, **values):
        """Type into the open cells of a row; days as dates or texts, None empties a cell."""
        for name, value in values.items():
            cell = self.cell(key, name)
            cell.value = (
                datetime.datetime.combine(value, datetime.time()) if type(value) is datetime.date else value
            )
        return self

    @property
    def data(self):
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


def zipped(files):
    """{name: bytes} as a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def handed_in(data, user, name="bang.xlsx"):
    """(upload, what comparing it found)."""
    upload = uploads.receive(data, name, kind=KIND, user=user)
    return upload, uploads.check(KIND, upload, user=user)


def choose(upload, user, **sides):
    """Answer conflicts: {cell with "__" for the dot: "file" or "now"}; `every` for all of them. Compared anew."""
    from agencies.imports.checked import Options

    found = uploads.look(KIND, upload, user=user)
    options = Options.from_dict(upload.options)
    for conflict in found.conflicts:
        side = sides.get(conflict.edit.question.replace(".", "__"), sides.get("every"))
        if side:
            options.choices[conflict.edit.question] = [side, conflict.edit.digest]
    uploads.change_options(upload, options)
    return uploads.check(KIND, upload, user=user)


def brought_in(upload, user):
    """Confirm and apply; the ChangeSet, None when nothing changed."""
    uploads.confirm(upload, user=user)
    return uploads.apply(KIND, upload, user=user)


def applied(data, user, name="bang.xlsx"):
    """Hand in and bring in what has no question: (upload, change set)."""
    upload, found = handed_in(data, user, name)
    assert found.is_fine, [str(e) for e in found.errors]
    return upload, brought_in(Upload.objects.get(pk=upload.pk), user)
