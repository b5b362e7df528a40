"""The lead agency's queue: entries that wait for its word, confirmed or returned one by one or many at once."""

import datetime
import re
from collections import Counter

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from agencies.access import roles_anywhere
from agencies.errors import Refused
from agencies.models import Agency, User
from procedures import gaps, lifecycle, work
from procedures.forms import AcceptanceFilter
from procedures.lifecycle import Acceptance, Stage
from procedures.models import Declaration, Milestone
from procedures.models.entry_lists import review_many
from procedures.record_forms.base import note_of
from procedures.views.lists import PER_PAGE, seen_from

ALL_MOST = 5_000  # entries that one act takes
NAMED = 5  # entries that a message names
LISTED = 20  # entries that the page before a decision lists
LETTERS = {"m": Milestone, "d": Declaration}
LETTER_OF = {model: letter for letter, model in LETTERS.items()}


@require_safe
def queue(request):
    """What waits, the oldest first, page by page."""
    view, form, sets = _asked(request)
    after = _place(request.GET.get("after", ""))
    entries = _page(sets, after)
    more = len(entries) > PER_PAGE
    entries = entries[:PER_PAGE]
    _dress(entries)
    numbers = {name: work.number_of(rows) for name, rows in zip("md", sets, strict=True)}
    count = sum(User.objects.filter(pk=request.user.pk).order_by().values(**numbers).get().values())
    return render(
        request,
        "procedures/acceptance/queue.html",
        {
            "view": view,
            "form": form,
            "entries": entries,
            "count": count,
            "begins": after is None,
            "next": _token(entries[-1]) if more else "",
            "asked": _query(form),
        },
        status=200 if form.is_valid() else 422,
    )


@require_safe
def all_matching(request):
    """Everything that fits the filter, as it is at this moment, before it is confirmed or returned."""
    _view, form, sets = _asked(request)
    entries = [e for rows in sets for e in rows.order_by("recorded_at", "pk")[:ALL_MOST]][:ALL_MOST]
    if not entries:
        messages.info(request, _("No entry waits here."))
        return redirect(reverse("acceptance") + _query(form))
    return _decide(request, entries, _query(form))


@require_POST
def review_entries(request):
    """Confirm what was picked; or ask for the note first, and return it."""
    _only_coordinators(request)
    after, asked = request.POST.get("after"), request.POST.get("asked", "")
    seen = _seen([*request.POST.getlist("pick"), *request.POST.get("seen", "").split()])
    if after not in (Acceptance.ACCEPTED, Acceptance.RETURNED) or seen is None:
        return HttpResponseBadRequest(
            _("This form cannot be read."), content_type="text/plain; charset=utf-8"
        )
    back = reverse("acceptance") + (asked if re.fullmatch(r"\?[\w=&%.,+-]*", asked) else "")
    if not seen:
        messages.info(request, _("Pick at least one entry."))
        return redirect(back)
    note, fault = note_of(request.POST.get("note", ""))
    # The first click on "Return" asks for the note; only an answer without one is a fault.
    if fault or (after == Acceptance.RETURNED and not note):
        if "note" in request.POST:
            fault = fault or _("Say what has to be mended.")
        returns = after == Acceptance.RETURNED
        entries = _found(request.user, seen)
        return _decide(request, entries, asked, seen=seen, note=note, fault=fault, returns=returns)
    try:
        reviewed = review_many(seen, after, by=request.user, note=note)
    except Refused as refused:
        return _decide(
            request, _found(request.user, seen), asked, seen=seen, note=note, fault=refused.message
        )
    _tell(request, reviewed, Acceptance(after))
    return redirect(back)


# Read


def _only_coordinators(request):
    if not roles_anywhere(request.user) & lifecycle.KEEPERS:
        raise PermissionDenied


def _asked(request):
    """Scope, filter and the two sets of entries that fit it."""
    _only_coordinators(request)
    view = seen_from(request)
    form = AcceptanceFilter(request.GET, scopes=view.scopes)
    wanted = form.cleaned_data if form.is_valid() else {}
    milestones, declarations = work.waiting(request.user)
    agencies = Agency.objects.all()
    if view.scope is not None and not view.is_top:
        agencies = agencies.within(view.scope)
    if wanted.get("level"):
        agencies = agencies.filter(level__in=wanted["level"].split(","))
    if wanted.get("q"):
        agencies = agencies.matching(wanted["q"])
    if agencies.query.where:
        milestones = milestones.filter(rollout__agency__in=agencies.order_by().values("pk"))
        declarations = declarations.filter(agency__in=agencies.order_by().values("pk"))
    if wanted.get("entry") == "declaration":
        milestones = milestones.none()
    elif wanted.get("entry"):
        milestones, declarations = milestones.filter(stage=wanted["entry"]), declarations.none()
    milestones = milestones.select_related("rollout__agency", "rollout__plan", "document", "recorded_by")
    declarations = declarations.select_related(
        "agency", "standard", "document", "recorded_by", "milestone__rollout__agency"
    )
    return view, form, (milestones, declarations)


def _query(form):
    """The filter as a query string, empty without one."""
    pairs = form.data.copy()
    for name in list(pairs):
        if name not in form.fields or not pairs[name]:
            del pairs[name]
    return f"?{pairs.urlencode()}" if pairs else ""


def _token(entry):
    return f"{entry.recorded_at.isoformat()}_{LETTER_OF[type(entry)]}_{entry.pk}"


