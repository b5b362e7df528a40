"""Bulk edits: rows chosen by ticks or by the filter, old → new, a reason, one change set that can be undone."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agencies.errors import Refused
from agencies.history import undo
from agencies.models import ChangeSet, Notice, Role
from agencies.models.notices import NoticeKind
from agencies.testing import day, make_agency, make_user
from procedures import bulk
from procedures.lifecycle import Acceptance, Form, Stage, State
from procedures.models import (
    AgencyProcedure,
    BulkEdit,
    Declaration,
    Document,
    Milestone,
    Rollout,
)
from procedures.testing import declare, make_duties, make_procedure, make_rollout, reach, standard

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollouts(place):
    """Undertakings of all five communes."""
    others = [a for a in place.province.communes if a != place.agency]
    return [place.rollout, *(make_rollout(place.plan, agency) for agency in others)]


def begin(client, subject, act, *, query="", picked=()):
    """The edit that a list begins; `picked` empty: all that fit the filter."""
    sent = {"subject": subject, "act": act, "query": query, "pick": [o.pk for o in picked]}
    response = client.post("/sua-hang-loat/", sent | {"what": "picked" if picked else "all"})
    assert response.status_code == 302, response
    return BulkEdit.objects.get(pk=int(response.url.split("/")[2]))


def url(edit, step="xem-truoc/"):
    return f"/sua-hang-loat/{edit.pk}/{step}"


def shown(client, edit, typed, **params):
    response = client.post(url(edit, ""), typed)
    assert response.url == url(edit), response.context["form"].errors
    return client.get(url(edit), params)


def confirm(client, edit, page, **typed):
    form = page.context["form"]
    sent = {name: form[name].value() for name in ("shown", "seen", "told")}
    return client.post(url(edit), sent | {"reason": "Theo công văn 12"} | typed)


def carry_out(client, edit, typed, **more):
    response = confirm(client, edit, shown(client, edit, typed), **more)
    assert response.status_code == 302, response.context["form"].errors
    return ChangeSet.objects.first()


def of_plan(place, **filters):
    return "&".join([f"plan={place.plan.code}", *(f"{k}={v}" for k, v in filters.items())])


# Undertakings


def test_all_that_fit_get_a_due_day_in_one_change_set_that_is_undone(client, place, rollouts):
    client.force_login(place.coordinator)
    edit = begin(client, "rollouts", "due", query=of_plan(place))
    page = shown(client, edit, {"due_on": "30/06/2021"})
    assert page.context["counts"] == {"will": 5, "same": 0, "refused": 0}
    assert page.context["lines"][0].before == "31/12/2020"
    before = ChangeSet.objects.count()
    assert confirm(client, edit, page).url == url(edit)
    assert ChangeSet.objects.count() == before + 1
    act = ChangeSet.objects.first()
    assert (act.made_by, act.reason, act.changes.count()) == (place.coordinator, "Theo công văn 12", 5)
    assert set(Rollout.objects.values_list("due_on", flat=True)) == {day("2021-06-30")}
    done = client.get(url(edit))
    assert f"/thay-doi/{act.pk}/hoan-tac/" in done.content.decode()
    undo(act, by=place.coordinator)
    assert set(Rollout.objects.values_list("due_on", flat=True)) == {day("2020-12-31")}


def test_those_who_record_for_the_units_are_told(client, place, rollouts):
    client.force_login(place.coordinator)
    told = Notice.objects.filter(to=place.editor)
    before = told.count()
    carry_out(client, begin(client, "rollouts", "due", query=of_plan(place)), {"due_on": "30/06/2021"})
    assert told.count() == before + 3
    client.force_login(place.editor)
    edit = begin(client, "rollouts", "reach", query=of_plan(place))
    carry_out(client, edit, {"stage": "trained", "on": "15/07/2020"})
    assert Notice.objects.filter(to=place.coordinator, kind=NoticeKind.WAITING).exists()


def test_ticked_rows_only(client, place, rollouts):
    client.force_login(place.coordinator)
    edit = begin(client, "rollouts", "due", query=of_plan(place), picked=rollouts[:2])
    carry_out(client, edit, {"due_on": "30/06/2021"})
    assert Rollout.objects.filter(due_on=day("2021-06-30")).count() == 2


def test_the_filter_travels_and_is_asked_again(client, place, rollouts):
    reach(rollouts[0], Stage.DECLARED)
    client.force_login(place.coordinator)
    edit = begin(client, "rollouts", "due", query=of_plan(place, declared="no", on="01/01/2020", page=3))
    assert edit.query == f"plan={place.plan.code}&declared=no"
    page = shown(client, edit, {"due_on": "30/06/2021"})
    assert page.context["counts"]["will"] == 4
    # One more declares before the confirmation: it was shown, and would not be changed any more.
    reach(rollouts[1], Stage.DECLARED, by=place.editor)
    response = confirm(client, edit, page)
    assert response.status_code == 409
    assert response.context["counts"]["will"] == 3
    assert response.context["was"]["will"] == "4"
    assert [act.made_by for act in response.context["since"]] == [place.editor]
    assert not Rollout.objects.filter(due_on=day("2021-06-30")).exists()
    # What stands there now can be confirmed.
    assert confirm(client, edit, response).status_code == 302
    assert Rollout.objects.filter(due_on=day("2021-06-30")).count() == 3


def test_the_second_confirmation_does_nothing(client, place, rollouts):
    client.force_login(place.coordinator)
    edit = begin(client, "rollouts", "due", query=of_plan(place))
    page = shown(client, edit, {"due_on": "30/06/2021"})
    confirm(client, edit, page)
    before = ChangeSet.objects.count()
    assert confirm(client, edit, page).status_code == 200  # the page that says what was done
    assert ChangeSet.objects.count() == before


def test_the_same_begun_twice_is_one_edit(client, place, rollouts):
    client.force_login(place.coordinator)
    edits = [begin(client, "rollouts", "due", query=of_plan(place), picked=rollouts[:2]) for _n in range(2)]
    assert edits[0] == edits[1]


def test_roles_are_checked_for_each_agency_and_the_refused_are_left_out_by_a_tick(client, place, rollouts):
    district = make_user(Role.COORDINATOR, place.province.van_lam)
    client.force_login(district)
    edit = begin(client, "rollouts", "due", query=of_plan(place))
    assert shown(client, edit, {"due_on": "30/06/2021"}).context["counts"]["will"] == 3
    # Of what was picked outside their agencies nothing is seen.
    edit = begin(client, "rollouts", "due", query=of_plan(place), picked=rollouts)
    assert shown(client, edit, {"due_on": "30/06/2021"}).context["counts"]["will"] == 3
    rollouts[0].move(State.CANCELLED, by=None, seen=rollouts[0].version, reason="Sáp nhập")
    page = shown(client, edit, {"due_on": "30/06/2021"}, show="refused")
    assert page.context["counts"] == {"will": 2, "same": 0, "refused": 1}
    line = page.context["lines"][0]
    assert line.why and line.remedy
    assert confirm(client, edit, page).status_code == 422
    assert confirm(client, edit, page, leave_out="on").status_code == 302
    assert Rollout.objects.filter(due_on=day("2021-06-30")).count() == 2


def test_nobody_opens_anothers_edit_and_a_reader_begins_none(client, place, rollouts):
    client.force_login(place.coordinator)
    edit = begin(client, "rollouts", "due", query=of_plan(place))
    client.force_login(place.editor)
    assert client.get(url(edit, "")).status_code == 404
    sent = {"subject": "rollouts", "act": "due", "what": "all", "query": of_plan(place)}
    assert client.post("/sua-hang-loat/", sent).status_code == 403
    answer = client.post("/sua-hang-loat/", sent | {"act": "nothing"})
    assert answer.status_code == 400 and "Yêu cầu này không đọc được" in answer.content.decode()
    assert client.post("/sua-hang-loat/", sent | {"act": "reach", "pick": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("state", "more"),
    [
        (State.PAUSED, {}),
        (State.CANCELLED, {}),
        (State.CARRIED_OVER, {"year": "2021", "due_on": "31/12/2021"}),
    ],
)
def test_another_state_with_the_reason(client, place, rollouts, state, more):
    reach(rollouts[0], Stage.PLANNED, Stage.STEERING)
    reach(rollouts[4], Stage.DECLARED)
    client.force_login(place.coordinator)
    edit = begin(client, "rollouts", "move", query=of_plan(place))
    page = shown(client, edit, {"state": state.value, "on": "01/03/2021"} | more)
    assert page.context["counts"] == {"will": 4, "same": 0, "refused": 1}
    assert confirm(client, edit, page, leave_out="on").status_code == 302
    act = ChangeSet.objects.first()
    moved = Rollout.objects.filter(state=state)
    assert moved.count() == 4
    assert {m.reason for r in moved for m in r.moves.all()} == {"Theo công văn 12"}
    if state == State.CARRIED_OVER:
        heir = Rollout.objects.get(carries_on=rollouts[0])
        assert (heir.year, heir.due_on, heir.stage) == (2021, day("2021-12-31"), Stage.STEERING)
        assert heir.milestones.count() == 2
    undo(act, by=place.coordinator)
    assert Rollout.objects.filter(state=State.ACTIVE).count() == 5
    assert Rollout.objects.count() == 5


def test_the_same_milestone_with_one_document(client, place, rollouts):
    reach(rollouts[1], Stage.TRAINED, on=day("2020-07-15"))
    reach(rollouts[2], Stage.TRAINED, on=day("2020-07-20"))
    rollouts[3].move(State.PAUSED, by=None, seen=rollouts[3].version, reason="Chờ")
    typed = {
        "stage": "trained", "on": "15/07/2020", "doc_number": "21/BC-SKHCN", "doc_signed_on": "16/07/2020",
        "doc_issuer": place.province.science.code, "doc_title": "Lớp tập huấn",
    }  # fmt: skip
    client.force_login(place.coordinator)
    edit = begin(client, "rollouts", "reach", query=of_plan(place))
    page = shown(client, edit, typed)
    assert page.context["counts"] == {"will": 2, "same": 1, "refused": 2}
    assert confirm(client, edit, page, leave_out="on").status_code == 302
    document = Document.objects.get()
    assert (document.number, document.issued_by) == ("21/BC-SKHCN", place.province.science)
    milestones = Milestone.objects.filter(document=document)
    assert milestones.count() == 2
    assert {m.acceptance for m in milestones} == {Acceptance.ACCEPTED}
    # Of the issuer nothing was changed: it does not count.
    assert client.get(url(edit)).context["agencies"] == 2
    assert Rollout.objects.get(pk=rollouts[0].pk).stage == Stage.TRAINED
    undo(ChangeSet.objects.first(), by=place.coordinator)
    assert Rollout.objects.get(pk=rollouts[0].pk).stage == ""
    assert not Document.objects.exists()


def test_an_earlier_milestone_takes_nothing_back(client, place, rollouts):
    reach(rollouts[0], Stage.DOCUMENTED, on=day("2020-08-01"))
    client.force_login(place.coordinator)
    edit = begin(client, "rollouts", "reach", query=of_plan(place), picked=rollouts[:2])
    page = shown(client, edit, {"stage": "trained", "on": "15/07/2020"})
    later, none = sorted(page.context["lines"], key=lambda line: line.agency.pk != rollouts[0].agency_id)
    assert (later.before, bool(none.before)) == ("", True)


def test_the_document_on_record_serves_again(client, place, rollouts):
    typed = {
        "stage": "trained",
        "on": "15/07/2020",
        "doc_number": "21/BC-SKHCN",
        "doc_signed_on": "16/07/2020",
    }
    client.force_login(place.coordinator)
    for chosen in rollouts[:2]:
        edit = begin(client, "rollouts", "reach", query=of_plan(place), picked=[chosen])
        carry_out(client, edit, typed)
    assert Milestone.objects.filter(document=Document.objects.get()).count() == 2


# Agencies


def test_agencies_are_assigned_to_a_plan(client, place):
    office = place.province.office
    client.force_login(place.coordinator)
    edit = begin(client, "agencies", "assign", query="level=commune")
    typed = {"plan": place.plan.pk, "form": "BUILD", "year": "2020", "due_on": "31/12/2020"}
    page = shown(client, edit, typed)
    assert page.context["counts"] == {"will": 4, "same": 1, "refused": 0}
    confirm(client, edit, page)
    assert Rollout.objects.filter(plan=place.plan, form=Form.BUILD, year=2020).count() == 5
    edit = begin(client, "agencies", "assign", query="", picked=[office])
    page = shown(client, edit, typed)
    assert page.context["counts"]["refused"] == 1
    assert confirm(client, edit, page, leave_out="on").status_code == 422


def test_the_same_declaration_for_all_of_a_filter(client, place, rollouts):
    duty = make_duties(place.agency, make_procedure())[0]
    declare(place.province.dong_tao, on="2020-11-20", number="99/QĐ", rollout=rollouts[3])
    client.force_login(place.coordinator)
    edit = begin(client, "agencies", "declare", query="level=commune")
    typed = {
        "number": "15/QĐ-UBND", "on": "20/11/2020", "standard": standard().pk, "covers_procedures": "on",
        "signer": "Nguyễn Văn A", "title": "Công bố hệ thống",
    }  # fmt: skip
    page = shown(client, edit, typed)
    assert page.context["counts"] == {"will": 4, "same": 0, "refused": 1}
    assert confirm(client, edit, page, leave_out="on").status_code == 302
    act = ChangeSet.objects.first()
    document = Document.objects.get(number="15/QĐ-UBND")
    assert Declaration.objects.filter(document=document, signer="Nguyễn Văn A").count() == 4
    assert Milestone.objects.filter(document=document, stage=Stage.DECLARED).count() == 4
    duty.refresh_from_db()
    assert duty.applied_on == day("2020-11-20")
    undo(act, by=place.coordinator)
    assert Declaration.objects.count() == 1
    assert AgencyProcedure.objects.get().applied_on is None


def test_what_the_single_door_refuses_the_preview_refuses_too(client, place, rollouts):
    """Each refusal of a row is one that the door for one record gives as well."""
    reach(rollouts[0], Stage.PROMULGATED, on=day("2021-02-01"))
    young = make_agency("UBND xã Trẻ", place.province.van_lam, on=day("2021-01-01"))
    client.force_login(place.coordinator)
    edit = begin(client, "agencies", "declare", query="level=commune")
    page = shown(client, edit, {"number": "1", "on": "20/11/2020", "standard": standard().pk})
    refused = {line.agency.pk: line.why for line in page.context["lines"] if line.outcome == "refused"}
    assert refused.keys() == {young.pk, rollouts[0].agency_id}
    for pk, why in refused.items():
        agency = place.agency if pk == place.agency.pk else young
        with pytest.raises(Refused) as door:
            declare(
                agency, on="2020-11-20", number="1", by=place.coordinator,
                rollout=rollouts[0] if pk == place.agency.pk else None,
            )  # fmt: skip
        assert str(door.value) == why


# Duties


def test_duties_get_standard_day_and_code(client, place):
    duties = make_duties(place.agency, make_procedure(), make_procedure(), make_procedure())
    client.force_login(place.editor)
    edit = begin(client, "duties", "rework", query="", picked=duties[:2])
    act = carry_out(
        client, edit, {"standard": standard().pk, "applied_on": "01/10/2020", "document_code": "QT-01"}
    )
    changed = AgencyProcedure.objects.filter(applied_on=day("2020-10-01"), document_code="QT-01")
    assert changed.count() == 2
    edit = begin(client, "duties", "rework", query="")
    page = shown(client, edit, {"standard": "", "applied_on": "", "document_code": "QT-01"})
    assert page.context["counts"] == {"will": 1, "same": 2, "refused": 0}
    undo(act, by=place.coordinator)
    assert not AgencyProcedure.objects.exclude(standard=None).exists()


@pytest.mark.parametrize(
    "typed", [{}, {"applied_on": "01/10/2020"}, {"document_code": ""}, {"applied_on": "31/02/2020"}]
)
def test_nonsense_is_named_beside_the_field(client, place, typed):
    make_duties(place.agency, make_procedure())
    client.force_login(place.editor)
    edit = begin(client, "duties", "rework", query="")
    assert client.post(url(edit, ""), typed).status_code == 422


# Budgets


def test_the_number_of_queries_does_not_grow_with_the_rows(client, place):
    client.force_login(place.coordinator)

    def cost(number):
        for _n in range(number):
            make_rollout(place.plan, make_agency(parent=place.province.van_lam))
        found = {}
        edit = begin(client, "rollouts", "due", query=of_plan(place))
        typed = {"due_on": f"{number + 1:02d}/06/2021"}
        client.post(url(edit, ""), typed)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get(url(edit))
        found["look"] = len(queries)
        with CaptureQueriesContext(connection) as queries:
            confirm(client, edit, page)
        found["apply"] = len(queries)
        return found

    few, many = cost(2), cost(20)
    assert few == many
    assert few["look"] <= 20
    assert few["apply"] <= 40


def test_the_list_offers_the_acts_of_ones_roles_and_none_for_the_past(client, place):
    address = f"/ke-hoach/{place.plan.code}/dot-trien-khai/"
    client.force_login(place.coordinator)
    assert [a.name for a in client.get(address).context["bulk"]["acts"]] == ["due", "move", "reach"]
    assert client.get(address + "?on=01/12/2020").context["bulk"]["acts"] == []
    client.force_login(place.editor)
    assert [a.name for a in client.get(address).context["bulk"]["acts"]] == ["reach"]
    client.force_login(place.viewer)
    assert client.get(address).context["bulk"]["acts"] == []


@pytest.mark.parametrize("act", bulk.ACTS.values(), ids=lambda act: f"{act.subject}-{act.name}")
def test_what_an_act_is_called_groups_the_digits_of_its_count(act):
    day = datetime.date(2022, 6, 30)
    values = {
        "due_on": day, "on": day, "state": "paused", "stage": "trained", "form": "BUILD", "year": 2022,
        "number": "1/QĐ", "standard": "TCVN ISO 9001:2015", "document_code": "", "wave": "Đợt 1",
    }  # fmt: skip
    assert "8.160 " in act.told(values, 8160)
