"""Which announcement days are missing, and how they are told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.domain.missed_days import days_missed, retry_after_failure, written_days

MONDAY = date(2026, 1, 5)
FRIDAY = date(2026, 1, 16)


def january(*days: int) -> tuple[date, ...]:
    return tuple(date(2026, 1, day) for day in days)


def missed(
    *stored: int, doubtful: tuple[int, ...] = (), remembered: tuple[int, ...] = ()
) -> tuple[date, ...]:
    return days_missed(
        stored=january(*stored),
        doubtful=january(*doubtful),
        remembered=january(*remembered),
        last=FRIDAY,
    )


def test_the_days_between_two_that_were_seen_are_missed_but_no_weekend() -> None:
    assert missed(8, 13, 16) == january(9, 12, 14, 15)


def test_what_was_before_the_first_day_is_not_missed() -> None:
    assert missed(16) == ()
    assert missed() == ()
    assert missed(19) == ()


def test_a_day_that_was_not_whole_is_missed_although_it_is_stored() -> None:
    assert missed(14, 15, 16, doubtful=(15,)) == january(15)


def test_a_day_remembered_is_not_noticed_again() -> None:
    assert missed(13, 16, doubtful=(16,), remembered=(14, 16)) == january(15)


def test_holidays_are_no_announcements_to_miss() -> None:
    days = days_missed(
        stored=[date(2026, 1, 16)],
        doubtful=(),
        remembered=(),
        last=date(2026, 1, 23),
        extra_holidays=frozenset({date(2026, 1, 22)}),
    )

    assert days == january(19, 21, 23)  # the 20th is arXiv's holiday, the 22nd our own


def test_nothing_is_missed_more_than_thirty_days_back() -> None:
    days = days_missed(
        stored=[date(2025, 10, 1)], doubtful=[date(2025, 10, 1)], remembered=(), last=FRIDAY
    )

    assert min(days) == date(2025, 12, 17)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (january(14), "the day 14 January 2026"),
        (january(12, 13, 14), "the days 12 to 14 January 2026"),
        (january(9, 12), "the days 9 to 12 January 2026"),  # a weekend between
        (january(12, 14, 15), "the days 12 January 2026 and 14 to 15 January 2026"),
        ((date(2025, 12, 30), MONDAY), "the days 30 December 2025 and 5 January 2026"),
        ((date(2026, 1, 30), date(2026, 2, 2)), "the days 30 January to 2 February 2026"),
    ],
)
def test_days_are_told_as_people_say_them(days: tuple[date, ...], said: str) -> None:
    assert written_days(days) == said


def test_a_day_that_fails_waits_longer_each_time_but_six_hours_at_most() -> None:
    waits = [retry_after_failure(attempts) for attempts in range(1, 12)]

    assert waits[:3] == [timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=6)
