"""The main job without JavaScript: find, read, record, sign out."""

import pytest
from playwright.sync_api import expect

from iso_rollout.tests.browser.browsing import WIDTHS, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser_of):
    return browser_of(java_script_enabled=False)


def test_leadership_reads_board_and_lists(page, origin, at):
    sign_in(page, "lanhdao")
    page.wait_for_url(f"{origin}/")
    page.select_option("#scope-agency", at("{van_lam}"))
    page.fill("#scope-on", "31/12/2020")
    page.click(".scope-bar button")
    assert at("agency={van_lam}") in page.url and "31%2F12%2F2020" in page.url
    assert "UBND huyện Văn Lâm" in page.locator(".lede").inner_text()

    page.goto("/co-quan/")
    page.click(".pages a[rel=next]")
    assert page.locator(".pages [aria-current]").inner_text().endswith("2")
    page.goto("/co-quan/")
    page.fill("#id_q", "lac dao")
    page.select_option("#id_level", "commune")
    page.click(".filters .go button")
    assert page.locator("tbody tr").count() == 1
    page.click("text=UBND xã Lạc Đạo")
    assert page.locator("h1").inner_text() == "UBND xã Lạc Đạo"

    page.click(".who button[lang=en]")
    assert page.locator("h1").inner_text() == "UBND xã Lạc Đạo"
    assert page.locator("html").get_attribute("lang") == "en"
    page.click(".who form[action$='/dang-xuat/'] button")
    page.goto("/")
    assert "/dang-nhap/" in page.url


def test_staff_record_a_milestone(page, at):
    sign_in(page, "sotuphap")
    page.goto(at("/co-quan/{so_tu_phap}/"))
    page.click(".actions .btn-primary")
    assert page.locator("#becomes .notice").count() >= 1
    page.fill("#id_on", "12/13/2021")
    page.click(".form-actions .btn-primary")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    assert page.locator("[data-error-summary]").is_visible()
    page.fill("#id_on", "15/07/2021")
    page.fill("#id_doc_number", "77/TB-STP")
    page.fill("#id_doc_signed_on", "15/07/2021")
    page.click(".form-actions .btn-primary")
    assert page.locator("h1").inner_text() == "Sở Tư pháp"
    assert "77/TB-STP" in page.locator(".timeline").first.inner_text()


@pytest.mark.parametrize(("width", "entry"), [(390, "{declaration}"), (1366, "{milestone}")])
def test_what_a_save_says_is_in_sight_above_the_card_it_leads_to(page, at, width, entry):
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    sign_in(page, "dieuphoi")
    page.goto(at(entry + "/xac-nhan/"))
    page.fill("#id_note", "Đã đối chiếu bản gốc")
    page.click(".form-actions .btn-primary")
    told = page.locator(".messages .success")
    card = page.locator("#" + page.url.partition("#")[2])
    expect(told).to_be_in_viewport(ratio=1)
    told, card = told.bounding_box(), card.bounding_box()
    assert told["y"] + told["height"] <= card["y"] < WIDTHS[width] / 2


def test_the_menu_opens_on_a_phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "lanhdao")
    assert not page.locator(".nav").is_visible()
    page.click(".menu-open")
    assert page.locator(".nav").is_visible()
    page.click(".nav a[href='/co-quan/']")
    assert page.locator("h1").inner_text() == "Cơ quan"
