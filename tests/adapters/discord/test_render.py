"""What Discord shows: golden files, Discord's limits, and texts that mean harm."""

import asyncio
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.arxiv.feed_files import read_feed_files
from adapters.discord.actions import CUSTOM_ID
from adapters.discord.limits import pack
from adapters.discord.payload import plain_body
from adapters.discord.render import DiscordRenderer
from adapters.llm.extractive import ExtractiveSummarizer
from bot.config import load_settings
from bot.domain.answer import Answer, Quote
from bot.domain.commands import Reply
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
from tests.fakes.discord_bodies import bodies, check_body, embed_texts
from tests.fakes.discord_markup import active_markup
from tests.shared_data import ARXIV_DATA, needs_shared

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "discord"
DAYS = ("2025-12-02", "2025-12-09", "2026-01-06", "2026-01-19", "2026-01-21")
FEED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
ROLE = "123456789012345678"
SUBSCRIPTION = Subscription(
    number=1,
    destination=Destination("discord", "1", "2"),
    interests=Interests(("cs.LG", "cs.CL")),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
HOSTILE = (
    *HOSTILE_TEXTS,
    "@everyone @here <@1> <@&2> <#3>",
    "||spoiler|| ```fence``` `code`",
    "x" * 5_000,
    "_*~" * 2_000,
    "🧪 עברית \u202eabc\u202c العربية " * 60,
    r"$\frac{\alpha}{\beta}$ \textbf{x} \_",
)
CHECKED = replace(
    SUMMARY,
    figures_checked=15,
    figures_found=14,
    unverified=(UnverifiedFigure("2.1 times", section=1, start=6, end=15),),
    reading="PDF, 12 of 40 pages",
)
LONG = replace(
    SUMMARY,
    sections=tuple(
        SummarySection(f"Part {number}", "A sentence of *some* length_here. " * 200)
        for number in range(4)
    ),
)
MANY = replace(
    DIGEST,
    entries=tuple(
        replace(ENTRY, rank=place, paper=replace(ENTRY.paper, arxiv_id=f"2601.{place:05}"))
        for place in range(1, 13)
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
CASES: dict[str, tuple[Digest, Subscription] | Reply] = {
    "digest_with_thread": (CHECKED_DIGEST, replace(SUBSCRIPTION, role=ROLE)),
    "digest_without_thread": (CHECKED_DIGEST, replace(SUBSCRIPTION, threads=False)),
    "digest_of_many_without_thread": (MANY, replace(SUBSCRIPTION, threads=False)),
    "digest_empty": (EMPTY_DIGEST, SUBSCRIPTION),
    "digest_hostile": (digest_titled("@everyone [x](https://evil.example) ||*_`"), SUBSCRIPTION),
    "reply_text": Reply("Subscribed: #1 cs.CL · “LLM^2” · weekdays at 09:00.\nType `list`."),
    "reply_help": Reply(help_text(None, prefix="/arxiv")),
    "reply_preview": Reply("Preview, nothing is posted.", digest=CHECKED_DIGEST),
    "reply_search": Reply("The best 2 for “caches”:", papers=(ENTRY, OLD_STYLE_ENTRY)),
    "reply_summary": Reply("Sharing KV Caches\nAna García-Sánchez", summary=CHECKED),
    "reply_answer": Reply("Sharing KV Caches\nQuestion: How much faster?", answer=ANSWER),
}


def rendered(case: tuple[Digest, Subscription] | Reply) -> tuple[str, ...]:
    if isinstance(case, Reply):
        return DiscordRenderer().reply(case)
    return DiscordRenderer().digest(*case)


@pytest.mark.parametrize("name", CASES)
def test_messages_look_as_they_were_seen_and_approved(name: str) -> None:
    payloads = rendered(CASES[name])
    written = json.dumps([json.loads(each) for each in payloads], ensure_ascii=False, indent=1)
    path = GOLDEN / f"{name}.json"

    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(written + "\n", encoding="utf-8")

    assert written + "\n" == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_every_message_and_its_plain_form_is_one_that_discord_takes(name: str) -> None:
    for body in bodies(rendered(CASES[name])):
        check_body(body)
        check_body(plain_body(body))


@pytest.mark.parametrize("threads", [True, False])
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_change_nothing_around_them(text: str, threads: bool) -> None:
    subscription = replace(SUBSCRIPTION, threads=threads)

    hostile = bodies(DiscordRenderer().digest(digest_titled(text), subscription))
    harmless = bodies(DiscordRenderer().digest(digest_titled("Harmless"), subscription))

    for body in hostile:
        check_body(body)
        assert body["allowed_mentions"] == {"parse": []}
    assert markup(hostile) <= markup(harmless)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_do_nothing_in_answers(text: str) -> None:
    [entry] = digest_titled(text).entries
    quote = Quote(text, text)
    answer = replace(ANSWER, text=text, quotes=(quote,), model=text, notices=(text,), cut=text)
    harmless = bodies(DiscordRenderer().reply(Reply("A", papers=(ENTRY,), answer=ANSWER)))

    hostile = bodies(DiscordRenderer().reply(Reply("A", papers=(entry,), answer=answer)))

    for body in hostile:
        check_body(body)
    assert markup(hostile) <= markup(harmless) | {"*"}  # notices are set in italics


def markup(messages: list[dict[str, Any]]) -> set[str]:
    """Every kind of active markup in some messages."""
    return {each for body in messages for text in embed_texts(body) for each in active_markup(text)}


@needs_shared
@pytest.mark.parametrize("day", DAYS)
def test_every_message_of_the_recorded_days_is_one_that_discord_takes(
    day: str, tmp_path: Path
) -> None:
    digest, interests = recorded_digest(day, tmp_path)
    assert len(digest.entries) == 30

    for threads in (True, False):
        subscription = replace(SUBSCRIPTION, interests=interests, threads=threads)
        messages = bodies(DiscordRenderer().digest(digest, subscription))
        assert len(messages) == (31 if threads else 6)
        for body in messages:
            check_body(body)
            check_body(plain_body(body))
        allowed = {"**", "*", "["}
        found = {each for each in markup(messages) if not each.startswith("](https://arxiv.org/")}
        assert found <= allowed


def recorded_digest(day: str, folder: Path) -> tuple[Digest, Interests]:
    written = json.loads((ARXIV_DATA / "gold" / f"{day}.json").read_text())["config"]
    config = folder / "config.json"
    config.write_text(json.dumps(written))
    interests = load_settings(config, {"HOME": str(folder)}).default_interests()
    digest = asyncio.run(
        compose_once(
            read_feed_files([ARXIV_DATA / "feeds" / day / FEED]),
            interests,
            extractor=ExtractiveSummarizer(),
            now=FrozenClock().now(),
        )
    )
    return digest, interests


def test_with_threads_the_channel_gets_one_message_and_each_paper_a_silent_one() -> None:
    parent, *papers = map(json.loads, DiscordRenderer().digest(MANY, SUBSCRIPTION))

    assert "thread_name" not in parent
    assert parent["post_name"] == "arXiv · Wed 21 Jan 2026 · 12 papers"
    assert {paper["thread_name"] for paper in papers} == {parent["post_name"]}
    assert {paper["flags"] for paper in papers} == {1 << 12}
    assert len(papers) == 12
    assert "and 7 more in the thread" in parent["embeds"][0]["description"]


def test_without_threads_five_papers_share_a_message_and_only_the_first_one_rings() -> None:
    wish = replace(SUBSCRIPTION, threads=False)

    messages = [json.loads(each) for each in DiscordRenderer().digest(MANY, wish)]

    assert [len(each["embeds"]) for each in messages] == [5, 5, 2]
    assert [each.get("flags") for each in messages] == [None, 1 << 12, 1 << 12]
    assert not any("thread_name" in each for each in messages)


def test_each_button_can_be_read_again_and_none_stands_twice_in_a_message() -> None:
    for case in CASES.values():
        for body in bodies(rendered(case)):
            ids = [
                button["custom_id"]
                for row in body.get("components", ())
                for button in row["components"]
            ]
            assert all(CUSTOM_ID.fullmatch(each) for each in ids)
            assert len(ids) == len(set(ids))


def test_a_paper_has_its_four_buttons() -> None:
    _, paper, _ = bodies(DiscordRenderer().digest(DIGEST, SUBSCRIPTION))

    [row] = paper["components"]
    assert [each["custom_id"] for each in row["components"]] == [
        f"pc:{verb}:2601.13824v1" for verb in ("summarize", "similar", "like", "dislike")
    ]


def test_only_the_role_that_was_asked_for_is_notified_and_only_by_the_first_message() -> None:
    wish = replace(SUBSCRIPTION, role=ROLE)

    parent, *papers = bodies(DiscordRenderer().digest(DIGEST, wish))

    assert parent["allowed_mentions"] == {"parse": [], "roles": [ROLE]}
    assert parent["content"].startswith(f"<@&{ROLE}> ")
    assert all(paper["allowed_mentions"] == {"parse": []} for paper in papers)


def test_a_day_without_papers_says_why_and_rings_nowhere() -> None:
    wish = replace(SUBSCRIPTION, role=ROLE)

    [body] = bodies(DiscordRenderer().digest(EMPTY_DIGEST, wish))

    assert EMPTY_DIGEST.silence_reason in body["content"]
    assert body["flags"] == 1 << 12
    assert body["allowed_mentions"] == {"parse": []}


def test_a_summary_shows_its_source_its_checked_numbers_and_the_one_not_found() -> None:
    [body] = bodies(DiscordRenderer().reply(Reply("A title", summary=CHECKED)))

    [embed] = body["embeds"]
    assert "It is 2.1 times *(not found in the paper)* faster." in embed["description"]
    assert embed["footer"]["text"] == (
        "small-model · read: PDF, 12 of 40 pages · numbers checked: 14 of 15"
    )


def test_a_long_summary_is_split_at_its_sections_and_loses_nothing() -> None:
    payloads = DiscordRenderer().reply(Reply("A title\nAn author", summary=LONG))

    messages = bodies(payloads)
    texts = [text for body in messages for text in embed_texts(body)]
    whole = " ".join(texts)
    assert len(messages) > 1
    assert sum(text.startswith("**Part") for text in texts) >= 3
    assert whole.count("A sentence of \\*some\\* length\\_here.") == 4 * 200
    for body in messages:
        check_body(body)


@pytest.mark.parametrize("length", [10, 3_000, 7_000, 60_000])
@pytest.mark.parametrize("unit", ["word ", "字", "🧪", "*_`|", "Line.\n", "| a | b |\n"])
def test_summaries_of_any_length_and_script_fit(unit: str, length: int) -> None:
    text = unit * (length // len(unit))
    long = replace(SUMMARY, sections=(SummarySection("H" * 300, text), SummarySection("", text)))
    entries = tuple(replace(each, summary=long) for each in MANY.entries[:7])
    digest = replace(DIGEST, entries=entries)

    for threads in (True, False):
        wish = replace(SUBSCRIPTION, threads=threads)
        for body in bodies(DiscordRenderer().digest(digest, wish)):
            check_body(body)
    for body in bodies(DiscordRenderer().reply(Reply("Title", summary=long))):
        check_body(body)


def test_a_code_block_that_is_cut_goes_on_in_the_next_text() -> None:
    block = "```\n" + "row of a table\n" * 40 + "```"

    pieces = list(pack([block], 200))

    assert len(pieces) > 3
    assert all(piece.startswith("```\n") and piece.endswith("```") for piece in pieces)
    assert "".join(pieces).count("row of a table") == 40


def test_help_says_every_verb_within_what_discord_takes() -> None:
    messages = bodies(DiscordRenderer().reply(Reply(help_text(None, prefix="/arxiv"))))

    text = "\n".join(text for body in messages for text in embed_texts(body))
    assert "`/arxiv subscribe [categories] [filters]`" in text
    assert len(messages) == 1


def test_a_webhook_gets_neither_buttons_nor_threads() -> None:
    messages = DiscordRenderer(for_webhook=True).digest(MANY, SUBSCRIPTION)

    assert len(messages) == 3
    assert not any(
        key in json.loads(each) for each in messages for key in ("components", "thread_name")
    )


def test_similar_papers_show_what_they_share() -> None:
    entry = DigestEntry(1, ENTRY.paper, ENTRY.announce_type, 41.7, ENTRY.reasons)

    [body] = bodies(DiscordRenderer().reply(Reply("Like “X”:", papers=(entry,))))

    assert "· 42" in body["embeds"][0]["description"]
    assert "kv cache 2 (title, abstract)" in body["embeds"][0]["description"]


def test_a_paper_of_thousands_of_authors_does_not_flood_its_summary() -> None:
    authors = ", ".join(f"Author {number}" for number in range(3_000))

    [body] = bodies(DiscordRenderer().reply(Reply(f"A title\n{authors}", summary=CHECKED)))

    assert body["embeds"][0]["description"].index("**Contributions**") < 500


def test_an_abstract_that_gave_nothing_still_makes_a_message() -> None:
    nothing = Summary("2601.13824", 1, "en", "extractive", "", SummarySource.ABSTRACT, sections=())

    [body] = bodies(DiscordRenderer().reply(Reply("", summary=nothing)))

    check_body(body)
