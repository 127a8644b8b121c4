"""What a look at the feed amounts to, and when the next one is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import calendar
from bot.domain.feed_health import (
    LATE_AFTER,
    DayCounts,
    FeedOutcome,
    Look,
    PollingRules,
    batch_day,
    is_overdue,
    is_quiet_day,
    judge_batch,
    judge_nothing_new,
    next_look_at,
    usual,
)

WEDNESDAY = date(2026, 1, 21)
MONDAY = date(2026, 1, 19)  # the announcement before: Tuesday is a holiday
MORNING = datetime(2026, 1, 21, 6, 0, tzinfo=UTC)  # half an hour after the feed is due
RULES = PollingRules()
BOTH = ("cs.CL", "cs.LG")


def weeks_before(day: date, count: int) -> list[date]:
    return [day - timedelta(weeks=n) for n in range(1, count + 1)]


def wednesdays(**today: int) -> DayCounts:
    """Four ordinary Wednesdays and `today`: cs.CL 80 and cs.LG 150 on each."""
    ordinary = {"cs.CL": 80, "cs.LG": 150}
    counts = {name.replace("_", "."): count for name, count in today.items()}
    return dict.fromkeys(weeks_before(WEDNESDAY, 4), ordinary) | {WEDNESDAY: counts}


# --- what is usual -------------------------------------------------------------------------


def test_the_usual_count_is_the_median_of_the_same_weekdays() -> None:
    counts = dict(zip(weeks_before(WEDNESDAY, 3), (90, 300, 110), strict=True))
    counts |= {each - timedelta(days=1): 5 for each in counts}

    assert usual(counts, WEDNESDAY) == 110


def test_with_few_such_weekdays_all_days_count_and_with_few_days_nothing_is_usual() -> None:
    days = [WEDNESDAY - timedelta(days=n) for n in (1, 2, 5, 6, 7)]
    counts = dict(zip(days, (10, 20, 30, 40, 50), strict=True))

    assert usual(counts, WEDNESDAY) == 30
    assert usual(dict(list(counts.items())[:4]), WEDNESDAY) is None


def test_neither_the_day_itself_nor_what_is_older_than_eight_weeks_counts() -> None:
    counts = dict.fromkeys(weeks_before(WEDNESDAY, 12)[8:], 100) | {WEDNESDAY: 100}

    assert usual(counts, WEDNESDAY) is None


# --- a batch -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cs_cl", "cs_lg", "outcome"),
    [
        (80, 150, FeedOutcome.NEW),
        (40, 60, FeedOutcome.NEW),
        (40, 51, FeedOutcome.SHRUNKEN),
        (10, 15, FeedOutcome.SHRUNKEN),  # all categories alike: the whole is cut, not a part
        (0, 150, FeedOutcome.PARTIAL),
        (15, 150, FeedOutcome.PARTIAL),
        (80, 0, FeedOutcome.PARTIAL),
        (400, 900, FeedOutcome.NEW),
    ],
)
def test_a_batch_is_held_against_the_wednesdays_before(
    cs_cl: int, cs_lg: int, outcome: FeedOutcome
) -> None:
    counts = wednesdays(cs_CL=cs_cl, cs_LG=cs_lg)

    assert judge_batch(WEDNESDAY, counts, categories=BOTH).outcome is outcome


def test_a_partial_batch_names_the_category_and_what_is_usual() -> None:
    silent = judge_batch(WEDNESDAY, wednesdays(cs_LG=150), categories=BOTH)
    stale = judge_batch(WEDNESDAY, wednesdays(cs_LG=150), categories=BOTH, known_again={"cs.CL"})

    assert silent.silent == stale.silent == ("cs.CL",)
    assert silent.detail == (
        "The announcement of 21 January 2026 is not whole: cs.CL has no new papers "
        "(80 on such a day)."
    )
    assert "cs.CL has only papers announced before (80 on such a day)" in stale.detail


def test_a_shrunken_batch_says_how_few_and_how_many_there_should_be() -> None:
    judged = judge_batch(WEDNESDAY, wednesdays(cs_CL=5, cs_LG=7), categories=BOTH)

    assert "12 new papers" in judged.detail
    assert "the 230 of such a day" in judged.detail


def test_without_history_every_batch_is_as_good_as_any() -> None:
    judged = judge_batch(WEDNESDAY, {WEDNESDAY: {"cs.CL": 1}}, categories=BOTH)

    assert judged.outcome is FeedOutcome.NEW


def test_a_small_category_may_come_to_nothing_by_chance() -> None:
    ordinary = {"cs.LG": 150, "cs.DC": 9}
    counts = dict.fromkeys(weeks_before(WEDNESDAY, 4), ordinary)

    judged = judge_batch(
        WEDNESDAY, {**counts, WEDNESDAY: {"cs.LG": 150}}, categories=("cs.DC", "cs.LG")
    )

    assert judged.outcome is FeedOutcome.NEW


def test_the_days_before_a_category_was_asked_for_are_not_its_days_without_papers() -> None:
    counts = wednesdays(cs_CL=80, cs_LG=150)
    later = {day: {**counts[day], "cs.RO": 60} for day in weeks_before(WEDNESDAY, 3)}
    with_robots = {**counts, **later}

    judged = judge_batch(WEDNESDAY, with_robots, categories=(*BOTH, "cs.RO"))

    assert judged.silent == ("cs.RO",)


def test_a_category_nobody_asks_for_any_more_is_not_missed() -> None:
    judged = judge_batch(WEDNESDAY, wednesdays(cs_LG=150), categories=("cs.LG",))

    assert judged.outcome is FeedOutcome.NEW


def test_only_who_gets_few_papers_has_quiet_days() -> None:
    ordinary = {"math.HO": 2}
    few = dict.fromkeys(weeks_before(WEDNESDAY, 4), ordinary)

    assert is_quiet_day(WEDNESDAY, few, categories=("math.HO",))
    assert not is_quiet_day(WEDNESDAY, wednesdays(), categories=BOTH)
    assert not is_quiet_day(WEDNESDAY, {}, categories=BOTH)


# --- whose day it is -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "is_known_day", "known_papers", "day"),
    [
        (WEDNESDAY, False, 0, WEDNESDAY),
        (None, False, 0, WEDNESDAY),
        (MONDAY, False, 0, MONDAY),  # the bot was down on Monday
        (MONDAY, True, 0, WEDNESDAY),  # Monday was read: these are others
        (MONDAY, True, 50, MONDAY),  # the other half of Monday's
        (date(2026, 1, 22), False, 0, date(2026, 1, 22)),
    ],
)
def test_papers_belong_to_the_feeds_own_day_unless_that_day_was_read_already(
    claimed: date | None, is_known_day: bool, known_papers: int, day: date
) -> None:
    found = batch_day(
        claimed, WEDNESDAY, is_known_day=is_known_day, papers=100, known_papers=known_papers
    )

    assert found == day


# --- nothing new ---------------------------------------------------------------------------


def nothing_new(
    now: datetime,
    *,
    latest_on: date | None = MONDAY,
    claimed: date | None = None,
    items: int = 0,
    rules: PollingRules = RULES,
) -> FeedOutcome:
    return judge_nothing_new(
        now=now,
        rules=rules,
        latest_on=latest_on,
        claimed=claimed,
        items=items,
    ).outcome


def test_yesterdays_papers_under_todays_date_are_stale() -> None:
    assert nothing_new(MORNING, claimed=WEDNESDAY, items=300) is FeedOutcome.STALE
    assert nothing_new(MORNING, claimed=MONDAY, items=300) is FeedOutcome.UNCHANGED


def test_old_papers_under_a_holidays_date_are_no_news() -> None:
    holiday = datetime(2026, 1, 20, 7, 0, tzinfo=UTC)

    assert nothing_new(holiday, claimed=holiday.date(), items=300) is FeedOutcome.UNCHANGED


def test_nothing_new_is_late_once_the_patience_is_over_and_not_before() -> None:
    midnight = datetime(2026, 1, 21, 5, 0, tzinfo=UTC)  # in New York
    overdue = midnight + LATE_AFTER

    for items, before in ((0, FeedOutcome.EMPTY), (300, FeedOutcome.UNCHANGED)):
        look = partial(nothing_new, items=items)
        assert look(overdue - timedelta(minutes=1)) is before
        assert look(overdue) is FeedOutcome.LATE


@pytest.mark.parametrize(
    ("now", "latest_on"),
    [
        (datetime(2026, 1, 20, 20, 0, tzinfo=UTC), MONDAY),  # a holiday
        (datetime(2026, 1, 24, 20, 0, tzinfo=UTC), date(2026, 1, 23)),  # a Saturday
        (datetime(2026, 1, 25, 20, 0, tzinfo=UTC), None),  # a bot born on Sunday
    ],
)
def test_no_announcement_is_overdue_on_days_without_one(
    now: datetime, latest_on: date | None
) -> None:
    assert not is_overdue(now, latest_on, RULES)
    assert nothing_new(now, latest_on=latest_on) is FeedOutcome.EMPTY


def test_a_holiday_of_ones_own_is_a_holiday() -> None:
    afternoon = datetime(2026, 1, 21, 20, 0, tzinfo=UTC)
    rules = PollingRules(extra_holidays=frozenset({WEDNESDAY}))

    assert is_overdue(afternoon, MONDAY, RULES)
    assert not is_overdue(afternoon, MONDAY, rules)


# --- the next look -------------------------------------------------------------------------


def seconds_until_next(
    now: datetime = MORNING,
    outcome: FeedOutcome = FeedOutcome.UNCHANGED,
    *,
    latest_on: date | None = MONDAY,
    latest_at: datetime | None = None,
    is_doubtful: bool = False,
    failures: int = 0,
    retry_after: float | None = None,
) -> float:
    look = Look(now, outcome, latest_on, latest_at, is_doubtful, failures, retry_after)
    return (next_look_at(look, RULES, jitter=0.0) - now).total_seconds()


NEXT_FEED = (datetime(2026, 1, 22, 5, 30, tzinfo=UTC) - MORNING).total_seconds()


def test_until_the_batch_is_in_the_feed_is_looked_at_every_quarter_of_an_hour() -> None:
    assert seconds_until_next() == 15 * 60
    assert seconds_until_next(outcome=FeedOutcome.EMPTY) == 15 * 60
    assert seconds_until_next(latest_on=None) == 15 * 60


def test_a_batch_is_looked_at_once_more_an_hour_later_and_then_not_before_tomorrow() -> None:
    assert seconds_until_next(outcome=FeedOutcome.NEW, latest_on=WEDNESDAY, latest_at=MORNING) == (
        3600
    )
    an_hour_ago = MORNING - timedelta(hours=1)
    assert seconds_until_next(latest_on=WEDNESDAY, latest_at=an_hour_ago) == NEXT_FEED


def test_where_there_is_little_hope_looks_are_rarer_but_go_on() -> None:
    an_hour_ago = MORNING - timedelta(hours=1)

    assert seconds_until_next(outcome=FeedOutcome.STALE) == 3600
    assert seconds_until_next(outcome=FeedOutcome.LATE) == 3600
    assert seconds_until_next(latest_on=WEDNESDAY, latest_at=an_hour_ago, is_doubtful=True) == 3600
    holiday = datetime(2026, 1, 20, 8, 0, tzinfo=UTC)
    assert seconds_until_next(holiday, latest_at=holiday - timedelta(days=1)) == 3600


def test_a_weekend_is_rested_through_when_fridays_batch_is_in() -> None:
    saturday = datetime(2026, 1, 24, 12, 0, tzinfo=UTC)
    friday = date(2026, 1, 23)

    rested = seconds_until_next(saturday, latest_on=friday, latest_at=saturday - timedelta(days=1))

    assert saturday + timedelta(seconds=rested) == datetime(2026, 1, 26, 5, 30, tzinfo=UTC)
    assert seconds_until_next(saturday, latest_on=date(2026, 1, 22)) == 3600


def test_failures_are_backed_off_from_and_the_servers_wish_is_heard() -> None:
    waits = [seconds_until_next(outcome=FeedOutcome.FAILING, failures=n) / 60 for n in range(1, 12)]

    assert waits == [15, 30, 60, *[120] * 8]
    assert seconds_until_next(outcome=FeedOutcome.THROTTLED, failures=1, retry_after=7200) == 7200
    assert seconds_until_next(outcome=FeedOutcome.THROTTLED, failures=1, retry_after=5) == 900


def test_who_is_refused_stays_away_for_six_hours() -> None:
    assert seconds_until_next(outcome=FeedOutcome.REFUSED, failures=1) == 6 * 3600


@settings(max_examples=100)
@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001 - the time zone is given beside
    outcome=st.sampled_from([each for each in FeedOutcome if each is not FeedOutcome.REFUSED]),
    days_behind=st.integers(0, 10),
    is_doubtful=st.booleans(),
    jitter=st.floats(0, 1),
)
def test_the_next_look_is_soon_enough_for_the_next_feed_and_never_at_once(
    now: datetime, outcome: FeedOutcome, days_behind: int, is_doubtful: bool, jitter: float
) -> None:
    seen = calendar.eastern_day(now) - timedelta(days=days_behind)
    look = Look(now, outcome, seen, now - timedelta(hours=days_behind), is_doubtful)

    at = next_look_at(look, RULES, jitter=jitter)

    assert at - now >= timedelta(seconds=1)
    day = calendar.eastern_day(now)
    feeds = [calendar.feed_expected_at(day + timedelta(days=n)) for n in range(8)]
    weekdays = [feed for feed in feeds if feed > now and feed.weekday() < 5]
    assert at <= max(weekdays[0] + RULES.poll, now + timedelta(minutes=30))
