"""Writing history, and taking a change set back.

Doors call `open_change_set` and `record`; nobody else writes `Change`. `undo` restores what
nobody has touched since and names the rest; it is itself a change set and can be undone.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from agencies.models.history import Change, ChangeSet, Door

_encode = DjangoJSONEncoder().default


def _plain(value):
    """A field's value as JSON keeps it, so that a snapshot equals itself after a round trip."""
    if value is None or isinstance(value, (str, int, float, bool, list, dict)):
        return value
    if isinstance(value, models.fields.files.FieldFile):
        return value.name
    return _encode(value)


def _fields(model):
    """The fields whose history is kept: derived ones and secrets are left out by the model."""
    left_out = getattr(model, "NOT_IN_HISTORY", ())
    return [f for f in model._meta.concrete_fields if f.attname not in left_out]


def snapshot(instance):
    """The record's stored values as plain JSON values, by column."""
    return {f.attname: _plain(f.value_from_object(instance)) for f in _fields(type(instance))}


def open_change_set(title, *, by, door=Door.WEB, reason="", upload=None, undoes=None):
    """Begin one act. `by` is the person, or None for a command that nobody signed in for."""
    return ChangeSet.objects.create(
        title=str(title)[:200], made_by=by, door=door, reason=reason, upload=upload, undoes=undoes
    )


def change_of(change_set, instance, *, before=None, deleted=False, cell=""):
    """One line of history, not yet stored; None when nothing differs.

    `before` is the snapshot taken before the change, None for a new record. For an update only
    the columns that differ are kept.
    """
    after = None if deleted else snapshot(instance)
    if before is not None and after is not None:
        differing = [k for k in after if k != "version" and before.get(k) != after[k]]
        if not differing:
            return None
        before, after = {k: before.get(k) for k in differing}, {k: after[k] for k in differing}
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
    return change


def record_many(changes):
    """Write many lines made by `change_of`; empty ones are passed over."""
    return Change.objects.bulk_create([c for c in changes if c is not None], batch_size=2_000)


@dataclass
class Outcome:
    """What an undo does with one record, and why."""

    label: str
    model: str
    object_id: int
    why: str = ""
    by: object = None


@dataclass
class Undone:
    """The three lists of an undo. `change_set` is empty when nothing was written."""

    restored: list = field(default_factory=list)
    kept: list = field(default_factory=list)
    impossible: list = field(default_factory=list)
    change_set: ChangeSet | None = None


@dataclass
class _State:
    """One record while an undo is worked out: as it is, as it will be, and what stops it."""

    now: dict | None
    then: dict | None
    label: str
    kept: str = ""
    impossible: str = ""


def _same(current, wanted, ignoring=("version",)):
    return all(current.get(k) == v for k, v in wanted.items() if k not in ignoring)


def _current(model, ids, lock):
    rows = model._base_manager.all()
    if lock and transaction.get_connection().features.has_select_for_update:
        rows = rows.select_for_update()
    found = {}
    ids = sorted(ids)
    for i in range(0, len(ids), 500):
        found |= {o.pk: o for o in rows.filter(pk__in=ids[i : i + 500])}
    return found


def _work_out(change_set, lock=False):
    """What undoing would do to each record: {(model, id): _State}, in the order to be undone."""
    changes = list(change_set.changes.order_by("-id"))
    ids = defaultdict(set)
    for c in changes:
        ids[c.model].add(c.object_id)
    current = {label: _current(apps.get_model(label), wanted, lock) for label, wanted in ids.items()}
    states = {}
    for c in changes:
        key = (c.model, c.object_id)
        if key not in states:
            found = current[c.model].get(c.object_id)
            values = snapshot(found) if found is not None else None
            states[key] = _State(values, values, c.label)
        if not (states[key].kept or states[key].impossible):
            _step_back(states[key], c)
    for state in states.values():
        if state.kept or state.impossible:
            state.then = state.now
    return states


def _step_back(state, change):
    """Take one line back in mind, or say what stops it."""
    if change.after is None:
        if state.then is None:
            state.then = dict(change.before)
        else:
            state.impossible = _("a record with this number exists again")
    elif state.then is None:
        state.impossible = _("it was deleted since")
    elif not _same(state.then, change.after):
        state.kept = _("it was edited since")
    elif change.before is None:
        state.then = None
    else:
        state.then = state.then | change.before


