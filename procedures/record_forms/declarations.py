"""What a person types about a declaration: declare, correct."""

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.models import Change
from agencies.viewpoint import DayField
from procedures.lifecycle import Acceptance
from procedures.models import AgencyProcedure, Covers, Declaration, Document, Redeclaration, Standard
from procedures.record_forms.base import Words, last_change_is_by, said
from procedures.record_forms.evidence import EvidenceForm, is_same


class StandardField(forms.ModelChoiceField):
    """Standards, withdrawn ones marked."""

    def label_from_instance(self, standard):
        if standard.withdrawn_on is None:
            return standard.code
        return gettext("%(code)s (withdrawn on %(day)s)") % {
            "code": standard.code,
            "day": date_format(standard.withdrawn_on),
        }


class ChosenField(forms.TypedMultipleChoiceField):
    """Which of an agency's procedures a declaration covers: ids of duties."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        super().__init__(coerce=int, required=False, **kwargs)

    def offer(self, agency, day, *, whole=False):
        """List the procedures in force on a day; returns whether the list is another one than before.

        Those under ISO are ticked, with `whole` all of them.
        """
        before = list(self.choices)
        duties = AgencyProcedure.objects.filter(agency=agency).in_force(day).select_related("procedure")
        duties = list(duties.order_by("procedure__field", "procedure__code", "pk"))
        self.choices = [(d.pk, " ".join(filter(None, (d.procedure.code, d.procedure.name)))) for d in duties]
        self.initial = [d.pk for d in duties if whole or d.applied_on is not None]
        return list(self.choices) != before


class DeclarationForm(EvidenceForm):
    """The facts of a declaration; its number, day and signer are those of its document."""

    DOCUMENT = ("doc_q", "document", "doc_title", "doc_file")

    number = Words(
        label=_("Number"),
        max_length=80,
        required=False,
        help_text=_("May be added later; until then it shows as lacking evidence."),
    )
    on = DayField(label=_("Declared on"))
    signer = Words(label=_("Signer"), max_length=150, required=False)
    reason = forms.ChoiceField(label=_("Reason"), choices=Redeclaration.choices)
    scope_note = Words(label=_("Scope"), max_length=500, required=False, lines=2)
    notice_number = Words(label=_("Number of the notice to the lead agency"), max_length=80, required=False)
    notified_on = DayField(
        label=_("Lead agency notified on"),
        required=False,
        help_text=_("With both days the milestone “Notified and posted” is reached too."),
    )
    posted_on = DayField(label=_("Posted on"), required=False)
    note = Words(label=_("Note"), max_length=500, required=False, lines=2)

    FACTS = ("number", "signer", "reason", "scope_note", "notice_number", "notified_on", "posted_on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("doc_number", "doc_signed_on", "doc_signer"):
            del self.fields[name]
        self.fields["doc_title"].label = _("Abstract of the decision")
        self.fields["doc_file"].label = _("File of the decision")

    def typed_document(self):
        """The decision itself: entered when its abstract or file is given, and none was chosen."""
        typed, file = self.cleaned_data, self.cleaned_data.get("doc_file")
        if not typed.get("doc_title") and (not file or typed.get("document")):
            return {}
        return {
            "number": typed.get("number", ""),
            "signed_on": typed.get("on"),
            "signer": typed.get("signer", ""),
            "title": typed.get("doc_title", ""),
        }

    def clean(self):
        super().clean()
        typed = self.cleaned_data
        if typed.get("document") is None and typed.get("number") and typed.get("on"):
            # The decision is on record already, such as from an earlier try or an import.
            typed["document"] = Document.objects.same_as(self.agency, typed["number"], typed["on"]).first()
        return typed

    @property
    def back(self):
        return f"{self.agency.get_absolute_url()}#declarations"

    def says(self, declaration):
        """Whether a declaration holds what was typed."""
        typed = self.cleaned_data
        return (
            declaration.declared_on == typed["on"]
            and all(getattr(declaration, name) == typed[name] for name in self.FACTS if name in typed)
            and is_same(typed["document"], declaration.document)
        )

    def lines_of(self, declaration):
        """A declaration on record under this form's labels."""
        values = {name: getattr(declaration, name) for name in self.FACTS}
        values |= {
            "on": declaration.declared_on,
            "standard": declaration.standard,
            "reason": declaration.get_reason_display(),
            "covers": declaration.get_covers_display(),
            "document": declaration.document,
        }
        lines = [
            (name, self.fields[name].label, said(values[name])) for name in self.COMPARED if name in values
        ]
        return [*lines, ("", gettext("Confirmation"), declaration.get_acceptance_display())]


