import gzip
from pathlib import Path

import pytest

from adapters.arxiv.feed_files import read_feed_files
from adapters.arxiv.feed_xml import MAX_FEED_BYTES
from adapters.arxiv.sample_day import sample_feed_paths
from bot.errors import UserError


@pytest.fixture
def day() -> Path:
    return sample_feed_paths()[0]


def test_a_packed_feed_reads_like_the_plain_one(day: Path, tmp_path: Path) -> None:
    packed = tmp_path / "day.xml.gz"
    packed.write_bytes(gzip.compress(day.read_bytes()))

    assert read_feed_files([packed]) == read_feed_files([day])


def test_a_feed_named_twice_brings_each_paper_once(day: Path) -> None:
    assert read_feed_files([day, day]) == read_feed_files([day])


def test_of_several_files_the_latest_day_counts() -> None:
    first, second = sample_feed_paths()

    together = read_feed_files([second, first])

    alone = [read_feed_files([path]) for path in (first, second)]
    assert together.announced_on == alone[1].announced_on
    assert len(together.announcements) == sum(len(one.announcements) for one in alone)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no file .*nowhere\.xml"):
        read_feed_files([tmp_path / "nowhere.xml"])


def test_a_folder_is_no_feed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        read_feed_files([tmp_path])


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"<html></html>", b"\x1f\x8bbroken"])
def test_a_file_that_is_no_feed_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)

    with pytest.raises(UserError, match=r"table\.csv"):
        read_feed_files([path])


def test_a_cut_file_is_named(day: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.xml"
    path.write_bytes(day.read_bytes()[:20_000])

    with pytest.raises(UserError, match=r"cut\.xml: .*cut in the middle"):
        read_feed_files([path])


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_beyond_all_measure_is_named_and_not_read_whole(
    *, packed: bool, tmp_path: Path
) -> None:
    path = tmp_path / "huge.xml"
    content = b" " * (MAX_FEED_BYTES + 10)
    path.write_bytes(gzip.compress(content, 1) if packed else content)

    with pytest.raises(UserError, match=r"huge\.xml is larger than 30 MB"):
        read_feed_files([path])
