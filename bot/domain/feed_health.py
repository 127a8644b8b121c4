"""What a look at arXiv's feed amounts to, and when to look again.

A day's batch is known by papers never seen before, not by the feed's date: a feed may carry
yesterday's papers under today's date, one category's share may be missing, or half of it all.
So each day is held against what such weekdays bring. Counts are of papers announced as new, by
their primary category: a cross-list says nothing about the category it is listed in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from bot.domain import calendar
from bot.domain.subscriptions import WEEKDAYS

HISTORY: Final = timedelta(weeks=8)  # further back the year's seasons tell
ENOUGH_SUCH_WEEKDAYS: Final = 3  # fewer give no median; then all days of the history count,
ENOUGH_DAYS: Final = 5  # if there are so many
SHRUNKEN_SHARE: Final = 0.4  # of the median; ordinary days stay above half of it
SHRUNKEN_LEAST: Final = 20  # a smaller median may shrink by chance
SILENT_SHARE: Final = 0.2  # of a category's own median
SILENT_LEAST: Final = 15  # a smaller median may come to nothing by chance
QUIET_MOST: Final = 4  # whoever gets so few papers a day has days with none
_MISDATED_SHARE: Final = 0.1  # known papers that a feed of a day already read has at least
_MISDATED_LEAST: Final = 5

LATE_AFTER: Final = timedelta(hours=8)
REFUSED_PAUSE: Final = timedelta(hours=6)
SLOWLY: Final = 4  # times the usual interval
_SLOW_LEAST: Final = timedelta(hours=1)
_BACKOFF_MOST: Final = timedelta(hours=2)

DayCounts = Mapping[date, Mapping[str, int]]  # day -> primary category -> papers announced as new


class FeedOutcome(StrEnum):
    """How a look at the feed ended."""

    NEW = "new"  # papers never seen before
    UNCHANGED = "unchanged"  # only what was seen before, and no more was due
    EMPTY = "empty"
    STALE = "stale"  # only papers seen before, under a later day's date
    SHRUNKEN = "shrunken"  # new papers, but far fewer than such weekdays bring
    PARTIAL = "partial"  # new papers, but none in some of the categories
    LATE = "late"  # nothing new although it should have come hours ago
    REFUSED = "refused"  # 403
    THROTTLED = "throttled"  # 429, or 503 with a time to come back
    FAILING = "failing"  # any other error: 5xx, cut, silent, unreachable, no feed


BROUGHT: Final = (FeedOutcome.NEW, FeedOutcome.SHRUNKEN, FeedOutcome.PARTIAL)
DOUBTFUL: Final = (FeedOutcome.SHRUNKEN, FeedOutcome.PARTIAL)
TROUBLES: Final = (FeedOutcome.REFUSED, FeedOutcome.THROTTLED, FeedOutcome.FAILING)
HOLDING: Final = (FeedOutcome.REFUSED, FeedOutcome.THROTTLED)  # nobody asks before their time
READ: Final = tuple(each for each in FeedOutcome if each not in TROUBLES)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a look amounts to."""

    outcome: FeedOutcome
    detail: str = ""  # one sentence, fit for a channel
    silent: tuple[str, ...] = ()  # categories whose new papers are missing


@dataclass(frozen=True, slots=True)
class PollingRules:
    """Settings of the look-out for announcements."""

    poll: timedelta = timedelta(minutes=15)
    late_after: timedelta = LATE_AFTER  # after midnight, US Eastern
    extra_holidays: frozenset[date] = frozenset()

    @property
    def patience(self) -> timedelta:
        """How long after a feed should be out its absence is worth a warning."""
        return self.late_after - calendar.FEED_ALLOWANCE

    @property
    def slowly(self) -> timedelta:
        """The interval while there is little hope for more."""
        return max(self.poll * SLOWLY, _SLOW_LEAST)


# --- the day's batch -----------------------------------------------------------------------


