"""The geometry of the drawings."""

import datetime
from dataclasses import dataclass

from reports.charts import PHONE, s_curve, stacked

FIRST, LAST = datetime.date(2020, 1, 31), datetime.date(2020, 12, 31)


@dataclass(frozen=True)
class Point:
    day: datetime.date
    planned: int
    actual: int | None = None
    low: int | None = None
    middle: int | None = None
    high: int | None = None


def drawn(*points, on=LAST):
    return s_curve(list(points), on=on, month_label=lambda day: f"{day:%m/%y}")


def test_nothing_planned_and_nothing_done_is_no_curve():
    assert drawn(Point(FIRST, 0, 0), Point(LAST, 0, 0)) is None
    assert drawn(Point(FIRST, 0, 0), Point(LAST, 0, 1)) is not None


def test_on_the_last_day_the_end_says_what_was_done_and_no_forecast():
    ends = drawn(Point(FIRST, 0, 0), Point(LAST, 101, 93, 93, 93, 93)).ends
    assert {(end.anchor, end.text) for end in ends} == {("plan", "101"), ("act", "93")}


def test_the_words_at_the_ends_do_not_touch_on_paper():
    one, two = drawn(Point(FIRST, 0, 0), Point(LAST, 101, 93, 93, 93, 93)).ends
    assert abs(float(one.y) - float(two.y)) >= 27  # printed, a word is 21 high


def test_a_phone_has_a_drawing_of_its_own_that_fits():
    curve = drawn(Point(FIRST, 0, 0), Point(LAST, 5, 2))
    bars = stacked([("Communes", "commune", [1, 0, 2])], ["a", "b", "c"], link=lambda key, digit: "")
    assert curve.narrow.width == bars.narrow.width == PHONE
    assert float(curve.narrow.ends[0].x) < PHONE
    segment = bars.narrow.bars[0].segments[-1]
    assert float(segment.x) + float(segment.width) <= PHONE
