"""Uploads: a file on its way in, from receiving it to taking it back. Every step is a row's state.

received → checked or refused → (waiting →) applying → applied → undone. A claim is one conditional update. All of a
list is written in one transaction that also ends the claim, so a worker that dies leaves nothing: its upload is
*failed* and can be tried again.
"""

import hashlib
import os
import secrets
import socket
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agencies.errors import Refused
from agencies.history import undo, what_undo_does
from agencies.models import ChangeSet, Notice, NoticeKind, Upload
from agencies.models.history import Door, UploadState, _upload_path
from agencies.progress import Doing, tell, told_as
from iso_rollout.sheets.guard import MAX_BYTES
from iso_rollout.text import storable

from . import engine, staging
from .checked import Options

AT_ONCE = 2_000  # rows that are applied while the person waits
SHOWN_PROBLEMS = 100
STALE = timedelta(minutes=15)  # a claim of another machine that nobody heard of for so long is void
# States in which a list is no longer corrected.
CLOSED = (UploadState.WAITING, UploadState.APPLYING, UploadState.APPLIED, UploadState.UNDONE)


class ClaimLost(Refused):
    """Somebody else decided about this upload meanwhile; nothing was written."""


def receive(data, name, *, kind, user=None, on=None, options=None, reason=""):
    """Keep the bytes of a file under their hash. Returns the `Upload`, not yet read.

    Raises Refused when the person may not bring in such lists or the file is too large.
    """
    if not engine.may_import(kind, user):
        raise Refused(_("Your role does not allow this list."))
    if len(data) > MAX_BYTES:
        raise Refused(_("The file is larger than %(size)s MB.") % {"size": MAX_BYTES >> 20}, "file")
    upload = Upload(
        kind=kind.name, file_name=shown_name(name), size=len(data), sha256=hashlib.sha256(data).hexdigest(),
        on=on or timezone.localdate(), options=(options or Options()).as_dict(), uploaded_by=user, reason=reason,
    )  # fmt: skip
    path = _upload_path(upload, "")
    if not default_storage.exists(path):
        path = default_storage.save(path, ContentFile(data))
    upload.file.name = path
    upload.save()
    return upload


def shown_name(name):
    """The sender's file name as it is shown: without folders and without characters that hide or reorder."""
    name = name.replace("\\", "/").rpartition("/")[2]
    return (
        "".join(
            c
            for c in name
            if c.isprintable() and c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        )[-255:]
        or "-"
    )


def look(kind, upload, *, user=None):
    """Read and check an upload as it would go in now. Writes nothing. Returns `Checked`."""
    options = Options.from_dict(upload.options)
    if kind.takes_zips:
        sheets = partial(staging.files_of, upload)
    else:
        sheets = partial(staging.sheets_of, upload, convert_legacy=options.convert_legacy)
    return engine.check(kind, sheets, upload.file_name, user=user, on=upload.on, options=options)


def check(kind, upload, *, user=None):
    """`look`, and keep what was found beside the upload: counts, the first problems, the digest of what was shown."""
    checked = look(kind, upload, user=user)
    open_states = (UploadState.RECEIVED, UploadState.CHECKED, UploadState.REFUSED, UploadState.FAILED)
    state = UploadState.CHECKED if checked.is_fine else UploadState.REFUSED
    Upload.objects.filter(pk=upload.pk, state__in=open_states).update(state=state, **_found(checked))
    upload.refresh_from_db()
    return checked


def _found(checked):
    problems = [(p, True) for p in checked.errors[:SHOWN_PROBLEMS]]
    problems += [(p, False) for p in checked.warnings[:SHOWN_PROBLEMS]]
    return {
        "counts": checked.counts | {"digest": checked.digest if checked.is_fine else ""},
        # A heading with U+0000 is named as it stands.
        "problems": storable([
            {
                "code": p.code, "message": p.message, "sheet": p.sheet, "cell": p.cell, "column": str(p.column),
                "params": {k: str(v) for k, v in p.params.items()}, "blocks": blocks,
            }
            for p, blocks in problems
        ]),
    }  # fmt: skip


