"""A register of its own: a scratch database with the demonstration, and servers before it."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 60


@dataclass
class Register:
    """A database, loaded, and the environment in which commands and servers find it."""

    folder: Path
    database_url: str
    environment: dict = field(default_factory=dict)

    def __post_init__(self):
        self.environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"} | {
            "DATABASE_URL": self.database_url,
            "DATABASE_REPLICA_URL": "",
            "DEBUG": "true",
            "DEMO_NOTICE": "true",
            "LOG_LEVEL": "WARNING",
            "MEDIA_ROOT": str(self.folder / "media"),
            "PUBLIC_PAGE": "true",
            "STATIC_ROOT": str(self.folder / "static"),
        }

    @property
    def production(self):
        """As in production, but over plain http on this machine."""
        return self.environment | {
            "DEBUG": "false",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_COOKIES": "false",
            "SSL_REDIRECT": "false",
            "HSTS_SECONDS": "0",
        }

    def manage(self, *arguments, environment=None):
        """The answer of one management command."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment or self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def figures(self, on):
        return json.loads(self.manage("figures", "--on", on, "--json"))

    def ask(self, code):
        """The value that a line of Python leaves in `answer`, with the models at hand."""
        printed = self.manage(
            "shell", "--verbosity", "0", "--command", f"import json\n{code}\nprint(json.dumps(answer))"
        )
        return json.loads(printed.splitlines()[-1])

    @contextmanager
    def served(self, *, debug, log):
        """Gunicorn before this register on a free port; gives its address."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "iso_rollout.wsgi", "--no-control-socket"),
                *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "2", "--timeout", "120"),
            ],
            cwd=ROOT,
            env=self.environment if debug else self.production,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(address, server):
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, "the server did not start"
        try:
            with urllib.request.urlopen(f"{address}/dang-nhap/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer within {START_SECONDS} seconds")


@contextmanager
def scratch_database(folder):
    """The address of an empty database, of the kind that DATABASE_URL names; gone afterwards."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith(("postgres://", "postgresql://")):
        yield f"sqlite:///{folder / 'register.sqlite3'}"
        return
    import psycopg2

    name = f"iso_browser_{os.getpid()}_{secrets.token_hex(3)}"
    connection = psycopg2.connect(given)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
        finally:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    connection.close()


@contextmanager
def loaded_register(folder):
    """A register with the demonstration loaded and its static files collected."""
    with scratch_database(folder) as database_url:
        register = Register(folder, database_url)
        register.manage("migrate", "--verbosity", "0")
        register.manage(
            "shell", "--command", "from iso_rollout.tests.numbers import begin_high; begin_high()"
        )
        register.manage("load_demo")
        register.manage("collectstatic", "--noinput", "--verbosity", "0", environment=register.production)
        yield register
