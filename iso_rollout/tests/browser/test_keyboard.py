"""With the keyboard alone: the skip link, an order that can be seen, the menu, a filter."""

import pytest

pytestmark = pytest.mark.browser

FOCUSED = """
() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
  const after = getComputedStyle(e, "::after");
  const ring = [style, after].some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2);
  const seen = box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth;
  return { tag: e.tagName, name: (e.textContent || e.name || "").trim().slice(0, 40), ring, seen };
}
"""


def tab_through(page, most=150):
    """Everything that Tab reaches on the page, in its order."""
    stops = []
    for _stop in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        stops.append(page.evaluate(FOCUSED))
    return stops


def test_the_skip_link_comes_first_and_leads_to_the_content(browser_of):
    page = browser_of("lanhdao")
    page.goto("/co-quan/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate(FOCUSED)["seen"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "scope-agency"


@pytest.mark.parametrize(
    ("who", "path", "width"),
    [
        ("lanhdao", "/co-quan/?q=lac+dao", 1366),
        ("lanhdao", "/?on=31/10/2020&agency={van_lam}", 390),
        ("dieuphoi", "/sua-hang-loat/{bulk}/xem-truoc/?show=refused", 390),
        ("dieuphoi", "/quan-tri/procedures/plan/add/", 390),
    ],
)
def test_every_stop_of_tab_can_be_seen(browser_of, at, who, path, width):
    page = browser_of(who, width=width)
    page.goto(at(path))
    stops = tab_through(page)
    assert len(stops) > 12
    assert [stop for stop in stops if not (stop["ring"] and stop["seen"])] == []


def test_the_menu_on_a_phone(browser_of):
    page = browser_of("lanhdao", width=390)
    page.goto("/")
    page.focus(".menu-open")
    page.keyboard.press("Enter")
    assert page.get_attribute(".menu-open", "aria-expanded") == "true"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.nav') !== null")
    page.keyboard.press("Escape")
    assert not page.locator(".nav").is_visible()
    assert page.evaluate("document.activeElement.className") == "menu-open"
    page.keyboard.press(" ")
    assert page.locator(".nav").is_visible()


def test_a_filter_is_sent_with_enter(browser_of):
    page = browser_of("lanhdao")
    page.goto("/co-quan/")
    page.focus("#id_q")
    page.keyboard.type("LẠC ĐẠO")
    page.keyboard.press("Enter")
    page.wait_for_url("**/co-quan/?**q=**")
    assert page.locator("tbody tr").count() == 1


@pytest.mark.parametrize("width", [390, 1366])
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("lacdao", "/co-quan/{lac_dao}/thu-tuc/"),
        ("dieuphoi", "/co-quan/?level=commune"),
        ("dieuphoi", "/xac-nhan/"),
    ],
)
def test_no_row_has_the_focus_below_the_bar_of_picked_rows(browser_of, at, who, path, width):
    page = browser_of(who, width=width)
    page.goto(at(path))
    page.locator("tbody .check input").first.evaluate("box => box.scrollIntoView({ block: 'end' })")
    page.locator("tbody .check input").first.evaluate("box => box.focus({ preventScroll: true })")
    page.keyboard.press("Space")
    page.wait_for_selector(".bulk.has-picked")
    for stop in range(24):
        if stop:
            page.keyboard.press("Tab")
        focused, bar = (
            page.evaluate(f"document.{it}.getBoundingClientRect().toJSON()")
            for it in ("activeElement", "querySelector('.bulk.has-picked')")
        )
        assert focused["bottom"] <= bar["top"]


ON_TOP = """
message => {
  const box = message.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return box.top >= 0 && box.bottom <= innerHeight && message.contains(top);
}
"""


@pytest.mark.parametrize("width", [390, 1366])
def test_what_a_save_says_stands_over_the_card_that_it_leads_to(browser_of, width):
    page = browser_of("vanlam", width=width)
    page.goto("/toi/")
    page.focus("#notices button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/toi/#notices")
    message = page.locator(".messages .success")
    assert page.evaluate("scrollY") > 100 and message.evaluate(ON_TOP)
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.getBoundingClientRect().toJSON()")
    assert focused["top"] >= message.evaluate("it => it.getBoundingClientRect().bottom")


@pytest.mark.parametrize("width", [390, 1366])
@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("dieuphoi", "/quan-tri/procedures/procedure/add/"),
        ("quantri", "/quan-tri/agencies/agency/add/"),
        ("quantri", "/quan-tri/agencies/agency/{noted}/close/"),
    ],
)
def test_a_faulty_form_of_the_administration_begins_at_its_first_error(browser_of, at, who, path, width):
    page = browser_of(who, width=width)
    page.goto(at(path))
    page.focus("#content-main form .submit-row input.default")
    page.keyboard.press("Enter")
    page.wait_for_selector(".errornote")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.activeElement.innerText") == "Trường này là bắt buộc."
    focused = page.evaluate(FOCUSED)
    assert focused["ring"] and focused["seen"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.form-row.errors') !== null")
    assert page.evaluate(FOCUSED)["seen"]
