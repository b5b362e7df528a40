"""`load_demo` into an empty register."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from agencies.models import Agency, User
from procedures.demo.assignment import assign, spread, working_day
from procedures.models import Declaration, Milestone


@pytest.mark.django_db
def test_without_debug_the_facts_come_and_no_accounts(settings):
    settings.DEBUG = False
    out = StringIO()
    call_command("load_demo", stdout=out)
    assert User.objects.count() == 0
    assert Agency.objects.count() == 207
    assert Declaration.objects.count() == 272
    assert Milestone.objects.filter(acceptance="unreviewed").count() == 12
    assert len(out.getvalue().splitlines()) == 2


def test_every_load_gives_the_same_assignment():
    levels = {f"H31.{n}": "district" for n in range(323, 334)} | {
        f"H31.323.{n}": "commune" for n in range(11000, 11200)
    }
    backwards = dict(reversed(levels.items()))
    assert assign(levels) == assign(backwards)


def test_days_are_working_days():
    for first, last in ((1, 31), (5, 6)):
        found = spread(40, date(2020, 8, first), date(2020, 9, last - 1))
        assert [working_day(day) for day in found] == found
        assert found == sorted(found)
