"""Ingest that notices: what each look at the feed brought, and when it looks again."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.feed_health import PollingRules
from bot.domain.silence import FeedStanding
from bot.errors import PermanentError, TransientError
from bot.services.standing import feed_standing
from tests.fakes.announcements import MORNING, Ingesting, papers, revised

TODAY = date(2026, 1, 21)
MONDAY = date(2026, 1, 19)  # the announcement before: Tuesday is a holiday
NEXT_FEED = datetime(2026, 1, 22, 5, 30, tzinfo=UTC)
REFUSED = PermanentError("arXiv's feed refuses us (403).", code="forbidden")
FAILED = TransientError("arXiv's feed broke off in the middle.")


def throttled(seconds: float) -> TransientError:
    return TransientError(
        "arXiv's feed asks us to slow down (429).", retry_after=seconds, code="throttled"
    )


async def listening(*, at: datetime = MORNING, rules: PollingRules | None = None) -> Ingesting:
    """A bot that had Monday's papers and has one subscriber."""
    bot = Ingesting(at=at, rules=rules)
    await bot.subscribe("cs.CL")
    await bot.remember(MONDAY, *papers("2601.1", 30))
    return bot


async def with_history(bot: Ingesting) -> None:
    """Four ordinary Wednesdays: 40 papers of cs.CL, 60 of cs.LG."""
    for week in range(1, 5):
        day = TODAY - timedelta(weeks=week)
        await bot.remember(day, *papers(f"250{week}.1", 40), *papers(f"250{week}.2", 60, "cs.LG"))


async def standing(bot: Ingesting) -> FeedStanding:
    async with bot.unit() as unit:
        return await feed_standing(
            unit,
            now=bot.clock.now(),
            extra_holidays=bot.rules.extra_holidays,
            late_after=bot.rules.late_after,
        )


# --- the day's batch -----------------------------------------------------------------------


async def test_the_feed_is_looked_at_until_the_batch_is_in_and_then_left_alone() -> None:
    bot = await listening()
    bot.feed.papers, bot.feed.day = papers("2601.1", 30), MONDAY
    await bot.poll_until(MORNING + timedelta(minutes=40))
    bot.feed.papers, bot.feed.day = papers("2601.2", 30), TODAY

    came = await bot.poll_until(NEXT_FEED - timedelta(minutes=1))

    assert bot.outcomes[:4] == ["unchanged", "unchanged", "unchanged", "new"]
    assert bot.announced(TODAY) == {each.arxiv_id for each in bot.feed.papers}
    assert set(bot.outcomes[4:]) == {"unchanged"}
    assert came[-1] - came[0] == timedelta(minutes=65)  # one more look, for what came in parts
    assert await bot.ingest.poll() == NEXT_FEED


async def test_polling_again_before_it_is_time_asks_nothing() -> None:
    bot = await listening()
    bot.feed.papers = papers("2601.2", 30)

    times = {await bot.ingest.poll() for _ in range(5)}

    assert bot.feed.asked == 1
    assert times == {MORNING + timedelta(hours=1)}


async def test_a_start_after_a_crash_keeps_to_the_time_of_the_next_look() -> None:
    bot = await listening()
    bot.feed.papers = papers("2601.2", 30)
    expected = await bot.ingest.poll()

    bot.start_again()

    assert await bot.ingest.poll() == expected
    assert bot.feed.asked == 1


async def test_without_subscriptions_arxiv_is_left_alone() -> None:
    bot = Ingesting()

    assert await bot.ingest.poll() == MORNING + bot.rules.poll
    assert bot.feed.asked == 0


async def test_categories_nobody_wanted_before_are_looked_at_at_once() -> None:
    bot = await listening()
    bot.feed.papers = papers("2601.2", 30)
    await bot.ingest.poll()
    await bot.subscribe("cs.LG", "hep-th")

    await bot.ingest.poll()

    assert bot.feed.asked == 2
    assert bot.feed.asked_for == ("cs.CL", "cs.LG", "hep-th")
    assert bot.feed.conditions == [None, None]
    await bot.ingest.poll()
    assert bot.feed.asked == 2


async def test_the_condition_of_a_request_is_the_etag_of_the_same_categories() -> None:
    bot = await listening()
    bot.feed.papers = papers("2601.2", 30)
    await bot.ingest.ingest(["cs.CL"])
    first = bot.memory.checks[-1].etag
    await bot.ingest.ingest(["cs.CL", "cs.LG"])

    check = await bot.ingest.ingest(["cs.CL"])

    assert first is not None
    assert bot.feed.conditions == [None, None, first]
    assert check.outcome == "unchanged"


