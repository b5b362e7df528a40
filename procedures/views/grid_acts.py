"""What is done to many procedures of an agency at once: mark, paste, copy, compare, adapt to the law."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from agencies.models import Agency
from iso_rollout.text import Unreadable
from procedures.grid import edits, pasting, peers, rows
from procedures.grid.forms import ActForm, CopyForm, GridFilter, PasteForm
from procedures.models import AgencyProcedure, Standard
from procedures.views.grid import address, agency_of, decide, kept_query, show_grid
from procedures.views.recording import asked_or_typed

ADAPTED_AT_ONCE = 300  # rows of one list on the page of what the law asks
COMPARED = 200  # procedures on one page of the comparison


# Marked rows


@require_POST
def many(request, pk):
    """Set a standard for the marked rows, clear it, end them, or add procedures: first shown, then saved."""
    agency, may = agency_of(request, pk, writes=True)
    form = ActForm(request.POST)
    query = kept_query(request)
    back = request.POST.get("to", "")
    if back == "adapt":
        back = reverse("adapt_procedures", args=[agency.pk])
    elif back == "compare":
        wide = "?reach=wide" if request.POST.get("reach") == peers.WIDE else ""
        back = reverse("compare_procedures", args=[agency.pk]) + wide
    else:
        back = address(agency, query)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(errors))
        return show_grid(request, agency, may, status=422)
    wanted = form.cleaned_data
    act = wanted["act"]
    return decide(request, agency, _edits(request, agency, wanted), heading=_heading(act), title=_title(act, wanted),
                  back=back)  # fmt: skip


def _edits(request, agency, wanted):
    """What the act makes of the rows that were marked, or of all that fit the filter."""
    today = timezone.localdate()
    if wanted["act"] == "add":
        known = set(AgencyProcedure.objects.filter(agency=agency).values_list("procedure_id", flat=True))
        return edits.to_add(edits.procedures_in(wanted["picks"]), known)
    found = rows.duties_of(agency)
    if wanted["all"]:
        form = GridFilter(request.GET, fields=rows.fields_of(agency))
        found = rows.filtered(found, form.wanted, today)
    else:
        picks = set(wanted["picks"])
        found = [d for d in found if d.pk in picks]
    if wanted["act"] == "set":
        return edits.to_set(found, wanted["standard"], wanted["on"])
    if wanted["act"] == "clear":
        return edits.to_clear(found)
    return edits.to_end(found, wanted["on"] or today)


def _heading(act):
    return {
        "set": _("Under a standard"),
        "clear": _("No longer under the standard"),
        "end": _("Take out of the agency's procedures"),
        "add": _("Add procedures"),
    }[act]


def _title(act, wanted):
    if act == "set":
        return _("Procedures under %s") % wanted["standard"]
    return _heading(act)


# Pasted


@asked_or_typed
def paste(request, pk):
    """A block from a spreadsheet: read, each line's row and change shown, then saved."""
    agency, _may = agency_of(request, pk, writes=True)
    back = address(agency, kept_query(request))
    form = PasteForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return _paste_page(request, agency, form, status)
    wanted, today = form.cleaned_data, timezone.localdate()
    filters = GridFilter(request.GET, fields=rows.fields_of(agency))
    duties = list(rows.filtered(rows.duties_of(agency), filters.wanted, today))
    chosen = request.POST.getlist("column")
    try:
        block = pasting.recognise(wanted["pasted"], duties, first=wanted["first"], chosen=chosen)
    except Unreadable as stop:
        form.add_error("pasted", _(stop.message) % stop.params)
        return _paste_page(request, agency, form, 422)
    filling = pasting.Filling(
        Standard.objects.in_bulk(), today, wanted["standard"], wanted["on"], wanted["empty_clears"]
    )
    pasting.work_out(block, duties, filling, start=wanted["start"])
    # Another choice of columns is looked at again before it is saved.
    shown = request.POST.get("shown_columns")
    return decide(
        request, agency, block.edits, heading=_("Pasted block"), title=_("Procedures pasted from a spreadsheet"), back=back,
        problems=[(_("Line %d") % line.number, line.label or " · ".join(c for c in line.cells if c)[:80], line.problem)
                  for line in block.problems],
        asked="again" not in request.POST and shown == ",".join(block.columns),
        columns=[(name, _example(block, i)) for i, name in enumerate(block.columns)], choices=pasting.COLUMNS,
        shown_columns=",".join(block.columns), own=("column", "shown_columns", "again"),
    )  # fmt: skip


