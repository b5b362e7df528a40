"""The door behind the grid of an agency's procedures: many duties edited in one act, each to what its cells say."""

import hashlib
import json
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import change_of, open_change_set, record_many, snapshot, write_columns
from agencies.models import Agency
from procedures.lifecycle import RECORDERS
from procedures.models.agency_procedures import AgencyProcedure, PastApplication
from procedures.models.applications import Span, put_in, take_out
from procedures.models.duty_lists import Duty, write_duties
from procedures.models.entries import acting_roles
from procedures.models.standards import Standard
from procedures.models.tallies import retally

COLUMNS = ("standard_id", "applied_on", "document_code", "note", "ended_on")
CELLS = ("document_code", "note", "ended_on")
CHUNK = 2_000


@dataclass(frozen=True)
class Values:
    """The cells of one row. `standard_id` and `applied_on` are both set or both empty."""

    standard_id: int | None = None
    applied_on: object = None
    document_code: str = ""
    note: str = ""
    ended_on: object = None


@dataclass(frozen=True)
class Edit:
    """One row as it was seen and as it shall be. `duty_id` and `before` None: the duty is new."""

    procedure_id: int
    label: str
    after: Values
    before: Values | None = None
    duty_id: int | None = None
    seen: int = 0

    @property
    def changes_something(self):
        return self.before != self.after


def values_of(duty):
    return Values(*(getattr(duty, name) for name in COLUMNS))


def edit_of(duty, **values):
    """The edit that gives a duty (with its procedure at hand) other values. A cleared standard is one of them."""
    before = values_of(duty)
    return Edit(
        duty.procedure_id, str(duty.procedure), replace(before, **values), before, duty.pk, duty.version
    )


def digest(edits):
    """What a person saw before deciding, as a short text: the versions, and every value before and after."""
    told = [(e.duty_id, e.seen, e.procedure_id, *(str(v) for v in vars(e.after).values())) for e in edits]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def settle(edits):
    """The edits as they will be: a cleared standard that took over from another gives way to it again."""
    cleared = [e for e in edits if e.before and e.before.applied_on and _moves(e)]
    past = _ended({e.duty_id: e.before.applied_on for e in cleared})
    settled = []
    for edit in edits:
        earlier = past.get(edit.duty_id)
        if earlier and edit.after.standard_id is None and edit.before.standard_id is not None:
            after = replace(edit.after, standard_id=earlier.standard_id, applied_on=earlier.applied_on)
            edit = replace(edit, after=after)
        settled.append(edit)
    return settled


def _moves(edit):
    before, after = edit.before, edit.after
    return (before.standard_id, before.applied_on) != (after.standard_id, after.applied_on)


def _ended(since):
    """{duty: the application that ended when its present one began}."""
    found, ids = {}, sorted(since)
    for i in range(0, len(ids), CHUNK):
        for past in PastApplication.objects.filter(agency_procedure__in=ids[i : i + CHUNK]).order_by(
            "applied_on"
        ):
            if past.until == since[past.agency_procedure_id]:
                found[past.agency_procedure_id] = past
    return found


def fault(edit, standards, today):
    """Why the cells of a row cannot stand as they would be, or "". `standards`: {id: Standard}."""
    after = edit.after
    if (after.standard_id is None) != (after.applied_on is None):
        return _("A standard needs the day since when, and a day its standard.")
    if after.applied_on is None or (edit.before and not _moves(edit)):
        return ""
    standard = standards[after.standard_id]
    if after.applied_on > today:
        return _("The day lies in the future.")
    if after.applied_on < standard.published_on:
        day = date_format(standard.published_on)
        return _("%(standard)s was published on %(day)s.") % {"standard": standard, "day": day}
    return ""


