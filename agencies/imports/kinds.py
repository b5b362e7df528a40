"""Kinds of lists: what each app says about the lists it takes."""

from dataclasses import replace

from agencies.models import Role
from iso_rollout.sheets import read

from .checked import Checked


def about_agencies(sheet, *repeated, filled=(), grouped=()):
    """A sheet's kind whose rows speak of agencies on record, by code or by name: either is enough.

    A value of the `repeated` fields may stand in several rows; the app says when that is wrong. A cell of the `filled`
    fields that is merged downwards counts for all its rows. `grouped`: the fields that name the agency, where a group
    row may do it in their place.
    """
    changes = {name: {"unique": False} for name in (*repeated, "code")} | {"name": {"required": False}}
    for name in filled:
        changes[name] = changes.get(name, {}) | {"fill": True}
    if grouped:
        changes["name"] |= {"from_group": True, "beside": tuple(grouped)}
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
    takes_zips = False  # whether several workbooks may come in one zip
    columns = ()  # of the list as it goes out: names of fields
    steps = ("recognise", "match", "check", "confirm", "done")  # of a person who brings it in

    @property
    def template_columns(self):
        return self.columns

    def rows(self, *, user, on, options=None, among=None):
        """The list as it stands, as tuples in the order of `columns`: brought in again it changes nothing.

        `among`: a queryset of the records that are wanted (for lists about agencies: of agencies), None for all
        within the person's reach.
        """
        raise NotImplementedError

    def read(self, source, filename, *, options, today):
        """A file → `Reading`, without any look at the register. `source`: as of `sheets.read`."""
        return read(
            source, filename, self.sheet, convert_legacy=options.convert_legacy, sheet=options.sheet,
            overrides=options.overrides, today=today,
        )  # fmt: skip

    def judge(self, reading, *, user, on, options):
        """A `Reading` → `Checked`."""
        raise NotImplementedError

    def prepare(self, checked):
        """Work out what writing needs and the database does not, before others have to wait for it."""

    def write(self, checked, *, change_set, by, options):
        raise NotImplementedError

    def afterwards(self, checked):
        """What will be true when the list is in, in sentences, beside the counts."""
        return []

    def keep_answers(self, checked):
        """Keep what a person answered beside the names, inside the transaction that brings the list in."""

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
