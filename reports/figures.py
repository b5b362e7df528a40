"""Every number on a board: plain functions of plan, scope, person and day.

Each returns finished values and the query string of the list behind it. `user` None counts
everything (commands). Definitions stand in reports/README.md, one sentence each.
"""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, F, Func
from django.db.models.functions import Coalesce

from agencies.access import past_of, seen_by, visible_to, who_sees
from agencies.models import Agency, Level
from iso_rollout.statements import kept
from procedures.lifecycle import Form, Phase
from procedures.models import AgencyProcedure, Metric, Rollout, Standard, standard_on, with_coverage
from procedures.models.tallies import percent
from procedures.stages import RANK_PHASE
from reports.ready import sums_ready


def agencies_on(on, *, scope, user):
    """The agencies of a scope as they were on a day, as far as the person may see them."""
    seen = Agency.objects.all() if user is None else visible_to(user)
    rows = seen.as_of(on)
    return rows.within(scope) if scope is not None else rows


def seen_in(rows, *, on, scope, user):
    """Of rows that belong to agencies, those that the person may see, of agencies in a scope (None: any) on a day."""
    rows = rows.all() if user is None else rows.visible_to(user)
    if scope is None:
        return rows
    return rows.filter(agency__in=agencies_on(on, scope=scope, user=None).order_by().values("pk"))


def rollouts_of(plan, *, scope, user):
    """The plan's rollouts in a scope; agencies that closed since are still the plan's."""
    rows = (
        Rollout.objects.filter(plan=plan)
        if user is None
        else Rollout.objects.visible_to(user).filter(plan=plan)
    )
    return rows.filter(agency__in=Agency.objects.within(scope)) if scope is not None else rows


def plan_of(plans, *, scope, on):
    """Of plans, the one to show for a scope on a day: the latest decided by then for it or above it, else the first.

    None without any.
    """
    above = [p for p in plans if scope.path.startswith(p.agency.path)] or plans
    decided = [p for p in above if p.decided_on <= on]
    if decided:
        return max(decided, key=lambda p: (p.starts_on, p.pk))
    return min(above, key=lambda p: (p.starts_on, p.pk), default=None)


@dataclass(frozen=True)
class Share:
    """A part of a whole. `query` selects the part in its list, `whole_query` the whole."""

    part: int
    whole: int
    query: str = ""
    whole_query: str = ""

    @property
    def percent(self):
        return percent(self.part, self.whole)


@dataclass(frozen=True)
class Units:
    """Units of a scope on a day: how many, how many declared, by standard and by level."""

    declared: Share
    by_standard: dict  # Standard -> Share of all units
    by_level: dict  # Level -> Share


def units(*, on, scope, user, standards=None, link=None, confirmed_only=False):
    """Units and those with a declaration in force, one query. `link(**filters)` makes query strings."""
    link = link or (lambda **filters: "")
    standards = every_standard() if standards is None else standards
    counted = (
        agencies_on(on, scope=scope, user=user)
        .units()
        .annotate(standard_then=standard_on(on, confirmed_only=confirmed_only))
        .order_by()
        .values_list("level_then", "standard_then")
        .annotate(number=Count("pk"))
    )
    return _units(counted, standards, link)


def units_of(rows, *, link=None, standards=None):
    """The same of units that are read already (`undertakings.unit_rows`)."""
    counted = Counter((row.level, row.standard_id) for row in rows)
    counted = [(*key, number) for key, number in counted.items()]
    standards = every_standard() if standards is None else standards
    return _units(counted, standards, link or (lambda **filters: ""))


@kept
def every_standard():
    return Standard.objects.all()


