"""How fast a platform may be called: evenly spread, a little under its ceiling.

Platforms count the calls that *arrive*; what we know is when we call. An even flow under the
ceiling forgives a network that is faster one moment than the other. A flow that was held up
comes faster afterwards, but never all at once, and never above the ceiling.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_EVEN_FLOW = 0.965  # of the ceiling
_FASTEST_FLOW = 1.7  # from one call to the next, while late ones are made up for
_WINDOW_SECONDS = 1.03  # no more calls in this than the ceiling allows in one second
_MADE_UP_SECONDS = 1.0  # no call is later than that: the rest of a long stop is not made up for


@dataclass(frozen=True, slots=True)
class CallPace:
    """When the next call may be made; `called` and `paused` give the pace that follows."""

    per_second: float
    recent: tuple[datetime, ...] = ()  # the calls of one window, oldest first
    slot: datetime | None = None  # when the next call is due in an even flow
    paused_until: datetime | None = None

    @property
    def _calls(self) -> int:
        """How many calls a window holds."""
        return max(1, int(self.per_second))

    @property
    def _window(self) -> timedelta:
        return timedelta(seconds=_WINDOW_SECONDS * self._calls / self.per_second)

    @property
    def _interval(self) -> timedelta:
        return timedelta(seconds=1 / (_EVEN_FLOW * self.per_second))

    @property
    def _shortest_interval(self) -> timedelta:
        return timedelta(seconds=1 / (_FASTEST_FLOW * self.per_second))

    def wait_seconds(self, now: datetime) -> float:
        """Seconds until the next call may be made; 0.0 when it may be made now."""
        moments = [now]
        if self.paused_until is not None:
            moments.append(self.paused_until)
        # A clock that was set back must not make us wait until it has caught up.
        if self.slot is not None and self.slot <= now + self._interval:
            moments.append(self.slot)
        counting = [call for call in self.recent if call <= now]
        if counting:
            moments.append(counting[-1] + self._shortest_interval)
        if len(counting) >= self._calls:
            moments.append(counting[-self._calls] + self._window)
        return (max(moments) - now).total_seconds()

    def called(self, now: datetime) -> CallPace:
        """The pace after a call at `now`."""
        earliest = now - timedelta(seconds=_MADE_UP_SECONDS)
        slot = now if self.slot is None or self.slot > now else max(self.slot, earliest)
        recent = (*self.recent, now)[-self._calls :]
        return replace(self, recent=recent, slot=slot + self._interval, paused_until=None)

    def paused(self, until: datetime) -> CallPace:
        """The pace of a platform that wants no call before `until`."""
        until = max(until, self.paused_until or until)
        # Nothing is made up for after a pause: the flow begins anew.
        return replace(self, paused_until=until, slot=until)
