"""The official report: choose, look, take as Word or workbook, publish, verify a code."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models.fields.json import KeyTransform
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from agencies.access import holds_at_top, roles_at, top_agency, visible_to
from agencies.errors import Refused
from agencies.models import Role
from procedures.models import Plan
from reports.models import OfficeTemplate, PublishedReport, codes
from reports.papers import content, placeholders, word
from reports.papers.forms import ReportForm
from reports.papers.workbook import workbook

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SHOWN = 50
SCOPES = 400  # agencies with others below that the form offers


def _form(request, data):
    """The form over what the person sees; None for a person without grants."""
    scope = top_agency(request.user)
    if scope is None:
        return None
    plans = Plan.objects.visible_to(request.user)
    parents = visible_to(request.user).not_void().filter(children__isnull=False).distinct().order_by("path")
    scopes = parents if parents.exists() else visible_to(request.user).not_void().order_by("path")
    data = data or ReportForm.defaults(plan=plans.latest(timezone.localdate()), scope=scope)
    return ReportForm(data, plans=plans, scopes=scopes)


@require_safe
def reports(request):
    """Choose a report; below it those published before."""
    return _home(request, _form(request, request.GET if "kind" in request.GET else None))


def _home(request, form):
    published = PublishedReport.objects.visible_to(request.user).select_related("scope", "published_by")
    if form is None:
        return render(request, "reports/no_grants.html")
    page = {
        "form": form,
        # Only this word of the content: the rest may be large.
        "published": list(
            published.annotate(confirmed_only=KeyTransform("confirmed_only", "content")).defer("content")[
                :SHOWN
            ]
        ),
        "may_keep_templates": holds_at_top(request.user, {Role.COORDINATOR, Role.ADMINISTRATOR}),
    }
    return render(request, "reports/papers/home.html", page, status=422 if form.errors else 200)


def _wanted(request):
    """The content that the address asks for, and the form; (None, form) when it cannot be read."""
    form = _form(request, request.GET)
    if form is None:
        raise Http404
    if not form.is_valid():
        return None, form
    return content.build(user=request.user, **form.wanted()), form


@require_safe
def preview(request):
    """The report as it would be printed, not frozen."""
    made, form = _wanted(request)
    if made is None:
        return _home(request, form)
    page = {
        "address": request.GET.urlencode(),
        "may_publish": Role.COORDINATOR in roles_at(request.user, form.cleaned_data["agency"]),
    }
    return render(request, "reports/papers/report.html", page | _shown(made))


def _shown(made, code=""):
    """What the page of a report shows: the same words and cells as the Word document."""
    with override("vi"):
        words = word.context(made, code=code, draft=not code)
        annexes = [_annex(table, index) for index, table in enumerate(made["tables"])]
    return {"words": words, "annexes": annexes, "chart": word.stage_chart(made), "content": made}


def _annex(table, index):
    """A table of the paper: its cells with whether they stand centred, as they do in the Word document."""
    annex, centred = word.annex(table, index), [column["kind"] != "text" for column in table["columns"]]
    return annex | {
        "headings": _headings(table["columns"]),
        "rows": [list(zip(row, centred, strict=True)) for row in annex["cac_dong"]],
        "total": list(zip(annex["tong"], centred, strict=False)),
    }


def _headings(columns):
    """Two rows of headings where columns stand under a common one: [(title, columns, rows)], [title]."""
    grouped = any(column["group"] for column in columns)
    top, below, last = [], [], None
    for column in columns:
        if not column["group"]:
            top.append({"title": column["title"], "columns": 1, "rows": 2 if grouped else 1})
        else:
            if last == column["group"]:
                top[-1]["columns"] += 1
            else:
                top.append({"title": column["group"], "columns": 1, "rows": 1})
            below.append(column["title"])
        last = column["group"]
    return {"top": top, "below": below}


@require_safe
def draft(request, form):
    """A report that is not frozen, as a file."""
    made, chosen = _wanted(request)
    if made is None:
        return _home(request, chosen)
    return _file(request, made, form, template=_template_in_use())


def _template_in_use():
    return OfficeTemplate.objects.filter(is_in_use=True).first()


def _file(request, made, form, *, code="", template=None):
    """A report as a file. An office template that fails is named; the built-in one stays at hand."""
    if form == "docx":
        data = None
        if template is not None and request.GET.get("template") != "built-in":
            with template.file.open("rb") as file:
                data = file.read()
        try:
            answer = word.document(made, office_template=data, code=code, draft=not code)
        except Refused as refused:
            query = request.GET.copy()
            query["template"] = "built-in"
            page = {"refused": refused, "template": template, "built_in": f"?{query.urlencode()}"}
            return render(request, "reports/papers/template_failed.html", page, status=422)
    else:
        answer = workbook(made, code=code)
    response = HttpResponse(answer, content_type=TYPES[form])
    name = f"bao-cao-{made['kind']}-{made['on']}{'-' + code if code else ''}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
def publish(request):
    """Freeze the figures under a code."""
    made, form = _wanted(request)
    if made is None:
        return _home(request, form)
    scope = form.cleaned_data["agency"]
    if Role.COORDINATOR not in roles_at(request.user, scope):
        raise PermissionDenied
    report = PublishedReport.objects.publish(
        made, scope=scope, plan=form.cleaned_data["plan"], by=request.user, template=_template_in_use()
    )
    messages.success(request, _("The report is published under %s.") % report.shown_code)
    return redirect(report)


def _published(request, code):
    code = codes.read_code(code)
    if code is None:
        raise Http404
    reports = PublishedReport.objects.visible_to(request.user).select_related("scope", "plan", "published_by")
    return get_object_or_404(reports, code=code)


@require_safe
def published(request, code):
    """A published report: what it says, and where the register says otherwise by now."""
    report = _published(request, code)
    page = {"report": report, "differences": _differences(report, request.user)}
    return render(request, "reports/papers/report.html", page | _shown(report.content, report.code))


def _differences(report, user):
    """Figures that the register gives otherwise today for the same day and scope: [(name, frozen, now)]."""
    head = report.content["head"]
    office = content.Office(report.on, head["signer_title"])
    now = content.build(
        report.kind, plan=report.plan, on=report.on, scope=report.scope, user=user, office=office,
        confirmed_only=content.counts_confirmed_only(report.content),
    )["figures"]  # fmt: skip
    frozen = report.content["figures"]
    return [
        (placeholders.meaning(name), word.said(value), word.said(now.get(name)))
        for name, value in frozen.items()
        if now.get(name) != value
    ]


@require_safe
def published_file(request, code, form):
    """A published report as a file, made anew from what was frozen."""
    report = _published(request, code)
    return _file(request, report.content, form, code=report.code, template=report.template)


@require_safe
def verify(request):
    """A code from the foot of a paper → the report that it stands for."""
    typed = request.GET.get("code", "").strip()
    error = ""
    if typed:
        code = codes.read_code(typed)
        found = PublishedReport.objects.visible_to(request.user)
        if code is None:
            error = _("This is no code of a report: eight signs, as printed in the footer. Look for a slip.")
        elif not found.filter(code=code).exists():
            error = _("No report that you may see carries this code.")
        else:
            return redirect("published_report", code=code)
    return render(
        request, "reports/papers/verify.html", {"typed": typed, "error": error}, status=422 if error else 200
    )
