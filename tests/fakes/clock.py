"""A clock that only moves when told."""

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """Stands still at `at`; sleeping moves it at once."""

    def __init__(self, at: datetime = datetime(2026, 1, 21, 6, 0, tzinfo=UTC)) -> None:
        self._now = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds=seconds)

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        self._now += timedelta(seconds=seconds, days=days)

    def move_to(self, at: datetime) -> None:
        self._now = at
