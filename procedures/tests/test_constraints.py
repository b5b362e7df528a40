"""Each named constraint: one test in which the database refuses, whoever writes."""

import pytest
from django.utils import timezone

from agencies.models import Role
from agencies.testing import constraint_names, database_refuses, day, make_province, make_user
from procedures.lifecycle import Acceptance, Form, Stage
from procedures.models import (
    AgencyProcedure,
    BulkEdit,
    CoverageTally,
    Declaration,
    Document,
    Milestone,
    PastApplication,
    Plan,
    Procedure,
    Rollout,
    RolloutMove,
    Standard,
    Target,
    TerritoryTally,
)
from procedures.territories import count_touched
from procedures.testing import (
    declare,
    make_campaign,
    make_document,
    make_duties,
    make_plan,
    make_procedure,
    make_rollout,
    make_target,
    make_wave,
    reach,
    standard,
)

pytestmark = pytest.mark.django_db
REFUSED = {}


def refused(name):
    """Marks the test of a named constraint."""

    def keep(function):
        assert name not in REFUSED
        REFUSED[name] = function
        return function

    return keep


def test_every_constraint_has_its_test():
    assert set(REFUSED) == constraint_names("procedures")


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
def duty(province):
    return make_duties(province.lac_dao, make_procedure())[0]


def write(instance, **values):
    """Past every door."""
    type(instance)._base_manager.filter(pk=instance.pk).update(**values)


def twice(instance):
    """The same row under a new number."""
    instance.pk = None
    type(instance)._base_manager.bulk_create([instance])


# Agency procedures


@refused("agency_procedure_once")
def test_one_duty_twice(duty):
    with database_refuses("agency_procedure_once"):
        twice(duty)


@refused("agency_procedure_standard_and_day")
def test_standard_without_a_day_and_day_without_a_standard(duty):
    with database_refuses("agency_procedure_standard_and_day"):
        write(duty, standard=standard())
    with database_refuses("agency_procedure_standard_and_day"):
        write(duty, applied_on=day("2020-01-01"))


@refused("agency_procedure_ends_after_start")
def test_duty_without_a_day(duty):
    with database_refuses("agency_procedure_ends_after_start"):
        write(duty, assigned_on=day("2020-01-01"), ended_on=day("2020-01-01"))


@refused("past_application_once")
def test_two_applications_from_one_day(duty):
    past = PastApplication.objects.create(
        agency_procedure=duty, standard=standard(), applied_on=day("2020-01-01"), until=day("2020-01-02")
    )
    with database_refuses("past_application_once"):
        twice(past)


@refused("past_application_has_days")
def test_application_without_a_day(duty):
    with database_refuses("past_application_has_days"):
        PastApplication.objects.create(
            agency_procedure=duty, standard=standard(), applied_on=day("2020-01-01"), until=day("2020-01-01")
        )


# Catalogue


@refused("procedure_code_is_unique")
def test_two_procedures_with_one_code():
    make_procedure(code="1.000001")
    with database_refuses("procedure_code_is_unique"):
        make_procedure(code="1.000001")


@refused("procedure_without_code_is_unique")
def test_one_procedure_without_a_code_twice():
    make_procedure(code="", name="Chứng thực")
    make_procedure(code="", name="Chứng thực", levels="commune")
    with database_refuses("procedure_without_code_is_unique"):
        make_procedure(code="", name="Chứng thực")


@refused("procedure_repealed_after_effect")
def test_procedure_repealed_before_its_effect():
    with database_refuses("procedure_repealed_after_effect"):
        make_procedure(effective_on=day("2020-01-01"), repealed_on=day("2020-01-01"))


@refused("procedure_has_levels")
def test_procedure_with_a_wrong_level():
    for levels in ("commune,province", "village"):
        with database_refuses("procedure_has_levels"):
            make_procedure(levels=levels)


# Standards


@refused("standard_withdrawn_after_publication")
def test_standard_withdrawn_before_it_was_published():
    with database_refuses("standard_withdrawn_after_publication"):
        Standard.objects.update(withdrawn_on=day("1999-01-01"))


# Documents


@refused("document_says_what_it_is")
def test_document_without_number_abstract_and_file():
    with database_refuses("document_says_what_it_is"):
        make_document(number="")


@refused("document_file_has_its_hash")
def test_file_without_its_hash_and_hash_without_a_file():
    document = make_document()
    with database_refuses("document_file_has_its_hash"):
        Document.objects.filter(pk=document.pk).update(file="documents/ab/abc")
    with database_refuses("document_file_has_its_hash"):
        Document.objects.filter(pk=document.pk).update(sha256="abc")


