"""The doors of the facts: what each writes, refuses, and tells who came second."""

import pytest

from agencies.errors import ChangedMeanwhile, Refused
from agencies.models import Agency, Change, ChangeSet, Role
from agencies.testing import day, grant, make_agency, make_province, make_user
from procedures.lifecycle import Acceptance, Form, Gap, Stage, State, gaps
from procedures.models import (
    AgencyProcedure,
    CoverageTally,
    Declaration,
    Milestone,
    PastApplication,
    Redeclaration,
    Rollout,
    RolloutMove,
)
from procedures.models.tallies import count_coverage
from procedures.testing import (
    USUAL_DAYS,
    declare,
    make_document,
    make_duties,
    make_plan,
    make_procedure,
    make_rollout,
    make_target,
    reach,
    standard,
)

pytestmark = pytest.mark.django_db
FACTS = (
    Agency,
    AgencyProcedure,
    Declaration,
    Milestone,
    PastApplication,
    Rollout,
    RolloutMove,
    Change,
    ChangeSet,
)


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def plan(province):
    return make_plan(province.committee)


@pytest.fixture
def rollout(plan, province):
    return make_rollout(plan, province.lac_dao)


@pytest.fixture
def editor(province):
    return make_user(Role.EDITOR, province.lac_dao, full_name="Cán bộ xã")


@pytest.fixture
def coordinator(province):
    return make_user(Role.COORDINATOR, province.committee, full_name="Điều phối")


def everything():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in FACTS}


def refused(function, *args, field=None, **kwargs):
    """A door that refuses writes nothing; returns its sentence."""
    before = everything()
    with pytest.raises(Refused) as caught:
        function(*args, **kwargs)
    assert everything() == before
    assert caught.value.field == field
    return caught.value


def stale(function, *args, first, **kwargs):
    """A door that was too late writes nothing and names who was first."""
    before = everything()
    with pytest.raises(ChangedMeanwhile) as caught:
        function(*args, **kwargs)
    assert everything() == before
    assert caught.value.change.change_set.made_by == first
    return caught.value


def tally_is_true():
    stored = {(t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()}
    assert stored == count_coverage()


# Reach


def test_reaching_writes_the_milestone_its_history_and_the_stage(rollout, editor):
    document = make_document()
    milestone = rollout.reach(
        Stage.STEERING, on=day("2020-06-20"), by=editor, seen=1, document=document, note="đủ"
    )
    assert (rollout.stage, rollout.version) == ("steering", 2)
    assert (milestone.acceptance, milestone.recorded_by, milestone.rank) == ("unreviewed", editor, 2)
    change = Change.objects.of(milestone).get()
    assert (change.before, change.after["reached_on"]) == (None, "2020-06-20")
    assert change.agency_id == rollout.agency_id


def test_what_the_lead_agency_records_is_confirmed_at_once(rollout, coordinator):
    milestone = reach(rollout, Stage.STEERING, by=coordinator)
    assert (milestone.acceptance, milestone.reviewed_by) == ("accepted", coordinator)


def test_an_earlier_milestone_added_later_leaves_the_stage(rollout, editor):
    reach(rollout, Stage.PROMULGATED, Stage.STEERING, by=editor)
    assert rollout.stage == "promulgated"


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.ADMINISTRATOR])
def test_reaching_needs_the_role(rollout, province, role):
    user = make_user(role, province.committee)
    refused(rollout.reach, Stage.PLANNED, on=day("2020-06-10"), by=user, seen=1)


def test_a_role_elsewhere_or_of_another_time_does_not_help(rollout, province):
    user = make_user(Role.EDITOR, province.lac_hong)
    grant(user, Role.EDITOR, province.lac_dao, ends_on=day("2020-12-31"))
    refused(rollout.reach, Stage.PLANNED, on=day("2020-06-10"), by=user, seen=1)


def test_a_second_click_on_an_old_page_changes_nothing(rollout, editor):
    page = Rollout.objects.get(pk=rollout.pk)
    reach(rollout, Stage.PLANNED, by=editor)
    stale(page.reach, Stage.PLANNED, on=day("2020-06-10"), by=editor, seen=page.version, first=editor)


