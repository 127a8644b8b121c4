"""Vectors of papers and sentences: each kept once, by model."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from bot.domain.papers import Paper
from bot.ports import Vector
from tests.contract.conftest import Store
from tests.contract.samples import NOW, an_announcement

MODEL = "small"
FIRST: Vector = np.array([0.6, 0.8, 0.0], dtype=np.float32)
SECOND: Vector = np.array([0.0, 0.0, 1.0], dtype=np.float32)


async def announced(store: Store, *arxiv_ids: str) -> list[Paper]:
    announcements = [
        an_announcement(each, announced_on=date(2026, 1, day))
        for day, each in enumerate(arxiv_ids, start=1)
    ]
    async with store.unit_of_work() as uow:
        await uow.papers.add_announcements(announcements, seen_at=NOW)
        await uow.commit()
    return [each.paper for each in announcements]


async def put(store: Store, *vectors: tuple[Paper, Vector], model: str = MODEL) -> None:
    async with store.unit_of_work() as uow:
        await uow.vectors.put_papers(vectors, model=model)
        await uow.commit()


async def test_a_paper_keeps_the_first_vector_of_each_model(store: Store) -> None:
    one, other = await announced(store, "2601.00001", "2601.00002")

    await put(store, (one, FIRST))
    await put(store, (one, SECOND), (other, SECOND))
    await put(store, (one, SECOND), model="large")

    async with store.unit_of_work() as uow:
        small = await uow.vectors.of_papers([one, other], model=MODEL)
        large = await uow.vectors.of_papers([one, other], model="large")
        known = await uow.vectors.papers_known([one, other], model="large")
    assert small.keys() == {one.versioned_id, other.versioned_id}
    np.testing.assert_allclose(small[one.versioned_id], FIRST, atol=1e-3)
    np.testing.assert_allclose(small[other.versioned_id], SECOND)
    np.testing.assert_allclose(large[one.versioned_id], SECOND)
    assert known == {one.versioned_id}


async def test_a_new_version_has_no_vector_yet(store: Store) -> None:
    [one] = await announced(store, "2601.00001")
    await put(store, (one, FIRST))
    revised = replace(one, version=2)

    async with store.unit_of_work() as uow:
        assert await uow.vectors.of_papers([revised], model=MODEL) == {}
        assert await uow.vectors.papers_known([one, revised], model=MODEL) == {one.versioned_id}


async def test_the_latest_are_those_announced_last(store: Store) -> None:
    old, new = await announced(store, "2601.00002", "2601.00001")
    await put(store, (new, SECOND), (old, FIRST))

    async with store.unit_of_work() as uow:
        latest = await uow.vectors.of_latest(model=MODEL, limit=1)
        both = await uow.vectors.of_latest(model=MODEL, limit=9)
        others = await uow.vectors.of_latest(model="large", limit=9)

    np.testing.assert_allclose(latest, [SECOND])
    np.testing.assert_allclose(both, [SECOND, FIRST], atol=1e-3)
    assert others == ()


async def test_a_sentence_keeps_its_first_vector(store: Store) -> None:
    async with store.unit_of_work() as uow:
        await uow.vectors.put_sentences({"cheap": FIRST}, model=MODEL, created_at=NOW)
        await uow.vectors.put_sentences(
            {"cheap": SECOND, "fast": SECOND}, model=MODEL, created_at=NOW
        )
        await uow.commit()

    async with store.unit_of_work() as uow:
        found = await uow.vectors.of_sentences(["fast", "cheap", "new"], model=MODEL)
        others = await uow.vectors.of_sentences(["cheap"], model="large")
    assert found.keys() == {"cheap", "fast"}
    np.testing.assert_allclose(found["cheap"], FIRST, atol=1e-3)
    np.testing.assert_allclose(found["fast"], SECOND)
    assert others == {}


async def test_vectors_that_were_not_committed_are_not_kept(store: Store) -> None:
    [one] = await announced(store, "2601.00001")

    async with store.unit_of_work() as uow:
        await uow.vectors.put_papers([(one, FIRST)], model=MODEL)

    async with store.unit_of_work() as uow:
        assert await uow.vectors.papers_known([one], model=MODEL) == frozenset()