def _sort_out(change_set, states):
    """The three lists, each kept record with the person who edited it last."""
    result = Undone()
    for (model, pk), state in states.items():
        outcome = Outcome(state.label, model, pk, state.kept or state.impossible)
        if state.impossible:
            result.impossible.append(outcome)
        elif state.kept:
            result.kept.append(outcome)
        elif state.now != state.then:
            result.restored.append(outcome)
    editors = _last_editors(change_set, result.kept)
    for outcome in result.kept:
        outcome.by = editors.get((outcome.model, outcome.object_id))
    return result


def _last_editors(change_set, outcomes):
    """Who edited each record last, outside the change set: {(model, id): person}; two queries for 500 records."""
    ids = defaultdict(list)
    for outcome in outcomes:
        ids[outcome.model].append(outcome.object_id)
    editors = {}
    for model, numbers in ids.items():
        for i in range(0, len(numbers), 500):
            later = Change.objects.filter(model=model, object_id__in=numbers[i : i + 500])
            later = later.exclude(change_set=change_set).order_by().values("object_id")
            last = later.annotate(last=models.Max("id")).values("last")
            for line in Change.objects.filter(pk__in=last).select_related("change_set__made_by"):
                editors[model, line.object_id] = line.change_set.made_by
    return editors


def what_undo_does(change_set):
    """The three lists that a person sees before deciding. Writes nothing."""
    return _sort_out(change_set, _work_out(change_set))


@transaction.atomic
def undo(change_set, *, by, reason="", door=Door.UNDO):
    """Take a change set back: restore what nobody has touched since, keep and name the rest.

    Returns `Undone`. Undoing is itself a change set and can be undone the same way.
    """
    states = _work_out(change_set, lock=True)
    title = _("Undo: %(what)s") % {"what": change_set.title}
    own = open_change_set(title, by=by, door=door, reason=reason, undoes=change_set)
    touched, lines = defaultdict(list), []
    for key, state in states.items():
        if state.now == state.then:
            continue
        model = apps.get_model(key[0])
        instance = _instance(model, state.now if state.then is None else state.then)
        before = state.now
        try:
            # A savepoint for each record: one that cannot go back must not stop the others.
            with transaction.atomic():
                if state.then is None:
                    state.then = _take_back(instance)
                else:
                    _put_back(instance, exists=state.now is not None)
        except (models.ProtectedError, models.RestrictedError, IntegrityError):
            state.impossible = _("other records depend on it or stand in its place")
            state.then = state.now
            continue
        touched[model].append(instance)
        lines.append(change_of(own, instance, before=before, deleted=state.then is None))
    record_many(lines)
    for model, instances in touched.items():
        if hasattr(model, "refresh_derived"):
            model.refresh_derived(instances)
    result = _sort_out(change_set, states)
    if lines:
        result.change_set = own
    else:
        own.delete()
    return result


def _instance(model, values):
    """A record from its snapshot: texts become dates and moments again."""
    by_column = {f.attname: f for f in model._meta.concrete_fields}
    return model(**{k: by_column[k].to_python(v) for k, v in values.items() if k in by_column})


def _take_back(instance):
    """Undo a creation; returns the snapshot that remains, None when the record is gone."""
    # An agency is never deleted: it takes its entry back itself.
    if hasattr(instance, "void"):
        stored = type(instance)._base_manager.get(pk=instance.pk)
        stored.void()
        instance.__dict__.update(stored.__dict__)
        return snapshot(stored)
    type(instance)._base_manager.filter(pk=instance.pk).delete()
    return None


def _put_back(instance, *, exists):
    """Write a snapshot; the version grows, so that an open page notices."""
    model = type(instance)
    if hasattr(instance, "put_back"):
        instance.put_back()
        return
    if not exists:
        instance.save_base(raw=True, force_insert=True)
        return
    values = {f.attname: getattr(instance, f.attname) for f in _fields(model) if not f.primary_key}
    if "version" in values:
        values["version"] = models.F("version") + 1
    model._base_manager.filter(pk=instance.pk).update(**values)