def test_an_old_page_is_told_who_was_first_and_what_stands_now(rollout, editor, coordinator):
    page = Rollout.objects.get(pk=rollout.pk)
    reach(rollout, Stage.PLANNED, by=editor)
    other = stale(
        page.reach, Stage.TRAINED, on=day("2020-07-15"), by=coordinator, seen=page.version, first=editor
    )
    assert other.theirs.stage == "planned"
    assert other.change.model == "procedures.milestone"


def test_the_same_milestone_twice_is_refused(rollout, editor):
    reach(rollout, Stage.PLANNED, by=editor)
    refused(rollout.reach, Stage.PLANNED, on=day("2020-06-10"), by=editor, seen=2, field="stage")


def test_declared_goes_through_its_own_door(rollout, editor):
    refused(rollout.reach, Stage.DECLARED, on=day("2020-11-20"), by=editor, seen=1, field="stage")
    declaration = declare(rollout.agency, by=editor)
    refused(
        rollout.reach, Stage.PLANNED, on=day("2020-11-20"), by=editor, seen=1, declaration=declaration,
        field="stage",
    )  # fmt: skip


def test_a_refusal_leaves_the_callers_objects_as_they_are_stored(rollout, editor):
    refused(rollout.reach, Stage.PLANNED, on=day("2999-01-01"), by=editor, seen=1, field="on")
    assert (rollout.version, rollout.stage) == (1, "")
    milestone = reach(rollout, Stage.PLANNED, by=editor)
    stored = Milestone.objects.get(pk=milestone.pk)
    with pytest.raises(ChangedMeanwhile):
        stored.review(Acceptance.ACCEPTED, by=None, seen=9)
    assert (stored.acceptance, stored.version) == ("unreviewed", 1)


def test_nothing_is_recorded_on_a_closed_agency(rollout, editor):
    agency = Agency.objects.get(pk=rollout.agency_id)
    agency.close(by=None, seen=agency.version, on=day("2020-07-01"))
    refused(rollout.reach, Stage.TRAINED, on=day("2020-07-01"), by=editor, seen=1, field="on")
    rollout.reach(Stage.TRAINED, on=day("2020-06-30"), by=editor, seen=1)
    refused(declare, agency, on="2020-07-01", field="on")


def test_an_agency_does_not_close_before_what_is_recorded_of_it(rollout, editor, coordinator):
    agency = Agency.objects.get(pk=rollout.agency_id)

    def close(on):
        agency.close(by=None, seen=agency.version, on=day(on))

    reach(rollout, Stage.PLANNED, on=day("2020-06-15"), by=editor)
    declaration = declare(agency, on="2020-07-01", by=editor)
    for on in ("2020-06-15", "2020-06-20", "2020-07-01"):
        refused(close, on, field="on")
    declaration.return_(by=coordinator, seen=1, note="sai ngày")
    # What was returned does not count.
    refused(close, "2020-06-15", field="on")
    close("2020-06-16")


def test_a_returned_milestone_is_recorded_again_in_its_place(rollout, editor, coordinator):
    milestone = reach(rollout, Stage.PLANNED, by=editor)
    milestone.return_(by=coordinator, seen=1, note="thiếu số")
    rollout.refresh_from_db()
    assert rollout.stage == ""
    again = reach(rollout, Stage.PLANNED, by=editor)
    assert again.pk == milestone.pk
    assert (again.acceptance, again.review_note, again.reviewed_by) == ("unreviewed", "", None)
    assert rollout.stage == "planned"
    assert Change.objects.of(again).count() == 3


# Amend and withdraw


def test_an_amended_milestone_waits_for_confirmation_again(rollout, editor, coordinator):
    milestone = reach(rollout, Stage.PLANNED, by=editor)
    milestone.accept(by=coordinator, seen=1)
    rollout.refresh_from_db()
    amended = rollout.amend(milestone, on=day("2020-06-11"), by=editor, seen=rollout.version)
    assert (amended.reached_on, amended.acceptance) == (day("2020-06-11"), "unreviewed")
    change = Change.objects.of(amended).first()
    assert change.before["reached_on"] == "2020-06-10"


