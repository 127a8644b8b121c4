"""Get a paper's summary or have it written: once, however many ask, in whatever process."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.budgets import BudgetSpentError, Payer
from bot.domain.paper_text import estimate_tokens
from bot.domain.papers import Paper
from bot.domain.summary import Summary, SummaryKey, SummarySource
from bot.errors import PermanentError, TransientError
from bot.ports import (
    Clock,
    FullText,
    FullTextSource,
    Progress,
    Summarizer,
    SummaryFailure,
    SummaryTurn,
    UnitOfWorkFactory,
    no_progress,
)
from bot.services.budgets import BudgetService

log = logging.getLogger(__name__)

STILL_WRITING = (
    "Summaries that take longer come as extracts: `summarize ID` shows them once they are written."
)
_EXTRACTS_KEPT = 4_096  # a few days' papers, about a kilobyte each
_THE_PAPER_S_FAULT = frozenset(("context_too_long", "content_filter", "answer_too_long"))
_ENDPOINT_RESTS = timedelta(minutes=1)  # after it refused us, not the paper
_LONGEST_REST = timedelta(hours=6)
_OTHERS_TRIED = 3  # flights of others joined before their budgets' end becomes ours


@dataclass(frozen=True, slots=True)
class SummaryRules:
    """Settings of summaries."""

    papers_per_digest: int = 10  # that get a model's summary, best first
    digest_waits_seconds: float = 600.0
    concurrent: int = 6  # summaries for digests under way at one time
    tokens_per_paper: int = 24_000  # of its text sent, at most
    tokens_beside: int = 2_500  # of prompt and answer, at most
    lease_seconds: float = 60.0  # after a crash another process goes on so much later
    poll_seconds: float = 1.0  # between two looks at what another process is writing
    first_rest: timedelta = timedelta(minutes=5)  # after a failure; three times as long each time


RULES = SummaryRules()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A summary that digests want to show."""

    paper: Paper
    language: str
    payers: tuple[Payer, ...] = ()  # who would pay a model, first come first; none: an extract

    @property
    def place(self) -> tuple[str, str]:
        """Language and versioned ID."""
        return self.language, self.paper.versioned_id


@dataclass(frozen=True, slots=True)
class _Trouble:
    """The endpoint refuses us, whatever the paper."""

    error: PermanentError | TransientError
    until: datetime


