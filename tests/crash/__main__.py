"""`make crash`: kill the service at random moments, and count what its channels got.

Two plays, on a chat server of no brand or, with `--platform slack` or `discord`, on the fakes of
these: a server that can be asked whether a message is there, where every message must be there
exactly once; and one that cannot, where none may be missing and a message may be there twice only
if a call was cut between its arrival and the record of its answer.
Exits with 1 on any loss or double.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from bot.app import open_app
from tests.crash import service
from tests.crash.scene import (
    CHANNELS,
    DOWN_SECONDS,
    announcement_days,
    due_at,
    settings_of,
    subscription_of,
)
from tests.crash.stage import Stage
from tests.crash.stages import STAGES, waited
from tests.crash.verdict import Standing, faults, standing

_ROUNDS_A_DAY = 25
_LONGEST_ROUND_SECONDS = 3.0
_LONGEST_END_SECONDS = 240.0
_SHOWN = 10


@dataclass(slots=True)
class Tally:
    """What happened until now."""

    rounds: int = 0
    while_planning: int = 0  # kills before the day's digests were all planned
    cut: Counter[str] = field(default_factory=Counter)  # calls that had arrived, by key


class Play:
    """One server, one database, many processes one after the other."""

    def __init__(self, home: Path, server: Stage, *, platform: str, rounds: int, seed: int) -> None:
        self._home = home
        self._platform = platform
        self._server = server
        self._rounds = rounds
        self._random = random.Random(seed)  # noqa: S311 - repeatable, guards nothing
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([service.__name__])
        self.days = announcement_days(max(2, rounds // _ROUNDS_A_DAY))
        self.tally = Tally()
        self._starts = 0

    async def run(self) -> Standing:
        """Kill and kill again, then let one process finish."""
        await self._subscribe()
        a_day = -(-self._rounds // len(self.days))
        began = time.monotonic()
        for number in range(self._rounds):
            if number % a_day == 0:
                began = time.monotonic()
            await self._round(self.days[number // a_day], time.monotonic() - began, number // a_day)
        return await self._finish(time.monotonic() - began)

    async def _subscribe(self) -> None:
        async with open_app(settings_of(self._home)) as bot, bot.database.unit_of_work() as unit:
            for channel in range(CHANNELS):
                await unit.subscriptions.add(subscription_of(channel, platform=self._platform))
            await unit.commit()

    def _start(self, day: date, elapsed: float) -> BaseProcess:
        self._starts += 1
        at = due_at(day) + timedelta(seconds=elapsed + DOWN_SECONDS * self._starts)
        process = self._context.Process(
            target=service.run,
            args=(str(self._home), self._platform, self._server.url, at.isoformat()),
        )
        process.start()
        return process

    async def _round(self, day: date, elapsed: float, days_before: int) -> None:
        before = self._server.keys()
        process = self._start(day, elapsed)
        try:
            await self._moment()
        finally:
            process.kill()
            await asyncio.to_thread(process.join)
        self.tally.rounds += 1
        left = await asyncio.to_thread(standing, self._database)
        if left.digests < CHANNELS * (days_before + 1):
            self.tally.while_planning += 1
        arrived = self._server.keys() - before
        self.tally.cut.update(left.doubtful & set(arrived))

    async def _moment(self) -> None:
        """Wait for a random moment: some in starting and planning, most while posting."""
        if self._random.random() < 0.25:
            await asyncio.sleep(self._random.uniform(0.0, 0.6))
            return
        wanted = self._server.count() + self._random.randint(1, 20)
        if not await waited(self._server, wanted, at_most_seconds=_LONGEST_ROUND_SECONDS):
            return
        await asyncio.sleep(self._random.uniform(0.0, 0.02))

    async def _finish(self, elapsed: float) -> Standing:
        process = self._start(self.days[-1], elapsed)
        deadline = time.monotonic() + _LONGEST_END_SECONDS
        try:
            while time.monotonic() < deadline and process.is_alive():
                await asyncio.sleep(0.5)
                left = await asyncio.to_thread(standing, self._database)
                is_planned = left.digests and not self._owes(left)
                if is_planned and set(left.states) == {"sent"}:
                    break
        finally:
            process.terminate()
            await asyncio.to_thread(process.join, 10)
            process.kill()
        return await asyncio.to_thread(standing, self._database)

    def _owes(self, left: Standing) -> bool:
        """Whether digests of the last day are still to be planned."""
        last = f"/{self.days[-1]}"
        return sum(last in key and key.endswith("/0") for key in left.keys) < CHANNELS

    @property
    def _database(self) -> Path:
        return self._home / "papercourier.db"


async def play(*, platform: str, rounds: int, seed: int, can_look_up: bool) -> bool:
    """Play once and tell how it ended; True when every promise was kept."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="papercourier-crash-") as home:
        async with STAGES[platform](
            channels=CHANNELS, can_look_up=can_look_up, seed=seed
        ) as server:
            game = Play(Path(home), server, platform=platform, rounds=rounds, seed=seed)
            left = await game.run()
            broken = list(faults(left, server, game.days, game.tally.cut))
    doubles = sum(times - 1 for times in server.keys().values())
    kind = "can be asked" if can_look_up else "cannot be asked"
    _say(
        f"{platform} {kind}: {game.tally.rounds} kills "
        f"({game.tally.while_planning} before planning was over), {len(left.keys)} messages "
        f"planned, {len(server.keys())} there, {game.tally.cut.total()} cut between arrival and "
        f"record, {doubles} twice, {time.monotonic() - began:.0f} s"
    )
    for fault in broken[:_SHOWN]:
        _say(f"  BROKEN: {fault}")
    if len(broken) > _SHOWN:
        _say(f"  and {len(broken) - _SHOWN} more")
    return not broken


async def play_both(*, platform: str, rounds: int, seed: int) -> bool:
    """The server that can be asked for all rounds, the other for a quarter of them."""
    kept = await play(platform=platform, rounds=rounds, seed=seed, can_look_up=True)
    fewer = max(10, rounds // 4)
    return await play(platform=platform, rounds=fewer, seed=seed, can_look_up=False) and kept


def main() -> int:
    """Exit code: 0 when nothing was lost and nothing doubled."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--platform", choices=sorted(STAGES), default="chat")
    asked = parser.parse_args()
    kept = asyncio.run(play_both(platform=asked.platform, rounds=asked.rounds, seed=asked.seed))
    _say("nothing lost, nothing doubled" if kept else "FAILED")
    return 0 if kept else 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
