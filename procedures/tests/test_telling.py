"""Who is told of an act: in its transaction, through its door, and nobody else."""

import datetime

import pytest
from django.db import transaction
from django.urls import reverse

from agencies.models import Notice, NoticeKind, Role
from agencies.testing import make_user, today
from procedures.lifecycle import Acceptance, Stage, StepRefused
from procedures.models.entry_lists import review_many
from procedures.models.telling import amend_url
from procedures.testing import declare, make_rollout, reach

pytestmark = pytest.mark.django_db


def told(person, kind):
    return list(Notice.objects.filter(to=person, kind=kind).order_by("pk"))


@pytest.fixture
def entry(place):
    return reach(place.rollout, Stage.STEERING, by=place.editor)


def test_whoever_recorded_it_is_told_that_it_was_returned(place, entry):
    entry.return_(by=place.coordinator, seen=entry.version, note="Thiếu số quyết định")
    [notice] = told(place.editor, NoticeKind.RETURNED)
    assert notice.title == "Bị trả lại: UBND xã Lạc Đạo: Thành lập Ban Chỉ đạo"
    assert "Thiếu số quyết định" in notice.detail and place.coordinator.full_name in notice.detail
    assert notice.url == reverse("amend_milestone", args=[place.agency.pk, place.rollout.pk, entry.pk])
    assert not told(place.stranger, NoticeKind.RETURNED) and not told(place.viewer, NoticeKind.RETURNED)


def test_texts_are_vietnamese_whatever_the_acting_person_reads(place, entry):
    from django.utils import translation

    with translation.override("en"):
        entry.return_(by=place.coordinator, seen=entry.version, note="x")
    assert told(place.editor, NoticeKind.RETURNED)[0].title.startswith("Bị trả lại")


def test_returned_twice_is_told_twice(place, entry):
    entry.return_(by=place.coordinator, seen=entry.version, note="Lần một")
    entry.review(Acceptance.UNREVIEWED, by=place.editor, seen=entry.version)
    entry.return_(by=place.coordinator, seen=entry.version, note="Lần hai")
    assert len(told(place.editor, NoticeKind.RETURNED)) == 2


def test_a_returned_declaration_leads_to_its_own_form(place):
    declaration = declare(place.agency, by=place.editor, rollout=place.rollout)
    declaration.milestone.return_(by=place.coordinator, seen=declaration.milestone.version, note="Sai số")
    [notice] = told(place.editor, NoticeKind.RETURNED)
    assert notice.url == reverse("amend_declaration", args=[place.agency.pk, declaration.pk])
    assert amend_url(declaration.milestone) == notice.url


def test_confirmed_is_told_too(place, entry):
    entry.accept(by=place.coordinator, seen=entry.version)
    [notice] = told(place.editor, NoticeKind.ACCEPTED)
    assert notice.title.startswith("Đã xác nhận: UBND xã Lạc Đạo")


def test_many_confirmed_at_once_are_one_notice(client, place):
    entries = [reach(place.rollout, stage, by=place.editor) for stage in (Stage.PLANNED, Stage.STEERING)]
    seen = {(type(e), e.pk): e.version for e in entries}
    review_many(seen, Acceptance.ACCEPTED, by=place.coordinator)
    [notice] = told(place.editor, NoticeKind.ACCEPTED)
    assert notice.title == "2 mục của bạn đã được xác nhận"
    # It leads to both of them.
    client.force_login(place.editor)
    page = client.get(notice.url)
    assert all(e.get_stage_display() in page.content.decode() for e in entries)


def test_the_lead_agency_is_told_once_a_day_that_something_waits(place, entry):
    [notice] = told(place.coordinator, NoticeKind.WAITING)
    assert notice.url == reverse("acceptance") and "UBND xã Lạc Đạo" in notice.detail
    reach(place.rollout, Stage.SURVEYED, by=place.editor)
    assert len(told(place.coordinator, NoticeKind.WAITING)) == 1
    assert not told(place.editor, NoticeKind.WAITING) and not told(place.viewer, NoticeKind.WAITING)


def test_what_the_lead_agency_records_itself_waits_for_nobody(place):
    reach(place.rollout, Stage.STEERING, by=place.coordinator)
    declare(place.agency, by=place.coordinator)
    assert not Notice.objects.filter(kind=NoticeKind.WAITING).exists()


