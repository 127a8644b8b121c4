"""A model within the process: counts its calls, charges for them, waits or fails on request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.domain.answer import Answer, Quote
from bot.domain.papers import Paper
from bot.domain.summary import Summary, SummarySection, Usage
from bot.errors import PermanentError, TransientError
from bot.ports import FullText

CHARGE = Usage(prompt_tokens=900, completion_tokens=100, calls=1)


class FakeModel:
    """A `Summarizer` and `QuestionAnswerer`; `on_usage` is told what each answer costs."""

    model = "fake-large"
    prompt = "summary@1"

    def __init__(self, on_usage: Callable[[Usage], None] | None = None) -> None:
        self.on_usage = on_usage
        self.calls: list[str] = []  # "2601.00001v1 en", in order
        self.errors: dict[str, TransientError | PermanentError] = {}  # by arXiv ID; "" for all
        self.charges_failures = False
        self.open = asyncio.Event()
        self.open.set()
        self.asked = asyncio.Event()

    def hold(self) -> None:
        """Let calls wait until `open` is set."""
        self.open.clear()

    async def summarize(self, paper: Paper, text: FullText, *, language: str) -> Summary:
        await self._call(paper, f"{paper.versioned_id} {language}")
        return Summary(
            arxiv_id=paper.arxiv_id,
            version=paper.version,
            language=language,
            model=self.model,
            prompt=self.prompt,
            source=text.source,
            sections=(SummarySection("Contributions", f"About {paper.title}."),),
            usage=CHARGE,
        )

    async def ask(self, paper: Paper, text: FullText, question: str, *, language: str) -> Answer:
        await self._call(paper, question)
        return Answer(
            arxiv_id=paper.arxiv_id,
            version=paper.version,
            question=question,
            language=language,
            model=self.model,
            source=text.source,
            text="It is so.",
            is_answered=True,
            quotes=(Quote(paper.abstract),),
            quotes_claimed=1,
            usage=CHARGE,
        )

    async def _call(self, paper: Paper, what: str) -> None:
        self.calls.append(what)
        self.asked.set()
        await self.open.wait()
        error = self.errors.get(paper.arxiv_id) or self.errors.get("")
        if self.on_usage and (error is None or self.charges_failures):
            self.on_usage(CHARGE)
        if error:
            raise error
