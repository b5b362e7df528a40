"""Plans: a decision with a period and targets, each target revisable by a later decision."""

from collections import defaultdict

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of, seen_by, who_sees
from agencies.errors import Refused
from agencies.history import open_change_set, record
from agencies.models import Agency, Level
from agencies.models.tree import ids_along
from iso_rollout.statements import kept
from procedures.lifecycle import Form
from procedures.models.catalogue import LEVEL_SETS
from procedures.models.documents import Document
from procedures.models.telling import tell_assigned


class PlanQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Plans of agencies above or below what the person may see: a commune sees its province's plan."""
        seen = seen_by(user)
        return self.in_reach(seen, self.above(seen))

    @staticmethod
    def above(seen):
        """The ids of the agencies above what somebody sees (`access.seen_by`)."""
        return tuple(sorted({pk for path, _role in seen or () for pk in ids_along(path)[:-1]}))

    def in_reach(self, seen, above):
        """As `visible_to`, of plain values: `above` is `above(seen)`."""
        return (
            self if seen is None else self.filter(scope_of(who_sees(seen), "agency__") | Q(agency__in=above))
        )

    def latest(self, on):
        """The plan to show on a day: the last one decided by then, else the first of all; None without."""
        decided = self.filter(decided_on__lte=on).order_by("-starts_on", "-id").first()
        return decided or self.order_by("starts_on", "id").first()


def in_force(revisions, day):
    """Of a target's figures the one of a day; before the first decision, the first; None without any."""
    revisions = sorted(revisions, key=lambda r: (r.decided_on, r.pk))
    decided = [r for r in revisions if r.decided_on <= day]
    return decided[-1] if decided else revisions[0] if revisions else None


@kept
def _targets(plan):
    return Target.objects.filter(plan=plan)


@kept
def _revisions(plan):
    return TargetRevision.objects.filter(target__plan=plan)


