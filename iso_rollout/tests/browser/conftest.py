"""One register, two servers and one Chromium for the whole run."""

import os

import pytest

from iso_rollout.tests.browser.browsing import WIDTHS, launch, sign_in, watch
from iso_rollout.tests.browser.screens import places
from iso_rollout.tests.browser.server import loaded_register


@pytest.fixture(scope="session")
def register(tmp_path_factory):
    with loaded_register(tmp_path_factory.mktemp("register")) as register:
        yield register


@pytest.fixture(scope="session")
def origin(register):
    """The address of a server set up as in production."""
    with open(register.folder / "server.log", "w") as log, register.served(debug=False, log=log) as address:
        yield address


@pytest.fixture(scope="session")
def debug_origin(register):
    """The address of a server as `make run` starts it."""
    with open(register.folder / "debug.log", "w") as log, register.served(debug=True, log=log) as address:
        yield address


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, and Django refuses the database beside a loop.
    # No test here touches a database, but those that run afterwards in the same process do.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(chromium):
    """The cookies of an account at an address; each account signs in once, through the form."""
    kept = {}

    def cookies(username, origin):
        if username is None:
            return None
        if (username, origin) not in kept:
            context = chromium.new_context(base_url=origin)
            page = context.new_page()
            sign_in(page, username)
            page.wait_for_url(f"{origin}/")
            kept[username, origin] = context.storage_state()
            context.close()
        return kept[username, origin]

    return cookies


@pytest.fixture
def browser_of(chromium, signed_in, origin, request):
    """A browser of one person: `page = browser_of("lanhdao", width=390)`. None is a stranger.

    At the end of the test the page must not have asked another host nor met an error.
    """
    opened = []

    def open_page(username=None, *, width=1366, address=origin, **options):
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": WIDTHS.get(width, 800)},
            storage_state=signed_in(username, address),
            **options,
        )
        context.set_default_timeout(15_000)
        page = watch(context.new_page(), address)
        opened.append((context, page))
        return page

    yield open_page
    faults = [fault for _context, page in opened for fault in page.faults]
    for context, _page in opened:
        context.close()
    assert not faults, "\n".join(faults)


@pytest.fixture(scope="session")
def at(register):
    """The address of a screen: `page.goto(at(screen))`, or of a path that names places."""
    found = places(register)
    return lambda screen: getattr(screen, "path", screen).format(**found)
