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


def read_rows(*, duties=True, user=None, scope=None, moved=frozenset()):
    """All facts as they stand now, in a few queries. `duties` False: no procedures.

    Declarations, undertakings and duties of every agency; with `user` only of those that the person sees; with `scope`
    (an agency's id) only of those that stand or stood below it, of those they were merged with, and of what stands at
    or below `moved` (ids).
    """
    rows = Rows(
        {
            **_together(
                "agencies.agency", {"agencies.pastidentity": "past__", "agencies.succession": "successions__"}
            ),
            **_together(
                "procedures.plan",
                {"procedures.target": "targets__", "procedures.targetrevision": "targets__revisions__"},
            ),
        },
        dict(_of("procedures.standard").values_list("pk", "code")),
        has_duties=duties,
    )
    rows.places = {pk: frozenset(rows.lineage(agency)) for pk, agency in rows.agency.items()}
    among = Q() if user is None else scope_of(user, "agency__")
    if scope is not None:
        among &= of_agencies(rows, scope, _of_scope(rows, scope, moved))
    rows.tables |= {
        **_together("procedures.declaration", {}, _of("procedures.declaration").filter(among)),
        **_together(
            "procedures.rollout",
            {"procedures.milestone": "milestones__", "procedures.rolloutmove": "moves__"},
            _of("procedures.rollout").filter(among),
        ),
        **(read_duties(among) if duties else {}),
    }
    return rows


def _of_scope(rows, scope, moved):
    """The ids of the agencies that have to do with a scope: below it today or on a past day, merged with such a one."""
    step = f"{scope:0{SEGMENT}d}"
    tops = {scope, *moved}
    found = {pk for pk, places in rows.places.items() if places & tops}
    found |= {
        past["agency_id"]
        for past in rows.pastidentity.values()
        if step in [past["path"][i : i + SEGMENT] for i in range(0, len(past["path"]), SEGMENT)]
    }
    pairs = [{s["predecessor_id"], s["successor_id"]} for s in rows.succession.values()]
    return found.union(*(pair for pair in pairs if pair & found))


def read_duties(among):
    """The three tables of procedures; `among`: a condition on a duty, such as `of_agencies` gives."""
    duties = _of("procedures.agencyprocedure").filter(among)
    return {
        **_together("procedures.procedure", {}),
        **_together("procedures.agencyprocedure", {"procedures.pastapplication": "past__"}, duties),
    }


def _of(model):
    return apps.get_model(model)._base_manager.order_by("pk")


def _together(model, hanging, rows=None):
    """Rows of a model, and of those that hang on them, in one query: {model: {id: row}}.

    `hanging`: {model: the path to it}. Where two hang on one row it comes once for each pair; they are few.
    """
    columns = {
        m: [f"{path}{name}" for name in ("id", *COLUMNS[m])] for m, path in {model: "", **hanging}.items()
    }
    tables = {m: {} for m in columns}
    rows = (_of(model) if rows is None else rows).values_list(
        *(name for own in columns.values() for name in own)
    )
    for values in rows.iterator(chunk_size=5_000):
        first = 0
        for m, own in columns.items():
            part = values[first : first + len(own)]
            first += len(own)
            if part[0] is not None and part[0] not in tables[m]:
                tables[m][part[0]] = dict(zip(("id", *COLUMNS[m]), part, strict=True))
    return tables


def of_agencies(rows, scope, ids):
    """The condition that a row's agency is one of `ids`: the scope's subtree of today, and those outside it.

    `scope` None: everything. Rows of more agencies may come; an agency in the subtree costs no place in the query.
    """
    if scope is None:
        return Q()
    path = "".join(f"{step:0{SEGMENT}d}" for step in rows.lineage(rows.agency[scope]))
    outside = sorted(pk for pk in ids if scope not in rows.places.get(pk, ()))
    return in_subtree(path, "agency__") | Q(agency__in=outside)