def test_an_amendment_obeys_the_hard_rules(rollout, editor):
    promulgated = reach(rollout, Stage.PROMULGATED, by=editor)
    reach(rollout, Stage.DECLARED, by=editor)
    refused(rollout.amend, promulgated, on=day("2020-11-21"), by=editor, seen=rollout.version, field="on")
    declared = rollout.milestones.get(stage=Stage.DECLARED)
    refused(rollout.amend, declared, on=day("2020-11-21"), by=editor, seen=rollout.version)


def test_a_declaration_is_not_moved_behind_its_repeal(rollout, editor):
    declaration = reach(rollout, Stage.DECLARED, by=editor).declaration
    Declaration.objects.filter(pk=declaration.pk).update(repealed_on=day("2021-03-01"))
    seen = declaration.version
    told = refused(declaration.amend, on=day("2021-03-01"), by=editor, seen=seen, field="on")
    assert "01/03/2021" in str(told)
    declaration.amend(on=day("2021-02-28"), by=editor, seen=seen)


def test_stale_amendment_and_withdrawal(rollout, editor, coordinator):
    milestone = reach(rollout, Stage.PLANNED, by=editor)
    seen = rollout.version
    reach(rollout, Stage.TRAINED, by=coordinator)
    stale(rollout.amend, milestone, on=day("2020-06-11"), by=editor, seen=seen, first=coordinator)
    stale(rollout.withdraw, milestone, by=editor, seen=seen, reason="nhầm", first=coordinator)


def test_withdrawing_takes_the_milestone_back_and_keeps_its_text(rollout, editor):
    reach(rollout, Stage.PLANNED, Stage.TRAINED, by=editor)
    trained = rollout.milestones.get(stage=Stage.TRAINED)
    rollout.withdraw(trained, by=editor, seen=rollout.version, reason="nhầm")
    assert (rollout.stage, rollout.milestones.count()) == ("planned", 1)
    change = Change.objects.filter(model="procedures.milestone", after__isnull=True).get()
    assert (change.before["reached_on"], change.change_set.reason) == ("2020-07-15", "nhầm")


def test_after_a_withdrawal_an_old_page_is_told_who_took_it_back(rollout, editor, coordinator):
    milestone = reach(rollout, Stage.PLANNED, by=editor)
    seen = rollout.version
    rollout.withdraw(milestone, by=coordinator, seen=seen, reason="nhầm")
    stale(rollout.amend, milestone, on=day("2020-06-11"), by=editor, seen=seen, first=coordinator)


def test_withdrawal_needs_a_reason_and_the_order(rollout, editor):
    reach(rollout, Stage.DECLARED, Stage.NOTIFIED, by=editor)
    declared, notified = rollout.milestones.order_by("rank")
    refused(rollout.withdraw, notified, by=editor, seen=rollout.version, reason=" ", field="reason")
    refused(rollout.withdraw, declared, by=editor, seen=rollout.version, reason="nhầm")
    rollout.withdraw(notified, by=editor, seen=rollout.version, reason="nhầm")
    rollout.withdraw(declared, by=editor, seen=rollout.version, reason="nhầm")
    assert not Declaration.objects.exists()


def test_withdrawing_a_declaration_takes_the_procedures_back_with_it(rollout, editor):
    make_duties(rollout.agency, make_procedure(), make_procedure())
    declare(rollout.agency, on="2012-05-01", year=2008)
    before = list(AgencyProcedure.objects.values("standard", "applied_on"))
    milestone = reach(rollout, Stage.DECLARED, by=editor)
    assert CoverageTally.objects.totals(day("2020-11-20")) == (2, 2)
    rollout.withdraw(milestone, by=editor, seen=rollout.version, reason="nhầm")
    assert list(AgencyProcedure.objects.values("standard", "applied_on")) == before
    assert not PastApplication.objects.exists()
    tally_is_true()


# Move


def test_a_pause_and_its_end(rollout, coordinator):
    rollout.move(State.PAUSED, by=coordinator, seen=1, reason="dịch", on=day("2020-08-01"))
    refused(rollout.reach, Stage.PLANNED, on=day("2020-07-01"), by=coordinator, seen=2)
    rollout.move(State.ACTIVE, by=coordinator, seen=2, reason="hết dịch", on=day("2020-09-01"))
    rows = Rollout.objects.filter(pk=rollout.pk)
    days = ["2020-07-31", "2020-08-01", "2020-08-31", "2020-09-01"]
    assert [rows.as_of(day(d)).get().state_then for d in days] == ["active", "paused", "paused", "active"]