def usual(counts: Mapping[date, int], day: date) -> float | None:
    """The median count of the weekdays like `day` before it; None without enough history.

    `counts` has an entry for every day that was read. With fewer than three such weekdays in
    eight weeks all days count, and with fewer than five days there is no saying.
    """
    before = {each: n for each, n in counts.items() if day - HISTORY <= each < day}
    alike = [n for each, n in before.items() if each.weekday() == day.weekday()]
    if len(alike) >= ENOUGH_SUCH_WEEKDAYS:
        return float(median(alike))
    return float(median(before.values())) if len(before) >= ENOUGH_DAYS else None


def judge_batch(
    day: date, counts: DayCounts, *, categories: Collection[str], known_again: Collection[str] = ()
) -> Judgement:
    """What the batch of `day` is worth, all looks of that day together.

    `counts` holds `day` and the days before it. `categories` are the codes asked for;
    `known_again` those of them whose papers in the feed were all announced before.
    """
    today = counts.get(day, {})
    silent: dict[str, float] = {}
    whole = 0
    for category in categories:
        normally = usual(_counts_of(category, counts, day), day)
        if normally is None or normally < SILENT_LEAST:
            continue
        if today.get(category, 0) < normally * SILENT_SHARE:
            silent[category] = normally
        else:
            whole += 1
    if silent and whole:
        return Judgement(
            FeedOutcome.PARTIAL, _partial(day, today, silent, known_again), tuple(sorted(silent))
        )
    total = sum(today.get(each, 0) for each in categories)
    normally = usual({on: _total(by, categories) for on, by in counts.items()}, day)
    if normally and normally >= SHRUNKEN_LEAST and total < normally * SHRUNKEN_SHARE:
        return Judgement(FeedOutcome.SHRUNKEN, _shrunken(day, total, normally))
    return Judgement(FeedOutcome.NEW)


def is_quiet_day(day: date, counts: DayCounts, *, categories: Collection[str]) -> bool:
    """Whether so few papers come in these categories that a day may well bring none."""
    normally = usual({on: _total(by, categories) for on, by in counts.items()}, day)
    return normally is not None and normally <= QUIET_MOST


def batch_day(
    claimed: date | None,
    expected: date,
    *,
    is_known_day: bool,
    papers: int,
    known_papers: int,
) -> date:
    """The day whose announcement a feed carries.

    Its own date, unless it has none, or the date is of a day that was read before and hardly a
    paper of it is known: then a later announcement bears an old date. `papers` are those in
    the categories that were asked for on that day too.
    """
    if claimed is None:
        return expected
    is_another = papers >= _MISDATED_LEAST and known_papers < papers * _MISDATED_SHARE
    return expected if claimed < expected and is_known_day and is_another else claimed


