"""Forms on their way: what could not be saved is kept for a while, what was saved is not saved twice."""

import datetime
import json
import secrets

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from iso_rollout.text import storable

# Never kept, whatever the form.
SECRET = ("password", "csrfmiddlewaretoken")
MOST_BYTES = 600_000
MOST_OF_ONE = 10
KEPT = datetime.timedelta(hours=2)
FORGOTTEN = datetime.timedelta(days=7)


class KeptFormManager(models.Manager):
    def keep(self, person_id, *, page, action, pairs):
        """Keep the fields of a form. Returns the `KeptForm`, None when there is nothing to keep or it is too large."""
        pairs = [(name, value) for name, value in pairs if not any(word in name for word in SECRET)]
        if not pairs or len(json.dumps(pairs)) > MOST_BYTES:
            return None
        self.filter(kept_at__lt=timezone.now() - KEPT).delete()
        own = self.filter(person=person_id).order_by("-id")
        self.filter(pk__in=list(own.values_list("pk", flat=True)[MOST_OF_ONE - 1 :])).delete()
        return self.create(
            person_id=person_id,
            token=secrets.token_urlsafe(24),
            page=page[:2000],
            action=action[:2000],
            pairs=storable(pairs),
        )

    def of(self, person, token):
        """The person's own, as long as it is kept; None otherwise."""
        since = timezone.now() - KEPT
        return self.filter(person=person.pk, token=storable(token), kept_at__gte=since).first()


class KeptForm(models.Model):
    """The fields of one form that was sent. `page` shows the form, `action` is where it was sent."""

    IS_NO_FACT = True

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token = models.CharField(max_length=40, unique=True)
    page = models.CharField(max_length=2000)
    action = models.CharField(max_length=2000)
    pairs = models.JSONField(default=list)
    kept_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = KeptFormManager()

    class Meta:
        verbose_name = _("kept form")
        verbose_name_plural = _("kept forms")

    def __str__(self):
        return self.action


class SentOnceManager(models.Manager):
    def first_time(self, token):
        """Whether a form is sent for the first time, inside the transaction that writes what it says.

        The second of two clicks waits here for the first one and then learns that it was done.
        """
        self.filter(sent_at__lt=timezone.now() - FORGOTTEN).delete()
        _sent, is_new = self.get_or_create(token=token)
        return is_new


class SentOnce(models.Model):
    """The token of a form that enters a record and was sent: for records that no natural key tells apart."""

    IS_NO_FACT = True

    token = models.CharField(max_length=40, unique=True)
    sent_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = SentOnceManager()

    class Meta:
        verbose_name = _("sent form")
        verbose_name_plural = _("sent forms")

    def __str__(self):
        return self.token
