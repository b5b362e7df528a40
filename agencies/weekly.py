"""The weekly mail: who gets one, and that nobody gets two for a week. Knows no request.

What it says is written by the room that owns the figures: it hands its writer in (`writes_weekly`), so that every
run which sends mails can write it at the last moment, by what the person may see then.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone, translation

from agencies.access import grants
from agencies.models import Mail, Membership, User, Weekly
from agencies.models.notices import MailState, weekly

BATCH = 500
_WRITERS = []


@dataclass(frozen=True)
class Letter:
    """What a weekly mail says: its heading, in plain text, and as a page."""

    subject: str
    text: str
    html: str


def writes_weekly(write):
    """Take `write(person, monday)` for what writes weekly mails: it gives a `Letter`, None when there is nothing to tell."""
    _WRITERS[:] = [write]
    return write


def monday_of(day):
    """The first day of the week of a day."""
    return day - datetime.timedelta(days=day.weekday())


def gather_weekly(day):
    """Claim the weekly mail of the week of a day for everybody who wants one. Returns how many were made.

    Two runs at once, or one after the other, make one for each person. One of an earlier week that still waits
    is let go: the newer one tells more.
    """
    monday = monday_of(day)
    have = set(Mail.objects.filter(week_of=monday).values_list("to", flat=True))
    people = _readers() - have
    Mail.objects.filter(week_of__lt=monday, state=MailState.WAITING).update(state=MailState.DROPPED)
    Mail.objects.bulk_create(
        (Mail(to_id=person, week_of=monday) for person in sorted(people)),
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    return len(people)


def _readers():
    """The ids of those who want the weekly mail, have an address and hold a role today: three queries at most."""
    roles = defaultdict(set)
    held = Membership.objects.in_force(timezone.localdate()).order_by()
    for person, role in held.values_list("user", "role"):
        roles[person].add(role)
    people = User.objects.filter(is_active=True).exclude(email="")
    return {
        pk
        for pk, choices, is_superuser in people.values_list("pk", "notice_choices", "is_superuser")
        if (pk in roles or is_superuser) and weekly(choices, roles[pk]) == Weekly.MAIL
    }


def letter_to(person, monday):
    """The `Letter` of a week to a person as they are now, in Vietnamese; None when they get none."""
    if not _WRITERS or weekly(person.notice_choices, {grant.role for grant in grants(person)}) != Weekly.MAIL:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        return _WRITERS[0](person, monday)
