"""The conversion board: where units stand between two standards, and how far the waves of a campaign are, on a day.

Plain functions of campaign, scope, person and day; each number comes with the query string of its list.
"""

import datetime
from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.models import Level
from procedures.conversion import (
    Blocked,
    Status,
    status_of,
    with_conversion,
    with_reason,
    with_what_stops,
)
from procedures.gaps import with_gaps
from procedures.lifecycle import Phase, State
from procedures.models import Rollout, Standard, standard_on
from procedures.models.rollouts import OPEN_STATES
from procedures.models.tallies import percent
from procedures.stages import RANK_PHASE
from reports.figures import agencies_on, rollouts_of
from reports.outlook import expected_by, sentence

GOING = f"{State.ACTIVE},{State.PAUSED}"
ENDED = f"{State.CANCELLED},{State.REORGANISED}"
REASONS = 8  # reasons of a pause that are named; the others are in the total


@dataclass(frozen=True)
class Number:
    """How many, and the query string of the list of exactly those."""

    n: int
    query: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a table: its name and its numbers; `total` is their sum, `share` per cent of the last column shown."""

    label: str
    cells: list
    total: Number
    share: float | None = None


@dataclass(frozen=True)
class Standing:
    """Units of a scope on a day: by level and standard, and between the two standards of a campaign."""

    by_standard: list  # Row for each level, one cell for each standard and for never declared
    by_status: list  # Row for each level, one cell for each Status; empty without a campaign
    statuses: dict = field(default_factory=dict)  # Status -> Number
    units: Number = Number(0)


def standing(campaign, *, on, scope, user, confirmed_only=False, link=None):
    """Count the units of a scope by level, standard and Status, in one query. `campaign` None: by standard only."""
    link = link or (lambda **filters: "")
    rows = agencies_on(on, scope=scope, user=user).units()
    rows = rows.annotate(standard_then=standard_on(on, confirmed_only=confirmed_only))
    columns = ["level_then", "standard_then"]
    if campaign is not None:
        rows = with_conversion(rows, campaign, on, confirmed_only=confirmed_only)
        columns.append("converting_then")
    by_standard, by_status, levels = Counter(), Counter(), Counter()
    for *group, number in rows.order_by().values_list(*columns).annotate(number=Count("pk")):
        level, standard = group[:2]
        levels[level] += number
        by_standard[level, standard] += number
        if campaign is not None:
            by_status[level, status_of(standard, group[2], campaign)] += number
    standards = [(s.pk, s.short.strip(":")) for s in Standard.objects.all()] + [(None, "none")]
    keys = [(pk, {"standard": short}) for pk, short in standards]
    places = [(s, {"conversion": f"{campaign.pk}-{s.value}"}) for s in Status] if campaign else []
    return Standing(
        _by_level(by_standard, levels, keys, link, None),
        _by_level(by_status, levels, places, link, Status.TARGET) if campaign else [],
        {s: Number(sum(by_status[level, s] for level in Level), link(**asked)) for s, asked in places},
        Number(sum(levels.values()), link()),
    )


def _by_level(counts, levels, keys, link, done):
    """A Row for each level that has units, and one for all; `done`: the key whose share is told."""
    found = []
    for level in [*(level for level in Level if levels[level]), None]:
        of = [level] if level else list(Level)
        asked = {"level": level.value} if level else {}
        cells = [
            Number(sum(counts[one, key] for one in of), link(**filters, **asked)) for key, filters in keys
        ]
        total = sum(levels[one] for one in of)
        share = percent(sum(counts[one, done] for one in of), total) if done else None
        found.append(Row(level.label if level else _("Total"), cells, Number(total, link(**asked)), share))
    return found


@dataclass(frozen=True)
class WaveFigure:
    """A wave on a day. `assigned` counts what was given and not cancelled; what was carried over stays in it."""

    pk: int
    title: str
    starts_on: datetime.date
    due_on: datetime.date
    assigned: Number
    declared: Number
    going: Number
    carried: Number
    ended: Number
    late: Number
    expected: int | None
    percent: float | None
    sentence: str
    phases: list  # counts in the order of Phase: what goes on or is declared

    @property
    def expected_percent(self):
        return percent(self.expected, self.assigned.n) if self.expected is not None else None


@dataclass(frozen=True)
class Stop:
    """One reason why undertakings do not get on. `parts`: the reason further divided."""

    label: str
    number: Number
    parts: list = field(default_factory=list)
    is_late: bool = False


@dataclass(frozen=True)
class Waiting:
    """Undertakings at one stage: how many go on there, and how many without a step for long."""

    digit: str
    label: str
    going: Number
    stalled: Number


@dataclass(frozen=True)
class Progress:
    """The undertakings of a campaign in a scope on a day."""

    waves: list  # WaveFigure
    declared: Number
    going: Number
    late: Number
    stops: list  # Stop
    stages: list  # Waiting

    @property
    def units(self):
        return self.declared.n + self.going.n

    @property
    def is_blocked(self):
        return any(stop.number.n for stop in self.stops)


def progress(campaign, *, on, scope, user, confirmed_only=False, link=None):
    """How far the waves are and what stops them: four queries. `link(**filters)` makes query strings of the plan's rollouts."""
    link = link or (lambda **filters: "")
    rows = rollouts_of(campaign.plan, scope=scope, user=user).filter(wave__campaign=campaign)
    rows = rows.as_of(on, confirmed_only=confirmed_only)
    groups = _groups(rows, on)

    def ask(**filters):
        return link(campaign=campaign.pk, **filters)

    def number(query, **wanted):
        return Number(_sum(groups, **wanted), query)

    waves = [_wave(wave, groups, campaign, on=on, link=link) for wave in campaign.waves.order_by("number")]
    return Progress(
        waves=waves,
        declared=number(ask(state=GOING, declared="yes"), open=True, declared=True),
        going=number(ask(state=GOING, declared="no"), open=True, declared=False),
        late=number(ask(late="yes"), late=True),
        stops=_stops(rows, groups, campaign, on=on, ask=ask),
        stages=_stages(groups, ask),
    )


