"""Which database a query goes to when a replica is set up."""

from contextlib import contextmanager
from contextvars import ContextVar

_reading = ContextVar("reading_page", default=False)


@contextmanager
def reading_page():
    """Inside, queries may go to the replica: for pages that only read and may be seconds old."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


class ReadingPages:
    """Sends the queries of reading pages to the replica, everything else to the primary."""

    def db_for_read(self, model, **hints):
        instance = hints.get("instance")
        if instance is not None and instance._state.db:
            return instance._state.db
        return "replica" if _reading.get() else "default"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db == "default"
