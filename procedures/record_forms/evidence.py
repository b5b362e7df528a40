"""The document behind an entry: one on record, found by its words, or one that is typed and sent with its file."""

from dataclasses import dataclass

from django import forms
from django.template.loader import render_to_string
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.viewpoint import DayField
from iso_rollout import papers
from procedures.lifecycle import Evidence
from procedures.models import Document
from procedures.models.files import Kept, receive
from procedures.record_forms.base import RecordForm, Words

OFFERED = 30  # documents in the list before anybody has searched, and of a search


class FileInput(forms.FileInput):
    """A file, and below it the one that came with an earlier try, kept until the form is accepted."""

    kept = None

    def value_from_datadict(self, data, files, name):
        # An empty file input comes along as an empty text under the same name.
        sent = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        return files.get(name) or next(filter(None, sent), "")

    def use_required_attribute(self, initial):
        return False

    def render(self, name, value, attrs=None, renderer=None):
        widget = self.get_context(name, None, attrs)["widget"]
        endings = ",".join(ending for kind in papers.KINDS.values() for ending in kind.endings)
        return render_to_string("_file_input.html", {"widget": widget, "kept": self.kept, "endings": endings})


class FileField(forms.Field):
    """A file that may be kept as a document: cleans to a `Kept`, or None without one."""

    widget = FileInput

    def clean(self, value):
        kept = None
        if isinstance(value, str):
            kept = Kept.of_token(value) if value else None
            if value and kept is None:
                raise forms.ValidationError(gettext("The file is not here any more. Choose it again."))
        elif value:
            try:
                kept = receive(value)
            except papers.Refused as refused:
                raise forms.ValidationError(str(refused), code=refused.code) from None
        if kept is None and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        self.widget.kept = kept
        return kept

    def bound_data(self, data, initial):
        return self.widget.kept.token if self.widget.kept else ""

    def has_changed(self, initial, data):
        return bool(data)


def file_field(**kwargs):
    kwargs.setdefault(
        "help_text",
        format_lazy(_("PDF, .docx, .jpg or .png, at most {limit} MB."), limit=papers.MAX_BYTES >> 20),
    )
    return FileField(required=kwargs.pop("required", False), **kwargs)


class DocumentField(forms.ModelChoiceField):
    """Any document within the person's reach; the list offers a few of them."""

    def __init__(self, **kwargs):
        super().__init__(Document.objects.none(), required=False, **kwargs)

    def offer(self, reach, agency, *, words="", chosen=None):
        """Let every document of `reach` be chosen; offer those of the agency, or those that match the words."""
        self.queryset = reach
        own = Document.objects.of_agency(agency) if agency else Document.objects.none()
        found = reach.matching(words) if words else own
        found = list(found.select_related("issued_by").order_by("-signed_on", "-id")[:OFFERED])
        if (
            str(chosen or "").isdecimal()
            and len(str(chosen)) < 19
            and all(d.pk != int(chosen) for d in found)
        ):
            found += reach.filter(pk=int(chosen)).select_related("issued_by")
        self.choices = [("", self.empty_label), *((d.pk, said_of(d)) for d in found)]


def said_of(document):
    """A document as the list names it: number and day, abstract, who issued it."""
    parts = [str(document)]
    if document.title and document.title != parts[0]:
        parts.append(document.title if len(document.title) <= 80 else document.title[:79] + "…")
    if document.issued_by:
        parts.append(document.issued_by.name)
    return " · ".join(parts)


def is_same(typed, stored):
    """Whether the document that was typed, with its file, is the one on record; both may be None."""
    parts = ("number", "signed_on", "title", "sha256")
    return [getattr(typed, p, None) for p in parts] == [getattr(stored, p, None) for p in parts]


class SearchWords(Words):
    """Words that find a document; no field beside it need be filled in."""

    is_optional_group = True


class Unfit(Exception):
    """What was said about a document does not fit together; `field` is "document", "number" or "file"."""

    def __init__(self, field, message):
        self.field = field
        super().__init__(message)


