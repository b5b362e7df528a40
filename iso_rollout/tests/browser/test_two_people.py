"""Two browsers on the same record: nothing of either is lost."""

import pytest

from iso_rollout.tests.browser.browsing import WIDTHS
from iso_rollout.tests.browser.looking import faults_at

pytestmark = pytest.mark.browser


def test_the_second_sees_both_versions_and_who_was_first(browser_of, at):
    first, second = browser_of("vanlam"), browser_of("dieuphoi")
    form = at("{shared_milestone}/sua/")
    for page, note in ((first, "Biên bản lưu tại phòng Nội vụ"), (second, "Biên bản lưu tại Sở")):
        page.goto(form)
        page.fill("#id_note", note)
        page.fill("#id_reason", "Bổ sung ghi chú")
    first.click(".form-actions .btn-primary")
    assert "Biên bản lưu tại phòng Nội vụ" in first.locator(".timeline").first.inner_text()

    second.click(".form-actions .btn-primary")
    theirs, mine = second.locator(".version").all()
    assert "Cán bộ UBND huyện Văn Lâm" in theirs.inner_text()
    assert "Biên bản lưu tại phòng Nội vụ" in theirs.inner_text()
    assert "Biên bản lưu tại Sở" in mine.inner_text()
    assert second.locator("#id_note").input_value() == "Biên bản lưu tại Sở"
    assert faults_at(second, WIDTHS) == []

    second.click(".form-actions .btn-primary")
    assert "Biên bản lưu tại Sở" in second.locator(".timeline").first.inner_text()


def test_leaving_a_form_with_typed_words_asks_first(browser_of, at):
    page = browser_of("vanlam")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto(at("{shared_milestone}/sua/"))
    page.type("#id_note", "chưa lưu")
    page.close(run_before_unload=True)
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert page.locator("#id_note").input_value().count("chưa lưu") == 1
