"""The geometry of the plots: bars of papers a day, and a term's small line.

Two shapes of our own are less than any plotting library weighs; the templates draw them as SVG,
and the style sheet gives them the theme's colours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.trends import DayCounts, TermTrend

WIDTH, HEIGHT = 640.0, 220.0  # of the plot, in the units of its viewBox
_LEFT, _BOTTOM, _TOP = 40.0, 28.0, 10.0
_GAP = 0.25  # of a bar's place
_WIDEST = 56.0
_MOST_LABELS = 8
SERIES = 6  # colours there are; further categories are one series, "other"

LINE_WIDTH, LINE_HEIGHT = 120.0, 28.0
_LINE_EDGE = 3.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of a stacked bar, and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    series: int
    tells: str


@dataclass(frozen=True, slots=True)
class Label:
    """Text beside an axis; for the vertical one `y` is also where its line lies."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Papers a day, stacked by category."""

    bars: tuple[Bar, ...]
    days: tuple[Label, ...]
    counts: tuple[Label, ...]
    series: tuple[str, ...]
    left: float = _LEFT
    width: float = WIDTH
    height: float = HEIGHT
    floor: float = HEIGHT - _BOTTOM


def papers_a_day(days: Sequence[DayCounts], categories: Sequence[str]) -> BarChart:
    """The bars of `days`, oldest first; `categories` in the order of the legend."""
    shown = (
        list(categories[:SERIES]) if len(categories) <= SERIES else list(categories)[: SERIES - 1]
    )
    has_others = len(shown) < len(categories)
    series = [*shown, "other"] if has_others else shown
    step = _step(max((each.papers for each in days), default=1))
    top = step * max(1, math.ceil(max((each.papers for each in days), default=1) / step))
    scale = (HEIGHT - _BOTTOM - _TOP) / top
    place = (WIDTH - _LEFT) / max(1, len(days))
    width = min(place * (1 - _GAP), _WIDEST)
    bars: list[Bar] = []
    for number, day in enumerate(days):
        x, y = _LEFT + place * number + (place - width) / 2, HEIGHT - _BOTTOM
        for line, name in enumerate(series):
            count = _count(day, name, shown)
            if count:
                y -= count * scale
                bars.append(
                    Bar(
                        round(x, 1),
                        round(y, 1),
                        round(width, 1),
                        round(count * scale, 1),
                        line,
                        f"{day.day}: {count} {name} of {day.papers}",
                    )
                )
    every = max(1, math.ceil(len(days) / _MOST_LABELS))
    return BarChart(
        bars=tuple(bars),
        days=tuple(
            Label(
                round(_LEFT + place * (number + 0.5), 1),
                HEIGHT - 8,
                f"{day.day.day} {day.day:%b}",
            )
            for number, day in enumerate(days)
            if number % every == 0
        ),
        counts=tuple(
            Label(_LEFT - 8, round(HEIGHT - _BOTTOM - count * scale, 1), str(count))
            for count in range(0, top + 1, step)
        ),
        series=tuple(series),
    )


def _count(day: DayCounts, name: str, shown: Sequence[str]) -> int:
    if name in shown:
        return day.by_category.get(name, 0)
    return sum(count for category, count in day.by_category.items() if category not in shown)


def _step(most: int) -> int:
    """A round distance between the lines, for about four of them."""
    rough = max(1.0, most / 4)
    power: int = 10 ** int(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)


def term_line(trend: TermTrend) -> str:
    """The points of a small line, as SVG's polyline takes them."""
    top = max(trend.daily) or 1.0
    across = (LINE_WIDTH - 2 * _LINE_EDGE) / max(1, len(trend.daily) - 1)
    return " ".join(
        f"{_LINE_EDGE + number * across:.1f},"
        f"{LINE_HEIGHT - _LINE_EDGE - share / top * (LINE_HEIGHT - 2 * _LINE_EDGE):.1f}"
        for number, share in enumerate(trend.daily)
    )
