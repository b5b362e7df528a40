"""The units of a wave of a conversion campaign: assigned, or their undertaking taken into the wave."""

from collections import defaultdict

from django import forms
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agencies.access import roles_at
from agencies.errors import Refused
from agencies.models import Role
from agencies.viewpoint import DayField
from procedures import lifecycle
from procedures.bulk.forms import ValuesForm
from procedures.bulk.lines import SAME, Line
from procedures.lifecycle import Form, State
from procedures.models import CONVERTING, Campaign, Declaration, Rollout, Wave
from procedures.models.rollout_lists import assign_many, join_many
from procedures.models.rollouts import DONE, OPEN_STATES


class WaveForm(ValuesForm):
    """The day of the assignment; the wave comes from the page where the edit began."""

    GROUPS = (("", ("wave", "on")),)

    wave = forms.ModelChoiceField(Wave.objects.none(), widget=forms.HiddenInput)
    on = DayField(
        label=gettext_lazy("Assigned on"),
        help_text=gettext_lazy("The day from which the units have their undertaking."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("on", timezone.localdate())
        seen = Wave.objects.filter(campaign__in=Campaign.objects.visible_to(self.person))
        self.fields["wave"].queryset = seen.select_related(
            "campaign__plan__agency", "campaign__source", "campaign__target", "territory"
        )


class AssignWave:
    """Each eligible unit of a wave gets its undertaking to convert; one that has it already joins the wave with it."""

    subject, name = "waves", "assign_wave"
    title = gettext_lazy("Assign the units of a wave")
    roles = lifecycle.KEEPERS
    form_class = WaveForm

    def look(self, chosen, values, *, by):
        own = set(values["wave"].units().order_by().values_list("pk", flat=True))
        agencies = [agency for agency in chosen if agency.pk in own]
        ids = chosen.order_by().values("pk")
        there = Rollout.objects.filter(agency__in=ids, form__in=CONVERTING).order_by("year", "id")
        held = defaultdict(list)
        for rollout in there.select_related("plan", "wave__campaign", "wave__campaign__plan__agency"):
            held[rollout.agency_id].append(rollout)
        declared = Declaration.objects.in_force(timezone.localdate()).filter(agency__in=ids).order_by()
        under = dict(declared.values_list("agency", "standard"))
        return [
            self._judge(agency, held[agency.pk], values, standard=under.get(agency.pk), by=by)
            for agency in agencies
        ]

    def _judge(self, agency, rollouts, values, *, standard, by):
        wave = values["wave"]
        campaign = wave.campaign
        line = Line(
            agency.pk,
            agency,
            f"{Form.CONVERT.label} {wave.year}",
            after=_("%(wave)s, due %(day)s") % {"wave": wave.short, "day": date_format(wave.due_on)},
            version=(agency.version, [(r.pk, r.version) for r in rollouts]),
        )
        for rollout in rollouts:
            is_open = rollout.state in OPEN_STATES
            if is_open and rollout.wave_id and rollout.wave.campaign_id == campaign.pk:
                line.outcome, line.before = SAME, _said(rollout)
                return line
        try:
            if Role.COORDINATOR not in roles_at(by, agency):
                raise Refused(_("Your role does not allow this entry."))
            self._check(line, rollouts, wave, standard=standard, on=values["on"])
        except Refused as refused:
            line.refuse(refused)
        return line

    @staticmethod
    def _check(line, rollouts, wave, *, standard, on):
        """Set what is to be written; raises Refused where the unit cannot belong to the wave."""
        campaign, agency = wave.campaign, line.agency
        going = [r for r in rollouts if r.state in OPEN_STATES]
        fitting = (None, campaign.target_id)
        for rollout in going:
            # An undertaking of the same plan to the same standard is this conversion: it is not given twice.
            if rollout.plan_id == campaign.plan_id and rollout.target_standard_id in fitting:
                if rollout.wave_id is not None:
                    raise Refused(_("It belongs to another campaign: %s.") % rollout.wave.campaign)
                line.plan, line.before, line.what = rollout, _said(rollout), _undertaking(rollout)
                line.after = _("joins %(wave)s") % {"wave": wave.short}
                return
        if standard == campaign.target_id:
            raise Refused(_("It has declared under %s already.") % campaign.target)
        for rollout in going:
            if rollout.stage not in DONE:
                line.before = _said(rollout)
                raise Refused(_("It is still converting under another plan: %s.") % rollout.plan)
        if any(
            r.plan_id == campaign.plan_id and r.form == Form.CONVERT and r.year == wave.year for r in rollouts
        ):
            raise Refused(_("%s has this undertaking already.") % agency, "agency")
        line.plan = campaign.plan.check_assignment(agency, year=wave.year, due_on=wave.due_on, on=on)

    def told(self, values, count):
        words = {"n": number_format(count), "wave": values["wave"]}
        return ngettext("%(wave)s: %(n)s unit", "%(wave)s: %(n)s units", count) % words

    def write(self, lines, values, *, by, reason, change_set):
        wave = values["wave"]
        campaign = wave.campaign
        join_many(
            [line.plan for line in lines if isinstance(line.plan, Rollout)], wave, change_set=change_set
        )
        assign_many(
            campaign.plan, [(line.agency, line.plan) for line in lines if not isinstance(line.plan, Rollout)],
            form=Form.CONVERT, year=wave.year, due_on=wave.due_on, by=by, change_set=change_set,
            target_standard=campaign.target, wave=wave,
        )  # fmt: skip


def _undertaking(rollout):
    return f"{rollout.get_form_display()} {rollout.year}"


def _said(rollout):
    """What the unit has already: its wave or plan, and the due day."""
    where = rollout.wave.short if rollout.wave else _undertaking(rollout)
    parts = [where, _("due %(day)s") % {"day": date_format(rollout.due_on)}]
    if rollout.state != State.ACTIVE:
        parts.append(str(State(rollout.state).label))
    return ", ".join(parts)
