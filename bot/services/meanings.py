"""Which papers are near in meaning to the sentences that subscriptions are about.

Vectors are made once for each paper and each sentence, and stored. All of it is a help that may
be missing: without a model, or while it fails, sentences earn nothing and digests go out all the
same. No transaction waits for the model.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import numpy as np

from bot.domain import calendar
from bot.domain.eligibility import Batch
from bot.domain.interests import Interests
from bot.domain.meaning import MOST_POINTS, Meaning, points_of, text_of, wanted_sentences
from bot.domain.papers import Announcement, Paper
from bot.domain.subscriptions import Subscription
from bot.errors import PermanentError, TransientError
from bot.ports import NO_TELEMETRY, Clock, Embedder, Telemetry, UnitOfWorkFactory, Vector

log = logging.getLogger(__name__)
T = TypeVar("T")

DAYS_PREPARED = 14  # as far as dry runs look back
_COMPARED_WITH = 2_000  # papers announced last: enough for a mean and a spread
_MOST_AT_ONCE = 2_000  # papers in one round; the rest waits for the next one
_PREPARING_SECONDS = 600.0  # nobody waits for it
_REST = timedelta(minutes=5)  # after a failure, unless the endpoint names another time
_ABOUT_ONE_TEXT = ("content_filter", "context_too_long")  # the others of a batch are none the worse
_NOTICE = "Sentences after `about:` earned no points this time:"
_DIGESTS_A_DAY = 5  # looked at for a notice that was told already


@dataclass(frozen=True, slots=True)
class MeaningRules:
    """What meanings earn, and how long they may take."""

    most_points: float = MOST_POINTS
    waits_seconds: float = 20.0  # of a digest, a dry run or an explanation
    batch_size: int = 64  # texts in one call


@dataclass(frozen=True, slots=True)
class ReadMeanings:
    """What the sentences of some readers earn."""

    of_readers: tuple[Meaning | None, ...]  # None where there is no sentence, or nothing is known
    trouble: str = ""  # one sentence on what kept vectors from being made

    @classmethod
    def none(cls, readers: int) -> ReadMeanings:
        """Of readers without sentences."""
        return cls((None,) * readers)


class MeaningService:
    """Has vectors made and reads them; without an embedder it does nothing at all."""

    def __init__(
        self,
        *,
        embedder: Embedder | None,
        open_unit: UnitOfWorkFactory,
        clock: Clock,
        rules: MeaningRules | None = None,
        telemetry: Telemetry = NO_TELEMETRY,
    ) -> None:
        self._embedder = embedder
        self._open_unit = open_unit
        self._clock = clock
        self._rules = rules or MeaningRules()
        self._telemetry = telemetry
        self._asking = asyncio.Lock()  # one call at a time, so that no text is asked for twice
        self._refused: set[str] = set()  # texts that the model does not take
        self._trouble, self._rest_until = "", clock.now()
        self._prepared_through = 0

    @property
    def trouble(self) -> str:
        """Why the model's last call failed; "" when it did not."""
        return self._trouble

    async def prepare(self) -> None:
        """Make the vectors that coming digests will ask for, once for each announcement.

        Raises TransientError when the database fails.
        """
        if self._embedder is None or self._clock.now() < self._rest_until:
            return
        async with self._open_unit() as unit:
            last = await unit.papers.last_sequence()
            if last == self._prepared_through:
                return
            interests = [each.interests for each in await unit.subscriptions.all()]
            since = calendar.eastern_day(self._clock.now()) - timedelta(days=DAYS_PREPARED)
            wished = any(map(wanted_sentences, interests))
            announcements = await unit.papers.announced(since=since) if wished else ()
        sentences = _distinct(interests)
        papers = await asyncio.to_thread(_eligible, interests, announcements)
        if not await self._filled(self._embedder, sentences, papers, _PREPARING_SECONDS):
            self._prepared_through = last

    async def of(
        self, interests: Sequence[Interests], announcements: Sequence[Announcement]
    ) -> ReadMeanings:
        """What these readers' sentences earn in these announcements; lacking vectors are made.

        That takes `waits_seconds` at most. Raises TransientError when the database fails.
        """
        sentences = _distinct(interests)
        if self._embedder is None or not sentences:
            return ReadMeanings.none(len(interests))
        papers = await asyncio.to_thread(_eligible, interests, announcements)
        waits = self._rules.waits_seconds
        trouble = await self._filled(self._embedder, sentences, papers, waits)
        model = self._embedder.name
        async with self._open_unit() as unit:
            meant = await unit.vectors.of_sentences(sentences, model=model)
            found = await unit.vectors.of_papers(papers, model=model)
            compared = await unit.vectors.of_latest(model=model, limit=_COMPARED_WITH)
        if not meant or not found:
            return ReadMeanings((None,) * len(interests), trouble)
        read = await asyncio.to_thread(
            _meanings, interests, meant, found, compared, self._rules.most_points
        )
        return ReadMeanings(read, trouble)

    async def notices(
        self, subscriptions: Sequence[Subscription], read: ReadMeanings
    ) -> Mapping[int, str]:
        """By subscription's ID what its digest tells of trouble; nobody is told twice a day."""
        if not read.trouble:
            return {}
        today = calendar.eastern_day(self._clock.now())
        told: dict[int, str] = {}
        async with self._open_unit() as unit:
            for each in subscriptions:
                if not wanted_sentences(each.interests):
                    continue
                latest = await unit.digests.latest(each.id, limit=_DIGESTS_A_DAY)
                if not any(
                    _NOTICE in said
                    for record in latest
                    if calendar.eastern_day(record.created_at) == today
                    for said in (*record.digest.notices, record.digest.silence_reason)
                ):
                    told[each.id] = f"{_NOTICE} {read.trouble}"
        return told

    # --- making vectors -----------------------------------------------------------------------

    async def _filled(
        self,
        embedder: Embedder,
        sentences: Sequence[str],
        papers: Sequence[Paper],
        seconds: float,
    ) -> str:
        """Make what vectors lack; what kept some from being made, "" when none is lacking."""
        trouble = ""
        try:
            async with asyncio.timeout(seconds):
                await self._fill_sentences(embedder, sentences)
                await self._fill_papers(embedder, papers)
        except _ModelError as failure:
            trouble = str(failure)
        except TimeoutError:
            trouble = "The embedding model takes too long: more of them are ready next time."
            log.info("embeddings.slow", extra={"seconds": seconds})
        return trouble

    async def _fill_sentences(self, embedder: Embedder, sentences: Sequence[str]) -> None:
        async def unknown() -> list[str]:
            async with self._open_unit() as unit:
                known = await unit.vectors.of_sentences(sentences, model=embedder.name)
            return [each for each in sentences if each not in known]

        async def store(vectors: Sequence[tuple[str, Vector]]) -> None:
            async with self._open_unit() as unit:
                await unit.vectors.put_sentences(
                    dict(vectors), model=embedder.name, created_at=self._clock.now()
                )
                await unit.commit()

        await self._fill(embedder, unknown, lambda sentence: sentence, store)

    async def _fill_papers(self, embedder: Embedder, papers: Sequence[Paper]) -> None:
        async def unknown() -> list[Paper]:
            async with self._open_unit() as unit:
                known = await unit.vectors.papers_known(papers, model=embedder.name)
            return [each for each in papers if each.versioned_id not in known]

        async def store(vectors: Sequence[tuple[Paper, Vector]]) -> None:
            async with self._open_unit() as unit:
                await unit.vectors.put_papers(vectors, model=embedder.name)
                await unit.commit()

        await self._fill(embedder, unknown, text_of, store)

    async def _fill(
        self,
        embedder: Embedder,
        unknown: Callable[[], Awaitable[list[T]]],
        text: Callable[[T], str],
        store: Callable[[Sequence[tuple[T, Vector]]], Awaitable[None]],
    ) -> None:
        """Batch by batch, each stored at once: whatever ends it, what was paid for is kept."""
        size = self._rules.batch_size
        for _ in range(0, _MOST_AT_ONCE, size):
            async with self._asking:  # others may have asked for the same meanwhile
                lacking = [each for each in await unknown() if text(each) not in self._refused]
                batch = lacking[:size]
                if not batch:
                    return
                vectors = await self._embedded(embedder, [text(each) for each in batch])
                pairs = zip(batch, vectors, strict=True)
                await store([(each, vector) for each, vector in pairs if vector is not None])

    async def _embedded(self, embedder: Embedder, texts: Sequence[str]) -> list[Vector | None]:
        """Their vectors; None for what the model refuses to read."""
        if self._clock.now() < self._rest_until:
            raise _ModelError(self._trouble)
        try:
            vectors = await embedder.embed(texts)
        except PermanentError as error:
            if error.code not in _ABOUT_ONE_TEXT:
                raise self._failed(error) from error
            if len(texts) == 1:
                log.warning("embeddings.refused", extra={"reason": str(error)})
                self._refused.update(texts)
                return [None]
            middle = len(texts) // 2
            first = await self._embedded(embedder, texts[:middle])
            return first + await self._embedded(embedder, texts[middle:])
        except TransientError as error:
            raise self._failed(error) from error
        self._trouble = ""
        self._telemetry.count("embedding_calls", outcome="answered")
        self._telemetry.count("embedded_texts", len(texts))
        return list(vectors)

    def _failed(self, error: TransientError | PermanentError) -> _ModelError:
        asked = getattr(error, "retry_after", None)
        rest = _REST if asked is None else timedelta(seconds=asked)
        self._trouble, self._rest_until = str(error), self._clock.now() + rest
        self._telemetry.count("embedding_calls", outcome="failed")
        log.warning("embeddings.failed", extra={"reason": str(error)})
        return _ModelError(str(error))


