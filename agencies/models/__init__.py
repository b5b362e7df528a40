"""The tree of agencies, the people, and the history that every app writes to."""

from .agency import Agency, Kind, Level, PastIdentity, Succession
from .aliases import AgencyAlias
from .history import Change, ChangeSet, Upload
from .people import Membership, Role, User

__all__ = [
    "Agency",
    "AgencyAlias",
    "Change",
    "ChangeSet",
    "Kind",
    "Level",
    "Membership",
    "PastIdentity",
    "Role",
    "Succession",
    "Upload",
    "User",
]
