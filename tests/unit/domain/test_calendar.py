from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.calendar import (
    announcement_day,
    announcement_days,
    eastern_day,
    feed_expected_at,
    is_announcement_day,
    is_feed_late,
    latest_missed,
    next_announcement_day,
    next_run_after,
    previous_announcement_day,
    slot_of,
    submission_window,
    time_zone,
    why_no_announcement,
)
from bot.domain.subscriptions import EVERY_DAY, WEEKDAYS, Schedule
from bot.errors import UserError

EASTERN = ZoneInfo("America/New_York")
ZONES = sorted(available_timezones() - {"Factory", "localtime"})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN).astimezone(UTC)


# --- arXiv's announcements -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-01-21T05:30", date(2026, 1, 21)),  # 00:30 in New York
        ("2026-01-21T05:29", date(2026, 1, 19)),  # the 20th was a holiday
        ("2026-01-24T12:00", date(2026, 1, 23)),  # Saturday
        ("2026-01-26T04:00", date(2026, 1, 23)),  # Monday in UTC, still Sunday in New York
        ("2026-07-01T04:30", date(2026, 7, 1)),  # summer time: an hour earlier
        ("2026-07-01T04:29", date(2026, 6, 30)),
    ],
)
def test_the_latest_announcement_is_the_last_weekday_after_midnight_eastern(
    now: str, day: date
) -> None:
    assert announcement_day(utc(now)) == day


def test_the_feed_is_expected_after_midnight_eastern_in_winter_and_in_summer() -> None:
    assert feed_expected_at(date(2026, 1, 21), timedelta()) == utc("2026-01-21T05:00")
    assert feed_expected_at(date(2026, 7, 21), timedelta()) == utc("2026-07-21T04:00")


def test_weekends_and_holidays_explain_their_silence() -> None:
    assert why_no_announcement(date(2026, 1, 24)) == (
        "arXiv announces nothing on Saturdays and Sundays."
    )
    assert why_no_announcement(date(2026, 12, 25)) == (
        "arXiv's holiday of 25 December 2026 (Christmas Day): it announces nothing that day."
    )
    assert why_no_announcement(date(2026, 1, 21)) is None


@pytest.mark.parametrize(
    "day", ["2025-12-26", "2025-12-31", "2026-01-02", "2026-01-20", "2026-11-26", "2026-12-29"]
)
def test_days_known_to_be_silent_are_no_announcement_days(day: str) -> None:
    assert not is_announcement_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2025-12-02", "2026-01-01", "2026-01-06", "2026-01-19"])
def test_days_with_a_recorded_feed_are_announcement_days(day: str) -> None:
    assert is_announcement_day(date.fromisoformat(day))


def test_a_setting_adds_a_holiday() -> None:
    extra = frozenset({date(2026, 3, 4)})

    assert not is_announcement_day(date(2026, 3, 4), extra)
    assert previous_announcement_day(date(2026, 3, 5), extra) == date(2026, 3, 3)
    assert next_announcement_day(date(2026, 3, 3), extra) == date(2026, 3, 5)
    assert why_no_announcement(date(2026, 3, 4), extra) == (
        "arXiv's holiday of 4 March 2026: it announces nothing that day."
    )


def test_holidays_without_end_are_an_error_not_a_hang() -> None:
    extra = frozenset(date(2026, 3, 1) + timedelta(days=step) for step in range(100))

    with pytest.raises(UserError, match="extra holidays"):
        next_announcement_day(date(2026, 3, 1), extra)


def test_a_span_lists_its_announcement_days_with_both_ends() -> None:
    assert announcement_days(date(2026, 1, 16), date(2026, 1, 21)) == (
        date(2026, 1, 16),
        date(2026, 1, 19),
        date(2026, 1, 21),
    )
    assert announcement_days(date(2026, 1, 21), date(2026, 1, 20)) == ()


def test_a_feed_is_late_once_patience_has_passed_and_not_before() -> None:
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    patience = timedelta(hours=2)
    expected = feed_expected_at(tuesday)

    assert not is_feed_late(expected + timedelta(hours=1), monday, patience=patience)
    assert is_feed_late(expected + patience, monday, patience=patience)
    assert not is_feed_late(expected + patience, tuesday, patience=patience)
    assert is_feed_late(expected, None)


