"""Who may see and do what: the one place that answers.

A role held at an agency flows down its subtree. Outside what a person may see a thing does
not exist (404); inside it, without the role for an act, the act is refused (403).
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from agencies.models.agency import Agency
from agencies.models.people import Membership, Role, User
from agencies.models.tree import SEGMENT, in_subtree


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
    return _may_take_back(user, change_set.changes.order_by())


def may_restore(user, change):
    """Whether a person may bring back a value of one line: as for taking back its change set, of that line alone."""
    return _may_take_back(user, type(change).objects.order_by().filter(pk=change.pk))


def _may_take_back(user, lines):
    if user.is_authenticated and user.is_active and user.is_superuser:
        return True
    people = ("agencies.membership", "agencies.user")
    facts = lines.exclude(model__in=people)
    others = facts.exclude(agency=None).exclude(scope_of(user, "agency__", {Role.COORDINATOR}))
    if others.exists():
        return False
    if facts.filter(agency=None).exists() and not holds_at_top(user, {Role.COORDINATOR}):
        return False
    grants_given = lines.filter(model="agencies.membership")
    if grants_given.exclude(scope_of(user, "agency__", {Role.ADMINISTRATOR})).exists():
        return False
    persons = list(lines.filter(model="agencies.user").values_list("object_id", "before", "after"))
    if not persons:
        return True
    raised = any((values or {}).get("is_superuser") for _pk, *both in persons for values in both)
    superusers = User.objects.filter(pk__in=[pk for pk, *_both in persons], is_superuser=True)
    return holds_at_top(user, {Role.ADMINISTRATOR}) and not raised and not superusers.exists()


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
    roots = Agency.objects.filter(parent=None).open_on(on or timezone.localdate()).order_by("path")
    if user.is_active and user.is_superuser:
        return list(roots)
    whole = {grant.agency.path for grant in grants(user) if grant.agency.parent_id is None}
    if len(whole) < 2 or any(grant.agency.path[:SEGMENT] not in whole for grant in grants(user)):
        return []
    return list(roots.filter(path__in=whole))


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
