"""Papers' texts on disk: bounded, whole or not there."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.arxiv.text_cache import TextCache
from bot.domain.paper_text import SectionKind, TextSection, as_text
from bot.domain.papers import Paper
from bot.domain.summary import SummarySource
from bot.ports import FullText

PAPER = Paper("2601.13824", 2, "Title", "Abstract.", ("Ada Lovelace",), ("cs.CL",))


def full_text(words: str = "The text: 1/2 of “it”, 数.") -> FullText:
    sections = (
        TextSection("", SectionKind.FRONT, "Title"),
        TextSection("1 Introduction", SectionKind.INTRODUCTION, words, 1),
    )
    return FullText(
        source=SummarySource.PDF,
        text=as_text(sections),
        is_cut=True,
        sections=sections,
        pages_read=12,
        pages=40,
    )


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def used(folder: Path, paper: Paper, at: int) -> None:
    (path,) = folder.glob(f"{paper.arxiv_id}v{paper.version}*")
    os.utime(path, (at, at))


def test_a_text_comes_back_as_it_was_in_another_process(tmp_path: Path) -> None:
    TextCache(tmp_path / "texts").put(PAPER, full_text())

    assert TextCache(tmp_path / "texts").get(PAPER) == full_text()


def test_another_version_is_another_text_and_replaces_the_earlier_one(tmp_path: Path) -> None:
    cache = TextCache(tmp_path)
    later = replace(PAPER, version=3)
    neighbour = replace(PAPER, arxiv_id="2601.1382", version=1)
    cache.put(PAPER, full_text())
    cache.put(neighbour, full_text())

    cache.put(later, full_text("later"))

    assert cache.get(PAPER) is None
    assert cache.get(later) == full_text("later")
    assert cache.get(neighbour) is not None


def test_an_old_id_with_a_slash_stays_in_the_folder(tmp_path: Path) -> None:
    old = replace(PAPER, arxiv_id="hep-th/9901001")
    cache = TextCache(tmp_path / "texts")

    cache.put(old, full_text())

    assert cache.get(old) == full_text()
    assert files(tmp_path) == ["texts"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"format": 0}',
        b"\xff\xfe",
        b'{"format": 1, "paper": "2601.00001v1", "sections": []}',
    ],
)
def test_a_corrupt_entry_is_none_and_goes(tmp_path: Path, content: bytes) -> None:
    cache = TextCache(tmp_path)
    cache.put(PAPER, full_text())
    (name,) = files(tmp_path)
    (tmp_path / name).write_bytes(content)

    assert cache.get(PAPER) is None
    assert files(tmp_path) == []


def test_beyond_the_count_the_longest_unused_goes(tmp_path: Path) -> None:
    cache = TextCache(tmp_path, max_entries=2)
    one, two, three = (replace(PAPER, arxiv_id=f"2601.0000{n}") for n in (1, 2, 3))
    cache.put(one, full_text())
    cache.put(two, full_text())
    used(tmp_path, one, 1_000_000)
    used(tmp_path, two, 2_000_000)
    cache.get(one)

    cache.put(three, full_text())

    assert cache.get(two) is None
    assert cache.get(one) is not None
    assert cache.get(three) is not None


def test_beyond_the_bytes_the_longest_unused_goes(tmp_path: Path) -> None:
    cache = TextCache(tmp_path, max_bytes=250_000)
    papers = [replace(PAPER, arxiv_id=f"2601.0000{n}") for n in range(4)]
    for at, paper in enumerate(papers):
        cache.put(paper, full_text("x" * 100_000))
        used(tmp_path, paper, 1_000_000 + at)

    assert [cache.get(paper) is not None for paper in papers] == [False, False, True, True]


def test_a_text_larger_than_the_bound_is_not_kept(tmp_path: Path) -> None:
    cache = TextCache(tmp_path, max_bytes=1000)

    cache.put(PAPER, full_text("x" * 10_000))

    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = TextCache(tmp_path / "file" / "texts")

    cache.put(PAPER, full_text())

    assert cache.get(PAPER) is None
