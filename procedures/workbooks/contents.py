"""Contents: what the cells of a workbook hold by the register of now. The same reading for going out and coming back.

Every value is a text: a day as 2021-12-31, a standard as its code, nothing as "".
"""

import hashlib
import hmac
import json
from collections import defaultdict
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Q

from agencies.imports.workbooks import FORMS
from agencies.models import Agency
from procedures.lifecycle import Stage, State
from procedures.models import AgencyProcedure, IssuedSheet, Milestone, Precision, Rollout, Standard

from .columns import DUTIES, PROGRESS, STAGES

BATCH = 500
# Crockford's base 32: no letter that is read as another.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12


@dataclass(slots=True, eq=False)
class Entry:
    """One row: the record that it is about, what says so, and its cells as they stand. `record`: a Rollout or a `_Duty`.

    `remarks`: {column: what the lead agency wrote to an entry that it returned}.
    """

    key: str
    layout: object
    agency_id: int
    version: int
    identity: dict
    values: dict
    record: object = None
    remarks: dict = field(default_factory=dict)

    @property
    def about(self):
        """What tells the row from others of its agency: a procedure's name only where it has no code."""
        about = {name: self.identity[name] for name in self.layout.about}
        if about.get("procedure"):
            del about["procedure_name"]
        return about


@dataclass(slots=True, eq=False)
class _Duty:
    """An agency procedure as it is on record."""

    id: int
    version: int
    procedure_id: int


@dataclass(eq=False)
class Content:
    """The rows of one agency."""

    agency: object
    parent: str = ""
    rows: dict = field(default_factory=dict)  # key → Entry

    def of(self, layout):
        return [entry for entry in self.rows.values() if entry.layout is layout]

    def plain(self):
        """What is kept when it goes out."""
        agency = self.agency
        return {
            "agency": {"name": agency.name, "code": agency.code, "parent": self.parent},
            "rows": {
                entry.key: {
                    "version": entry.version,
                    "identity": entry.about,
                    "values": entry.values,
                    "due_on": entry.identity.get("due_on", ""),
                }  # fmt: skip
                for entry in self.rows.values()
            },
        }


def contents(agencies, *, on):
    """{agency id: Content} of agencies on a day: undertakings that go on or are declared, procedures in force.

    A fixed number of queries for every few hundred agencies.
    """
    agencies = list(agencies)
    found = {agency.pk: Content(agency) for agency in agencies}
    parents = {a.parent_id for a in agencies if a.parent_id}
    names = dict(Agency.objects.filter(pk__in=parents).values_list("pk", "name"))
    for content in found.values():
        content.parent = names.get(content.agency.parent_id, "")
    codes = dict(Standard.objects.values_list("pk", "code"))
    ids = sorted(found)
    for i in range(0, len(ids), BATCH):
        batch = ids[i : i + BATCH]
        for entry in _undertakings(batch, codes):
            found[entry.agency_id].rows[entry.key] = entry
        for entry in _duties(batch, codes, on):
            found[entry.agency_id].rows[entry.key] = entry
    return found


def _text(day):
    return day.isoformat() if day else ""


def _undertakings(agency_ids, codes):
    rollouts = Rollout.objects.filter(agency__in=agency_ids, state=State.ACTIVE)
    rollouts = list(rollouts.select_related("plan", "agency").order_by("agency__sort_key", "year", "id"))
    milestones = defaultdict(dict)
    rows = Milestone.objects.filter(rollout__in=[r.pk for r in rollouts]).select_related(
        "declaration__standard"
    )
    for milestone in rows:
        milestones[milestone.rollout_id][milestone.stage] = milestone
    for rollout in rollouts:
        rollout.reached = own = milestones[rollout.pk]
        counting = {stage: m for stage, m in own.items() if m.counts}
        values = {stage.value: _text(getattr(counting.get(stage), "reached_on", None)) for stage in STAGES}
        declaration = getattr(counting.get(Stage.DECLARED), "declaration", None)
        values |= {
            "declared_on": _declared_on(declaration),
            "number": getattr(declaration, "number", ""),
            "standard": codes[declaration.standard_id] if declaration else "",
            "signer": getattr(declaration, "signer", ""),
        }
        remarks = {
            "declared_on" if stage == Stage.DECLARED else stage: m.review_note
            for stage, m in own.items()
            if not m.counts
        }
        identity = {
            "plan": rollout.plan.code,
            "form": FORMS[rollout.form],
            "year": str(rollout.year),
            "due_on": _text(rollout.due_on),
        }
        yield Entry(
            f"R{rollout.pk}", PROGRESS, rollout.agency_id, rollout.version, identity, values, rollout, remarks
        )


def _declared_on(declaration):
    """A day that only stands in for one that nobody knows is an empty cell."""
    if declaration is None or declaration.precision == Precision.UNKNOWN:
        return ""
    return _text(declaration.declared_on)


_COLUMNS = (
    "id", "version", "agency_id", "procedure_id", "procedure__code", "procedure__name", "procedure__field", "standard_id",
    "applied_on", "document_code", "note",
)  # fmt: skip


def _duties(agency_ids, codes, on):
    """Duties that exist on the day, of procedures in force; whether the agency still does is for the rules to say."""
    rows = AgencyProcedure.objects.filter(
        Q(assigned_on__isnull=True) | Q(assigned_on__lte=on),
        Q(ended_on__isnull=True) | Q(ended_on__gt=on),
        Q(procedure__effective_on__isnull=True) | Q(procedure__effective_on__lte=on),
        Q(procedure__repealed_on__isnull=True) | Q(procedure__repealed_on__gt=on),
        agency__in=agency_ids,
    ).order_by("procedure__field", "procedure__code", "procedure__name", "id")
    rows = rows.values_list(*_COLUMNS).iterator(chunk_size=5_000)
    for pk, version, agency_id, procedure_id, code, name, area, standard, applied_on, document, note in rows:
        identity = {"procedure": code, "procedure_name": name, "field": area}
        values = {
            "standard": codes.get(standard, ""), "applied_on": _text(applied_on), "document": document, "note": note,
        }  # fmt: skip
        record = _Duty(pk, version, procedure_id)
        yield Entry(f"P{pk}", DUTIES, agency_id, version, identity, values, record)


# Going out


def code_of(plain):
    """The code under which a content goes out: the same content, the same code; nobody else can make one."""
    told = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    number = int.from_bytes(
        hmac.new(settings.SECRET_KEY.encode(), told.encode(), hashlib.sha256).digest()[:8]
    )
    letters = ""
    for _place in range(CODE_LENGTH):
        number, rest = divmod(number, 32)
        letters += _ALPHABET[rest]
    return letters


def issue(found, *, by):
    """Keep contents that go out, once each. `found`: Contents. Returns {agency id: code}."""
    codes, sheets = {}, []
    for content in found:
        plain = content.plain()
        code = codes[content.agency.pk] = code_of({"of": content.agency.pk, **plain})
        sheets.append(IssuedSheet(code=code, agency=content.agency, content=plain, issued_by=by))
    # Two clicks make one: the second finds the codes taken.
    IssuedSheet.objects.bulk_create(sheets, ignore_conflicts=True, batch_size=200)
    return codes
