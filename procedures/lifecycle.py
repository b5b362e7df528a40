"""The lifecycle of a rollout as one table. No database code.

The table refuses wrong moves, warns of evidence gaps, shows the right buttons and prints the
diagram in the README. Sources: QĐ 19/2014/QĐ-TTg Điều 4 (build, apply, declare, maintain),
TT 26/2014/TT-BKHCN Điều 7 (what the agency does itself).
"""

import datetime
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from agencies.errors import Refused
from agencies.models import Role


class StepRefused(Refused):
    """A hard rule of the lifecycle, or not the person's role."""


class Form(TextChoices):
    """What the undertaking is."""

    BUILD = "BUILD", _("Build")
    CONVERT = "CONVERT", _("Convert")
    EXTEND = "EXTEND", _("Extend")
    E_ISO = "E_ISO", _("Electronic ISO")


class Stage(TextChoices):
    """Milestones in their usual order."""

    PLANNED = "planned", _("Planned")
    STEERING = "steering", _("Steering board set up")
    SURVEYED = "surveyed", _("Surveyed")
    TRAINED = "trained", _("Trained")
    DOCUMENTED = "documented", _("Documents written")
    PROMULGATED = "promulgated", _("Promulgated")
    OPERATING = "operating", _("In operation")
    AUDITED = "audited", _("Internal audit")
    REVIEWED = "reviewed", _("Management review")
    CONFIRMED = "confirmed", _("Effectiveness confirmed")
    DECLARED = "declared", pgettext_lazy("milestone", "Declared")
    NOTIFIED = "notified", _("Notified and posted")

    @property
    def rank(self):
        """1 for the first milestone; 0 is a rollout without any."""
        return list(type(self)).index(self) + 1

    @property
    def phase(self):
        return STEP[self].phase


class Phase(TextChoices):
    """The six colours of a board: what several milestones have in common."""

    NOT_STARTED = "0", _("Not started")
    PREPARING = "1", _("Planning")
    WRITING = "2", _("Writing documents")
    APPLYING = "3", _("Applying")
    CHECKING = "4", _("Audit and review")
    DECLARED = "5", _("Declared")


