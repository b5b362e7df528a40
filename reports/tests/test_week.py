"""What the weekly mail says: the board's figures with the lists behind them, and never more than the person may see."""

import datetime
import re
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.models import Kind, Membership, Role
from agencies.testing import day, make_agency, make_user, today
from agencies.tests.smtp import mail_server
from agencies.weekly import letter_to, monday_of
from procedures.lifecycle import Acceptance, Stage
from procedures.models import Declaration
from procedures.testing import declare, make_duties, make_procedure, make_rollout, reach
from reports.letters.week import DAY, WEEK, week_of

pytestmark = pytest.mark.django_db
MONDAY = day("2021-01-11")


@pytest.fixture(autouse=True)
def nothing_kept():
    """Another test's register may have come as far as this one's."""
    cache.clear()


@pytest.fixture
def leader(place):
    return make_user(Role.VIEWER, place.province.committee)


def entered(declaration, moment):
    Declaration.objects.filter(pk=declaration.pk).update(recorded_at=moment)


def at(text):
    return timezone.make_aware(datetime.datetime.fromisoformat(text))


def test_it_says_what_the_board_says(place, leader):
    declare(place.province.home, on="2020-06-01")
    (part,) = week_of(leader, MONDAY).parts
    assert part.name == "UBND tỉnh Hưng Yên"
    assert part.sentence.text == "Đến 10/01/2021 có 1/10 đơn vị đã công bố; 1 đợt triển khai quá hạn."
    assert [told.text.partition(",")[0] for told in part.targets] == [
        "Đến 10/01/2021 chưa có xã nào trong 60 xã hoàn thành"
    ]


def test_it_names_what_is_overdue_the_longest_first(place, leader):
    for number in range(12):
        commune = make_agency(f"UBND xã Muộn {number:02d}", place.province.van_lam)
        make_rollout(place.plan, commune, due_on=day("2020-08-01") + datetime.timedelta(days=number))
    (part,) = week_of(leader, MONDAY).parts
    assert (len(part.late), part.late_count) == (10, 13)
    assert [row.agency for row in part.late[:2]] == ["UBND xã Muộn 00", "UBND xã Muộn 01"]
    assert (part.late[0].days, part.late[0].place) == (162, "UBND huyện Văn Lâm")
    letter = letter_to(leader, MONDAY)
    assert "13 đợt triển khai quá hạn; 10 đợt quá hạn lâu nhất:" in letter.text
    assert "UBND xã Muộn 09" in letter.text and "UBND xã Muộn 10" not in letter.text


def test_what_changed_is_the_difference_of_two_sundays(place, leader):
    duties = [make_procedure() for _n in range(3)]
    make_duties(place.province.home, *duties)
    declare(place.province.home, on="2021-01-06")
    reach(place.rollout, Stage.DECLARED, on=day("2021-01-03"))
    units, procedures, late = week_of(leader, MONDAY).parts[0].moved
    assert (units.before, units.now, units.change) == (1, 2, "+1")
    assert (procedures.before, procedures.now, procedures.change) == (0, 3, "+3")
    assert (late.before, late.now, late.change) == (0, 0, "0")
    assert week_of(leader, day("2021-01-04")).parts[0].moved[2].change == "0"


def test_fewer_is_told_with_a_minus(place, leader):
    reach(place.rollout, Stage.DECLARED, on=day("2021-01-06"))
    assert week_of(leader, MONDAY).parts[0].moved[2].change == "−1"


def test_a_declaration_is_told_in_the_week_in_which_it_was_entered_and_in_no_other(place, leader):
    first = declare(place.province.home, on="2020-06-01", number="07/QĐ-SNV")
    entered(first, at("2021-01-04 00:00"))
    entered(declare(place.province.science, on="2020-06-01"), at("2021-01-11 00:00"))
    returned = declare(place.province.van_lam, on="2020-06-01")
    Declaration.objects.filter(pk=returned.pk).update(acceptance=Acceptance.RETURNED, review_note="Thiếu số")
    entered(returned, at("2021-01-05 08:00"))
    (part,) = week_of(leader, MONDAY).parts
    assert [(d.agency, d.number) for d in part.entered] == [("Sở Nội vụ", "07/QĐ-SNV")]
    assert part.entered_count == 1
    for other in (MONDAY - WEEK, MONDAY + WEEK):
        assert "Sở Nội vụ" not in {d.agency for d in week_of(leader, other).parts[0].entered}


def test_each_part_where_a_role_is_held_is_told_once(place):
    person = make_user(Role.VIEWER, place.province.van_lam)
    Membership.objects.create(user=person, role=Role.EDITOR, agency=place.province.lac_dao)
    Membership.objects.create(user=person, role=Role.VIEWER, agency=place.province.khoai_chau)
    week = week_of(person, MONDAY)
    assert [part.name for part in week.parts] == ["UBND huyện Văn Lâm", "UBND huyện Khoái Châu"]
    letter = letter_to(person, MONDAY)
    assert "Sở Nội vụ" not in letter.text + letter.html


