"""Register: the agencies of a day that a person may speak of, found by code and by name.

Loaded once for a list with one query. Agencies outside the person's reach are not in it: they read as unknown.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from agencies.access import scope_of
from agencies.models import Agency, AgencyAlias, Level, PastIdentity, Succession
from iso_rollout.text import UnitName, department_key, fold, parse_unit_name, tone_key

RANK = {level.value: level.rank for level in Level}


@dataclass(slots=True, eq=False)
class Known:
    """One agency as it was on the list's day."""

    id: int
    code: str
    name: str
    kind: str
    level: str
    parent_id: int | None
    covered_by_id: int | None
    path: str
    version: int
    established_on: object
    dissolved_on: object
    unit: UnitName = None

    @property
    def key(self):
        return self.unit.key if self.unit.is_unit else tone_key(self.name)

    @property
    def is_unit(self):
        """A province, district or commune: its agency is its people's committee."""
        return self.unit.is_unit


_COLUMNS = (
    "id", "code_then", "name_then", "kind_then", "level_then", "parent_id_then", "covered_by_id_then", "path_then",
    "version", "established_on", "dissolved_on",
)  # fmt: skip


class Register:
    """The agencies of one day within a person's reach.

    `user` None: a command of the person at the server, everything. `roles`: those that reach, None for any.
    """

    def __init__(self, on, *, user=None, roles=None):
        self.on = on
        self.user = user
        rows = Agency.objects.as_of(on)
        if user is not None:
            rows = rows.filter(scope_of(user, roles=roles))
        self.agencies = {row[0]: Known(*row) for row in rows.order_by("id").values_list(*_COLUMNS)}
        for known in self.agencies.values():
            known.unit = parse_unit_name(known.name)
        self.by_code = {}
        for known in self.agencies.values():
            if known.code:
                self.by_code.setdefault(known.code.upper(), known)

    @cached_property
    def units(self):
        """{key of the proper name: provinces, districts and communes of that name}."""
        found = defaultdict(list)
        for known in self.agencies.values():
            if known.is_unit:
                found[known.key].append(known)
        return found

    @cached_property
    def folded_districts(self):
        found = defaultdict(list)
        for known in self.agencies.values():
            if known.is_unit and known.level == Level.DISTRICT:
                found[fold(known.unit.proper)].append(known)
        return found

    @cached_property
    def bodies(self):
        """{short key: departments and other bodies}."""
        found = defaultdict(list)
        for known in self.agencies.values():
            if not known.is_unit:
                found[department_key(known.name)].append(known)
        return found

    @cached_property
    def children(self):
        found = defaultdict(list)
        for known in self.agencies.values():
            found[known.parent_id].append(known)
        return found

    @cached_property
    def provinces(self):
        return [k for k in self.agencies.values() if k.kind == "provincial_committee"]

    @cached_property
    def has_districts(self):
        return any(k.level == Level.DISTRICT for k in self.agencies.values())

    @cached_property
    def aliases(self):
        """{(key, id of the agency below which it holds or None): agency}, of those within reach."""
        rows = AgencyAlias.objects.values_list("key", "scope_id", "agency_id")
        return {(key, scope): self.agencies[agency] for key, scope, agency in rows if agency in self.agencies}

    @cached_property
    def former(self):
        """{key of a name given up: the agencies that bore it, and those that took over one that closed}."""
        rows = [*PastIdentity.objects.order_by("id").values_list("name", "agency_id")]
        rows += Succession.objects.order_by("id").values_list("predecessor__name", "successor_id")
        found = defaultdict(list)
        for name, agency_id in rows:
            known = self.agencies.get(agency_id)
            if known and known not in found[key := parse_unit_name(name).key]:
                found[key].append(known)
        return found

    def get(self, agency_id):
        return self.agencies.get(agency_id)

    def parents_of(self, known):
        """ "UBND huyện Văn Lâm, UBND tỉnh Hưng Yên": what tells agencies of one name apart."""
        names, parent = [], self.get(known.parent_id)
        while parent is not None and len(names) < 4:
            names.append(parent.name)
            parent = self.get(parent.parent_id)
        return ", ".join(names)
