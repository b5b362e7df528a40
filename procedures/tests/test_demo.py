"""The demonstration data agrees with every published figure, on every day.

The figures are counted here straight from the facts, apart from the program's own figures.
"""

from collections import Counter
from datetime import date, timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.utils import timezone

from agencies.access import roles_at
from agencies.history import what_undo_does
from agencies.models import Agency, Change, ChangeSet, Role, User
from procedures.demo import ACCOUNTS
from procedures.demo.people import PASSWORD
from procedures.lifecycle import Gap, Stage, Standing, check_step, gaps
from procedures.models import (
    AgencyProcedure,
    CoverageTally,
    Declaration,
    Document,
    Metric,
    Milestone,
    PastApplication,
    Plan,
    Procedure,
    Rollout,
    RolloutMove,
    Target,
)
from procedures.models.tallies import count_coverage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]

BEFORE, END_2020, END_2021 = date(2020, 6, 7), date(2020, 12, 31), date(2021, 12, 30)


def days(first, last):
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def declared_units(on):
    """The year of the standard that each declared unit stands under on a day, by its id."""
    standing = {}
    rows = Declaration.objects.filter(agency__covered_by=None, declared_on__lte=on)
    for row in rows.select_related("standard").order_by("declared_on"):
        standing[row.agency_id] = row.standard.published_on.year
    return standing


def declared_rollouts(on, **conditions):
    """How many rollouts of each form were declared by a day."""
    reached = Milestone.objects.filter(stage=Stage.DECLARED, reached_on__lte=on)
    rollouts = Rollout.objects.filter(milestones__in=reached, **conditions)
    return Counter(rollouts.values_list("form", flat=True))


def count_by_level(ids):
    return Counter(Agency.objects.filter(pk__in=ids).values_list("level", flat=True))


# Agencies


def test_207_agencies_of_which_206_are_units():
    assert Agency.objects.count() == 207
    units = Agency.objects.filter(covered_by=None)
    assert Counter(units.values_list("level", flat=True)) == {"province": 35, "district": 10, "commune": 161}
    assert Agency.objects.get(code="H31.VP").covered_by.code == "H31"


def test_my_hao_was_a_district_until_it_became_a_town():
    def name(day):
        return Agency.objects.as_of(day).get(code_then="H31.328").name

    assert name(date(2019, 4, 30)) == "UBND huyện Mỹ Hào"
    assert name(date(2019, 5, 1)) == "UBND thị xã Mỹ Hào"


# Units


def test_104_units_had_declared_by_7_june_2020():
    standing = declared_units(BEFORE)
    levels = dict(Agency.objects.values_list("id", "level"))
    counted = Counter((levels[pk] == "commune", year) for pk, year in standing.items())
    assert counted == {(False, 2008): 36, (False, 2015): 4, (True, 2008): 30, (True, 2015): 34}
    assert declared_rollouts(BEFORE) == {}


def test_no_more_than_one_declaration_before_the_plan_took_effect():
    assert Declaration.objects.filter(declared_on__lte=BEFORE).count() == 104
    years = Declaration.objects.filter(standard__short=":2008").values_list("declared_on__year", flat=True)
    assert min(years) >= 2012
    assert max(years) <= 2018
    assert not Declaration.objects.filter(standard__short=":2015", declared_on__year__lt=2018).exists()


def test_2020_built_60_communes_and_5_provincial_units_and_converted_28():
    assert declared_rollouts(END_2020, form="BUILD", agency__level="commune") == {"BUILD": 60}
    assert declared_rollouts(END_2020, form="BUILD", agency__level="province") == {"BUILD": 5}
    assert declared_rollouts(END_2020) == {"BUILD": 65, "CONVERT": 28, "E_ISO": 2}
    assert declared_rollouts(END_2020, form="CONVERT", agency__level="commune") == {}


def test_units_declared_by_the_end_of_2020():
    assert len(declared_units(END_2020)) == 104 + 65


def test_built_units_never_decrease_in_2020():
    built = [sum(declared_rollouts(day, form="BUILD").values()) for day in days(date(2020, 6, 8), END_2020)]
    assert built == sorted(built)
    assert built[0] == 0
    assert built[-1] == 65


def test_everything_is_declared_under_2015_by_30_december_2021():
    assert declared_rollouts(END_2021) == {"BUILD": 102, "CONVERT": 63, "E_ISO": 3}
    assert Counter(declared_units(END_2021).values()) == {2015: 206}
    assert Declaration.objects.filter(declared_on__gt=END_2021).count() == 0


def test_the_six_carried_over_count_for_2021_only():
    carried = Rollout.objects.filter(state="carried_over")
    assert set(carried.values_list("form", "year")) == {("CONVERT", 2020)}
    assert carried.count() == 6
    assert {r.carried_on_by.year for r in carried.select_related("carried_on_by")} == {2021}
    assert not Milestone.objects.filter(rollout__in=carried, rank__gte=Stage.DECLARED.rank).exists()
    assert declared_rollouts(END_2021, form="CONVERT", year=2020) == {"CONVERT": 28}
    assert declared_rollouts(END_2021, form="CONVERT", year=2021) == {"CONVERT": 35}
    for move in RolloutMove.objects.filter(rollout__in=carried):
        assert date(2020, 12, 1) <= move.moved_on <= END_2020


