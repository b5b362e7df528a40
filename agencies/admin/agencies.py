"""Agencies: entered, revised and closed through their doors; never deleted."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import roles_at, scope_of
from agencies.admin.recorded import ReadOnlyAdmin, RecordedAdmin, RecordedForm
from agencies.errors import ChangedMeanwhile, Refused
from agencies.forms import AgencyField, AnyDayField, SeenField
from agencies.models import Agency, PastIdentity, Role, Succession
from agencies.models.identities import Extent
from iso_rollout.text import Unreadable, check_name, clean

REVISED = (
    "name",
    "code",
    "kind",
    "level",
    "parent",
    "covered_by",
    "established_on",
    "gso_code",
    "latitude",
    "longitude",
    "note",
)


class AgencyForm(RecordedForm):
    """Entering and revising go through the agency's doors."""

    valid_from = forms.DateField(
        label=_("Valid from"),
        required=False,
        widget=admin.widgets.AdminDateWidget,
        help_text=_("First day of the new name, code or place. Empty: a mistake is put right."),
    )

    sentences = {
        "agency_closes_after_it_opens": ("established_on", _("It closed before that day.")),
        # `Agency.clean` says these two in better words.
        "agency_kind_fits_level": ("level", _("An agency of this kind belongs to another level.")),
        "agency_open_code_is_unique": ("code", _("Another agency has this code.")),
    }

    def clean_name(self):
        name = clean(self.cleaned_data["name"])
        if name != self.instance.name:
            try:
                check_name(name)
            except Unreadable as fault:
                raise forms.ValidationError(gettext(fault.message) % fault.params) from None
        return name

    def clean(self):
        super().clean()
        parent = self.cleaned_data.get("parent")
        if "parent" in self.fields and not self.errors.get("parent"):
            unchanged = self.instance.pk and self.instance.parent_id == getattr(parent, "pk", None)
            if not unchanged and not self._keeps_below(parent):
                self.add_error("parent", gettext("You enter agencies only below those that you administer."))
        return self.cleaned_data

    def _keeps_below(self, parent):
        if parent is None:
            return self.by.is_superuser
        return Role.ADMINISTRATOR in roles_at(self.by, parent)

    def through_door(self, change_set):
        values = {name: self.cleaned_data[name] for name in REVISED}
        if self.instance.pk is None:
            on = values.pop("established_on")
            return Agency.objects.establish(by=self.by, on=on, change_set=change_set, **values)
        return self.instance.revise(
            by=self.by,
            seen=self.cleaned_data["seen"],
            on=self.cleaned_data.get("valid_from"),
            change_set=change_set,
            **values,
        )


class CloseForm(forms.Form):
    seen = SeenField()
    on = AnyDayField(label=_("First day it does not exist any more"))
    successor = AgencyField(
        label=_("Successor"), required=False, help_text=_("Code or name; empty: nobody takes over.")
    )
    extent = forms.ChoiceField(label=_("Extent"), choices=Extent.choices)
    decision = forms.CharField(label=_("Decision"), required=False, max_length=120)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=500)

    def __init__(self, *args, agencies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["successor"].queryset = agencies


@admin.register(Agency)
class AgencyAdmin(RecordedAdmin):
    form = AgencyForm
    keepers = frozenset({Role.ADMINISTRATOR})
    readers = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
    scope_prefix = ""
    list_display = ("name", "code", "kind", "level", "parent", "established_on", "dissolved_on")
    list_filter = ("level", "kind")
    list_select_related = ("parent",)
    search_fields = ("name", "code")
    autocomplete_fields = ("parent", "covered_by")
    actions = None

    def get_fields(self, request, obj=None):
        if obj is None:
            return REVISED
        revising = ("valid_from",) if self.has_change_permission(request, obj) else ()
        return (*REVISED, "dissolved_on", *revising)

    def get_readonly_fields(self, request, obj=None):
        return ("dissolved_on",) if obj else ()

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        close = self.admin_site.admin_view(self.close_view)
        return [path("<int:object_id>/close/", close, name="agencies_agency_close"), *super().get_urls()]

    def close_view(self, request, object_id):
        """Dissolve an agency on a day, with or without a successor."""
        agency = self.get_object(request, str(object_id))
        if agency is None:
            raise Http404
        if not self.has_change_permission(request, agency):
            raise PermissionDenied
        agencies = Agency.objects.filter(scope_of(request.user, roles=self.keepers))
        typed = request.POST if request.method == "POST" else None
        form = CloseForm(typed, agencies=agencies, initial={"seen": agency.version})
        status = 422 if form.errors else 200
        if request.method == "POST" and form.is_valid():
            try:
                self._close(request, agency, form)
            except ChangedMeanwhile as other:
                form.data = form.data.copy()
                form.data["seen"] = str(other.theirs.version)
                form.add_error(
                    None,
                    gettext("Somebody changed this agency meanwhile. Nothing was saved; look at it again."),
                )
                status = 409
            except Refused as refused:
                form.add_error(refused.field, refused.message)
                status = 422
            else:
                messages.success(request, gettext("%(name)s is closed.") % {"name": agency})
                return redirect("admin:agencies_agency_change", agency.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Close %(name)s") % {"name": agency},
            "opts": self.opts,
            "original": agency,
            "form": form,
            "back": reverse("admin:agencies_agency_change", args=[agency.pk]),
        }
        return render(request, "admin/agencies/agency/close.html", context, status=status)

    @transaction.atomic
    def _close(self, request, agency, form):
        values = {name: value for name, value in form.cleaned_data.items() if name != "reason"}
        change_set = self.change_set_of(request, gettext("Close %(name)s") % {"name": agency}, form)
        agency.close(by=request.user, change_set=change_set, **values)


@admin.register(PastIdentity)
class PastIdentityAdmin(ReadOnlyAdmin):
    scope_prefix = "agency__"
    list_display = ("name", "code", "agency", "from_on", "until", "parent")
    list_select_related = ("agency", "parent")
    search_fields = ("agency__search_key",)
    fields = ("agency", "from_on", "until", "name", "code", "kind", "level", "parent", "covered_by")


@admin.register(Succession)
class SuccessionAdmin(ReadOnlyAdmin):
    scope_prefix = "predecessor__"
    list_display = ("predecessor", "successor", "on", "extent", "decision")
    list_select_related = ("predecessor", "successor")
    fields = ("predecessor", "successor", "on", "extent", "decision")

    def scoped(self, request, roles):
        before, after = (scope_of(request.user, f"{side}__", roles) for side in ("predecessor", "successor"))
        if request.user.is_superuser:
            return Succession.objects.all()
        return Succession.objects.filter(Q(before) | Q(after))
