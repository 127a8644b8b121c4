"""How fast a platform may be called: so many calls in any window of time, evenly spread.

Platforms count the calls that *arrive*; what we know is when we call. An even flow a little
under the ceiling forgives a network that is faster one moment than the other, and lets calls
that came late be made up for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

_EVEN_FLOW = 0.97  # of the ceiling
_WINDOW_SECONDS = 1.02  # no more calls in this than the ceiling allows in one second
_CATCH_UP_SECONDS = 1.0  # what a late call may regain by the next ones coming faster


@dataclass(frozen=True, slots=True)
class CallPace:
    """When the next call may be made; `called` and `paused` give the pace that follows."""

    per_second: float
    recent: tuple[datetime, ...] = ()  # the calls that still count, oldest first
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

    def wait_seconds(self, now: datetime) -> float:
        """Seconds until the next call may be made; 0.0 when it may be made now."""
        moments = [now]
        if self.paused_until is not None:
            moments.append(self.paused_until)
        # A clock that was set back must not make us wait until it has caught up.
        if self.slot is not None and self.slot <= now + self._interval:
            moments.append(self.slot)
        counting = [call for call in self.recent if call <= now]
        if len(counting) >= self._calls:
            moments.append(counting[-self._calls] + self._window)
        return (max(moments) - now).total_seconds()

    def called(self, now: datetime) -> CallPace:
        """The pace after a call at `now`."""
        earliest = now - timedelta(seconds=_CATCH_UP_SECONDS)
        slot = now if self.slot is None or self.slot > now else max(self.slot, earliest)
        return replace(
            self,
            recent=(*self.recent, now)[-self._calls :],
            slot=slot + self._interval,
            paused_until=None,
        )

    def paused(self, until: datetime) -> CallPace:
        """The pace of a platform that wants no call before `until`."""
        until = max(until, self.paused_until or until)
        # Nothing is made up for after a pause: the flow begins anew.
        return replace(self, paused_until=until, slot=until)
