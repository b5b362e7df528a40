"""Coverage and stages with or without what the lead agency has not confirmed."""

import pytest

from agencies.testing import day
from procedures.lifecycle import Acceptance, Stage
from procedures.models import AgencyProcedure, CoverageTally, Milestone, PastApplication, retally
from procedures.testing import declare, make_duties, make_procedure, make_rollout, reach
from reports import figures

pytestmark = pytest.mark.django_db


@pytest.fixture
def duties(place):
    return make_duties(place.agency, *(make_procedure() for _n in range(4)))


def count(place, **options):
    return figures.coverage(on=day("2021-06-30"), scope=place.province.committee, user=None, **options)


def test_what_rests_on_an_unconfirmed_declaration_is_taken_off(place, duties):
    declaration = declare(place.agency, by=place.editor)
    assert count(place) == (4, 4) and count(place, confirmed_only=True) == (4, 0)
    declaration.accept(by=place.coordinator, seen=declaration.version)
    assert count(place, confirmed_only=True) == (4, 4)


def test_what_ran_under_an_earlier_standard_goes_on_under_it(place, duties):
    declare(place.agency, on="2015-06-30", year=2008, by=place.coordinator)
    declare(place.agency, on="2020-11-20", by=place.editor)
    assert count(place, confirmed_only=True) == (4, 4)
    rows = AgencyProcedure.objects.in_force(day("2021-06-30"))
    assert rows.unconfirmed(day("2021-06-30")) == 0


def test_what_an_unconfirmed_declaration_left_out_goes_on_too(place, duties):
    declare(place.agency, on="2015-06-30", year=2008, by=place.coordinator)
    narrower = declare(place.agency, on="2020-11-20", by=place.editor, chosen=[duties[0].pk])
    assert count(place) == (4, 1) and count(place, confirmed_only=True) == (4, 4)
    narrower.accept(by=place.coordinator, seen=narrower.version)
    assert count(place, confirmed_only=True) == (4, 1)


def test_before_the_declaration_nothing_differs(place, duties):
    declare(place.agency, on="2021-11-20", by=place.editor)
    assert count(place) == (4, 0) == count(place, confirmed_only=True)


def test_the_condition_and_the_tally_agree(place, duties):
    declare(place.agency, on="2015-06-30", year=2008, by=place.editor)
    declare(place.agency, on="2020-11-20", by=place.coordinator)
    AgencyProcedure.objects.filter(pk=duties[3].pk).update(standard=None, applied_on=None)
    PastApplication.objects.filter(agency_procedure=duties[3]).delete()
    retally([place.agency.pk])
    for on in ("2015-01-01", "2016-01-01", "2021-01-01"):
        rows = AgencyProcedure.objects.in_force(day(on))
        assert CoverageTally.objects.totals(day(on))[1] == rows.under_iso(day(on)).count()
        only = rows.under_iso(day(on), confirmed_only=True).count()
        assert only == rows.under_iso(day(on)).count() - rows.unconfirmed(day(on))
    assert only == 3


def test_stage_and_lateness_follow_the_switch(place):
    make_rollout(place.plan, place.province.lac_hong)
    reach(place.rollout, Stage.PROMULGATED, by=place.coordinator)
    reach(place.rollout, Stage.DECLARED, by=place.editor)
    assert Milestone.objects.get(stage=Stage.DECLARED).acceptance == Acceptance.UNREVIEWED
    asked = {"on": day("2021-02-01"), "scope": place.province.committee, "user": None}
    everything = figures.progress(place.plan, **asked)
    only = figures.progress(place.plan, confirmed_only=True, **asked)
    assert (everything.count(declared=True), only.count(declared=True)) == (1, 0)
    assert (everything.count(late=True), only.count(late=True)) == (1, 2)
    assert sum(everything.by_phase()) == sum(only.by_phase()) == 2
