import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.domain.digest import Digest
from bot.domain.inert import visible
from bot.domain.interests import Interests, parse_term
from bot.domain.subscriptions import Schedule
from bot.domain.text import collapse
from bot.services.publishing import (
    ARXIV_DISCLAIMER,
    ARXIV_THANKS,
    digest_json,
    digest_markdown,
    escape_markdown,
)
from tests.fakes.digests import (
    DIGEST,
    EMPTY_DIGEST,
    ENTRY,
    HOSTILE_TEXTS,
    SUMMARY,
    digest_titled,
)

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
UPDATED_AT = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)
INTERESTS = Interests(
    categories=("cs.LG", "cs.CL"),
    terms=(parse_term("kv cache"), parse_term("LLM^2"), parse_term("quantiz*")),
    excluded=(parse_term("survey"),),
)
HARMLESS_TAGS = {"h1", "h2", "h3", "h4", "p", "ul", "li", "strong", "em", "hr", "br", "a"}


class Page(HTMLParser):
    """What a browser would find in a rendered page."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(MARKDOWN.render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(digest: Digest) -> str:
    return digest_markdown(digest, interests=INTERESTS, updated_at=UPDATED_AT)


# --- JSON -----------------------------------------------------------------------------------


def test_the_object_has_the_documented_keys_in_the_documented_order() -> None:
    document = json.loads(digest_json(DIGEST))

    assert list(document) == ["date", "considered", "matched", "papers"]
    assert list(document["papers"][0]) == [
        "rank",
        "id",
        "version",
        "score",
        "reasons",
        "title",
        "authors",
        "categories",
        "announce_type",
        "abstract",
        "link",
        "summary",
    ]


def test_an_entry_is_told_whole_and_its_id_stands_without_version() -> None:
    first, second = json.loads(digest_json(DIGEST))["papers"]

    assert (first["rank"], first["id"], first["version"], first["score"]) == (
        1,
        "2601.13824",
        1,
        3.25,
    )
    assert first["reasons"][0] == {"term": "kv cache", "where": "title+abstract", "points": 2.0}
    assert first["link"] == "https://arxiv.org/abs/2601.13824"
    assert first["summary"]["model"] == "small-model"
    assert first["summary"]["source"] == "pdf"
    assert first["summary"]["sections"][1] == {
        "heading": "Results",
        "text": "It is 2.1 times faster.",
    }
    assert (second["id"], second["announce_type"], second["summary"]) == (
        "hep-th/9901001",
        "replace",
        None,
    )


def test_letters_of_all_scripts_stand_as_they_are() -> None:
    assert "Ana García-Sánchez" in digest_json(DIGEST)


def test_an_empty_day_is_an_object_too() -> None:
    document = json.loads(digest_json(EMPTY_DIGEST))

    assert document == {"date": None, "considered": 0, "matched": 0, "papers": []}


def test_half_a_surrogate_pair_does_not_keep_the_object_from_being_printed() -> None:
    broken = digest_titled("a \ud800 b")

    assert json.loads(digest_json(broken).encode("utf-8"))["papers"][0]["title"] == "a ? b"


# --- Markdown -------------------------------------------------------------------------------


def test_the_page_holds_what_the_seeds_page_held() -> None:
    page = page_of(DIGEST)

    assert page.startswith("# arXiv papers · 2026-01-21\n")
    assert "- **Last Updated**: 2026-01-21 09:00:00 UTC\n" in page
    assert "- **Total Papers Found**: 2\n" in page
    assert "- **Categories Monitored**: cs.LG, cs.CL\n" in page
    assert (
        "### 1. [Sharing KV Caches between Models](https://arxiv.org/abs/2601.13824)\n\n"
        "**Authors**: Ana García-Sánchez, Wei Li  \n"
        "**Category**: cs.LG  \n"
        "**Published**: 2026-01-21  \n"
        "**Score**: 3.25  \n"
        "**Type**: new  \n"
        "**ArXiv ID**: 2601.13824v1  \n\n"
        "#### Abstract\nCaches are large. We share them."
    ) in page
    assert "AI Summary (by small-model)</strong>" in page
    assert '- **Keywords**: "kv cache", LLM^2, quantiz\\*\n' in page
    assert "- **Excluded**: survey\n" in page


def test_a_long_abstract_is_cut_between_words_within_300_characters() -> None:
    page = page_of(DIGEST)

    shown = page.split("#### Abstract\n")[1].split("\n\n")[0]
    whole = " ".join(ENTRY.paper.abstract.split())
    assert 250 < len(shown) <= 300
    assert shown.endswith("…")
    assert whole.startswith(shown[:-1])
    assert whole[len(shown) - 1] == " "


def test_a_summarys_lists_are_lists_and_its_numbers_are_told() -> None:
    checked = replace(SUMMARY, figures_checked=3, figures_found=2)
    page = page_of(replace(DIGEST, entries=(replace(ENTRY, summary=checked),)))

    assert Page(page).tags.count("li") > Page(page_of(EMPTY_DIGEST)).tags.count("li")
    assert "- half the memory\n- same answers" in page
    assert "read: PDF · numbers checked: 2 of 3" in page


def test_an_extract_is_not_called_the_work_of_a_model() -> None:
    extract = replace(SUMMARY, model="extractive")
    page = page_of(replace(DIGEST, entries=(replace(ENTRY, summary=extract),)))

    assert "Extract from the abstract" in page
    assert "AI Summary" not in page


def test_an_empty_day_says_why() -> None:
    page = page_of(EMPTY_DIGEST)

    assert "arXiv announces nothing on Saturdays." in page
    assert "- **Total Papers Found**: 0\n" in page


def test_the_page_thanks_arxiv_and_disclaims_its_approval() -> None:
    text = Page(page_of(DIGEST)).text

    assert ARXIV_THANKS in text
    assert ARXIV_DISCLAIMER in text


def test_the_schedule_is_shown_where_there_is_one() -> None:
    page = digest_markdown(
        DIGEST, interests=INTERESTS, updated_at=UPDATED_AT, schedule=Schedule(timezone="Asia/Tokyo")
    )

    assert "- weekdays at 09:00 (Asia/Tokyo)" in page
    assert "Schedule" not in page_of(DIGEST)


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_what_a_paper_or_model_writes_is_shown_and_does_nothing(text: str) -> None:
    ordinary = Page(page_of(digest_titled("plain")))

    page = Page(page_of(digest_titled(text)))

    assert set(page.tags) <= HARMLESS_TAGS | {"details", "summary"}
    assert page.links == ordinary.links
    assert page.tags.count("details") == ordinary.tags.count("details") == 1
    assert page.tags.count("h1") == ordinary.tags.count("h1")
    assert page.tags.count("hr") == ordinary.tags.count("hr")


@pytest.mark.parametrize("text", ["@everyone", "see @octocat", "fixes #12"])
def test_a_mention_is_broken_behind_its_sign(text: str) -> None:
    assert "@e" not in escape_markdown(text)
    assert "@o" not in escape_markdown(text)
    assert "#1" not in escape_markdown(text)


@pytest.mark.parametrize("text", ["https://evil.example/x", "www.evil.example", "ftp://x.example"])
def test_a_bare_address_does_not_become_a_link(text: str) -> None:
    escaped = escape_markdown(text)

    assert "://" not in escaped
    assert "www." not in escaped
    assert Page(escaped).text.strip() == text


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_shown_exactly_as_it_was_written(text: str) -> None:
    page = Page(escape_markdown(text))

    assert page.text.replace("\u2060", "").strip() == " ".join(visible(collapse(text)).split())
    assert set(page.tags) <= {"p"}