def test_moves_refuse(rollout, editor, coordinator):
    refused(rollout.move, State.PAUSED, by=editor, seen=1, reason="dịch", on=day("2020-08-01"))
    refused(
        rollout.move, State.PAUSED, by=coordinator, seen=1, reason="", on=day("2020-08-01"), field="reason"
    )
    refused(rollout.move, State.PAUSED, by=coordinator, seen=1, reason="x", on=day("2999-01-01"), field="on")
    refused(rollout.move, State.PAUSED, by=coordinator, seen=1, reason="x", on=day("2020-06-07"), field="on")
    rollout.move(State.PAUSED, by=coordinator, seen=1, reason="x", on=day("2020-08-01"))
    refused(rollout.move, State.ACTIVE, by=coordinator, seen=2, reason="x", on=day("2020-07-31"), field="on")
    stale(
        rollout.move,
        State.ACTIVE,
        by=coordinator,
        seen=1,
        reason="x",
        on=day("2020-08-02"),
        first=coordinator,
    )


def carry(rollout, by=None, **values):
    values = {"on": day("2020-12-31"), "year": 2021, "due_on": day("2021-06-30"), "reason": "dịch"} | values
    return rollout.move(State.CARRIED_OVER, by=by, seen=rollout.version, **values)


def test_carrying_over_takes_the_milestones_along(rollout, coordinator):
    reach(rollout, Stage.PLANNED, Stage.TRAINED)
    trained = rollout.milestones.get(stage=Stage.TRAINED)
    trained.return_(by=coordinator, seen=1, note="thiếu")
    rollout.refresh_from_db()
    heir = carry(rollout, by=coordinator)
    assert (heir.year, heir.stage, heir.carries_on, rollout.state) == (
        2021,
        "planned",
        rollout,
        "carried_over",
    )
    assert [m.stage for m in heir.milestones.all()] == ["planned"]
    assert heir.milestones.get().reached_on == day("2020-06-10")
    heir.refresh_from_db()
    assert heir.stage == "planned"


def test_carried_over_counts_where_it_stands_on_each_day(rollout):
    heir = carry(rollout)
    for on, expected in [("2020-12-30", {rollout.pk: "active"}),
                         ("2020-12-31", {rollout.pk: "carried_over", heir.pk: "active"})]:  # fmt: skip
        assert {r.pk: r.state_then for r in Rollout.objects.as_of(day(on))} == expected
    late = Rollout.objects.as_of(day("2021-07-01")).late(day("2021-07-01"))
    assert [r.pk for r in late] == [heir.pk]
    reach(heir, Stage.DECLARED, on=day("2021-05-01"))
    assert [r.pk for r in Rollout.objects.declared(day("2021-05-01"))] == [heir.pk]
    assert not Rollout.objects.declared(day("2021-04-30")).exists()


def test_carrying_over_refuses(rollout, plan):
    for values in (
        {"year": 2020},
        {"year": 2022},
        {"year": None},
        {"due_on": None},
        {"due_on": day("2020-12-31")},
    ):
        refused(carry, rollout, field="year", **values)
    make_rollout(plan, rollout.agency, year=2021)
    refused(carry, rollout, field="agency")


def test_a_carried_over_rollout_is_not_carried_over_again(rollout):
    carry(rollout)
    refused(carry, rollout)


# Declare


def test_declaring_reaches_the_milestone_and_covers_the_procedures(rollout, editor):
    repealed = make_procedure(repealed_on=day("2020-11-20"))
    make_duties(rollout.agency, make_procedure(), make_procedure(), repealed)
    reach(rollout, Stage.DECLARED, by=editor)
    declaration = Declaration.objects.get()
    assert (rollout.stage, declaration.reason, declaration.lacks_evidence) == ("declared", "first", False)
    assert declaration.milestone.rollout == rollout
    assert AgencyProcedure.objects.filter(standard=standard(), applied_on=day("2020-11-20")).count() == 2
    assert CoverageTally.objects.totals(day("2020-11-19")) == (3, 0)
    assert CoverageTally.objects.totals(day("2020-11-20")) == (2, 2)
    tally_is_true()


