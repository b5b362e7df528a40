"""From sign-in to a recorded milestone, from a returned entry to a mended one, and the lead agency's queue.

Each test enters an undertaking of its own for one unit.
"""

import pytest

from iso_rollout.tests.browser.browsing import sign_in
from iso_rollout.tests.browser.looking import faults_at

pytestmark = pytest.mark.browser

# An undertaking due soon, an entry that waits and one that was returned, of a unit that nothing else here speaks of.
ENTER = """
import datetime
from django.utils import timezone
from agencies.models import Agency, User
from procedures.lifecycle import Acceptance, Stage
from procedures.models import Declaration, Milestone, Plan
today, day = timezone.localdate(), datetime.timedelta(days=1)
busy = [m.rollout.agency_id for m in Milestone.objects.filter(acceptance=Acceptance.UNREVIEWED, recorded_at__lt=today - 30 * day)]
units = Agency.objects.filter(parent__code="H31.325").exclude(pk__in=busy).exclude(code="H31.325.11989").order_by("pk")
form, year = [("EXTEND", 2020), ("EXTEND", 2021), ("E_ISO", 2021)][{number} // len(units)]
agency = units[{number} % len(units)]
editor, coordinator = User.objects.get(username="vanlam"), User.objects.get(username="dieuphoi")
rollout = Plan.objects.get().assign(agency, form=form, year=year, due_on=today + 9 * day, on=today - 50 * day, by=coordinator)
waiting = rollout.reach(Stage.PLANNED, on=today - 9 * day, by=editor, seen=rollout.version)
returned = rollout.reach(Stage.STEERING, on=today - 8 * day, by=editor, seen=rollout.version)
if {returns}:
    returned.return_(by=coordinator, seen=returned.version, note="Chưa ghi số quyết định")
answer = {{"agency": agency.pk, "name": agency.name, "rollout": rollout.pk, "milestone": returned.pk}}
"""


@pytest.fixture(scope="module")
def unit(register):
    """unit(0): the name and the numbers of a fresh undertaking; each test takes another unit."""
    return lambda number, *, returns=True: register.ask(ENTER.format(number=number, returns=returns))


def acceptance_of(register, milestone):
    return register.ask(
        f"from procedures.models import Milestone\nanswer = Milestone.objects.get(pk={milestone}).acceptance"
    )


@pytest.mark.parametrize(("width", "number", "script"), [(1366, 0, True), (390, 1, True), (1366, 2, False)])
def test_from_sign_in_to_a_recorded_milestone_in_few_clicks(browser_of, unit, width, number, script):
    place = unit(number)
    page = browser_of(width=width, java_script_enabled=script)
    clicks = 1
    sign_in(page, "vanlam")
    assert page.locator("h1").inner_text() == "Việc của tôi"
    row = page.locator("tbody tr", has=page.get_by_role("link", name=place["name"], exact=True))
    assert "còn 9 ngày" in row.inner_text()
    row.locator("a.btn").click()
    clicks += 1
    assert page.locator("#id_stage").input_value() == "steering"
    page.fill("#id_doc_number", "15/QĐ-UBND")
    page.click(".form-actions .btn-primary")
    clicks += 1
    assert page.locator("h1").inner_text() == place["name"]
    assert "15/QĐ-UBND" in page.locator(f"#rollout-{place['rollout']}").inner_text()
    assert clicks <= 5


