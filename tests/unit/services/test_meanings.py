"""Sentences' points in digests: vectors asked for once, and never a late digest."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.digest import DigestEntry, Silence
from bot.domain.interests import Formula, Interests, Term
from bot.domain.meaning import text_of
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.subscriptions import Subscription
from bot.errors import PermanentError, TransientError
from bot.services.digests import Slot
from bot.services.meanings import MeaningRules, doubts
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.planning import DAY, Planning

SENTENCE = "making long-context inference cheap"
NEAR = "2601.50000"
ABOUT = Interests(("cs.CL",), about=(SENTENCE,), min_score=1.0)
DOWN = TransientError("The model is in trouble (503): try again in a few minutes.")


def a_day_of_papers(*, category: str = "cs.CL", first: int = 0) -> list[Paper]:
    """Thirty papers on other things, and one that shares the sentence's words."""
    others = [
        Paper(
            f"2601.{first + number:05}",
            1,
            f"Chemistry number{first + number}",
            "",
            ("Ada",),
            (category,),
        )
        for number in range(30)
    ]
    near = "Making context windows cheap: inference over longer texts"
    return [*others, replace(others[0], arxiv_id=NEAR, title=near)]


async def announce(bot: Planning, papers: list[Paper], *, on: date = DAY) -> None:
    async with bot.open_unit() as unit:
        await unit.papers.add_announcements(
            [Announcement(each, AnnounceType.NEW, on) for each in papers], seen_at=bot.clock.now()
        )
        await unit.commit()


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def bot(embedder: FakeEmbedder) -> Planning:
    return with_model(Planning(), embedder)


def with_model(bot: Planning, embedder: FakeEmbedder | None) -> Planning:
    bot.embedder = embedder
    bot.start_again()
    return bot


def entries(bot: Planning, subscription: Subscription) -> tuple[DigestEntry, ...]:
    return bot.records(subscription)[-1].digest.entries


def notices(bot: Planning, subscription: Subscription) -> list[tuple[str, ...]]:
    return [record.digest.notices for record in bot.records(subscription)]


async def test_a_sentence_brings_what_is_near_and_says_so(bot: Planning) -> None:
    subscription = await bot.subscribe(interests=ABOUT)
    await announce(bot, a_day_of_papers())

    await bot.plan()

    [entry] = entries(bot, subscription)
    assert entry.paper.arxiv_id == NEAR
    [reason] = entry.reasons
    assert (reason.term, reason.where) == (f"“{SENTENCE}”", "meaning")
    assert 1.0 <= reason.points == entry.score <= 3.0
    assert notices(bot, subscription) == [()]


