"""What a person types about a declaration: declare, correct."""

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.models import Change
from agencies.viewpoint import DayField
from procedures.lifecycle import Acceptance
from procedures.models import Declaration, Redeclaration, Standard
from procedures.record_forms.base import RecordForm, Words, last_change_is_by, said


class StandardField(forms.ModelChoiceField):
    """Standards, withdrawn ones marked."""

    def label_from_instance(self, standard):
        if standard.withdrawn_on is None:
            return standard.code
        return gettext("%(code)s (withdrawn on %(day)s)") % {
            "code": standard.code,
            "day": date_format(standard.withdrawn_on),
        }


class DeclarationForm(RecordForm):
    """The facts of a declaration."""

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
    notified_on = DayField(
        label=_("Lead agency notified on"),
        required=False,
        help_text=_("With both days the milestone “Notified and posted” is reached too."),
    )
    posted_on = DayField(label=_("Posted on"), required=False)
    note = Words(label=_("Note"), max_length=500, required=False, lines=2)

    FACTS = ("number", "signer", "reason", "scope_note", "notified_on", "posted_on", "note")

    @property
    def back(self):
        return f"{self.agency.get_absolute_url()}#declarations"

    def says(self, declaration):
        """Whether a declaration holds what was typed."""
        return declaration.declared_on == self.cleaned_data["on"] and all(
            getattr(declaration, name) == self.cleaned_data[name] for name in self.FACTS
        )

    def lines_of(self, declaration):
        """A declaration on record under this form's labels."""
        values = {name: getattr(declaration, name) for name in self.FACTS}
        values |= {
            "on": declaration.declared_on,
            "standard": declaration.standard,
            "reason": declaration.get_reason_display(),
        }
        lines = [
            (name, self.fields[name].label, said(values[name])) for name in self.COMPARED if name in values
        ]
        return [*lines, ("", gettext("Confirmation"), declaration.get_acceptance_display())]


class DeclareForm(DeclarationForm):
    """Declare or declare again; with a rollout, as its aim."""

    GROUPS = (
        (
            _("Declaration"),
            ("number", "on", "signer", "standard", "reason", "scope_note", "covers_procedures"),
        ),
        (_("Notice and posting"), ("notified_on", "posted_on")),
        ("", ("note",)),
    )
    COMPARED = (
        "number",
        "on",
        "signer",
        "standard",
        "reason",
        "scope_note",
        "notified_on",
        "posted_on",
        "note",
    )

    # The declaration entered last that the person saw; 0: none.
    after = forms.IntegerField(label=_("Version of the page"), min_value=0, widget=forms.HiddenInput)
    standard = StandardField(
        Standard.objects.order_by("-published_on"), label=_("Standard"), empty_label=None
    )
    covers_procedures = forms.BooleanField(
        label=_("It covers all administrative procedures of the agency"), required=False, initial=True
    )

    def __init__(self, data=None, *, agency, rollout, roles):
        self.agency, self.rollout, self.roles = agency, rollout, roles
        today = timezone.localdate()
        own = Declaration.objects.filter(agency=agency)
        self.earlier = own.in_force(today).select_related("standard").first()
        last = own.order_by("id").last()
        current = Standard.objects.current(today)
        initial = {
            "seen": rollout.version if rollout else 0,
            "after": last.pk if last else 0,
            "on": today,
            "standard": current,
        }
        super().__init__(data, initial=initial)
        if self.earlier is None:
            del self.fields["reason"]
        else:
            later = [c for c in Redeclaration.choices if c[0] != Redeclaration.FIRST]
            self.fields["reason"].choices = later
            self.fields["reason"].label = _("Reason of declaring again")
            # Typed before there was one to replace: the rule says it.
            self.fields["reason"].required = False
            self.initial["reason"] = Redeclaration.proposed(self.earlier, current) if current else None
        self.COMPARED = tuple(n for n in self.COMPARED if n in self.fields)

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
        return values | {"reason": values.get("reason") or None}

    def is_same(self, declaration):
        """Of the day and standard that were typed: an agency has one such at most."""
        typed = self.cleaned_data
        return (declaration.declared_on, declaration.standard) == (typed["on"], typed["standard"])

    def says(self, declaration):
        facts = [name for name in self.FACTS if name != "reason"]
        return self.is_same(declaration) and all(
            getattr(declaration, name) == self.cleaned_data[name] for name in facts
        )

    def on_record(self):
        """The same declaration by day and standard, else the latest that counts; None without any."""
        own = Declaration.objects.filter(agency=self.agency).select_related("agency", "standard")
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
            return AmendDeclarationForm(data, declaration=latest)
        if self.rollout is not None:
            self.rollout.refresh_from_db()
            data["seen"] = self.rollout.version
        data["after"] = latest.pk if latest else 0
        if latest is not None:
            data.setdefault("reason", Redeclaration.proposed(latest, self.cleaned_data["standard"]))
        return DeclareForm(data, agency=self.agency, rollout=self.rollout, roles=self.roles)


class AmendDeclarationForm(DeclarationForm):
    """Correct a declaration, or mend a returned one and hand it in again."""

    GROUPS = (
        (_("Declaration"), ("number", "on", "signer", "reason", "scope_note")),
        (_("Notice and posting"), ("notified_on", "posted_on")),
        ("", ("note", "why")),
    )
    COMPARED = ("number", "on", "signer", "reason", "scope_note", "notified_on", "posted_on", "note", "why")

    why = Words(label=_("Reason of the correction"), max_length=500, lines=2)

    def __init__(self, data=None, *, declaration):
        self.declaration, self.agency = declaration, declaration.agency
        initial = {name: getattr(declaration, name) for name in self.FACTS}
        super().__init__(data, initial=initial | {"seen": declaration.version, "on": declaration.declared_on})
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
        return Declaration.objects.select_related("agency", "standard").get(pk=self.declaration.pk)

    def is_on_record(self, user):
        found = self.fresh()
        return self.says(found) and last_change_is_by(user, Change.objects.of(found))

    def theirs(self):
        return self.lines_of(self.fresh())

    def again(self):
        found = self.fresh()
        return AmendDeclarationForm(self._data(seen=found.version), declaration=found)
