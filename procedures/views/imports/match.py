"""Step two: names that may mean several agencies, or none. A person answers; the answer is kept for the next list."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agencies.access import scope_of
from agencies.forms import AgencyField
from agencies.models import Agency
from iso_rollout.sheets.verdicts import NOTE
from iso_rollout.text import tone_key
from procedures.views.imports import corrections
from procedures.views.imports.access import job_for
from procedures.views.imports.check import row_of

PER_PAGE = 20
OTHER, OUT = "other", "out"


@require_http_methods(["GET", "HEAD", "POST"])
def match(request, pk):
    """The questions first, then what was answered and what earlier lists taught."""
    job = job_for(request, pk, "match")
    if not job.is_open:
        return redirect("import_done", pk)
    checked = job.look()
    if request.method != "POST":
        return _show(request, job, checked)
    try:
        change, faults = _understand(request.POST, job, checked)
        if change is not None:
            checked = corrections.correct(job, change)
    except corrections.Nonsense:
        messages.error(request, _("That could not be understood; nothing was changed."))
        return _show(request, job, checked, status=422)
    except corrections.Closed:
        return redirect("import_done", pk)
    if faults:
        return _show(request, job, checked, faults=faults, status=422)
    if change is None and checked.questions:
        messages.warning(request, _("No name was answered. Answer one, or go on to the check."))
    return redirect(job.url("match") if checked.questions else job.url("check"))


def _reach(job):
    """The agencies that an answer may name: those within which the person brings in such lists."""
    return Agency.objects.filter(scope_of(job.user, roles=job.kind.roles)).not_void()


def _understand(given, job, checked):
    """(a change of the options or None, {key: what is wrong with an answer})."""
    if key := given.get("forget"):
        return (lambda options: options.answers.pop(key, None)), {}
    asked = {question.key: question for question in checked.questions}
    answers, out, faults = {}, [], {}
    for index in range(PER_PAGE):
        key, said = given.get(f"key-{index}"), given.get(f"answer-{index}", "")
        typed = given.get(f"other-{index}", "").strip()
        if key not in asked or not (said or typed):
            continue  # answered meanwhile, or left open
        if said == OUT:
            out += asked[key].places
        elif said == OTHER or (typed and not said):
            try:
                answers[key] = _named(typed, job).pk
            except ValidationError as fault:
                faults[key] = (typed, " ".join(fault.messages))
        elif said.isdecimal() and len(said) < 19:
            answers[key] = _reach(job).filter(pk=int(said)).values_list("pk", flat=True).first()
            if answers[key] is None:
                raise corrections.Nonsense(said)
        else:
            raise corrections.Nonsense(said)
    if not (answers or out):
        return None, faults

    def change(options):
        options.answers |= answers
        for sheet, cell in out:
            corrections.set_rows(options.overrides, sheet, {str(row_of(cell)): NOTE})

    return change, faults


def _named(text, job):
    field = AgencyField()
    field.queryset = _reach(job)
    return field.clean(text)


def _show(request, job, checked, *, faults=None, status=200):
    questions = sorted(
        checked.questions, key=lambda q: (not q.candidates, q.candidates and q.candidates[0].is_near)
    )
    page = Paginator(questions, PER_PAGE).get_page(request.GET.get("page"))
    faults = faults or {}
    rows = []
    for index, question in enumerate(page.object_list):
        typed, fault = faults.get(question.key, ("", ""))
        rows.append({"index": index, "question": question, "typed": typed, "fault": fault})
    names = {agency for *_rest, agency in checked.learned}
    names = dict(Agency.objects.filter(pk__in=names).values_list("pk", "name"))
    answered = [
        {
            "key": f"{tone_key(text)}|{unit_type or ''}|{scope or ''}",
            "text": text,
            "name": names.get(agency, ""),
        }
        for text, unit_type, scope, agency in dict.fromkeys(checked.learned)
    ]
    taught = checked.matched("learned")
    learned = [
        {"text": checked.reading.row_at(line.sheet, line.number).values.get("name", ""), "name": line.label,
         "sheet": line.sheet, "cell": line.cell}
        for line in taught[:100]
    ]  # fmt: skip
    context = {
        "job": job,
        "steps": job.steps("match"),
        "questions": checked.questions,
        "page_obj": page,
        "rows": rows,
        "answered": answered,
        "learned": learned,
        "learned_count": len(taught),
        "how": _how(checked),
        "faults": faults,
    }
    return render(request, "procedures/imports/match.html", context, status=status)


def _how(checked):
    """How many rows were matched by what, in words."""
    words = {
        "code": _("by code"), "name": _("by name"), "learned": _("by an earlier answer"), "answer": _("by your answer"),
    }  # fmt: skip
    counts = checked.matched_by()
    return [(title, counts[how]) for how, title in words.items() if counts[how]]
