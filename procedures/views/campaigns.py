"""Making a conversion campaign: the campaign, its waves, and the units of a wave assigned after a preview."""

from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agencies.access import roles_anywhere, roles_at, visible_to
from agencies.models import Kind, Level
from procedures import listing
from procedures.conversion import ELIGIBLE, LEFT, assigned_in, place_of
from procedures.lifecycle import KEEPERS
from procedures.models import CAMPAIGN_KEEPERS, BulkEdit, Campaign
from procedures.record_forms.campaigns import CampaignForm, WaveForm, kept_plans
from procedures.views.lists import seen_from
from procedures.views.recording import answer, asked_or_typed, typed

FIELDS = "procedures/campaigns/_fields.html"


def campaign_of(request, pk):
    """A campaign of a plan that the person sees: 404 outside it."""
    rows = Campaign.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("plan__agency", "source", "target", "territory"), pk=pk)


def kept_campaign(request, pk, by=CAMPAIGN_KEEPERS):
    """One that the person may change: 403 for others who see it."""
    campaign = campaign_of(request, pk)
    if not roles_at(request.user, campaign.plan.agency) & by:
        raise PermissionDenied
    return campaign


def wave_of(campaign, pk):
    wave = get_object_or_404(campaign.waves.select_related("territory"), pk=pk)
    wave.campaign = campaign
    return wave


@require_safe
def campaigns(request):
    """The campaigns that the person sees."""
    rows = Campaign.objects.visible_to(request.user).select_related("plan", "source", "target")
    may_start = bool(roles_anywhere(request.user) & CAMPAIGN_KEEPERS) and bool(kept_plans(request.user))
    context = {"campaigns": list(rows.prefetch_related("waves")), "may_start": may_start}
    return render(request, "procedures/campaigns/list.html", context)


@require_safe
def campaign_page(request, pk):
    """What a campaign says, who is eligible, and its waves with what is assigned in each."""
    campaign, user, view = campaign_of(request, pk), request.user, seen_from(request)
    roles = roles_at(user, campaign.plan.agency)
    waves = list(campaign.waves.select_related("territory"))
    then, today = replace(view, on=campaign.eligible_on), replace(view, on=view.today)
    places = {ELIGIBLE: Q(), LEFT: ~assigned_in(campaign)}
    places |= {place_of(wave): wave.condition(campaign.eligible_on) for wave in waves}
    units = _units(campaign, places, user, then)
    assigned = listing.rollouts(user, today, {"campaign": campaign.pk}, plan=campaign.plan).order_by()
    assigned = dict(assigned.values_list("wave").annotate(Count("pk")))
    rollouts_url = reverse("rollouts", args=[campaign.plan.code])
    named = _named(user, [campaign, *waves], sees_all=bool(roles))
    context = {
        "campaign": campaign,
        "filter": _filter_words(campaign, named),
        "eligible": units[ELIGIBLE],
        "left": units[LEFT],
        "waves": [
            {
                "wave": wave,
                "filter": _filter_words(wave, named),
                "units": units[place_of(wave)],
                "assigned": assigned.get(wave.pk, 0),
                "assigned_url": rollouts_url + today.query(campaign=campaign.pk, wave=wave.pk),
            }
            for wave in waves
        ],
        "sees_history": bool(roles),
        "may_keep": bool(roles & CAMPAIGN_KEEPERS),
        "may_assign": bool(roles & KEEPERS),
    }
    return render(request, "procedures/campaigns/campaign.html", context)


def _units(campaign, places, user, then):
    """Of each place how many eligible units it has, as they were on the day that decides it, and the address of its list."""
    rows = listing.agencies(user, then, {"units": True, "conversion": (campaign, ELIGIBLE)}).order_by()
    counted = rows.aggregate(**{place: Count("pk", filter=asked) for place, asked in places.items()})
    return {
        place: {
            "n": counted[place],
            "url": reverse("agencies") + then.query(units="yes", conversion=f"{campaign.pk}-{place}"),
        }
        for place in places
    }


