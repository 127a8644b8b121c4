"""Discord's rate limits: buckets told in headers, and the bot's ceiling over all routes."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

# Requests and seconds by route, as seen in the headers of the real one; others are generous.
LIMITS: Mapping[str, tuple[int, float]] = {
    "POST /channels/{channel_id}/messages": (5, 5.0),
    "GET /channels/{channel_id}/messages": (5, 5.0),
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": (1, 0.25),
    "PUT /applications/{application_id}/commands": (5, 20.0),
    "POST /webhooks/{webhook_id}/{webhook_token}": (5, 2.0),
}
_GENEROUS = (50, 1.0)
_BOUNDLESS = (1_000_000, 1.0)
GLOBAL_PER_SECOND = 50


@dataclass(slots=True)
class _Bucket:
    limit: int
    seconds: float
    used: int = 0
    resets_at: float = 0.0

    def take(self, now: float) -> float:
        """Seconds to wait, or 0.0 and one request is counted."""
        if now >= self.resets_at:
            self.used, self.resets_at = 0, now + self.seconds
        if self.used >= self.limit:
            return self.resets_at - now
        self.used += 1
        return 0.0


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a request may pass, and the headers that tell of its bucket."""

    wait: float
    is_global: bool
    headers: Mapping[str, str]


@dataclass(slots=True)
class RateLimits:
    """All buckets of one bot."""

    limits: Mapping[str, tuple[int, float]] | None = field(default_factory=lambda: LIMITS)
    per_second: int | None = GLOBAL_PER_SECOND
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)
    _calls: deque[float] = field(default_factory=deque)

    def take(self, route: str, major: str, *, now: float, wall: float, is_exempt: bool) -> Ruling:
        """Count a request of `route` on the resource `major`; exempt ones only in their bucket."""
        if not is_exempt and (wait := self._global_wait(now)) > 0:
            return Ruling(wait, is_global=True, headers={"X-RateLimit-Global": "true"})
        bucket = self._buckets.get((route, major))
        if bucket is None:
            bucket = self._buckets[route, major] = _Bucket(*self._limit(route))
        wait = bucket.take(now)
        after = max(0.0, bucket.resets_at - now)
        headers = {
            "X-RateLimit-Limit": str(bucket.limit),
            "X-RateLimit-Remaining": str(bucket.limit - bucket.used),
            "X-RateLimit-Reset": f"{wall + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": _hash(route),
        }
        return Ruling(wait, is_global=False, headers=headers)

    def _limit(self, route: str) -> tuple[int, float]:
        return _BOUNDLESS if self.limits is None else self.limits.get(route, _GENEROUS)

    def _global_wait(self, now: float) -> float:
        """So many calls in any second, no matter how they are spread."""
        if self.per_second is None:
            return 0.0
        while self._calls and self._calls[0] <= now - 1:
            self._calls.popleft()
        if len(self._calls) >= self.per_second:
            return self._calls[0] + 1 - now
        self._calls.append(now)
        return 0.0


def _hash(route: str) -> str:
    return hashlib.sha256(route.encode()).hexdigest()[:32]
