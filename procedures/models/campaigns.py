"""Conversion campaigns: from one standard to another under a plan, in waves. Data, never code.

A campaign says which units are to go over and by when; its waves divide them. The undertakings of a
wave are given by the bulk act `procedures.bulk.waves`, through `rollout_lists.assign_many` and `join_many`.
"""

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import roles_at
from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import open_change_set, record, snapshot
from agencies.models import Agency, Role
from procedures.lifecycle import Form
from procedures.models.catalogue import LEVEL_SETS
from procedures.models.declarations import standard_on
from procedures.models.plans import Plan
from procedures.models.standards import Standard

# Whoever keeps the plan keeps its campaigns.
CAMPAIGN_KEEPERS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
# Undertakings that bring a unit from one standard to another.
CONVERTING = (Form.CONVERT, Form.E_ISO)


class Work(models.TextChoices):
    """Whether other work of a unit decides that it is eligible."""

    ANY = "any", _("Whatever else they are doing")
    WITHOUT = "without", _("Only units without an open undertaking of another form")
    WITH = "with", _("Only units with an open undertaking of another form")


class CampaignQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Campaigns of the plans that a person sees: a commune sees its province's campaign."""
        return self.filter(plan__in=Plan.objects.visible_to(user))

    @transaction.atomic
    def start(self, plan, *, by, change_set=None, **values):
        """Enter a campaign under a plan. Returns the Campaign.

        `values`: name, source, target, levels, kinds, territory, eligible_on, work, due_on, note.
        Raises Refused: not their role, on record already, or a rule of `check`.
        """
        # The second of two clicks waits here for the first and then finds what it entered.
        plan = _held(plan)
        campaign = Campaign(plan=plan, **values)
        campaign.check_keeper(by)
        campaign.check_rules()
        if self.filter(plan=plan, name=campaign.name).exists():
            raise Refused(gettext("The plan has a campaign of this name already."), "name")
        campaign.save()
        change_set = change_set or open_change_set(
            gettext("Start campaign %(name)s") % {"name": campaign}, by=by
        )
        record(change_set, campaign)
        return campaign


def _held(plan):
    """The plan as stored; whoever else names a campaign of it waits until this one is written."""
    plans = Plan.objects.select_for_update(no_key=True, of=["self"])
    return plans.select_related("agency").get(pk=plan.pk)


class Filter(models.Model):
    """Levels, kinds and territory: what narrows a set of units. Empty: not narrowed."""

    # Comma-separated, in the order of rank.
    levels = models.CharField(_("levels"), max_length=30, blank=True)
    kinds = models.CharField(_("kinds"), max_length=200, blank=True)
    territory = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("territory")
    )

    class Meta:
        abstract = True

    @property
    def level_list(self):
        return [level for level in self.levels.split(",") if level]

    @property
    def kind_list(self):
        return [kind for kind in self.kinds.split(",") if kind]

    def condition(self, on):
        """What the filter asks of the agencies of a day, after `as_of`."""
        asked = Q()
        if self.level_list:
            asked &= Q(level_then__in=self.level_list)
        if self.kind_list:
            asked &= Q(kind_then__in=self.kind_list)
        if self.territory_id:
            asked &= Q(pk__in=Agency.objects.as_of(on).within(self.territory).order_by().values("pk"))
        return asked


