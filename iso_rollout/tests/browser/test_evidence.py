"""Evidence with its file: in few clicks, with the keyboard alone, and without a script."""

import pytest

from iso_rollout.papers.tests import samples

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A few PDFs on the person's own disk, each with another content."""
    folder = tmp_path_factory.mktemp("papers")

    def file(name):
        path = folder / name
        path.write_bytes(samples.pdf(lambda made: made.docinfo.__setitem__("/Title", name)))
        return path

    return file


@pytest.fixture
def taken_back(register):
    """Two milestones of Sở Tư pháp are open again, so that there is something to record; afterwards all is as before."""
    start = register.ask(
        """
from agencies.models import ChangeSet
from procedures.models import Rollout
answer = ChangeSet.objects.first().pk
rollout = Rollout.objects.filter(agency__code="H31.02", state="active").order_by("-pk").first()
for found in rollout.milestones.filter(stage__in=["notified", "steering"]).order_by("-rank"):
    rollout.refresh_from_db()
    rollout.withdraw(found, by=None, seen=rollout.version, reason="Thử lại")
"""
    )
    yield
    register.ask(
        f"""
from agencies.history import undo
from agencies.models import ChangeSet
for act in ChangeSet.objects.filter(pk__gt={start}).order_by("-pk"):
    undo(act, by=None)
answer = None
"""
    )


class Counted:
    """A page whose clicks are counted: the browser's own, so that none is forgotten."""

    def __init__(self, page):
        self.page, self.clicks, self.forms = page, 0, 0
        page.on("request", self._sent)

    def _sent(self, request):
        is_form = request.method == "POST" and request.is_navigation_request()
        self.forms += is_form and "/dang-nhap/" not in request.url

    def click(self, selector):
        self.clicks += 1
        self.page.click(selector)


def test_from_sign_in_to_a_milestone_with_its_file_in_five_clicks_and_one_form(browser_of, files, taken_back):
    page = browser_of()
    counted = Counted(page)
    page.goto("/dang-nhap/")
    page.fill("#id_username", "sotuphap")
    page.fill("#id_password", "Hung-Yen-2020")
    counted.click("main button[type=submit]")
    page.wait_for_url("**/")
    counted.click(".nav a[href='/co-quan/']")
    counted.click("tbody th a:has-text('Sở Tư pháp')")
    counted.click(".actions .btn-primary")
    # Stage and day are proposed; the file is dropped onto its field.
    page.set_input_files("#id_doc_file", files("thông báo.pdf"))
    counted.click(".form-actions .btn-primary")
    assert page.locator("h1").inner_text() == "Sở Tư pháp"
    assert "thông báo.pdf" in page.locator(".timeline").first.inner_text()
    assert (counted.clicks, counted.forms) == (5, 1)


def test_the_file_is_kept_while_something_else_is_mended(browser_of, at, files, taken_back):
    page = browser_of("sotuphap", java_script_enabled=False)
    page.goto(at("/co-quan/{so_tu_phap}/"))
    page.click(".actions .btn-primary")
    page.set_input_files("#id_doc_file", files("giữ lại.pdf"))
    page.fill("#id_on", "31/02/2021")
    page.click(".form-actions .btn-primary")
    assert page.locator(".kept").inner_text().count("giữ lại.pdf") == 1
    page.fill("#id_on", "15/07/2021")
    page.click(".form-actions .btn-primary")
    assert "giữ lại.pdf" in page.locator(".timeline").first.inner_text()


def test_a_document_is_found_while_typing_and_by_the_button_without_a_script(browser_of, at, taken_back):
    page = browser_of("sotuphap")
    page.goto(at("/co-quan/{so_tu_phap}/"))
    page.click(".actions .btn-primary")
    page.fill("#id_doc_q", "ke hoach")
    page.wait_for_selector("#documents-found:not(:empty)")
    page.keyboard.press("Enter")
    assert "/moc/" in page.url and page.locator("[data-error-summary]").count() == 0
    found = page.locator("#id_document option").count()
    assert found > 1

    plain = browser_of("sotuphap", java_script_enabled=False)
    plain.goto(page.url)
    plain.fill("#id_note", "Chưa gửi")
    plain.fill("#id_doc_q", "ke hoach")
    plain.click("button[name=find]")
    assert plain.locator("#id_document option").count() == found
    assert plain.input_value("#id_note") == "Chưa gửi"
    plain.select_option("#id_document", index=1)
    plain.click(".form-actions .btn-primary")
    assert plain.locator("h1").inner_text() == "Sở Tư pháp"


def test_several_milestones_with_the_keyboard_alone(browser_of, at, register, taken_back):
    page = browser_of("sotuphap")
    page.goto(at("/co-quan/{so_tu_phap}/"))
    page.focus("a[href$='/nhieu-moc/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/nhieu-moc/")
    page.focus("table.several input >> nth=0")
    page.keyboard.type("20/03/2020")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("12/QĐ-STP ngày 19/03/2020")
    page.focus("#id_on_notified")
    page.keyboard.type("20/12/2021")
    page.keyboard.press("Enter")
    page.wait_for_url("**/co-quan/*/**")
    assert "12/QĐ-STP" in page.locator(".timeline").first.inner_text()


def test_a_document_is_entered_replaced_and_fetched(browser_of, files):
    page = browser_of("lacdao", width=390)
    page.goto("/van-ban/")
    page.click(".actions .btn-primary")
    page.fill("#id_number", "91/QĐ-UBND")
    page.fill("#id_signed_on", "02/06/2021")
    page.set_input_files("#id_file", files("bản mờ.pdf"))
    page.click(".form-actions .btn-primary")
    assert page.locator("h1").inner_text().startswith("91/QĐ-UBND")
    page.click("#files .card-head a")
    page.set_input_files("#id_file", files("bản rõ.pdf"))
    page.click(".form-actions .btn-primary")
    shown = page.locator("#files").inner_text()
    assert "bản mờ.pdf" in shown and "bản rõ.pdf" in shown
    with page.expect_download() as download:
        page.click(".actions .btn-primary")
    assert download.value.suggested_filename == "bản rõ.pdf"
    # The same content again is no second document.
    page.goto("/van-ban/moi/")
    page.fill("#id_number", "92/QĐ-UBND")
    page.set_input_files("#id_file", files("bản rõ.pdf"))
    page.click(".form-actions .btn-primary")
    assert "91/QĐ-UBND" in page.locator(".field.has-error, .form").first.inner_text()
    page.evaluate("document.querySelector('form[data-dirty]').removeAttribute('data-dirty')")


def test_a_hostile_file_is_told_in_plain_words(browser_of, tmp_path):
    path = tmp_path / "quyết định.pdf"
    path.write_bytes(samples.launching())
    page = browser_of("lacdao", java_script_enabled=False)
    page.goto("/van-ban/moi/")
    page.fill("#id_number", "93/QĐ-UBND")
    page.set_input_files("#id_file", path)
    page.click(".form-actions .btn-primary")
    assert "in lại ra PDF" in page.locator("[data-error-summary]").inner_text()
    assert page.input_value("#id_number") == "93/QĐ-UBND"
