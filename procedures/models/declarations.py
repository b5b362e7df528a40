"""Declarations (công bố HTQLCL): the legal fact. A chain by day; a later one replaces an earlier one."""

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.history import open_change_set, record, snapshot
from agencies.models import Agency, Change
from procedures import lifecycle
from procedures.lifecycle import Acceptance, Stage, Standing, State, StepRefused
from procedures.models.agency_procedures import AgencyProcedure
from procedures.models.documents import Document
from procedures.models.entries import Entry, EntryQuerySet, acting_roles
from procedures.models.standards import Standard


class Redeclaration(models.TextChoices):
    """Why an agency declares again (QĐ 19/2014/QĐ-TTg Điều 4; the last by practice)."""

    FIRST = "first", _("First declaration")
    WIDER = "wider", _("Scope wider")
    NARROWER = "narrower", _("Scope narrower")
    ADJUSTED = "adjusted", _("Scope adjusted")
    NEW_STANDARD = "new_standard", _("New standard")
    RENAMED = "renamed", _("Renamed or merged")


class Precision(models.TextChoices):
    """How exactly the day is known."""

    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")
    UNKNOWN = "unknown", _("not known; the day of the list stands in")


class DeclarationQuerySet(EntryQuerySet):
    def visible_to(self, user):
        return self.filter(scope_of(user, "agency__"))

    def by(self, on, *, confirmed_only=False):
        """Declarations that count, made on or before a day."""
        return self.counting(confirmed_only=confirmed_only).filter(declared_on__lte=on)

    def in_force(self, on, *, confirmed_only=False):
        """Each agency's declaration in force on a day: the latest by then, unless it was repealed."""
        later = (
            Declaration.objects.by(on, confirmed_only=confirmed_only)
            .filter(agency=OuterRef("agency"))
            .filter(
                Q(declared_on__gt=OuterRef("declared_on"))
                | Q(declared_on=OuterRef("declared_on"), id__gt=OuterRef("id"))
            )
        )
        return (
            self.by(on, confirmed_only=confirmed_only)
            .filter(~Exists(later))
            .filter(Q(repealed_on__isnull=True) | Q(repealed_on__gt=on))
        )

    @transaction.atomic
    def declare(
        self,
        agency,
        *,
        standard,
        on,
        by,
        number="",
        signer="",
        document=None,
        rollout=None,
        seen=None,
        reason=None,
        precision=Precision.DAY,
        scope_note="",
        note="",
        covers_procedures=True,
        change_set=None,
    ):
        """Record that an agency declared its system (Điều 4.3). Returns the Declaration.

        With a `rollout` (and `seen`, its version) the milestone *declared* is reached by the
        same act; `covers_procedures` puts the agency's procedures in force under the standard.
        Without a number or an exact day it is kept and marked as lacking evidence. Raises
        StepRefused (a hard rule, not their role, or the same declaration again) and ChangedMeanwhile.
        """
        # The lock lets two people who declare for one agency do it one after the other.
        agency = Agency.objects.select_for_update(no_key=True, of=["self"]).get(pk=agency.pk)
        if not agency.is_unit:
            raise StepRefused(gettext("%s has no system of its own.") % agency, "agency")
        if rollout is not None and rollout.agency_id != agency.pk:
            raise StepRefused(gettext("The rollout belongs to another agency."), "rollout")
        roles = acting_roles(by, agency)
        standing = Standing(
            form=lifecycle.Form.EXTEND,
            state=State.ACTIVE,
            established_on=agency.established_on,
            dissolved_on=agency.dissolved_on,
        )
        lifecycle.check_step(standing, Stage.DECLARED, on=on, roles=roles, today=timezone.localdate())
        if standard.published_on > on:
            raise StepRefused(
                gettext("%(standard)s was published on %(day)s.")
                % {"standard": standard, "day": date_format(standard.published_on)},
                "on",
            )
        returned = self.filter(agency=agency, declared_on=on, standard=standard).first()
        if returned is not None and returned.counts:
            raise StepRefused(gettext("This declaration is on record already."), "on")
        change_set = change_set or open_change_set(
            gettext("%(agency)s declares under %(standard)s") % {"agency": agency, "standard": standard},
            by=by,
        )
        before = snapshot(returned) if returned else None
        # One that was returned is mended, not entered beside itself.
        declaration = returned or Declaration(agency=agency, standard=standard, declared_on=on)
        values = {
            "precision": precision,
            "number": number,
            "signer": signer,
            "document": document,
            "reason": reason or self._reason(agency, standard, on),
            "scope_note": scope_note,
            "note": note,
            "recorded_by": by,
            "recorded_at": timezone.now(),
            "acceptance": Acceptance.UNREVIEWED,
            "reviewed_by": None,
            "reviewed_at": None,
            "review_note": "",
            "version": declaration.version + 1 if returned else 1,
        }
        for name, value in values.items():
            setattr(declaration, name, value)
        declaration.settle(by, roles)
        declaration.save()
        record(change_set, declaration, before=before)
        self._correct_next(declaration, change_set)
        if rollout is None and returned is not None:
            declaration.follow_review(change_set, counted=False)
        if rollout is not None:
            rollout.reach(
                Stage.DECLARED,
                on=on,
                by=by,
                seen=rollout.version if seen is None else seen,
                document=document,
                declaration=declaration,
                change_set=change_set,
            )
        if covers_procedures:
            duties = AgencyProcedure.objects.filter(agency=agency).in_force(on)
            duties.apply(standard, on=on, by=by, change_set=change_set)
        return declaration

    def _reason(self, agency, standard, on):
        """Why an agency declares, as the chain before that day tells."""
        earlier = self.by(on).filter(agency=agency).order_by("declared_on", "id").last()
        if earlier is None:
            return Redeclaration.FIRST
        return Redeclaration.ADJUSTED if earlier.standard_id == standard.pk else Redeclaration.NEW_STANDARD

    def _correct_next(self, declaration, change_set):
        """The one that was the first until an earlier one came to light is no longer."""
        later = self.counting().filter(agency=declaration.agency_id).exclude(pk=declaration.pk)
        later = later.filter(declared_on__gte=declaration.declared_on, reason=Redeclaration.FIRST)
        following = later.order_by("declared_on", "id").first()
        if following is None or declaration.reason != Redeclaration.FIRST:
            return
        before = snapshot(following)
        same = following.standard_id == declaration.standard_id
        following.reason = Redeclaration.ADJUSTED if same else Redeclaration.NEW_STANDARD
        following.version += 1
        following.save()
        record(change_set, following, before=before)


