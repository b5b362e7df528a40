"""The catalogue: real names first, then variants of them with codes of their own."""

import csv
import datetime
from pathlib import Path

from agencies.models import Level
from procedures.models import Procedure
from procedures.models.catalogue import join_levels

FACTS = Path(__file__).resolve().parents[1] / "facts" / "procedures.csv"
VARIANTS = ("cấp lại", "gia hạn", "điều chỉnh", "thu hồi", "cấp đổi", "trường hợp bị mất hoặc hư hỏng")


def _day(text):
    return datetime.date.fromisoformat(text) if text else None


def procedures(count):
    """`count` procedures, not yet saved, all of them at every level: each agency handles every one.

    One in forty was repealed on 1.7.2021, so that figures of past days differ.
    """
    with FACTS.open(encoding="utf-8", newline="") as handle:
        known = list(csv.DictReader(handle))
    found = []
    for number in range(count):
        row = known[number % len(known)]
        again = number // len(known)
        variant = VARIANTS[(again - 1) % len(VARIANTS)]
        procedure = Procedure(
            # National codes begin with 1 to 3; 9 keeps the variants apart from them.
            code=row["code"] if not again else f"9.{number:06d}",
            name=row["name"] if not again else f"{row['name']} ({variant}, mẫu {again})",
            field=row["field"],
            levels=join_levels(Level.values),
            decision=row["decision"],
            effective_on=_day(row["effective_on"]),
            repealed_on=datetime.date(2021, 7, 1) if number % 40 == 39 else None,
        )
        if (
            procedure.effective_on
            and procedure.repealed_on
            and procedure.effective_on >= procedure.repealed_on
        ):
            procedure.repealed_on = None
        procedure.derive()
        found.append(procedure)
    return found
