"""Step one: what the sheet was taken for, and correcting it by clicking."""

from collections import Counter

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.imports import uploads
from agencies.models import Upload
from iso_rollout.sheets.guess import CLEARLY, likely_kind
from procedures.views.imports import corrections
from procedures.views.imports.access import job_for, kinds_of
from procedures.views.imports.drawing import CLASS_TITLES, CSS, LEGEND, draw, sheet_names
from procedures.views.imports.forms import ReadingForm


@require_http_methods(["GET", "HEAD", "POST"])
def recognise(request, pk):
    """The sheet as it is, with what every row and column was taken for."""
    job = job_for(request, pk, "recognise")
    if not job.is_open:
        return redirect("import_done", pk)
    if request.method != "POST":
        return _show(request, job)
    if request.POST.get("act") == "kind":
        return _change_kind(request, job)
    form = None
    if request.POST.get("act") == "read":
        form = ReadingForm(request.POST, kind=job.kind)
        if not form.is_valid():
            return _show(request, job, form=form, status=422)
    try:
        checked = corrections.correct(
            job, lambda options: _change(request.POST, options, job, form), on=form and form.cleaned_data["on"]
        )  # fmt: skip
        _part_twins(job, checked)
    except corrections.Nonsense:
        return _show(request, job, nonsense=True, status=422)
    except corrections.Closed:
        return redirect("import_done", pk)
    sheet = request.POST.get("sheet", "")
    return redirect(job.url("recognise") + _query(sheet))


def _change_kind(request, job):
    """Read the file as another kind of list, which the person may bring in as well."""
    wanted = next((kind for kind in kinds_of(request.user) if kind.name == request.POST.get("kind")), None)
    if wanted is None:
        return _show(request, job, nonsense=True, status=422)
    uploads.change_kind(job.upload, wanted, user=request.user)
    uploads.check(wanted, job.upload, user=request.user)
    return redirect("import_recognise", job.upload.pk)


def _other_kind(job, reading):
    """The kind of list that the file seems to be, where that is clearly another one."""
    kinds = {kind.sheet: kind for kind in kinds_of(job.user)}
    best, lead = likely_kind(reading, list(kinds))
    return kinds[best] if best is not None and lead >= CLEARLY else None


def _query(sheet):
    from urllib.parse import urlencode

    return "?" + urlencode({"sheet": sheet}) if sheet else ""


def _change(given, options, job, form):
    """One click or one form of the page, as a change of the options."""
    said, sheet, act = options.overrides, given.get("sheet", ""), given.get("act", "")
    if len(sheet) > 255:
        raise corrections.Nonsense
    if act == "forget":
        corrections.forget(said, sheet)
    elif act == "convert":
        options.convert_legacy = True
    elif act == "only":
        options.sheet = given.get("only") or None
    elif act == "read":
        for name, value in form.cleaned_data.items():
            if name != "on":
                setattr(options, name, value)
    elif given.get("header"):
        corrections.set_header(said, sheet, given["header"], given["header"])
    elif act == "correct":
        if given.get("first"):
            corrections.set_header(said, sheet, given["first"], given.get("last") or given["first"])
        corrections.set_columns(said, sheet, _numbered(given, "column-"), job.kind)
        corrections.set_rows(said, sheet, _numbered(given, "row-"))
    else:
        raise corrections.Nonsense(act)


def _numbered(given, prefix):
    return {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}


def _part_twins(job, checked):
    """A meaning that a person gave to one column leaves the column that had it before."""
    said = job.options.overrides
    twins = []
    for table in checked.reading.tables:
        given = said.columns_of(table.name)
        for number, name in given.items():
            twins += [
                (table.name, str(column.number))
                for column in table.header.columns
                if name and column.field and column.field.name == name and column.option is None
                and column.number != number and column.number not in given
            ]  # fmt: skip
    if twins:

        def part(options):
            for sheet, number in twins:
                options.overrides.columns.setdefault(sheet or "", {})[number] = ""

        corrections.correct(job, part)


def _show(request, job, *, form=None, nonsense=False, status=200):
    checked = job.look()
    reading, options = checked.reading, job.options
    names = sheet_names(reading)
    read = [table.name for table in reading.tables]
    wanted = request.POST.get("sheet") or request.GET.get("sheet")
    current = next(
        (n for n in names if (n or "") == wanted), read[0] if read else names[0] if names else None
    )
    if form is None:
        form = ReadingForm(
            kind=job.kind, initial=options.as_dict() | {"on": job.upload.on, "since": options.since}
        )
    if nonsense:
        messages.error(request, _("That could not be understood; nothing was changed."))
    sheets = [
        {"name": note.name, "state": note.state, "why": str(note.reason), "is_hidden": note.state == "hidden"}
        for note in reading.sheets
    ]
    encodings = sorted({e for table in reading.tables for e in table.grid.encodings.values()})
    context = {
        "job": job,
        "steps": job.steps("recognise"),
        "questions": checked.questions,
        "row_count": reading.count,
        "counts": _counts(reading, current),
        "drawn": draw(reading, options, current) if names else None,
        "sheets": sheets,
        "chosen": options.sheet,
        "is_ambiguous": any(p.code == "E_SHEET_AMBIGUOUS" for p in checked.errors),
        "file_errors": [p for p in checked.errors if p.cell in ("file", "header")],
        "corrected": _is_corrected(options, current),
        "legend": [(CSS.get(cls, "r-skip"), CLASS_TITLES[cls]) for cls in LEGEND],
        "fields": [(field.name, field.title) for field in job.kind.sheet.fields],
        "classes": CLASS_TITLES,
        "encodings": encodings,
        "form": form,
        "earlier": earlier_of(job.upload, request.user),
        "other_kind": _other_kind(job, reading),
        "next": job.url("match" if checked.questions else "check"),
    }
    return render(request, "procedures/imports/recognise.html", context, status=status)


def _counts(reading, name):
    """{class: number of rows} of a sheet."""
    return next((table.verdicts.counts() for table in reading.tables if table.name == name), Counter())


def _is_corrected(options, sheet):
    said = options.overrides
    return any((sheet or "") in part for part in (said.headers, said.columns, said.rows, said.cells))


def earlier_of(upload, user):
    """The last time that the same bytes came in as the same kind of list, as far as the person may know."""
    same = Upload.objects.visible_to(user).filter(kind=upload.kind, sha256=upload.sha256, pk__lt=upload.pk)
    return same.select_related("uploaded_by").first()
