"""Every screen at every width: accessible, inside its place, nothing from outside, nothing in the console."""

import pytest

from iso_rollout.tests.browser.browsing import WIDTHS
from iso_rollout.tests.browser.looking import faults_at
from iso_rollout.tests.browser.screens import SCREENS

pytestmark = pytest.mark.browser
BY_NAME = [pytest.param(screen, id=screen.name) for screen in SCREENS]


@pytest.mark.parametrize("screen", BY_NAME)
def test_screen_is_accessible_and_keeps_its_place_at_every_width(browser_of, at, screen):
    page = browser_of(screen.who, width=1920)
    answer = page.goto(at(screen))
    assert answer.status == screen.status
    assert faults_at(page, WIDTHS) == []


def test_every_screen_in_english_keeps_its_place(browser_of, at, origin):
    found, pages = [], {}
    for screen in SCREENS:
        if screen.who not in pages:
            pages[screen.who] = browser_of(screen.who)
            language = {"name": "django_language", "value": "en", "url": origin}
            pages[screen.who].context.add_cookies([language])
        page = pages[screen.who]
        page.goto(at(screen))
        if page.locator("html").get_attribute("lang") != "en":
            found.append(f"{screen.name}: is not English")
        found += [f"{screen.name}: {fault}" for fault in faults_at(page, (360, 1366), axe_at=())]
    assert found == []
