"""A workbook goes out of the browser, is filled in, comes back, and is decided where two people changed one cell."""

import pytest

from iso_rollout.tests.browser.browsing import WIDTHS, sign_in
from iso_rollout.tests.browser.looking import faults_at
from procedures.tests.filling import Book
from procedures.workbooks.columns import KEY

pytestmark = pytest.mark.browser


def downloaded(page, button):
    with page.expect_download() as download:
        page.click(button)
    with open(download.value.path(), "rb") as file:
        return Book(file.read())


def duty(book, number):
    """The key of a procedure by its place in the sheet."""
    value = book.sheet("P").cell(5 + number, book.headings["P"][KEY]).value
    return str(value).partition(".")[2]


def hand_in(page, data, name):
    page.goto("/bang-excel/")
    file = {
        "name": name,
        "mimeType": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "buffer": data,
    }
    page.set_input_files("#id_file", files=[file])
    page.click("main .btn-primary")


def bring_in(page):
    """From the check to done."""
    page.wait_for_url("**/kiem-tra/")
    page.click("main .form-actions .btn-primary")
    page.wait_for_url("**/xac-nhan/")
    page.click("main .form-actions .btn-primary")
    page.wait_for_url("**/xong/")
    assert page.locator(".notice.success").is_visible()


def test_two_people_fill_in_one_cell(browser_of, at):
    staff, lead = browser_of("lacdao"), browser_of("dieuphoi")
    button = "main form[action='/bang-excel/tai-xuong/'] button"
    staff.goto(at("/co-quan/{lac_dao}/"))
    mine = downloaded(staff, button)
    lead.goto(at("/co-quan/{lac_dao}/"))
    theirs = downloaded(lead, button)
    same, other = duty(mine, 0), duty(mine, 1)

    hand_in(lead, theirs.fill(same, document="QT-SỞ").data, "của sở.xlsx")
    bring_in(lead)

    hand_in(staff, mine.fill(same, document="QT-XÃ").fill(other, note="Đã rà soát").data, "của xã.xlsx")
    staff.wait_for_url("**/so-sanh/")
    question = staff.locator("fieldset.question")
    assert question.count() == 1
    words = question.inner_text()
    assert "QT-XÃ" in words and "QT-SỞ" in words and "Điều phối Sở KH&CN" in words
    assert faults_at(staff, WIDTHS) == []
    staff.check("input[type=radio][value=file]")
    staff.click("main .form-actions .btn-primary")
    staff.wait_for_url("**/kiem-tra/")
    assert staff.locator(".diff").count() == 2
    assert faults_at(staff, WIDTHS) == []
    bring_in(staff)
    assert faults_at(staff, WIDTHS) == []

    # The same file again: nothing is asked, nothing changes.
    hand_in(staff, mine.data, "của xã lần hai.xlsx")
    staff.wait_for_url("**/kiem-tra/")
    assert staff.locator(".diff").count() == 0


def test_after_a_download_another_button_and_a_later_click_download_again(browser_of):
    page, sent = browser_of("vanlam"), []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto("/bang-excel/")
    one, each = page.locator("button[name=as][value=one]"), page.locator("button[name=as][value=zip]")
    with page.expect_download():
        one.dblclick()
    assert len(sent) == 1
    with page.expect_download() as download:
        each.click()
    assert download.value.suggested_filename.endswith(".zip") and len(sent) == 2
    page.wait_for_timeout(1100)
    with page.expect_download():
        one.click()
    assert len(sent) == 3


def test_a_file_that_waits_already_is_told_once_the_page_opens(browser_of, at):
    page = browser_of("lacdao")
    page.goto(at("/co-quan/{lac_dao}/"))
    book = downloaded(page, "main form[action='/bang-excel/tai-xuong/'] button")
    data = book.fill(duty(book, 3), note="Nộp hai lần").data
    for _turn in range(2):
        hand_in(page, data, "hai lần.xlsx")
        page.wait_for_url("**/kiem-tra/")
    assert "đã tải lên và chưa nhập" in page.locator("#messages").inner_text()


def test_without_script_on_a_phone(browser_of):
    page = browser_of(java_script_enabled=False, width=390)
    sign_in(page, "vanlam")
    page.goto("/bang-excel/")
    book = downloaded(page, "button[name=as][value=one]")
    hand_in(page, book.fill(duty(book, 2), note="Điền trên điện thoại").data, "huyện.xlsx")
    bring_in(page)
    page.goto("/bang-excel/")
    assert "huyện.xlsx" in page.locator("tbody tr").first.inner_text()
