"""Plots that show what the figures say."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.web.charts import HEIGHT, WIDTH, papers_a_day, term_line
from bot.domain.trends import DayCounts, TermTrend

DAY = date(2026, 1, 5)
CATEGORIES = tuple(f"cs.{letter}" for letter in "ABCDEFGH")


def day(number: int, **counts: int) -> DayCounts:
    named = {f"cs.{letter}": count for letter, count in counts.items()}
    return DayCounts(DAY + timedelta(days=number), sum(named.values()), named)


def test_bars_stand_on_each_other_and_are_as_high_as_their_counts() -> None:
    chart = papers_a_day([day(0, A=100, B=50), day(1, A=50)], ("cs.A", "cs.B"))

    lower, upper, second = chart.bars
    assert abs(lower.height - 2 * second.height) < 0.2
    assert abs(upper.y + upper.height - lower.y) < 0.2
    assert lower.y + lower.height == chart.floor
    assert [label.text for label in chart.days] == ["5 Jan", "6 Jan"]
    assert upper.tells == "2026-01-05: 50 cs.B of 150"


def test_more_categories_than_colours_are_one_series_at_the_end() -> None:
    chart = papers_a_day([day(0, A=1, G=2, H=3)], CATEGORIES)

    assert chart.series == ("cs.A", "cs.B", "cs.C", "cs.D", "cs.E", "other")
    assert [bar.tells for bar in chart.bars] == [
        "2026-01-05: 1 cs.A of 6",
        "2026-01-05: 5 other of 6",
    ]


@given(st.lists(st.integers(0, 3_000), max_size=60))
def test_every_bar_and_label_lies_within_the_plot(counts: list[int]) -> None:
    chart = papers_a_day([day(number, A=count) for number, count in enumerate(counts)], ("cs.A",))

    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT
    assert len(chart.days) <= 8
    assert 2 <= len(chart.counts) <= 7


def test_a_line_rises_where_its_term_does() -> None:
    points = term_line(TermTrend("kv cache", 1.0, 3.0, (0.0, 1.0, 4.0), 2.5)).split()

    heights = [float(point.split(",")[1]) for point in points]
    assert heights == sorted(heights, reverse=True)
    assert len(points) == 3
