"""Whom an act concerns, and what they are told. Called by the doors, inside the transaction of the act.

Texts are Vietnamese whatever language the acting person reads: they are for others, and for mails.
"""

from functools import wraps

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.access import people_with
from agencies.models import Notice, NoticeKind, Role
from procedures.lifecycle import Acceptance


def _in_vietnamese(tell):
    @wraps(tell)
    def told(*args, **kwargs):
        with translation.override(settings.LANGUAGE_CODE):
            return tell(*args, **kwargs)

    return told


def _occasion(record):
    """A record as it is now: told again only when it has changed."""
    return f"{record._meta.model_name} {record.pk} v{record.version}"


def amend_url(entry):
    """Where an entry is mended; *declared* as the declaration behind it."""
    if getattr(entry, "declaration_id", None):
        return reverse("amend_declaration", args=[entry.rollout.agency_id, entry.declaration_id])
    if hasattr(entry, "rollout_id"):
        return reverse("amend_milestone", args=[entry.rollout.agency_id, entry.rollout_id, entry.pk])
    return reverse("amend_declaration", args=[entry.agency_id, entry.pk])


@_in_vietnamese
def tell_waiting(entries):
    """The lead agency, once a day: something waits for its word. `entries` are as stored."""
    waiting = {}
    for entry in entries:
        # *Declared* waits as the declaration behind it.
        if entry.acceptance == Acceptance.UNREVIEWED and not getattr(entry, "declaration_id", None):
            waiting.setdefault(entry.agency_of_entry.pk, entry)
    if not waiting:
        return
    first = {}
    coordinators = people_with({Role.COORDINATOR}, [e.agency_of_entry for e in waiting.values()])
    for agency_id, people in coordinators.items():
        for person in people:
            first.setdefault(person, waiting[agency_id])
    day = timezone.localdate()
    Notice.objects.tell(
        Notice(
            to_id=person,
            kind=NoticeKind.WAITING,
            occasion=f"day {day}",
            title=_("New entries wait for your confirmation"),
            detail=_("The first of %(day)s: %(entry)s.") % {"day": date_format(day), "entry": entry},
            url=reverse("acceptance"),
            agency=entry.agency_of_entry,
        )
        for person, entry in first.items()
    )


@_in_vietnamese
def tell_reviewed(entries, after, *, by, note="", change_set=None):
    """Whoever recorded the entries: confirmed (in one notice), or returned with a note (in one each).

    `change_set` is the act; several confirmed entries are seen there.
    """
    own = {}
    for entry in entries:
        if entry.recorded_by_id is not None and (by is None or entry.recorded_by_id != by.pk):
            own.setdefault(entry.recorded_by_id, []).append(entry)
    if after == Acceptance.RETURNED:
        Notice.objects.tell(
            Notice(
                to_id=person,
                kind=NoticeKind.RETURNED,
                occasion=_occasion(entry),
                title=_("Returned: %(entry)s") % {"entry": entry},
                detail=_("%(by)s: “%(note)s”") % {"by": by or _("The lead agency"), "note": note},
                url=amend_url(entry),
                agency=entry.agency_of_entry,
            )
            for person, returned in own.items()
            for entry in returned
        )
    elif after == Acceptance.ACCEPTED:
        Notice.objects.tell(_confirmed(person, accepted, by, change_set) for person, accepted in own.items())


def _confirmed(person, entries, by, change_set):
    first = entries[0]
    many = len(entries) > 1
    return Notice(
        to_id=person,
        kind=NoticeKind.ACCEPTED,
        occasion=_occasion(first),
        title=ngettext(
            "%(n)s of your entries is confirmed", "%(n)s of your entries are confirmed", len(entries)
        )
        % {"n": len(entries)}
        if many
        else _("Confirmed: %(entry)s") % {"entry": first},
        detail=_("Confirmed by %(by)s.") % {"by": by} if by else "",
        url=(change_set if many else first.agency_of_entry).get_absolute_url(),
        agency=first.agency_of_entry,
    )


@_in_vietnamese
def tell_assigned(rollouts, *, by=None):
    """Those who record for the units: an undertaking under a plan, with its due day."""
    _tell_editors(
        rollouts,
        by,
        lambda r: (f"rollout {r.pk} assigned", _("Assigned: %(rollout)s") % {"rollout": r}),
    )


@_in_vietnamese
def tell_due_changed(rollouts, *, by=None):
    """Those who record for the units: the undertaking is due on another day."""
    _tell_editors(
        rollouts,
        by,
        lambda r: (_occasion(r), _("Another due day: %(rollout)s") % {"rollout": r}),
    )


def _tell_editors(rollouts, by, words):
    rollouts = list(rollouts)
    prefetch_related_objects(rollouts, "agency", "plan")
    editors = people_with({Role.EDITOR}, [r.agency for r in rollouts]) if rollouts else {}
    notices = []
    for rollout in rollouts:
        occasion, title = words(rollout)
        for person in editors[rollout.agency_id]:
            if by is None or person != by.pk:
                notices.append(
                    Notice(
                        to_id=person,
                        kind=NoticeKind.ASSIGNED,
                        occasion=occasion,
                        title=title,
                        detail=_("Due on %(day)s · %(plan)s")
                        % {"day": date_format(rollout.due_on), "plan": rollout.plan},
                        url=f"{rollout.agency.get_absolute_url()}#rollout-{rollout.pk}",
                        agency=rollout.agency,
                    )
                )
    Notice.objects.tell(notices)


STEPS_BEFORE = (1, 7, 30)  # days before the due day on which those who record are reminded


@_in_vietnamese
def remind(rollouts, on):
    """Reminders of a day: 30, 7 and 1 days before an undertaking is due, and each week once it is overdue.

    `rollouts` go on and are not declared. A day on which the command did not run is made up for.
    """
    due = []
    for rollout in rollouts:
        left = (rollout.due_on - on).days
        if left < 0:
            step = f"late {(-left - 1) // 7}"
            title = ngettext("Overdue by %(n)s day: %(rollout)s", "Overdue by %(n)s days: %(rollout)s", -left)
        else:
            step = next((str(s) for s in STEPS_BEFORE if left <= s), None)
            title = ngettext("Due in %(n)s day: %(rollout)s", "Due in %(n)s days: %(rollout)s", left)
            if left == 0:
                title = _("Due today: %(rollout)s")
        if step is not None:
            words = title % {"n": abs(left), "rollout": rollout}
            due.append((rollout, f"rollout {rollout.pk} due {rollout.due_on} {step}", words))
    editors = people_with({Role.EDITOR}, [r.agency for r, _o, _t in due]) if due else {}
    Notice.objects.tell(
        Notice(
            to_id=person,
            kind=NoticeKind.DUE,
            occasion=occasion,
            title=title,
            detail=_("Due on %(day)s · now: %(stage)s")
            % {
                "day": date_format(rollout.due_on),
                "stage": rollout.get_stage_display() or _("Not started"),
            },
            url=f"{rollout.agency.get_absolute_url()}#rollout-{rollout.pk}",
            agency=rollout.agency,
        )
        for rollout, occasion, title in due
        for person in editors[rollout.agency_id]
    )
