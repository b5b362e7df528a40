"""Evidence gaps of many rollouts at once say what the rules say of each."""

import datetime
from contextlib import suppress
from random import Random

import pytest
from django.db import IntegrityError, transaction

from procedures import gaps, lifecycle
from procedures.lifecycle import Acceptance, Form, Stage
from procedures.models import Declaration, Milestone, Rollout
from procedures.testing import make_rollout, standard

pytestmark = pytest.mark.django_db
FIRST = datetime.date(2020, 7, 1)


def write(rollout, random):
    """Any milestones on any days, past every door: what lists bring is in no order."""
    moment = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC)
    for stage in Stage:
        if random.random() < 0.45:
            continue
        acceptance = random.choice(Acceptance.values)
        values = {"acceptance": acceptance}
        if acceptance != Acceptance.UNREVIEWED:
            values |= {"reviewed_at": moment, "review_note": "x"}
        on = FIRST + datetime.timedelta(days=random.randrange(120))
        declaration = None
        if stage == Stage.DECLARED:
            number = random.choice(["", "1"])
            declaration = Declaration.objects.create(
                agency=rollout.agency, standard=standard(), declared_on=on, number=number, **values
            )
        Milestone.objects.create(
            rollout=rollout, stage=stage, rank=stage.rank, reached_on=on, declaration=declaration, **values
        )


def write_earlier(agency, random):
    """A declaration outside the plan, perhaps repealed, perhaps returned."""
    on = FIRST + datetime.timedelta(days=random.randrange(-60, 120))
    repealed = on + datetime.timedelta(days=random.randrange(1, 90)) if random.random() < 0.4 else None
    Declaration.objects.get_or_create(
        agency=agency,
        standard=standard(2008),
        declared_on=on,
        defaults={"number": "0", "repealed_on": repealed},
    )


@pytest.mark.parametrize("seed", range(12))
def test_condition_and_words_agree_with_the_rules(place, seed):
    random = Random(seed)
    for agency in place.province.communes:
        for form in (Form.BUILD, Form.CONVERT, Form.EXTEND):
            rollout = Rollout.objects.filter(agency=agency, form=form, year=2020).first() or make_rollout(
                place.plan, agency, form=form
            )
            # Two undertakings of one agency cannot be declared on one day.
            with suppress(IntegrityError), transaction.atomic():
                write(rollout, random)
        if random.random() < 0.6:
            write_earlier(agency, random)
    rows = Rollout.objects.select_related("agency")
    by_rules = {r.pk: lifecycle.gaps(r.standing()) for r in rows}
    assert {r.pk for r in gaps.with_gaps(Rollout.objects.all())} == {
        pk for pk, found in by_rules.items() if found
    }
    assert {pk: lifecycle.gaps(s) for pk, s in gaps.standings(rows).items()} == by_rules
    assert any(by_rules.values()) and len({tuple(found) for found in by_rules.values()}) > 3
