"""Step three: what would be new, changed, unchanged; what is wrong, with its correction in place; what to be aware of."""

import hashlib
import re
from collections import Counter

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agencies.imports.checked import CHANGED, NEW, UNCHANGED
from agencies.models import Upload
from iso_rollout.sheets.annotated import annotated_workbook
from iso_rollout.sheets.grid import Grid
from iso_rollout.sheets.parsed import column_number
from iso_rollout.sheets.verdicts import NOTE
from procedures.views.imports import corrections
from procedures.views.imports.access import OPEN, job_for
from procedures.views.imports.lines import columns_of, present
from procedures.views.imports.shown import confirmation
from procedures.views.imports.words import MENDED_ELSEWHERE, remedy_of, title_of

PER_PAGE = 50
ERRORS, WARNINGS = "errors", "warnings"
UNREAD = {"E_KEY", "E_ROW_ADDED"}  # what is wrong with a row that was not read
TABS = (ERRORS, WARNINGS, NEW, CHANGED, UNCHANGED)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request, pk):
    """Everything that the list would do, a page at a time."""
    job = job_for(request, pk)
    if not job.is_open:
        return redirect("import_done", pk)
    checked = job.look()
    if request.method != "POST":
        return _show(request, job, checked)
    try:
        if request.POST.get("act") == "tick":
            return _tick(request, job, checked)
        corrections.correct(job, _understand(request.POST, checked))
    except corrections.Nonsense:
        messages.error(request, _("That could not be understood; nothing was changed."))
        return _show(request, job, checked, status=422)
    except corrections.Closed:
        return redirect("import_done", pk)
    return redirect(request.get_full_path())


# Correcting


def row_of(cell):
    """The row of an address such as "B12" or "B12:C12"."""
    return int(re.sub(r"^[A-Z]+", "", cell.partition(":")[0]))


def _is_cell(cell):
    return bool(re.fullmatch(r"[A-Z]{1,2}[1-9][0-9]{0,6}", cell))


class Texts:
    """The text of any cell of a file as it stands there, corrections included."""

    def __init__(self, reading):
        self.grids = {table.name: table.grid for table in reading.tables}
        self.parsed = {sheet.name: sheet for sheet in reading.parsed}

    def __call__(self, sheet, cell):
        if not _is_cell(cell) or sheet not in self.parsed:
            return None
        if sheet not in self.grids:
            self.grids[sheet] = Grid(self.parsed[sheet])
        letters = cell.rstrip("0123456789")
        return self.grids[sheet].text(int(cell[len(letters) :]), column_number(letters))


def _alike(errors, texts):
    """{(code, column letters, text): its places}: what one correction may put right."""
    found = {}
    for problem in errors:
        if (text := texts(problem.sheet, problem.cell)) is not None:
            key = (problem.code, problem.cell.rstrip("0123456789"), text)
            places = found.setdefault(key, [])
            if (problem.sheet, problem.cell) not in places:
                places.append((problem.sheet, problem.cell))
    return found


def _understand(given, checked):
    """One form of the page as a change of the options."""
    act = given.get("act", "")
    if act == "convert":
        return lambda options: setattr(options, "convert_legacy", True)
    if act != "fix":
        raise corrections.Nonsense(act)
    texts = Texts(checked.reading)
    alike = _alike(checked.errors, texts)
    names = {sheet or "": sheet for sheet in texts.parsed}
    cells, out, workbooks = [], [], []
    for index in range(PER_PAGE):
        sheet, cell = given.get(f"sheet-{index}"), given.get(f"cell-{index}", "")
        if sheet is None:
            continue
        if sheet not in names or not _is_cell(cell):
            raise corrections.Nonsense(cell)
        sheet = names[sheet]
        if given.get(f"out-{index}"):
            number = row_of(cell)
            _count, workbook = checked.left_out_with(sheet, number)
            if workbook:
                workbooks.append(list(workbook))
            else:
                out.append((sheet, number))
            continue
        if f"value-{index}" not in given:
            continue
        value = given[f"value-{index}"].strip()
        before = texts(sheet, cell)
        # What somebody corrected meanwhile is not corrected again by an old page.
        if value == before or given.get(f"was-{index}", "") != before:
            continue
        places = [(sheet, cell)]
        if given.get(f"all-{index}"):
            letters = cell.rstrip("0123456789")
            places = alike.get((given.get(f"code-{index}"), letters, before), places)
        cells += [(*place, value) for place in places]

    def change(options):
        for sheet_name, address, text in cells:
            corrections.set_cell(options.overrides, sheet_name, address, text)
        for sheet_name, number in out:
            corrections.set_rows(options.overrides, sheet_name, {str(number): NOTE})
        options.left_out += workbooks

    return change


# Warnings


def warning_groups(checked):
    """[(code, title, its warnings, a digest of them)]: each group wants one tick."""
    groups = {}
    for problem in checked.warnings:
        groups.setdefault(problem.code, []).append(problem)
    return [(code, title_of(code), found, _digest(found)) for code, found in groups.items()]


def _digest(problems):
    told = repr(
        [(p.sheet, p.cell, p.message, sorted((k, str(v)) for k, v in p.params.items())) for p in problems]
    )
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def unticked(upload, checked):
    """The codes of the warnings that the person has not yet said to have read."""
    ticked = upload.options.get("ticked") or {}
    return [code for code, _title, _found, digest in warning_groups(checked) if ticked.get(code) != digest]


