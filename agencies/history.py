"""Writing history, and taking a change set back.

Doors call `open_change_set` and `record`; nobody else writes `Change`. `undo` restores what
nobody has touched since and names the rest; it is itself a change set and can be undone.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DEFAULT_DB_ALIAS, IntegrityError, models, transaction
from django.utils.translation import gettext as _

from agencies.errors import Refused
from agencies.models.history import Change, ChangeSet, Door

_encode = DjangoJSONEncoder().default
# Ids in one query: below the limits of both databases.
CHUNK = 2_000


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


def _fields(model):
    """The fields whose history is kept: derived ones and secrets are left out by the model."""
    left_out = getattr(model, "NOT_IN_HISTORY", ())
    return [f for f in model._meta.concrete_fields if f.attname not in left_out]


def snapshot(instance):
    """The record's stored values as plain JSON values, by column."""
    return {f.attname: _plain(f, f.value_from_object(instance)) for f in _fields(type(instance))}


def open_change_set(title, *, by, door=Door.WEB, reason="", upload=None, undoes=None):
    """Begin one act. `by` is the person, or None for a command that nobody signed in for."""
    return ChangeSet.objects.create(
        title=str(title)[:200], made_by=by, door=door, reason=reason, upload=upload, undoes=undoes
    )


def _differing(before, after):
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
        before, after = _differing(before, after)
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
    return change


def record_many(changes):
    """Write many lines made by `change_of`; empty ones are passed over."""
    return Change.objects.bulk_create([c for c in changes if c is not None], batch_size=2_000)


# Taking back ----------------------------------------------------------------------------------
#
# A model may say more about itself: `void_many` instead of deletion, `put_back_many` instead of a
# plain update, `derive` (columns worked out from others), `check_stored` (raises Refused when
# what now stands breaks a hard rule), `refresh_derived` (what follows from it elsewhere).


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
class _Record:
    """One record while an undo is worked out: as it is, as it will be, and what stops it.

    `line` is the set's last line about it. `columns` are those that somebody edited since.
    """

    line: Change
    now: dict | None
    then: dict | None
    kept: str = ""
    impossible: str = ""
    columns: frozenset = frozenset()

    @property
    def pk(self):
        return self.line.object_id

    @property
    def key(self):
        return self.line.model, self.line.object_id

    @property
    def model(self):
        return apps.get_model(self.line.model)

    @property
    def act(self):
        return "take back" if self.then is None else "bring back" if self.now is None else "change"

    def step_back(self, line):
        """Take one line back in mind, or say what stops it."""
        if line.after is None:
            if self.then is None:
                self.then = dict(line.before)
            else:
                self.impossible = _("a record with this number exists again")
        elif self.then is None:
            self.impossible = _("it was deleted since")
        elif edited := _edited(self.then, line.after):
            self.kept, self.columns = _("it was edited since"), edited
        elif line.before is None:
            self.then = None
        else:
            self.then = self.then | line.before


def _edited(current, wanted):
    """The columns in which a record differs from what a line left behind."""
    return frozenset(k for k, v in wanted.items() if k != "version" and k in current and current[k] != v)


def _chunks(ids):
    ids = sorted(ids)
    return (ids[i : i + CHUNK] for i in range(0, len(ids), CHUNK))


def _current(model, ids, lock):
    rows = model._base_manager.all()
    if lock and transaction.get_connection().features.has_select_for_update:
        rows = rows.select_for_update()
    return {o.pk: o for chunk in _chunks(ids) for o in rows.filter(pk__in=chunk)}


def _work_out(change_set, lock=False):
    """What undoing would do to each record, in the order to be undone."""
    lines = list(change_set.changes.order_by("-id"))
    ids = defaultdict(set)
    for line in lines:
        ids[line.model].add(line.object_id)
    current = {label: _current(apps.get_model(label), wanted, lock) for label, wanted in ids.items()}
    records = {}
    for line in lines:
        key = (line.model, line.object_id)
        if key not in records:
            found = current[line.model].get(line.object_id)
            values = snapshot(found) if found is not None else None
            records[key] = _Record(line, values, values)
        if not (records[key].kept or records[key].impossible):
            records[key].step_back(line)
    for one in records.values():
        if one.kept or one.impossible:
            one.then = one.now
    return list(records.values())


