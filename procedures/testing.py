"""Builders of standards, plans, rollouts, duties and declarations for tests, on those of agencies.testing."""

import itertools

from agencies.testing import day
from procedures.lifecycle import Form, Stage
from procedures.models import (
    AgencyProcedure,
    Campaign,
    Declaration,
    Document,
    Metric,
    Plan,
    Procedure,
    Standard,
    Target,
    retally,
)

_numbers = itertools.count(1)

# The milestones of a model rollout, in their usual order, with plausible days of 2020.
USUAL_DAYS = {
    Stage.PLANNED: day("2020-06-10"),
    Stage.STEERING: day("2020-06-20"),
    Stage.SURVEYED: day("2020-07-01"),
    Stage.TRAINED: day("2020-07-15"),
    Stage.DOCUMENTED: day("2020-08-20"),
    Stage.PROMULGATED: day("2020-09-01"),
    Stage.OPERATING: day("2020-09-02"),
    Stage.AUDITED: day("2020-10-20"),
    Stage.REVIEWED: day("2020-11-01"),
    Stage.CONFIRMED: day("2020-11-10"),
    Stage.DECLARED: day("2020-11-20"),
    Stage.NOTIFIED: day("2020-11-25"),
}


def standard(year=2015):
    """TCVN ISO 9001:2008 or :2015, which a migration enters."""
    return Standard.objects.get(code=f"TCVN ISO 9001:{year}")


def make_document(**values):
    return Document.objects.create(
        **{"number": f"{next(_numbers)}/QĐ-UBND", "signed_on": day("2020-06-08")} | values
    )


def make_plan(agency, **values):
    """The plan 2020–2021 of an agency, decided on 8.6.2020, without targets."""
    values = {
        "code": f"KH-{next(_numbers)}",
        "name": "Kế hoạch áp dụng HTQLCL 2020–2021",
        "decided_on": day("2020-06-08"),
        "starts_on": day("2020-06-08"),
        "ends_on": day("2021-12-31"),
    } | values
    return Plan.objects.create(agency=agency, **values)


def make_target(plan, value=5, *, form=Form.BUILD, levels="commune", year=2020, **values):
    """A target of units with its first figure, decided with the plan. `form` None: of coverage."""
    if form is None:
        values = {"metric": Metric.COVERAGE, "due_on": plan.ends_on} | values
    else:
        values = {"metric": Metric.UNITS, "form": form, "year": year, "due_on": day(f"{year}-12-31")} | values
    target = Target.objects.create(plan=plan, levels=levels, **values)
    target.revise(value, on=plan.decided_on, by=None)
    return target


def make_rollout(plan, agency, *, form=Form.BUILD, year=2020, due_on=None, by=None, **values):
    """A rollout through the plan's door, due at the end of its year."""
    return plan.assign(agency, form=form, year=year, due_on=due_on or day(f"{year}-12-31"), by=by, **values)


def reach(rollout, *stages, by=None, on=None):
    """Milestones on their usual days (or all on `on`), *declared* with its declaration. Returns the last."""
    milestone = None
    for stage in stages:
        moment = on or USUAL_DAYS[stage]
        if stage == Stage.DECLARED:
            declaration = declare(rollout.agency, on=moment, by=by, rollout=rollout)
            milestone = declaration.milestone
        else:
            milestone = rollout.reach(stage, on=moment, by=by, seen=rollout.version)
    return milestone


def declare(agency, *, on="2020-11-20", year=2015, by=None, number="01/QĐ-CB", **values):
    """A declaration through the door; with rollout=…, of that undertaking."""
    moment = day(on) if isinstance(on, str) else on
    return Declaration.objects.declare(
        agency, standard=standard(year), on=moment, by=by, number=number, **values
    )


def make_procedure(**values):
    """A procedure of the catalogue at all levels, in force since ever."""
    number = next(_numbers)
    values = {
        "code": f"1.{number:06d}",
        "name": f"Đăng ký việc số {number}",
        "field": "Hộ tịch",
        "levels": "province,district,commune",
    } | values
    return Procedure.objects.create(**values)


def make_duties(agency, *procedures, **values):
    """Duties of an agency, written past the doors, and its tally counted."""
    duties = [AgencyProcedure(agency=agency, procedure=p, **values) for p in procedures]
    duties = AgencyProcedure.objects.bulk_create(duties)
    retally([agency.pk])
    return duties


def make_campaign(plan, *, by=None, **values):
    """A campaign from :2008 to :2015 over all levels through the door, eligible on 8.6.2020, due at the plan's end."""
    number = Campaign.objects.filter(plan=plan).count()
    values = {
        "name": f"Đợt chuyển đổi {number}" if number else "Đợt chuyển đổi",
        "source": standard(2008),
        "target": standard(2015),
        "levels": "province,district,commune",
        "eligible_on": day("2020-06-08"),
        "due_on": plan.ends_on,
    } | values
    return Campaign.objects.start(plan, by=by, **values)


def make_wave(campaign, *, by=None, **values):
    """The first wave of a campaign, all its units, due at the end of 2020."""
    values = {"number": 1, "starts_on": day("2020-06-08"), "due_on": day("2020-12-31")} | values
    return campaign.add_wave(by=by, **values)