async def test_what_comes_in_two_parts_is_taken_in_two_parts() -> None:
    bot = await listening()
    whole = papers("2601.2", 60)
    bot.feed.papers = whole[:30]
    await bot.ingest.poll()
    bot.feed.papers = whole

    await bot.poll_until(MORNING + timedelta(hours=3))

    assert bot.announced(TODAY) == {each.arxiv_id for each in whole}
    assert [check.unseen for check in bot.memory.checks if check.unseen] == [30, 30]


async def test_a_feed_that_comes_on_a_holiday_is_read_all_the_same() -> None:
    tuesday = datetime(2026, 1, 20, 6, 0, tzinfo=UTC)
    bot = await listening(at=tuesday)
    bot.feed.papers, bot.feed.day = papers("2601.1", 30), MONDAY
    await bot.poll_until(tuesday + timedelta(hours=2))
    bot.feed.papers, bot.feed.day = papers("2601.2", 30), tuesday.date()

    await bot.poll_until(tuesday + timedelta(hours=6))

    assert bot.announced(tuesday.date()) == {each.arxiv_id for each in bot.feed.papers}
    assert "late" not in bot.outcomes


async def test_papers_under_the_date_of_a_day_read_before_are_todays() -> None:
    bot = await listening()
    bot.feed.papers, bot.feed.day = papers("2601.1", 30), MONDAY
    await bot.ingest.poll()
    bot.feed.papers = papers("2601.2", 30)

    await bot.poll_until(MORNING + timedelta(hours=1))

    assert len(bot.announced(TODAY)) == 30
    assert len(bot.announced(MONDAY)) == 30


async def test_a_batch_of_the_day_before_does_not_end_the_look_out_for_todays() -> None:
    bot = Ingesting()
    await bot.subscribe("cs.CL")
    await bot.remember(date(2026, 1, 16), *papers("2601.0", 30))
    bot.feed.papers, bot.feed.day = papers("2601.1", 30), MONDAY  # we were down on Monday
    await bot.ingest.poll()
    bot.feed.papers, bot.feed.day = papers("2601.2", 30), TODAY

    await bot.poll_until(MORNING + timedelta(hours=1))

    assert len(bot.announced(MONDAY)) == len(bot.announced(TODAY)) == 30


async def test_a_first_batch_that_was_stale_is_followed_by_the_true_one() -> None:
    bot = Ingesting()
    await bot.subscribe("cs.CL")
    bot.feed.papers = papers("2601.1", 30)  # Monday's under today's date: who could know
    await bot.poll_until(MORNING + timedelta(hours=4))
    bot.feed.papers = papers("2601.2", 30)

    await bot.poll_until(MORNING + timedelta(hours=6))

    assert len(bot.announced(TODAY)) == 60


# --- bad days ------------------------------------------------------------------------------


async def test_yesterdays_papers_under_todays_date_are_stale_and_the_look_out_goes_on() -> None:
    bot = await listening()
    bot.feed.papers = papers("2601.1", 30)

    next_at = await bot.ingest.poll()
    await bot.poll_at(next_at)

    assert bot.outcomes == ["stale", "stale"]  # the second time it was a 304
    assert next_at == MORNING + timedelta(hours=1)
    assert "21 January 2026" in bot.memory.checks[0].detail


async def test_a_shrunken_batch_is_kept_told_and_looked_after() -> None:
    bot = await listening()
    await with_history(bot)
    await bot.subscribe("cs.LG")
    bot.feed.papers = [*papers("2601.2", 6), *papers("2601.3", 9, "cs.LG")]

    came = await bot.poll_until(MORNING + timedelta(hours=4))

    assert bot.outcomes == ["shrunken", *["unchanged"] * (len(came) - 1)]
    assert len(came) >= 4
    assert "15 new papers" in (await standing(bot)).batch_detail


async def test_a_silent_category_is_named_until_its_papers_come() -> None:
    bot = await listening()
    await with_history(bot)
    await bot.subscribe("cs.LG")
    bot.feed.papers = [*papers("2601.1", 30), *papers("2601.3", 60, "cs.LG")]  # cs.CL is Monday's
    await bot.poll_until(MORNING + timedelta(hours=2))

    doubtful = await standing(bot)
    bot.feed.papers = [*papers("2601.2", 40), *papers("2601.3", 60, "cs.LG")]
    await bot.poll_until(MORNING + timedelta(hours=4))
    whole = await standing(bot)

    assert bot.outcomes[0] == "partial"
    assert doubtful.silent == ("cs.CL",)
    assert "cs.CL has only papers announced before (40 on such a day)" in doubtful.batch_detail
    assert (whole.silent, whole.batch_detail) == ((), "")
    assert len(bot.announced(TODAY)) == 100


