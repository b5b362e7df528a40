"""What a person is told: in the register, and by mail as each of them chose."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agencies.access import scope_of
from agencies.models.people import Role


class NoticeKind(models.TextChoices):
    """What a notice is about. A person chooses for each kind how it reaches them."""

    RETURNED = "returned", _("An entry of mine was returned")
    DUE = "due", _("An undertaking is due or overdue")
    ASSIGNED = "assigned", _("A plan gives my agency an undertaking, or another due day")
    WAITING = "waiting", _("New entries wait for my confirmation")
    ACCEPTED = "accepted", _("My entries were confirmed")
    UPLOAD = "upload", _("A list of mine was brought in, or failed")


class Channel(models.TextChoices):
    """How a kind of notice reaches a person."""

    MAIL = "mail", _("in the register, and by mail at once")
    DIGEST = "digest", _("in the register, and in the daily mail")
    REGISTER = "register", _("in the register only")
    NONE = "none", _("not at all")


BY_MAIL = (Channel.MAIL, Channel.DIGEST)
# What holds until a person chooses.
USUAL = {
    NoticeKind.RETURNED: Channel.MAIL,
    NoticeKind.DUE: Channel.DIGEST,
    NoticeKind.ASSIGNED: Channel.MAIL,
    NoticeKind.WAITING: Channel.DIGEST,
    NoticeKind.ACCEPTED: Channel.REGISTER,
    NoticeKind.UPLOAD: Channel.REGISTER,
}
BATCH = 1_000


class Weekly(models.TextChoices):
    """Whether the weekly mail about one's agencies reaches a person."""

    MAIL = "mail", _("by mail, every Monday")
    NONE = "none", _("not at all")


WEEKLY = "weekly"  # its key among a person's choices
# Who gets it until they choose: leadership, which only reads, and coordinators.
WEEKLY_READERS = frozenset({Role.VIEWER, Role.COORDINATOR})


def weekly(choices, roles):
    """Whether the weekly mail goes to a person, by what they chose; else by the roles that they hold."""
    chosen = (choices or {}).get(WEEKLY)
    if chosen in Weekly.values:
        return Weekly(chosen)
    return Weekly.MAIL if WEEKLY_READERS & set(roles) else Weekly.NONE


def channel(choices, kind):
    """How a kind reaches a person, by what they chose ({kind: channel}); else as usual."""
    chosen = (choices or {}).get(str(kind))
    return Channel(chosen) if chosen in Channel.values else USUAL[NoticeKind(kind)]


def _fitting(text, length):
    """One line, and no longer than its column."""
    text = " ".join(str(text).split())
    return text if len(text) <= length else f"{text[: length - 1]}…"


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A person's own, of agencies that they see today."""
        return self.filter(Q(agency__isnull=True) | scope_of(user, "agency__"), to=user.pk)

    def unread(self):
        return self.filter(read_at__isnull=True)

    def mark_read(self):
        return self.unread().update(read_at=timezone.now())

    def tell(self, notices):
        """Enter notices in the transaction of the act that they tell of. `notices` are not yet stored.

        Left out: whoever wants none of the kind, whose account is switched off, and who was told of the
        occasion already.
        """
        from agencies.models.people import User

        notices = list(notices)
        people = {n.to_id for n in notices}
        wanted = dict(User.objects.filter(pk__in=people, is_active=True).values_list("pk", "notice_choices"))
        entered = []
        for notice in notices:
            if notice.to_id in wanted:
                notice.channel = channel(wanted[notice.to_id], notice.kind)
                notice.title, notice.detail = _fitting(notice.title, 300), _fitting(notice.detail, 700)
                if notice.channel != Channel.NONE:
                    entered.append(notice)
        self.bulk_create(entered, batch_size=BATCH, ignore_conflicts=True)


class Notice(models.Model):
    """One thing that one person is told, once: the same occasion is never told twice."""

    IS_NO_FACT = True  # it tells of facts; it holds none back

    to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notices",
        db_index=False,
        verbose_name=_("person"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=NoticeKind.choices)
    # The record and its moment, such as "milestone 12, version 3".
    occasion = models.CharField(max_length=120)
    title = models.CharField(_("title"), max_length=300)
    detail = models.CharField(_("detail"), max_length=700, blank=True)
    # The address in the register where something is to be done about it.
    url = models.CharField(max_length=300, blank=True)
    # Whoever no longer sees the agency is no longer told; empty: it speaks of no agency.
    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("agency")
    )
    channel = models.CharField(_("by"), max_length=8, choices=Channel.choices, default=Channel.REGISTER)
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    # Empty: not read yet.
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    # The mail that carries it; empty: none yet, or none at all.
    mail = models.ForeignKey(
        "agencies.Mail",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("mail"),
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-id"]
        indexes = [
            # The page of notices, and the count beside the bell on every page.
            models.Index(fields=["to", "-id"], name="notice_of_person"),
            models.Index(fields=["to"], name="notice_unread", condition=Q(read_at__isnull=True)),
            # What the next mails take along.
            models.Index(
                fields=["channel", "to"],
                name="notice_to_be_mailed",
                condition=Q(mail__isnull=True, read_at__isnull=True, channel__in=BY_MAIL),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["to", "kind", "occasion"], name="notice_once"),
            models.CheckConstraint(condition=Q(kind__in=NoticeKind.values), name="notice_kind_is_known"),
        ]

    def __str__(self):
        return self.title


class MailState(models.TextChoices):
    """Where a mail stands on its way out."""

    WAITING = "waiting", _("Waiting")
    CLAIMED = "claimed", _("Being written")
    HANDED = "handed", _("Being handed over")
    SENT = "sent", _("Sent")
    DROPPED = "dropped", _("Nothing left to tell")
    FAILED = "failed", _("Refused by the mail server")
    # The process or the line died while the mail was handed over. It is not sent again: nobody gets a mail twice.
    UNSURE = "unsure", _("Handed over, without an answer")


class Mail(models.Model):
    """One mail to one person, written and sent by `manage.py send_notices`; no request waits for it."""

    IS_NO_FACT = True

    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    # The day of a daily mail; empty: sent at once.
    digest_on = models.DateField(_("daily mail of"), null=True, blank=True)
    # The Monday of a weekly mail (agencies.weekly); empty: it carries notices.
    week_of = models.DateField(_("weekly mail of"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=MailState.choices, default=MailState.WAITING)
    tries = models.PositiveSmallIntegerField(_("attempts"), default=0)
    fault = models.CharField(_("fault"), max_length=300, blank=True)
    # Which process holds it and since when; both empty when none does.
    claimed_by = models.CharField(max_length=100, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["id"]
        indexes = [
            # The mails of a run.
            models.Index(
                fields=["id"],
                name="mail_open",
                condition=Q(state__in=(MailState.WAITING, MailState.CLAIMED, MailState.HANDED)),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["to", "digest_on"],
                condition=Q(digest_on__isnull=False),
                name="mail_daily_once_a_day",
            ),
            models.UniqueConstraint(
                fields=["to", "week_of"],
                condition=Q(week_of__isnull=False),
                name="mail_weekly_once_a_week",
            ),
            models.CheckConstraint(
                condition=Q(digest_on__isnull=True) | Q(week_of__isnull=True),
                name="mail_is_of_a_day_or_a_week",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by="", claimed_at__isnull=True)
                | (~Q(claimed_by="") & Q(claimed_at__isnull=False)),
                name="mail_claim_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=MailState.SENT) | Q(sent_at__isnull=False), name="mail_sent_has_its_moment"
            ),
        ]

    def __str__(self):
        return f"{self.to}: {self.get_state_display()}"
