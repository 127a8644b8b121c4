"""A pace keeps to its ceiling whatever happens, and comes close to it."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.rate_limits import CallPace

START = datetime(2026, 1, 21, 6, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def calls_of(pace: CallPace, lags: list[float]) -> list[datetime]:
    """The moments of calls made as soon as allowed, each late by a lag of its own."""
    now, calls = START, []
    for lag in lags:
        now += timedelta(seconds=pace.wait_seconds(now) + lag)
        pace = pace.called(now)
        calls.append(now)
    return calls


def most_within(calls: list[datetime], window: timedelta) -> int:
    return max(sum(start <= call <= start + window for call in calls) for start in calls)


@pytest.mark.parametrize("per_second", [5.0, 20.0, 50.0])
def test_a_steady_flow_comes_within_five_percent_of_the_ceiling(per_second: float) -> None:
    calls = calls_of(CallPace(per_second), [0.0] * 400)

    rate = (len(calls) - 1) / (calls[-1] - calls[0]).total_seconds()
    assert 0.96 * per_second <= rate < 0.97 * per_second


def test_calls_are_evenly_spread() -> None:
    calls = calls_of(CallPace(10.0), [0.0] * 50)

    gaps = [(after - before).total_seconds() for before, after in pairwise(calls)]
    assert max(gaps) < 0.105
    assert min(gaps) > 0.1


@settings(max_examples=100)
@given(
    per_second=st.floats(1.0, 50.0),
    lags=st.lists(st.floats(0.0, 2.0), min_size=2, max_size=120),
)
def test_no_second_holds_more_calls_than_allowed(per_second: float, lags: list[float]) -> None:
    calls = calls_of(CallPace(per_second), lags)

    assert most_within(calls, SECOND) <= math.ceil(per_second)


def test_calls_that_came_late_are_made_up_for() -> None:
    lags = [0.1 if n % 150 == 100 else 0.0 for n in range(600)]

    calls = calls_of(CallPace(20.0), lags)

    rate = (len(calls) - 1) / (calls[-1] - calls[0]).total_seconds()
    assert rate > 0.963 * 20.0


def test_calls_that_came_late_are_not_made_up_for_in_a_burst() -> None:
    lags = [3.0 if n == 20 else 0.0 for n in range(200)]

    calls = calls_of(CallPace(20.0), lags)

    assert min(after - before for before, after in pairwise(calls)) > timedelta(seconds=0.029)


def test_a_long_stop_is_not_made_up_for_forever() -> None:
    lags = [3600.0 if n == 20 else 0.0 for n in range(9_000)]

    calls = calls_of(CallPace(20.0), lags)

    last_gaps = [after - before for before, after in pairwise(calls[-100:])]
    assert min(last_gaps) > timedelta(seconds=0.0518)


def test_less_than_one_call_a_second_is_a_pace_too() -> None:
    calls = calls_of(CallPace(0.1), [0.0] * 3)

    assert all(9.9 < (b - a).total_seconds() < 11 for a, b in pairwise(calls))


def test_a_paused_platform_is_not_called_before_the_pause_is_over() -> None:
    pace = CallPace(20.0).called(START).paused(START + 30 * SECOND).paused(START + 10 * SECOND)

    assert pace.wait_seconds(START + SECOND) == 29
    assert pace.wait_seconds(START + 30 * SECOND) == 0


def test_a_clock_that_was_set_back_does_not_stop_the_calls() -> None:
    pace = CallPace(20.0)
    for n in range(60):
        pace = pace.called(START + n * SECOND)

    assert pace.wait_seconds(START - timedelta(hours=1)) == 0
