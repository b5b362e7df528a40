"""Bulk edits of undertakings: another due day, another state, the same milestone."""

from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.access import roles_at
from agencies.errors import Refused
from procedures import lifecycle
from procedures.bulk import forms
from procedures.bulk.lines import SAME, Line
from procedures.lifecycle import Stage, State
from procedures.models import Rollout, RolloutMove
from procedures.models.documents import entered
from procedures.models.rollout_lists import (
    milestones_of,
    move_many,
    reach_many,
    reschedule_many,
    standings,
)
from procedures.stages import stage_label


def undertaking(rollout):
    return f"{rollout.get_form_display()} {rollout.year}"


def line_of(rollout, **values):
    return Line(
        rollout.pk, rollout.agency, undertaking(rollout), version=rollout.version, plan=rollout, **values
    )


def read(rollouts):
    """The chosen rollouts with what rules and names need, in one query."""
    return list(rollouts.select_related("agency", "plan__agency"))


class Reschedule:
    """Another due day."""

    subject, name = "rollouts", "due"
    title = gettext_lazy("Set the due day")
    roles = lifecycle.KEEPERS
    form_class = forms.DueForm

    def look(self, chosen, values, *, by):
        lines = []
        for rollout in read(chosen):
            line = line_of(rollout, before=date_format(rollout.due_on), after=date_format(values["due_on"]))
            try:
                rollout.check_due(values["due_on"], roles_at(by, rollout.agency))
            except Refused as refused:
                line.refuse(refused)
            else:
                line.outcome = SAME if rollout.due_on == values["due_on"] else line.outcome
            lines.append(line)
        return lines

    def told(self, values, count):
        words = {"n": number_format(count), "day": date_format(values["due_on"])}
        return (
            ngettext("Due on %(day)s: %(n)s undertaking", "Due on %(day)s: %(n)s undertakings", count) % words
        )

    def write(self, lines, values, *, by, reason, change_set):
        reschedule_many([line.plan for line in lines], values["due_on"], by=by, change_set=change_set)


class Move:
    """Pause, resume, carry over, cancel, end."""

    subject, name = "rollouts", "move"
    title = gettext_lazy("Pause, resume, carry over or cancel")
    roles = lifecycle.KEEPERS
    form_class = forms.MoveForm

    def look(self, chosen, values, *, by):
        state = State(values["state"])
        rollouts = read(chosen)
        held = standings(rollouts, milestones_of(chosen))
        last = RolloutMove.objects.filter(rollout__in=chosen.order_by().values("pk")).order_by()
        last = dict(last.values_list("rollout").annotate(day=Max("moved_on")))
        taken = self._taken(rollouts, values) if state == State.CARRIED_OVER else set()
        lines = []
        for rollout in rollouts:
            line = line_of(rollout, before=State(rollout.state).label, after=self._after(state, values))
            lines.append(line)
            if rollout.state == state:
                line.outcome = SAME
                continue
            try:
                rollout.check_move(
                    state, held[rollout.pk], on=values["on"], roles=roles_at(by, rollout.agency), reason="–",
                    last=last.get(rollout.pk), year=values["year"], due_on=values["due_on"],
                )  # fmt: skip
                if (rollout.plan_id, rollout.agency_id, rollout.form) in taken:
                    raise Refused(_("%s has this undertaking already.") % rollout.agency, "agency")
            except Refused as refused:
                line.refuse(refused)
            else:
                # Two undertakings of one unit do not become one.
                taken.add((rollout.plan_id, rollout.agency_id, rollout.form))
        return lines

    @staticmethod
    def _taken(rollouts, values):
        """Undertakings of the other year on record already."""
        plans = {r.plan_id for r in rollouts}
        there = Rollout.objects.filter(plan__in=plans, year=values["year"]).order_by()
        return set(there.values_list("plan", "agency", "form"))

    @staticmethod
    def _after(state, values):
        if state != State.CARRIED_OVER:
            return str(state.label)
        words = {"state": state.label, "year": values["year"], "day": date_format(values["due_on"])}
        return _("%(state)s: %(year)s, due %(day)s") % words

    def told(self, values, count):
        words = {"n": number_format(count), "state": State(values["state"]).label}
        return ngettext("%(state)s: %(n)s undertaking", "%(state)s: %(n)s undertakings", count) % words

    def write(self, lines, values, *, by, reason, change_set):
        move_many(
            [line.plan for line in lines], State(values["state"]), on=values["on"], by=by, reason=reason,
            change_set=change_set, year=values["year"], due_on=values["due_on"],
        )  # fmt: skip


class Reach:
    """The same milestone on the same day, with the same document."""

    subject, name = "rollouts", "reach"
    title = gettext_lazy("Record the same milestone")
    roles = lifecycle.RECORDERS
    form_class = forms.ReachForm

    def look(self, chosen, values, *, by):
        rollouts, reached = read(chosen), milestones_of(chosen)
        held = standings(rollouts, reached)
        return [judge(r, reached[r.pk], held[r.pk], values, by) for r in rollouts]

    def told(self, values, count):
        words = {"n": number_format(count), "stage": Stage(values["stage"]).label}
        return ngettext("%(stage)s: %(n)s agency", "%(stage)s: %(n)s agencies", count) % words

    def write(self, lines, values, *, by, reason, change_set):
        reach_many(
            [line.plan for line in lines], values["stage"], on=values["on"], by=by, change_set=change_set,
            document=entered(values["document"], change_set), note=values["note"],
        )  # fmt: skip


def judge(rollout, reached, standing, values, by):
    """What recording the milestone would do to one rollout."""
    stage, on = Stage(values["stage"]), values["on"]
    rank = max((s.rank for s, m in reached.items() if m.counts), default=0)
    # An earlier milestone is added: the stage that was reached stays.
    before = "" if rank > stage.rank else stage_label(rank)
    line = line_of(rollout, before=before, after=f"{stage.label} · {date_format(on)}")
    there = reached.get(stage)
    if there is not None and not there.counts:
        refused = Refused(_("This milestone was returned by the lead agency."))
        return line.refuse(refused, _("Mend it on the page of the agency and hand it in again."))
    if there is not None:
        if there.reached_on == on and (
            values["document"] is None or there.document_id == values["document"].pk
        ):
            line.outcome = SAME
            return line
        words = {"stage": stage.label, "day": date_format(there.reached_on)}
        refused = Refused(_("%(stage)s is on record already, on %(day)s.") % words)
        return line.refuse(refused, _("Correct it on the page of the agency."))
    try:
        roles, today = roles_at(by, rollout.agency), timezone.localdate()
        line.gaps = tuple(lifecycle.check_step(standing, stage, on=on, roles=roles, today=today))
    except Refused as refused:
        resume = _("Resume the undertaking first.") if standing.state == State.PAUSED else ""
        line.refuse(refused, resume)
    return line
