"""People, and the roles they hold at agencies from … to …."""

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person may do in the subtree of an agency."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")
    COORDINATOR = "coordinator", _("Coordinator")
    ADMINISTRATOR = "administrator", _("Administrator")


class User(AbstractUser):
    """A person who signs in."""

    NOT_IN_HISTORY = ("password", "last_login")

    first_name = last_name = None
    full_name = models.CharField(_("full name"), max_length=150)
    position = models.CharField(_("position"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = UserManager()
    REQUIRED_FIELDS = ["full_name", "email"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["full_name", "username"]

    def __str__(self):
        return self.full_name or self.username

    def get_full_name(self):
        return self.full_name

    def get_short_name(self):
        # A Vietnamese given name comes last.
        return self.full_name.split()[-1] if self.full_name else self.username


class MembershipQuerySet(models.QuerySet):
    def in_force(self, on):
        """Grants that hold on a day."""
        return self.filter(
            Q(starts_on__isnull=True) | Q(starts_on__lte=on), Q(ends_on__isnull=True) | Q(ends_on__gte=on)
        )


class Membership(models.Model):
    """A person holds a role at an agency; the role flows down the tree."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=13, choices=Role.choices)
    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="memberships", verbose_name=_("agency")
    )
    # First and last day; empty: without a limit.
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("to"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        ordering = ["user", "agency", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "agency", "starts_on"], name="membership_once"),
            models.UniqueConstraint(
                fields=["user", "role", "agency"],
                condition=Q(starts_on__isnull=True),
                name="membership_without_start_once",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(starts_on__lte=F("ends_on")),
                name="membership_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_is_known"),
        ]

    def __str__(self):
        return f"{self.user}: {self.get_role_display()}, {self.agency}"

    @property
    def history_agency_id(self):
        return self.agency_id

    def holds_on(self, day):
        return (self.starts_on is None or self.starts_on <= day) and (
            self.ends_on is None or day <= self.ends_on
        )