class DeclareForm(DeclarationForm):
    """Declare or declare again; with a rollout, as its aim."""

    GROUPS = (
        (_("Declaration"), ("number", "on", "signer", "standard", "reason")),
        (_("The decision on record"), DeclarationForm.DOCUMENT),
        (_("Scope"), ("covers", "chosen", "scope_note")),
        (_("Notice and posting"), ("notice_number", "notified_on", "posted_on")),
        ("", ("note",)),
    )
    COMPARED = (
        *("number", "on", "signer", "standard", "reason", "document", "covers", "scope_note"),
        *("notice_number", "notified_on", "posted_on", "note"),
    )

    # The declaration entered last that the person saw; 0: none.
    after = forms.IntegerField(label=_("Version of the page"), min_value=0, widget=forms.HiddenInput)
    standard = StandardField(
        Standard.objects.order_by("-published_on"), label=_("Standard"), empty_label=None
    )
    covers = forms.ChoiceField(
        label=_("Administrative procedures"), choices=Covers.choices, widget=forms.RadioSelect
    )
    chosen = ChosenField(label=_("Chosen procedures"))
    # The day for which the procedures to choose from were listed.
    listed_on = forms.DateField(widget=forms.HiddenInput, required=False, input_formats=["%Y-%m-%d"])

    def __init__(self, data=None, files=None, *, agency, rollout, roles, user):
        self.agency, self.rollout, self.roles = agency, rollout, roles
        today = timezone.localdate()
        own = Declaration.objects.filter(agency=agency)
        self.earlier = own.in_force(today).select_related("standard").first()
        # The whole chain, newest first: the page draws it.
        self.declarations = list(own.select_related("standard", "document").order_by("-declared_on", "-id"))
        current = Standard.objects.current(today)
        initial = {
            "seen": rollout.version if rollout else 0,
            "after": max((d.pk for d in self.declarations), default=0),
            "on": today,
            "standard": current,
            "covers": Covers.ALL,
            "listed_on": today.isoformat(),
        }
        super().__init__(data, files, initial=initial, user=user)
        self._list_procedures(today)
        if self.earlier is None:
            del self.fields["reason"]
        else:
            later = [c for c in Redeclaration.choices if c[0] != Redeclaration.FIRST]
            self.fields["reason"].choices = later
            self.fields["reason"].label = _("Reason of declaring again")
            self.fields["number"].help_text = gettext(
                "If it is not known: leave it empty, and choose the document or write a note; "
                "until it is added it shows as lacking evidence."
            )
            # Typed before there was one to replace: the rule says it.
            self.fields["reason"].required = False
            self.initial["reason"] = Redeclaration.proposed(self.earlier, current) if current else None
        self.COMPARED = tuple(n for n in self.COMPARED if n in self.fields)

    def _list_procedures(self, today):
        """The procedures in force on the day of the list; before anything is typed those under ISO are ticked."""
        try:
            self.listed_on = parse_date(self.data.get("listed_on") or "") or today
        except ValueError:
            self.listed_on = today
        self.fields["chosen"].offer(self.agency, self.listed_on, whole=self.earlier is None)
        if not self.fields["chosen"].choices:
            del self.fields["chosen"], self.fields["covers"]

    def clean(self):
        typed = super().clean()
        says_what = any(typed.get(name) for name in ("number", "document", "note"))
        if (
            self.earlier
            and not says_what
            and not self.errors.keys() & {"number", "document", "doc_file", "note"}
        ):
            # One replaces what is in force: it is not recorded by Enter in an untouched form.
            self.add_error(
                "number",
                gettext("Write the number; if it is not known, choose the document or write a note."),
            )
        if typed.get("covers") != Covers.CHOSEN or "on" not in typed:
            return typed
        if typed["on"] != self.listed_on and self.fields["chosen"].offer(self.agency, typed["on"]):
            self.data = self._data(listed_on=typed["on"].isoformat())
            day = date_format(typed["on"])
            self.add_error(
                "chosen", gettext("On %s other procedures were in force. Look at the list again.") % day
            )
        elif not typed.get("chosen"):
            self.add_error("chosen", gettext("Choose at least one procedure."))
        return typed

    @property
    def heading(self):
        return gettext("Declare again") if self.earlier else gettext("Declare")

    @property
    def submit(self):
        return gettext("Record the declaration")

    @property
    def action(self):
        address = reverse("declare", args=[self.agency.pk])
        return f"{address}?dot={self.rollout.pk}" if self.rollout else address

    def values(self):
        values = super().values()
        del values["listed_on"]
        covers, chosen = values.pop("covers", Covers.ALL), values.pop("chosen", None)
        return values | {
            "reason": values.get("reason") or None,
            "covers_procedures": covers != Covers.NONE,
            "chosen": chosen if covers == Covers.CHOSEN else None,
        }

    def is_same(self, declaration):
        """Of the day and standard that were typed: an agency has one such at most."""
        typed = self.cleaned_data
        return (declaration.declared_on, declaration.standard) == (typed["on"], typed["standard"])

    def says(self, declaration):
        facts = [name for name in self.FACTS if name != "reason"]
        return (
            self.is_same(declaration)
            and all(getattr(declaration, name) == self.cleaned_data[name] for name in facts)
            and is_same(self.cleaned_data["document"], declaration.document)
        )

    def on_record(self):
        """The same declaration by day and standard, else the latest that counts; None without any."""
        own = Declaration.objects.filter(agency=self.agency).select_related("agency", "standard", "document")
        same = own.filter(declared_on=self.cleaned_data["on"], standard=self.cleaned_data["standard"])
        return same.first() or own.order_by("id").last()

    def is_on_record(self, user):
        found = self.on_record()
        return found is not None and found.recorded_by_id == user.pk and self.says(found)

    def theirs(self):
        found = self.on_record()
        if found is None:
            return [("", gettext("Declarations"), gettext("None on record"))]
        return self.lines_of(found)

    def again(self):
        """The same on the version of now: a correction where this day and standard are on record by now."""
        latest, data = self.on_record(), self._data()
        if latest is not None and self.is_same(latest):
            data["seen"], data["why"] = latest.version, gettext("Recorded by two people at the same time")
            data.setdefault("reason", latest.reason)
            return AmendDeclarationForm(data, declaration=latest, user=self.user)
        if self.rollout is not None:
            self.rollout.refresh_from_db()
            data["seen"] = self.rollout.version
        data["after"] = latest.pk if latest else 0
        if latest is not None:
            data.setdefault("reason", Redeclaration.proposed(latest, self.cleaned_data["standard"]))
        kept = {"agency": self.agency, "rollout": self.rollout, "roles": self.roles, "user": self.user}
        return DeclareForm(data, **kept)


