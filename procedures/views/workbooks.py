"""Workbooks that go out filled and come back: download, hand in, decide where two sides changed one cell."""

import tempfile

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from agencies.access import grants, roles_anywhere, roles_at, scope_of, top_agency, visible_to
from agencies.imports import uploads
from agencies.models import Agency, Upload
from agencies.views.exports import TYPES
from iso_rollout.sheets.guard import MAX_BYTES, MAX_MEMBERS
from procedures import imports, listing
from procedures.forms import AgencyFilter
from procedures.lifecycle import RECORDERS
from procedures.models import AgencyProcedure, IssuedSheet, Standard
from procedures.stages import with_stage
from procedures.views.imports import corrections
from procedures.views.imports.access import job_for
from procedures.views.imports.downloads import IN_MEMORY
from procedures.views.imports.forms import TOO_LARGE, WorkbookForm
from procedures.views.imports.home import dress, is_too_large, receive_once
from procedures.workbooks.authors import last_changes
from procedures.workbooks.building import file_name, write_workbook, write_zip
from procedures.workbooks.contents import contents, issue
from procedures.workbooks.merging import FILE, NOW
from procedures.workbooks.wording import label_of, shown

PER_PAGE = 20
MOST_ROWS = 60_000  # procedures in one download: what is built while a person waits


# Going out and coming in


# A body that is too large is refused before anything of it is read, the token included.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    """Download a workbook, hand in a filled one, see what was handed in before."""
    if not roles_anywhere(request.user) & RECORDERS:
        raise PermissionDenied
    if is_too_large(request):
        form = WorkbookForm({})
        form.full_clean()
        form.errors.clear()
        form.add_error("file", TOO_LARGE % {"size": MAX_BYTES >> 20})
        return _show_home(request, form, status=413)
    return _hand_in(request)


@csrf_protect
def _hand_in(request):
    if request.method != "POST":
        return _show_home(request, WorkbookForm())
    form = WorkbookForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_home(request, form, status=413 if form.has_error("file", "too_large") else 422)
    kind, file = imports.kind("update"), form.cleaned_data["file"]
    upload, is_new = receive_once(
        file.read(), file.name, kind=kind, user=request.user, on=timezone.localdate()
    )
    if is_new:
        uploads.check(kind, upload, user=request.user)
    else:
        messages.info(
            request, _("This file is here already and not imported yet; you go on where it stands.")
        )
    step = "compare" if upload.counts.get("conflicts") else "check"
    return redirect(f"import_{step}", upload.pk)


def _show_home(request, form, *, status=200):
    kind = imports.kind("update")
    found = Upload.objects.visible_to(request.user).filter(kind=kind.name).select_related("uploaded_by")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "scopes": _scopes(request.user),
        "page_obj": page,
        "rows": dress(page.object_list, [kind], request.user),
        "limit": MAX_BYTES >> 20,
        "max_bytes": MAX_BYTES,
        "too_large": TOO_LARGE % {"size": MAX_BYTES >> 20},
    }
    return render(request, "procedures/workbooks/home.html", context, status=status)


def _scopes(user):
    """[(agency, how many are below)] of the places whose facts a person keeps."""
    if user.is_superuser:
        agencies = [top] if (top := top_agency(user)) else []
    else:
        agencies = {g.agency_id: g.agency for g in grants(user) if g.role in RECORDERS}.values()
    today = timezone.localdate()
    return [
        (agency, Agency.objects.open_on(today).within(agency).count() - 1)
        for agency in sorted(agencies, key=lambda a: a.path)
    ]


@require_POST
def download(request):
    """A workbook of one agency, or of those below it that the filter leaves; in one file or one file each."""
    given = request.POST.get("agency", "")
    if not given.isdecimal() or len(given) > 18:
        given = "0"
    scope = get_object_or_404(visible_to(request.user).not_void(), pk=int(given))
    below = bool(request.POST.get("below"))
    held = roles_anywhere(request.user) if below else roles_at(request.user, scope)
    if not held & RECORDERS:
        raise PermissionDenied
    today = timezone.localdate()
    back = request.POST.get("back") == "list"
    agencies = _wanted(request, scope, below, today)
    too_many = (
        len(agencies) > MAX_MEMBERS
        or AgencyProcedure.objects.filter(agency__in=[a.pk for a in agencies]).count() > MOST_ROWS
    )
    if too_many:
        return _turned_back(
            request, scope, back, _("That is too much for one download. Choose a district, or a filter.")
        )
    found = [content for content in contents(agencies, on=today).values() if content.rows]
    if not found:
        return _turned_back(
            request,
            scope,
            back,
            _("There is nothing to fill in: no undertaking goes on, no procedure is entered."),
        )
    return _send(request, scope, found, one_each=request.POST.get("as") == "zip")


