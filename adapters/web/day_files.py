"""Published days as files of one folder, and files written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.domain.published import PublishedDay
from bot.errors import UserError
from bot.services.day_documents import read_day, write_day

log = logging.getLogger(__name__)

_STATE = "state.json"
_MODE = 0o644  # whoever serves the folder may be another user


class DayFiles:
    """A `DayStore`: `<day>.json` for each day, and `state.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[int, PublishedDay]] = {}  # with the file's time, in ns

    def load(self) -> tuple[PublishedDay, ...]:
        """Files that did not change since are not read again."""
        if not self._folder.is_dir():
            return ()
        days = map(self._day, sorted(self._folder.glob("????-??-??.json"), reverse=True))
        return tuple(day for day in days if day is not None)

    def _day(self, path: Path) -> PublishedDay | None:
        changed = path.stat().st_mtime_ns
        known = self._read.get(path)
        if known is not None and known[0] == changed:
            return known[1]
        try:
            day = read_day(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            log.warning("pages.day_unreadable", extra={"file": str(path), "reason": str(error)})
            return None
        self._read[path] = (changed, day)
        return day

    def save(self, days: Sequence[PublishedDay]) -> None:
        """Raises UserError where the folder cannot be written."""
        for day in days:
            write_file(self._folder / f"{day.on}.json", write_day(day).encode())

    def changed_at(self, fingerprint: str, *, now: datetime) -> datetime:
        """Kept in `state.json`, to the second."""
        path = self._folder / _STATE
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            state = json.loads(path.read_text(encoding="utf-8"))
            if state["fingerprint"] == fingerprint:
                return datetime.fromisoformat(state["changed_at"])
        changed_at = now.astimezone(UTC).replace(microsecond=0)
        state = {"fingerprint": fingerprint, "changed_at": changed_at.isoformat()}
        write_file(path, (json.dumps(state, indent=1) + "\n").encode())
        return changed_at


def write_file(path: Path, content: bytes) -> bool:
    """Put `content` at `path` in one step; False where it stands there already.

    A crash leaves what was there before. Raises UserError where that is not allowed.
    """
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(_MODE)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror}): name a folder you may write to, with "
            "room on its disk."
        ) from error
    return True
