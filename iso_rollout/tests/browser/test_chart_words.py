"""The words of a drawing lie inside it: a total that is cut off reads as another number."""

import pytest

pytestmark = pytest.mark.browser

CUT = """() => [...document.querySelectorAll('svg.chart')].flatMap(drawing => [...drawing.querySelectorAll('text')]
  .filter(text => { const box = text.getBBox(); return box.x < 0 || box.x + box.width > drawing.viewBox.baseVal.width; })
  .map(text => text.textContent))"""


@pytest.mark.parametrize("path", ["/", "/?on=31/12/2020", "/chuyen-doi/"])
def test_no_word_of_a_chart_is_cut(browser_of, path):
    page = browser_of("lanhdao")
    page.goto(path)
    page.evaluate("document.fonts.ready.then(() => true)")
    assert page.locator("svg.chart text").count() > 0
    assert page.evaluate(CUT) == []
