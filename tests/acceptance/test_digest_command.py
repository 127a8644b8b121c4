"""`papercourier digest`: feeds in files, ranking out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.arxiv.feed_files import read_feed_files
from adapters.arxiv.sample_day import sample_feed_paths
from bot.config import load_settings
from bot.domain.interests import Formula
from bot.domain.matching import rank
from bot.domain.rarity import Rarity
from tests.fakes.command_line import papercourier
from tests.shared_data import ARXIV_DATA, needs_shared

ROOT = Path(__file__).resolve().parents[2]
DAYS = ("2025-12-02", "2025-12-09", "2026-01-06", "2026-01-19", "2026-01-21")
COMBINED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
SAMPLE = str(sample_feed_paths()[0])
SINGLE = ("cs.AI.xml", "cs.CL.xml", "cs.DC.xml", "cs.LG.xml")


def seed_config(day: str, folder: Path) -> Path:
    config = json.loads((ARXIV_DATA / "gold" / f"{day}.json").read_text())["config"]
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def best(papers: list[dict[str, Any]]) -> list[tuple[str, float]]:
    return [(paper["id"], paper["score"]) for paper in papers]


def recorded_ranking(day: str) -> list[tuple[str, float]]:
    return best(json.loads((ARXIV_DATA / "ranking" / f"{day}.json").read_text()))


@needs_shared
@pytest.mark.parametrize("day", DAYS)
def test_the_seeds_ranking_comes_out_exactly(day: str, tmp_path: Path) -> None:
    feed = ARXIV_DATA / "feeds" / day / COMBINED
    config = seed_config(day, tmp_path)

    done = papercourier(
        *("digest", "--feed", str(feed), "--config", str(config)),
        *("--formula", "seed", "--format", "json"),
        home=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    assert best(json.loads(done.stdout)["papers"]) == recorded_ranking(day)[:30]


@needs_shared
def test_four_single_feeds_give_what_the_combined_feed_gives(tmp_path: Path) -> None:
    folder = ARXIV_DATA / "feeds" / "2026-01-21"
    config = seed_config("2026-01-21", tmp_path)

    done = papercourier(
        *("digest", "--feed", *(str(folder / name) for name in SINGLE)),
        *("--config", str(config), "--formula", "seed", "--format", "json"),
        home=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    papers = json.loads(done.stdout)["papers"]
    assert best(papers) == recorded_ranking("2026-01-21")[:30]
    assert {paper["announce_type"] for paper in papers} == {"new"}


@needs_shared
def test_every_paper_that_the_seed_published_is_found_with_its_score(tmp_path: Path) -> None:
    settings = load_settings(seed_config("2026-01-21", tmp_path), {"HOME": str(tmp_path)})
    published = json.loads((ARXIV_DATA / "gold" / "2026-01-21.json").read_text())["papers"]
    reading = read_feed_files([ARXIV_DATA / "feeds" / "2026-01-21" / COMBINED])

    interests = settings.default_interests()
    everything = rank(
        type(interests)(
            categories=interests.categories,
            terms=interests.terms,
            excluded=interests.excluded,
            formula=Formula.SEED,
            max_papers=1_000,
        ),
        reading.announcements,
        rarity=Rarity(),
    )

    ours = {scored.announcement.paper.arxiv_id: scored.score for scored in everything.chosen}
    assert len(published) == 30
    assert {paper["id"]: ours.get(paper["id"]) for paper in published} == {
        paper["id"]: paper["score"] for paper in published
    }


def test_the_json_has_the_documented_keys_in_order(tmp_path: Path) -> None:
    done = papercourier("digest", SAMPLE, "--format", "json", home=tmp_path)

    document = json.loads(done.stdout)
    assert list(document) == ["date", "considered", "matched", "papers"]
    assert list(document["papers"][0]) == [
        *("rank", "id", "version", "score", "reasons", "title", "authors", "categories"),
        *("announce_type", "abstract", "link", "summary"),
    ]
    assert document["date"] == "2099-12-09"
    assert [paper["rank"] for paper in document["papers"]] == list(
        range(1, len(document["papers"]) + 1)
    )


@pytest.mark.parametrize(
    ("shape", "telling"),
    [
        ("text", "why kv cache"),
        ("markdown", "<details>"),
        ("rss", "<rss "),
    ],
)
def test_each_format_shows_the_digest(shape: str, telling: str, tmp_path: Path) -> None:
    done = papercourier("digest", SAMPLE, "--format", shape, home=tmp_path)

    assert done.returncode == 0, done.stderr
    assert telling in done.stdout
    assert "KV Cache Eviction" in done.stdout


def test_a_digest_from_files_leaves_nothing_behind(tmp_path: Path) -> None:
    papercourier("digest", SAMPLE, home=tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_day_without_a_match_says_what_came_nearest(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"categories": ["cs.LG"], "keywords": ["kv cache"], "min_score": 50}')

    done = papercourier(
        *("digest", SAMPLE, "--config", str(config)),
        home=tmp_path,
    )

    assert done.returncode == 0
    assert "the best scored" in done.stdout
    assert "of the 50 needed" in done.stdout


def test_it_is_a_process_like_any_other(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "digest", SAMPLE, "--format", "json"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PAPERCOURIER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert json.loads(done.stdout)["date"] == "2099-12-09"
    assert done.stderr == ""
