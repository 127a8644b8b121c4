"""When a message is tried again, and when no more."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.outbox import OutboxMessage, is_hopeless, is_stale, retry_delay
from bot.domain.subscriptions import Destination

NOW = datetime(2026, 1, 21, 6, 0, tzinfo=UTC)
CHANNEL = Destination("slack", "T1", "C1")
HOUR = 3600.0


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5), (2, 10), (5, 80), (11, HOUR)])
def test_waits_double_up_to_an_hour(attempts: int, seconds: float) -> None:
    assert retry_delay(attempts, retry_after=None, jitter=0.0) == seconds


def test_a_server_that_wants_more_time_gets_it() -> None:
    assert retry_delay(1, retry_after=90.0, jitter=0.0) == 90
    assert retry_delay(9, retry_after=90.0, jitter=0.0) > 90


def test_a_server_that_wants_a_year_gets_six_hours() -> None:
    assert retry_delay(1, retry_after=3e7, jitter=0.0) == 6 * HOUR


@settings(max_examples=50)
@given(
    attempts=st.integers(1, 10_000),
    wish=st.none() | st.floats(0, 6 * HOUR),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_a_wait_is_never_shorter_than_wished_nor_endless(
    attempts: int, wish: float | None, jitter: float
) -> None:
    delay = retry_delay(attempts, retry_after=wish, jitter=jitter)

    assert (wish or 0) <= delay <= 1.2 * 6 * HOUR


def test_a_message_is_hopeless_after_failing_long_enough() -> None:
    since = NOW - timedelta(hours=24)

    assert is_hopeless(since, now=NOW, give_up_after=timedelta(hours=24))
    assert not is_hopeless(since, now=NOW, give_up_after=timedelta(hours=25))


@pytest.mark.parametrize(
    ("age_days", "parent_key", "expected"), [(6.9, None, False), (7, None, True), (7, "p", False)]
)
def test_a_digest_that_waited_a_week_is_out_of_date_as_a_whole(
    age_days: float, parent_key: str | None, *, expected: bool
) -> None:
    message = OutboxMessage(
        "k", CHANNEL, "{}", parent_key=parent_key, created_at=NOW - timedelta(days=age_days)
    )

    assert is_stale(message, now=NOW, stale_after=timedelta(days=7)) is expected
