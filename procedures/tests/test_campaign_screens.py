"""The screens of a campaign: their numbers, who may use them, what is typed wrong, and two who revise."""

import re

import pytest

from agencies.history import undo
from agencies.models import ChangeSet, User
from agencies.testing import make_user
from procedures.models import Campaign, Rollout

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(demo):
    return Campaign.objects.select_related("plan").get()


def sign_in(client, username):
    client.force_login(User.objects.get(username=username))


def typed(campaign, **more):
    return {
        "seen": 0, "plan": campaign.plan_id, "name": "Cấp xã", "source": campaign.source_id,
        "target": campaign.target_id, "levels": ["commune"], "eligible_on": "04/10/2019",
        "due_on": "31/12/2021", "work": "any",
    } | more  # fmt: skip


WAVE = {"seen": 0, "number": 1, "starts_on": "01/01/2021", "due_on": "31/12/2021"}


@pytest.mark.parametrize("who", ["dieuphoi", "lanhdao", "vanlam", "sotuphap"])
def test_each_number_opens_a_list_of_exactly_that_many_rows(client, campaign, who):
    sign_in(client, who)
    html = client.get(f"/chuyen-doi/{campaign.pk}/").content.decode()
    numbers = set(re.findall(r'data-figure="(\d+)" href="([^"]+)"', html))
    assert len(numbers) >= 4
    for number, url in numbers:
        page = client.get(url.replace("&amp;", "&")).content.decode()
        assert re.search(r'data-count="(\d+)"', page)[1] == number, url


def test_the_page_asks_as_much_for_many_waves_as_for_one(client, campaign, django_assert_max_num_queries):
    sign_in(client, "dieuphoi")
    for number in range(3, 12):
        campaign.add_wave(
            by=None,
            number=number,
            starts_on=campaign.plan.starts_on,
            due_on=campaign.due_on,
            levels="district",
        )
    with django_assert_max_num_queries(14):
        assert client.get(f"/chuyen-doi/{campaign.pk}/").status_code == 200


@pytest.mark.parametrize(
    ("who", "status"), [("dieuphoi", 200), ("quantri", 200), ("lanhdao", 403), ("vanlam", 403)]
)
def test_only_who_keeps_the_plan_keeps_its_campaigns(client, campaign, who, status):
    sign_in(client, who)
    own, wave = f"/chuyen-doi/{campaign.pk}", campaign.waves.first()
    for url in ("/chuyen-doi/moi/", f"{own}/sua/", f"{own}/dot/moi/", f"{own}/dot/{wave.pk}/sua/"):
        assert client.get(url).status_code == status, url
    for url in ("/chuyen-doi/dem/", f"{own}/dot/dem/"):
        assert client.post(url, WAVE).status_code == status, url


def test_what_is_out_of_sight_is_not_there(client, campaign):
    client.force_login(make_user())
    own, wave = f"/chuyen-doi/{campaign.pk}", campaign.waves.first()
    for url in (f"{own}/", f"{own}/sua/", f"{own}/dot/{wave.pk}/sua/"):
        assert client.get(url).status_code == 404, url


def test_what_is_typed_wrong_is_said_beside_its_field(client, campaign):
    sign_in(client, "dieuphoi")
    answer = client.post("/chuyen-doi/moi/", typed(campaign, name="", due_on="31/12/2031"))
    assert answer.status_code == 422 and {"name"} <= set(answer.context["form"].errors)
    units = {"units": "H31.325.11989\nKhông có xã này"}
    answer = client.post(f"/chuyen-doi/{campaign.pk}/dot/moi/", WAVE | {"number": 7} | units)
    assert answer.status_code == 422
    assert "Không có xã này" in str(answer.context["form"].errors["units"])


def test_counting_writes_nothing_however_many_units_are_pasted(client, campaign):
    sign_in(client, "dieuphoi")
    codes = "\n".join(f"H31.{number:05}" for number in range(3_000))
    answer = client.post(f"/chuyen-doi/{campaign.pk}/dot/dem/", WAVE | {"units": codes})
    assert answer.status_code == 200
    answer = client.post("/chuyen-doi/dem/", typed(campaign))
    assert "30" in answer.content.decode()
    assert Campaign.objects.count() == 1


