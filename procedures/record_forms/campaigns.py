"""What a person types about a conversion campaign and its waves."""

from django import forms
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from agencies.access import roles_at, visible_to
from agencies.forms import AgencyField
from agencies.models import Agency, Change, Kind, Level
from agencies.viewpoint import DayField
from procedures.bulk import pasted
from procedures.models import CAMPAIGN_KEEPERS, Campaign, Plan, Standard, Wave, Work
from procedures.record_forms.base import LaterDay, RecordForm, Words, last_change_is_by, said
from procedures.record_forms.declarations import StandardField

NAMED = 5  # units that an error names


class Several(forms.MultipleChoiceField):
    """Ticks that are stored as one text with commas, in the order of the choices."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value):
        return [part for part in value.split(",") if part] if isinstance(value, str) else value

    def clean(self, value):
        picked = set(super().clean(value))
        return ",".join(str(key) for key, _label in self.choices if key in picked)

    def words(self, value):
        return ", ".join(str(label) for key, label in self.choices if key in value.split(","))


def kept_plans(user):
    """The plans whose campaigns a person keeps."""
    plans = Plan.objects.visible_to(user).select_related("agency")
    return [plan for plan in plans if roles_at(user, plan.agency) & CAMPAIGN_KEEPERS]


class CountingForm(RecordForm):
    """A form with a filter of units, which counts them before anything is written."""

    agency = None

    levels = Several(label=_("Levels"), choices=Level.choices, required=False)
    kinds = Several(
        label=_("Kinds"), choices=Kind.choices, required=False, help_text=_("None ticked: all kinds.")
    )
    territory = AgencyField(
        label=_("Territory"), required=False, help_text=_("Code or name; empty: the whole plan.")
    )

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["territory"].queryset = visible_to(user)

    @property
    def is_searching(self):
        """The button beside the count was used: nothing is to be written yet, and nothing typed is lost."""
        return self.is_bound and "count" in self.data

    def full_clean(self):
        super().full_clean()
        if self.is_searching:
            # What is not typed yet is no error: it is counted by what there is.
            self._errors = forms.utils.ErrorDict()

    def typed(self):
        """What can be read of the fields as they stand on the page."""
        if not self.is_bound:
            return self.as_shown()
        self.full_clean()
        return self.cleaned_data

    def values(self):
        """What the door takes; a new record has no version that was seen."""
        values = super().values()
        return values if self.record else {name: value for name, value in values.items() if name != "seen"}

    def said_of(self, values):
        """Values as the two versions of a record print them: [(field, label, text)]."""
        found = []
        for name in self.COMPARED:
            field, value = self.fields[name], values[name]
            if isinstance(field, Several):
                value = field.words(value)
            elif name == "work":
                value = Work(value).label
            found.append((name, field.label, said(value)))
        return found

    def mine(self):
        return self.said_of(self.cleaned_data)

    def is_on_record(self, user):
        """The second of two clicks: what was typed stands already, written by the same person."""
        found = self.on_record()
        if found is None or not last_change_is_by(user, Change.objects.of(found)):
            return False
        typed = self.values()
        names = [name for name in self.STORED if name in typed]
        if any(getattr(found, name) != typed[name] for name in names):
            return False
        self.record = found
        return True


class CampaignForm(CountingForm):
    """Start a campaign under a plan, or revise one."""

    GROUPS = (
        ("", ("plan", "name")),
        (_("From which standard to which"), ("source", "target", "eligible_on", "due_on")),
        (_("Which units"), ("levels", "kinds", "territory", "work")),
        ("", ("note", "reason")),
    )
    STORED = (
        "name",
        "source",
        "target",
        "levels",
        "kinds",
        "territory",
        "eligible_on",
        "work",
        "due_on",
        "note",
    )
    COMPARED = STORED

    plan = forms.ModelChoiceField(Plan.objects.none(), label=_("Plan"), empty_label=None)
    name = Words(label=_("Name of the campaign"), max_length=200)
    source = StandardField(Standard.objects.order_by("published_on"), label=_("From standard"))
    target = StandardField(Standard.objects.order_by("published_on"), label=_("To standard"))
    eligible_on = DayField(
        label=_("Eligible on"),
        help_text=_("Units whose declaration in force on this day is of the standard that they come from."),
    )
    due_on = LaterDay(label=_("Deadline"), help_text=_("Within the period of the plan."))
    work = forms.ChoiceField(label=_("Other work"), choices=Work.choices, widget=forms.RadioSelect)
    note = Words(label=_("Note"), max_length=2000, required=False, lines=2)
    reason = Words(label=_("Reason of the change"), max_length=500, lines=2)

    def __init__(self, data=None, files=None, *, user, campaign=None):
        self.record = campaign
        super().__init__(data, files, user=user, initial=self._initial(user, campaign))
        self.fields["levels"].required = True
        if campaign is None:
            del self.fields["reason"]
            plans = [plan.pk for plan in kept_plans(user)]
            self.fields["plan"].queryset = Plan.objects.filter(pk__in=plans).select_related("agency")
        else:
            del self.fields["plan"]

    def _initial(self, user, campaign):
        if campaign is not None:
            return {name: getattr(campaign, name) for name in self.STORED} | {"seen": campaign.version}
        today = timezone.localdate()
        target = Standard.objects.current(today)
        source = Standard.objects.filter(published_on__lt=target.published_on).last() if target else None
        plan = next(iter(kept_plans(user)), None)
        return {
            "seen": 0,
            "plan": plan,
            "source": source,
            "target": target,
            "levels": ",".join(Level.values),
            "eligible_on": min(plan.decided_on, today) if plan else today,
            "due_on": plan.ends_on if plan else None,
            "work": Work.ANY,
        }

    @property
    def heading(self):
        return gettext("Revise the campaign") if self.record else gettext("New campaign")

    @property
    def submit(self):
        return gettext("Save") if self.record else gettext("Start the campaign")

    @property
    def subject(self):
        return str(self.record) if self.record else gettext("Units go over to another standard, in waves")

    @property
    def crumbs(self):
        way = [(gettext("Conversion campaigns"), reverse("campaigns"))]
        return [*way, (str(self.record), self.back)] if self.record else way

    @property
    def action(self):
        return reverse("amend_campaign", args=[self.record.pk]) if self.record else reverse("start_campaign")

    @property
    def back(self):
        return self.record.get_absolute_url() if self.record else reverse("campaigns")

    @property
    def count_url(self):
        return (
            f"{reverse('count_eligible')}?campaign={self.record.pk}"
            if self.record
            else reverse("count_eligible")
        )

    def counted(self):
        """How many units the filter leaves as it is typed now, in a sentence; "" while it cannot be told."""
        typed = self.typed()
        plan = self.record.plan if self.record else typed.get("plan")
        needed = ("source", "levels", "eligible_on", "work")
        if plan is None or any(not typed.get(name) for name in needed):
            return ""
        values = {name: typed.get(name) for name in ("source", "levels", "territory", "eligible_on", "work")}
        campaign = Campaign(plan=plan, kinds=typed.get("kinds") or "", **values)
        return _count_of(campaign.eligible().count())

    def as_shown(self):
        return self.initial

    def on_record(self):
        if self.record is not None:
            return self.fresh()
        return Campaign.objects.filter(plan=self.cleaned_data["plan"], name=self.cleaned_data["name"]).first()

    def fresh(self):
        return Campaign.objects.select_related("plan__agency", "source", "target", "territory").get(
            pk=self.record.pk
        )

    def theirs(self):
        found = self.fresh()
        return self.said_of({name: getattr(found, name) for name in self.COMPARED})

    def again(self):
        found = self.fresh()
        return CampaignForm(self._data(seen=found.version), user=self.user, campaign=found)


def _count_of(number):
    if not number:
        return gettext("No unit is eligible.")
    return ngettext("%(n)s unit is eligible.", "%(n)s units are eligible.", number) % {
        "n": number_format(number)
    }


class WaveForm(CountingForm):
    """Add a wave to a campaign, or revise one."""

    GROUPS = (
        ("", ("number", "name", "starts_on", "due_on")),
        (_("Which of the eligible units"), ("levels", "kinds", "territory", "units")),
        ("", ("reason",)),
    )
    STORED = ("number", "name", "starts_on", "due_on", "levels", "kinds", "territory", "chosen")
    COMPARED = ("number", "name", "starts_on", "due_on", "levels", "kinds", "territory", "units")

    number = forms.IntegerField(label=_("Number"), min_value=1, max_value=999)
    name = Words(
        label=_("Name"), max_length=120, required=False, help_text=_("Such as: year 2021, districts.")
    )
    starts_on = LaterDay(label=_("From"))
    due_on = LaterDay(label=_("Due on"), help_text=_("Its units are assigned for the year of this day."))
    units = forms.CharField(
        label=_("Only these units"),
        required=False,
        max_length=500_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_(
            "Codes or names, one unit a line, as a sheet has them. Empty: all that the filter leaves."
        ),
    )
    reason = Words(label=_("Reason of the change"), max_length=500, lines=2)

    def __init__(self, data=None, files=None, *, user, campaign, wave=None):
        self.campaign, self.record = campaign, wave
        super().__init__(data, files, user=user, initial=self._initial(campaign, wave))
        self.fields["levels"].help_text = gettext("None ticked: all levels of the campaign.")
        if wave is None:
            del self.fields["reason"]

    def _initial(self, campaign, wave):
        if wave is not None:
            names = [name for name in self.STORED if name != "chosen"]
            chosen = Agency.objects.filter(pk__in=wave.chosen).order_by("sort_key")
            return {name: getattr(wave, name) for name in names} | {
                "seen": wave.version,
                "units": "\n".join(agency.code or agency.name for agency in chosen),
            }
        last = campaign.waves.aggregate(number=Max("number"), due_on=Max("due_on"))
        return {
            "seen": 0,
            "number": (last["number"] or 0) + 1,
            "starts_on": last["due_on"] or max(campaign.eligible_on, campaign.plan.starts_on),
            "due_on": campaign.due_on,
        }

    @property
    def heading(self):
        return gettext("Revise the wave") if self.record else gettext("Add a wave")

    @property
    def submit(self):
        return gettext("Save") if self.record else gettext("Add the wave")

    @property
    def subject(self):
        return str(self.record or self.campaign)

    @property
    def crumbs(self):
        return [(gettext("Conversion campaigns"), reverse("campaigns")), (str(self.campaign), self.back)]

    @property
    def action(self):
        if self.record:
            return reverse("amend_wave", args=[self.campaign.pk, self.record.pk])
        return reverse("add_wave", args=[self.campaign.pk])

    @property
    def back(self):
        return self.campaign.get_absolute_url()

    @property
    def count_url(self):
        return f"{reverse('count_wave', args=[self.campaign.pk])}" + (
            f"?wave={self.record.pk}" if self.record else ""
        )

    def clean(self):
        self.cleaned_data["chosen"] = []
        if text := self.cleaned_data.get("units", "").strip():
            self._choose(text)
        return self.cleaned_data

    def _choose(self, text):
        """The eligible units that a list names; what it names besides is an error beside the list."""
        found = pasted.match(text, {}, user=self.user, on=timezone.localdate())
        unknown = [asked.text for asked in found.asked]
        if unknown:
            self.add_error(
                "units", gettext("Write the code, the name fits no unit or several: %s.") % _few(unknown)
            )
        eligible = set(self.campaign.eligible().filter(pk__in=found.ids).values_list("pk", flat=True))
        others = Agency.objects.filter(pk__in=set(found.ids) - eligible).order_by("sort_key")
        if others:
            self.add_error(
                "units", gettext("Not eligible in this campaign: %s.") % _few([str(a) for a in others])
            )
        self.cleaned_data["chosen"] = [pk for pk in found.ids if pk in eligible]

    def values(self):
        return {name: value for name, value in super().values().items() if name != "units"}

    def counted(self):
        """How many eligible units the wave takes as it is typed now, in a sentence; "" while it cannot be told."""
        typed = self.typed()
        wave = Wave(
            campaign=self.campaign, levels=typed.get("levels") or "", kinds=typed.get("kinds") or "",
            territory=typed.get("territory"), chosen=typed.get("chosen") or [],
        )  # fmt: skip
        units = wave.units()
        other = self.campaign.waves.exclude(pk=self.record.pk if self.record else None)
        taken = units.filter(rollouts__wave__in=other).distinct().count()
        told = _count_of(units.count())
        if taken:
            told += " " + gettext("%(n)s of them are assigned in another wave.") % {"n": taken}
        return told

    def as_shown(self):
        return self.initial | {"chosen": self.record.chosen if self.record else []}

    def on_record(self):
        if self.record is not None:
            return self.fresh()
        return self.campaign.waves.filter(number=self.cleaned_data["number"]).first()

    def fresh(self):
        return Wave.objects.select_related("campaign__plan__agency", "territory").get(pk=self.record.pk)

    def theirs(self):
        found = self.fresh()
        units = Agency.objects.filter(pk__in=found.chosen).order_by("sort_key")
        values = {name: getattr(found, name) for name in self.STORED if name != "chosen"}
        return self.said_of(values | {"units": "\n".join(agency.code or agency.name for agency in units)})

    def again(self):
        found = self.fresh()
        return WaveForm(self._data(seen=found.version), user=self.user, campaign=found.campaign, wave=found)


def _few(names):
    return "; ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
