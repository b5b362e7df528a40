"""What a person starts from: an empty list with drop-downs, and the list as it stands, which comes back with 0 changes."""

import tempfile

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.utils import timezone
from django.views.decorators.http import require_safe

from agencies.imports.engine import may_import
from agencies.imports.workbooks import write_template
from agencies.views.exports import TYPES, list_file
from procedures import imports
from procedures.models import Standard
from procedures.views.imports.access import kinds_of

IN_MEMORY = 2 * 2**20


def _kind(user, name):
    kinds_of(user)
    if name not in imports.NAMES:
        raise Http404
    kind = imports.kind(name)
    if not may_import(kind, user):
        raise PermissionDenied
    return kind


@require_safe
def template(request, kind):
    """An empty workbook of a kind, itself accepted."""
    kind = _kind(request.user, kind)
    out = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (the answer closes it)
    write_template(kind, out, choices={"standard": Standard.objects.values_list("code", flat=True)})
    out.seek(0)
    return FileResponse(
        out, as_attachment=True, filename=f"{kind.title} – mẫu.xlsx", content_type=TYPES["xlsx"]
    )


@require_safe
def current_list(request, kind, form):
    """Everything of a kind within the person's reach, as of today."""
    return list_file(_kind(request.user, kind), form, user=request.user, on=timezone.localdate())
