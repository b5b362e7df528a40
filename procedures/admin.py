"""The dictionaries of plan and catalogue in Django's administration, kept by coordinators."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_at_top, scope_of
from agencies.admin import NamesChoices, RecordedAdmin, RecordedForm
from agencies.errors import Refused
from agencies.models import Level
from procedures.models import Document, Metric, Plan, Procedure, Standard, Target, TargetRevision
from procedures.models.catalogue import join_levels


class LevelsField(forms.MultipleChoiceField):
    """Levels as ticks; stored as one text in the order of rank."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        super().__init__(label=_("Levels"), choices=Level.choices, **kwargs)

    def prepare_value(self, value):
        return value.split(",") if isinstance(value, str) else value

    def clean(self, value):
        return join_levels(super().clean(value))

    def has_changed(self, initial, data):
        return (initial or "") != join_levels(data or [])


class StandardForm(RecordedForm):
    sentences = {
        "standard_withdrawn_after_publication": (
            "withdrawn_on",
            _("It cannot be withdrawn before it is published."),
        )
    }


@admin.register(Standard)
class StandardAdmin(RecordedAdmin):
    form = StandardForm
    list_display = ("code", "short", "published_on", "withdrawn_on", "publication")
    fields = ("code", "short", "published_on", "withdrawn_on", "publication", "guidance")
    search_fields = ("code",)


class ProcedureForm(RecordedForm):
    levels = LevelsField()
    sentences = {
        "procedure_code_is_unique": ("code", _("Another procedure has this code.")),
        "procedure_without_code_is_unique": (
            "name",
            _("A procedure of this name, field and levels is on record; give the code."),
        ),
        "procedure_repealed_after_effect": ("repealed_on", _("It cannot be repealed before it is in force.")),
    }


class LevelFilter(admin.SimpleListFilter):
    title = _("level")
    parameter_name = "level"

    def lookups(self, request, model_admin):
        return Level.choices

    def queryset(self, request, queryset):
        return queryset.of_level(self.value()) if self.value() in Level.values else queryset


@admin.register(Procedure)
class ProcedureAdmin(RecordedAdmin):
    form = ProcedureForm
    list_display = ("code", "name", "field", "level_names", "effective_on", "repealed_on")
    list_display_links = ("code", "name")
    list_filter = (LevelFilter,)
    search_fields = ("code", "name", "field")
    fields = ("code", "name", "field", "levels", "decision", "effective_on", "repealed_on")

    @admin.display(description=_("Levels"), ordering="levels")
    def level_names(self, procedure):
        return ", ".join(str(level.label) for level in procedure.level_list)


class DocumentForm(RecordedForm):
    def clean(self):
        super().clean()
        if not (self.cleaned_data.get("number") or self.cleaned_data.get("title") or self.instance.file_name):
            self.add_error("number", gettext("Give at least the number or the abstract."))
        return self.cleaned_data


@admin.register(Document)
class DocumentAdmin(RecordedAdmin):
    form = DocumentForm
    scope_prefix = "issued_by__"
    list_display = ("number", "kind", "signed_on", "title", "issued_by")
    list_display_links = ("number", "title")
    list_filter = ("kind",)
    list_select_related = ("issued_by",)
    search_fields = ("number", "title")
    autocomplete_fields = ("issued_by", "replaces")
    fields = ("kind", "number", "signed_on", "signer", "title", "issued_by", "replaces", "file_name")
    readonly_fields = ("file_name",)

    def scoped(self, request, roles):
        """Those that an agency of theirs issued; of those without an issuer, the ones they can see."""
        if request.user.is_superuser:
            return Document.objects.all()
        seen = Q(issued_by=None)
        if not holds_at_top(request.user, roles):
            seen &= Q(pk__in=Document.objects.visible_to(request.user).order_by().values("pk"))
        return Document.objects.filter(scope_of(request.user, self.scope_prefix, roles) | seen)


