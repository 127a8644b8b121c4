"""The pages in a real browser: console, search, keyboard, contrast, both themes, a phone's width.

tests/browser/pages.mjs drives headless Chromium and examines each page with axe-core; here is
judged what it found. Where Node, Chromium or the packages are missing these tests are skipped,
unless PAPERCOURIER_BROWSER_TESTS is "required".
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.web.folder import write_folder
from adapters.web.metrics import PrometheusTelemetry
from adapters.web.pages import Pages
from adapters.web.server import WebServer
from bot.domain.published import Publication
from bot.services.worker import open_worker
from tests.fakes.publications import PUBLICATION

pytestmark = pytest.mark.slow

BROWSER = Path(__file__).resolve().parents[1] / "browser"
NODE, CHROMIUM = shutil.which("node"), shutil.which("chromium")
SEARCHES = {"title": "regularised", "author": "Zolw", "id": "https://arxiv.org/abs/2601.00007v2"}
FOUND_TITLE = "Attention with λ-regularised Caches"
LIMIT_SECONDS = 300


def missing() -> str:
    """What is not here, as a reason to skip; "" where all is."""
    needed = {
        "Node (apt-get install nodejs)": NODE,
        "Chromium (apt-get install chromium)": CHROMIUM,
        "the packages of tests/browser (npm ci there)": (BROWSER / "node_modules").is_dir(),
    }
    return ", ".join(name for name, is_there in needed.items() if not is_there)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Everything that the browser saw."""
    if reason := missing():
        if os.environ.get("PAPERCOURIER_BROWSER_TESTS") == "required":
            pytest.fail(f"missing: {reason}")
        pytest.skip(f"not here: {reason}")
    folder = tmp_path_factory.mktemp("pages with a space")
    write_folder(folder, PUBLICATION)
    return asyncio.run(looked_at(folder))


async def looked_at(folder: Path) -> Any:
    """What the browser sees of the folder, and of the same pages served live."""

    async def publish() -> Publication:
        return PUBLICATION

    async def nobodys(token: str) -> None:
        del token

    with open_worker("pages") as worker:
        pages = Pages(publish=publish, find_private=nobodys, about={}, base_url=None, worker=worker)
        server = WebServer(
            host="127.0.0.1", port=0, telemetry=PrometheusTelemetry(), alive={}, ready={}
        )
        server.add_routes(pages.routes())
        async with server, pages.kept():
            return await driven(folder, server.url)


async def driven(folder: Path, live: str) -> Any:
    """Run tests/browser/pages.mjs to its end."""
    assert NODE is not None
    task = {
        "chromium": CHROMIUM,
        "folder": str(folder),
        "live": live,
        "days": ["2026-01-21"],
        "paper": "2601.00007",
        "search": SEARCHES,
        "shots": os.environ.get("PAPERCOURIER_SCREENSHOTS"),
    }
    process = await asyncio.create_subprocess_exec(
        NODE, "pages.mjs", json.dumps(task), cwd=BROWSER, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


def of_visits(found: Any, look: Callable[[Any], Any]) -> dict[str, Any]:
    """What `look` finds on each visit, without those where it finds nothing."""
    seen = {
        f"{each['name']} {each['theme']} {each['width']}": look(each) for each in found["visits"]
    }
    return {name: what for name, what in seen.items() if what}


def test_pages_load_from_a_disk_below_a_path_and_live_without_an_error(found: Any) -> None:
    assert of_visits(found, lambda visit: visit["troubles"]) == {}
    names = {each["name"].split()[0] for each in found["visits"]}
    assert names == {"file", "path", "live"}
    assert len(found["visits"]) >= 27


def test_nothing_is_asked_of_anybody_else(found: Any) -> None:
    assert of_visits(found, lambda visit: visit["strangers"]) == {}


def test_axe_finds_no_fault_in_either_theme_or_width(found: Any) -> None:
    assert of_visits(found, lambda visit: visit["violations"]) == {}
    assert all(each["passes"] > 15 for each in found["visits"])


def test_a_phone_scrolls_one_way_only(found: Any) -> None:
    too_wide = of_visits(
        found, lambda visit: visit["widths"]["page"] > visit["widths"]["window"] and visit["widths"]
    )

    assert too_wide == {}
    assert {each["width"] for each in found["visits"]} == {360, 1100}


def test_the_search_finds_a_paper_by_title_author_id_and_address(found: Any) -> None:
    outcomes = {(each["where"], each["kind"]): each for each in found["search"]}

    assert set(outcomes) == {
        (where, kind) for where in ("file", "path", "live") for kind in (*SEARCHES, "address")
    }
    for outcome in outcomes.values():
        assert outcome["titles"] == [FOUND_TITLE]
        assert outcome["troubles"] == []
        if outcome["kind"] != "address":
            assert (outcome["said"], outcome["opened"]) == ("1 paper.", FOUND_TITLE)


def test_everything_is_reached_by_keyboard_and_seen_to_be(found: Any) -> None:
    reached = found["keyboard"]["reached"]

    texts = [each["text"] for each in reached]
    assert texts[:7] == [
        *("Skip to the papers", "Papercourier", "Latest", "Search", "Trends", "Feeds"),
        "Theme: auto",
    ]
    assert any(text.startswith("Sharing KV Caches") for text in texts)
    assert all(each["outlined"] for each in reached)
    assert found["keyboard"]["skipped"] == "main"


def test_the_theme_follows_the_system_until_one_is_chosen_and_is_kept(found: Any) -> None:
    theme = found["theme"]
    auto, light, dark, again = theme["colours"]

    assert theme["labels"] == ["Theme: auto", "Theme: light", "Theme: dark", "Theme: auto"]
    assert auto == light == again != dark
    assert theme["kept"] == dark
    seen = {each["theme"]: each["background"] for each in found["visits"]}
    assert seen == {"light": light, "dark": dark}
