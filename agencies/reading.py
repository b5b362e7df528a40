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
from iso_rollout.routing import READING_PAGES, is_reading, read_from_replica, reading_page

logger = logging.getLogger(__name__)

LOOK_S, LOOK_WHEN_UNFIT_S = 5, 30
# Whoever wrote something reads the primary for so long; the browser forgets the cookie by itself. It says nothing and
# gives nothing, so it needs no signature: who sets it by hand reads the primary.
WROTE = "wrote"
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


class ReadsFromReplica:
    """Sends reading pages to the replica; a person's own acts, a lag or a fault sends them to the primary."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        with reading_page(False):
            response = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS") and request.user.is_authenticated:
            response.set_cookie(
                WROTE,
                "1",
                max_age=settings.REPLICA_LAG_S + LOOK_S + 1,
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return response

    def process_view(self, request, _view, _args, _kwargs):
        is_page = request.method in ("GET", "HEAD") and request.resolver_match.view_name in READING_PAGES
        read_from_replica(is_page and WROTE not in request.COOKIES and replica.may_be_read())

    def process_exception(self, request, exception):
        """The replica failed in the middle of a page: the page is made again from the primary."""
        if not (is_reading() and isinstance(exception, FAULTS)):
            return None
        replica.failed(exception)
        read_from_replica(False)
        match = request.resolver_match
        return match.func(request, *match.args, **match.kwargs)
