"""Pages that only read take their data from the replica, while it keeps up and answers.

Its state is that of each process: looked at every few seconds, told in the log once when it changes.
"""

import datetime
import logging
import time

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from agencies.models import ChangeSet

logger = logging.getLogger(__name__)

LOOK_S, LOOK_WHEN_UNFIT_S = 5, 30
FAULTS = (OperationalError, InterfaceError)


class Replica:
    """Whether the replica may be read now."""

    def __init__(self):
        self.is_fit, self.look_again_at = None, 0.0

    def may_be_read(self):
        if time.monotonic() >= self.look_again_at:
            try:
                self._found("" if self._keeps_up() else "lags behind")
            except FAULTS as fault:
                self._found(f"does not answer ({type(fault).__name__})")
        return self.is_fit

    def failed(self, fault):
        """A query to it failed in the middle of a page."""
        self._found(f"does not answer ({type(fault).__name__})")

    @staticmethod
    def _keeps_up():
        """Whether it has the last act that is older than the lag allowed."""
        moment = timezone.now() - datetime.timedelta(seconds=settings.REPLICA_LAG_S)
        acts = ChangeSet.objects.using("default").filter(made_at__lte=moment).order_by("-id")
        last = acts.values_list("id", flat=True).first()
        there = ChangeSet.objects.using("replica").order_by("-id").values_list("id", flat=True).first()
        return last is None or (there is not None and there >= last)

    def _found(self, what):
        if what and self.is_fit is not False:
            logger.warning("The replica %s; pages read from the primary.", what)
        elif not what and self.is_fit is False:
            logger.warning("The replica is back; pages read from it again.")
        self.is_fit = not what
        self.look_again_at = time.monotonic() + (LOOK_WHEN_UNFIT_S if what else LOOK_S)


replica = Replica()
