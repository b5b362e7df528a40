"""What milestones and declarations have in common: recorded by somebody, accepted or returned."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import roles_at
from agencies.errors import ChangedMeanwhile
from agencies.history import open_change_set, record, snapshot
from agencies.models import Role
from procedures.lifecycle import Acceptance, StepRefused, check_review
from procedures.models.telling import tell_reviewed, tell_waiting


def acting_roles(person, agency):
    """The roles with which a door is used; None is a command of the person at the server."""
    return set(Role) if person is None else roles_at(person, agency)


class EntryQuerySet(models.QuerySet):
    def waiting(self):
        """Entries that the lead agency has not looked at."""
        return self.filter(acceptance=Acceptance.UNREVIEWED)

    def returned(self):
        return self.filter(acceptance=Acceptance.RETURNED)

    def counting(self, *, confirmed_only=False):
        """Entries that count: all but the returned ones, or only those the lead agency confirmed."""
        if confirmed_only:
            return self.filter(acceptance=Acceptance.ACCEPTED)
        return self.exclude(acceptance=Acceptance.RETURNED)


class Entry(models.Model):
    """A dated fact that somebody recorded and the lead agency confirms or returns."""

    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recorded by"),
    )
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    acceptance = models.CharField(
        _("confirmation"), max_length=10, choices=Acceptance.choices, default=Acceptance.UNREVIEWED
    )
    # All three are empty until somebody has looked; a command that imports settled lists leaves the person empty.
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmed or returned by"),
    )
    reviewed_at = models.DateTimeField(_("confirmed or returned at"), null=True, blank=True)
    review_note = models.CharField(_("note of the lead agency"), max_length=500, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    # The columns of the lead agency's word.
    REVIEW = ("acceptance", "reviewed_by", "reviewed_at", "review_note")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    acceptance=Acceptance.UNREVIEWED, reviewed_at__isnull=True, reviewed_by__isnull=True
                )
                | (~Q(acceptance=Acceptance.UNREVIEWED) & Q(reviewed_at__isnull=False)),
                name="%(class)s_review_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(acceptance=Acceptance.RETURNED) | ~Q(review_note=""),
                name="%(class)s_returned_with_a_note",
            ),
        ]

    @property
    def counts(self):
        return self.acceptance != Acceptance.RETURNED

    def wait_for_review(self):
        """Nobody has looked at what it says now."""
        self.acceptance, self.reviewed_by, self.reviewed_at = Acceptance.UNREVIEWED, None, None
        self.review_note = ""

    def settle(self, person, roles):
        """What the lead agency records itself needs no confirmation."""
        if Role.COORDINATOR in roles:
            self.acceptance = Acceptance.ACCEPTED
            self.reviewed_by, self.reviewed_at = person, self.recorded_at

    def settle_anew(self, person, roles):
        """A correction: what staff corrected waits for confirmation, what the lead agency corrected does not."""
        self.wait_for_review()
        self.settle(person, roles)
        if self.reviewed_at is not None:
            self.reviewed_at = timezone.now()

    @transaction.atomic
    def review(self, after, *, by, seen, note="", change_set=None):
        """The lead agency accepts the entry or returns it with a note; staff hand a mended one in again.

        Raises StepRefused (the table, or not their role) and ChangedMeanwhile (somebody was faster).
        """
        agency = self.agency_of_entry
        check_review(self.acceptance, after, roles=acting_roles(by, agency), note=note)
        unreviewed = after == Acceptance.UNREVIEWED
        values = {
            "acceptance": after,
            "reviewed_by": None if unreviewed else by,
            "reviewed_at": None if unreviewed else timezone.now(),
            "review_note": note,
            "version": seen + 1,
        }
        model, before = type(self), snapshot(self)
        if not model.objects.filter(pk=self.pk, version=seen).update(**values):
            theirs = model.objects.filter(pk=self.pk).first()
            if theirs is None:
                raise StepRefused(gettext("This entry was taken back meanwhile."))
            raise ChangedMeanwhile(theirs)
        stored = model.objects.get(pk=self.pk)
        change_set = change_set or open_change_set(
            gettext("%(acceptance)s: %(entry)s") % {"acceptance": Acceptance(after).label, "entry": self},
            by=by,
            reason=note,
        )
        record(change_set, stored, before=before)
        stored.follow_review(change_set, counted=self.counts)
        if unreviewed:
            tell_waiting([stored])
        else:
            tell_reviewed([stored], after, by=by, note=note)
        self.refresh_from_db()
        return self

    def accept(self, *, by, seen, change_set=None):
        return self.review(Acceptance.ACCEPTED, by=by, seen=seen, change_set=change_set)

    def return_(self, *, by, seen, note, change_set=None):
        return self.review(Acceptance.RETURNED, by=by, seen=seen, note=note, change_set=change_set)


def last_record(agency):
    """The last day of which a milestone or declaration of an agency counts, and what it is; (None, "") without any."""
    from procedures.models.declarations import Declaration
    from procedures.models.milestones import Milestone

    milestone = Milestone.objects.counting().filter(rollout__agency=agency).order_by("reached_on").last()
    declaration = Declaration.objects.counting().filter(agency=agency).order_by("declared_on").last()
    found = [(milestone.reached_on, milestone.get_stage_display())] if milestone else []
    found += [(declaration.declared_on, str(declaration))] if declaration else []
    return max(found, default=(None, ""))
