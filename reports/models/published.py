"""Published reports with their figures frozen, and the offices' own Word templates."""

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.errors import Refused
from agencies.history import open_change_set, record, snapshot
from agencies.models import Agency
from procedures.models import Plan

from . import codes


class Kind(models.TextChoices):
    """The reports that the lead agency writes."""

    PROGRESS = "progress", _("Progress of the plan")
    ANNUAL = "annual", _("Yearly report on the quality management systems")


def _stored_under(template, filename):
    """Under the hash of the content: the sender's file name is data, never a path."""
    return f"templates/{template.sha256[:2]}/{template.sha256}"


class OfficeTemplate(models.Model):
    """A Word template of the lead agency. Each upload is a version of its own; one is in use, or none."""

    name = models.CharField(_("name"), max_length=150)
    file = models.FileField(_("file"), upload_to=_stored_under)
    file_name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(max_length=64)
    is_in_use = models.BooleanField(_("in use"), default=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("Word template")
        verbose_name_plural = _("Word templates")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_in_use"], condition=models.Q(is_in_use=True), name="office_template_one_in_use"
            )
        ]

    def __str__(self):
        return self.name

    @classmethod
    @transaction.atomic
    def use(cls, chosen, *, by):
        """Reports are made with this template from now on; None: with the built-in one. Returns whether it changed."""
        templates = cls.objects.select_for_update().order_by("pk")
        before = {t.pk: snapshot(t) for t in templates}
        changed = [t for t in templates if t.is_in_use != (chosen is not None and t.pk == chosen.pk)]
        if not changed:
            return False
        title = gettext("Reports use the template %s") % (chosen or gettext("built in"))
        change_set = open_change_set(title, by=by)
        # The one in use first makes room for the other.
        for template in sorted(changed, key=lambda t: not t.is_in_use):
            template.is_in_use = not template.is_in_use
            template.version += 1
            template.save()
            record(change_set, template, before=before[template.pk])
        return True


class PublishedReportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Reports on a subtree that the person sees whole: its figures speak of every agency in it."""
        return self.filter(scope_of(user, "scope__"))

    @transaction.atomic
    def publish(self, content, *, scope, plan, by, template=None):
        """Freeze what a report says under a new code. Returns the PublishedReport.

        `content`: what `papers.content.build` gave. The same content published again is the same report. It stands in
        no change set: what was published is not taken back, only followed by another.
        """
        # The second of two clicks waits here for the first and then finds what it published.
        Agency.objects.select_for_update(no_key=True).get(pk=scope.pk)
        same = self.filter(scope=scope, kind=content["kind"], on=content["on"], published_by=by)
        for report in same.select_for_update().order_by("-id")[:20]:
            if report.content == content:
                return report
        for _attempt in range(5):
            try:
                with transaction.atomic():
                    report = self.create(
                        code=codes.new_code(), kind=content["kind"], on=content["on"], scope=scope, plan=plan,
                        title=content["head"]["title"], content=content, template=template, published_by=by,
                    )  # fmt: skip
            except IntegrityError:
                continue
            return report
        raise Refused(gettext("No code was free. Try again."))


class PublishedReport(models.Model):
    """A report whose figures are frozen: the same content gives the same paper for ever."""

    code = models.CharField(_("code"), max_length=8, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    title = models.CharField(_("title"), max_length=300)
    on = models.DateField(_("figures as of"))
    scope = models.ForeignKey(Agency, models.PROTECT, related_name="+", verbose_name=_("scope"))
    # Empty: a report without a plan.
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("plan")
    )
    # Everything that the paper says, also the names of that day.
    content = models.JSONField(_("content"))
    # Empty: the built-in one.
    template = models.ForeignKey(
        OfficeTemplate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("template")
    )
    # Empty: a command that nobody signed in for.
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), default=timezone.now)

    objects = PublishedReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("published report")
        verbose_name_plural = _("published reports")
        ordering = ["-id"]

    def __str__(self):
        return f"{self.shown_code}: {self.title}"

    def get_absolute_url(self):
        return reverse("published_report", args=[self.code])

    @property
    def shown_code(self):
        return codes.shown(self.code)
