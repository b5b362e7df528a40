"""Random edits through the doors: what happens to a register in the months after a report."""

import datetime
import random

from agencies.errors import Refused
from agencies.history import undo
from agencies.models import Agency, ChangeSet
from procedures.lifecycle import Stage
from procedures.models import Declaration, Milestone, Rollout, Standard


def edit(number, *, seed):
    """Make that many edits that were not refused. Returns how many were made."""
    rng, made = random.Random(seed), 0
    for _attempt in range(20 * number):
        act = rng.choice((_rename, _declare, _withdraw, _reach, _take_back, _merge, _undo))
        try:
            made += bool(act(rng))
        except Refused:
            continue
        if made == number:
            break
    return made


def _any(rng, rows):
    rows = rows.order_by("pk")
    count = rows.count()
    return rows[rng.randrange(count)] if count else None


def _day(rng):
    return datetime.date(2020, 1, 1) + datetime.timedelta(days=rng.randrange(700))


def _open(rng):
    return _any(rng, Agency.objects.filter(dissolved_on=None, covered_by=None))


def _rename(rng):
    agency = _open(rng)
    on = rng.choice((None, datetime.date(2023, 1, 1)))
    agency.revise(by=None, seen=agency.version, on=on, name=f"{agency.name} {rng.randrange(1000)}")
    return True


def _declare(rng):
    standard = Standard.objects.order_by("-published_on").first()
    Declaration.objects.declare(
        _open(rng), standard=standard, on=_day(rng), by=None, number=f"{rng.randrange(999)}/QĐ"
    )
    return True


def _withdraw(rng):
    declaration = _any(rng, Declaration.objects.filter(declared_on__lte=datetime.date(2020, 12, 31)))
    declaration.withdraw(by=None, seen=declaration.version, reason="ghi nhầm")
    return True


def _reach(rng):
    rollout = _any(rng, Rollout.objects.all())
    rollout.reach(
        rng.choice((Stage.STEERING, Stage.AUDITED, Stage.TRAINED)),
        on=_day(rng),
        by=None,
        seen=rollout.version,
    )
    return True


def _take_back(rng):
    milestone = _any(rng, Milestone.objects.exclude(stage__in=(Stage.DECLARED, Stage.NOTIFIED)))
    rollout = milestone.rollout
    rollout.withdraw(milestone, by=None, seen=rollout.version, reason="ghi nhầm")
    return True


def _merge(rng):
    one, other = _open(rng), _open(rng)
    if one.pk == other.pk or one.parent_id != other.parent_id:
        return False
    one.close(by=None, seen=one.version, on=datetime.date(2020, 11, 1), successor=other)
    return True


def _undo(rng):
    return bool(undo(_any(rng, ChangeSet.objects.all()), by=None).restored)
