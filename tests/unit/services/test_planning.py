"""Which digests are planned when, with which papers, and what may go wrong beside them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

import pytest

from bot.domain.digest import Digest, DigestEntry, Silence
from bot.domain.interests import Interests, Term, TermKind
from bot.domain.missed_days import MissedDay
from bot.domain.outbox import OutboxMessage
from bot.domain.papers import AnnounceType, Paper
from bot.domain.subscriptions import Schedule, Subscription, SubscriptionState
from bot.domain.summary import Summary
from bot.errors import TransientError
from bot.ports import FullText
from bot.services.digests import Slot
from tests.fakes.memory import MemoryDatabase, MemoryOutbox, MemoryUnitOfWork, Transaction
from tests.fakes.planning import (
    DAY,
    NINE,
    CountingSummarizer,
    Planning,
    a_paper,
    channels,
)

TOMORROW_AT_NINE = NINE + timedelta(days=1)
TUESDAY = date(2026, 1, 20)
IN_TWO_HOURS = (20,) * 6  # minutes: the patience, without a pause that looks like a sleep


@pytest.fixture
def bot() -> Planning:
    return Planning()


# --- what is planned -----------------------------------------------------------------------


async def test_a_due_digest_has_every_paper_since_the_last_one(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1", "2601.2")
    await bot.plan()
    await bot.announce("2601.3", on=date(2026, 1, 22))

    planned = await bot.plan(minutes=24 * 60)

    assert planned == 1
    assert bot.posted(subscription) == [["2601.1", "2601.2"], ["2601.3"]]
    assert bot.slots(subscription) == ["2026-01-21T09:00", "2026-01-22T09:00"]
    assert len(bot.messages()) == 2


async def test_what_is_not_due_waits(bot: Planning) -> None:
    subscription = await bot.subscribe(due_at=NINE + timedelta(minutes=1))
    await bot.announce("2601.1")

    assert await bot.plan() == 0
    assert await bot.plan(minutes=1) == 1
    assert bot.posted(subscription) == [["2601.1"]]


async def test_a_planned_digest_is_not_due_again(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1")
    await bot.plan()

    assert await bot.plan() == 0

    stored = await bot.now(subscription)
    assert stored.next_run_at == TOMORROW_AT_NINE
    assert stored.seen_through == 1


async def test_papers_older_than_days_back_stay_out_and_each_subscription_has_its_own(
    bot: Planning,
) -> None:
    short = await bot.subscribe("C1", interests=Interests(categories=("cs.CL",), days_back=2))
    long = await bot.subscribe("C2", interests=Interests(categories=("cs.CL",), days_back=9))
    await bot.announce("2601.1", on=date(2026, 1, 14))
    await bot.announce("2601.2", on=date(2026, 1, 19))
    await bot.announce("2601.3")

    await bot.plan()

    assert bot.posted(short) == [["2601.2", "2601.3"]]
    assert bot.posted(long) == [["2601.1", "2601.2", "2601.3"]]


async def test_several_hundred_digests_are_planned_in_one_round(bot: Planning) -> None:
    everybody = [await bot.subscribe(channel) for channel in channels(230)]
    await bot.announce("2601.1", "2601.2")

    planned = await bot.plan()

    assert planned == 230
    assert all(bot.posted(each) == [["2601.1", "2601.2"]] for each in everybody)
    assert bot.figures.counted["digests_planned", "no"] == 230


async def test_a_summary_is_asked_for_once_for_all_who_get_the_paper(bot: Planning) -> None:
    for channel in channels(120):
        await bot.subscribe(channel)
    await bot.announce("2601.1", "2601.2")

    await bot.plan()

    assert sorted(bot.extractor.asked) == [("2601.1v1", "en"), ("2601.2v1", "en")]


async def test_a_sleep_of_days_ends_in_one_digest_for_the_last_time_missed(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1")
    await bot.plan()
    for day in (22, 23):
        await bot.announce(f"2601.{day}", on=date(2026, 1, day))

    planned = await bot.plan(minutes=(3 * 24 + 5) * 60)

    assert planned == 1
    assert bot.slots(subscription) == ["2026-01-21T09:00", "2026-01-24T09:00"]
    assert bot.posted(subscription)[1] == ["2601.22", "2601.23"]
    assert (await bot.now(subscription)).next_run_at == datetime(2026, 1, 25, 9, tzinfo=UTC)


# --- silence -------------------------------------------------------------------------------


async def test_an_empty_digest_is_kept_with_its_reason_but_not_sent(bot: Planning) -> None:
    subscription = await bot.subscribe(interests=Interests(categories=("math.AG",)))
    await bot.announce("2601.1")

    await bot.plan()

    [record] = bot.records(subscription)
    assert record.digest.silence is Silence.NOTHING_NEW
    assert "math.AG" in record.digest.silence_reason
    assert bot.messages() == []
    assert bot.figures.counted["digests_planned", "yes"] == 1


async def test_an_empty_digest_is_sent_to_a_channel_that_asked_to_be_told(bot: Planning) -> None:
    await bot.subscribe(interests=Interests(categories=("math.AG",)), announce_empty=True)
    await bot.announce("2601.1")

    await bot.plan()

    [message] = bot.messages()
    assert "Nothing new was announced in math.AG" in message


async def test_a_store_without_any_announcement_gives_empty_digests_after_the_patience(
    bot: Planning,
) -> None:
    subscription = await bot.subscribe()

    planned = [await bot.plan(minutes=minutes) for minutes in (0, *IN_TWO_HOURS)]

    assert planned == [0, 0, 0, 0, 0, 0, 1]
    assert bot.posted(subscription) == [[]]
    assert (await bot.now(subscription)).next_run_at == TOMORROW_AT_NINE


# --- late announcements --------------------------------------------------------------------


async def test_while_the_announcement_is_late_due_digests_wait_for_it(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1", on=TUESDAY)

    assert await bot.plan() == 0
    assert bot.figures.gauges["digests_waiting_for_feed",] == 1
    assert await bot.plan(minutes=20) == 0
    await bot.announce("2601.2")
    assert await bot.plan(minutes=20) == 1

    assert bot.posted(subscription) == [["2601.1", "2601.2"]]
    assert bot.slots(subscription) == ["2026-01-21T09:00"]
    assert bot.figures.gauges["digests_waiting_for_feed",] == 0


async def test_after_the_patience_a_digest_goes_out_without_the_late_announcement(
    bot: Planning,
) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1", on=TUESDAY)

    planned = [await bot.plan(minutes=minutes) for minutes in (0, *IN_TWO_HOURS)]

    assert planned == [0, 0, 0, 0, 0, 0, 1]
    assert bot.posted(subscription) == [["2601.1"]]


async def test_after_a_start_digests_wait_until_arxiv_could_be_asked(bot: Planning) -> None:
    """Overdue for longer than the patience: but nobody could look at the feed meanwhile."""
    subscription = await bot.subscribe(due_at=NINE - timedelta(days=20))
    await bot.announce("2601.1", on=date(2026, 1, 2))
    bot.clock.advance(seconds=6 * 3600)
    bot.start_again()

    assert await bot.plan() == 0
    await bot.announce("2601.2")
    assert await bot.plan(minutes=1) == 1

    assert bot.posted(subscription) == [["2601.2"]]


async def test_a_long_sleep_is_like_a_start(bot: Planning) -> None:
    await bot.subscribe()
    await bot.announce("2601.1")
    await bot.plan()

    assert await bot.plan(minutes=48 * 60) == 0
    assert await bot.plan(minutes=20) == 0


async def test_a_run_long_overdue_waits_with_the_others_for_todays_announcement(
    bot: Planning,
) -> None:
    """Its run of today is due since a minute, whatever it missed before."""
    bot.clock.move_to(NINE - timedelta(hours=3))
    await bot.announce("2601.1", on=TUESDAY)
    subscription = await bot.subscribe(due_at=NINE - timedelta(days=5))
    assert [await bot.plan(minutes=29) for _ in range(4)] == [0, 0, 0, 0]

    bot.clock.move_to(NINE + timedelta(minutes=1))
    assert await bot.plan() == 0
    await bot.announce("2601.2")
    assert await bot.plan(minutes=1) == 1

    assert bot.slots(subscription) == ["2026-01-21T09:00"]
    assert bot.posted(subscription) == [["2601.1", "2601.2"]]


async def test_digests_wait_for_days_that_are_being_caught_up(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1")
    await _remember(bot, MissedDay(date(2026, 1, 16)))

    assert await bot.plan() == 0
    await bot.announce("2601.0", on=date(2026, 1, 16))
    await _remember(bot, MissedDay(date(2026, 1, 16), is_done=True))
    assert await bot.plan(minutes=1) == 1

    assert bot.posted(subscription) == [["2601.1", "2601.0"]]


async def _remember(bot: Planning, missed: MissedDay) -> None:
    async with bot.open_unit() as unit:
        await unit.feeds.put_missed([missed])
        await unit.commit()


# --- one that fails ------------------------------------------------------------------------


async def test_a_digest_that_cannot_be_shown_keeps_nobody_else_waiting(
    bot: Planning, caplog: pytest.LogCaptureFixture
) -> None:
    everybody = [await bot.subscribe(channel) for channel in channels(30)]
    bot.renderer.broken = {"C7"}
    await bot.announce("2601.1")

    planned = await bot.plan()

    broken = everybody[6]
    assert planned == 29
    assert bot.records(broken) == ()
    [skipped] = [record for record in caplog.records if record.msg == "planning.skipped"]
    assert skipped.levelno == logging.ERROR
    assert skipped.__dict__["subscription"] == broken.id
    assert skipped.__dict__["reason"] == "this digest cannot be shown"


async def test_what_a_skipped_digest_lacked_comes_with_the_next_one(bot: Planning) -> None:
    subscription = await bot.subscribe()
    bot.renderer.broken = {"C1"}
    await bot.announce("2601.1")
    await bot.plan()
    assert (await bot.now(subscription)).next_run_at == TOMORROW_AT_NINE

    bot.renderer.broken.clear()
    await bot.announce("2601.2", on=date(2026, 1, 22))
    await bot.plan(minutes=24 * 60)

    assert bot.posted(subscription) == [["2601.1", "2601.2"]]


async def test_a_term_that_breaks_the_ranking_of_all_harms_only_its_own_digest(
    bot: Planning,
) -> None:
    broken = Interests(categories=("cs.CL",), terms=(Term("(", kind=TermKind.REGEX),))
    everybody = [
        await bot.subscribe(channel, interests=broken if channel == "C11" else None)
        for channel in channels(25)
    ]
    await bot.announce("2601.1")

    assert await bot.plan() == 24

    assert bot.records(everybody[10]) == ()
    assert (await bot.now(everybody[10])).next_run_at == TOMORROW_AT_NINE
    assert all(bot.posted(each) == [["2601.1"]] for each in everybody if each is not everybody[10])


async def test_a_schedule_that_cannot_be_read_is_tried_again_a_day_later(bot: Planning) -> None:
    nowhere = await bot.subscribe("C1", schedule=Schedule(timezone="Mars/Olympus"))
    other = await bot.subscribe("C2")
    await bot.announce("2601.1")

    assert await bot.plan() == 1

    assert bot.posted(other) == [["2601.1"]]
    assert (await bot.now(nowhere)).next_run_at == TOMORROW_AT_NINE


async def test_a_platform_that_is_not_connected_gets_its_papers_when_it_is(
    bot: Planning, caplog: pytest.LogCaptureFixture
) -> None:
    subscription = await bot.subscribe()
    elsewhere = replace(subscription.destination, platform="telegraph")
    await bot.save(replace(subscription, destination=elsewhere))
    await bot.announce("2601.1")

    assert await bot.plan() == 0

    stored = await bot.now(subscription)
    assert (stored.seen_through, stored.next_run_at) == (0, TOMORROW_AT_NINE)
    assert "planning.not_connected" in caplog.messages


async def test_a_digest_that_the_database_refuses_harms_only_itself(bot: Planning) -> None:
    database = RefusingDatabase(channel="C5")
    bot = Planning(database=database)
    everybody = [await bot.subscribe(channel) for channel in channels(12)]
    await bot.announce("2601.1")

    assert await bot.plan() == 11

    assert bot.records(everybody[4]) == ()
    assert bot.messages("C5") == []
    assert bot.posted(everybody[11]) == [["2601.1"]]


async def test_a_database_that_fails_ends_the_round_and_leaves_the_rest_due() -> None:
    database = RefusingDatabase(channel="C1", error=TransientError("It is locked."))
    bot = Planning(database=database)
    subscription = await bot.subscribe()
    await bot.announce("2601.1")

    with pytest.raises(TransientError):
        await bot.plan()
    database.channel = ""

    assert await bot.plan(minutes=1) == 1
    assert bot.posted(subscription) == [["2601.1"]]


# --- what happens meanwhile ----------------------------------------------------------------


async def test_a_subscription_paused_while_summaries_are_written_gets_nothing() -> None:
    bot, subscription = await _with_a_slow_summary(_pause)

    assert await bot.plan() == 0

    assert bot.records(subscription) == ()
    assert bot.messages() == []
    assert (await bot.now(subscription)).seen_through == 0


async def test_a_subscription_removed_while_summaries_are_written_gets_nothing() -> None:
    bot, subscription = await _with_a_slow_summary(_remove)

    assert await bot.plan() == 0

    assert bot.records(subscription) == ()
    assert bot.messages() == []


async def test_a_schedule_edited_while_summaries_are_written_stays_as_edited() -> None:
    bot, subscription = await _with_a_slow_summary(_move_to_noon)

    assert await bot.plan() == 0
    assert await bot.plan(minutes=3 * 60) == 1

    assert bot.slots(subscription) == ["2026-01-21T12:00"]
    assert bot.posted(subscription) == [["2601.1"]]
    assert (await bot.now(subscription)).schedule.at == time(12)


async def test_a_schedule_edited_while_a_digest_is_asked_for_stays_as_edited() -> None:
    """`now` writes a summary for as long as planning does."""
    bot, subscription = await _with_a_slow_summary(_move_to_noon)

    await bot.digests.plan(subscription, Slot("now/1", TOMORROW_AT_NINE))

    stored = await bot.now(subscription)
    assert stored.next_run_at == NINE + timedelta(hours=3)
    assert bot.posted(subscription) == [["2601.1"]]


async def test_a_paper_posted_while_summaries_are_written_is_not_posted_again() -> None:
    async def post_by_hand(bot: Planning, subscription: Subscription) -> None:
        entry = DigestEntry(1, a_paper("2601.1"), AnnounceType.NEW, score=0.0, reasons=())
        digest = Digest("now/1", DAY, considered=1, matched=1, entries=(entry,))
        async with bot.open_unit() as unit:
            await unit.digests.add(subscription.id, digest, created_at=NINE)
            await unit.commit()

    bot, subscription = await _with_a_slow_summary(post_by_hand, "2601.1", "2601.2")

    assert await bot.plan() == 1

    assert bot.posted(subscription) == [["2601.1"], ["2601.2"]]


async def test_two_processes_that_plan_at_once_make_each_digest_once() -> None:
    database = MemoryDatabase()
    one, other = Planning(database=database), Planning(database=database)
    everybody = [await one.subscribe(channel) for channel in channels(150)]
    await one.announce("2601.1")

    planned = await asyncio.gather(one.plan(), other.plan())

    assert sum(planned) == 150
    assert all(one.posted(each) == [["2601.1"]] for each in everybody)
    assert all(len(one.messages(each.destination.channel_id)) == 1 for each in everybody)


async def test_a_slot_that_is_taken_is_not_planned_for_ever() -> None:
    bot = Planning()
    subscription = await bot.subscribe()
    await bot.announce("2601.1")
    await bot.plan()
    await bot.save(replace(await bot.now(subscription), next_run_at=NINE))
    await bot.announce("2601.2")

    assert await bot.plan() == 0
    assert (await bot.now(subscription)).next_run_at == TOMORROW_AT_NINE
    await bot.announce("2601.3", on=date(2026, 1, 22))
    await bot.plan(minutes=24 * 60)

    assert bot.posted(subscription) == [["2601.1"], ["2601.2", "2601.3"]]


# --- fakes of these claims -----------------------------------------------------------------

Meanwhile = Callable[[Planning, Subscription], Awaitable[None]]


async def _with_a_slow_summary(meanwhile: Meanwhile, *ids: str) -> tuple[Planning, Subscription]:
    """A bot to whose only subscription `meanwhile` happens as its first summary is written."""
    bot = Planning()
    subscription = await bot.subscribe()
    await bot.announce(*(ids or ("2601.1",)))
    bot.extractor = SlowSummarizer(lambda: meanwhile(bot, subscription))
    bot.start_again()
    return bot, subscription


async def _pause(bot: Planning, subscription: Subscription) -> None:
    await bot.save(replace(subscription, state=SubscriptionState.PAUSED, next_run_at=None))


async def _remove(bot: Planning, subscription: Subscription) -> None:
    async with bot.open_unit() as unit:
        await unit.subscriptions.remove(subscription)
        await unit.commit()


async def _move_to_noon(bot: Planning, subscription: Subscription) -> None:
    noon = replace(subscription.schedule, at=time(12))
    await bot.save(replace(subscription, schedule=noon, next_run_at=NINE + timedelta(hours=3)))


class SlowSummarizer(CountingSummarizer):
    """Lets something happen while the first summary is written."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    async def summarize(self, paper: Paper, text: FullText, *, language: str) -> Summary:
        if not self.asked:
            await self._meanwhile()
        return await super().summarize(paper, text, language=language)


class RefusingDatabase(MemoryDatabase):
    """Takes no message to `channel`."""

    def __init__(self, *, channel: str, error: Exception | None = None) -> None:
        super().__init__()
        self.channel = channel
        self.error = error or ValueError("this text cannot be stored")

    def unit_of_work(self) -> MemoryUnitOfWork:
        return _RefusingUnit(self)


class _RefusingUnit(MemoryUnitOfWork):
    def __init__(self, database: RefusingDatabase) -> None:
        super().__init__(database)
        self._refusing = database

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.outbox = _RefusingOutbox(self._transaction, self._refusing)
        return self


class _RefusingOutbox(MemoryOutbox):
    def __init__(self, transaction: Transaction, database: RefusingDatabase) -> None:
        super().__init__(transaction)
        self._database = database

    async def add(self, messages: Sequence[OutboxMessage], *, now: datetime) -> None:
        if any(each.destination.channel_id == self._database.channel for each in messages):
            raise self._database.error
        await super().add(messages, now=now)
