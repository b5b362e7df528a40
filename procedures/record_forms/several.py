"""What a person types when an agency reports late: several milestones of one rollout, a row each."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.viewpoint import DayField
from iso_rollout.text import Unreadable, parse_decision
from procedures import lifecycle
from procedures.lifecycle import Stage
from procedures.models import Document, Reached
from procedures.record_forms.base import RolloutForm, Words, said
from procedures.record_forms.evidence import DocumentField, DocumentFinder, Unfit, file_field, is_same

PARTS = ("on", "document", "paper", "file")


@dataclass(frozen=True)
class Row:
    """One milestone of the form: its label and its fields under the heads of their columns, ready to print."""

    label: str
    fields: list

    @property
    def has_errors(self):
        return any(field.errors for _head, field in self.fields)


class SeveralForm(RolloutForm):
    """Every milestone that is not on record, with its day and evidence; rows without a day are left alone."""

    HEADING, SUBMIT = _("Record several milestones"), _("Record them all")
    DOCUMENT = PARTS

    note = Words(label=_("Note"), max_length=500, required=False, lines=2)

    def __init__(self, data=None, files=None, *, rollout, roles, user):
        self.user = user
        super().__init__(data, files, rollout=rollout, roles=roles)
        del self.initial["on"]
        standing = rollout.standing()
        allowed = lifecycle.allowed_stages(standing, roles)
        # What was typed stays a row: whether it is on record by now, the door says.
        self.stages = [
            s for s in Stage if s != Stage.DECLARED and (s in allowed or self.data.get(f"on_{s.value}"))
        ]
        reach = Document.objects.visible_to(user)
        offered = DocumentField(label=_("Document"), empty_label=_("None"))
        offered.offer(reach, self.agency)
        choices = list(offered.choices)
        for stage in self.stages:
            document = DocumentField(label=_("Document"), empty_label=offered.empty_label)
            document.queryset, document.choices = reach, choices
            fields = {
                "on": DayField(label=_("Reached on"), required=False),
                "document": document,
                "paper": Words(label=_("Number and day"), max_length=120, required=False),
                "file": file_field(label=_("File"), help_text=""),
            }
            # In the list of what is wrong a field stands without its row.
            for field in fields.values():
                field.head, field.label = field.label, f"{stage.label}: {field.label}"
            fields["paper"].widget.attrs["placeholder"] = gettext("45/QĐ-UBND ngày 20/06/2020")
            self.fields |= {f"{part}_{stage}": field for part, field in fields.items()}

    @property
    def action(self):
        return self.address("record_several")

    def groups(self):
        return [("", [self["note"]])]

    def rows(self):
        return [Row(stage.label, [self._cell(f"{part}_{stage}") for part in PARTS]) for stage in self.stages]

    def _cell(self, name):
        return self.fields[name].head, self[name]

    def clean(self):
        """Each row with a day becomes a `Reached`; the same document in several rows is one."""
        self.entries, new, finder = [], {}, DocumentFinder(self.agency, self.user)
        for stage in self.stages:
            try:
                document = self._document(stage, finder)
            except Unfit as unfit:
                field = "paper" if unfit.field == "number" else unfit.field
                self.add_error(f"{field}_{stage}", str(unfit))
                continue
            on = self.cleaned_data.get(f"on_{stage}")
            if on is not None:
                self.entries.append(
                    Reached(stage, on, _once(document, new), self.cleaned_data.get("note", ""))
                )
            elif document is not None and f"on_{stage}" not in self.errors:
                self.add_error(f"on_{stage}", gettext("Write the day on which it was reached."))
        if not self.entries and not self.errors:
            raise forms.ValidationError(gettext("Write the day of at least one milestone."))
        return self.cleaned_data

    def _document(self, stage, finder):
        typed = self.cleaned_data
        try:
            paper = parse_decision(typed.get(f"paper_{stage}"))
        except Unreadable as unreadable:
            raise Unfit("number", str(unreadable)) from None
        columns = (
            {"number": paper.number, "signed_on": paper.date, "signer": "", "title": ""} if paper else {}
        )
        if len(columns.get("number", "")) > 80:
            raise Unfit("number", gettext("The number is too long."))
        evidence = lifecycle.STEP[stage].evidence
        return finder.find(
            typed.get(f"document_{stage}"), columns, typed.get(f"file_{stage}"), evidence=evidence
        )

    def values(self):
        return {"entries": self.entries, "seen": self.cleaned_data["seen"]}

    def refuse(self, refused):
        field = f"{refused.field}_{getattr(refused, 'stage', '')}"
        if field.startswith("stage_"):
            field = field.replace("stage_", "on_")
        self.add_error(field if field in self.fields else None, refused.message)

    def _on_record(self):
        """The milestones of the typed stages as they are now, by stage."""
        found = self.rollout.milestones.filter(stage__in=[entry.stage for entry in self.entries])
        return {m.stage: m for m in found.select_related("document")}

    def is_on_record(self, user):
        """The same person recorded exactly these already: the second of two clicks."""
        found = self._on_record()
        return bool(self.entries) and all(
            (m := found.get(entry.stage)) is not None
            and m.counts
            and m.recorded_by_id == user.pk
            and m.reached_on == entry.on
            and is_same(entry.document, m.document)
            for entry in self.entries
        )

    def mine(self):
        return [(entry.stage, entry.stage.label, _said(entry.on, entry.document)) for entry in self.entries]

    def theirs(self):
        found = self._on_record()
        return [
            (
                stage,
                stage.label,
                _said(found[stage].reached_on, found[stage].document) if stage in found else "–",
            )
            for stage in (entry.stage for entry in self.entries)
        ]

    def again(self):
        """What is still missing, on the version of now; what somebody else recorded is corrected on its own."""
        rollout, data = self.fresh(), self._data()
        data["seen"] = str(rollout.version)
        for stage, milestone in self._on_record().items():
            if milestone.counts:
                for part in PARTS:
                    data.pop(f"{part}_{stage}", None)
        return SeveralForm(data, rollout=rollout, roles=self.roles, user=self.user)


def _said(on, document):
    return f"{said(on)} · {document}" if document else said(on)


def _once(document, new):
    """A new document that several rows name is entered once; its file may stand in any of them."""
    if document is None or document.pk is not None:
        return document
    known = new.setdefault(
        (document.number, document.signed_on) if document.number else document.sha256, document
    )
    if document.sha256 and not known.sha256:
        known.file.name, known.file_name = document.file.name, document.file_name
        known.size, known.sha256 = document.size, document.sha256
    return known
