"""The pages of the real service: what config.json asks for, and nothing of a channel."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.acceptance.test_run import feed_of_today
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.service_process import ServiceProcess, ended
from tests.shared_data import ARXIV_DATA, needs_shared

pytestmark = pytest.mark.slow

SEED = ARXIV_DATA / "gold" / "2026-01-21.json"
KEY = "not-a-secret-of-anybody"


def environ_of(arxiv: ArxivServer) -> dict[str, str]:
    return {
        "ARXIV_FEED_URL": arxiv.url,
        "ARXIV_API_URL": arxiv.url,
        "ARXIV_SITE_URL": arxiv.url,
        "WEB_PUBLIC_URL": "https://papers.example",
        "DASHSCOPE_API_KEY": KEY,
    }


@needs_shared
async def test_the_seeds_configuration_runs_unedited_and_its_papers_are_on_the_pages(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(json.loads(SEED.read_text())["config"]))
    async with ArxivServer() as arxiv:
        arxiv.serve_feed(feed_of_today())
        environ = environ_of(arxiv)

        async with ServiceProcess(home=tmp_path, **environ) as service:

            async def has_papers() -> bool:
                return "2601." in (await service.get("/rss"))[1]

            await service.until(has_papers, what="the day's papers are on the pages")
            pages = {
                path: await service.get(path)
                for path in ("/", "/search", "/trends", "/atom", "/rss/cs.DC", "/config")
            }

    assert {path: status for path, (status, _) in pages.items() if status != 200} == {}
    assert "30 of 506 papers announced" in pages["/"][1]
    config = json.loads(pages["/config"][1])
    assert config["categories"] == ["cs.AI", "cs.CL", "cs.DC", "cs.LG"]
    for _, text in pages.values():
        assert KEY not in text
        assert str(tmp_path) not in text


@needs_shared
async def test_a_channels_papers_are_behind_its_token_alone(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({"categories": ["cs.DC"], "keywords": ["GNN"], "max_papers": 3})
    )
    async with ArxivServer() as arxiv:
        arxiv.serve_feed(feed_of_today())
        environ = environ_of(arxiv)
        for words in (("subscribe", "cs.CL", "kw:LLM", "top:5"), ("now",)):
            code, out, err = await ended(*words, "--to-file", "lab", home=tmp_path, **environ)
            assert code == 0, (out, err)
        _, told, _ = await ended("feed", "--to-file", "lab", home=tmp_path, **environ)
        link = re.search(r"https://papers\.example(/feeds/\S+\.xml)", told.replace("\n", ""))
        assert link is not None, told

        async with ServiceProcess(home=tmp_path, **environ) as service:

            async def has_papers() -> bool:
                return "2601." in (await service.get("/rss"))[1]

            await service.until(has_papers, what="the day's papers are on the pages")
            private = await service.get(link[1])
            guessed = await service.get(link[1][:-8] + "aaaa.xml")
            public = [await service.get(path) for path in ("/", "/rss", "/search", "/config")]
            index = await service.get("/assets/search-index.js")
            await ended("feed", "off", "--to-file", "lab", home=tmp_path, **environ)

            async def has_ended() -> bool:
                return (await service.get(link[1]))[0] == 404

            await service.until(has_ended, what="the link has ended")

    posted = set(re.findall(r"oai:arXiv\.org:(\d{4}\.\d{5})", private[1]))
    assert (private[0], guessed[0]) == (200, 404)
    assert len(posted) == 5
    for _, text in (*public, index):
        assert not {paper for paper in posted if paper in text}
        assert "/feeds/" not in text
