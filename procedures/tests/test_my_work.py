"""My work: what waits for a person, each count with its list, in few queries."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from agencies.models import Change, ChangeSet, Role, User
from agencies.testing import make_user, today
from procedures import work
from procedures.lifecycle import Acceptance, Stage, State
from procedures.models import Rollout
from procedures.testing import declare, make_rollout, reach
from procedures.views.work import LISTS

pytestmark = pytest.mark.django_db


def due_in(rollout, days):
    Rollout.objects.filter(pk=rollout.pk).update(due_on=today() + datetime.timedelta(days=days))


def counts(person):
    return work.counts(User.objects.get(pk=person.pk), today())  # counted anew


def quiet(person):
    return work.quiet(User.objects.get(pk=person.pk), today()).count()


def news(person, since):
    return work.news(User.objects.get(pk=person.pk), since).count()


@pytest.fixture
def page(client, place):
    def get(person=None, url="/"):
        client.force_login(person or place.editor)
        return client.get(url)

    return get


def test_it_is_the_start_of_whoever_records_or_confirms_and_the_board_that_of_the_others(page, place):
    both = [page(place.editor), page(place.coordinator)]
    assert {t.name for answer in both for t in answer.templates} >= {"procedures/work/page.html"}
    for person in (place.viewer, make_user(Role.ADMINISTRATOR, place.province.committee)):
        names = {t.name for t in page(person).templates}
        assert "reports/kept.html" in names and "procedures/work/page.html" not in names


def test_the_board_stays_in_reach_of_all(page, place):
    for person in (place.editor, place.coordinator, place.viewer):
        answer = page(person)
        assert reverse("board") in [item["url"] for item in answer.context["nav"]]
        assert page(person, reverse("board")).status_code == 200
        # An address of the board that somebody kept still shows it.
        assert "reports/kept.html" in {t.name for t in page(person, "/?on=31/12/2020").templates}


def test_the_navigation_marks_where_one_is(page, place):
    def current(person, url):
        return [item["url"] for item in page(person, url).context["nav"] if item["current"]]

    assert current(place.editor, "/") == ["/"] == current(place.editor, "/viec-cua-toi/qua-han/")
    assert current(place.editor, "/?on=31/12/2020") == [reverse("board")] == current(place.viewer, "/")


@pytest.mark.parametrize(
    ("days", "name"), [(-1, "late"), (-400, "late"), (0, "soon"), (30, "soon"), (31, None), (200, None)]
)
def test_due_within_thirty_days_or_overdue(page, place, days, name):
    due_in(place.rollout, days)
    found = counts(place.editor)
    assert (found.late, found.soon) == (name == "late", name == "soon")
    text = page().content.decode()
    assert ("Ghi: Có kế hoạch" in text) == (name is not None)
    if days < 0:
        assert f"quá hạn {-days} ngày" in text


def test_the_button_beside_it_records_the_next_milestone(page, place):
    due_in(place.rollout, 3)
    reach(place.rollout, Stage.PLANNED, Stage.STEERING, by=place.editor)
    url = reverse("record_milestone", args=[place.agency.pk, place.rollout.pk])
    assert f'href="{url}?stage=surveyed"' in page().content.decode()
    reach(place.rollout, Stage.CONFIRMED, by=place.editor)
    assert f"{reverse('declare', args=[place.agency.pk])}?dot={place.rollout.pk}" in page().content.decode()


def test_what_is_declared_or_ended_waits_for_nobody(place):
    due_in(place.rollout, -5)
    place.rollout.refresh_from_db()
    place.rollout.move(State.CANCELLED, by=place.coordinator, seen=place.rollout.version, reason="Thôi")
    assert counts(place.editor).to_do == 0
    other = make_rollout(place.plan, place.province.lac_hong)
    due_in(other, -5)
    declare(other.agency, rollout=Rollout.objects.get(pk=other.pk), by=place.coordinator)
    assert counts(place.editor).late == 0


def test_a_paused_one_is_overdue_but_offers_no_button(page, place):
    due_in(place.rollout, -5)
    place.rollout.refresh_from_db()
    place.rollout.move(State.PAUSED, by=place.coordinator, seen=place.rollout.version, reason="Chờ")
    text = page().content.decode()
    assert "quá hạn 5 ngày" in text and "Ghi: " not in text


def test_returned_ones_with_their_note_and_where_they_are_mended(page, place):
    entry = reach(place.rollout, Stage.STEERING, by=place.editor)
    entry.return_(by=place.coordinator, seen=entry.version, note="Thiếu số quyết định")
    declaration = declare(place.province.lac_hong, by=place.editor)
    declaration.return_(by=place.coordinator, seen=declaration.version, note="Sai ngày")
    text = page().content.decode()
    assert "Thiếu số quyết định" in text and "Sai ngày" in text
    own = [place.agency.pk, place.rollout.pk, entry.pk]
    assert reverse("amend_milestone", args=own) in text
    assert reverse("amend_declaration", args=[declaration.agency_id, declaration.pk]) in text
    assert counts(place.editor).returned == 2 and counts(place.coordinator).returned == 0
    assert counts(place.stranger).returned == 0


def test_a_mended_one_is_gone(client, place):
    entry = reach(place.rollout, Stage.STEERING, by=place.editor)
    entry.return_(by=place.coordinator, seen=entry.version, note="Thiếu số")
    client.force_login(place.editor)
    url = reverse("amend_milestone", args=[place.agency.pk, place.rollout.pk, entry.pk])
    form = client.get(url).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields} | {
        "on": "20/06/2020",
        "doc_number": "12/QĐ-UBND",
    }
    assert client.post(url, typed).status_code == 302
    entry.refresh_from_db()
    assert entry.acceptance == Acceptance.UNREVIEWED
    assert counts(place.editor).returned == 0 and counts(place.coordinator).waiting == 1


def test_what_waits_for_the_lead_agency(page, place):
    reach(place.rollout, Stage.STEERING, by=place.editor)
    declare(
        place.province.lac_hong, by=place.editor, rollout=make_rollout(place.plan, place.province.lac_hong)
    )
    assert counts(place.coordinator).waiting == 2, "*declared* waits as its declaration"
    assert counts(place.editor).waiting == 0
    assert reverse("acceptance") in page(place.coordinator).content.decode()
    assert reverse("acceptance") not in page(place.editor).content.decode()


def test_units_untouched_for_ninety_days(place):
    ChangeSet.objects.update(made_at=timezone.now() - datetime.timedelta(days=91))
    assert quiet(place.editor) == 1
    ChangeSet.objects.filter(changes__model="procedures.rollout").update(
        made_at=timezone.now() - datetime.timedelta(days=89)
    )
    assert quiet(place.editor) == 0
    Change.objects.all().delete()
    assert quiet(place.editor) == 1, "never touched at all"


def test_new_is_what_others_did_since_the_last_visit(page, place):
    since = timezone.now() - datetime.timedelta(hours=1)
    before = news(place.editor, since)
    reach(place.rollout, Stage.PLANNED, by=place.editor)
    assert news(place.editor, since) == before
    reach(place.rollout, Stage.STEERING, by=place.coordinator)
    make_rollout(place.plan, place.province.dong_tao, by=place.coordinator)  # not theirs to see
    assert news(place.editor, since) == before + 1
    assert news(place.editor, None) == 0


def test_the_last_visit_moves_with_a_new_session_not_with_a_reload(client, place):
    client.force_login(place.editor)
    assert client.get("/").context["since"] is None
    first = User.objects.get(pk=place.editor.pk).visited_at
    assert client.get("/").context["since"] is None
    assert User.objects.get(pk=place.editor.pk).visited_at == first
    client.logout()
    client.force_login(place.editor)
    assert client.get("/").context["since"] == first == client.get("/").context["since"]
    assert User.objects.get(pk=place.editor.pk).visited_at > first
    # A new day is a new visit too.
    session = client.session
    session["visited_on"] = "2020-01-01"
    session.save()
    assert client.get("/").context["since"] > first
    assert not Change.objects.filter(model="agencies.user").exists()


def test_nothing_to_do_is_said_in_a_sentence(page, place):
    due_in(place.rollout, 300)
    text = page().content.decode()
    for sentence in (
        "Hiện không có việc nào chờ bạn.",
        "Không có mục nào bị trả lại cho bạn.",
        "Không có đợt triển khai nào của bạn thiếu minh chứng.",
    ):
        assert sentence in text
    for what in LISTS:
        assert client_count(page(url=f"/viec-cua-toi/{what}/")) == 0


def client_count(answer):
    assert answer.status_code == 200
    return int(re.search(r'data-count="(\d+)"', answer.content.decode()).group(1))


@pytest.fixture
def busy(place):
    """Something under every heading."""
    for number, agency in enumerate(place.province.communes):
        rollout = place.rollout if agency == place.agency else make_rollout(place.plan, agency)
        own = place.editor if agency.parent == place.province.van_lam else place.stranger
        entry = reach(rollout, Stage.STEERING, by=own)
        if number % 2:
            entry.return_(by=place.coordinator, seen=entry.version, note="Thiếu số")
        rollout.refresh_from_db()
        reach(rollout, Stage.OPERATING, by=own)
        due_in(rollout, (-20, -3, 5, 40, 10)[number])
    done = make_rollout(place.plan, place.province.lac_hong, year=2021)
    declare(done.agency, rollout=done, by=place.coordinator, number="")
    User.objects.update(visited_at=timezone.now() - datetime.timedelta(days=1))


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("who", ["editor", "coordinator", "stranger"])
def test_each_count_opens_a_list_of_exactly_that_many_rows(client, place, who):
    client.force_login(getattr(place, who))
    answer = client.get("/")
    links = re.findall(r'data-figure="(\d+)" href="([^"]+)"', answer.content.decode())
    assert len(links) >= (7 if who == "coordinator" else 6)
    for number, url in links:
        assert client_count(client.get(url)) == int(number), url
    found = answer.context["counts"]
    assert sum(int(n) for n, _url in links) == found.to_do + sum(answer.context["totals"].values())
    badge = next(item["count"] for item in answer.context["nav"] if item["url"] == "/")
    assert badge == found.to_do > 0


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("who", ["editor", "coordinator"])
@pytest.mark.parametrize("url", ["/", *(f"/viec-cua-toi/{what}/" for what in LISTS)])
def test_pages_keep_their_query_budget(client, place, django_assert_max_num_queries, who, url):
    client.force_login(getattr(place, who))
    client.get("/")
    with django_assert_max_num_queries(15):
        client.get(url)


@pytest.mark.usefixtures("busy")
def test_a_long_list_has_pages(client, place, monkeypatch):
    monkeypatch.setattr("procedures.views.work.PER_PAGE", 2)
    client.force_login(place.coordinator)
    for what in ("qua-han", "thieu-minh-chung", "bi-tra-lai"):
        first = client.get(f"/viec-cua-toi/{what}/")
        pages = first.context["page_obj"].paginator.num_pages
        rows = [
            r.pk
            for n in range(1, pages + 1)
            for r in client.get(f"/viec-cua-toi/{what}/?page={n}").context["rows"]
        ]
        assert len(rows) == len(set(rows)) == client_count(first)


@pytest.mark.usefixtures("busy")
def test_what_is_due_beyond_the_first_rows_is_a_click_away(page, place, monkeypatch):
    late = counts(place.coordinator).late
    assert late > 1
    assert "đợt quá hạn</a>" not in page(place.coordinator).content.decode()
    monkeypatch.setattr("procedures.views.work.SHOWN", 1)
    assert f"Xem cả {late} đợt quá hạn" in page(place.coordinator).content.decode()


def test_nobody_else_has_such_a_page(client, place):
    for person in (place.viewer, make_user()):
        client.force_login(person)
        assert client.get("/viec-cua-toi/qua-han/").status_code == 403
    client.force_login(place.editor)
    assert client.get("/viec-cua-toi/khong-co/").status_code == 404
