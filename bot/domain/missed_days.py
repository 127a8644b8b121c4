"""Announcement days that the store lacks, and how far catching up has come."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.domain import calendar

MOST_DAYS_BACK: Final = 30  # what a subscription may ask for at most
_RETRY_FIRST: Final = timedelta(minutes=10)
_RETRY_MOST: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class MissedDay:
    """An announcement day that the feed did not bring, or not whole."""

    day: date
    is_done: bool = False
    attempts: int = 0
    retry_at: datetime | None = None  # UTC; None when it may be tried at once
    found: int = 0  # papers that catching up added
    detail: str = ""  # why it is not done yet, one sentence


def days_missed(
    *,
    stored: Collection[date],
    doubtful: Collection[date],
    remembered: Collection[date],
    last: date,
    extra_holidays: frozenset[date] = calendar.NO_HOLIDAYS,
) -> tuple[date, ...]:
    """Announcement days up to `last` that have to be caught up and are not remembered yet.

    Those without a paper since the first day stored, and those whose batch was not whole.
    Never more than 30 days back.
    """
    if not stored:
        return ()
    first = max(min(stored), last - timedelta(days=MOST_DAYS_BACK))
    days = calendar.announcement_days(first, last, extra_holidays) if first <= last else ()
    late = {day for day in doubtful if first <= day <= last}
    return tuple(
        sorted(
            day
            for day in {*days, *late}
            if (day not in stored or day in late) and day not in remembered
        )
    )


def retry_after_failure(attempts: int) -> timedelta:
    """How long a day waits after its failure number `attempts`."""
    return min(_RETRY_FIRST * (1 << min(max(attempts - 1, 0), 8)), _RETRY_MOST)


def written_days(days: Sequence[date]) -> str:
    """Days as people say them: "the days 12 to 14 January 2026 and 19 January 2026"."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and calendar.next_announcement_day(runs[-1][-1]) == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    parts = [_run(run[0], run[-1]) for run in runs]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"the day {listed}" if len(days) == 1 else f"the days {listed}"


def _run(first: date, last: date) -> str:
    if first == last:
        return f"{first.day} {first:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {last.day} {last:%B %Y}"
    if first.year == last.year:
        return f"{first.day} {first:%B} to {last.day} {last:%B %Y}"
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
