"""The conversion board: its numbers against independent counts on several days, their lists, scope and budget."""

import datetime
import re

import pytest

from agencies.models import Agency, User
from agencies.testing import day
from procedures.conversion import Status
from procedures.gaps import standings
from procedures.lifecycle import Acceptance, Phase, Stage, gaps
from procedures.models import Campaign, Declaration, Milestone, Rollout, RolloutMove, Standard
from procedures.stages import RANK_PHASE
from procedures.testing import make_campaign, make_plan, make_wave
from reports import conversion

pytestmark = pytest.mark.django_db

DAYS = ["2019-12-01", "2020-06-07", "2020-10-31", "2020-12-31", "2021-05-20", "2021-12-30"]


@pytest.fixture
def campaign(demo):
    return Campaign.objects.select_related("plan__agency", "source", "target").get()


def shown(campaign, on, **more):
    asked = {"on": on, "scope": None, "user": None} | more
    return conversion.standing(campaign, **asked), conversion.progress(campaign, **asked)


class Reckoned:
    """The same day counted in Python, rollout by rollout, from the plain tables."""

    def __init__(self, campaign, on, *, confirmed_only=False):
        self.on, self.campaign = on, campaign
        counts = (
            (lambda e: e.acceptance == Acceptance.ACCEPTED)
            if confirmed_only
            else (lambda e: e.acceptance != Acceptance.RETURNED)
        )
        self.milestones = {}
        for m in Milestone.objects.filter(reached_on__lte=on):
            self.milestones.setdefault(m.rollout_id, []).append(m)
        self.counting = {pk: [m for m in own if counts(m)] for pk, own in self.milestones.items()}
        self.moves = {}
        for move in RolloutMove.objects.filter(moved_on__lte=on).order_by("moved_on", "id"):
            self.moves[move.rollout_id] = move
        self.standard = {}
        for d in Declaration.objects.filter(declared_on__lte=on).order_by("declared_on", "id"):
            if counts(d):
                self.standard[d.agency_id] = (
                    d.standard_id if not d.repealed_on or d.repealed_on > on else None
                )
        self.rollouts = list(
            Rollout.objects.filter(assigned_on__lte=on).select_related("agency", "target_standard", "wave")
        )

    def state(self, r):
        return self.moves[r.pk].state if r.pk in self.moves else "active"

    def is_open(self, r):
        return self.state(r) in ("active", "paused")

    def declared(self, r):
        return any(m.stage == Stage.DECLARED for m in self.counting.get(r.pk, []))

    def phase(self, r):
        return RANK_PHASE[max([m.rank for m in self.counting.get(r.pk, [])], default=0)]

    def own(self, number=None):
        found = [r for r in self.rollouts if r.wave and r.wave.campaign_id == self.campaign.pk]
        return [r for r in found if number is None or r.wave.number == number]

    def going(self, number=None):
        return [r for r in self.own(number) if self.is_open(r) and not self.declared(r)]

    def statuses(self):
        converting = {
            r.agency_id
            for r in self.rollouts
            if r.form in ("CONVERT", "E_ISO") and r.target_standard == self.campaign.target
            and self.is_open(r) and not self.declared(r)
        }  # fmt: skip
        found = dict.fromkeys(Status, 0)
        for unit in Agency.objects.as_of(self.on).units():
            standard = self.standard.get(unit.pk)
            if standard == self.campaign.target_id:
                found[Status.TARGET] += 1
            elif unit.pk in converting:
                found[Status.CONVERTING] += 1
            elif standard == self.campaign.source_id:
                found[Status.SOURCE] += 1
            else:
                found[Status.NEVER if standard is None else Status.OTHER] += 1
        return found


@pytest.mark.parametrize("confirmed_only", [False, True])
@pytest.mark.parametrize("text", DAYS)
def test_units_stand_where_an_independent_count_puts_them(campaign, text, confirmed_only):
    reckoned = Reckoned(campaign, day(text), confirmed_only=confirmed_only)
    standing, _progress = shown(campaign, day(text), confirmed_only=confirmed_only)
    assert {status: number.n for status, number in standing.statuses.items()} == reckoned.statuses()
    assert sum(n.n for n in standing.statuses.values()) == standing.units.n