def _units(counted, standards, link):
    total, declared, by_standard = Counter(), Counter(), Counter()
    for level, standard, number in counted:
        total[level] += number
        if standard is not None:
            declared[level] += number
            by_standard[standard] += number
    whole = sum(total.values())
    return Units(
        declared=Share(sum(declared.values()), whole, link(declared="yes"), link()),
        by_standard={
            s: Share(by_standard[s.pk], whole, link(standard=s.short.strip(":")), link()) for s in standards
        },
        by_level={
            level: Share(
                declared[level],
                total[level],
                link(declared="yes", level=level.value),
                link(level=level.value),
            )
            for level in Level
        },
    )


@dataclass(frozen=True)
class Progress:
    """The plan's rollouts on a day, counted once by everything that a board asks."""

    groups: list  # (form, year, level, rank, declared, open, late, number)

    def count(self, **wanted):
        """How many fit: form, year, levels, declared, late, open."""
        return sum(g["number"] for g in self.groups if _fits(g, wanted))

    def by_phase(self, **wanted):
        """Counts in the order of Phase; what ended without a declaration is left out."""
        counts = Counter()
        for g in self.groups:
            if (g["open"] or g["declared"]) and _fits(g, wanted):
                counts[RANK_PHASE[g["rank"]]] += g["number"]
        return [counts[phase] for phase in Phase]


def _fits(group, wanted):
    levels = wanted.get("levels")
    if levels is not None and group["level"] not in levels:
        return False
    return all(
        group[name] == value for name, value in wanted.items() if name != "levels" and value is not None
    )


def progress(plan, *, on, scope, user, confirmed_only=False):
    """Count the plan's rollouts of a day by form, year, level and stage, in one query."""
    rows = (
        rollouts_of(plan, scope=scope, user=user)
        .as_of(on, confirmed_only=confirmed_only)
        .order_by()
        .values(
            "form", "year", "rank_then", "state_then", "declared_then", "due_on", level=F("agency__level")
        )
        .annotate(number=Count("pk"))
    )
    groups = Counter()
    for r in rows:
        declared = r["declared_then"] is not None
        is_open = r["state_then"] in ("active", "paused")
        late = is_open and not declared and r["due_on"] < on
        groups[(r["form"], r["year"], r["level"], r["rank_then"], declared, is_open, late)] += r["number"]
    return _progress(groups)


def progress_of(rows, *, on):
    """The same of undertakings that are read already (`undertakings.undertakings`)."""
    return _progress(
        Counter(
            (r.form, r.year, r.level, r.rank, r.declared_on is not None, r.stands_open, r.is_late(on))
            for r in rows
        )
    )


def _progress(groups):
    names = ("form", "year", "level", "rank", "declared", "open", "late", "number")
    return Progress([dict(zip(names, (*key, number), strict=True)) for key, number in sorted(groups.items())])


@dataclass(frozen=True)
class TargetFigure:
    """Target against actual. For coverage both are per cent."""

    target: object
    value: float | None
    actual: float | None
    percent: float | None
    query: str = ""
    in_force: int | None = None
    under_iso: int | None = None

    @property
    def bar(self):
        """The percentage that a bar draws: never beyond its end."""
        return None if self.percent is None else min(self.percent, 100)

    @property
    def is_reached(self):
        return self.value is not None and self.actual is not None and self.actual >= self.value

    @property
    def missing(self):
        return None if self.value is None or self.actual is None else max(self.value - self.actual, 0)


def coverage(*, on, scope, user, confirmed_only=False):
    """(in force, under ISO) of a scope on a day, from the tally.

    The tally knows nothing of confirmation: what rests on declarations not confirmed is taken off.
    """
    if scope is not None and not confirmed_only:
        for sums in sums_ready({scope.pk: scope.path}, on=on, user=user).values():
            return sums.in_force, sums.under_iso
    asked = {"on": on, "scope": scope, "user": user}
    place = {"top": scope and scope.pk, "path": scope and scope.path}
    ((in_force, under_iso),) = _coverage(on=on, seen=seen_by(user), **place)
    if confirmed_only:
        under_iso -= seen_in(AgencyProcedure.objects, **asked).in_force(on).unconfirmed(on)
    return in_force, under_iso


