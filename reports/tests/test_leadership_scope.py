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
