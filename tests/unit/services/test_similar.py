"""Papers like one, and what they share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from bot.domain.papers import ArxivId, Paper
from bot.errors import UserError
from bot.services.similar import SimilarService
from tests.fakes.clock import FrozenClock
from tests.fakes.memory import MemoryDatabase
from tests.fakes.world import WEDNESDAY, FakeCatalogue, new, paper

CACHE = paper("2601.00001", "Sharing KV caches", abstract="Speculative decoding with KV caches.")
DRAFT = paper("2601.00002", "Draft models", abstract="Speculative decoding needs a draft.")
CACHES = paper("2601.00003", "A KV cache in flash", abstract="The KV cache moves to flash.")
PRIMES = paper("2601.00004", "Primes in short intervals", abstract="We count primes.")
FLASH = paper("2601.00005", "Flash for everything", abstract="Drives made of flash wear out.")
DAY = date(2026, 1, 20)


async def service(
    *papers: Paper, on: date = DAY, catalogue: Sequence[Paper] = ()
) -> tuple[SimilarService, MemoryDatabase]:
    database = MemoryDatabase()
    await store(database, *papers, on=on)
    known = FakeCatalogue()
    known.papers = {each.arxiv_id: each for each in catalogue}
    return (
        SimilarService(
            catalogue=known, open_unit=database.unit_of_work, clock=FrozenClock(WEDNESDAY)
        ),
        database,
    )


async def store(database: MemoryDatabase, *papers: Paper, on: date = DAY) -> None:
    async with database.unit_of_work() as unit:
        await unit.papers.add_announcements([new(each, on) for each in papers], seen_at=WEDNESDAY)
        await unit.commit()


async def test_the_nearest_come_first_with_the_terms_they_share() -> None:
    similar, _ = await service(CACHE, DRAFT, CACHES, PRIMES, FLASH)

    asked, found, compared = await similar.similar(ArxivId("2601.00001"))

    assert asked == CACHE
    assert compared == 5
    assert [entry.paper for entry in found] == [CACHES, DRAFT]
    assert found[0].reasons[0].term == "kv caches"
    assert found[1].reasons[0].term == "speculative decoding"
    for entry in found:
        assert 0 < sum(reason.points for reason in entry.reasons) < entry.score + 0.001 < 100


async def test_a_paper_that_is_not_stored_is_looked_up() -> None:
    similar, _ = await service(DRAFT, CACHES, FLASH, PRIMES, catalogue=[CACHE])

    asked, found, _ = await similar.similar(ArxivId("2601.00001"))

    assert asked == CACHE
    assert {entry.paper.arxiv_id for entry in found} <= {"2601.00002", "2601.00003"}


async def test_a_paper_that_arxiv_does_not_know_is_said() -> None:
    similar, _ = await service(DRAFT)

    with pytest.raises(UserError, match="no paper"):
        await similar.similar(ArxivId("2601.09999"))


async def test_papers_announced_later_are_compared_too() -> None:
    similar, database = await service(CACHE, DRAFT, PRIMES)
    _, before, _ = await similar.similar(ArxivId("2601.00001"))

    await store(database, CACHES, on=date(2026, 1, 21))

    _, after, compared = await similar.similar(ArxivId("2601.00001"))
    assert CACHES not in [entry.paper for entry in before]
    assert CACHES in [entry.paper for entry in after]
    assert compared == 4


async def test_old_papers_are_left_out() -> None:
    similar, _ = await service(CACHE, DRAFT, CACHES, on=date(2025, 11, 3))

    _, found, compared = await similar.similar(ArxivId("2601.00001"))

    assert (found, compared) == ((), 0)


async def test_nothing_in_common_is_nothing_found() -> None:
    similar, _ = await service(CACHE, DRAFT, CACHES, PRIMES)

    _, found, _ = await similar.similar(ArxivId("2601.00004"))

    assert found == ()
