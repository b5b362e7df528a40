"""Figures with or without what the lead agency has not confirmed: each opens its list in both positions."""

import json
import re
from io import StringIO

import pytest
from django.core.management import call_command

from agencies.models import User
from procedures.models import Declaration

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]


def command(on, **options):
    out = StringIO()
    call_command("figures", on=str(on), json=True, stdout=out, **options)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("switch", ["", "1"])
@pytest.mark.parametrize(
    ("username", "on"),
    [
        ("lanhdao", ""),
        ("lanhdao", "31/12/2020"),
        ("dieuphoi", ""),
        ("vanlam", ""),
        ("lacdao", "30/12/2021"),
    ],
)
@pytest.mark.parametrize(
    "address", ["/bang-dieu-hanh/", "/ke-hoach/HY-2020-2021/", "/ke-hoach/HY-2020-2021/du-bao/"]
)
def test_each_figure_opens_a_list_of_exactly_that_many_rows(client, username, on, switch, address):
    client.force_login(User.objects.get(username=username))
    asked = {name: value for name, value in (("on", on), ("xacnhan", switch)) if value}
    html = client.get(address, asked).content.decode()
    links = set(re.findall(r'data-figure="(\d+)" href="([^"]+)"', html))
    assert len(links) >= (5 if "du-bao" not in address else 0)
    for number, url in links:
        assert ("xacnhan=1" in url) == bool(switch), url
        page = client.get(url.replace("&amp;", "&")).content.decode()
        assert re.search(r'data-count="(\d+)"', page).group(1) == number, url
        assert ("chỉ tính mục đã xác nhận" in page) == bool(switch)


def test_the_label_is_said_on_the_page_and_stays_on_paper(client):
    client.force_login(User.objects.get(username="lanhdao"))
    with_all, only = client.get("/").content.decode(), client.get("/?xacnhan=1").content.decode()
    label = "<b>chỉ tính mục đã xác nhận</b>"
    assert label not in with_all and label in only
    # In the heading, which is printed; the bar with the switch is not.
    assert label in re.search(r'<p class="lede">.*?</p>', only, re.S).group(0)
    assert 'name="xacnhan" value="1" checked' in only


def test_the_command_says_the_same_as_the_board(client):
    client.force_login(User.objects.get(username="lanhdao"))
    everything, only = command("2021-12-30"), command("2021-12-30", accepted_only=True)
    waiting = Declaration.objects.waiting().filter(declared_on__lte="2021-12-30").count()
    assert only["accepted_only"] and "accepted_only" not in everything
    assert everything["rollouts"] != only["rollouts"] and waiting > 0
    assert only["procedures"]["under_iso"] < everything["procedures"]["under_iso"]
    html = client.get("/?on=30/12/2021&xacnhan=1").content.decode()
    shown = {int(n) for n in re.findall(r'data-figure="(\d+)"', html)}
    assert {only["units"]["declared"], only["procedures"]["under_iso"]} <= shown


def test_links_keep_the_switch(client):
    client.force_login(User.objects.get(username="lanhdao"))
    html = client.get("/?xacnhan=1").content.decode()
    district = re.search(r'<h3><a href="([^"]+)">', html).group(1)
    assert "xacnhan=1" in district
    tidied = client.get("/co-quan/?xacnhan=1&q=xa").content.decode()
    assert '<input type="hidden" name="xacnhan" value="1">' in tidied