def test_no_feed_is_late_over_a_weekend_or_on_a_holiday() -> None:
    assert not is_feed_late(utc("2026-01-18T12:00"), date(2026, 1, 16))
    assert not is_feed_late(utc("2026-01-20T23:00"), date(2026, 1, 19))


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        ("2026-03-04", "2026-03-02T14:00", "2026-03-03T14:00"),  # Wednesday: Monday to Tuesday
        ("2026-03-02", "2026-02-26T14:00", "2026-02-27T14:00"),  # Monday: Thursday to Friday
        ("2026-03-03", "2026-02-27T14:00", "2026-03-02T14:00"),  # Tuesday: Friday to Monday
        ("2026-01-21", "2026-01-16T14:00", "2026-01-20T14:00"),  # a holiday widens the next
        ("2026-03-10", "2026-03-06T14:00", "2026-03-09T14:00"),  # over the start of summer time
    ],
)
def test_an_announcement_covers_the_submissions_between_two_deadlines(
    day: str, start: str, end: str
) -> None:
    assert submission_window(date.fromisoformat(day)) == (eastern(start), eastern(end))


def test_the_windows_of_a_year_join_without_gap_or_overlap() -> None:
    days = announcement_days(date(2026, 1, 1), date(2026, 12, 31))

    windows = [submission_window(day) for day in days]

    assert len(days) > 240
    assert all(before[1] == after[0] for before, after in pairwise(windows))
    assert all(window[1] < feed_expected_at(day) for day, window in zip(days, windows, strict=True))


def test_the_eastern_day_turns_at_midnight_in_new_york() -> None:
    assert eastern_day(utc("2026-01-21T04:59")) == date(2026, 1, 20)
    assert eastern_day(utc("2026-01-21T05:00")) == date(2026, 1, 21)


# --- subscriptions' runs -------------------------------------------------------------------


def runs_between(schedule: Schedule, after: datetime, until: datetime) -> list[datetime]:
    runs = [next_run_after(schedule, after)]
    while runs[-1] <= until:
        runs.append(next_run_after(schedule, runs[-1]))
    return runs[:-1]


def berlin(at: time, weekdays: frozenset[int] = EVERY_DAY) -> Schedule:
    return Schedule(at, weekdays, "Europe/Berlin")


def test_the_next_run_is_strictly_later() -> None:
    schedule = berlin(time(9))

    first = next_run_after(schedule, utc("2026-01-21T07:59"))

    assert first == utc("2026-01-21T08:00")
    assert next_run_after(schedule, first) == utc("2026-01-22T08:00")


def test_weekends_are_passed_over_on_a_weekday_schedule() -> None:
    assert next_run_after(berlin(time(9), WEEKDAYS), utc("2026-01-23T08:00")) == utc(
        "2026-01-26T08:00"
    )


def test_a_weekly_schedule_runs_a_week_later() -> None:
    assert next_run_after(berlin(time(9), frozenset({2})), utc("2026-01-21T08:00")) == utc(
        "2026-01-28T08:00"
    )


def test_a_time_that_the_clock_jumps_over_runs_right_after_the_jump() -> None:
    schedule = berlin(time(2, 30))

    runs = runs_between(schedule, utc("2026-03-28T00:00"), utc("2026-03-30T12:00"))

    assert runs == [
        utc("2026-03-28T01:30"),
        utc("2026-03-29T01:00"),  # 02:00 became 03:00
        utc("2026-03-30T00:30"),
    ]
    assert slot_of(schedule, runs[1]) == "2026-03-29T02:30"


def test_a_time_that_comes_twice_runs_the_first_time_only() -> None:
    runs = runs_between(berlin(time(2, 30)), utc("2026-10-24T12:00"), utc("2026-10-26T12:00"))

    assert runs == [utc("2026-10-25T00:30"), utc("2026-10-26T01:30")]


