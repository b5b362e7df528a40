"""The synthetic country has exactly the size asked for, obeys the rules, and is the same for the same seed."""

from collections import Counter
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from agencies.access import roles_at
from agencies.models import Agency, Change, Kind, Level, PastIdentity, Role, User
from procedures import lifecycle
from procedures.country import NotEmpty, build, places
from procedures.country.catalogue import procedures as catalogue
from procedures.lifecycle import Acceptance, Form, Stage, State
from procedures.models import (
    AgencyProcedure,
    CoverageTally,
    Declaration,
    Milestone,
    PastApplication,
    Plan,
    Procedure,
    Rollout,
)


@pytest.fixture
def country(db):
    return build(120, 6, seed=7)


def test_command_builds_exactly_what_was_asked(db, capsys):
    call_command("make_country", agencies=120, procedures=6, seed=7)
    assert Agency.objects.count() == 120
    assert Procedure.objects.count() == 6
    assert AgencyProcedure.objects.count() == 720
    assert "720 agency procedures" in capsys.readouterr().out


def test_every_size_is_met():
    for size in (1, 2, 3, 8, 37, 119, 450, 11_000):
        provinces = places.provinces(size, Random(1))
        assert sum(map(len, provinces)) == size
        codes = [a.code for p in provinces for a in p]
        assert len(set(codes)) == size


def test_names_repeat_between_districts_and_not_within_one():
    agencies = [a for p in places.provinces(2_000, Random(1)) for a in p]
    communes = [a for a in agencies if a.level == Level.COMMUNE]
    assert max(Counter(a.name for a in communes).values()) >= 5
    assert max(Counter((a.parent.code, a.name) for a in communes).values()) == 1


def test_a_province_has_all_kinds_and_an_office_without_a_system_of_its_own(country):
    assert {Kind.PROVINCIAL_COMMITTEE, Kind.DEPARTMENT, Kind.SUB_DEPARTMENT, Kind.DISTRICT_COMMITTEE} < set(
        Agency.objects.values_list("kind", flat=True)
    )
    office = Agency.objects.get(covered_by__isnull=False)
    assert office.covered_by.kind == Kind.PROVINCIAL_COMMITTEE
    assert not Rollout.objects.filter(agency=office).exists()


def test_catalogue_goes_on_after_the_real_names():
    found = catalogue(1_000)
    assert len({p.code for p in found}) == 1_000
    assert len({(p.field, p.name, p.levels) for p in found}) == 1_000


def test_a_register_with_agencies_is_refused(country):
    with pytest.raises(NotEmpty):
        build(3, 1)
    with pytest.raises(CommandError):
        call_command("make_country", agencies=3, procedures=1)
    assert Agency.objects.count() == 120


def test_nonsense_sizes_are_refused(db):
    with pytest.raises(CommandError):
        call_command("make_country", agencies=0, procedures=5)


def _portrait(seed):
    """What a country looks like, without numbers of records; nothing stays."""
    with transaction.atomic():
        build(60, 3, seed=seed)
        portrait = [
            list(Agency.objects.order_by("code").values_list("code", "name")),
            list(
                Milestone.objects.order_by(
                    "rollout__agency__code", "rollout__form", "rollout__year", "rank"
                ).values_list("rollout__agency__code", "stage", "reached_on", "acceptance", "recorded_at")
            ),
            list(
                AgencyProcedure.objects.order_by("agency__code", "procedure__code").values_list(
                    "agency__code", "procedure__code", "standard__code", "applied_on"
                )
            ),
            list(User.objects.order_by("username").values_list("username", "full_name")),
        ]
        transaction.set_rollback(True)
    return portrait


def test_same_seed_same_country(db):
    first, second, other = _portrait(1), _portrait(1), _portrait(2)
    assert first == second
    assert first[1] != other[1]


def test_nothing_breaks_a_hard_rule(country):
    today = timezone.localdate()
    rollouts = Rollout.objects.select_related("agency").prefetch_related("milestones")
    seen = set()
    for rollout in rollouts:
        reached = {Stage(m.stage): m.reached_on for m in rollout.milestones.all() if m.counts}
        for stage, on in reached.items():
            others = {s: day for s, day in reached.items() if s != stage}
            standing = lifecycle.Standing(form=Form(rollout.form), reached=others)
            lifecycle.check_step(standing, stage, on=on, roles=set(Role), today=today)
            seen.add(stage)
        if rollout.state != State.ACTIVE:
            assert Stage.DECLARED not in reached
    assert seen == set(Stage)
    assert {Form.BUILD, Form.CONVERT} <= set(rollouts.values_list("form", flat=True))


def test_each_province_has_a_plan_with_reachable_targets(country):
    plan = Plan.objects.get()
    targets = plan.targets.prefetch_related("revisions")
    assert {t.year for t in targets} == {2019, 2020, 2021, None}
    for target in targets.filter(year=2020):
        asked = plan.rollouts.filter(form=target.form, year=2020, agency__level__in=target.level_list).count()
        assert target.revision_on(plan.ends_on).value == asked > 0


def test_screens_have_something_to_show(country):
    assert Declaration.objects.filter(lacks_evidence=True).exists()
    assert Milestone.objects.filter(acceptance=Acceptance.UNREVIEWED).exists()
    assert PastApplication.objects.exists()
    assert CoverageTally.objects.exists()
    late = Rollout.objects.as_of(timezone.localdate()).late(timezone.localdate())
    assert late.exists()


def test_some_communes_had_another_name(db):
    build(150, 1)
    past = PastIdentity.objects.select_related("agency").get()
    assert past.name != past.agency.name
    before = Agency.objects.as_of(past.until.replace(year=2019)).get(pk=past.agency_id)
    assert before.name == past.name


def test_people_hold_their_roles(country):
    top = Agency.objects.get(parent=None)
    commune = Agency.objects.filter(level=Level.COMMUNE).first()
    coordinator = User.objects.get(username=f"{top.code.lower()}.dieuphoi")
    editor = User.objects.get(username=f"{commune.parent.code.lower()}.capnhat")
    assert roles_at(coordinator, commune) == {Role.COORDINATOR}
    assert roles_at(editor, commune) == {Role.EDITOR}
    assert roles_at(editor, top) == set()
    assert not coordinator.has_usable_password()


def test_a_password_lets_people_sign_in(db):
    build(30, 1, password="mat-khau-thu-tai")
    assert all(user.check_password("mat-khau-thu-tai") for user in User.objects.all())


def test_no_history_is_written(country):
    assert not Change.objects.exists()


def test_numbers_go_on_after_the_country(country):
    procedure = Procedure.objects.create(code="1.999999", name="Thủ tục mới", levels="commune")
    last = AgencyProcedure.objects.order_by("-pk").first()
    duty = AgencyProcedure.objects.create(agency=Agency.objects.first(), procedure=procedure)
    assert duty.pk > last.pk
