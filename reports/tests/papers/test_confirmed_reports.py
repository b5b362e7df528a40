"""A report of confirmed entries only: its figures are the board's with the switch, and it says so wherever it is read."""

import io
import re

import openpyxl
import pytest
from django.core.management import call_command
from django.urls import reverse
from docx import Document

from agencies.models import User
from procedures.models import Declaration, Plan
from reports.models import PublishedReport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]
DAY = "30/12/2021"  # some declarations of that day wait for the lead agency
SAID = "chỉ tính mục đã xác nhận"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def query(**changed):
    plan = Plan.objects.get()
    return {
        "kind": "annual", "plan": plan.code, "agency": plan.agency_id, "on": DAY, "made_on": "05/02/2022",
        "signer_title": "Giám đốc", "xacnhan": "1",
    } | changed  # fmt: skip


def as_(client, username):
    client.force_login(User.objects.get(username=username))
    return client


def publish(client, **changed):
    wanted = "&".join(f"{k}={v}" for k, v in query(**changed).items())
    client.post(f"{reverse('publish_report')}?{wanted}")
    return PublishedReport.objects.first()


def figures_on_the_board(client, switch):
    html = client.get("/bang-dieu-hanh/", {"on": DAY} | ({"xacnhan": "1"} if switch else {})).text
    return html, {int(n) for n in re.findall(r'data-figure="(\d+)"', html)}


@pytest.mark.parametrize("switch", ["", "1"])
def test_its_figures_are_those_of_the_board(client, switch):
    report = publish(as_(client, "dieuphoi"), xacnhan=switch)
    told = report.content["figures"]
    html, shown = figures_on_the_board(client, switch)
    names = (
        "tong_don_vi",
        "da_cong_bo",
        "chua_cong_bo",
        "thu_tuc_ap_dung",
        "theo_2015",
        "xay_dung_moi_thuc_hien",
    )
    assert {told[name] for name in names} <= shown
    assert f"{told['da_cong_bo']}/{told['tong_don_vi']} đơn vị" in html
    detail = next(t for t in report.content["tables"] if t["code"] == "T3")
    assert sum(row[7] is not None for row in detail["rows"]) == told["da_cong_bo"]
    assert detail["total"][8:10] == [told["thu_tuc_co_hieu_luc"], told["thu_tuc_ap_dung"]]
    assert sum(row[9] for row in detail["rows"]) == told["thu_tuc_ap_dung"]
    assert report.content["confirmed_only"] is bool(switch)


def test_both_positions_of_the_switch_say_something_else(client):
    as_(client, "dieuphoi")
    everything, only = (publish(client, xacnhan=switch).content["figures"] for switch in ("", "1"))
    assert Declaration.objects.waiting().exists()
    assert only["thu_tuc_ap_dung"] < everything["thu_tuc_ap_dung"]
    assert only["tong_don_vi"] == everything["tong_don_vi"]


def test_it_is_said_on_the_page_in_word_in_the_workbook_and_in_the_list(client):
    report = publish(as_(client, "dieuphoi"))
    page = client.get(report.get_absolute_url()).text
    assert "Chỉ tính các nội dung đã được xác nhận." in page
    assert "Số liệu chỉ tính các nội dung đã được cơ quan chủ trì xác nhận." in page
    paper = Document(io.BytesIO(client.get(reverse("published_docx", args=[report.code])).content))
    assert any("chỉ tính các nội dung đã được cơ quan chủ trì xác nhận" in p.text for p in paper.paragraphs)
    assert SAID in "".join(p.text for section in paper.sections for p in section.footer.paragraphs)
    book = openpyxl.load_workbook(
        io.BytesIO(client.get(reverse("published_xlsx", args=[report.code])).content)
    )
    assert all(SAID in sheet["A3"].value for sheet in book)
    assert SAID in client.get(reverse("reports")).text


def test_without_the_switch_nothing_of_it_is_said(client):
    report = publish(as_(client, "dieuphoi"), xacnhan="")
    for address in (report.get_absolute_url(), reverse("reports")):
        assert SAID not in client.get(address).text
        assert "đã được cơ quan chủ trì xác nhận" not in client.get(address).text


def test_what_was_published_is_compared_with_confirmed_entries(client):
    report = publish(as_(client, "dieuphoi"))
    assert "vẫn cho đúng mọi số liệu này" in client.get(report.get_absolute_url()).text


def test_a_report_published_before_there_was_the_choice_counts_everything(client):
    report = publish(as_(client, "dieuphoi"), xacnhan="")
    del report.content["confirmed_only"]
    report.save()
    page = client.get(report.get_absolute_url())
    assert page.status_code == 200
    assert "vẫn cho đúng mọi số liệu này" in page.text
    assert client.get(reverse("published_xlsx", args=[report.code])).status_code == 200


def test_the_form_offers_the_switch_and_keeps_it(client):
    as_(client, "lanhdao")
    assert 'name="xacnhan" value="1"' in client.get(reverse("reports")).text
    back = client.get(reverse("reports"), query()).text
    assert re.search(r'name="xacnhan" value="1"[^>]* checked', back)
    assert "xacnhan=1" in client.get(reverse("report_preview"), query()).text


def test_the_command_makes_it_too(tmp_path, capsys):
    call_command(
        "make_report", on="2021-12-30", format="xlsx", accepted_only=True, out=str(tmp_path / "a.xlsx")
    )
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert all(SAID in sheet["A3"].value for sheet in book)
