"""A folder of pages: whole files, no needless changes, nothing that was ended."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.web.bodies import SAFE_HEADERS
from adapters.web.day_files import DayFiles, write_file
from adapters.web.folder import write_folder
from adapters.web.public_feeds import PrivateFeed
from bot.domain.published import FeedItem
from bot.errors import UserError
from bot.services.publishing import ARXIV_DISCLAIMER, ARXIV_THANKS
from tests.contract.samples import a_subscription
from tests.fakes.digests import EMPTY_DIGEST, ENTRY, HOSTILE_TEXTS, digest_titled
from tests.fakes.publications import NEWEST, PUBLICATION, UPDATED_AT, a_day, later

ROOT = Path(__file__).resolve().parents[3]
PRIVATE = PrivateFeed(
    a_subscription("cs.CL"), "7-" + "a" * 32, (FeedItem(ENTRY, NEWEST),), UPDATED_AT
)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_a_day_more_changes_only_what_shows_it(tmp_path: Path) -> None:
    write_folder(tmp_path, PUBLICATION)
    paper, middle = tmp_path / "papers/2601.13824.html", tmp_path / "days/2026-01-19.html"
    before = (paper.stat().st_mtime_ns, middle.stat().st_mtime_ns)

    again = write_folder(tmp_path, PUBLICATION)
    written = write_folder(tmp_path, later(PUBLICATION))

    assert again.changed == 0
    assert (paper.stat().st_mtime_ns, middle.stat().st_mtime_ns) == before
    assert "Of the day after" in text(tmp_path / "index.html")
    assert written.unchanged > 5


def test_numbers_that_are_not_in_the_paper_are_marked(tmp_path: Path) -> None:
    write_folder(tmp_path, PUBLICATION)

    page = text(tmp_path / "papers/2601.00007.html")
    assert "Numbers checked: 2 of 3" in page
    assert "saves <mark>34 %<span" in page
    assert "<mark>2.1" not in page
    assert "<li>half the memory</li>" in page
    assert "PDF, 12 of 40 pages" in page
    assert "O(n²)" in page


@pytest.mark.parametrize("hostile", HOSTILE_TEXTS)
def test_nothing_that_papers_or_models_write_acts(hostile: str, tmp_path: Path) -> None:
    day = a_day(NEWEST, digest_titled(hostile).entries)

    write_folder(tmp_path, replace(PUBLICATION, days=(day,)))

    for page in tmp_path.rglob("*.html"):
        shown = text(page)
        assert "<script>" not in shown
        assert "<b>" not in shown
        assert 'href="https://evil' not in shown
        assert "<img" not in shown
    index = text(tmp_path / "assets/search-index.js")
    assert "<" not in index
    assert json.loads(index.removeprefix("window.papercourierPapers=").rstrip(";\n"))


def test_every_page_thanks_arxiv_in_its_own_words(tmp_path: Path) -> None:
    write_folder(tmp_path, PUBLICATION)

    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) == 3 + 3 + 3
    for page in pages:
        assert ARXIV_THANKS in text(page)
        assert ARXIV_DISCLAIMER in text(page)


def test_an_empty_day_stands_first_with_its_reason(tmp_path: Path) -> None:
    write_folder(tmp_path, replace(PUBLICATION, today=EMPTY_DIGEST))

    assert EMPTY_DIGEST.silence_reason in text(tmp_path / "README.md")
    assert "2601.13824" not in text(tmp_path / "README.md")
    assert EMPTY_DIGEST.silence_reason in text(tmp_path / "index.html")
    assert "2601.13824" in text(tmp_path / "index.html")


def test_private_feeds_are_nowhere_linked_and_go_when_they_are_ended(tmp_path: Path) -> None:
    write_folder(tmp_path, PUBLICATION, private=[PRIVATE])
    there = sorted(path.name for path in (tmp_path / "feeds").iterdir())

    assert there == [f"{PRIVATE.token}.{ending}" for ending in ("atom", "json", "xml")]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PRIVATE.token not in text(path)

    write_folder(tmp_path, PUBLICATION, private=[])

    assert list((tmp_path / "feeds").iterdir()) == []


def test_what_cannot_be_put_in_place_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()

    with pytest.raises(UserError, match="cannot be written"):
        write_file(tmp_path / "index.html", b"after")

    assert [each.name for each in tmp_path.iterdir()] == ["index.html"]


def test_a_reader_sees_the_old_page_or_the_new_one_but_never_a_part(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    write_file(page, b"before")
    with page.open("rb") as reader:  # as a web server that is in the middle of sending it
        assert write_file(page, b"the page after")
        assert reader.read() == b"before"

    assert page.read_bytes() == b"the page after"
    assert [each.name for each in tmp_path.iterdir()] == ["index.html"]


def test_days_are_kept_newest_first_and_a_broken_one_is_left_out(tmp_path: Path) -> None:
    store = DayFiles(tmp_path)
    store.save(PUBLICATION.days)
    (tmp_path / "2026-01-01.json").write_text("{")

    assert store.load() == PUBLICATION.days
    assert DayFiles(tmp_path).load() == PUBLICATION.days
    assert DayFiles(tmp_path / "nowhere").load() == ()


def test_the_moment_of_the_last_change_stays_while_nothing_changes(tmp_path: Path) -> None:
    first = DayFiles(tmp_path).changed_at("one", now=UPDATED_AT)
    tomorrow = UPDATED_AT + timedelta(days=1)

    same = DayFiles(tmp_path).changed_at("one", now=tomorrow)
    other = DayFiles(tmp_path).changed_at("two", now=tomorrow)
    (tmp_path / "state.json").write_text("{")
    anew = DayFiles(tmp_path).changed_at("two", now=UPDATED_AT)

    assert (first, same, other, anew) == (UPDATED_AT, UPDATED_AT, tomorrow, UPDATED_AT)


def test_static_hosts_are_told_to_send_what_the_service_sends() -> None:
    told = json.loads((ROOT / "docs/deploy/vercel.json").read_text(encoding="utf-8"))

    sent = {each["key"]: each["value"] for each in told["headers"][0]["headers"]}

    assert sent == dict(SAFE_HEADERS)