def _example(block, index):
    return next((row[index] for row in block.body if row[index]), "")[:40]


def _paste_page(request, agency, form, status):
    query = kept_query(request)
    context = {"agency": agency, "form": form, "query": query, "back": address(agency, query)}
    return render(request, "procedures/grid/paste.html", context, status=status)


# Copied


@asked_or_typed
def copy(request, pk):
    """What a similar agency has and this one lacks: shown, chosen, then saved."""
    agency, _may = agency_of(request, pk, writes=True)
    today, back = timezone.localdate(), address(agency)
    near = _all_peers(agency, request.user, today)
    queryset = Agency.objects.filter(pk__in=[a.pk for a in near])
    given = request.POST if request.method == "POST" else (request.GET if "source" in request.GET else None)
    form = CopyForm(given, peers=queryset)
    found = []
    if form.is_bound and form.is_valid():
        theirs = rows.filtered(rows.duties_of(form.cleaned_data["source"]), {}, today)
        theirs = [d for d in theirs if rows.state_of(d, today) != rows.ADAPT]
        found = edits.to_copy(list(rows.duties_of(agency)), theirs, form.cleaned_data["on"])
        if request.method == "POST":
            picks = set(form.cleaned_data["picks"])
            title = _("Procedures copied from %s") % form.cleaned_data["source"]
            chosen = [e for e in found if e.procedure_id in picks]
            return decide(request, agency, chosen, heading=title, title=title, back=back)
    standards = Standard.objects.in_bulk()
    context = {
        "agency": agency, "form": form, "near": near, "back": back, "edits": found, "standards": standards,
        "rows": [(e, standards.get(e.after.standard_id)) for e in found], "source": form["source"].value(),
    }  # fmt: skip
    return render(
        request, "procedures/grid/copy.html", context, status=422 if form.is_bound and form.errors else 200
    )


def _all_peers(agency, user, on):
    """Those beside it first, then those of the whole tree."""
    return peers.peers_of(agency, user, on, peers.WIDE)


# Compared


@require_safe
def compare(request, pk):
    """What agencies of the same kind have, and how many of them."""
    agency, may = agency_of(request, pk)
    today = timezone.localdate()
    reach = peers.WIDE if request.GET.get("reach") == peers.WIDE else peers.NEAR
    others = peers.peers_of(agency, request.user, today, reach)
    found = peers.compare(agency, others, today) if others else []
    kinds = (
        ("missing", _("Missing here")), ("only", _("Only here")), ("differs", _("Under ISO differently")), ("same", _("The same")),
    )  # fmt: skip
    counts = {kind: sum(c.kind == kind for c in found) for kind, _label in kinds}
    kind = request.GET.get("kind")
    kind = kind if kind in counts else next((k for k, n in counts.items() if n), "missing")
    page = Paginator([c for c in found if c.kind == kind], COMPARED).get_page(request.GET.get("page"))
    context = {
        "agency": agency, "may": may, "others": len(others), "reach": reach, "kind": kind,
        "kinds": [(k, label, counts[k]) for k, label in kinds], "page_obj": page, "rows": page.object_list,
    }  # fmt: skip
    return render(request, "procedures/grid/compare.html", context)


# Asked by the law


@require_safe
def adapt(request, pk):
    """Procedures that a later decision repealed or added, with the day until which the system must follow."""
    agency, may = agency_of(request, pk)
    today = timezone.localdate()
    repealed = rows.filtered(rows.duties_of(agency), {"state": rows.ADAPT}, today)
    repealed = rows.dress(list(repealed[:ADAPTED_AT_ONCE]), today)
    lacking = rows.lacking(agency, today)
    number = lacking.count()
    context = {
        "agency": agency, "may": may, "repealed": sorted(repealed, key=lambda d: d.adapt_until), "number": number,
        "missing": rows.with_deadlines(lacking[:ADAPTED_AT_ONCE], today),
    }  # fmt: skip
    return render(request, "procedures/grid/adapt.html", context)