def test_one_act_is_one_change_set(rollout, editor):
    make_duties(rollout.agency, make_procedure())
    before = ChangeSet.objects.count()
    reach(rollout, Stage.DECLARED, by=editor)
    assert ChangeSet.objects.count() == before + 1
    assert ChangeSet.objects.first().changes.count() == 3


def test_a_declaration_without_number_or_exact_day_is_kept_and_marked(province):
    assert declare(province.lac_dao, number="").lacks_evidence
    assert declare(province.lac_hong, precision="month").lacks_evidence


def test_declaring_refuses(rollout, province, editor):
    refused(declare, province.office, field="agency")
    refused(declare, province.lac_dao, on="2999-01-01", field="on")
    refused(declare, province.lac_dao, on="2015-12-30", field="on")
    refused(declare, province.lac_hong, by=editor)
    refused(declare, province.lac_hong, rollout=rollout, field="rollout")
    declare(province.lac_dao)
    refused(declare, province.lac_dao, field="on")


def test_a_declaration_before_its_promulgation_writes_nothing_at_all(rollout, editor):
    make_duties(rollout.agency, make_procedure())
    reach(rollout, Stage.PROMULGATED, by=editor)
    refused(declare, rollout.agency, on="2020-08-31", by=editor, rollout=rollout, field="on")


def test_declaring_from_an_old_page_writes_nothing_at_all(rollout, editor, coordinator):
    make_duties(rollout.agency, make_procedure())
    page = Rollout.objects.get(pk=rollout.pk)
    reach(rollout, Stage.TRAINED, by=coordinator)
    stale(declare, rollout.agency, by=editor, rollout=page, seen=page.version, first=coordinator)


def test_the_chain_tells_the_reason(province):
    assert declare(province.home, on="2010-01-01", year=2008).reason == Redeclaration.FIRST
    assert declare(province.home, on="2018-01-01").reason == Redeclaration.NEW_STANDARD
    assert declare(province.home, on="2019-01-01").reason == Redeclaration.ADJUSTED
    assert declare(province.home, on="2020-01-01", reason=Redeclaration.RENAMED).reason == "renamed"


def test_a_declaration_that_comes_to_light_later_takes_its_place_in_the_chain(province):
    later = declare(province.home, on="2018-01-01")
    declare(province.home, on="2010-01-01", year=2008)
    later.refresh_from_db()
    assert later.reason == Redeclaration.NEW_STANDARD
    declare(province.home, on="2019-01-01")
    middle = declare(province.home, on="2016-05-01")
    assert middle.reason == Redeclaration.NEW_STANDARD
    assert Declaration.objects.filter(reason=Redeclaration.FIRST).count() == 1
    chain = [
        (on, Declaration.objects.in_force(day(on)).get().standard.short)
        for on in ("2010-01-01", "2016-04-30", "2016-05-01", "2030-01-01")
    ]
    assert [short for _on, short in chain] == [":2008", ":2008", ":2015", ":2015"]


def test_the_procedures_follow_a_declaration_inserted_into_the_middle(province):
    """The state on each day is the same in whatever order the declarations are entered."""
    procedures = make_procedure(), make_procedure()
    one, two = province.lac_dao, province.lac_hong
    for agency in (one, two):
        make_duties(agency, *procedures)
    said = [("2010-01-01", 2008), ("2016-05-01", 2015), ("2018-01-01", 2015)]
    for on, year in said:
        declare(one, on=on, year=year)
    for on, year in reversed(said):
        declare(two, on=on, year=year)

    def days(agency):
        current = AgencyProcedure.objects.filter(agency=agency).values_list("standard__short", "applied_on")
        past = PastApplication.objects.filter(agency_procedure__agency=agency)
        return sorted(current), sorted(past.values_list("standard__short", "applied_on", "until"))

    assert days(one) == days(two)
    assert days(one)[0] == [(":2015", day("2016-05-01"))] * 2
    tally_is_true()


