"""The page of two days: every number opens its list, and what a person may not see is not told."""

import datetime
import random
import re

import pytest
from django.core.cache import cache
from django.utils.html import escape

from agencies.models import Agency, User
from agencies.testing import day
from procedures.lifecycle import Phase
from procedures.models import Plan
from reports import comparing, flows
from reports.bridges import Asked, Side, compare
from reports.comparing import compared
from reports.figures import summary
from reports.known import known, lines_after
from reports.rows import read_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]
PAIR = {"from": "08/06/2020", "on": "31/12/2020"}


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def reader(client):
    client.force_login(User.objects.get(username="lanhdao"))
    return client


def numbers(html):
    return set(re.findall(r'data-figure="(\d+)" href="([^"]+)"', html))


@pytest.mark.parametrize(
    ("username", "asked"),
    [
        ("lanhdao", PAIR),
        ("lanhdao", PAIR | {"as": "known", "on": "31/10/2021"}),
        ("lanhdao", PAIR | {"xacnhan": "1"}),
        ("vanlam", PAIR | {"on": "01/11/2020"}),
        ("lacdao", {"as": "known"}),
    ],
)
def test_each_number_opens_a_list_of_exactly_that_many_rows(client, username, asked):
    client.force_login(User.objects.get(username=username))
    answer = client.get("/so-sanh/", asked)
    assert answer.status_code == 200
    links = numbers(answer.content.decode())
    assert len(links) > 15
    for number, url in links:
        html = client.get(url.replace("&amp;", "&")).content.decode()
        assert re.search(r'data-count="(\d+)"', html).group(1) == number, url


def test_a_difference_opens_everything_that_it_is_made_of(reader):
    html = reader.get("/so-sanh/", PAIR).content.decode()
    found = re.findall(r'<a href="([^"]+figure=standard-[^"]+)">([+−]\d+)</a>', html)
    assert {difference for _url, difference in found} == {"−30", "+95"}
    for url, difference in found:
        page = reader.get(url.replace("&amp;", "&")).content.decode()
        assert int(re.search(r'data-count="(\d+)"', page).group(1)) == abs(int(difference.replace("−", "-")))


def test_it_says_in_a_sentence_what_happened(reader):
    html = reader.get("/so-sanh/", PAIR).content.decode()
    told = "số đơn vị đã công bố từ 104 thành 169 (+65): 65 mới công bố; tỷ lệ thủ tục theo ISO từ 43,9 % thành 78,6 %."
    assert f"Từ cuối ngày 08/06/2020 đến cuối ngày 31/12/2020, {told}" in html


def test_what_was_entered_late_is_a_correction_of_what_was_known(reader):
    asked = PAIR | {"as": "known"}
    assert (
        "từ 103 thành 169 (+66): 65 mới công bố, 1 đính chính: ghi bổ sung về sau"
        in reader.get("/so-sanh/", asked).content.decode()
    )
    page = reader.get(
        "/so-sanh/co-quan/", asked | {"figure": "declared", "term": "corrected_in"}
    ).content.decode()
    assert 'data-count="1"' in page
    assert "UBND xã Minh Tiến" in page
    assert "ghi vào sổ ngày 30/06/2020: Dữ liệu minh họa: cập nhật tháng 06/2020" in page


def test_two_days_without_a_change_say_so(reader):
    html = reader.get("/so-sanh/", {"from": "01/01/2022", "on": "31/12/2022"}).content.decode()
    assert "Không có thay đổi giữa hai ngày" in html
    assert 'class="water"' not in html


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "31/02/2020"},
        {"from": "01/01/2021", "on": "31/12/2020"},
        {"on": "31/02/2020"},
        {"from": "01/01/2999"},
    ],
)
def test_days_that_cannot_be_compared_are_answered_on_the_page(reader, wrong):
    answer = reader.get("/so-sanh/", wrong)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'class="errors"' in html
    assert all(escape(text) in html for text in wrong.values())


@pytest.mark.parametrize(
    "wrong",
    [{"figure": "x"}, {}, {"figure": "units", "term": "x"}, {"figure": "units", "side": "x"},
     {"figure": "in_force", "side": "from"}, {"figure": "units", "plan": "NONE"}, {"figure": "units", "agency": "abc"}],
)  # fmt: skip
def test_nonsense_does_not_exist(reader, wrong):
    assert reader.get("/so-sanh/co-quan/", PAIR | wrong).status_code == 404


