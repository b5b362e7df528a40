"""The tree of agencies and what each of them was called, and where it stood, on any day."""

import datetime
import unicodedata
from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import change_of, open_change_set, record, record_many, snapshot, write_columns
from iso_rollout.text import name_key, vietnamese_sort_key

from .agency_rows import AgencyQuerySet, as_stored
from .identities import SEARCH_KEY, PastIdentity, Succession
from .tree import (
    DEPTH,
    IDENTITY,
    KIND_LEVEL,
    SEGMENT,
    Kind,
    Level,
    ids_along,
    in_subtree,
    one_writer,
    reserve_ids,
)

# A merger is decided months before the day it takes effect, not years.
FARTHEST_AHEAD = datetime.timedelta(days=366)

_LAST_RECORDS = []


def asks_last_record(last_record):
    """Take `last_record(agency)` for what other apps record of agencies: an agency closes after that.

    It gives (day, what), (None, "") when there is nothing.
    """
    _LAST_RECORDS[:] = [last_record]
    return last_record


class Agency(models.Model):
    """A body in the tree. Its id is for life; name, code, kind and parent may change on a date."""

    NOT_IN_HISTORY = ("path", "search_key", "sort_key")
    RESTORABLE = frozenset(
        {
            "name",
            "code",
            "kind",
            "level",
            "parent_id",
            "covered_by_id",
            "gso_code",
            "latitude",
            "longitude",
            "note",
        }
    )
    # Relations that do not hold an entry that is taken back.
    VOIDED_WITH = ("changes", "past")

    # Empty: no code is known. Codes are reused after a reorganisation, so only open ones are unique.
    code = models.CharField(_("code"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=255)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    level = models.CharField(_("level"), max_length=8, choices=Level.choices)
    # Empty: the top of a tree.
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    # Empty: a unit, with a quality management system of its own.
    covered_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="covers",
        verbose_name=_("covered by the system of"),
        help_text=_("Leave empty when the agency has a quality management system of its own."),
    )
    # Parent's path and own number, each step zero-padded to SEGMENT digits. Kept by the doors.
    path = models.CharField(max_length=SEGMENT * DEPTH, editable=False)
    # First day it exists; empty: before anything this register speaks of.
    established_on = models.DateField(_("established on"), null=True, blank=True)
    # First day it does not exist any more; empty: it exists.
    dissolved_on = models.DateField(_("dissolved on"), null=True, blank=True)
    gso_code = models.CharField(_("statistics-office code"), max_length=5, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    search_key = models.CharField(max_length=SEARCH_KEY, editable=False)
    sort_key = models.CharField(max_length=400, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["sort_key", "id"]
        indexes = [
            # Every subtree: scope, board, lists.
            models.Index(fields=["path"], name="agency_path"),
            # The agency list in alphabetical order, page by page.
            models.Index(fields=["sort_key", "id"], name="agency_sorted"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=~Q(code="") & Q(dissolved_on__isnull=True),
                name="agency_open_code_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="agency_is_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(covered_by__isnull=True) | ~Q(covered_by=F("id")),
                name="agency_does_not_cover_itself",
            ),
            models.CheckConstraint(
                condition=Q(dissolved_on__isnull=True)
                | Q(established_on__isnull=True)
                | Q(dissolved_on__gte=F("established_on")),
                name="agency_closes_after_it_opens",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="agency_has_a_name"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="agency_level_is_known"),
            models.CheckConstraint(
                condition=Q(kind__in=[k for k in Kind.values if k not in KIND_LEVEL])
                | Q(*[Q(kind=k.value, level=v.value) for k, v in KIND_LEVEL.items()], _connector=Q.OR),
                name="agency_kind_fits_level",
            ),
        ]

    as_of_day = None
    # The present path of an agency as of a past day; None: its path is the present one.
    path_now = None

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("agency", args=[self.pk])

    @property
    def history_agency_id(self):
        return self.pk

    @property
    def is_unit(self):
        """Has a quality management system of its own; plans and figures count units."""
        return self.covered_by_id is None

    @property
    def is_void(self):
        """Its entry was taken back: it existed on no day."""
        return self.established_on is not None and self.established_on == self.dissolved_on

    @property
    def is_obliged(self):
        """Bound by QĐ 19/2014/QĐ-TTg Điều 2.1; communes and service units are encouraged (Điều 2.2)."""
        return self.kind not in (Kind.COMMUNE_COMMITTEE, Kind.PUBLIC_SERVICE_UNIT)

    def exists_on(self, day):
        return (self.established_on is None or self.established_on <= day) and (
            self.dissolved_on is None or day < self.dissolved_on
        )

    def identity_on(self, day):
        """The PastIdentity in force on a day, None when the present one is."""
        return self.past.in_force(day).first()

    def ancestor_ids(self):
        """Ids from the top of the tree to the parent."""
        return ids_along(self.path)[:-1]

    # Derived columns

    def own_path(self):
        return f"{self.parent.path if self.parent_id else ''}{self.pk:0{SEGMENT}d}"

    def derive(self):
        """Search and sort keys from the name, which is kept composed (NFC)."""
        self.name = unicodedata.normalize("NFC", self.name)
        self.search_key = name_key(self.name, self.code)[:SEARCH_KEY]
        self.sort_key = vietnamese_sort_key(self.name)[:400]

    def save(self, *args, **kwargs):
        if self.as_of_day is not None:
            raise ValueError("An agency as of a past day cannot be saved.")
        if self.pk is None:
            self.pk = reserve_ids(type(self), 1)[0]
            kwargs["force_insert"] = True
        self.derive()
        self.path = self.own_path()
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise Refused(gettext("Agencies close; they are not deleted."))

    # Rules

    def clean(self):
        """For the admin's forms: the same rules as the doors, as form errors."""
        if self.level not in Level.values:
            return  # the field says so; no rule can be asked without it
        try:
            self.check_place()
            self.check_code()
            if self.pk is not None:
                self.check_below()
        except Refused as refused:
            raise ValidationError(
                {refused.field: refused.message} if refused.field else refused.message
            ) from None

    def check_place(self, on=None):
        """Raises Refused for a circle, a level above the parent's, or a parent or covering agency that closed.

        `on` is the first day in that place; None: not known, or since ever.
        """
        if self.kind in KIND_LEVEL and self.level != KIND_LEVEL[self.kind]:
            raise Refused(gettext("An agency of this kind belongs to another level."), "level")
        covering = self.covered_by
        if covering is not None and (covering.pk == self.pk or covering.covered_by_id is not None):
            raise Refused(
                gettext("The covering agency must be another one with a system of its own."), "covered_by"
            )
        if covering is not None and covering.dissolved_on is not None and self.dissolved_on is None:
            raise Refused(_closed(covering), "covered_by")
        parent = self.parent
        if parent is None:
            return
        if self.pk is not None and self.pk in (parent.pk, *parent.ancestor_ids()):
            raise Refused(
                gettext("%(parent)s lies below %(name)s: that would be a circle.")
                % {"parent": parent, "name": self.name},
                "parent",
            )
        if Level(parent.level).rank > Level(self.level).rank:
            raise Refused(
                gettext("%(name)s cannot stand below %(parent)s, which is of a lower level.")
                % {"parent": parent, "name": self.name},
                "parent",
            )
        if parent.dissolved_on is not None and self.dissolved_on is None:
            raise Refused(_closed(parent), "parent")
        self.check_depth(SEGMENT)
        if on is not None and not parent.exists_on(on):
            raise Refused(gettext("%(name)s did not exist on that day.") % {"name": parent}, "parent")

    def check_depth(self, height):
        """Raises Refused when the paths of a subtree of that height would not fit below the parent."""
        if self.parent_id and len(self.parent.path) + height > SEGMENT * DEPTH:
            raise Refused(gettext("The tree would be more than %s steps deep.") % DEPTH, "parent")

    def check_below(self):
        """Raises Refused when what stands below it, or is covered by it, has no place in what it becomes."""
        lower = [level.value for level in Level if level.rank < Level(self.level).rank]
        if Agency.objects.filter(parent=self.pk, level__in=lower).exists():
            raise Refused(gettext("An agency of a higher level stands below it."), "level")
        if self.covered_by_id is not None and Agency.objects.filter(covered_by=self.pk).not_void().exists():
            raise Refused(
                gettext("Its own system covers other agencies: it cannot be covered by another's."),
                "covered_by",
            )
        longest = Agency.objects.filter(in_subtree(self.path)).aggregate(most=models.Max(Length("path")))
        self.check_depth(SEGMENT + longest["most"] - len(self.path))

    def check_code(self, by=None):
        """Raises Refused when an agency that exists has the code already.

        The sentence names the other agency only to a person who may see it.
        """
        if not self.code or self.dissolved_on is not None:
            return
        other = Agency.objects.filter(code=self.code, dissolved_on=None).exclude(pk=self.pk).first()
        if other is None:
            return
        if by is not None and not Agency.objects.visible_to(by).filter(pk=other.pk).exists():
            raise Refused(gettext("The code %s belongs to another agency.") % self.code, "code")
        raise Refused(
            gettext("The code %(code)s belongs to %(name)s.") % {"code": self.code, "name": other}, "code"
        )

    # Doors

    @transaction.atomic
    def revise(self, *, by, seen, on=None, reason="", change_set=None, **values):
        """Change name, code, kind, level, parent, covering agency or note from a day on.

        `on` is the first day of the new identity; the old one is kept as PastIdentity. None
        corrects a mistake: the present identity is rewritten as if it had always been so.
        `seen` is the version the person was looking at. Returns the agency as stored.
        Raises Refused (a rule) or ChangedMeanwhile (somebody was faster).
        """
        one_writer()
        stored = (
            Agency.objects.select_for_update(of=["self"])
            .select_related("parent", "covered_by")
            .get(pk=self.pk)
        )
        if stored.version != seen:
            raise ChangedMeanwhile(stored)
        before, old = snapshot(stored), {name: getattr(stored, name) for name in IDENTITY}
        for name, value in as_stored(values).items():
            setattr(stored, name, value)
        stored.derive()
        if snapshot(stored) == before:
            return stored
        stored.check_place(on)
        stored.check_below()
        stored.check_code(by)
        change_set = change_set or open_change_set(
            gettext("Revise %(name)s") % {"name": old["name"]}, by=by, reason=reason
        )
        since = on
        if any(getattr(stored, name) != value for name, value in old.items()):
            if on is not None:
                stored.remember(old, on, change_set)
            else:
                since = stored.present_since()
        stored.version = seen + 1
        stored.save()
        record(change_set, stored, before=before)
        if stored.path != old["path"]:
            _remember_below(old["path"], stored.path, since, change_set)
            _move_below(old["path"], stored.path)
        return stored

    def present_since(self):
        """The first day of the present identity; None: since ever."""
        last = self.past.order_by("-until").first()
        return last.until if last else self.established_on

    def remember(self, old, on, change_set=None):
        """Keep the identity that ended on a day. `old` maps the names of IDENTITY to values."""
        if on > timezone.localdate():
            raise Refused(gettext("The day lies in the future."), "on")
        if not self.exists_on(on):
            raise Refused(gettext("The agency did not exist on that day."), "on")
        from_on = self.present_since()
        if from_on is not None and on < from_on:
            raise Refused(
                gettext("A later change of %(day)s is on record.") % {"day": date_format(from_on)}, "on"
            )
        if on != from_on:
            # On the day of the last change the present identity is simply put right.
            past = PastIdentity.objects.create(agency=self, from_on=from_on, until=on, **old)
            if change_set is not None:
                record(change_set, past)

    @transaction.atomic
    def close(self, *, by, seen, on, successor=None, extent="whole", decision="", reason="", change_set=None):
        """Dissolve the agency: `on` is the first day it does not exist any more.

        The day lies at most a year ahead. `successor` is an agency or a list of (agency, extent) pairs.
        Agencies below it must have closed or moved before. Returns the agency as stored.
        Raises Refused or ChangedMeanwhile.
        """
        one_writer()
        stored = Agency.objects.select_for_update().get(pk=self.pk)
        if stored.version != seen:
            raise ChangedMeanwhile(stored)
        if stored.dissolved_on is not None:
            raise Refused(_closed(stored), "on")
        if on > timezone.localdate() + FARTHEST_AHEAD:
            raise Refused(gettext("The day lies more than a year ahead."), "on")
        if stored.established_on is not None and on <= stored.established_on:
            raise Refused(gettext("It was established on that day or later."), "on")
        since = stored.present_since()
        if since is not None and on <= since:
            raise Refused(
                gettext("Its last change is of %(day)s: it can only close after that.")
                % {"day": date_format(since)},
                "on",
            )
        for last_record in _LAST_RECORDS:
            day, what = last_record(stored)
            if day is not None and on <= day:
                raise Refused(
                    gettext("On record on %(day)s: %(what)s. It can only close after that.")
                    % {"day": date_format(day), "what": what},
                    "on",
                )
        if still := stored.dependent_on(on):
            raise Refused(_still_depends(still))
        successors = successor if isinstance(successor, list) else [(successor, extent)] if successor else []
        successors = [(Agency.objects.get(pk=heir.pk), part) for heir, part in successors]
        change_set = change_set or open_change_set(
            gettext("Close %(name)s") % {"name": stored.name}, by=by, reason=reason
        )
        before = snapshot(stored)
        stored.dissolved_on, stored.version = on, seen + 1
        stored.save()
        record(change_set, stored, before=before)
        for heir, part in successors:
            if heir.pk == stored.pk or not heir.exists_on(on):
                raise Refused(
                    gettext("The successor must be another agency that exists on that day."), "successor"
                )
            edge = Succession.objects.create(
                predecessor=stored, successor=heir, on=on, extent=part, decision=decision
            )
            record(change_set, edge)
        return stored

    def dependent_on(self, day):
        """An agency below this one, or covered by it, on a day or later; None without any."""
        now = Agency.objects.filter(Q(parent=self) | Q(covered_by=self)).not_void()
        past = PastIdentity.objects.filter(Q(parent=self) | Q(covered_by=self), until__gt=day)
        return (
            now.filter(Q(dissolved_on__isnull=True) | Q(dissolved_on__gt=day)).exclude(pk=self.pk).first()
            or past.exclude(agency=self).first()
        )

    # Taking back (agencies.history)

    def put_value_back(self, column, value, *, by, seen, reason, change_set):
        """Bring back an earlier value, as a mistake is corrected."""
        field = next(f for f in self._meta.concrete_fields if f.attname == column)
        if field.is_relation and value is not None:
            value = Agency.objects.filter(pk=value).first()
            if value is None:
                raise Refused(gettext("what it refers to is gone"))
        self.revise(by=by, seen=seen, reason=reason, change_set=change_set, **{field.name: value})

    @classmethod
    def void_many(cls, agencies):
        """Take entries back: the rows stay, but they existed on no day, and their codes are free."""
        today = timezone.localdate()
        for agency in agencies:
            agency.established_on = agency.dissolved_on = agency.established_on or today
            agency.version += 1
        write_columns(agencies, {"established_on", "dissolved_on", "version"})

    @classmethod
    def put_back_many(cls, agencies, columns):
        """Write the columns of restored snapshots; the path follows the parent, and so does the subtree.

        Raises Refused when an agency would stand where the tree as it is now has no place for it.
        """
        one_writer()
        others = {}
        for numbers in ({a.parent_id for a in agencies}, {a.covered_by_id for a in agencies}):
            others |= {a.pk: a for a in cls.objects.filter(pk__in=numbers - {None})}
        paths = dict(cls.objects.filter(pk__in=[a.pk for a in agencies]).values_list("pk", "path"))
        for agency in agencies:
            agency.path = paths[agency.pk]
            agency.parent, agency.covered_by = others.get(agency.parent_id), others.get(agency.covered_by_id)
            agency.check_put_back(columns)
            others[agency.pk] = agency
            agency.derive()
        if "dissolved_on" in columns:
            cls._check_closed_again(agencies)
        if "parent_id" not in columns:
            write_columns(agencies, columns | {"search_key", "sort_key"})
            return
        names = [f.name for f in cls._meta.concrete_fields if f.attname in columns]
        for agency in agencies:
            # One that stands above may just have moved.
            old = cls.objects.get(pk=agency.pk).path
            agency.parent = cls.objects.filter(pk=agency.parent_id).first()
            agency.save(update_fields=[*names, "path", "search_key", "sort_key"])
            _move_below(old, agency.path)

    def check_put_back(self, columns):
        """The rules of the doors, as far as the columns to be restored touch them."""
        if columns & {"parent_id", "level", "kind", "covered_by_id", "dissolved_on", "established_on"}:
            self.check_place()
        if columns & {"level", "covered_by_id", "parent_id"}:
            self.check_below()

    @classmethod
    def _check_closed_again(cls, agencies):
        """Raises Refused when one that an undo closes has others below it which are not closed with it."""
        closed = {a.pk: a for a in agencies if a.dissolved_on is not None}
        numbers = sorted(closed)
        for i in range(0, len(numbers), 500):
            chunk = numbers[i : i + 500]
            below = cls.objects.filter(Q(parent__in=chunk) | Q(covered_by__in=chunk)).not_void()
            for one in below:
                one = closed.get(one.pk, one)
                for number in {one.parent_id, one.covered_by_id} & closed.keys():
                    day = closed[number].dissolved_on
                    if not one.is_void and (one.dissolved_on is None or one.dissolved_on > day):
                        raise Refused(_still_depends(one))


def _still_depends(agency):
    return gettext("%(name)s still depends on it: close or move that agency first.") % {"name": agency}


def _closed(agency):
    return gettext("%(name)s closed on %(day)s.") % {"name": agency, "day": date_format(agency.dissolved_on)}


def _move_below(old, new):
    """Give the subtree of a moved agency its new present paths, one depth after the other."""
    below = list(Agency.objects.filter(in_subtree(old)).exclude(path=old).only("path"))
    for agency in below:
        agency.path = new + agency.path[len(old) :]
    # The database checks each path against the parent's, so parents come first.
    for _depth, layer in groupby(sorted(below, key=lambda a: len(a.path)), key=lambda a: len(a.path)):
        Agency.objects.bulk_update(list(layer), ["path"], batch_size=500)


def _remember_below(old, new, since, change_set):
    """Let each agency below a moved one remember the path it had until then, before it moves.

    `since` is the first day of the new place, None when it has always been. Identities that
    reach beyond that day are cut in two, later ones get the new path.
    """
    made, changed = [], []
    below = Agency.objects.filter(in_subtree(old)).exclude(path=old).prefetch_related("past")
    for agency in below.order_by("path"):
        past = sorted(agency.past.all(), key=lambda p: p.until)
        for identity in past:
            if (since is not None and identity.until <= since) or not identity.path.startswith(old):
                continue
            before = snapshot(identity)
            if since is not None and (identity.from_on is None or identity.from_on < since):
                made.append(identity.copied(until=since))
                identity.from_on = since
            identity.path = new + identity.path[len(old) :]
            changed.append((identity, before))
        from_on = past[-1].until if past else agency.established_on
        if since is not None and (from_on is None or from_on < since):
            values = {name: getattr(agency, name) for name in IDENTITY}
            made.append(PastIdentity(agency=agency, from_on=from_on, until=since, **values))
    PastIdentity.objects.bulk_create(made, batch_size=500)
    PastIdentity.objects.bulk_update([p for p, _before in changed], ["from_on", "path"], batch_size=500)
    record_many(
        [change_of(change_set, p, before=before) for p, before in changed]
        + [change_of(change_set, p) for p in made]
    )
