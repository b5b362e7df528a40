"""Undo of facts: everything untouched goes back, hard rules hold, nothing later is taken along."""

from contextlib import suppress

import pytest
from django.apps import apps
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import open_change_set, record, snapshot, undo, what_undo_does
from agencies.models import Agency, Change, ChangeSet, Role
from agencies.testing import day, make_agency, make_province, make_user
from procedures.lifecycle import Form, Stage, State
from procedures.models import (
    AgencyProcedure,
    CoverageTally,
    Declaration,
    Document,
    Milestone,
    PastApplication,
    Procedure,
    Reached,
    Rollout,
    RolloutMove,
    Target,
    TargetRevision,
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


@pytest.fixture
def province():
    return make_province()


@pytest.fixture
def plan(province):
    return make_plan(province.committee)


@pytest.fixture
def rollout(plan, province):
    return make_rollout(plan, province.lac_dao)


def latest():
    return ChangeSet.objects.first()


def facts():
    """Every table of both apps but the history, derived rows and what was told; versions left out, void agencies too."""
    found = {}
    for label in ("agencies", "procedures"):
        for model in apps.get_app_config(label).get_models():
            if model in (Change, ChangeSet) or model.__name__ in (
                "CoverageTally",
                "Touched",
                "Upload",
                "Notice",
                "Mail",
            ):
                continue
            rows = model._default_manager.order_by("pk")
            if model is Agency:
                rows = rows.not_void()
            found[model.__name__] = [
                {k: v for k, v in row.items() if k != "version"} for row in rows.values()
            ]
    return found


def tally_is_true():
    stored = {(t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()}
    assert stored == count_coverage()


def back_and_forth(change_set, before):
    """Undo gives the tables of before, the undo of the undo those of now. Returns the first undo."""
    now = facts()
    back = undo(change_set, by=None)
    assert (back.kept, back.impossible) == ([], [])
    assert facts() == before
    tally_is_true()
    forth = undo(back.change_set, by=None)
    assert (forth.kept, forth.impossible) == ([], [])
    assert facts() == now
    tally_is_true()
    return back


# Every door, there and back


def test_reach(rollout):
    before = facts()
    reach(rollout, Stage.PLANNED)
    back_and_forth(latest(), before)
    assert Rollout.objects.get().stage == "planned"


def test_declare_with_procedures(rollout):
    make_duties(rollout.agency, make_procedure(), make_procedure())
    declare(rollout.agency, on="2012-01-01", year=2008)
    before = facts()
    reach(rollout, Stage.DECLARED)
    back_and_forth(latest(), before)
    assert Rollout.objects.get().stage == "declared"


def test_declare_in_the_middle_of_the_chain(province):
    make_duties(province.home, make_procedure())
    declare(province.home, on="2010-01-01", year=2008)
    declare(province.home, on="2020-01-01")
    before = facts()
    declare(province.home, on="2018-01-01")
    back_and_forth(latest(), before)


def test_declare_before_the_first(province):
    make_duties(province.home, make_procedure())
    declare(province.home, on="2020-01-01")
    before = facts()
    declare(province.home, on="2010-01-01", year=2008)
    back_and_forth(latest(), before)


def test_amend_and_withdraw(rollout):
    milestone = reach(rollout, Stage.PLANNED)
    before = facts()
    rollout.amend(milestone, on=day("2020-06-11"), by=None, seen=rollout.version, note="đã sửa")
    back_and_forth(latest(), before)
    rollout.refresh_from_db()
    before = facts()
    rollout.withdraw(milestone, by=None, seen=rollout.version, reason="nhầm")
    back_and_forth(latest(), before)
    assert Rollout.objects.get().stage == ""


def test_withdraw_a_declaration(rollout):
    make_duties(rollout.agency, make_procedure())
    milestone = reach(rollout, Stage.DECLARED)
    before = facts()
    rollout.withdraw(milestone, by=None, seen=rollout.version, reason="nhầm")
    back_and_forth(latest(), before)


def test_amend_a_declaration(rollout):
    make_duties(rollout.agency, make_procedure())
    declaration = reach(rollout, Stage.DECLARED).declaration
    before = facts()
    declaration.amend(on=day("2020-11-21"), by=None, seen=declaration.version, number="9")
    back_and_forth(latest(), before)


def test_carry_over(rollout):
    reach(rollout, Stage.PLANNED, Stage.TRAINED)
    before = facts()
    rollout.move(
        State.CARRIED_OVER, by=None, seen=rollout.version, reason="dịch", on=day("2020-12-31"), year=2021,
        due_on=day("2021-06-30"),
    )  # fmt: skip
    back_and_forth(latest(), before)
    assert {r.stage for r in Rollout.objects.all()} == {"trained"}


def test_review(rollout, province):
    coordinator = make_user(Role.COORDINATOR, province.committee)
    editor = make_user(Role.EDITOR, province.lac_dao)
    make_duties(rollout.agency, make_procedure())
    milestone = reach(rollout, Stage.DECLARED, by=editor)
    before = facts()
    milestone.return_(by=coordinator, seen=1, note="thiếu")
    back_and_forth(latest(), before)
    assert Rollout.objects.get().stage == ""


def test_assign_and_revise(plan, province):
    before = facts()
    make_rollout(plan, province.home)
    back_and_forth(latest(), before)
    target = make_target(plan)
    before = facts()
    target.revise(61, on=day("2020-09-01"), by=None)
    back_and_forth(latest(), before)


def test_apply(province):
    make_duties(province.home, *(make_procedure() for _n in range(3)))
    rows = AgencyProcedure.objects.all()
    rows.apply(standard(2008), on=day("2010-01-01"), by=None)
    before = facts()
    rows.apply(standard(2015), on=day("2018-01-01"), by=None)
    back_and_forth(latest(), before)
    assert PastApplication.objects.count() == 3


def test_the_catalogue_and_its_tally(province):
    procedure = make_procedure()
    make_duties(province.home, procedure)
    change_set = open_change_set("Repeal", by=None)
    was = snapshot(procedure)
    before = facts()
    procedure.repealed_on, procedure.name = day("2020-01-01"), "Cấp giấy phép"
    procedure.save()
    record(change_set, procedure, before=was)
    Procedure.refresh_derived([procedure])
    assert CoverageTally.objects.totals(day("2020-01-01")) == (0, 0)
    back_and_forth(change_set, before)
    undo(ChangeSet.objects.first(), by=None)
    assert Procedure.objects.matching("dang ky viec").get() == procedure


def test_a_document_is_found_under_its_old_words_again():
    document = make_document(title="Kế hoạch")
    change_set = open_change_set("Edit", by=None)
    before = snapshot(document)
    document.title = "Báo cáo"
    document.save()
    record(change_set, document, before=before)
    undo(change_set, by=None)
    assert list(Document.objects.matching("ke hoach")) == [document]
    assert not Document.objects.matching("bao cao").exists()


# What stands in the way


def test_what_a_later_act_rests_on_stays(plan):
    """Nothing that somebody entered later disappears with what it belongs to."""
    change_set = open_change_set("Target", by=None)
    target = Target.objects.create(plan=plan, metric="coverage", due_on=plan.ends_on)
    record(change_set, target)
    target.revise(100, on=day("2020-09-01"), by=None)
    answer = undo(change_set, by=None)
    assert [o.model for o in answer.impossible] == ["procedures.target"]
    assert (Target.objects.count(), TargetRevision.objects.count()) == (1, 1)


def test_an_agency_with_facts_stays(plan, province):
    agency = make_agency("x", province.van_lam)
    entered = latest()
    for make in (lambda: make_rollout(plan, agency), lambda: declare(agency, number="x")):
        make()
        answer = undo(entered, by=None)
        assert [o.object_id for o in answer.impossible] == [agency.pk]
        undo(latest(), by=None)
    make_duties(agency, make_procedure())
    assert undo(entered, by=None).impossible
    AgencyProcedure.objects.all().delete()
    # The tally is derived: it holds nothing.
    assert CoverageTally.objects.filter(agency=agency).exists()
    assert undo(entered, by=None).restored


def test_a_reference_that_is_gone_is_not_restored(rollout):
    old, new = make_document(), make_document()
    milestone = rollout.reach(Stage.PLANNED, on=day("2020-06-10"), by=None, seen=1, document=old)
    rollout.amend(milestone, on=day("2020-06-10"), by=None, seen=2, document=new)
    changed = latest()
    removal = open_change_set("Remove", by=None)
    record(removal, old, before=snapshot(old), deleted=True)
    old.delete()
    answer = undo(changed, by=None)
    assert [bool(o.why) for o in answer.impossible] == [True]
    undo(removal, by=None)
    assert undo(changed, by=None).restored
    assert Milestone.objects.get().document.number == old.number


def test_a_record_deleted_is_not_restored_into_a_place_taken_since(rollout):
    milestone = reach(rollout, Stage.PLANNED)
    rollout.withdraw(milestone, by=None, seen=rollout.version, reason="nhầm")
    withdrawn = latest()
    reach(rollout, Stage.PLANNED, on=day("2020-06-12"))
    answer = undo(withdrawn, by=None)
    assert len(answer.impossible) == 1
    assert Milestone.objects.get().reached_on == day("2020-06-12")


def test_declared_stays_as_long_as_notified_rests_on_it(rollout):
    reach(rollout, Stage.DECLARED)
    declared = latest()
    reach(rollout, Stage.NOTIFIED)
    notified = latest()
    answer = undo(declared, by=None)
    assert {o.model for o in answer.impossible} == {"procedures.milestone", "procedures.declaration"}
    assert Rollout.objects.get().milestones.count() == 2
    undo(notified, by=None)
    assert undo(declared, by=None).impossible == []
    assert not Declaration.objects.exists()


def test_a_day_does_not_go_back_behind_a_later_declaration(rollout):
    promulgated = reach(rollout, Stage.PROMULGATED)
    rollout.amend(promulgated, on=day("2020-08-01"), by=None, seen=rollout.version)
    amended = latest()
    declare(rollout.agency, on="2020-08-15", rollout=rollout)
    assert len(undo(amended, by=None).impossible) == 1
    assert rollout.milestones.get(stage=Stage.PROMULGATED).reached_on == day("2020-08-01")


def test_looking_finds_the_same_and_writes_nothing(rollout):
    reach(rollout, Stage.DECLARED)
    declared = latest()
    reach(rollout, Stage.NOTIFIED)
    before = facts()
    preview = what_undo_does(declared)
    assert facts() == before
    assert preview.impossible == undo(declared, by=None).impossible
    assert preview.impossible


def test_an_open_page_is_told_that_its_milestone_was_undone(rollout, province):
    person = make_user(Role.COORDINATOR, province.committee)
    milestone = reach(rollout, Stage.PLANNED)
    seen = rollout.version
    undo(latest(), by=person)
    with pytest.raises(ChangedMeanwhile) as meanwhile:
        rollout.amend(milestone, on=day("2020-06-11"), by=None, seen=seen)
    assert meanwhile.value.change.change_set.made_by == person
    with pytest.raises(ChangedMeanwhile):
        rollout.withdraw(milestone, by=None, seen=seen, reason="nhầm")


def test_undo_in_the_wrong_order_keeps_and_then_goes_back(rollout):
    milestone = reach(rollout, Stage.PLANNED)
    first = latest()
    rollout.amend(milestone, on=day("2020-06-11"), by=None, seen=rollout.version)
    second = latest()
    assert len(undo(first, by=None).kept) == 1
    undo(second, by=None)
    assert len(undo(first, by=None).restored) == 1
    assert not Milestone.objects.exists()


# Any acts, undone in reverse, give every table back -------------------------------------------

ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["reach", "amend", "withdraw", "declare", "pause", "resume", "carry", "assign", "revise", "accept",
             "return", "apply", "rename", "close", "several", "choose", "correct"]
        ),
        st.integers(0, 3),
        st.integers(0, 11),
    ),
    min_size=4,
    max_size=12,
)  # fmt: skip


