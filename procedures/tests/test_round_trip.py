"""A workbook goes out, is filled in and comes back: what only one side changed goes in, both sides' are asked."""

import datetime

import pytest

from agencies.history import undo
from agencies.imports import uploads
from agencies.models import Change, ChangeSet, Role
from agencies.models.history import UploadState
from agencies.testing import day, make_user
from procedures.lifecycle import Acceptance, Form, Stage
from procedures.models import AgencyProcedure, Declaration, Milestone, PastApplication, Standard
from procedures.testing import make_duties, make_procedure, make_rollout, reach, standard
from procedures.tests.filling import KIND, Book, applied, brought_in, choose, handed_in, issued, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def duties(place):
    return make_duties(place.agency, make_procedure(), make_procedure())


def key(record):
    return f"{'P' if isinstance(record, AgencyProcedure) else 'R'}{record.pk}"


def codes(problems):
    return [(p.code, p.cell) for p in problems]


def milestones(rollout):
    return dict(rollout.milestones.values_list("stage", "reached_on"))


# One side


def test_a_workbook_that_nobody_filled_in_changes_nothing(place, duties):
    reach(place.rollout, Stage.PLANNED, Stage.PROMULGATED, Stage.DECLARED)
    before = Change.objects.count()
    upload, found = handed_in(issued(place.agency), place.editor)
    assert (found.counts["rows"], found.counts["unchanged"], found.warnings) == (3, 3, [])
    assert brought_in(upload, place.editor) is None
    assert upload.state == UploadState.APPLIED
    assert Change.objects.count() == before


def test_milestones_go_in_and_name_their_cells(place):
    book = Book(issued(place.agency))
    book.fill(
        key(place.rollout),
        planned=day("2020-06-10"),
        steering="ngày 20 tháng 6 năm 2020",
        surveyed="1/7/2020",
    )
    place_of = book.cell(key(place.rollout), "steering").coordinate
    upload, act = applied(book.data, place.editor)
    assert milestones(place.rollout) == {
        "planned": day("2020-06-10"), "steering": day("2020-06-20"), "surveyed": day("2020-07-01"),
    }  # fmt: skip
    place.rollout.refresh_from_db()
    assert place.rollout.stage == Stage.SURVEYED
    assert {m.acceptance for m in place.rollout.milestones.all()} == {Acceptance.UNREVIEWED}
    assert {m.recorded_by for m in place.rollout.milestones.all()} == {place.editor}
    line = Change.objects.get(change_set=act, after__stage="steering")
    assert (line.cell, act.upload, line.agency) == (f"Tiến độ!{place_of}", upload, place.agency)


def test_what_the_coordinator_brings_in_needs_no_confirmation(place):
    applied(
        Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-10")).data, place.coordinator
    )
    assert place.rollout.milestones.get().acceptance == Acceptance.ACCEPTED


def test_the_same_file_again_changes_nothing(place):
    data = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-10")).data
    applied(data, place.editor)
    sets = ChangeSet.objects.count()
    _upload, act = applied(data, place.editor)
    assert act is None and ChangeSet.objects.count() == sets


