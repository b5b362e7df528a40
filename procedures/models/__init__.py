"""Facts of what is to be done and how far it is, by noun."""

from .agency_procedures import AgencyProcedure, PastApplication
from .bulk_edits import BulkEdit
from .campaigns import CAMPAIGN_KEEPERS, CONVERTING, Campaign, Wave, Work
from .catalogue import Procedure
from .coverage import Covers
from .declarations import Declaration, Precision, Redeclaration, standard_on
from .documents import Document
from .issued import IssuedSheet
from .milestones import Milestone
from .plans import Metric, Plan, Target, TargetRevision
from .reaching import Reached
from .rollouts import Rollout, RolloutMove
from .standards import Standard
from .tallies import CoverageTally, retally, with_coverage
from .territory_tallies import TerritoryTally

__all__ = [
    "CAMPAIGN_KEEPERS",
    "CONVERTING",
    "AgencyProcedure",
    "BulkEdit",
    "Campaign",
    "CoverageTally",
    "Covers",
    "Declaration",
    "Document",
    "IssuedSheet",
    "Metric",
    "Milestone",
    "PastApplication",
    "Plan",
    "Precision",
    "Procedure",
    "Reached",
    "Redeclaration",
    "Rollout",
    "RolloutMove",
    "Standard",
    "Target",
    "TargetRevision",
    "TerritoryTally",
    "Wave",
    "Work",
    "retally",
    "standard_on",
    "with_coverage",
]
