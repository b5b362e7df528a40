"""What an agency was called and where it stood before, and what came of it in a reorganisation."""

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from iso_rollout.text import name_key

from .tree import DEPTH, IDENTITY, SEGMENT, Kind, Level

SEARCH_KEY = 400  # characters of the search key of an agency


class PastIdentityQuerySet(models.QuerySet):
    def in_force(self, day):
        """The identities of a past day."""
        return self.filter(Q(from_on__isnull=True) | Q(from_on__lte=day), until__gt=day).order_by()

    def bulk_create(self, objs, **kwargs):
        objs = list(objs)
        for identity in objs:
            identity.derive()
        return super().bulk_create(objs, **kwargs)


class PastIdentity(models.Model):
    """The name, code, kind, level, parent and place in the tree that an agency had from … to …."""

    NOT_IN_HISTORY = ("search_key",)

    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="past", verbose_name=_("agency")
    )
    # Empty: since it was established.
    from_on = models.DateField(_("from"), null=True, blank=True)
    # The first day of the next identity.
    until = models.DateField(_("until"))
    name = models.CharField(_("name"), max_length=255)
    code = models.CharField(_("code"), max_length=64, blank=True)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind.choices)
    level = models.CharField(_("level"), max_length=8, choices=Level.choices)
    parent = models.ForeignKey(
        "agencies.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("parent")
    )
    covered_by = models.ForeignKey(
        "agencies.Agency",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("covered by the system of"),
    )
    path = models.CharField(max_length=SEGMENT * DEPTH, editable=False)
    search_key = models.CharField(max_length=SEARCH_KEY, editable=False, default="")

    objects = PastIdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("past identity")
        verbose_name_plural = _("past identities")
        ordering = ["agency", "until"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "until"], name="past_identity_ends_once"),
            models.CheckConstraint(
                condition=Q(from_on__isnull=True) | Q(from_on__lt=F("until")), name="past_identity_has_days"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def history_agency_id(self):
        return self.agency_id

    def derive(self):
        """The search key: people go on asking for the name that they know."""
        self.search_key = name_key(self.name, self.code)[:SEARCH_KEY]

    def save(self, *args, **kwargs):
        self.derive()
        super().save(*args, **kwargs)

    @classmethod
    def keep_what_others_follow(cls, records):
        """Of an undo, {(model, id): record}: an identity that a later one follows stays, and the agency as it is with it.

        Without it the days before would have no identity of their own.
        """
        label, held = cls._meta.label_lower, {}
        leaving = {
            pk: one.now for (model, pk), one in records.items() if model == label and one.act == "take back"
        }
        ends = {(now["agency_id"], now["until"]) for now in leaving.values() if now}
        later = cls.objects.filter(agency__in={agency for agency, _until in ends}, from_on__isnull=False)
        for identity in later.exclude(pk__in=leaving):
            own = records.get((label, identity.pk))
            goes_back = own is not None and own.then["from_on"] != own.now["from_on"]
            if (identity.agency_id, identity.from_on.isoformat()) in ends and not goes_back:
                held[identity.agency_id] = date_format(identity.until)
        for (model, pk), one in records.items():
            agency = pk if model == "agencies.agency" else one.now and one.now.get("agency_id")
            if model in ("agencies.agency", label) and agency in held:
                one.kept = one.kept or gettext("A later change of %(day)s is on record.") % {
                    "day": held[agency]
                }

    def copied(self, **values):
        """The same identity for other days, not yet stored."""
        return PastIdentity(
            agency=self.agency, from_on=self.from_on, **{n: getattr(self, n) for n in IDENTITY}, **values
        )


class Extent(models.TextChoices):
    """The words of the official conversion table."""

    WHOLE = "whole", _("Whole")
    PART = "part", _("Part")


class Succession(models.Model):
    """Predecessor and successor of a reorganisation, on the day it took effect."""

    predecessor = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="successions", verbose_name=_("predecessor")
    )
    successor = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="precessions", verbose_name=_("successor")
    )
    on = models.DateField(_("on"))
    extent = models.CharField(_("extent"), max_length=5, choices=Extent.choices, default=Extent.WHOLE)
    decision = models.CharField(_("decision"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("succession")
        verbose_name_plural = _("successions")
        ordering = ["-on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor", "on"], name="succession_once"),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="succession_joins_two_agencies"
            ),
        ]

    def __str__(self):
        return f"{self.predecessor} → {self.successor}"

    @property
    def history_agency_id(self):
        return self.predecessor_id