class Plan(models.Model):
    """A province's plan to bring the standard into its agencies (QĐ 19/2014/QĐ-TTg Điều 6)."""

    RESTORABLE = frozenset({"code", "name", "decision_id", "decided_on", "starts_on", "ends_on", "note"})

    code = models.CharField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=300)
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        related_name="plans",
        verbose_name=_("agency"),
        help_text=_("The agency whose subtree the plan is for."),
    )
    decision = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="plans", verbose_name=_("decision")
    )
    decided_on = models.DateField(_("decided on"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"), help_text=_("The last day of the plan."))
    note = models.TextField(_("note"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["-starts_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="plan_ends_after_it_starts")
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        from django.urls import reverse

        return reverse("plan", args=[self.code])

    @property
    def history_agency_id(self):
        return self.agency_id

    def clean(self):
        """For the administration: the code stands in addresses."""
        super().clean()
        if "/" in self.code:
            raise ValidationError({"code": gettext("The code holds no slash.")})

    @property
    def years(self):
        return range(self.starts_on.year, self.ends_on.year + 1)

    def counting_for_targets(self):
        """The condition that a rollout of the plan is of the form, year and levels of one of its targets."""
        condition = Q(pk__in=[])
        for form, year, levels in self.targets.exclude(form="").values_list("form", "year", "levels"):
            condition |= Q(form=form, year=year, agency__level__in=levels.split(","))
        return condition

    def check_assignment(self, agency, *, year, due_on, on=None):
        """The day on which the agency is assigned; raises Refused when a rule forbids its undertaking."""
        # An agency younger than the plan has its undertaking since its own first day.
        on = on or max(self.decided_on, agency.established_on or self.decided_on)
        if not agency.is_unit:
            raise Refused(gettext("%s has no system of its own.") % agency, "agency")
        if not agency.exists_on(on):
            raise Refused(gettext("%(name)s did not exist on that day.") % {"name": agency}, "on")
        if due_on < on:
            raise Refused(gettext("The due day lies before the day of the assignment."), "due_on")
        if not agency.path.startswith(self.agency.path):
            raise Refused(gettext("%s lies outside the plan.") % agency, "agency")
        if year not in self.years:
            raise Refused(gettext("The year lies outside the plan."), "year")
        return on

    def targets_on(self, day):
        """[(target, its figure on a day, None without any)] in the order of the board; read once for each instance.

        A target carries all its figures as `decided`.
        """
        if "_targets" not in self.__dict__:
            # A target that is entered between the two questions has no figure yet.
            revisions = defaultdict(list)
            for revision in _revisions(plan=self.pk):
                revisions[revision.target_id].append(revision)
            self._targets = _targets(plan=self.pk)
            for target in self._targets:
                target.decided = revisions[target.pk]
        found = ((target, in_force(target.decided, day)) for target in self._targets)
        return [(target, revision and revision.value) for target, revision in found]

    @transaction.atomic
    def assign(
        self, agency, *, form, year, due_on, by, on=None, target_standard=None, wave=None, change_set=None
    ):
        """Give a unit its undertaking under this plan. Returns the Rollout.

        `on` is the day it was assigned (None: the day of the decision); `wave`: of a campaign. Raises Refused when the
        agency has no system of its own, lies outside the plan, or the year does.
        """
        from procedures.models.rollouts import Rollout

        # The lock lets two people who assign the same do it one after the other.
        agency = Agency.objects.select_for_update(no_key=True, of=["self"]).get(pk=agency.pk)
        on = self.check_assignment(agency, year=year, due_on=due_on, on=on)
        if Rollout.objects.filter(plan=self, agency=agency, form=form, year=year).exists():
            raise Refused(gettext("%s has this undertaking already.") % agency, "agency")
        rollout = Rollout(
            plan=self,
            agency=agency,
            form=form,
            year=year,
            due_on=due_on,
            assigned_on=on,
            target_standard=target_standard,
            wave=wave,
        )
        rollout.save()
        change_set = change_set or open_change_set(
            gettext("Assign %(agency)s: %(form)s %(year)s")
            % {"agency": agency, "form": rollout.get_form_display(), "year": year},
            by=by,
        )
        record(change_set, rollout)
        tell_assigned([rollout], by=by)
        return rollout


class Metric(models.TextChoices):
    """What a target counts."""

    UNITS = "units", _("Units")
    COVERAGE = "coverage", _("Coverage of procedures")


class Target(models.Model):
    """A number of units by form, levels and year; or the coverage of procedures in per cent by a day."""

    RESTORABLE = frozenset({"due_on", "position"})

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="targets", verbose_name=_("plan"))
    metric = models.CharField(_("metric"), max_length=8, choices=Metric.choices)
    # Form and year are empty for coverage.
    form = models.CharField(_("form"), max_length=7, choices=Form.choices, blank=True)
    levels = models.CharField(_("levels"), max_length=30, default=",".join(Level.values))
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    due_on = models.DateField(_("due on"))
    # The order on the board.
    position = models.PositiveSmallIntegerField(pgettext_lazy("on the board", "position"), default=0)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["plan", "position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(metric=Metric.UNITS, year__isnull=False) & ~Q(form=""))
                | Q(metric=Metric.COVERAGE, year__isnull=True, form=""),
                name="target_of_units_has_form_and_year",
            ),
            models.CheckConstraint(condition=Q(levels__in=LEVEL_SETS), name="target_has_levels"),
            models.UniqueConstraint(
                fields=["plan", "form", "levels", "year"],
                condition=Q(metric=Metric.UNITS),
                name="target_of_units_once",
            ),
        ]

    def __str__(self):
        levels = ", ".join(str(level.label) for level in self.level_list)
        if self.metric == Metric.COVERAGE:
            return f"{self.get_metric_display()} ({levels})"
        return f"{self.get_form_display()} {self.year} ({levels})"

    @property
    def history_agency_id(self):
        return self.plan.agency_id

    @property
    def level_list(self):
        return [Level(level) for level in self.levels.split(",")]

    def revision_on(self, day):
        """The figure in force on a day; before the first decision, the first."""
        return in_force(self.revisions.all(), day)

    @transaction.atomic
    def revise(self, value, *, on, by, decision=None, reason="", change_set=None):
        """A later decision sets another figure; the earlier ones stay readable. Returns the revision."""
        Target.objects.select_for_update(no_key=True).get(pk=self.pk)
        if on > timezone.localdate():
            raise Refused(gettext("The day lies in the future."), "on")
        if value < 0:
            raise Refused(gettext("A figure cannot be negative."), "value")
        if self.metric == Metric.COVERAGE and not 0 <= value <= 100:
            raise Refused(gettext("A coverage lies between 0 and 100 per cent."), "value")
        if self.revisions.filter(decided_on=on).exists():
            raise Refused(gettext("A figure of that day is on record."), "on")
        change_set = change_set or open_change_set(
            gettext("Set target %(target)s to %(value)s") % {"target": self, "value": value},
            by=by,
            reason=reason,
        )
        revision = self.revisions.create(value=value, decided_on=on, decision=decision, reason=reason)
        record(change_set, revision)
        return revision


class TargetRevision(models.Model):
    """The figure of a target by one decision."""

    target = models.ForeignKey(Target, models.CASCADE, related_name="revisions", verbose_name=_("target"))
    # A number of units, or per cent.
    value = models.PositiveIntegerField(_("figure"))
    decided_on = models.DateField(_("decided on"))
    decision = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decision")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("figure of a target")
        verbose_name_plural = _("figures of targets")
        ordering = ["target", "decided_on"]
        constraints = [
            models.UniqueConstraint(fields=["target", "decided_on"], name="target_revision_once_a_day")
        ]

    def __str__(self):
        return f"{self.target}: {self.value}"

    @property
    def history_agency_id(self):
        return self.target.plan.agency_id
