"""A territory on a day: every unit below an agency, its sums, and how they compare with its peers.

Peers are the agencies of the same kind under the same parent. What is said of them is said of agencies beside the
territory: only to a person who sees every one of them. A fixed number of queries; never the table of duties, but for
what rests on declarations that are not confirmed.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from statistics import median

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.access import roles_at
from agencies.models import Agency
from iso_rollout.statements import kept
from procedures.models.tallies import percent
from reports.by_path import sums_by_path, unconfirmed
from reports.figures import Share
from reports.freshness import Freshness
from reports.ready import sums_ready
from reports.standings import Prefixes, Standings

LARGE = 400  # units that one page tells one by one; a larger territory is told by the sums of its parts


@dataclass(frozen=True)
class Indicator:
    """What is compared: a part of a whole of `Sums`, whether much of it is good, and the lists behind both."""

    name: str
    label: str
    part: str
    whole: str
    is_high_good: bool
    list_of: str
    part_filter: dict
    whole_filter: dict

    def share(self, sums, link, agency=None):
        return Share(
            getattr(sums, self.part), getattr(sums, self.whole),
            link(self.list_of, agency, **self.part_filter), link(self.list_of, agency, **self.whole_filter),
        )  # fmt: skip

    def percent(self, sums):
        return percent(getattr(sums, self.part), getattr(sums, self.whole))


UNITS = {"units": "yes"}
INDICATORS = (
    Indicator(
        "declared", _("Units that have declared"), "declared", "units", True, "agencies", UNITS | {"declared": "yes"}, UNITS
    ),
    Indicator("covered", _("Procedures under ISO"), "under_iso", "in_force", True, "duties", {"iso": "yes"}, {}),
    Indicator(
        "done", _("Undertakings of the plan declared"), "done", "assigned", True, "rollouts", {"declared": "yes"}, {}
    ),
    Indicator(
        "late", _("Units with an overdue undertaking"), "late", "units", False, "agencies", UNITS | {"late": "yes"}, UNITS
    ),
    Indicator(
        "quiet", _("Units not updated for 90 days"), "quiet", "units", False, "agencies", UNITS | {"quiet": "yes"}, UNITS
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """One indicator of the territory beside its peers. `median` is that of the others; both None without peers."""

    name: str
    label: str
    share: Share
    is_high_good: bool
    median: float | None = None
    rank: int | None = None
    among: int = 0
    is_tied: bool = False


@dataclass(frozen=True)
class Peer:
    """A territory of the same kind under the same parent, in per cent."""

    pk: int
    name: str
    is_own: bool
    percents: tuple
    rank: int | None
    has_below: bool


@dataclass(frozen=True)
class Part:
    """An agency below with others below it: its sums, or (as a group) its units."""

    pk: int | None
    name: str
    shares: dict = field(default_factory=dict)
    units: tuple = ()


@dataclass(frozen=True)
class Territory:
    """Everything that the page of a territory says, as finished values."""

    name: str
    kind: str
    above: tuple  # (pk, name) of the agencies over it, from the top
    units: Share
    comparisons: tuple
    peers: tuple
    peers_why_not: str  # "" compared; "none" there are no others; "unseen" the person does not see them
    parts: tuple
    groups: tuple
    is_large: bool
    in_parts: int  # units of a large territory that are told on the pages of its parts
    cut: int  # units directly below a large one, after the first `LARGE`: told only in the sums
    is_apart: bool  # the agency is a unit itself, which stands in none of its parts
    freshness: Freshness


def territory(scope, *, on, user, plan=None, confirmed_only=False, link=None):
    """What the page of an agency with others below says on a day; None where it has none, or did not exist.

    `plan` None: no undertakings of a plan. `link(list, agency=None, **filters)` gives the address of a list
    ("agencies", "duties", "rollouts") of the territory, or of an agency below.
    """
    link = link or (lambda name, agency=None, **filters: "")
    known = {a.pk: a for a in map(_agency, _known(on=on, ids=(*scope.ancestor_ids(), scope.pk)))}
    own = known.get(scope.pk)
    if own is None:
        return None
    peers, why_not = _peers(own, known.get(own.parent_id), on, user)
    parent = known.get(own.parent_id)
    fewer = unconfirmed(on=on, user=user, scope=own if why_not else parent) if confirmed_only else {}
    # Of the peers only sums are told: beside a province stand 10,000 agencies.
    today = {} if why_not or confirmed_only else {p.pk: p.path_now or p.path for p in peers}
    ready = sums_ready(today, on=on, user=user) if today else {}
    is_ready = len(ready) == len(peers)
    facts = Standings(
        own, on=on, user=user, plan=plan, confirmed_only=confirmed_only, fewer=fewer, beside=not why_not and not is_ready
    )  # fmt: skip
    below = list(facts.rows.values())
    if len(below) < 2:
        return None
    children = sorted((r for r in below if r.parent_id_then == own.pk), key=lambda r: r.path_then)
    parents = {row.parent_id_then for row in below}
    if is_ready:
        sums = {pk: _with_plan(numbers, plan) for pk, numbers in ready.items()}
        sums |= facts.sums({own.pk: (own.path, own.path_now or own.path)})
    else:
        sums = facts.sums({p.pk: (p.path, p.path_now or p.path) for p in peers})
    if not why_not and not is_ready:
        beside = sums_by_path(
            len(own.path), on=on, user=user, scope=parent, confirmed_only=confirmed_only, fewer=fewer, with_quiet=True
        )  # fmt: skip
        for p in peers:
            sums[p.pk] = replace(beside[p.path], assigned=sums[p.pk].assigned, done=sums[p.pk].done)
    parts = [c for c in children if c.pk in parents]
    part_sums = facts.sums({c.pk: (c.path_then, c.path) for c in children})
    is_large = sums[own.pk].units > LARGE
    indicators = [i for i in INDICATORS if plan is not None or i.name != "done"]
    shown = _groups(facts, below, parts, is_large=is_large, link=link)
    told = sum(len(group.units) for group in shown)
    in_parts = sum(part_sums[p.pk].units for p in parts) if is_large else 0
    quiet = next(i for i in INDICATORS if i.name == "quiet").share(sums[own.pk], link)
    return Territory(
        name=own.name,
        kind=own.kind,
        above=tuple((a.pk, a.name) for a in _seen(known, scope, user)),
        units=Share(sums[own.pk].units, sums[own.pk].units, link("agencies", units="yes")),
        comparisons=tuple(_compared(sums, own.pk, i, link) for i in indicators),
        peers=_peer_rows(peers, own.pk, sums, indicators),
        peers_why_not=why_not,
        parts=_by_need([
            Part(c.pk, c.name_then, {
                "units": Share(part_sums[c.pk].units, part_sums[c.pk].units, link("agencies", c.pk, units="yes")),
                **{i.name: i.share(part_sums[c.pk], link, c.pk) for i in indicators},
            })
            for c in (children if is_large else parts)
        ]),
        groups=tuple(shown),
        is_large=is_large,
        in_parts=in_parts,
        cut=sums[own.pk].units - told - in_parts,
        is_apart=sums[own.pk].units > sum(part_sums[c.pk].units for c in children),
        freshness=Freshness(quiet, timezone.now()),
    )  # fmt: skip


OF_THE_DAY = ("pk", "name_then", "kind_then", "parent_id_then", "path_then", "path")


def _agency(row):
    """An agency as it was on a day, with what is told of it here."""
    pk, name, kind, parent, path, path_now = row
    agency = Agency(pk=pk, name=name, kind=kind, parent_id=parent, path=path)
    agency.path_now = path_now
    return agency


@kept
def _known(on, ids):
    return Agency.objects.as_of(on).filter(pk__in=ids).order_by().values_list(*OF_THE_DAY)


@kept
def _alike(on, parent, kind):
    rows = Agency.objects.as_of(on).children_of(parent).filter(kind_then=kind)
    return rows.order_by("path_then").values_list(*OF_THE_DAY)


def _with_plan(sums, plan):
    """Sums that stood ready, with the undertakings of a plan."""
    own = [both for key, both in sums.by_plan.items() if plan and key.startswith(f"{plan.pk} ")]
    return replace(sums, assigned=sum(a for a, _done in own), done=sum(done for _a, done in own))


def _seen(known, scope, user):
    """The agencies above that the person sees, from the top."""
    above = [known[pk] for pk in scope.ancestor_ids() if pk in known]
    return [a for a in above if _sees(user, a)]


def _sees(user, agency):
    return user is None or bool(roles_at(user, agency))


def _peers(own, parent, on, user):
    """(the peers, itself among them, and "" or why nothing is said of them)."""
    peers = list(map(_agency, _alike(on=on, parent=own.parent_id, kind=own.kind)))
    others = [p for p in peers if p.pk != own.pk]
    if not all(_sees(user, p) for p in others):
        return [own], "unseen"
    if not others:
        # Who does not see the agency above is not told either that there are no others.
        sees_all = user is None or user.is_superuser
        sees_above = _sees(user, parent) if parent is not None else sees_all
        return [own], "none" if sees_above else "unseen"
    return peers, ""


def _groups(facts, below, parts, *, is_large, link):
    """The units of a territory: its own and those directly below, then those of each part.

    Of a large territory only the first group, and of that at most `LARGE` units.
    """
    of_part = Prefixes({p.path_then: p.pk for p in parts})
    inside, members = defaultdict(list), defaultdict(list)
    for row in below:
        covering = facts.rows.get(row.covered_by_id_then)
        if covering is not None and row.path_then.startswith(covering.path_then):
            inside[covering.pk].append(row.pk)
        if row.covered_by_id_then is None:
            part = next(iter(of_part.of(row.path_then)), None)
            if part is None or not is_large:
                members[part].append(row)
    groups = []
    for pk, name in [(None, ""), *((p.pk, p.name_then) for p in parts)]:
        units = sorted(
            (facts.unit(row, inside[row.pk], link) for row in members[pk]), key=lambda u: u.urgency
        )
        if units:
            groups.append(Part(pk, name, units=tuple(units[:LARGE])))
    first = [g for g in groups if g.pk is None]
    return first + sorted((g for g in groups if g.pk is not None), key=lambda g: g.units[0].urgency[:2])


def _by_need(parts):
    """Parts with the most overdue units first, then by how few have declared."""

    def need(part):
        declared = part.shares["declared"].percent
        return -part.shares["late"].part, declared is None, declared or 0, part.name

    return tuple(sorted(parts, key=need))


def _compared(sums, own, indicator, link):
    """An indicator beside the median of the others, and its rank among all; equal ones share a rank."""
    name, label, is_high_good = indicator.name, str(indicator.label), indicator.is_high_good
    share = indicator.share(sums[own], link)
    all_of = {pk: indicator.percent(s) for pk, s in sums.items()}
    known = [p for p in all_of.values() if p is not None]
    others = [p for pk, p in all_of.items() if pk != own and p is not None]
    if not others or share.percent is None:
        middle = round(median(others), 1) if others else None
        return Comparison(name, label, share, is_high_good, middle)
    return Comparison(
        name, str(label), share, is_high_good, round(median(others), 1), _rank(share.percent, known, is_high_good),
        len(known), share.percent in others,
    )  # fmt: skip


def _rank(value, values, is_high_good):
    """1 for the best; how many are better decides, so equal ones share it."""
    return 1 + sum(v > value if is_high_good else v < value for v in values)


def _peer_rows(peers, own, sums, indicators):
    """Every peer with its percentages, the best by declared units first."""
    if len(peers) < 2:
        return ()
    percents = {p.pk: tuple(i.percent(sums[p.pk]) for i in indicators) for p in peers}
    declared = [percents[p.pk][0] for p in peers if percents[p.pk][0] is not None]
    rows = [
        Peer(
            p.pk, p.name, p.pk == own, percents[p.pk],
            None if percents[p.pk][0] is None else _rank(percents[p.pk][0], declared, True), sums[p.pk].agencies > 1,
        )
        for p in peers
    ]  # fmt: skip
    return tuple(sorted(rows, key=lambda r: (r.rank is None, r.rank or 0, r.name)))