def _sort_out(change_set, records):
    """The three lists, each kept record with the person who edited it last."""
    result, editors = Undone(), _later_editors(change_set, records)
    for one in records:
        model, pk = one.key
        outcome = Outcome(one.line.label, model, pk, one.kept or one.impossible, editors.get(one.key))
        if one.impossible:
            result.impossible.append(outcome)
        elif one.kept:
            result.kept.append(outcome)
        elif one.now != one.then:
            result.restored.append(outcome)
    return result


def _later_editors(change_set, records):
    """Who last edited, in the columns that count, each record that stays: {(model, id): person}."""
    stay = {one.key: one for one in records if one.kept or one.impossible}
    ids, editors = defaultdict(list), {}
    for model, pk in stay:
        ids[model].append(pk)
    for model, wanted in ids.items():
        first = min(stay[model, pk].line.pk for pk in wanted)
        for chunk in _chunks(wanted):
            later = Change.objects.filter(model=model, object_id__in=chunk, pk__gt=first)
            later = later.exclude(change_set=change_set).select_related("change_set__made_by")
            for line in later.order_by("pk"):
                one = stay[line.model, line.object_id]
                if line.after is None or not one.columns or one.columns & line.after.keys():
                    editors[one.key] = line.change_set.made_by
    return editors


def what_undo_does(change_set):
    """The three lists that a person sees before deciding: the undo itself, rolled back."""
    records = _work_out(change_set)
    if all(one.now == one.then for one in records):
        return _sort_out(change_set, records)
    with transaction.atomic():
        result = undo(change_set, by=None)
        transaction.set_rollback(True)
    result.change_set = None
    return result


@transaction.atomic
def undo(change_set, *, by, reason="", door=Door.UNDO):
    """Take a change set back: restore what nobody has touched since, keep and name the rest.

    Returns `Undone`. Undoing is itself a change set and can be undone the same way.
    """
    if change_set.changes.filter(model="agencies.agency").exists():
        # In the order of the doors: first the tree, then its rows. The other way round two would wait for each other.
        from agencies.models.agency import one_writer

        one_writer()
    # Two people who undo the same set do it one after the other.
    ChangeSet.objects.select_for_update(of=["self"]).get(pk=change_set.pk)
    records = _work_out(change_set, lock=True)
    touched, done = defaultdict(list), []
    waiting = [one for one in records if one.now != one.then]
    while waiting:
        left = []
        for _kind, run in groupby(waiting, key=lambda one: (one.line.model, one.act)):
            left += _put_right(list(run), touched, done)
        if len(left) == len(waiting):
            break
        # What waited for another record of the set to go first has its second chance.
        waiting = left
    own = None
    if done:
        title = _("Undo: %(what)s") % {"what": change_set.title}
        own = open_change_set(title, by=by, door=door, reason=reason, undoes=change_set)
        record_many(_line(own, one) for one in done)
    for model, instances in touched.items():
        if hasattr(model, "refresh_derived"):
            model.refresh_derived(instances)
    for one in waiting:
        one.then = one.now
    result = _sort_out(change_set, records)
    result.change_set = own
    return result


def _line(change_set, one):
    """The line of history of a record that was put right; its words are those of the line undone."""
    before, after = one.now, one.then
    if before is not None and after is not None:
        before, after = _differing(before, after)
    model, pk = one.key
    return Change(
        change_set=change_set,
        model=model,
        object_id=pk,
        label=one.line.label,
        agency_id=one.line.agency_id,
        before=before,
        after=after,
    )


def _put_right(records, touched, done):
    """Write a run of records of one model and one act; returns those that cannot be written now."""
    stopped = _needed_by_others(records) if records[0].act == "take back" else _left_without(records)
    for one in records:
        one.impossible = stopped.get(one.pk, "")
    free, left = [r for r in records if not r.impossible], [r for r in records if r.impossible]
    if not free:
        return left
    try:
        # A savepoint: one that cannot go back must not stop the others.
        with transaction.atomic():
            instances = _write(free)
    except (IntegrityError, Refused) as stop:
        if len(free) == 1:
            known = isinstance(stop, Refused)
            free[0].impossible = str(stop) if known else _("another record stands in its place")
            return left + free
        half = len(free) // 2
        return left + _put_right(free[:half], touched, done) + _put_right(free[half:], touched, done)
    touched[free[0].model] += instances
    done += free
    return left


