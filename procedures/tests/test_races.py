"""Eight real processes at one door: one success, one line of history, and the others are told.

The racers are started once. For each race they read what they would have seen on their page,
say so, and act all at the same moment.
"""

import json
import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.conf import settings

from agencies.testing import scratch_database

pytestmark = pytest.mark.faults
RACERS = 8

# What a racer does. `prepare` reads the page, `act` presses the button.
RACER = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "iso_rollout.settings"
import django
django.setup()
from django.utils import translation
from agencies.errors import ChangedMeanwhile, Refused
from agencies.history import undo
from agencies.models import Agency, Change, ChangeSet, User
from agencies.testing import day
from procedures.models import *
from procedures.models.duty_edits import Edit, Values, edit_duties
from procedures.testing import standard

translation.activate("en")
me = User.objects.get(username="racer" + sys.argv[1])
number = int(sys.argv[1])


def agency(name):
    return Agency.objects.get(name=name)


def reach():
    page = Rollout.objects.get(agency__name="UBND xã Lạc Đạo")
    return lambda: page.reach("planned", on=day("2020-06-10"), by=me, seen=page.version)


def declare():
    page = agency("UBND xã Lạc Hồng")
    return lambda: Declaration.objects.declare(page, standard=standard(), on=day("2020-11-20"), by=me, number="1")


def declare_rollout():
    page = Rollout.objects.get(agency__name="UBND xã Chỉ Đạo")
    return lambda: Declaration.objects.declare(
        page.agency, standard=standard(), on=day("2020-11-20"), by=me, number="1", rollout=page, seen=page.version
    )


def assign():
    plan, page = Plan.objects.get(), agency("UBND xã Đông Tảo")
    return lambda: plan.assign(page, form="BUILD", year=2020, due_on=day("2020-12-31"), by=me)


def establish():
    parent = agency("UBND huyện Văn Lâm")
    return lambda: Agency.objects.establish(
        by=me, name="UBND xã Mới %d" % number, code="NEW", kind="commune_committee", level="commune", parent=parent
    )


def revise():
    page = agency("Sở Nội vụ")
    return lambda: page.revise(by=me, seen=page.version, on=day("2020-03-01"), name="Sở %d" % number)


def circle():
    "Each moves its own department below the other one of its pair."
    page = agency("Phòng %d" % number)
    # Four pairs: a circle of all eight would be too deep.
    below = agency("Phòng %d" % (number ^ 1))
    return lambda: page.revise(by=me, seen=page.version, parent=below)


def target():
    page = Target.objects.get()
    return lambda: page.revise(60 + number, on=day("2020-09-01"), by=me)


def new_duty():
    page, procedure = agency("UBND xã Lạc Hồng"), Procedure.objects.get(code="9.000001")
    new = Edit(procedure.pk, str(procedure), Values())
    return lambda: edit_duties(page, [new], by=me, title="copy")


def number_wave():
    "Each gives a wave of its own the same number."
    page = Wave.objects.get(name="wave %d" % number)
    return lambda: page.revise(by=me, seen=page.version, number=50)


def name_campaign():
    page = Campaign.objects.get(note="campaign %d" % number)
    return lambda: page.revise(by=me, seen=page.version, name="One name")


def wave_against_deadline():
    "Half bring the campaign's deadline forward, half put a wave behind it."
    if number % 2:
        page = Wave.objects.get(name="wave %d" % number)
        return lambda: page.revise(by=me, seen=page.version, due_on=day("2021-10-01"))
    page = Campaign.objects.get(note="campaign 0")
    return lambda: page.revise(by=me, seen=page.version, due_on=day("2021-08-01"))


def accept():
    page = Milestone.objects.get(rollout__agency__name="UBND xã Bình Minh")
    return lambda: page.accept(by=me, seen=page.version)


def take_back():
    page = ChangeSet.objects.get(title="Enter by mistake")

    def act():
        if undo(page, by=me).change_set is None:
            raise Refused("nothing to undo")

    return act


