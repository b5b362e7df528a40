"""Kinds of lists: what each app says about the lists it takes."""

from dataclasses import replace

from agencies.models import Role

from .checked import Checked


def about_agencies(sheet, *repeated):
    """A sheet's kind whose rows speak of agencies on record, by code or by name: either is enough.

    A value of the `repeated` fields may stand in several rows; the app says when that is wrong.
    """
    changes = {name: {"unique": False} for name in (*repeated, "code")} | {"name": {"required": False}}
    fields = tuple(replace(f, **changes.get(f.name, {})) for f in sheet.fields)
    return replace(sheet, fields=fields)


class ListKind:
    """One kind of list: its columns, who may bring it in, how it is judged and written.

    `judge` compares with the register and writes nothing; `write` does what was judged, inside a transaction
    that somebody else opened, and records every change with its cell.
    """

    name = ""
    title = ""
    sheet = None
    roles = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
    writes_tree = False  # whether it enters or moves agencies
    columns = ()  # of the list as it goes out: names of fields

    @property
    def template_columns(self):
        return self.columns

    def rows(self, *, user, on, options=None):
        """The list as it stands, as tuples in the order of `columns`: brought in again it changes nothing."""
        raise NotImplementedError

    def judge(self, reading, *, user, on, options):
        """A `Reading` → `Checked`."""
        raise NotImplementedError

    def write(self, checked, *, change_set, by, options):
        raise NotImplementedError

    def afterwards(self, checked):
        """What will be true when the list is in, in sentences, beside the counts."""
        return []

    def start(self, reading, on):
        """An empty `Checked` with what the reader found wrong already."""
        return Checked(
            self.name,
            reading.filename,
            on,
            errors=list(reading.errors),
            warnings=list(reading.warnings),
            reading=reading,
        )


def cell_of(line):
    """The address that a line of history keeps: "Danh sách!B12"."""
    return f"{line.sheet}!{line.cell}"[:120] if line.sheet else line.cell
