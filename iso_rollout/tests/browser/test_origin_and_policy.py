"""What the answers carry: the content security policy, hashed names, and what `make run` serves."""

import re

import pytest

from iso_rollout.tests.browser.screens import SCREENS

pytestmark = pytest.mark.browser

POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'"
HASHED = re.compile(r"/static/[\w/.\[\]%-]+\.[0-9a-f]{12}\.\w+$")


def test_every_answer_carries_the_policy_without_inline(browser_of, at):
    page = browser_of("lanhdao")
    for path in ("/", "/co-quan/", "/co-quan/999999999/", at("/co-quan/{lac_dao}/cong-bo/")):
        assert page.goto(path).headers["content-security-policy"] == POLICY
    assert "unsafe-inline" not in POLICY


def test_the_policy_is_enforced(chromium, signed_in, origin):
    """A script that some fault brought into the page does not run."""
    context = chromium.new_context(base_url=origin, storage_state=signed_in("lanhdao", origin))
    page = context.new_page()
    page.goto("/")
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.broken = true";
            document.body.append(script);
        }"""
    )
    assert page.evaluate("window.broken") is None
    context.close()


def test_static_files_have_hashed_names(browser_of):
    page = browser_of("lanhdao")
    loaded = []
    page.on("response", lambda answer: loaded.append((answer.url.split("?")[0], answer.status)))
    page.goto("/")
    page.evaluate("document.fonts.ready.then(() => true)")
    static = [(url, status) for url, status in loaded if "/static/" in url]
    assert len(static) >= 7
    assert [url for url, status in static if status != 200 or not HASHED.search(url)] == []
    assert page.evaluate("document.fonts.check('15px \"Public Sans\"')")


def test_the_page_looks_the_same_with_debug(browser_of, debug_origin, at):
    """`make run` serves every file that a page asks for, without collecting them first."""
    page = browser_of("lanhdao", address=debug_origin)
    for screen in SCREENS:
        if screen.name in ("board", "plan", "agencies", "agency"):
            assert page.goto(at(screen)).status == 200
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.side')).backgroundColor")
        == "rgb(11, 58, 70)"
    )
