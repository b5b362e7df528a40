"""The pause at Tết: days on which nothing moves in an office.

The first day of the lunar year in Viet Nam (UTC+7), from the official calendar; in 2030 it differs from China's.
"""

import datetime
from functools import lru_cache

NEW_YEAR = [
    datetime.date(*day)
    for day in (
        (2015, 2, 19), (2016, 2, 8), (2017, 1, 28), (2018, 2, 16), (2019, 2, 5), (2020, 1, 25), (2021, 2, 12),
        (2022, 2, 1), (2023, 1, 22), (2024, 2, 10), (2025, 1, 29), (2026, 2, 17), (2027, 2, 6), (2028, 1, 26),
        (2029, 2, 13), (2030, 2, 2), (2031, 1, 23), (2032, 2, 11), (2033, 1, 31), (2034, 2, 19), (2035, 2, 8),
    )
]  # fmt: skip
BEFORE, AFTER = (
    7,
    7,
)  # days around the first day of the year: from the kitchen gods' to the seventh of the first month
_FIRST = datetime.date(2015, 1, 1).toordinal()
_DAYS = 366 * 25  # to the end of 2039; years without a date in the list have no pause


@lru_cache
def _moving():
    """For each day since 1.1.2015: how many days had moved before it; and the days that move."""
    still = {day.toordinal() + offset for day in NEW_YEAR for offset in range(-BEFORE, AFTER + 1)}
    before, days = [], []
    for ordinal in range(_FIRST, _FIRST + _DAYS):
        before.append(len(days))
        if ordinal not in still:
            days.append(ordinal)
    return before, days


def moving_days(first, last):
    """Days on which work moves between two days, the first counted, the last not; negative when they are exchanged."""
    before, _days = _moving()
    return before[_place(last)] - before[_place(first)]


def after(first, days):
    """The day that lies so many moving days after a day."""
    before, moving = _moving()
    place = min(before[_place(first)] + days, len(moving) - 1)
    return datetime.date.fromordinal(moving[place])


def _place(day):
    return min(max(day.toordinal() - _FIRST, 0), _DAYS - 1)
