"""Decisions, reports, minutes and letters. One decision may serve many agencies."""

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from agencies.access import holds_at_top, scope_of
from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import open_change_set, record, snapshot
from agencies.models import Agency, Change
from agencies.models.keys import holds
from agencies.models.tree import in_subtree
from iso_rollout import papers
from iso_rollout.text import Query, text_key
from procedures.lifecycle import KEEPERS, RECORDERS, Evidence
from procedures.models.entries import acting_roles
from procedures.models.files import path_of


def _stored_under(document, filename):
    return path_of(document.sha256)


class DocumentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Documents that an agency within the person's scope issued or relies on, and plan decisions."""
        from procedures.models.plans import Plan

        return self._reaching(lambda prefix: scope_of(user, prefix), Plan.objects.visible_to(user))

    def within(self, agency):
        """Documents that an agency of a subtree issued or relies on, and decisions of its plans."""
        from procedures.models.plans import Plan

        inside = in_subtree(agency.path, "agency__")
        return self._reaching(lambda prefix: in_subtree(agency.path, prefix), Plan.objects.filter(inside))

    def _reaching(self, condition, plans):
        """`condition(prefix)` selects agencies at the end of a path of columns."""
        from procedures.models.declarations import Declaration
        from procedures.models.milestones import Milestone

        # Asked from the side of the agencies: a scope has few, and the papers of a country are many.
        known = {"document__isnull": False}
        milestones = Milestone.objects.filter(condition("rollout__agency__"), **known)
        declarations = Declaration.objects.filter(condition("agency__"), **known)
        issuers = Agency.objects.filter(condition(""))
        return self.filter(
            Q(issued_by__in=issuers.order_by().values("pk"))
            | Q(pk__in=milestones.order_by().values("document"))
            | Q(pk__in=declarations.order_by().values("document"))
            | Q(pk__in=plans.filter(decision__isnull=False).order_by().values("decision"))
        )

    def by(self, on):
        """Documents signed on or before a day, or nobody knows when."""
        return self.filter(Q(signed_on__lte=on) | Q(signed_on__isnull=True))

    def same_as(self, agency, number, signed_on):
        """What an agency issued or relies on under a number and day; nothing without a number."""
        return self.of_agency(agency).filter(number=number, signed_on=signed_on).exclude(number="")

    def of_agency(self, agency):
        """Documents that an agency issued, or that its milestones, declarations and plans rest on."""
        return self.filter(
            Q(issued_by=agency)
            | Q(pk__in=agency.declarations.values("document"))
            | Q(pk__in=agency.rollouts.values("milestones__document"))
            | Q(pk__in=agency.rollouts.values("plan__decision"))
        )

    def matching(self, text):
        """Those whose number, abstract or signer holds each typed word or its beginning."""
        return self.filter(holds(Query(text).needed))

    @transaction.atomic
    def register(self, agency, *, by, file=None, replaces=None, change_set=None, **values):
        """Enter a document that an agency issued (None: none of the register). Returns the Document.

        `values` are kind, number, signed_on, signer, title; `file` is a Kept. Raises Refused: not their
        role, on record already, or what it takes the place of was replaced before.
        """
        document = Document(issued_by=agency, replaces=replaces, **values)
        document.check_keeper(by)
        if agency is not None:
            # The second of two clicks waits here for the first and then finds what it entered.
            Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
            same = self.same_as(agency, document.number, document.signed_on)
            if not document.number:
                same = self.filter(
                    issued_by=agency, number="", signed_on=document.signed_on, title=document.title
                )
                same = same.filter(sha256=file.sha256 if file else "")
            if same.exists():
                raise Refused(gettext("This document is on record already."), "number")
        if replaces is not None and self.filter(replaces=replaces).exists():
            raise Refused(gettext("Another document took its place already."), "replaces")
        if file is not None:
            document.attach(file)
        change_set = change_set or open_change_set(gettext("Document entered: %s") % document, by=by)
        return entered(document, change_set)


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
        self.search_key = text_key(self.number, self.title, self.signer, codes=[self.number])[:800]

    def save(self, *args, **kwargs):
        self.derive()
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("document", args=[self.pk])

    @property
    def kind_of_file(self):
        """What its file is by its ending, which is that of its content; None without a file."""
        return papers.kind_of_name(self.file_name) if self.file else None

    # Doors

    def is_kept_by(self, person):
        """Whether a person may change it: who records for the agency that issued it; without one, the lead agency."""
        if person is None:
            return True
        if self.issued_by is None:
            return holds_at_top(person, KEEPERS)
        return bool(acting_roles(person, self.issued_by) & RECORDERS)

    def check_keeper(self, person):
        if not self.is_kept_by(person):
            raise Refused(gettext("Your role does not allow this entry."))

    def attach(self, file):
        """Take a Kept as its file, not yet stored: `entered` writes it."""
        self.unstored = snapshot(self) if self.pk else None
        self.file.name, self.file_name = file.path, file.name
        self.size, self.sha256 = file.size, file.sha256

    @transaction.atomic
    def amend(self, *, by, seen, why="", change_set=None, **values):
        """Correct what is said about it: kind, number, signed_on, signer, title. Raises Refused and ChangedMeanwhile."""
        self.check_keeper(by)
        stored = self._claim(seen)
        before = snapshot(stored)
        for name, value in values.items():
            setattr(stored, name, value)
        number, day = stored.number, stored.signed_on
        own = Document.objects.filter(issued_by=stored.issued_by).exclude(pk=stored.pk)
        if stored.issued_by and number and own.filter(number=number, signed_on=day).exists():
            raise Refused(gettext("This document is on record already."), "number")
        return stored._write(before, gettext("Document corrected: %s") % stored, by, why, change_set)

    def put_value_back(self, column, value, *, by, seen, reason, change_set):
        """Bring back an earlier value, as a correction (agencies.history)."""
        self.amend(by=by, seen=seen, why=reason, change_set=change_set, **{column: value})

    @transaction.atomic
    def replace_file(self, file, *, by, seen, why="", change_set=None):
        """Another file (a Kept) for the same document; the earlier one stays in the history and readable.

        Raises Refused (not their role, or the same content) and ChangedMeanwhile.
        """
        self.check_keeper(by)
        stored = self._claim(seen)
        if stored.sha256 == file.sha256:
            raise Refused(gettext("This is the file that is on record already."), "file")
        stored.attach(file)
        return stored._write(stored.unstored, gettext("File replaced: %s") % stored, by, why, change_set)

    def neighbours(self):
        """The ids of all documents of its chain of replacements, its own too; [] when it stands alone."""
        chain, after, before = [self.pk], self, self
        while (before := before.replaces) is not None and before.pk not in chain:
            chain.insert(0, before.pk)
        while (after := getattr(after, "replaced_by", None)) is not None and after.pk not in chain:
            chain.append(after.pk)
        return chain if len(chain) > 1 else []

    def earlier_files(self):
        """Files that it had before, the latest first: [(sha256, file name, Change that replaced it)]."""
        lines = Change.objects.of(self).filter(before__sha256__isnull=False, after__isnull=False)
        found = []
        for line in lines.select_related("change_set__made_by"):
            sha256 = line.before["sha256"]
            if sha256 and sha256 != self.sha256 and sha256 not in [known for known, *_more in found]:
                found.append((sha256, line.before.get("file_name", self.file_name), line))
        return found

    def _claim(self, seen):
        """Take it for this change: the version in the filter makes the second click miss."""
        claimed = Document.objects.filter(pk=self.pk, version=seen).update(version=seen + 1)
        stored = Document.objects.select_related("issued_by").get(pk=self.pk)
        if not claimed:
            raise ChangedMeanwhile(stored)
        return stored

    def _write(self, before, title, by, why, change_set):
        self.save()
        record(change_set or open_change_set(title, by=by, reason=why), self, before=before)
        return self


def entered(document, change_set):
    """The document a door was given, stored: a new one, or its first file, comes in by the same act as what rests on it."""
    if document is None:
        return None
    if document.pk is None:
        document.save()
        record(change_set, document)
    elif (before := document.__dict__.pop("unstored", None)) is not None:
        document.check_keeper(change_set.made_by)
        stored = document._claim(before["version"])
        stored.file.name, stored.file_name = document.file.name, document.file_name
        stored.size, stored.sha256 = document.size, document.sha256
        stored.save()
        record(change_set, stored, before=before)
    return document