def test_a_standard_between_two_others_covers_the_days_between(province):
    make_duties(province.home, make_procedure())
    declare(province.home, on="2018-01-01")
    declare(province.home, on="2012-01-01", year=2008)
    assert PastApplication.objects.values_list("applied_on", "until").get() == (
        day("2012-01-01"),
        day("2018-01-01"),
    )
    for on, count in [("2011-12-31", 0), ("2012-01-01", 1), ("2017-12-31", 1), ("2018-01-01", 1)]:
        assert CoverageTally.objects.totals(day(on))[1] == count
        assert AgencyProcedure.objects.in_force(day(on)).under_iso(day(on)).count() == count
    tally_is_true()


def test_a_repealed_declaration_leaves_none_in_force(province):
    declare(province.home, on="2010-01-01", year=2008)
    declare(province.home, on="2018-01-01")
    Declaration.objects.filter(declared_on="2018-01-01").update(repealed_on=day("2019-01-01"))
    days = ["2009-12-31", "2010-01-01", "2017-12-31", "2018-01-01", "2018-12-31", "2019-01-01"]
    assert [Declaration.objects.in_force(day(d)).count() for d in days] == [0, 1, 1, 1, 1, 0]


# Review


def test_a_returned_declaration_no_longer_counts_anywhere(rollout, editor, coordinator):
    make_duties(rollout.agency, make_procedure())
    milestone = reach(rollout, Stage.DECLARED, by=editor)
    declaration = milestone.declaration
    declaration.return_(by=coordinator, seen=declaration.version, note="thiếu dấu")
    rollout.refresh_from_db()
    milestone.refresh_from_db()
    assert (rollout.stage, milestone.acceptance, milestone.review_note) == ("", "returned", "thiếu dấu")
    on = day("2021-01-01")
    assert not Declaration.objects.in_force(on).exists()
    assert not Rollout.objects.declared(on).exists()
    assert CoverageTally.objects.totals(on) == (1, 0)
    tally_is_true()
    declaration.refresh_from_db()
    declaration.accept(by=coordinator, seen=declaration.version)
    assert Rollout.objects.declared(on).count() == Declaration.objects.in_force(on).count() == 1
    assert CoverageTally.objects.totals(on) == (1, 1)
    tally_is_true()


def test_accepting_again_covers_only_what_the_return_uncovered(rollout, editor, coordinator):
    make_duties(rollout.agency, make_procedure())
    declaration = declare(rollout.agency, by=editor, covers_procedures=False)
    declaration.return_(by=coordinator, seen=1, note="x")
    declaration.accept(by=coordinator, seen=2)
    assert CoverageTally.objects.totals(day("2021-01-01")) == (1, 0)


def test_a_returned_declaration_is_mended_by_declaring_again(rollout, editor, coordinator):
    make_duties(rollout.agency, make_procedure())
    milestone = reach(rollout, Stage.DECLARED, by=editor)
    declaration = milestone.declaration
    declaration.return_(by=coordinator, seen=1, note="sai số")
    rollout.refresh_from_db()
    mended = declare(rollout.agency, number="02/QĐ", by=editor, rollout=rollout)
    assert mended.pk == declaration.pk
    assert (mended.number, mended.acceptance, mended.review_note) == ("02/QĐ", "unreviewed", "")
    milestone.refresh_from_db()
    assert (milestone.acceptance, rollout.stage) == ("unreviewed", "declared")
    assert CoverageTally.objects.totals(day("2021-01-01")) == (1, 1)
    tally_is_true()


def test_a_returned_declaration_is_replaced_by_one_of_another_day(rollout, editor, coordinator):
    milestone = reach(rollout, Stage.DECLARED, by=editor)
    milestone.declaration.return_(by=coordinator, seen=1, note="sai ngày")
    rollout.refresh_from_db()
    again = declare(rollout.agency, on="2020-11-21", by=editor, rollout=rollout)
    milestone.refresh_from_db()
    assert (milestone.declaration, milestone.reached_on, rollout.stage) == (
        again,
        day("2020-11-21"),
        "declared",
    )
    assert Declaration.objects.in_force(day("2021-01-01")).get() == again


def test_the_milestone_is_reviewed_as_its_declaration(rollout, editor, coordinator):
    milestone = reach(rollout, Stage.DECLARED, by=editor)
    milestone.accept(by=coordinator, seen=milestone.version)
    assert (milestone.acceptance, milestone.declaration.acceptance) == ("accepted", "accepted")
    assert Change.objects.of(milestone).count() == 2


