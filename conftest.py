"""Settings of the test run, and the demonstration data loaded once for a module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

os.environ.setdefault("DEBUG", "true")


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    """Pages are rendered without collected files, whatever the environment says."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture(autouse=True)
def _nothing_kept():
    """Numbers of change sets come again after a rollback; what was kept under them must not."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    from iso_rollout.tests.numbers import begin_high

    with django_db_blocker.unblock():
        begin_high()


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


@pytest.fixture
def scratch(tmp_path, db):
    """The environment of a database of its own, migrated: for tests that start processes and kill them."""
    from django.db import connection

    def outside(*statements):
        # No database is created inside a transaction.
        own = connection.copy()
        try:
            with own._nodb_cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            own.close()

    drop = None
    url = f"sqlite:///{tmp_path / 'scratch.sqlite3'}"
    if connection.vendor == "postgresql":
        settings, name = connection.settings_dict, f"scratch_{os.getpid()}"
        drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
        outside(drop, f'CREATE DATABASE "{name}"')
        password = f":{settings['PASSWORD']}" if settings["PASSWORD"] else ""
        host = f"{settings['HOST'] or 'localhost'}:{settings['PORT'] or 5432}"
        url = f"postgres://{settings['USER']}{password}@{host}/{name}"
    environment = os.environ | {"DATABASE_URL": url, "DEBUG": "true", "MEDIA_ROOT": str(tmp_path / "media")}
    command = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(command, cwd=Path(__file__).parent, env=environment, check=True, capture_output=True)
    yield environment
    if drop:
        outside(drop)
