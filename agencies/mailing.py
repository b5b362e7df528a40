"""Notices by mail: gathered into mails, each claimed by one process, written, and handed over once.

Knows no request. A mail server that is down leaves everything as it was for the next run. A process
that dies before it hands a mail over leaves it for the next run; one that dies while it does, or
whose server has the whole mail and never says so, leaves it unsent for good, because nobody can
tell: the notice itself stays in the register.
"""

import logging
import smtplib
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import ngettext

from agencies import weekly
from agencies.imports.uploads import is_dead, worker_name
from agencies.models import Channel, Mail, Notice, NoticeKind, User
from agencies.models.notices import BY_MAIL, MailState, channel

log = logging.getLogger(__name__)

MOST_TRIES = 5  # refusals of one mail by the server before it is given up
NEWEST = timedelta(days=7)  # what is older is no news: it stays in the register only
LISTED = 50  # notices that one mail lists


@dataclass
class Outcome:
    """What a run did with the mails that waited."""

    sent: int = 0
    dropped: int = 0
    unsure: int = 0
    faults: list = field(default_factory=list)  # [(mail, sentence)]
    unreachable: str = ""

    def log(self):
        """Tell the log what the office's mail server did not take."""
        if self.unsure:
            log.warning("%s mails may have been taken, nobody can tell; not sent again", self.unsure)
        for mail, fault in self.faults:
            log.warning("Mail %s was not sent: %s", mail.pk, fault)
        if self.unreachable:
            # The next run, of either command that sends, tries again.
            log.error("The mail server cannot be reached: %s", self.unreachable)


# Gathering


def gather(on, *, daily):
    """Put what is to be mailed into mails: what goes at once, and with `daily` the daily mail of `on`.

    Returns how many mails were made. Two runs at once, or one after the other, take each notice once.
    """
    made = _gather(Channel.MAIL, None)
    return made + _gather(Channel.DIGEST, on) if daily else made


def _gather(by, digest_on):
    waiting = Notice.objects.unread().filter(
        mail=None, channel=by, made_at__gte=timezone.now() - NEWEST, to__is_active=True
    )
    ids = defaultdict(list)
    for pk, person in waiting.exclude(to__email="").order_by("id").values_list("pk", "to"):
        ids[person].append(pk)
    return sum(_put_into_a_mail(person, own, digest_on) for person, own in ids.items())


def _put_into_a_mail(person, ids, digest_on):
    """One mail of a person's notices; False when another run was faster."""
    try:
        with transaction.atomic():
            mail = Mail.objects.create(to_id=person, digest_on=digest_on)
            # The second of two runs waits here for the first, and finds them taken.
            if not Notice.objects.filter(pk__in=ids, mail=None).update(mail=mail):
                transaction.set_rollback(True)
                return False
    except IntegrityError:
        # The daily mail of the day is there already: the rest goes tomorrow.
        return False
    return True


# Sending


def send(connection=None):
    """Hand over the mails that wait. Returns `Outcome`; a mail server that is down raises nothing."""
    outcome, worker = Outcome(), worker_name()
    outcome.unsure = _give_up_dead()
    connection = connection or get_connection()
    try:
        for pk in list(Mail.objects.filter(state=MailState.WAITING).values_list("pk", flat=True)):
            mail = _claim(pk, worker)
            if mail is not None and not _send(mail, connection, worker, outcome):
                break
    finally:
        _close(connection)
    return outcome


def _claim(pk, worker):
    """One mail for this process alone, by one conditional update; None when another has it."""
    claimed = Mail.objects.filter(pk=pk, state=MailState.WAITING).update(
        state=MailState.CLAIMED, claimed_by=worker, claimed_at=timezone.now()
    )
    return Mail.objects.select_related("to").get(pk=pk) if claimed else None


def _give_up_dead():
    """Mails whose process died: not handed over yet, they wait again; else nobody knows. Returns how many of those."""
    unsure = 0
    for mail in Mail.objects.filter(state__in=(MailState.CLAIMED, MailState.HANDED)):
        if is_dead(mail):
            state = MailState.WAITING if mail.state == MailState.CLAIMED else MailState.UNSURE
            own = Mail.objects.filter(pk=mail.pk, state=mail.state, claimed_by=mail.claimed_by)
            freed = own.update(state=state, claimed_by="", claimed_at=None)
            unsure += freed if state == MailState.UNSURE else 0
    return unsure


