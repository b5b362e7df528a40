"""The grid of an agency's procedures: the page, one row in place, and the page that asks before many are saved."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from agencies.access import may_undo, roles_at, visible_to
from agencies.errors import ChangedMeanwhile, Refused
from agencies.models import Change
from procedures.grid import rows
from procedures.grid.forms import GridFilter, RowForm
from procedures.lifecycle import RECORDERS
from procedures.models import AgencyProcedure, Standard
from procedures.models.duty_edits import COLUMNS, Values, digest, edit_duties, edit_of, fault, settle
from procedures.record_forms.base import note_of, said
from procedures.views.lists import CountedPaginator
from procedures.views.recording import asked_or_typed

PER_PAGE, SHOWN = 100, 200


def agency_of(request, pk, *, writes=False):
    """An agency that the person sees, and whether they write there: outside 404, writing without the role 403."""
    found = visible_to(request.user).not_void().select_related("parent")
    agency = get_object_or_404(found, pk=pk)
    may = bool(roles_at(request.user, agency) & RECORDERS) and agency.dissolved_on is None
    if writes and not may:
        raise PermissionDenied
    return agency, may


def address(agency, query=""):
    return f"{reverse('agency_procedures', args=[agency.pk])}{'?' + query if query else ''}"


def kept_query(request):
    """The filters of the grid, as its address has them."""
    query = request.GET.copy()
    for name in ("sua", "page"):
        query.pop(name, None)
    return query.urlencode()


# The page


@require_safe
def grid(request, pk):
    """The procedures of an agency, by field and state; one of them may be open for editing (?sua=)."""
    agency, may = agency_of(request, pk)
    return show_grid(request, agency, may)


def show_grid(request, agency, may, *, editing=None, status=200):
    """The grid, with a row form in it."""
    on = timezone.localdate()
    form = GridFilter(request.GET, fields=rows.fields_of(agency))
    found = rows.filtered(rows.duties_of(agency), form.wanted, on)
    counts = rows.counts(agency, on)
    page = CountedPaginator(found, PER_PAGE, _counted(form.wanted, counts)).get_page(request.GET.get("page"))
    wanted = request.GET.get("sua", "")
    if editing is None and may and wanted.isdecimal() and len(wanted) < 19:
        duty = next((d for d in page.object_list if d.pk == int(wanted)), None)
        editing = RowForm(duty=duty) if duty else None
    duties = rows.dress(list(page.object_list), on)
    for duty in duties:
        duty.form = editing if editing and editing.duty.pk == duty.pk else None
    context = {
        "agency": agency, "may": may, "form": form, "page_obj": page, "duties": duties, "counts": counts,
        "states": [(state, label, counts[state]) for state, label in rows.STATES],
        "total": sum(counts[state] for state in (rows.ISO, rows.NONE, rows.ADAPT)),
        "query": kept_query(request), "standards": Standard.objects.all() if may else (), "today": on,
    }  # fmt: skip
    return render(request, "procedures/grid/grid.html", context, status=status)


def _counted(wanted, counts):
    """How many rows there are, where the counts of the states say it already."""
    if wanted.get("q") or wanted.get("field"):
        return None
    if wanted.get("state"):
        return counts[wanted["state"]]
    return counts[rows.ISO] + counts[rows.NONE] + counts[rows.ADAPT]


# One row


@asked_or_typed
def row(request, pk, duty_id):
    """One row of the grid, open for editing; with a script only the row itself travels."""
    agency, _may = agency_of(request, pk, writes=True)
    duty = get_object_or_404(rows.duties_of(agency), pk=duty_id)
    query = kept_query(request)
    if request.method != "POST":
        if not request.htmx:
            return redirect(address(agency, f"{query}&sua={duty.pk}".lstrip("&")) + f"#row-{duty.pk}")
        return _one_row(request, duty, None if "xem" in request.GET else RowForm(duty=duty))
    form = RowForm(request.POST, duty=duty)
    if not form.is_valid():
        return _row_again(request, agency, form, 422)
    edit = edit_of(duty, **form.values())
    if edit.changes_something and duty.version != form.cleaned_data["seen"]:
        return _row_again(request, agency, form, 409)
    try:
        done = edit_duties(agency, [edit], by=request.user, title=_("Procedure %s") % duty)
    except ChangedMeanwhile:
        return _row_again(request, agency, form, 409)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return _row_again(request, agency, form, 422)
    told(request, done, 1)
    if request.htmx:
        return _one_row(request, rows.duties_of(agency).get(pk=duty.pk), None, saved=True)
    return redirect(address(agency, query) + f"#row-{duty.pk}")


def _one_row(request, duty, form, *, status=200, saved=False):
    duty.form = form
    rows.dress([duty], timezone.localdate())
    context = {"duty": duty, "agency": duty.agency, "may": True, "query": kept_query(request), "saved": saved}
    return render(request, "procedures/grid/_row.html", context | {"alone": True}, status=status)


def _row_again(request, agency, form, status):
    """The row with what was typed; where somebody was faster, beside what is on record now."""
    if status == 409:
        fresh = rows.duties_of(agency).get(pk=form.duty.pk)
        change = Change.objects.of(fresh).select_related("change_set__made_by").first()
        data = form.data.copy()
        data["seen"] = str(fresh.version)
        form = RowForm(data, duty=fresh)
        form.is_valid()
        names = ("applied_on", "standard", "document_code", "note")
        form.theirs = [(form.fields[n].label, said(getattr(fresh, n))) for n in names]
        form.first = change
    if request.htmx:
        return _one_row(request, form.duty, form, status=status)
    return show_grid(request, agency, True, editing=form, status=status)


def told(request, change_set, count):
    """What was saved, with the way back."""
    if change_set is None:
        messages.info(request, _("This is on record already; nothing was done twice."))
        return
    text = ngettext("%(n)s procedure saved.", "%(n)s procedures saved.", count) % {"n": number_format(count)}
    undo = may_undo(request.user, change_set)
    name, label = ("undo_change_set", _("Undo")) if undo else ("change_set", _("Show what changed"))
    link = format_html('<a href="{}">{}</a>', reverse(name, args=[change_set.pk]), label)
    messages.success(request, format_html("{} {}", text, link))


# Many rows: old → new, then one act


def decide(request, agency, edits, *, heading, title, back, problems=(), asked=True, **more):
    """Show what many edits would make true; once it was seen and confirmed, save them in one act.

    `asked`: the person confirmed what they saw (the hidden field `seen`). When the register moved on meanwhile they
    see the new picture first. Everything that was sent goes along as hidden fields, so nothing typed is lost.
    """
    edits = settle([edit for edit in edits if edit.changes_something])
    standards, today = Standard.objects.in_bulk(), timezone.localdate()
    faults = [(e, why) for e in edits if (why := fault(e, standards, today))]
    wrong = {id(e) for e, _why in faults}
    edits = [e for e in edits if id(e) not in wrong]
    status, first, refusal = 200, None, ""
    reason, wrong_reason = note_of(request.POST.get("reason", ""))
    if asked and "seen" in request.POST:
        if not edits and not faults:
            told(request, None, 0)
            return redirect(back)
        try:
            if request.POST["seen"] != digest(edits):
                raise ChangedMeanwhile(agency)
            if wrong_reason:
                raise Refused(wrong_reason, "reason")
            done = edit_duties(agency, edits, by=request.user, title=title, reason=reason)
        except ChangedMeanwhile:
            status, first = 409, _last_change(agency)
        except Refused as refused:
            status, refusal = 422, refused.message
        else:
            told(request, done, len(edits))
            return redirect(back)
    kept = [(k, v) for k, values in request.POST.lists() for v in values]
    context = {
        "agency": agency, "heading": heading, "back": back, "seen": digest(edits), "count": len(edits),
        "shown": [_shown(e, standards) for e in edits[:SHOWN]], "more": max(len(edits) - SHOWN, 0),
        "faults": [(e.label, why) for e, why in faults], "problems": problems, "first": first,
        "refusal": refusal, "status": status, "reason": reason, "wrong_reason": wrong_reason, "new": sum(e.before is None for e in edits),
        "kept": [(k, v) for k, v in kept if k not in ("csrfmiddlewaretoken", "seen", "reason", *more.get("own", ()))],
    }  # fmt: skip
    return render(request, "procedures/grid/decide.html", context | more, status=status)


def _last_change(agency):
    """Who last changed a procedure of the agency, and when."""
    lines = Change.objects.filter(agency=agency, model=AgencyProcedure._meta.label_lower)
    return lines.select_related("change_set__made_by").order_by("-pk").first()


def _shown(edit, standards):
    """One edit as its line shows it: (label, is new, [(column, before, after)])."""
    before = edit.before or Values()
    cells = []
    for name, label in zip(COLUMNS, _labels(), strict=True):
        old, new = (_cell(getattr(values, name), name, standards) for values in (before, edit.after))
        if old != new:
            cells.append((label, old, new))
    return edit.label, edit.before is None, cells


def _labels():
    return _("Standard"), _("Under ISO since"), _("Document code"), _("Note"), _("Ended on")


def _cell(value, name, standards):
    if name == "standard_id":
        return standards[value].code if value else "–"
    return said(value)
