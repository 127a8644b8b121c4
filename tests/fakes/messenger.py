"""A platform of the tests' own: takes messages, and does to them what a test says."""

import asyncio
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field

from bot.domain.outbox import MessageRef, OutboxMessage

Act = Exception | float | str  # raised; seconds to wait before posting; see `SILENCE`, `LOST`
SILENCE = "silence"  # nothing is posted, and no answer ever comes
LOST = "lost"  # it is posted, and no answer ever comes


@dataclass(slots=True)
class FakeMessenger:
    """A `Messenger` that remembers."""

    can_look_up: bool = True
    latency_seconds: float = 0.0
    acts: dict[str, deque[Act]] = field(default_factory=lambda: defaultdict(deque))  # by channel
    always: dict[str, Act] = field(default_factory=dict)  # by channel, when `acts` are used up
    posted: list[str] = field(default_factory=list)  # keys
    posted_at: list[tuple[float, str]] = field(default_factory=list)  # loop time, channel
    called_at: list[tuple[float, str]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    under_way: Counter[str] = field(default_factory=Counter)
    most_under_way: int = 0

    async def send(self, message: OutboxMessage) -> MessageRef:
        channel = message.destination.channel_id
        self.called_at.append((_time(), channel))
        self.under_way[channel] += 1
        self.most_under_way = max(self.most_under_way, self.under_way.total())
        try:
            return await self._act(message, channel)
        finally:
            self.under_way[channel] -= 1

    async def _act(self, message: OutboxMessage, channel: str) -> MessageRef:
        act = self.acts[channel].popleft() if self.acts[channel] else self.always.get(channel)
        if isinstance(act, Exception):
            raise act
        if act == SILENCE:
            await asyncio.Event().wait()
        await asyncio.sleep(act if isinstance(act, float) else self.latency_seconds)
        self.posted.append(message.key)
        self.posted_at.append((_time(), channel))
        if act == LOST:
            await asyncio.Event().wait()
        return MessageRef(channel, f"id-{message.key}")

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        self.looked_up.append(message.key)
        if self.can_look_up and message.key in self.posted:
            return MessageRef(message.destination.channel_id, f"id-{message.key}")
        return None


def _time() -> float:
    return asyncio.get_running_loop().time()
