"""Vectors of texts from any OpenAI-compatible `/embeddings` endpoint."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import openai
from numpy.typing import NDArray
from openai import omit
from openai.types import CreateEmbeddingResponse

from adapters.llm.openai_errors import (
    CONTEXT_TOO_LONG,
    ParameterRefusedError,
    garbled_error,
    openai_errors,
)
from bot.errors import PermanentError, TransientError
from bot.ports import Clock

log = logging.getLogger(__name__)

ATTEMPTS = 3
BACKOFF_SECONDS = 1.0  # before the second attempt; three times as much before the third
LONGEST_WAIT_SECONDS = 10.0  # whoever is asked to wait longer comes back another time
LONGEST_TEXT = 6_000  # characters; title and abstract of most papers have 1,500
_SHORTER = 2  # how often texts that are too long are sent again, half as long
_SECTION = "embeddings"  # of config.json, for error sentences
_LARGEST = 1e6  # of a component; vectors of any model are about 1 long

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Where the embedding model is and how it is asked."""

    base_url: str
    model: str
    api_key: str = field(repr=False)
    api_key_name: str = "OPENAI_API_KEY"  # the variable the key came from, for error sentences
    batch_size: int = 64  # texts in one call
    timeout_seconds: float = 20.0  # of one call


class EmbeddingEndpoint:
    """An `Embedder`. The SDK's own retries are off, or they would multiply with ours."""

    def __init__(
        self,
        settings: EmbeddingSettings,
        *,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self.host = urlsplit(settings.base_url).hostname or settings.base_url
        self._clock = clock
        self._jitter = jitter
        self._knows_base64 = True  # until it refuses; learned at run time
        self._dimensions: int | None = None  # of its vectors, known after the first answer
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key,
            base_url=settings.base_url,
            timeout=settings.timeout_seconds,
            max_retries=0,
        )

    @property
    def name(self) -> str:
        """The model's name at its endpoint."""
        return self._settings.model

    async def aclose(self) -> None:
        """Let the connections go."""
        await self._client.close()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """(texts x dimensions), each vector of length 1.

        Raises TransientError when every attempt failed, PermanentError.
        """
        size = self._settings.batch_size
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        vectors = [await self._fitted(batch) for batch in batches]
        return np.concatenate(vectors) if vectors else np.zeros((0, 0), dtype=np.float32)

    async def ping(self) -> int:
        """Make one call, to see whether address, key and model fit; the dimensions, no retries.

        Raises TransientError and PermanentError.
        """
        vectors = await self._asked(["papers"])
        return int(vectors.shape[1])

    async def _fitted(self, texts: Sequence[str]) -> Vectors:
        """Texts that are too long for the model are cut further."""
        longest = LONGEST_TEXT
        for shortened in range(_SHORTER + 1):
            try:
                return await self._retrying([text[:longest] for text in texts])
            except PermanentError as error:
                if error.code != CONTEXT_TOO_LONG or shortened == _SHORTER:
                    raise
                longest = min(longest, max(map(len, texts))) // 2
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _retrying(self, texts: Sequence[str]) -> Vectors:
        for number in range(1, ATTEMPTS + 1):
            try:
                return await self._asked(texts)
            except TransientError as error:
                wait = max(
                    BACKOFF_SECONDS * 3.0 ** (number - 1) * (1 + self._jitter()),
                    error.retry_after or 0.0,
                )
                if number == ATTEMPTS or wait > LONGEST_WAIT_SECONDS:
                    raise
                log.info(
                    "embeddings.retried",
                    extra={"host": self.host, "attempt": number, "seconds": wait},
                )
                await self._clock.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _asked(self, texts: Sequence[str]) -> Vectors:
        try:
            return self._checked(await self._called(texts), len(texts))
        except ParameterRefusedError as error:
            if not self._knows_base64:
                raise self._request_error() from error
            self._knows_base64 = False
            log.info("embeddings.parameter_refused", extra={"host": self.host})
            return await self._asked(texts)

    async def _called(self, texts: Sequence[str]) -> Any:
        settings = self._settings
        with openai_errors(
            host=self.host, model=settings.model, key_name=settings.api_key_name, section=_SECTION
        ):
            try:
                async with asyncio.timeout(settings.timeout_seconds):
                    return await self._client.embeddings.create(
                        model=settings.model,
                        input=list(texts),
                        # Left out, the SDK asks for base64, a third of the bytes, and decodes it.
                        encoding_format=omit if self._knows_base64 else "float",
                    )
            except (AttributeError, TypeError) as error:  # the SDK reads an answer unchecked
                raise garbled_error(self.host, _SECTION) from error

    def _checked(self, answer: Any, wanted: int) -> Vectors:
        """An answer of another length, order or dimension would say something of other papers."""
        found = answer.data if isinstance(answer, CreateEmbeddingResponse) else None
        try:
            by_index = {each.index: each.embedding for each in found or ()}
            vectors = np.array([by_index[index] for index in range(wanted)], dtype=np.float32)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise garbled_error(self.host, _SECTION) from error
        if len(by_index) != wanted or vectors.ndim != 2 or not vectors.size:  # noqa: PLR2004 - texts x dimensions
            raise garbled_error(self.host, _SECTION)
        if not np.isfinite(vectors).all() or np.abs(vectors).max() > _LARGEST:
            raise garbled_error(self.host, _SECTION)
        if self._dimensions not in (None, vectors.shape[1]):
            raise garbled_error(self.host, _SECTION)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not lengths.all():
            raise garbled_error(self.host, _SECTION)
        self._dimensions = vectors.shape[1]
        return np.asarray(vectors / lengths, dtype=np.float32)

    def _request_error(self) -> PermanentError:
        return PermanentError(
            f"The model at {self.host} does not understand our request: check embeddings.model and "
            "embeddings.base_url.",
            code="bad_request",
        )
