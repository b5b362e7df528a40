"""The standards of quality management systems: data, never an enumeration."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class StandardQuerySet(models.QuerySet):
    def current(self, on):
        """The standard published last and not withdrawn on a day; None before the first."""
        standing = self.filter(Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=on), published_on__lte=on)
        return standing.order_by("-published_on").first()


class Standard(models.Model):
    """A version of the standard, such as TCVN ISO 9001:2015 (QĐ 4109/QĐ-BKHCN of 31.12.2015)."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    short = models.CharField(
        _("short name"), max_length=12, help_text=_("For narrow columns, such as :2015.")
    )
    published_on = models.DateField(_("published on"))
    # Empty: it is not withdrawn.
    withdrawn_on = models.DateField(_("withdrawn on"), null=True, blank=True)
    publication = models.CharField(_("publishing decision"), max_length=120, blank=True)
    guidance = models.CharField(_("guidance for agencies"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = StandardQuerySet.as_manager()

    class Meta:
        verbose_name = _("standard")
        verbose_name_plural = _("standards")
        ordering = ["published_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=F("published_on")),
                name="standard_withdrawn_after_publication",
            )
        ]

    def __str__(self):
        return self.code