class AmendDeclarationForm(DeclarationForm):
    """Correct a declaration, or mend a returned one and hand it in again."""

    GROUPS = (
        (_("Declaration"), ("number", "on", "signer", "reason", "scope_note")),
        (_("The decision on record"), DeclarationForm.DOCUMENT),
        (_("Notice and posting"), ("notice_number", "notified_on", "posted_on")),
        ("", ("note", "why")),
    )
    COMPARED = (
        *("number", "on", "signer", "reason", "document", "scope_note", "notice_number"),
        *("notified_on", "posted_on", "note", "why"),
    )

    why = Words(label=_("Reason of the correction"), max_length=500, lines=2)

    def __init__(self, data=None, files=None, *, declaration, user):
        self.declaration, self.agency = declaration, declaration.agency
        initial = {name: getattr(declaration, name) for name in self.FACTS}
        initial |= {
            "seen": declaration.version,
            "on": declaration.declared_on,
            "document": declaration.document_id,
        }
        super().__init__(data, files, initial=initial, user=user)
        self.returned = declaration.acceptance == Acceptance.RETURNED
        self.fields["why"].required = not self.returned

    @property
    def heading(self):
        return (
            gettext("Mend the declaration and hand it in again")
            if self.returned
            else gettext("Correct the declaration")
        )

    @property
    def submit(self):
        return gettext("Hand in again") if self.returned else gettext("Save the correction")

    @property
    def action(self):
        return reverse("amend_declaration", args=[self.agency.pk, self.declaration.pk])

    def fresh(self):
        found = Declaration.objects.select_related("agency", "standard", "document")
        return found.get(pk=self.declaration.pk)

    def is_on_record(self, user):
        found = self.fresh()
        return self.says(found) and last_change_is_by(user, Change.objects.of(found))

    def theirs(self):
        return self.lines_of(self.fresh())

    def again(self):
        found = self.fresh()
        return AmendDeclarationForm(self._data(seen=found.version), declaration=found, user=self.user)
