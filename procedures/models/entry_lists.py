"""The set-based twin of an entry's review: many are confirmed or returned in one act."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import ngettext

from agencies.access import roles_at
from agencies.history import change_of, open_change_set, record_many, snapshot
from procedures import lifecycle
from procedures.lifecycle import Acceptance, Stage, StepRefused
from procedures.models.declarations import Declaration
from procedures.models.milestones import Milestone
from procedures.models.telling import tell_reviewed

BATCH = 500


@dataclass
class Reviewed:
    """What came of it. `already`: done by the same person before, the second of two clicks; `changed`:
    entries that are not as they were seen; `refused`: [(entry, why)].
    """

    done: list = field(default_factory=list)
    already: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    change_set: object = None


@transaction.atomic
def review_many(seen, after, *, by, note=""):
    """Confirm or return entries that wait, in one change set. Returns `Reviewed`.

    `seen` maps (Milestone or Declaration, id) to the version that the person was looking at. What is
    not as it was seen, or was reviewed meanwhile, stays as it is and is named; what lies outside the
    person's scope does not exist. *Declared* is reviewed as the declaration behind it.
    """
    after, found = Acceptance(after), Reviewed()
    ready = []
    for entry in _locked(seen, by):
        version = seen[type(entry), entry.pk]
        if entry.version != version or entry.acceptance != Acceptance.UNREVIEWED:
            own = entry.reviewed_by_id == by.pk and entry.acceptance == after and entry.version == version + 1
            (found.already if own else found.changed).append(entry)
            continue
        try:
            lifecycle.check_review(
                entry.acceptance, after, roles=roles_at(by, entry.agency_of_entry), note=note
            )
        except StepRefused as why:
            if why.field:
                raise  # what was typed is at fault, not this entry
            found.refused.append((entry, str(why)))
        else:
            ready.append(entry)
    if after == Acceptance.RETURNED:
        ready = _without_what_others_rest_on(ready, found)
    if not ready:
        return found
    found.change_set = open_change_set(
        ngettext("%(acceptance)s: %(n)s entry", "%(acceptance)s: %(n)s entries", len(ready))
        % {"acceptance": after.label, "n": number_format(len(ready))},
        by=by,
        reason=note,
    )
    _write(ready, after, by, note, found.change_set)
    found.done = ready
    tell_reviewed(ready, after, by=by, note=note, change_set=found.change_set)
    return found


def _locked(seen, by):
    """The entries within the person's scope, locked in a fixed order until the end of the transaction."""
    for model, path in ((Milestone, ("rollout__agency", "rollout__plan")), (Declaration, ("agency",))):
        ids = sorted(pk for kind, pk in seen if kind is model)
        rows = model.objects.visible_to(by).select_related(*path, "document").order_by("pk")
        if model is Milestone:
            rows = rows.filter(declaration=None)
        for i in range(0, len(ids), BATCH):
            yield from rows.select_for_update(of=["self"], no_key=True).filter(pk__in=ids[i : i + BATCH])


def _without_what_others_rest_on(entries, found):
    """Those that may be returned: what stays on record must not rest on them."""
    going = defaultdict(set)
    for entry in entries:
        if isinstance(entry, Milestone):
            going[entry.rollout_id].add(entry.stage)
    declared = [e.pk for e in entries if isinstance(e, Declaration)]
    own = dict(Milestone.objects.filter(declaration__in=declared).values_list("declaration", "rollout"))
    for rollout in own.values():
        going[rollout].add(Stage.DECLARED)
    reached = defaultdict(dict)
    rows = Milestone.objects.counting().filter(rollout__in=going).order_by()
    for rollout, stage, on in rows.values_list("rollout", "stage", "reached_on"):
        if stage not in going[rollout]:
            reached[rollout][Stage(stage)] = on
    stopped = {}
    for rollout, together in reached.items():
        try:
            lifecycle.check_together(together)
        except StepRefused as why:
            stopped[rollout] = str(why)
    free = []
    for entry in entries:
        rollout = entry.rollout_id if isinstance(entry, Milestone) else own.get(entry.pk)
        if rollout in stopped:
            found.refused.append((entry, stopped[rollout]))
        else:
            free.append(entry)
    return free


def _write(entries, after, by, note, change_set):
    now = timezone.now()
    values = {"acceptance": after.value, "reviewed_by": by, "reviewed_at": now, "review_note": note}
    behind = [e.pk for e in entries if isinstance(e, Declaration)]
    followers = list(
        Milestone.objects.filter(declaration__in=behind).select_related("rollout__agency", "document")
    )
    changes = []
    for entry in [*entries, *followers]:
        before = snapshot(entry)
        for name, value in values.items():
            setattr(entry, name, value)
        entry.version += 1
        changes.append(change_of(change_set, entry, before=before))
    for model in (Milestone, Declaration):
        ids = [e.pk for e in [*entries, *followers] if isinstance(e, model)]
        for i in range(0, len(ids), BATCH):
            model.objects.filter(pk__in=ids[i : i + BATCH]).update(version=F("version") + 1, **values)
    record_many(changes)
    if after == Acceptance.RETURNED:
        # What is returned no longer counts: stages and procedures follow.
        Milestone.refresh_derived([e for e in [*entries, *followers] if isinstance(e, Milestone)])
        for entry in entries:
            if isinstance(entry, Declaration):
                entry.uncover(entry.declared_on, change_set)
