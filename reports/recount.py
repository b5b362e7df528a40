"""Every figure of a board counted a second time, row by row in Python, to hold `figures` against.

It shares no code with `figures` or the querysets: two ways to the same number that fail in different places.
Takes `Rows`, a day, a scope (the id of an agency, None: everything), the roots of what a person may see
(ids of agencies, None: everything) and whether only confirmed entries count.
"""

from collections import Counter
from dataclasses import dataclass

from procedures.lifecycle import Form, Phase, Stage

LEVELS = ("province", "district", "commune")
OPEN = ("active", "paused")
PHASES = (Phase.NOT_STARTED, *(stage.phase for stage in Stage))  # by the rank of the furthest milestone


@dataclass(frozen=True)
class Unit:
    """A unit on a day: its level and the id of the standard it has declared, None without."""

    level: str
    standard: int | None


@dataclass(frozen=True)
class Undertaking:
    """A rollout on a day. `level` is its agency's of today, `declared_on` None: not declared by then."""

    form: str
    year: int
    level: str
    rank: int
    state: str
    declared_on: object
    due_on: object

    @property
    def is_open(self):
        return self.state in OPEN

    @property
    def phase(self):
        """Its furthest milestone's colour on the board; None when it neither goes on nor is declared."""
        return PHASES[self.rank] if self.is_open or self.declared_on is not None else None

    def is_late_on(self, day):
        return self.is_open and self.declared_on is None and self.due_on < day


def roots_of(user, today):
    """The ids of the agencies whose subtrees a person sees; None: everything."""
    if not user.is_active:
        return frozenset()
    if user.is_superuser:
        return None
    grants = user.memberships.values_list("agency_id", "starts_on", "ends_on")
    return frozenset(
        agency
        for agency, starts_on, ends_on in grants
        if (starts_on is None or starts_on <= today) and (ends_on is None or today <= ends_on)
    )


def may_see(rows, roots, agency_id):
    """Whether a person with these roots sees an agency, by where it stands today."""
    return roots is None or not roots.isdisjoint(rows.places.get(agency_id, ()))


def exists_on(agency, day):
    begun = agency["established_on"] is None or agency["established_on"] <= day
    return begun and (agency["dissolved_on"] is None or agency["dissolved_on"] > day)


def identity_on(rows, agency, day):
    """(name, level, covered_by_id, ids from the top to itself) of an agency's row on a day."""
    for past in rows.identities_of.get(agency["id"], ()):
        if (past["from_on"] is None or past["from_on"] <= day) and past["until"] > day:
            width = 8  # digits of one step of a stored path
            path = past["path"]
            steps = [int(path[i : i + width]) for i in range(0, len(path), width)]
            return past["name"], past["level"], past["covered_by_id"], steps
    return agency["name"], agency["level"], agency["covered_by_id"], rows.lineage(agency)


def agencies_on(rows, day, *, scope=None, roots=None):
    """{id: (name, level, covered_by_id, lineage)} of the agencies that exist on a day in a scope."""
    found = {}
    for pk, agency in rows.agency.items():
        if exists_on(agency, day) and may_see(rows, roots, pk):
            identity = identity_on(rows, agency, day)
            if scope is None or scope in identity[3]:
                found[pk] = identity
    return found


def counts(entry, confirmed_only):
    return entry["acceptance"] == "accepted" if confirmed_only else entry["acceptance"] != "returned"


def declaration_on(rows, agency_id, day, *, confirmed_only=False):
    """The row of an agency's declaration in force on a day, None without."""
    made = [
        d
        for d in rows.declarations_of.get(agency_id, ())
        if d["declared_on"] <= day and counts(d, confirmed_only)
    ]
    if not made:
        return None
    last = max(made, key=lambda d: (d["declared_on"], d["id"]))
    return None if last["repealed_on"] is not None and last["repealed_on"] <= day else last


def units_on(rows, day, *, scope=None, roots=None, confirmed_only=False):
    """{id of the agency: Unit} on a day."""
    found = {}
    for pk, (_name, level, covered_by, _lineage) in agencies_on(rows, day, scope=scope, roots=roots).items():
        if covered_by is None:
            last = declaration_on(rows, pk, day, confirmed_only=confirmed_only)
            found[pk] = Unit(level, last["standard_id"] if last else None)
    return found


