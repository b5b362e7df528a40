"""Lists that go out as files: what a page shows, whole, with its filters and within the person's reach."""

from django.http import Http404, StreamingHttpResponse
from django.utils.http import content_disposition_header

from agencies.imports.workbooks import stream_list

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def wanted_file(request):
    """The form of file that the address asks a list for (`file=xlsx`), "" for the page. 404 for another form."""
    form = request.GET.get("file", "")
    if form and form not in TYPES:
        raise Http404
    return form


def list_file(kind, form, *, user, on, among=None):
    """The answer that sends a kind's rows while they are read: memory and the first byte do not depend on their number."""
    rows = kind.rows(user=user, on=on, among=among)
    answer = StreamingHttpResponse(stream_list(kind, rows, form), content_type=TYPES[form])
    name = f"{kind.title} {on:%Y-%m-%d}.{form}"
    answer.headers["Content-Disposition"] = content_disposition_header(True, name)
    return answer
