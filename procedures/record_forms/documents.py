"""What a person types about a document: enter it, correct it, send another file."""

from django import forms
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.models import Agency, Change
from agencies.viewpoint import DayField
from procedures.lifecycle import RECORDERS, Evidence
from procedures.models import Document
from procedures.record_forms.base import RecordForm, Words, last_change_is_by, said
from procedures.record_forms.evidence import DocumentField, file_field

LISTED = 300  # agencies that a list still shows; more are found by their code


def issuers(user):
    """The agencies for which a person enters documents."""
    own = Agency.objects.not_void().filter(scope_of(user, roles=RECORDERS), dissolved_on=None)
    return own.order_by("sort_key", "id")


class DocumentRecordForm(RecordForm):
    """An act on one document, or on one to be entered."""

    agency = None
    FACTS = ("kind", "number", "signed_on", "signer", "title")

    def __init__(self, data=None, files=None, *, document=None, user, **kwargs):
        self.document, self.user = document, user
        super().__init__(data, files, **kwargs)

    @property
    def crumbs(self):
        way = [(gettext("Documents"), reverse("documents"))]
        return [*way, (str(self.document), self.back)] if self.document else way

    @property
    def subject(self):
        return str(self.document) if self.document else gettext("Decisions, reports, minutes, letters")

    @property
    def back(self):
        return self.document.get_absolute_url() if self.document else reverse("documents")

    def fresh(self):
        return Document.objects.select_related("issued_by").get(pk=self.document.pk)


class FactsForm(DocumentRecordForm):
    """Kind, number, day, signer and abstract."""

    kind = forms.ChoiceField(label=_("Kind of document"), choices=Evidence.choices)
    number = Words(label=_("Number"), max_length=80, required=False)
    signed_on = DayField(label=_("Signed on"), required=False)
    signer = Words(label=_("Signer"), max_length=150, required=False)
    title = Words(label=_("Abstract"), max_length=500, required=False, lines=2)

    def clean(self):
        typed = self.cleaned_data
        if not (typed.get("number") or typed.get("title") or self.errors or self._has_file()):
            self.add_error("number", gettext("Write the number or the abstract of the document."))
        return typed

    def _has_file(self):
        return bool(self.document and self.document.file_name)

    def says(self, document):
        return all(getattr(document, name) == self.cleaned_data[name] for name in self.FACTS)

    def lines_of(self, document):
        values = {name: getattr(document, name) for name in self.FACTS}
        values["kind"] = document.get_kind_display()
        return [(name, self.fields[name].label, said(values[name])) for name in self.FACTS]


class RegisterForm(FactsForm):
    """Enter a document, with its file."""

    GROUPS = (
        ("", ("kind", "number", "signed_on", "signer", "title", "issued_by")),
        (_("File"), ("file",)),
        (_("It takes the place of"), ("replaces",)),
    )
    HEADING, SUBMIT = _("Enter a document"), _("Enter the document")

    file = file_field(label=_("File"))
    replaces = DocumentField(label=_("An earlier document"), empty_label=_("None"))

    def __init__(self, data=None, files=None, *, user, replaces=None):
        initial = {"seen": 0, "replaces": replaces}
        super().__init__(data, files, user=user, initial=initial)
        own = issuers(user)
        if (number := own[: LISTED + 1].count()) <= LISTED:
            empty = None if number == 1 else _("Choose the agency")
            field = forms.ModelChoiceField(own, label=_("Issued by"), empty_label=empty)
        else:
            field = forms.ModelChoiceField(
                own, label=_("Issued by"), to_field_name="code", widget=forms.TextInput,
                help_text=_("The code of the agency, such as H31.325."),
            )  # fmt: skip
        self.fields["issued_by"] = field
        reach = Document.objects.visible_to(user).filter(replaced_by=None)
        chosen = self.data.get("replaces") if self.is_bound else replaces
        if chosen:
            self.fields["replaces"].offer(reach, None, chosen=chosen)
        else:
            del self.fields["replaces"]
        self.order_fields([name for _legend, names in self.GROUPS for name in names])

    @property
    def action(self):
        return reverse("register_document")

    def _has_file(self):
        return self.cleaned_data.get("file") is not None

    def same_content(self):
        """The document within the person's reach that has the sent file already; None without one."""
        file = self.cleaned_data.get("file")
        return Document.objects.visible_to(self.user).filter(sha256=file.sha256).first() if file else None

    def values(self):
        values = {name: value for name, value in super().values().items() if name != "seen"}
        return values | {"agency": values.pop("issued_by"), "replaces": values.get("replaces")}

    def is_on_record(self, user):
        """The second of two clicks: the same document, entered by the same person."""
        typed = self.cleaned_data
        found = Document.objects.filter(issued_by=typed["issued_by"], number=typed["number"])
        found = found.filter(signed_on=typed["signed_on"])
        found = (found if typed["number"] else found.filter(title=typed["title"])).first()
        if found is None or not self.says(found) or not last_change_is_by(user, Change.objects.of(found)):
            return False
        self.document = found
        return True


class AmendDocumentForm(FactsForm):
    """Correct what is said about a document."""

    GROUPS = (("", ("kind", "number", "signed_on", "signer", "title")), ("", ("why",)))
    COMPARED = (*FactsForm.FACTS, "why")
    HEADING, SUBMIT = _("Correct the document"), _("Save the correction")

    why = Words(label=_("Reason of the correction"), max_length=500, lines=2)

    def __init__(self, data=None, files=None, *, document, user):
        initial = {name: getattr(document, name) for name in self.FACTS} | {"seen": document.version}
        super().__init__(data, files, document=document, user=user, initial=initial)

    @property
    def action(self):
        return reverse("amend_document", args=[self.document.pk])

    def is_on_record(self, user):
        found = self.fresh()
        return self.says(found) and last_change_is_by(user, Change.objects.of(found))

    def theirs(self):
        return self.lines_of(self.fresh())

    def again(self):
        found = self.fresh()
        return AmendDocumentForm(self._data(seen=found.version), document=found, user=self.user)


class ReplaceFileForm(DocumentRecordForm):
    """Send another file for a document."""

    GROUPS = (("", ("file", "why")),)
    COMPARED = ("file", "why")

    file = file_field(label=_("New file"), required=True)
    why = Words(label=_("Reason"), max_length=500, lines=2, required=False)

    def __init__(self, data=None, files=None, *, document, user):
        super().__init__(data, files, document=document, user=user, initial={"seen": document.version})

    @property
    def heading(self):
        return gettext("Replace the file") if self.document.file else gettext("Add the file")

    @property
    def submit(self):
        return self.heading

    @property
    def action(self):
        return reverse("replace_file", args=[self.document.pk])

    def _shown(self, name):
        value = super()._shown(name)
        return value.name if name == "file" and value else value

    def is_on_record(self, user):
        found = self.fresh()
        return found.sha256 == self.cleaned_data["file"].sha256 and last_change_is_by(
            user, Change.objects.of(found)
        )

    def theirs(self):
        found = self.fresh()
        return [("file", self.fields["file"].label, said(found.file_name))]

    def again(self):
        found = self.fresh()
        return ReplaceFileForm(self._data(seen=found.version), document=found, user=self.user)
