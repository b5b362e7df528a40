"""Records on their way back: as they are, as they will be, what stops them, and writing them.

A model may say more about itself: `void_many` instead of deletion, `put_back_many` instead of a
plain update, `derive` (columns worked out from others), `check_stored` (raises Refused when
what now stands breaks a hard rule), `refresh_derived` (what follows from it elsewhere).
"""

from collections import defaultdict
from dataclasses import dataclass

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.utils.translation import gettext as _

from agencies.errors import Refused
from agencies.models.history import Change

from .lines import differing, fields_of, snapshot

# Ids in one query: below the limits of both databases.
CHUNK = 2_000


@dataclass
class Record:
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


def chunks(ids):
    ids = sorted(ids)
    return (ids[i : i + CHUNK] for i in range(0, len(ids), CHUNK))


def current_of(model, ids, lock):
    rows = model._base_manager.all()
    if lock and transaction.get_connection().features.has_select_for_update:
        rows = rows.select_for_update()
    return {o.pk: o for chunk in chunks(ids) for o in rows.filter(pk__in=chunk)}


def line_of(change_set, one):
    """The line of history of a record that was put right; its words are those of the line undone."""
    before, after = one.now, one.then
    if before is not None and after is not None:
        before, after = differing(before, after)
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


def put_right(records, touched, done):
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
        return left + put_right(free[:half], touched, done) + put_right(free[half:], touched, done)
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
        for chunk in chunks(ids):
            found = rows.filter(**{f"{relation.field.name}__in": chunk}).order_by()
            pairs = found.values_list(relation.field.attname, "pk")
            needed.update(pk for pk, referring in pairs if other is not model or referring not in ids)
    return dict.fromkeys(needed, _("other records depend on it"))


def _left_without(records):
    """{id: why} of records that would refer to something that is gone."""
    model, ids = records[0].model, {one.pk for one in records}
    lacking = set()
    for column in fields_of(model):
        if not column.is_relation:
            continue
        wanted = defaultdict(list)
        for one in records:
            value = one.then[column.attname]
            if value is not None and (one.now is None or one.now[column.attname] != value):
                wanted[value].append(one.pk)
        there = ids if column.related_model is model and records[0].now is None else set()
        rows = column.related_model._base_manager
        for chunk in chunks(wanted.keys() - there):
            found = set(rows.filter(pk__in=chunk).values_list("pk", flat=True))
            for value in set(chunk) - found:
                lacking.update(wanted[value])
    return dict.fromkeys(lacking, _("what it refers to is gone"))


def instance_of(model, values):
    """A record from its snapshot: texts become dates and moments again."""
    by_column = {f.attname: f for f in model._meta.concrete_fields}
    return model(**{k: by_column[k].to_python(v) for k, v in values.items() if k in by_column})


def _write(records):
    """Put a run of records right in the database; returns the instances."""
    model, act = records[0].model, records[0].act
    instances = [instance_of(model, one.now if act == "take back" else one.then) for one in records]
    if act == "take back" and hasattr(model, "void_many"):
        model.void_many(instances)
        for one, instance in zip(records, instances, strict=True):
            one.then = snapshot(instance)
    elif act == "take back":
        for chunk in chunks(one.pk for one in records):
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