def _tick(request, job, checked):
    digests = {code: digest for code, _title, _found, digest in warning_groups(checked)}
    given = set(request.POST.getlist("ticked"))
    if not given <= set(digests):
        raise corrections.Nonsense(given)
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=job.upload.pk)
        if upload.state not in OPEN:
            raise corrections.Closed
        # Beside the options of the engine: a correction makes them anew, and the tick is asked for again.
        upload.options["ticked"] = {code: digests[code] for code in given}
        upload.save(update_fields=["options"])
    if left := set(digests) - given:
        job.upload = upload
        titles = ", ".join(sorted(f"“{title_of(code)}”" for code in left))
        messages.warning(
            request, _("Tick every kind of warning that you have read: %(titles)s.") % {"titles": titles}
        )
        return _show(request, job, checked, show=WARNINGS, status=422)
    return redirect(job.url("confirm") if checked.is_fine else job.url("check"))


# Showing


def _show(request, job, checked, *, show=None, status=200):
    counts = {
        ERRORS: len(checked.errors),
        WARNINGS: len(checked.warnings),
        **{outcome: checked.number_of(outcome) for outcome in (NEW, CHANGED, UNCHANGED)},
    }
    show = show or request.GET.get("show", "")
    if show not in TABS:
        show = next((tab for tab in TABS if counts[tab] and tab != WARNINGS), ERRORS)
    code = request.GET.get("code", "")
    titles = {ERRORS: _("Errors"), WARNINGS: _("Warnings"), NEW: _("New"), CHANGED: _("Changed"),
              UNCHANGED: _("Unchanged")}  # fmt: skip
    context = {
        "job": job,
        "steps": job.steps("check"),
        "is_fine": checked.is_fine,
        "questions": checked.questions,
        "counts": counts,
        "show": show,
        "code": code,
        "tabs": [(tab, titles[tab], counts[tab]) for tab in TABS],
        "unticked": unticked(job.upload, checked),
        "annotated": reverse("import_annotated", args=[job.upload.pk]) if job.is_list else "",
    }
    if checked.is_fine and not (counts[NEW] or counts[CHANGED]):
        context["finish"] = confirmation(job, checked)
    if show == ERRORS:
        context |= _errors(request, checked, code)
    elif show == WARNINGS:
        context["groups"] = [
            (group, title, len(found), found[:PER_PAGE], len(found) - PER_PAGE)
            for group, title, found, _digest_ in warning_groups(checked)
        ]
    else:
        page = Paginator(range(counts[show]), PER_PAGE).get_page(request.GET.get("page"))
        lines = checked.page(show, PER_PAGE * (page.number - 1), PER_PAGE)
        context |= {
            "page_obj": page,
            "columns": columns_of(checked.reading),
            "lines": present(lines, checked),
        }
    return render(request, "procedures/imports/check.html", context, status=status)


def _errors(request, checked, code):
    codes = Counter(problem.code for problem in checked.errors)
    found = [p for p in checked.errors if not code or p.code == code]
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    texts = Texts(checked.reading)
    alike = _alike(checked.errors, texts)
    subject = checked.reading.kind.subject
    rows, asked = [], set()
    for index, problem in enumerate(page.object_list):
        place = (problem.sheet, problem.cell)
        # One answer for each cell, however many things are wrong with it.
        text = texts(*place) if place not in asked else None
        asked.add(place)
        same = alike.get((problem.code, problem.cell.rstrip("0123456789"), text), ())
        number = row_of(problem.cell) if _is_cell(problem.cell.partition(":")[0]) else 0
        row = checked.reading.row_at(problem.sheet, number) if number else None
        left_out = 0
        if text is not None and (row is not None or problem.code in UNREAD):
            left_out, _workbook = checked.left_out_with(problem.sheet, number)
        rows.append({
            "about": next((row.values[name] for name in subject if name in row.values), "") if row else "",
            "index": index, "problem": problem, "title": title_of(problem.code), "remedy": remedy_of(problem.code),
            "text": text, "is_mended_here": text is not None and problem.code not in MENDED_ELSEWHERE,
            "others": max(0, len(same) - 1), "left_out": left_out,
        })  # fmt: skip
    return {
        "page_obj": page,
        "rows": rows,
        "codes": sorted(((c, title_of(c), n) for c, n in codes.items()), key=lambda item: -item[2]),
        "has_encoding": codes["E_ENCODING"] > 0,
        "has_questions": bool(checked.questions),
        "has_conflicts": codes["E_CONFLICT"] > 0,
    }


@require_safe
def annotated(request, pk):
    """The person's own workbook with a column that says what is wrong in each row."""
    job = job_for(request, pk, "recognise")
    checked = job.look()
    try:
        with job.upload.file.open("rb") as file:
            data = file.read()
    except FileNotFoundError:
        raise Http404 from None
    told = [(p, title_of(p.code), True) for p in checked.errors] + [
        (p, title_of(p.code), False) for p in checked.warnings
    ]
    book = annotated_workbook(data, checked.reading, told, title=_("What is wrong"), warning=_("Note"))
    name = job.upload.file_name.rpartition(".")[0] or job.upload.file_name
    answer = HttpResponse(
        book, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )
    from django.utils.http import content_disposition_header

    answer.headers["Content-Disposition"] = content_disposition_header(
        True, f"{name} – {_('what is wrong')}.xlsx"
    )
    return answer