class Declaration(Entry):
    """One declaration of conformity. No expiry, no suspension: the law has none."""

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="declarations", db_index=False, verbose_name=_("agency")
    )
    standard = models.ForeignKey(
        Standard, models.PROTECT, related_name="declarations", verbose_name=_("standard")
    )
    declared_on = models.DateField(_("declared on"))
    precision = models.CharField(
        _("precision of the day"), max_length=7, choices=Precision.choices, default=Precision.DAY
    )
    number = models.CharField(_("number"), max_length=80, blank=True)
    signer = models.CharField(_("signer"), max_length=150, blank=True)
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="declarations",
        verbose_name=_("document"),
    )
    reason = models.CharField(
        _("reason"), max_length=12, choices=Redeclaration.choices, default=Redeclaration.FIRST
    )
    scope_note = models.CharField(_("scope"), max_length=500, blank=True)
    # Notice to the lead agency and posting at the office or on the web (Điều 4.3); empty: not yet.
    notified_on = models.DateField(_("notified on"), null=True, blank=True)
    posted_on = models.DateField(_("posted on"), null=True, blank=True)
    # The agency's own decision to repeal it; empty: it stands.
    repealed_on = models.DateField(_("repealed on"), null=True, blank=True)
    # Kept by save(): no number, or no exact day.
    lacks_evidence = models.BooleanField(_("lacks evidence"), default=False, editable=False)

    objects = DeclarationQuerySet.as_manager()

    class Meta:
        verbose_name = _("declaration")
        verbose_name_plural = _("declarations")
        ordering = ["agency", "declared_on", "id"]
        indexes = [
            # The latest of each agency by a day: every figure of declared units.
            models.Index(fields=["agency", "-declared_on", "-id"], name="declaration_latest"),
        ]
        constraints = [
            *Entry.Meta.constraints,
            models.UniqueConstraint(fields=["agency", "declared_on", "standard"], name="declaration_once"),
            models.CheckConstraint(
                condition=(~Q(number="") & Q(precision=Precision.DAY)) | Q(lacks_evidence=True),
                name="declaration_has_number_or_gap",
            ),
            models.CheckConstraint(
                condition=Q(repealed_on__isnull=True) | Q(repealed_on__gt=F("declared_on")),
                name="declaration_repealed_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(notified_on__isnull=True) | Q(notified_on__gte=F("declared_on")),
                name="declaration_notified_after_it_began",
            ),
        ]

    def __str__(self):
        return f"{self.agency}: {self.number or gettext('declaration')}"

    @property
    def agency_of_entry(self):
        return self.agency

    @property
    def history_agency_id(self):
        return self.agency_id

    def derive(self):
        self.lacks_evidence = not self.number or self.precision != Precision.DAY

    def save(self, *args, **kwargs):
        self.derive()
        super().save(*args, **kwargs)

    def follow_review(self, change_set, *, counted):
        """Its milestone is confirmed or returned with it, and so is what it did to the procedures.

        `counted` tells whether the declaration counted before.
        """
        from procedures.models.rollouts import Milestone

        for milestone in Milestone.objects.filter(declaration=self.pk):
            before = snapshot(milestone)
            for name in ("acceptance", "reviewed_by_id", "reviewed_at", "review_note"):
                setattr(milestone, name, getattr(self, name))
            milestone.version += 1
            milestone.save()
            record(change_set, milestone, before=before)
            milestone.follow_review(change_set, counted=counted)
        if counted and not self.counts:
            self.release_procedures(change_set)
        elif self.counts and not counted:
            self._cover_again(change_set)

    def release_procedures(self, change_set):
        """The procedures that came under the standard with this declaration leave it again."""
        duties = AgencyProcedure.objects.filter(agency=self.agency_id)
        duties.release(self.standard, on=self.declared_on, change_set=change_set)

    def _cover_again(self, change_set):
        """Put those procedures under the standard that left it when the declaration was returned."""
        returned = Change.objects.of(self).filter(after__acceptance=Acceptance.RETURNED).first()
        if returned is None:
            return
        left = Change.objects.filter(
            change_set=returned.change_set_id, model=AgencyProcedure._meta.label_lower, agency=self.agency_id
        )
        duties = AgencyProcedure.objects.filter(pk__in=left.values("object_id"))
        duties.apply(self.standard, on=self.declared_on, by=None, change_set=change_set)


def standard_on(day, *, confirmed_only=False):
    """Expression for an agency queryset: the id of the standard declared on a day, NULL for none."""
    latest = Declaration.objects.by(day, confirmed_only=confirmed_only).filter(agency=OuterRef("pk"))
    # The latest decides; once it is repealed, the one before does not come back.
    stands = models.Case(models.When(repealed_on__lte=day, then=None), default=F("standard_id"))
    return models.Subquery(
        latest.order_by("-declared_on", "-id").annotate(stands=stands).values("stands")[:1],
        output_field=models.BigIntegerField(null=True),
    )
