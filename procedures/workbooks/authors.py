"""Authors: who changed a cell last, and when, by the history of its record."""

from agencies.models import Change
from procedures.lifecycle import Stage

from .columns import DECLARATION

_MODELS = ("procedures.milestone", "procedures.declaration", "procedures.agencyprocedure")
_COLUMNS = {
    "standard": "standard_id", "document": "document_code", "declared_on": "declared_on", "number": "number", "signer": "signer",
    "applied_on": "applied_on", "note": "note",
}  # fmt: skip
MOST_LINES = 5_000


def last_changes(conflicts, *, since):
    """{cell: the last Change of it} of some conflicts, in one query. `since`: the moment the oldest of them went out."""
    agencies = {conflict.agency.pk for conflict in conflicts}
    lines = Change.objects.filter(agency__in=agencies, model__in=_MODELS, change_set__made_at__gte=since)
    found = {}
    for line in lines.select_related("change_set__made_by").order_by("-id")[:MOST_LINES]:
        for conflict in conflicts:
            question = conflict.edit.question
            if question not in found and conflict.agency.pk == line.agency_id and _is_about(line, conflict):
                found[question] = line
    return found


def _is_about(line, conflict):
    entry, name = conflict.entry, conflict.edit.name
    if entry.layout.letter == "P":
        return (
            line.model == "procedures.agencyprocedure"
            and line.object_id == entry.record.id
            and _touches(line, _COLUMNS[name])
        )
    stage = Stage.DECLARED if name in DECLARATION else name
    milestone = entry.record.reached.get(stage)
    if name in DECLARATION:
        if line.model == "procedures.declaration" and milestone is not None:
            return line.object_id == milestone.declaration_id and _touches(line, _COLUMNS[name])
        stage = Stage.DECLARED
    if line.model != "procedures.milestone":
        return False
    if milestone is not None:
        return line.object_id == milestone.pk and (
            _touches(line, "reached_on") or _touches(line, "acceptance")
        )
    before = line.before or {}
    return line.after is None and before.get("rollout_id") == entry.record.pk and before.get("stage") == stage


def _touches(line, column):
    """Whether a line says something of a column; one that enters or deletes a record says it of all."""
    return line.before is None or line.after is None or column in line.after