def _needed_by_others(records):
    """{id: why} of records that others, which stay, refer to. Nothing is taken away with them."""
    model, ids = records[0].model, {one.pk for one in records}
    # A voided record stays where it is: what belongs to its own history, or is no fact, does not hold it.
    own, stays = getattr(model, "VOIDED_WITH", ()), hasattr(model, "void_many")
    needed = set()
    for relation in model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and (relation.one_to_many or relation.one_to_one)):
            continue
        other = relation.related_model
        if stays and (relation.get_accessor_name() in own or getattr(other, "IS_NO_FACT", False)):
            continue
        rows = other.objects.not_void() if hasattr(other, "void_many") else other._base_manager.all()
        for chunk in _chunks(ids):
            found = rows.filter(**{f"{relation.field.name}__in": chunk}).order_by()
            pairs = found.values_list(relation.field.attname, "pk")
            needed.update(pk for pk, referring in pairs if other is not model or referring not in ids)
    return dict.fromkeys(needed, _("other records depend on it"))


def _left_without(records):
    """{id: why} of records that would refer to something that is gone."""
    model, ids = records[0].model, {one.pk for one in records}
    lacking = set()
    for column in _fields(model):
        if not column.is_relation:
            continue
        wanted = defaultdict(list)
        for one in records:
            value = one.then[column.attname]
            if value is not None and (one.now is None or one.now[column.attname] != value):
                wanted[value].append(one.pk)
        there = ids if column.related_model is model and records[0].now is None else set()
        rows = column.related_model._base_manager
        for chunk in _chunks(wanted.keys() - there):
            found = set(rows.filter(pk__in=chunk).values_list("pk", flat=True))
            for value in set(chunk) - found:
                lacking.update(wanted[value])
    return dict.fromkeys(lacking, _("what it refers to is gone"))


def _instance(model, values):
    """A record from its snapshot: texts become dates and moments again."""
    by_column = {f.attname: f for f in model._meta.concrete_fields}
    return model(**{k: by_column[k].to_python(v) for k, v in values.items() if k in by_column})


def _write(records):
    """Put a run of records right in the database; returns the instances."""
    model, act = records[0].model, records[0].act
    instances = [_instance(model, one.now if act == "take back" else one.then) for one in records]
    if act == "take back" and hasattr(model, "void_many"):
        model.void_many(instances)
        for one, instance in zip(records, instances, strict=True):
            one.then = snapshot(instance)
    elif act == "take back":
        for chunk in _chunks(one.pk for one in records):
            model._base_manager.filter(pk__in=chunk)._raw_delete(DEFAULT_DB_ALIAS)
    elif act == "bring back":
        for instance in instances:
            if hasattr(instance, "derive"):
                instance.derive()
        model._base_manager.bulk_create(instances, batch_size=CHUNK)
    else:
        columns = {k for one in records for k in one.then if one.now[k] != one.then[k]}
        _write_columns(model, records, instances, columns)
    if hasattr(model, "check_stored"):
        model.check_stored(instances)
    return instances


def _write_columns(model, records, instances, columns):
    """Write the columns that an undo changes; the version grows, so that an open page notices."""
    for one, instance in zip(records, instances, strict=True):
        if "version" in one.now:
            instance.version = one.now["version"] + 1
            columns = columns | {"version"}
    if hasattr(model, "put_back_many"):
        model.put_back_many(instances, columns)
        return
    for instance in instances:
        columns = columns | _derived(instance)
    write_columns(instances, columns)


def write_columns(instances, columns):
    """Write some columns of many records of one model, past every door.

    Thousands of rows with values of their own: bulk_update builds a condition for each of them
    and takes ten times as long.
    """
    model = type(instances[0])
    fields = [f for f in model._meta.concrete_fields if f.attname in columns]
    connection = transaction.get_connection()
    quote = connection.ops.quote_name
    places = ", ".join(f"{quote(f.column)} = %s" for f in fields)
    rows = [
        [*(f.get_db_prep_save(getattr(o, f.attname), connection) for f in fields), o.pk] for o in instances
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(model._meta.db_table)} SET {places} WHERE {quote(model._meta.pk.column)} = %s",
            rows,
        )


def _derived(instance):
    """Let a record work out its derived columns; returns their names."""
    if not hasattr(instance, "derive"):
        return set()
    before = dict(instance.__dict__)
    instance.derive()
    return {
        f.attname for f in instance._meta.concrete_fields if before[f.attname] != getattr(instance, f.attname)
    }