@dataclass
class DocumentFinder:
    """Which document was meant: one that was chosen, one on record that is the same, or a new one of the agency."""

    agency: object
    user: object

    def find(self, chosen, typed, file, *, evidence):
        """`typed` are number, signed_on, signer, title; `file` a Kept or None. Returns a Document, new or stored, or None.

        Raises Unfit.
        """
        is_typed = any(typed.values())
        if is_typed and chosen:
            raise Unfit("document", gettext("Choose a document or enter one, not both."))
        if is_typed and not (typed["number"] or typed["title"] or file):
            raise Unfit("number", gettext("Write the number or the abstract of the document."))
        document = chosen or (self._entered(typed, evidence) if is_typed else None)
        return self._with_file(document, file, evidence) if file else document

    def _entered(self, typed, evidence):
        """The document that was typed: the one on record when its number and day are there already."""
        known = Document.objects.same_as(self.agency, typed["number"], typed["signed_on"]).first()
        return known or Document(kind=evidence, issued_by=self.agency, **typed)

    def _with_file(self, document, file, evidence):
        """The document that a file belongs to; one on record with this content is that one."""
        same = Document.objects.visible_to(self.user).filter(sha256=file.sha256).first()
        document = document or same or Document(kind=evidence, issued_by=self.agency)
        if document.sha256 == file.sha256:
            return document
        named = {"document": same or document}
        if same is not None:
            raise Unfit(
                "file", gettext("This file is on record already as %(document)s. Choose that one.") % named
            )
        if document.sha256:
            raise Unfit(
                "file",
                gettext("%(document)s has another file already. It is replaced on the document's own page.")
                % named,
            )
        if document.pk and not document.is_kept_by(self.user):
            raise Unfit("file", gettext("Only the agency that issued this document may add its file."))
        document.attach(file)
        return document


class EvidenceForm(RecordForm):
    """With a document. `DOCUMENT` are its fields, in the order of the page."""

    DOCUMENT = ("doc_q", "document", "doc_number", "doc_signed_on", "doc_signer", "doc_title", "doc_file")

    doc_q = SearchWords(
        label=_("Search a document on record"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("number, abstract, signer")}),
    )
    document = DocumentField(label=_("Document"), empty_label=_("None, or the one entered below"))
    doc_number = Words(label=_("Number"), max_length=80, required=False)
    doc_signed_on = DayField(label=_("Signed on"), required=False)
    doc_signer = Words(label=_("Signer"), max_length=150, required=False)
    doc_title = Words(label=_("Abstract"), max_length=500, required=False)
    doc_file = file_field(label=_("File of the document"))

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["document"].offer(
            Document.objects.visible_to(user),
            self.agency,
            words=self.data.get("doc_q", "") if self.is_bound else "",
            chosen=self.data.get("document") if self.is_bound else self.initial.get("document"),
        )

    @property
    def is_searching(self):
        """The button beside the search was used: nothing is to be written yet, and nothing typed is lost."""
        return self.is_bound and "find" in self.data

    def full_clean(self):
        if not self.is_searching:
            super().full_clean()
            return
        # Only the file is looked at, so that it need not be sent again.
        self._errors, self.cleaned_data = forms.utils.ErrorDict(), {}
        field = self.fields["doc_file"]
        try:
            field.clean(field.widget.value_from_datadict(self.data, self.files, self.add_prefix("doc_file")))
        except forms.ValidationError as error:
            self.add_error("doc_file", error)

    def typed_document(self):
        """{column: value} of the document that was typed, without its file."""
        return {n: self.cleaned_data.get(f"doc_{n}") for n in ("number", "signed_on", "signer", "title")}

    def clean(self):
        typed = self.cleaned_data
        if self.errors.get("doc_file"):
            return typed
        own = self.typed_document()
        if typed.get("doc_q") and not (typed.get("document") or typed.get("doc_file") or any(own.values())):
            # Without a script, Enter in the search sends the whole form.
            self.add_error("document", gettext("Choose one of the documents found, or empty the search."))
            return typed
        try:
            typed["document"] = self.finder().find(
                typed.get("document"), own, typed.get("doc_file"), evidence=self.evidence
            )
        except Unfit as unfit:
            self.add_error(unfit.field if unfit.field == "document" else f"doc_{unfit.field}", str(unfit))
        return typed

    def finder(self):
        return DocumentFinder(self.agency, self.user)

    @property
    def evidence(self):
        return Evidence.DECISION

    def _shown(self, name):
        value = self.cleaned_data.get(name)
        return value if isinstance(value, Document) else super()._shown(name)

    def values(self):
        return {name: value for name, value in super().values().items() if not name.startswith("doc_")}
