"""The grid of an agency's procedures: with the keyboard alone, a block from the clipboard, and without a script."""

import pytest

from iso_rollout.tests.browser.browsing import sign_in
from iso_rollout.tests.browser.looking import faults_at

pytestmark = pytest.mark.browser
GRID = "/co-quan/{lac_dao}/thu-tuc/?q=khai+sinh"
PASTE = """
([selector, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}
"""


def cell(page, row, label):
    return page.locator("tbody tr").nth(row).locator(f"td[data-label='{label}']").inner_text()


def test_a_row_is_edited_in_place_with_the_keyboard_alone(browser_of, at):
    page = browser_of("lacdao")
    page.goto(at(GRID))
    page.locator("tbody tr").first.locator(".acts-cell a").focus()
    page.keyboard.press("Enter")
    page.locator("tr.is-editing input[name=note]").wait_for()
    assert "sua=" not in page.url
    assert page.evaluate("document.activeElement.name") == "applied_on"
    assert faults_at(page, (390, 1366)) == []
    page.set_viewport_size({"width": 1366, "height": 768})
    for _cell in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "note"
    page.keyboard.type("Một cửa liên thông")
    page.keyboard.press("Enter")
    page.locator(".messages .success").wait_for()
    page.locator("tr.is-editing").wait_for(state="detached")
    assert cell(page, 0, "Ghi chú") == "Một cửa liên thông"
    assert "Đã lưu 1 thủ tục." in page.locator(".messages").inner_text()


def test_escape_leaves_the_row_as_it_was(browser_of, at):
    page = browser_of("lacdao")
    page.goto(at(GRID))
    before = cell(page, 1, "Mã tài liệu")
    page.locator("tbody tr").nth(1).locator(".acts-cell a").click()
    page.fill("tr.is-editing input[name=document_code]", "KHÁC")
    page.keyboard.press("Escape")
    page.locator("tr.is-editing").wait_for(state="detached")
    assert cell(page, 1, "Mã tài liệu") == before


def test_a_wrong_cell_is_named_in_the_row(browser_of, at):
    page = browser_of("lacdao")
    page.goto(at(GRID))
    page.locator("tbody tr").nth(1).locator(".acts-cell a").click()
    page.fill("tr.is-editing input[name=applied_on]", "31/02/2020")
    page.keyboard.press("Enter")
    page.locator("tr.is-editing .errors").wait_for()
    assert faults_at(page, (390, 1366)) == []
    # The answer that names it is a 422, and the only one.
    assert [page.faults.pop()[:4]] == ["422:"]


def test_a_column_pasted_into_a_row_is_shown_before_it_is_saved(browser_of, at):
    page = browser_of("lacdao")
    page.goto(at(GRID))
    page.locator("tbody tr").nth(2).locator(".acts-cell a").click()
    page.locator("tr.is-editing input[name=document_code]").wait_for()
    page.evaluate(PASTE, ["tr.is-editing input[name=document_code]", "QT-X1\r\nQT-X2\r\n"])
    page.wait_for_url("**/dan/**")
    assert page.locator("ins").all_inner_texts() == ["QT-X1", "QT-X2"]
    assert faults_at(page, (390, 1366)) == []
    page.click(".form-actions .btn-primary")
    page.locator(".messages .success").wait_for()
    assert [cell(page, row, "Mã tài liệu") for row in (2, 3)] == ["QT-X1", "QT-X2"]


def test_enter_in_the_reason_saves_what_was_pasted(browser_of, at):
    page = browser_of("lacdao", width=390)
    page.goto(at("/co-quan/{lac_dao}/thu-tuc/dan/"))
    page.fill("#id_pasted", "QT-901")
    page.click(".form-actions .btn-primary")
    # A code does not break within itself on a phone.
    assert page.locator("ins").evaluate("e => e.getClientRects().length") == 1
    page.focus("#reason")
    page.keyboard.insert_text("dài " * 200)
    page.keyboard.press("Enter")
    page.wait_for_selector("#reason_error")
    assert "tối đa 500" in page.locator(":focus").inner_text()
    page.fill("#reason", "Mã mới")
    page.press("#reason", "Enter")
    page.locator(".messages .success").wait_for()
    assert cell(page, 0, "Mã tài liệu") == "QT-901"


