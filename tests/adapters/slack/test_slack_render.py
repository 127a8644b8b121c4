"""What Slack shows: golden files, Slack's limits, and texts that mean harm."""

import asyncio
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.arxiv.feed_files import read_feed_files
from adapters.llm.extractive import ExtractiveSummarizer
from adapters.slack.actions import PAPER_ACTIONS, read_value
from adapters.slack.limits import ALL_BLOCKS
from adapters.slack.render import SlackRenderer
from bot.config import load_settings
from bot.domain.answer import Answer, Quote
from bot.domain.commands import Attachment, Reply
from bot.domain.digest import Digest, DigestEntry
from bot.domain.interests import Interests
from bot.domain.subscriptions import Destination, Subscription
from bot.domain.summary import Summary, SummarySection, SummarySource, UnverifiedFigure
from bot.domain.verbs import help_text
from bot.services.one_digest import compose_once
from tests.fakes.clock import FrozenClock
from tests.fakes.digests import (
    DIGEST,
    EMPTY_DIGEST,
    ENTRY,
    HOSTILE_TEXTS,
    OLD_STYLE_ENTRY,
    SUMMARY,
    digest_titled,
)
from tests.fakes.slack.limits import check_message
from tests.fakes.slack_texts import bodies, living, read, texts
from tests.shared_data import ARXIV_DATA, needs_shared

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "slack"
DAYS = ("2025-12-02", "2025-12-09", "2026-01-06", "2026-01-19", "2026-01-21")
FEED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
SUBSCRIPTION = Subscription(
    number=1,
    destination=Destination("slack", "T1", "C1"),
    interests=Interests(("cs.LG", "cs.CL")),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
HOSTILE = (
    *HOSTILE_TEXTS,
    "<!channel> <!here|here> <@U1> <#C1|papers> <!subteam^S1>",
    "<https://evil.example|arxiv.org> mailto:a@evil.example",
    "*bold* _it_ ~gone~ `code` ```fence``` :warning: > quote",
    "> quoted\n> again",
    "see https://arxiv.org/abs/2601.00001, <https://arxiv.org/abs/2601.00001|arXiv> `resume`",
    "https://arxiv.org.evil.example/abs/1 https://arxiv.org@evil.example",
    "&lt;!channel&gt; &amp;lt;@U1&amp;gt;",
    "x" * 5_000,
    "<&>" * 3_000,
    "_*~" * 2_000,
    "🧪 עברית \u202eabc\u202c العربية " * 60,
    r"$\frac{\alpha}{\beta}$ \textbf{x} \_",
)
TABLE = "| Model | F1 |\n|---|---:|\n| ours | 34.4 |\n| theirs | 31.0 |"
CHECKED = replace(
    SUMMARY,
    sections=(
        *SUMMARY.sections,
        SummarySection("Figures", f"**In short**: ours is ahead.\n\n{TABLE}"),
    ),
    figures_checked=15,
    figures_found=14,
    unverified=(UnverifiedFigure("2.1 times", section=1, start=6, end=15),),
    reading="PDF, 12 of 40 pages",
)
LONG = replace(
    SUMMARY,
    sections=tuple(
        SummarySection(f"Part {number}", "A sentence of *some* length_here & more. " * 150)
        for number in range(4)
    ),
)
MANY = replace(
    DIGEST,
    entries=tuple(
        replace(ENTRY, rank=place, paper=replace(ENTRY.paper, arxiv_id=f"2601.{place:05}"))
        for place in range(1, 21)
    ),
)
ANSWER = Answer(
    arxiv_id="2601.13824",
    version=1,
    question="How much faster?",
    language="en",
    model="small-model",
    source=SummarySource.HTML,
    text="About twice as fast.",
    is_answered=True,
    quotes=(Quote("it is 2.1 times faster than the *baseline*", "Results"),),
    quotes_claimed=2,
)
CHECKED_DIGEST = replace(
    DIGEST,
    entries=(replace(ENTRY, summary=CHECKED), OLD_STYLE_ENTRY),
    notices=("The budget for summaries is spent: `status` says when there is more.",),
)
HEAD = "Sharing KV Caches between Models\nAna García-Sánchez\n2601.13824v1 · https://arxiv.org/abs/2601.13824"
CASES: dict[str, tuple[Digest, Subscription] | Reply] = {
    "digest_with_thread": (CHECKED_DIGEST, SUBSCRIPTION),
    "digest_in_channel": (CHECKED_DIGEST, replace(SUBSCRIPTION, threads=False)),
    "digest_of_many_in_channel": (MANY, replace(SUBSCRIPTION, threads=False)),
    "digest_empty": (EMPTY_DIGEST, SUBSCRIPTION),
    "digest_hostile": (digest_titled("<!channel> *_`<https://evil.example|x>"), SUBSCRIPTION),
    "reply_text": Reply("Subscribed: #1 cs.CL · “LLM^2” · weekdays at 09:00.\nType `list`."),
    "reply_list": Reply("#1 cs.CL. Next digest Wed 21 Jan 2026 09:00.\n#2 cs.LG, paused."),
    "reply_help": Reply(help_text(None, prefix="")),
    "reply_preview": Reply("Preview, nothing is posted.", digest=CHECKED_DIGEST),
    "reply_search": Reply("The best 2 for “caches”:", papers=(ENTRY, OLD_STYLE_ENTRY)),
    "reply_summary": Reply(HEAD, summary=CHECKED),
    "reply_answer": Reply(f"{HEAD}\nQuestion: How much faster?", answer=ANSWER),
    "reply_export": Reply(
        "This channel's subscriptions, for `import` elsewhere.",
        attachment=Attachment("papercourier-subscriptions.json", '{"filters": "kw:<a>`b`&c"}\n'),
    ),
}


def rendered(case: tuple[Digest, Subscription] | Reply) -> tuple[str, ...]:
    if isinstance(case, Reply):
        return SlackRenderer().reply(case)
    return SlackRenderer().digest(*case)


def in_thread(entry: DigestEntry) -> list[dict[str, Any]]:
    """The messages of one paper in a digest's thread."""
    digest = replace(DIGEST, entries=(entry,))
    return bodies(SlackRenderer().digest(digest, SUBSCRIPTION))[1:]


def buttons(body: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [block["elements"] for block in body["blocks"] if block["type"] == "actions"]
    return [(each["action_id"], each["value"]) for row in rows for each in row]


def check(payloads: tuple[str, ...]) -> None:
    """What Slack, slack_sdk and slackblocks say of messages, and our own promises of them."""
    assert payloads
    for body in bodies(payloads):
        check_message(body)
        check_message({**body, "blocks": []})
        assert body["unfurl_links"] is body["unfurl_media"] is False
        assert len(json.dumps(body["blocks"], ensure_ascii=False)) <= ALL_BLOCKS
        assert [living(each) for each in (body["text"], *texts(body["blocks"]))] == [
            [] for _ in range(1 + len(list(texts(body["blocks"]))))
        ]


@pytest.mark.parametrize("name", CASES)
def test_messages_look_as_they_were_seen_and_approved(name: str) -> None:
    payloads = rendered(CASES[name])
    written = json.dumps(bodies(payloads), ensure_ascii=False, indent=1) + "\n"
    path = GOLDEN / f"{name}.json"

    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(written, encoding="utf-8")

    assert written == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_every_message_and_its_plain_form_is_one_that_slack_takes(name: str) -> None:
    check(rendered(CASES[name]))


@pytest.mark.parametrize("threads", [True, False])
@pytest.mark.parametrize("text", HOSTILE)
def test_what_papers_and_models_write_does_nothing(text: str, *, threads: bool) -> None:
    digest = digest_titled(text)
    digest = replace(digest, notices=(text,))
    subscription = replace(
        SUBSCRIPTION, threads=threads, interests=Interests((text[:2_000], "cs.CL"))
    )
    entry = digest.entries[0]
    answer = replace(ANSWER, text=text, quotes=(Quote(text, text),), notices=(text,))

    check(SlackRenderer().digest(digest, subscription))
    check(SlackRenderer().digest(replace(EMPTY_DIGEST, silence_reason=text), subscription))
    check(SlackRenderer().reply(Reply(text, papers=(entry,), digest=digest)))
    check(SlackRenderer().reply(Reply(text, summary=entry.summary)))
    check(SlackRenderer().reply(Reply(text, answer=answer)))
    check(SlackRenderer().reply(Reply(text, attachment=Attachment("x.json", text * 9))))


def test_a_thread_has_one_message_for_each_paper_which_buttons_and_reactions_are_about() -> None:
    parent, *papers = bodies(SlackRenderer().digest(DIGEST, SUBSCRIPTION))

    assert parent["metadata"]["event_payload"]["papers"] == []
    assert [each["metadata"]["event_payload"]["papers"] for each in papers] == [
        ["2601.13824"],
        ["hep-th/9901001"],
    ]
    for body, paper in zip(papers, ("2601.13824v1", "hep-th/9901001v3"), strict=True):
        assert buttons(body)
        assert {value for _, value in buttons(body)} == {paper}
        assert {action for action, _ in buttons(body)} <= set(PAPER_ACTIONS)
        assert str(read_value(paper)) == paper


def test_the_parent_names_day_counts_and_the_best_titles_and_how_many_more() -> None:
    [parent, *_] = bodies(SlackRenderer().digest(MANY, SUBSCRIPTION))
    shown = read(parent)

    assert parent["blocks"][0]["text"]["text"] == "arXiv · Wed 21 Jan 2026"
    assert "*20 papers* of 40 that matched · 725 announced in cs.LG, cs.CL" in shown
    assert shown.count("Sharing KV Caches") == 5
    assert "and 15 more in the thread" in shown
    assert "Sharing KV Caches" in parent["text"]


def test_without_threads_many_papers_come_in_few_messages_each_whole() -> None:
    messages = bodies(SlackRenderer().digest(MANY, replace(SUBSCRIPTION, threads=False)))

    assert len(messages) <= 7
    papers = [each["metadata"]["event_payload"]["papers"] for each in messages]
    assert [paper for part in papers for paper in part] == [
        f"2601.{place:05}" for place in range(1, 21)
    ]
    for body, part in zip(messages, papers, strict=True):
        assert body["metadata"]["event_payload"]["in_channel"] is True
        assert len({value for _, value in buttons(body)}) == len(part)


def test_a_long_summary_is_parted_between_sections_and_every_word_comes() -> None:
    messages = in_thread(replace(ENTRY, summary=LONG))

    assert len(messages) > 1
    shown = "\n".join(map(read, messages))
    assert shown.count("lengthˍhere") + shown.count("length_here") == 600
    assert [shown.count(f"Part {number}") for number in range(4)] == [1, 1, 1, 1]
    assert "continued, 2 of" in read(messages[1])
    assert [bool(buttons(each)) for each in messages] == [*[False] * (len(messages) - 1), True]


def test_a_checked_summary_says_what_was_read_and_marks_what_the_paper_does_not_hold() -> None:
    [message] = in_thread(replace(ENTRY, summary=CHECKED))
    shown = read(message)

    assert "It is 2.1 times (not found in the paper) faster." in shown
    assert "small-model · read: PDF, 12 of 40 pages · numbers checked: 14 of 15" in shown
    assert "• half the memory" in shown
    assert "```Model   F1\nours    34.4\ntheirs  31.0```" in shown
    assert "paper_summarize" not in dict(buttons(message))


def test_a_day_without_papers_is_one_quiet_message_with_the_reason() -> None:
    [message] = bodies(SlackRenderer().digest(EMPTY_DIGEST, SUBSCRIPTION))

    assert len(message["blocks"]) == 1
    assert "*arXiv* · no papers. arXiv announces nothing on Saturdays." in read(message)


def test_commands_are_named_as_they_are_typed_here() -> None:
    renderer = SlackRenderer(command="/papers")
    [message] = bodies(renderer.reply(Reply("`resume 2` or `min:2`.")))
    [parent, *_] = bodies(renderer.digest(CHECKED_DIGEST, SUBSCRIPTION))

    assert read(message) == "`/papers resume 2` or `min:2`."
    assert "`/papers status` says when" in read(parent)


def test_a_webhook_gets_neither_threads_nor_buttons() -> None:
    renderer = SlackRenderer(for_webhook=True)
    messages = bodies(renderer.digest(DIGEST, SUBSCRIPTION))

    assert [buttons(each) for each in messages] == [[]]
    assert "Strings & Things" in read(messages[0])


def test_an_export_can_be_copied_out_to_the_last_sign() -> None:
    content = json.dumps({"filters": ["<a> `b` & *c*"] * 1_000}) + "\n"

    payloads = SlackRenderer().reply(Reply("Here.", attachment=Attachment("x.json", content)))

    parts = [
        block["elements"][0]["elements"][0]["text"]
        for body in bodies(payloads)
        for block in body["blocks"]
        if block["type"] == "rich_text"
    ]
    assert json.loads("".join(parts)) == json.loads(content)


def test_a_paper_of_three_thousand_authors_names_the_first_and_the_last() -> None:
    authors = tuple(f"Author {number}" for number in range(3_000))
    paper = replace(ENTRY.paper, authors=authors)

    [message] = in_thread(replace(ENTRY, paper=paper))

    assert "Author 0, Author 1, Author 2, … 2996 more …, Author 2999" in read(message)
    check(SlackRenderer().reply(Reply(f"T\n{', '.join(authors)}\nID", summary=SUMMARY)))


@needs_shared
@pytest.mark.parametrize("day", DAYS)
def test_every_message_of_a_recorded_day_is_one_that_slack_takes(day: str) -> None:
    digest = _recorded(day)

    for threads in (True, False):
        payloads = SlackRenderer().digest(digest, replace(SUBSCRIPTION, threads=threads))
        check(payloads)
    check(SlackRenderer().reply(Reply("Preview.", digest=digest)))
    check(SlackRenderer().reply(Reply("Found.", papers=digest.entries[:10])))
    shown = "\n".join(map(read, bodies(payloads)))
    assert shown.count(f"{len(digest.entries)}. ") >= 1


def _recorded(day: str) -> Digest:
    """All that a day brought to the whole watch list."""
    reading = read_feed_files([ARXIV_DATA / "feeds" / day / FEED])
    interests = replace(load_settings(None, {}).default_interests(), max_papers=100, min_score=0.0)
    digest: Digest = asyncio.run(
        compose_once(
            reading,
            interests,
            extractor=ExtractiveSummarizer(),
            now=FrozenClock(datetime.fromisoformat(f"{day}T09:00+00:00")).now(),
        )
    )
    assert digest.entries
    return digest


def test_the_longest_summary_a_model_may_write_comes_whole() -> None:
    words = "0123456789 " * 360
    summary: Summary = replace(
        SUMMARY,
        sections=tuple(SummarySection(f"Heading {number}", words) for number in range(12)),
    )

    messages = in_thread(replace(ENTRY, summary=summary))

    assert sum(read(each).count("0123456789") for each in messages) == 12 * 360
