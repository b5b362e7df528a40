"""Lists of declarations: matched, compared, recorded with their milestones and procedures."""

import datetime

import pytest

from agencies.history import undo
from agencies.imports import engine
from agencies.imports.checked import Options
from agencies.models import AgencyAlias, Change, ChangeSet, Role
from agencies.testing import day, make_agency, make_province, make_user, workbook
from procedures import imports
from procedures.lifecycle import Acceptance, Form, Stage
from procedures.models import AgencyProcedure, CoverageTally, Declaration, Milestone, Precision
from procedures.models.tallies import count_coverage
from procedures.testing import declare, make_duties, make_plan, make_procedure, make_rollout, reach, standard

pytestmark = pytest.mark.django_db
HEAD = ["TT", "Tên đơn vị", "Tiêu chuẩn", "Hình thức", "Số QĐ công bố", "Ngày công bố"]
KIND = imports.kind("declarations")


@pytest.fixture
def province():
    return make_province()


def row(name, year=2015, number="12/QĐ-UBND", on=datetime.date(2020, 11, 20), form="Xây dựng mới"):
    return [1, name, f"TCVN ISO 9001:{year}", form, number, on]


def check(*rows, **options):
    return engine.check(KIND, workbook(*rows), "cb.xlsx", **options)


def take_in(*rows, **options):
    checked = check(*rows, **options)
    assert [str(e) for e in checked.errors] == []
    given = {k: v for k, v in options.items() if k in ("user", "options")}
    return engine.write(KIND, checked, shown=checked.digest, **given)


def named(found):
    return [(e.code, e.cell) for e in found]


