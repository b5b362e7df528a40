"""Forms of the writing screens, by what they write."""

from .base import facts_of
from .declarations import AmendDeclarationForm, DeclareForm
from .documents import AmendDocumentForm, RegisterForm, ReplaceFileForm
from .entries import ReviewForm, WithdrawDeclarationForm
from .milestones import AmendForm, MilestoneForm, WithdrawForm
from .moves import MoveForm
from .several import SeveralForm

__all__ = [
    "AmendDeclarationForm",
    "AmendDocumentForm",
    "AmendForm",
    "DeclareForm",
    "MilestoneForm",
    "MoveForm",
    "RegisterForm",
    "ReplaceFileForm",
    "ReviewForm",
    "SeveralForm",
    "WithdrawDeclarationForm",
    "WithdrawForm",
    "facts_of",
]
