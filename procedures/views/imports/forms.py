"""What a person types while a list comes in."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.forms import CleanCharField
from agencies.viewpoint import DayField
from iso_rollout.sheets.guard import MAX_BYTES
from procedures.models import Plan

TOO_LARGE = _("The file is larger than %(size)s MB. Split the list, or copy it into a new workbook.")
ACCEPTED = ".xlsx,.xls,.ods,.csv,.tsv,.txt"


def _small_enough(file):
    if file and file.size > MAX_BYTES:
        raise ValidationError(TOO_LARGE % {"size": MAX_BYTES >> 20}, code="too_large")
    return file


class UploadForm(forms.Form):
    """A file or pasted cells, what kind of list they are, and the day they speak of."""

    kind = forms.ChoiceField(label=_("What kind of list is it?"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("File"), required=False, allow_empty_file=True, max_length=500,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )  # fmt: skip
    pasted = forms.CharField(
        label=_("Or paste cells copied from Excel"), required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("With the heading row. Cells arrive separated by tabs; that is how Excel copies them."),
    )  # fmt: skip
    on = DayField(
        label=_("Date of the list"),
        help_text=_("Names, codes and parents are understood as they were on this day."),
    )

    def __init__(self, *args, kinds, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind.name, kind.title) for kind in kinds]
        self.fields["kind"].initial = kinds[0].name
        self.fields["on"].initial = timezone.localdate

    def clean_file(self):
        return _small_enough(self.cleaned_data["file"])

    def clean(self):
        cleaned = super().clean()
        if "file" in self.errors:
            return cleaned
        if cleaned.get("file") and cleaned.get("pasted", "").strip():
            self.add_error("pasted", _("Give a file or pasted cells, not both."))
        elif not cleaned.get("file") and not cleaned.get("pasted", "").strip():
            self.add_error("file", _("Choose a file, or paste cells."))
        return cleaned

    def source(self):
        """(bytes, file name) of what was given."""
        if file := self.cleaned_data["file"]:
            return file.read(), file.name
        return self.cleaned_data["pasted"].encode(), str(_("Pasted cells")) + ".csv"


class WorkbookForm(forms.Form):
    """A filled workbook, or a zip of them."""

    file = forms.FileField(
        label=_("File"), max_length=500, error_messages={"required": _("Choose the filled workbook, or a zip of several.")},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.ods,.zip"}),
    )  # fmt: skip

    def clean_file(self):
        return _small_enough(self.cleaned_data["file"])


class ReadingForm(forms.Form):
    """How a list is to be read, beside the corrections in the sheet itself."""

    on = DayField(label=_("Date of the list"))
    convert_legacy = forms.BooleanField(label=_("Convert old fonts (TCVN3, VNI) to Unicode"), required=False)
    several = forms.BooleanField(label=_("An agency may stand in the list more than once"), required=False)
    correct = forms.BooleanField(
        label=_("Changed names, codes and parents were mistakes, not changes of that day"), required=False
    )
    since = DayField(
        label=_("New agencies exist since"), required=False, help_text=_("Empty: they have always existed.")
    )
    plan = forms.ChoiceField(label=_("Plan"), required=False)

    # Which questions a kind of list raises, beside the day and the fonts.
    OF_KIND = {
        "agencies": ("since", "correct", "several"),
        "declarations": ("several",),
        "plan": ("plan",),
    }

    def __init__(self, *args, kind, **kwargs):
        super().__init__(*args, **kwargs)
        wanted = {"on", "convert_legacy", *self.OF_KIND.get(kind.name, ())}
        for name in set(self.fields) - wanted:
            del self.fields[name]
        if "plan" in self.fields:
            codes = Plan.objects.values_list("code", "name")
            self.fields["plan"].choices = [("", _("The latest")), *codes]


class ConfirmForm(forms.Form):
    """The last word: why, and exactly what was shown."""

    reason = CleanCharField(
        label=_("Reason"), required=False, max_length=500,
        help_text=_("Such as the number of the letter that the list came with."),
    )  # fmt: skip
    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    told = forms.CharField(required=False, max_length=200_000, widget=forms.HiddenInput)
