"""The lead agency's queue: filters, pages, one act for many, nothing confirmed unseen."""

import re

import pytest
from django.urls import reverse

from agencies.models import ChangeSet, Notice, NoticeKind, Role
from agencies.testing import make_user
from procedures.lifecycle import Acceptance, Stage
from procedures.models import Milestone
from procedures.testing import declare, make_rollout, reach
from procedures.tests.recording import texts

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(place):
    found = [reach(place.rollout, stage, by=place.editor) for stage in (Stage.PLANNED, Stage.STEERING)]
    other = make_rollout(place.plan, place.province.chi_dao)
    found.append(declare(place.province.chi_dao, by=place.editor, rollout=other, number=""))
    found.append(declare(place.province.home, by=None, number="5/QĐ"))  # a command's counts as confirmed
    found[3].review(Acceptance.RETURNED, by=place.coordinator, seen=found[3].version, note="x")
    found[3].review(Acceptance.UNREVIEWED, by=place.coordinator, seen=found[3].version)
    for entry in found:
        entry.refresh_from_db()
    return found


def key(entry):
    return f"{'m' if isinstance(entry, Milestone) else 'd'}{entry.pk}.{entry.version}"


def states(entries):
    return [type(e).objects.get(pk=e.pk).acceptance for e in entries]


@pytest.fixture
def queue(client, place, entries):
    client.force_login(place.coordinator)
    return lambda **asked: client.get(reverse("acceptance"), asked)


def test_it_shows_who_entered_what_when_with_evidence_and_gaps(queue, place):
    text = queue().content.decode()
    assert place.editor.full_name in text and "Thành lập Ban Chỉ đạo" in text
    assert "chưa có văn bản" in text and "Công bố thiếu số hoặc ngày" in text
    assert 'data-count="4"' in text


def test_it_is_only_the_coordinators(client, place, entries):
    for person, status in ((place.editor, 403), (place.viewer, 403), (make_user(), 403)):
        client.force_login(person)
        for name in ("acceptance", "acceptance_all"):
            assert client.get(reverse(name)).status_code == status
        assert (
            client.post(reverse("review_entries"), {"after": "accepted", "pick": key(entries[0])}).status_code
            == status
        )
    assert states(entries)[0] == Acceptance.UNREVIEWED


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({}, 4),
        ({"entry": "declaration"}, 2),
        ({"entry": "steering"}, 1),
        ({"level": "commune"}, 3),
        ({"level": "province"}, 1),
        ({"q": "lac dao"}, 2),
        ({"q": "lac dao", "entry": "declaration"}, 0),
    ],
)
def test_filters(queue, asked, number):
    answer = queue(**asked)
    assert answer.status_code == 200 and len(answer.context["entries"]) == number == answer.context["count"]


def test_scope_filter_and_strangers(queue, client, place):
    assert len(queue(agency=place.province.van_lam.pk).context["entries"]) == 3
    narrow = make_user(Role.COORDINATOR, place.province.van_lam)
    client.force_login(narrow)
    assert client.get(reverse("acceptance")).context["count"] == 3
    assert client.get(reverse("acceptance"), {"agency": place.province.home.pk}).status_code == 404
    assert client.get(reverse("acceptance"), {"entry": "gossip"}).status_code == 422


def test_pages_follow_each_other_without_gap_or_repeat(queue, client, monkeypatch, entries):
    monkeypatch.setattr("procedures.views.acceptance.PER_PAGE", 1)
    seen, asked = [], {}
    while True:
        answer = queue(**asked)
        seen += [key(e) for e in answer.context["entries"]]
        if not answer.context["next"]:
            break
        asked = {"after": answer.context["next"]}
    assert sorted(seen) == sorted(key(e) for e in entries)


@pytest.mark.parametrize(
    "after", ["x", "2020-01-01_m_1", "9999-99-99T00:00:00+00:00_m_1", "2026-01-01T00:00:00+00:00_q_1"]
)
def test_nonsense_in_the_place_begins_at_the_beginning(queue, after):
    answer = queue(after=after)
    assert answer.status_code == 200 and len(answer.context["entries"]) == 4


def test_picked_ones_are_confirmed_and_the_filter_is_kept(queue, client, entries):
    sets = ChangeSet.objects.count()
    answer = client.post(
        reverse("review_entries"),
        {"after": "accepted", "pick": [key(entries[0]), key(entries[2])], "asked": "?level=commune"},
    )
    assert answer.url == f"{reverse('acceptance')}?level=commune"
    assert states(entries) == ["accepted", "unreviewed", "accepted", "unreviewed"]
    assert ChangeSet.objects.count() == sets + 1
    [message] = texts(client.get(answer.url))
    assert "Đã xác nhận 2 mục" in message and "/hoan-tac/" in message