class State(TextChoices):
    """Whether a rollout goes on."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    CARRIED_OVER = "carried_over", _("Carried over to another year")
    CANCELLED = "cancelled", _("Cancelled")
    REORGANISED = "reorganised", _("Ended by reorganisation")


class Acceptance(TextChoices):
    """Whether the lead agency has looked at an entry. A returned entry does not count."""

    UNREVIEWED = "unreviewed", _("Not yet confirmed")
    ACCEPTED = "accepted", _("Confirmed")
    RETURNED = "returned", _("Returned")


class Evidence(TextChoices):
    """Kinds of document that a milestone leaves behind."""

    DECISION = "decision", _("Decision")
    PLAN = "plan", _("Plan")
    REPORT = "report", _("Report")
    MINUTES = "minutes", _("Minutes")
    LETTER = "letter", _("Official letter")


RECORDERS = frozenset({Role.EDITOR, Role.COORDINATOR})
KEEPERS = frozenset({Role.COORDINATOR})


@dataclass(frozen=True)
class Step:
    """One row of the table.

    `not_before`: a milestone whose day, when on record, this one's may not precede (hard).
    `needs`: a milestone that must be on record (hard). `expects`: milestones whose absence is
    an evidence gap (soft).
    """

    stage: Stage
    phase: Phase
    evidence: Evidence
    by: frozenset = RECORDERS
    not_before: Stage | None = None
    needs: Stage | None = None
    expects: tuple = ()


STEPS = (
    Step(Stage.PLANNED, Phase.PREPARING, Evidence.PLAN),
    Step(Stage.STEERING, Phase.PREPARING, Evidence.DECISION),
    Step(Stage.SURVEYED, Phase.WRITING, Evidence.REPORT),
    Step(Stage.TRAINED, Phase.WRITING, Evidence.REPORT),
    Step(Stage.DOCUMENTED, Phase.WRITING, Evidence.REPORT),
    Step(Stage.PROMULGATED, Phase.APPLYING, Evidence.DECISION),
    Step(Stage.OPERATING, Phase.APPLYING, Evidence.MINUTES, expects=(Stage.PROMULGATED,)),
    Step(Stage.AUDITED, Phase.CHECKING, Evidence.REPORT, expects=(Stage.PROMULGATED,)),
    Step(Stage.REVIEWED, Phase.CHECKING, Evidence.MINUTES, expects=(Stage.AUDITED,)),
    Step(Stage.CONFIRMED, Phase.CHECKING, Evidence.MINUTES, expects=(Stage.REVIEWED,)),
    Step(
        Stage.DECLARED,
        Phase.DECLARED,
        Evidence.DECISION,
        not_before=Stage.PROMULGATED,
        expects=(Stage.PROMULGATED, Stage.AUDITED, Stage.REVIEWED, Stage.CONFIRMED),
    ),
    Step(
        Stage.NOTIFIED,
        Phase.DECLARED,
        Evidence.LETTER,
        not_before=Stage.DECLARED,
        needs=Stage.DECLARED,
    ),
)
STEP = {step.stage: step for step in STEPS}


@dataclass(frozen=True)
class Move:
    """One way in which a rollout stops, goes on or ends; each takes a reason."""

    before: State
    after: State
    by: frozenset = KEEPERS


MOVES = (
    Move(State.ACTIVE, State.PAUSED),
    Move(State.ACTIVE, State.CARRIED_OVER),
    Move(State.ACTIVE, State.CANCELLED),
    Move(State.ACTIVE, State.REORGANISED),
    Move(State.PAUSED, State.ACTIVE),
    Move(State.PAUSED, State.CARRIED_OVER),
    Move(State.PAUSED, State.CANCELLED),
    Move(State.PAUSED, State.REORGANISED),
)

# Who moves an entry between the states of acceptance.
REVIEWS = (
    (Acceptance.UNREVIEWED, Acceptance.ACCEPTED, KEEPERS),
    (Acceptance.UNREVIEWED, Acceptance.RETURNED, KEEPERS),
    (Acceptance.ACCEPTED, Acceptance.RETURNED, KEEPERS),
    (Acceptance.RETURNED, Acceptance.ACCEPTED, KEEPERS),
    (Acceptance.RETURNED, Acceptance.UNREVIEWED, RECORDERS),
)


class Gap(TextChoices):
    """Evidence gaps: soft rules that warn and stay visible."""

    NO_PROMULGATION = "no_promulgation", _("no promulgation on record")
    NO_AUDIT = "no_audit", _("no internal audit on record")
    NO_REVIEW = "no_review", _("no management review on record")
    NO_CONFIRMATION = "no_confirmation", _("no confirmation of effectiveness on record")
    OUT_OF_ORDER = "out_of_order", _("the days are not in the usual order")
    NO_EARLIER_DECLARATION = "no_earlier_declaration", _("converted without an earlier declaration on record")
    DECLARED_BEFORE = "declared_before", _("built although a declaration was in force")
    NO_NUMBER = "no_number", _("the declaration lacks its number or date")
    NOT_NOTIFIED = "not_notified", _("declared, but not notified and posted")


MISSING = {
    Stage.PROMULGATED: Gap.NO_PROMULGATION,
    Stage.AUDITED: Gap.NO_AUDIT,
    Stage.REVIEWED: Gap.NO_REVIEW,
    Stage.CONFIRMED: Gap.NO_CONFIRMATION,
}


@dataclass(frozen=True)
class Standing:
    """A rollout as the rules see it: plain values only.

    `reached` maps each stage to its day, returned entries left out. `declared_before` tells
    whether the unit had a declaration in force the day before this rollout's own.
    """

    form: Form
    state: State = State.ACTIVE
    reached: dict = field(default_factory=dict)
    established_on: datetime.date | None = None
    dissolved_on: datetime.date | None = None
    declared_before: bool = False
    lacks_number: bool = False


def check_step(standing, stage, *, on, roles, today):
    """Raise StepRefused when a hard rule forbids the milestone, else return its evidence gaps.

    `on` is the day the milestone was reached, `roles` what the person holds at the agency,
    `today` the day in Asia/Ho_Chi_Minh.
    """
    step = STEP[Stage(stage)]
    if not (roles & step.by):
        raise StepRefused(gettext("Your role does not allow this entry."))
    if standing.state != State.ACTIVE:
        raise StepRefused(
            gettext("The rollout does not go on: %(state)s.") % {"state": State(standing.state).label}
        )
    if on > today:
        raise StepRefused(gettext("The day lies in the future."), "on")
    if standing.dissolved_on is not None and on >= standing.dissolved_on:
        raise StepRefused(
            gettext("The agency closed on %(day)s.") % {"day": date_format(standing.dissolved_on)}, "on"
        )
    if standing.established_on is not None and on < standing.established_on:
        raise StepRefused(
            gettext("The agency was established on %(day)s.") % {"day": date_format(standing.established_on)},
            "on",
        )
    if step.needs is not None and step.needs not in standing.reached:
        raise StepRefused(
            gettext("First record: %(stage)s.") % {"stage": step.needs.label},
            "stage",
        )
    _check_days(standing.reached | {step.stage: on}, step.stage)
    return gaps(replace_reached(standing, step.stage, on), at=step.stage)


def replace_reached(standing, stage, on):
    """The standing as it would be with one more milestone."""
    from dataclasses import replace

    return replace(standing, reached=standing.reached | {stage: on})


def _check_days(reached, stage):
    """The hard order of days, seen from the milestone and from those that follow it."""
    for step in STEPS:
        if step.not_before is None or stage not in (step.stage, step.not_before):
            continue
        first, second = reached.get(step.not_before), reached.get(step.stage)
        if first is not None and second is not None and second < first:
            raise StepRefused(
                gettext("%(later)s (%(second)s) cannot lie before %(earlier)s (%(first)s).")
                % {
                    "later": step.stage.label,
                    "second": date_format(second),
                    "earlier": step.not_before.label,
                    "first": date_format(first),
                },
                "on",
            )


def check_together(reached):
    """Raise StepRefused when milestones that stand together break a hard rule."""
    for step in STEPS:
        if step.stage in reached:
            if step.needs is not None and step.needs not in reached:
                raise StepRefused(gettext("First take back: %(stage)s.") % {"stage": step.stage.label})
            _check_days(reached, step.stage)


def check_withdrawal(standing, stage, *, roles):
    """Raise StepRefused when the milestone may not be taken back."""
    if not (roles & STEP[Stage(stage)].by):
        raise StepRefused(gettext("Your role does not allow this entry."))
    for step in STEPS:
        if step.needs == stage and step.stage in standing.reached:
            raise StepRefused(gettext("First take back: %(stage)s.") % {"stage": step.stage.label})


def gaps(standing, at=None):
    """The evidence gaps of a rollout, in a fixed order; `at` narrows them to one milestone's."""
    found = []
    reached = standing.reached
    stages = [at] if at else [s for s in Stage if s in reached]
    for stage in stages:
        for expected in STEP[stage].expects:
            if expected not in reached:
                found.append(MISSING[expected])
        if _out_of_order(reached, stage):
            found.append(Gap.OUT_OF_ORDER)
    if Stage.DECLARED in stages:
        if standing.form == Form.CONVERT and not standing.declared_before:
            found.append(Gap.NO_EARLIER_DECLARATION)
        if standing.form == Form.BUILD and standing.declared_before:
            found.append(Gap.DECLARED_BEFORE)
        if standing.lacks_number:
            found.append(Gap.NO_NUMBER)
        if at is None and Stage.NOTIFIED not in reached:
            found.append(Gap.NOT_NOTIFIED)
    return [gap for gap in Gap if gap in found]


