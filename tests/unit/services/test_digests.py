"""One digest at a time, as `preview` and `now` ask for it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.digest import Silence
from bot.domain.interests import Interests, Term
from bot.services.digests import Slot
from tests.fakes.planning import NINE, Planning

SLOT = Slot("now/1", next_run_at=NINE + timedelta(days=1))


@pytest.fixture
def bot() -> Planning:
    return Planning()


async def test_a_digest_that_is_only_composed_leaves_nothing_behind(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1")

    [digest] = await bot.digests.compose([subscription])

    assert [entry.paper.arxiv_id for entry in digest.entries] == ["2601.1"]
    assert bot.records(subscription) == ()
    assert bot.messages() == []
    assert await bot.now(subscription) == subscription


async def test_digests_of_several_subscriptions_are_composed_each_by_its_own_interests(
    bot: Planning,
) -> None:
    language = await bot.subscribe("C1")
    robots = await bot.subscribe("C2", interests=Interests(categories=("cs.RO",)))
    await bot.announce("2601.1", category="cs.CL")
    await bot.announce("2601.2", category="cs.RO")

    digests = await bot.digests.compose([language, robots])

    found = [[entry.paper.arxiv_id for entry in digest.entries] for digest in digests]
    assert found == [["2601.1"], ["2601.2"]]


async def test_without_any_announcement_a_digest_is_empty_and_says_so(bot: Planning) -> None:
    subscription = await bot.subscribe()

    [digest] = await bot.digests.compose([subscription])

    assert digest.is_empty
    assert digest.silence is Silence.FEED_LATE
    assert digest.seen_through == 0


async def test_an_empty_digest_names_the_score_that_missed(bot: Planning) -> None:
    wants = Interests(categories=("cs.CL",), terms=(Term("2601.1"),), min_score=50)
    subscription = await bot.subscribe(interests=wants)
    await bot.announce("2601.1")

    [digest] = await bot.digests.compose([subscription])

    assert digest.silence is Silence.NOTHING_MATCHED
    assert "of the 50 needed (2601.1" in digest.silence_reason


async def test_a_planned_digest_moves_the_cursor_behind_what_it_considered(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1", "2601.2")

    digest = await bot.digests.plan(subscription, SLOT)

    assert digest is not None
    assert digest.seen_through == 2
    stored = await bot.now(subscription)
    assert (stored.seen_through, stored.next_run_at) == (2, SLOT.next_run_at)
    assert len(bot.messages()) == 1


async def test_a_cursor_stays_where_nothing_new_was_announced(bot: Planning) -> None:
    subscription = replace(await bot.subscribe(), seen_through=7)
    await bot.save(subscription)

    await bot.digests.plan(subscription, SLOT)

    assert (await bot.now(subscription)).seen_through == 7


async def test_a_slot_has_one_digest(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1")
    await bot.digests.plan(subscription, SLOT)
    await bot.announce("2601.2")

    assert await bot.digests.plan(await bot.now(subscription), SLOT) is None

    assert bot.posted(subscription) == [["2601.1"]]
    assert len(bot.messages()) == 1


async def test_a_subscription_removed_meanwhile_gets_no_digest(bot: Planning) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1")
    async with bot.open_unit() as unit:
        await unit.subscriptions.remove(subscription)
        await unit.commit()

    assert await bot.digests.plan(subscription, SLOT) is None
    assert bot.messages() == []


async def test_what_was_posted_before_stays_out_even_when_the_cursor_is_behind_it(
    bot: Planning,
) -> None:
    subscription = await bot.subscribe()
    await bot.announce("2601.1")
    await bot.digests.plan(subscription, SLOT)
    await bot.announce("2601.2")

    [digest] = await bot.digests.compose([subscription])

    assert [entry.paper.arxiv_id for entry in digest.entries] == ["2601.2"]


async def test_the_days_counted_back_are_arxivs(bot: Planning) -> None:
    """Late on Wednesday in New York it is Thursday in UTC, and two days back is Monday."""
    bot.clock.move_to(datetime(2026, 1, 22, 3, 0, tzinfo=UTC))
    subscription = await bot.subscribe(interests=Interests(categories=("cs.CL",), days_back=2))
    await bot.announce("2601.1", on=date(2026, 1, 18))
    await bot.announce("2601.2", on=date(2026, 1, 19))

    [digest] = await bot.digests.compose([subscription])

    assert [entry.paper.arxiv_id for entry in digest.entries] == ["2601.2"]
