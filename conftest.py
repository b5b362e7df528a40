"""Settings of the test run, and the demonstration data loaded once for a module."""

import os

import pytest

os.environ.setdefault("DEBUG", "true")


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Pages are rendered without collected files, whatever the environment says."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """Hưng Yên, loaded once for the module and rolled back after it."""
    from io import StringIO

    from django.core.management import call_command
    from django.db import transaction
    from django.test import override_settings

    with django_db_blocker.unblock(), transaction.atomic():
        # The accounts come only with DEBUG.
        with override_settings(DEBUG=True):
            call_command("load_demo", stdout=StringIO())
        yield
        transaction.set_rollback(True)