@transaction.atomic
def edit_duties(agency, edits, *, by, title, reason=""):
    """Write edited rows of one agency, and new duties, in one act. Returns the change set, None without a change.

    What the cells say is what will be: another standard from a later day follows the present one, which is kept;
    from the same day or an earlier one it corrects it; a cleared one gives way to the one before. Each edit says
    which version was seen. Raises Refused (not their role, the agency closed, a row that cannot stand) and
    ChangedMeanwhile (a row was changed, or entered, by somebody else).
    """
    if not acting_roles(by, agency) & RECORDERS:
        raise Refused(_("Your role does not allow this entry."))
    if agency.dissolved_on is not None:
        raise Refused(
            _("%(name)s closed on %(day)s.") % {"name": agency, "day": date_format(agency.dissolved_on)}
        )
    edits = [edit for edit in edits if edit.changes_something]
    if not edits:
        return None
    rows = _locked(agency, edits)
    edits = settle(edits)
    standards, today = Standard.objects.in_bulk(), timezone.localdate()
    for edit in edits:
        if why := fault(edit, standards, today):
            raise Refused(f"{edit.label}: {why}", "applied_on")
    change_set = open_change_set(title, by=by, reason=reason)
    _change(rows, [e for e in edits if e.duty_id], change_set)
    if new := [_duty(agency, edit) for edit in edits if not edit.duty_id]:
        write_duties(new, change_set=change_set)
    retally([agency.pk])
    return change_set


def _locked(agency, edits):
    """The rows to be changed, locked, each in the version that was seen: {id: duty}."""
    seen = {e.duty_id: e.seen for e in edits if e.duty_id}
    new = [e.procedure_id for e in edits if not e.duty_id]
    if new:
        # The second of two who enter the same procedure waits here for the first and then finds it.
        Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    rows = AgencyProcedure.objects.filter(agency=agency).select_related("agency", "procedure")
    found, ids = {}, sorted(seen)
    for i in range(0, len(ids), CHUNK):
        chunk = rows.filter(pk__in=ids[i : i + CHUNK]).order_by("pk")
        found |= {row.pk: row for row in chunk.select_for_update(of=["self"])}
    for row in found.values():
        if row.version != seen[row.pk]:
            raise ChangedMeanwhile(row)
    if len(found) < len(seen):
        raise Refused(_("A procedure of this page is not on record any more."))
    for i in range(0, len(new), CHUNK):
        if there := rows.filter(procedure__in=new[i : i + CHUNK]).first():
            raise ChangedMeanwhile(there)
    return found


def _change(rows, edits, change_set):
    """Write the cells of rows on record: first what they run under since when, then the others."""
    moved = {e.duty_id: e for e in edits if _moves(e)}
    ids = sorted(moved)
    for i in range(0, len(ids), CHUNK):
        AgencyProcedure.objects.filter(pk__in=ids[i : i + CHUNK]).rewrite(
            lambda duty, chain: _chain(moved[duty.pk], chain), change_set=change_set
        )
    written, lines = [], []
    for edit in edits:
        row = rows[edit.duty_id]
        if edit.duty_id in moved:
            row.standard_id, row.applied_on = edit.after.standard_id, edit.after.applied_on
            row.version += 1
        before = snapshot(row)
        for name in CELLS:
            setattr(row, name, getattr(edit.after, name))
        if snapshot(row) != before:
            row.version += 1
            written.append(row)
            lines.append(change_of(change_set, row, before=before))
    if written:
        write_columns(written, {*CELLS, "version"})
    record_many(lines)


def _chain(edit, chain):
    """The chain of standards that ends as the cells say. Raises Refused when an earlier one would last no day."""
    after = edit.after
    now = chain[-1] if chain and chain[-1].until is None else None
    if now is not None and _ends_as(after, found := take_out(chain, now.standard_id, now.since)):
        return found
    if now is None or (after.standard_id != now.standard_id and after.applied_on > now.since):
        found = put_in(chain, after.standard_id, after.applied_on)
    else:
        ended = [
            replace(s, until=after.applied_on) if s.until == now.since or s.until > after.applied_on else s
            for s in chain[:-1]
        ]
        found = [*ended, Span(after.standard_id, after.applied_on)]
    if not _ends_as(after, found) or any(s.until is not None and s.until <= s.since for s in found):
        day = date_format(chain[-2].since if now and len(chain) > 1 else chain[-1].since)
        why = _("Procedures ran under another standard since %s.") % day
        raise Refused(f"{edit.label}: {why}", "applied_on")
    return found


def _ends_as(after, chain):
    """Whether the last span that goes on is what the cells say."""
    now = chain[-1] if chain and chain[-1].until is None else None
    return (
        (now.standard_id, now.since) == (after.standard_id, after.applied_on)
        if now
        else after.standard_id is None
    )


def _duty(agency, edit):
    after = edit.after
    return Duty(
        agency.pk, edit.procedure_id, after.standard_id, after.applied_on, after.document_code, after.note, ""
    )
