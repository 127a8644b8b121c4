"""Starts the reading worker, feeds it, and ends it when its time or its talk is up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
_CHUNK_BYTES = 1 << 16
_STARTING_CPU_SECONDS = 5  # Python and its libraries, on a busy machine

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What one document may cost."""

    seconds: float = 30.0  # by the clock
    memory_mb: int = 1024  # address space of the worker
    pages: int = 60
    output_bytes: int = 16_000_000  # of the worker's talk: positions and text
    text_characters: int = 2_000_000


async def read_in_worker(
    kind: str, content: bytes, limits: ReadingLimits
) -> tuple[list[dict[str, Any]], bool]:
    """What the worker said of a document, and whether it came to its end by itself.

    `kind` is "pdf" or "html". Never raises for what the document does: a worker that crashes,
    runs out of memory or time, or talks too much is ended, and what it said before is kept.
    """
    said: list[dict[str, Any]] = []
    async with _worker(kind, limits) as process:
        feeding = asyncio.create_task(_feed(process, content))
        try:
            async with asyncio.timeout(limits.seconds):
                finished = await _listen(process, limits.output_bytes, said)
                finished = finished and await process.wait() == 0
        except TimeoutError:
            finished = False
        finally:
            feeding.cancel()
            await asyncio.wait({feeding})
    if not finished:
        log.warning(
            "full_text.worker_ended",
            extra={"kind": kind, "bytes": len(content), "facts": len(said)},
        )
    return said, finished


@contextlib.asynccontextmanager
async def _worker(kind: str, limits: ReadingLimits) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "adapters.arxiv.reading_worker",
        kind,
        str(limits.memory_mb),
        str(int(limits.seconds) + _STARTING_CPU_SECONDS),
        str(limits.pages),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT,
        env=_bare_environment(os.environ),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _bare_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """No token or key is in reach of the process that reads strangers' files."""
    kept = {name: environment[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in environment}
    return kept | {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


async def _feed(process: asyncio.subprocess.Process, content: bytes) -> None:
    if process.stdin is None:
        return
    # A worker that has died closes its end; what it said tells the rest.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        for start in range(0, len(content), _CHUNK_BYTES):
            process.stdin.write(content[start : start + _CHUNK_BYTES])
            await process.stdin.drain()
    process.stdin.close()


async def _listen(
    process: asyncio.subprocess.Process, most_bytes: int, said: list[dict[str, Any]]
) -> bool:
    """Add each whole line to `said`; False when there was more than `most_bytes`."""
    if process.stdout is None:
        return False
    pending = bytearray()
    heard = 0
    while chunk := await process.stdout.read(_CHUNK_BYTES):
        heard += len(chunk)
        if heard > most_bytes:
            return False
        pending += chunk
        if b"\n" in chunk:
            *lines, rest = bytes(pending).split(b"\n")
            pending = bytearray(rest)
            said += [json.loads(line) for line in lines]
    return not pending
