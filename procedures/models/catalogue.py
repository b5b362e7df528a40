"""The catalogue of administrative procedures (thủ tục hành chính)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from agencies.models import Level
from agencies.models.keys import holds
from iso_rollout.text import Query, text_key

LEVEL_SETS = [
    ",".join(levels)
    for levels in (
        ("province",),
        ("district",),
        ("commune",),
        ("province", "district"),
        ("province", "commune"),
        ("district", "commune"),
        ("province", "district", "commune"),
    )
]

# Empty: handled by ministries only, or nobody said.
PROCEDURE_LEVEL_SETS = ["", *LEVEL_SETS]


def join_levels(levels):
    """Level names as stored: in the order of rank, with commas."""
    return ",".join(level for level in Level.values if level in set(levels))


class ProcedureQuerySet(models.QuerySet):
    def in_force(self, on):
        """Procedures in force on a day."""
        return self.filter(
            Q(effective_on__isnull=True) | Q(effective_on__lte=on),
            Q(repealed_on__isnull=True) | Q(repealed_on__gt=on),
        )

    def of_level(self, level):
        return self.filter(levels__contains=level)

    def matching(self, text):
        """Those whose code, name or field holds each typed word or its beginning, as the search box reads it."""
        return self.filter(holds(Query(text).needed))


class Procedure(models.Model):
    """A published procedure. The national code is text, never a number (Excel eats its zeros)."""

    NOT_IN_HISTORY = ("search_key",)
    RESTORABLE = frozenset({"code", "name", "field", "levels", "decision", "effective_on", "repealed_on"})

    # Empty: old lists have procedures without a code; field, name and levels tell them apart.
    code = models.CharField(_("code"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=2000)
    field = models.CharField(_("field"), max_length=200, blank=True)
    levels = models.CharField(_("levels"), max_length=30, blank=True, help_text="province,district,commune")
    decision = models.CharField(_("publishing decision"), max_length=200, blank=True)
    # First day in force; empty: before anything this register speaks of.
    effective_on = models.DateField(_("in force from"), null=True, blank=True)
    # First day not in force any more; empty: in force.
    repealed_on = models.DateField(_("repealed from"), null=True, blank=True)
    search_key = models.CharField(max_length=1300, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ProcedureQuerySet.as_manager()

    class Meta:
        verbose_name = _("procedure")
        verbose_name_plural = _("procedures")
        ordering = ["field", "code", "id"]
        indexes = [
            # The catalogue page, by field.
            models.Index(fields=["field", "code", "id"], name="procedure_sorted"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="procedure_code_is_unique"),
            models.UniqueConstraint(
                fields=["field", "name", "levels"],
                condition=Q(code=""),
                name="procedure_without_code_is_unique",
            ),
            models.CheckConstraint(
                condition=Q(effective_on__isnull=True)
                | Q(repealed_on__isnull=True)
                | Q(repealed_on__gt=F("effective_on")),
                name="procedure_repealed_after_effect",
            ),
            models.CheckConstraint(condition=Q(levels__in=PROCEDURE_LEVEL_SETS), name="procedure_has_levels"),
        ]

    def __str__(self):
        return f"{self.code} {self.name}".strip()

    @property
    def level_list(self):
        return [Level(level) for level in self.levels.split(",") if level]

    def derive(self):
        self.search_key = text_key(self.code, self.name, self.field, codes=[self.code])[:1300]

    def save(self, *args, **kwargs):
        self.derive()
        super().save(*args, **kwargs)

    @classmethod
    def refresh_derived(cls, procedures):
        """After a change of the days in force: recount the agencies that handle them."""
        from procedures.models.agency_procedures import AgencyProcedure
        from procedures.models.tallies import retally

        handled = AgencyProcedure.objects.filter(procedure__in=[p.pk for p in procedures])
        retally(handled.values_list("agency_id", flat=True).distinct())