async def test_each_text_is_asked_for_once_over_subscriptions_rounds_and_restarts(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    papers = a_day_of_papers()
    await bot.subscribe("C1", interests=ABOUT)
    await bot.subscribe("C2", interests=replace(ABOUT, terms=(Term("chemistry"),)))
    await announce(bot, papers)

    await bot.plan()
    bot.start_again()
    other = await bot.subscribe("C3", interests=ABOUT)
    await bot.plan()
    await bot.digests.compose([other])

    assert sorted(embedder.asked) == sorted([SENTENCE, *map(text_of, papers)])


async def test_two_who_ask_at_once_ask_for_nothing_twice(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    bot.meaning_rules = MeaningRules(batch_size=4)
    bot.start_again()
    ours, theirs = [await bot.subscribe(name, interests=ABOUT) for name in ("C1", "C2")]
    await announce(bot, a_day_of_papers())

    one, other = await asyncio.gather(bot.digests.compose([ours]), bot.digests.compose([theirs]))

    assert [each.entries for each in one] == [each.entries for each in other]
    assert len(embedder.asked) == len(set(embedder.asked)) == 32


async def test_only_what_somebody_with_a_sentence_may_get_is_sent_to_the_model(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    await bot.subscribe("C1", interests=ABOUT)
    await bot.subscribe("C2", interests=Interests(("cs.RO",)))
    await announce(bot, a_day_of_papers())
    await announce(bot, a_day_of_papers(category="cs.RO", first=100)[:30])

    await bot.plan()

    assert len(embedder.asked) == 32


async def test_without_a_sentence_nobody_asks_the_model(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    await bot.subscribe("C1")
    await bot.subscribe("C2", interests=replace(ABOUT, formula=Formula.SEED))
    await announce(bot, a_day_of_papers())

    await bot.plan()
    await bot.meanings.prepare()

    assert embedder.calls == 0


async def test_without_a_model_a_sentence_is_as_if_it_were_not_there() -> None:
    bot = with_model(Planning(), None)
    with_it = await bot.subscribe("C1", interests=replace(ABOUT, terms=(Term("chemistry"),)))
    without = await bot.subscribe("C2", interests=replace(with_it.interests, about=()))
    await announce(bot, a_day_of_papers())

    await bot.plan()

    assert entries(bot, with_it) == entries(bot, without)
    assert notices(bot, with_it) == [()]


async def test_preparing_leaves_nothing_to_ask_for_when_digests_are_due(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    subscription = await bot.subscribe(interests=ABOUT)
    await announce(bot, a_day_of_papers())

    await bot.meanings.prepare()
    prepared = embedder.calls
    await bot.meanings.prepare()
    embedder.error = DOWN
    await bot.plan()

    assert embedder.calls == prepared
    assert [entry.paper.arxiv_id for entry in entries(bot, subscription)] == [NEAR]
    assert notices(bot, subscription) == [()]


@pytest.mark.parametrize("error", [DOWN, PermanentError("It does not accept the key.", code="no")])
async def test_a_failing_model_costs_its_points_and_the_digest_says_so(
    bot: Planning, embedder: FakeEmbedder, error: TransientError | PermanentError
) -> None:
    subscription = await bot.subscribe(interests=replace(ABOUT, terms=(Term("cheap"),)))
    await announce(bot, a_day_of_papers())
    embedder.error = error

    await bot.plan()

    [entry] = entries(bot, subscription)
    assert [reason.where for reason in entry.reasons] == ["title"]
    [[notice]] = notices(bot, subscription)
    assert notice.startswith("Sentences after `about:` earned no points this time: ")
    assert str(error) in notice
    assert bot.meanings.trouble == str(error)
    assert bot.figures.counted["embedding_calls", "failed"] == 1


async def test_a_digest_without_papers_tells_of_the_trouble_in_its_reason(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    subscription = await bot.subscribe(interests=replace(ABOUT, terms=(Term("quark"),)))
    await announce(bot, a_day_of_papers())
    embedder.error = DOWN

    await bot.plan()

    digest = bot.records(subscription)[-1].digest
    assert digest.silence is Silence.NOTHING_MATCHED
    assert digest.silence_reason.endswith(str(DOWN))


async def test_trouble_is_told_once_a_day(bot: Planning, embedder: FakeEmbedder) -> None:
    subscription = await bot.subscribe(interests=replace(ABOUT, terms=(Term("chemistry"),)))
    await announce(bot, a_day_of_papers())
    embedder.error = DOWN

    await bot.plan()
    await bot.digests.plan(await bot.now(subscription), Slot("now/1", None))
    bot.clock.advance(days=1)
    await announce(bot, a_day_of_papers(first=100), on=DAY + timedelta(days=1))
    await bot.digests.plan(await bot.now(subscription), Slot("now/2", None))

    told = [
        "about:" in " ".join((*record.digest.notices, record.digest.silence_reason))
        for record in bot.records(subscription)
    ]
    assert told == [True, False, True]


async def test_a_model_that_failed_is_left_alone_for_some_minutes(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    subscription = await bot.subscribe(interests=ABOUT)
    await announce(bot, a_day_of_papers())
    embedder.error = DOWN
    for _ in range(3):
        await bot.digests.compose([subscription])
    tried = embedder.calls

    embedder.error = None
    bot.clock.advance(seconds=301)
    [digest] = await bot.digests.compose([subscription])

    assert tried == 1
    assert [entry.paper.arxiv_id for entry in digest.entries] == [NEAR]
    assert bot.meanings.trouble == ""


async def test_a_model_that_does_not_answer_keeps_no_digest_waiting(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    bot.meaning_rules = MeaningRules(waits_seconds=0.02)
    bot.start_again()
    subscription = await bot.subscribe(interests=replace(ABOUT, terms=(Term("chemistry"),)))
    await announce(bot, a_day_of_papers())
    embedder.never_answers = True

    assert await bot.plan() == 1

    assert len(entries(bot, subscription)) > 1
    [[notice]] = notices(bot, subscription)
    assert "takes too long" in notice


async def test_one_paper_that_the_model_refuses_costs_no_others_their_points(
    bot: Planning, embedder: FakeEmbedder
) -> None:
    papers = a_day_of_papers()
    papers[7] = replace(papers[7], abstract="The poison of the frog.")
    subscription = await bot.subscribe(interests=ABOUT)
    await announce(bot, papers)

    await bot.plan()
    calls = embedder.calls
    await bot.digests.compose([subscription], with_posted=True)

    assert [entry.paper.arxiv_id for entry in entries(bot, subscription)] == [NEAR]
    assert embedder.calls == calls
    assert notices(bot, subscription) == [()]


async def test_batches_are_as_large_as_was_said(bot: Planning, embedder: FakeEmbedder) -> None:
    bot.meaning_rules = MeaningRules(batch_size=10)
    bot.start_again()
    await bot.subscribe(interests=ABOUT)
    await announce(bot, a_day_of_papers())

    await bot.plan()

    assert embedder.calls == 1 + 4  # the sentence; 31 papers


async def test_too_few_papers_to_compare_with_earn_nothing(bot: Planning) -> None:
    subscription = await bot.subscribe(interests=replace(ABOUT, terms=(Term("cheap"),)))
    await announce(bot, a_day_of_papers()[-10:])

    await bot.plan()

    [entry] = entries(bot, subscription)
    assert [reason.where for reason in entry.reasons] == ["title"]


def test_doubts_name_the_formula_and_the_missing_model() -> None:
    seed = replace(ABOUT, formula=Formula.SEED)

    assert list(doubts([ABOUT], mend="")) == []
    assert list(doubts([Interests(("cs.CL",))], mend="set KEY")) == []
    assert list(doubts([ABOUT], mend="set KEY")) == [
        "`about:` does nothing yet: to let it, set KEY."
    ]
    [first, second] = doubts([seed], mend="set KEY")
    assert "formula:terms" in first
    assert "set KEY" in second
