from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = _("Figures and reports")

    def ready(self):
        # The mails are sent from a room below, which knows no figures.
        from agencies.weekly import writes_weekly
        from reports.letters.writing import write_week

        writes_weekly(write_week)