@pytest.mark.parametrize("text", DAYS)
def test_waves_are_as_an_independent_count_has_them(campaign, text):
    on = day(text)
    reckoned = Reckoned(campaign, on)
    _standing, progress = shown(campaign, on)
    for number, wave in enumerate(progress.waves, start=1):
        own = reckoned.own(number)
        assert wave.declared.n == sum(reckoned.is_open(r) and reckoned.declared(r) for r in own)
        assert wave.going.n == len(reckoned.going(number))
        assert wave.carried.n == sum(reckoned.state(r) == "carried_over" for r in own)
        assert wave.late.n == sum(r.due_on < on for r in reckoned.going(number))
        assert wave.assigned.n + wave.ended.n == len(own)
        standing = [r for r in own if reckoned.is_open(r)]
        assert wave.phases == [sum(reckoned.phase(r) == phase for r in standing) for phase in Phase]
    assert progress.going.n == len(reckoned.going())


@pytest.mark.parametrize("text", DAYS)
def test_what_stops_them_is_as_an_independent_count_has_it(campaign, text):
    on = day(text)
    reckoned = Reckoned(campaign, on)
    _standing, progress = shown(campaign, on)
    late, paused, stalled, unconfirmed, returned, lacking = (s.number.n for s in progress.stops)
    own = [r for r in reckoned.own() if reckoned.is_open(r)]
    since = on - datetime.timedelta(days=90)
    entries = reckoned.milestones
    assert late == sum(r.due_on < on for r in reckoned.going())
    assert paused == sum(reckoned.state(r) == "paused" for r in own)
    assert unconfirmed == sum(any(m.acceptance == "unreviewed" for m in entries.get(r.pk, [])) for r in own)
    assert returned == sum(any(m.acceptance == "returned" for m in entries.get(r.pk, [])) for r in own)
    assert stalled == sum(
        reckoned.state(r) == "active" and r.assigned_on <= since
        and all(m.reached_on <= since for m in reckoned.counting.get(r.pk, []))
        and (r.pk not in reckoned.moves or reckoned.moves[r.pk].moved_on <= since)
        for r in reckoned.going()
    )  # fmt: skip
    assert lacking == sum(bool(gaps(_then(s, on))) for pk, s in standings(own).items())


def _then(standing, on):
    """A standing as it was on a day: what was reached later is taken out."""
    from dataclasses import replace

    reached = {stage: when for stage, when in standing.reached.items() if when <= on}
    return replace(
        standing, reached=reached, lacks_number=standing.lacks_number and Stage.DECLARED in reached
    )


def test_the_first_wave_ends_2020_with_thirty_of_thirty_six(campaign):
    """28 converted and two by electronic ISO; the six carried over are the second wave's."""
    _standing, progress = shown(campaign, day("2020-12-31"))
    one, two = progress.waves
    assert (one.declared.n, one.assigned.n, one.carried.n, one.expected) == (30, 36, 6, 36)
    assert (two.declared.n, two.assigned.n) == (0, 6)
    assert progress.units == 36
    assert "30" in one.sentence and "36" in one.sentence


def test_a_wave_is_expected_in_proportion_to_its_time(campaign):
    one, two = shown(campaign, day("2020-07-01"))[1].waves
    # 183 of 366 days.
    assert one.expected == 18
    assert two.expected is None, "it has not begun"


def test_a_paused_undertaking_is_told_with_its_reason(campaign):
    rollout = Rollout.objects.filter(wave__number=2).order_by("pk").first()
    RolloutMove.objects.create(
        rollout=rollout, state="paused", moved_on=day("2021-02-01"), reason="Thiếu kinh phí"
    )
    RolloutMove.objects.create(rollout=rollout, state="active", moved_on=day("2021-03-01"), reason="Tiếp tục")
    during = shown(campaign, day("2021-02-10"))[1].stops[1]
    assert (during.number.n, [(reason, n.n) for reason, n in during.parts]) == (1, [("Thiếu kinh phí", 1)])
    after = shown(campaign, day("2021-03-10"))[1].stops[1]
    assert (after.number.n, after.parts) == (0, [])


# The page


def numbers_and_lists(client, address, params):
    html = client.get(address, params).content.decode()
    links = re.findall(r'data-figure="(\d+)" href="([^"]+)"', html)
    links += re.findall(r'<a href="([^"]+)"><title>[^<]* – ([\d.]+)</title>', html) and [
        (n, url) for url, n in re.findall(r'<a href="([^"]+)"><title>[^<]* – ([\d.]+)</title>', html)
    ]
    return set(links)


