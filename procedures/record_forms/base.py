"""What the forms that write to the record have in common."""

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.viewpoint import DayField
from iso_rollout.text import clean, find_bad_characters
from procedures.models import Milestone


class Words(forms.CharField):
    """Text as it is stored: NFC, single spaces, nothing that cannot be printed."""

    def __init__(self, *, lines=0, **kwargs):
        if lines:
            kwargs["widget"] = forms.Textarea(attrs={"rows": lines})
        super().__init__(**kwargs)

    def to_python(self, value):
        text = clean(super().to_python(value))
        if bad := find_bad_characters(text):
            raise forms.ValidationError(
                _("These characters cannot be stored: %(signs)s"), params={"signs": ", ".join(bad)}
            )
        return text


def note_of(text):
    """(a note as it is stored, what is wrong with it), where it is the only field that is typed."""
    try:
        return Words(max_length=500, required=False).clean(text), ""
    except forms.ValidationError as fault:
        return text, " ".join(fault.messages)


class LaterDay(DayField):
    """A day that may lie in the future, such as a due day."""

    def clean(self, value):
        return forms.DateField.clean(self, value)


def said(value):
    """A value as the two versions of a record print it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if hasattr(value, "strftime"):
        return date_format(value)
    return str(value)


def last_change_is_by(user, lines):
    """Whether the latest of some lines of history was made by a person."""
    last = lines.select_related("change_set").first()
    return last is not None and last.change_set.made_by_id == user.pk


class RecordForm(forms.Form):
    """One act on the record. Subclasses say where they are posted and what is on record now.

    `COMPARED` names the fields that two versions are compared by.
    """

    GROUPS = ()
    COMPARED = ()
    HEADING = SUBMIT = ""

    # The version that the person was looking at.
    seen = forms.IntegerField(
        label=_("Version of the page"), min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Errors are listed in the order of the page.
        self.order_fields([name for _legend, names in self.GROUPS for name in names])

    @property
    def heading(self):
        return self.HEADING

    @property
    def submit(self):
        return self.SUBMIT

    @property
    def crumbs(self):
        """The way to this page: [(name, address)]."""
        return [(gettext("Agencies"), reverse("agencies")), (self.agency.name, self.back)]

    @property
    def subject(self):
        """What the act is about."""
        return self.agency.name

    def groups(self):
        """The fields under their legends, for the page; a legend without a field is left out."""
        groups = [
            (legend, [self[name] for name in names if name in self.fields]) for legend, names in self.GROUPS
        ]
        return [(legend, fields) for legend, fields in groups if fields]

    def refuse(self, refused):
        """A door's refusal, beside the field that it names."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)

    def mine(self):
        """What the person typed: [(field, label, text)]."""
        return [(name, self.fields[name].label, said(self._shown(name))) for name in self.COMPARED]

    def _shown(self, name):
        value = self.cleaned_data.get(name)
        choices = getattr(self.fields[name], "choices", None)
        return dict(self.fields[name].choices).get(value, value) if isinstance(choices, list) else value

    def versions(self):
        """What was typed and what is on record now, each line marked where they differ."""
        mine, theirs = self.mine(), self.theirs()
        there, here = {t[0]: t[2] for t in theirs}, {m[0]: m[2] for m in mine}
        return (
            [(label, text, name in there and there[name] != text) for name, label, text in mine],
            [(label, text, name in here and here[name] != text) for name, label, text in theirs],
        )

    is_searching = False

    def values(self):
        """What the door takes."""
        return dict(self.cleaned_data)

    def _data(self, **newer):
        """What was typed, on the version that is on record now; files that came along need not be sent again."""
        data = self.data.copy()
        for name, field in self.fields.items():
            if kept := getattr(field.widget, "kept", None):
                data[name] = kept.token
        for name, value in newer.items():
            data[name] = str(value)
        return data


class RolloutForm(RecordForm):
    """An act on one rollout."""

    def __init__(self, data=None, files=None, *, rollout, roles, **kwargs):
        self.rollout, self.agency, self.roles = rollout, rollout.agency, roles
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {"seen": rollout.version, "on": timezone.localdate()} | kwargs["initial"]
        super().__init__(data, files, **kwargs)

    def address(self, name, *args):
        return reverse(name, args=[self.agency.pk, self.rollout.pk, *args])

    @property
    def subject(self):
        return f"{self.agency.name} · {self.rollout.get_form_display()} {self.rollout.year}"

    @property
    def back(self):
        return f"{self.agency.get_absolute_url()}#rollout-{self.rollout.pk}"

    def fresh(self):
        """The rollout as it is on record now."""
        return type(self.rollout).objects.select_related("agency", "plan").get(pk=self.rollout.pk)


def facts_of(entry):
    """A milestone or declaration as it is on record, for a page that asks about it: [(field, label, text)]."""
    day = entry.reached_on if isinstance(entry, Milestone) else entry.declared_on
    number = entry.document if isinstance(entry, Milestone) else entry.number
    return [
        ("", gettext("Day"), said(day)),
        ("", gettext("Evidence"), said(number)),
        ("", gettext("Note"), said(entry.note)),
        ("after", gettext("Confirmation"), entry.get_acceptance_display()),
        ("note", gettext("Note of the lead agency"), said(entry.review_note)),
    ]
