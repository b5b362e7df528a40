"""Documents: the list, one document with what rests on it, its files, and the forms that enter and change it."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agencies.access import visible_to
from agencies.models import Change
from agencies.presenting import history_lines
from iso_rollout import papers
from procedures.forms import DocumentFilter
from procedures.models import Declaration, Document, Milestone, Plan
from procedures.models.files import path_of
from procedures.record_forms import AmendDocumentForm, RegisterForm, ReplaceFileForm
from procedures.record_forms.documents import issuers
from procedures.record_forms.evidence import DocumentField
from procedures.views.lists import PER_PAGE, seen_from
from procedures.views.recording import answer, asked_or_typed, show, typed

SERVED = 100  # milestones and declarations that a document's page lists
CHANGES_SHOWN = 20


@require_safe
def document_list(request):
    """The documents of a scope on a day, by search and filters."""
    view = seen_from(request)
    form = DocumentFilter(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    rows = Document.objects.visible_to(request.user).by(view.on)
    if view.scope is not None and not view.is_top:
        rows = rows.within(view.scope)
    if wanted.get("q"):
        rows = rows.matching(wanted["q"])
    if wanted.get("kind"):
        rows = rows.filter(kind=wanted["kind"])
    if wanted.get("year"):
        rows = rows.filter(signed_on__year=wanted["year"])
    if wanted.get("file"):
        rows = rows.filter(file="") if wanted["file"] == "no" else rows.exclude(file="")
    rows = rows.select_related("issued_by")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "procedures/documents.html",
        {"view": view, "form": form, "page_obj": page, "can_enter": issuers(request.user).exists()},
        status=view.status if form.is_valid() else 422,
    )


def document_of(request, pk):
    """A document within the person's reach: 404 outside it."""
    rows = Document.objects.visible_to(request.user).select_related("issued_by", "replaces", "replaced_by")
    return get_object_or_404(rows, pk=pk)


def kept_document(request, pk):
    """One that the person may change: 403 for a reader."""
    document = document_of(request, pk)
    if not document.is_kept_by(request.user):
        raise PermissionDenied
    return document


@require_safe
def document_page(request, pk):
    """What a document says, which agencies and facts it serves, its file and the earlier ones, its history."""
    document, user = document_of(request, pk), request.user
    milestones = Milestone.objects.visible_to(user).filter(document=document, declaration=None)
    milestones = milestones.select_related("rollout__agency").order_by("rollout__agency__sort_key", "rank")
    declarations = Declaration.objects.visible_to(user).filter(document=document)
    declarations = declarations.select_related("agency", "standard").order_by(
        "agency__sort_key", "declared_on"
    )
    lines = Change.objects.visible_to(user).of(document)
    known = [d for d in (document, document.issued_by, document.replaces, user) if d is not None]
    seen = Document.objects.visible_to(user)
    return render(
        request,
        "procedures/document.html",
        {
            "document": document,
            "milestones": list(milestones[:SERVED]),
            "declarations": list(declarations[:SERVED]),
            "plans": list(Plan.objects.visible_to(user).filter(decision=document)),
            "earlier_files": document.earlier_files(),
            "can_change": document.is_kept_by(user),
            "may_see_issuer": document.issued_by
            and visible_to(user).filter(pk=document.issued_by_id).exists(),
            "chain": list(seen.filter(pk__in=document.neighbours()).order_by("signed_on", "id")),
            "acts": [[line] for line in history_lines(lines, CHANGES_SHOWN, known=known)],
        },
    )


@require_safe
def download(request, pk, sha256=None):
    """The file, or an earlier one, as it was sent: always saved, never shown inside the site."""
    document = document_of(request, pk)
    name = document.file_name
    if sha256 is not None and sha256 != document.sha256:
        names = {known: earlier for known, earlier, _line in document.earlier_files()}
        if sha256 not in names:
            raise Http404
        name = names[sha256]
    path, storage = path_of(sha256 or document.sha256), document.file.storage
    if not (sha256 or document.sha256) or not storage.exists(path):
        raise Http404
    kind = papers.kind_of_name(name)
    response = FileResponse(
        storage.open(path, "rb"), as_attachment=True, filename=name or "-",
        content_type=kind.content_type if kind else "application/octet-stream",
    )  # fmt: skip
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
def options(request):
    """The documents that match some words, as options of the list on a form."""
    agency = None
    if (given := request.GET.get("agency", "")).isdecimal() and len(given) < 19:
        agency = get_object_or_404(visible_to(request.user), pk=int(given))
    field = DocumentField(empty_label=_("None, or the one entered below"))
    words, chosen = request.GET.get("doc_q", "").replace("\0", "")[:200].strip(), request.GET.get("document")
    reach = Document.objects.visible_to(request.user)
    field.offer(reach, agency, words=words, chosen=chosen)
    number = sum(1 for value, _label in field.choices if value != "" and str(value) != chosen)
    choices = [(value, label) for value, label in field.choices]
    context = {
        "choices": choices,
        "number": number,
        "chosen": int(chosen) if (chosen or "").isdecimal() else None,
    }
    return render(request, "procedures/_document_options.html", context)


@asked_or_typed
def register(request):
    """Enter a document with its file, on its own or in place of another (?thay=)."""
    if not issuers(request.user).exists():
        raise PermissionDenied
    given = request.GET.get("thay", "")
    replaces = document_of(request, int(given)).pk if given.isdecimal() and len(given) < 19 else None
    form = RegisterForm(*typed(request), user=request.user, replaces=replaces)
    if request.method == "POST" and form.is_valid() and (same := form.same_content()):
        link = format_html('<a href="{}">{}</a>', same.get_absolute_url(), same)
        form.add_error("file", format_html(_("This file is on record already: {}."), link))
        return show(request, form, status=422)

    def save():
        values = form.values()
        document = Document.objects.register(values.pop("agency"), by=request.user, **values)
        return [_("Entered: %s.") % document], [], document.get_absolute_url()

    return answer(request, form, save)


@asked_or_typed
def amend(request, pk):
    """Another kind, number, day, signer or abstract for a document on record."""
    document = kept_document(request, pk)
    form = AmendDocumentForm(*typed(request), document=document, user=request.user)

    def save():
        document.amend(by=request.user, **form.values())
        return [_("Document corrected.")], [], form.back

    return answer(request, form, save)


@asked_or_typed
def replace_file(request, pk):
    """Another file for a document; the earlier one stays readable."""
    document = kept_document(request, pk)
    form = ReplaceFileForm(*typed(request), document=document, user=request.user)

    def save():
        document.replace_file(**form.values(), by=request.user)
        return [_("The file is on record; the earlier one stays readable below.")], [], form.back

    becomes = [
        _("The new file is shown from now on. The earlier one stays readable, with who replaced it and when.")
    ]
    return answer(request, form, save, becomes=becomes if document.file else ())
