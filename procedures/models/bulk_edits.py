"""Bulk edits on their way: which rows, what becomes of them, and the change set that came of it."""

import datetime
import hashlib
import json

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.models import ChangeSet, User

# An edit that nobody finished is forgotten after so long.
FORGOTTEN = datetime.timedelta(days=7)


class BulkEditManager(models.Manager):
    @transaction.atomic
    def begin(self, person, *, subject, act, query="", picked=(), pasted=""):
        """A new edit, or the same one that this person began and has not finished: two clicks begin one."""
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        own = self.filter(made_by=person, change_set=None)
        own.filter(begun_at__lt=timezone.now() - FORGOTTEN).delete()
        chosen = {"subject": subject, "act": act, "query": query, "picked": sorted(picked), "pasted": pasted}
        key = hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()
        return own.filter(key=key).first() or self.create(made_by=person, key=key, **chosen)


class BulkEdit(models.Model):
    """One edit of many records. What was typed waits here until it is confirmed; it is the person's own."""

    IS_NO_FACT = True  # what it did stands in its change set

    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    begun_at = models.DateTimeField(default=timezone.now)
    # rollouts, agencies or duties; which act: `procedures.bulk.ACTS`.
    subject = models.CharField(max_length=10)
    act = models.CharField(max_length=20)
    # The rows: those picked, else those of a pasted list, else all that fit the filter of the list.
    query = models.CharField(max_length=2000, blank=True)
    picked = models.JSONField(default=list)
    pasted = models.TextField(blank=True)
    # What a person said about names in a pasted list: {name as pasted: agency id, 0 to leave it out}.
    answers = models.JSONField(default=dict)
    # What the person typed, by field.
    typed = models.JSONField(default=dict)
    key = models.CharField(max_length=64)
    # Empty until it is confirmed.
    change_set = models.OneToOneField(
        ChangeSet, models.PROTECT, null=True, blank=True, related_name="bulk_edit"
    )

    objects = BulkEditManager()

    class Meta:
        verbose_name = _("bulk edit")
        verbose_name_plural = _("bulk edits")
        constraints = [
            models.UniqueConstraint(
                fields=["made_by", "key"], condition=Q(change_set__isnull=True), name="bulk_edit_begun_once"
            )
        ]

    def __str__(self):
        return f"{self.subject}: {self.act}"
