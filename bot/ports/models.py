"""Whatever writes summaries and answers."""

from __future__ import annotations

from typing import Protocol

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
