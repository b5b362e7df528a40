"""One unit's undertaking under a plan, and how it stops, goes on or ends."""

import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.errors import ChangedMeanwhile
from agencies.history import change_of, open_change_set, record, record_many, snapshot
from agencies.models import Agency, Change
from procedures import lifecycle
from procedures.lifecycle import Form, Stage, Standing, State, StepRefused
from procedures.models.documents import entered
from procedures.models.entries import acting_roles
from procedures.models.milestones import Milestone
from procedures.models.plans import Plan
from procedures.models.reaching import Reaching
from procedures.models.standards import Standard
from procedures.models.telling import tell_due_changed, tell_waiting

# A rollout that ended without reaching its aim is not open; a paused one still is.
OPEN_STATES = (State.ACTIVE, State.PAUSED)
DONE = (Stage.DECLARED, Stage.NOTIFIED)
UNDONE = ("", *(stage for stage in Stage if stage not in DONE))
SOON = 30  # days before the due day from which an undertaking is due soon


class RolloutQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user, "agency__"))

    def as_of(self, on, *, confirmed_only=False):
        """Rollouts assigned by a day, with `rank_then`, `state_then` and `declared_then` of that day.

        `rank_then` is the furthest milestone's rank (0 without any).
        """
        milestones = Milestone.objects.counting(confirmed_only=confirmed_only).filter(
            rollout=OuterRef("pk"), reached_on__lte=on
        )
        rank = milestones.order_by().values("rollout").annotate(rank=Max("rank")).values("rank")
        moves = RolloutMove.objects.filter(rollout=OuterRef("pk"), moved_on__lte=on)
        return self.filter(assigned_on__lte=on).annotate(
            rank_then=Coalesce(Subquery(rank), 0),
            state_then=Coalesce(
                Subquery(moves.order_by("-moved_on", "-id").values("state")[:1]),
                models.Value(State.ACTIVE.value),
            ),
            declared_then=Subquery(milestones.filter(stage=Stage.DECLARED).values("reached_on")[:1]),
        )

    def declared(self, on, *, confirmed_only=False):
        """Rollouts that reached *declared* on or before a day."""
        reached = Milestone.objects.counting(confirmed_only=confirmed_only).filter(
            rollout=OuterRef("pk"), stage=Stage.DECLARED, reached_on__lte=on
        )
        return self.filter(Exists(reached))

    def going(self):
        """Rollouts that are open today and not declared."""
        # Said of those that are left: an index finds them, and does not find what something is not.
        return self.filter(state__in=OPEN_STATES, stage__in=UNDONE)

    def to_be_reminded(self, on):
        """Of those that go on: due within 30 days of a day, or overdue on it."""
        last = on + datetime.timedelta(days=SOON)
        return self.going().filter(state=State.ACTIVE, assigned_on__lte=on, due_on__lte=last)

    def late(self, on):
        """Rollouts, after `as_of`, that are open and not declared although their day is past."""
        return self.filter(due_on__lt=on, declared_then__isnull=True, state_then__in=OPEN_STATES)

    def late_on(self, on, *, confirmed_only=False):
        """The same rollouts as `as_of(on).late(on)`, for a whole country: sets are compared, no row is asked apart."""
        declared = Milestone.objects.counting(confirmed_only=confirmed_only).filter(
            stage=Stage.DECLARED, reached_on__lte=on
        )
        moves = RolloutMove.objects.filter(moved_on__lte=on)
        later = moves.filter(rollout=OuterRef("rollout")).filter(
            Q(moved_on__gt=OuterRef("moved_on")) | Q(moved_on=OuterRef("moved_on"), id__gt=OuterRef("id"))
        )
        ended = moves.exclude(state__in=OPEN_STATES).filter(~Exists(later))
        # Not in a set, rather than none exists: PostgreSQL reads the set once, and asked 10,000 times otherwise.
        rows = self.filter(assigned_on__lte=on, due_on__lt=on)
        return rows.exclude(pk__in=declared.order_by().values("rollout")).exclude(
            pk__in=ended.order_by().values("rollout")
        )


