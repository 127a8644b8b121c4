"""The example of a daily workflow: its commands are run, day after day, as a runner would."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from textwrap import dedent

import pytest

from bot.domain.papers import Announcement, AnnounceType
from tests.fakes.arxiv_server import ArxivServer
from tests.fakes.arxiv_xml import rss
from tests.fakes.digests import ENTRY
from tests.fakes.slack import SlackServer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "daily.yml.example"
LIMIT_SECONDS = 120
_COMMENT = re.compile(r"^ *#.*\n", re.MULTILINE)
PAGES = "https://lab.example/papers/"
TODAY = datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Step:
    """A step with commands of its own, or a ready-made one (`uses`)."""

    name: str
    text: str

    @property
    def commands(self) -> str:
        """What the shell is given; "" for ready-made steps."""
        found = re.search(r"^ {8}run: (?:\|\n((?: {10}.*\n)+)|(.*)\n)", self.text, re.MULTILINE)
        if found is None:
            return ""
        return dedent(found[1]) if found[1] else found[2]

    @property
    def condition(self) -> str:
        found = re.search(r"^ {8}if: (.*)$", self.text, re.MULTILINE)
        return found[1] if found else ""


def steps() -> list[Step]:
    """The workflow's steps, in their order."""
    _, _, listed = WORKFLOW.read_text(encoding="utf-8").partition("    steps:\n")
    parts = re.split(r"^ {6}- ", listed, flags=re.MULTILINE)[1:]
    return [
        Step(part.split("\n")[0].strip(), _COMMENT.sub("", f"        {part}")) for part in parts
    ]


@dataclass(slots=True)
class Runner:
    """A checked-out repository with its remote; secrets that are not set are empty variables."""

    folder: Path
    environ: dict[str, str]
    took: list[str] = field(default_factory=list)

    async def day(self) -> None:
        """Every command of the workflow, once; fails with what the first failing one said."""
        for step in steps():
            if step.commands.startswith("pip install") or not step.commands:
                continue
            needed = re.findall(r"env\.(\w+) != ''", step.condition)
            if not all(self.environ.get(name) for name in needed):
                continue
            process = await asyncio.create_subprocess_exec(
                "bash", "-e", "-c", step.commands,
                cwd=self.folder, env=self.environ, stdout=PIPE, stderr=STDOUT,
            )  # fmt: skip
            async with asyncio.timeout(LIMIT_SECONDS):
                said, _ = await process.communicate()
            assert process.returncode == 0, f"{step.name}\n{said.decode()}"
            self.took.append(step.name)

    def pushed(self) -> Sequence[str]:
        """The subjects of the commits at the remote, newest first."""
        return git(self.folder, "log", "--format=%s", "origin/main").splitlines()


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=lab", "-c", "user.email=lab@example.org")
    return subprocess.run(
        ("/usr/bin/env", "git", *identity, *words),
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone that holds a config.json and nothing else."""
    folder = tmp_path / "repository"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "remote.git")
    git(tmp_path, "clone", "--quiet", str(tmp_path / "remote.git"), str(folder))
    config = {"categories": ["cs.LG"], "keywords": ["cache"], "min_score": 0}
    config["arxiv"] = {"request_spacing_seconds": 0}
    (folder / "config.json").write_text(json.dumps(config))
    git(folder, "checkout", "--quiet", "-B", "main")
    git(folder, "add", "config.json")
    git(folder, "commit", "--quiet", "-m", "What to watch")
    git(folder, "push", "--quiet", "-u", "origin", "main")
    return folder


@pytest.fixture
async def servers() -> AsyncIterator[tuple[ArxivServer, SlackServer]]:
    async with ArxivServer() as arxiv, SlackServer() as slack:
        yield arxiv, slack


def announced(arxiv: ArxivServer, day: date, *, has_papers: bool) -> None:
    papers = [Announcement(ENTRY.paper, AnnounceType.NEW, day)] if has_papers else []
    arxiv.serve_feed(rss(papers, day))


def runner(repository: Path, arxiv: ArxivServer, slack: SlackServer) -> Runner:
    return Runner(
        repository,
        {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(repository.parent),
            "PAPERCOURIER_HOME": str(repository / ".papercourier"),
            "PAGES_URL": PAGES,
            "ARXIV_FEED_URL": arxiv.url,
            "ARXIV_API_URL": arxiv.url,
            "ARXIV_SITE_URL": arxiv.url,
            "SLACK_WEBHOOK_URL": slack.webhook_url("C1"),
            "DISCORD_WEBHOOK_URL": "",
            "OPENAI_API_KEY": "",
        },
    )


async def test_a_repository_that_holds_only_its_configuration_is_published_and_posted_once_a_day(
    repository: Path, servers: tuple[ArxivServer, SlackServer]
) -> None:
    arxiv, slack = servers
    daily = runner(repository, arxiv, slack)

    announced(arxiv, TODAY, has_papers=False)
    await daily.day()
    on_the_first = slack.messages("C1")
    announced(arxiv, TODAY, has_papers=True)
    await daily.day()
    await daily.day()

    assert daily.took == ["name: Pages and feeds", "name: Keep the archive", "name: Slack"] * 3
    assert on_the_first == []
    [posted] = slack.messages("C1")
    assert ENTRY.paper.title in posted.text
    assert ENTRY.paper.title in (repository / "README.md").read_text(encoding="utf-8")
    assert f"{PAGES}rss.xml" in (repository / "site" / "rss.xml").read_text(encoding="utf-8")
    assert len(daily.pushed()) == 3  # of the third run nothing was new
    kept = git(repository, "ls-files").splitlines()
    assert f"site/archive/{TODAY}.json" in kept
    assert not [name for name in kept if name.startswith(".papercourier")]


def test_what_was_posted_is_remembered_whatever_failed_and_by_each_attempt() -> None:
    kept = {part for step in steps() for part in step.text.splitlines() if "  key: " in part}
    [save] = [step for step in steps() if "actions/cache/save" in step.text]

    assert save == steps()[-1]
    assert save.condition == "always()"
    assert [each.strip() for each in kept] == [
        "key: papercourier-${{ github.run_id }}-${{ github.run_attempt }}"
    ]


def test_a_channel_that_refuses_keeps_neither_the_pages_nor_the_other_channel_waiting() -> None:
    order = [step.name for step in steps()]

    assert order.index("uses: actions/deploy-pages@v4") < order.index("name: Slack")
    assert all("!cancelled()" in step.condition for step in posting())


def posting() -> Iterator[Step]:
    return (step for step in steps() if "webhook" in step.commands)
