"""The rooms of the house and the direction of their imports (docs, "Rooms").

`iso_rollout.sheets, iso_rollout.papers, iso_rollout.text ← agencies ← procedures ← reports ← iso_rollout.urls`, and
inside an app `lifecycle → models → imports, forms → views → urls`.
"""

import ast
from pathlib import Path

import pytest
from django.conf import settings

ROOMS = {"iso_rollout": 0, "agencies": 1, "procedures": 2, "reports": 3}
# The frame of the site stands above every room.
FRAME = {"iso_rollout.urls", "iso_rollout.wsgi", "iso_rollout.settings"}
# Inside an app. What is not named here (forms, imports, presenting, figures, …) lies between.
BELOW, BETWEEN, VIEWS, URLS = 1, 2, 3, 4
FLOORS = {
    "lifecycle": 0,
    "errors": BELOW,
    "models": BELOW,
    "history": BELOW,
    "progress": BELOW,
    "access": BELOW,
    "views": VIEWS,
    "admin": VIEWS,
    "adminsite": VIEWS,
    "context": VIEWS,
    "middleware": VIEWS,
    "urls": URLS,
}
REQUEST_HANDLING = ("django.http", "django.shortcuts", "django.views", "django.contrib.messages")
SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals", "django.test.signals")


def _modules():
    """The project's own modules and their text, tests left out: {dotted name: source}."""
    found = {}
    for room in ROOMS:
        for path in sorted((settings.BASE_DIR / room).rglob("*.py")):
            parts = path.relative_to(settings.BASE_DIR).with_suffix("").parts
            if "tests" in parts or "migrations" in parts:
                continue
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path.read_text(encoding="utf-8")
    return found


def _imports(name, source, *, is_package=False):
    """Every module that a module imports, at its head or inside a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if is_package else name.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
            yield base
            # `from iso_rollout import urls` imports a module as well as a name.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _room(name):
    if name in FRAME:
        return len(ROOMS)
    return ROOMS.get(name.split(".")[0])


def _floor(name):
    parts = name.split(".")
    return FLOORS.get(parts[1], BETWEEN) if len(parts) > 1 else 0


def wrong_imports(modules):
    """Sentences, one for each import that points the wrong way."""
    for name, source in modules.items():
        is_package = any(other.startswith(f"{name}.") for other in modules)
        for imported in _imports(name, source, is_package=is_package):
            if _room(imported) is None:
                continue
            if _room(imported) > _room(name):
                yield f"{name} imports {imported} of a room above it"
            same_app = name.split(".")[0] == imported.split(".")[0] != "iso_rollout"
            if same_app and _floor(name) < _floor(imported) and f"{imported}" in modules:
                yield f"{name} imports {imported} of a floor above it"


def requests_below_views(modules):
    """Sentences, one for each module below the views that knows of a request."""
    for name, source in modules.items():
        if _room(name) in (0, len(ROOMS)) or _floor(name) >= VIEWS:
            continue
        for imported in _imports(name, source):
            if imported.startswith(REQUEST_HANDLING):
                yield f"{name} imports {imported}"
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.arg) and node.arg == "request":
                yield f"{name}:{node.lineno} takes a request"


def signals(modules):
    for name, source in modules.items():
        if any(imported.startswith(SIGNALS) for imported in _imports(name, source)):
            yield f"{name} uses signals"


def test_imports_point_one_way():
    assert list(wrong_imports(_modules())) == []


def test_nothing_below_the_views_has_seen_a_request():
    assert list(requests_below_views(_modules())) == []


def test_there_are_no_signals():
    assert list(signals(_modules())) == []


def test_there_is_no_room_without_a_name():
    files = [Path(*name.split(".")).name for name in _modules()]
    assert not {"utils", "helpers", "services", "signals", "misc", "common"} & set(files)


def test_the_rules_module_has_no_database_code():
    imported = set(_imports("procedures.lifecycle", _modules()["procedures.lifecycle"]))
    assert {name for name in imported if name.startswith("django.db")} <= {
        "django.db.models",
        "django.db.models.TextChoices",
    }


def test_the_register_itself_is_read():
    modules = _modules()
    assert {"agencies.models.agency", "procedures.lifecycle", "reports.figures", "iso_rollout.urls"} <= set(
        modules
    )


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("agencies.history", "import procedures.models"),
        ("agencies.models.agency", "def door():\n    from procedures.models import Rollout"),
        ("procedures.models.rollouts", "from reports import figures"),
        ("iso_rollout.text.names", "from agencies.models import Agency"),
        ("iso_rollout.sheets.rows", "import agencies"),
        ("iso_rollout.papers.pdf", "from procedures.models import Document"),
        ("iso_rollout.child", "from agencies import access"),
        ("reports.figures", "from iso_rollout.urls import urlpatterns"),
        ("reports.figures", "from iso_rollout import urls"),
        ("procedures.models.rollouts", "from procedures.views import agency"),
        ("procedures.models.rollouts", "from procedures.forms import MilestoneForm"),
        ("procedures.models.rollouts", "from ..views import agency"),
        ("procedures.lifecycle", "from procedures.models import Rollout"),
        ("procedures.forms", "from procedures import views"),
    ],
)
def test_an_import_the_wrong_way_is_found(name, source):
    assert list(wrong_imports(_modules() | {"procedures.forms": "", name: source})) != []


@pytest.mark.parametrize(
    "source",
    [
        "from agencies.models import Agency\nfrom iso_rollout.text import fold",
        "def late():\n    from procedures.models.rollouts import Milestone",
        "from procedures import lifecycle",
    ],
)
def test_an_import_the_right_way_passes(source):
    assert list(wrong_imports({"procedures.models.rollouts": source})) == []


@pytest.mark.parametrize(
    "source",
    ["from django.http import Http404", "def reach(request): ...", "from django.shortcuts import render"],
)
def test_a_request_below_the_views_is_found(source):
    assert list(requests_below_views({"procedures.models.rollouts": source})) != []
    assert list(requests_below_views({"procedures.views.agency": source})) == []


def test_a_signal_is_found():
    assert list(signals({"procedures.apps": "from django.db.models.signals import post_save"})) != []
    assert list(signals({"procedures.apps": "from django.dispatch import receiver"})) != []
