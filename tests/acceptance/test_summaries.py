"""Summaries from announcement to terminal: the real client, arXiv and a model on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.arxiv.feed_files import FeedFiles
from bot.domain.papers import Paper
from bot.errors import PermanentError, TransientError
from bot.services.summaries import STILL_WRITING
from tests.adapters.arxiv import latexml_page
from tests.fakes.model_answers import Shape
from tests.fakes.model_day import ModelDay, ask, feed_of, latest, model_day
from tests.fakes.model_server import TOO_LONG, Fault, refusal
from tests.fakes.world import paper
from tests.shared_data import ARXIV_DATA, needs_shared

DAY = ARXIV_DATA / "feeds" / "2026-01-21" / "cs.AI+cs.CL+cs.DC+cs.LG.xml"
PAPERS = tuple(
    paper(
        f"2601.0000{number}",
        f"Caches {number}",
        abstract=f"We share caches and gain {number}.5 times in speed on {number} machines.",
    )
    for number in range(1, 5)
)
ONE = PAPERS[0]
EVERY_CALL = 60  # more than any test makes


@pytest.fixture
async def day(tmp_path: Path) -> AsyncIterator[ModelDay]:
    async with model_day(tmp_path, papers=PAPERS) as made:
        yield made


# --- how many calls -------------------------------------------------------------------------


@needs_shared
@pytest.mark.slow
async def test_a_day_of_fifteen_summaries_takes_fifteen_calls_and_the_second_run_none(
    day: ModelDay,
) -> None:
    day.config |= {"keywords": ["language model", "agent"], "max_papers": 15}
    day.ai["max_papers_to_summarize"] = 15

    first = await day.run("digest", "--feed", str(DAY), "--format", "json")
    calls = len(day.model.calls)
    second = await day.run("digest", "--feed", str(DAY), "--format", "json")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert calls == 15
    assert len(day.model.calls) == 15
    assert second.stdout == first.stdout
    papers = json.loads(first.stdout)["papers"]
    assert {each["summary"]["model"] for each in papers} == {"fake-large"}
    assert all(
        each["summary"]["figures_found"] == each["summary"]["figures_checked"] for each in papers
    )


@needs_shared
@pytest.mark.slow
@pytest.mark.parametrize(("languages", "calls"), [(["en"], 15), (["en", "zh"], 30)])
async def test_ten_channels_share_the_calls_of_their_language(
    day: ModelDay, languages: list[str], calls: int
) -> None:
    day.ai["max_papers_to_summarize"] = 15
    async with day.bot(feed=FeedFiles([DAY])) as bot:
        for channel in range(10):
            wish = (
                f"subscribe cs.CL cs.LG kw:agent top:15 lang:{languages[channel % len(languages)]}"
            )
            await ask(bot, wish, channel=f"channel-{channel}")

        await asyncio.gather(
            *(ask(bot, "now", channel=f"channel-{channel}") for channel in range(10))
        )

        assert len(day.model.calls) == calls
        for channel in range(10):
            entries = (await latest(bot, f"channel-{channel}")).entries
            assert len(entries) == 15
            assert {entry.summary and entry.summary.model for entry in entries} == {"fake-large"}
            assert {entry.summary and entry.summary.language for entry in entries} == {
                languages[channel % len(languages)]
            }


async def test_only_the_best_papers_of_a_digest_are_for_the_model(day: ModelDay) -> None:
    day.ai["max_papers_to_summarize"] = 3
    async with day.bot(feed=feed_of(*PAPERS)) as bot:
        await ask(bot, "subscribe cs.CL")

        await ask(bot, "now")
        entries = (await latest(bot)).entries

    assert [bool(entry.summary) for entry in entries] == [True, True, True, False]
    assert len(day.model.calls) == 3


async def test_a_summary_in_a_digest_costs_a_command_nothing(day: ModelDay) -> None:
    async with day.bot(feed=feed_of(*PAPERS)) as bot:
        await ask(bot, "subscribe cs.CL")
        await ask(bot, "now")
        spent = await day.spent(bot)

        reply = await ask(bot, f"summarize {ONE.arxiv_id}")

        assert reply.summary is not None
        assert reply.summary.model == "fake-large"
        assert len(day.model.calls) == 4
        assert await day.spent(bot) == spent == day.charged.total_tokens


# --- faults ---------------------------------------------------------------------------------

FAULTS = {
    "401": (refusal(401, "Incorrect API key", code="invalid_api_key"), "check the variable"),
    "404": (refusal(404, "No such model", code="model_not_found"), "check ai_summary.model"),
    "429": (refusal(429, "Slow down"), "slow down"),
    "429 with Retry-After": (refusal(429, "Slow down", retry_after="900"), "in 900 seconds"),
    "500": (refusal(500, "Oops"), r"in trouble \(500\)"),
    "cut": (Fault(cuts=True), "broke off|unreadable|empty"),
    "empty": (Fault(shape=Shape.EMPTY), "empty answer"),
    "broken JSON": (Fault(shape=Shape.BROKEN_JSON), "unreadable"),
    "blocked": (Fault(shape=Shape.BLOCKED), "refuses this paper"),
    "too long": (TOO_LONG, "too long for the model"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_whatever_the_model_does_the_digest_goes_out_and_says_so_in_one_sentence(
    day: ModelDay, name: str
) -> None:
    fault, words = FAULTS[name]
    day.model.fail(*[fault] * EVERY_CALL)
    async with day.bot(feed=feed_of(*PAPERS)) as bot:
        await ask(bot, "subscribe cs.CL")

        await ask(bot, "now")

        digest = await latest(bot)
        assert len(digest.entries) == 4
        assert len(digest.notices) == 1
        with pytest.raises((TransientError, PermanentError), match=words) as caught:
            await ask(bot, f"summarize {ONE.arxiv_id}")
        assert "sk-fake" not in str(caught.value)
        # A stream that is cut was begun, and may be charged; all else is known to the token.
        assert await day.spent(bot) == day.charged.total_tokens


async def test_after_the_trouble_a_digest_s_papers_are_written_and_paid_once(
    day: ModelDay,
) -> None:
    day.model.fail(*[refusal(500, "Oops")] * EVERY_CALL)
    async with day.bot(feed=feed_of(*PAPERS)) as bot:
        await ask(bot, "subscribe cs.CL")
        await ask(bot, "now")
        day.model.faults.clear()
        asked = len(day.model.calls)
        day.clock.advance(seconds=3_600)

        for each in PAPERS:
            await ask(bot, f"summarize {each.arxiv_id}")
            await ask(bot, f"summarize {each.arxiv_id}")

        assert len(day.model.calls) == asked + 4
        assert await day.spent(bot) == day.charged.total_tokens > 0


async def test_an_answer_in_another_language_is_shown_and_said(day: ModelDay) -> None:
    day.model.fail(Fault(shape=Shape.WRONG_LANGUAGE))
    async with day.bot(feed=feed_of(ONE)) as bot:
        reply = await ask(bot, f"summarize {ONE.arxiv_id}", language="zh")

    assert reply.summary is not None
    assert "Chinese" in " ".join(reply.summary.notices)


async def test_a_digest_does_not_wait_for_a_model_that_never_answers(day: ModelDay) -> None:
    day.ai["digest_waits_seconds"] = 0
    day.model.fail(*[Fault(waits=True)] * 4)
    async with day.bot(feed=feed_of(*PAPERS)) as bot:
        await ask(bot, "subscribe cs.CL")

        await ask(bot, "now")

        digest = await latest(bot)
        assert len(digest.entries) == 4
        assert digest.notices == (STILL_WRITING,)
        await day.model.arrived(3)
        day.model.release()
        reply = await ask(bot, f"summarize {ONE.arxiv_id}")
        assert reply.summary is not None
        assert not reply.summary.is_extract
    assert len(day.model.calls) <= 4


# --- budgets --------------------------------------------------------------------------------


async def test_a_budget_spent_in_the_middle_of_a_digest_is_back_the_next_day(
    day: ModelDay,
) -> None:
    day.ai.update(tokens_per_workspace_and_day=1_000, max_workers=1)
    spent_line = "Today's budget of 1,000 tokens is spent: summaries are back at 00:00 UTC."
    async with day.bot(feed=feed_of(*PAPERS)) as bot:
        await ask(bot, "subscribe cs.CL")

        await ask(bot, "now")

        digest = await latest(bot)
        models = [entry.summary.model for entry in digest.entries if entry.summary]
        assert 1 <= len(models) < 4
        assert digest.notices == (spent_line,)
        missing = [entry.paper for entry in digest.entries if entry.summary is None]
        day.clock.advance(days=1)
        reply = await ask(bot, f"summarize {missing[0].arxiv_id}")
        assert reply.summary is not None
        assert reply.summary.model == "fake-large"


async def test_a_person_who_asked_enough_this_hour_is_told_when_to_go_on(day: ModelDay) -> None:
    day.ai["calls_per_user_and_hour"] = 1
    async with day.bot(feed=feed_of(*PAPERS)) as bot:
        await ask(bot, "summarize 2601.00001")

        with pytest.raises(TransientError, match=r"ask again from 08:00 UTC"):
            await ask(bot, "summarize 2601.00002")

        assert (await ask(bot, "summarize 2601.00001")).summary is not None
        assert "model tokens are spent" in (await ask(bot, "status")).text


# --- the terminal ---------------------------------------------------------------------------


async def test_summarize_shows_source_sections_and_checked_numbers(day: ModelDay) -> None:
    body = latexml_page.paper(latexml_page.paragraph("Ours is 7.3 times faster than theirs."))
    day.arxiv.pages["html"] = lambda _: body

    done = await day.run("summarize", ONE.arxiv_id)

    assert done.returncode == 0, done.stderr
    assert "Contributions" in done.stdout
    assert "Main results" in done.stdout
    assert "fake-large · read: HTML · numbers checked: " in done.stdout


async def test_an_invented_number_is_marked(day: ModelDay) -> None:
    day.model.answer = lambda _: json.dumps(
        {"language": "en", "sections": [{"heading": "Results", "text": "It gains 93.7 %."}]}
    )

    done = await day.run("summarize", ONE.arxiv_id)

    assert "It gains 93.7 % (not found in the paper)." in done.stdout
    assert "numbers checked: 0 of 1" in done.stdout


async def test_ask_answers_with_quotes_that_stand_in_the_paper(day: ModelDay) -> None:
    done = await day.run("ask", ONE.arxiv_id, "which", "machines", "and", "caches?")

    assert done.returncode == 0, done.stderr
    assert f"“{ONE.abstract}”" in done.stdout
    assert "quotes checked: 1 of 1" in done.stdout


async def test_ask_says_when_the_paper_does_not(day: ModelDay) -> None:
    done = await day.run("ask", ONE.arxiv_id, "zebrafish?")

    assert "The paper does not say." in done.stdout


async def test_without_a_key_there_are_extracts_and_how_to_get_more(day: ModelDay) -> None:
    day.has_key = False

    summary = await day.run("summarize", ONE.arxiv_id)
    answer = await day.run("ask", ONE.arxiv_id, "how many machines?")

    assert "In the abstract's words" in summary.stdout
    assert "Set LAB_MODEL_KEY for a summary of the full text." in summary.stdout
    assert "Passages of the paper that share its telling words; not an answer." in answer.stdout
    assert f"“{ONE.abstract}”" in answer.stdout
    assert "Set LAB_MODEL_KEY for an answer from the full text." in answer.stdout
    assert day.model.calls == []


async def test_switched_off_it_asks_no_model_and_says_which_setting(day: ModelDay) -> None:
    day.ai["enabled"] = False

    done = await day.run("summarize", ONE.arxiv_id)

    assert "Set ai_summary.enabled to true in config.json for a summary" in done.stdout
    assert day.model.calls == []


async def test_a_wrong_key_is_one_sentence_and_exit_code_1(day: ModelDay) -> None:
    day.model.fail(refusal(401, "Incorrect API key", code="invalid_api_key"))

    done = await day.run("summarize", ONE.arxiv_id)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == (
        "The model at 127.0.0.1 does not accept the key: check the variable LAB_MODEL_KEY."
    )


async def test_similar_names_what_papers_share(day: ModelDay) -> None:
    others: tuple[Paper, ...] = (paper("2601.00009", "Primes", abstract="Primes are counted."),)
    async with day.bot(feed=feed_of(*PAPERS, *others)) as bot:
        await ask(bot, "preview cs.CL")

        reply = await ask(bot, f"similar {ONE.arxiv_id}")

    assert "of 5 papers stored" in reply.text
    assert {entry.paper for entry in reply.papers} == set(PAPERS[1:])
    assert {"caches", "share caches"} & {reason.term for reason in reply.papers[0].reasons}
