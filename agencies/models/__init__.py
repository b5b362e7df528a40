"""The tree of agencies, the people, and the history that every app writes to."""

from .agency import Agency
from .aliases import AgencyAlias
from .history import Change, ChangeSet, Upload
from .identities import PastIdentity, Succession
from .kept import KeptForm, SentOnce
from .notices import Channel, Mail, Notice, NoticeKind, Weekly
from .people import Membership, Role, User
from .touched import Touched
from .tree import Kind, Level

__all__ = [
    "Agency",
    "AgencyAlias",
    "Change",
    "ChangeSet",
    "Channel",
    "KeptForm",
    "Kind",
    "Level",
    "Mail",
    "Membership",
    "Notice",
    "NoticeKind",
    "PastIdentity",
    "Role",
    "SentOnce",
    "Succession",
    "Touched",
    "Upload",
    "User",
    "Weekly",
]
