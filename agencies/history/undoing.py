"""Taking a change set back: what nobody has touched since, the rest kept and named."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from agencies.models.history import Change, ChangeSet, Door

from .lines import open_change_set, record_many, snapshot
from .records import Record, chunks, current_of, line_of, put_right


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


def _work_out(change_set, lock=False):
    """What undoing would do to each record, in the order to be undone."""
    lines = list(change_set.changes.order_by("-id"))
    ids = defaultdict(set)
    for line in lines:
        ids[line.model].add(line.object_id)
    current = {label: current_of(apps.get_model(label), wanted, lock) for label, wanted in ids.items()}
    records = {}
    for line in lines:
        key = (line.model, line.object_id)
        if key not in records:
            found = current[line.model].get(line.object_id)
            values = snapshot(found) if found is not None else None
            records[key] = Record(line, values, values)
        if not (records[key].kept or records[key].impossible):
            records[key].step_back(line)
    for model in {one.model for one in records.values()}:
        if hasattr(model, "keep_what_others_follow"):
            model.keep_what_others_follow(records)
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
        for chunk in chunks(wanted):
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
            left += put_right(list(run), touched, done)
        if len(left) == len(waiting):
            break
        # What waited for another record of the set to go first has its second chance.
        waiting = left
    own = None
    if done:
        title = _("Undo: %(what)s") % {"what": change_set.title}
        own = open_change_set(title, by=by, door=door, reason=reason, undoes=change_set)
        record_many(line_of(own, one) for one in done)
    for model, instances in touched.items():
        if hasattr(model, "refresh_derived"):
            model.refresh_derived(instances)
    for one in waiting:
        one.then = one.now
    result = _sort_out(change_set, records)
    result.change_set = own
    return result
