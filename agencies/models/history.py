"""Who changed what, from what to what, when, why and in which batch. Never pruned."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Door(models.TextChoices):
    """Through which door a change came in."""

    WEB = "web", _("Screen")
    ADMIN = "admin", _("Administration")
    UPLOAD = "upload", _("Spreadsheet")
    COMMAND = "command", _("Command")
    UNDO = "undo", _("Undo")


class ChangeSetQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Acts of which the person may see at least one line."""
        if user.is_active and user.is_superuser:
            return self
        lines = Change.objects.visible_to(user).filter(change_set=models.OuterRef("pk"))
        return self.filter(models.Exists(lines))


class ChangeSet(models.Model):
    """One act of one person: everything that it changed is taken back together."""

    door = models.CharField(_("door"), max_length=10, choices=Door.choices, default=Door.WEB)
    title = models.CharField(_("what was done"), max_length=200)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    # Empty: a command that nobody signed in for.
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="change_sets",
        verbose_name=_("by"),
    )
    made_at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    upload = models.ForeignKey(
        "agencies.Upload",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="change_sets",
        verbose_name=_("upload"),
    )
    undoes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by", verbose_name=_("undoes")
    )

    objects = ChangeSetQuerySet.as_manager()

    class Meta:
        verbose_name = _("change set")
        verbose_name_plural = _("change sets")
        ordering = ["-id"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("change_set", args=[self.pk])


class ChangeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Lines of the agencies that a person sees today.

        Lines of no agency (catalogue, standards, people) are for those who keep the register at
        the top of a tree, and for whoever made them.
        """
        from agencies.access import holds_at_top, scope_of
        from agencies.models.people import Role

        if user.is_active and user.is_superuser:
            return self
        shared = models.Q(agency__isnull=True)
        if not holds_at_top(user, {Role.COORDINATOR, Role.ADMINISTRATOR}):
            shared &= models.Q(change_set__made_by=user.pk)
        return self.filter(scope_of(user, "agency__") | shared)

    def of(self, instance):
        """The history of one record, the latest first."""
        return self.filter(model=instance._meta.label_lower, object_id=instance.pk)

    def of_parts(self, parts, column, *, agency=None):
        """The history of the parts of a record, those included that are gone since.

        `parts` is the related manager, `column` holds the id of the whole. Of what is gone only the lines know
        whose part it was: `agency` keeps the search among those of one agency.
        """
        label, whole = parts.model._meta.label_lower, parts.instance.pk
        named = models.Q(**{f"before__{column}": whole}) | models.Q(**{f"after__{column}": whole})
        within = models.Q() if agency is None else models.Q(agency=agency)
        gone = self.filter(named & within, model=label).order_by().values("object_id")
        there = parts.order_by().values("pk")
        return self.filter(models.Q(object_id__in=there) | models.Q(object_id__in=gone), model=label)


class Change(models.Model):
    """One record before and after. `before` empty: created. `after` empty: deleted."""

    change_set = models.ForeignKey(
        ChangeSet, models.PROTECT, related_name="changes", verbose_name=_("change set")
    )
    model = models.CharField(_("record"), max_length=60)
    object_id = models.BigIntegerField(_("number"))
    label = models.CharField(_("name"), max_length=300, blank=True)
    # The agency whose history shows the line; empty for what belongs to no single agency.
    agency = models.ForeignKey(
        "agencies.Agency",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="changes",
        db_index=False,
        verbose_name=_("agency"),
    )
    before = models.JSONField(_("before"), null=True, blank=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), null=True, blank=True, encoder=DjangoJSONEncoder)
    # Sheet and cell of an upload, such as "Danh sách!B12".
    cell = models.CharField(_("cell"), max_length=120, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]
        indexes = [
            # The history of one record; the question "edited since?" of an undo.
            models.Index(fields=["model", "object_id", "-id"], name="change_of_record"),
            # The history on the agency page.
            models.Index(fields=["agency", "-id"], name="change_of_agency"),
        ]
        constraints = [
            models.CheckConstraint(
                name="change_has_before_or_after",
                condition=models.Q(before__isnull=False) | models.Q(after__isnull=False),
            )
        ]

    def __str__(self):
        return f"{self.model} {self.object_id}"


class UploadState(models.TextChoices):
    """Where a spreadsheet stands on its way in."""

    RECEIVED = "received", _("Received")
    CHECKED = "checked", _("Checked")
    WAITING = "waiting", _("Waiting to be applied")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed – nothing was imported")
    UNDONE = "undone", _("Undone")


def _upload_path(upload, filename):
    """Under a generated name: the sender's file name is data, never a path."""
    return f"uploads/{upload.sha256[:2]}/{upload.sha256}"


class UploadQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The person's own, and those of people who bring in files only for agencies within the person's reach."""
        from agencies.access import scope_of
        from agencies.models.people import Membership, Role

        if user.is_active and user.is_superuser:
            return self
        importers = {Role.COORDINATOR, Role.ADMINISTRATOR}
        theirs = Membership.objects.filter(
            user=models.OuterRef("uploaded_by"), role__in=importers | {Role.EDITOR}
        )
        within = scope_of(user, "agency__", importers)
        return self.filter(
            models.Q(uploaded_by=user)
            | (
                models.Exists(theirs.filter(within))
                & ~models.Exists(theirs.exclude(within))
                & models.Q(uploaded_by__is_superuser=False)
            )
        )


class Upload(models.Model):
    """One spreadsheet on its way in."""

    kind = models.CharField(_("kind of list"), max_length=30)
    state = models.CharField(
        _("state"), max_length=10, choices=UploadState.choices, default=UploadState.RECEIVED, db_index=True
    )
    file = models.FileField(_("file"), upload_to=_upload_path, blank=True)
    file_name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    # The day for which the list speaks: codes, names and parents are matched as of it.
    on = models.DateField(_("date of the list"))
    options = models.JSONField(_("options"), default=dict, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    problems = models.JSONField(_("problems"), default=list, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="uploads",
        verbose_name=_("uploaded by"),
    )
    uploaded_at = models.DateTimeField(_("uploaded at"), default=timezone.now)
    # Which worker holds it and since when it was last heard of; both empty when none does.
    claimed_by = models.CharField(max_length=100, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="upload_claim_is_whole",
                condition=models.Q(claimed_by="", claimed_at__isnull=True)
                | (~models.Q(claimed_by="") & models.Q(claimed_at__isnull=False)),
            )
        ]

    def __str__(self):
        return self.file_name
