"""Several milestones of one rollout at once, for an agency that reports late."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from procedures import effects, lifecycle
from procedures.lifecycle import Gap, Stage
from procedures.record_forms import SeveralForm
from procedures.views.recording import answer, asked_or_typed, rollout_of, typed, writable

FIELDS = "procedures/_several_fields.html"


@asked_or_typed
def record_several(request, pk, rollout_id):
    """Every missing milestone a row; those with a day are recorded together, or none of them."""
    agency, roles = writable(request, pk)
    rollout = rollout_of(agency, rollout_id)
    form = SeveralForm(*typed(request), rollout=rollout, roles=roles, user=request.user)
    if request.method != "POST" and not form.stages:
        messages.info(request, _("No milestone is left to be recorded here."))
        return redirect(form.back)

    def save():
        milestones = rollout.reach_many(by=request.user, **form.values())
        number = len(milestones)
        done = ngettext("%d milestone recorded.", "%d milestones recorded.", number) % number
        last = Stage(milestones[-1].stage)
        reached = rollout.standing(without=milestones[-1]).reached
        becomes = effects.of_milestone(rollout, reached, last)
        standing = rollout.standing()
        found = {gap for m in milestones for gap in lifecycle.gaps(standing, at=m.stage)}
        return [done, *becomes], [gap for gap in Gap if gap in found], form.back

    becomes = [
        _("Each row with a day becomes a milestone. All of them are recorded together, or none."),
        *effects.awaiting(roles),
    ]
    return answer(request, form, save, becomes=becomes, fields=FIELDS)