def _place(text):
    """Where a page begins: (moment, letter, id) of the last entry before it; None at the beginning."""
    found = re.fullmatch(r"([\dT:.+ -]{19,40})_([md])_(\d{1,18})", text)
    if found is None:
        return None
    try:
        # A plus sign that nobody escaped arrives as a space.
        moment = datetime.datetime.fromisoformat(found[1].replace(" ", "+"))
    except ValueError:
        return None
    return (moment, found[2], int(found[3])) if moment.tzinfo else None


def _page(sets, after):
    """One page of entries and one more: each set from its own index, then merged."""
    entries = []
    for letter, rows in zip("md", sets, strict=True):
        if after is not None:
            moment, other, pk = after
            beyond = Q(recorded_at__gt=moment)
            if letter == other:
                beyond |= Q(recorded_at=moment, pk__gt=pk)
            elif letter > other:
                beyond |= Q(recorded_at=moment)
            rows = rows.filter(beyond)
        entries += rows.order_by("recorded_at", "pk")[: PER_PAGE + 1]
    return sorted(entries, key=lambda e: (e.recorded_at, LETTER_OF[type(e)], e.pk))[: PER_PAGE + 1]


def _dress(entries):
    """Give the entries of a page what their row shows; two queries more, whatever their number."""
    rollouts = {}
    for entry in entries:
        entry.key = f"{LETTER_OF[type(entry)]}{entry.pk}.{entry.version}"
        entry.agency_shown = entry.agency_of_entry
        milestone = entry if isinstance(entry, Milestone) else getattr(entry, "milestone", None)
        entry.rollout_shown = milestone.rollout if milestone else None
        if milestone:
            rollouts[milestone.rollout_id] = milestone.rollout
    standings = gaps.standings(rollouts.values())
    for entry in entries:
        if isinstance(entry, Milestone):
            entry.what, entry.on, stage = entry.get_stage_display(), entry.reached_on, Stage(entry.stage)
            entry.evidence = entry.document
            own = [entry.agency_shown.pk, entry.rollout_id, entry.pk]
            entry.review_url = reverse("review_milestone", args=own)
        else:
            entry.what, entry.on, stage = _("Declaration"), entry.declared_on, Stage.DECLARED
            entry.evidence = entry.number or entry.document
            entry.review_url = reverse("review_declaration", args=[entry.agency_id, entry.pk])
        if entry.rollout_shown is not None:
            entry.gaps = gaps.labels(standings[entry.rollout_shown.pk], at=stage)
        else:
            entry.gaps = [lifecycle.Gap.NO_NUMBER.label] if entry.lacks_evidence else []


# Decide


def _seen(keys):
    """{(model, id): version} of "m12.3"; None when one of them is none."""
    seen = {}
    for key in keys:
        found = re.fullmatch(r"([md])(\d{1,18})\.(\d{1,9})", key)
        if found is None or len(seen) > ALL_MOST:
            return None
        seen[LETTERS[found[1]], int(found[2])] = int(found[3])
    return seen


def _found(user, seen):
    """Of what was picked, what the person may see and still waits."""
    entries = []
    for rows in work.waiting(user):
        rows = rows.filter(pk__in=[pk for model, pk in seen if model is rows.model])
        path = "rollout__agency" if rows.model is Milestone else "agency"
        entries += rows.select_related(path).order_by("recorded_at", "pk")
    return entries


def _decide(request, entries, asked, *, seen=None, note="", fault="", returns=False):
    """The page before a decision: what it is about, the note, and both buttons.

    Whoever `returns` finds the button to return first: the next key after the note must not confirm.
    """
    if seen is None:
        seen = {(type(e), e.pk): e.version for e in entries}
    kinds = Counter(_what(e) for e in entries)
    context = {
        "number": len(entries),
        "agencies": len({e.agency_of_entry.pk for e in entries}),
        "kinds": kinds.most_common(),
        "entries": entries[:LISTED],
        "more": max(len(entries) - LISTED, 0),
        "is_full": len(entries) == ALL_MOST,
        "seen": " ".join(f"{LETTER_OF[model]}{pk}.{version}" for (model, pk), version in seen.items()),
        "note": note,
        "fault": fault,
        "asked": asked,
        "returns": returns,
    }
    return render(request, "procedures/acceptance/decide.html", context, status=422 if fault else 200)


def _what(entry):
    return str(entry.get_stage_display()) if isinstance(entry, Milestone) else _("Declaration")


# Tell


def _tell(request, reviewed, after):
    number = len(reviewed.done)
    if number:
        words = {
            Acceptance.ACCEPTED: ngettext("%(n)s entry confirmed.", "%(n)s entries confirmed.", number),
            Acceptance.RETURNED: ngettext(
                "%(n)s entry returned. It no longer counts until it is handed in again.",
                "%(n)s entries returned. They no longer count until they are handed in again.",
                number,
            ),
        }[after] % {"n": number_format(number)}
        url = reverse("undo_change_set", args=[reviewed.change_set.pk])
        messages.success(request, format_html('{} <a href="{}">{}</a>', words, url, _("Undo")))
    elif reviewed.already:
        messages.info(request, _("This is on record already; nothing was done twice."))
    if reviewed.changed:
        text = _("Not as you saw them any more, therefore left as they are: %(entries)s.")
        messages.warning(request, text % {"entries": _names(reviewed.changed)})
    for why in dict.fromkeys(why for _entry, why in reviewed.refused):
        names = _names([e for e, reason in reviewed.refused if reason == why])
        messages.warning(request, f"{names}: {why}")
    if not (number or reviewed.already or reviewed.changed or reviewed.refused):
        messages.info(request, _("No entry waits here."))


def _names(entries):
    names = "; ".join(str(e) for e in entries[:NAMED])
    more = len(entries) - NAMED
    return _("%(names)s and %(n)s more") % {"names": names, "n": more} if more > 0 else names
