"""What happened in one province: declarations before the plan, rollouts, milestones, declarations under it."""

import datetime
from collections import Counter
from dataclasses import dataclass, field

from django.utils import timezone

from agencies.models import Kind, Level
from procedures.lifecycle import Acceptance, Evidence, Form, Stage, State
from procedures.models import (
    Declaration,
    Document,
    Metric,
    Milestone,
    Plan,
    Precision,
    Redeclaration,
    Rollout,
    RolloutMove,
    Target,
    TargetRevision,
)

YEARS = (2019, 2020, 2021)
DECIDED_ON = datetime.date(2019, 1, 15)
UPPER = ",".join((Level.PROVINCE, Level.DISTRICT))
# How a unit stood when the plan was decided: nothing, :2008, :2015; units that are obliged began earlier.
BEFORE = {True: (40, 50, 10), False: (60, 20, 20)}
# Out of a hundred undertakings of a year: how many have declared by now.
DECLARED = {2019: 95, 2020: 88, 2021: 80}
USUAL = (
    Stage.STEERING,
    Stage.SURVEYED,
    Stage.TRAINED,
    Stage.DOCUMENTED,
    Stage.PROMULGATED,
    Stage.OPERATING,
    Stage.AUDITED,
    Stage.REVIEWED,
    Stage.CONFIRMED,
)


@dataclass
class Story:
    """Everything of one province before it is stored, and the plan that is stored already."""

    plan: Plan
    coordinator: object
    editors: dict
    standards: tuple  # :2008, :2015
    random: object
    documents: dict = field(default_factory=dict)
    declarations: list = field(default_factory=list)
    rollouts: list = field(default_factory=list)
    milestones: list = field(default_factory=list)
    moves: list = field(default_factory=list)

    def chance(self, percent):
        return self.random.random() * 100 < percent

    def day_between(self, first, last):
        return first + datetime.timedelta(days=self.random.randrange((last - first).days + 1))


def tell_province(agencies, coordinator, editors, standards, random):
    """Store one province's plan and what came of it. Returns its declarations that count."""
    story = Story(_plan(agencies[0]), coordinator, editors, standards, random)
    for year in YEARS:
        story.documents[year] = {
            Stage.STEERING: _document(agencies[0], Evidence.DECISION, f"{40 + year % 100}/QĐ-UBND", year, 2),
            Stage.TRAINED: _document(agencies[0], Evidence.REPORT, f"{10 + year % 100}/BC-SKHCN", year, 6),
        }
    Document.objects.bulk_create([d for of_year in story.documents.values() for d in of_year.values()])
    for agency in agencies:
        if agency.is_unit:
            _tell_unit(story, agency)
    Declaration.objects.bulk_create(story.declarations, batch_size=500)
    # What carries on refers to what was carried over.
    for heirs in (False, True):
        Rollout.objects.bulk_create(
            [r for r in story.rollouts if (r.carries_on is not None) == heirs], batch_size=500
        )
    Milestone.objects.bulk_create(story.milestones, batch_size=500)
    RolloutMove.objects.bulk_create(story.moves, batch_size=500)
    _set_targets(story)
    return [d for d in story.declarations if d.counts]


def _document(top, kind, number, year, month):
    document = Document(
        kind=kind, number=number, signed_on=datetime.date(year, month, 20), title="", issued_by=top
    )
    document.derive()
    return document


def _plan(top):
    decision = Document.objects.create(
        kind=Evidence.PLAN,
        number=f"{top.code[1:]}/KH-UBND",
        signed_on=DECIDED_ON,
        title="Kế hoạch áp dụng hệ thống quản lý chất lượng theo TCVN ISO 9001 giai đoạn 2019–2021",
        issued_by=top,
    )
    return Plan.objects.create(
        code=f"KH-{top.code}-2019",
        name=f"Kế hoạch ISO 9001 giai đoạn 2019–2021 của {top.name}",
        agency=top,
        decision=decision,
        decided_on=DECIDED_ON,
        starts_on=DECIDED_ON,
        ends_on=datetime.date(2021, 12, 31),
    )


