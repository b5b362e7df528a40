"""Who may see and do what: the one place that answers.

A role held at an agency flows down its subtree. Outside what a person may see a thing does
not exist (404); inside it, without the role for an act, the act is refused (403).
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from agencies.models.agency import Agency
from agencies.models.people import Membership, Role, User
from agencies.models.tree import SEGMENT, in_subtree, path_range
from iso_rollout.statements import kept


def grants(user, on=None):
    """The memberships that a person holds on a day (None: today), read once for each request."""
    on = on or timezone.localdate()
    if not user.is_authenticated or not user.is_active:
        return []
    kept = user.__dict__.setdefault("_grants", {})
    if on not in kept:
        kept[on] = list(user.memberships.in_force(on).select_related("agency"))
    return kept[on]


def roles_at(user, agency, on=None):
    """The set of roles a person holds at an agency on a day (None: today), by the tree of today."""
    if user.is_authenticated and user.is_active and user.is_superuser:
        return set(Role)
    return {Role(g.role) for g in grants(user, on) if _holds(g, agency)}


def _holds(grant, agency):
    """Whether a grant reaches an agency; one read as of a past day stands where it stands today."""
    return (agency.path_now or agency.path).startswith(grant.agency.path)


def sees_at(user, path):
    """Whether a person sees the agency that stands at a path of the tree of today; asks the database nothing."""
    if user.is_authenticated and user.is_active and user.is_superuser:
        return True
    return any(path.startswith(grant.agency.path) for grant in grants(user))


def roles_anywhere(user, on=None):
    """The set of roles a person holds at any agency: which rooms of the program open at all."""
    if user.is_authenticated and user.is_active and user.is_superuser:
        return set(Role)
    return {Role(g.role) for g in grants(user, on)}


def scope_of(user, prefix="", roles=None):
    """The condition that selects what a person may see today.

    `prefix` leads from the rows to their agency, such as "agency__". `roles` narrows it to
    the subtrees where the person holds one of them.
    """
    if user.is_authenticated and user.is_active and user.is_superuser:
        return Q()
    paths = {g.agency.path for g in grants(user) if roles is None or g.role in roles}
    if not paths:
        return Q(pk__in=[])
    condition = Q()
    for path in sorted(paths):
        if not any(path != other and path.startswith(other) for other in paths):
            condition |= in_subtree(path, prefix)
    return condition


def seen_by(user):
    """What a person holds, as plain values: ((path, Role), …) in order; None: everything. For statements that are kept."""
    if user is None or (user.is_authenticated and user.is_active and user.is_superuser):
        return None
    return tuple(sorted((grant.agency.path, Role(grant.role)) for grant in grants(user)))


def who_sees(seen, pk=None):
    """Somebody who holds what `seen_by` said, without a row of their own."""
    person = User(pk=pk, is_superuser=seen is None)
    held = [Membership(agency=Agency(path=path), role=role) for path, role in seen or ()]
    # Also for the case that midnight passes before they are asked for.
    today = timezone.localdate()
    person.__dict__["_grants"] = {today: held, today + datetime.timedelta(days=1): held}
    return person


def past_of(seen, *paths):
    """The past-the-last paths of what somebody sees and of some paths: `in_subtree` works them out. For `kept`."""
    return [path_range(path)[1] for path in (*(path for path, _role in seen or ()), *paths) if path]


def people_with(roles, agencies, on=None):
    """Who holds one of the roles at agencies on a day (None: today): {agency id: {user id}}, in one query."""
    above = {a.pk: {a.pk, *a.ancestor_ids()} for a in agencies}
    held = Membership.objects.in_force(on or timezone.localdate()).filter(
        role__in=roles, agency__in=set().union(*above.values()), user__is_active=True
    )
    at = defaultdict(set)
    for agency_id, user_id in held.order_by().values_list("agency", "user"):
        at[agency_id].add(user_id)
    return {pk: set().union(*(at[step] for step in steps if step in at)) for pk, steps in above.items()}


def holds_at_top(user, roles):
    """Whether the person holds one of the roles over a whole tree: what belongs to no agency is theirs to keep."""
    if user.is_authenticated and user.is_active and user.is_superuser:
        return True
    return any(g.agency.parent_id is None and g.role in roles for g in grants(user))


def may_undo(user, change_set):
    """Whether a person may take a change set back.

    Coordinator over all agencies that it touched, and over a whole tree for lines of no agency;
    grants and people go back only by those who may keep them: administrators, and for
    superusers superusers.
    """
    return not _kept_from(user, change_set.changes.all())


def may_restore(user, change):
    """Whether a person may bring back a value of one line: as for taking back its change set, of that line alone."""
    return not _kept_from(user, type(change).objects.filter(pk=change.pk))


def undoable(user, change_sets):
    """Of change sets, the ids of those that the person may take back: as `may_undo`, in as many queries as for one."""
    ids = {act.pk for act in change_sets}
    lines = apps.get_model("agencies.Change").objects.filter(change_set__in=ids)
    return ids - _kept_from(user, lines) if ids else ids


def _kept_from(user, lines):
    """The ids of the change sets among whose lines is one that the person may not take back."""
    if user.is_authenticated and user.is_active and user.is_superuser:
        return set()
    lines = lines.order_by()
    facts = lines.exclude(model__in=("agencies.membership", "agencies.user"))
    given, persons = lines.filter(model="agencies.membership"), lines.filter(model="agencies.user")
    barred = [given.exclude(scope_of(user, "agency__", {Role.ADMINISTRATOR}))]
    # Who coordinates every tree needs no look at the lines: those of long lists are many.
    if Agency.objects.filter(parent=None).exclude(scope_of(user, roles={Role.COORDINATOR})).exists():
        barred.append(facts.exclude(agency=None).exclude(scope_of(user, "agency__", {Role.COORDINATOR})))
    if not holds_at_top(user, {Role.COORDINATOR}):
        barred.append(facts.filter(agency=None))
    keeps_people = holds_at_top(user, {Role.ADMINISTRATOR})
    if not keeps_people:
        barred.append(persons)
    found = {act for rows in barred for act in rows.values_list("change_set", flat=True).distinct()}
    return found | _of_superusers(persons) if keeps_people else found


def _of_superusers(persons):
    """Of lines of people, the change sets that concern a superuser, or make or unmake one."""
    persons = list(persons.values_list("change_set", "object_id", "before", "after"))
    superusers = User.objects.filter(pk__in={pk for _act, pk, *_both in persons}, is_superuser=True)
    superusers = set(superusers.values_list("pk", flat=True))
    return {
        act
        for act, pk, *both in persons
        if pk in superusers or any((values or {}).get("is_superuser") for values in both)
    }


def visible_to(user):
    """The agencies that a person may see today, closed ones included."""
    return Agency.objects.visible_to(user)


def top_agency(user):
    """The agency where a person's view begins: the highest they were granted, None without any."""
    if user.is_active and user.is_superuser:
        return Agency.objects.not_void().order_by("path").first()
    held = sorted((g.agency for g in grants(user)), key=lambda a: (len(a.path), a.path))
    return held[0] if held else None


