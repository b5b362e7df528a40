"""Whose upload it is and which step of it is open: what every page of the imports asks first."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agencies.imports import uploads
from agencies.imports.checked import Options
from agencies.imports.engine import may_import
from agencies.models import Upload
from agencies.models.history import UploadState
from procedures import imports

# States in which a list may still be corrected.
OPEN = frozenset({UploadState.RECEIVED, UploadState.CHECKED, UploadState.REFUSED, UploadState.FAILED})


def kinds_of(user):
    """The kinds of lists that a person may bring in. Raises PermissionDenied when there are none."""
    kinds = [kind for kind in map(imports.kind, imports.NAMES) if may_import(kind, user)]
    if not kinds:
        raise PermissionDenied
    return kinds


def upload_for(request, pk):
    """(upload, kind). 403 without any role to bring in, 404 outside what the person may see, 403 for another's kind.

    The navigation marks where such files come in.
    """
    user = request.user
    if not may_import(imports.kind("update"), user):
        kinds_of(user)
    upload = get_object_or_404(Upload.objects.visible_to(user).select_related("uploaded_by"), pk=pk)
    try:
        kind = imports.kind(upload.kind)
    except KeyError:
        raise Http404 from None
    if not may_import(kind, user):
        raise PermissionDenied
    request.belongs_to = Job(upload, kind, user).home["url"]
    return upload, kind


@dataclass
class Job:
    """One person's upload while they work on it."""

    upload: Upload
    kind: object
    user: object

    @property
    def is_open(self):
        return self.upload.state in OPEN

    @property
    def is_mine(self):
        return self.upload.uploaded_by_id == self.user.pk

    @property
    def options(self):
        return Options.from_dict(self.upload.options)

    def look(self):
        """What the list would do now; writes nothing."""
        try:
            return uploads.look(self.kind, self.upload, user=self.user)
        except FileNotFoundError:
            raise Http404 from None

    @property
    def is_list(self):
        """A list as an office writes it; else a workbook that went out from here."""
        return "recognise" in self.kind.steps

    @property
    def home(self):
        """Where such files come in: its title and address."""
        if self.is_list:
            return {"title": _("Import from spreadsheets"), "url": reverse("imports")}
        return {"title": _("Excel workbooks"), "url": reverse("workbooks")}

    def url(self, step):
        return reverse(f"import_{step}", args=[self.upload.pk])

    def steps(self, current):
        """The wizard's steps as `_steps.html` prints them; only whoever sent the file goes from one to another."""
        names, may_go = self.kind.steps, self.is_open and self.is_mine
        here = names.index(current)
        return [
            {
                "title": str(TITLES[step]),
                "url": self.url(step) if may_go and step not in (current, "done") else "",
                "state": "current" if step == current else "done" if index < here else "",
            }
            for index, step in enumerate(names)
        ]


TITLES = {
    "recognise": gettext_lazy("Recognise"),
    "match": gettext_lazy("Match"),
    "compare": gettext_lazy("Compare"),
    "check": gettext_lazy("Check"),
    "confirm": gettext_lazy("Confirm"),
    "done": gettext_lazy("Done"),
}


def job_for(request, pk, step="check"):
    """A step of one's own upload. Another's can be looked at (done page), not continued: 403."""
    upload, kind = upload_for(request, pk)
    if step not in kind.steps:
        raise Http404
    if upload.uploaded_by_id != request.user.pk:
        raise PermissionDenied
    return Job(upload, kind, request.user)
