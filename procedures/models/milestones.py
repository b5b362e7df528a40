"""Milestones: the dated steps of a rollout, each with its evidence."""

from collections import defaultdict

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from procedures import lifecycle
from procedures.lifecycle import Acceptance, Stage
from procedures.models.documents import Document
from procedures.models.entries import Entry, EntryQuerySet


class MilestoneQuerySet(EntryQuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user, "rollout__agency__"))


class Milestone(Entry):
    """A dated step reached, with its evidence."""

    RESTORABLE = frozenset({"reached_on", "document_id", "note"})

    rollout = models.ForeignKey(
        "procedures.Rollout",
        models.PROTECT,
        related_name="milestones",
        db_index=False,
        verbose_name=_("rollout"),
    )
    stage = models.CharField(_("stage"), max_length=12, choices=Stage.choices)
    # The stage's place in the usual order, so that the database can find the furthest.
    rank = models.PositiveSmallIntegerField(editable=False)
    reached_on = models.DateField(_("reached on"))
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="milestones", verbose_name=_("document")
    )
    # Set for *declared* only: the legal fact behind it.
    declaration = models.OneToOneField(
        "procedures.Declaration",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="milestone",
        verbose_name=_("declaration"),
    )

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["rollout", "rank"]
        indexes = [
            # Which undertakings reached a stage by a day, answered from the index alone: targets and curves.
            models.Index(fields=["stage", "reached_on", "acceptance", "rollout"], name="milestone_by_day"),
            # The lead agency's queue, oldest first, and how many wait, from the index alone; *declared* waits as its
            # declaration.
            models.Index(
                fields=["acceptance", "recorded_at", "id", "stage"],
                name="milestone_waiting",
                condition=Q(acceptance=Acceptance.UNREVIEWED),
            ),
            # What staff have to mend.
            models.Index(
                fields=["acceptance", "recorded_at", "id", "stage"],
                name="milestone_returned",
                condition=Q(acceptance=Acceptance.RETURNED),
            ),
        ]
        constraints = [
            *Entry.Meta.constraints,
            models.UniqueConstraint(fields=["rollout", "stage"], name="milestone_once"),
            models.CheckConstraint(
                condition=Q(stage=Stage.DECLARED, declaration__isnull=False)
                | (~Q(stage=Stage.DECLARED) & Q(declaration__isnull=True)),
                name="milestone_declared_has_its_declaration",
            ),
            models.CheckConstraint(
                condition=Q(*[Q(stage=s.value, rank=s.rank) for s in Stage], _connector=Q.OR),
                name="milestone_rank_follows_stage",
            ),
        ]

    def __str__(self):
        return f"{self.rollout.agency}: {self.get_stage_display()}"

    @property
    def agency_of_entry(self):
        return self.rollout.agency

    @property
    def history_agency_id(self):
        return self.rollout.agency_id

    def review(self, after, *, by, seen, note="", change_set=None):
        """As for every entry; *declared* is reviewed as the declaration behind it."""
        if self.declaration_id is None:
            return super().review(after, by=by, seen=seen, note=note, change_set=change_set)
        version = self.declaration.version if seen == self.version else -1
        self.declaration.review(after, by=by, seen=version, note=note, change_set=change_set)
        self.refresh_from_db()
        return self

    def take_review(self, declaration):
        """*Declared* is confirmed or returned with the declaration behind it."""
        for name in ("acceptance", "reviewed_by_id", "reviewed_at", "review_note"):
            setattr(self, name, getattr(declaration, name))

    def follow_review(self, change_set, *, counted):
        """The stage follows; what now counts together must obey the hard rules."""
        Milestone.refresh_derived([self])
        Milestone.check_stored([self])

    def put_value_back(self, column, value, *, by, seen, reason, change_set):
        """Bring back an earlier value, as a correction (agencies.history)."""
        values = {"reached_on": self.reached_on, "document_id": self.document_id, "note": self.note} | {
            column: value
        }
        document = Document.objects.filter(pk=values["document_id"]).first()
        self.rollout.amend(
            self,
            on=values["reached_on"],
            document=document,
            note=values["note"],
            by=by,
            seen=self.rollout.version,
            entry_seen=seen,
            reason=reason,
            change_set=change_set,
            is_restored=True,
        )

    def copied_to(self, rollout):
        """The same milestone for the rollout that carries this one's on."""
        copy = Milestone(**{f.attname: getattr(self, f.attname) for f in self._meta.concrete_fields})
        copy.pk, copy.rollout, copy.version = None, rollout, 1
        return copy

    @classmethod
    def refresh_derived(cls, milestones):
        from procedures.models.rollouts import Rollout

        Rollout.refresh_derived(Rollout.objects.filter(pk__in={m.rollout_id for m in milestones}))

    @classmethod
    def check_stored(cls, milestones):
        """Raises StepRefused when the milestones that count break a hard rule together.

        For reviews and undos, which bring milestones back or take them away.
        """
        reached = defaultdict(dict)
        rows = cls.objects.counting().filter(rollout__in={m.rollout_id for m in milestones})
        for rollout, stage, on in rows.order_by().values_list("rollout", "stage", "reached_on"):
            reached[rollout][Stage(stage)] = on
        for together in reached.values():
            lifecycle.check_together(together)
