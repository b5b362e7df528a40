"""The facts as plain rows, read once: what `recount` counts and `known` rewinds. No rule stands here."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from django.apps import apps
from django.db.models import Q

from agencies.access import scope_of
from agencies.models.tree import SEGMENT, in_subtree

# What is read of each record, by the name that its lines of history bear.
COLUMNS = {
    "agencies.agency": ("name", "level", "parent_id", "covered_by_id", "established_on", "dissolved_on"),
    "agencies.pastidentity": (
        "agency_id", "from_on", "until", "name", "level", "parent_id", "covered_by_id", "path",
    ),
    "agencies.succession": ("predecessor_id", "successor_id", "on", "decision"),
    "procedures.plan": ("code", "agency_id"),
    "procedures.target": ("plan_id", "metric", "form", "levels", "year", "position"),
    "procedures.targetrevision": ("target_id", "value", "decided_on"),
    "procedures.declaration": (
        "agency_id", "standard_id", "declared_on", "repealed_on", "acceptance", "number",
    ),
    "procedures.rollout": ("plan_id", "agency_id", "form", "year", "assigned_on", "due_on"),
    "procedures.milestone": ("rollout_id", "stage", "rank", "reached_on", "acceptance"),
    "procedures.rolloutmove": ("rollout_id", "state", "moved_on"),
    "procedures.procedure": ("effective_on", "repealed_on"),
    "procedures.agencyprocedure": (
        "agency_id", "procedure_id", "assigned_on", "ended_on", "standard_id", "applied_on",
    ),
    "procedures.pastapplication": ("agency_procedure_id", "standard_id", "applied_on", "until"),
}  # fmt: skip
DUTIES = ("procedures.procedure", "procedures.agencyprocedure", "procedures.pastapplication")
PLANS = ("procedures.plan", "procedures.target", "procedures.targetrevision")
# From a record to its agency, for what may be left out because somebody may not see it anyway.
AGENCY = {
    "procedures.declaration": "agency__",
    "procedures.rollout": "agency__",
    "procedures.milestone": "rollout__agency__",
    "procedures.rolloutmove": "rollout__agency__",
}


def _gathered(rows, name):
    found = defaultdict(list)
    for row in rows.values():
        found[row[name]].append(row)
    return found


@dataclass
class Rows:
    """{model: {id: {column: value}}}, each row with its `id`. A model that was not read is empty.

    `places` are the agencies' places of today, [id of the top … own id]: what a person may see goes by them,
    on whatever day and with whatever knowledge the rest is counted.
    """

    tables: dict
    standards: dict = field(default_factory=dict)  # id -> code
    places: dict = field(default_factory=dict)
    has_duties: bool = True

    def __getattr__(self, name):
        """`rows.declaration`: the table of a model by its plain name."""
        for model in COLUMNS:
            if model.partition(".")[2] == name:
                return self.__dict__["tables"].setdefault(model, {})
        raise AttributeError(name)

    @cached_property
    def identities_of(self):
        return _gathered(self.pastidentity, "agency_id")

    @cached_property
    def successors_of(self):
        return _gathered(self.succession, "predecessor_id")

    @cached_property
    def predecessors_of(self):
        return _gathered(self.succession, "successor_id")

    @cached_property
    def declarations_of(self):
        return _gathered(self.declaration, "agency_id")

    @cached_property
    def milestones_of(self):
        return _gathered(self.milestone, "rollout_id")

    @cached_property
    def moves_of(self):
        return _gathered(self.rolloutmove, "rollout_id")

    @cached_property
    def duties_of(self):
        return _gathered(self.agencyprocedure, "agency_id")

    @cached_property
    def applications_of(self):
        return _gathered(self.pastapplication, "agency_procedure_id")

    @cached_property
    def revisions_of(self):
        return _gathered(self.targetrevision, "target_id")

    def lineage(self, agency):
        """[id of the top … own id] of an agency's row by the present parents of these rows."""
        found = [agency["id"]]
        while agency is not None and agency["parent_id"] is not None:
            found.append(agency["parent_id"])
            agency = self.agency.get(agency["parent_id"])
            if len(found) > 100:
                raise ValueError(f"The parents of agency {found[0]} run in a circle.")
        return found[::-1]


def read_rows(*, duties=True, stages=None, user=None):
    """All facts as they stand now. `stages`: only these milestones; `duties` False: no procedures.

    `user` None: of every agency; else declarations, undertakings and duties only of agencies that the person sees.
    """
    tables = {}
    for model in COLUMNS:
        if model in DUTIES or model in PLANS:
            continue
        seen = scope_of(user, AGENCY[model]) if user is not None and model in AGENCY else Q()
        if model == "procedures.milestone" and stages is not None:
            seen &= Q(stage__in=stages)
        tables[model] = _table(model, seen)
    standards = apps.get_model("procedures.standard")._base_manager.order_by("pk").values_list("pk", "code")
    rows = Rows(tables | _plans(), dict(standards), has_duties=duties)
    if duties:
        tables.update(read_duties(scope_of(user, "agency__") if user is not None else Q()))
        rows.tables.update(tables)
    rows.places = {pk: frozenset(rows.lineage(agency)) for pk, agency in rows.agency.items()}
    return rows


def read_duties(among):
    """The three tables of procedures; `among`: a condition on a duty, such as `of_agencies` gives."""
    duties = apps.get_model("procedures.agencyprocedure")._base_manager.filter(among)
    return {
        "procedures.procedure": _table("procedures.procedure", Q()),
        "procedures.agencyprocedure": _table("procedures.agencyprocedure", among),
        "procedures.pastapplication": _table(
            "procedures.pastapplication",
            Q(agency_procedure__in=duties.order_by().values("pk")) if among else Q(),
        ),
    }


def of_agencies(rows, scope, ids):
    """The condition that a row's agency is one of `ids`: the scope's subtree of today, and those outside it.

    `scope` None: everything. Rows of more agencies may come; an agency in the subtree costs no place in the query.
    """
    if scope is None:
        return Q()
    path = "".join(f"{step:0{SEGMENT}d}" for step in rows.lineage(rows.agency[scope]))
    outside = sorted(pk for pk in ids if scope not in rows.places.get(pk, ()))
    return in_subtree(path, "agency__") | Q(agency__in=outside)


def _table(model, among):
    names = ("id", *COLUMNS[model])
    rows = apps.get_model(model)._base_manager.filter(among).order_by("pk").values_list(*names)
    return {values[0]: dict(zip(names, values, strict=True)) for values in rows.iterator(chunk_size=5_000)}


def _plans():
    """Plans, targets and their figures in one query: they are few, and every page asks for them."""
    names = {
        PLANS[0]: ("id", *COLUMNS[PLANS[0]]),
        PLANS[1]: ("targets", *(f"targets__{name}" for name in COLUMNS[PLANS[1]])),
        PLANS[2]: ("targets__revisions", *(f"targets__revisions__{name}" for name in COLUMNS[PLANS[2]])),
    }
    tables = {model: {} for model in PLANS}
    plans = apps.get_model(PLANS[0])._base_manager.order_by("pk", "targets", "targets__revisions")
    for values in plans.values(*(name for own in names.values() for name in own)):
        for model, own in names.items():
            if (pk := values[own[0]]) is not None:
                columns = zip(COLUMNS[model], own[1:], strict=True)
                tables[model][pk] = {"id": pk} | {column: values[name] for column, name in columns}
    return tables