def test_a_review_from_an_old_page_is_told_who_was_first(rollout, editor, coordinator):
    other = make_user(Role.COORDINATOR, rollout.agency)
    for stage in (Stage.PLANNED, Stage.DECLARED):
        milestone = reach(rollout, stage, by=editor)
        seen = milestone.version
        milestone.accept(by=coordinator, seen=seen)
        page = Milestone.objects.get(pk=milestone.pk)
        stale(page.review, Acceptance.RETURNED, by=other, seen=seen, note="x", first=coordinator)
        refused(page.review, Acceptance.ACCEPTED, by=coordinator, seen=page.version)
        rollout.refresh_from_db()


def test_a_review_stops_the_old_page_of_its_own_milestone_only(rollout, editor, coordinator):
    milestone = reach(rollout, Stage.PLANNED, by=editor)
    seen = rollout.version
    milestone.return_(by=coordinator, seen=1, note="thiếu")
    values = {"on": day("2020-06-11"), "by": editor, "seen": seen}
    stale(rollout.amend, milestone, entry_seen=1, first=coordinator, **values)
    rollout.reach(Stage.TRAINED, on=day("2020-07-15"), by=editor, seen=seen)


def test_staff_hand_a_returned_entry_in_again(rollout, editor, coordinator):
    milestone = reach(rollout, Stage.PLANNED, by=editor)
    milestone.return_(by=coordinator, seen=1, note="thiếu")
    refused(milestone.review, Acceptance.ACCEPTED, by=editor, seen=2)
    milestone.review(Acceptance.UNREVIEWED, by=editor, seen=2)
    assert (milestone.reviewed_by, milestone.reviewed_at, milestone.counts) == (None, None, True)


def test_declared_is_not_returned_before_notified(rollout, editor, coordinator):
    """A rollout that is notified without being declared must never be."""
    reach(rollout, Stage.DECLARED, Stage.NOTIFIED, by=editor)
    declared, notified = rollout.milestones.order_by("rank")
    refused(declared.return_, by=coordinator, seen=declared.version, note="x")
    refused(declared.declaration.return_, by=coordinator, seen=declared.declaration.version, note="x")
    notified.return_(by=coordinator, seen=notified.version, note="x")
    declared.return_(by=coordinator, seen=declared.version, note="x")
    refused(notified.accept, by=coordinator, seen=notified.version)


def test_a_returned_promulgation_does_not_come_back_after_the_declaration(rollout, editor, coordinator):
    promulgated = reach(rollout, Stage.PROMULGATED, by=editor)
    promulgated.return_(by=coordinator, seen=1, note="x")
    rollout.refresh_from_db()
    declare(rollout.agency, on="2020-08-31", by=editor, rollout=rollout)
    refused(promulgated.accept, by=coordinator, seen=2, field="on")


# Gaps on record


def test_a_build_after_a_repealed_declaration_is_no_gap(province, plan):
    declare(province.home, on="2010-01-01", year=2008)
    rollout = make_rollout(plan, province.home)
    reach(rollout, Stage.DECLARED)
    assert Gap.DECLARED_BEFORE in gaps(rollout.standing())
    Declaration.objects.filter(standard=standard(2008)).update(repealed_on=day("2019-01-01"))
    assert Gap.DECLARED_BEFORE not in gaps(rollout.standing())


def test_a_convert_knows_the_earlier_declaration_but_not_its_own(province, plan):
    rollout = make_rollout(plan, province.home, form=Form.CONVERT)
    reach(rollout, Stage.DECLARED)
    assert Gap.NO_EARLIER_DECLARATION in gaps(rollout.standing())
    declare(province.home, on="2010-01-01", year=2008)
    assert Gap.NO_EARLIER_DECLARATION not in gaps(rollout.standing())


# Assign and targets


def test_assigning(plan, province):
    rollout = plan.assign(province.home, form=Form.CONVERT, year=2021, due_on=day("2021-06-30"), by=None)
    assert (rollout.assigned_on, rollout.state, rollout.stage) == (plan.decided_on, "active", "")
    assert Change.objects.of(rollout).get().after["form"] == "CONVERT"


