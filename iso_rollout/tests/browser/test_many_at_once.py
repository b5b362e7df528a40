"""Many records at once: ticked or pasted, looked at, confirmed, taken back; with the keyboard alone and without a script."""

import pytest

from iso_rollout.tests.browser.browsing import sign_in
from iso_rollout.tests.browser.looking import faults_at

pytestmark = pytest.mark.browser

PASTED = "STT\tTên cơ quan\n1\tSở Tư pháp\n2\txã Lạc Đạo\n3\tSở Không Có"


def press(page, selector, key="Enter"):
    page.focus(selector)
    page.keyboard.press(key)


def write(page, selector, text):
    page.focus(selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def undo(page):
    """From the page that says what was done, back to how it was."""
    press(page, ".form-actions a[href$='/hoan-tac/']")
    page.wait_for_selector("button.btn-danger")
    write(page, "#id_reason", "Thử xong")
    press(page, "button.btn-danger")
    page.wait_for_selector(".messages .success")


@pytest.mark.parametrize("width", [1366, 390])
def test_a_due_day_for_ticked_rows_with_the_keyboard_alone(browser_of, at, width):
    page = browser_of("dieuphoi", width=width)
    page.goto(at("/ke-hoach/{plan}/dot-trien-khai/?level=commune"))
    for number in (0, 1):
        page.locator("tbody .check input").nth(number).focus()
        page.keyboard.press("Space")
    assert page.locator(".bulk .picked").inner_text().startswith("Đã đánh dấu 2")
    page.select_option("#bulk-act", "due")
    press(page, "button[value=picked]")
    page.wait_for_selector("#id_due_on")
    assert faults_at(page, (width,)) == []
    press(page, ".form-actions .btn-primary")
    page.wait_for_selector("[data-error-summary]")
    write(page, "#id_due_on", "30/06/2022")
    page.keyboard.press("Enter")
    page.wait_for_url("**/xem-truoc/")
    assert page.locator("tbody tr").count() == 2
    assert "30/06/2022" in page.locator("tbody tr").first.inner_text()
    assert faults_at(page, (width,)) == []
    write(page, "#id_reason", "Theo công văn 12")
    press(page, ".form-actions .btn-primary")
    page.wait_for_selector(".form-actions a[href$='/hoan-tac/']")
    assert faults_at(page, (width,)) == []
    undo(page)


@pytest.mark.parametrize("path", ["/co-quan/?level=commune", "/xac-nhan/"])
def test_all_rows_of_the_page_are_ticked_at_once_on_a_phone(browser_of, path):
    page = browser_of("dieuphoi", width=390)
    page.goto(path)
    assert page.locator("[data-all]").is_visible()
    assert faults_at(page, (390,)) == []
    press(page, "[data-all]", "Space")
    rows = page.locator("tbody .check input")
    assert rows.count() > 1 and page.locator("tbody .check input:checked").count() == rows.count()


def test_a_long_remark_of_the_preview_and_the_undo_fit_a_phone(browser_of, at):
    page = browser_of("dieuphoi", width=390)
    page.goto(at("/ke-hoach/{plan}/dot-trien-khai/?level=commune"))
    page.select_option("#bulk-act", "reach")
    press(page, "button[value=all]")
    page.wait_for_selector("#id_stage")
    page.select_option("#id_stage", "surveyed")
    write(page, "#id_on", "05/05/2022")
    page.keyboard.press("Enter")
    page.wait_for_url("**/xem-truoc/")
    assert page.locator(".chip.warn").count() > 0
    assert faults_at(page, (390,)) == []
    write(page, "#id_reason", "Theo công văn 12")
    press(page, "#id_leave_out", "Space")
    press(page, "form.form .btn-primary")
    page.wait_for_selector(".form-actions a[href$='/hoan-tac/']")
    undo(page)
    # What was undone stands in words, on a line of its own.
    facts, words = (page.locator(f).bounding_box()["width"] for f in ("dl.lead", "dl.lead .words >> nth=-1"))
    assert words == facts


@pytest.mark.parametrize("width", [1366, 390])
def test_one_document_for_a_pasted_list(browser_of, at, width):
    page = browser_of("dieuphoi", width=width)
    page.goto("/co-quan/")
    press(page, ".actions a[href='/mot-van-ban/']")
    page.wait_for_selector("#id_pasted")
    press(page, "input[name=act][value=declare]", "Space")
    press(page, "input[name=way][value=paste]", "Space")
    page.fill("#id_pasted", PASTED)
    press(page, ".form-actions .btn-primary")
    page.wait_for_selector("fieldset.question")
    assert "Sở Không Có" in page.locator("fieldset.question legend").inner_text()
    press(page, ".form-actions .btn-primary")
    page.wait_for_selector("[data-error-summary]")
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    assert "Sở Không Có" in page.evaluate("document.activeElement.innerText")
    press(page, "button[name=others]")
    page.wait_for_selector("#id_number")
    write(page, "#id_number", "77/QĐ-UBND")
    write(page, "#id_on", "05/05/2022")
    press(page, "#id_covers_procedures", "Space")
    press(page, ".form-actions .btn-primary")
    page.wait_for_url("**/xem-truoc/")
    assert page.locator("tbody tr").count() == 2
    write(page, "#id_reason", "Quyết định chung")
    press(page, ".form-actions .btn-primary")
    page.wait_for_selector(".form-actions a[href$='/hoan-tac/']")
    undo(page)
    page.goto(at("/co-quan/{so_tu_phap}/"))
    assert "77/QĐ-UBND" not in page.locator("#declarations").inner_text()


def test_all_that_fit_without_a_script(browser_of, at):
    page = browser_of(java_script_enabled=False)
    sign_in(page, "dieuphoi")
    page.goto(at("/ke-hoach/{plan}/dot-trien-khai/?level=commune&year=2021"))
    page.click("button[value=picked]")
    assert page.locator(".messages .warning").is_visible()
    assert "year=2021" in page.url
    fitting = int(page.locator("[data-count]").get_attribute("data-count"))
    page.select_option("#bulk-act", "due")
    page.click("button[value=all]")
    page.fill("#id_due_on", "30/06/2022")
    page.click(".form-actions .btn-primary")
    assert str(fitting) in page.locator(".verdict").inner_text()
    page.click(".form-actions .btn-primary")
    assert page.locator("[data-error-summary]").is_visible()
    page.fill("#id_reason", "Gia hạn")
    page.click(".form-actions .btn-primary")
    page.click(".form-actions a[href$='/hoan-tac/']")
    page.fill("#id_reason", "Thử xong")
    page.click("button.btn-danger")
    assert page.locator(".messages .success").is_visible()


def test_one_value_comes_back_from_the_history(browser_of, at):
    page = browser_of("dieuphoi")
    page.goto(at("/lich-su/co-quan/{noted}/"))
    page.click(".restore >> nth=0")
    page.fill("#id_reason", "Nhập nhầm")
    page.click(".form-actions .btn-primary")
    assert page.locator(".messages .success").is_visible()
    page.click(".messages a")
    page.click("button.btn-danger")
    assert page.locator(".messages .success").is_visible()
