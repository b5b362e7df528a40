"""Import home: a file or pasted cells come in; what came in before, with its original file."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from agencies.access import undoable
from agencies.imports import uploads
from agencies.imports.engine import may_import
from agencies.models import ChangeSet, Upload, User
from agencies.models.history import Door, UploadState
from iso_rollout.sheets.guard import MAX_BYTES
from procedures import imports
from procedures.views.imports.access import OPEN, Job, kinds_of, upload_for
from procedures.views.imports.forms import TOO_LARGE, UploadForm

PER_PAGE = 20
AROUND = 2**20  # what a form needs beside its file
RESUMED = timedelta(days=7)


# A body that is too large is refused before anything of it is read, the token included.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def home(request):
    """Bring in a list, or find one that came in before."""
    kinds = kinds_of(request.user)
    if is_too_large(request):
        form = UploadForm({}, kinds=kinds)
        form.full_clean()
        form.errors.clear()
        form.add_error("file", TOO_LARGE % {"size": MAX_BYTES >> 20})
        return _show(request, form, kinds, status=413)
    return _bring_in(request, kinds)


def is_too_large(request):
    """Whether the body is larger than any file that is taken, by what it says of itself."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return request.method == "POST" and length.isdecimal() and int(length) > MAX_BYTES + AROUND


@csrf_protect
def _bring_in(request, kinds):
    if request.method != "POST":
        return _show(request, UploadForm(kinds=kinds), kinds)
    form = UploadForm(request.POST, request.FILES, kinds=kinds)
    if not form.is_valid():
        too_large = form.has_error("file", "too_large")
        return _show(request, form, kinds, status=413 if too_large else 422)
    kind = imports.kind(form.cleaned_data["kind"])
    data, name = form.source()
    upload, is_new = receive_once(data, name, kind=kind, user=request.user, on=form.cleaned_data["on"])
    if is_new:
        uploads.check(kind, upload, user=request.user)
    else:
        messages.info(
            request, _("This file is here already and not imported yet; you go on where it stands.")
        )
    return redirect("import_recognise", upload.pk)


@transaction.atomic
def receive_once(data, name, *, kind, user, on):
    """(upload, whether it is new). The same file sent twice, or by two clicks, is one upload while it is open."""
    User.objects.select_for_update().get(pk=user.pk)
    received = uploads.receive(data, name, kind=kind, user=user, on=on)
    same = Upload.objects.filter(
        uploaded_by=user, kind=kind.name, sha256=received.sha256, on=on, state__in=OPEN,
        uploaded_at__gt=timezone.now() - RESUMED, pk__lt=received.pk,
    )  # fmt: skip
    if earlier := same.first():
        received.delete()
        return earlier, False
    return received, True


def _show(request, form, kinds, status=200):
    names = [kind.name for kind in kinds]
    found = Upload.objects.visible_to(request.user).filter(kind__in=names).select_related("uploaded_by")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = dress(page.object_list, kinds, request.user)
    context = {"form": form, "kinds": kinds, "page_obj": page, "rows": rows,
               "can_hand_in": may_import(imports.kind("update"), request.user), "limit": MAX_BYTES >> 20,
               "max_bytes": MAX_BYTES, "too_large": TOO_LARGE % {"size": MAX_BYTES >> 20}}  # fmt: skip
    return render(request, "procedures/imports/home.html", context, status=status)


def dress(rows, kinds, user):
    """Uploads with what their row shows: kind, where a click leads, whether they can be undone."""
    rows = list(rows)
    acts = acts_of(rows)
    undoable_acts = undoable(user, acts.values())
    titles = {kind.name: kind.title for kind in kinds}
    for upload in rows:
        upload.kind_title = titles[upload.kind]
        upload.url = Job(upload, None, user).url(_step(upload, user))
        act = acts.get(upload.pk) if upload.state == UploadState.APPLIED else None
        upload.may_undo = act is not None and act.pk in undoable_acts
        upload.tone = TONES.get(upload.state, "")
    return rows


# The chip's tone of each state.
TONES = {
    UploadState.APPLIED: "ok",
    UploadState.REFUSED: "bad",
    UploadState.FAILED: "bad",
    UploadState.UNDONE: "muted",
    UploadState.WAITING: "info",
    UploadState.APPLYING: "info",
    UploadState.CHECKED: "warn",
    UploadState.RECEIVED: "warn",
}


def _step(upload, user):
    """Where a click on an upload leads: one's own open ones go on, the others are only shown."""
    if upload.state not in OPEN or upload.uploaded_by_id != user.pk:
        return "done"
    if upload.counts.get("conflicts"):
        return "compare"
    return "confirm" if upload.state == UploadState.CHECKED and not upload.counts.get("warnings") else "check"


def acts_of(rows):
    """{upload id: its change set} of some uploads, in one query."""
    found = ChangeSet.objects.filter(upload__in=[u.pk for u in rows], door=Door.UPLOAD).order_by("id")
    return {act.upload_id: act for act in found}


@require_safe
def original_file(request, pk):
    """The file as it was sent, under its own name, never shown in the browser."""
    upload, _kind = upload_for(request, pk)
    if not upload.file or not upload.file.storage.exists(upload.file.name):
        raise Http404
    answer = FileResponse(
        upload.file.open("rb"), as_attachment=True, filename=upload.file_name, content_type="application/octet-stream"
    )  # fmt: skip
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