def _groups(rows, on):
    """The undertakings counted once by everything that the board asks: [({name: value}, number)]."""
    columns = (
        "wave", "rank_then", "state_then", "declared_then", "due_on", "unconfirmed_then", "returned_then",
        "stalled_then",
    )  # fmt: skip
    counted = with_what_stops(rows, on).order_by().values(*columns).annotate(number=Count("pk"))
    groups = []
    for row in counted:
        is_open, declared = row["state_then"] in OPEN_STATES, row["declared_then"] is not None
        told = {
            "wave": row["wave"],
            "phase": RANK_PHASE[row["rank_then"]],
            "state": row["state_then"],
            "open": is_open,
            "declared": declared,
            "late": is_open and not declared and row["due_on"] < on,
            "unconfirmed": is_open and bool(row["unconfirmed_then"]),
            "returned": is_open and bool(row["returned_then"]),
            "stalled": is_open and bool(row["stalled_then"]),
        }
        groups.append((told, row["number"]))
    return groups


def _sum(groups, **wanted):
    return sum(number for told, number in groups if all(told[k] == v for k, v in wanted.items()))


def _wave(wave, groups, campaign, *, on, link):
    own = [(told, number) for told, number in groups if told["wave"] == wave.pk]

    def number(filters, **wanted):
        return Number(_sum(own, **wanted), link(wave=wave.pk, campaign=campaign.pk, **filters))

    ended = number({"state": ENDED}, state=State.CANCELLED)
    ended = Number(ended.n + _sum(own, state=State.REORGANISED), ended.query)
    carried = number({"state": State.CARRIED_OVER.value}, state=State.CARRIED_OVER)
    declared = number({"state": GOING, "declared": "yes"}, open=True, declared=True)
    going = number({"state": GOING, "declared": "no"}, open=True, declared=False)
    together = f"{GOING},{State.CARRIED_OVER}"
    assigned = Number(
        declared.n + going.n + carried.n, link(wave=wave.pk, campaign=campaign.pk, state=together)
    )
    expected, _by_due_days = expected_by(on, [], assigned.n, wave.starts_on, wave.due_on)
    return WaveFigure(
        pk=wave.pk,
        title=wave.title,
        starts_on=wave.starts_on,
        due_on=wave.due_on,
        assigned=assigned,
        declared=declared,
        going=going,
        carried=carried,
        ended=ended,
        late=number({"late": "yes"}, late=True),
        expected=expected,
        percent=percent(declared.n, assigned.n),
        sentence=sentence(
            on, campaign.levels, actual=declared.n, value=assigned.n, expected=expected,
            by_due_days=False, due_on=wave.due_on,
        ),
        phases=[_sum(own, open=True, phase=phase) for phase in Phase],
    )  # fmt: skip