def test_a_milestone_is_corrected_and_waits_anew(place):
    reach(place.rollout, Stage.PLANNED, by=place.coordinator)
    applied(Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-11")).data, place.editor)
    milestone = place.rollout.milestones.get()
    assert (milestone.reached_on, milestone.acceptance, milestone.version) == (
        day("2020-06-11"),
        Acceptance.UNREVIEWED,
        2,
    )


def test_an_emptied_cell_takes_a_milestone_back_and_says_so(place):
    reach(place.rollout, Stage.PLANNED, Stage.STEERING)
    upload, found = handed_in(
        Book(issued(place.agency)).fill(key(place.rollout), steering=None).data, place.editor
    )
    assert [w.code for w in found.warnings] == ["W_TAKEN_BACK"]
    act = brought_in(upload, place.editor)
    assert set(milestones(place.rollout)) == {"planned"} and act.reason
    place.rollout.refresh_from_db()
    assert place.rollout.stage == Stage.PLANNED


def test_a_returned_milestone_is_an_empty_cell_and_is_mended(place):
    milestone = reach(place.rollout, Stage.PLANNED, by=place.editor)
    milestone.return_(by=place.coordinator, seen=milestone.version, note="Thiếu kế hoạch kèm theo")
    data = issued(place.agency)
    cell = Book(data).cell(key(place.rollout), "planned")
    assert cell.value is None and "Thiếu kế hoạch" in cell.comment.text
    assert applied(data, place.editor)[1] is None
    applied(Book(data).fill(key(place.rollout), planned=day("2020-06-12")).data, place.editor)
    milestone.refresh_from_db()
    assert (milestone.reached_on, milestone.acceptance) == (day("2020-06-12"), Acceptance.UNREVIEWED)


def test_an_agency_declares_and_is_notified_in_one_row(place, duties):
    book = Book(issued(place.agency)).fill(
        key(place.rollout), promulgated=day("2020-09-01"), declared_on=day("2020-11-20"), number="Số 12/QĐ-UBND",
        standard="TCVN ISO 9001:2015", signer="Nguyễn Văn A", notified=day("2020-11-25"),
    )  # fmt: skip
    _upload, act = applied(book.data, place.editor)
    declaration = Declaration.objects.get()
    assert (declaration.number, declaration.signer, declaration.acceptance) == (
        "12/QĐ-UBND", "Nguyễn Văn A", Acceptance.UNREVIEWED,
    )  # fmt: skip
    place.rollout.refresh_from_db()
    assert place.rollout.stage == Stage.NOTIFIED
    # What the procedures run under has cells of its own.
    assert not AgencyProcedure.objects.filter(standard__isnull=False).exists()
    assert act.changes.filter(cell="").count() == 0


def test_the_day_of_a_declaration_may_stand_in_the_cell_of_its_number(place):
    book = Book(issued(place.agency))
    book.fill(key(place.rollout), number="12/QĐ-UBND ngày 20/11/2020", standard="2015")
    applied(book.data, place.editor)
    assert (Declaration.objects.get().declared_on, Declaration.objects.get().number) == (
        day("2020-11-20"),
        "12/QĐ-UBND",
    )


def test_a_declaration_is_corrected_and_its_milestone_follows(place):
    reach(place.rollout, Stage.DECLARED, by=place.coordinator)
    book = Book(issued(place.agency)).fill(
        key(place.rollout), declared_on=day("2020-11-21"), signer="Trần Thị B"
    )
    applied(book.data, place.editor)
    declaration = Declaration.objects.get()
    assert (declaration.declared_on, declaration.signer, declaration.number) == (
        day("2020-11-21"),
        "Trần Thị B",
        "01/QĐ-CB",
    )
    assert declaration.acceptance == declaration.milestone.acceptance == Acceptance.UNREVIEWED
    assert declaration.milestone.reached_on == day("2020-11-21")


def test_a_day_corrected_in_every_cell_is_one_correction(place, duties):
    reach(place.rollout, Stage.DECLARED)
    other, later = day("2020-11-21"), day("2020-12-01")
    book = Book(issued(place.agency)).fill(key(place.rollout), declared_on=other)
    book.fill(key(duties[0]), applied_on=other).fill(key(duties[1]), applied_on=later)
    applied(book.data, place.editor)
    assert [d.applied_on for d in AgencyProcedure.objects.order_by("pk")] == [other, later]
    assert Declaration.objects.get().declared_on == other
    assert not PastApplication.objects.exists()


def test_procedures_without_cells_of_their_own_follow_the_day_of_their_declaration(place, duties):
    reach(place.rollout, Stage.DECLARED)
    book = Book(issued(place.agency)).fill(key(place.rollout), declared_on=day("2020-11-21"))
    del book.book["Thủ tục"]
    applied(book.data, place.editor)
    assert {d.applied_on for d in AgencyProcedure.objects.all()} == {day("2020-11-21")}


def test_a_declaration_is_taken_back_when_all_its_cells_are_emptied(place, duties):
    reach(place.rollout, Stage.PROMULGATED, Stage.DECLARED)
    empty = dict.fromkeys(("declared_on", "number", "standard", "signer"))
    _upload, act = applied(Book(issued(place.agency)).fill(key(place.rollout), **empty).data, place.editor)
    assert not Declaration.objects.exists() and set(milestones(place.rollout)) == {"promulgated"}
    assert not AgencyProcedure.objects.filter(standard__isnull=False).exists()
    undo(act, by=place.coordinator)
    assert Declaration.objects.get().milestone.rollout == place.rollout


def test_a_returned_declaration_is_declared_again(place):
    reach(place.rollout, Stage.DECLARED, by=place.editor)
    declaration = Declaration.objects.get()
    declaration.return_(by=place.coordinator, seen=declaration.version, note="Sai số")
    book = Book(issued(place.agency))
    assert book.cell(key(place.rollout), "declared_on").value is None
    book.fill(
        key(place.rollout), declared_on=day("2020-11-20"), number="02/QĐ-CB", standard="TCVN ISO 9001:2015"
    )
    _upload, act = applied(book.data, place.editor)
    declaration.refresh_from_db()
    assert (declaration.number, declaration.acceptance) == ("02/QĐ-CB", Acceptance.UNREVIEWED)
    assert declaration.milestone.acceptance == Acceptance.UNREVIEWED
    assert {line.cell for line in act.changes.all()} == {act.changes.first().cell} != {""}


def test_procedures_come_under_iso_and_leave_it(place, duties):
    first, second = duties
    data = issued(place.agency)
    book = Book(data).fill(
        key(first), standard="TCVN ISO 9001:2015", applied_on=day("2020-11-20"), document="QT-01"
    )
    book.fill(key(second), note="Đang xây dựng")
    applied(book.data, place.editor)
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.standard, first.applied_on, first.document_code) == (standard(), day("2020-11-20"), "QT-01")
    assert (second.standard, second.note) == (None, "Đang xây dựng")
    book = Book(issued(place.agency)).fill(key(first), standard=None, applied_on=None)
    applied(book.data, place.editor)
    first.refresh_from_db()
    assert (first.standard, first.applied_on, first.document_code) == (None, None, "QT-01")


