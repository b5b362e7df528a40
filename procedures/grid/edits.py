"""What marking, adding and copying would make of the rows: lists of edits."""

from dataclasses import replace

from procedures.models import Procedure
from procedures.models.duty_edits import Edit, Values, edit_of

SET, CLEAR, END, ADD, COPY = "set", "clear", "end", "add", "copy"


def to_set(duties, standard, on):
    """The rows come under a standard on a day; those that run under it already stay as they are."""
    return [
        edit_of(d, standard_id=standard.pk, applied_on=on) for d in duties if d.standard_id != standard.pk
    ]


def to_clear(duties):
    """The rows do not run under their standard; what was before comes back."""
    return [edit_of(d, standard_id=None, applied_on=None) for d in duties if d.standard_id is not None]


def to_end(duties, on):
    """The rows leave the agency: with the repeal of their procedure where it was repealed, else on a day."""
    edits = []
    for duty in duties:
        day = duty.procedure.repealed_on or on
        if duty.assigned_on is not None and day <= duty.assigned_on:
            day = on
        edits.append(edit_of(duty, ended_on=day))
    return edits


def to_add(procedures, known):
    """Procedures that the agency has not become its own; `known` are the ids of those it has."""
    return [Edit(p.pk, str(p), Values()) for p in procedures if p.pk not in known]


def to_copy(own, theirs, on=None):
    """What another agency has and this one lacks: procedures, document codes, and with a day their standards too.

    `own` and `theirs`: duties with their procedures. Nothing that this agency has is overwritten.
    """
    mine, edits = {d.procedure_id: d for d in own}, []
    for duty in theirs:
        given = Values(document_code=duty.document_code)
        if on is not None and duty.standard_id is not None:
            given = replace(given, standard_id=duty.standard_id, applied_on=on)
        have = mine.get(duty.procedure_id)
        if have is None:
            edits.append(Edit(duty.procedure_id, str(duty.procedure), given))
            continue
        more = {} if have.document_code else {"document_code": given.document_code}
        if have.standard_id is None and given.standard_id is not None:
            more |= {"standard_id": given.standard_id, "applied_on": given.applied_on}
        edits.append(edit_of(have, **more))
    return [edit for edit in edits if edit.changes_something]


def procedures_in(ids):
    return Procedure.objects.filter(pk__in=ids).order_by("field", "code", "pk")