def doubts(interests: Sequence[Interests], *, mend: str) -> Iterator[str]:
    """Why sentences do nothing, one sentence for each reason; `mend` says how to get a model."""
    about = [each for each in interests if each.about]
    if any(not wanted_sentences(each) for each in about):
        yield "The formula “seed” knows no `about:`; with `formula:terms` it counts."
    if about and mend:
        yield f"`about:` does nothing yet: to let it, {mend}."


async def meanings_of(
    service: MeaningService | None,
    interests: Sequence[Interests],
    announcements: Sequence[Announcement],
) -> ReadMeanings:
    """As `MeaningService.of`; nothing where there is none."""
    if service is None:
        return ReadMeanings.none(len(interests))
    return await service.of(interests, announcements)


async def notices_of(
    service: MeaningService | None, subscriptions: Sequence[Subscription], read: ReadMeanings
) -> Mapping[int, str]:
    """As `MeaningService.notices`; nothing where there is none."""
    return await service.notices(subscriptions, read) if service else {}


class _ModelError(Exception):
    """The model failed, as its text says; the database's errors are others."""


def _distinct(interests: Sequence[Interests]) -> tuple[str, ...]:
    """The sentences of all, each once."""
    return tuple(
        dict.fromkeys(sentence for each in interests for sentence in wanted_sentences(each))
    )


