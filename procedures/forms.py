"""What a person may ask of a list."""

from django import forms
from django.db.models import Max, Min
from django.utils.translation import gettext_lazy as _

from agencies.models import Kind, Level
from agencies.viewpoint import CONFIRMED_ONLY
from procedures.conversion import Blocked, places_of
from procedures.lifecycle import Evidence, Form, Phase, Stage, State
from procedures.models import Campaign, Document, Procedure, Standard, Wave

YES_NO = [("", _("All")), ("yes", _("Yes")), ("no", _("No"))]


def _choice(label, choices, **kwargs):
    return forms.ChoiceField(label=label, choices=choices, required=False, **kwargs)


def _any(choices, text=None):
    return [("", text or _("All")), *choices]


def _tick(label):
    return forms.BooleanField(label=label, required=False, widget=forms.CheckboxInput(attrs={"value": "yes"}))


def _levels():
    """The levels, and the two that many targets speak of together."""
    both = (f"{Level.PROVINCE},{Level.DISTRICT}", _("Province and district"))
    return _choice(_("Level"), _any([*Level.choices, both], _("All levels")))


class FilterForm(forms.Form):
    """A form whose values come from the address; it keeps them when a page is turned."""

    def __init__(self, data, **kwargs):
        super().__init__(data, **kwargs)
        # One bar has scope and day, the filters below carry them along and the other way round.
        self.kept = [
            {"name": name, "value": value}
            for name, value in data.items()
            if name in ("agency", "on", CONFIRMED_ONLY) and value
        ]
        self.own = [
            {"name": name, "value": value} for name, value in data.items() if name in self.fields and value
        ]

    @property
    def is_filtered(self):
        return bool(self.own)

    def only_when_asked(self, *names):
        """Fields that stand among the filters only when a link of another page asks for them."""
        for name in names:
            if not self.data.get(name):
                del self.fields[name]


class AgencyFilter(FilterForm):
    q = forms.CharField(label=_("Search name or code"), required=False, max_length=200)
    level = _levels()
    kind = _choice(_("Kind"), _any(Kind.choices, _("All kinds")))
    phase = _choice(_("Stage"), _any(Phase.choices, _("All stages")))
    standard = _choice(_("Standard"), [])
    declared = _choice(_("Declared"), YES_NO)
    late = _tick(_("Overdue only"))
    quiet = _tick(_("Not updated for 90 days"))
    units = _tick(_("Units only"))
    # The number of a campaign and where units stand in it, such as 3-converting.
    conversion = _choice(_("Conversion"), [])

    def __init__(self, data):
        super().__init__(data)
        self.campaign = self._campaign()
        if self.campaign is not None:
            self.fields["conversion"].choices = _any(
                [(f"{self.campaign.pk}-{place}", label) for place, label in places_of(self.campaign)]
            )
        self.only_when_asked("conversion")
        self.standards = {s.short.strip(":"): s for s in Standard.objects.all()}
        known = [(short, standard.code) for short, standard in self.standards.items()]
        self.fields["standard"].choices = _any([*known, ("none", _("Never declared"))])

    def clean_standard(self):
        """The standard, the word "none", or nothing."""
        value = self.cleaned_data["standard"]
        return self.standards.get(value, value)

    def _campaign(self):
        number = self.data.get("conversion", "").partition("-")[0]
        if not number.isdecimal() or len(number) > 18:
            return None
        return Campaign.objects.select_related("plan__agency").filter(pk=int(number)).first()

    def clean_conversion(self):
        """(campaign, where its units stand), or nothing."""
        place = self.cleaned_data["conversion"].partition("-")[2]
        return (self.campaign, place) if place else None


_STATES_TOGETHER = [
    (f"{State.ACTIVE},{State.PAUSED}", _("Active or paused")),
    (f"{State.CANCELLED},{State.REORGANISED}", _("Cancelled or ended")),
    (f"{State.ACTIVE},{State.PAUSED},{State.CARRIED_OVER}", _("Active, paused or carried over")),
]


class RolloutFilter(FilterForm):
    q = forms.CharField(label=_("Search agency"), required=False, max_length=200)
    form = _choice(_("Form"), _any(Form.choices, _("All forms")))
    year = _choice(_("Year"), [])
    level = _levels()
    phase = _choice(_("Stage"), _any(Phase.choices, _("All stages")))
    declared = _choice(_("Declared"), YES_NO)
    state = _choice(_("State"), _any([*State.choices, *_STATES_TOGETHER]))
    target = _tick(_("Counting for a target"))
    late = _tick(_("Overdue only"))
    campaign = _choice(_("Conversion campaign"), [])
    wave = _choice(_("Wave"), [])
    blocked = _choice(_("What it waits for"), _any(Blocked.choices))
    reason = forms.CharField(label=_("Reason of the last change of state"), required=False, max_length=500)

    def __init__(self, data, *, plan):
        super().__init__(data)
        if self.data.get("campaign") or self.data.get("wave"):
            waves = Wave.objects.filter(campaign__plan=plan).select_related("campaign")
            campaigns = {w.campaign_id: w.campaign.name for w in waves}
            self.fields["campaign"].choices = _any([(str(pk), name) for pk, name in campaigns.items()])
            self.fields["wave"].choices = _any([(str(w.pk), str(w)) for w in waves])
        self.only_when_asked("campaign", "wave", "blocked", "reason")
        self.fields["year"].choices = _any([(str(year), str(year)) for year in plan.years], _("All years"))


class AcceptanceFilter(FilterForm):
    """Of the entries that wait: below an agency, of a level, of one kind."""

    q = forms.CharField(label=_("Search agency"), required=False, max_length=200)
    agency = _choice(_("Scope"), [])
    level = _levels()
    entry = _choice(
        _("Kind of entry"),
        _any(
            [("declaration", _("Declarations")), *((s.value, s.label) for s in Stage if s != Stage.DECLARED)],
            _("All kinds"),
        ),
    )

    def __init__(self, data, *, scopes):
        super().__init__(data)
        self.kept = []
        self.fields["agency"].choices = [(str(s["value"]), s["label"]) for s in scopes]

    @property
    def is_filtered(self):
        return any(pair["name"] != "agency" for pair in self.own)


class DutyFilter(FilterForm):
    q = forms.CharField(label=_("Search procedure"), required=False, max_length=200)
    iso = _choice(_("Under ISO"), YES_NO)
    own = _tick(_("Only the system of this agency"))


class CatalogueFilter(FilterForm):
    q = forms.CharField(label=_("Search code, name or field"), required=False, max_length=200)
    level = _choice(_("Level"), _any(Level.choices, _("All levels")))
    field = _choice(_("Field"), [])

    def __init__(self, data):
        super().__init__(data)
        fields = (
            Procedure.objects.exclude(field="").order_by("field").values_list("field", flat=True).distinct()
        )
        self.fields["field"].choices = _any([(f, f) for f in fields], _("All fields"))


class DocumentFilter(FilterForm):
    q = forms.CharField(label=_("Search number, abstract or signer"), required=False, max_length=200)
    kind = _choice(_("Kind of document"), _any(Evidence.choices))
    year = _choice(_("Year"), [])
    file = _choice(_("File"), [("", _("All")), ("yes", _("With a file")), ("no", _("Without a file"))])

    def __init__(self, data):
        super().__init__(data)
        span = Document.objects.aggregate(first=Min("signed_on"), last=Max("signed_on"))
        years = range(span["last"].year, span["first"].year - 1, -1) if span["first"] else ()
        self.fields["year"].choices = _any([(str(year), str(year)) for year in years], _("All years"))
