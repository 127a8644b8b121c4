"""Feeds as arXiv sent them: counts, types and the names and titles that carry LaTeX."""

import json
from datetime import date
from pathlib import Path

import pytest

from adapters.arxiv.feed_files import read_feed_files
from bot.domain.papers import AnnounceType, Paper
from bot.ports import FeedReading
from tests.shared_data import ARXIV_DATA, needs_shared

pytestmark = needs_shared

FEEDS, RAW = ARXIV_DATA / "feeds", ARXIV_DATA / "raw"
COMBINED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
SINGLE = ("cs.AI.xml", "cs.CL.xml", "cs.DC.xml", "cs.LG.xml")
LEFTOVERS = ("\\textbf", "\\emph", "\\times", "\\mathrm", "\\frac", "&amp;", "&lt;", "  ")


def read(*paths: Path) -> FeedReading:
    return read_feed_files(paths)


def of_type(reading: FeedReading, announce_type: AnnounceType) -> int:
    return sum(one.announce_type is announce_type for one in reading.announcements)


def paper(reading: FeedReading, arxiv_id: str) -> Paper:
    return next(a.paper for a in reading.announcements if a.paper.arxiv_id == arxiv_id)


@pytest.mark.parametrize(
    ("day", "new", "cross"),
    [("2025-12-02", 344, 185), ("2025-12-09", 274, 155), ("2026-01-06", 282, 144),
     ("2026-01-19", 133, 52), ("2026-01-21", 506, 219)],
)  # fmt: skip
def test_every_paper_of_a_days_feed_is_read(day: str, new: int, cross: int) -> None:
    reading = read(FEEDS / day / COMBINED)

    assert reading.left_out == ()
    assert reading.announced_on == date.fromisoformat(day)
    assert of_type(reading, AnnounceType.NEW) == new
    assert of_type(reading, AnnounceType.CROSS) == cross
    for announcement in reading.announcements:
        shown = announcement.paper
        assert len(shown.abstract) > 100, shown.arxiv_id
        assert shown.authors, shown.arxiv_id
        left = [mark for mark in LEFTOVERS if mark in f"{shown.title} {shown.abstract}"]
        assert left == [], shown.arxiv_id


def test_four_single_feeds_together_are_the_combined_one() -> None:
    combined = read(FEEDS / "2026-01-21" / COMBINED)

    merged = read(*(FEEDS / "2026-01-21" / name for name in SINGLE))

    def facts(reading: FeedReading) -> set[tuple[Paper, AnnounceType]]:
        return {(a.paper, a.announce_type) for a in reading.announcements}

    assert facts(merged) == facts(combined)


def test_paragraphs_of_a_recorded_abstract_are_kept() -> None:
    shown = paper(read(FEEDS / "2026-01-21" / COMBINED), "2601.11553")

    assert shown.title == (
        "PerCache: Predictive Hierarchical Cache for RAG Applications on Mobile Devices"
    )
    first, second = shown.abstract.split("\n\n")
    assert first.endswith("distinctive characteristics of mobile RAG.")
    assert second.startswith("We propose PerCache, a novel hierarchical cache")


@pytest.mark.parametrize(
    ("day", "title"),
    [
        ("2025-12-02", "S²-MLLM: Boosting Spatial Reasoning Capability of MLLMs"),
        ("2025-12-09", "D³-Predictor: Noise-Free Deterministic Diffusion"),
        ("2025-12-09", "A Mathematical Theory of Top-k Sparse Attention"),
        ("2026-01-21", "PsychēChat: An Empathic Framework"),
        ("2026-01-21", "MemoryRewardBench: Benchmarking Reward Models"),
        ("2026-01-21", "FocaLogic: Logic-Based Interpretation"),
    ],
)
def test_recorded_titles_with_latex_are_readable(day: str, title: str) -> None:
    titles = [a.paper.title for a in read(FEEDS / day / COMBINED).announcements]

    assert [shown for shown in titles if shown.startswith(title)] != []


def test_a_combined_response_tells_new_cross_and_replaced_papers_apart() -> None:
    (path,) = RAW.glob("arxiv_rss_multi_*.xml")

    reading = read(path)

    assert reading.left_out == ()
    assert reading.announced_on == date(2026, 9, 24)
    assert [(a.paper.versioned_id, a.announce_type.value) for a in reading.announcements] == [
        ("2609.26811v1", "new"),
        ("2609.26820v1", "new"),
        ("2205.06398v2", "cross"),
        ("2009.13987v3", "replace"),
    ]
    crossed = paper(reading, "2205.06398")
    assert crossed.categories == ("stat.ME", "stat.AP", "stat.ML")
    assert crossed.doi == "10.1093/bioinformatics/btac431"
    assert crossed.authors == ("Pritam Dey", "Zhengwu Zhang", "David B. Dunson")


def test_a_response_with_an_empty_name_part_keeps_all_names() -> None:
    reading = read(RAW / "arxiv_rss_cs.CL_2026-04-27_trimmed.xml")

    assert len(reading.announcements) == 3
    assert paper(reading, "2604.22002").authors == (
        "Anamta Khan", "Ratna Kandala", "Deepti", "Sheza Munir", "Joyojeet Pal",
    )  # fmt: skip


def test_an_atom_response_is_read_like_rss() -> None:
    reading = read(RAW / "arxiv_atomfeed_cs.AI_2025-08-20_4entries.xml")

    assert reading.left_out == ()
    assert reading.announced_on == date(2025, 8, 20)
    assert of_type(reading, AnnounceType.CROSS) == len(reading.announcements) == 4
    strategy = paper(reading, "2508.13429")
    assert strategy.authors == ("Paulo André Lima de Castro",)
    assert strategy.categories == ("q-fin.CP", "cs.AI")
    assert strategy.license_url == "http://creativecommons.org/licenses/by/4.0/"
    assert "1.13× faster" in paper(reading, "2508.13434").abstract


@pytest.mark.parametrize(
    "day", ["2025-12-02", "2025-12-09", "2026-01-06", "2026-01-19", "2026-01-21"]
)
def test_making_text_readable_changes_no_score_of_the_formula_seed(day: str) -> None:
    config = json.loads((ARXIV_DATA / "gold" / f"{day}.json").read_text())["config"]
    recorded = json.loads((ARXIV_DATA / "ranking" / f"{day}.json").read_text())

    scores = {
        a.paper.arxiv_id: _seed_score(a.paper, config["keywords"])
        for a in read(FEEDS / day / COMBINED).announcements
    }

    assert {one["id"]: scores[one["id"]] for one in recorded} == {
        one["id"]: one["score"] for one in recorded
    }


def _seed_score(shown: Paper, keywords: list[str]) -> float:
    """The formula `seed`, written out: substrings, the title counting half as much again."""
    title = shown.title.lower()
    text = f"{title} {shown.abstract.lower()}"
    return sum((word.lower() in text) + 0.5 * (word.lower() in title) for word in keywords)