def test_a_later_standard_keeps_the_earlier_one_in_the_past(place):
    (duty,) = make_duties(
        place.agency, make_procedure(), standard=standard(2008), applied_on=day("2012-01-01")
    )
    book = Book(issued(place.agency)).fill(
        key(duty), standard="TCVN ISO 9001:2015", applied_on=day("2020-11-20")
    )
    applied(book.data, place.editor)
    past = PastApplication.objects.get()
    assert (past.standard, past.applied_on, past.until) == (
        standard(2008),
        day("2012-01-01"),
        day("2020-11-20"),
    )


def test_an_upload_is_taken_back_as_a_whole(place, duties):
    reach(place.rollout, Stage.PLANNED)
    book = Book(issued(place.agency)).fill(
        key(place.rollout), planned=day("2020-06-12"), trained=day("2020-07-15")
    )
    book.fill(key(duties[0]), standard="2015", applied_on=day("2020-11-20"))
    upload, _act = applied(book.data, place.coordinator)
    uploads.take_back(upload, by=place.coordinator)
    assert milestones(place.rollout) == {"planned": day("2020-06-10")}
    assert not AgencyProcedure.objects.filter(standard__isnull=False).exists()


# Both sides


def test_both_sides_are_asked_and_each_answer_holds(place):
    reach(place.rollout, Stage.PLANNED, Stage.STEERING, Stage.SURVEYED)
    book = Book(issued(place.agency)).fill(
        key(place.rollout), planned=day("2020-06-11"), steering=day("2020-06-21"), surveyed=day("2020-07-02"),
    )  # fmt: skip
    amend(place, Stage.PLANNED, day("2020-06-12"))
    amend(place, Stage.STEERING, day("2020-06-22"))
    upload, found = handed_in(book.data, place.editor)
    assert {c.edit.name for c in found.open_conflicts} == {"planned", "steering"}
    assert not found.is_fine and found.counts["conflicts"] == 2
    found = choose(
        upload,
        place.editor,
        **{f"{key(place.rollout)}__planned": "file", f"{key(place.rollout)}__steering": "now"},
    )
    assert found.is_fine and found.counts["changed"] == 1
    brought_in(upload, place.editor)
    assert milestones(place.rollout) == {
        "planned": day("2020-06-11"), "steering": day("2020-06-22"), "surveyed": day("2020-07-02"),
    }  # fmt: skip
    # The answers are remembered, whatever the file is called now.
    _upload, again = handed_in(book.data, place.editor, "again.xlsx")
    assert again.is_fine and again.counts["changed"] == 0


