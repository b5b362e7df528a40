"""What every page of the administration has in common: permission by role, scope, and history.

A page writes a change set with a line for each record; a save that was based on an old version
is refused beside the form; nothing is deleted that others refer to.
"""

import secrets
from contextlib import suppress

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import NestedObjects, flatten_fieldsets
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, router, transaction
from django.db.models import F, Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_at_top, roles_anywhere, scope_of
from agencies.errors import ChangedMeanwhile, Refused
from agencies.forms import SeenField
from agencies.history import open_change_set, record, snapshot
from agencies.models import Agency, Change, Role, SentOnce
from agencies.models.history import Door
from agencies.presenting import history_lines, printed
from iso_rollout.text import clean as clean_text
from iso_rollout.text import fold

HISTORY_SHOWN = 200


class RecordedForm(forms.ModelForm):
    """Carries the version that the person was looking at, and why they change it.

    A subclass whose model has doors gives `through_door(change_set)`, which writes and returns
    the record; what the door refuses stands beside its field. `door_fields` maps the names of
    the door's arguments to those of the form.
    """

    seen = SeenField(required=False)
    # Of a new record: the second of two clicks carries the same one.
    once = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=500,
        help_text=_("Why this is changed; it stands in the history."),
        widget=admin.widgets.AdminTextInputWidget,
    )
    by = None  # set by the admin page
    through_door = None
    door_fields = {"on": "valid_from"}
    # Constraints of the database in words: their name → the field at fault, and a sentence.
    sentences = {}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "seen" in self.fields and self.instance.pk:
            self.initial["seen"] = getattr(self.instance, "version", None)
        if "once" in self.fields and not self.instance.pk:
            self.initial["once"] = secrets.token_urlsafe(24)
        for name, field in self.fields.items():
            # What the record refers to already stays a choice, also outside the person's agencies.
            current = getattr(self.instance, f"{name}_id", None)
            if isinstance(field, forms.ModelChoiceField) and current is not None:
                allowed = Q(pk__in=field.queryset.order_by().values("pk")) | Q(pk=current)
                field.queryset = field.queryset.model._default_manager.filter(allowed)

    def clean(self):
        super().clean()
        for name, value in self.cleaned_data.items():
            field = self.fields[name]
            is_line = type(field) is forms.CharField and not isinstance(field.widget, forms.Textarea)
            if is_line and isinstance(value, str):
                self.cleaned_data[name] = clean_text(value)
        if self.instance.pk and "seen" in self.fields:
            self._refuse_old_version()
        return self.cleaned_data

    def _refuse_old_version(self):
        stored = type(self.instance)._base_manager.select_for_update().get(pk=self.instance.pk)
        if stored.version == self.cleaned_data.get("seen"):
            return
        # The form that goes back is based on what it now shows: saving again is a decision.
        self.data = self.data.copy()
        self.data[self.add_prefix("seen")] = str(stored.version)
        for name in list(self.cleaned_data):
            self._show_theirs(name, stored)
        change = ChangedMeanwhile(stored).change
        raise ValidationError(
            gettext(
                "%(who)s changed this at %(when)s, after you had opened it. Nothing was saved. "
                "What is stored stands beside each field that differs; saving again keeps your version."
            )
            % {
                "who": (change and change.change_set.made_by) or gettext("Somebody"),
                "when": date_format(timezone.localtime(change.change_set.made_at), "DATETIME_FORMAT")
                if change
                else "–",
            },
            code="stale",
        )

    def _show_theirs(self, name, stored):
        fields = {f.name: f for f in stored._meta.concrete_fields}
        field, mine = fields.get(name), self.cleaned_data[name]
        if field is None or field.get_prep_value(getattr(mine, "pk", mine)) == field.get_prep_value(
            field.value_from_object(stored)
        ):
            return
        value = snapshot(stored).get(field.attname)
        names = {}
        if field.is_relation and value is not None:
            names[field.related_model, value] = str(getattr(stored, name))
        self.add_error(
            name, gettext("Stored meanwhile: %(value)s") % {"value": printed(field, value, names) or "–"}
        )

    def _update_errors(self, errors):
        """Django names the constraint that was broken; a person reads the sentence, beside its field."""
        found = errors.update_error_dict({})
        for error in list(found.get(NON_FIELD_ERRORS, [])):
            for name, (field, sentence) in self.sentences.items():
                if name in str(error.message):
                    found[NON_FIELD_ERRORS].remove(error)
                    place = field if field in self.fields else NON_FIELD_ERRORS
                    # `Model.clean` may have said it already.
                    if place not in found and place not in self._errors:
                        found[place] = [ValidationError(sentence)]
        super()._update_errors(ValidationError({k: v for k, v in found.items() if v}))

    def _post_clean(self):
        super()._post_clean()
        if self.through_door is None or self.errors:
            return
        # A rehearsal: the door knows its rules, and what it wrote is taken back.
        try:
            with transaction.atomic():
                self.through_door(None)
                transaction.set_rollback(True)
        except Refused as refused:
            field = self.door_fields.get(refused.field, refused.field)
            self.add_error(field if field in self.fields else None, refused.message)
        except IntegrityError as refused:
            # A constraint over fields that this page does not write: Django's forms pass it over.
            self._update_errors(ValidationError(str(refused)))


