"""Evidence gaps of many rollouts at once: as one condition for counts and lists, and in words for a page of rows.

The rules are those of `lifecycle.gaps`; a test compares the two on every combination.
"""

from collections import defaultdict

from django.db.models import BooleanField, Case, F, Max, OuterRef, Q, Subquery, Value, When, Window
from django.db.models.functions import Coalesce

from procedures import lifecycle
from procedures.lifecycle import Acceptance, Form, Stage, Standing, State
from procedures.models import Declaration, Milestone, Rollout


def with_gaps(rollouts, *, on=None):
    """Those of some rollouts that have an evidence gap by a day (None: today, days ahead included)."""
    by_day = Q(milestones__reached_on__lte=on) if on else Q()
    reached, lacking = {}, Q(on_declared__isnull=False, on_notified__isnull=True)
    for step in lifecycle.STEPS:
        for expected in step.expects:
            lacking |= Q(**{f"on_{step.stage.value}__isnull": False, f"on_{expected.value}__isnull": True})
    for stage in Stage:
        own = Q(milestones__stage=stage) & ~Q(milestones__acceptance=Acceptance.RETURNED)
        own &= by_day
        reached[f"on_{stage.value}"] = Max("milestones__reached_on", filter=own)
    by_milestones = rollouts.order_by().annotate(**reached).filter(lacking).values("pk")
    return rollouts.filter(
        Q(pk__in=by_milestones)
        | Q(pk__in=_out_of_order(rollouts, on))
        | Q(pk__in=_with_doubtful_declarations(rollouts, on))
    )


def _out_of_order(rollouts, on):
    """Numbers of those that reached a milestone before the day of one that usually comes earlier."""
    own = Milestone.objects.counting().filter(rollout__in=rollouts.order_by().values("pk"))
    own = own.filter(reached_on__lte=on) if on else own
    latest = Window(Max("reached_on"), partition_by="rollout", order_by="rank")
    return own.order_by().annotate(latest=latest).filter(latest__gt=F("reached_on")).values("rollout")


def _with_doubtful_declarations(rollouts, on):
    """Numbers of those whose declaration lacks its evidence, or does not fit what was in force before."""
    earlier = Declaration.objects.counting().filter(
        agency=OuterRef("agency"), declared_on__lt=OuterRef("declared_on")
    )
    # The latest before it decides, unless it was repealed by then.
    stood = Case(
        When(repealed_on__lt=OuterRef("declared_on"), then=False), default=True, output_field=BooleanField()
    )
    earlier = earlier.order_by("-declared_on", "-id").annotate(stood=stood).values("stood")[:1]
    own = Declaration.objects.counting().filter(milestone__rollout__in=rollouts.order_by().values("pk"))
    own = own.filter(declared_on__lte=on) if on else own
    own = own.annotate(before=Coalesce(Subquery(earlier), Value(False)), form=F("milestone__rollout__form"))
    doubtful = Q(lacks_evidence=True) | Q(form=Form.CONVERT, before=False) | Q(form=Form.BUILD, before=True)
    return own.order_by().filter(doubtful).values("milestone__rollout")


def standings(rollouts):
    """The rollouts of a page as the rules see them: {id: Standing}, in two queries. With `agency` at hand."""
    rollouts = list(rollouts)
    milestones = Milestone.objects.counting().filter(rollout__in=[r.pk for r in rollouts])
    reached, own = defaultdict(dict), {}
    for milestone in milestones.select_related("declaration").order_by():
        reached[milestone.rollout_id][Stage(milestone.stage)] = milestone.reached_on
        if milestone.declaration_id:
            own[milestone.rollout_id] = milestone
    declared = defaultdict(list)
    rows = Declaration.objects.counting().filter(agency__in={r.agency_id for r in rollouts})
    for d in rows.order_by("declared_on", "id").only("agency", "declared_on", "repealed_on"):
        declared[d.agency_id].append(d)
    found = {}
    for r in rollouts:
        mine = own.get(r.pk)
        found[r.pk] = Standing(
            form=Form(r.form),
            state=State(r.state),
            reached=reached[r.pk],
            established_on=r.agency.established_on,
            dissolved_on=r.agency.dissolved_on,
            declared_before=_stood_before(declared[r.agency_id], mine.reached_on if mine else None),
            lacks_number=mine is not None and mine.declaration.lacks_evidence,
        )
    return found


def _stood_before(declared, day):
    """Whether a declaration was in force before a day; None: whether one is now."""
    earlier = [d for d in declared if day is None or d.declared_on < day]
    if not earlier:
        return False
    last = earlier[-1].repealed_on
    return last is None or (day is not None and last >= day)


def labels(standing, at=None):
    """The gaps of a rollout in words."""
    return [gap.label for gap in lifecycle.gaps(standing, at=at)]


def open_rollouts():
    """Rollouts of which evidence may still be asked: those that ended without reaching their aim are left out."""
    return Rollout.objects.filter(state__in=(State.ACTIVE, State.PAUSED))
