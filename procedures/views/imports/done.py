"""Step five: how it stands, what came of it, and taking it back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from agencies.access import may_undo
from agencies.errors import Refused
from agencies.forms import UndoForm
from agencies.imports import uploads
from agencies.models import Change, Upload
from agencies.models.history import UploadState
from agencies.progress import heard
from agencies.views.changes import tell_what_was_undone, three_lists
from procedures.views.imports.access import OPEN, Job, upload_for
from procedures.views.imports.recognise import earlier_of

MOVING = (UploadState.WAITING, UploadState.APPLYING)
AGENCIES_SHOWN = 12


@require_safe
def done(request, pk):
    """The upload as it stands now; while it is on its way the page asks again by itself."""
    upload, kind = upload_for(request, pk)
    job = Job(upload, kind, request.user)
    act = uploads.change_set_of(upload) if upload.state in (UploadState.APPLIED, UploadState.UNDONE) else None
    context = {
        "job": job,
        "upload": upload,
        "steps": job.steps("done"),
        "counts": upload.counts,
        "is_moving": upload.state in MOVING,
        "is_open": upload.state in OPEN,
        "is_mine": job.is_mine,
        "ahead": _ahead(upload),
        "seconds": int((timezone.now() - upload.claimed_at).total_seconds()) if upload.claimed_at else None,
        "progress": heard(uploads.progress_name(upload)) if upload.state == UploadState.APPLYING else None,
        "act": act,
        "may_undo": act is not None and upload.state == UploadState.APPLIED and may_undo(request.user, act),
        "undone_by": act.undone_by.select_related("made_by").first() if act else None,
        "brought_back": _brought_back(act),
        "agencies": _agencies(request.user, act) if act else [],
        "lines": act.changes.count() if act else 0,
        "blocking": [p for p in upload.problems if p.get("blocks")],
        "earlier": earlier_of(upload, request.user),
    }
    if request.htmx and upload.state in MOVING:
        return render(request, "procedures/imports/_progress.html", context)
    answer = render(request, "procedures/imports/done.html", context)
    if request.htmx:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _ahead(upload):
    if upload.state != UploadState.WAITING:
        return 0
    return Upload.objects.filter(state__in=MOVING, pk__lt=upload.pk).count()


def _brought_back(act):
    """Whether the latest undo of an act was itself undone."""
    undo = act.undone_by.order_by("-id").first() if act else None
    return undo is not None and undo.undone_by.exists()


def _agencies(user, act):
    """The agencies whose history shows the list, as far as the person sees them."""
    lines = Change.objects.visible_to(user).filter(change_set=act, agency__isnull=False)
    found = lines.order_by("agency__path").values_list("agency_id", "agency__name").distinct()
    return list(found[: AGENCIES_SHOWN + 1])


@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request, pk):
    """Three lists first: restored, kept, impossible; then one act, itself undoable."""
    upload, kind = upload_for(request, pk)
    act = uploads.change_set_of(upload)
    if upload.state != UploadState.APPLIED or act is None:
        return redirect("import_done", pk)
    if not may_undo(request.user, act):
        raise PermissionDenied
    form = UndoForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            undone = uploads.take_back(upload, by=request.user, reason=form.cleaned_data["reason"])
        except Refused as refused:
            messages.info(request, str(refused))
        else:
            tell_what_was_undone(request, undone)
        return redirect("import_done", pk)
    found = uploads.what_undoing_does(upload)
    context = {
        "act": act, "form": form, "found": found, "lists": three_lists(found), "upload": upload,
        "home": Job(upload, kind, request.user).home, "back": reverse("import_done", args=[pk]),
    }  # fmt: skip
    return render(request, "procedures/imports/undo.html", context, status=422 if form.errors else 200)
