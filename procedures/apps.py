from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProceduresConfig(AppConfig):
    name = "procedures"
    verbose_name = _("Procedures, plans and rollouts")

    def ready(self):
        # Agencies close in a room below, which knows no facts.
        from agencies.models.agency import asks_last_record
        from procedures.models.entries import last_record

        asks_last_record(last_record)