def amend(place, stage, on, by=None):
    place.rollout.refresh_from_db()
    milestone = place.rollout.milestones.get(stage=stage)
    place.rollout.amend(milestone, on=on, by=by or place.coordinator, seen=place.rollout.version)


def test_answers_that_keep_everything_are_remembered_too(place):
    reach(place.rollout, Stage.PLANNED)
    data = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-11")).data
    amend(place, Stage.PLANNED, day("2020-06-12"))
    upload, _found = handed_in(data, place.editor)
    choose(upload, place.editor, every="now")
    assert brought_in(upload, place.editor) is None
    assert handed_in(data, place.editor)[1].is_fine


def test_an_answer_falls_when_the_question_changes(place):
    reach(place.rollout, Stage.PLANNED)
    data = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-11")).data
    amend(place, Stage.PLANNED, day("2020-06-12"))
    upload, _found = handed_in(data, place.editor)
    choose(upload, place.editor, every="file")
    amend(place, Stage.PLANNED, day("2020-06-13"))
    assert len(uploads.look(KIND, upload, user=place.editor).open_conflicts) == 1


def test_both_sides_with_the_same_value_need_nothing(place):
    data = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-10")).data
    reach(place.rollout, Stage.PLANNED)
    _upload, found = handed_in(data, place.editor)
    assert found.is_fine and found.counts["changed"] == 0 and not found.conflicts


def test_what_changed_only_in_the_register_stays(place):
    reach(place.rollout, Stage.PLANNED)
    data = Book(issued(place.agency)).fill(key(place.rollout), steering=day("2020-06-20")).data
    amend(place, Stage.PLANNED, day("2020-06-12"))
    applied(data, place.editor)
    assert milestones(place.rollout) == {"planned": day("2020-06-12"), "steering": day("2020-06-20")}


def test_a_change_between_check_and_write_stops_the_upload(place):
    reach(place.rollout, Stage.PLANNED)
    data = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-11")).data
    upload, _found = handed_in(data, place.editor)
    amend(place, Stage.PLANNED, day("2020-06-12"))
    uploads.confirm(upload, user=place.editor)
    with pytest.raises(uploads.engine.Blocked):
        uploads.apply(KIND, upload, user=place.editor)
    assert milestones(place.rollout) == {"planned": day("2020-06-12")}
    assert upload.state == UploadState.REFUSED and upload.counts["conflicts"] == 1


def test_two_files_of_different_ages_add_up(place, duties):
    old = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-10"))
    reach(place.rollout, Stage.STEERING)
    new = Book(issued(place.agency)).fill(key(place.rollout), surveyed=day("2020-07-01"))
    applied(zipped({"cu.xlsx": old.data, "moi.xlsx": new.data}), place.editor, "hai.zip")
    assert set(milestones(place.rollout)) == {"planned", "steering", "surveyed"}


def test_two_files_that_contradict_each_other_are_named(place):
    data = issued(place.agency)
    one, two = (
        Book(data).fill(key(place.rollout), planned=day(d)).data for d in ("2020-06-10", "2020-06-11")
    )
    _upload, found = handed_in(zipped({"a.xlsx": one, "b.xlsx": two}), place.editor, "hai.zip")
    assert [e.code for e in found.errors] == ["E_DUP"]
    assert found.errors[0].sheet == "b.xlsx › Tiến độ" and "a.xlsx" in str(found.errors[0])


# Rules


