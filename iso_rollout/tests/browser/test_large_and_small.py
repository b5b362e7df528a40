"""What a large screen must not blow up, and a phone must not push out of sight."""

import pytest

pytestmark = pytest.mark.browser
DAY = "on=31/10/2020"
WORDS = """() => Math.max(...[...document.querySelectorAll('svg.chart.wide .cat, svg.chart.wide .pct')]
  .map(word => parseFloat(getComputedStyle(word).fontSize) * word.getScreenCTM().a))"""
OUTSIDE = "() => { const box = document.querySelector('.both-days').closest('.scroll'); return box.scrollWidth - box.clientWidth; }"
APART = """() => Math.min(...[...document.querySelectorAll('.table .share')].map(share => share.getBoundingClientRect().left
  - share.previousElementSibling.getBoundingClientRect().right))"""


def test_the_words_of_a_bar_are_no_headings_on_a_large_screen(browser_of):
    page = browser_of("lanhdao", width=1920)
    for path in ("/?" + DAY, "/chuyen-doi/?" + DAY):
        page.goto(path)
        assert 12 <= page.evaluate(WORDS) <= 17, path


def test_a_phone_shows_the_differences_of_two_days(browser_of):
    page = browser_of("lanhdao", width=390)
    page.goto("/so-sanh/?from=08/06/2020&" + DAY)
    assert page.evaluate(OUTSIDE) <= 0


def test_a_number_and_its_share_do_not_run_together(browser_of):
    page = browser_of("lanhdao", width=1920)
    page.goto("/?" + DAY)
    page.goto(page.locator(".card-head a[href^='/dia-ban/']").first.get_attribute("href"))
    assert page.locator(".table .share").count() > 0
    assert page.evaluate(APART) >= 8
