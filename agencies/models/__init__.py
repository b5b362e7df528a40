"""The tree of agencies, the people, and the history that every app writes to."""

from .agency import Agency
from .aliases import AgencyAlias
from .history import Change, ChangeSet, Upload
from .identities import PastIdentity, Succession
from .kept import KeptForm, SentOnce
from .people import Membership, Role, User
from .tree import Kind, Level

__all__ = [
    "Agency",
    "AgencyAlias",
    "Change",
    "ChangeSet",
    "KeptForm",
    "Kind",
    "Level",
    "Membership",
    "PastIdentity",
    "Role",
    "SentOnce",
    "Succession",
    "Upload",
    "User",
]
