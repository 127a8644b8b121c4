"""Vectors from an endpoint: of length 1, in order, or an error that names the mend."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adapters.llm.checkup import EmbeddingCheckup
from adapters.llm.embeddings import LONGEST_TEXT, EmbeddingEndpoint, EmbeddingSettings
from bot.errors import PermanentError, TransientError
from tests.fakes.clock import FrozenClock
from tests.fakes.model_server import (
    API_KEY,
    DIMENSIONS,
    EMBEDDING_MODEL,
    Fault,
    ModelServer,
    refusal,
)

BUSY = refusal(429, "Rate limit reached")
Open = Callable[..., EmbeddingEndpoint]
Json = dict[str, Any]


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def opened(server: ModelServer, clock: FrozenClock) -> AsyncIterator[Open]:
    endpoints: list[EmbeddingEndpoint] = []
    usual = EmbeddingSettings(base_url=server.base_url, model=EMBEDDING_MODEL, api_key=API_KEY)

    def make(**changes: Any) -> EmbeddingEndpoint:
        endpoints.append(
            EmbeddingEndpoint(replace(usual, **changes), clock=clock, jitter=lambda: 0.0)
        )
        return endpoints[-1]

    yield make
    for each in endpoints:
        await each.aclose()


async def test_vectors_come_in_the_order_of_the_texts_and_have_length_one(
    opened: Open, server: ModelServer
) -> None:
    texts = ["sparse attention", "graph colouring", "sparse attention"]

    vectors = await opened(batch_size=2).embed(texts)

    assert vectors.shape == (3, DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert vectors[0] @ vectors[1] < 0.6
    assert server.embedded == [texts[:2], texts[2:]]


async def test_no_text_asks_nobody(opened: Open, server: ModelServer) -> None:
    assert len(await opened().embed([])) == 0
    assert server.embedded == []


async def test_an_answer_in_another_order_is_put_right(opened: Open, server: ModelServer) -> None:
    endpoint = opened()
    usual = await endpoint.embed(["sparse attention", "graph colouring"])
    server.embedding_answer = lambda answer: answer | {"data": answer["data"][::-1]}

    np.testing.assert_array_equal(
        await endpoint.embed(["sparse attention", "graph colouring"]), usual
    )


async def test_an_endpoint_without_base64_is_asked_for_numbers(
    opened: Open, server: ModelServer
) -> None:
    usual = await opened().embed(["sparse attention"])
    server.unknown_parameters = frozenset({"base64"})
    endpoint = opened()

    vectors = await endpoint.embed(["sparse attention"])

    np.testing.assert_array_equal(vectors, usual)


async def test_a_long_text_is_cut_until_it_fits(opened: Open, server: ModelServer) -> None:
    server.context_characters = LONGEST_TEXT // 2

    await opened().embed(["word " * LONGEST_TEXT, "short"])

    assert [list(map(len, texts)) for texts in server.embedded] == [[LONGEST_TEXT // 2, 5]]


async def test_trouble_that_passes_is_waited_out(
    opened: Open, server: ModelServer, clock: FrozenClock
) -> None:
    server.embedding_faults.extend([BUSY, Fault(status=503)])
    before = clock.now()

    vectors = await opened().embed(["sparse attention"])

    assert len(vectors) == 1
    assert (clock.now() - before).total_seconds() == 4.0


async def test_after_three_attempts_it_is_enough(opened: Open, server: ModelServer) -> None:
    server.embedding_faults.extend([BUSY] * 4)

    with pytest.raises(TransientError, match="asks us to slow down"):
        await opened().embed(["sparse attention"])

    assert len(server.embedding_faults) == 1


async def test_who_is_asked_to_stay_away_longer_does_not_wait(
    opened: Open, server: ModelServer, clock: FrozenClock
) -> None:
    server.embedding_faults.append(refusal(429, "Rate limit reached", retry_after="60"))
    before = clock.now()

    with pytest.raises(TransientError) as raised:
        await opened().embed(["sparse attention"])

    assert raised.value.retry_after == 60
    assert clock.now() == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"api_key": "sk-wrong", "api_key_name": "JINA_KEY"},
            "The model at 127.0.0.1 does not accept the key: check the variable JINA_KEY.",
        ),
        (
            {"model": "none"},
            (
                "There is no model “none” at 127.0.0.1: check embeddings.model and "
                "embeddings.base_url."
            ),
        ),
    ],
)
async def test_what_cannot_be_waited_out_names_its_mend(
    opened: Open, changes: Json, sentence: str
) -> None:
    with pytest.raises(PermanentError) as raised:
        await opened(**changes).embed(["sparse attention"])

    assert str(raised.value) == sentence


def _one_less(answer: Json) -> Json:
    return answer | {"data": answer["data"][:-1]}


def _one_more(answer: Json) -> Json:
    return answer | {"data": [*answer["data"], answer["data"][0] | {"index": 9}]}


def _twice_the_same(answer: Json) -> Json:
    return answer | {"data": [each | {"index": 0} for each in answer["data"]]}


def _with(vectors: list[Any]) -> Callable[[Json], Json]:
    def change(answer: Json) -> Json:
        pairs = zip(answer["data"], vectors, strict=False)
        return answer | {"data": [each | {"embedding": vector} for each, vector in pairs]}

    return change


@pytest.mark.parametrize(
    "change",
    [
        _one_less,
        _one_more,
        _twice_the_same,
        _with([[float("nan"), 1.0], [1.0, 0.0]]),
        _with([[float("inf"), 1.0], [1.0, 0.0]]),
        _with([[0.0, 0.0], [1.0, 0.0]]),
        _with([[1e30, 0.0], [1.0, 0.0]]),
        _with([[1.0], [1.0, 0.0]]),
        _with([[], []]),
        _with([["a"], ["b"]]),
        _with(["!!!!", "????"]),
        _with([None, None]),
        lambda _: {},
        lambda _: {"data": "no"},
        lambda answer: [answer],
    ],
)
async def test_an_answer_that_is_none_is_refused(
    opened: Open, server: ModelServer, change: Callable[[Json], Json]
) -> None:
    server.embedding_answer = change

    with pytest.raises(TransientError, match=r"unreadable.*embeddings\.base_url"):
        await opened().embed(["sparse attention", "graph colouring"])


async def test_vectors_of_another_dimension_are_not_those_of_our_model(
    opened: Open, server: ModelServer
) -> None:
    endpoint = opened()
    await endpoint.embed(["sparse attention"])
    server.embedding_answer = _with([[1.0, 0.0]])

    with pytest.raises(TransientError, match="unreadable"):
        await endpoint.embed(["sparse attention"])


async def test_a_page_instead_of_an_answer_is_refused(opened: Open, server: ModelServer) -> None:
    server.embedding_faults.extend([Fault(body="<html>Sign in</html>")] * 3)

    with pytest.raises(TransientError, match="unreadable"):
        await opened().embed(["sparse attention"])


async def test_a_checkup_says_that_the_model_answers(opened: Open) -> None:
    [finding] = await EmbeddingCheckup(opened())()

    assert finding.sentence == f"fake-embedding at 127.0.0.1 answers, in {DIMENSIONS} dimensions."


async def test_an_endpoint_that_does_not_answer_in_time_is_given_up(
    opened: Open, server: ModelServer
) -> None:
    server.embedding_faults.extend([Fault(waits=True)] * 3)

    with pytest.raises(TransientError, match=r"raise embeddings\.timeout_seconds"):
        await opened(timeout_seconds=0.05).embed(["sparse attention"])
