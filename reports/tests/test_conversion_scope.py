"""The conversion board of other provinces, and where no campaign is on record."""

import pytest

from agencies.models import Agency, Role
from agencies.testing import make_user
from procedures.testing import make_campaign, make_wave

pytestmark = pytest.mark.django_db


def test_another_province_sees_neither_campaign_nor_numbers(client, place):
    campaign = make_campaign(place.plan)
    make_wave(campaign)
    stranger = Agency.objects.establish(
        name="UBND tỉnh khác", code="H99", kind="provincial_committee", level="province", parent=None, by=None
    )
    client.force_login(make_user(Role.COORDINATOR, stranger))
    assert campaign.name not in client.get("/chuyen-doi/").content.decode()
    assert client.get("/chuyen-doi/", {"chiendich": campaign.pk}).status_code == 404
    html = client.get("/co-quan/", {"conversion": f"{campaign.pk}-never"}).content.decode()
    assert 'data-count="0"' in html


def test_without_a_campaign_the_page_shows_the_standards_and_how_to_start(client, place):
    client.force_login(place.coordinator)
    html = client.get("/chuyen-doi/").content.decode()
    assert "/chuyen-doi/moi/" in html
    assert "TCVN ISO 9001:2008" in html
    client.force_login(place.viewer)
    assert "/chuyen-doi/moi/" not in client.get("/chuyen-doi/").content.decode()
