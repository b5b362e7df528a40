"""What a person chooses before a report is made, and a template that comes in."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.viewpoint import CONFIRMED_ONLY, DayField
from procedures.models import Plan
from procedures.record_forms.base import LaterDay, Words
from reports.models import Kind
from reports.papers.content import Office
from reports.papers.limits import MAX_TEMPLATE


class Lines(Words):
    """Several lines of text → a tuple of its lines that are not empty."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value):
        lines = (super(Lines, self).to_python(line) for line in (value or "").splitlines()[:20])
        return tuple(line.rstrip(".;") for line in lines if line)

    def validate(self, value):
        """Any number of lines is right."""

    def run_validators(self, value):
        """The lines were cleaned one by one."""


class ReportForm(forms.Form):
    """Kind, plan, scope and day of a report, and what its office puts on it. GET: the address says it all."""

    kind = forms.ChoiceField(label=_("Report"), choices=Kind.choices, initial=Kind.PROGRESS)
    plan = forms.ModelChoiceField(
        label=_("Plan"), queryset=Plan.objects.none(), required=False, to_field_name="code", empty_label=_("without a plan")
    )  # fmt: skip
    agency = forms.ModelChoiceField(label=_("Scope"), queryset=Plan.objects.none())
    on = DayField(label=_("Figures as of"))
    # By the name that the switch has on every page.
    xacnhan = forms.BooleanField(
        label=_("Confirmed entries only"), required=False, widget=forms.CheckboxInput(attrs={"value": "1"})
    )
    made_on = LaterDay(label=_("Day of the report"))
    addressees = Lines(label=_("Addressees"), required=False, help_text=_("One a line. Empty: none."))
    recipients = Lines(label=_("Recipients"), required=False, help_text=_("One a line."))
    signer_title = Words(label=_("Title of the signer"), max_length=100)
    signer_name = Words(label=_("Name of the signer"), max_length=100, required=False)

    def __init__(self, data=None, *, plans, scopes, **kwargs):
        super().__init__(data, **kwargs)
        self.fields["plan"].queryset = plans
        self.fields["agency"].queryset = scopes

    @classmethod
    def defaults(cls, *, plan, scope):
        """What an office usually wants: the latest plan, everything it sees, today."""
        today = f"{timezone.localdate():%d/%m/%Y}"
        return {
            "kind": Kind.PROGRESS, "plan": plan.code if plan else "", "agency": scope.pk, "on": today, "made_on": today,
            "addressees": "\n".join(Office.addressees), "recipients": "Như trên",
            "signer_title": "Giám đốc", "signer_name": "",
        }  # fmt: skip

    def wanted(self):
        """The arguments of `content.build`, without the person."""
        data = self.cleaned_data
        office = Office(
            data["made_on"], data["signer_title"], data["signer_name"], data["addressees"], data["recipients"]
        )
        return {
            "kind": data["kind"], "plan": data["plan"], "on": data["on"], "scope": data["agency"], "office": office,
            "confirmed_only": data[CONFIRMED_ONLY],
        }  # fmt: skip


class TemplateForm(forms.Form):
    """A Word template of the office."""

    name = Words(label=_("Name"), max_length=150)
    file = forms.FileField(
        label=_("Word template (.docx)"), widget=forms.ClearableFileInput(attrs={"accept": ".docx"})
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > MAX_TEMPLATE:
            raise forms.ValidationError(
                _("The file is larger than %(size)s MB."), params={"size": MAX_TEMPLATE >> 20}
            )
        return file
