"""The set-based twin of `Agency.revise`: many agencies get another name, code, kind, level or parent on one day."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agencies.errors import Refused
from agencies.history import change_of, record_many, snapshot
from agencies.progress import Doing, tell

from .agency import IDENTITY, Agency, Level, PastIdentity, _move_below, _remember_below, one_writer

BATCH = 500
_COLUMNS = ["name", "code", "kind", "level", "covered_by", "note", "search_key", "sort_key", "version"]


@transaction.atomic
def revise_many(revisions, *, on, change_set, cells=()):
    """Revise agencies that were loaded in this transaction.

    `revisions`: [(agency, {field: value})]; `on`: the first day of the new identities, None corrects a mistake;
    `cells`: where each came from. Returns whether any agency moved in the tree (paths read before are stale then).
    Raises Refused as `Agency.revise` does.
    """
    one_writer()
    cells = cells or [""] * len(revisions)
    last = _last_days([agency.pk for agency, _values in revisions]) if on is not None else {}
    changes, past, rewritten, moved = [], [], [], []
    for number, ((agency, values), cell) in enumerate(zip(revisions, cells, strict=True)):
        tell(Doing.WRITING, number, len(revisions))
        before, old = snapshot(agency), {name: getattr(agency, name) for name in IDENTITY}
        for name, value in values.items():
            setattr(agency, name, value)
        if {"parent", "level", "kind", "covered_by"} & set(values):
            agency.check_place(on)
            agency.check_below()
        if snapshot(agency) == before:
            continue
        agency.derive()
        is_new_identity = any(getattr(agency, name) != value for name, value in old.items())
        if on is not None and is_new_identity and (kept := _past_of(agency, old, on, last.get(agency.pk))):
            past.append(kept)
        agency.version += 1
        (moved if agency.parent_id != old["parent_id"] else rewritten).append((agency, old))
        changes.append((agency, before, cell))
    PastIdentity.objects.bulk_create(past, batch_size=BATCH)
    _free_codes([(a, old) for a, old in rewritten + moved if a.code != old["code"]])
    Agency.objects.bulk_update([a for a, _old in rewritten], _COLUMNS, batch_size=BATCH)
    # Parents first, each with the path that its parent has by then.
    for agency, _old in sorted(moved, key=lambda pair: Level(pair[0].level).rank):
        if agency.parent_id is not None:
            agency.parent.path = Agency.objects.values_list("path", flat=True).get(pk=agency.parent_id)
        agency.check_place(on)
        since = on if on is not None else agency.present_since()
        was = Agency.objects.values_list("path", flat=True).get(pk=agency.pk)
        agency.save()
        _remember_below(was, agency.path, since, change_set)
        _move_below(was, agency.path)
    record_many(
        [change_of(change_set, p) for p in past]
        + [change_of(change_set, a, before=before, cell=cell) for a, before, cell in changes]
    )
    return bool(moved)


def _last_days(ids):
    """{agency: the first day of its present identity}, where it had an earlier one."""
    found = {}
    for i in range(0, len(ids), BATCH):
        rows = PastIdentity.objects.filter(agency__in=ids[i : i + BATCH]).order_by()
        found |= dict(rows.values_list("agency").annotate(last=Max("until")))
    return found


def _past_of(agency, old, on, last):
    """The identity that ends on a day; None when the present one began on that very day. As `Agency.remember`."""
    if on > timezone.localdate():
        raise Refused(_("The day lies in the future."), "on")
    if not agency.exists_on(on):
        raise Refused(_("The agency did not exist on that day."), "on")
    from_on = last or agency.established_on
    if from_on is not None and on < from_on:
        raise Refused(_("A later change of %(day)s is on record.") % {"day": date_format(from_on)}, "on")
    return None if on == from_on else PastIdentity(agency=agency, from_on=from_on, until=on, **old)


def _free_codes(changed):
    """Codes that change hands among the agencies are given back first: the database knows each once."""
    held = [agency.pk for agency, old in changed if old["code"]]
    for i in range(0, len(held), BATCH):
        Agency.objects.filter(pk__in=held[i : i + BATCH]).update(code="")
