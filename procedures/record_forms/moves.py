"""What a person types to stop a rollout, let it go on, or end it."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.viewpoint import DayField
from procedures import lifecycle
from procedures.lifecycle import State
from procedures.record_forms.base import LaterDay, RolloutForm, Words, said


class MoveForm(RolloutForm):
    """Pause, resume, carry over, cancel or end a rollout."""

    GROUPS = (("", ("on", "year", "due_on", "reason")),)
    WORDS = {
        State.ACTIVE: (_("Resume the undertaking"), _("Resume")),
        State.PAUSED: (_("Pause the undertaking"), _("Pause")),
        State.CARRIED_OVER: (_("Carry over to another year"), _("Carry over")),
        State.CANCELLED: (_("Cancel the undertaking"), _("Cancel the undertaking")),
        State.REORGANISED: (_("End by reorganisation"), _("End the undertaking")),
    }

    on = DayField(label=_("From"))
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    due_on = LaterDay(label=_("Due on"))
    reason = Words(label=_("Reason"), max_length=500, lines=2)

    def __init__(self, *args, state, **kwargs):
        self.state = state
        super().__init__(*args, **kwargs)
        if state == State.CARRIED_OVER:
            years = [year for year in self.rollout.plan.years if year > self.rollout.year]
            self.fields["year"].choices = [(year, str(year)) for year in years]
            self.initial["due_on"] = self.rollout.plan.ends_on
        else:
            del self.fields["year"], self.fields["due_on"]
        self.HEADING, self.SUBMIT = self.WORDS[state]
        self.COMPARED = tuple(n for n in ("on", "year", "due_on", "reason") if n in self.fields)

    @property
    def action(self):
        return self.address("move_rollout", self.state.value)

    def is_on_record(self, user):
        moves = self.rollout.moves.filter(state=self.state, moved_by=user)
        return moves.filter(
            moved_on=self.cleaned_data["on"], reason=self.cleaned_data["reason"]
        ).exists() and (self.fresh().state == self.state)

    def mine(self):
        return [("state", gettext("State"), self.state.label), *super().mine()]

    def theirs(self):
        rollout = self.fresh()
        last = rollout.moves.order_by("moved_on", "id").last()
        stage = rollout.get_stage_display() or lifecycle.Phase.NOT_STARTED.label
        lines = [
            ("state", gettext("State"), rollout.get_state_display()),
            ("", gettext("Stage of the undertaking"), stage),
        ]
        if last is not None:
            lines += [
                ("on", gettext("From"), said(last.moved_on)),
                ("reason", gettext("Reason"), last.reason),
            ]
        return lines

    def again(self):
        rollout = self.fresh()
        kept = {"rollout": rollout, "roles": self.roles, "state": self.state}
        return MoveForm(self._data(seen=rollout.version), **kept)