def undertakings_on(rows, day, *, plan, scope=None, roots=None, confirmed_only=False):
    """{id of the rollout: Undertaking} of a plan on a day; the scope by the tree of these rows."""
    found = {}
    for pk, rollout in rows.rollout.items():
        agency = rows.agency.get(rollout["agency_id"])
        if rollout["plan_id"] != plan or rollout["assigned_on"] > day or agency is None:
            continue
        if not may_see(rows, roots, agency["id"]) or (
            scope is not None and scope not in rows.lineage(agency)
        ):
            continue
        reached = [
            m for m in rows.milestones_of.get(pk, ()) if m["reached_on"] <= day and counts(m, confirmed_only)
        ]
        moves = [m for m in rows.moves_of.get(pk, ()) if m["moved_on"] <= day]
        last = max(moves, key=lambda m: (m["moved_on"], m["id"]), default=None)
        found[pk] = Undertaking(
            rollout["form"], rollout["year"], agency["level"],
            rank=max((m["rank"] for m in reached), default=0),
            state=last["state"] if last else "active",
            declared_on=next((m["reached_on"] for m in reached if m["stage"] == "declared"), None),
            due_on=rollout["due_on"],
        )  # fmt: skip
    return found


def is_in_force(rows, duty, day):
    procedure = rows.procedure.get(duty["procedure_id"])
    return (
        procedure is not None
        and (duty["assigned_on"] is None or duty["assigned_on"] <= day)
        and (duty["ended_on"] is None or duty["ended_on"] > day)
        and (procedure["effective_on"] is None or procedure["effective_on"] <= day)
        and (procedure["repealed_on"] is None or procedure["repealed_on"] > day)
    )


def is_under_iso(rows, duty, day, waiting=frozenset()):
    """Whether a duty runs under a standard on a day.

    `waiting`: {(standard, day)} of the agency's declarations not confirmed; what they began does not count, and
    what they ended goes on.
    """
    days = {on for _standard, on in waiting}
    spans = [(duty["standard_id"], duty["applied_on"], None)] if duty["applied_on"] is not None else []
    spans += [
        (p["standard_id"], p["applied_on"], p["until"]) for p in rows.applications_of.get(duty["id"], ())
    ]
    return any(
        since <= day and (until is None or until > day or until in days) and (standard, since) not in waiting
        for standard, since, until in spans
    )


NOTHING = (frozenset(), frozenset())


def duty_ids_on(rows, day, *, scope=None, roots=None, confirmed_only=False):
    """{id of the agency: (ids of its procedures in force, ids of those under ISO)} on a day."""
    found = {}
    for pk in agencies_on(rows, day, scope=scope, roots=roots):
        waiting = frozenset()
        if confirmed_only:
            own = rows.declarations_of.get(pk, ())
            waiting = frozenset(
                (d["standard_id"], d["declared_on"]) for d in own if d["acceptance"] == "unreviewed"
            )
        force = [d for d in rows.duties_of.get(pk, ()) if is_in_force(rows, d, day)]
        under = frozenset(d["id"] for d in force if is_under_iso(rows, d, day, waiting))
        found[pk] = frozenset(d["id"] for d in force), under
    return found


def duties_on(rows, day, **seen):
    """(procedures in force, under ISO) on a day."""
    found = duty_ids_on(rows, day, **seen).values()
    return sum(len(force) for force, _iso in found), sum(len(iso) for _force, iso in found)


def share(part, whole):
    """Per cent with one decimal, None over nothing."""
    return None if not whole else round(100 * part / whole, 1)


def figure_on(rows, target_id, day):
    """The figure of a target by the last decision of a day; before the first one, the first."""
    decided = sorted(rows.revisions_of.get(target_id, ()), key=lambda r: (r["decided_on"], r["id"]))
    by_then = [r for r in decided if r["decided_on"] <= day]
    return by_then[-1]["value"] if by_then else decided[0]["value"] if decided else None


def targets_of(rows, plan):
    """The rows of a plan's targets in the order of the board."""
    own = [t for t in rows.target.values() if t["plan_id"] == plan]
    return sorted(own, key=lambda t: (t["position"], t["id"]))


def fits(undertaking, target):
    """Whether a rollout is counted by a target of units."""
    wanted = target["form"], target["year"]
    return (undertaking.form, undertaking.year) == wanted and undertaking.level in target["levels"].split(",")


