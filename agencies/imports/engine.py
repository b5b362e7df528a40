"""The four steps for every kind of list: read → match → check → apply.

`check` changes nothing. `write` does what a check found, all of it or nothing, in one change set whose lines name
the upload and the cell. Both know no request: screens, the command and the worker call the same functions.
"""

from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Func, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import roles_anywhere
from agencies.errors import Refused
from agencies.history import open_change_set
from agencies.models import AgencyAlias, ChangeSet
from agencies.models.history import Door
from agencies.models.tree import one_writer
from agencies.progress import Doing, tell
from iso_rollout.statements import kept

from .checked import CHANGED, NEW, Options
from .matching import alias_key


class Blocked(Refused):
    """The list has errors; nothing was written. `checked` names them."""

    def __init__(self, checked):
        super().__init__(_("The list has errors; nothing was imported."))
        self.checked = checked


class Different(Refused):
    """What was shown would no longer happen; nothing was written. `shown` and `checked` are the two."""

    def __init__(self, shown, checked):
        super().__init__(_("The register has changed since the list was checked; nothing was imported."))
        self.shown, self.checked = shown, checked


@dataclass(frozen=True)
class Written:
    """What came of writing: the check that was written, and its change set (None: nothing changed)."""

    checked: object
    change_set: object


def may_import(kind, user):
    """Whether a person may bring in lists of a kind at all; None is a command of the person at the server."""
    return user is None or bool(kind.roles & roles_anywhere(user))


def read_list(kind, source, name, *, options=None):
    """A file → `Reading`, without any look at the register. `source`: as of `sheets.read`."""
    return kind.read(source, name, options=options or Options(), today=timezone.localdate())


def check(kind, source, name, *, user=None, on=None, options=None, reading=None):
    """Read a list and say what bringing it in would do. Writes nothing.

    `kind`: a `ListKind`; `source`: as of `sheets.read`; `name`: the file's name, shown only; `on`: the day the list
    speaks of, default today; `reading`: what `read_list` gave, to save reading twice. Returns `Checked`.
    """
    options = options or Options()
    if not may_import(kind, user):
        raise Refused(_("Your role does not allow this list."))
    reading = reading or read_list(kind, source, name, options=options)
    tell(Doing.CHECKING)
    seen = latest_change()
    checked = kind.judge(reading, user=user, on=on or timezone.localdate(), options=options)
    checked.seen = seen
    return checked


def write(kind, checked, *, user=None, upload=None, options=None, reason="", door=Door.UPLOAD, shown=None,
          finish=lambda checked, change_set: None):  # fmt: skip
    """Do what a check found, after checking again against the register as it is now. Returns `Written`.

    `shown`: the digest of what the person saw; None: whatever the check finds. `finish` is called inside the
    transaction when all is written; when it raises, nothing is. What is on record already is no difference: the
    second of two people with one file finds nothing left to do. Raises Blocked, Different or Refused;
    then nothing was written.
    """
    options = options or Options()
    if checked.is_fine:
        kind.prepare(checked)
    with transaction.atomic():
        hold_imports(kind)
        if checked.seen != latest_change():
            checked = check(
                kind,
                None,
                checked.file_name,
                user=user,
                on=checked.on,
                options=options,
                reading=checked.reading,
            )
        if not checked.is_fine:
            raise Blocked(checked)
        if not (checked.number_of(NEW) or checked.number_of(CHANGED)):
            kind.keep_answers(checked)
            finish(checked, None)
            return Written(checked, None)
        if shown is not None and checked.digest != shown:
            raise Different(shown, checked)
        change_set = open_change_set(
            _("Import of %(kind)s: %(file)s") % {"kind": kind.title, "file": checked.file_name},
            by=user, door=door, reason=reason, upload=upload,
        )  # fmt: skip
        tell(Doing.WRITING)
        kind.write(checked, change_set=change_set, by=user, options=options)
        learn(checked, options, user, upload)
        kind.keep_answers(checked)
        finish(checked, change_set)
        return Written(checked, change_set)


def hold_imports(kind):
    """One import after the other: two lists that speak of the same agencies must not pass each other.

    On SQLite the transaction itself holds the lock.
    """
    hold_lists()
    if kind.writes_tree:
        one_writer()


def hold_lists():
    """One list or bulk edit after the other, until the transaction ends. On SQLite the transaction itself holds the lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x150_9001])


def latest_change():
    """What tells whether anything was changed since: every door writes a change set.

    The count notices a transaction that took its number earlier and ended later.
    """
    (found,) = _latest()
    return found


@kept
def _latest():
    last = ChangeSet.objects.order_by("-id").values("id")[:1]
    recent = ChangeSet.objects.filter(id__gt=Subquery(last) - 1_000).order_by()
    return recent.values_list(Coalesce(Func("id", function="MAX"), 0), Func("id", function="COUNT"))


def learn(checked, options, user, upload):
    """Keep the answers of a person as aliases, so that the next list need not ask."""
    for text, unit_type, scope_id, agency_id in dict.fromkeys(checked.learned):
        AgencyAlias.objects.update_or_create(
            key=alias_key(text, unit_type),
            scope_id=scope_id,
            defaults={"agency_id": agency_id, "text": text[:255], "learned_by": user, "upload": upload,
                      "learned_at": timezone.now()},
        )  # fmt: skip