@kept(also=lambda path, seen, **_rest: past_of(seen, path))
def _coverage(on, top, path, seen):
    scope = Agency(pk=top, path=path) if path else None
    agencies = with_coverage(agencies_on(on, scope=scope, user=who_sees(seen)), on).order_by()
    sums = (Coalesce(Func(F(f"{name}_then"), function="SUM"), 0) for name in ("in_force", "under_iso"))
    return agencies.values_list(*sums)


def targets(plan, done, covered, *, on, scoped, link=None):
    """Each target of a plan with its actual. `scoped`: the scope is only a part of the plan.

    A target is the whole plan's; in a part of it there is an actual but no figure to reach.
    """
    link = link or (lambda **filters: "")
    found = []
    for target, value in plan.targets_on(on):
        if target.metric == Metric.COVERAGE:
            in_force, under_iso = covered
            share = percent(under_iso, in_force)
            found.append(TargetFigure(target, value, share, share, "", in_force, under_iso))
            continue
        levels = target.levels.split(",")
        actual = done.count(form=target.form, year=target.year, levels=levels, declared=True)
        if scoped:
            value = done.count(form=target.form, year=target.year, levels=levels)
        query = link(form=target.form, year=target.year, level=target.levels, declared="yes")
        found.append(TargetFigure(target, value, actual, percent(actual, value), query))
    return found


@dataclass(frozen=True)
class Summary:
    """Everything the board and the command say about one plan, scope and day."""

    plan: object
    units: Units
    progress: Progress | None
    targets: list
    rollouts: dict  # Form -> declared rollouts of the plan
    in_force: int
    under_iso: int

    @property
    def covered(self):
        return percent(self.under_iso, self.in_force)


def summary(
    plan,
    *,
    on,
    scope,
    user,
    unit_link=None,
    rollout_link=None,
    confirmed_only=False,
    unit_rows=None,
    undertakings=None,
):
    """The figures of a plan, scope and day. `plan` None: units and procedures only.

    `confirmed_only` leaves out the entries that the lead agency has not confirmed. `unit_rows`, `undertakings` (of the
    plan): what is read already.
    """
    asked = {"on": on, "scope": scope, "user": user, "confirmed_only": confirmed_only}
    counted = units(link=unit_link, **asked) if unit_rows is None else units_of(unit_rows, link=unit_link)
    covered = coverage(**asked)
    done = None
    if plan:
        done = progress(plan, **asked) if undertakings is None else progress_of(undertakings, on=on)
    scoped = bool(plan and scope and scope.pk != plan.agency_id)
    return Summary(
        plan=plan,
        units=counted,
        progress=done,
        targets=targets(plan, done, covered, on=on, scoped=scoped, link=rollout_link) if plan else [],
        rollouts={form: done.count(form=form.value, declared=True) if done else 0 for form in Form},
        in_force=covered[0],
        under_iso=covered[1],
    )


def as_json(figures, on):
    """The stable answer of `manage.py figures --json`."""
    return {
        "plan": figures.plan.code if figures.plan else None,
        "on": on.isoformat(),
        "units": {
            "total": figures.units.declared.whole,
            "declared": figures.units.declared.part,
            "by_standard": {s.code: share.part for s, share in figures.units.by_standard.items()},
            "by_level": {
                level.value: {"total": share.whole, "declared": share.part}
                for level, share in figures.units.by_level.items()
            },
        },
        "targets": [
            {
                "metric": f.target.metric,
                "year": f.target.year,
                "form": f.target.form or None,
                "levels": f.target.levels.split(","),
                "target": f.value,
                "actual": f.actual,
                "percent": f.percent,
            }
            for f in figures.targets
        ],
        "rollouts": {form.value: number for form, number in figures.rollouts.items()},
        "procedures": {
            "in_force": figures.in_force,
            "under_iso": figures.under_iso,
            "percent": figures.covered,
        },
    }