@pytest.mark.parametrize(
    ("username", "params"),
    [
        ("lanhdao", {}),
        ("lanhdao", {"on": "31/10/2020"}),
        ("lanhdao", {"on": "31/10/2020", "xacnhan": "1"}),
        ("dieuphoi", {"on": "31/12/2020"}),
        ("dieuphoi", {"on": "20/05/2021"}),
        ("quantri", {"on": "07/06/2020"}),
        ("sotuphap", {"on": "31/10/2020"}),
        ("vanlam", {"on": "31/12/2020"}),
        ("lacdao", {"on": "31/10/2020"}),
    ],
)
def test_each_number_opens_a_list_of_exactly_that_many_rows(client, demo, username, params):
    client.force_login(User.objects.get(username=username))
    links = numbers_and_lists(client, "/chuyen-doi/", params)
    assert len(links) >= 15
    for number, url in links:
        answer = client.get(url.replace("&amp;", "&"))
        assert answer.status_code == 200, url
        rows = re.search(r'data-count="(\d+)"', answer.content.decode()).group(1)
        assert rows == number, f"{username} {params}: {url}"


def test_the_lists_of_a_paused_reason_and_of_a_part_of_the_territory(client, demo):
    rollout = Rollout.objects.filter(wave__number=2).order_by("pk").first()
    RolloutMove.objects.create(
        rollout=rollout, state="paused", moved_on=day("2021-02-01"), reason="Thiếu & chậm"
    )
    client.force_login(User.objects.get(username="lanhdao"))
    for params in ({"on": "10/02/2021"}, {"on": "10/02/2021", "agency": rollout.agency_id}):
        links = numbers_and_lists(client, "/chuyen-doi/", params)
        assert any("reason=" in url for _n, url in links)
        for number, url in links:
            html = client.get(url.replace("&amp;", "&")).content.decode()
            assert re.search(r'data-count="(\d+)"', html).group(1) == number, url


@pytest.mark.parametrize("username", ["lanhdao", "lacdao"])
@pytest.mark.parametrize("query", ["", "?on=31/12/2020", "?on=31/12/2020&xacnhan=1"])
def test_the_page_keeps_its_query_budget(client, demo, django_assert_max_num_queries, query, username):
    client.force_login(User.objects.get(username=username))
    with django_assert_max_num_queries(15):
        assert client.get(f"/chuyen-doi/{query}").status_code == 200


def test_a_day_that_cannot_be_read_says_so(client, demo):
    client.force_login(User.objects.get(username="lanhdao"))
    assert client.get("/chuyen-doi/", {"on": "31/02/2020"}).status_code == 422


def test_a_campaign_out_of_reach_does_not_exist(client, demo):
    client.force_login(User.objects.get(username="lanhdao"))
    for number in ("999999", "x", "0"):
        assert client.get("/chuyen-doi/", {"chiendich": number}).status_code == 404
    assert client.get("/chuyen-doi/", {"agency": "999999"}).status_code == 404


def test_a_second_campaign_has_its_own_numbers(client, demo):
    """To a standard that is only a row: no code knows :2026."""
    newer = Standard.objects.create(code="TCVN ISO 9001:2026", short=":2026", published_on=day("2021-10-01"))
    top = Agency.objects.get(code="H31")
    plan = make_plan(
        top, name="Kế hoạch chuyển đổi 2026", decided_on=day("2021-12-30"),
        starts_on=day("2021-12-30"), ends_on=day("2023-12-31"),
    )  # fmt: skip
    second = make_campaign(
        plan, name="Đợt 2026", source=Standard.objects.get(short=":2015"), target=newer,
        eligible_on=day("2021-12-30"),
    )  # fmt: skip
    make_wave(second, starts_on=day("2021-12-31"), due_on=day("2022-12-31"))
    client.force_login(User.objects.get(username="lanhdao"))
    html = client.get("/chuyen-doi/").content.decode()
    assert "TCVN ISO 9001:2015 → TCVN ISO 9001:2026" in html
    standing, progress = shown(second, day("2021-12-31"))
    assert (standing.statuses[Status.SOURCE].n, standing.statuses[Status.TARGET].n) == (206, 0)
    assert progress.units == 0
    first = Campaign.objects.exclude(pk=second.pk).get()
    assert shown(first, day("2021-12-31"))[0].statuses[Status.TARGET].n == 206
    assert client.get("/chuyen-doi/", {"chiendich": first.pk}).status_code == 200
    for number, url in numbers_and_lists(client, "/chuyen-doi/", {"chiendich": second.pk}):
        html = client.get(url.replace("&amp;", "&")).content.decode()
        assert re.search(r'data-count="(\d+)"', html).group(1) == number, url
