"""How fast each workspace of a platform may be called, where that is limited by workspace."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.domain.rate_limits import CallPace

_AHEAD_SECONDS = 4.0  # so much of a workspace's messages is taken in hand at one time
_FEWEST_AHEAD = 4
_IDLE_AFTER = timedelta(seconds=10)
_LONG_PAUSE_SECONDS = 2.0  # a workspace that wants no calls for so long is left alone


class WorkspacePaces:
    """One pace for each workspace that was called lately; the others may be called at once."""

    def __init__(self, per_second: float | None, *, most_per_second: float) -> None:
        self._is_limited = per_second is not None
        self._per_second = per_second or most_per_second
        self._share = max(math.ceil(_AHEAD_SECONDS * self._per_second), _FEWEST_AHEAD)
        self._paces: dict[str, CallPace] = {}
        self._full: set[str] = set()

    @property
    def most_at_once(self) -> int:
        """How many messages to take at one time, lest all of them are one workspace's."""
        return self._share if self._is_limited else sys.maxsize

    def wait_seconds(self, workspace_id: str, now: datetime) -> float:
        """Seconds until the workspace may be called; 0.0 when it may be called now."""
        pace = self._paces.get(workspace_id)
        return pace.wait_seconds(now) if pace is not None else 0.0

    def called(self, workspace_id: str, now: datetime) -> None:
        """Take note of a call."""
        if self._is_limited:
            self._paces[workspace_id] = self._pace(workspace_id).called(now)

    def pause(self, workspace_id: str, *, seconds: float, now: datetime) -> None:
        """Let a workspace have no call for so long."""
        pace = self._pace(workspace_id)
        self._paces[workspace_id] = pace.paused(now + timedelta(seconds=seconds))

    def resting(self, in_hand: Iterable[str], now: datetime) -> frozenset[str]:
        """Workspaces of which nothing more is to be taken in hand.

        They pause, or so many of their messages (`in_hand`, a workspace's ID for each) wait
        already that those of others would be kept waiting.
        """
        self._drop_idle(now)
        # From full to half empty, so that not each call asks the store for one message.
        self._full = {
            workspace_id
            for workspace_id, count in Counter(in_hand).items()
            if self._is_limited
            and count >= (self._share // 2 + 1 if workspace_id in self._full else self._share)
        }
        return frozenset(self._full | {each for each in self._paces if self.is_paused(each, now)})

    def is_paused(self, workspace_id: str, now: datetime) -> bool:
        """Whether a workspace wants no calls for a while."""
        return self.wait_seconds(workspace_id, now) > max(_LONG_PAUSE_SECONDS, 2 / self._per_second)

    def _pace(self, workspace_id: str) -> CallPace:
        return self._paces.get(workspace_id) or CallPace(self._per_second)

    def _drop_idle(self, now: datetime) -> None:
        """Forget workspaces that were not called for so long that they may be called anyway."""
        self._paces = {
            workspace_id: pace
            for workspace_id, pace in self._paces.items()
            if pace.wait_seconds(now) > 0 or (pace.recent and now - pace.recent[-1] < _IDLE_AFTER)
        }
