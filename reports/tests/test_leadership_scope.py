"""What leadership pages say to those who see a district or a commune only: no address leads outside it."""

import re

import pytest
from django.urls import reverse

from agencies.models import Agency, User
from procedures.models import Campaign, Plan

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]
ON = "31/10/2020"


def addresses():
    plan = Plan.objects.get()
    return [
        reverse("board"), reverse("conversion"), reverse("plan", args=[plan.code]), reverse("forecast", args=[plan.code]),
        reverse("compare") + "?from=08/06/2020", reverse("campaign", args=[Campaign.objects.get().pk]),
    ]  # fmt: skip


@pytest.mark.parametrize(("username", "code"), [("vanlam", "H31.325"), ("lacdao", "H31.325.11989")])
def test_no_address_on_the_pages_leads_outside_the_scope(client, username, code):
    client.force_login(User.objects.get(username=username))
    own = set(Agency.objects.within(Agency.objects.get(code=code)).values_list("pk", flat=True))
    for address in addresses():
        html = client.get(address, {"on": ON} if "?" not in address else {}).text
        named = re.findall(r'href="[^"]*?(?:/(?:co-quan|dia-ban)/|[?;&]agency=)(\d+)', html)
        assert {int(pk) for pk in named} <= own, address


@pytest.mark.parametrize("page", ["campaign", "history_of_campaign"])
def test_a_wave_of_another_district_is_told_without_its_name_and_how_many_were_chosen(client, page):
    campaign = Campaign.objects.get()
    an_thi = Agency.objects.get(name="UBND huyện Ân Thi")
    chosen = list(Agency.objects.within(an_thi).values_list("pk", flat=True)[:7])
    days = {"starts_on": campaign.plan.starts_on, "due_on": campaign.due_on}
    campaign.add_wave(by=None, number=8, territory=an_thi, **days)
    campaign.add_wave(by=None, number=9, chosen=chosen, **days)
    address = reverse(page, args=[campaign.pk])
    client.force_login(User.objects.get(username="vanlam"))
    answer = client.get(address)
    assert answer.status_code == (200 if page == "campaign" else 404)
    assert "Ân Thi" not in answer.text
    assert f"{len(chosen)} đơn vị được chọn" not in answer.text
    client.force_login(User.objects.get(username="lanhdao"))
    assert "Ân Thi" in client.get(address).text
