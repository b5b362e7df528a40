"""Bulk edits: begin from a list, say the new values, look at old → new, confirm once."""

from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agencies.access import may_undo, roles_anywhere
from agencies.errors import Refused
from agencies.models import Agency, Change, ChangeSet
from procedures import bulk
from procedures.bulk import engine, pasted
from procedures.bulk.forms import ConfirmForm, OneDecisionForm
from procedures.bulk.lines import REFUSED, SAME, WILL
from procedures.lifecycle import RECORDERS
from procedures.models import BulkEdit, Document

asked_or_typed = require_http_methods(["GET", "HEAD", "POST"])

PER_PAGE = 25
MOST_PICKED = 500
# What of a list's address says which rows it shows; the day is always today.
NOT_FILTERS = ("on", "page", "pick")


@require_POST
def begin(request):
    """The rows picked in a list, or all that fit its filter, and what is to be done with them."""
    subject, name = request.POST.get("subject"), request.POST.get("act")
    act = bulk.ACTS.get((subject, name))
    if act is None:
        raise BadRequest("no such act")
    if not act.roles & roles_anywhere(request.user):
        raise PermissionDenied
    query = request.POST.get("query", "")[:2000]
    picked = request.POST.getlist("pick")
    if any(not p.isdecimal() or len(p) > 18 for p in picked) or len(picked) > MOST_PICKED:
        raise BadRequest("no such rows")
    everything = request.POST.get("what") == "all"
    if not everything and not picked:
        messages.warning(request, _("Tick the rows first, or choose all that fit the filter."))
        return redirect(_list_url(subject, query))
    kept = urlencode([(k, v) for k, v in parse_qsl(query) if k not in NOT_FILTERS])
    edit = BulkEdit.objects.begin(
        request.user, subject=subject, act=name, query=kept, picked=[] if everything else map(int, picked)
    )
    return redirect("bulk_values", edit.pk)


def _list_url(subject, query):
    """The list that an edit began from, with its filter."""
    params = dict(parse_qsl(query))
    if subject == "waves":
        number = params.get("campaign", "")
        return reverse("campaign", args=[int(number)]) if number.isdecimal() else reverse("campaigns")
    if subject == "rollouts":
        address = reverse("rollouts", args=[params.pop("plan", "-")])
    else:
        address = reverse("agencies" if subject == "agencies" else "duties")
    return f"{address}?{urlencode(params)}" if params else address


@asked_or_typed
def one_decision(request):
    """One document for many agencies: what it makes true, and which agencies."""
    roles = roles_anywhere(request.user)
    acts = [act for act in bulk.acts_of("agencies", roles) if act.name in ("reach", "declare")]
    if not roles & RECORDERS:
        raise PermissionDenied
    form = OneDecisionForm(request.POST if request.method == "POST" else None, person=request.user, acts=acts)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.errors else 200
        return render(request, "procedures/bulk/one_decision.html", {"form": form}, status=status)
    said = form.cleaned_data
    if said["way"] == "paste":
        edit = BulkEdit.objects.begin(
            request.user, subject="agencies", act=said["act"], pasted=said["pasted"]
        )
        return redirect("bulk_names", edit.pk)
    edit = BulkEdit.objects.begin(request.user, subject="agencies", act=said["act"], query=form.query())
    return redirect("bulk_values", edit.pk)


def _own(request, pk):
    """The person's own edit and its act; nobody sees another's. 403 when the role has gone since."""
    edit = get_object_or_404(BulkEdit.objects.select_related("change_set"), pk=pk, made_by=request.user)
    act = bulk.ACTS.get((edit.subject, edit.act))
    if act is None:
        raise Http404
    if not act.roles & roles_anywhere(request.user):
        raise PermissionDenied
    return edit, act