def test_hard_rules_refuse_by_cell_and_agency(place):
    book = Book(issued(place.agency)).fill(
        key(place.rollout), promulgated=day("2020-12-01"), declared_on=day("2020-11-20"), standard="2015", number="1/QĐ",
    )  # fmt: skip
    _upload, found = handed_in(book.data, place.editor)
    assert {e.code for e in found.errors} == {"E_RULE"}
    assert {e.cell for e in found.errors} == {
        book.cell(key(place.rollout), n).coordinate for n in ("promulgated", "declared_on")
    }
    assert all("Lạc Đạo" in str(e) for e in found.errors)
    assert not Milestone.objects.exists()


@pytest.mark.parametrize(
    ("values", "code", "at"),
    [
        ({"planned": datetime.date(2999, 1, 1)}, "E_DATE", "planned"),
        ({"planned": "hôm qua"}, "E_DATE", "planned"),
        ({"notified": datetime.date(2020, 11, 25)}, "E_RULE", "notified"),
        ({"number": "12/QĐ-UBND"}, "E_REQUIRED", "number"),
        ({"declared_on": datetime.date(2020, 11, 20)}, "E_REQUIRED", "declared_on"),
        ({"declared_on": datetime.date(2012, 11, 20), "standard": "2015"}, "E_RULE", "declared_on"),
        ({"declared_on": datetime.date(2020, 11, 20), "standard": "2099"}, "E_STANDARD", "standard"),
        ({"signer": "\u202eabc"}, "E_CHARS", "signer"),
    ],
)
def test_a_cell_that_cannot_be_is_named(place, values, code, at):
    book = Book(issued(place.agency)).fill(key(place.rollout), **values)
    _upload, found = handed_in(book.data, place.editor)
    assert codes(found.errors) == [(code, book.cell(key(place.rollout), at).coordinate)]


def test_the_standard_of_a_declaration_stays(place):
    reach(place.rollout, Stage.DECLARED)
    book = Book(issued(place.agency)).fill(key(place.rollout), standard="TCVN ISO 9001:2008")
    _upload, found = handed_in(book.data, place.editor)
    assert [e.code for e in found.errors] == ["E_STANDARD_STAYS"]


def test_what_notified_rests_on_cannot_be_taken_back(place):
    reach(place.rollout, Stage.DECLARED, Stage.NOTIFIED)
    empty = dict.fromkeys(("declared_on", "number", "standard", "signer"))
    _upload, found = handed_in(
        Book(issued(place.agency)).fill(key(place.rollout), **empty).data, place.editor
    )
    assert [e.code for e in found.errors] == ["E_RULE"]


@pytest.mark.parametrize(
    ("values", "code", "at"),
    [
        ({"standard": "2015"}, "E_REQUIRED", "standard"),
        ({"applied_on": datetime.date(2020, 11, 20)}, "E_STANDARD", "applied_on"),
        ({"standard": "2015", "applied_on": datetime.date(2012, 1, 1)}, "E_DATE", "applied_on"),
        ({"document": "x" * 61}, "E_LONG", "document"),
    ],
)
def test_a_procedure_that_cannot_be_so_is_named(place, duties, values, code, at):
    book = Book(issued(place.agency)).fill(key(duties[0]), **values)
    _upload, found = handed_in(book.data, place.editor)
    assert codes(found.errors) == [(code, book.cell(key(duties[0]), at).coordinate)]


def test_another_standard_can_only_follow(place):
    (duty,) = make_duties(place.agency, make_procedure(), standard=standard(), applied_on=day("2020-11-20"))
    book = Book(issued(place.agency)).fill(key(duty), standard="2008", applied_on=day("2020-11-19"))
    assert [e.code for e in handed_in(book.data, place.editor)[1].errors] == ["E_DATE"]


def test_a_paused_rollout_is_not_filled_in(place):
    book = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-10"))
    place.rollout.move(
        "paused", by=place.coordinator, seen=place.rollout.version, reason="Sắp xếp", on=day("2020-07-01")
    )
    _upload, found = handed_in(book.data, place.editor)
    assert [e.code for e in found.errors] == ["E_GONE"] and "Tạm dừng" in str(found.errors[0])
    assert handed_in(issued(place.agency, place.province.lac_hong), place.editor)[1].errors


