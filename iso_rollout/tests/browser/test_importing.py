"""A list comes in: from a messy workbook to applied and taken back, each step looked at as it is passed."""

import datetime

import pytest

from agencies.testing import workbook
from iso_rollout.tests.browser.browsing import sign_in
from iso_rollout.tests.browser.looking import faults_at

pytestmark = pytest.mark.browser
WIDTHS = (390, 1366)
DAY = datetime.date(2021, 3, 5)


def messy(district, names, *, decision):
    """As a district sends it: headings nobody knows, a date that is none twice, a near name, a total, a signature."""
    rows = [
        (i, name, f"Số {decision + i}/QĐ-UBND", "31/02/2021" if i in (3, 5) else DAY, 2015, "Xây dựng mới", "0221.3986.123")
        for i, name in enumerate(names, 1)
    ]  # fmt: skip
    return workbook(sheets={
        district: [
            (f"UBND HUYỆN {district.upper()}", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), (),
            (None, "DANH SÁCH ĐƠN VỊ ÁP DỤNG ISO"), ("(Kèm theo Công văn số 15/CV-UBND ngày 10/3/2022)",), (),
            ("STT", "Nơi làm", "Q", "Ngày", "Bản", "Cách làm", "Máy lẻ"), *rows,
            (None, f"Tổng cộng: {len(rows)} đơn vị"), (), (None, "Người lập biểu", None, "TRƯỞNG PHÒNG"),
        ]
    })  # fmt: skip


@pytest.fixture
def sent(tmp_path):
    """The path of a messy workbook; `near` is nearly Đại Đồng, and asked for once: the answer is remembered."""
    number = iter(range(700, 10_000, 20))

    def write(near, name="Danh sách công bố Văn Lâm.xlsx"):
        path = tmp_path / name
        names = ("Minh Hải", "Lạc Hồng", "Chỉ Đạo", near, "Tân Quang")
        path.write_bytes(messy("Văn Lâm", names, decision=next(number)))
        return str(path)

    return write


def send(page, path, kind="declarations"):
    page.goto("/nhap-bang-tinh/")
    page.check(f"input[name=kind][value={kind}]")
    page.set_input_files("#id_file", path)
    page.click("form[data-upload] .btn-primary")
    page.wait_for_url("**/nhan-dang/**")


def look(page):
    """Nothing wrong with this step at a phone's and a desktop's width."""
    width = page.viewport_size["width"]
    assert faults_at(page, WIDTHS) == [], page.url
    page.set_viewport_size({"width": width, "height": 800})


def choose_column(page, number, meaning):
    """A column's meaning; without a script the button beside it says so."""
    with page.expect_navigation():
        page.select_option(f"#column-{number}", meaning)


@pytest.mark.parametrize(("width", "near"), [(390, "Đại Đông"), (1366, "Đại Đổng")])
def test_a_messy_list_comes_in_and_goes_back(browser_of, sent, width, near):
    page = browser_of("dieuphoi", width=width)
    send(page, sent(near))
    assert "Chưa đọc được danh sách" in page.locator(".notice.error").inner_text()
    page.click("button[name=header][value='6']")
    choose_column(page, 2, "name")
    assert page.locator("#column-3 option:checked").inner_text() == "Số quyết định"
    assert page.locator("#column-4 option:checked").inner_text() == "Ngày công bố"
    look(page)

    page.click(".actions .btn-primary")
    page.wait_for_url("**/doi-chieu/**")
    assert f"“{near}” là cơ quan nào?" in page.locator("main").inner_text()
    look(page)
    page.get_by_label("UBND xã Đại Đồng").check()
    page.click(".form-actions .btn-primary")

    page.wait_for_url("**/kiem-tra/**")
    assert "2 lỗi" in page.locator(".verdict").inner_text()
    assert "Chỉ Đạo" in page.locator("table").inner_text()
    look(page)
    with page.expect_download() as download:
        page.click("a[href$='/co-ghi-loi.xlsx'], a:has-text('có ghi lỗi')")
    assert download.value.suggested_filename.endswith(".xlsx")
    page.fill("input[name=value-0]", "05/03/2021")
    page.check("input[name=all-0]")
    page.click("form[data-warn-unsaved] .btn-primary")
    page.wait_for_load_state()
    assert "Không có lỗi nào" in page.locator(".verdict").inner_text()
    look(page)

    page.click(".form-actions .btn-primary")
    page.wait_for_url("**show=warnings**")
    look(page)
    for box in page.locator("input[name=ticked]").all():
        box.check()
    page.click("form .btn-primary")
    page.wait_for_url("**/xac-nhan/**")
    assert "5 mới" in page.locator(".verdict").inner_text()
    look(page)
    page.fill("#id_reason", "Công văn 15/CV-UBND")
    page.click(".form-actions .btn-primary")

    page.wait_for_url("**/xong/**")
    assert "Đã nhập: 5 mới" in page.locator(".notice.success").inner_text()
    look(page)
    done = page.url
    page.click("a[href$='/hoan-tac/']")
    assert "Sẽ được khôi phục" in page.locator("main").inner_text()
    look(page)
    page.click(".btn-danger")
    page.wait_for_url("**/xong/**")
    assert page.url.startswith(done) and "Đã hoàn tác" in page.locator("h1").inner_text()
    look(page)
    page.goto("/nhap-bang-tinh/")
    assert "Đã hoàn tác" in page.locator("table").inner_text()
    look(page)


