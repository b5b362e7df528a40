"""Each target of a plan against time: expected by today, gap, band, a sentence, what is foreseen, the curve.

Everything is counted from one reading of the plan's undertakings and their milestones.
"""

import datetime
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Level
from procedures.models import Metric, Rollout
from procedures.models.tallies import percent
from reports import forecast
from reports.undertakings import DECLARED, milestones_of, undertakings

BAND = 0.15  # within this part of what is expected a target is on track
SCHEDULE = 4  # due days that make a schedule; two or three are only deadlines
HISTORY = 500  # finished undertakings that the forecast looks at, the latest


@dataclass(frozen=True)
class TargetOutlook:
    """One target on the day. `expected` None: before the plan began or without a figure."""

    target: object
    value: int | None
    actual: int
    expected: int | None
    by_due_days: bool  # expected from the due days of the undertakings, else in proportion to time
    without: int | None  # parents of whose communes none is done; None: the target is not of communes
    sentence: str
    foreseen: object | None  # forecast.Outlook
    query: str = ""

    @property
    def percent(self):
        return percent(self.actual, self.value) if self.value is not None else None

    @property
    def expected_percent(self):
        return None if self.expected is None else percent(self.expected, self.value)

    @property
    def gap(self):
        """Units ahead (positive) or behind what is expected."""
        return None if self.expected is None else self.actual - self.expected

    @property
    def band(self):
        """ "reached", "ahead", "on_track" (within 15 % of what is expected), "behind", or "" where nothing is expected."""
        if self.value and self.actual >= self.value:
            return "reached"
        if self.expected is None:
            return ""
        if self.actual < self.expected * (1 - BAND):
            return "behind"
        return "ahead" if self.actual > self.expected * (1 + BAND) else "on_track"


@dataclass(frozen=True)
class PlanOutlook:
    """The plan on the day: every target, the forecast, the curve of all targets of units together."""

    on: datetime.date
    targets: list
    forecast: forecast.Forecast
    curve: list  # Point


@dataclass(frozen=True)
class Point:
    """The end of a month: planned and actual count, and past the day what is foreseen; None where it does not apply."""

    day: datetime.date
    planned: int
    actual: int | None = None
    low: int | None = None
    middle: int | None = None
    high: int | None = None


def outlook(
    plan,
    *,
    on,
    scope,
    user,
    confirmed_only=False,
    link=None,
    seed=None,
    games=forecast.GAMES,
    rows=None,
    others=None,
):
    """The plan's targets of units against time, in a scope. `link(**filters)` makes query strings of the list.

    `games`: how often the rest of the plan is played; 0 foresees nothing. What is read already: `rows`, the plan's
    undertakings of the scope; `others`, those of the other plans of its territory.
    """
    link = link or (lambda **filters: "")
    if rows is None:
        rows = undertakings(plan, on=on, scope=scope, user=user, confirmed_only=confirmed_only)
    is_part = scope is not None and scope.pk != plan.agency_id
    aims, found, members = [], [], {}
    for target, figure in plan.targets_on(on):
        if target.metric != Metric.UNITS:
            continue
        own = members[target.pk] = [r for r in rows if _counts_for(r, target)]
        value = len(own) if is_part else figure
        actual = sum(r.declared_on is not None for r in own)
        expected, by_due_days = expected_by(on, own, value, plan.starts_on, target.due_on)
        found.append((target, own, value, actual, expected, by_due_days))
        if value is not None:
            aims.append(forecast.Aim(target.pk, value, actual, target.due_on, plan.starts_on))
    foreseen = _foresee(
        rows,
        aims,
        members,
        plan=plan,
        on=on,
        confirmed_only=confirmed_only,
        seed=seed,
        games=games,
        others=others,
    )
    by_key = {o.aim.key: o for o in foreseen.outlooks}
    targets = []
    for target, own, value, actual, expected, by_due_days in found:
        without = _without(own, target)
        query = link(form=target.form, year=target.year, level=target.levels, declared="yes")
        told = sentence(
            on,
            target.levels,
            actual=actual,
            value=value,
            expected=expected,
            by_due_days=by_due_days,
            without=without,
            due_on=target.due_on,
        )
        targets.append(TargetOutlook(
            target, value, actual, expected, by_due_days, without, told, by_key.get(target.pk), query
        ))  # fmt: skip
    return PlanOutlook(on, targets, foreseen, _curve(found, plan, on, foreseen))