def recount(rows, day, *, plan=None, scope=None, roots=None, confirmed_only=False, covered=None):
    """All figures of a day, in the words of `manage.py figures --json`, with stages and what is overdue.

    `plan` is the id of a plan, None: units and procedures only. `covered` (in force, under ISO) when they were
    counted elsewhere; without duties among the rows and without it they are None.
    """
    seen = {"scope": scope, "roots": roots, "confirmed_only": confirmed_only}
    units = units_on(rows, day, **seen)
    plan = plan if plan in rows.plan else None
    under_plan = undertakings_on(rows, day, plan=plan, **seen) if plan is not None else {}
    if covered is None and rows.has_duties:
        covered = duties_on(rows, day, **seen)
    in_force, under_iso = covered or (None, None)
    declared = [u for u in under_plan.values() if u.declared_on is not None]
    is_part = plan is not None and scope is not None and scope != rows.plan[plan]["agency_id"]
    standards = Counter(unit.standard for unit in units.values())
    return {
        "plan": rows.plan[plan]["code"] if plan is not None else None,
        "on": day.isoformat(),
        "units": {
            "total": len(units),
            "declared": sum(unit.standard is not None for unit in units.values()),
            "by_standard": {code: standards[pk] for pk, code in rows.standards.items()},
            "by_level": {
                level: {
                    "total": sum(u.level == level for u in units.values()),
                    "declared": sum(u.level == level and u.standard is not None for u in units.values()),
                }
                for level in LEVELS
            },
        },
        "targets": [
            _target(rows, target, day, under_plan=under_plan, covered=(in_force, under_iso), is_part=is_part)
            for target in (targets_of(rows, plan) if plan is not None else [])
        ],
        "rollouts": {form.value: sum(u.form == form for u in declared) for form in Form},
        "procedures": {"in_force": in_force, "under_iso": under_iso, "percent": share(under_iso, in_force)},
        "stages": {
            "all": _by_phase(under_plan.values()),
            **{f"level {v}": _by_phase(u for u in under_plan.values() if u.level == v) for v in LEVELS},
            **{f"form {f.value}": _by_phase(u for u in under_plan.values() if u.form == f) for f in Form},
        },
        "overdue": sum(u.is_late_on(day) for u in under_plan.values()),
    }


def _target(rows, target, day, *, under_plan, covered, is_part):
    value = figure_on(rows, target["id"], day)
    if target["metric"] == "coverage":
        actual = percent = share(covered[1], covered[0])
    else:
        own = [u for u in under_plan.values() if fits(u, target)]
        actual = sum(u.declared_on is not None for u in own)
        value = len(own) if is_part else value
        percent = share(actual, value)
    return {
        "metric": target["metric"],
        "year": target["year"],
        "form": target["form"] or None,
        "levels": target["levels"].split(","),
        "target": value,
        "actual": actual,
        "percent": percent,
    }


def _by_phase(undertakings):
    """Those that go on or are declared, by the six colours of the board."""
    number = Counter(u.phase for u in undertakings)
    return [number[phase] for phase in Phase]


def told(summary, as_json, day):
    """A board's figures in the shape of `recount`. `as_json` is that of `figures`."""
    done = summary.progress
    stages = {"all": done.by_phase() if done else [0] * len(Phase)}
    for level in LEVELS:
        stages[f"level {level}"] = done.by_phase(levels=[level]) if done else [0] * len(Phase)
    for form in Form:
        stages[f"form {form.value}"] = done.by_phase(form=form.value) if done else [0] * len(Phase)
    return as_json(summary, day) | {"stages": stages, "overdue": done.count(late=True) if done else 0}


def board_only(counted):
    """A recount in the stable shape of `manage.py figures --json`."""
    return {name: value for name, value in counted.items() if name not in ("stages", "overdue")}


def differences(shown, counted, name=""):
    """[(figure, shown, counted)] where two answers differ."""
    if isinstance(shown, dict) and isinstance(counted, dict):
        return [
            found
            for key in dict.fromkeys([*shown, *counted])
            for found in differences(shown.get(key), counted.get(key), f"{name}.{key}".lstrip("."))
        ]
    if isinstance(shown, list) and isinstance(counted, list) and len(shown) == len(counted):
        pairs = enumerate(zip(shown, counted, strict=True), start=1)
        return [f for number, (one, two) in pairs for f in differences(one, two, f"{name}.{number}")]
    return [] if shown == counted else [(name, shown, counted)]
