"""Bringing back one value of a record, as a change of its own.

A model names the columns that may come back alone in `RESTORABLE`; what hangs together with
other records comes back with its whole change set. Where the model has a door, its
`put_value_back(column, value, by=…, seen=…, reason=…, change_set=…)` uses it; elsewhere the
value is written as an undo writes it, with the same rules.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.apps import apps
from django.db import models, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from agencies.errors import ChangedMeanwhile, Refused
from agencies.models.history import Change, Door

from .lines import open_change_set, record_many, snapshot
from .records import Record, current_of, line_of, put_right


@dataclass(frozen=True)
class Restoring:
    """One value on its way back: `now` and `then` as the history keeps them."""

    change: Change
    record: models.Model
    field: models.Field
    now: object
    then: object

    @property
    def label(self):
        return capfirst(str(self.field.verbose_name))

    @property
    def version(self):
        """The version that the person sees; 0 for records that carry none."""
        return getattr(self.record, "version", 0)

    @property
    def is_done(self):
        return self.now == self.then


def restorable_columns(changes):
    """{id of a line: the columns whose earlier value may come back and differs from now}.

    One query for each kind of record among the lines.
    """
    ids, wanted = defaultdict(set), []
    for change in changes:
        if change.before is not None and change.after is not None:
            model = _model(change.model)
            if columns := getattr(model, "RESTORABLE", frozenset()) & change.before.keys():
                ids[model].add(change.object_id)
                wanted.append((change, model, columns))
    now = {}
    for model, numbers in ids.items():
        for pk, found in current_of(model, numbers, lock=False).items():
            now[model, pk] = snapshot(found)
    found = {}
    for change, model, columns in wanted:
        values = now.get((model, change.object_id))
        if values is not None:
            found[change.pk] = {c for c in columns if values[c] != change.before[c]}
    return found


def _model(label):
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def what_restoring_does(change, column, *, lock=False):
    """The value that would come back. Raises Refused when it cannot come back alone."""
    model = _model(change.model)
    if model is None or column not in getattr(model, "RESTORABLE", ()):
        raise Refused(_("This value comes back only with its whole change: undo that one."))
    if change.before is None or column not in change.before:
        raise Refused(_("This change did not touch the value."))
    record = current_of(model, [change.object_id], lock=lock).get(change.object_id)
    if record is None:
        raise Refused(_("The record is gone: undo the change that took it away."))
    field = next(f for f in model._meta.concrete_fields if f.attname == column)
    return Restoring(change, record, field, snapshot(record)[column], change.before[column])


@transaction.atomic
def restore(change, column, *, by, seen, reason=""):
    """Bring back what a column held before a change. Returns the change set, None when it holds that already.

    `seen` is the version of the record that the person was looking at. Raises Refused (a rule,
    or the value cannot come back alone) and ChangedMeanwhile.
    """
    found = what_restoring_does(change, column, lock=True)
    if found.is_done:
        return None
    if found.version != seen:
        raise ChangedMeanwhile(found.record)
    words = {"field": found.label, "record": change.label}
    own = open_change_set(_("Restore %(field)s: %(record)s") % words, by=by, door=Door.UNDO, reason=reason)
    if hasattr(found.record, "put_value_back"):
        value = found.field.to_python(found.then)
        found.record.put_value_back(column, value, by=by, seen=seen, reason=reason, change_set=own)
    else:
        _put_back(found, own)
    return own


def _put_back(found, own):
    now = snapshot(found.record)
    one = Record(found.change, now, now | {found.field.attname: found.then})
    touched, done = defaultdict(list), []
    put_right([one], touched, done)
    if not done:
        raise Refused(one.impossible)
    record_many([line_of(own, one)])
    for model, instances in touched.items():
        if hasattr(model, "refresh_derived"):
            model.refresh_derived(instances)