def _steps(edit, current):
    names = [("values", _("New values")), ("preview", _("Preview")), ("done", _("Done"))]
    if edit.pasted:
        names.insert(0, ("names", _("Match the names")))
    keys = [key for key, _title in names]
    here = keys.index(current)
    return [
        {
            "title": title,
            "url": reverse(f"bulk_{key}", args=[edit.pk]) if i < here and current != "done" else "",
            "state": "done" if i < here else "current" if i == here else "",
        }
        for i, (key, title) in enumerate(names)
    ]


@asked_or_typed
def names(request, pk):
    """The pasted names that mean several agencies, or none: a person says which, or leaves them out."""
    edit, act = _own(request, pk)
    if edit.change_set_id or not edit.pasted:
        return redirect("bulk_preview", pk)
    found = pasted.match(edit.pasted, edit.answers, user=request.user, on=timezone.localdate())
    if request.method == "POST":
        edit.answers = edit.answers | _answers(request, found)
        edit.save(update_fields=["answers"])
        found = pasted.match(edit.pasted, edit.answers, user=request.user, on=timezone.localdate())
        if not found.open_questions:
            return redirect("bulk_values", pk)
    elif not found.asked:
        return redirect("bulk_values", pk)
    unanswered = request.method == "POST"
    context = {
        "edit": edit,
        "act": act,
        "found": found,
        "unanswered": unanswered,
        "steps": _steps(edit, "names"),
        "back": _back(edit),
    }
    return render(request, "procedures/bulk/names.html", context, status=422 if unanswered else 200)


def _answers(request, found):
    """What was said about the names in doubt: one of the candidates, or left out."""
    answers = {}
    for number, asked in enumerate(found.asked):
        said = request.POST.get(f"answer-{number}", "")
        allowed = {str(c.agency_id): c.agency_id for c in asked.candidates} | {"out": 0}
        if request.POST.get("others") == "out" and said not in allowed:
            said = "out"
        if said in allowed and request.POST.get(f"key-{number}") == asked.key:
            answers[asked.key] = allowed[said]
    return answers


def _back(edit):
    return reverse("one_decision") if edit.pasted else _list_url(edit.subject, edit.query)


@asked_or_typed
def values(request, pk):
    """What the rows are to hold from now on, typed once."""
    edit, act = _own(request, pk)
    if edit.change_set_id:
        return redirect("bulk_preview", pk)
    typed = request.POST if request.method == "POST" else edit.typed or None
    form = act.form_class(typed, person=request.user)
    if request.method == "POST" and form.is_valid():
        edit.typed = {name: request.POST[name] for name in form.fields if name in request.POST}
        edit.save(update_fields=["typed"])
        return redirect("bulk_preview", pk)
    context = {
        "edit": edit,
        "act": act,
        "form": form,
        "steps": _steps(edit, "values"),
        "back": _back(edit),
        "count": _count(request, edit),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "procedures/bulk/values.html", context, status=status)


def _count(request, edit):
    try:
        return engine.chosen(edit, request.user).order_by().count()
    except Refused as refused:
        messages.warning(request, str(refused))
        return 0