def _named(user, filters, *, sees_all):
    """The territories of filters that the person may be told by name; None: all, and how many units were chosen."""
    asked = {f.territory_id for f in filters if f.territory_id}
    if sees_all:
        return None
    return set(visible_to(user).filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()


def _filter_words(filter_, named):
    """A filter in words, "" when it narrows nothing. `named`: as `_named` answers."""
    parts = [str(Level(level).label) for level in filter_.level_list]
    parts += [str(Kind(kind).label) for kind in filter_.kind_list]
    if filter_.territory_id:
        is_named = named is None or filter_.territory_id in named
        parts.append(filter_.territory.name if is_named else _("a territory of the plan"))
    if chosen := getattr(filter_, "chosen", None):
        parts.append(_("%(n)s chosen units") % {"n": len(chosen)} if named is None else _("chosen units"))
    return "; ".join(parts)


@asked_or_typed
def start_campaign(request):
    """Enter a campaign under a plan that the person keeps."""
    if not roles_anywhere(request.user) & CAMPAIGN_KEEPERS:
        raise PermissionDenied
    form = CampaignForm(*typed(request), user=request.user)

    def save():
        campaign = Campaign.objects.start(by=request.user, **form.values())
        return [_("The campaign is on record. Add its first wave.")], [], campaign.get_absolute_url()

    return answer(request, form, save, fields=FIELDS)


@asked_or_typed
def amend_campaign(request, pk):
    """Another name, filter, day or note for a campaign."""
    campaign = kept_campaign(request, pk)
    form = CampaignForm(*typed(request), user=request.user, campaign=campaign)

    def save():
        campaign.revise(by=request.user, **form.values())
        return [_("The campaign is saved.")], [], form.back

    return answer(request, form, save, fields=FIELDS)


@asked_or_typed
def add_wave(request, pk):
    """Enter a wave of a campaign."""
    campaign = kept_campaign(request, pk)
    form = WaveForm(*typed(request), user=request.user, campaign=campaign)

    def save():
        wave = campaign.add_wave(by=request.user, **form.values())
        return [_("%s is on record. Look at its units and assign them.") % wave.short], [], form.back

    return answer(request, form, save, fields=FIELDS)


@asked_or_typed
def amend_wave(request, pk, wave_id):
    """Another period, name, filter or choice of units for a wave."""
    campaign = kept_campaign(request, pk)
    wave = wave_of(campaign, wave_id)
    form = WaveForm(*typed(request), user=request.user, campaign=campaign, wave=wave)

    def save():
        wave.revise(by=request.user, **form.values())
        return [_("The wave is saved. Units assigned before keep their due day.")], [], form.back

    return answer(request, form, save, fields=FIELDS)


@require_POST
def assign_wave(request, pk, wave_id):
    """To the preview of a wave's units: who will be assigned, who is already, who cannot be and why."""
    campaign = kept_campaign(request, pk, by=KEEPERS)
    wave = wave_of(campaign, wave_id)
    edit = BulkEdit.objects.begin(
        request.user, subject="waves", act="assign_wave", query=f"campaign={campaign.pk}&wave={wave.pk}"
    )
    edit.typed = {"wave": wave.pk, "on": date_format(timezone.localdate())} | edit.typed
    edit.save(update_fields=["typed"])
    return redirect("bulk_preview", edit.pk)


@require_POST
def count_eligible(request):
    """How many units a campaign would be for, while its form is being filled in. Writes nothing."""
    number = request.GET.get("campaign", "")
    known = kept_campaign(request, int(number)) if number.isdecimal() and len(number) < 19 else None
    if not roles_anywhere(request.user) & CAMPAIGN_KEEPERS:
        raise PermissionDenied
    return _counted(request, CampaignForm(request.POST, user=request.user, campaign=known))


@require_POST
def count_wave(request, pk):
    """How many units a wave would take, while its form is being filled in. Writes nothing."""
    campaign = kept_campaign(request, pk)
    number = request.GET.get("wave", "")
    known = wave_of(campaign, int(number)) if number.isdecimal() and len(number) < 19 else None
    return _counted(request, WaveForm(request.POST, user=request.user, campaign=campaign, wave=known))


def _counted(request, form):
    return render(request, "procedures/campaigns/_count.html", {"form": form})
