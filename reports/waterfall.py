"""The bars of a bridge: from the first number, step by step, to the last. Geometry only."""

from dataclasses import dataclass

from reports.charts import n

WIDTH = 240
LEAST = 2  # a step of one unit among thousands is still seen


@dataclass(frozen=True)
class Step:
    """One bar. `kind`: total, gain or loss. `x` and `width` are ready for SVG; `link` is where the one before ended."""

    kind: str
    x: str
    width: str
    link: str


def waterfall(before, numbers, after):
    """The `Step`s of the first number, of each term and of the last number."""
    levels = [before]
    for number in numbers:
        levels.append(levels[-1] + number)
    most = max([*levels, after, 1])

    def at(value):
        return value * WIDTH / most

    steps = [Step("total", "0", n(max(at(before), LEAST if before else 0)), n(at(before)))]
    for start, number in zip(levels, numbers, strict=False):
        low, width = at(min(start, start + number)), max(at(abs(number)), LEAST)
        kind = "gain" if number > 0 else "loss"
        steps.append(Step(kind, n(min(low, WIDTH - width)), n(width), n(at(start))))
    return [*steps, Step("total", "0", n(max(at(after), LEAST if after else 0)), n(at(after)))]
