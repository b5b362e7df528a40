"""From what a person chose and typed to one change set: look, and apply exactly what was shown."""

from urllib.parse import parse_qsl

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.access import visible_to
from agencies.errors import Refused
from agencies.history import open_change_set
from agencies.imports.engine import hold_lists
from agencies.models import Agency
from agencies.viewpoint import viewpoint
from procedures import listing
from procedures.bulk import pasted
from procedures.bulk.lines import REFUSED, WILL, Preview
from procedures.forms import AgencyFilter, DutyFilter, RolloutFilter
from procedures.models import AgencyProcedure, BulkEdit, Campaign, Plan, Rollout, Wave


class Different(Refused):
    """What was shown would no longer happen; nothing was written. `preview` is what would happen now."""

    def __init__(self, preview):
        super().__init__(_("The register has changed since this was shown; nothing was written."))
        self.preview = preview


class AlreadyDone(Refused):
    """The second of two clicks: the edit was confirmed before."""


def chosen(edit, user):
    """The rows that an edit speaks of, as a queryset of what the person sees. Raises Refused for a lost scope."""
    params = dict(parse_qsl(edit.query))
    if edit.subject == "rollouts":
        rows = Rollout.objects.visible_to(user)
    elif edit.subject == "duties":
        rows = AgencyProcedure.objects.visible_to(user)
    else:
        rows = visible_to(user).not_void()
    if edit.picked:
        return rows.filter(pk__in=edit.picked).order_by(*_order(edit.subject))
    if edit.pasted:
        found = pasted.match(edit.pasted, edit.answers, user=user, on=timezone.localdate())
        return rows.filter(pk__in=found.ids).order_by("sort_key", "id")
    if edit.subject == "waves":
        return rows.filter(pk__in=_wave(params, user).units().order_by().values("pk")).order_by(
            "sort_key", "id"
        )
    try:
        view = viewpoint(user, params, whole=True)
    except Agency.DoesNotExist:
        raise Refused(_("The agency of the filter is not yours to see.")) from None
    if edit.subject == "rollouts":
        plan = Plan.objects.visible_to(user).filter(code=params.get("plan", "")).first()
        if plan is None:
            raise Refused(_("The plan of the filter is not yours to see."))
        return listing.rollouts(user, view, _wanted(RolloutFilter(params, plan=plan)), plan=plan)
    if edit.subject == "duties":
        return listing.duties(user, view, _wanted(DutyFilter(params)))
    fitting = listing.agencies(user, view, _wanted(AgencyFilter(params))).order_by()
    return rows.filter(pk__in=fitting.values("pk")).order_by("sort_key", "id")


def _wave(params, user):
    """The wave that an edit speaks of. Raises Refused for a lost scope."""
    waves = Wave.objects.filter(campaign__in=Campaign.objects.visible_to(user))
    waves = waves.select_related("campaign__plan__agency", "territory")
    number = params.get("wave", "")
    found = waves.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if found is None:
        raise Refused(_("The campaign is not yours to see."))
    return found


def _order(subject):
    return {"agencies": ("sort_key", "id"), "rollouts": ("agency__sort_key", "id")}.get(
        subject, ("agency_id", "procedure_id")
    )


def _wanted(form):
    if not form.is_valid():
        raise Refused(_("The filter cannot be read."))
    return form.cleaned_data


def look(edit, act, values, *, user):
    """What the edit would do now. Writes nothing. Raises Refused when it cannot be worked out."""
    return Preview(act.look(chosen(edit, user), values, by=user))


@transaction.atomic
def apply(edit, act, values, *, user, shown, reason, leave_out):
    """Write what was shown, all of it in one change set, or nothing. Returns the change set.

    `shown`: the digest of the preview; `leave_out`: go on without the rows that are refused.
    Raises AlreadyDone, Different and Refused; then nothing was written.
    """
    hold_lists()
    stored = BulkEdit.objects.select_for_update(no_key=True, of=["self"]).get(pk=edit.pk)
    if stored.change_set_id is not None:
        raise AlreadyDone(_("This was done already; nothing was done twice."))
    _hold(edit, user)
    preview = look(edit, act, values, user=user)
    if preview.digest != shown:
        raise Different(preview)
    lines = preview.of(WILL)
    if not lines:
        raise Refused(_("Nothing is left to be changed."))
    if preview.of(REFUSED) and not leave_out:
        raise Refused(_("Some rows cannot be changed. Tick that they are left out, or go back."), "leave_out")
    if hasattr(act, "check_size"):
        act.check_size(lines, values)
    change_set = open_change_set(act.told(values, len(lines)), by=user, reason=reason)
    act.write(lines, values, by=user, reason=reason, change_set=change_set)
    stored.change_set = change_set
    stored.save(update_fields=["change_set"])
    return change_set


def _hold(edit, user):
    """Keep others from the rows until the end: what is looked at now is what is written.

    In the order of the doors: agencies, then their undertakings; duties alone, as the import does.
    """
    rows = chosen(edit, user).order_by()
    if edit.subject == "duties":
        held = AgencyProcedure.objects.filter(pk__in=rows.values("pk")).order_by("pk")
        list(held.select_for_update(no_key=True, of=["self"]).values_list("pk"))
        return
    name = "agency" if edit.subject == "rollouts" else "pk"
    agencies = Agency.objects.filter(pk__in=rows.values(name)).order_by("pk")
    list(agencies.select_for_update(no_key=True, of=["self"]).values_list("pk"))
    rollouts = Rollout.objects.filter(agency__in=agencies.order_by().values("pk")).order_by("pk")
    list(rollouts.select_for_update(no_key=True, of=["self"]).values_list("pk"))
