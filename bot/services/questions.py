"""Answer questions about one paper from its text."""

from __future__ import annotations

import asyncio

from bot.domain.answer import Answer
from bot.domain.budgets import Payer
from bot.domain.paper_text import SectionKind, TextSection, estimate_tokens
from bot.domain.papers import Paper
from bot.domain.passages import telling_passages
from bot.errors import UserError
from bot.ports import (
    FullText,
    FullTextSource,
    Progress,
    QuestionAnswerer,
    no_progress,
)
from bot.services.budgets import BudgetService
from bot.services.summaries import RULES, SummaryRules

_LONGEST_QUESTION = 1_000  # characters
NO_PASSAGE = "No passage of the paper shares a telling word with the question."


class QuestionService:
    """A model's answer with quotes that stand in the paper; without a model, passages of it.

    Answers are not stored: few ask the same, and each pays for their own.
    """

    def __init__(
        self,
        *,
        answerer: QuestionAnswerer | None,
        full_texts: FullTextSource,
        budgets: BudgetService | None = None,
        rules: SummaryRules = RULES,
    ) -> None:
        self._answerer = answerer
        self._full_texts = full_texts
        self._budgets = budgets
        self._rules = rules

    async def ask(
        self,
        paper: Paper,
        question: str,
        *,
        language: str,
        payer: Payer | None = None,
        progress: Progress = no_progress,
    ) -> Answer:
        """The answer in `language`.

        Raises UserError, BudgetSpentError, TransientError, PermanentError.
        """
        question = _checked(question)
        if self._answerer and self._budgets and payer:
            await self._budgets.check(payer)
        progress(0, 1, "reading the paper")
        text = await self._full_texts.read(paper)
        progress(1, 1, "reading the paper")
        if self._answerer is None:
            return await asyncio.to_thread(_passages, paper, text, question, language)
        progress(0, 1, "asking the model")
        answer = await self._answered(self._answerer, paper, text, question, language, payer)
        progress(1, 1, "asking the model")
        return answer

    async def _answered(
        self,
        model: QuestionAnswerer,
        paper: Paper,
        text: FullText,
        question: str,
        language: str,
        payer: Payer | None,
    ) -> Answer:
        if self._budgets is None or payer is None:
            return await model.ask(paper, text, question, language=language)
        sent = min(estimate_tokens(text.text), self._rules.tokens_per_paper)
        async with self._budgets.spending(payer, tokens=sent + self._rules.tokens_beside):
            return await model.ask(paper, text, question, language=language)


def _checked(question: str) -> str:
    question = " ".join(question.split())
    if not question:
        raise UserError("There is no question: write it behind the paper's ID.")
    if len(question) > _LONGEST_QUESTION:
        raise UserError(
            f"The question has {len(question)} characters: ask it in {_LONGEST_QUESTION} at most."
        )
    return question


def _passages(paper: Paper, text: FullText, question: str, language: str) -> Answer:
    sections = text.sections or (TextSection("", SectionKind.FRONT, text.text),)
    quotes = telling_passages(question, sections)
    return Answer(
        arxiv_id=paper.arxiv_id,
        version=paper.version,
        question=question,
        language=language,
        model="extractive",
        source=text.source,
        text="" if quotes else NO_PASSAGE,
        is_answered=False,
        quotes=quotes,
        reading=text.reading,
    )