def test_e_iso_of_2020_was_among_the_36_on_2008():
    rollouts = Rollout.objects.filter(form="E_ISO", year=2020)
    assert {r.agency.level for r in rollouts.select_related("agency")} <= {"province", "district"}
    on_2008 = Declaration.objects.filter(standard__short=":2008", agency__rollouts__in=rollouts)
    assert on_2008.count() == 2


def test_converted_units_had_an_earlier_system_and_built_ones_had_none():
    earlier = set(Declaration.objects.filter(declared_on__lte=BEFORE).values_list("agency_id", flat=True))
    for rollout in Rollout.objects.all():
        assert (rollout.agency_id in earlier) == (rollout.form != "BUILD"), rollout


# Plan


def test_the_plan_has_the_published_targets_and_none_for_2021():
    plan = Plan.objects.get(code="HY-2020-2021")
    assert (plan.decided_on, plan.decision.signed_on, plan.decision.number) == (
        date(2019, 10, 4),
        date(2019, 10, 4),
        "",
    )
    figures = {
        (t.metric, t.form, t.levels, t.year): [r.value for r in t.revisions.all()]
        for t in Target.objects.filter(plan=plan)
    }
    assert figures == {
        (Metric.UNITS, "BUILD", "commune", 2020): [60],
        (Metric.UNITS, "BUILD", "province", 2020): [5],
        (Metric.UNITS, "CONVERT", "province,district", 2020): [36],
        (Metric.COVERAGE, "", "province,district,commune", None): [100],
    }
    assert Target.objects.get(metric=Metric.COVERAGE).due_on == date(2021, 12, 31)


def test_some_were_late_on_the_way_and_none_in_the_end():
    def late(on):
        return Rollout.objects.as_of(on).late(on).count()

    assert 8 <= late(date(2020, 10, 31)) <= 15
    assert 8 <= late(date(2021, 9, 30)) <= 15
    assert late(date(2022, 1, 1)) == late(timezone.localdate()) == 0


# Procedures


def coverage(on):
    return CoverageTally.objects.totals(on)


def test_coverage_rises_to_100_per_cent_on_the_last_declaration():
    last = Declaration.objects.latest("declared_on").declared_on
    procedures = Procedure.objects.values_list("effective_on", "repealed_on")
    base_changes = {day for pair in procedures for day in pair}
    before, share = 0, 0
    for day in days(date(2020, 6, 1), END_2021):
        force, iso = coverage(day)
        # A procedure that comes into force or is repealed changes the base.
        assert (iso >= before and iso / force >= share) or day in base_changes
        assert (iso == force) == (day >= last), day
        before, share = iso, iso / force
    assert last <= END_2021


