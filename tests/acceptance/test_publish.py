"""`papercourier publish`: a recorded day becomes a README, feeds and pages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import feedparser
import pytest
from markdown_it import MarkdownIt

from adapters.arxiv.sample_day import sample_feed_paths
from tests.fakes.command_line import papercourier
from tests.fakes.feed_rules import faults_of_json, faults_of_xml
from tests.shared_data import ARXIV_DATA, needs_shared

DAY = "2026-01-21"
COMBINED = "cs.AI+cs.CL+cs.DC+cs.LG.xml"
SAMPLE = str(sample_feed_paths()[0])
CATEGORIES = ("cs.AI", "cs.CL", "cs.DC", "cs.LG")
FEEDS = (
    "rss.xml",
    "atom.xml",
    *(f"{kind}/{each}.xml" for kind in ("rss", "atom") for each in CATEGORIES),
)
JSON_FEEDS = ("feed.json", *(f"json/{each}.json" for each in CATEGORIES))


def gold(day: str) -> Any:
    return json.loads((ARXIV_DATA / "gold" / f"{day}.json").read_text())


def feed_of(day: str) -> str:
    return str(ARXIV_DATA / "feeds" / day / COMBINED)


def seeds_home(folder: Path, day: str) -> Path:
    """A folder with the seed's config.json in it as it stands."""
    (folder / "config.json").write_text(json.dumps(gold(day)["config"], indent=2))
    return folder / "config.json"


def publish(target: Path, *words: str, home: Path) -> str:
    done = papercourier("publish", str(target), *words, home=home)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded day, published with the seed's configuration and its formula."""
    home = tmp_path_factory.mktemp("home")
    config = gold(DAY)["config"] | {"scoring": {"formula": "seed"}}
    (home / "config.json").write_text(json.dumps(config))
    target = home / "pages"
    publish(target, "--feed", feed_of(DAY), "--config", str(home / "config.json"), home=home)
    return target


def fields_of(readme: str) -> list[dict[str, str]]:
    """The papers of a README, each with the fields that the seed's page had."""
    papers = []
    for part in re.split(r"^### \d+\. ", readme, flags=re.MULTILINE)[1:]:
        title, link = re.match(r"\[(.*)\]\((\S+)\)$", part.splitlines()[0]).groups()  # type: ignore[union-attr]
        named = dict(re.findall(r"^\*\*([^*]+)\*\*: (.*?)  $", part, flags=re.MULTILINE))
        assert "#### Abstract\n" in part
        assert "<details>\n<summary><strong>" in part
        papers.append({"title": title, "link": link, **named})
    return papers


@needs_shared
def test_the_readme_holds_the_seeds_fields_for_all_papers(published: Path) -> None:
    readme = (published / "README.md").read_text(encoding="utf-8")
    recorded = json.loads((ARXIV_DATA / "ranking" / f"{DAY}.json").read_text())[:30]

    papers = fields_of(readme)

    assert [paper["link"].rpartition("/")[2] for paper in papers] == [
        each["id"] for each in recorded
    ]
    assert [float(paper["Score"]) for paper in papers] == [each["score"] for each in recorded]
    for paper in papers:
        assert set(paper) == {
            *("title", "link", "Authors", "Category", "Published", "Score", "Type", "ArXiv ID")
        }
        assert all(paper.values())
        assert (paper["Published"], paper["Type"]) == (DAY, "new")
    for heading in ("## 📊 Statistics", "## 🔧 Configuration", "## 📅 Schedule"):
        assert heading in readme


@needs_shared
def test_papers_that_the_seed_published_too_stand_with_the_same_fields(published: Path) -> None:
    ours = {
        each["ArXiv ID"]: each
        for each in fields_of((published / "README.md").read_text(encoding="utf-8"))
    }

    shared = [paper for paper in gold(DAY)["papers"] if paper["arxiv_id"] in ours]

    assert len(shared) >= 15
    for paper in shared:
        mine = ours[paper["arxiv_id"]]
        assert mine["Category"] == paper["category"]
        assert float(mine["Score"]) == paper["score"]
        assert (mine["Published"], mine["Type"]) == (paper["published"], paper["type"])
        assert _letters(mine["title"]) == _letters(paper["title"])


def _letters(text: str) -> str:
    """What a title says, whatever markup stands around it."""
    plain = MarkdownIt("commonmark").renderInline(text)
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"<[^>]+>|&\w+;", "", plain).lower())


@needs_shared
@pytest.mark.parametrize("name", FEEDS)
def test_the_feeds_are_well_formed_and_valid(published: Path, name: str) -> None:
    document = (published / name).read_bytes()

    parsed = feedparser.parse(document)

    assert parsed.bozo == 0
    assert parsed.version == ("rss20" if name.startswith("rss") else "atom10")
    assert faults_of_xml(document) == []
    assert parsed.entries
    for entry in parsed.entries:
        assert entry.id.startswith("oai:arXiv.org:")
        assert entry.link.startswith("https://arxiv.org/abs/")
        assert entry.arxiv_announce_type == "new"
        published_at = entry.published_parsed
        assert (published_at.tm_year, published_at.tm_mon, published_at.tm_mday) == (2026, 1, 21)


@needs_shared
@pytest.mark.parametrize("name", JSON_FEEDS)
def test_the_json_feeds_are_valid(published: Path, name: str) -> None:
    document = (published / name).read_bytes()

    assert faults_of_json(document) == []
    assert json.loads(document)["items"][0]["_arxiv"]["announce_type"] == "new"