def _wanted(request, scope, below, today):
    """The agencies that a download is about, in the order of the tree."""
    if not below:
        return [scope]
    rows = Agency.objects.filter(scope_of(request.user, roles=RECORDERS)).as_of(today).within(scope)
    form = AgencyFilter(request.POST)
    if form.is_valid() and form.is_filtered:
        rows = listing.narrowed(with_stage(rows, today), form.cleaned_data)
    ids = [agency.pk for agency in rows.order_by()[: MAX_MEMBERS + 1]]
    return list(Agency.objects.filter(pk__in=ids).order_by("path"))


def _turned_back(request, scope, to_list, why):
    messages.warning(request, why)
    if to_list:
        return redirect(f"{reverse('agencies')}?agency={scope.pk}")
    return redirect("workbooks")


def _send(request, scope, found, *, one_each):
    codes = issue(found, by=request.user)
    standards = list(Standard.objects.order_by("-published_on").values_list("code", flat=True))
    out = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (the answer closes it)
    if one_each:
        write_zip(found, codes, out, standards=standards)
        name, content_type = file_name(scope, suffix="zip"), "application/zip"
    else:
        of = found[0].agency if len(found) == 1 else scope
        write_workbook(found, codes, out, standards=standards, of=of.name)
        name, content_type = file_name(of), TYPES["xlsx"]
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=name, content_type=content_type)


# Where two sides changed one cell


@require_http_methods(["GET", "HEAD", "POST"])
def compare(request, pk):
    """Each cell that the file and somebody else changed: as it went out, in the file, now. A person chooses."""
    job = job_for(request, pk, "compare")
    if not job.is_open:
        return redirect("import_done", pk)
    checked = job.look()
    if request.method != "POST":
        return _show_conflicts(request, job, checked)
    try:
        choices = _understand(request.POST, checked)
        checked = corrections.correct(job, lambda options: options.choices.update(choices))
    except corrections.Nonsense:
        messages.error(request, _("That could not be understood; nothing was changed."))
        return _show_conflicts(request, job, checked, status=422)
    except corrections.Closed:
        return redirect("import_done", pk)
    if left := len(checked.open_conflicts):
        messages.info(request, _("Kept. Cells still to be chosen: %(n)s.") % {"n": left})
        return redirect(job.url("compare"))
    return redirect(job.url("check"))


def _understand(given, checked):
    """{cell: [side, digest]} of what was chosen; an answer to a question that has changed since is left out."""
    asked = {conflict.edit.question: conflict.edit.digest for conflict in checked.conflicts}
    if side := given.get("all"):
        if side not in (FILE, NOW):
            raise corrections.Nonsense(side)
        return {c.edit.question: [side, c.edit.digest] for c in checked.open_conflicts}
    choices = {}
    for index in range(PER_PAGE):
        question, side = given.get(f"cell-{index}"), given.get(f"choice-{index}")
        if side is None or asked.get(question) != given.get(f"was-{index}"):
            continue
        if side not in (FILE, NOW):
            raise corrections.Nonsense(side)
        choices[question] = [side, asked[question]]
    return choices


def _show_conflicts(request, job, checked, *, status=200):
    # The open ones first; those that were answered can be answered otherwise.
    conflicts = sorted(checked.conflicts, key=lambda c: bool(c.choice))
    page = Paginator(conflicts, PER_PAGE).get_page(request.GET.get("page"))
    shown_now = list(page.object_list)
    changes = {}
    if shown_now:
        codes = {conflict.edit.row.code for conflict in shown_now}
        since = (
            IssuedSheet.objects.filter(code__in=codes)
            .order_by("issued_at")
            .values_list("issued_at", flat=True)[0]
        )
        changes = last_changes(shown_now, since=since)
    rows = []
    for index, conflict in enumerate(shown_now):
        edit, column = conflict.edit, conflict.column
        rows.append({
            "index": index, "conflict": conflict, "edit": edit, "label": label_of(conflict.entry, conflict.agency),
            "title": column.title, "was": shown(edit.was, column), "filled": shown(edit.filled, column),
            "now": shown(edit.now, column), "change": changes.get(edit.question),
        })  # fmt: skip
    context = {
        "job": job,
        "steps": job.steps("compare"),
        "checked": checked,
        "open": len(checked.open_conflicts),
        "rows": rows,
        "page_obj": page,
        "changed": checked.number_of("changed"),
    }
    return render(request, "procedures/workbooks/compare.html", context, status=status)
