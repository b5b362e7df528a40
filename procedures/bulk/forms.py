"""What a person types once for many rows."""

from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import roles_at, top_agency, visible_to
from agencies.forms import AgencyField
from agencies.models import Role
from agencies.viewpoint import DayField
from procedures.bulk.pasted import MOST_LINES
from procedures.forms import AgencyFilter
from procedures.lifecycle import STEP, Evidence, Form, Stage, State
from procedures.models import Document, Plan, Standard
from procedures.record_forms.base import LaterDay, Words
from procedures.record_forms.declarations import StandardField


class ValuesForm(forms.Form):
    """The values of one act. `person` is who types."""

    GROUPS = ()

    def __init__(self, data=None, *, person, **kwargs):
        self.person = person
        super().__init__(data, **kwargs)
        self.order_fields([name for _legend, names in self.GROUPS for name in names])

    def groups(self):
        """The fields under their legends, for the page."""
        return [(legend, [self[n] for n in names if n in self.fields]) for legend, names in self.GROUPS]


class DueForm(ValuesForm):
    GROUPS = (("", ("due_on",)),)

    due_on = LaterDay(label=_("New due day"))


class MoveForm(ValuesForm):
    GROUPS = (("", ("state", "on", "year", "due_on")),)

    state = forms.ChoiceField(
        label=_("What becomes of them"),
        choices=[
            (State.PAUSED, _("Pause the undertaking")),
            (State.ACTIVE, _("Resume the undertaking")),
            (State.CARRIED_OVER, _("Carry over to another year")),
            (State.CANCELLED, _("Cancel the undertaking")),
            (State.REORGANISED, _("End by reorganisation")),
        ],
    )
    on = DayField(label=_("From"))
    year = forms.IntegerField(
        label=_("Year"),
        required=False,
        min_value=2000,
        max_value=2199,
        help_text=_("Only for carrying over."),
    )
    due_on = LaterDay(label=_("Due on"), required=False, help_text=_("Only for carrying over."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("on", timezone.localdate())

    def clean(self):
        if self.cleaned_data.get("state") == State.CARRIED_OVER:
            for name in ("year", "due_on"):
                if not self.cleaned_data.get(name) and name not in self.errors:
                    self.add_error(name, gettext("Carrying over needs it."))
        else:
            self.cleaned_data["year"] = self.cleaned_data["due_on"] = None
        return self.cleaned_data


class IssuerMixin:
    """The document that serves all rows: the one on record with its number and day, else a new one."""

    def _prepare_issuer(self):
        field = self.fields["doc_issuer"]
        field.queryset = visible_to(self.person)
        self.initial.setdefault("doc_issuer", top_agency(self.person))

    def document_of(self, *, number, signed_on, signer, title, kind):
        """The document, stored or not yet; None when nothing was typed."""
        if not number and not title:
            return None
        if number:
            known = Document.objects.visible_to(self.person).filter(number=number, signed_on=signed_on)
            if found := known.order_by("id").first():
                return found
        issuer = self.cleaned_data.get("doc_issuer")
        return Document(
            kind=kind, number=number, signed_on=signed_on, signer=signer, title=title, issued_by=issuer
        )


class ReachForm(IssuerMixin, ValuesForm):
    GROUPS = (
        (_("Document"), ("doc_number", "doc_signed_on", "doc_signer", "doc_issuer", "doc_title")),
        (_("Milestone"), ("stage", "on", "note")),
    )

    doc_number = Words(label=_("Number"), max_length=80, required=False)
    doc_signed_on = DayField(label=_("Signed on"), required=False)
    doc_signer = Words(label=_("Signer"), max_length=150, required=False)
    doc_issuer = AgencyField(label=_("Issued by"), required=False)
    doc_title = Words(label=_("Abstract"), max_length=500, required=False)
    stage = forms.ChoiceField(
        label=_("Milestone"), choices=[(s.value, s.label) for s in Stage if s != Stage.DECLARED]
    )
    on = DayField(label=_("Reached on"))
    note = Words(label=_("Note"), max_length=500, required=False, lines=2)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._prepare_issuer()
        self.initial.setdefault("on", timezone.localdate())

    def clean(self):
        typed = {n: self.cleaned_data.get(f"doc_{n}") for n in ("number", "signed_on", "signer", "title")}
        if (typed["signed_on"] or typed["signer"]) and not (typed["number"] or typed["title"]):
            self.add_error("doc_number", gettext("Write the number or the abstract of the document."))
        elif not self.errors:
            kind = STEP[Stage(self.cleaned_data["stage"])].evidence
            self.cleaned_data["document"] = self.document_of(kind=kind, **typed)
        return self.cleaned_data


class DeclareForm(IssuerMixin, ValuesForm):
    GROUPS = (
        (_("Document"), ("number", "on", "signer", "doc_issuer", "title")),
        (_("Declaration"), ("standard", "covers_procedures", "note")),
    )

    number = Words(
        label=_("Number"),
        max_length=80,
        required=False,
        help_text=_("May be added later; until then it shows as lacking evidence."),
    )
    on = DayField(label=_("Declared on"))
    signer = Words(label=_("Signer"), max_length=150, required=False)
    doc_issuer = AgencyField(label=_("Issued by"), required=False)
    title = Words(label=_("Abstract"), max_length=500, required=False)
    standard = StandardField(
        Standard.objects.order_by("-published_on"), label=_("Standard"), empty_label=None
    )
    covers_procedures = forms.BooleanField(
        label=_("It covers all administrative procedures of each agency"), required=False, initial=True
    )
    note = Words(label=_("Note"), max_length=500, required=False, lines=2)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._prepare_issuer()
        self.initial.setdefault("on", timezone.localdate())
        self.initial.setdefault("standard", Standard.objects.current(timezone.localdate()))

    def clean(self):
        if not self.errors:
            values = self.cleaned_data
            values["document"] = self.document_of(
                number=values["number"], signed_on=values["on"], signer=values["signer"],
                title=values["title"], kind=Evidence.DECISION,
            )  # fmt: skip
        return self.cleaned_data


class AssignForm(ValuesForm):
    GROUPS = (("", ("plan", "form", "year", "due_on")),)

    plan = forms.ModelChoiceField(Plan.objects.none(), label=_("Plan"), empty_label=None)
    form = forms.ChoiceField(label=_("Form"), choices=Form.choices)
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2199)
    due_on = LaterDay(label=_("Due on"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plans = Plan.objects.visible_to(self.person).select_related("agency")
        kept = [p.pk for p in plans if Role.COORDINATOR in roles_at(self.person, p.agency)]
        self.fields["plan"].queryset = Plan.objects.filter(pk__in=kept).select_related("agency")

    def clean(self):
        plan, year = self.cleaned_data.get("plan"), self.cleaned_data.get("year")
        if plan and year and year not in plan.years:
            self.add_error("year", gettext("The year lies outside the plan."))
        return self.cleaned_data


class DutyForm(ValuesForm):
    GROUPS = (
        (_("Standard"), ("standard", "applied_on")),
        (_("Document"), ("document_code",)),
    )

    standard = StandardField(
        Standard.objects.order_by("-published_on"),
        label=_("Standard"),
        required=False,
        empty_label=_("Leave it as it is"),
    )
    applied_on = DayField(label=_("Under ISO since"), required=False)
    document_code = Words(
        label=_("Document code"),
        max_length=60,
        required=False,
        help_text=_("Empty: leave it as it is."),
    )

    def clean(self):
        values = self.cleaned_data
        if not self.errors:
            if bool(values["standard"]) != bool(values["applied_on"]):
                lacking = "applied_on" if values["standard"] else "standard"
                self.add_error(
                    lacking, gettext("A standard needs the day since when, and the other way round.")
                )
            elif not values["standard"] and not values["document_code"]:
                self.add_error(None, gettext("Say what is to change."))
        return values


WAYS = [("filter", _("By a filter")), ("paste", _("By a list pasted from a sheet"))]


class OneDecisionForm(forms.Form):
    """One document for many agencies: what it makes true, and for whom."""

    act = forms.ChoiceField(label=_("What the document makes true"), widget=forms.RadioSelect)
    way = forms.ChoiceField(label=_("Choose the agencies"), choices=WAYS, widget=forms.RadioSelect)
    agency = AgencyField(
        label=_("Below"), required=False, help_text=_("Code or name; empty: everything you see.")
    )
    level = forms.ChoiceField(label=_("Level"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    phase = forms.ChoiceField(label=_("Stage"), required=False)
    declared = forms.ChoiceField(label=_("Declared"), required=False)
    pasted = forms.CharField(
        label=_("Codes or names, one agency a line"),
        required=False,
        max_length=500_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Copy the columns of your sheet as they are: code, name, district."),
    )
    FILTER = ("agency", "level", "kind", "phase", "declared")

    def __init__(self, data=None, *, person, acts, **kwargs):
        super().__init__(data, **kwargs)
        self.fields["act"].choices = [(act.name, act.title) for act in acts]
        self.fields["agency"].queryset = visible_to(person)
        filters = AgencyFilter({})
        for name in ("level", "kind", "phase", "declared"):
            self.fields[name].choices = filters.fields[name].choices
        self.initial = {"way": "filter", "act": acts[0].name if acts else ""} | self.initial

    def clean(self):
        if self.cleaned_data.get("way") == "paste" and "pasted" not in self.errors:
            lines = len(self.cleaned_data["pasted"].splitlines())
            if not lines:
                self.add_error("pasted", gettext("Paste the list first."))
            elif lines > MOST_LINES:
                told = gettext("The list has %(n)s lines; paste at most %(most)s at a time.")
                counted = {"n": number_format(lines), "most": number_format(MOST_LINES)}
                self.add_error("pasted", told % counted)
        return self.cleaned_data

    def query(self):
        """The filter as the list of agencies has it in its address: units only, they declare."""
        values = {name: self.cleaned_data.get(name) for name in self.FILTER}
        values["agency"] = values["agency"].pk if values["agency"] else None
        return urlencode({name: value for name, value in values.items() if value} | {"units": "yes"})


class ConfirmForm(forms.Form):
    """The last step: why, and what to do with rows that cannot be written."""

    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)
    # The last change set when it was shown, and its counts: for telling what differs.
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    told = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)
    reason = Words(label=_("Reason"), max_length=500, lines=2)
    leave_out = forms.BooleanField(label=_("Leave out the rows that cannot be changed"), required=False)
