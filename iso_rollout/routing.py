"""Which database a query goes to when a replica is set up."""

from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

_reading = ContextVar("reading_page", default=False)

# Pages that only read and may be seconds old, by the names of their addresses.
READING_PAGES = frozenset(
    {
        "start", "board", "plans", "plan", "forecast", "territory", "find", "work_list",
        "agencies", "rollouts", "procedures", "duties", "documents",
        "reports", "report_preview", "report_docx", "report_xlsx",
        "published_report", "published_docx", "published_xlsx",
    }
)  # fmt: skip
# Who signed in, and what their session and sign-in say, is never seconds old.
PRIMARY_APPS = frozenset({"sessions", "axes", "admin"})


@contextmanager
def reading_page(is_reading=True):
    """Inside, queries may go to the replica: for pages that only read and may be seconds old."""
    token = _reading.set(is_reading)
    try:
        yield
    finally:
        _reading.reset(token)


def read_from_replica(is_reading):
    """From here on, within `reading_page`: whether queries may go to the replica."""
    _reading.set(is_reading)


def is_reading():
    return _reading.get()


class ReadingPages:
    """Sends the queries of reading pages to the replica, everything else to the primary."""

    def db_for_read(self, model, **hints):
        instance = hints.get("instance")
        if instance is not None and instance._state.db:
            return instance._state.db
        if model._meta.app_label in PRIMARY_APPS or model._meta.label == settings.AUTH_USER_MODEL:
            return "default"
        return "replica" if _reading.get() else "default"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db == "default"
