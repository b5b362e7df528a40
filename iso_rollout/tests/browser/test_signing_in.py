"""The sign-in page: errors, the pause after too many, the language, by keyboard alone."""

import pytest

from iso_rollout.tests.browser.browsing import WIDTHS, sign_in
from iso_rollout.tests.browser.looking import faults_at
from procedures.demo.people import PASSWORD

pytestmark = pytest.mark.browser


def test_a_wrong_password_is_said_accessibly(browser_of):
    page = browser_of(width=1366)
    sign_in(page, "lanhdao", "not-the-password")
    assert page.locator("[data-error-summary]").is_visible()
    assert page.locator("#id_username").input_value() == "lanhdao"
    assert faults_at(page, WIDTHS) == []


def test_too_many_wrong_passwords_meet_a_page_that_says_so(browser_of):
    page = browser_of(width=1366)
    for _attempt in range(5):
        sign_in(page, "khongco", "not-the-password")
    assert page.locator(".error-code").inner_text() == "429"
    assert faults_at(page, WIDTHS) == []


def test_sign_in_by_keyboard_alone(browser_of, origin):
    page = browser_of(width=1366)
    page.goto("/dang-nhap/")
    page.wait_for_function("document.activeElement.id === 'id_username'")
    page.keyboard.type("lanhdao")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{origin}/")


def test_an_english_browser_gets_vietnamese_until_the_person_chooses(browser_of, origin):
    page = browser_of(width=1366, locale="en-US")
    page.goto("/dang-nhap/")
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.locator("h1").inner_text() == "Đăng nhập"
    page.click("button[lang=en]")
    assert page.locator("html").get_attribute("lang") == "en"
    sign_in(page, "lanhdao")
    page.wait_for_url(f"{origin}/")
    for path in ("/co-quan/", "/thu-tuc/"):
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == "en"
    page.click(".who button[lang=vi]")
    assert page.url == f"{origin}/thu-tuc/"
    assert page.locator("h1").inner_text() == "Danh mục thủ tục hành chính"


def test_dates_and_numbers_as_vietnam_writes_them(browser_of, at):
    page = browser_of("lanhdao", locale="en-US")
    page.goto("/?on=31/10/2020")
    text = page.locator("main").inner_text()
    assert "31/10/2020" in text
    assert "10.740" in text and "6.894" in text and "10,740" not in text
    assert "58,3 %" in text and "58.3" not in text
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": page.url}])
    page.reload()
    text = page.locator("main").inner_text()
    assert "31/10/2020" in text and "10,740" in text and "58.3" in text