for line in sys.stdin:
    act = globals()[line.strip()]()
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        act()
        answer = ["done", me.username]
    except ChangedMeanwhile as other:
        answer = ["changed", other.change.change_set.made_by.username]
    except Refused as refused:
        answer = ["refused", str(refused)]
    except Exception as failure:
        answer = ["failed", repr(failure)]
    print(json.dumps(answer), flush=True)
"""

SET_UP = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "iso_rollout.settings"
import django
django.setup()
from agencies.history import open_change_set
from agencies.models import Agency, Kind
from agencies.testing import *
from procedures.testing import *

province = make_province()
racers = [make_user(Role.COORDINATOR, province.committee, username="racer%d" % n) for n in range(8)]
editor = make_user(Role.EDITOR, province.binh_minh)
plan = make_plan(province.committee)
make_target(plan)
for agency in (province.lac_dao, province.chi_dao):
    make_duties(agency, make_procedure())
    make_rollout(plan, agency)
rollout = make_rollout(plan, province.binh_minh)
rollout.reach("planned", on=day("2020-06-10"), by=editor, seen=1)
make_procedure(code="9.000001")
for n in range(8):
    make_agency("Phòng %d" % n, province.committee, Kind.DEPARTMENT)
campaigns = [make_campaign(plan, name="C%d" % n, note="campaign %d" % n) for n in range(8)]
for n in range(8):
    make_wave(campaigns[0], number=n + 1, name="wave %d" % n)
change_set = open_change_set("Enter by mistake", by=None)
for n in range(3):
    make_agency("Nhầm %d" % n, province.van_lam, change_set=change_set)
"""

COUNT = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "iso_rollout.settings"
import django
django.setup()
from django.db import models
from agencies.models import *
from procedures.models import *
from procedures.models.tallies import count_coverage

