"""The search box: with the keyboard alone, on a phone, and without a script."""

import re

import pytest

from iso_rollout.tests.browser.browsing import sign_in
from iso_rollout.tests.browser.looking import faults_at

pytestmark = pytest.mark.browser


def options(page):
    return page.locator(".finder.is-open [role=option]")


def test_from_any_page_to_an_agency_with_the_keyboard_alone(browser_of):
    page = browser_of("lanhdao")
    page.goto("/ke-hoach/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find-side"
    page.keyboard.type("tx my h")
    options(page).first.wait_for()
    page.wait_for_load_state("networkidle")
    assert page.get_attribute("#find-side", "aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    chosen = page.get_attribute("#find-side", "aria-activedescendant")
    assert page.inner_text(f"#{chosen}").startswith("UBND thị xã Mỹ Hào")
    page.keyboard.press("ArrowUp")
    assert page.get_attribute("#find-side", "aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/co-quan/\d+/$"))
    assert page.locator("h1").inner_text() == "UBND thị xã Mỹ Hào"


def test_escape_closes_and_enter_shows_all(browser_of):
    page = browser_of("lanhdao")
    page.goto("/tim/")
    page.focus("#find-side")
    page.keyboard.type("khai sinh")
    options(page).first.wait_for()
    assert faults_at(page, (1366,)) == []
    page.keyboard.press("Escape")
    assert options(page).count() == 0 and page.input_value("#find-side") == "khai sinh"
    page.keyboard.press("Enter")
    page.wait_for_url("**/tim/?q=khai+sinh")
    assert page.locator("#found-procedures li").count() > 3
    # "/" in a field is a letter.
    page.focus("#find-page")
    page.keyboard.press("End")
    page.keyboard.type(" 1/2")
    assert page.input_value("#find-page").endswith("1/2")


def test_on_a_phone(browser_of):
    page = browser_of("lanhdao", width=390)
    page.goto("/co-quan/")
    page.keyboard.press("/")
    page.wait_for_url("**/tim/")
    page.locator("#find-page:focus").wait_for()
    page.keyboard.type("so kh")
    options(page).first.wait_for()
    assert faults_at(page, (390,)) == []
    options(page).nth(1).click()
    page.wait_for_url(re.compile(r"/co-quan/\d+/$"))


def test_without_a_script(browser_of):
    page = browser_of(java_script_enabled=False)
    sign_in(page, "lanhdao")
    page.fill("#find-side", "xã Hoà Phong")
    page.press("#find-side", "Enter")
    assert page.locator("#found-agencies li").first.inner_text().startswith("UBND xã Hòa Phong")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/co-quan/")
    page.click(".find-open")
    page.fill("#find-page", "huyen my hao")
    page.click(".finder.big button")
    assert "trước đây: UBND huyện Mỹ Hào" in page.locator("#found-agencies li").first.inner_text()
