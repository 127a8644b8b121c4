"""An embedding model whose vectors tell which longer words a text has."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from bot.errors import PermanentError, TransientError

_DIMENSIONS = 4_096


class FakeEmbedder:
    """An `Embedder`; it fails with `error`, and refuses what holds the word `poison`."""

    name = "fake"

    def __init__(self) -> None:
        self.asked: list[str] = []  # every text that was answered
        self.calls = 0
        self.error: TransientError | PermanentError | None = None
        self.never_answers = False

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls += 1
        if self.never_answers:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        if any("poison" in text for text in texts):
            raise PermanentError("The model refuses this paper.", code="content_filter")
        self.asked += texts
        vectors = np.zeros((len(texts), _DIMENSIONS), dtype=np.float32)
        vectors[:, 0] = 1.0
        for row, text in enumerate(texts):
            for word in re.findall(r"\w{5,}", text.lower()):
                vectors[row, int(sha256(word.encode()).hexdigest(), 16) % _DIMENSIONS] = 1.0
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
