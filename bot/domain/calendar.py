"""When arXiv announces, and when a subscription is due.

arXiv's week, all in US Eastern time (info.arxiv.org/help/availability and /help/rss): papers
submitted before 14:00 are announced at 20:00 from Sunday to Thursday, and the feeds follow at
midnight. So feeds carry the days Monday to Friday, and the deadline behind a feed is 14:00 of the
business day before it. A *day* below is always such a feed's day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from bot.domain.subscriptions import WEEKDAYS, Schedule
from bot.errors import UserError

EASTERN: Final = ZoneInfo("America/New_York")
DEADLINE: Final = time(14, 0)  # US Eastern, every business day
FEED_ALLOWANCE: Final = timedelta(minutes=30)  # arXiv writes its feeds from midnight on
FEED_PATIENCE: Final = timedelta(hours=4)  # beyond this a missing feed is worth a warning
NO_HOLIDAYS: Final[frozenset[date]] = frozenset()

_ONE_DAY: Final = timedelta(days=1)
_LONGEST_SILENCE: Final = 60  # days without announcement before a calendar makes no sense

# Feeds that stay away. arXiv's page names the evening without mailing; the feed that would follow
# is the next business day's, as the gaps of 2025 and January 2026 show. For the last four holidays
# of 2026 our sources differ on which of the two days is meant, so both are listed: a feed that
# comes anyway is read all the same, and one late warning less costs little.
HOLIDAYS: Final = MappingProxyType(
    {
        date(2025, 12, 26): "Christmas Day",
        date(2025, 12, 31): "the end of the year",
        date(2026, 1, 2): "New Year's Day",
        date(2026, 1, 20): "Martin Luther King Jr. Day",
        date(2026, 6, 22): "Juneteenth",
        date(2026, 7, 6): "Independence Day",
        date(2026, 9, 8): "Labor Day",
        date(2026, 11, 26): "Thanksgiving",
        date(2026, 11, 27): "Thanksgiving",
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 28): "Christmas Day",
        date(2026, 12, 29): "the end of the year",
        date(2026, 12, 30): "the end of the year",
        date(2026, 12, 31): "New Year's Eve",
        date(2027, 1, 1): "New Year's Eve",
    }
)


# --- arXiv's announcements -----------------------------------------------------------------


def eastern_day(moment: datetime) -> date:
    """The calendar day in US Eastern time at `moment` (aware)."""
    return moment.astimezone(EASTERN).date()


def is_announcement_day(day: date, extra_holidays: frozenset[date] = NO_HOLIDAYS) -> bool:
    """Whether a feed of `day` should come."""
    return why_no_announcement(day, extra_holidays) is None


def why_no_announcement(day: date, extra_holidays: frozenset[date] = NO_HOLIDAYS) -> str | None:
    """One sentence for a day without a feed; None when there should be one."""
    if day.weekday() not in WEEKDAYS:
        return "arXiv announces nothing on Saturdays and Sundays."
    if day not in HOLIDAYS and day not in extra_holidays:
        return None
    occasion = f" ({HOLIDAYS[day]})" if day in HOLIDAYS else ""
    return f"arXiv's holiday of {day.day} {day:%B %Y}{occasion}: it announces nothing that day."


def announcement_day(now: datetime, extra_holidays: frozenset[date] = NO_HOLIDAYS) -> date:
    """The latest day whose feed should be out at `now`."""
    today = eastern_day(now)
    if is_announcement_day(today, extra_holidays) and feed_expected_at(today) <= now:
        return today
    return previous_announcement_day(today, extra_holidays)


def feed_expected_at(day: date, allowance: timedelta = FEED_ALLOWANCE) -> datetime:
    """When the feed of `day` should be out, UTC: midnight Eastern and `allowance`."""
    return datetime.combine(day, time(), EASTERN).astimezone(UTC) + allowance


def previous_announcement_day(day: date, extra_holidays: frozenset[date] = NO_HOLIDAYS) -> date:
    """The last announcement day before `day`."""
    return _nearest(day, -_ONE_DAY, lambda other: is_announcement_day(other, extra_holidays))


def next_announcement_day(day: date, extra_holidays: frozenset[date] = NO_HOLIDAYS) -> date:
    """The first announcement day after `day`."""
    return _nearest(day, _ONE_DAY, lambda other: is_announcement_day(other, extra_holidays))


def announcement_days(
    first: date, last: date, extra_holidays: frozenset[date] = NO_HOLIDAYS
) -> tuple[date, ...]:
    """All announcement days from `first` to `last`, both included."""
    span = (first + _ONE_DAY * step for step in range((last - first).days + 1))
    return tuple(day for day in span if is_announcement_day(day, extra_holidays))


def is_feed_late(
    now: datetime,
    last_new_on: date | None,
    extra_holidays: frozenset[date] = NO_HOLIDAYS,
    *,
    patience: timedelta = FEED_PATIENCE,
) -> bool:
    """Whether an announcement should have come by now, `patience` granted, and did not.

    `last_new_on` is the day of the last feed that brought unseen papers, None where none ever did.
    """
    day = announcement_day(now - patience, extra_holidays)
    return last_new_on is None or last_new_on < day


def submission_window(
    day: date, extra_holidays: frozenset[date] = NO_HOLIDAYS
) -> tuple[datetime, datetime]:
    """When the papers announced on `day` were submitted: [start, end) in UTC.

    From the deadline behind the announcement before to the one behind this: Tuesday's feed covers
    Friday 14:00 to Monday 14:00 Eastern, and a holiday widens the next window. Moderation holds
    some papers longer, so a paper may be announced days after its window.
    """
    before = previous_announcement_day(day, extra_holidays)
    return _deadline_behind(before), _deadline_behind(day)


def _deadline_behind(day: date) -> datetime:
    """14:00 Eastern of the business day before `day`, in UTC."""
    business_day = _nearest(day, -_ONE_DAY, lambda other: other.weekday() in WEEKDAYS)
    return datetime.combine(business_day, DEADLINE, EASTERN).astimezone(UTC)


def _nearest(day: date, step: timedelta, wanted: Callable[[date], bool]) -> date:
    for _ in range(_LONGEST_SILENCE):
        day += step
        if wanted(day):
            return day
    raise UserError(
        f"The holidays leave no announcement within {_LONGEST_SILENCE} days of {day}: "
        "shorten the list of extra holidays."
    )


# --- subscriptions' runs -------------------------------------------------------------------

_LOOK_AHEAD: Final = 22  # days: a weekly run, its day skipped by a zone that jumped the date line


def next_run_after(schedule: Schedule, after: datetime) -> datetime:
    """The first run strictly later than `after`, UTC.

    Each local day on the schedule has one run, however long it is. A local time that the clock
    jumps over runs at the first instant after the jump; one that comes twice runs the first time.
    Raises UserError for a schedule without weekdays or with an unknown time zone.
    """
    zone = time_zone(schedule.timezone)
    # A day early, for a run that a jump at midnight carried into today.
    first = after.astimezone(zone).date() - _ONE_DAY
    days = (first + _ONE_DAY * step for step in range(_LOOK_AHEAD))
    for due in _runs(schedule, zone, days):
        if due > after:
            return due
    raise UserError("A schedule needs at least one weekday: say `on:weekdays` or `on:mon`.")


def latest_missed(schedule: Schedule, next_run_at: datetime, now: datetime) -> datetime | None:
    """The one run to make up for all those missed since `next_run_at`; None when none is due.

    It is the latest run not after `now`: however long the downtime, one digest catches up. Where
    the schedule was edited meanwhile and has no run in between, the promised one counts.
    """
    if next_run_at > now:
        return None
    zone = time_zone(schedule.timezone)
    today = now.astimezone(zone).date()
    days = (today - _ONE_DAY * step for step in range(-1, _LOOK_AHEAD))
    latest = next((due for due in _runs(schedule, zone, days) if due <= now), next_run_at)
    return max(latest, next_run_at)


def slot_of(schedule: Schedule, due_at: datetime) -> str:
    """The name of a run, unique per local day: "2026-01-21T09:00" on the schedule's clock.

    A run that a clock change moved keeps the name of its day and its usual time.
    """
    zone = time_zone(schedule.timezone)
    local = due_at.astimezone(zone)
    for day in (local.date(), local.date() - _ONE_DAY):
        if _instant(day, schedule.at, zone) == due_at:
            return f"{day.isoformat()}T{schedule.at:%H:%M}"
    return f"{local:%Y-%m-%dT%H:%M}"


def time_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises UserError for any other."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise UserError(
            f"“{name}” is not a time zone: write it like `tz:Europe/Berlin`."
        ) from error


def _runs(schedule: Schedule, zone: ZoneInfo, days: Iterator[date]) -> Iterator[datetime]:
    for day in days:
        if day.weekday() in schedule.weekdays and _exists(day, zone):
            yield _instant(day, schedule.at, zone)


def _exists(day: date, zone: ZoneInfo) -> bool:
    """Whether the zone has this day: Samoa had no 30 December 2011."""
    return _instant(day, time(), zone).astimezone(zone).date() == day


@lru_cache(maxsize=4096)
def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first instant, UTC, at which the zone's clock shows `at` on `day` or is past it."""
    wanted = datetime.combine(day, at)
    due = wanted.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if due.astimezone(zone).replace(tzinfo=None) == wanted:
        return due
    # In a jump, fold 1 reads the clock as after it and so lands before it, fold 0 the other way.
    before = int(wanted.replace(tzinfo=zone, fold=1).timestamp())
    behind = int(due.timestamp())
    offset = due.astimezone(zone).utcoffset()
    while behind - before > 1:
        middle = (before + behind) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            behind = middle
        else:
            before = middle
    return datetime.fromtimestamp(behind, UTC)