def _tell_unit(story, agency):
    """One unit: what it had before the plan, and its undertaking under it, if it has one."""
    older, newer = story.standards
    weights = BEFORE[agency.is_obliged and agency.kind != Kind.PUBLIC_SERVICE_UNIT]
    earlier = story.random.choices((None, older, newer), weights)[0]
    if earlier is None:
        form = Form.BUILD
    else:
        first, last = (2010, 2015) if earlier == older else (2016, 2018)
        on = story.day_between(datetime.date(first, 3, 1), datetime.date(last, 12, 20))
        _declare(story, agency, earlier, on=on, reason=Redeclaration.FIRST, settled=True)
        form = (
            Form.CONVERT
            if earlier == older
            else story.random.choice((Form.E_ISO, Form.EXTEND, None, None, None))
        )
    if form is not None:
        year = story.random.choices(YEARS, (3, 4, 3))[0]
        _undertake(story, agency, form, year, assigned_on=DECIDED_ON)


def _undertake(story, agency, form, year, *, assigned_on, carries_on=None, reached=()):
    """One rollout as far as it got. An undertaking that was carried over begins with what it had reached."""
    rollout = Rollout(
        plan=story.plan,
        agency=agency,
        form=form,
        year=year,
        assigned_on=assigned_on,
        due_on=datetime.date(year, 12, 31),
        target_standard=story.standards[1],
        carries_on=carries_on,
    )
    story.rollouts.append(rollout)
    own = [m.copied_to(rollout) for m in reached]
    begun_on = max([datetime.date(year, 1, 20), assigned_on, *(m.reached_on for m in own)])
    done = story.chance(DECLARED[year])
    fate = State.ACTIVE if done else _fate(story, year, carries_on)
    stages = [s for s in USUAL if s not in {m.stage for m in own}]
    if not done:
        stages = stages[: story.random.randrange(len(stages) + 1)]
    # One in twenty takes longer than its year; the due day is then past.
    length = 400 if story.chance(5) else (datetime.date(year, 12, 28) - begun_on).days
    days = sorted(story.random.sample(range(1, length), len(stages) + 2))
    if not own:
        own.append(_reach(story, rollout, Stage.PLANNED, begun_on))
    for stage, offset in zip(stages, days, strict=False):
        # Some steps were never recorded: an evidence gap.
        if not story.chance(4):
            own.append(_reach(story, rollout, stage, begun_on + datetime.timedelta(days=offset)))
    if done:
        own += _reach_end(story, rollout, begun_on + datetime.timedelta(days=days[-1]))
    story.milestones += own
    counting = [m for m in own if m.counts]
    rollout.stage = max(counting, key=lambda m: m.rank).stage if counting else ""
    rollout.state = fate
    if fate == State.ACTIVE:
        return
    moved_on = max(datetime.date(year, 12, 20), *(m.reached_on for m in own))
    reason = {
        State.CARRIED_OVER: "Chưa bố trí đủ kinh phí trong năm",
        State.PAUSED: "Chờ sắp xếp tổ chức bộ máy",
        State.CANCELLED: "Đơn vị thuộc diện sáp nhập",
    }[fate]
    story.moves.append(
        RolloutMove(rollout=rollout, state=fate, moved_on=moved_on, reason=reason, moved_by=story.coordinator)
    )
    if fate == State.CARRIED_OVER:
        _undertake(story, agency, form, year + 1, assigned_on=moved_on, carries_on=rollout, reached=counting)


def _fate(story, year, carries_on):
    """What became of an undertaking that did not declare."""
    may_carry = year < YEARS[-1] and carries_on is None
    return story.random.choices(
        (State.ACTIVE, State.CARRIED_OVER, State.PAUSED, State.CANCELLED), (50, 35 if may_carry else 0, 10, 5)
    )[0]