def test_the_page_goes_on_where_it_counted_again(client, campaign):
    sign_in(client, "dieuphoi")
    assert "autofocus" not in client.get("/chuyen-doi/moi/").content.decode().split("<form")[-1]
    page = client.post("/chuyen-doi/moi/", typed(campaign, name="", count="1")).content.decode()
    assert re.findall(r'name="(\w+)"[^>]* autofocus', page) == ["count"]


def test_nobody_eligible_is_said_in_words(client, campaign):
    sign_in(client, "dieuphoi")
    Campaign.objects.update(eligible_on="1999-01-01")
    html = client.get(f"/chuyen-doi/{campaign.pk}/").content.decode()
    assert "Không có đơn vị nào công bố theo TCVN ISO 9001:2008 vào ngày 01/01/1999 thuộc diện" in html
    counted = client.post("/chuyen-doi/dem/", typed(campaign, eligible_on="01/01/1999")).content.decode()
    assert "Không có đơn vị nào thuộc diện chuyển đổi." in counted


def test_a_campaign_from_its_form_to_assigned_units(client, campaign):
    sign_in(client, "dieuphoi")
    assert client.post("/chuyen-doi/moi/", typed(campaign)).status_code == 302
    new = Campaign.objects.get(name="Cấp xã")
    before = Rollout.objects.filter(wave__campaign=new).count()
    assert client.post(f"/chuyen-doi/{new.pk}/dot/moi/", WAVE).status_code == 302
    preview = client.post(f"/chuyen-doi/{new.pk}/dot/{new.waves.get().pk}/giao/").url
    assert client.get(preview).status_code == 200
    assert Rollout.objects.filter(wave__campaign=new).count() == before == 0


def test_two_who_revise_see_both_versions(client, campaign):
    sign_in(client, "dieuphoi")
    assert client.post("/chuyen-doi/moi/", typed(campaign)).status_code == 302
    new = Campaign.objects.get(name="Cấp xã")
    url, reason = f"/chuyen-doi/{new.pk}/sua/", {"reason": "Gõ nhầm", "seen": new.version}
    assert client.post(url, typed(campaign, name="Cấp xã, đợt đầu") | reason).status_code == 302
    sign_in(client, "quantri")
    answer = client.post(url, typed(campaign, name="Tên khác") | reason)
    assert answer.status_code == 409
    assert "Cấp xã, đợt đầu" in answer.content.decode() and "Tên khác" in answer.content.decode()


def test_a_wave_of_another_campaign_does_not_exist_in_the_address(client, campaign):
    sign_in(client, "dieuphoi")
    assert client.post("/chuyen-doi/moi/", typed(campaign)).status_code == 302
    other = Campaign.objects.exclude(pk=campaign.pk).get()
    wave = campaign.waves.first()
    before = Rollout.objects.count()
    for answer in [
        client.get(f"/chuyen-doi/{other.pk}/dot/{wave.pk}/sua/"),
        client.post(f"/chuyen-doi/{other.pk}/dot/{wave.pk}/sua/", WAVE),
        client.post(f"/chuyen-doi/{other.pk}/dot/{wave.pk}/giao/"),
        client.post(f"/chuyen-doi/{other.pk}/dot/dem/?wave={wave.pk}", WAVE),
    ]:
        assert answer.status_code == 404
    assert Rollout.objects.count() == before


def test_a_campaign_whose_waves_were_taken_back_still_opens_and_can_be_planned_anew(client, campaign):
    sign_in(client, "dieuphoi")
    client.post("/chuyen-doi/moi/", typed(campaign))
    other = Campaign.objects.exclude(pk=campaign.pk).get()
    wave = other.add_wave(by=None, number=1, starts_on=campaign.plan.starts_on, due_on=other.due_on)
    undo(ChangeSet.objects.order_by("pk").last(), by=User.objects.get(username="dieuphoi"))
    assert not other.waves.exists()
    assert client.get(f"/chuyen-doi/{other.pk}/").status_code == 200
    assert client.get(f"/chuyen-doi/?chiendich={other.pk}").status_code == 200
    assert client.post(f"/chuyen-doi/{other.pk}/dot/{wave.pk}/giao/").status_code == 404
    assert client.get(f"/chuyen-doi/{other.pk}/dot/{wave.pk}/sua/").status_code == 404
    assert client.post(f"/chuyen-doi/{other.pk}/dot/moi/", WAVE).status_code == 302
