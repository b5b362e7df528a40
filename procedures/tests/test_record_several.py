"""Several milestones of one rollout by one form: one change set, all or nothing, the same rules."""

import pytest

from agencies.errors import ChangedMeanwhile
from agencies.history import undo
from agencies.models import ChangeSet
from agencies.testing import day
from procedures.checks import recount
from procedures.lifecycle import Acceptance, Stage, State, StepRefused
from procedures.models import Document, Reached
from procedures.testing import make_document, reach
from procedures.tests.recording import send_again, sent, texts, url_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media")]

THREE = [
    Reached(s, day(d))
    for s, d in ((Stage.TRAINED, "2020-07-15"), (Stage.PLANNED, "2020-06-10"), (Stage.STEERING, "2020-06-20"))
]


@pytest.fixture
def typed(place):
    return {
        "seen": place.rollout.version, "note": "Báo cáo muộn", "on_planned": "10/06/2020", "on_steering": "20/06/2020",
        "paper_steering": "12/QĐ-UBND ngày 19/06/2020", "on_trained": "15/07/2020",
    }  # fmt: skip


def test_the_door_writes_all_by_one_act_and_they_go_back_together(place):
    milestones = place.rollout.reach_many(THREE, by=place.editor, seen=place.rollout.version)
    assert [m.stage for m in milestones] == [Stage.PLANNED, Stage.STEERING, Stage.TRAINED]
    assert (place.rollout.stage, place.rollout.version) == (Stage.TRAINED, 2)
    act = ChangeSet.objects.first()
    assert act.changes.count() == 3 and {m.acceptance for m in milestones} == {Acceptance.UNREVIEWED}
    assert recount()[1] == []
    undo(act, by=None)
    place.rollout.refresh_from_db()
    assert not place.rollout.milestones.exists() and place.rollout.stage == ""
    assert recount()[1] == []


@pytest.mark.parametrize(
    "wrong",
    [
        Reached(Stage.NOTIFIED, day("2020-12-01")),
        Reached(Stage.AUDITED, day("2999-01-01")),
        Reached(Stage.DECLARED, day("2020-12-01")),
    ],
)
def test_one_wrong_row_and_nothing_is_written(place, wrong):
    with pytest.raises(StepRefused):
        place.rollout.reach_many([*THREE, wrong], by=place.editor, seen=place.rollout.version)
    place.rollout.refresh_from_db()
    assert not place.rollout.milestones.exists() and place.rollout.version == 1


def test_on_a_stale_version_nothing_is_written(place):
    reach(place.rollout, Stage.SURVEYED)
    with pytest.raises(ChangedMeanwhile):
        place.rollout.reach_many(THREE, by=place.editor, seen=1)
    assert place.rollout.milestones.count() == 1


def test_a_returned_milestone_is_recorded_again_in_its_place(place):
    planned = reach(place.rollout, Stage.PLANNED, by=place.editor)
    planned.return_(by=place.coordinator, seen=planned.version, note="thiếu")
    place.rollout.refresh_from_db()
    place.rollout.reach_many(THREE, by=place.editor, seen=place.rollout.version)
    planned.refresh_from_db()
    assert planned.counts and place.rollout.milestones.count() == 3


# The form


def test_it_offers_what_is_missing(client, place):
    reach(place.rollout, Stage.PLANNED)
    client.force_login(place.editor)
    form = client.get(url_of("record_several", place)).context["form"]
    assert Stage.PLANNED not in form.stages and Stage.DECLARED not in form.stages
    assert len(form.rows()) == len(form.stages) == 9


def test_rows_with_a_day_are_recorded_and_the_others_left_alone(client, place, typed):
    client.force_login(place.editor)
    answer = client.post(url_of("record_several", place), typed | {"file_trained": sent("Danh sách.pdf")})
    assert answer.url.endswith(f"#rollout-{place.rollout.pk}")
    found = {m.stage: m for m in place.rollout.milestones.all()}
    assert found.keys() == {"planned", "steering", "trained"}
    assert (found["steering"].document.number, found["steering"].document.signed_on) == (
        "12/QĐ-UBND",
        day("2020-06-19"),
    )
    assert found["trained"].document.file_name == "Danh sách.pdf" and found["planned"].document is None
    assert {m.note for m in found.values()} == {"Báo cáo muộn"}
    assert len(texts(client.get(place.agency.get_absolute_url()))) == 1
    assert ChangeSet.objects.first().changes.count() == 5


def test_a_day_against_the_usual_order_warns_in_whichever_row_it_stands(client, place, typed):
    client.force_login(place.editor)
    days = {"on_planned": "03/06/2020", "on_steering": "02/06/2020", "on_trained": "10/08/2020"}
    client.post(url_of("record_several", place), typed | days)
    assert place.rollout.milestones.count() == 3
    page = client.get(place.agency.get_absolute_url())
    assert [m.level_tag for m in page.context["messages"]] == ["success", "warning"]


def test_one_document_in_several_rows_is_entered_once(client, place, typed):
    client.force_login(place.editor)
    paper = "12/QĐ-UBND ngày 19/06/2020"
    client.post(url_of("record_several", place), typed | {"paper_planned": paper, "file_planned": sent()})
    document = Document.objects.get()
    assert document.file and {m.document for m in place.rollout.milestones.exclude(stage="trained")} == {
        document
    }


