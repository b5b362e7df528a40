"""The board on one sheet of A4."""

import re

import pytest

pytestmark = pytest.mark.browser
A4 = (595, 842)  # points


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("path", ["/", "/?on=31/10/2020"])
def test_the_board_fits_on_one_page(browser_of, origin, path, language):
    page = browser_of("lanhdao")
    page.context.add_cookies([{"name": "django_language", "value": language, "url": origin}])
    page.goto(path)
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    width, height = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper).groups()
    assert (round(float(width)), round(float(height))) == A4
