"""Django's administration, open to coordinators and administrators."""

from functools import update_wrapper

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _


class RegisterAdminConfig(AdminConfig):
    default_site = "agencies.adminsite.RegisterSite"


class RegisterSite(AdminSite):
    """The dictionaries: standards, catalogue, plans, agencies, people."""

    site_header = site_title = _("Administration of the register")
    index_title = _("Dictionaries")
    enable_nav_sidebar = True

    def has_permission(self, request):
        from agencies.access import roles_anywhere
        from agencies.models import Role

        return bool(roles_anywhere(request.user) & {Role.COORDINATOR, Role.ADMINISTRATOR})

    def admin_view(self, view, cacheable=False):
        inner = super().admin_view(view, cacheable)

        def guarded(request, *args, **kwargs):
            # Signing in again would not help a person without the role.
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, inner)

    @method_decorator(login_not_required)
    def login(self, request, extra_context=None):
        """One door to sign in: the throttled one, for the administration too."""
        from django.contrib.auth.views import redirect_to_login

        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(self, request, extra_context=None):
        return redirect("password_change")