def change_options(upload, options, *, on=None):
    """A correction by the person (mapping, answers, another day): the upload has to be checked anew."""
    Upload.objects.filter(pk=upload.pk).exclude(state__in=CLOSED).update(
        options=options.as_dict(), on=on or upload.on, state=UploadState.RECEIVED
    )
    upload.refresh_from_db()


def change_kind(upload, kind, *, user=None):
    """It is another kind of list than was said: the upload has to be checked anew, without what was corrected before.

    Raises Refused when the person may not bring in such lists.
    """
    if not engine.may_import(kind, user):
        raise Refused(_("Your role does not allow this list."))
    Upload.objects.filter(pk=upload.pk).exclude(state__in=CLOSED).update(
        kind=kind.name, options=Options().as_dict(), state=UploadState.RECEIVED
    )
    upload.refresh_from_db()


# Applying


def confirm(upload, *, user=None, reason=""):
    """The person said yes: the upload waits for a worker. The second click finds it waiting already."""
    taken = Upload.objects.filter(pk=upload.pk, state__in=(UploadState.CHECKED, UploadState.FAILED))
    taken.update(state=UploadState.WAITING, reason=reason[:500], claimed_by="", claimed_at=None)
    upload.refresh_from_db()
    return upload


def apply(kind, upload, *, user=None, worker=None, shown=None):
    """Claim a waiting upload and bring it in. Returns its `ChangeSet`, None when nothing was left to change.

    `shown`: the digest that the person saw; default: of the upload's last check. Raises ClaimLost (a second click,
    another worker), Different or Blocked (nothing was written, and the upload is open again with what was found).
    """
    name = worker or worker_name()
    claimed = Upload.objects.filter(pk=upload.pk, state=UploadState.WAITING).update(
        state=UploadState.APPLYING, claimed_by=name, claimed_at=timezone.now()
    )
    upload.refresh_from_db()
    if not claimed:
        raise ClaimLost(_("This list is being applied or was applied already."))
    return apply_claimed(kind, upload, user=user, worker=name, shown=shown)


def progress_name(upload):
    """Under which name `agencies.progress` tells how far an upload has got."""
    return f"upload-{upload.pk}"


def apply_claimed(kind, upload, *, user, worker, shown=None, tells=False):
    """Bring in an upload that this worker has claimed, telling how far it is.

    `tells`: the person does not wait, and gets a notice.
    """
    with told_as(progress_name(upload)):
        tell(Doing.READING)
        return _apply_claimed(kind, upload, user, worker, shown=shown, tells=tells)


def _apply_claimed(kind, upload, user, worker, *, shown, tells):
    mine = Upload.objects.filter(pk=upload.pk, state=UploadState.APPLYING, claimed_by=worker)

    def finish(checked, change_set):
        # Ends the claim in the same transaction: whoever gave the upload up meanwhile wins, and nothing is written.
        if not mine.update(state=UploadState.APPLIED, claimed_by="", claimed_at=None, **_found(checked)):
            raise ClaimLost(_("This list is being applied or was applied already."))
        if tells:
            tell_uploader(upload, UploadState.APPLIED)

    def stop(state, **found):
        with transaction.atomic():
            if mine.update(state=state, claimed_by="", claimed_at=None, **found) and tells:
                tell_uploader(upload, state)
        upload.refresh_from_db()

    try:
        checked = look(kind, upload, user=user)
        written = engine.write(
            kind, checked, user=user, upload=upload, options=Options.from_dict(upload.options), reason=upload.reason,
            shown=shown or upload.counts.get("digest"), finish=finish,
        )  # fmt: skip
    except (engine.Different, engine.Blocked) as other:
        state = UploadState.CHECKED if other.checked.is_fine else UploadState.REFUSED
        stop(state, **_found(other.checked))
        raise
    except ClaimLost:
        upload.refresh_from_db()
        raise
    except Exception:
        # Whatever it was, the transaction is gone: nothing was imported, and it can be tried again.
        stop(UploadState.FAILED)
        raise
    upload.refresh_from_db()
    staging.forget(upload)
    return written.change_set


