"""Writing lines of history: what a record held before and after an act."""

import datetime
from decimal import Decimal

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from agencies.models.history import Change, ChangeSet, Door
from agencies.models.touched import Touched

_encode = DjangoJSONEncoder().default


def _plain(column, value):
    """A field's value as JSON keeps it, so that a snapshot equals itself after a round trip."""
    if isinstance(value, models.fields.files.FieldFile):
        return value.name
    value = column.to_python(value)
    if isinstance(value, Decimal):
        return str(value.quantize(Decimal(1).scaleb(-column.decimal_places)))
    if isinstance(value, datetime.datetime):
        # To the microsecond: Django's encoder cuts them to thousandths.
        return value.astimezone(datetime.UTC).isoformat()
    if value is None or isinstance(value, (str, int, float, bool, list, dict)):
        return value
    return _encode(value)


def fields_of(model):
    """The fields whose history is kept: derived ones and secrets are left out by the model."""
    left_out = getattr(model, "NOT_IN_HISTORY", ())
    return [f for f in model._meta.concrete_fields if f.attname not in left_out]


def snapshot(instance):
    """The record's stored values as plain JSON values, by column."""
    return {f.attname: _plain(f, f.value_from_object(instance)) for f in fields_of(type(instance))}


def open_change_set(title, *, by, door=Door.WEB, reason="", upload=None, undoes=None):
    """Begin one act. `by` is the person, or None for a command that nobody signed in for."""
    return ChangeSet.objects.create(
        title=str(title)[:200], made_by=by, door=door, reason=reason, upload=upload, undoes=undoes
    )


def differing(before, after):
    """Both sides of an update, only the columns that differ; (None, None) when none does."""
    names = [k for k in after if k != "version" and before.get(k) != after[k]]
    if not names:
        return None, None
    return {k: before.get(k) for k in names}, {k: after[k] for k in names}


def change_of(change_set, instance, *, before=None, deleted=False, cell=""):
    """One line of history, not yet stored; None when nothing differs.

    `before` is the snapshot taken before the change, None for a new record. For an update only
    the columns that differ are kept.
    """
    after = None if deleted else snapshot(instance)
    if before is not None and after is not None:
        before, after = differing(before, after)
        if after is None:
            return None
    return Change(
        change_set=change_set,
        model=instance._meta.label_lower,
        object_id=instance.pk,
        label=str(instance)[:300],
        agency_id=getattr(instance, "history_agency_id", None),
        before=before,
        after=after,
        cell=cell,
    )


def record(change_set, instance, *, before=None, deleted=False, cell=""):
    """Write one line of history. Inside the transaction that writes the fact."""
    change = change_of(change_set, instance, before=before, deleted=deleted, cell=cell)
    if change is not None:
        change.save(force_insert=True)
        Touched.objects.mark(_touched([change]))
    return change


def record_many(changes):
    """Write many lines made by `change_of`; empty ones are passed over."""
    written = Change.objects.bulk_create([c for c in changes if c is not None], batch_size=2_000)
    Touched.objects.mark(_touched(written))
    return written


def _touched(lines):
    """The agencies that lines of history speak of, each once; None alone when one of them moved to another parent."""
    if any(_moves(line) for line in lines):
        return [None]
    return sorted({line.agency_id for line in lines} - {None})


def _moves(line):
    """Whether a line puts an agency, now or on past days, in another place: what it left is not told by the line."""
    match line.model:
        case "agencies.agency":
            return "parent_id" in (line.before or {})
        case "agencies.pastidentity":
            return "parent_id" in (line.before or line.after)
    return False
