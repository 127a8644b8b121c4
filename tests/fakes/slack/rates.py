"""How fast one may call: tiers by method, one message a second and channel."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_TIERS = {1: 20, 2: 20, 3: 50, 4: 100}  # calls a minute; reconnecting may burst in the first
_SPECIAL = 600  # methods that allow "hundreds a minute"
_TIER_OF = {
    "apps.connections.open": 1,
    "auth.revoke": 3,
    "bots.info": 3,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "chat.unfurl": 3,
    "chat.update": 3,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.join": 3,
    "conversations.list": 2,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.replies": 3,
    "files.completeUploadExternal": 4,
    "files.getUploadURLExternal": 4,
    "oauth.v2.access": 4,
    "reactions.get": 3,
    "team.info": 3,
    "users.conversations": 3,
    "users.info": 4,
    "views.open": 4,
    "views.publish": 4,
    "views.push": 4,
    "views.update": 4,
}
_MINUTE = 60.0


@dataclass(slots=True)
class Rates:
    """What was called when; every number is by workspace."""

    now: Callable[[], float]
    is_on: bool = True
    channel_burst: int = 3  # messages at once, then one a second
    posts_per_minute: int = 600  # "several hundred" over a whole workspace
    _calls: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    _channels: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def wait(self, team: str, method: str) -> int:
        """Whole seconds a call has to wait, 0 when it may go and is counted."""
        if not self.is_on:
            return 0
        tier = _TIER_OF.get(method)
        most = self.posts_per_minute if method == "chat.postMessage" else _SPECIAL
        return self._window(team, method, most if tier is None else _TIERS[tier])

    def channel_wait(self, team: str, channel: str) -> int:
        """Whole seconds a message to a channel has to wait, 0 when it may go and is counted."""
        if not self.is_on:
            return 0
        now = self.now()
        tokens, at = self._channels.get((team, channel), (float(self.channel_burst), now))
        tokens = min(float(self.channel_burst), tokens + now - at)
        if tokens < 1:
            self._channels[team, channel] = tokens, now
            return math.ceil(1 - tokens)
        self._channels[team, channel] = tokens - 1, now
        return 0

    def _window(self, team: str, method: str, most: int) -> int:
        now = self.now()
        calls = self._calls.setdefault((team, method), deque())
        while calls and calls[0] <= now - _MINUTE:
            calls.popleft()
        if len(calls) >= most:
            return max(1, math.ceil(calls[0] + _MINUTE - now))
        calls.append(now)
        return 0