@needs_shared
def test_a_categorys_feed_has_the_papers_that_list_it(published: Path) -> None:
    everything = feedparser.parse((published / "rss.xml").read_bytes()).entries

    for category in CATEGORIES:
        entries = feedparser.parse((published / f"rss/{category}.xml").read_bytes()).entries
        assert [each.id for each in entries] == [
            each.id for each in everything if category in {tag.term for tag in each.tags}
        ]


@needs_shared
@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("rss.xml", 'isPermaLink="false"', 'isPermaLink="maybe"'),
        ("rss.xml", "<pubDate>Wed, 21", "<pubDate>Thu, 21"),
        ("rss.xml", "<pubDate>Wed, 21 Jan", "<pubDate>21 Jan"),
        ("rss.xml", "2601.13155v1</guid>", "2601.13824v1</guid>"),
        ("atom.xml", "<updated>2026-01-21T05", "<updated>21 Jan 2026 05"),
        ("atom.xml", "<id>oai:arXiv.org:2601.13824v1</id>", ""),
        ("feed.json", '"date_published": "2026', '"date_published": "yesterday'),
    ],
)
def test_the_rules_that_feeds_are_held_against_refuse_what_is_wrong(
    published: Path, name: str, right: str, wrong: str
) -> None:
    document = (published / name).read_text(encoding="utf-8")
    assert right in document

    broken = document.replace(right, wrong).encode()

    assert (faults_of_json if name.endswith("json") else faults_of_xml)(broken) != []


def contents(folder: Path) -> Mapping[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@needs_shared
def test_a_second_run_changes_no_file(tmp_path: Path) -> None:
    config = str(seeds_home(tmp_path, DAY))
    target = tmp_path / "pages"
    first = publish(target, "--feed", feed_of(DAY), "--config", config, home=tmp_path)
    before = contents(target)

    second = publish(target, "--feed", feed_of(DAY), "--config", config, home=tmp_path)

    assert contents(target) == before
    assert " 0 unchanged" in first
    assert ": 0 files written" in second


@needs_shared
def test_earlier_days_stay_and_their_pages_are_left_alone(tmp_path: Path) -> None:
    config = str(seeds_home(tmp_path, "2026-01-19"))
    target = tmp_path / "pages"
    publish(target, "--feed", feed_of("2026-01-19"), "--config", config, home=tmp_path)
    before = contents(target)
    guids = [each.id for each in feedparser.parse((target / "rss.xml").read_bytes()).entries]

    publish(target, "--feed", feed_of(DAY), "--config", config, home=tmp_path)

    after = contents(target)
    same = [name for name, content in before.items() if after.get(name) == content]
    assert len([name for name in same if name.startswith("papers/")]) >= 28
    assert {name for name in before if name.startswith("papers/")} <= set(after)
    later = [each.id for each in feedparser.parse((target / "rss.xml").read_bytes()).entries]
    assert later[-len(guids) :] == guids
    index = (target / "index.html").read_text(encoding="utf-8")
    assert "Monday, 19 January 2026" in index
    assert not [
        name for name in after if Path(name).name.startswith(".") and "nojekyll" not in name
    ]


class Links(HTMLParser):
    """Every address that a page names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


@needs_shared
def test_every_link_of_every_page_is_relative_and_leads_to_a_file(published: Path) -> None:
    pages = sorted(published.rglob("*.html"))

    for page in pages:
        for link in Links(page.read_text(encoding="utf-8")).found:
            if link.startswith("#") or re.match(r"https://arxiv\.org/(abs|pdf|html)/", link):
                continue
            assert (page.parent / link.partition("#")[0]).is_file(), f"{page}: {link}"
    assert len(pages) == 30 + 4


def test_an_empty_day_says_so_with_the_reason_and_keeps_what_was(tmp_path: Path) -> None:
    target = tmp_path / "pages"
    publish(target, "--feed", SAMPLE, home=tmp_path)
    empty = tmp_path / "empty.xml"
    text = Path(SAMPLE).read_text(encoding="utf-8")
    text = re.sub(r"<item>.*</item>", "", text, flags=re.DOTALL)
    empty.write_text(re.sub(r"(\d+ \w{3}) 2099", r"13 Dec 2099", text), encoding="utf-8")

    publish(target, "--feed", str(empty), home=tmp_path)

    readme = (target / "README.md").read_text(encoding="utf-8")
    index = (target / "index.html").read_text(encoding="utf-8")
    assert "**Total Papers Found**: 0" in readme
    assert "### 1." not in readme
    assert "Nothing new today: " in index
    assert "2099-12-09" in index
    reason = re.search(r"Nothing new today: ([^<]+)<", index)
    assert reason is not None
    assert reason[1] in feedparser.parse((target / "rss.xml").read_bytes()).feed.subtitle


@needs_shared
@pytest.mark.parametrize("day", ["2025-12-02", "2026-01-06", DAY])
def test_the_seeds_configuration_works_without_an_edit(day: str, tmp_path: Path) -> None:
    config = seeds_home(tmp_path, day)
    before = config.read_bytes()

    checked = papercourier("config", "check", "--config", str(config), home=tmp_path)
    publish(tmp_path / "pages", "--feed", feed_of(day), "--config", str(config), home=tmp_path)

    assert checked.returncode == 0
    assert config.read_bytes() == before
    assert len(fields_of((tmp_path / "pages" / "README.md").read_text(encoding="utf-8"))) == 30


def test_a_folder_that_cannot_be_written_is_named_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("a file")

    done = papercourier("publish", str(tmp_path / "pages"), "--feed", SAMPLE, home=tmp_path)

    assert done.returncode == 2
    assert "pages" in done.stderr
