"""Every way in which an endpoint fails: one sentence each, and nothing charged twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.papers import Paper
from bot.domain.summary import SummarySource
from bot.errors import PermanentError, TransientError
from bot.ports import FullText
from tests.fakes.model_answers import HEADINGS, Shape
from tests.fakes.model_bench import ModelBench
from tests.fakes.model_server import TOO_LONG, Fault, ModelServer, refusal

PAPER = Paper(
    arxiv_id="2601.13824",
    version=1,
    title="Split aggregation",
    abstract="We cut traffic by 34.37%.",
    authors=("A. Author",),
    categories=("cs.LG",),
)
TEXT = FullText(SummarySource.PDF, "We cut traffic by 34.37%. It takes 1,500 ms.", pages_read=2)

BUSY = refusal(429, "Rate limit reached")
DOWN = Fault(status=500, body="<html>Internal Server Error</html>")


@pytest.mark.parametrize(
    ("changes", "fault", "code", "sentence"),
    [
        (
            {"api_key": "sk-wrong", "api_key_name": "DASHSCOPE_API_KEY"},
            None,
            "unauthorized",
            "The model at 127.0.0.1 does not accept the key: check the variable DASHSCOPE_API_KEY.",
        ),
        (
            {},
            refusal(403, "Country not supported"),
            "forbidden",
            (
                "The model at 127.0.0.1 refuses us: check that the key in OPENAI_API_KEY may use "
                "“fake-large”."
            ),
        ),
        (
            {"model": "gpt-none"},
            None,
            "model_not_found",
            (
                "There is no model “gpt-none” at 127.0.0.1: check ai_summary.model and "
                "ai_summary.base_url."
            ),
        ),
        (
            {},
            refusal(429, "You exceeded your current quota", code="insufficient_quota"),
            "quota",
            "The account at 127.0.0.1 has nothing left to spend: top it up, or set another model.",
        ),
        (
            {},
            refusal(
                400, "Output data may contain inappropriate content", code="data_inspection_failed"
            ),
            "content_filter",
            (
                "The model at 127.0.0.1 refuses this paper's content: read the abstract, or set "
                "another ai_summary.model."
            ),
        ),
    ],
)
async def test_what_cannot_mend_itself_is_asked_once_and_says_what_to_do(
    server: ModelServer,
    bench: ModelBench,
    changes: dict[str, Any],
    fault: Fault | None,
    code: str,
    sentence: str,
) -> None:
    if fault:
        server.fail(fault)

    with pytest.raises(PermanentError) as caught:
        await bench.model(**changes).summarize(PAPER, TEXT, language="en")

    assert (caught.value.code, str(caught.value)) == (code, sentence)
    assert "sk-" not in str(caught.value)
    assert bench.charged == []
    assert bench.clock.slept == []
    assert len(server.calls) <= 1


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (BUSY, "The model at 127.0.0.1 asks us to slow down: try again in a few minutes."),
        (DOWN, "The model at 127.0.0.1 is in trouble (500): try again in a few minutes."),
        (
            Fault(cuts=True),
            "The model at 127.0.0.1 broke off in the middle: try again in a few minutes.",
        ),
        (
            Fault(body="<html>Welcome to the hotel's network</html>"),
            (
                "The model at 127.0.0.1 answered with something unreadable: try again in a few "
                "minutes, or check that ai_summary.base_url is an OpenAI-compatible endpoint."
            ),
        ),
        (
            Fault(body='{"choices": [{"mess'),
            (
                "The model at 127.0.0.1 answered with something unreadable: try again in a few "
                "minutes, or check that ai_summary.base_url is an OpenAI-compatible endpoint."
            ),
        ),
        (
            Fault(body="{}"),
            (
                "The model at 127.0.0.1 answered with something unreadable: try again in a few "
                "minutes, or check that ai_summary.base_url is an OpenAI-compatible endpoint."
            ),
        ),
    ],
)
async def test_what_may_pass_is_tried_again_and_then_given_back_in_one_sentence(
    server: ModelServer, bench: ModelBench, fault: Fault, sentence: str
) -> None:
    server.fail(*[fault] * 4)

    with pytest.raises(TransientError) as caught:
        await bench.model().summarize(PAPER, TEXT, language="en")

    assert str(caught.value) == sentence
    assert bench.clock.slept == [2.0, 6.0, 18.0]
    assert bench.charged == []


@pytest.mark.parametrize("fault", [BUSY, DOWN, Fault(cuts=True), Fault(body="{}")])
async def test_a_fault_that_passes_costs_one_answer(
    server: ModelServer, bench: ModelBench, fault: Fault
) -> None:
    server.fail(fault)

    summary = await bench.model().summarize(PAPER, TEXT, language="en")

    assert tuple(section.heading for section in summary.sections) == HEADINGS
    assert bench.charged == [summary.usage]
    assert server.charged == 1


async def test_retry_after_is_waited_for(server: ModelServer, bench: ModelBench) -> None:
    server.fail(refusal(429, "slow", retry_after="17"))

    await bench.model().summarize(PAPER, TEXT, language="en")

    assert bench.clock.slept == [17.0]


async def test_a_long_retry_after_is_handed_on_rather_than_waited_for(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(refusal(429, "slow", retry_after="900"))

    with pytest.raises(TransientError) as caught:
        await bench.model().summarize(PAPER, TEXT, language="en")

    assert caught.value.retry_after == 900.0
    assert bench.clock.slept == []
    assert len(server.calls) == 1


async def test_a_model_that_never_answers_is_left_after_the_time_set(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(*[Fault(waits=True)] * 4)

    with pytest.raises(TransientError, match="did not answer in time"):
        await bench.model(timeout_seconds=0.1).summarize(PAPER, TEXT, language="en")

    assert len(server.calls) == 4
    assert bench.charged == []


async def test_an_address_where_nobody_listens_is_named(bench: ModelBench) -> None:
    model = bench.model(base_url="http://127.0.0.1:1/v1")

    with pytest.raises(TransientError, match="cannot be reached: check the network"):
        await model.summarize(PAPER, TEXT, language="en")


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        (Shape.EMPTY, "gave an empty answer: try again"),
        (Shape.BROKEN_JSON, "answered with something unreadable"),
    ],
)
async def test_a_useless_answer_is_paid_for_twice_at_most(
    server: ModelServer, bench: ModelBench, shape: Shape, sentence: str
) -> None:
    server.fail(*[Fault(shape=shape)] * 4)

    with pytest.raises(TransientError, match=sentence):
        await bench.model().summarize(PAPER, TEXT, language="en")

    assert len(server.calls) == 2
    assert len(bench.charged) == 2


async def test_a_useless_answer_counts_in_the_price_of_the_useful_one(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(Fault(shape=Shape.EMPTY))

    summary = await bench.model().summarize(PAPER, TEXT, language="en")

    assert summary.usage == bench.charged[0] + bench.charged[1]
    assert summary.usage.calls == 2


async def test_an_answer_in_another_language_is_kept_with_a_word_about_it(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(Fault(shape=Shape.WRONG_LANGUAGE))

    summary = await bench.model().summarize(PAPER, TEXT, language="zh")

    assert summary.notices == (
        "The model answered in French (fr) although Chinese (zh) was asked for.",
    )
    assert server.charged == 1


async def test_an_answer_cut_at_its_limit_keeps_what_was_written(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(Fault(shape=Shape.CUT_JSON))

    summary = await bench.model().summarize(PAPER, TEXT, language="en")

    assert summary.sections[0].heading == HEADINGS[0]
    assert summary.notices == ("The model's answer was cut at its length limit.",)
    assert server.charged == 1


async def test_a_model_that_only_thinks_tells_which_limit_to_raise(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(Fault(shape=Shape.THOUGHT_ONLY))

    with pytest.raises(PermanentError, match=r"raise ai_summary\.max_output_tokens") as caught:
        await bench.model().summarize(PAPER, TEXT, language="en")

    assert caught.value.code == "answer_too_long"
    assert server.charged == 1


async def test_a_filtered_answer_is_not_asked_for_again(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(Fault(shape=Shape.BLOCKED))

    with pytest.raises(PermanentError) as caught:
        await bench.model().summarize(PAPER, TEXT, language="en")

    assert caught.value.code == "content_filter"
    assert len(server.calls) == 1


async def test_a_paper_too_long_for_the_model_is_sent_again_shorter(
    server: ModelServer, bench: ModelBench
) -> None:
    long = replace(TEXT, text="\n\n".join(f"Sentence {n} says {n} things." for n in range(2_000)))
    server.context_characters = 20_000

    summary = await bench.model().summarize(PAPER, long, language="en")

    sizes = [len(call.text) for call in server.calls]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 3
    assert summary.cut
    assert bench.charged == [summary.usage]


async def test_a_paper_that_stays_too_long_is_given_up_without_being_charged(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(*[TOO_LONG] * 9)

    with pytest.raises(PermanentError, match="too long for the model") as caught:
        await bench.model().summarize(PAPER, TEXT, language="en")

    assert caught.value.code == "context_too_long"
    assert len(server.calls) == 3
    assert bench.charged == []


async def test_a_stream_that_breaks_off_is_asked_for_again_and_accounted_for(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(Fault(cuts=True))
    seen: list[str] = []

    summary = await bench.model().summarize(PAPER, TEXT, language="en", on_text=seen.append)

    assert tuple(section.heading for section in summary.sections) == HEADINGS
    assert server.charged == 1
    assert len(bench.charged) == 2  # what was streamed before the break was written, and is paid
    assert summary.usage == bench.charged[0] + bench.charged[1]


async def test_a_request_that_is_not_understood_says_what_to_check(
    server: ModelServer, bench: ModelBench
) -> None:
    server.fail(*[refusal(400, "Invalid request")] * 9)

    with pytest.raises(PermanentError, match="does not understand our request") as caught:
        await bench.model().summarize(PAPER, TEXT, language="en")

    assert caught.value.code == "bad_request"
    assert len(server.calls) == 2  # once more without structured output