class AlreadyDone(Exception):
    """The second of two clicks: the first one did it."""


class NamedAutocomplete(admin.widgets.AutocompleteSelect):
    """An empty choice says what it is for: screen readers read nothing else there."""

    @property
    def media(self):
        # Named here, so that ours comes after what it waits for.
        after = ["admin/js/jquery.init.js", "admin/js/autocomplete.js"]
        return super().media + forms.Media(js=[*after, "js/admin_choices.js"])

    def build_attrs(self, base_attrs, extra_attrs=None):
        attrs = super().build_attrs(base_attrs, extra_attrs)
        return attrs | {"data-placeholder": f"{self.field.verbose_name} …"}

    def optgroups(self, name, value, attr=None):
        """What can be no id is no choice either; Django would look for it, and fail."""
        return super().optgroups(name, [one for one in value if self._may_be_id(one)], attr)

    def _may_be_id(self, value):
        with suppress(ValidationError):
            return self.field.target_field.clean(value, None) is not None


class NamesChoices:
    """Autocomplete fields of a page or of its parts."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", NamedAutocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class RecordedAdmin(NamesChoices, admin.ModelAdmin):
    """Base of every page that may be written. `keepers` may write, `readers` look.

    `scope_prefix` leads from the record to its agency, such as "agency__"; None: it belongs to no
    agency, and only those who hold the role over a whole tree may write it.
    """

    form = RecordedForm
    keepers = frozenset({Role.COORDINATOR})
    readers = frozenset({Role.COORDINATOR})
    scope_prefix = None
    show_full_result_count = False
    list_per_page = 50
    actions_on_top = True

    # Who may do what

    def _reads(self, request):
        return bool(roles_anywhere(request.user) & (self.readers | self.keepers))

    def _keeps(self, request, obj=None):
        if self.scope_prefix is None:
            return holds_at_top(request.user, self.keepers)
        if not roles_anywhere(request.user) & self.keepers:
            return False
        return obj is None or self.reaches(request, obj)

    def reaches(self, request, obj):
        """Whether the record lies where the person holds the role; asked several times for a page."""
        known = obj.__dict__.setdefault("_reached_by", {})
        if request.user.pk not in known:
            kept = self.scoped(request, self.keepers).filter(pk=obj.pk)
            known[request.user.pk] = obj.pk is None or kept.exists()
        return known[request.user.pk]

    def has_module_permission(self, request):
        return self._reads(request)

    def has_view_permission(self, request, obj=None):
        return self._reads(request)

    def has_add_permission(self, request):
        return self._keeps(request)

    def has_change_permission(self, request, obj=None):
        return self._keeps(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self._keeps(request, obj)

    def scoped(self, request, roles):
        """The records where the person holds one of the roles."""
        found = self.model._default_manager.all()
        if self.scope_prefix is None:
            return found
        return found.filter(scope_of(request.user, self.scope_prefix, roles))

    def get_queryset(self, request):
        found = self.scoped(request, self.readers | self.keepers)
        ordering = self.get_ordering(request)
        return found.order_by(*ordering) if ordering else found

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404

    def get_search_results(self, request, queryset, search_term):
        if hasattr(queryset, "matching"):
            return queryset.matching(search_term), False
        if all(name.endswith("search_key") for name in self.get_search_fields(request)):
            search_term = fold(search_term)
        return super().get_search_results(request, queryset, search_term)

    # The form

    def get_fieldsets(self, request, obj=None):
        return self.with_reason(request, obj, super().get_fieldsets(request, obj))

    def with_reason(self, request, obj, fieldsets):
        """The fieldsets of a page that may be written end with the reason and the version seen."""
        writes = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        hidden = "seen" if obj else "once"
        missing = [n for n in ("reason", hidden) if n not in flatten_fieldsets(fieldsets)]
        if not writes or not missing:
            return fieldsets
        return [*fieldsets, (None, {"fields": missing})]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by = request.user
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Choices within the person's reach; of the agency that the record belongs to, where they keep it."""
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if self.scope_prefix and db_field.name == self.scope_prefix.split("__")[0] and related:
            if db_field.remote_field.model is Agency:
                kwargs["queryset"] = Agency.objects.filter(scope_of(request.user, roles=self.keepers))
        elif related is not None:
            kwargs.setdefault("queryset", related.get_queryset(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # Writing

    def change_set_of(self, request, title, form=None):
        """One change set for everything that one click writes."""
        if getattr(request, "_change_set", None) is None:
            reason = form.cleaned_data.get("reason", "") if form else ""
            request._change_set = open_change_set(title, by=request.user, door=Door.ADMIN, reason=reason)
        return request._change_set

    def title_of(self, obj, change):
        words = {"kind": self.opts.verbose_name, "name": obj}
        return (
            gettext("Change %(kind)s %(name)s") % words
            if change
            else gettext("Enter %(kind)s %(name)s") % words
        )

    def changeform_view(self, request, *args, **kwargs):
        return self._once(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request, *args, **kwargs):
        return self._once(request, super().delete_view, *args, **kwargs)

    def _once(self, request, view, *args, **kwargs):
        """What the first of two clicks did is not done again; the second leads to the list, or says what is in its way."""
        try:
            try:
                return view(request, *args, **kwargs)
            except (Refused, ChangedMeanwhile, IntegrityError):
                # It came up between the rehearsal and the act: the next rehearsal names it beside the field.
                return view(request, *args, **kwargs)
        except AlreadyDone:
            messages.info(request, gettext("This was done already; nothing was done twice."))
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def save_model(self, request, obj, form, change):
        token = form.cleaned_data.get("once")
        if not change and token and not SentOnce.objects.first_time(token):
            raise AlreadyDone
        before = snapshot(self.model._base_manager.get(pk=obj.pk)) if change else None
        if before is not None and before == snapshot(obj):
            return
        change_set = self.change_set_of(request, self.title_of(obj, change), form)
        if form.through_door is not None:
            stored = form.through_door(change_set)
            obj.__dict__.update(stored.__dict__)
            return
        if change and hasattr(obj, "version"):
            obj.version += 1
        super().save_model(request, obj, form, change)
        record(change_set, obj, before=before)

    def save_formset(self, request, form, formset, change):
        stored = formset.model._base_manager.in_bulk([f.instance.pk for f in formset.initial_forms])
        before = {pk: snapshot(instance) for pk, instance in stored.items()}
        written = formset.save(commit=False)
        if not written and not formset.deleted_objects:
            return
        change_set = self.change_set_of(request, self.title_of(form.instance, change), form)
        for gone in formset.deleted_objects:
            record_deletion(change_set, gone)
            gone.delete()
        for instance in written:
            earlier = before.get(instance.pk)
            if earlier is not None and hasattr(instance, "version"):
                instance.version += 1
            instance.save()
            record(change_set, instance, before=earlier)
        formset.save_m2m()

    def save_related(self, request, form, formsets, change):
        version = getattr(form.instance, "version", None)
        super().save_related(request, form, formsets, change)
        below = any(f.new_objects or f.changed_objects or f.deleted_objects for f in formsets)
        if change and below and version == form.cleaned_data.get("seen"):
            # The parts belong to the whole: an open page of it must notice.
            self.model._base_manager.filter(pk=form.instance.pk).update(version=F("version") + 1)
        if hasattr(self.model, "refresh_derived"):
            self.model.refresh_derived([form.instance])

    @transaction.atomic
    def delete_model(self, request, obj):
        if not self.model._base_manager.select_for_update(of=["self"]).filter(pk=obj.pk).exists():
            raise AlreadyDone
        title = gettext("Delete %(kind)s %(name)s") % {"kind": self.opts.verbose_name, "name": obj}
        record_deletion(self.change_set_of(request, title), obj)
        obj.delete()

    @transaction.atomic
    def delete_queryset(self, request, queryset):
        for obj in queryset:
            with suppress(AlreadyDone):
                self.delete_model(request, obj)

    # One history: the register's own instead of Django's

    def log_addition(self, request, obj, message):
        pass

    def log_change(self, request, obj, message):
        pass

    def log_deletions(self, request, queryset):
        pass

    def history_view(self, request, object_id, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Change history: %s") % obj,
            "changes": history_lines(Change.objects.of(obj), HISTORY_SHOWN, reader=request.user),
            "opts": self.opts,
            "object": obj,
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
        }
        return render(request, "admin/record_history.html", context)


def record_deletion(change_set, obj):
    """Lines for a record and for the parts that go with it: parts first, so that an undo brings the whole back first."""
    collector = NestedObjects(using=router.db_for_write(type(obj)), origin=[obj])
    collector.collect([obj])
    for model in reversed(list(collector.data)):
        for instance in sorted(collector.data[model], key=lambda i: i.pk):
            record(change_set, instance, before=snapshot(instance), deleted=True)


class ReadOnlyAdmin(RecordedAdmin):
    """Pages on which nothing is written."""

    readers = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
