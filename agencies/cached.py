"""Finished values kept under the version of the data: they are worked out again when anything was changed.

The version is the history's last change set, so no row is written for it and no door has to know. Kept by what a
person may see, never by who they are; by day, because "today" ends; by language, because sentences are kept too.
"""

import hashlib

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import get_language

from agencies.access import grants
from agencies.imports.engine import latest_change

SECONDS = 3_600  # a bound for data written past the doors, such as synthetic countries


def cached(name, *parts, user, build):
    """What `build()` gives, or gave for the same name, parts, reach of the person and state of the data.

    `parts`: plain values that the answer depends on. `user` None: everything is seen.
    """
    told = (name, _version(user), timezone.localdate(), get_language(), _reach(user), parts)
    key = f"figures:{hashlib.sha256(repr(told).encode()).hexdigest()}"
    found = cache.get(key)
    if found is None:
        found = build()
        cache.set(key, found, SECONDS)
    return found


def _version(user):
    """The state of the data, asked for once by each request, as its grants are."""
    if user is None:
        return latest_change()
    if "_version" not in user.__dict__:
        user.__dict__["_version"] = latest_change()
    return user.__dict__["_version"]


def _reach(user):
    if user is None or (user.is_active and user.is_superuser):
        return "everything"
    return tuple(sorted({grant.agency.path for grant in grants(user)}))