def test_without_a_script_a_list_comes_in_as_well(browser_of, sent):
    page = browser_of(java_script_enabled=False)
    sign_in(page, "dieuphoi")
    send(page, sent("Đại Dồng", "khong script.xlsx"))
    page.click("button[name=header][value='6']")
    page.select_option("#column-2", "name")
    page.click("#sheet-form button[name=apply]")
    page.click(".actions .btn-primary")
    page.get_by_label("UBND xã Đại Đồng").check()
    page.click(".form-actions .btn-primary")
    page.check("input[name=out-0]")
    page.fill("input[name=value-1]", "06/03/2021")
    page.click(".form-actions button.btn-primary")
    page.click(".form-actions .btn-primary")
    for box in page.locator("input[name=ticked]").all():
        box.check()
    page.click("form .btn-primary")
    assert "4 mới" in page.locator(".verdict").inner_text()
    page.click(".form-actions .btn-primary")
    assert "Đã nhập: 4 mới" in page.locator(".notice.success").inner_text()
    page.click("a[href$='/hoan-tac/']")
    page.click(".btn-danger")
    assert "Đã hoàn tác" in page.locator("h1").inner_text()


def test_with_the_keyboard_alone_a_heading_and_a_column_are_corrected(browser_of, sent):
    page = browser_of("dieuphoi")
    send(page, sent("Đại Đong", "ban phim.xlsx"))
    page.focus("button[name=header][value='6']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".r-head")
    page.focus("#column-2")
    with page.expect_navigation():
        page.keyboard.type("Tên cơ quan")
        page.keyboard.press("Enter")
    assert page.locator("#column-2 option:checked").inner_text() == "Tên cơ quan"
    page.focus(".actions .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doi-chieu/**")


def test_a_closed_browser_changes_nothing_and_the_home_leads_back(browser_of, sent):
    page = browser_of("dieuphoi")
    send(page, sent("Đại Đống", "dong trinh duyet.xlsx"))
    page.click("button[name=header][value='6']")
    choose_column(page, 2, "name")
    left = page.url.partition("nhan-dang")[0]
    page.close()
    page = browser_of("dieuphoi")
    page.goto("/nhap-bang-tinh/")
    page.click("a:has-text('dong trinh duyet.xlsx')")
    assert page.url.startswith(left)
    assert "1 tên" in page.locator("main").inner_text() or "lỗi" in page.locator(".verdict").inner_text()
    page.goto(f"{left}nhan-dang/")
    assert page.locator("#column-2 option:checked").inner_text() == "Tên cơ quan"


def test_pasted_cells_are_a_list_and_the_other_kind_is_offered(browser_of):
    page = browser_of("dieuphoi", width=390)
    page.goto("/nhap-bang-tinh/")
    page.click("details.paste summary")
    page.fill("#id_pasted", "STT\tTên cơ quan\tTiêu chuẩn\tSố QĐ công bố\tNgày công bố\n1\tUBND xã Lạc Đạo\t2015\t9/QĐ-UBND\t05/03/2021\n"
                            "2\tUBND xã Chỉ Đạo\t2015\t10/QĐ-UBND\t05/03/2021")  # fmt: skip
    page.click("form[data-upload] .btn-primary")
    page.wait_for_url("**/nhan-dang/**")
    assert "giống “Công bố HTQLCL” hơn “Cơ quan”" in page.locator(".notice.warning").inner_text()
    look(page)
    page.click("button[name=kind]")
    page.wait_for_load_state()
    assert page.locator("button[name=kind]").count() == 0
    assert "Công bố HTQLCL" in page.locator(".lede").inner_text()
