"""Coordinates of the charts that a template draws as SVG. No text is made here, only geometry."""

from dataclasses import dataclass

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
    """Bars of equal length, each divided by stage."""

    bars: list
    width: int
    height: int
    left: int
    right: int


def stacked(rows, labels, *, link, width=1060, left=158, right=104, row_height=46):
    """Lay out `rows` of (name, key, counts by stage). `link(key, stage)` is a segment's list."""
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
        bars.append(Bar(name, number * row_height + 6, segments, counts, total, share))
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
