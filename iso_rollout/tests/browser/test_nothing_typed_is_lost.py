"""What was typed stays: the session ran out, the network failed, a page is left, a button is clicked twice."""

import pytest

from iso_rollout.tests.browser.browsing import sign_in
from procedures.demo.people import PASSWORD

pytestmark = pytest.mark.browser
FORM = "{shared_milestone}/sua/"


@pytest.mark.parametrize("script", [True, False])
def test_after_the_session_ran_out_the_form_is_there_again(browser_of, at, script):
    page = browser_of(java_script_enabled=script)
    sign_in(page, "vanlam")
    page.goto(at(FORM))
    page.fill("#id_note", "Biên bản số 7")
    page.fill("#id_reason", "Bổ sung")
    kept = [c for c in page.context.cookies() if c["name"] != "sessionid"]
    page.context.clear_cookies()
    page.context.add_cookies(kept)
    page.click(".form-actions .btn-primary")
    page.fill("#id_username", "vanlam")
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    assert page.locator("[data-given-back]").is_visible()
    assert page.locator("#id_note").input_value() == "Biên bản số 7"
    page.click(".form-actions .btn-primary")
    assert "Biên bản số 7" in page.locator(".timeline").first.inner_text()


def test_on_the_way_back_from_a_server_that_was_gone_the_values_stand_there(browser_of, at):
    page = browser_of("vanlam")
    page.goto(at(FORM))
    page.fill("#id_note", "Chưa tới nơi")
    page.fill("#id_reason", "Thử")
    gone = {"status": 502, "body": "<h1>502 Bad Gateway</h1>", "content_type": "text/html"}

    def answer(route):
        route.fulfill(**gone) if route.request.method == "POST" else route.continue_()

    page.route("**/sua/", answer)
    page.click(".form-actions .btn-primary")
    page.wait_for_selector("text=502 Bad Gateway")
    page.unroute("**/sua/")
    page.go_back()
    assert page.locator("#id_note").input_value() == "Chưa tới nơi"
    # Another way in starts afresh.
    page.goto("/co-quan/")
    page.goto(at(FORM))
    assert page.locator("#id_note").input_value() != "Chưa tới nơi"
    page.faults.clear()


def test_ticks_in_a_list_ask_nothing_when_the_page_is_left(browser_of, at):
    page = browser_of("dieuphoi")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(at("/ke-hoach/{plan}/dot-trien-khai/"))
    page.check("tbody .check input >> nth=0")
    page.goto("/co-quan/")
    assert asked == []


def test_a_double_click_sends_a_form_once(browser_of, at):
    page = browser_of("dieuphoi")
    page.goto(at("/ke-hoach/{plan}/dot-trien-khai/?level=commune"))
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.dblclick("button[value=all]")
    page.wait_for_selector("#id_due_on")
    assert len(sent) == 1


def test_a_form_of_the_administration_warns_too(browser_of, at):
    page = browser_of("quantri")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto(at("/quan-tri/agencies/agency/{lac_dao}/change/"))
    page.type("#id_note", "chưa lưu")
    page.close(run_before_unload=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
