"""Django's administration, open to coordinators and administrators."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
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
