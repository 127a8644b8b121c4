"""Announcement feeds kept as files: for the demonstration day, cron jobs and archives."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from adapters.arxiv.feed_xml import MAX_FEED_BYTES, parse_feed
from bot.domain.papers import merge
from bot.errors import PermanentError, TransientError, UserError
from bot.ports import FeedReading

_GZIP_MAGIC = b"\x1f\x8b"


class FeedFiles:
    """A FeedSource that gives the same files whatever is asked: for days that are replayed."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._reading = read_feed_files(paths)

    @property
    def announced_on(self) -> date:
        """The files' own day. Raises UserError where none names one."""
        if self._reading.announced_on is None:
            raise UserError("These feeds name no day: they cannot be replayed.")
        return self._reading.announced_on

    async def read(self, categories: Sequence[str], *, etag: str | None = None) -> FeedReading:  # noqa: ARG002 - the port's signature
        """Everything in the files."""
        return self._reading


def read_feed_files(paths: Iterable[Path]) -> FeedReading:
    """One reading of all `paths`, in their order: each paper once, as `merge` joins them.

    Files may be gzipped. `announced_on` is the latest day of any file. Raises UserError that
    names the file when one cannot be read, is too large or is no feed.
    """
    readings = [_read(Path(path)) for path in paths]
    days = [reading.announced_on for reading in readings if reading.announced_on]
    return FeedReading(
        announcements=merge(tuple(one for reading in readings for one in reading.announcements)),
        announced_on=max(days, default=None),
        left_out=tuple(sentence for reading in readings for sentence in reading.left_out),
    )


def _read(path: Path) -> FeedReading:
    try:
        return parse_feed(_bytes_of(path))
    except (PermanentError, TransientError) as error:
        raise UserError(f"{path}: {error}") from error


def _bytes_of(path: Path) -> bytes:
    """The file's bytes, unpacked; never more than the limit is held in memory."""
    try:
        with path.open("rb") as plain:
            is_packed = plain.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            plain.seek(0)
            if not is_packed:
                data = plain.read(MAX_FEED_BYTES + 1)
            else:
                with gzip.GzipFile(fileobj=plain) as packed:
                    data = packed.read(MAX_FEED_BYTES + 1)
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}: check the path of the feed.") from error
    except IsADirectoryError as error:
        raise UserError(f"{path} is a folder: name the feed's file in it.") from error
    except (OSError, EOFError, zlib.error, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it is damaged"
        raise UserError(f"{path} could not be read: {reason}.") from error
    if len(data) > MAX_FEED_BYTES:
        raise UserError(
            f"{path} is larger than {MAX_FEED_BYTES // 1_000_000} MB: no feed of arXiv is."
        )
    return data