class Campaign(Filter):
    """A conversion campaign (đợt chuyển đổi tiêu chuẩn): which units go from which standard to which, by when."""

    RESTORABLE = frozenset({"name", "note"})

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="campaigns", verbose_name=_("plan"))
    name = models.CharField(_("name"), max_length=200)
    source = models.ForeignKey(Standard, models.PROTECT, related_name="+", verbose_name=_("from standard"))
    target = models.ForeignKey(Standard, models.PROTECT, related_name="+", verbose_name=_("to standard"))
    # Units are eligible by the declaration that is in force on this day.
    eligible_on = models.DateField(_("eligible on"))
    work = models.CharField(_("other work"), max_length=7, choices=Work.choices, default=Work.ANY)
    due_on = models.DateField(_("deadline"))
    note = models.TextField(_("note"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversion campaign")
        verbose_name_plural = _("conversion campaigns")
        ordering = ["-eligible_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "name"], name="campaign_name_once"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="campaign_changes_the_standard"),
            models.CheckConstraint(
                condition=Q(due_on__gt=F("eligible_on")), name="campaign_due_after_it_begins"
            ),
            models.CheckConstraint(condition=Q(levels__in=LEVEL_SETS), name="campaign_has_levels"),
            models.CheckConstraint(condition=Q(work__in=Work.values), name="campaign_work_is_known"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        from django.urls import reverse

        return reverse("campaign", args=[self.pk])

    @property
    def history_agency_id(self):
        return self.plan.agency_id

    # Who is eligible

    def eligible(self):
        """The units that are to go over, whoever looks: of the plan's territory, by the filter, on the source standard.

        As they were on `eligible_on`; a queryset after `as_of`.
        """
        units = Agency.objects.as_of(self.eligible_on).within(self.plan.agency).units()
        units = units.annotate(standard_then=standard_on(self.eligible_on))
        units = units.filter(self.condition(self.eligible_on), standard_then=self.source_id)
        if self.work == Work.ANY:
            return units
        other = Exists(self._other_work())
        return units.filter(other if self.work == Work.WITH else ~other)

    def _other_work(self):
        from procedures.models.rollouts import Rollout

        opened = Rollout.objects.going().filter(agency=OuterRef("pk"))
        return opened.exclude(form=Form.CONVERT)

    # Rules

    def is_kept_by(self, person):
        """Whether a person may change it; None is a command at the server."""
        return person is None or bool(roles_at(person, self.plan.agency) & CAMPAIGN_KEEPERS)

    def check_keeper(self, person):
        if not self.is_kept_by(person):
            raise Refused(gettext("Your role does not allow this entry."))

    def check_rules(self):
        """Raises Refused when the days, standards or territory do not fit together or the plan."""
        if self.source_id == self.target_id:
            raise Refused(gettext("The two standards are the same."), "target")
        if self.target.published_on < self.source.published_on:
            raise Refused(
                gettext("%(target)s is older than %(source)s.")
                % {"target": self.target, "source": self.source},
                "target",
            )
        if self.due_on <= self.eligible_on:
            raise Refused(gettext("The deadline lies before the day on which units are eligible."), "due_on")
        if not self.plan.starts_on <= self.due_on <= self.plan.ends_on:
            raise Refused(gettext("The deadline lies outside the plan."), "due_on")
        if self.territory_id and not self.territory.path.startswith(self.plan.agency.path):
            raise Refused(gettext("%s lies outside the plan.") % self.territory, "territory")

    # Doors

    def _claim(self, seen):
        """Take the campaign for this change: the version in the filter makes the second click miss."""
        claimed = Campaign.objects.filter(pk=self.pk, version=seen).update(version=seen + 1)
        stored = Campaign.objects.select_related("plan__agency", "source", "target", "territory")
        stored = stored.filter(pk=self.pk).first()
        if stored is None:
            raise Refused(gettext("This campaign was taken back meanwhile."))
        if not claimed:
            raise ChangedMeanwhile(stored)
        return stored

    @transaction.atomic
    def revise(self, *, by, seen, reason="", change_set=None, **values):
        """Change name, filter, days or note; the standards only as long as nobody was assigned.

        Raises Refused and ChangedMeanwhile. Returns the campaign as stored.
        """
        self.check_keeper(by)
        _held(self.plan)
        stored = self._claim(seen)
        before = snapshot(stored)
        for name, value in values.items():
            setattr(stored, name, value)
        stored.check_rules()
        changed = {"source_id", "target_id"} & {k for k, v in snapshot(stored).items() if before[k] != v}
        if changed and stored.has_undertakings:
            raise Refused(gettext("Units are assigned already: the standards stay as they are."), "target")
        last = stored.waves.order_by("-due_on").first()
        if last is not None and last.due_on > stored.due_on:
            raise Refused(gettext("Wave %(n)s is due later.") % {"n": last.number}, "due_on")
        if Campaign.objects.filter(plan=stored.plan, name=stored.name).exclude(pk=stored.pk).exists():
            raise Refused(gettext("The plan has a campaign of this name already."), "name")
        stored.save()
        change_set = change_set or open_change_set(
            gettext("Revise campaign %(name)s") % {"name": stored}, by=by, reason=reason
        )
        record(change_set, stored, before=before)
        return stored

    @property
    def has_undertakings(self):
        return self.waves.filter(rollouts__isnull=False).exists()

    def held(self):
        """The campaign as stored; whoever else changes it or one of its waves waits until this change is written.

        Raises Refused when it was taken back.
        """
        campaigns = Campaign.objects.select_for_update(no_key=True, of=["self"])
        stored = campaigns.select_related("plan__agency", "source", "target").filter(pk=self.pk).first()
        if stored is None:
            raise Refused(gettext("This campaign was taken back meanwhile."))
        return stored

    @transaction.atomic
    def add_wave(self, *, by, change_set=None, **values):
        """Enter a wave. `values`: number, name, starts_on, due_on, levels, kinds, territory, chosen. Raises Refused."""
        self.check_keeper(by)
        campaign = self.held()
        wave = Wave(campaign=campaign, **values)
        wave.check_rules()
        if campaign.waves.filter(number=wave.number).exists():
            raise Refused(gettext("Wave %(n)s is on record already.") % {"n": wave.number}, "number")
        wave.save()
        record(change_set or open_change_set(gettext("Add %(wave)s") % {"wave": wave}, by=by), wave)
        return wave


class Wave(Filter):
    """A wave of a campaign: which of its units, from when, due when. `rollouts` are their undertakings."""

    RESTORABLE = frozenset({"name"})

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="waves", verbose_name=_("conversion campaign")
    )
    number = models.PositiveSmallIntegerField(_("wave"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    starts_on = models.DateField(_("from"))
    due_on = models.DateField(_("due on"))
    # The ids of the units chosen one by one; empty: all that the filter leaves.
    chosen = models.JSONField(_("chosen units"), default=list, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        ordering = ["campaign", "number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="wave_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="wave_number_from_one"),
            models.CheckConstraint(condition=Q(due_on__gt=F("starts_on")), name="wave_due_after_it_starts"),
            models.CheckConstraint(condition=Q(levels__in=["", *LEVEL_SETS]), name="wave_levels_are_known"),
        ]

    def __str__(self):
        return f"{self.campaign}: {self.title}"

    @property
    def title(self):
        return f"{self.short} – {self.name}" if self.name else self.short

    @property
    def short(self):
        return gettext("Wave %(n)s") % {"n": self.number}

    @property
    def history_agency_id(self):
        return self.campaign.plan.agency_id

    @property
    def year(self):
        """The year of the plan for which its units are assigned."""
        return self.due_on.year

    def units(self):
        """The eligible units of the campaign that belong to this wave, a queryset after `as_of`."""
        return self.campaign.eligible().filter(self.condition(self.campaign.eligible_on))

    def condition(self, on):
        asked = super().condition(on)
        return asked & Q(pk__in=self.chosen) if self.chosen else asked

    def check_rules(self):
        """Raises Refused when the wave's days or territory do not fit its campaign."""
        plan = self.campaign.plan
        if self.due_on <= self.starts_on:
            raise Refused(gettext("The due day lies before the first day."), "due_on")
        if self.due_on > self.campaign.due_on:
            raise Refused(gettext("The due day lies behind the deadline of the campaign."), "due_on")
        if self.starts_on < plan.starts_on:
            raise Refused(gettext("The first day lies before the plan."), "starts_on")
        if self.territory_id and not self.territory.path.startswith(plan.agency.path):
            raise Refused(gettext("%s lies outside the plan.") % self.territory, "territory")

    @transaction.atomic
    def revise(self, *, by, seen, reason="", change_set=None, **values):
        """Change days, name, filter or chosen units. Undertakings given already keep their due day.

        Raises Refused and ChangedMeanwhile. Returns the wave as stored.
        """
        self.campaign.check_keeper(by)
        campaign = self.campaign.held()
        claimed = Wave.objects.filter(pk=self.pk, version=seen).update(version=seen + 1)
        stored = Wave.objects.select_related("territory").filter(pk=self.pk).first()
        if stored is None:
            raise Refused(gettext("This wave was taken back meanwhile."))
        if not claimed:
            raise ChangedMeanwhile(stored)
        stored.campaign = campaign
        before = snapshot(stored)
        for name, value in values.items():
            setattr(stored, name, value)
        stored.check_rules()
        others = stored.campaign.waves.exclude(pk=stored.pk)
        if others.filter(number=stored.number).exists():
            raise Refused(gettext("Wave %(n)s is on record already.") % {"n": stored.number}, "number")
        stored.save()
        change_set = change_set or open_change_set(
            gettext("Revise %(wave)s") % {"wave": stored}, by=by, reason=reason
        )
        record(change_set, stored, before=before)
        return stored

    def heir(self, due_on):
        """The wave that an undertaking carried over to another due day goes on in: the first to be due no earlier, else this."""
        later = self.campaign.waves.filter(due_on__gte=due_on, number__gte=self.number)
        return later.order_by("due_on", "number").first() or self