def _eligible(
    interests: Sequence[Interests], announcements: Sequence[Announcement]
) -> tuple[Paper, ...]:
    """What somebody with a sentence may get, the latest first."""
    batch = Batch(announcements)
    ways = {
        (each.categories, each.cross_lists, each.revisions): each
        for each in interests
        if wanted_sentences(each)
    }
    wanted = np.zeros(len(batch.announcements), dtype=bool)
    for each in ways.values():
        wanted |= batch.eligible(each, after_sequence=0, since=None)
    papers = [batch.announcements[at].paper for at in np.flatnonzero(wanted).tolist()]
    return tuple(papers[::-1])


def _meanings(
    interests: Sequence[Interests],
    meant: Mapping[str, Vector],
    found: Mapping[str, Vector],
    compared: Sequence[Vector],
    most_points: float,
) -> tuple[Meaning | None, ...]:
    """One for each reader that has a sentence whose vector is known."""
    dimensions = len(next(iter(meant.values())))
    rows = {text: row for row, text in enumerate(_of_length(meant, dimensions))}
    columns = {paper: column for column, paper in enumerate(_of_length(found, dimensions))}
    if not columns:
        return (None,) * len(interests)
    points = points_of(
        np.array([meant[text] for text in rows]),
        np.array([found[paper] for paper in columns]),
        np.array([each for each in compared if len(each) == dimensions]),
        most_points=most_points,
    )

    def of(sentences: tuple[str, ...]) -> Meaning | None:
        known = tuple(text for text in sentences if text in rows)
        if not known:
            return None
        theirs = points[[rows[text] for text in known]]
        return Meaning(known, columns, theirs.max(axis=0), theirs.argmax(axis=0))

    return tuple(of(wanted_sentences(each)) for each in interests)


def _of_length(vectors: Mapping[str, Vector], dimensions: int) -> Iterator[str]:
    """Whose vectors can be compared: an endpoint may have changed its model under one name."""
    return (name for name, vector in vectors.items() if len(vector) == dimensions)
