"""Who changed what, and taking it back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from agencies import history
from agencies.access import may_undo, visible_to
from agencies.forms import ChangeSetFilterForm, UndoForm
from agencies.models import Change, ChangeSet, User
from agencies.presenting import history_lines

PER_PAGE = 50
LISTED = 20  # records of one list on the page that asks before an undo


@require_safe
def change_sets(request):
    """What was done within the person's agencies, the latest first."""
    form = ChangeSetFilterForm(request.GET, agencies=visible_to(request.user))
    found = ChangeSet.objects.visible_to(request.user)
    status = 200
    if form.is_valid():
        found = _filtered(found, form.cleaned_data)
    else:
        status = 422
    page = Paginator(found.select_related("made_by"), PER_PAGE).get_page(request.GET.get("page"))
    sets = list(page.object_list)
    lines = Change.objects.visible_to(request.user).filter(change_set__in=[s.pk for s in sets])
    counts = dict(
        lines.order_by().values("change_set").annotate(n=Count("pk")).values_list("change_set", "n")
    )
    undone = set(ChangeSet.objects.filter(undoes__in=[s.pk for s in sets]).values_list("undoes", flat=True))
    rows = [(s, counts.get(s.pk, 0), s.pk in undone) for s in sets]
    context = {"form": form, "page_obj": page, "rows": rows}
    return render(request, "agencies/change_sets.html", context, status=status)


def _filtered(found, wanted):
    if wanted["who"]:
        found = found.filter(made_by__in=User.objects.matching(wanted["who"]))
    if wanted["door"]:
        found = found.filter(door=wanted["door"])
    if wanted["since"]:
        found = found.filter(made_at__date__gte=wanted["since"])
    if wanted["until"]:
        found = found.filter(made_at__date__lte=wanted["until"])
    if wanted["at"]:
        found = found.filter(pk__in=Change.objects.filter(agency=wanted["at"]).values("change_set"))
    return found


@require_safe
def change_set(request, pk):
    """One act, record by record, from what to what."""
    act = get_object_or_404(
        ChangeSet.objects.visible_to(request.user).select_related("made_by", "upload", "undoes"), pk=pk
    )
    lines = act.changes.visible_to(request.user).order_by("id")
    lines = lines.select_related("change_set__made_by", "change_set__upload")
    page = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "act": act,
        "page_obj": page,
        "lines": history_lines(list(page.object_list), reader=request.user),
        "undone_by": act.undone_by.visible_to(request.user).first(),
        "may_undo": may_undo(request.user, act),
    }
    return render(request, "agencies/change_set.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def undo_change_set(request, pk):
    """Ask what would go back, then take it back."""
    act = get_object_or_404(ChangeSet.objects.visible_to(request.user).select_related("made_by"), pk=pk)
    if not may_undo(request.user, act):
        raise PermissionDenied
    form = UndoForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = history.undo(act, by=request.user, reason=form.cleaned_data["reason"])
        tell_what_was_undone(request, done)
        return redirect(done.change_set or act.undone_by.first() or act)
    found = history.what_undo_does(act)
    context = {"act": act, "form": form, "found": found, "lists": three_lists(found)}
    return render(request, "agencies/undo.html", context, status=422 if form.errors else 200)


def three_lists(found):
    """The three lists of an undo as `agencies/_undo_lists.html` prints them: title, how many, the first, how many more."""
    lists = [
        (_("Will be restored"), found.restored),
        (_("Kept, because edited since"), found.kept),
        (_("Cannot be restored"), found.impossible),
    ]
    return [(title, len(rows), rows[:LISTED], len(rows) - LISTED) for title, rows in lists]


def tell_what_was_undone(request, done):
    """Say in a sentence what an undo did."""
    if done.change_set is None:
        messages.info(request, _("Nothing was left to undo; nothing was changed."))
        return
    restored, left = len(done.restored), len(done.kept) + len(done.impossible)
    text = ngettext("%(n)s record restored.", "%(n)s records restored.", restored) % {
        "n": number_format(restored)
    }
    if left:
        text += " " + ngettext("%(n)s record stays as it is.", "%(n)s records stay as they are.", left) % {
            "n": number_format(left)
        }
    messages.success(request, text)