# Plans and targets


@refused("plan_ends_after_it_starts")
def test_plan_that_ends_before_it_starts(plan):
    with database_refuses("plan_ends_after_it_starts"):
        Plan.objects.filter(pk=plan.pk).update(ends_on=plan.starts_on)


@refused("target_of_units_has_form_and_year")
def test_target_of_units_without_form_or_year_and_coverage_with_one(plan):
    units, share = make_target(plan), make_target(plan, 100, form=None)
    for target, values in [
        (units, {"form": ""}),
        (units, {"year": None}),
        (units, {"metric": "share"}),
        (share, {"form": Form.BUILD}),
        (share, {"year": 2020}),
    ]:
        with database_refuses("target_of_units_has_form_and_year"):
            write(target, **values)


@refused("target_has_levels")
def test_target_without_levels(plan):
    target = make_target(plan)
    with database_refuses("target_has_levels"):
        write(target, levels="")


@refused("target_of_units_once")
def test_one_target_twice(plan):
    target = make_target(plan)
    with database_refuses("target_of_units_once"):
        Target.objects.bulk_create(
            [
                Target(
                    plan=plan, metric="units", form="BUILD", levels="commune", year=2020, due_on=target.due_on
                )
            ]
        )


@refused("target_revision_once_a_day")
def test_two_figures_of_one_day(plan):
    revision = make_target(plan).revisions.get()
    with database_refuses("target_revision_once_a_day"):
        twice(revision)


# Rollouts


@refused("rollout_once")
def test_one_undertaking_twice(rollout):
    with database_refuses("rollout_once"):
        twice(rollout)


@refused("rollout_due_after_assigned")
def test_due_before_it_was_assigned(rollout):
    with database_refuses("rollout_due_after_assigned"):
        write(rollout, due_on=day("2020-06-07"))


@refused("rollout_form_is_known")
def test_unknown_form(rollout):
    with database_refuses("rollout_form_is_known"):
        write(rollout, form="REPAIR")


@refused("rollout_state_is_known")
def test_unknown_state(rollout):
    with database_refuses("rollout_state_is_known"):
        write(rollout, state="lost")


@refused("rollout_move_has_a_reason")
def test_move_without_a_reason(rollout):
    with database_refuses("rollout_move_has_a_reason"):
        RolloutMove.objects.create(rollout=rollout, state="paused", moved_on=day("2020-07-01"), reason="")


# Milestones


@refused("milestone_once")
def test_one_milestone_twice(rollout):
    milestone = reach(rollout, Stage.PLANNED)
    with database_refuses("milestone_once"):
        twice(milestone)


@refused("milestone_declared_has_its_declaration")
def test_declared_without_a_declaration_and_another_stage_with_one(rollout):
    planned = reach(rollout, Stage.PLANNED)
    with database_refuses("milestone_declared_has_its_declaration"):
        write(planned, stage=Stage.DECLARED, rank=Stage.DECLARED.rank)
    with database_refuses("milestone_declared_has_its_declaration"):
        write(planned, declaration=declare(rollout.agency))


@refused("milestone_rank_follows_stage")
def test_rank_of_another_stage_and_unknown_stage(rollout):
    milestone = reach(rollout, Stage.PLANNED)
    for values in ({"rank": 2}, {"stage": Stage.SURVEYED}, {"stage": "dreamt"}):
        with database_refuses("milestone_rank_follows_stage"):
            write(milestone, **values)


@refused("milestone_review_is_whole")
def test_confirmed_milestone_without_a_moment(rollout):
    milestone = reach(rollout, Stage.PLANNED)
    with database_refuses("milestone_review_is_whole"):
        write(milestone, acceptance=Acceptance.ACCEPTED, reviewed_at=None)
    with database_refuses("milestone_review_is_whole"):
        write(milestone, acceptance=Acceptance.UNREVIEWED, reviewed_at=timezone.now())


@refused("milestone_returned_with_a_note")
def test_returned_milestone_without_a_note(rollout):
    milestone = reach(rollout, Stage.PLANNED)
    with database_refuses("milestone_returned_with_a_note"):
        write(milestone, acceptance=Acceptance.RETURNED, review_note="")


# Declarations


@refused("declaration_once")
def test_one_declaration_twice(province):
    declaration = declare(province.lac_dao)
    with database_refuses("declaration_once"):
        twice(declaration)


