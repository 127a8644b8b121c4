"""Delivery to text files: one file for each channel, each message appended whole.

A message stands between two lines of its own, the last of which says that it is complete:

    # papercourier message digest/1/2026-01-21T09:00/0
    arXiv digest · Wed 21 Jan 2026
    # end of digest/1/2026-01-21T09:00/0

so after a crash the file itself tells whether a message is there.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.text import Text

from bot.domain.outbox import MessageRef, OutboxMessage
from bot.errors import PermanentError, TransientError, UserError

PLATFORM: Final = "file"
_HEAD: Final = "# papercourier message "
_END: Final = "# end of "
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class FileMessenger:
    """Appends each message to `folder`/CHANNEL.txt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Append `message`. Raises TransientError (disk full, no rights), PermanentError."""
        path = self._path(message)
        await asyncio.to_thread(_append, path, message.key, plain_text(message.payload))
        return MessageRef(channel_id=message.destination.channel_id, message_id=message.key)

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        """The message, if it stands in its file to the last line."""
        path = self._path(message)
        if await asyncio.to_thread(_holds, path, message.key):
            return MessageRef(channel_id=message.destination.channel_id, message_id=message.key)
        return None

    def _path(self, message: OutboxMessage) -> Path:
        try:
            return self._folder / f"{checked_name(message.destination.channel_id)}.txt"
        except UserError as error:
            raise PermanentError(str(error), code="bad_channel") from error


def checked_name(name: str) -> str:
    """`name`, if a file may be called so. Raises UserError."""
    if _NAME.fullmatch(name) is None:
        raise UserError(
            f"“{name[:100]}” cannot be a file's name: use letters, digits, “-”, “_” and “.”, "
            "like `--to-file lab`."
        )
    return name


def plain_text(payload: str) -> str:
    """A payload of `TerminalRenderer` without colours; no line can pass for one of ours."""
    lines = (Text.from_markup(each).plain for each in json.loads(payload)["markup"].split("\n"))
    return "\n".join(f" {each}" if each.startswith((_HEAD, _END)) else each for each in lines)


def _append(path: Path, key: str, text: str) -> None:
    with _problems(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # another process may be writing
            begin = _end_of_whole_messages(handle)
            try:
                os.ftruncate(handle, begin)
                block = f"{_HEAD}{key}\n{text}\n{_END}{key}\n\n"
                _write_all(handle, _line_break(handle, begin) + block.encode(), begin)
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, begin)
                raise
        finally:
            os.close(handle)


def _line_break(handle: int, at: int) -> bytes:
    """What brings `at` to the beginning of a line: somebody may have left one open."""
    return b"" if at == 0 or os.pread(handle, 1, at - 1) == b"\n" else b"\n"


def _write_all(handle: int, content: bytes, at: int) -> None:
    written = 0
    while written < len(content):
        written += os.pwrite(handle, content[written:], at + written)


def _end_of_whole_messages(handle: int) -> int:
    """Where to append: a crash may have left the beginning of a message, which is cut off.

    Whatever else somebody wrote into the file stays.
    """
    content = os.pread(handle, os.fstat(handle).st_size, 0)
    begin = content.rfind(f"\n{_HEAD}".encode()) + 1
    if not content.startswith(_HEAD.encode(), begin):
        return len(content)
    key, newline, rest = content[begin + len(_HEAD) :].partition(b"\n")
    is_whole = newline and b"\n" + _END.encode() + key + b"\n" in b"\n" + rest
    return len(content) if is_whole else begin


def _holds(path: Path, key: str) -> bool:
    with _problems(path):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return False
    return f"\n{_END}{key}\n".encode() in content


@contextmanager
def _problems(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TransientError(
            f"{path} cannot be written ({reason}): check its rights and the disk's space; "
            "it is tried again."
        ) from error
