"""Step four: what will be true afterwards, and one button that does exactly that, once."""

from collections import Counter

from django.contrib import messages
from django.db import DatabaseError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.errors import Refused
from agencies.imports import engine, uploads
from agencies.imports.checked import CHANGED, NEW, UNCHANGED
from agencies.models import ChangeSet
from agencies.models.history import UploadState
from procedures.views.imports.access import job_for
from procedures.views.imports.check import unticked
from procedures.views.imports.forms import ConfirmForm
from procedures.views.imports.lines import in_words
from procedures.views.imports.shown import LETTERS, confirmation, mark, read_told

SHOWN_DIFFERENCES = 200
CONFIRMABLE = (UploadState.CHECKED, UploadState.FAILED)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, pk):
    """Ask once more, then bring the list in."""
    job = job_for(request, pk)
    if not job.is_open:
        return redirect("import_done", pk)
    if request.method == "POST":
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            return _show(request, job, job.look(), form=form, status=422)
        return _bring_in(request, job, form.cleaned_data)
    checked = job.look()
    if not checked.is_fine:
        messages.warning(request, _("It has errors; put them right first."))
        return redirect(job.url("check"))
    if unticked(job.upload, checked):
        messages.warning(request, _("Read the warnings first."))
        return redirect(job.url("check") + "?show=warnings")
    return _show(request, job, checked)


def _bring_in(request, job, said):
    """Confirm what was shown. Small lists at once, large ones by the worker."""
    checked = job.look()
    # What somebody else brought in meanwhile is no difference: nothing is left to do.
    does_something = checked.number_of(NEW) or checked.number_of(CHANGED)
    if not checked.is_fine or (does_something and checked.digest != said["shown"]):
        return _different(request, job, said, checked)
    if unticked(job.upload, checked):
        messages.warning(request, _("Read the warnings first."))
        return redirect(job.url("check") + "?show=warnings")
    if job.upload.counts.get("digest") != checked.digest or job.upload.state not in CONFIRMABLE:
        # What the worker will hold the list against is what was shown.
        uploads.check(job.kind, job.upload, user=job.user)
    uploads.confirm(job.upload, user=job.user, reason=said["reason"])
    if job.upload.counts.get("rows", 0) <= uploads.AT_ONCE:
        try:
            uploads.apply(job.kind, job.upload, user=job.user, shown=said["shown"])
        except uploads.ClaimLost:
            pass  # the first of two clicks, or a worker, has it
        except (engine.Different, engine.Blocked) as other:
            return _different(request, job, said, other.checked)
        except (Refused, DatabaseError):
            pass  # the upload is failed and says so; nothing was written
    return redirect("import_done", job.upload.pk)


def _show(request, job, checked, *, form=None, status=200):
    context = {
        "job": job,
        "steps": job.steps("confirm"),
        "counts": checked.counts,
        "will_be": will_be(checked),
        "afterwards": job.kind.afterwards(checked),
        "changes": checked.tally_changed().most_common(12),
        "form": form or confirmation(job, checked),
        "is_queued": checked.counts["rows"] > uploads.AT_ONCE,
    }
    return render(request, "procedures/imports/confirm.html", context, status=status)


def will_be(checked):
    """[(title, n)]: the new lines by what tells them apart: standard, else level."""
    found = Counter()
    for (name, value), count in checked.tally_new(("standard", "level", "form", "role")).items():
        found[", ".join(map(str, value)) if isinstance(value, tuple) else in_words(name, value)] += count
    return found.most_common(12)


def _different(request, job, said, checked):
    """409: what was shown would no longer happen. Nothing was written; here is what differs, and who acted meanwhile."""
    before = read_told(said["told"])
    letters = {letter: outcome for outcome, letter in LETTERS.items()}
    differing = []
    if len(before) == len(checked.of()):
        for was, line in zip(before, checked.of(), strict=True):
            if was != mark(line):
                differing.append((letters.get(was[:1], "wrong"), line))
    since = ChangeSet.objects.visible_to(job.user).filter(pk__gt=said["seen"]).select_related("made_by")
    context = {
        "job": job,
        "steps": job.steps("confirm"),
        "counts": checked.counts,
        "was": Counter(letters.get(mark[:1], "wrong") for mark in before),
        "differing": differing[:SHOWN_DIFFERENCES],
        "differing_count": len(differing),
        "since": list(since[:20]),
        "errors": checked.errors[:SHOWN_DIFFERENCES],
        "outcomes": {
            NEW: _("new"),
            CHANGED: _("changed"),
            UNCHANGED: _("unchanged"),
            "wrong": _("with an error"),
        },
    }
    return render(request, "procedures/imports/different.html", context, status=409)