def judge_nothing_new(
    *,
    now: datetime,
    rules: PollingRules,
    latest_on: date | None,
    claimed: date | None,
    items: int,
) -> Judgement:
    """What a look at a feed of `claimed` with `items` papers, none of them unseen, amounts to."""
    expected = calendar.announcement_day(now, rules.extra_holidays)
    is_missing = latest_on is None or latest_on < expected
    if items and claimed and latest_on and is_missing and claimed > latest_on:
        return Judgement(
            FeedOutcome.STALE,
            f"The feed is dated {_on(claimed)} but holds only papers that were announced before.",
        )
    if is_overdue(now, latest_on, rules):
        due = calendar.feed_expected_at(expected)
        hours = int((now - due).total_seconds() // 3600)
        found = "the feed has nothing new" if items else "the feed is empty"
        return Judgement(
            FeedOutcome.LATE,
            f"It should have been out {hours} hours ago, and {found}.",
        )
    if not items:
        return Judgement(FeedOutcome.EMPTY, "The feed is empty." if is_missing else "")
    return Judgement(FeedOutcome.UNCHANGED)


def is_overdue(now: datetime, latest_on: date | None, rules: PollingRules) -> bool:
    """Whether a missing announcement is worth a warning; a bot that just began has time."""
    if latest_on is None:
        due = calendar.announcement_day(now - rules.patience, rules.extra_holidays)
        return due == calendar.eastern_day(now)
    return calendar.is_feed_late(now, latest_on, rules.extra_holidays, patience=rules.patience)


# --- when to look again --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """What decides when to look next."""

    at: datetime
    outcome: FeedOutcome
    latest_on: date | None  # the latest announcement day that was seen
    latest_at: datetime | None  # when a look last brought unseen papers
    is_doubtful: bool = False  # the latest day may still bring more
    failures: int = 0  # looks in a row that failed, this one included
    retry_after: float | None = None  # seconds, the server's wish


def next_look_at(look: Look, rules: PollingRules, *, jitter: float) -> datetime:
    """The time of the next look, UTC; `jitter` from 0 to 1 spreads those of many installations.

    Often until the day's batch is in; once more an hour later, for what came in parts; then
    not before the next feed can be there. More slowly while there is little hope: a day that
    is stale, late or not whole, a holiday on which arXiv may announce all the same.
    """
    now, holidays = look.at, rules.extra_holidays
    if look.outcome is FeedOutcome.REFUSED:
        return now + REFUSED_PAUSE + rules.poll * jitter
    if look.outcome in TROUBLES:
        backoff = min(rules.poll * (1 << min(max(look.failures - 1, 0), 8)), _BACKOFF_MOST)
        wish = timedelta(seconds=look.retry_after or 0.0)
        return now + max(backoff, wish) + backoff * jitter / 4
    rest = _next_feed_at(now) + rules.poll * jitter / 3
    today = calendar.eastern_day(now)
    expected = calendar.announcement_day(now, holidays)
    if look.latest_on is None or look.latest_on < expected:
        little_hope = (
            look.outcome in (FeedOutcome.STALE, FeedOutcome.LATE)
            or today != expected
            or is_overdue(now, look.latest_on, rules)
        )
        wait = rules.slowly if little_hope else rules.poll
    elif today in (look.latest_on, expected) and look.is_doubtful:
        wait = rules.slowly
    elif look.latest_at is not None and now - look.latest_at < rules.slowly:
        wait = look.latest_at + rules.slowly - now
    elif today.weekday() in WEEKDAYS and not calendar.is_announcement_day(today, holidays):
        wait = rules.slowly
    else:
        return rest
    return min(now + wait * (1 + jitter / 10), rest)


def _next_feed_at(now: datetime) -> datetime:
    """When the next feed can be there: of the next weekday, holidays included."""
    day = calendar.eastern_day(now)
    while day.weekday() not in WEEKDAYS or calendar.feed_expected_at(day) <= now:
        day += timedelta(days=1)
    return calendar.feed_expected_at(day)


# --- words ---------------------------------------------------------------------------------


def _counts_of(category: str, counts: DayCounts, day: date) -> dict[date, int]:
    """One category's counts from the day on which it was first announced: it was asked for then."""
    first = min((on for on, by in counts.items() if by.get(category)), default=day)
    return {on: by.get(category, 0) for on, by in counts.items() if on >= first}


def _total(by_category: Mapping[str, int], categories: Collection[str]) -> int:
    return sum(by_category.get(each, 0) for each in categories)


def _partial(
    day: date, today: Mapping[str, int], silent: Mapping[str, float], known_again: Collection[str]
) -> str:
    parts = [
        f"{category} has {_brought(today.get(category, 0), category in known_again)} "
        f"({normally:.0f} on such a day)"
        for category, normally in sorted(silent.items())
    ]
    return f"The announcement of {_on(day)} is not whole: {_and(parts)}."


def _brought(count: int, is_stale: bool) -> str:
    if is_stale:
        return "only papers announced before"
    return f"only {count} new papers" if count else "no new papers"


def _shrunken(day: date, total: int, normally: float) -> str:
    return (
        f"The announcement of {_on(day)} has {total} new papers, far fewer than the "
        f"{normally:.0f} of such a day: the rest may still come."
    )


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _on(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