class Rollout(Reaching, models.Model):
    """One unit's undertaking under a plan: form, year, due day. Its stage is its furthest milestone."""

    NOT_IN_HISTORY = ("stage",)
    RESTORABLE = frozenset({"due_on"})

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="rollouts", verbose_name=_("plan"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="rollouts", verbose_name=_("agency"))
    form = models.CharField(_("form"), max_length=7, choices=Form.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    assigned_on = models.DateField(_("assigned on"))
    due_on = models.DateField(_("due on"))
    target_standard = models.ForeignKey(
        Standard, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("target standard")
    )
    # The wave of the conversion campaign that it belongs to; empty: none.
    wave = models.ForeignKey(
        "procedures.Wave",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="rollouts",
        verbose_name=_("wave"),
    )
    # Derived: the furthest milestone that counts, empty before the first.
    stage = models.CharField(_("stage"), max_length=12, choices=Stage.choices, blank=True, editable=False)
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.ACTIVE, editable=False
    )
    # The undertaking of an earlier year that this one goes on with; empty: none.
    carries_on = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="carried_on_by",
        verbose_name=_("carries on"),
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RolloutQuerySet.as_manager()

    class Meta:
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")
        ordering = ["plan", "year", "agency__sort_key", "id"]
        indexes = [
            # Targets against actual: the plan's rollouts of a form and year.
            models.Index(fields=["plan", "form", "year"], name="rollout_of_target"),
            # What is overdue or due soon, from the index alone: the counts beside the navigation.
            models.Index(fields=["state", "stage", "due_on", "agency"], name="rollout_going_by_due_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["plan", "agency", "form", "year"], name="rollout_once"),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("assigned_on")), name="rollout_due_after_assigned"
            ),
            models.CheckConstraint(condition=Q(form__in=Form.values), name="rollout_form_is_known"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="rollout_state_is_known"),
        ]

    def __str__(self):
        return f"{self.agency}: {self.get_form_display()} {self.year}"

    def get_absolute_url(self):
        return self.agency.get_absolute_url()

    @property
    def history_agency_id(self):
        return self.agency_id

    def standing(self, *, without=None):
        """The rollout as the lifecycle's rules see it; `without` leaves one milestone out."""
        from procedures.models.declarations import Declaration

        reached = {
            m.stage: m for m in self.milestones.all() if m.counts and m.pk != getattr(without, "pk", None)
        }
        own = reached.get(Stage.DECLARED)
        declaration = own.declaration if own else None
        # A declaration of this undertaking's own does not stand before it.
        day = own.reached_on - datetime.timedelta(days=1) if own else timezone.localdate()
        earlier = Declaration.objects.in_force(day).filter(agency=self.agency_id)
        return Standing(
            form=Form(self.form),
            state=State(self.state),
            reached={Stage(s): m.reached_on for s, m in reached.items()},
            established_on=self.agency.established_on,
            dissolved_on=self.agency.dissolved_on,
            declared_before=earlier.exists(),
            lacks_number=declaration is not None and declaration.lacks_evidence,
        )

    def is_late_on(self, day):
        return self.state in OPEN_STATES and self.due_on < day and self.stage not in DONE

    def changes(self):
        """Its history with that of its milestones, their declarations and its moves, the latest first."""
        lines = Change.objects
        declarations = self.milestones.filter(declaration__isnull=False).order_by().values("declaration")
        return (
            lines.of(self)
            | lines.of_parts(self.milestones, "rollout_id", agency=self.agency_id)
            | lines.of_parts(self.moves, "rollout_id", agency=self.agency_id)
            | lines.filter(model="procedures.declaration", object_id__in=declarations)
        )

    # Doors

    def _claim(self, seen):
        """Take the rollout for this change: the version in the filter makes the second click miss."""
        claimed = Rollout.objects.filter(pk=self.pk, version=seen).update(version=seen + 1)
        if not claimed:
            raise ChangedMeanwhile(Rollout.objects.select_related("agency").get(pk=self.pk), self.changes())
        # A copy: when a rule refuses, the caller's object still says what is stored.
        return Rollout.objects.select_related("agency", "plan__agency", "target_standard").get(pk=self.pk)

    def _stored(self, milestone, entry_seen):
        """The milestone as it is; `entry_seen` is the version the person saw, None: not checked.

        A review leaves the rollout's version alone, so that reviewing one milestone does not
        stop the work on another.
        """
        stored = self.milestones.filter(pk=milestone.pk).first()
        if stored is None:
            # An undo takes a milestone away without a claim of the rollout.
            raise ChangedMeanwhile(self, self.changes())
        if entry_seen is not None and stored.version != entry_seen:
            raise ChangedMeanwhile(stored)
        return stored

    @transaction.atomic
    def amend(
        self,
        milestone,
        *,
        on,
        by,
        seen,
        entry_seen=None,
        document=None,
        note="",
        reason="",
        change_set=None,
        is_restored=False,
    ):
        """Correct the day, document or note of a milestone; the earlier text stays in the history.

        What staff correct waits for confirmation anew; with `is_restored` the lead agency's word stays as it is.
        Raises StepRefused and ChangedMeanwhile.
        """
        roles = acting_roles(by, self.agency)
        if milestone.stage == Stage.DECLARED:
            raise StepRefused(gettext("A declaration is corrected as a declaration."))
        rollout = self._claim(seen)
        stored = rollout._stored(milestone, entry_seen)
        lifecycle.check_step(
            rollout.standing(without=stored), stored.stage, on=on, roles=roles, today=timezone.localdate()
        )
        change_set = change_set or open_change_set(
            gettext("Correct %(entry)s") % {"entry": stored}, by=by, reason=reason
        )
        before = snapshot(stored)
        stored.reached_on, stored.document, stored.note = on, entered(document, change_set), note
        if not is_restored:
            stored.settle_anew(by, roles)
        stored.version += 1
        stored.save()
        record(change_set, stored, before=before)
        Milestone.refresh_derived([stored])
        if not is_restored:
            tell_waiting([stored])
        self.refresh_from_db()
        return stored

    @transaction.atomic
    def withdraw(self, milestone, *, by, seen, reason, change_set=None, cell=""):
        """Take a milestone back, with a reason; its last text stays in the history.

        Raises StepRefused (not their role, a later one rests on it, no reason) and ChangedMeanwhile.
        """
        if not reason.strip():
            raise StepRefused(gettext("A reason is needed."), "reason")
        roles = acting_roles(by, self.agency)
        rollout = self._claim(seen)
        stored = rollout._stored(milestone, None)
        lifecycle.check_withdrawal(rollout.standing(), stored.stage, roles=roles)
        change_set = change_set or open_change_set(
            gettext("Take back %(entry)s") % {"entry": stored}, by=by, reason=reason
        )
        change = change_of(change_set, stored, before=snapshot(stored), deleted=True, cell=cell)
        declaration = stored.declaration
        stored.delete()
        record_many([change])
        if declaration is not None:
            declaration.strike(change_set, cell=cell)
        Milestone.refresh_derived([stored])
        self.refresh_from_db()

    @transaction.atomic
    def follow(self, declaration, *, by, change_set):
        """Bring *declared* to the day and document of its declaration. Raises StepRefused."""
        rollout = self._claim(self.version)
        stored = rollout.milestones.get(declaration=declaration)
        lifecycle.check_step(
            rollout.standing(without=stored),
            Stage.DECLARED,
            on=declaration.declared_on,
            roles=acting_roles(by, rollout.agency),
            today=timezone.localdate(),
        )
        before = snapshot(stored)
        stored.reached_on, stored.document = declaration.declared_on, declaration.document
        stored.take_review(declaration)
        stored.version += 1
        stored.save()
        record(change_set, stored, before=before)
        Milestone.refresh_derived([stored])
        self.refresh_from_db()

    @transaction.atomic
    def move(self, state, *, by, seen, reason, on=None, year=None, due_on=None, change_set=None):
        """Pause, resume, carry over (with `year` and `due_on`), cancel or end the rollout.

        Returns the rollout that goes on: a new one after carrying over, this one otherwise.
        Raises StepRefused (the table, no reason, or not their role) and ChangedMeanwhile.
        """
        on = on or timezone.localdate()
        state = State(state)
        roles = acting_roles(by, self.agency)
        rollout = self._claim(seen)
        last = rollout.moves.order_by("-moved_on").first()
        rollout.check_move(
            state,
            rollout.standing(),
            on=on,
            roles=roles,
            reason=reason,
            last=last and last.moved_on,
            year=year,
            due_on=due_on,
        )
        change_set = change_set or open_change_set(
            gettext("%(rollout)s: %(state)s") % {"rollout": rollout, "state": state.label},
            by=by,
            reason=reason,
        )
        before = snapshot(rollout)
        rollout.state = state
        rollout.save(update_fields=["state"])
        record(change_set, rollout, before=before)
        record(change_set, rollout.moves.create(state=state, moved_on=on, reason=reason, moved_by=by))
        if state != State.CARRIED_OVER:
            self.refresh_from_db()
            return self
        heir = rollout._carry_on(on, year, due_on, by, change_set)
        self.refresh_from_db()
        return heir

    def check_move(self, state, standing, *, on, roles, reason, last=None, year=None, due_on=None):
        """Raises StepRefused unless the rollout may move there on that day; `last` is the day of its last move."""
        if on > timezone.localdate():
            raise StepRefused(gettext("The day lies in the future."), "on")
        lifecycle.check_move(standing, state, roles=roles, reason=reason)
        if on < self.assigned_on or (last and on < last):
            raise StepRefused(gettext("The day lies before the last change of this rollout."), "on")
        if state != State.CARRIED_OVER:
            return
        if not year or year <= self.year or year not in self.plan.years or due_on is None or due_on <= on:
            raise StepRefused(gettext("Say a later year of the plan and a later due day."), "year")

    def check_due(self, due_on, roles):
        """Raises StepRefused when the rollout may not have another due day, or not that one."""
        if not roles & lifecycle.KEEPERS:
            raise StepRefused(gettext("Your role does not allow this entry."))
        if self.state not in OPEN_STATES:
            raise StepRefused(
                gettext("The rollout does not go on: %(state)s.") % {"state": State(self.state).label}
            )
        if due_on < self.assigned_on:
            raise StepRefused(gettext("The due day lies before the day of the assignment."), "due_on")

    @transaction.atomic
    def reschedule(self, due_on, *, by, seen, reason="", change_set=None):
        """Give the rollout another due day. Raises StepRefused and ChangedMeanwhile."""
        rollout = self._claim(seen)
        rollout.check_due(due_on, acting_roles(by, rollout.agency))
        before = snapshot(rollout)
        rollout.due_on = due_on
        rollout.save(update_fields=["due_on"])
        change_set = change_set or open_change_set(
            gettext("%(rollout)s: due on %(day)s") % {"rollout": rollout, "day": date_format(due_on)},
            by=by,
            reason=reason,
        )
        record(change_set, rollout, before=before)
        tell_due_changed([rollout], by=by)
        self.refresh_from_db()

    def put_value_back(self, column, value, *, by, seen, reason, change_set):
        """Bring back an earlier due day (agencies.history)."""
        self.reschedule(value, by=by, seen=seen, reason=reason, change_set=change_set)

    def _carry_on(self, on, year, due_on, by, change_set):
        """The undertaking of another year, with the milestones reached so far."""
        heir = self.plan.assign(
            self.agency,
            form=self.form,
            year=year,
            due_on=due_on,
            on=on,
            by=by,
            target_standard=self.target_standard,
            wave=self.wave and self.wave.heir(due_on),
            change_set=change_set,
        )
        before = snapshot(heir)
        heir.carries_on, heir.stage = self, self.stage
        heir.save(update_fields=["carries_on", "stage"])
        copies = [m.copied_to(heir) for m in self.milestones.all() if m.counts]
        Milestone.objects.bulk_create(copies)
        record_many([change_of(change_set, heir, before=before), *(change_of(change_set, c) for c in copies)])
        return heir

    @classmethod
    def refresh_derived(cls, rollouts):
        """The stage of each: its furthest milestone that counts."""
        furthest = (
            Milestone.objects.counting().filter(rollout=OuterRef("pk")).order_by("-rank").values("stage")[:1]
        )
        ids = [r.pk for r in rollouts]
        cls.objects.filter(pk__in=ids).update(stage=Coalesce(Subquery(furthest), models.Value("")))


class RolloutMove(models.Model):
    """The day on which a rollout was paused, resumed, carried over, cancelled or ended, and why."""

    rollout = models.ForeignKey(
        Rollout, models.PROTECT, related_name="moves", db_index=False, verbose_name=_("rollout")
    )
    state = models.CharField(_("state"), max_length=12, choices=State.choices)
    moved_on = models.DateField(_("on"))
    reason = models.CharField(_("reason"), max_length=500)
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )

    class Meta:
        verbose_name = _("change of state")
        verbose_name_plural = _("changes of state")
        ordering = ["moved_on", "id"]
        indexes = [models.Index(fields=["rollout", "moved_on"], name="rollout_move_by_day")]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="rollout_move_has_a_reason")]

    def __str__(self):
        return f"{self.rollout}: {self.get_state_display()}"

    @property
    def history_agency_id(self):
        return self.rollout.agency_id
