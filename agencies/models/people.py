"""People, and the roles they hold at agencies from … to …."""

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import open_change_set, record, snapshot
from iso_rollout.text import fold, vietnamese_sort_key


class Role(models.TextChoices):
    """What a person may do in the subtree of an agency."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")
    COORDINATOR = "coordinator", _("Coordinator")
    ADMINISTRATOR = "administrator", _("Administrator")

    @property
    def allows(self):
        """What the role lets a person do, in a sentence."""
        return {
            Role.VIEWER: _("Reads everything about the agency and those below it."),
            Role.EDITOR: _("Reads, and records milestones, declarations and documents for them."),
            Role.COORDINATOR: _(
                "Reads and records; confirms or returns entries, keeps plan and catalogue, imports lists, undoes changes."
            ),
            Role.ADMINISTRATOR: _("Keeps people, their roles and the agencies themselves."),
        }[self]


class UserQuerySet(models.QuerySet):
    def visible_to(self, person):
        """The people whom an administrator looks after: those with a grant in the administrator's
        subtrees, and those without any whom the administrator entered. Superusers see everybody."""
        from agencies.access import scope_of
        from agencies.models.history import Change

        if person.is_authenticated and person.is_active and person.is_superuser:
            return self
        held = Membership.objects.filter(user=OuterRef("pk"))
        within = held.filter(scope_of(person, "agency__", {Role.ADMINISTRATOR}))
        entered = Change.objects.filter(
            model="agencies.user",
            object_id=OuterRef("pk"),
            before__isnull=True,
            change_set__made_by=person.pk,
        )
        return self.filter(Exists(within) | (~Exists(held) & Exists(entered)), is_superuser=False)

    def kept_by(self, person):
        """Of those, the people all of whose grants lie there: only they may be edited."""
        from agencies.access import scope_of

        if person.is_authenticated and person.is_active and person.is_superuser:
            return self
        elsewhere = Membership.objects.filter(user=OuterRef("pk")).exclude(
            scope_of(person, "agency__", {Role.ADMINISTRATOR})
        )
        return self.visible_to(person).filter(~Exists(elsewhere))

    def matching(self, text):
        """Search without accents, tone marks or case, in name, account, position and mail address."""
        found = self
        for word in fold(text).split():
            found = found.filter(search_key__contains=word)
        return found

    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)
        for person in objs:
            person.derive()
        return super().bulk_create(objs, *args, **kwargs)


class PeopleManager(UserManager.from_queryset(UserQuerySet)):
    use_in_migrations = False


class User(AbstractUser):
    """A person who signs in."""

    NOT_IN_HISTORY = ("password", "last_login", "visited_at", "search_key", "sort_key")
    RESTORABLE = frozenset({"full_name", "position", "phone", "email"})

    first_name = last_name = None
    full_name = models.CharField(_("full name"), max_length=150)
    position = models.CharField(_("position"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    # {kind of notice: channel}, only what the person chose (agencies.models.notices).
    notice_choices = models.JSONField(_("how notices reach them"), default=dict, blank=True)
    # When the person last came to their work; empty: never.
    visited_at = models.DateTimeField(null=True, blank=True, editable=False)
    search_key = models.CharField(max_length=700, editable=False, default="")
    sort_key = models.CharField(max_length=400, editable=False, default="")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PeopleManager()
    REQUIRED_FIELDS = ["full_name", "email"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["sort_key", "username"]

    def __str__(self):
        return self.full_name or self.username

    def get_absolute_url(self):
        from django.urls import reverse

        return reverse("person", args=[self.pk])

    def get_full_name(self):
        return self.full_name

    def get_short_name(self):
        # A Vietnamese given name comes last.
        return self.full_name.split()[-1] if self.full_name else self.username

    def derive(self):
        """Search and sort keys; people are listed by given name, as offices do."""
        texts = (self.full_name, self.username, self.position, self.email)
        self.search_key = fold(" ".join(texts))[:700]
        self.sort_key = vietnamese_sort_key(f"{self.get_short_name()} {self.full_name}")[:400]

    def save(self, *args, **kwargs):
        self.derive()
        fields = kwargs.get("update_fields")
        if fields is not None and {"full_name", "username", "position", "email"} & set(fields):
            kwargs["update_fields"] = {*fields, "search_key", "sort_key"}
        super().save(*args, **kwargs)

    @classmethod
    def refresh_derived(cls, people):
        """After an undo: the keys follow the restored names."""
        people = list(cls.objects.filter(pk__in=[p.pk for p in people]))
        for person in people:
            person.derive()
        cls.objects.bulk_update(people, ["search_key", "sort_key"], batch_size=500)

    def put_value_back(self, column, value, *, by, seen, reason, change_set):
        """Bring back an earlier value (agencies.history)."""
        self.revise(by=by, seen=seen, reason=reason, change_set=change_set, **{column: value})

    @transaction.atomic
    def revise(self, *, by, seen, reason="", change_set=None, **values):
        """Change what is known of the person (name, position, phone, mail). Returns them as stored.

        `seen` is the version that `by` was looking at. Raises ChangedMeanwhile. Whether `by` may
        do this is the caller's question: oneself, or `kept_by`.
        """
        stored = User.objects.select_for_update().get(pk=self.pk)
        if stored.version != seen:
            raise ChangedMeanwhile(stored)
        before = snapshot(stored)
        for name, value in values.items():
            setattr(stored, name, value)
        if snapshot(stored) == before:
            return stored
        change_set = change_set or open_change_set(
            gettext("Change the profile of %(person)s") % {"person": stored}, by=by, reason=reason
        )
        stored.version = seen + 1
        stored.save()
        record(change_set, stored, before=before)
        return stored


class MembershipQuerySet(models.QuerySet):
    def in_force(self, on):
        """Grants that hold on a day."""
        return self.filter(
            Q(starts_on__isnull=True) | Q(starts_on__lte=on), Q(ends_on__isnull=True) | Q(ends_on__gte=on)
        )

    @transaction.atomic
    def grant(self, user, role, agency, *, by, starts_on=None, ends_on=None, reason="", change_set=None):
        """Give a person a role at an agency, `starts_on` to `ends_on` (last day); None: without a limit.

        `by` is an administrator there, or None for a command. Raises Refused when they are not,
        when the agency closed, or when the person holds the role there in these days already.
        """
        check_administrator(by, agency)
        # The lock makes the second of two clicks see the first one's grant.
        User.objects.select_for_update().get(pk=user.pk)
        if agency.dissolved_on is not None and (ends_on is None or ends_on >= agency.dissolved_on):
            raise Refused(
                gettext("%(name)s closed on %(day)s.")
                % {"name": agency, "day": date_format(agency.dissolved_on)},
                "agency",
            )
        if starts_on and ends_on and ends_on < starts_on:
            raise Refused(gettext("The last day lies before the first."), "ends_on")
        same = self.filter(user=user, role=role, agency=agency)
        if ends_on is not None:
            same = same.filter(Q(starts_on__isnull=True) | Q(starts_on__lte=ends_on))
        if starts_on is not None:
            same = same.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=starts_on))
        if same.exists():
            raise Refused(gettext("This person holds the role there in these days already."), "role")
        membership = self.model(user=user, role=role, agency=agency, starts_on=starts_on, ends_on=ends_on)
        membership.save()
        change_set = change_set or open_change_set(
            gettext("Grant %(grant)s") % {"grant": membership}, by=by, reason=reason
        )
        record(change_set, membership)
        return membership

    @transaction.atomic
    def end_grant(self, membership, *, by, seen, on, reason="", change_set=None):
        """End a role: `on` is its last day. A role that ends before it began is taken out entirely.

        Returns the membership as stored, None when it was taken out. The same end again writes
        nothing. Raises Refused (not an administrator there, or it ended earlier) and
        ChangedMeanwhile.
        """
        stored = self.select_for_update(of=["self"]).select_related("user", "agency").get(pk=membership.pk)
        check_administrator(by, stored.agency)
        if stored.ends_on == on:
            return stored
        if stored.version != seen:
            raise ChangedMeanwhile(stored)
        if stored.ends_on is not None and stored.ends_on < on:
            raise Refused(gettext("It ends on %(day)s already.") % {"day": date_format(stored.ends_on)}, "on")
        change_set = change_set or open_change_set(
            gettext("End %(grant)s") % {"grant": stored}, by=by, reason=reason
        )
        before = snapshot(stored)
        if stored.starts_on is not None and on < stored.starts_on:
            record(change_set, stored, before=before, deleted=True)
            stored.delete()
            return None
        stored.ends_on, stored.version = on, seen + 1
        stored.save()
        record(change_set, stored, before=before)
        return stored


def check_administrator(by, agency):
    """Raises Refused unless the person gives roles at the agency; None is a command at the server."""
    from agencies.access import roles_at

    if by is not None and Role.ADMINISTRATOR not in roles_at(by, agency):
        raise Refused(gettext("You give roles only where you are an administrator."), "agency")


class Membership(models.Model):
    """A person holds a role at an agency; the role flows down the tree."""

    RESTORABLE = frozenset({"starts_on", "ends_on"})

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

    def standing_on(self, day=None):
        """ "held", "ended" or "not_begun" on a day (None: today)."""
        day = day or timezone.localdate()
        if self.starts_on is not None and day < self.starts_on:
            return "not_begun"
        return "held" if self.holds_on(day) else "ended"
