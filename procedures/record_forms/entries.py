"""What a person types about any entry: the lead agency's word, and taking a declaration back."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.models import Change
from procedures.lifecycle import REVIEWS, Acceptance
from procedures.models import Milestone
from procedures.record_forms.base import RecordForm, Words, facts_of, last_change_is_by


class EntryForm(RecordForm):
    """An act on one entry, milestone or declaration, by its own version."""

    def __init__(self, data=None, *, entry, agency, back, **kwargs):
        self.entry, self.agency, self.back = entry, agency, back
        super().__init__(data, initial={"seen": entry.version}, **kwargs)

    def fresh(self):
        return type(self.entry).objects.get(pk=self.entry.pk)

    def theirs(self):
        return facts_of(self.fresh())

    def again(self):
        found = self.fresh()
        return type(self)(self._data(seen=found.version), entry=found, agency=self.agency, back=self.back)

    def address(self, act):
        if isinstance(self.entry, Milestone):
            return reverse(f"{act}_milestone", args=[self.agency.pk, self.entry.rollout_id, self.entry.pk])
        return reverse(f"{act}_declaration", args=[self.agency.pk, self.entry.pk])


class WithdrawDeclarationForm(EntryForm):
    """Take a declaration back."""

    GROUPS = (("", ("reason",)),)
    COMPARED = ("reason",)
    HEADING, SUBMIT = _("Take the declaration back"), _("Take back")

    reason = Words(label=_("Reason"), max_length=500, lines=2)

    @property
    def action(self):
        return self.address("withdraw")

    def is_on_record(self, user):
        return not type(self.entry).objects.filter(pk=self.entry.pk).exists()


class ReviewForm(EntryForm):
    """The lead agency confirms an entry or returns it with a note; staff hand it in again."""

    GROUPS = (("", ("note",)),)
    COMPARED = ("after", "note")

    after = forms.ChoiceField(label=_("Confirmation"), choices=Acceptance.choices, widget=forms.HiddenInput)
    note = Words(
        label=_("Note"),
        max_length=500,
        required=False,
        lines=3,
        help_text=_("Needed when you return the entry: say what has to be mended."),
    )

    @property
    def heading(self):
        what = self.entry.get_stage_display() if isinstance(self.entry, Milestone) else self.entry.number
        return gettext("Confirm or return: %s") % (what or gettext("declaration"))

    @property
    def submit(self):
        return gettext("Save")

    @property
    def action(self):
        return self.address("review")

    def choices(self, roles):
        """The decisions that the table offers one of these roles now."""
        return [after for before, after, by in REVIEWS if before == self.entry.acceptance and roles & by]

    def is_on_record(self, user):
        found = type(self.entry).objects.filter(pk=self.entry.pk).first()
        return (
            found is not None
            and found.acceptance == self.cleaned_data["after"]
            and last_change_is_by(user, Change.objects.of(found))
        )
