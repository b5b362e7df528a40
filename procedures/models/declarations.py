"""Declarations (công bố HTQLCL): the legal fact. A chain by day; a later one replaces an earlier one."""

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.errors import ChangedMeanwhile
from agencies.history import open_change_set, record, snapshot
from agencies.models import Agency, Change
from procedures import lifecycle
from procedures.lifecycle import Acceptance, Stage, Standing, State, StepRefused
from procedures.models.coverage import Coverage, Covers
from procedures.models.documents import Document, entered
from procedures.models.entries import Entry, EntryQuerySet, acting_roles
from procedures.models.standards import Standard
from procedures.models.telling import tell_waiting


class Redeclaration(models.TextChoices):
    """Why an agency declares again (QĐ 19/2014/QĐ-TTg Điều 4; the last by practice)."""

    FIRST = "first", _("First declaration")
    WIDER = "wider", _("Scope wider")
    NARROWER = "narrower", _("Scope narrower")
    ADJUSTED = "adjusted", _("Scope adjusted")
    NEW_STANDARD = "new_standard", _("New standard")
    RENAMED = "renamed", _("Renamed or merged")

    @classmethod
    def proposed(cls, earlier, standard):
        """What the facts suggest: `earlier` is the declaration to be replaced, None for the first."""
        if earlier is None:
            return cls.FIRST
        return cls.NEW_STANDARD if earlier.standard_id != standard.pk else cls.ADJUSTED


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
        after=None,
        reason=None,
        notified_on=None,
        posted_on=None,
        precision=Precision.DAY,
        scope_note="",
        note="",
        notice_number="",
        covers_procedures=True,
        chosen=None,
        change_set=None,
        cell="",
    ):
        """Record that an agency declared its system (Điều 4.3). Returns the Declaration.

        With a `rollout` (and `seen`, its version) the milestone *declared* is reached by the
        same act, and *notified* when the days of notice and posting are both given;
        `covers_procedures` puts the agency's procedures in force under the standard; with `chosen`, ids of
        duties, only those, and the others leave ISO on that day (Điều 4.4c: the scope is what is declared).
        `after` is the id of the declaration entered last that the person saw (0: none, None: not
        checked). Without a number or an exact day it is kept and marked as lacking evidence. Raises
        StepRefused (a hard rule, not their role, or the same declaration again) and ChangedMeanwhile.
        """
        # Two declarations of one agency come one after the other, also where there is no rollout to claim.
        agency = Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
        if not agency.is_unit:
            raise StepRefused(gettext("%s has no system of its own.") % agency, "agency")
        if rollout is not None and rollout.agency_id != agency.pk:
            raise StepRefused(gettext("The rollout belongs to another agency."), "rollout")
        roles = acting_roles(by, agency)
        own = self.filter(agency=agency)
        returned = own.filter(declared_on=on, standard=standard, acceptance=Acceptance.RETURNED).first()
        before = snapshot(returned) if returned else None
        # One that was returned is mended, not entered beside itself.
        declaration = returned or Declaration(agency=agency, standard=standard, declared_on=on)
        declaration.notified_on, declaration.posted_on = notified_on, posted_on
        declaration.notice_number = notice_number
        declaration.check_days(roles)
        last = own.order_by("id").last()
        if after is not None and after != (last.pk if last else 0):
            lines = Change.objects.filter(agency=agency, model="procedures.declaration")
            raise ChangedMeanwhile(last or agency, lines)
        if own.counting().filter(declared_on=on, standard=standard).exists():
            raise StepRefused(gettext("This declaration is on record already."), "on")
        if reason is None:
            earlier = own.by(on).order_by("declared_on", "id").last()
            reason = Redeclaration.proposed(earlier, standard)
        change_set = change_set or open_change_set(
            gettext("%(agency)s declares under %(standard)s") % {"agency": agency, "standard": standard},
            by=by,
        )
        declaration.document = document = entered(document, change_set)
        declaration.number, declaration.signer, declaration.precision = number, signer, precision
        declaration.reason, declaration.scope_note, declaration.note = reason, scope_note, note
        whole = Covers.ALL if chosen is None else Covers.CHOSEN
        declaration.covers = whole if covers_procedures else Covers.NONE
        declaration.recorded_by, declaration.recorded_at = by, timezone.now()
        declaration.wait_for_review()
        declaration.version += 1 if returned else 0
        declaration.settle(by, roles)
        declaration.save()
        record(change_set, declaration, before=before, cell=cell)
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
                cell=cell,
            )
            declaration.tell_notified(rollout, by=by, change_set=change_set)
        declaration.cover(change_set, chosen=chosen)
        tell_waiting([declaration])
        return declaration

    def _correct_next(self, declaration, change_set):
        """The one that was the first until an earlier one came to light is no longer."""
        later = self.counting().filter(agency=declaration.agency_id).exclude(pk=declaration.pk)
        later = later.filter(declared_on__gte=declaration.declared_on, reason=Redeclaration.FIRST)
        following = later.order_by("declared_on", "id").first()
        if following is None or declaration.reason != Redeclaration.FIRST:
            return
        before = snapshot(following)
        following.reason = Redeclaration.proposed(declaration, following.standard)
        following.version += 1
        following.save()
        record(change_set, following, before=before)