class Office:
    """A province where anything may be tried; what a door refuses is passed over."""

    def __init__(self):
        self.province = make_province()
        self.plan = make_plan(self.province.committee)
        self.agencies = [
            self.province.lac_dao,
            self.province.lac_hong,
            self.province.home,
            self.province.van_lam,
        ]
        procedures = [make_procedure() for _n in range(2)]
        for agency in self.agencies:
            make_duties(agency, *procedures)
            make_rollout(self.plan, agency)
        self.target = make_target(self.plan)

    def act(self, what, which, number):
        agency = Agency.objects.get(pk=self.agencies[which].pk)
        rollout = agency.rollouts.order_by("-pk").first()
        milestones = list(rollout.milestones.all())
        milestone = milestones[number % len(milestones)] if milestones else None
        if milestone is None and what in ("amend", "withdraw", "accept", "return"):
            return
        declaration = agency.declarations.order_by("pk").last()
        stage, seen = Stage.values[number], rollout.version
        on = list(USUAL_DAYS.values())[number]
        doors = {
            "reach": lambda: reach(rollout, Stage(stage)),
            "amend": lambda: rollout.amend(milestone, on=on, by=None, seen=seen),
            "withdraw": lambda: rollout.withdraw(milestone, by=None, seen=seen, reason="x"),
            "declare": lambda: declare(agency, on=on, year=2015),
            "several": lambda: rollout.reach_many(
                [Reached(Stage(s), on) for s in Stage.values[number % 4 : number % 4 + 3]], by=None, seen=seen
            ),
            "choose": lambda: declare(
                agency, on=on, year=2008, chosen=agency.procedures.values_list("pk", flat=True)[:1]
            ),
            "correct": lambda: declaration and declaration.amend(on=on, by=None, seen=declaration.version),
            "pause": lambda: rollout.move("paused", by=None, seen=seen, reason="x", on=on),
            "resume": lambda: rollout.move("active", by=None, seen=seen, reason="x", on=on),
            "carry": lambda: rollout.move(
                "carried_over", by=None, seen=seen, reason="x", on=on, year=2021, due_on=day("2021-06-30")
            ),
            "assign": lambda: make_rollout(self.plan, agency, form=Form.CONVERT, year=2021),
            "revise": lambda: self.target.revise(number, on=on, by=None),
            "accept": lambda: milestone.accept(by=None, seen=milestone.version),
            "return": lambda: milestone.return_(by=None, seen=milestone.version, note="x"),
            "apply": lambda: agency.procedures.all().apply(standard(2008), on=day("2012-01-01"), by=None),
            "rename": lambda: agency.revise(by=None, seen=agency.version, name=f"Tên {number}", on=on),
            "close": lambda: agency.close(
                by=None, seen=agency.version, on=on, successor=self.province.chi_dao
            ),
        }
        with suppress(Refused):
            doors[what]()


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS)
def test_any_acts_undone_in_reverse_give_every_table_back(db, acts):
    with transaction.atomic():
        office = Office()
        start, before = latest(), facts()
        for what, which, number in acts:
            office.act(what, which, number)
        tally_is_true()
        done = list(ChangeSet.objects.filter(pk__gt=start.pk).order_by("-pk"))
        after, undos = facts(), []
        for change_set in done:
            back = undo(change_set, by=None)
            assert (back.kept, back.impossible) == ([], [])
            undos.append(back.change_set)
        assert facts() == before
        tally_is_true()
        for change_set in reversed(undos):
            forth = undo(change_set, by=None)
            assert (forth.kept, forth.impossible) == ([], [])
        assert facts() == after
        tally_is_true()
        transaction.set_rollback(True)


def test_every_model_with_history_is_in_the_snapshot():
    assert {"Milestone", "Declaration", "PastIdentity", "Succession", "Membership", "TargetRevision"} <= set(
        facts()
    )
    assert RolloutMove.__name__ in facts()