def test_a_term_that_is_empty_by_now_says_so(reader):
    answer = reader.get("/so-sanh/co-quan/", PAIR | {"figure": "units", "term": "merged"})
    assert answer.status_code == 200
    assert "Không có cơ quan nào" in answer.content.decode()


def test_outside_the_scope_nothing_exists(client):
    client.force_login(User.objects.get(username="vanlam"))
    stranger = Agency.objects.get(code="H31.02")
    refused = client.get("/so-sanh/", PAIR | {"agency": stranger.pk})
    assert refused.status_code == 404
    assert refused.content == client.get("/so-sanh/", PAIR | {"agency": 99999999}).content
    assert (
        client.get("/so-sanh/co-quan/", PAIR | {"agency": stranger.pk, "figure": "units"}).status_code == 404
    )


def test_a_person_is_told_only_of_agencies_within_reach(client):
    client.force_login(User.objects.get(username="vanlam"))
    own = Agency.objects.get(code="H31.325")
    within = {a.pk for a in Agency.objects.within(own)}
    for asked in (PAIR, PAIR | {"as": "known"}):
        html = client.get("/so-sanh/co-quan/", asked | {"figure": "declared"}).content.decode()
        told = {int(pk) for pk in re.findall(r'href="/co-quan/(\d+)/', html)}
        assert told and told <= within


def test_somebody_not_signed_in_and_without_grants_learns_nothing(client):
    assert client.get("/so-sanh/").status_code == 302
    client.force_login(User.objects.create(username="khongquyen"))
    assert "data-figure" not in client.get("/so-sanh/", PAIR).content.decode()


@pytest.mark.parametrize(
    ("asked", "budget"),
    [({}, 15), ({"xacnhan": "1"}, 17), ({"as": "known"}, 20)],
)
@pytest.mark.parametrize("username", ["lanhdao", "lacdao"])
def test_the_page_keeps_its_query_budget(client, django_assert_max_num_queries, username, asked, budget):
    client.force_login(User.objects.get(username=username))
    with django_assert_max_num_queries(budget):
        assert client.get("/so-sanh/", PAIR | asked).status_code == 200
    # Worked out once for a state of the data.
    with django_assert_max_num_queries(10):
        assert client.get("/so-sanh/", PAIR | asked).status_code == 200
    with django_assert_max_num_queries(10):
        assert client.get("/so-sanh/co-quan/", PAIR | asked | {"figure": "declared"}).status_code == 200