def test_the_tally_is_that_of_the_facts():
    kept = {(t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()}
    assert kept == count_coverage()


def test_procedures_run_under_iso_where_the_unit_declared_and_nowhere_else():
    for on in (BEFORE, END_2020, END_2021):
        expected = AgencyProcedure.objects.in_force(on).filter(agency__in=declared_units(on))
        under = AgencyProcedure.objects.in_force(on).under_iso(on)
        assert set(under.values_list("id", flat=True)) == set(expected.values_list("id", flat=True))


def test_past_applications_end_where_the_new_standard_begins():
    past = PastApplication.objects.select_related("agency_procedure__standard", "standard")
    assert past
    for row in past:
        duty = row.agency_procedure
        assert (row.standard.short, duty.standard.short, row.until) == (":2008", ":2015", duty.applied_on)


def test_each_unit_has_the_procedures_of_its_kind():
    for level, number in (("district", 10), ("commune", 161)):
        procedures = Procedure.objects.filter(levels__contains=level).count()
        held = Counter(AgencyProcedure.objects.filter(agency__level=level).values_list("agency", flat=True))
        assert set(held.values()) == {procedures}
        assert len(held) == number
    assert not Agency.objects.get(code="H31.VP").procedures.exists()


# Milestones


def test_the_lifecycle_refuses_none_of_the_milestones():
    today, roles = timezone.localdate(), set(Role)
    for rollout in Rollout.objects.prefetch_related("milestones").select_related("agency"):
        standing = Standing(form=rollout.form)
        for milestone in sorted(rollout.milestones.all(), key=lambda m: (m.reached_on, m.rank)):
            check_step(standing, milestone.stage, on=milestone.reached_on, roles=roles, today=today)
            standing.reached[milestone.stage] = milestone.reached_on
            if rollout.carries_on_id is None:
                assert milestone.reached_on >= rollout.assigned_on
        resting = [m.moved_on for m in rollout.moves.all() if m.state in ("paused", "active")]
        if resting:
            begin, end = resting
            assert not any(begin <= on < end for on in standing.reached.values())


def test_stages_are_those_of_the_facts():
    before = dict(Rollout.objects.values_list("id", "stage"))
    Rollout.refresh_derived(Rollout.objects.all())
    assert dict(Rollout.objects.values_list("id", "stage")) == before


def test_every_screen_has_something_to_show():
    found = Counter()
    for rollout in Rollout.objects.exclude(state="carried_over"):
        found.update(gaps(rollout.standing()))
    for gap in (Gap.NO_AUDIT, Gap.NO_NUMBER, Gap.NOT_NOTIFIED, Gap.OUT_OF_ORDER, Gap.NO_PROMULGATION):
        assert 2 <= found[gap] <= 30, gap
    entries = Counter(Milestone.objects.values_list("acceptance", flat=True))
    assert (entries["unreviewed"], entries["returned"]) == (12, 3)
    assert not Milestone.objects.filter(acceptance="returned").exclude(stage=Stage.NOTIFIED).exists()
    assert Declaration.objects.filter(acceptance="returned").count() == 0
    for milestone in Milestone.objects.filter(stage=Stage.DECLARED).select_related("declaration"):
        assert milestone.acceptance == milestone.declaration.acceptance
    numbers = [r.milestones.count() for r in Rollout.objects.prefetch_related("milestones")]
    assert min(numbers) == 1
    assert set(RolloutMove.objects.values_list("state", flat=True)) == {"paused", "active", "carried_over"}
    assert Document.objects.filter(milestones__rollout__agency__code="H31.02").exists()
    shared = Counter(Milestone.objects.exclude(document=None).values_list("document", flat=True))
    assert max(shared.values()) > 5


def test_documents_are_found_without_accents():
    assert Document.objects.matching("dao tao 09/2020").count() == 1


def test_nobody_is_named_who_signs():
    words = ("Chủ tịch", "Giám đốc", "Chi cục trưởng", "Trưởng ban", "Chánh")
    for model in (Declaration, Document):
        assert all(
            s.startswith(words) for s in model.objects.exclude(signer="").values_list("signer", flat=True)
        )


# History


def test_history_runs_in_the_order_of_time():
    moments = list(ChangeSet.objects.order_by("id").values_list("made_at", flat=True))
    assert moments == sorted(moments)
    assert moments[0].year == 2019
    assert ChangeSet.objects.filter(door="web").count() >= 12


def test_every_record_says_in_its_history_what_it_says_now():
    """Undoing the latest months would keep nothing back as edited since."""
    for change_set in ChangeSet.objects.filter(door="command").order_by("-id")[:3]:
        later = Change.objects.filter(change_set__gt=change_set).values("model", "object_id")
        touched = {(c["model"], c["object_id"]) for c in later}
        for kept in what_undo_does(change_set).kept:
            assert (kept.model, kept.object_id) in touched, kept


def test_every_fact_has_its_line_of_history():
    models = (Agency, Procedure, AgencyProcedure, PastApplication, Declaration, Document, Rollout, Milestone)
    for model in models:
        lines = Change.objects.filter(model=model._meta.label_lower, before__isnull=True)
        assert set(lines.values_list("object_id", flat=True)) == set(
            model.objects.values_list("id", flat=True)
        )


# Accounts and the command


def test_one_account_for_each_role():
    for account in ACCOUNTS:
        user = User.objects.get(username=account.username)
        validate_password(PASSWORD, user)
        assert user.check_password(PASSWORD)
        assert roles_at(user, Agency.objects.get(code=account.agency)) == {account.role}
    assert {a.role for a in ACCOUNTS} == set(Role)


def row_counts():
    return {m._meta.label: m._base_manager.count() for m in apps.get_models()}


def run(*args):
    out = StringIO()
    call_command("load_demo", *args, stdout=out)
    return out.getvalue()


def test_a_second_run_writes_nothing(settings, django_assert_max_num_queries):
    settings.DEBUG = True
    before = row_counts()
    with django_assert_max_num_queries(12):
        text = run()
    assert row_counts() == before
    assert all(account.username in text for account in ACCOUNTS)


def test_accounts_alone_are_printed_where_debug_is_on(settings):
    settings.DEBUG = True
    assert PASSWORD in run("--accounts")
    settings.DEBUG = False
    assert PASSWORD not in run("--accounts")


def test_accounts_that_are_missing_come_with_the_next_run(settings):
    settings.DEBUG = True
    User.objects.filter(username="lacdao").update(username="somebody")
    lines = Change.objects.count()
    run()
    user = User.objects.get(username="lacdao")
    assert roles_at(user, Agency.objects.get(code="H31.325.11989")) == {Role.EDITOR}
    assert Change.objects.count() == lines + 2


def test_a_register_with_other_facts_of_these_agencies_is_left_alone():
    Plan.objects.update(code="ANOTHER")
    with pytest.raises(CommandError):
        run()
