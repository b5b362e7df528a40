"""What workbooks that went out said of an agency: the first of the three versions that a filled one is compared by."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import Agency


class IssuedSheet(models.Model):
    """The rows of one agency as they stood in a workbook that somebody downloaded, under the code that its rows carry.

    The same state of an agency has the same code however often it goes out. Only this copy is compared with: what a
    file says about its own past is not believed.
    """

    IS_NO_FACT = True  # an agency whose entry is taken back keeps what went out about it

    code = models.CharField(_("code"), max_length=16, unique=True)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="issued_sheets", verbose_name=_("agency"))
    # {"agency": {name, code, parent}, "rows": {key: {"version", "identity", "values"}}}
    content = models.JSONField(_("content"))
    issued_at = models.DateTimeField(_("issued at"), default=timezone.now)
    # Who downloaded it first; others may have since.
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("issued to"),
    )
    # {cell: digest} of edits that a person dropped for what stood in the register: not asked again.
    dropped = models.JSONField(_("dropped edits"), default=dict, blank=True)

    class Meta:
        verbose_name = _("issued sheet")
        verbose_name_plural = _("issued sheets")
        ordering = ["-id"]

    def __str__(self):
        return self.code