class SummaryService:
    """Summaries shared by every subscription, command, feed and page.

    A model's summary is stored and never asked for twice. An extract costs nothing, so it is
    made again after a restart rather than stored. `budgets` None counts nothing.
    """

    def __init__(
        self,
        *,
        summarizer: Summarizer | None,
        extractor: Summarizer,
        full_texts: FullTextSource,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        budgets: BudgetService | None = None,
        rules: SummaryRules = RULES,
    ) -> None:
        self._summarizer = summarizer
        self._extractor = extractor
        self._full_texts = full_texts
        self._open_unit = open_unit
        self._clock = clock
        self._budgets = budgets
        self._rules = rules
        self._holder = uuid.uuid4().hex
        self._under_way: dict[SummaryKey, asyncio.Task[Summary]] = {}
        self._background: set[asyncio.Task[Summary | str]] = set()
        self._for_digests = asyncio.Semaphore(rules.concurrent)
        self._extracts: OrderedDict[tuple[str, int], Summary] = OrderedDict()
        self._trouble: _Trouble | None = None

    @property
    def papers_per_digest(self) -> int:
        """How many of a digest's papers get a model's summary."""
        return self._rules.papers_per_digest if self._summarizer else 0

    async def get_or_write(
        self,
        paper: Paper,
        *,
        language: str,
        payer: Payer | None = None,
        progress: Progress = no_progress,
    ) -> Summary:
        """The model's summary, or the extract where no model is set up.

        A stored one costs nothing; a new one is paid by whoever asks first. Raises
        BudgetSpentError, TransientError or PermanentError, each in one sentence.
        """
        if self._summarizer is None:
            return await self.extract(paper)
        key = _key(self._summarizer, paper, language)
        async with self._open_unit() as unit:
            stored = await unit.summaries.find(
                paper, language=language, prompt=key.prompt, model=key.model
            )
        return stored or await self._write_once(self._summarizer, paper, key, payer, progress)

    async def for_digests(
        self, wanted: Collection[Wanted], *, progress: Progress = no_progress
    ) -> dict[tuple[str, str], Summary]:
        """For each place of `wanted` the model's summary, or an extract: never an error.

        Waits `digest_waits_seconds` at most; what is not there by then goes on being written, for
        whoever asks next. An extract in place of a model's summary says why in its notices.
        """
        if self._summarizer is None:
            return await self._extracts_of(wanted, {}, progress)
        found = await self._stored(self._summarizer, wanted)
        missing = [each for each in wanted if each.payers and each.place not in found]
        total = len(missing)
        tasks = {
            asyncio.create_task(self._or_sentence(self._summarizer, each)): each.place
            for each in missing
        }
        finished = 0

        def tell(_: asyncio.Task[Summary | str]) -> None:
            nonlocal finished
            finished += 1
            progress(finished, total, "summaries")

        for task in tasks:
            self._background.add(task)
            task.add_done_callback(self._background.discard)
            task.add_done_callback(tell)
        if tasks:
            await asyncio.wait(tasks, timeout=self._rules.digest_waits_seconds)
        reasons = dict.fromkeys(tasks.values(), STILL_WRITING)
        for task, place in tasks.items():
            if task.done() and not task.cancelled():
                outcome = task.result()
                if isinstance(outcome, Summary):
                    found[place] = outcome
                else:
                    reasons[place] = outcome
        rest = [each for each in wanted if each.place not in found]
        return found | await self._extracts_of(rest, reasons, no_progress)

    async def extract(self, paper: Paper) -> Summary:
        """The abstract's telling sentences."""
        key = (paper.arxiv_id, paper.version)
        if key not in self._extracts:
            abstract = FullText(SummarySource.ABSTRACT, paper.abstract)
            self._extracts[key] = await self._extractor.summarize(paper, abstract, language="en")
            if len(self._extracts) > _EXTRACTS_KEPT:
                self._extracts.popitem(last=False)
        return self._extracts[key]

    async def settled(self) -> None:
        """Return when nothing is being written any more."""
        while under_way := {*self._background, *self._under_way.values()}:
            await asyncio.wait(under_way)

    async def aclose(self) -> None:
        """Stop writing; turns are given back."""
        under_way = [*self._background, *self._under_way.values()]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    # --- for digests ----------------------------------------------------------------------------

    async def _stored(
        self, model: Summarizer, wanted: Iterable[Wanted]
    ) -> dict[tuple[str, str], Summary]:
        found: dict[tuple[str, str], Summary] = {}
        async with self._open_unit() as unit:
            for each in wanted:
                summary = await unit.summaries.find(
                    each.paper, language=each.language, prompt=model.prompt, model=model.model
                )
                if summary is not None:
                    found[each.place] = summary
        return found

    async def _extracts_of(
        self, wanted: Collection[Wanted], reasons: dict[tuple[str, str], str], progress: Progress
    ) -> dict[tuple[str, str], Summary]:
        made: dict[tuple[str, str], Summary] = {}
        for each in wanted:
            summary = await self.extract(each.paper)
            if reason := reasons.get(each.place):
                summary = replace(summary, notices=(reason,))
            made[each.place] = summary
            progress(len(made), len(wanted), "summaries")
            await asyncio.sleep(0)  # nothing above waits for anybody: others have their turn
        return made

    async def _or_sentence(self, model: Summarizer, wanted: Wanted) -> Summary | str:
        """The summary, paid by the first who can; else what kept it from us."""
        key = _key(model, wanted.paper, wanted.language)
        reason = ""
        async with self._for_digests:
            for payer in wanted.payers:
                try:
                    return await self._write_once(model, wanted.paper, key, payer, no_progress)
                except BudgetSpentError as error:
                    reason = reason or str(error)
                except (TransientError, PermanentError) as error:
                    return str(error)
        return reason

    # --- one summary ----------------------------------------------------------------------------

    async def _write_once(
        self,
        model: Summarizer,
        paper: Paper,
        key: SummaryKey,
        payer: Payer | None,
        progress: Progress,
    ) -> Summary:
        """One call for everybody who waits for the same summary."""
        for _ in range(_OTHERS_TRIED):
            task = self._under_way.get(key)
            if task is None:
                break
            try:
                return await asyncio.shield(task)
            except BudgetSpentError:
                continue  # theirs is spent; ours may not be
        task = asyncio.create_task(self._flight(model, paper, key, payer, progress))
        self._under_way[key] = task
        task.add_done_callback(lambda done: self._landed(key, done))
        # Whoever asked may go away; the others still wait for the same call.
        return await asyncio.shield(task)

    def _landed(self, key: SummaryKey, task: asyncio.Task[Summary]) -> None:
        if self._under_way.get(key) is task:
            del self._under_way[key]
        error = None if task.cancelled() else task.exception()
        if error and not isinstance(error, BudgetSpentError):
            log.warning("summary.failed", extra={"summary": str(key), "reason": str(error)})

    async def _flight(
        self,
        model: Summarizer,
        paper: Paper,
        key: SummaryKey,
        payer: Payer | None,
        progress: Progress,
    ) -> Summary:
        if self._trouble and self._clock.now() < self._trouble.until:
            raise _again(self._trouble.error)
        turn = await self._turn(key)
        if turn.summary is not None:
            return turn.summary
        if not turn.is_ours:
            raise _remembered(turn.failure, self._clock.now())
        try:
            async with self._kept(key):
                summary = await self._write(model, paper, key, payer, progress)
                async with self._open_unit() as unit:
                    await unit.summaries.put(summary, created_at=self._clock.now())
                    await unit.commit()
        except (TransientError, PermanentError) as error:
            await self._learn(key, turn, error)
            raise
        except BaseException:
            await asyncio.shield(self._end_turn(key))
            raise
        log.info("summary.written", extra={"summary": str(key), "source": summary.source})
        return summary

    async def _turn(self, key: SummaryKey) -> SummaryTurn:
        """Ours to write, or what there is to know once another process has written."""
        while True:
            async with self._open_unit() as unit:
                turn = await unit.summaries.take_turn(
                    key,
                    holder=self._holder,
                    now=self._clock.now(),
                    lease_seconds=self._rules.lease_seconds,
                )
                await unit.commit()
            if turn.is_ours or turn.summary or turn.failure:
                return turn
            await self._clock.sleep(self._rules.poll_seconds)

    @asynccontextmanager
    async def _kept(self, key: SummaryKey) -> AsyncIterator[None]:
        """Renew the lease as long as the block runs, however long the model takes."""

        async def keep() -> None:
            while True:
                await asyncio.sleep(self._rules.lease_seconds / 3)  # not the clock of tests
                async with self._open_unit() as unit:
                    await unit.summaries.keep_turn(
                        key,
                        holder=self._holder,
                        now=self._clock.now(),
                        lease_seconds=self._rules.lease_seconds,
                    )
                    await unit.commit()

        keeper = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _write(
        self,
        model: Summarizer,
        paper: Paper,
        key: SummaryKey,
        payer: Payer | None,
        progress: Progress,
    ) -> Summary:
        if self._budgets and payer:
            await self._budgets.check(payer)  # before arXiv is asked for a text nobody will read
        progress(0, 1, "reading the paper")
        text = await self._full_texts.read(paper)
        progress(1, 1, "reading the paper")
        progress(0, 1, f"asking {key.model}")
        if self._budgets and payer:
            sent = min(estimate_tokens(text.text), self._rules.tokens_per_paper)
            async with self._budgets.spending(payer, tokens=sent + self._rules.tokens_beside):
                summary = await model.summarize(paper, text, language=key.language)
        else:
            summary = await model.summarize(paper, text, language=key.language)
        progress(1, 1, f"asking {key.model}")
        return summary

    # --- failures -------------------------------------------------------------------------------

    async def _learn(
        self, key: SummaryKey, turn: SummaryTurn, error: TransientError | PermanentError
    ) -> None:
        """Give the turn back, and remember what is worth remembering."""
        now = self._clock.now()
        if isinstance(error, BudgetSpentError):
            await self._end_turn(key)
            return
        wish = timedelta(seconds=getattr(error, "retry_after", None) or 0)
        if isinstance(error, PermanentError) and error.code not in _THE_PAPER_S_FAULT:
            # A wrong key or model: mended by a restart, so the paper is not marked.
            self._trouble = _Trouble(error, now + _ENDPOINT_RESTS)
            await self._end_turn(key)
            return
        if wish:
            self._trouble = _Trouble(error, now + min(wish, _LONGEST_REST))
        failures = (turn.failure.failures if turn.failure else 0) + 1
        rest = min(self._rules.first_rest * 3 ** min(failures - 1, 8), _LONGEST_REST)
        failure = SummaryFailure(str(error), failures, now, now + max(rest, wish))
        async with self._open_unit() as unit:
            await unit.summaries.fail(key, holder=self._holder, failure=failure)
            await unit.commit()

    async def _end_turn(self, key: SummaryKey) -> None:
        async with self._open_unit() as unit:
            await unit.summaries.end_turn(key, holder=self._holder)
            await unit.commit()


def _key(model: Summarizer, paper: Paper, language: str) -> SummaryKey:
    return SummaryKey(paper.arxiv_id, paper.version, language, model.prompt, model.model)


def _again(error: PermanentError | TransientError) -> PermanentError | TransientError:
    """The same error for another asker: an exception raised twice would carry both traces."""
    if isinstance(error, PermanentError):
        return PermanentError(str(error), code=error.code)
    return TransientError(str(error), retry_after=error.retry_after)


def _remembered(failure: SummaryFailure | None, now: datetime) -> TransientError:
    if failure is None:  # a turn is ours, has its summary or its failure
        raise AssertionError("a turn that is not ours came without a reason")
    return TransientError(
        f"{failure.reason} That was at {failure.failed_at:%H:%M} UTC; it is tried again from "
        f"{failure.retry_at:%H:%M} UTC.",
        retry_after=(failure.retry_at - now).total_seconds(),
    )
