"""People and their roles. Passwords never enter the history."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.admin.recorded import RecordedAdmin, RecordedForm
from agencies.forms import AnyDayField
from agencies.models import Membership, Role, User

# Roles at agencies say what a person may do; Django's groups say nothing here.
admin.site.unregister(Group)

GRANTED = ("user", "role", "agency", "starts_on", "ends_on")
ACCOUNT = ("full_name", "position", "phone", "email")


class NewPersonForm(RecordedForm, UserCreationForm):
    class Meta:
        model = User
        fields = ("username", *ACCOUNT)


class PersonForm(RecordedForm, UserChangeForm):
    class Meta:
        model = User
        fields = ("username", *ACCOUNT, "is_active", "is_superuser")


class PasswordForm(AdminPasswordChangeForm):
    """A new password; whoever must not sign in any more is made inactive, without taking the password away."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True


@admin.register(User)
class PersonAdmin(RecordedAdmin, DjangoUserAdmin):
    form, add_form, change_password_form = PersonForm, NewPersonForm, PasswordForm
    change_user_password_template = "admin/agencies/user/password.html"
    keepers = readers = frozenset({Role.ADMINISTRATOR})
    scope_prefix = ""
    list_display = ("full_name", "username", "position", "email", "is_active", "last_login")
    list_filter = ("is_active",)
    search_fields = ("full_name", "username")
    ordering = ("sort_key", "username")
    filter_horizontal = ()
    add_fieldsets = ((None, {"fields": ("username", *ACCOUNT, "password1", "password2")}),)

    def scoped(self, request, roles):
        return User.objects.visible_to(request.user)

    def reaches(self, request, obj):
        return obj.pk is None or User.objects.kept_by(request.user).filter(pk=obj.pk).exists()

    def get_fieldsets(self, request, obj=None):
        if obj is None:
            return super().get_fieldsets(request, obj)
        superuser = ("is_superuser",) if request.user.is_superuser else ()
        password = ("password",) if self.has_change_permission(request, obj) else ()
        fields = ("username", *password, *ACCOUNT, "is_active", *superuser)
        return self.with_reason(request, obj, [(None, {"fields": fields})])

    @transaction.atomic
    def user_change_password(self, request, id, form_url=""):
        # The second of two clicks waits for the first; the same password again is no change.
        if request.method == "POST" and id.isdecimal():
            stored = User.objects.select_for_update().filter(pk=id).first()
            typed = request.POST.get("password1", "")
            is_same = stored is not None and typed and stored.check_password(typed)
            if is_same and self.has_change_permission(request, stored):
                return redirect("admin:agencies_user_change", stored.pk)
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302:
            person = self.get_object(request, id)
            self.change_set_of(request, gettext("Set a new password for %(person)s") % {"person": person})
        return answer


class GrantForm(RecordedForm):
    """A new role goes through the door; afterwards only its days change."""

    starts_on = AnyDayField(label=_("First day"), required=False, widget=admin.widgets.AdminDateWidget)
    ends_on = AnyDayField(label=_("Last day"), required=False, widget=admin.widgets.AdminDateWidget)

    sentences = {
        "membership_ends_after_it_starts": ("ends_on", _("The last day lies before the first.")),
        "membership_without_start_once": (
            "role",
            _("This person holds the role there in these days already."),
        ),
    }

    class Meta:
        model = Membership
        fields = GRANTED


class NewGrantForm(GrantForm):
    def through_door(self, change_set):
        values = {name: self.cleaned_data[name] for name in GRANTED}
        return Membership.objects.grant(by=self.by, change_set=change_set, **values)


@admin.register(Membership)
class MembershipAdmin(RecordedAdmin):
    form = GrantForm
    keepers = readers = frozenset({Role.ADMINISTRATOR})
    scope_prefix = "agency__"
    list_display = ("user", "role", "agency", "starts_on", "ends_on")
    list_filter = ("role",)
    list_select_related = ("user", "agency")
    search_fields = ("user__search_key", "agency__search_key")
    autocomplete_fields = ("user", "agency")
    fields = GRANTED

    def scoped(self, request, roles):
        found = super().scoped(request, roles)
        return found if request.user.is_superuser else found.filter(user__is_superuser=False)

    def get_readonly_fields(self, request, obj=None):
        return ("user", "role", "agency") if obj else ()

    def get_form(self, request, obj=None, change=False, **kwargs):
        if obj is None:
            kwargs["form"] = NewGrantForm
        return super().get_form(request, obj, change=change, **kwargs)
