"""What somebody answered once: a name as offices write it, and the agency that it means."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .agency import Agency


class AgencyAlias(models.Model):
    """A written name that a person said means an agency. Lists are matched by it from then on."""

    IS_NO_FACT = True  # a help for matching: an agency whose entry is taken back keeps its learned names

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="aliases", verbose_name=_("agency"))
    # The name as it was written, and its key: case, spaces and tone placement do not matter.
    text = models.CharField(_("written as"), max_length=255)
    key = models.CharField(max_length=255, editable=False)
    # The district or department below which the name means this agency; empty: everywhere.
    scope = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("within")
    )
    learned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("said by"),
    )
    learned_at = models.DateTimeField(_("said at"), default=timezone.now)
    # The list in which it was asked; empty: entered by hand.
    upload = models.ForeignKey(
        "agencies.Upload",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="aliases",
        verbose_name=_("upload"),
    )

    class Meta:
        verbose_name = _("learned name")
        verbose_name_plural = _("learned names")
        ordering = ["text", "id"]
        constraints = [
            models.UniqueConstraint(fields=["key", "scope"], name="alias_once_within_a_scope"),
            models.UniqueConstraint(
                fields=["key"], condition=Q(scope__isnull=True), name="alias_everywhere_once"
            ),
            models.CheckConstraint(condition=~Q(key=""), name="alias_has_a_key"),
        ]

    def __str__(self):
        return f"{self.text} → {self.agency}"

    @property
    def history_agency_id(self):
        return self.agency_id
