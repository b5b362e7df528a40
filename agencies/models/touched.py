"""Which agencies something was recorded at since what lies above them was last counted."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Left

from .tree import SEGMENT


class TouchedQuerySet(models.QuerySet):
    def mark(self, agency_ids):
        """Mark agencies, None among them: all. Rows are only added, so nobody waits for anybody."""
        return self.bulk_create([self.model(agency_id=pk) for pk in agency_ids])

    def in_tree(self, path):
        """Marks that concern a tree: of what stands in it, or stood there on past days, on which it counts it.

        `path`: that of its top, a text or an expression.
        """
        there = self.annotate(
            tree=Left("agency__path", SEGMENT), tree_then=Left("agency__past__path", SEGMENT)
        )
        return there.filter(Q(agency__isnull=True) | Q(tree=path) | Q(tree_then=path))


class Touched(models.Model):
    """One mark, written in the transaction of the act itself: who sees the fact sees the mark.

    It goes when the trees were counted by somebody who saw it. `agency` empty: the tree itself was changed.
    """

    IS_NO_FACT = True

    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    objects = TouchedQuerySet.as_manager()

    def __str__(self):
        return str(self.agency_id)