def _stops(rows, groups, campaign, *, on, ask):
    """Why undertakings do not get on, each with its list; one undertaking may stand under several."""
    paused = Number(_sum(groups, state=State.PAUSED), ask(state=State.PAUSED.value))
    gaps = with_gaps(Rollout.objects.filter(wave__campaign=campaign), on=on).order_by().values("pk")
    lacking = rows.filter(state_then__in=OPEN_STATES, pk__in=gaps).count()
    found = [
        Stop(_("Overdue"), Number(_sum(groups, late=True), ask(late="yes")), is_late=True),
        Stop(State.PAUSED.label, paused, _reasons(rows, on, ask) if paused.n else []),
    ]
    found += [
        Stop(what.label, Number(_sum(groups, **{what.value: True}), ask(blocked=what.value)))
        for what in (Blocked.STALLED, Blocked.UNCONFIRMED, Blocked.RETURNED)
    ]
    return [*found, Stop(Blocked.GAP.label, Number(lacking, ask(blocked=Blocked.GAP.value)))]


def _reasons(rows, on, ask):
    """The reasons of the pauses, the most frequent first."""
    paused = with_reason(rows.filter(state_then=State.PAUSED), on).order_by().values("reason_then")
    counted = paused.annotate(number=Count("pk")).order_by("-number", "reason_then")[:REASONS]
    return [
        (r["reason_then"], Number(r["number"], ask(state=State.PAUSED.value, reason=r["reason_then"])))
        for r in counted
    ]


def _stages(groups, ask):
    """At which stage the undertakings that go on are waiting."""
    found = []
    for phase in Phase:
        asked = {"phase": phase.value, "declared": "no", "state": GOING}
        going = _sum(groups, phase=phase, open=True, declared=False)
        stalled = _sum(groups, phase=phase, open=True, declared=False, stalled=True)
        if going:
            found.append(
                Waiting(
                    phase.value,
                    phase.label,
                    Number(going, ask(**asked)),
                    Number(stalled, ask(**asked, blocked=Blocked.STALLED.value)),
                )
            )
    return found


def told(campaign, found, on):
    """The campaign in one sentence: how many of its units have declared, how many are overdue."""
    if not found.units:
        return _("By %(day)s no unit is assigned in this campaign.") % {"day": f"{on:%d/%m/%Y}"}
    text = _("By %(day)s %(part)s of %(whole)s units of the campaign have declared under %(standard)s") % {
        "day": f"{on:%d/%m/%Y}",
        "part": number_format(found.declared.n),
        "whole": number_format(found.units),
        "standard": campaign.target.code,
    }
    if found.late.n:
        text += ngettext("; %(n)s unit is overdue", "; %(n)s units are overdue", found.late.n) % {
            "n": number_format(found.late.n)
        }
    return f"{text}."
