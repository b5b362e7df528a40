"""Apply the uploads that wait, and count what was changed since. Several may run, on several machines."""

import logging
import time

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from agencies.errors import Refused
from agencies.imports import uploads
from procedures import imports
from procedures.territories import count_touched

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Apply the uploads that wait for a worker, and count the territories in which something was recorded; "
        "with --watch go on until stopped."
    )

    def add_arguments(self, parser):
        parser.add_argument("--watch", action="store_true", help="go on, looking every two seconds")
        parser.add_argument("--pause", type=float, default=2.0, help="seconds between looks")

    def handle(self, *, watch, pause, **options):
        worker = uploads.worker_name()
        while True:
            try:
                uploads.give_up_dead()
                while upload := uploads.claim_next(worker):
                    self._apply(upload, worker)
            except DatabaseError:
                if not watch:
                    raise
                log.exception("The uploads could not be read.")
            try:
                count_touched()
            except Exception:  # pages count for themselves meanwhile; the lists must not stop
                if not watch:
                    raise
                log.exception("The territories could not be counted.")
            if not watch:
                return
            close_old_connections()
            time.sleep(pause)

    def _apply(self, upload, worker):
        kind = imports.kind(upload.kind)
        try:
            uploads.apply_claimed(kind, upload, user=upload.uploaded_by, worker=worker, tells=True)
        except Refused as why:
            log.warning("Upload %s was not applied: %s", upload.pk, why)
            return
        except Exception:  # one list must not stop the others; its upload says that it failed
            log.exception("Upload %s was not applied.", upload.pk)
            return
        self.stdout.write(f"{upload.pk} {upload.file_name}: {upload.get_state_display()}")