def _counts_for(rollout, target):
    return (
        rollout.form == target.form
        and rollout.year == target.year
        and rollout.level in target.levels.split(",")
    )


# Expected by a day


def expected_by(on, own, value, starts_on, due_on):
    """(units expected to be done by a day, whether the plan's own due days say so).

    Where the plan has a schedule (the undertakings of the target are due on at least four days), those due by the day
    are expected; else as much of the figure as of the time between the plan's first day and the target's. None before
    the first day.
    """
    if value is None or on < starts_on:
        return None, False
    if on >= due_on:
        return value, False
    if len(own) == value and len({r.due_on for r in own}) >= SCHEDULE:
        return sum(r.due_on <= on for r in own), True
    return round(value * ((on - starts_on).days + 1) / ((due_on - starts_on).days + 1)), False


def _without(own, target):
    """How many parents of the target's communes have none done; None for targets of other levels."""
    if target.levels != Level.COMMUNE:
        return None
    done = defaultdict(int)
    for rollout in own:
        done[rollout.parent_id] += rollout.declared_on is not None
    return sum(not count for count in done.values())


# The sentence


def sentence(on, levels, *, actual, value, expected, by_due_days, due_on, without=None):
    """A target in one sentence: how many are done, how far ahead or behind, how many districts have none."""
    parts = [_done(on, levels, actual, value)]
    if value and actual >= value:
        return f"{parts[0]}."
    if value and on > due_on:
        words = {
            "n": number_format(value - actual),
            "noun": noun(levels, value - actual),
            "day": f"{due_on:%d/%m/%Y}",
        }
        parts.append(_("%(n)s %(noun)s short of the figure for %(day)s") % words)
    elif expected is not None and value:
        parts.append(_pace(levels, actual - expected, by_due_days))
    if without:
        parts.append(
            ngettext("%(n)s district has none yet", "%(n)s districts have none yet", without)
            % {"n": number_format(without)}
        )
    return f"{parts[0]}, {parts[1]}; {parts[2]}." if len(parts) == 3 else f"{', '.join(parts)}."


def _done(on, levels, actual, value):
    words = {"day": f"{on:%d/%m/%Y}", "noun": noun(levels, value or 0)}
    if value is None:
        return _("By %(day)s %(n)s %(noun)s are done; no figure is set") % (
            words | {"n": number_format(actual), "noun": noun(levels, actual)}
        )
    words |= {"n": number_format(actual), "value": number_format(value)}
    if not value:
        return _("By %(day)s no %(noun)s is assigned") % (words | {"noun": noun(levels, 1)})
    words["share"] = number_format(percent(actual, value), 1)
    if not actual:
        return _("By %(day)s none of %(value)s %(noun)s is done") % words
    if actual > value:
        return (
            _("By %(day)s %(n)s %(noun)s are done, more than the figure of %(value)s (%(share)s %%)") % words
        )
    if actual == value:
        return _("By %(day)s all %(value)s %(noun)s are done") % words
    return _("By %(day)s %(n)s of %(value)s %(noun)s are done (%(share)s %%)") % words


def _pace(levels, gap, by_due_days):
    words = {"n": number_format(abs(gap)), "noun": noun(levels, abs(gap))}
    if gap == 0:
        return _("as the due days ask") if by_due_days else _("in step with even progress")
    if by_due_days:
        told = (
            _("%(n)s %(noun)s ahead of the due days") if gap > 0 else _("%(n)s %(noun)s behind the due days")
        )
    else:
        told = (
            _("%(n)s %(noun)s ahead of even progress")
            if gap > 0
            else _("%(n)s %(noun)s behind even progress")
        )
    return told % words


