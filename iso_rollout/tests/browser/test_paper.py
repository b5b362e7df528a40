"""What comes out of the printer: the board on one sheet of A4, no empty sheet, no button."""

import io
import re

import pikepdf
import pytest

pytestmark = pytest.mark.browser
A4 = (595, 842)  # points
# Days on which most is told: forecasts, units overdue, a target of each colour.
FULL_DAYS = ("30/06/2020", "31/08/2020", "31/10/2020", "30/11/2020")
WORDS = {"Tj", "TJ"}  # the operators that put words on a page


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("path", ["/", *(f"/?on={day}" for day in FULL_DAYS)])
def test_the_board_fits_on_one_page(browser_of, origin, path, language):
    page = browser_of("lanhdao")
    page.context.add_cookies([{"name": "django_language", "value": language, "url": origin}])
    page.goto(path)
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    width, height = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper).groups()
    assert (round(float(width)), round(float(height))) == A4


@pytest.mark.parametrize("path", ["/bao-cao/xem/?{report}", "/so-sanh/?from=08/06/2020&on=31/12/2020"])
def test_no_sheet_is_empty(browser_of, at, path):
    page = browser_of("dieuphoi")
    page.goto(at(path))
    sheets = pikepdf.open(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    words = [
        len(WORDS & {str(op.operator) for op in pikepdf.parse_content_stream(sheet)}) for sheet in sheets
    ]
    assert all(words), words


def test_what_asks_for_a_click_is_not_printed(browser_of):
    page = browser_of("vanlam")
    page.goto("/")
    assert page.locator("main .btn:visible").count()
    page.emulate_media(media="print")
    assert not page.locator("main .btn:visible").count()


def test_the_addressees_of_a_report_are_announced_on_one_line(browser_of, at):
    page = browser_of("dieuphoi", width=390)
    page.goto(at("/bao-cao/xem/?{report}&addressees=UBND"))
    to = page.locator(".paper-to p")
    assert to.evaluate("e => e.offsetHeight < 1.9 * parseFloat(getComputedStyle(e).lineHeight)")