def test_return_asks_for_the_note_first(queue, client, place, entries):
    typed = {"after": "returned", "pick": [key(entries[0]), key(entries[1])]}
    asked = client.post(reverse("review_entries"), typed)
    assert asked.status_code == 200 and "Xác nhận hoặc trả lại 2 mục" in asked.content.decode()
    again = {"after": "returned", "seen": asked.context["seen"], "note": " "}
    refused = client.post(reverse("review_entries"), again)
    assert refused.status_code == 422 and refused.context["fault"]
    assert states(entries)[0] == Acceptance.UNREVIEWED
    done = client.post(reverse("review_entries"), again | {"note": "Thiếu số quyết định"})
    assert done.status_code == 302 and states(entries)[:2] == ["returned"] * 2
    assert Notice.objects.filter(to=place.editor, kind=NoticeKind.RETURNED).count() == 2


def test_whoever_returns_writes_the_note_and_finds_that_button_first(queue, client, entries):
    asked = client.post(reverse("review_entries"), {"after": "returned", "pick": key(entries[0])})
    offered = re.findall(r'name="after" value="(\w+)"', asked.content.decode())
    assert offered == ["returned", "accepted"] and " autofocus>" in asked.content.decode()
    both = client.get(reverse("acceptance_all")).content.decode()
    assert re.findall(r'name="after" value="(\w+)"', both) == ["accepted", "returned"]
    assert " autofocus>" not in both


@pytest.mark.parametrize("note", ["x" * 501, "a\x00b"])
def test_a_note_that_cannot_be_kept_is_said(queue, client, entries, note):
    answer = client.post(
        reverse("review_entries"), {"after": "returned", "pick": key(entries[0]), "note": note}
    )
    assert answer.status_code == 422 and answer.context["fault"]
    assert states(entries)[0] == Acceptance.UNREVIEWED


def test_all_that_fit_the_filter_as_they_were_seen(queue, client, place, entries):
    page = client.get(reverse("acceptance_all"), {"level": "commune"})
    assert "Xác nhận hoặc trả lại 3 mục" in page.content.decode()
    # Somebody corrects one, and enters another, while the page is open.
    place.rollout.refresh_from_db()
    place.rollout.amend(
        entries[0], on=entries[0].reached_on, by=place.editor, seen=place.rollout.version, note="Mới"
    )
    later = reach(place.rollout, Stage.SURVEYED, by=place.editor)
    answer = client.post(
        reverse("review_entries"), {"after": "accepted", "seen": page.context["seen"]}, follow=True
    )
    assert states([*entries, later]) == ["unreviewed", "accepted", "accepted", "unreviewed", "unreviewed"]
    warning = next(m for m in texts(answer) if "giữ nguyên" in m)
    assert "UBND xã Lạc Đạo: Có kế hoạch" in warning


def test_a_second_click_has_one_effect(queue, client, entries):
    typed = {"after": "accepted", "pick": [key(e) for e in entries]}
    client.post(reverse("review_entries"), typed)
    sets = ChangeSet.objects.count()
    answer = client.post(reverse("review_entries"), typed, follow=True)
    assert ChangeSet.objects.count() == sets
    assert not any("giữ nguyên" in m for m in texts(answer)[-1:])


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({}, 400),
        ({"after": "unreviewed", "pick": "m1.1"}, 400),
        ({"after": "accepted", "pick": "x1.1"}, 400),
        ({"after": "accepted", "seen": "m1"}, 400),
        ({"after": "accepted"}, 302),
        ({"after": "accepted", "pick": "m999999.1"}, 302),
    ],
)
def test_nonsense_changes_nothing(queue, client, entries, typed, status):
    assert client.post(reverse("review_entries"), typed).status_code == status
    assert client.get(reverse("review_entries")).status_code == 405
    assert states(entries) == ["unreviewed"] * 4


@pytest.mark.parametrize(
    "asked", ["//evil.example", "?next=//evil.example/", "https://evil.example", "?a=<b>"]
)
def test_the_way_back_stays_in_the_register(queue, client, entries, asked):
    answer = client.post(
        reverse("review_entries"), {"after": "accepted", "pick": key(entries[0]), "asked": asked}
    )
    assert answer.url == reverse("acceptance")


def test_an_empty_queue_says_so(client, place):
    client.force_login(place.coordinator)
    assert "Không có mục nào chờ bạn xác nhận." in client.get(reverse("acceptance")).content.decode()
    assert client.get(reverse("acceptance_all")).url == reverse("acceptance")


def test_the_page_keeps_its_query_budget(queue, client, place, django_assert_max_num_queries):
    for agency in place.province.communes:
        declare(
            agency,
            on="2020-12-01",
            by=make_user(Role.EDITOR, agency),
            rollout=make_rollout(place.plan, agency, year=2021),
        )
    with django_assert_max_num_queries(15):
        assert len(queue().context["entries"]) == 9
    with django_assert_max_num_queries(12):
        client.get(reverse("acceptance_all"))


def test_each_row_leads_to_its_own_review(queue, client):
    for url in re.findall(r'href="([^"]+/xac-nhan/)"', queue().content.decode()):
        assert client.get(url).status_code == 200
