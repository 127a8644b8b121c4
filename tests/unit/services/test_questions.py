"""Questions about one paper, with a model and without."""

from __future__ import annotations

import pytest

from bot.domain.budgets import BudgetLimits, BudgetSpentError, Payer
from bot.domain.paper_text import SectionKind, TextSection
from bot.domain.papers import Paper
from bot.domain.summary import SummarySource
from bot.errors import UserError
from bot.ports import FullText
from bot.services.budgets import BudgetService
from bot.services.questions import NO_PASSAGE, QuestionService
from tests.fakes.clock import FrozenClock
from tests.fakes.memory import MemoryDatabase
from tests.fakes.model import FakeModel
from tests.fakes.world import FakeFullTexts, paper

PAPER = paper("2601.00001", "Caches", abstract="We share caches between models.")
ANN = Payer("slack:T1", "ann")
SECTIONS = (
    TextSection("Introduction", SectionKind.INTRODUCTION, "We share caches between our models."),
    TextSection(
        "Set-up",
        SectionKind.METHOD,
        "We train on eight GPUs for three days. The learning rate decays to 1e-5 with a cosine "
        "schedule. Each model reads the caches of the other models.",
    ),
    TextSection("References", SectionKind.REFERENCES, "A. Author. On learning rate schedules."),
)


class Texts:
    """The same sections for every paper."""

    async def read(self, _: Paper) -> FullText:
        return FullText(SummarySource.HTML, "", sections=SECTIONS)


async def test_without_a_model_the_nearest_sentences_are_quoted_word_for_word() -> None:
    questions = QuestionService(answerer=None, full_texts=Texts())

    answer = await questions.ask(PAPER, "What learning rate schedule is used?", language="en")

    assert answer.is_passages
    assert not answer.is_answered
    assert answer.quotes[0].text == "The learning rate decays to 1e-5 with a cosine schedule."
    assert answer.quotes[0].section == "Set-up"
    assert all(quote.section != "References" for quote in answer.quotes)


async def test_without_a_model_and_a_shared_word_it_says_so() -> None:
    questions = QuestionService(answerer=None, full_texts=Texts())

    answer = await questions.ask(PAPER, "Is it about zebrafish?", language="en")

    assert (answer.quotes, answer.text) == ((), NO_PASSAGE)


async def test_passages_that_would_act_in_a_channel_are_quoted_without_what_acts() -> None:
    hostile = FullText(
        SummarySource.HTML,
        "",
        sections=(
            TextSection(
                "<!channel>",
                SectionKind.METHOD,
                "The learning rate is told to @everyone at https://evil.example/x today.",
            ),
        ),
    )

    class Hostile:
        async def read(self, _: Paper) -> FullText:
            return hostile

    answer = await QuestionService(answerer=None, full_texts=Hostile()).ask(
        PAPER, "learning rate?", language="en"
    )

    assert answer.quotes[0].text == "The learning rate is told to everyone at today."
    assert "<" not in answer.quotes[0].section


@pytest.mark.parametrize("question", ["", "  \n", "why? " * 300])
async def test_no_question_or_a_very_long_one_is_refused_before_anything_is_read(
    question: str,
) -> None:
    model = FakeModel()

    with pytest.raises(UserError, match="question"):
        await QuestionService(answerer=model, full_texts=FakeFullTexts()).ask(
            PAPER, question, language="en"
        )

    assert model.calls == []


async def test_each_question_is_paid_by_whoever_asks_until_their_hour_is_spent() -> None:
    clock, database = FrozenClock(), MemoryDatabase()
    budgets = BudgetService(
        open_unit=database.unit_of_work, clock=clock, limits=BudgetLimits(1_000_000, 2)
    )
    model = FakeModel(budgets.charge)
    questions = QuestionService(answerer=model, full_texts=FakeFullTexts(), budgets=budgets)
    await questions.ask(PAPER, "First?", language="en", payer=ANN)
    answer = await questions.ask(PAPER, "Second?", language="en", payer=ANN)

    with pytest.raises(BudgetSpentError, match="2 questions"):
        await questions.ask(PAPER, "Third?", language="en", payer=ANN)

    assert answer.is_answered
    assert model.calls == ["First?", "Second?"]
    assert "2,000 of today's" in await budgets.line("slack:T1")
