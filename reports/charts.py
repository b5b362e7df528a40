"""Coordinates of the charts that a template draws as SVG. No text is made here, only geometry."""

from dataclasses import dataclass, replace

from procedures.models.tallies import percent


def n(x):
    """A number for SVG: never localised (a decimal comma breaks path data)."""
    return f"{x:.1f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Segment:
    """One stage's part of a bar; `is_wide` when its number fits inside."""

    digit: int
    x: str
    width: str
    middle: str
    number: int
    label: str
    is_wide: bool
    query: str


@dataclass(frozen=True)
class Bar:
    """One row: its name, its segments and its total."""

    name: str
    y: int
    segments: list
    counts: list
    total: int
    percent: float | None


@dataclass(frozen=True)
class Stacked:
    """Bars of equal length, each divided by stage. `narrow`: the same for a phone, names and totals above the bars."""

    bars: list
    width: int
    height: int
    left: int
    right: int
    narrow: "Stacked | None" = None


# Room right of the bars for "100,0 % / 11.000": the country's total too must not be cut.
ROOM_FOR_TOTAL = 152
# The width of a card on a phone: a picture of this width is shown as it is, whole and with words that can be read.
PHONE = 324


def stacked(rows, labels, *, link, right=ROOM_FOR_TOTAL):
    """Lay out `rows` of (name, key, counts by stage). `link(key, stage)` is a segment's list."""
    wide = _stacked(rows, labels, link=link, width=1060, left=158, right=right, row_height=46, above=6)
    narrow = _stacked(rows, labels, link=link, width=PHONE, left=0, right=0, row_height=66, above=26)
    return replace(wide, narrow=narrow)


def _stacked(rows, labels, *, link, width, left, right, row_height, above):
    inner = width - left - right
    bars = []
    for number, (name, key, counts) in enumerate(rows):
        total, x, segments = sum(counts), float(left), []
        for digit, count in enumerate(counts):
            length = inner * count / total if total else 0
            if count:
                segments.append(
                    Segment(
                        digit,
                        n(x),
                        n(max(length - 2, 1)),
                        n(x + (length - 2) / 2),
                        count,
                        labels[digit],
                        length > 26,
                        link(key, digit),
                    )
                )
            x += length
        share = percent(counts[-1], total)
        bars.append(Bar(name, number * row_height + above, segments, counts, total, share))
    return Stacked(bars, width, row_height * len(rows) + 8, left, width - right + 12)


@dataclass(frozen=True)
class Key:
    """One stage of a legend that is part of the picture."""

    digit: int
    label: str
    x: str
    y: str
    middle: str
    text_x: str
    text_y: str


def legend(labels, *, top, width):
    """The stages' keys in one row below a picture, spread over its width."""
    step = width / len(labels)
    return [
        Key(
            digit,
            label,
            n(digit * step + 8),
            n(top),
            n(digit * step + 17),
            n(digit * step + 32),
            n(top + 13.5),
        )
        for digit, label in enumerate(labels)
    ]


# The S-curve


@dataclass(frozen=True)
class Mark:
    """A word or a point of the curve's picture, at its place."""

    x: str
    y: str
    text: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Curve:
    """Planned, actual and foreseen count over time. Paths are empty where there is nothing to draw.

    `narrow`: the same for a phone.
    """

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    grid: list
    ticks: list
    plan: str
    actual: str
    area: str
    band: str
    foreseen: str
    today: Mark | None
    now: Mark | None
    planned_now: Mark | None
    ends: list
    narrow: "Curve | None" = None


def s_curve(points, *, on, month_label):
    """Lay out `points` (day, planned, actual, low, middle, high; None where it does not apply) as of a day.

    `month_label(day)` writes a tick of the time axis. Fewer than two points, or nothing planned and nothing done, draw
    nothing: None.
    """
    if len(points) < 2 or not any(p.planned or p.actual for p in points):
        return None
    wide = _s_curve(points, on, month_label, width=680, height=330, left=48, right=112, ticks=7)
    narrow = _s_curve(points, on, month_label, width=PHONE, height=260, left=34, right=92, ticks=4)
    return replace(wide, narrow=narrow)


def _s_curve(points, on, month_label, *, width, height, left, right, ticks):
    top, bottom = 30, 34
    first, last = points[0].day, points[-1].day
    most = max([1, *(v for p in points for v in (p.planned, p.actual, p.high) if v is not None)])
    step = _step(most)
    most = step * -(-most // step)

    def x(day):
        return left + (width - left - right) * (day - first).days / max((last - first).days, 1)

    def y(value):
        return height - bottom - (height - bottom - top) * value / most

    plan = [(x(p.day), y(p.planned)) for p in points]
    actual = [(x(p.day), y(p.actual)) for p in points if p.actual is not None and p.day <= on]
    seen = [p for p in points if p.middle is not None]
    current = [p for p in points if p.actual is not None and p.day <= on]
    ends = [Mark(n(plan[-1][0] + 8), n(plan[-1][1] + 4), str(points[-1].planned), "plan")]
    if len(seen) > 1:
        ends.append(Mark(n(x(seen[-1].day) + 8), n(y(seen[-1].middle) + 4), str(seen[-1].middle), "fc"))
    elif current and current[-1].day == last:
        ends.append(Mark(n(actual[-1][0] + 8), n(actual[-1][1] + 4), str(current[-1].actual), "act"))
    return Curve(
        width, height, left, width - right, top, height - bottom,
        grid=[Mark(str(left), n(y(v)), str(v)) for v in range(0, most + 1, step)],
        ticks=[Mark(n(x(p.day)), str(height - bottom + 22), month_label(p.day)) for p in _spread(points, ticks)],
        plan=_path(plan),
        actual=_path(actual),
        area=_path([(actual[0][0], y(0)), *actual, (actual[-1][0], y(0))], closed=True) if len(actual) > 1 else "",
        band=_path([(x(p.day), y(p.high)) for p in seen] + [(x(p.day), y(p.low)) for p in reversed(seen)], closed=True)
        if len(seen) > 1 else "",
        foreseen=_path([(x(p.day), y(p.middle)) for p in seen]) if len(seen) > 1 else "",
        today=Mark(n(x(on)), str(top)) if first < on < last else None,
        now=Mark(n(actual[-1][0]), n(actual[-1][1]), str(current[-1].actual)) if actual else None,
        planned_now=Mark(n(x(current[-1].day)), n(y(current[-1].planned)), str(current[-1].planned)) if current else None,
        ends=_apart(ends),
    )  # fmt: skip


def _path(points, *, closed=False):
    if not points:
        return ""
    return "M" + "L".join(f"{n(a)} {n(b)}" for a, b in points) + ("Z" if closed else "")


def _step(most):
    """A round distance between the lines of the grid: six at most."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if most <= 6 * factor * size:
                return factor * size
        size *= 10


def _spread(points, number):
    """About so many of the points, evenly, the first and the last among them."""
    step = max(1, round(len(points) / number))
    return points[::step]


def _apart(ends, distance=27):
    """Keep the words at the ends of two lines from covering each other, on paper too, where they are larger."""
    if len(ends) < 2:
        return ends
    one, two = sorted(ends, key=lambda end: float(end.y))
    gap = float(two.y) - float(one.y)
    if gap < distance:
        push = (distance - gap) / 2
        one = Mark(one.x, n(float(one.y) - push), one.text, one.anchor)
        two = Mark(two.x, n(float(two.y) + push), two.text, two.anchor)
    return [one, two]
