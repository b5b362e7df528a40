"""The office's own Word templates: upload, what is unknown in them, a trial, and which one is in use."""

import hashlib
import io

import xlsxwriter
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agencies.access import holds_at_top, top_agency
from agencies.errors import Refused
from agencies.history import open_change_set, record
from agencies.imports.uploads import shown_name
from agencies.models import Role, User
from iso_rollout import papers
from procedures.models import Plan
from reports.models import Kind, OfficeTemplate
from reports.papers import content, placeholders, word
from reports.papers.forms import TemplateForm
from reports.views.papers import TYPES


def _keeper(request):
    """Templates are for the whole lead agency: for those who keep the register at the top of a tree."""
    if not holds_at_top(request.user, {Role.COORDINATOR, Role.ADMINISTRATOR}):
        raise PermissionDenied


def sample(user):
    """A report of today over all that the person sees: what a template is tried with."""
    scope, today = top_agency(user), timezone.localdate()
    office = content.Office(today)
    plan = Plan.objects.visible_to(user).latest(today)
    return content.build(Kind.ANNUAL, plan=plan, on=today, scope=scope, user=user, office=office)


@require_http_methods(["GET", "HEAD", "POST"])
def templates(request):
    """The templates on record, and a form for another one; it is tried before it is kept."""
    _keeper(request)
    form = TemplateForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = _keep(file.read(), file.name, form.cleaned_data["name"], request.user)
        except Refused as refused:
            form.add_error("file", str(refused))
        else:
            if kept.name == form.cleaned_data["name"]:
                messages.success(request, _("The template was tried and kept: %s.") % kept)
            else:
                messages.info(request, _("This file is on record already: %s.") % kept)
            return redirect("report_templates")
    rows = OfficeTemplate.objects.select_related("uploaded_by")
    status = 422 if form.errors else 200
    return render(request, "reports/papers/templates.html", {"form": form, "rows": rows}, status=status)


def _keep(data, file_name, name, user):
    """Try a template with today's figures, then keep it. The same file again is the one on record."""
    try:
        if papers.check(data, file_name).name != "docx":
            raise Refused(_("This is no Word document (.docx), or it is damaged. Save it anew in Word."))
    except papers.Refused as refused:
        raise Refused(str(refused)) from None
    made = sample(user)
    with override("vi"):
        values = word.context(made)
    unknown = word.unknown(data, values)
    if unknown:
        raise Refused(
            _("These placeholders are not known: %s. See the list of placeholders.") % ", ".join(unknown)
        )
    word.document(made, office_template=data, draft=True)
    digest = hashlib.sha256(data).hexdigest()
    with transaction.atomic():
        # The second of two clicks waits here for the first and then finds what it kept.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if known := OfficeTemplate.objects.filter(sha256=digest).first():
            return known
        template = OfficeTemplate(name=name, file_name=shown_name(file_name), sha256=digest, uploaded_by=user)
        template.file.save(digest, ContentFile(data), save=False)
        template.save()
        record(open_change_set(_("Keep Word template %s") % name, by=user), template)
    return template


@require_POST
def use_template(request, pk=None):
    """Reports are made with this template from now on; without a number with the built-in one."""
    _keeper(request)
    chosen = get_object_or_404(OfficeTemplate, pk=pk) if pk else None
    OfficeTemplate.use(chosen, by=request.user)
    messages.success(request, _("Reports use: %s.") % (chosen or _("the built-in template")))
    return redirect("report_templates")


@require_safe
def built_in_template(request):
    """The template to begin with, as it is before it is filled."""
    _keeper(request)
    return _answer(word.built_in_for(sample(request.user)), "mau-bao-cao.docx", "docx")


@require_safe
def try_template(request, pk):
    """A template filled with the figures of today."""
    _keeper(request)
    template = get_object_or_404(OfficeTemplate, pk=pk)
    with template.file.open("rb") as file:
        data = file.read()
    try:
        filled = word.document(sample(request.user), office_template=data, draft=True)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("report_templates")
    return _answer(filled, f"thu-{template.pk}.docx", "docx")


@require_safe
def placeholder_list(request):
    """Every placeholder with its meaning and today's value, as a workbook."""
    _keeper(request)
    out = io.BytesIO()
    with override("vi"), xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("Ô điền")
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, 2, 60, wrapped)
        sheet.write_row(0, 0, [_("Placeholder"), _("Meaning"), _("Today")], bold)
        for row, (name, meaning, example) in enumerate(
            placeholders.meanings(word.context(sample(request.user))), start=1
        ):
            sheet.write_row(row, 0, [f"{{{{ {name} }}}}", meaning, example])
        sheet.freeze_panes(1, 0)
    return _answer(out.getvalue(), "o-dien.xlsx", "xlsx")


def _answer(data, name, form):
    response = HttpResponse(data, content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