def _out_of_order(reached, stage):
    """Whether an earlier milestone has a later day than this one, or a later milestone an earlier day."""
    day, rank = reached[stage], Stage(stage).rank
    return any((d > day) if Stage(other).rank < rank else (d < day) for other, d in reached.items())


def check_move(standing, state, *, roles, reason):
    """Raise StepRefused unless the table has this move for one of the person's roles."""
    state = State(state)
    allowed = next((m for m in MOVES if (m.before, m.after) == (standing.state, state)), None)
    if allowed is None:
        raise StepRefused(
            gettext("%(before)s cannot become %(after)s.")
            % {"before": State(standing.state).label, "after": state.label}
        )
    if not (roles & allowed.by):
        raise StepRefused(gettext("Your role does not allow this entry."))
    if Stage.DECLARED in standing.reached:
        raise StepRefused(gettext("The rollout is declared: it has reached its end."))
    if not reason.strip():
        raise StepRefused(gettext("A reason is needed."), "reason")


def check_review(before, after, *, roles, note=""):
    """Raise StepRefused unless the table lets one of the roles move the entry this way."""
    for known_before, known_after, by in REVIEWS:
        if (known_before, known_after) == (before, after):
            if not (roles & by):
                raise StepRefused(gettext("Your role does not allow this entry."))
            if after == Acceptance.RETURNED and not note.strip():
                raise StepRefused(gettext("Say what has to be mended."), "note")
            return
    raise StepRefused(gettext("The entry is in this state already."))


def next_stage(reached):
    """The milestone to propose: the first one not on record after the furthest; None at the end."""
    furthest = max((Stage(s).rank for s in reached), default=0)
    return next((s for s in Stage if s.rank > furthest), None)


def allowed_stages(standing, roles):
    """The milestones a person may record now: those not on record, in their usual order."""
    if standing.state != State.ACTIVE:
        return []
    return [
        step.stage
        for step in STEPS
        if step.stage not in standing.reached
        and roles & step.by
        and (step.needs is None or step.needs in standing.reached)
    ]


def allowed_moves(standing, roles):
    """The states a person may move the rollout to now."""
    if Stage.DECLARED in standing.reached:
        return []
    return [m.after for m in MOVES if m.before == standing.state and roles & m.by]


def diagram():
    """The lifecycle as a Mermaid state diagram, for the README."""
    lines = ["stateDiagram-v2", "    [*] --> planned"]
    for one, two in zip(STEPS, STEPS[1:], strict=False):
        lines.append(f"    {one.stage} --> {two.stage}")
    lines.append("    notified --> [*]")
    for step in STEPS:
        if step.not_before:
            lines.append(f"    note right of {step.stage}: not before {step.not_before}")
    lines += [f"    {m.before} --> {m.after}" for m in MOVES]
    return "\n".join(lines)
