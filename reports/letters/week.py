"""The week of a person: for each part of the tree where they hold a role, where it stands and what changed.

Figures are those of the Sunday before a Monday, beside those of the Sunday before it, both as the register tells
them now. Worked out once for everybody who sees the same part.
"""

import datetime
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from agencies.access import grants, top_agency
from agencies.cached import cached
from agencies.models.tree import in_subtree
from procedures.lifecycle import KEEPERS
from procedures.models import Declaration, Plan
from procedures.stages import stage_label
from procedures.work import waiting
from reports import figures, sentences
from reports.outlook import outlook

LISTED = 10  # undertakings overdue, and declarations, that a letter names
PARTS = 5  # parts of the tree that a letter tells of
WEEK = datetime.timedelta(days=7)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """A sentence, and the address where it can be looked into."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Moved:
    """A number at the beginning and at the end of the week, each with the address of its list. None: not known."""

    label: str
    before: int | None
    now: int | None
    before_url: str
    now_url: str

    @property
    def change(self):
        """ "+4", "−3", "0"; "–" where there is nothing to compare."""
        if self.before is None or self.now is None:
            return "–"
        moved = self.now - self.before
        return f"{'+' if moved > 0 else '−' if moved < 0 else ''}{number_format(abs(moved))}"


@dataclass(frozen=True)
class Late:
    """An undertaking that is overdue: whose, since when, how far it is."""

    agency: str
    place: str
    form: str
    due_on: datetime.date
    days: int
    stage: str
    url: str


@dataclass(frozen=True)
class Entered:
    """A declaration that was entered in the week."""

    agency: str
    number: str
    declared_on: datetime.date
    standard: str
    url: str


@dataclass(frozen=True)
class Part:
    """One part of the tree, told."""

    name: str
    plan: str
    url: str
    sentence: Told
    targets: list  # of Told
    moved: list  # of Moved
    late: list  # of Late, at most LISTED of
    late_count: int
    late_url: str
    entered: list  # of Entered, at most LISTED of
    entered_count: int
    changes_url: str


@dataclass(frozen=True)
class Week:
    """What one person is told. `waiting` None: they confirm no entries."""

    monday: datetime.date
    parts: list
    more_parts: int
    waiting: int | None

    @property
    def first(self):
        return self.monday - WEEK

    @property
    def last(self):
        return self.monday - DAY

    @property
    def subject(self):
        """The heading of the mail: the week, and the first part in a few words."""
        week = {"first": f"{self.first:%d/%m}", "last": f"{self.last:%d/%m/%Y}"}
        return "[ISO 9001] " + _("Week %(first)s–%(last)s: %(told)s") % (
            week | {"told": self.parts[0].sentence.text.removesuffix(".")}
        )


def week_of(person, monday):
    """The `Week` before a Monday for a person, by the roles that they hold today; None with nothing to tell."""
    scopes = _scopes(person)
    parts = [_part(person, scope, monday) for scope in scopes[:PARTS]]
    parts = [part for part in parts if part is not None]
    if not parts:
        return None
    keeps = any(grant.role in KEEPERS for grant in grants(person))
    to_confirm = sum(rows.count() for rows in waiting(person)) if keeps else None
    return Week(monday, parts, max(len(scopes) - PARTS, 0), to_confirm)


def _scopes(person):
    """The agencies where a person's roles begin, none of them below another."""
    if person.is_superuser:
        return [top for top in [top_agency(person)] if top]
    held = sorted({grant.agency for grant in grants(person)}, key=lambda agency: agency.path)
    return [a for a in held if not any(a != o and a.path.startswith(o.path) for o in held)]


def _part(person, scope, monday):
    return cached(
        "week", scope.pk, monday, user=person, build=lambda: _worked_out(person, scope, monday)
    )  # fmt: skip