def test_a_document_on_record_is_chosen(client, place, typed):
    known = make_document(issued_by=place.agency)
    client.force_login(place.editor)
    client.post(url_of("record_several", place), typed | {"document_planned": known.pk})
    assert place.rollout.milestones.get(stage="planned").document == known


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"on_planned": "31/02/2020"}, "on_planned"), ({"on_planned": "01/01/2999"}, "on_planned"),
        ({"on_planned": "", "paper_planned": "1/KH-UBND"}, "on_planned"), ({"document_planned": "9" * 30}, "document_planned"),
        ({"paper_planned": "1/KH-UBND ngày 31/02/2020"}, "paper_planned"), ({"paper_planned": "x" * 121}, "paper_planned"),
        ({"paper_planned": "1/KH-UBND", "document_planned": "known"}, "document_planned"), ({"seen": "x"}, "seen"),
        ({"file_planned": "forged"}, "file_planned"), ({"on_planned": "", "on_steering": "", "on_trained": "", "paper_steering": ""}, "__all__"),
    ],
)  # fmt: skip
def test_nonsense_stands_in_its_row_and_nothing_is_written(client, place, typed, wrong, field):
    if wrong.get("document_planned") == "known":
        wrong = wrong | {"document_planned": make_document(issued_by=place.agency).pk}
    client.force_login(place.editor)
    answer = client.post(url_of("record_several", place), typed | wrong)
    assert answer.status_code == 422 and field in answer.context["form"].errors
    assert answer.context["form"]["note"].value() == "Báo cáo muộn"
    assert not place.rollout.milestones.exists()


def test_what_is_wrong_names_its_milestone(client, place, typed):
    client.force_login(place.editor)
    answer = client.post(url_of("record_several", place), typed | {"on_planned": "31/02/2020"})
    page = answer.content.decode()
    assert '<a href="#id_on_planned">Có kế hoạch: Ngày đạt</a>' in page
    assert 'data-label="Ngày đạt"' in page


def test_a_hard_rule_stands_in_its_row(client, place, typed):
    place.agency.established_on = day("2020-06-15")
    place.agency.save()
    client.force_login(place.editor)
    answer = client.post(url_of("record_several", place), typed)
    assert answer.status_code == 422 and list(answer.context["form"].errors) == ["on_planned"]
    assert not place.rollout.milestones.exists() and not Document.objects.exists()


def test_files_are_kept_when_another_row_was_wrong(client, place, typed):
    client.force_login(place.editor)
    answer = client.post(
        url_of("record_several", place), typed | {"on_trained": "x", "file_planned": sent("KH.pdf")}
    )
    assert answer.status_code == 422 and "KH.pdf" in answer.content.decode()
    token = answer.context["form"]["file_planned"].value()
    client.post(url_of("record_several", place), typed | {"file_planned": token})
    assert place.rollout.milestones.get(stage="planned").document.file_name == "KH.pdf"


def test_sent_twice_it_has_one_effect(client, place, typed):
    client.force_login(place.editor)
    client.post(url_of("record_several", place), typed)
    sets = ChangeSet.objects.count()
    second = client.post(url_of("record_several", place), typed, follow=True)
    assert second.status_code == 200 and "/co-quan/" in texts(second)[-1]
    assert (place.rollout.milestones.count(), ChangeSet.objects.count()) == (3, sets)


def test_a_stale_page_shows_both_and_the_rest_can_follow(client, place, typed):
    reach(place.rollout, Stage.STEERING, on=day("2020-06-18"), by=place.coordinator)
    client.force_login(place.editor)
    stale = client.post(url_of("record_several", place), typed)
    page = stale.content.decode()
    assert stale.status_code == 409
    for text in (place.coordinator.full_name, "18/06/2020", "20/06/2020"):
        assert text in page
    send_again(client, stale)
    found = {m.stage: m.reached_on for m in place.rollout.milestones.all()}
    assert found == {
        "planned": day("2020-06-10"),
        "steering": day("2020-06-18"),
        "trained": day("2020-07-15"),
    }


def test_with_nothing_left_it_leads_back(client, place):
    place.rollout.move(State.PAUSED, by=None, seen=place.rollout.version, reason="Chờ sắp xếp")
    client.force_login(place.editor)
    assert client.get(url_of("record_several", place)).status_code == 302


def test_a_stranger_gets_404_and_a_reader_403(client, place, typed):
    for person, status in ((place.stranger, 404), (place.viewer, 403)):
        client.force_login(person)
        assert client.get(url_of("record_several", place)).status_code == status
        assert client.post(url_of("record_several", place), typed).status_code == status
    assert not place.rollout.milestones.exists()


def test_it_costs_few_queries(client, place, typed, django_assert_max_num_queries):
    client.force_login(place.editor)
    with django_assert_max_num_queries(14):
        client.get(url_of("record_several", place))
    with django_assert_max_num_queries(45):
        client.post(url_of("record_several", place), typed)
