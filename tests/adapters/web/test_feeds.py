import calendar
from dataclasses import replace
from datetime import UTC, date, datetime
from time import struct_time
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.web.feeds import digest_rss
from bot.domain.digest import Digest
from bot.domain.inert import visible
from bot.services.publishing import ARXIV_DISCLAIMER
from tests.fakes.digests import DIGEST, EMPTY_DIGEST, HOSTILE_TEXTS, digest_titled

BUILT_AT = datetime(2026, 1, 21, 9, 0, tzinfo=UTC)


def rss(digest: Digest) -> bytes:
    return digest_rss(digest, title="Our papers", link="https://papers.example/", built_at=BUILT_AT)


def parsed(digest: Digest) -> Any:
    feed = feedparser.parse(rss(digest))
    assert feed.bozo == 0
    return feed


def moment(stamp: struct_time) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(stamp), tz=UTC)


def test_a_feed_reader_finds_every_field_of_every_paper() -> None:
    feed = parsed(DIGEST)

    assert feed.version == "rss20"
    assert (feed.feed.title, feed.feed.link) == ("Our papers", "https://papers.example/")
    assert ARXIV_DISCLAIMER in feed.feed.rights
    first, second = feed.entries
    assert first.title == "Sharing KV Caches between Models"
    assert first.link == "https://arxiv.org/abs/2601.13824"
    assert [tag.term for tag in first.tags] == ["cs.LG", "cs.CL"]
    assert [author.name for author in first.authors] == ["Ana García-Sánchez", "Wei Li"]
    assert (first.arxiv_announce_type, second.arxiv_announce_type) == ("new", "replace")
    assert "Caches are large." in first.summary
    assert "kv cache +2.0" in first.summary
    assert "Summary by small-model" in first.summary


def test_guids_are_arxivs_identifiers_and_no_links() -> None:
    feed = parsed(DIGEST)

    assert [entry.id for entry in feed.entries] == [
        "oai:arXiv.org:2601.13824v1",
        "oai:arXiv.org:hep-th/9901001v3",
    ]
    assert not any(entry.guidislink for entry in feed.entries)


@pytest.mark.parametrize(
    ("announced_on", "in_utc"),
    [
        (date(2026, 1, 21), datetime(2026, 1, 21, 5, tzinfo=UTC)),
        (date(2026, 7, 1), datetime(2026, 7, 1, 4, tzinfo=UTC)),
    ],
)
def test_a_paper_is_dated_midnight_eastern_time_and_labelled_utc(
    announced_on: date, in_utc: datetime
) -> None:
    document = rss(replace(DIGEST, announced_on=announced_on))

    entry = feedparser.parse(document).entries[0]
    assert moment(entry.published_parsed) == in_utc
    assert entry.published.endswith("+0000")


def test_nothing_in_the_feed_depends_on_when_it_is_written() -> None:
    feed = parsed(DIGEST)

    assert moment(feed.feed.updated_parsed) == BUILT_AT
    assert moment(feed.feed.published_parsed) == datetime(2026, 1, 21, 5, tzinfo=UTC)
    assert rss(DIGEST) == rss(DIGEST)


def test_an_empty_day_is_a_feed_that_says_why() -> None:
    feed = parsed(EMPTY_DIGEST)

    assert feed.entries == []
    assert "arXiv announces nothing on Saturdays." in feed.feed.subtitle


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_what_a_paper_writes_is_text_even_where_html_is_read(text: str) -> None:
    entry = parsed(digest_titled(text)).entries[0]
    raw = etree.fromstring(rss(digest_titled(text))).findtext("channel/item/description") or ""

    shown = " ".join(entry.title.replace("\u2060", "").split())
    assert shown == " ".join(visible(text).split())
    for tag in ("<script", "<img", "<a ", "<!--", "</details"):
        assert tag not in raw


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_no_text_can_break_the_document(text: str) -> None:
    document = rss(digest_titled(text))

    assert len(etree.fromstring(document).findall("channel/item")) == 1