class Declaration(Coverage, Entry):
    """One declaration of conformity. No expiry, no suspension: the law has none."""

    RESTORABLE = frozenset(
        {
            "declared_on",
            "number",
            "signer",
            "reason",
            "scope_note",
            "notified_on",
            "posted_on",
            "note",
            "document_id",
        }
    )

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
    covers = models.CharField(
        _("procedures covered"), max_length=6, choices=Covers.choices, default=Covers.ALL
    )
    # Notice to the lead agency and posting at the office or on the web (Điều 4.3); empty: not yet.
    notice_number = models.CharField(_("number of the notice"), max_length=80, blank=True)
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
            # The lead agency's queue, oldest first; what staff have to mend.
            models.Index(
                fields=["recorded_at", "id"],
                name="declaration_waiting",
                condition=Q(acceptance=Acceptance.UNREVIEWED),
            ),
            models.Index(
                fields=["recorded_at", "id"],
                name="declaration_returned",
                condition=Q(acceptance=Acceptance.RETURNED),
            ),
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
            models.CheckConstraint(condition=Q(covers__in=Covers.values), name="declaration_covers_is_known"),
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

    # Rules

    def check_days(self, roles):
        """Raise StepRefused when a day is impossible for this agency or standard, or on a missing role."""
        standing = Standing(
            form=lifecycle.Form.EXTEND,
            state=State.ACTIVE,
            established_on=self.agency.established_on,
            dissolved_on=self.agency.dissolved_on,
        )
        today, on = timezone.localdate(), self.declared_on
        lifecycle.check_step(standing, Stage.DECLARED, on=on, roles=roles, today=today)
        if self.standard.published_on > on:
            raise StepRefused(
                gettext("%(standard)s was published on %(day)s.")
                % {"standard": self.standard, "day": date_format(self.standard.published_on)},
                "on",
            )
        if self.repealed_on is not None and self.repealed_on <= on:
            raise StepRefused(
                gettext("It was repealed on %s; it cannot have been declared on that day or later.")
                % date_format(self.repealed_on),
                "on",
            )
        for name in ("notified_on", "posted_on"):
            day = getattr(self, name)
            if day is not None and day < on:
                raise StepRefused(gettext("It cannot lie before the declaration."), name)
            if day is not None and day > today:
                raise StepRefused(gettext("The day lies in the future."), name)

    # Doors

    def _claim(self, seen):
        """Take the declaration for this change: the version in the filter makes the second click miss."""
        claimed = Declaration.objects.filter(pk=self.pk, version=seen).update(version=seen + 1)
        stored = Declaration.objects.select_related("agency", "standard").filter(pk=self.pk).first()
        if stored is None:
            raise ChangedMeanwhile(self.agency, Change.objects.of(self))
        if not claimed:
            raise ChangedMeanwhile(stored)
        return stored

    def _rollout(self):
        """The undertaking that this declaration closed, None when it was made outside a plan."""
        from procedures.models.rollouts import Rollout

        return Rollout.objects.select_related("agency").filter(milestones__declaration=self).first()

    @transaction.atomic
    def amend(self, *, on, by, seen, why="", change_set=None, is_restored=False, **values):
        """Correct day, number, signer, reason, scope, notice or note; the standard stays.

        `values` are columns; a document may be a new one. The milestone and the procedures that came under the standard on
        the old day follow. What staff correct waits for confirmation anew; with `is_restored` the lead agency's
        word and the precision of the day stay as they are. Raises StepRefused and ChangedMeanwhile.
        """
        roles = acting_roles(by, self.agency)
        stored = self._claim(seen)
        before, was = snapshot(stored), stored.declared_on
        stored.declared_on = on
        if not is_restored:
            stored.precision = Precision.DAY
        document = values.pop("document", stored.document)
        for name, value in values.items():
            setattr(stored, name, value)
        stored.check_days(roles)
        same = Declaration.objects.filter(agency=stored.agency, declared_on=on, standard=stored.standard)
        if same.exclude(pk=stored.pk).exists():
            raise StepRefused(gettext("This declaration is on record already."), "on")
        counted = stored.counts
        if not is_restored:
            stored.settle_anew(by, roles)
        change_set = change_set or open_change_set(
            gettext("Correct %(entry)s") % {"entry": stored}, by=by, reason=why
        )
        stored.document = entered(document, change_set)
        stored.save()
        record(change_set, stored, before=before)
        if rollout := stored._rollout():
            rollout.follow(stored, by=by, change_set=change_set)
            stored.tell_notified(rollout, by=by, change_set=change_set)
        if stored.counts and not counted:
            stored.cover_again(change_set)
        elif counted and on != was:
            stored.move_cover(was, change_set)
        if not is_restored:
            tell_waiting([stored])
        self.refresh_from_db()
        return stored

    def put_value_back(self, column, value, *, by, seen, reason, change_set):
        """Bring back an earlier value, as a correction (agencies.history)."""
        values = {} if column == "declared_on" else {column: value}
        on = value if column == "declared_on" else self.declared_on
        self.amend(on=on, by=by, seen=seen, why=reason, change_set=change_set, is_restored=True, **values)

    @transaction.atomic
    def withdraw(self, *, by, seen, reason, change_set=None, cell=""):
        """Take the declaration back with its milestone; its last text stays in the history.

        Raises StepRefused (not their role, *notified* rests on it, no reason) and ChangedMeanwhile.
        """
        if not reason.strip():
            raise StepRefused(gettext("A reason is needed."), "reason")
        roles = acting_roles(by, self.agency)
        stored = self._claim(seen)
        lifecycle.check_withdrawal(Standing(form=lifecycle.Form.EXTEND), Stage.DECLARED, roles=roles)
        change_set = change_set or open_change_set(
            gettext("Take back %(entry)s") % {"entry": stored}, by=by, reason=reason
        )
        if rollout := stored._rollout():
            milestone = rollout.milestones.get(declaration=stored)
            rollout.withdraw(
                milestone, by=by, seen=rollout.version, reason=reason, change_set=change_set, cell=cell
            )
        else:
            stored.strike(change_set, cell=cell)

    def strike(self, change_set, *, cell=""):
        """The last step of taking back: its procedures run again as before, the record goes."""
        self.uncover(self.declared_on, change_set, cell=cell)
        record(change_set, self, before=snapshot(self), deleted=True, cell=cell)
        self.delete()

    def tell_notified(self, rollout, *, by, change_set):
        """Reach *notified* when both days are known and the milestone is not on record (Điều 4.3)."""
        if self.notified_on is None or self.posted_on is None or not self.counts:
            return
        if not rollout.milestones.filter(stage=Stage.NOTIFIED).exists():
            day = max(self.notified_on, self.posted_on)
            rollout.reach(Stage.NOTIFIED, on=day, by=by, seen=rollout.version, change_set=change_set)

    def follow_review(self, change_set, *, counted):
        """Its milestone is confirmed or returned with it, and so is what it did to the procedures.

        `counted` tells whether the declaration counted before.
        """
        from procedures.models.milestones import Milestone

        for milestone in Milestone.objects.filter(declaration=self.pk):
            before = snapshot(milestone)
            milestone.take_review(self)
            milestone.version += 1
            milestone.save()
            record(change_set, milestone, before=before)
            milestone.follow_review(change_set, counted=counted)
        if counted and not self.counts:
            self.uncover(self.declared_on, change_set)
        elif self.counts and not counted:
            self.cover_again(change_set)


def standard_on(day, *, confirmed_only=False):
    """Expression for an agency queryset: the id of the standard declared on a day, NULL for none."""
    latest = Declaration.objects.by(day, confirmed_only=confirmed_only).filter(agency=OuterRef("pk"))
    # The latest decides; once it is repealed, the one before does not come back.
    stands = models.Case(models.When(repealed_on__lte=day, then=None), default=F("standard_id"))
    return models.Subquery(
        latest.order_by("-declared_on", "-id").annotate(stands=stands).values("stands")[:1],
        output_field=models.BigIntegerField(null=True),
    )