def _send(mail, connection, worker, outcome):
    """Write and hand over one mail. False when the server is out of reach and the run is over."""
    mine = Mail.objects.filter(pk=mail.pk, claimed_by=worker)
    free = {"claimed_by": "", "claimed_at": None}
    message = written(mail)
    if message is None:
        mine.update(state=MailState.DROPPED, **free)
        outcome.dropped += 1
        return True
    try:
        # Before the mail is marked as handed over: what fails here has surely not been sent.
        connection.open()
    except (OSError, smtplib.SMTPException) as fault:
        mine.update(state=MailState.WAITING, fault=_said(fault), **free)
        outcome.unreachable = _said(fault)
        return False
    if not mine.filter(state=MailState.CLAIMED).update(state=MailState.HANDED):
        return True  # another process gave this one up as dead
    gone = _bodies_gone(connection)
    try:
        connection.send_messages([message])
    except ValueError as fault:
        # An address or a heading that no mail can have.
        mine.update(state=MailState.FAILED, fault=_said(fault), **free)
        outcome.faults.append((mail, _said(fault)))
        return True
    except (OSError, smtplib.SMTPException) as fault:
        tries = mail.tries + _is_refusal(fault)
        state = MailState.WAITING if tries < MOST_TRIES else MailState.FAILED
        if gone and not _is_refusal(fault):
            state = MailState.UNSURE
            outcome.unsure += 1
        mine.update(state=state, tries=tries, fault=_said(fault), **free)
        outcome.faults.append((mail, _said(fault)))
        _close(connection)
        return True
    mine.update(state=MailState.SENT, sent_at=timezone.now(), fault="", **free)
    outcome.sent += 1
    return True


def _bodies_gone(connection):
    """A list that gets what goes out whole over an SMTP line from now on: the one thing sent in bytes is a mail."""
    gone, line = [], getattr(connection, "connection", None)
    if isinstance(line, smtplib.SMTP):

        def send(data):
            type(line).send(line, data)
            if isinstance(data, bytes):
                gone.append(data)

        line.send = send
    return gone


def _is_refusal(fault):
    """Whether the server answered and said no to this mail, in contrast to a line that broke."""
    return isinstance(fault, (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused))


def _close(connection):
    # There is nothing left to be lost.
    with suppress(OSError, smtplib.SMTPException):
        connection.close()


def _said(fault):
    return f"{type(fault).__name__}: {fault}"[:300]


# Writing


def written(mail):
    """The mail as a message, in plain Vietnamese; None when nothing is left to tell.

    Left out: what the person has read since, may no longer see, or no longer wants by mail.
    """
    person = User.objects.get(pk=mail.to_id)
    if not person.is_active or not person.email:
        return None
    if mail.week_of is not None:
        letter = weekly.letter_to(person, mail.week_of)
        return letter and _message(mail, person, letter.subject, letter.text, letter.html)
    wanted = [kind for kind in NoticeKind if channel(person.notice_choices, kind) in BY_MAIL]
    notices = Notice.objects.visible_to(person).unread().filter(mail=mail, kind__in=wanted)
    notices = list(notices.order_by("id"))
    if not notices:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        groups = [
            (kind.label, [n for n in notices[:LISTED] if n.kind == kind])
            for kind in NoticeKind
            if any(n.kind == kind for n in notices[:LISTED])
        ]
        body = render_to_string(
            "agencies/mail/notices.txt",
            {
                "person": person,
                "groups": groups,
                "count": len(notices),
                "more": max(len(notices) - LISTED, 0),
                "digest_on": mail.digest_on,
                "site": settings.SITE_URL,
                "lead_agency": settings.LEAD_AGENCY_NAME,
                "province": settings.PROVINCE_NAME,
            },
        )
        subject = _subject(notices)
    return _message(mail, person, subject, body)


def _message(mail, person, subject, text, html=""):
    """One message to one person. Its id is the mail's: a server that gets it twice can tell."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    headers = {"Message-ID": f"<notices-{mail.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(subject, text, to=[person.email], headers=headers)
    if html:
        message.attach_alternative(html, "text/html")
    return message


def _subject(notices):
    first = notices[0].title
    if len(notices) > 1:
        more = len(notices) - 1
        first = ngettext("%(first)s, and %(n)s more notice", "%(first)s, and %(n)s more notices", more) % {
            "first": first,
            "n": more,
        }
    return f"[ISO 9001] {' '.join(first.split())}"