def test_assigning_refuses(plan, province):
    def assign(agency, **values):
        values = {"form": Form.BUILD, "year": 2020, "due_on": day("2020-12-31"), "by": None} | values
        return plan.assign(agency, **values)

    other = make_province("H32", "Hải Dương")
    for agency, values, field in [
        (province.office, {}, "agency"),
        (other.lac_dao, {}, "agency"),
        (province.home, {"year": 2022}, "year"),
        (province.home, {"due_on": day("2020-06-07")}, "due_on"),
    ]:
        refused(assign, agency, field=field, **values)
    assign(province.home)
    refused(assign, province.home, field="agency")
    closed = Agency.objects.get(pk=province.lac_dao.pk)
    closed.close(by=None, seen=1, on=day("2020-01-01"))
    # The caller's copy does not know yet.
    refused(assign, province.lac_dao, field="on")


def test_an_agency_younger_than_the_plan_is_assigned_from_its_own_first_day(plan, province):
    young = make_agency("x", province.van_lam, on=day("2020-09-01"))
    assert make_rollout(plan, young).assigned_on == day("2020-09-01")


def test_the_earlier_figure_of_a_target_stays_readable(plan):
    target = make_target(plan, 60)
    target.revise(65, on=day("2020-09-01"), by=None)
    target.revise(62, on=day("2020-08-01"), by=None)
    days = ["2020-06-01", "2020-06-08", "2020-07-31", "2020-08-01", "2020-09-01", "2030-01-01"]
    assert [target.revision_on(day(d)).value for d in days] == [60, 60, 60, 62, 65, 65]


def test_revising_a_target_refuses(plan):
    units, share = make_target(plan, 60), make_target(plan, 100, form=None)
    for target, value, on, field in [
        (units, 61, "2020-06-08", "on"),
        (units, 61, "2999-01-01", "on"),
        (units, -1, "2020-09-01", "value"),
        (share, 101, "2020-09-01", "value"),
    ]:
        refused(target.revise, value, on=day(on), by=None, field=field)
    assert [t.revisions.count() for t in (units, share)] == [1, 1]


# The tally


def test_the_tally_follows_the_life_of_agencies(province):
    """Closing an agency is not a door of this app: the days of agencies are asked when it is summed."""
    young = make_agency("x", province.van_lam, on=day("2020-03-01"))
    make_duties(young, make_procedure(), assigned_on=day("2020-01-01"))
    declare(young, on="2020-06-01")
    young.refresh_from_db()
    young.close(by=None, seen=young.version, on=day("2020-09-01"))
    totals = CoverageTally.objects.totals
    days = ["2020-02-29", "2020-03-01", "2020-05-31", "2020-06-01", "2020-08-31", "2020-09-01"]
    assert [totals(day(d)) for d in days] == [(0, 0), (1, 0), (1, 0), (1, 1), (1, 1), (0, 0)]
    for d in days:
        rows = AgencyProcedure.objects.in_force(day(d))
        assert totals(day(d)) == (rows.count(), rows.under_iso(day(d)).count())
    tally_is_true()


def test_applying_is_set_based_and_the_second_time_nothing(province):
    make_duties(province.home, *(make_procedure() for _n in range(3)))
    rows = AgencyProcedure.objects.filter(agency=province.home)
    assert rows.apply(standard(2008), on=day("2010-01-01"), by=None) == 3
    sets = ChangeSet.objects.count()
    assert rows.apply(standard(2008), on=day("2010-01-01"), by=None) == 0
    assert rows.apply(standard(2008), on=day("2012-01-01"), by=None) == 0
    assert ChangeSet.objects.count() == sets
    assert rows.apply(standard(2015), on=day("2010-01-01"), by=None) == 0
    assert rows.apply(standard(2015), on=day("2018-01-01"), by=None) == 3
    assert PastApplication.objects.count() == 3
    tally_is_true()


def test_days_usual(rollout):
    """The builder's days are in order, so that tests may rely on them."""
    assert list(USUAL_DAYS.values()) == sorted(USUAL_DAYS.values())
    reach(rollout, *Stage)
    assert gaps(rollout.standing()) == []
