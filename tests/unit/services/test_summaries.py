"""One call for all who want the same summary; a digest that never fails for want of one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.llm.extractive import ExtractiveSummarizer
from adapters.scheduling.system_clock import SystemClock
from bot.domain.budgets import BudgetLimits, BudgetSpentError, Payer
from bot.domain.papers import Paper
from bot.errors import PermanentError, TransientError
from bot.ports import Clock
from bot.services.budgets import BudgetService
from bot.services.summaries import STILL_WRITING, SummaryRules, SummaryService, Wanted
from tests.fakes.clock import FrozenClock
from tests.fakes.memory import MemoryDatabase
from tests.fakes.model import FakeModel
from tests.fakes.world import FakeFullTexts, paper

ONE = paper("2601.00001", "Caches")
TWO = paper("2601.00002", "Drafts")
PAYER = Payer("slack:T1")
OTHER = Payer("discord:G1")
DOWN = TransientError("The model is in trouble (500): try again in a few minutes.")
KEY_REFUSED = PermanentError("The model does not accept the key.", code="unauthorized")
TOO_LONG = PermanentError("The paper is too long.", code="context_too_long")


class Bench:
    """A summary service over fakes; `another()` is the same in another process."""

    def __init__(
        self,
        *,
        tokens: int = 1_000_000,
        rules: SummaryRules | None = None,
        clock: Clock | None = None,
        has_model: bool = True,
    ) -> None:
        self.frozen = FrozenClock()
        self.clock = clock or self.frozen
        self.database = MemoryDatabase()
        self.rules = rules or SummaryRules(digest_waits_seconds=20, poll_seconds=0.01)
        self.budgets = BudgetService(
            open_unit=self.database.unit_of_work,
            clock=self.clock,
            limits=BudgetLimits(tokens, 100),
        )
        self.model = FakeModel(self.budgets.charge)
        self.has_model = has_model
        self.service = self.another()

    def another(self) -> SummaryService:
        return SummaryService(
            summarizer=self.model if self.has_model else None,
            extractor=ExtractiveSummarizer(),
            full_texts=FakeFullTexts(),
            open_unit=self.database.unit_of_work,
            clock=self.clock,
            budgets=self.budgets,
            rules=self.rules,
        )


def wanted(
    *papers: Paper, language: str = "en", payers: tuple[Payer, ...] = (PAYER,)
) -> list[Wanted]:
    return [Wanted(each, language, payers) for each in papers]


# --- one call for all -----------------------------------------------------------------------


async def test_a_written_summary_is_never_asked_for_again() -> None:
    bench = Bench()
    first = await bench.service.get_or_write(ONE, language="en", payer=PAYER)

    assert await bench.another().get_or_write(ONE, language="en", payer=OTHER) == first
    assert bench.model.calls == ["2601.00001v1 en"]


async def test_another_version_language_or_prompt_is_another_summary() -> None:
    bench = Bench()
    await bench.service.get_or_write(ONE, language="en")

    await bench.service.get_or_write(ONE, language="zh")
    await bench.service.get_or_write(replace(ONE, version=2), language="en")
    bench.model.prompt = "summary@2"
    await bench.service.get_or_write(ONE, language="en")

    assert len(bench.model.calls) == 4


async def test_a_command_and_a_digest_at_once_share_one_call() -> None:
    bench = Bench()
    bench.model.hold()

    digest = asyncio.create_task(bench.service.for_digests(wanted(ONE)))
    command = asyncio.create_task(bench.service.get_or_write(ONE, language="en", payer=PAYER))
    await bench.model.asked.wait()
    bench.model.open.set()

    assert (await digest)["en", "2601.00001v1"] == await command
    assert len(bench.model.calls) == 1


async def test_two_processes_at_once_share_one_call() -> None:
    bench = Bench(clock=SystemClock())
    bench.model.hold()

    ours = asyncio.create_task(bench.service.get_or_write(ONE, language="en"))
    await bench.model.asked.wait()
    theirs = asyncio.create_task(bench.another().get_or_write(ONE, language="en"))
    await asyncio.sleep(0)
    bench.model.open.set()

    assert await ours == await theirs
    assert len(bench.model.calls) == 1


async def test_what_a_crashed_process_began_another_one_writes_when_the_lease_is_over() -> None:
    bench = Bench()
    bench.model.hold()
    crashed = asyncio.create_task(bench.service.get_or_write(ONE, language="en"))
    await bench.model.asked.wait()
    never = bench.model.open  # what the crashed one waits for
    bench.model.open = asyncio.Event()
    bench.model.open.set()

    bench.frozen.advance(seconds=bench.rules.lease_seconds)
    summary = await bench.another().get_or_write(ONE, language="en")

    assert not summary.is_extract
    assert len(bench.model.calls) == 2
    never.set()
    await crashed


async def test_who_goes_away_does_not_stop_the_call_for_the_others() -> None:
    bench = Bench()
    bench.model.hold()
    gone = asyncio.create_task(bench.service.get_or_write(ONE, language="en"))
    await bench.model.asked.wait()

    gone.cancel()
    bench.model.open.set()
    await bench.service.settled()

    assert (await bench.service.get_or_write(ONE, language="en")).model == "fake-large"
    assert len(bench.model.calls) == 1


async def test_closing_gives_the_turn_back() -> None:
    bench = Bench()
    bench.model.hold()
    asked = asyncio.create_task(bench.service.get_or_write(ONE, language="en"))
    await bench.model.asked.wait()

    await bench.service.aclose()
    bench.model.open.set()

    with pytest.raises(asyncio.CancelledError):
        await asked
    assert (await bench.another().get_or_write(ONE, language="en")).model == "fake-large"


# --- without a model ------------------------------------------------------------------------


async def test_without_a_model_there_is_the_extract_and_no_excuse() -> None:
    bench = Bench(has_model=False)

    found = await bench.service.for_digests(wanted(ONE))

    assert found["en", "2601.00001v1"].is_extract
    assert found["en", "2601.00001v1"].notices == ()
    assert (await bench.service.get_or_write(ONE, language="en")).is_extract
    assert bench.service.papers_per_digest == 0


# --- digests --------------------------------------------------------------------------------


async def test_papers_nobody_pays_for_come_as_extracts_unless_their_summary_is_there() -> None:
    bench = Bench()
    await bench.service.get_or_write(ONE, language="en")

    found = await bench.service.for_digests(wanted(ONE, TWO, payers=()))

    assert not found["en", "2601.00001v1"].is_extract
    assert found["en", "2601.00002v1"].is_extract
    assert len(bench.model.calls) == 1


async def test_a_digest_goes_out_with_extracts_when_its_time_is_over_and_writing_goes_on() -> None:
    bench = Bench(rules=SummaryRules(digest_waits_seconds=0))
    bench.model.hold()

    found = await bench.service.for_digests(wanted(ONE))
    assert found["en", "2601.00001v1"].is_extract
    assert found["en", "2601.00001v1"].notices == (STILL_WRITING,)
    bench.model.open.set()
    await bench.service.settled()

    found = await bench.service.for_digests(wanted(ONE))
    assert not found["en", "2601.00001v1"].is_extract
    assert len(bench.model.calls) == 1


async def test_one_paper_s_failure_leaves_the_others_their_summaries() -> None:
    bench = Bench()
    bench.model.errors["2601.00001"] = DOWN

    found = await bench.service.for_digests(wanted(ONE, TWO))

    assert found["en", "2601.00001v1"].notices == (str(DOWN),)
    assert not found["en", "2601.00002v1"].is_extract


async def test_progress_is_told_for_each_summary() -> None:
    bench = Bench()
    told: list[tuple[int, int, str]] = []

    await bench.service.for_digests(
        wanted(ONE, TWO), progress=lambda done, total, what: told.append((done, total, what))
    )

    assert told == [(1, 2, "summaries"), (2, 2, "summaries")]


# --- failures -------------------------------------------------------------------------------


async def test_a_failed_paper_rests_longer_each_time_and_is_then_tried_again() -> None:
    bench = Bench()
    bench.model.errors["2601.00001"] = DOWN
    for rest in (timedelta(minutes=5), timedelta(minutes=15)):
        with pytest.raises(TransientError, match="in trouble"):
            await bench.service.get_or_write(ONE, language="en")
        calls = len(bench.model.calls)
        bench.frozen.advance(seconds=rest.total_seconds() - 1)

        with pytest.raises(TransientError, match=r"is tried again from \d\d:\d\d UTC"):
            await bench.another().get_or_write(ONE, language="en")

        assert len(bench.model.calls) == calls
        bench.frozen.advance(seconds=1)
    bench.model.errors.clear()

    assert not (await bench.service.get_or_write(ONE, language="en")).is_extract


async def test_a_refused_key_is_not_tried_with_every_paper() -> None:
    bench = Bench(rules=SummaryRules(concurrent=1, digest_waits_seconds=20))
    bench.model.errors[""] = KEY_REFUSED

    found = await bench.service.for_digests(wanted(ONE, TWO))

    assert [summary.notices for summary in found.values()] == [(str(KEY_REFUSED),)] * 2
    assert len(bench.model.calls) == 1


async def test_once_the_key_is_mended_no_paper_has_to_rest() -> None:
    bench = Bench()
    bench.model.errors[""] = KEY_REFUSED
    await bench.service.for_digests(wanted(ONE, TWO))

    bench.model.errors.clear()
    restarted = bench.another()

    assert not (await restarted.get_or_write(ONE, language="en")).is_extract


async def test_a_paper_too_long_rests_and_the_others_do_not() -> None:
    bench = Bench()
    bench.model.errors["2601.00001"] = TOO_LONG
    with pytest.raises(PermanentError):
        await bench.service.get_or_write(ONE, language="en")

    with pytest.raises(TransientError, match="too long"):
        await bench.service.get_or_write(ONE, language="en")

    assert not (await bench.service.get_or_write(TWO, language="en")).is_extract
    assert len(bench.model.calls) == 2


async def test_an_endpoint_that_asks_for_time_is_given_it() -> None:
    bench = Bench()
    bench.model.errors[""] = TransientError("Slow down.", retry_after=600)
    with pytest.raises(TransientError):
        await bench.service.get_or_write(ONE, language="en")

    with pytest.raises(TransientError, match="Slow down"):
        await bench.service.get_or_write(TWO, language="en")

    assert len(bench.model.calls) == 1
    bench.frozen.advance(seconds=600)
    bench.model.errors.clear()
    assert not (await bench.service.get_or_write(TWO, language="en")).is_extract


# --- budgets --------------------------------------------------------------------------------


async def test_a_stored_summary_costs_nothing_and_the_first_to_ask_pays() -> None:
    bench = Bench()
    await bench.service.get_or_write(ONE, language="en", payer=PAYER)

    await bench.service.get_or_write(ONE, language="en", payer=OTHER)

    assert "1,000 of today's" in await bench.budgets.line(PAYER.workspace)
    assert " 0 of today's" in f" {await bench.budgets.line(OTHER.workspace)}"


async def test_a_budget_spent_within_a_digest_leaves_the_rest_as_extracts_until_midnight() -> None:
    bench = Bench(tokens=1_500, rules=SummaryRules(concurrent=1, digest_waits_seconds=20))
    papers = [paper(f"2601.0000{number}", f"Paper {number}") for number in range(1, 6)]

    found = await bench.service.for_digests(wanted(*papers))

    assert [summary.is_extract for summary in found.values()].count(False) == 2
    assert {summary.notices for summary in found.values() if summary.is_extract} == {
        ("Today's budget of 1,500 tokens is spent: summaries are back at 00:00 UTC.",)
    }
    bench.frozen.advance(days=1)
    again = await bench.service.for_digests(wanted(*papers[:4]))
    assert [summary.is_extract for summary in again.values()] == [False] * 4
    assert len(bench.model.calls) == 4


async def test_who_has_nothing_left_is_shown_what_another_workspace_pays_for() -> None:
    bench = Bench(tokens=900)
    await bench.service.get_or_write(ONE, language="en", payer=PAYER)

    found = await bench.service.for_digests(wanted(TWO, payers=(PAYER, OTHER)))

    assert not found["en", "2601.00002v1"].is_extract
    with pytest.raises(BudgetSpentError):
        await bench.service.get_or_write(paper("2601.00003", "X"), language="en", payer=PAYER)


async def test_a_spent_budget_is_no_failure_of_the_paper() -> None:
    bench = Bench(tokens=900)
    await bench.service.get_or_write(ONE, language="en", payer=PAYER)
    with pytest.raises(BudgetSpentError):
        await bench.service.get_or_write(TWO, language="en", payer=PAYER)

    assert not (await bench.service.get_or_write(TWO, language="en", payer=OTHER)).is_extract


async def test_a_failure_that_was_charged_is_paid_once() -> None:
    bench = Bench()
    bench.model.errors[""] = TransientError("The model gave an empty answer.")
    bench.model.charges_failures = True

    with pytest.raises(TransientError):
        await bench.service.get_or_write(ONE, language="en", payer=PAYER)
    with pytest.raises(TransientError):
        await bench.service.get_or_write(ONE, language="en", payer=PAYER)

    assert "1,000 of today's" in await bench.budgets.line(PAYER.workspace)
