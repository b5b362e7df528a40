"""The forms of the grid: its filter, one row, what is done to many, what is pasted, what is copied."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.viewpoint import DayField
from procedures.forms import FilterForm, _any, _choice
from procedures.grid.rows import STATES
from procedures.models import Standard
from procedures.record_forms.base import Words

MOST_PICKS = 50_000


class StandardField(forms.ModelChoiceField):
    def __init__(self, **kwargs):
        kwargs = {"label": _("Standard"), "queryset": Standard.objects.all(), "empty_label": "–"} | kwargs
        super().__init__(**kwargs)


class ShortStandardField(StandardField):
    """In a narrow column: ":2015"."""

    def label_from_instance(self, standard):
        return standard.short


class GridFilter(FilterForm):
    """Search, field and state of the rows."""

    q = forms.CharField(label=_("Search procedure"), required=False, max_length=200)
    field = _choice(_("Field"), [])
    state = _choice(_("State"), _any(STATES))

    def __init__(self, data, *, fields):
        super().__init__(data)
        self.fields["field"].choices = _any([(f, f) for f in fields], _("All fields"))

    @property
    def wanted(self):
        return self.cleaned_data if self.is_valid() else {}


class RowForm(forms.Form):
    """One row of the grid."""

    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    applied_on = DayField(label=_("Under ISO since"), required=False)
    standard = ShortStandardField(required=False)
    document_code = Words(label=_("Document code"), required=False, max_length=60)
    note = Words(label=_("Note"), required=False, max_length=300)

    def __init__(self, data=None, *, duty, **kwargs):
        self.duty = duty
        names = ("applied_on", "standard", "document_code", "note")
        initial = {name: getattr(duty, name) for name in names} | {"seen": duty.version}
        super().__init__(data, initial=initial, auto_id=f"id_%s_{duty.pk}", **kwargs)
        for name in self.fields:
            # The row is no element that may hold a form: its cells name the form that they belong to.
            self.fields[name].widget.attrs["form"] = f"row-form-{duty.pk}"

    def visible_fields(self):
        """The cells. Whoever opens the row goes on in its first one, or in the first that is wrong."""
        cells = super().visible_fields()
        first = next((cell for cell in cells if cell.errors), cells[0])
        first.field.widget.attrs["autofocus"] = True
        return cells

    def clean(self):
        cleaned = super().clean()
        day, standard = cleaned.get("applied_on"), cleaned.get("standard")
        if "applied_on" not in self.errors and "standard" not in self.errors:
            if day and not standard:
                self.add_error("standard", _("Choose the standard that it runs under since that day."))
            if standard and not day:
                self.add_error("applied_on", _("Write since when it runs under the standard."))
        return cleaned

    def values(self):
        cleaned = self.cleaned_data
        standard = cleaned["standard"]
        return {
            "standard_id": standard.pk if standard else None,
            "applied_on": cleaned["applied_on"],
            "document_code": cleaned["document_code"],
            "note": cleaned["note"],
        }


class PicksField(forms.CharField):
    """Numbers of records with commas between them, or several inputs of one name."""

    def __init__(self, **kwargs):
        super().__init__(**{"required": False, "widget": forms.MultipleHiddenInput} | kwargs)

    def to_python(self, value):
        numbers = [part for one in value or [] for part in str(one).split(",") if part.strip()]
        if len(numbers) > MOST_PICKS or not all(
            n.strip().isdecimal() and len(n.strip()) < 19 for n in numbers
        ):
            raise forms.ValidationError(_("Choose rows of this page."), code="invalid")
        return sorted({int(n) for n in numbers})


class ActForm(forms.Form):
    """What is done to many rows: the act, the rows, and what it needs."""

    ACTS = (("set", ""), ("clear", ""), ("end", ""), ("add", ""))

    act = forms.ChoiceField(choices=ACTS, label=_("Act"))
    picks = PicksField(label=_("Rows"))
    all = forms.BooleanField(required=False)
    standard = StandardField(required=False)
    on = DayField(label=_("From"), required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("act") == "set":
            if not cleaned.get("standard") and "standard" not in self.errors:
                self.add_error("standard", _("Choose the standard."))
            if not cleaned.get("on") and "on" not in self.errors:
                self.add_error("on", _("Write the day since when they run under it."))
        if not cleaned.get("picks") and not cleaned.get("all") and "picks" not in self.errors:
            self.add_error(None, _("Choose at least one row."))
        return cleaned


class PasteForm(forms.Form):
    """A block from a spreadsheet."""

    pasted = forms.CharField(
        label=_("Paste here what you copied in the spreadsheet"),
        max_length=2_000_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "wrap": "off"}),
        help_text=_(
            "One column, or several. With a column of procedure codes each line finds its row; without one "
            "the lines go down the grid in its order."
        ),
    )
    standard = StandardField(required=False, label=_("Standard, where the block names none"))
    on = DayField(required=False, label=_("Day, where the block names none"))
    empty_clears = forms.BooleanField(required=False, label=_("An empty cell clears the value"))
    start = forms.IntegerField(required=False, min_value=0, max_value=2**62, widget=forms.HiddenInput)
    first = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, data=None, **kwargs):
        initial = {"standard": Standard.objects.current(timezone.localdate())} | kwargs.pop("initial", {})
        super().__init__(data, initial=initial, **kwargs)


class CopyForm(forms.Form):
    """What is taken over from a similar agency."""

    source = forms.ModelChoiceField(label=_("Copy from"), queryset=None, to_field_name="pk")
    on = DayField(
        required=False,
        label=_("Under ISO since"),
        help_text=_("With a day, the standard of the other agency is set too, from that day."),
    )
    picks = PicksField(label=_("Rows"))

    def __init__(self, data=None, *, peers, **kwargs):
        super().__init__(data, **kwargs)
        self.fields["source"].queryset = peers