def test_a_day_that_a_zone_skipped_has_no_run() -> None:
    schedule = Schedule(time(9), EVERY_DAY, "Pacific/Apia")

    runs = runs_between(schedule, utc("2011-12-29T00:00"), utc("2012-01-01T12:00"))

    assert [slot_of(schedule, run)[:10] for run in runs] == [
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]


def test_a_jump_over_midnight_leaves_both_days_their_own_run() -> None:
    # Beirut's summer time starts at midnight: 00:00 becomes 01:00.
    schedule = Schedule(time(0, 30), EVERY_DAY, "Asia/Beirut")

    runs = runs_between(schedule, utc("2026-03-27T12:00"), utc("2026-03-30T12:00"))

    assert [slot_of(schedule, run) for run in runs] == [
        "2026-03-28T00:30",
        "2026-03-29T00:30",
        "2026-03-30T00:30",
    ]


@settings(max_examples=100, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    at=st.times().map(lambda moment: moment.replace(second=0, microsecond=0)),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    year=st.integers(2000, 2035),
)
@example(zone="Pacific/Apia", at=time(0, 0), weekdays=EVERY_DAY, year=2011)
@example(zone="America/Nuuk", at=time(23, 30), weekdays=EVERY_DAY, year=2024)
@example(zone="Australia/Lord_Howe", at=time(2, 15), weekdays=EVERY_DAY, year=2026)
@example(zone="Africa/Casablanca", at=time(2, 59), weekdays=WEEKDAYS, year=2026)
def test_every_scheduled_local_day_has_exactly_one_run(
    zone: str, at: time, weekdays: frozenset[int], year: int
) -> None:
    schedule = Schedule(at, weekdays, zone)
    start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC)

    runs = runs_between(schedule, start, end)

    hours = (start + timedelta(hours=step) for step in range(24, 363 * 24))
    local_days = {hour.astimezone(ZoneInfo(zone)).date() for hour in hours}
    slots = [slot_of(schedule, run) for run in runs]
    days = [date.fromisoformat(slot[:10]) for slot in slots]
    assert len(set(days)) == len(days)
    assert {day for day in local_days if day.weekday() in weekdays} <= set(days)
    assert all(day.weekday() in weekdays for day in days)
    assert all(before < after for before, after in pairwise(runs))


def test_runs_missed_through_downtime_become_the_latest_one() -> None:
    schedule = berlin(time(9), WEEKDAYS)

    missed = latest_missed(schedule, utc("2026-01-05T08:00"), utc("2026-01-25T20:00"))

    assert missed == utc("2026-01-23T08:00")


def test_a_run_that_is_on_time_is_itself_and_a_future_one_is_none() -> None:
    schedule = berlin(time(9))
    due = utc("2026-01-21T08:00")

    assert latest_missed(schedule, due, due) == due
    assert latest_missed(schedule, due, due - timedelta(seconds=1)) is None


def test_a_promised_run_is_kept_when_the_schedule_was_edited_meanwhile() -> None:
    schedule = berlin(time(9), frozenset({0}))
    promised = utc("2026-01-21T08:00")

    assert latest_missed(schedule, promised, utc("2026-01-22T08:00")) == promised
    assert slot_of(schedule, promised) == "2026-01-21T09:00"


@settings(max_examples=50, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    down=st.timedeltas(timedelta(), timedelta(days=40)),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
)
def test_after_downtime_one_run_catches_up_and_the_next_lies_ahead(
    zone: str, down: timedelta, weekdays: frozenset[int]
) -> None:
    schedule = Schedule(time(9), weekdays, zone)
    due = next_run_after(schedule, utc("2026-03-01T00:00"))
    now = due + down

    missed = latest_missed(schedule, due, now)

    assert missed is not None
    assert due <= missed <= now < next_run_after(schedule, missed)


def test_a_schedule_without_days_and_an_unknown_zone_are_refused() -> None:
    with pytest.raises(UserError, match="weekday"):
        next_run_after(Schedule(weekdays=frozenset()), utc("2026-01-01T00:00"))
    for name in ("Mars/Olympus", "", "../etc/passwd", "Europe/\0", "Europe"):
        with pytest.raises(UserError, match="time zone"):
            time_zone(name)