def tell_uploader(upload, state):
    """Tell the person whose list a worker took what became of it."""
    if upload.uploaded_by_id is None:
        return
    with translation.override(settings.LANGUAGE_CODE):
        words = {"file": upload.file_name}
        title = {
            UploadState.APPLIED: _("Your list was brought in: %(file)s"),
            UploadState.CHECKED: _("Your list needs another look: %(file)s"),
            UploadState.REFUSED: _("Your list has errors; nothing was imported: %(file)s"),
            UploadState.FAILED: _("Your list failed; nothing was imported: %(file)s"),
        }[state]
        step = "import_done" if state == UploadState.APPLIED else "import_check"
        notice = Notice(
            to_id=upload.uploaded_by_id,
            kind=NoticeKind.UPLOAD,
            # A list that failed may be tried again, and fail again.
            occasion=f"upload {upload.pk} {state.value} {upload.claimed_at:%Y%m%d%H%M%S%f}",
            title=title % words,
            url=reverse(step, args=[upload.pk]),
        )
        Notice.objects.tell([notice])


def claim_next(worker):
    """The oldest waiting upload, claimed by one conditional update; None when nothing waits."""
    for pk in (
        Upload.objects.filter(state=UploadState.WAITING).order_by("id").values_list("pk", flat=True)[:20]
    ):
        claimed = Upload.objects.filter(pk=pk, state=UploadState.WAITING).update(
            state=UploadState.APPLYING, claimed_by=worker, claimed_at=timezone.now()
        )
        if claimed:
            return Upload.objects.select_related("uploaded_by").get(pk=pk)
    return None


def give_up_dead():
    """Uploads whose worker died are *failed*: their transaction went with it, so nothing was imported."""
    found = 0
    for upload in Upload.objects.filter(state=UploadState.APPLYING):
        if is_dead(upload):
            with transaction.atomic():
                freed = Upload.objects.filter(
                    pk=upload.pk, state=UploadState.APPLYING, claimed_by=upload.claimed_by
                ).update(state=UploadState.FAILED, claimed_by="", claimed_at=None)
                if freed:
                    tell_uploader(upload, UploadState.FAILED)
            found += freed
    return found


def worker_name():
    """Says where a worker runs, so that another one there can see whether it still does."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def is_dead(claimed):
    """Whether the process that claimed a row (`claimed_by`, `claimed_at`) does not run any more."""
    host, _colon, rest = claimed.claimed_by.partition(":")
    pid = rest.partition(":")[0]
    if host == socket.gethostname()[:60] and pid.isdigit():
        try:
            os.kill(int(pid), 0)
        except (ProcessLookupError, OverflowError):
            return True
        except PermissionError:
            pass
    return timezone.now() - claimed.claimed_at > STALE


# Taking back


def change_set_of(upload):
    """The change set that an applied upload made, or that brought an undone one back; None without."""
    return ChangeSet.objects.filter(upload=upload, door=Door.UPLOAD).order_by("-id").first()


def what_undoing_does(upload):
    """The three lists a person sees first: restored, kept (and by whom), impossible (and why). Writes nothing."""
    change_set = change_set_of(upload)
    return what_undo_does(change_set) if change_set else None


@transaction.atomic
def take_back(upload, *, by, reason=""):
    """Undo an applied upload in one act, itself undoable. Returns `Undone`. Raises ClaimLost on a second click."""
    if not Upload.objects.filter(pk=upload.pk, state=UploadState.APPLIED).update(state=UploadState.UNDONE):
        raise ClaimLost(_("This list was taken back already."))
    upload.refresh_from_db()
    change_set = change_set_of(upload)
    if change_set is None:
        raise Refused(_("The list changed nothing: there is nothing to take back."))
    return undo(change_set, by=by, reason=reason)


@transaction.atomic
def bring_back(upload, *, by, reason=""):
    """Undo the taking back: the list counts again, as far as nobody has edited since. Returns `Undone`."""
    if not Upload.objects.filter(pk=upload.pk, state=UploadState.UNDONE).update(state=UploadState.APPLIED):
        raise ClaimLost(_("This list was not taken back."))
    upload.refresh_from_db()
    taken_back = ChangeSet.objects.filter(undoes=change_set_of(upload)).order_by("-id").first()
    if taken_back is None:
        raise Refused(_("The list was not taken back."))
    return undo(taken_back, by=by, reason=reason)
