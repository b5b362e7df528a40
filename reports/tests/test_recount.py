"""Every figure of a board is counted twice: by the database and, another way, row by row."""

import datetime
import json
import random
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from agencies.access import visible_to
from agencies.models import Agency, Role, Touched
from agencies.testing import day, grant, make_user
from procedures.models import CoverageTally, Plan, TerritoryTally
from reports.figures import as_json, summary
from reports.recount import differences, recount, roots_of, told
from reports.rows import read_rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo")]
FIRST = day("2020-01-01")


def some_days(chance, number):
    return sorted(FIRST + datetime.timedelta(days=chance.randrange(730)) for _ in range(number))


def compared(rows, plan, scope, on, *, user=None, roots=None, confirmed_only=False):
    shown = summary(plan, on=on, scope=scope, user=user, confirmed_only=confirmed_only)
    counted = recount(
        rows, on, plan=plan.pk, scope=scope and scope.pk, roots=roots, confirmed_only=confirmed_only
    )
    return differences(told(shown, as_json, on), counted)


def test_days_of_two_years_count_alike():
    plan, rows = Plan.objects.get(), read_rows()
    chance = random.Random(1)
    # The days on which something is due, and some others.
    due = sorted({r["due_on"] for r in rows.rollout.values()})
    for on in [*chance.sample(due, min(4, len(due))), *some_days(chance, 12)]:
        for confirmed_only in (False, True):
            assert compared(rows, plan, plan.agency, on, confirmed_only=confirmed_only) == []


def test_thirty_persons_count_only_what_they_see():
    chance, plan, rows = random.Random(2), Plan.objects.get(), read_rows()
    agencies = list(Agency.objects.order_by("pk"))
    # Half of the grants lie on agencies with others below: otherwise most persons would see one commune.
    parents = [a for a in agencies if any(b.parent_id == a.pk for b in agencies)]
    less, whole = 0, recount(rows, day("2020-12-31"), plan=plan.pk)["units"]["total"]
    for _ in range(30):
        user = make_user(chance.choice(list(Role)), chance.choice(chance.choice([agencies, parents])))
        for _ in range(chance.randrange(3)):
            ended = timezone.localdate() - datetime.timedelta(days=1)
            grant(
                user,
                chance.choice(list(Role)),
                chance.choice(agencies),
                ends_on=chance.choice([None, None, ended]),
            )
        roots = roots_of(user, timezone.localdate())
        seen = list(visible_to(user))
        scope, on = chance.choice([*seen, None]), chance.choice(some_days(chance, 3))
        confirmed_only = chance.random() < 0.3
        found = compared(rows, plan, scope, on, user=user, roots=roots, confirmed_only=confirmed_only)
        assert found == [], f"{user} at {scope} on {on}"
        less += recount(rows, day("2020-12-31"), plan=plan.pk, roots=roots)["units"]["total"] < whole
    assert less >= 15


def test_the_command_says_how_many_days_agree():
    out = StringIO()
    call_command("recount_figures", "--from", "30/12/2020", "--to", "02/01/2021", json=True, stdout=out)
    assert json.loads(out.getvalue()) == {"days": 4, "differences": []}


@pytest.mark.parametrize("stands_ready", [True, False])
def test_a_wrong_tally_is_named_with_its_figure_and_day(stands_ready):
    on, top = day("2020-12-31"), Agency.objects.get(parent=None)
    out = StringIO()
    with transaction.atomic():
        if stands_ready:
            ready = TerritoryTally.objects.filter(agency=top, day__lte=on).order_by("day").last()
            ready.numbers["in_force"] += 1
            ready.save()
        else:
            CoverageTally.objects.filter(pk=CoverageTally.objects.order_by("pk").first().pk).update(
                in_force=F("in_force") + 1
            )
            Touched.objects.mark([top.pk])
        with pytest.raises(SystemExit) as stop:
            call_command("recount_figures", "--from", "31/12/2020", "--to", "31/12/2020", stdout=out)
        transaction.set_rollback(True)
    assert stop.value.code == 1
    assert "2020-12-31  procedures.in_force: figures" in out.getvalue()


@pytest.mark.parametrize(
    "wrong",
    [["--from", "31/02/2020"], ["--from", "02/01/2021", "--to", "01/01/2021"],
     ["--from", "01/01/2021", "--plan", "NONE"], ["--from", "01/01/2021", "--agency", "H99"]],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(wrong):
    with pytest.raises(CommandError):
        call_command("recount_figures", *wrong)