@pytest.mark.parametrize(("width", "number"), [(1366, 3), (390, 4)])
def test_a_returned_entry_is_mended_from_its_notice_by_keyboard(browser_of, register, unit, width, number):
    place = unit(number)
    page = browser_of("vanlam", width=width)
    page.goto("/thong-bao/")
    link = page.get_by_role("link", name=f"Bị trả lại: {place['name']}: Thành lập Ban Chỉ đạo", exact=True)
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sua/")
    assert "Chưa ghi số quyết định" in page.locator("main").inner_text()
    page.focus("#id_doc_number")
    page.keyboard.type("16/QĐ-UBND")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/co-quan/{place['agency']}/**")
    assert acceptance_of(register, place["milestone"]) == "unreviewed"
    page.goto("/")
    assert place["name"] not in page.locator("blockquote").all_inner_texts()


@pytest.mark.parametrize(("width", "script"), [(1366, True), (390, False)])
def test_the_queue_returns_with_a_note_and_confirms(browser_of, register, unit, width, script):
    place = unit(5 if script else 6, returns=False)
    page = browser_of("dieuphoi", width=width, java_script_enabled=script)
    page.goto(f"/xac-nhan/?q={place['name']}")
    rows = page.locator("tbody tr", has=page.get_by_role("link", name=place["name"], exact=True))
    chosen = rows.filter(has_text="Thành lập Ban Chỉ đạo")
    chosen.locator("input[type=checkbox]").check()
    if script:
        assert page.locator(".picked").inner_text() == "Đã chọn 1 mục"
        page.wait_for_function("!document.querySelector('.bulk .btn-primary').disabled")
    page.click(".bulk .btn:not(.btn-primary)")
    page.click(".form-actions .btn-danger")
    assert page.locator("[data-error-summary]").is_visible()
    if script:
        assert faults_at(page, (390, 1366)) == []
    page.fill("#id_note", "Đề nghị bổ sung văn bản")
    page.click(".form-actions .btn-danger")
    assert "Đã trả lại 1 mục" in page.locator(".messages").inner_text()
    assert "?q=" in page.url
    assert acceptance_of(register, place["milestone"]) == "returned"
    # What is left: all that fit the filter.
    page.goto(page.url.replace("/xac-nhan/", "/xac-nhan/tat-ca/"))
    page.click(".form-actions .btn-primary")
    assert "Đã xác nhận" in page.locator(".messages").inner_text()
    assert page.locator(".empty").is_visible()


def test_picking_and_confirming_by_keyboard(browser_of, register, unit):
    place = unit(7, returns=False)
    page = browser_of("dieuphoi")
    page.goto(f"/xac-nhan/?q={place['name']}&entry=steering")
    box = page.locator(f"tbody input[value^='m{place['milestone']}.']")
    box.focus()
    page.keyboard.press("Space")
    page.focus(".bulk .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_selector(".messages")
    assert acceptance_of(register, place["milestone"]) == "accepted"


def test_the_switch_is_kept_on_the_way_through_the_lists(browser_of):
    page = browser_of("lanhdao")
    page.goto("/")
    page.check("#scope-confirmed")
    page.click(".scope-bar button")
    assert "chỉ tính mục đã xác nhận" in page.locator(".lede").inner_text()
    figure = page.locator("table[aria-labelledby=units] tfoot a").first
    number = figure.get_attribute("data-figure")
    figure.click()
    assert page.locator("[data-count]").get_attribute("data-count") == number
    assert page.is_checked("#scope-confirmed")
    page.click(".filters .go .btn-primary")
    assert page.is_checked("#scope-confirmed")
    page.emulate_media(media="print")
    assert "chỉ tính mục đã xác nhận" in page.locator(".lede").inner_text()


def test_the_bell_on_a_phone_and_choosing_how_notices_come(browser_of, unit):
    unit(8)
    page = browser_of("vanlam", width=390)
    page.goto("/co-quan/")
    before = int(page.locator(".bell .count").inner_text())
    page.click(".bell")
    page.locator(".notices .unread button").first.click()
    assert int(page.locator(".bell .count").inner_text()) == before - 1
    page.goto("/toi/")
    page.select_option("#id_notices_due", "none")
    page.click("#notices .btn-primary")
    page.goto("/toi/")
    assert page.locator("#id_notices_due").input_value() == "none"
    page.select_option("#id_notices_due", "digest")
    page.click("#notices .btn-primary")