class TargetForm(RecordedForm):
    """A target; a new one comes with its first figure."""

    levels = LevelsField()
    figure = forms.IntegerField(
        label=_("First figure"), required=False, min_value=0, help_text=_("Units, or per cent of coverage.")
    )
    seen = reason = once = None  # those of the plan
    sentences = {
        "target_of_units_has_form_and_year": (
            "form",
            _("A target of units has form and year; one of coverage has neither."),
        ),
        "target_of_units_once": ("form", _("The plan has this target already.")),
    }

    class Meta:
        model = Target
        fields = ("metric", "form", "year", "levels", "due_on", "position", "figure")
        # Not the position of a person, which has the same English word.
        labels = {"position": _("order")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            revision, field = self.instance.revision_on(timezone.localdate()), self.fields["figure"]
            field.disabled, field.label = True, _("Figure in force")
            field.help_text = _("A later figure is a decision of its own: open the target.")
            self.initial["figure"] = revision.value if revision else None

    def clean(self):
        super().clean()
        figure = self.cleaned_data.get("figure")
        if self.instance.pk is None and figure is None:
            self.add_error("figure", gettext("A new target needs its figure."))
        if figure is not None and figure > 100 and self.cleaned_data.get("metric") == Metric.COVERAGE:
            self.add_error("figure", gettext("A coverage lies between 0 and 100 per cent."))
        return self.cleaned_data


class TargetInline(admin.StackedInline):
    model = Target
    form = TargetForm
    extra = 0
    show_change_link = True
    fields = ("metric", "form", "year", "levels", "due_on", "position", "figure")

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("revisions")

    def has_add_permission(self, request, obj=None):
        return True

    has_change_permission = has_delete_permission = has_view_permission = has_add_permission


class PlanForm(RecordedForm):
    sentences = {"plan_ends_after_it_starts": ("ends_on", _("The plan ends before it begins."))}

    def clean_decided_on(self):
        day = self.cleaned_data["decided_on"]
        if day > timezone.localdate():
            raise ValidationError(gettext("The day lies in the future."))
        return day


@admin.register(Plan)
class PlanAdmin(RecordedAdmin):
    form = PlanForm
    scope_prefix = "agency__"
    list_display = ("name", "code", "agency", "decided_on", "starts_on", "ends_on")
    list_select_related = ("agency",)
    search_fields = ("name", "code")
    autocomplete_fields = ("agency", "decision")
    fields = ("code", "name", "agency", "decision", "decided_on", "starts_on", "ends_on", "note")
    inlines = (TargetInline,)

    def save_formset(self, request, form, formset, change):
        new = [f for f in formset.extra_forms if f.has_changed()]
        super().save_formset(request, form, formset, change)
        for target in (f for f in new if f.instance.pk and f not in formset.deleted_forms):
            target.instance.revise(
                target.cleaned_data["figure"],
                on=form.instance.decided_on,
                by=request.user,
                decision=form.instance.decision,
                change_set=self.change_set_of(request, "", form),
            )


class RevisionForm(forms.ModelForm):
    """A later decision sets another figure, through the target's door."""

    class Meta:
        model = TargetRevision
        fields = ("value", "decided_on", "decision", "reason")

    def through_door(self, by, change_set):
        values = self.cleaned_data
        return self.instance.target.revise(
            values["value"],
            on=values["decided_on"],
            by=by,
            decision=values["decision"],
            reason=values["reason"],
            change_set=change_set,
        )

    def _post_clean(self):
        super()._post_clean()
        if self.errors or self.instance.pk or not self.has_changed():
            return
        try:
            with transaction.atomic():
                self.through_door(None, None)
                transaction.set_rollback(True)
        except Refused as refused:
            self.add_error({"on": "decided_on"}.get(refused.field, refused.field), refused.message)


class RevisionInline(NamesChoices, admin.StackedInline):
    model = TargetRevision
    form = RevisionForm
    extra = 1
    autocomplete_fields = ("decision",)
    fields = ("value", "decided_on", "decision", "reason")

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("decision", "target")

    def has_add_permission(self, request, obj=None):
        return True

    has_view_permission = has_add_permission

    def has_change_permission(self, request, obj=None):
        return False

    has_delete_permission = has_change_permission


@admin.register(Target)
class TargetAdmin(RecordedAdmin):
    """Targets are entered with their plan; here their figures are revised."""

    scope_prefix = "plan__agency__"
    list_display = ("__str__", "plan", "metric", "in_year", "due_on")
    list_filter = ("metric", "year")
    list_select_related = ("plan",)
    fields = ("plan", "metric", "form", "level_names", "in_year", "due_on", "position")
    inlines = (RevisionInline,)

    def get_readonly_fields(self, request, obj=None):
        return ("plan", "metric", "form", "level_names", "in_year")

    @admin.display(description=_("Levels"))
    def level_names(self, target):
        return ", ".join(str(level.label) for level in target.level_list)

    @admin.display(description=_("Year"), ordering="year")
    def in_year(self, target):
        """Without the point that groups the digits of a number."""
        return str(target.year) if target.year else None

    def has_add_permission(self, request):
        return False

    def save_formset(self, request, form, formset, change):
        """New figures go through the door; the earlier ones stay as they are."""
        formset.save(commit=False)
        for revision in formset.extra_forms:
            if revision.has_changed():
                change_set = self.change_set_of(request, self.title_of(form.instance, change), form)
                revision.through_door(request.user, change_set)