def test_two_people_of_one_part_are_told_the_same_and_others_their_own(place):
    one, two = (make_user(Role.VIEWER, place.province.van_lam) for _n in range(2))
    other = make_user(Role.VIEWER, place.province.khoai_chau)
    assert week_of(one, MONDAY).parts == week_of(two, MONDAY).parts != week_of(other, MONDAY).parts


def test_nothing_in_scope_is_nothing_to_tell(place):
    covered = make_user(Role.VIEWER, place.province.office)
    assert week_of(covered, MONDAY) is None and letter_to(covered, MONDAY) is None
    assert week_of(make_user(), MONDAY) is None


def test_those_who_confirm_are_told_how_much_waits(place, leader):
    reach(place.rollout, Stage.STEERING, by=place.editor)
    assert week_of(place.coordinator, MONDAY).waiting == 1
    assert week_of(leader, MONDAY).waiting is None
    assert "1 mục đang chờ ông/bà xác nhận" in letter_to(place.coordinator, MONDAY).text
    assert "xác nhận" not in letter_to(leader, MONDAY).text


def test_a_name_is_no_markup_in_the_page_and_stands_as_it_is_in_the_text(place, leader):
    commune = make_agency("UBND xã <b>Lạ</b> & Cũ", place.province.van_lam)
    make_rollout(place.plan, commune, due_on=day("2020-08-01"))
    letter = letter_to(leader, MONDAY)
    assert "UBND xã <b>Lạ</b> & Cũ" in letter.text
    assert "<b>Lạ" not in letter.html and "UBND xã &lt;b&gt;Lạ&lt;/b&gt; &amp; Cũ" in letter.html


def test_every_address_is_absolute_and_nothing_is_loaded(place, leader, settings):
    settings.SITE_URL = "https://iso.example.gov.vn"
    letter = letter_to(leader, MONDAY)
    hrefs = re.findall(r'href="([^"]*)"', letter.html)
    assert len(hrefs) > 8 and all(href.startswith("https://iso.example.gov.vn/") for href in hrefs)
    assert not re.search(r"<(img|script|link|style)|src=|url\(", letter.html)
    assert "https://iso.example.gov.vn/toi/#notices" in letter.text


def test_the_command_sends_it_once(place, leader, settings):
    with mail_server(settings) as server:
        for _run in range(2):
            call_command("send_digest", on="11/01/2021", stdout=StringIO())
        [message] = server.to(leader)
    assert message["Subject"].strip() == (
        "[ISO 9001] Tuần 04/01–10/01/2021: Đến 10/01/2021 có 0/10 đơn vị đã công bố; 1 đợt triển khai quá hạn"
    )
    assert "0/10 đơn vị đã công bố" in message.get_body(("html",)).get_content()


def test_the_run_of_every_five_minutes_makes_up_for_a_server_that_was_down(place, leader, settings):
    with mail_server(settings) as server:
        port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
        call_command("send_digest", stdout=StringIO())
        settings.EMAIL_PORT = port
        call_command("send_notices", at_once=True, stdout=StringIO())
        call_command("send_digest", stdout=StringIO())
        assert len(server.to(leader)) == 1


def test_a_day_that_cannot_be_read_is_refused():
    with pytest.raises(CommandError):
        call_command("send_digest", on="hôm nay")


def test_the_page_shows_the_mail_of_this_week(client, place, leader):
    declare(place.province.home, on=str(today() - datetime.timedelta(days=100)))
    client.force_login(leader)
    answer = client.get("/toi/thu-tuan/")
    monday = monday_of(today())
    assert (answer.context["first"], answer.context["last"]) == (monday - WEEK, monday - DAY)
    assert "1/10 đơn vị đã công bố" in answer.content.decode()
    assert "/toi/thu-tuan/" in client.get("/toi/").content.decode()
    client.force_login(make_user())
    assert "Không có gì để báo" in client.get("/toi/thu-tuan/").content.decode()


def test_a_stranger_is_asked_to_sign_in(client):
    assert client.get("/toi/thu-tuan/").status_code == 302


def test_a_part_without_a_plan_is_told_too(place):
    other = make_agency("UBND tỉnh Thái Bình", kind=Kind.PROVINCIAL_COMMITTEE)
    (part,) = week_of(make_user(Role.VIEWER, other), MONDAY).parts
    assert (part.plan, part.late_count, part.late_url, len(part.moved)) == ("", 0, "", 2)
    assert letter_to(make_user(Role.VIEWER, other), MONDAY)