@pytest.mark.parametrize("act", ["declare", "amend", "amend_declaration", "hand_in"])
def test_every_way_of_handing_in_is_told(place, act):
    entry = reach(place.rollout, Stage.STEERING, by=place.coordinator)
    declaration = declare(place.agency, on="2020-11-01", by=place.coordinator)
    if act == "hand_in":
        entry.return_(by=place.coordinator, seen=entry.version, note="x")
    Notice.objects.all().delete()
    place.rollout.refresh_from_db()
    if act == "declare":
        declare(place.agency, by=place.editor, rollout=place.rollout)
    elif act == "amend":
        place.rollout.amend(
            entry, on=entry.reached_on, by=place.editor, seen=place.rollout.version, note="Mới"
        )
    elif act == "amend_declaration":
        declaration.amend(on=declaration.declared_on, by=place.editor, seen=declaration.version, number="9")
    else:
        entry.review(Acceptance.UNREVIEWED, by=place.editor, seen=entry.version)
    assert len(told(place.coordinator, NoticeKind.WAITING)) == 1


def test_an_assignment_is_told_to_those_who_record_there(place):
    make_rollout(place.plan, place.agency, year=2021, by=place.coordinator)
    own = [n for n in told(place.editor, NoticeKind.ASSIGNED) if "2021" in n.title]
    assert len(own) == 1 and "31/12/2021" in own[0].detail
    assert own[0].title == "Được giao: UBND xã Lạc Đạo: Xây dựng mới 2021"
    assert not told(place.stranger, NoticeKind.ASSIGNED) and not told(place.coordinator, NoticeKind.ASSIGNED)


def test_an_act_that_fails_tells_nothing(place, entry):
    Notice.objects.all().delete()
    with pytest.raises(StepRefused):
        entry.return_(by=place.coordinator, seen=entry.version, note="")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        entry.return_(by=place.coordinator, seen=entry.version, note="Thiếu số")
        raise ZeroDivisionError
    assert not Notice.objects.exists()


def test_the_plan_list_tells_of_new_undertakings_and_new_due_days(place):
    from agencies.imports import engine
    from agencies.imports.checked import Options
    from agencies.testing import workbook
    from procedures import imports

    kind = imports.kind("plan")

    def bring(due):
        data = workbook(
            ("Tên đơn vị", "Mã", "Hình thức", "Năm", "Thời hạn"),
            (place.agency.name, place.agency.code, "Xây dựng mới", 2020, due),
            (place.province.chi_dao.name, place.province.chi_dao.code, "Xây dựng mới", 2021, due),
        )
        checked = engine.check(
            kind, data, "ke-hoach.xlsx", user=place.coordinator, options=Options(plan=place.plan.code)
        )
        assert checked.is_fine, checked.errors
        engine.write(kind, checked, user=place.coordinator, options=Options(plan=place.plan.code))

    Notice.objects.all().delete()
    bring(datetime.date(2021, 6, 30))
    titles = {n.title for n in told(place.editor, NoticeKind.ASSIGNED)}
    assert titles == {
        "Đổi hạn: UBND xã Lạc Đạo: Xây dựng mới 2020",
        "Được giao: UBND xã Chỉ Đạo: Xây dựng mới 2021",
    }
    bring(datetime.date(2021, 6, 30))
    assert len(told(place.editor, NoticeKind.ASSIGNED)) == 2


def test_a_role_that_ended_is_told_nothing(place):
    past = make_user(Role.EDITOR, place.agency, ends_on=today() - datetime.timedelta(days=1))
    make_rollout(place.plan, place.agency, year=2021)
    assert not Notice.objects.filter(to=past).exists()


def test_the_set_based_doors_tell_the_same(place):
    from agencies.history import open_change_set
    from procedures.models import Rollout
    from procedures.models.rollout_lists import assign_many, reach_many, reschedule_many

    Notice.objects.all().delete()
    change_set = open_change_set("Nhiều cơ quan", by=place.coordinator)
    [rollout] = Rollout.objects.filter(pk=place.rollout.pk)
    reschedule_many([rollout], datetime.date(2021, 3, 31), by=place.coordinator, change_set=change_set)
    agencies = [(place.province.chi_dao, datetime.date(2020, 6, 8))]
    due = datetime.date(2021, 9, 30)
    assign_many(
        place.plan, agencies, form="BUILD", year=2021, due_on=due, by=place.coordinator, change_set=change_set
    )
    titles = {n.title for n in told(place.editor, NoticeKind.ASSIGNED)}
    assert titles == {
        "Đổi hạn: UBND xã Lạc Đạo: Xây dựng mới 2020",
        "Được giao: UBND xã Chỉ Đạo: Xây dựng mới 2021",
    }
    reach_many([rollout], Stage.PLANNED, on=datetime.date(2020, 7, 1), by=place.editor, change_set=change_set)
    assert len(told(place.coordinator, NoticeKind.WAITING)) == 1
