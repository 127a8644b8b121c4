"""Papers' texts on disk, so that no paper is fetched and read twice. Nothing but text is kept."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.domain.paper_text import SectionKind, TextSection, as_text
from bot.domain.papers import Paper
from bot.domain.summary import SummarySource
from bot.ports import FullText

_FORMAT = 1  # entries of another format are read as if they were not there
_SUFFIX = ".text.json"
_LEFTOVER = ".part"  # of a write that a crash cut short

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    bytes: int
    used_ns: int  # time of the last use


class TextCache:
    """The latest versions' texts in `folder`, the longest unused dropped beyond the bounds.

    One file per paper version. Safe for several processes: files are put in place whole, and a
    file that vanishes or cannot be read is no entry. The calls touch the disk: call them off
    the event loop. Trouble with the disk is logged and never raised.
    """

    def __init__(
        self, folder: Path, *, max_bytes: int = 200_000_000, max_entries: int = 5_000
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._max_entries = max_entries

    def get(self, paper: Paper) -> FullText | None:
        """The text of this very version."""
        path = self._path(paper)
        try:
            text = _from_json(path.read_text("utf-8"), paper)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("text_cache.corrupt", extra={"file": path.name, "error": str(error)})
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # the order of use is the order of these times
        return text

    def put(self, paper: Paper, text: FullText) -> None:
        """Keep `text`, drop the paper's earlier versions and what goes beyond the bounds."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._write(self._path(paper), _to_json(paper, text))
            self._drop_earlier_versions(paper)
            self._drop_beyond_bounds()
        except OSError as error:
            log.warning("text_cache.not_written", extra={"error": str(error)})

    def _path(self, paper: Paper) -> Path:
        return self._folder / f"{_stem(paper.arxiv_id)}v{paper.version}{_SUFFIX}"

    def _write(self, path: Path, content: str) -> None:
        handle, name = tempfile.mkstemp(suffix=_LEFTOVER, dir=self._folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(content)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _drop_earlier_versions(self, paper: Paper) -> None:
        own = re.compile(rf"{re.escape(_stem(paper.arxiv_id))}v(\d+){re.escape(_SUFFIX)}")
        for entry in self._entries():
            match = own.fullmatch(entry.path.name)
            if match and int(match[1]) < paper.version:
                entry.path.unlink(missing_ok=True)

    def _drop_beyond_bounds(self) -> None:
        entries = sorted(self._entries(), key=lambda entry: entry.used_ns, reverse=True)
        size = 0
        for position, entry in enumerate(entries):
            size += entry.bytes
            if size > self._max_bytes or position >= self._max_entries:
                entry.path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[_Entry]:
        """All entries, and what writes left behind counts as an entry: it is dropped in time."""
        for path in self._folder.iterdir():
            if path.name.endswith((_SUFFIX, _LEFTOVER)):
                with contextlib.suppress(FileNotFoundError):
                    status = path.stat()
                    yield _Entry(path, status.st_size, status.st_mtime_ns)


def _stem(arxiv_id: str) -> str:
    return re.sub(r"[^\w.\-]", "_", arxiv_id)  # hep-th/9901001


def _to_json(paper: Paper, text: FullText) -> str:
    return json.dumps(
        {
            "format": _FORMAT,
            "paper": paper.versioned_id,
            "source": text.source.value,
            "is_cut": text.is_cut,
            "pages_read": text.pages_read,
            "pages": text.pages,
            "sections": [[s.heading, s.kind.value, s.text, s.level] for s in text.sections],
        },
        ensure_ascii=False,
    )


def _from_json(content: str, paper: Paper) -> FullText:
    """Raises ValueError, KeyError or TypeError when `content` is no entry of this paper."""
    entry = json.loads(content)
    if entry["format"] != _FORMAT or entry["paper"] != paper.versioned_id:
        raise ValueError("another format or another paper")
    sections = tuple(
        TextSection(str(heading), SectionKind(kind), str(text), int(level))
        for heading, kind, text, level in entry["sections"]
    )
    return FullText(
        source=SummarySource(entry["source"]),
        text=as_text(sections),
        is_cut=bool(entry["is_cut"]),
        sections=sections,
        pages_read=entry["pages_read"],
        pages=entry["pages"],
    )
