"""What a person types about a milestone: record, correct, take back."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.models import Change
from agencies.viewpoint import DayField
from procedures import lifecycle
from procedures.lifecycle import Acceptance, Stage
from procedures.models import Document, Milestone
from procedures.record_forms.base import RolloutForm, Words, facts_of, last_change_is_by, said


class DocumentForm(RolloutForm):
    """With its evidence: a document on record, or a new one that is typed."""

    DOCUMENT = ("document", "doc_number", "doc_signed_on", "doc_signer", "doc_title")

    document = forms.ModelChoiceField(
        Document.objects.none(),
        label=_("Document"),
        required=False,
        empty_label=_("None, or the one entered below"),
    )
    doc_number = Words(label=_("Number"), max_length=80, required=False)
    doc_signed_on = DayField(label=_("Signed on"), required=False)
    doc_signer = Words(label=_("Signer"), max_length=150, required=False)
    doc_title = Words(label=_("Abstract"), max_length=500, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["document"].queryset = Document.objects.of_agency(self.agency).order_by(
            "-signed_on", "-id"
        )

    def clean(self):
        typed = {n: self.cleaned_data.get(f"doc_{n}") for n in ("number", "signed_on", "signer", "title")}
        if any(typed.values()):
            if self.cleaned_data.get("document"):
                self.add_error("document", gettext("Choose a document or enter one, not both."))
            elif not typed["number"] and not typed["title"]:
                self.add_error("doc_number", gettext("Write the number or the abstract of the document."))
            else:
                self.cleaned_data["document"] = self._typed(typed)
        return self.cleaned_data

    def _typed(self, typed):
        """The document that was typed: the one on record when its number and day are there already."""
        known = Document.objects.of_agency(self.agency).filter(number=typed["number"])
        known = known.filter(signed_on=typed["signed_on"]).exclude(number="").first()
        kind = lifecycle.STEP[self.stage].evidence if self.stage else lifecycle.Evidence.DECISION
        return known or Document(kind=kind, issued_by=self.agency, **typed)

    @property
    def stage(self):
        value = self.cleaned_data.get("stage")
        return Stage(value) if value in Stage.values else None

    def says(self, milestone):
        """Whether a milestone holds what was typed."""
        typed, stored = self.cleaned_data["document"], milestone.document
        parts = ("number", "signed_on", "title")
        return (
            milestone.reached_on == self.cleaned_data["on"]
            and milestone.note == self.cleaned_data["note"]
            and [getattr(typed, p, None) for p in parts] == [getattr(stored, p, None) for p in parts]
        )

    def on_record(self):
        """The milestone of this stage as it is now, None without one."""
        found = self.rollout.milestones.select_related("document", "recorded_by")
        return found.filter(stage=self.cleaned_data["stage"]).first()

    def theirs(self):
        milestone = self.on_record()
        if milestone is None:
            stage = self.fresh().get_stage_display() or lifecycle.Phase.NOT_STARTED.label
            return [("", gettext("Stage of the undertaking"), stage)]
        values = {
            "stage": milestone.get_stage_display(),
            "on": milestone.reached_on,
            "document": milestone.document,
            "note": milestone.note,
        }
        lines = [
            (name, self.fields[name].label, said(values[name])) for name in self.COMPARED if name in values
        ]
        return [*lines, ("", gettext("Confirmation"), milestone.get_acceptance_display())]

    def again(self):
        """The same entry on the version of now: a correction where the milestone is there by now."""
        rollout, milestone = self.fresh(), self.on_record()
        kept = {"rollout": rollout, "roles": self.roles}
        if milestone is None or not milestone.counts:
            return MilestoneForm(self._data(seen=rollout.version), **kept)
        reason = self.cleaned_data.get("reason") or gettext("Recorded by two people at the same time")
        newer = {"seen": rollout.version, "entry_seen": milestone.version, "reason": reason}
        return AmendForm(self._data(**newer), milestone=milestone, **kept)


class MilestoneForm(DocumentForm):
    """Record a milestone."""

    GROUPS = (("", ("stage", "on")), (_("Evidence"), DocumentForm.DOCUMENT), ("", ("note",)))
    COMPARED = ("stage", "on", "document", "note")
    HEADING, SUBMIT = _("Record a milestone"), _("Record")

    stage = forms.ChoiceField(label=_("Milestone"))
    on = DayField(label=_("Reached on"))
    note = Words(label=_("Note"), max_length=500, required=False, lines=2)

    def __init__(self, *args, stage=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.standing = self.rollout.standing()
        # A declaration has a form of its own.
        self.allowed = [s for s in lifecycle.allowed_stages(self.standing, self.roles) if s != Stage.DECLARED]
        proposed = lifecycle.next_stage(self.standing.reached)
        asked = next((s for s in self.allowed if s == stage), None)
        self.proposed = asked or (proposed if proposed in self.allowed else next(iter(self.allowed), None))
        self.initial["stage"] = self.proposed
        # What was typed stays a choice: whether it is on record by now, the door says.
        kept = [s for s in Stage if s in self.allowed or s.value == self.data.get("stage")]
        self.fields["stage"].choices = [(s.value, s.label) for s in kept if s != Stage.DECLARED]
        # With a script the sentence above the form follows the choice.
        self.fields["stage"].widget.attrs = {
            "hx-get": self.action,
            "hx-target": "#becomes",
            "hx-select": "#becomes",
            "hx-swap": "outerHTML",
        }

    @property
    def action(self):
        return self.address("record_milestone")

    def is_on_record(self, user):
        """The same person recorded the same already: the second of two clicks."""
        milestone = self.on_record()
        return milestone is not None and milestone.recorded_by_id == user.pk and self.says(milestone)


class AmendForm(DocumentForm):
    """Correct a milestone, or mend a returned one and hand it in again."""

    GROUPS = (("", ("on",)), (_("Evidence"), DocumentForm.DOCUMENT), ("", ("note", "reason")))
    COMPARED = ("on", "document", "note", "reason")

    stage = forms.ChoiceField(label=_("Milestone"), choices=Stage.choices, widget=forms.HiddenInput)
    entry_seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    on = DayField(label=_("Reached on"))
    note = Words(label=_("Note"), max_length=500, required=False, lines=2)
    reason = Words(label=_("Reason of the correction"), max_length=500, lines=2)

    def __init__(self, *args, milestone, **kwargs):
        self.milestone = milestone
        initial = {
            "stage": milestone.stage,
            "entry_seen": milestone.version,
            "on": milestone.reached_on,
            "document": milestone.document_id,
            "note": milestone.note,
        }
        super().__init__(*args, initial=initial, **kwargs)
        if milestone.acceptance == Acceptance.RETURNED:
            # The lead agency's note is reason enough.
            self.fields["reason"].required = False

    @property
    def heading(self):
        if self.milestone.acceptance == Acceptance.RETURNED:
            return gettext("Mend and hand in again: %s") % self.milestone.get_stage_display()
        return gettext("Correct: %s") % self.milestone.get_stage_display()

    @property
    def submit(self):
        returned = self.milestone.acceptance == Acceptance.RETURNED
        return gettext("Hand in again") if returned else gettext("Save the correction")

    @property
    def action(self):
        return self.address("amend_milestone", self.milestone.pk)

    def values(self):
        return {name: value for name, value in super().values().items() if name != "stage"}

    def is_on_record(self, user):
        milestone = self.on_record()
        return (
            milestone is not None
            and self.says(milestone)
            and last_change_is_by(user, Change.objects.of(milestone))
        )


class WithdrawForm(RolloutForm):
    """Take a milestone back."""

    GROUPS = (("", ("reason",)),)
    COMPARED = ("reason",)
    SUBMIT = _("Take back")

    reason = Words(label=_("Reason"), max_length=500, lines=2)

    def __init__(self, *args, milestone, **kwargs):
        self.milestone = milestone
        super().__init__(*args, **kwargs)

    @property
    def heading(self):
        return gettext("Take back: %s") % self.milestone.get_stage_display()

    @property
    def action(self):
        return self.address("withdraw_milestone", self.milestone.pk)

    def is_on_record(self, user):
        return not Milestone.objects.filter(pk=self.milestone.pk).exists()

    def theirs(self):
        return facts_of(Milestone.objects.select_related("document").get(pk=self.milestone.pk))

    def again(self):
        rollout = self.fresh()
        kept = {"rollout": rollout, "roles": self.roles, "milestone": self.milestone}
        return WithdrawForm(self._data(seen=rollout.version), **kept)
