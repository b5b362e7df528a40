"""The words of a drawing lie inside it: a total that is cut off reads as another number."""

import pytest

pytestmark = pytest.mark.browser
PAGES = ["/", "/?on=31/12/2020", "/chuyen-doi/"]

CUT = """() => [...document.querySelectorAll('svg.chart')].flatMap(drawing => [...drawing.querySelectorAll('text')]
  .filter(text => { const box = text.getBBox(); return box.x < 0 || box.x + box.width > drawing.viewBox.baseVal.width; })
  .map(text => text.textContent))"""
SCROLLED = """() => [...document.querySelectorAll('.scroll')]
  .filter(box => box.querySelector('.chart') && box.scrollWidth > box.clientWidth).length"""


@pytest.mark.parametrize("width", [390, 1366])
@pytest.mark.parametrize("path", PAGES)
def test_no_word_of_a_chart_is_cut(browser_of, path, width):
    page = browser_of("lanhdao", width=width)
    page.goto(path)
    page.evaluate("document.fonts.ready.then(() => true)")
    assert page.locator("svg.chart text").count() > 0
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_shows_each_chart_whole(browser_of, path):
    page = browser_of("lanhdao", width=390)
    page.goto(path)
    assert page.locator("svg.chart.narrow:visible").count() > 0
    assert not page.evaluate(SCROLLED)