def noun(levels, number):
    """What a target counts, in the plural that fits a number."""
    if levels == Level.COMMUNE:
        return ngettext("commune", "communes", number)
    if levels == Level.DISTRICT:
        return ngettext("district", "districts", number)
    if levels == Level.PROVINCE:
        return ngettext("provincial unit", "provincial units", number)
    return ngettext("unit", "units", number)


# What is foreseen


def _foresee(rows, aims, members, *, plan, on, confirmed_only, seed, games, others):
    groups = defaultdict(list)
    for key, own in members.items():
        for rollout in own:
            groups[rollout.id].append(key)
    going_on = [
        forecast.Open(r.id, r.form, {0: r.assigned_on} | r.reached, tuple(groups[r.id]))
        for r in rows
        if r.is_open
    ]
    finished = [
        forecast.Finished(r.form, {0: r.assigned_on} | r.reached, r.declared_on)
        for r in rows
        if r.declared_on
    ]
    if len(finished) < HISTORY and others is None:
        finished += _history(plan, on, confirmed_only, HISTORY - len(finished))
    elif len(finished) < HISTORY:
        done = sorted((r for r in others if r.declared_on), key=lambda r: (r.declared_on, r.id), reverse=True)
        done = done[: HISTORY - len(finished)]
        finished += [forecast.Finished(r.form, {0: r.assigned_on} | r.reached, r.declared_on) for r in done]
    seed = f"{plan.code}:{on}" if seed is None else seed
    return forecast.foresee(finished[-HISTORY:], going_on, aims, on=on, seed=seed, games=games)


def _history(plan, on, confirmed_only, number):
    """Finished undertakings of other plans of the register, the latest."""
    rows = Rollout.objects.exclude(plan=plan).as_of(on, confirmed_only=confirmed_only)
    rows = rows.filter(declared_then__isnull=False, plan__agency=plan.agency_id).order_by(
        "-declared_then", "-pk"
    )
    rows = list(rows.values_list("pk", "form", "assigned_on", "declared_then")[:number])
    if not rows:
        return []
    reached = milestones_of(Rollout.objects.filter(pk__in=[r[0] for r in rows]), on, confirmed_only)
    return [
        forecast.Finished(
            form, {0: since} | {rank: day for rank, day in reached[pk].items() if rank < DECLARED}, declared
        )
        for pk, form, since, declared in rows
    ]


def costliest(plan_outlook):
    """The units whose delay costs most, with their agencies: [(Cost, rollout)]."""
    costs = plan_outlook.forecast.costliest
    rows = Rollout.objects.select_related("agency", "agency__parent").in_bulk([c.id for c in costs])
    return [(cost, rows[cost.id]) for cost in costs if cost.id in rows]


# The curve


def _curve(found, plan, on, foreseen):
    """Month by month over the plan's targets of units: planned, actual, foreseen."""
    if not found:
        return []
    last = max(target.due_on for target, *_rest in found)
    first = plan.starts_on - datetime.timedelta(days=1)
    days = sorted({first, *forecast.month_ends(first, last), *([on] if plan.starts_on <= on <= last else [])})
    declared = sorted(r.declared_on for _target, own, *_rest in found for r in own if r.declared_on)
    bands = {day: band for day, *band in foreseen.curve} if foreseen.is_enough else {}
    points = []
    for day in days:
        planned = sum(
            expected_by(day, own, value, plan.starts_on, target.due_on)[0] or 0
            for target, own, value, *_rest in found
            if value is not None
        )
        actual = bisect_right(declared, day) if day <= on else None
        low, middle, high = bands.get(day, (None, None, None)) if day >= on else (None, None, None)
        points.append(Point(day, planned, actual, low, middle, high))
    return points
