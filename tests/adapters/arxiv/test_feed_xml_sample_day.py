"""The shipped sample days keep what the demonstration promises."""

from collections import Counter
from datetime import date

import pytest

from adapters.arxiv.feed_files import read_feed_files
from adapters.arxiv.sample_day import sample_feed_paths
from bot.domain.categories import is_category
from bot.domain.papers import AnnounceType, ArxivId
from bot.ports import FeedReading


@pytest.fixture(scope="module")
def busy() -> FeedReading:
    return read_feed_files(sample_feed_paths()[:1])


@pytest.fixture(scope="module")
def quiet() -> FeedReading:
    return read_feed_files(sample_feed_paths()[1:])


def test_both_days_are_read_whole(busy: FeedReading, quiet: FeedReading) -> None:
    assert (len(busy.announcements), busy.left_out) == (54, ())
    assert (len(quiet.announcements), quiet.left_out) == (6, ())
    assert busy.announced_on == date(2099, 12, 9)
    assert quiet.announced_on == date(2099, 12, 10)


def test_every_file_says_that_it_is_invented() -> None:
    for path in sample_feed_paths():
        assert "<description>INVENTED: none of these papers" in path.read_text("utf-8")


def test_no_identifier_can_be_a_real_papers(busy: FeedReading, quiet: FeedReading) -> None:
    ids = [a.paper.arxiv_id for a in (*busy.announcements, *quiet.announcements)]

    assert len(set(ids)) == len(ids)
    for arxiv_id in ids:
        assert ArxivId.parse(arxiv_id).value == arxiv_id
        assert arxiv_id.startswith(("97", "98", "99"))  # numbers of this form began in 2007


def test_the_busy_day_shows_every_kind_of_announcement(busy: FeedReading) -> None:
    kinds = Counter(a.announce_type for a in busy.announcements)

    assert set(kinds) == set(AnnounceType)
    assert kinds[AnnounceType.NEW] >= 40


def test_the_busy_day_has_what_filters_are_shown_on(busy: FeedReading) -> None:
    titles = [a.paper.title for a in busy.announcements]
    authors = Counter(name for a in busy.announcements for name in a.paper.authors)

    assert "Quantizing the Residual Stream: 4-Bit Inference with O(√d) Outliers" in titles
    assert any(title.startswith("A Survey of") for title in titles)
    assert any("Tutorial" in title for title in titles)
    assert any("Q&A" in title for title in titles)
    assert authors["Oke Lindqvarn"] == 3
    assert authors["Jiří Dvořanský"] == 2


def test_sample_papers_look_like_real_ones(busy: FeedReading) -> None:
    for announcement in busy.announcements:
        shown = announcement.paper
        assert 550 <= len(shown.abstract) <= 1300, shown.title
        assert "\n\n" in shown.abstract, shown.title
        assert sum(character.isdigit() for character in shown.abstract) >= 3, shown.title
        assert all(is_category(category) for category in shown.categories), shown.title
        assert all("(" not in name for name in shown.authors), shown.title


def test_the_quiet_day_has_nothing_but_mathematics(quiet: FeedReading) -> None:
    text = " ".join(f"{a.paper.title} {a.paper.abstract}" for a in quiet.announcements).casefold()

    assert all(a.paper.primary_category.startswith("math.") for a in quiet.announcements)
    for term in ("llm", "language model", "neural", "training", "inference", "attention", "robot"):
        assert term not in text