def test_many_are_marked_and_taken_back(browser_of, at):
    page = browser_of("dieuphoi")
    page.goto(at(GRID))
    page.check("thead [data-all]")
    assert page.locator(".bulk .picked").inner_text() == "Đã chọn 8 thủ tục"
    page.uncheck("thead [data-all]")
    page.check("#many-all")
    assert page.locator(".bulk .picked").inner_text() == "Đã chọn 8 thủ tục"
    page.uncheck("#many-all")
    page.check("thead [data-all]")
    page.fill("#many-on", "30/12/2021")
    page.select_option("#many-standard", label="TCVN ISO 9001:2015")
    page.click("button[value=clear]")
    assert "8 thủ tục" in page.locator(".verdict").inner_text()
    assert faults_at(page, (390, 1366)) == []
    page.fill("#reason", "Thử")
    page.click(".form-actions .btn-primary")
    page.locator(".messages .success a").click()
    page.click(".form-actions .btn-danger, .form-actions .btn-primary")
    page.goto(at(GRID))
    assert cell(page, 0, "Tiêu chuẩn") == ":2015"


def test_on_a_phone_the_first_row_marked_and_a_focused_tab_stay_in_sight(browser_of, at):
    page = browser_of("dieuphoi", width=390)
    page.goto(at("/co-quan/{lac_dao}/thu-tuc/"))
    page.locator("tbody [name=picks]").first.focus()
    page.keyboard.press("Space")
    row = page.locator("tr.is-selected").bounding_box()
    assert row["y"] + row["height"] <= page.locator(".bulk").bounding_box()["y"]
    # What scrolls cuts off a ring that lies outside of it.
    page.locator(".tabs a").last.focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineOffset") == "-2px"


def test_a_block_that_changes_nothing_leads_back(browser_of, at):
    page = browser_of("lacdao")
    page.goto(at("/co-quan/{lac_dao}/thu-tuc/dan/?q=ket+hon"))
    page.fill("#id_pasted", "QT-77")
    page.click(".form-actions .btn-primary")
    page.click(".form-actions .btn-primary")
    page.goto(at("/co-quan/{lac_dao}/thu-tuc/dan/?q=ket+hon"))
    page.fill("#id_pasted", "QT-77")
    page.click(".form-actions .btn-primary")
    assert page.locator("form .card .form-actions").count() == 0
    page.click("main form a.btn")
    assert page.url.endswith("/thu-tuc/?q=ket+hon")


def test_without_a_script(browser_of, at):
    page = browser_of(java_script_enabled=False)
    sign_in(page, "vanlam")
    page.goto(at("/co-quan/{van_lam}/thu-tuc/"))
    page.locator("tbody tr").first.locator(".acts-cell a").click()
    page.fill("tr.is-editing input[name=note]", "không kịch bản")
    page.click("tr.is-editing button")
    assert cell(page, 0, "Ghi chú") == "không kịch bản"
    page.locator("tbody tr").nth(1).locator("[name=picks]").check()
    page.click("button[value=clear]")
    assert page.locator(".verdict").is_visible()
    page.click(".form-actions .btn-link")
    page.goto(at("/co-quan/{van_lam}/thu-tuc/dan/"))
    page.fill("#id_pasted", "ghi chú 1\nghi chú 2")
    page.click(".form-actions .btn-primary")
    page.select_option("#column-1", "note")
    page.click("button[name=again]")
    page.click(".form-actions .btn-primary")
    assert [cell(page, row, "Ghi chú") for row in (0, 1)] == ["ghi chú 1", "ghi chú 2"]