def provinces_of(user, on=None):
    """The provinces that a person sees whole and that exist on a day (None: today): the topmost agencies of their trees.

    None for whoever sees besides them a part of another one: what they see is not the sum of provinces.
    """
    whole = None
    if not (user.is_active and user.is_superuser):
        whole = {grant.agency.path for grant in grants(user) if grant.agency.parent_id is None}
        if len(whole) < 2 or any(grant.agency.path[:SEGMENT] not in whole for grant in grants(user)):
            return []
    return _tops(on=on or timezone.localdate(), paths=whole and tuple(sorted(whole)))


@kept
def _tops(on, paths):
    roots = Agency.objects.filter(parent=None).open_on(on).order_by("path")
    return roots if paths is None else roots.filter(path__in=paths)


@dataclass(frozen=True)
class Ground:
    """One reason why a person sees an agency, or one that does not apply."""

    membership: object
    applies: bool
    why: str  # held, ended, not_begun, elsewhere


def explain(user, agency, on=None):
    """Why a person can or cannot see an agency: each of their grants with what it does here."""
    on = on or timezone.localdate()
    grounds = []
    for grant in user.memberships.select_related("agency"):
        if not _holds(grant, agency):
            why = "elsewhere"
        elif grant.starts_on and on < grant.starts_on:
            why = "not_begun"
        elif grant.ends_on and grant.ends_on < on:
            why = "ended"
        else:
            why = "held"
        grounds.append(Ground(grant, why == "held" and user.is_active, why))
    return sorted(grounds, key=lambda g: (not g.applies, g.why))