# Whose


def test_a_workbook_of_others_is_refused_by_name_as_if_it_were_of_another_register(place):
    make_rollout(place.plan, place.province.dong_tao)
    data = issued(place.province.dong_tao)
    _upload, found = handed_in(data, place.editor)
    assert [e.code for e in found.errors] == ["E_FOREIGN"] and "Đông Tảo" in str(found.errors[0])
    book = Book(data)
    cell = book.cell(key(place.province.dong_tao.rollouts.get()), "key")
    cell.value = "0" * 12 + "." + cell.value.partition(".")[2]
    _upload, unknown = handed_in(book.data, place.editor)
    assert [(e.code, str(e)) for e in unknown.errors] == [(e.code, str(e)) for e in found.errors]


def test_a_reader_may_hand_in_nothing_and_an_editor_only_where_the_role_reaches(place):
    data = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-10")).data
    with pytest.raises(uploads.Refused):
        handed_in(data, place.viewer)
    both = make_user(Role.VIEWER, place.province.van_lam)
    from agencies.testing import grant

    grant(both, Role.EDITOR, place.province.khoai_chau)
    _upload, found = handed_in(data, both)
    assert [e.code for e in found.errors] == ["E_ROLE"] and "Lạc Đạo" in str(found.errors[0])


def test_one_stranger_in_a_zip_stops_it_whole(place):
    make_rollout(place.plan, place.province.dong_tao)
    mine = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-10")).data
    data = zipped({"a.xlsx": mine, "b.xlsx": issued(place.province.dong_tao)})
    upload, found = handed_in(data, place.editor, "hai.zip")
    assert [(e.code, e.sheet) for e in found.errors] == [("E_FOREIGN", "b.xlsx › Tiến độ")]
    uploads.confirm(upload, user=place.editor)
    assert upload.state == UploadState.REFUSED and not Milestone.objects.exists()


# Agencies that changed meanwhile


def test_a_renamed_agency_is_said_and_goes_in(place):
    book = Book(issued(place.agency)).fill(key(place.rollout), planned=day("2020-06-10"))
    place.agency.revise(name="UBND xã Lạc Đạo Mới", on=day("2021-01-01"), by=None, seen=place.agency.version)
    upload, found = handed_in(book.data, place.editor)
    assert [w.code for w in found.warnings] == ["W_AGENCY_CHANGED"] and "Lạc Đạo Mới" in str(
        found.warnings[0]
    )
    assert found.is_fine
    brought_in(upload, place.editor)
    assert milestones(place.rollout) == {"planned": day("2020-06-10")}


def test_a_closed_agency_is_said_and_takes_only_what_came_before(place):
    book = Book(issued(place.agency)).fill(
        key(place.rollout), planned=day("2020-06-10"), steering=day("2021-02-01")
    )
    place.agency.close(
        on=day("2021-01-01"), successor=place.province.lac_hong, by=None, seen=place.agency.version
    )
    _upload, found = handed_in(book.data, place.coordinator)
    assert [w.code for w in found.warnings] == ["W_AGENCY_CHANGED"] and "Lạc Hồng" in str(found.warnings[0])
    assert codes(found.errors) == [("E_RULE", book.cell(key(place.rollout), "steering").coordinate)]


def test_standards_are_data(place, duties):
    Standard.objects.create(code="TCVN ISO 9001:2026", short=":2026", published_on=day("2026-01-01"))
    book = Book(issued(place.agency)).fill(
        key(duties[0]), standard="TCVN ISO 9001:2026", applied_on=day("2026-02-01")
    )
    applied(book.data, place.editor)
    duties[0].refresh_from_db()
    assert duties[0].standard.code == "TCVN ISO 9001:2026"


def test_rollouts_of_several_years_are_rows_of_their_own(place):
    other = make_rollout(place.plan, place.agency, form=Form.EXTEND, year=2021)
    book = Book(issued(place.agency)).fill(key(other), planned=day("2021-03-01"))
    applied(book.data, place.editor)
    assert (milestones(place.rollout), milestones(other)) == ({}, {"planned": day("2021-03-01")})
