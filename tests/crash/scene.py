"""What the crash test plays with: invented days, one paper each, and channels that want all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from bot.config import Settings, load_settings
from bot.domain.interests import Interests
from bot.domain.papers import Announcement, AnnounceType, Paper
from bot.domain.subscriptions import Destination, Schedule, Subscription
from bot.ports import Clock, FeedReading
from bot.services.sending import DeliveryRules
from tests.fakes.chat_platform import PLATFORM

CHANNELS = 200
CATEGORIES = ("cs.CL",)
DIGESTS_AT = time(9, 0)  # UTC
_FIRST_DAY = date(2026, 2, 3)
_DAYS_OF_A_WEEK = 5  # announcements come on weekdays

DOWN_SECONDS = 3.0  # that pass, by the service's clock, between a death and the next start

# A lease is over when the next process starts, so that a round need not wait for it; nobody
# gives up.
RULES = DeliveryRules(
    concurrent_sends=8,
    per_platform_per_second=150.0,
    per_channel_seconds=0.0,
    give_up_after=timedelta(days=365),
    stale_after=timedelta(days=365),
    call_seconds=0.5,
    lease_seconds=2.0,
    first_retry_seconds=0.05,
    poll_seconds=0.1,
    stop_seconds=1.0,
)


def announcement_days(count: int) -> tuple[date, ...]:
    """`count` weekdays in a row."""
    days = (_FIRST_DAY + timedelta(days=n) for n in range(2 * count + 7))
    return tuple(day for day in days if day.weekday() < _DAYS_OF_A_WEEK)[:count]


def due_at(day: date) -> datetime:
    """When the digests of a day are due."""
    return datetime.combine(day, DIGESTS_AT, UTC)


def paper_of(day: date) -> str:
    """The ID of the day's only paper."""
    return f"2602.{day:%m%d}1"


def channel_id(platform: str, number: int) -> str:
    """A channel's ID as its platform writes them."""
    return str(10**17 + number) if platform == "discord" else f"C{number}"


def subscription_of(channel: int, *, platform: str = PLATFORM) -> Subscription:
    """A channel's wish for everything, first due on the first day."""
    return Subscription(
        number=1,
        destination=Destination(platform, "W1", channel_id(platform, channel)),
        interests=Interests(categories=CATEGORIES),
        created_at=due_at(_FIRST_DAY - timedelta(days=1)),
        schedule=Schedule(at=DIGESTS_AT),
        next_run_at=due_at(_FIRST_DAY),
    )


def settings_of(home: Path) -> Settings:
    """Built-in settings on a database of their own; whatever asks arXiv finds nobody."""
    config = home / "config.json"
    config.write_text("{}", encoding="utf-8")
    nobody = "http://127.0.0.1:9"
    return load_settings(
        config,
        {
            "PAPERCOURIER_HOME": str(home),
            "ARXIV_FEED_URL": nobody,
            "ARXIV_API_URL": nobody,
            "ARXIV_SITE_URL": nobody,
        },
    )


class InventedFeed:
    """A `FeedSource`: the day's paper, on its day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def read(self, categories: Sequence[str], *, etag: str | None = None) -> FeedReading:
        del etag
        today = self._clock.now().date()
        paper = Paper(
            arxiv_id=paper_of(today),
            version=1,
            title=f"What was invented on {today}",
            abstract="We invent a paper. It is read by many channels.",
            authors=("Ada Example",),
            categories=tuple(categories),
        )
        return FeedReading((Announcement(paper, AnnounceType.NEW, today),), announced_on=today)
