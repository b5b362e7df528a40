"""Decisions, reports, minutes and letters. One decision may serve many agencies."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.history import record
from agencies.models import Agency
from iso_rollout.text import fold
from procedures.lifecycle import Evidence


def _stored_under(document, filename):
    """Under the hash of the content: the sender's file name is data, never a path."""
    return f"documents/{document.sha256[:2]}/{document.sha256}"


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Documents that an agency within the person's scope issued or relies on, and plan decisions."""
        from procedures.models.declarations import Declaration
        from procedures.models.milestones import Milestone
        from procedures.models.plans import Plan

        milestones = Milestone.objects.filter(scope_of(user, "rollout__agency__"), document=OuterRef("pk"))
        declarations = Declaration.objects.filter(scope_of(user, "agency__"), document=OuterRef("pk"))
        issued = Agency.objects.filter(scope_of(user), pk=OuterRef("issued_by"))
        plans = Plan.objects.visible_to(user).filter(decision=OuterRef("pk"))
        return self.filter(Exists(milestones) | Exists(declarations) | Exists(issued) | Exists(plans))

    def of_agency(self, agency):
        """Documents that an agency issued, or that its milestones, declarations and plans rest on."""
        return self.filter(
            Q(issued_by=agency)
            | Q(pk__in=agency.declarations.values("document"))
            | Q(pk__in=agency.rollouts.values("milestones__document"))
            | Q(pk__in=agency.rollouts.values("plan__decision"))
        )

    def matching(self, text):
        found = self
        for word in fold(text).split():
            found = found.filter(search_key__contains=word)
        return found


class Document(models.Model):
    """Number, date, signer and file (NĐ 30/2020/NĐ-CP)."""

    NOT_IN_HISTORY = ("search_key",)
    RESTORABLE = frozenset({"kind", "number", "signed_on", "signer", "title", "issued_by_id"})

    kind = models.CharField(
        _("kind of document"), max_length=10, choices=Evidence.choices, default=Evidence.DECISION
    )
    # Empty number or day: not known yet.
    number = models.CharField(_("number"), max_length=80, blank=True)
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    signer = models.CharField(_("signer"), max_length=150, blank=True)
    title = models.CharField(_("abstract"), max_length=500, blank=True)
    issued_by = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name=_("issued by")
    )
    file = models.FileField(_("file"), upload_to=_stored_under, blank=True)
    file_name = models.CharField(_("file name"), max_length=255, blank=True)
    size = models.PositiveIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    # The document that this one takes the place of; the old one stays readable.
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    search_key = models.CharField(max_length=800, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-signed_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(number="") | ~Q(title="") | ~Q(file_name=""), name="document_says_what_it_is"
            ),
            models.CheckConstraint(
                condition=Q(file="", sha256="") | (~Q(file="") & ~Q(sha256="")),
                name="document_file_has_its_hash",
            ),
        ]

    def __str__(self):
        if self.number and self.signed_on:
            return gettext("%(number)s of %(day)s") % {
                "number": self.number,
                "day": date_format(self.signed_on),
            }
        return self.number or self.title or self.file_name

    @property
    def history_agency_id(self):
        return self.issued_by_id

    def derive(self):
        self.search_key = fold(f"{self.number} {self.title} {self.signer}")[:800]

    def save(self, *args, **kwargs):
        self.derive()
        super().save(*args, **kwargs)


def entered(document, change_set):
    """The document a door was given, stored: a new one is entered by the same act as what rests on it."""
    if document is not None and document.pk is None:
        document.save()
        record(change_set, document)
    return document
