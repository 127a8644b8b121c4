"""Whatever writes summaries and answers, and tells what is near in meaning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.domain.answer import Answer
from bot.domain.papers import Paper
from bot.domain.summary import Summary
from bot.ports.arxiv import FullText


class Summarizer(Protocol):
    """Something that writes summaries."""

    @property
    def model(self) -> str:
        """The model's name; "extractive" where there is none."""
        ...

    @property
    def prompt(self) -> str:
        """Name and version of the prompt; a new one means new summaries."""
        ...

    async def summarize(self, paper: Paper, text: FullText, *, language: str) -> Summary:
        """Raises TransientError, PermanentError."""
        ...


class QuestionAnswerer(Protocol):
    """Something that answers questions from a paper's text."""

    async def ask(self, paper: Paper, text: FullText, question: str, *, language: str) -> Answer:
        """The answer, its quotes looked up in `text`.

        Raises UserError (no question), TransientError, PermanentError.
        """
        ...


class Embedder(Protocol):
    """Something that makes vectors of texts: the nearer in meaning, the smaller the angle."""

    @property
    def name(self) -> str:
        """The model's name; vectors of different models cannot be compared."""
        ...

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts x dimensions) their vectors, each of length 1, in the order of `texts`.

        Raises TransientError after its own retries, PermanentError.
        """
        ...