def test_a_declaration_reaches_the_rollout_and_covers_the_procedures(province):
    plan = make_plan(province.committee)
    rollout = make_rollout(plan, province.lac_dao)
    duties = make_duties(province.lac_dao, make_procedure(), make_procedure())
    person = make_user(Role.COORDINATOR, province.committee)
    written = take_in(HEAD, row("Xã Lạc Đạo"), user=person)
    declaration = Declaration.objects.get()
    assert (declaration.number, declaration.declared_on) == ("12/QĐ-UBND", day("2020-11-20"))
    assert (declaration.acceptance, declaration.recorded_by) == (Acceptance.ACCEPTED, person)
    rollout.refresh_from_db()
    assert rollout.stage == Stage.DECLARED
    assert Milestone.objects.get().declaration == declaration
    assert set(AgencyProcedure.objects.values_list("standard", "applied_on")) == {
        (standard().pk, day("2020-11-20"))
    }
    kept = {(t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()}
    assert kept == count_coverage()
    assert {c.cell for c in written.change_set.changes.all()} == {"Danh sách!B2"}
    assert written.change_set.changes.count() == 2 + len(duties)


def test_undo_takes_declaration_milestone_and_coverage_back(province):
    rollout = make_rollout(make_plan(province.committee), province.lac_dao)
    make_duties(province.lac_dao, make_procedure())
    undo(take_in(HEAD, row("Xã Lạc Đạo")).change_set, by=None)
    assert not Declaration.objects.exists() and not Milestone.objects.exists()
    rollout.refresh_from_db()
    assert rollout.stage == ""
    assert AgencyProcedure.objects.get().standard is None


def test_the_same_list_again_writes_nothing(province):
    rows = (HEAD, row("Xã Lạc Đạo"), row("Lạc Hồng", number=None), row("Chỉ Đạo", on=None))
    take_in(*rows)
    before = (ChangeSet.objects.count(), Change.objects.count(), Declaration.objects.count())
    assert take_in(*rows).change_set is None
    assert take_in(*rows, on=day("2024-01-01")).change_set is None
    assert (ChangeSet.objects.count(), Change.objects.count(), Declaration.objects.count()) == before


def test_number_and_day_may_be_missing_and_are_marked(province):
    take_in(HEAD, row("Lạc Hồng", number=None), row("Chỉ Đạo", on=None), on=day("2021-05-05"))
    kept = dict(Declaration.objects.values_list("agency", "lacks_evidence"))
    assert kept == {province.lac_hong.pk: True, province.chi_dao.pk: True}
    vague = Declaration.objects.get(agency=province.chi_dao)
    assert (vague.precision, vague.declared_on) == (Precision.UNKNOWN, day("2021-05-05"))


def test_who_has_not_declared_yet_is_left_out_and_named(province):
    head = ["TT", "Tên đơn vị", "Huyện", "Đã công bố", "Số QĐ công bố", "Ngày công bố"]
    checked = check(
        ["THEO TIÊU CHUẨN TCVN ISO 9001:2015"], head,
        [1, "Lạc Đạo", "Văn Lâm", "x", "12/QĐ-UBND", day("2020-11-20")], [2, "Lạc Hồng", "Văn Lâm", "chưa", "-", "-"],
        [3, "Chỉ Đạo", "Văn Lâm", None, "Chưa công bố", "-"], [4, "Đông Tảo", "Khoái Châu", None, "Chưa có", "chưa có"],
    )  # fmt: skip
    assert [r["agency_code"] for r in checked.records()] == [province.lac_dao.code]
    skipped = [(w.cell, w.code) for w in checked.warnings if w.code != "W_COLUMNS_IGNORED"]
    assert skipped == [("B4", "W_ROW_SKIPPED"), ("B5", "W_ROW_SKIPPED"), ("B6", "W_ROW_SKIPPED")]


def test_words_are_not_the_number_of_a_decision(province):
    assert named(check(HEAD, row("Lạc Đạo", number="Đang xây dựng")).errors) == [("E_NUMBER", "E2")]


def test_a_wrong_cell_is_not_a_missing_one(province):
    checked = check(HEAD, row("Lạc Đạo", on="31/02/2020"), row("Chỉ Đạo"))
    assert (named(checked.errors), named(checked.warnings)) == ([("E_DATE", "F2")], [])


def test_a_list_without_a_column_of_the_standard_says_so_beside_the_name(province):
    head = ["TT", "Tên đơn vị", "Số QĐ công bố", "Ngày công bố", "Tình trạng"]
    rows = [[1, "Lạc Đạo", "12/QĐ-UBND", day("2020-11-20"), "Đã công bố"]]
    (error,) = check(head, *rows).errors
    assert (error.code, error.cell, error.column) == ("E_STANDARD", "B2", "")
    assert "không có cột “Tiêu chuẩn”" in str(error)
    # With the column it is its cell that is empty.
    (error,) = check(HEAD, row("Lạc Hồng"), [1, "Lạc Đạo", None, *row("")[3:]]).errors
    assert (error.code, error.cell, error.column) == ("E_STANDARD", "C3", "Tiêu chuẩn")


def test_a_missing_day_is_filled_in_by_a_later_list(province):
    take_in(HEAD, row("Chỉ Đạo", on=None))
    checked = check(HEAD, row("Chỉ Đạo"))
    assert [(d.name, d.after) for d in checked.lines[0].differences] == [("declared_on", "20/11/2020")]
    engine.write(KIND, checked)
    declaration = Declaration.objects.get()
    assert (declaration.precision, declaration.lacks_evidence) == (Precision.DAY, False)


def test_another_number_for_the_same_day_is_a_correction(province):
    take_in(HEAD, row("Lạc Đạo", number="12/QĐ-UBND"))
    checked = check(HEAD, row("Lạc Đạo", number="21/QĐ-UBND"))
    assert [(d.before, d.after, d.cell) for d in checked.lines[0].differences] == [
        ("12/QĐ-UBND", "21/QĐ-UBND", "E2")
    ]
    engine.write(KIND, checked)
    assert Declaration.objects.get().number == "21/QĐ-UBND"


def test_a_corrected_day_moves_milestone_and_procedures(province):
    make_rollout(make_plan(province.committee), province.lac_dao)
    make_duties(province.lac_dao, make_procedure())
    take_in(HEAD, row("Lạc Đạo"))
    take_in(HEAD, row("Lạc Đạo", on=datetime.date(2020, 12, 1)))
    assert Milestone.objects.get().reached_on == AgencyProcedure.objects.get().applied_on == day("2020-12-01")


def test_conversion_without_an_earlier_declaration_warns(province):
    declare(province.lac_hong, on="2015-05-05", year=2008)
    checked = check(
        HEAD, row("Lạc Đạo", form="Chuyển đổi"), row("Lạc Hồng", form="Chuyển đổi"), row("Chỉ Đạo")
    )
    assert checked.is_fine
    assert [w for w in named(checked.warnings) if w[0] != "W_COLUMNS_IGNORED"] == [("W_NO_EARLIER", "B2")]


def test_an_agency_stands_in_a_list_once(province):
    rows = (HEAD, row("Lạc Đạo"), row("Xã Lạc Đạo", on=datetime.date(2021, 1, 1), number="3/QĐ-UBND"))
    assert named(check(*rows).errors) == [("E_DUP", "B3")]
    assert check(*rows, options=Options(several=True)).counts["new"] == 2


def test_hard_rules_refuse(province):
    rollout = make_rollout(make_plan(province.committee), province.lac_dao)
    reach(rollout, Stage.PROMULGATED, on=day("2020-12-24"))
    young = make_agency("UBND xã Mới", province.van_lam, on=day("2021-01-01"))
    checked = check(
        HEAD,
        row("Lạc Đạo"),
        row(young.name),
        row("Chỉ Đạo", on=datetime.date(2012, 1, 1)),
        row("Văn phòng UBND tỉnh"),
    )
    assert sorted(named(checked.errors)) == [
        ("E_DATE", "F2"),
        ("E_DATE", "F3"),
        ("E_DATE", "F4"),
        ("E_NOT_A_UNIT", "B5"),
    ]


def test_a_rollout_of_another_form_is_not_completed(province):
    rollout = make_rollout(make_plan(province.committee), province.lac_dao, form=Form.CONVERT)
    take_in(HEAD, row("Lạc Đạo"))
    rollout.refresh_from_db()
    assert rollout.stage == ""


def test_questions_carry_candidates_and_the_answer_is_learned(province):
    make_agency("UBND thị trấn Bình Minh", province.van_lam)
    checked = check(HEAD, row("Bình Minh"), row("Lạc Đạp"))
    assert named(checked.errors) == [("E_AGENCY_AMBIGUOUS", "B2"), ("E_AGENCY_UNKNOWN", "B3")]
    first, second = checked.questions
    assert len(first.candidates) == 2 and first.places == [("Danh sách", "B2")]
    assert [c.name for c in second.candidates if c.is_near] == ["UBND xã Lạc Đạo"]
    answers = {first.key: province.binh_minh.pk, second.key: province.lac_dao.pk}
    take_in(HEAD, row("Bình Minh"), row("Lạc Đạp"), options=Options(answers=answers))
    assert set(AgencyAlias.objects.values_list("text", "agency")) == {
        ("Bình Minh", province.binh_minh.pk), ("Lạc Đạp", province.lac_dao.pk),
    }  # fmt: skip
    again = check(
        HEAD, row("BÌNH MINH", year=2015, on=datetime.date(2022, 1, 1), number="9/QĐ"), row("Lạc Đạp")
    )
    assert again.is_fine and again.lines[0].how == "learned"


def test_agencies_outside_a_persons_reach_read_as_unknown(province):
    person = make_user(Role.COORDINATOR, province.van_lam)
    checked = check(HEAD, row("Lạc Đạo"), row("Đông Tảo"), row("Huyện Khoái Châu"), user=person)
    assert named(checked.errors) == [("E_AGENCY_UNKNOWN", "B3"), ("E_AGENCY_UNKNOWN", "B4")]
    assert all("Tảo" not in str(c.name) for q in checked.questions for c in q.candidates)


def test_an_agency_list_may_carry_declarations(province):
    kind = imports.kind("agencies")
    rows = (
        ["Mã cơ quan", "Tên cơ quan", "Cơ quan cấp trên", "Phiên bản ISO", "Ngày công bố", "Số QĐ"],
        ["N1", "UBND xã Mới", "H31.20", "TCVN ISO 9001:2015", datetime.date(2021, 3, 1), "5/QĐ-UBND"],
        [province.lac_dao.code, "UBND xã Lạc Đạo", "H31.20", 2015, datetime.date(2021, 4, 1), "6/QĐ-UBND"],
    )
    checked = engine.check(kind, workbook(*rows), "ds.xlsx")
    assert [line.outcome for line in checked.lines] == ["new", "changed"]
    engine.write(kind, checked)
    assert set(Declaration.objects.values_list("agency__code", "number")) == {
        ("N1", "5/QĐ-UBND"),
        ("H31.20.1", "6/QĐ-UBND"),
    }
    assert engine.check(kind, workbook(*rows), "ds.xlsx").counts["unchanged"] == 2


def test_plans_get_their_units_and_compare(province):
    plan = make_plan(province.committee)
    kind, options = imports.kind("plan"), Options(plan=plan.code)
    head = ["Tên đơn vị", "Hình thức", "Năm", "Hạn hoàn thành"]
    rows = (
        head,
        ["Lạc Đạo", "Xây dựng mới", 2020, datetime.date(2020, 12, 31)],
        ["Sở KH&CN", "Chuyển đổi", 2021, None],
    )
    checked = engine.check(kind, workbook(*rows), "kh.xlsx", options=options)
    assert (checked.errors, checked.counts["new"]) == ([], 2)
    engine.write(kind, checked, options=options)
    assert set(plan.rollouts.values_list("agency", "form", "year")) == {
        (province.lac_dao.pk, "BUILD", 2020), (province.science.pk, "CONVERT", 2021),
    }  # fmt: skip
    rows = (
        head,
        ["Lạc Đạo", "Xây dựng mới", 2020, datetime.date(2020, 11, 30)],
        ["Sở KH&CN", "Chuyển đổi", 2021, None],
    )
    checked = engine.check(kind, workbook(*rows), "kh.xlsx", options=options)
    assert (checked.counts["changed"], checked.counts["unchanged"]) == (1, 1)
    wrong = engine.check(
        kind,
        workbook(
            head, ["Lạc Hồng", "Xây dựng mới", 2030, None], ["Văn phòng UBND tỉnh", "Chuyển đổi", 2020, None]
        ),
        "kh.xlsx",
        options=options,
    )
    assert named(wrong.errors) == [("E_PLAN", "C2"), ("E_NOT_A_UNIT", "A3")]


def test_a_wrong_due_day_is_not_a_missing_one(province):
    plan = make_plan(province.committee)
    rows = [
        ["Tên đơn vị", "Hình thức", "Năm", "Hạn hoàn thành"],
        ["Lạc Đạo", "Xây dựng mới", 2020, "31/02/2020"],
        ["Lạc Hồng", "Xây dựng mới", 2020, None],
    ]
    checked = engine.check(imports.kind("plan"), workbook(*rows), "kh.xlsx", options=Options(plan=plan.code))
    assert (named(checked.errors), named(checked.warnings)) == ([("E_DATE", "D2")], [("W_DUE", "A3")])


def test_what_no_column_says_is_named_at_the_first_cell_of_the_row(province):
    options = Options(plan=make_plan(province.committee).code)
    rows = [["Tên đơn vị", "Hình thức"], ["Lạc Đạo", "Xây dựng mới"]]
    checked = engine.check(imports.kind("plan"), workbook(*rows), "kh.xlsx", options=options)
    assert named(checked.errors) == [("E_REQUIRED", "A2")]


def test_an_agency_that_has_not_declared_yet_comes_in_without_the_declaration(province):
    head = [
        "TT",
        "Tên đơn vị",
        "Mã cơ quan",
        "Cấp trên",
        "Tiêu chuẩn",
        "Số QĐ công bố",
        "Ngày công bố",
        "Tình trạng",
    ]
    told = ["TCVN ISO 9001:2015", "9/QĐ-UBND", day("2020-03-04")]
    rows = (
        [1, "UBND xã Một", "H31.20.8", "UBND huyện Văn Lâm", *told, "Chưa công bố"],
        [2, "UBND xã Hai", "H31.20.9", "UBND huyện Văn Lâm", *told, "Đã công bố"],
    )
    kind = imports.kind("agencies")
    checked = engine.check(kind, workbook(head, *rows), "cq.xlsx")
    assert [str(e) for e in checked.errors] == [] and ("W_NOT_DECLARED", "B2") in named(checked.warnings)
    engine.write(kind, checked)
    assert [d.agency.name for d in Declaration.objects.all()] == ["UBND xã Hai"]


def test_a_name_that_was_given_up_asks_for_the_agency_of_today(province):
    person = make_user(Role.COORDINATOR, province.committee)
    agency, closed = province.lac_dao, province.lac_hong
    agency = agency.revise(by=person, seen=agency.version, on=day("2022-01-01"), name="UBND xã Đạo Mới")
    closed.close(by=person, seen=closed.version, on=day("2022-01-01"), successor=agency)
    rows = (HEAD, row("Xã Lạc Đạo"), row("UBND xã Lạc Hồng"))
    checked = check(*rows)
    assert named(checked.errors) == [("E_AGENCY_UNKNOWN", "B2"), ("E_AGENCY_UNKNOWN", "B3")]
    assert ["UBND xã Đạo Mới" in str(e) and "day" in e.message for e in checked.errors] == [True, True]
    assert [q.candidates[0].agency_id for q in checked.questions] == [agency.pk, agency.pk]
    assert named(check(*rows, on=day("2021-12-31")).errors) == []