def test_too_many_procedures_are_a_dash_as_known_and_no_hang(
    reader, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(comparing, "DUTIES_AT_MOST", 100)
    with django_assert_max_num_queries(22) as asked:
        html = reader.get("/so-sanh/", PAIR | {"as": "known"}).content.decode()
    assert not any("procedures_agencyprocedure" in q["sql"] for q in asked.captured_queries)
    assert "Thủ tục: –" in html


def test_a_part_of_a_large_territory_is_told_as_known_with_its_procedures(reader, monkeypatch):
    own = Agency.objects.get(code="H31.325")
    monkeypatch.setattr(comparing, "DUTIES_AT_MOST", 2_000)
    html = reader.get("/so-sanh/", PAIR | {"as": "known", "agency": own.pk}).content.decode()
    assert "Thủ tục: –" not in html and "đưa vào áp dụng ISO" in html


def test_what_has_no_history_is_said_on_the_page(reader):
    parent = Agency.objects.get(code="H31.325")
    agency = Agency(name="UBND xã Tổng hợp", kind="commune_committee", level="commune", parent=parent)
    Agency.objects.establish_many([agency], change_set=None)
    told = "1 bản ghi được nạp không kèm lịch sử"
    assert told in reader.get("/so-sanh/", PAIR | {"as": "known"}).content.decode()
    assert told not in reader.get("/so-sanh/", PAIR).content.decode()
    elsewhere = Agency.objects.get(code="H31.326")
    assert (
        told not in reader.get("/so-sanh/", PAIR | {"as": "known", "agency": elsewhere.pk}).content.decode()
    )


def test_no_page_as_it_happened_reads_the_large_table(reader, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as asked:
        reader.get("/so-sanh/", PAIR)
    assert not any("procedures_agencyprocedure" in q["sql"] for q in asked.captured_queries)


def test_a_difference_of_procedures_says_how_long_its_list_is(reader):
    told = re.search(
        r'href="([^"]+figure=under_iso)">\+3.730</a><span class="sub no-print">danh sách (\d+) dòng',
        reader.get("/so-sanh/", PAIR).content.decode(),
    )
    listed = reader.get(told[1].replace("&amp;", "&")).content.decode()
    assert re.search(r'data-count="(\d+)"', listed)[1] == told[2]


def test_each_stage_is_that_of_the_board_on_both_days(reader):
    plan, days = Plan.objects.get(), {"first": day("2020-06-08"), "last": day("2020-12-31")}
    comparison = compared(
        plan, **days, scope=plan.agency, user=User.objects.get(username="lanhdao")
    ).comparison
    stages = [comparison.bridge(f"stage-{phase.value}") for phase in Phase]
    first, last = (
        summary(plan, on=on, scope=plan.agency, user=None).progress.by_phase() for on in days.values()
    )
    assert ([b.before for b in stages], [b.after for b in stages]) == (first, last)
    assert sum(last) and first != last
    assert {term.code for b in stages for term in b.terms} >= {"stage_in", "stage_out"}


def test_the_board_of_a_past_day_leads_to_what_was_known_then(reader):
    told = "Số liệu như đã biết vào ngày 31/12/2020"
    board = reader.get("/", {"on": "31/12/2020"}).content.decode()
    link = re.search(rf'href="([^"]+)">{told}', board)[1].replace("&amp;", "&")
    assert "as=known" in link and reader.get(link).status_code == 200
    assert "Số liệu như đã biết" not in reader.get("/").content.decode()


def test_a_commune_without_a_target_has_a_sentence_in_place_of_a_curve(client):
    client.force_login(User.objects.get(username="lacdao"))
    board = client.get("/", {"on": "31/12/2020"}).content.decode()
    assert "Chỉ tiêu của kế hoạch không giao cho đơn vị nào trong phạm vi này" in board
    assert 'class="plan"' not in board


def test_scope_plan_and_switch_are_carried_along(reader):
    own, plan = Agency.objects.get(code="H31.325"), Plan.objects.get()
    html = reader.get(
        "/so-sanh/", PAIR | {"agency": own.pk, "xacnhan": "1", "plan": plan.code, "as": "known"}
    ).content.decode()
    for _number, url in numbers(html):
        assert f"agency={own.pk}" in url and "xacnhan=1" in url
        assert "as=known" in url and "from=08/06/2020" in url
    board = reader.get("/", {"agency": own.pk, "on": "31/12/2020", "xacnhan": "1"}).content.decode()
    assert f"/so-sanh/?agency={own.pk}&amp;on=31/12/2020&amp;xacnhan=1" in board


def test_two_hundred_pairs_of_days_are_explained_without_rest():
    chance, plan, rows = random.Random(5), Plan.objects.get(), read_rows()
    start, lines = day("2019-10-01"), lines_after(day("2019-10-01"))
    scopes = list(Agency.objects.filter(children__isnull=False).distinct())

    def random_day():
        return start + datetime.timedelta(days=chance.randrange(900))

    for number in range(200):
        (first, last), scope = sorted([random_day(), random_day()]), chance.choice(scopes)
        asked = Asked(plan.pk, scope.pk, None, chance.random() < 0.2)
        sides = Side(rows, first), Side(rows, last)
        if number % 8 == 0:
            then = known(rows, lines, last)
            sides = Side(known(then, lines, first), first), Side(then, last)
            covered = flows.from_rows(*sides, asked)
        else:
            covered = flows.from_tally(rows, first, last, asked, user=None)
        for bridge in compare(*sides, asked, flows=covered, lines=lines).bridges:
            assert bridge.before + sum(t.number for t in bridge.terms) == bridge.after
            assert not any(t.code.startswith("other") for t in bridge.terms)
            if bridge.group != "procedures":
                before, after = map(set, bridge.members)
                assert len(bridge.lines) == len(before ^ after)
                assert all(abs(t.number) == len(t.lines) for t in bridge.terms)


def test_the_same_days_are_worked_out_again_after_a_change(reader):
    user, plan = User.objects.get(username="lanhdao"), Plan.objects.get()
    days = {"first": day("2020-06-08"), "last": day("2020-12-31"), "scope": plan.agency, "user": user}
    before = compared(plan, **days).comparison.bridge("units").after
    on = day("2020-12-01")
    communes = Agency.objects.units().filter(level="commune").exclude(declarations__declared_on__gte=on)
    agency = communes.exclude(rollouts__milestones__reached_on__gte=on).earliest("pk")
    agency.close(by=None, seen=agency.version, on=on)
    # The state of the register is asked for once by a person's object, as by a request.
    days["user"] = User.objects.get(username="lanhdao")
    assert compared(plan, **days).comparison.bridge("units").after == before - 1
