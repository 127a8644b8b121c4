"""The real service in a process of its own, started and watched as an operator would."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from signal import Signals
from types import TracebackType
from typing import Any, Self

import aiohttp

PATIENCE_SECONDS = 90.0  # a busy machine is slow; a broken service never gets there
_LOOK_SECONDS = 0.05


async def ended(*words: str, home: Path, **environ: str) -> tuple[int, str, str]:
    """Run a command to its end: exit code, stdout, stderr."""
    process = await _start(words, home, environ)
    async with asyncio.timeout(PATIENCE_SECONDS):
        out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


class ServiceProcess:
    """`async with ServiceProcess(home=...) as service:` runs `papercourier run` until ready."""

    def __init__(self, *, home: Path, **environ: str) -> None:
        self._home = home
        self._environ = {"WEB_PORT": "0", "LOG_FORMAT": "json", **environ}
        self.lines: list[dict[str, Any]] = []  # the log
        self.strangers: list[str] = []  # lines that are no JSON
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._process = await _start(("run",), self._home, self._environ)
        self._reading = asyncio.create_task(self._read(self._process))
        await self.until(self._is_ready_or_over, what="the service is ready")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        if self._reading is not None:
            await self._reading

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def url(self) -> str:
        return str(self.events("service.ready")[0]["url"])

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log lines of this event so far."""
        return [line for line in self.lines if line["event"] == name]

    async def get(self, path: str) -> tuple[int, str]:
        """What its web server answers."""
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def until(self, condition: Callable[[], bool | Awaitable[bool]], *, what: str) -> None:
        """Return when `condition` holds; fail with the log when it does not in time."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    holds = condition()
                    if holds if isinstance(holds, bool) else await holds:
                        return
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"not in time: {what}\n{self.log()}") from error

    async def signalled(self, *signals: Signals) -> int:
        """Send signals, the others when the first was heard; the exit code."""
        first, *others = signals
        self.process.send_signal(first)
        for number in others:
            await self.until(self._is_stopping, what="the signal was heard")
            self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.process.wait()

    def log(self) -> str:
        """The log so far, for failures."""
        return "\n".join([*map(str, self.lines), *self.strangers])

    async def _read(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self.strangers.append(line.decode().rstrip())

    def _is_stopping(self) -> bool:
        return bool(self.events("service.stopping"))

    def _is_ready_or_over(self) -> bool:
        assert self.process.returncode is None, self.log()
        return bool(self.events("service.ready"))


async def _start(words: tuple[str, ...], home: Path, environ: Mapping[str, str]) -> Process:
    own = {"PATH": os.environ["PATH"], "HOME": str(home), "PAPERCOURIER_HOME": str(home)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        cwd=home,
        env={**own, **environ},
        stdout=PIPE,
        stderr=PIPE,
        limit=1 << 20,
    )