@refused("declaration_has_number_or_gap")
def test_declaration_without_a_number_and_without_the_gap(province):
    declaration = declare(province.lac_dao)
    for values in ({"number": ""}, {"precision": "month"}):
        with database_refuses("declaration_has_number_or_gap"):
            write(declaration, **values)
        write(declaration, lacks_evidence=True, **values)
        Declaration.objects.update(number="1", precision="day", lacks_evidence=False)


@refused("declaration_repealed_after_it_began")
def test_declaration_repealed_before_it_began(province):
    declaration = declare(province.lac_dao)
    with database_refuses("declaration_repealed_after_it_began"):
        write(declaration, repealed_on=declaration.declared_on)


@refused("declaration_notified_after_it_began")
def test_declaration_notified_before_it_began(province):
    with database_refuses("declaration_notified_after_it_began"):
        write(declare(province.lac_dao), notified_on=day("2020-11-19"))


@refused("declaration_covers_is_known")
def test_declaration_that_covers_nothing_known(province):
    with database_refuses("declaration_covers_is_known"):
        write(declare(province.lac_dao), covers="half")


@refused("declaration_review_is_whole")
def test_confirmed_declaration_without_a_moment(province):
    with database_refuses("declaration_review_is_whole"):
        write(declare(province.lac_dao), reviewed_at=None)


@refused("declaration_returned_with_a_note")
def test_returned_declaration_without_a_note(province):
    with database_refuses("declaration_returned_with_a_note"):
        write(declare(province.lac_dao), acceptance=Acceptance.RETURNED)


@refused("coverage_tally_once_a_day")
def test_two_tallies_of_one_day(duty):
    with database_refuses("coverage_tally_once_a_day"):
        twice(CoverageTally.objects.get(agency=duty.agency_id))


@refused("territory_tally_once_a_day")
def test_two_tallies_of_a_territory_on_one_day(province):
    count_touched()
    with database_refuses("territory_tally_once_a_day"):
        twice(TerritoryTally.objects.filter(agency=province.committee).first())


# Facts keep what they rest on


def test_facts_protect_what_they_rest_on(rollout, duty):
    """Foreign keys to facts: the database refuses too, not only Django."""
    reach(rollout, Stage.PLANNED)
    for model in (Rollout, Plan, Procedure):
        with database_refuses(""):
            model._base_manager.all()._raw_delete("default")
    assert Milestone.objects.count() == AgencyProcedure.objects.count() == 1


@refused("bulk_edit_begun_once")
def test_a_bulk_edit_is_begun_once(province):
    person = make_user(Role.COORDINATOR, province.committee)
    edit = BulkEdit.objects.create(made_by=person, subject="rollouts", act="due", key="a")
    with database_refuses("bulk_edit_begun_once"):
        twice(edit)


# Conversion campaigns


@pytest.fixture
def campaign(plan):
    return make_campaign(plan)


@pytest.fixture
def wave(campaign):
    return make_wave(campaign)


@refused("campaign_name_once")
def test_two_campaigns_of_one_name_under_a_plan(campaign):
    with database_refuses("campaign_name_once"):
        twice(campaign)


@refused("campaign_changes_the_standard")
def test_campaign_to_the_standard_that_it_comes_from(campaign):
    with database_refuses("campaign_changes_the_standard"):
        write(campaign, target=standard(2008))


@refused("campaign_due_after_it_begins")
def test_campaign_due_on_the_day_it_begins(campaign):
    with database_refuses("campaign_due_after_it_begins"):
        write(campaign, due_on=campaign.eligible_on)


@refused("campaign_has_levels")
def test_campaign_without_levels(campaign):
    for levels in ("", "town", "commune,province"):
        with database_refuses("campaign_has_levels"):
            write(campaign, levels=levels)


@refused("campaign_work_is_known")
def test_campaign_with_another_rule_of_work(campaign):
    with database_refuses("campaign_work_is_known"):
        write(campaign, work="some")


@refused("wave_number_once")
def test_two_waves_of_one_number(wave):
    with database_refuses("wave_number_once"):
        twice(wave)


@refused("wave_number_from_one")
def test_wave_number_zero(wave):
    with database_refuses("wave_number_from_one"):
        write(wave, number=0)


@refused("wave_due_after_it_starts")
def test_wave_due_on_its_first_day(wave):
    with database_refuses("wave_due_after_it_starts"):
        write(wave, due_on=wave.starts_on)


@refused("wave_levels_are_known")
def test_wave_of_another_level(wave):
    with database_refuses("wave_levels_are_known"):
        write(wave, levels="town")