async def test_a_weekday_that_yields_nothing_becomes_a_warning_after_its_hours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bot = await listening(rules=PollingRules(late_after=timedelta(hours=3)))
    bot.feed.papers, bot.feed.day = papers("2601.1", 30), MONDAY

    await bot.poll_until(MORNING + timedelta(hours=1, minutes=59))
    assert not (await standing(bot)).is_overdue
    assert "late" not in bot.outcomes

    with caplog.at_level(logging.WARNING):
        await bot.poll_until(MORNING + timedelta(hours=4))

    assert (await standing(bot)).is_overdue
    assert bot.outcomes[-1] == "late"
    assert bot.figures.counted["feed_checks", "late"] >= 1
    assert any(getattr(each, "outcome", "") == "late" for each in caplog.records)


async def test_who_gets_few_papers_may_have_a_day_without_any() -> None:
    bot = Ingesting()
    await bot.subscribe("math.HO")
    for week in range(1, 5):
        await bot.remember(TODAY - timedelta(weeks=week), *papers(f"250{week}.1", 2, "math.HO"))

    await bot.poll_until(MORNING + timedelta(hours=12))

    assert set(bot.outcomes) == {"empty"}
    assert len(bot.outcomes) <= 12
    assert (await standing(bot)).latest_on == TODAY


async def test_an_empty_feed_is_looked_at_again_soon() -> None:
    bot = await listening()

    next_at = await bot.ingest.poll()

    assert bot.outcomes == ["empty"]
    assert next_at == MORNING + bot.rules.poll


# --- trouble -------------------------------------------------------------------------------


async def test_a_refusal_stops_every_request_for_six_hours(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bot = await listening()
    bot.feed.error = REFUSED

    next_at = await bot.ingest.poll()
    bot.start_again()
    for hour in range(5):
        await bot.poll_at(MORNING + timedelta(hours=hour + 1))
        await bot.subscribe(("cs.LG", "cs.AI", "cs.CV", "cs.RO", "cs.DC")[hour])
        held = await bot.ingest.ingest(["cs.CL"])
        assert held.outcome == "refused"

    assert next_at == MORNING + timedelta(hours=6)
    assert bot.feed.asked == 1
    assert any(each.levelno == logging.ERROR for each in caplog.records)
    bot.feed.error = None
    bot.feed.papers = papers("2601.2", 30)
    await bot.poll_at(next_at)
    assert bot.outcomes == ["refused", "new"]


async def test_the_time_that_arxiv_asks_us_to_wait_is_waited() -> None:
    bot = await listening()
    bot.feed.error = throttled(7200)

    next_at = await bot.ingest.poll()
    await bot.poll_at(MORNING + timedelta(minutes=119))

    assert next_at == MORNING + timedelta(hours=2)
    assert bot.feed.asked == 1
    assert bot.outcomes == ["throttled"]


async def test_failures_are_backed_off_from_and_forgotten_after_a_success() -> None:
    bot = await listening()
    bot.feed.error = FAILED
    first = await bot.ingest.poll()
    second = await bot.poll_at(first)
    bot.feed.error = None
    third = await bot.poll_at(second)
    bot.feed.error = FAILED

    fourth = await bot.poll_at(third)

    assert bot.outcomes == ["failing", "failing", "empty", "failing"]
    assert second - first == 2 * (first - MORNING)
    assert fourth - third == first - MORNING


async def test_who_asks_himself_may_try_again_after_a_failure() -> None:
    bot = await listening()
    bot.feed.error = FAILED
    await bot.ingest.poll()
    bot.feed.error = None
    bot.feed.papers = papers("2601.2", 30)

    check = await bot.ingest.ingest(["cs.CL"])

    assert check.outcome == "new"


async def test_a_new_version_of_a_known_paper_is_news() -> None:
    bot = await listening()
    known = papers("2601.1", 30)
    bot.feed.papers = [revised(known[0]), *known[1:]]

    check = await bot.ingest.ingest(["cs.CL"])

    assert (check.outcome, check.items, check.unseen) == ("new", 30, 1)


async def test_figures_tell_of_each_look_and_of_the_last_batch() -> None:
    bot = await listening()
    await bot.ingest.poll()
    bot.feed.papers = papers("2601.2", 33)

    await bot.poll_until(MORNING + timedelta(hours=2))

    assert bot.figures.counted["feed_checks", "empty"] == 1
    assert bot.figures.counted["feed_checks", "new"] == 1
    assert bot.figures.gauges["feed_batch_size",] == 33