print(json.dumps([eval(one) for one in sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def races(tmp_path_factory, django_db_setup, django_db_blocker):
    """`race(name)` gives the eight answers, `count(*expressions)` looks into the database."""
    with django_db_blocker.unblock(), scratch_database(tmp_path_factory.mktemp("races")) as environment:
        run = {"cwd": settings.BASE_DIR, "env": environment, "text": True}
        subprocess.run([sys.executable, "-c", SET_UP], check=True, **run)
        with _racers(run) as racers:

            def race(name):
                for racer in racers:
                    _say(racer, name)
                assert [racer.stdout.readline().strip() for racer in racers] == ["ready"] * RACERS
                for racer in racers:
                    _say(racer, "go")
                answers = [json.loads(racer.stdout.readline()) for racer in racers]
                assert not [a for a in answers if a[0] == "failed"], answers
                return answers

            def count(*expressions):
                looked = subprocess.run(
                    [sys.executable, "-c", COUNT, *expressions], check=True, capture_output=True, **run
                )
                return json.loads(looked.stdout)

            yield race, count


@contextmanager
def _racers(run):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    racers = [subprocess.Popen([sys.executable, "-c", RACER, str(n)], **pipes, **run) for n in range(RACERS)]
    try:
        yield racers
    finally:
        for racer in racers:
            racer.stdin.close()
            racer.wait(timeout=60)


def _say(racer, word):
    racer.stdin.write(f"{word}\n")
    racer.stdin.flush()


def one_winner(answers, others):
    """The name of the one who succeeded; all others were told."""
    winners = [name for what, name in answers if what == "done"]
    assert len(winners) == 1, answers
    assert {what for what, _name in answers} == {"done", others}
    if others == "changed":
        assert {name for what, name in answers if what == "changed"} == set(winners)
    return winners[0]


def test_one_milestone(races):
    race, count = races
    winner = one_winner(race("reach"), "changed")
    milestone = "Milestone.objects.filter(rollout__agency__name='UBND xã Lạc Đạo')"
    lines = f"Change.objects.filter(model='procedures.milestone', object_id__in={milestone}.values('pk'))"
    assert count(
        f"{milestone}.count()", f"{lines}.count()", f"{lines}.get().change_set.made_by.username",
        "Rollout.objects.get(agency__name='UBND xã Lạc Đạo').version",
    ) == [1, 1, winner, 2]  # fmt: skip


def test_one_declaration_outside_a_plan(races):
    race, count = races
    one_winner(race("declare"), "refused")
    declarations = "Declaration.objects.filter(agency__name='UBND xã Lạc Hồng')"
    lines = (
        f"Change.objects.filter(model='procedures.declaration', object_id__in={declarations}.values('pk'))"
    )
    assert count(f"{declarations}.count()", f"{lines}.count()") == [1, 1]


def test_one_declaration_of_an_undertaking(races):
    race, count = races
    answers = race("declare_rollout")
    assert [what for what, _name in answers].count("done") == 1
    milestones = "Milestone.objects.filter(rollout__agency__name='UBND xã Chỉ Đạo')"
    tally = (
        "{(t.agency_id, t.day): [t.in_force, t.under_iso] for t in CoverageTally.objects.all()}"
        " == count_coverage()"
    )
    assert count(
        f"{milestones}.count()",
        "Declaration.objects.filter(agency__name='UBND xã Chỉ Đạo').count()",
        "AgencyProcedure.objects.filter(agency__name='UBND xã Chỉ Đạo', standard__isnull=False).count()",
        tally,
    ) == [1, 1, 1, True]


def test_one_assignment(races):
    race, count = races
    one_winner(race("assign"), "refused")
    assert count("Rollout.objects.filter(agency__name='UBND xã Đông Tảo').count()") == [1]


def test_one_agency_with_a_code(races):
    race, count = races
    one_winner(race("establish"), "refused")
    assert count("Agency.objects.filter(code='NEW').count()") == [1]


def test_one_duty_of_a_procedure(races):
    race, count = races
    one_winner(race("new_duty"), "changed")
    assert count("AgencyProcedure.objects.filter(procedure__code='9.000001').count()") == [1]


def test_one_revision(races):
    race, count = races
    one_winner(race("revise"), "changed")
    assert count("PastIdentity.objects.filter(name='Sở Nội vụ').count()") == [1]


def test_no_circle_of_agencies(races):
    """One of each pair may move; the other would close the circle."""
    race, count = races
    answers = race("circle")
    assert sorted(what for what, _name in answers) == ["done"] * 4 + ["refused"] * 4
    paths = (
        "all(a.path == (a.parent.path if a.parent_id else '') + '%08d' % a.pk for a in Agency.objects.all())"
    )
    assert count(paths) == [True]


def test_one_figure_of_a_day(races):
    race, count = races
    one_winner(race("target"), "refused")
    assert count("TargetRevision.objects.filter(decided_on='2020-09-01').count()") == [1]


def test_one_review(races):
    race, count = races
    one_winner(race("accept"), "changed")
    milestone = "Milestone.objects.filter(rollout__agency__name='UBND xã Bình Minh')"
    assert count(f"{milestone}.get().version", f"Change.objects.of({milestone}.get()).count()") == [2, 2]


def test_one_undo(races):
    race, count = races
    one_winner(race("take_back"), "refused")
    undone = "ChangeSet.objects.filter(undoes__title='Enter by mistake')"
    assert count(f"{undone}.count()", f"{undone}.get().changes.count()") == [1, 3]


def test_one_number_of_a_wave_and_one_name_of_a_campaign(races):
    race, count = races
    for name, there in (
        ("number_wave", "Wave.objects.filter(number=50).count()"),
        ("name_campaign", "Campaign.objects.filter(name='One name').count()"),
    ):
        answers = race(name)
        assert sorted(a[0] for a in answers) == ["done"] + ["refused"] * 7
        assert count(there) == [1]


def test_no_wave_is_due_behind_the_deadline_of_its_campaign(races):
    race, count = races
    race("wave_against_deadline")
    assert count("Wave.objects.filter(due_on__gt=models.F('campaign__due_on')).count()") == [0]
