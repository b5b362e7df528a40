"""What a person types about a milestone: record, correct, take back."""

from contextlib import suppress

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.models import Change
from agencies.viewpoint import DayField
from procedures import lifecycle
from procedures.lifecycle import Acceptance, Stage
from procedures.models import Milestone
from procedures.record_forms.base import RolloutForm, Words, facts_of, last_change_is_by, said
from procedures.record_forms.evidence import EvidenceForm, is_same


class DocumentForm(EvidenceForm, RolloutForm):
    """With its evidence."""

    @property
    def evidence(self):
        return lifecycle.STEP[self.stage].evidence if self.stage else super().evidence

    @property
    def stage(self):
        value = self.cleaned_data.get("stage")
        return Stage(value) if value in Stage.values else None

    def says(self, milestone):
        """Whether a milestone holds what was typed."""
        return (
            milestone.reached_on == self.cleaned_data["on"]
            and milestone.note == self.cleaned_data["note"]
            and is_same(self.cleaned_data["document"], milestone.document)
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
        kept = {"rollout": rollout, "roles": self.roles, "user": self.user}
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

    def __init__(self, *args, stage=None, on=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.standing = self.rollout.standing()
        # A declaration has a form of its own.
        self.allowed = [s for s in lifecycle.allowed_stages(self.standing, self.roles) if s != Stage.DECLARED]
        proposed = lifecycle.next_stage(self.standing.reached)
        asked = next((s for s in self.allowed if s == stage), None)
        self.proposed = asked or (proposed if proposed in self.allowed else next(iter(self.allowed), None))
        self.initial["stage"] = self.proposed
        with suppress(forms.ValidationError):
            self.initial["on"] = self.fields["on"].clean(on)
        # What was typed stays a choice: whether it is on record by now, the door says.
        kept = [s for s in Stage if s in self.allowed or s.value == self.data.get("stage")]
        self.fields["stage"].choices = [(s.value, s.label) for s in kept if s != Stage.DECLARED]
        # With a script the sentence above the form follows the choice and the day.
        for name in ("stage", "on"):
            self.fields[name].widget.attrs |= {
                "hx-get": self.action,
                "hx-include": "#id_stage, #id_on",
                "hx-trigger": "change",
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