def _worked_out(person, scope, monday):
    on, before = monday - DAY, monday - DAY - WEEK
    asked = {"scope": scope, "user": person}
    plans = list(Plan.objects.visible_to(person).select_related("agency"))
    plan = figures.plan_of(plans, scope=scope, on=on) if plans else None
    now, then = figures.summary(plan, on=on, **asked), figures.summary(plan, on=before, **asked)
    if not now.units.declared.whole:
        return None
    to = _Links(scope, plan)
    entered, entered_count = _entered(person, scope, monday, to)
    return Part(
        name=scope.name,
        plan=plan.name if plan else "",
        url=to.board(on),
        sentence=Told(sentences.of_units(now, on), to.board(on)),
        targets=_targets(plan, now, on, asked, to),
        moved=_moved(now, then, on, before, to),
        late=_late(plan, on, asked, to) if plan else [],
        late_count=now.progress.count(late=True) if plan else 0,
        late_url=to.rollouts(on, late="yes"),
        entered=entered,
        entered_count=entered_count,
        changes_url=f"{reverse('change_sets')}?{to.query(since=f'{monday - WEEK:%d/%m/%Y}', until=f'{on:%d/%m/%Y}')}",
    )


class _Links:
    """Addresses of pages that show a scope on a day, whoever opens them and whenever."""

    def __init__(self, scope, plan):
        self.scope, self.plan = scope, plan

    @staticmethod
    def query(**values):
        return urlencode({k: v for k, v in values.items() if v not in (None, "")}, safe="/,")

    def _seen(self, on, **more):
        return self.query(agency=self.scope.pk, on=f"{on:%d/%m/%Y}", **more)

    def board(self, on):
        return f"{reverse('board')}?{self._seen(on, plan=self.plan.code if self.plan else None)}"

    def agencies(self, on, **more):
        return f"{reverse('agencies')}?{self._seen(on, units='yes', **more)}"

    def duties(self, on, **more):
        return f"{reverse('duties')}?{self._seen(on, **more)}"

    def rollouts(self, on, **more):
        return f"{reverse('rollouts', args=[self.plan.code])}?{self._seen(on, **more)}" if self.plan else ""

    def agency(self, pk, anchor=""):
        return reverse("agency", args=[pk]) + anchor


def _targets(plan, now, on, asked, to):
    told = []
    if plan:
        seen = outlook(plan, on=on, games=0, link=lambda **filters: to.rollouts(on, **filters), **asked)
        told = [Told(target.sentence, target.query) for target in seen.targets]
    if procedures := sentences.of_procedures(now):
        told.append(Told(procedures, to.duties(on, iso="yes")))
    return told


def _moved(now, then, on, before, to):
    rows = [
        Moved(
            _("Units that have declared"), then.units.declared.part, now.units.declared.part,
            to.agencies(before, declared="yes"), to.agencies(on, declared="yes"),
        ),
        Moved(
            _("Procedures under ISO"), then.under_iso, now.under_iso,
            to.duties(before, iso="yes"), to.duties(on, iso="yes"),
        ),
    ]  # fmt: skip
    if now.progress:
        rows.append(
            Moved(
                _("Undertakings overdue"), then.progress.count(late=True), now.progress.count(late=True),
                to.rollouts(before, late="yes"), to.rollouts(on, late="yes"),
            )
        )  # fmt: skip
    return rows


def _late(plan, on, asked, to):
    rows = figures.rollouts_of(plan, **asked).as_of(on).late(on).select_related("agency__parent")
    return [
        Late(
            agency=row.agency.name,
            place=row.agency.parent.name if row.agency.parent_id else "",
            form=str(row.get_form_display()),
            due_on=row.due_on,
            days=(on - row.due_on).days,
            stage=str(stage_label(row.rank_then)),
            url=to.agency(row.agency_id, f"#rollout-{row.pk}"),
        )
        for row in rows.order_by("due_on", "agency__sort_key", "pk")[:LISTED]
    ]


def _entered(person, scope, monday, to):
    """(the latest declarations entered in the week before, how many there are): by the moment of the entry, not its day.

    So one that was entered late is told too, and none is told twice.
    """
    first, past = (
        timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
        for day in (monday - WEEK, monday)
    )
    rows = Declaration.objects.visible_to(person).filter(in_subtree(scope.path, "agency__"))
    rows = rows.counting().filter(recorded_at__gte=first, recorded_at__lt=past)
    listed = rows.select_related("agency", "standard").order_by("-declared_on", "-id")[:LISTED]
    told = [
        Entered(d.agency.name, d.number, d.declared_on, str(d.standard), to.agency(d.agency_id))
        for d in listed
    ]
    return told, rows.count()