def _reach_end(story, rollout, on):
    """*Declared* with its declaration, and mostly *notified* some days later."""
    agency = rollout.agency
    reason = {Form.BUILD: Redeclaration.FIRST, Form.CONVERT: Redeclaration.NEW_STANDARD}.get(
        rollout.form, Redeclaration.WIDER
    )
    declaration = _declare(story, agency, story.standards[1], on=on, reason=reason)
    declared = Milestone(rollout=rollout, stage=Stage.DECLARED, reached_on=on, declaration=declaration)
    declared.rank = Stage.DECLARED.rank
    for name in ("recorded_by", "recorded_at", "acceptance", "reviewed_by", "reviewed_at", "review_note"):
        setattr(declared, name, getattr(declaration, name))
    if not declaration.counts or story.chance(15):
        return [declared]
    told_on = on + datetime.timedelta(days=story.random.randrange(1, 20))
    declaration.notified_on = declaration.posted_on = told_on
    return [declared, _reach(story, rollout, Stage.NOTIFIED, told_on)]


def _reach(story, rollout, stage, on):
    milestone = Milestone(rollout=rollout, stage=stage, rank=stage.rank, reached_on=on)
    milestone.document = story.documents[rollout.year].get(stage)
    _settle(story, milestone, rollout.agency, on, may_return=stage != Stage.NOTIFIED)
    return milestone


def _declare(story, agency, standard, *, on, reason, settled=False):
    """A declaration; one in fifteen lacks its number or its exact day."""
    unknown = story.random.choice((Precision.DAY, Precision.YEAR)) if story.chance(7) else None
    declaration = Declaration(
        agency=agency,
        standard=standard,
        declared_on=on,
        number="" if unknown == Precision.DAY else f"{story.random.randrange(10, 900)}/QĐ-CB",
        precision=unknown or Precision.DAY,
        reason=reason,
    )
    declaration.derive()
    _settle(story, declaration, agency, on, may_return=not settled)
    story.declarations.append(declaration)
    return declaration


def _settle(story, entry, agency, on, may_return):
    """Who recorded it and when; most entries were confirmed, some wait, a few were returned."""
    district = agency.pk if agency.level == Level.DISTRICT else agency.parent_id
    entry.recorded_by = story.editors.get(district, story.coordinator)
    noon = timezone.make_aware(datetime.datetime.combine(on, datetime.time(12)))
    entry.recorded_at = noon + datetime.timedelta(minutes=story.random.randrange(10_000))
    if entry.recorded_by is not story.coordinator and story.chance(15):
        if not may_return or not story.chance(10):
            return
        entry.acceptance, entry.review_note = Acceptance.RETURNED, "Thiếu văn bản kèm theo"
    else:
        entry.acceptance = Acceptance.ACCEPTED
    entry.reviewed_by = story.coordinator
    entry.reviewed_at = entry.recorded_at + datetime.timedelta(days=1)


def _set_targets(story):
    """What the plan asks: as many units as were given the undertaking; full coverage at its end."""
    asked = Counter()
    for rollout in story.rollouts:
        levels = Level.COMMUNE.value if rollout.agency.level == Level.COMMUNE else UPPER
        asked[rollout.year, Form(rollout.form), levels] += 1
    targets = [
        Target(
            plan=story.plan,
            metric=Metric.UNITS,
            form=form,
            levels=levels,
            year=year,
            due_on=datetime.date(year, 12, 31),
            position=position,
        )
        for position, (year, form, levels) in enumerate(sorted(asked), 1)
    ]
    coverage = Target(
        plan=story.plan, metric=Metric.COVERAGE, due_on=story.plan.ends_on, position=len(targets) + 1
    )
    Target.objects.bulk_create([*targets, coverage])
    figures = [TargetRevision(target=coverage, value=100, decided_on=DECIDED_ON)]
    for target in targets:
        value = asked[target.year, target.form, target.levels]
        figures.append(TargetRevision(target=target, value=value, decided_on=DECIDED_ON))
        if target.year == 2021:
            later = datetime.date(2020, 12, 10)
            figures.append(
                TargetRevision(
                    target=target, value=value + value // 10, decided_on=later, reason="Điều chỉnh kế hoạch"
                )
            )
    TargetRevision.objects.bulk_create(figures)