@asked_or_typed
def preview(request, pk):
    """Old → new, row by row; the reason, and one button that writes exactly that, once."""
    edit, act = _own(request, pk)
    if edit.change_set_id:
        return _done(request, edit, act)
    form = act.form_class(edit.typed or None, person=request.user)
    if not edit.typed or not form.is_valid():
        return redirect("bulk_values", pk)
    confirm = ConfirmForm(request.POST) if request.method == "POST" else None
    try:
        if confirm is not None and confirm.is_valid():
            return _apply(request, edit, act, form.cleaned_data, confirm)
        found = engine.look(edit, act, form.cleaned_data, user=request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("bulk_values", pk)
    return _show(request, edit, act, found, confirm=confirm, status=422 if confirm else 200)


def _apply(request, edit, act, said, confirm):
    typed = confirm.cleaned_data
    try:
        engine.apply(
            edit, act, said, user=request.user, shown=typed["shown"], reason=typed["reason"],
            leave_out=typed["leave_out"],
        )  # fmt: skip
    except engine.AlreadyDone as done:
        messages.info(request, str(done))
    except engine.Different as other:
        return _show(request, edit, act, other.preview, confirm=confirm, told=typed, status=409)
    except Refused as refused:
        confirm.add_error(refused.field if refused.field in confirm.fields else None, str(refused))
        found = engine.look(edit, act, said, user=request.user)
        return _show(request, edit, act, found, confirm=confirm, status=422)
    return redirect("bulk_preview", edit.pk)


def _show(request, edit, act, found, *, confirm=None, told=None, status=200):
    latest = ChangeSet.objects.order_by("-id").values_list("id", flat=True).first() or 0
    counts = found.counts
    now = {"shown": found.digest, "seen": latest, "told": ",".join(str(n) for n in counts.values())}
    if confirm is None:
        confirm = ConfirmForm(initial=now)
    elif status == 409:
        # Sent again, it is based on what the page shows now.
        confirm.data = confirm.data.copy()
        for name, value in now.items():
            confirm.data[name] = str(value)
    if not counts[REFUSED]:
        del confirm.fields["leave_out"]
    show = request.GET.get("show") if request.GET.get("show") in counts else ""
    page = Paginator(found.of(show), PER_PAGE).get_page(request.GET.get("page"))
    meanwhile = _meanwhile(request.user, told, found) if told else ([], set())
    context = {
        "edit": edit,
        "act": act,
        "counts": counts,
        "tabs": _tabs(edit, counts, show),
        "page_obj": page,
        "lines": _with_parents(page.object_list),
        "form": confirm,
        "steps": _steps(edit, "preview"),
        "back": reverse("bulk_values", args=[edit.pk]),
        "was": dict(zip(counts, told["told"].split(","), strict=False)) if told else None,
        "since": meanwhile[0],
        "changed_meanwhile": meanwhile[1],
        "gaps": sum(bool(line.gaps) for line in found.of(WILL)),
    }
    return render(request, "procedures/bulk/preview.html", context, status=status)


def _tabs(edit, counts, show):
    titles = {
        "": _("All"),
        WILL: _("Will change"),
        SAME: _("Stay as they are"),
        REFUSED: _("Cannot be changed"),
    }
    address = reverse("bulk_preview", args=[edit.pk])
    numbers = counts | {"": sum(counts.values())}
    return [
        {"title": title, "n": numbers[key], "url": f"{address}?show={key}" if key else address, "current": key == show}
        for key, title in titles.items()
        if numbers[key] or not key
    ]  # fmt: skip


def _with_parents(lines):
    parents = Agency.objects.in_bulk({line.agency.parent_id for line in lines} - {None})
    for line in lines:
        parent = parents.get(line.agency.parent_id)
        line.where = parent.name if parent else ""
    return lines


def _meanwhile(user, told, found):
    """(the acts since the page was shown, the agencies of the edit that they touched)."""
    since = Change.objects.visible_to(user).filter(change_set__gt=told["seen"])
    acts = ChangeSet.objects.filter(pk__in=since.values("change_set")).select_related("made_by")[:20]
    touched = set(since.exclude(agency=None).order_by().values_list("agency", flat=True)[:5_000])
    return list(acts), touched & {line.agency.pk for line in found.lines}


def _done(request, edit, act):
    """What came of it, and the way back."""
    changes = edit.change_set.changes
    # The line of a document entered on the way stands under its issuer, of whom nothing was changed.
    of_agencies = changes.exclude(agency=None).exclude(model=Document._meta.label_lower)
    context = {
        "edit": edit,
        "act": act,
        "change_set": edit.change_set,
        "records": changes.count(),
        "agencies": of_agencies.order_by().values("agency").distinct().count(),
        "undone_by": edit.change_set.undone_by.first(),
        "may_undo": may_undo(request.user, edit.change_set),
        "steps": _steps(edit, "done"),
        "back": _back(edit),
    }
    return render(request, "procedures/bulk/done.html", context)
