"""A simulated year: fifty subscriptions in ten time zones, every holiday, three weeks of downtime.

What each subscription should have posted is worked out from the list of invented papers and the
calendars of its zone, with nothing of the bot's own.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from bot.domain.interests import Interests, Term
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.subscriptions import Destination, Schedule, Subscription
from bot.services.catching_up import CatchingUpService
from bot.services.delivery import DeliveryService
from bot.services.ingest import IngestService
from tests.fakes.arxiv_year import (
    CATEGORIES,
    EASTERN,
    HOLIDAYS,
    ONE_DAY,
    Publication,
    YearOfArxiv,
    publications,
)
from tests.fakes.clock import FrozenClock
from tests.fakes.planning import PATIENCE, Planning

pytestmark = pytest.mark.slow

BEGIN = datetime(2025, 12, 22, 0, 0, tzinfo=UTC)  # a Monday
END = datetime(2027, 1, 4, 0, 0, tzinfo=UTC)
DOWN = datetime(2026, 5, 8, 1, 0, tzinfo=UTC)
UP = datetime(2026, 5, 29, 7, 0, tzinfo=UTC)  # three weeks later, the day's feed is out
TICK = timedelta(minutes=5)  # while something waits
MOST_TICKS = 40_000

# Local times that no clock change spares: New York, Berlin and Sydney skip 02:30 once a year,
# London has 01:30 once not and once twice, Lord Howe skips half an hour from 02:00, and Cairo's
# clocks change at midnight. All are at least an hour and a quarter after arXiv's feed, or before.
ZONES = {
    "America/New_York": time(2, 30),
    "America/Los_Angeles": time(9, 0),
    "Europe/London": time(1, 30),
    "Europe/Berlin": time(2, 30),
    "Africa/Cairo": time(0, 15),
    "Asia/Kolkata": time(9, 0),
    "Asia/Kathmandu": time(18, 0),
    "Asia/Tokyo": time(23, 45),
    "Australia/Sydney": time(2, 30),
    "Australia/Lord_Howe": time(2, 15),
}
SEEN_WITHIN = timedelta(minutes=75)  # on a day that the bot takes for a holiday it looks hourly


@dataclass(frozen=True, slots=True)
class Kind:
    """What one of a zone's five channels wants."""

    weekdays: frozenset[int]
    categories: tuple[str, ...]
    term: str = ""
    cross_lists: bool = False
    days_back: int = 7
    announce_empty: bool = True

    def wants(self, publication: Publication) -> bool:
        paper = publication.paper
        listed = paper.categories if self.cross_lists else paper.categories[:1]
        return not set(listed).isdisjoint(self.categories) and self.term in paper.abstract


KINDS = (
    Kind(frozenset(range(7)), ("cs.CL", "cs.LG")),
    Kind(frozenset(range(5)), CATEGORIES, term="caches", announce_empty=False),
    Kind(frozenset({1, 3, 6}), ("cs.RO", "cs.CV"), cross_lists=True, days_back=14),
    Kind(frozenset({2}), ("stat.ML", "cs.AI"), days_back=30),
    Kind(frozenset({0, 5}), ("cs.AI",), term="towels", cross_lists=True, days_back=10),
)


@dataclass(slots=True)
class Channel:
    """One channel, and what came there: when, for which slot, with which papers."""

    zone: str
    kind: Kind
    posted: list[tuple[datetime, str, list[str]]] = field(default_factory=list)

    @property
    def at(self) -> time:
        return ZONES[self.zone]


class Channels:
    """Where everything is posted."""

    def __init__(self, clock: FrozenClock) -> None:
        self._clock = clock
        self.by_name = {
            f"{zone}#{number}": Channel(zone, kind)
            for zone in ZONES
            for number, kind in enumerate(KINDS, start=1)
        }

    async def send(self, message: OutboxMessage) -> MessageRef:
        said = json.loads(message.payload)
        channel = self.by_name[message.destination.channel_id]
        channel.posted.append((self._clock.now(), said["slot"], said["papers"]))
        return MessageRef(message.destination.channel_id, str(len(channel.posted)))

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        del message
        return None


@pytest.fixture(scope="module")
def papers() -> tuple[Publication, ...]:
    return publications(BEGIN.date() - ONE_DAY, END.date())


async def test_a_year_of_digests_misses_nothing_and_posts_nothing_twice(
    papers: tuple[Publication, ...],
) -> None:
    channels = await _live_through_the_year(papers)

    assert len(channels) == 50
    for name, channel in channels.items():
        posts = _posts_by_local_day(channel)
        assert {day: count for day, count in posts.items() if count > 1} == {}, name
        days = set(_days_of(channel))
        assert set(posts) <= days, name
        expected = _expected(channel, papers)
        if channel.kind.announce_empty:
            assert set(posts) == days, name
        assert [sorted(ids) for _, _, ids in channel.posted if ids] == expected, name


def test_the_year_has_what_makes_years_hard(papers: tuple[Publication, ...]) -> None:
    """Both clock changes, every holiday; and no digest is due while the feed is being read."""
    assert len({each.paper.arxiv_id for each in papers}) == len(papers) > 2_500
    assert all(BEGIN.date() <= day < END.date() for day in HOLIDAYS)
    offsets = {datetime.combine(each.on, time(12), EASTERN).utcoffset() for each in papers}
    assert len(offsets) == 2
    for zone, at in ZONES.items():
        for each in {each.at for each in papers}:
            local = each.astimezone(ZoneInfo(zone))
            for day in (local.date(), local.date() + ONE_DAY):
                due = _due_at(day, at, zone)
                assert not each <= due < each + SEEN_WITHIN, f"{zone} {due}"


# --- the bot -------------------------------------------------------------------------------


async def _live_through_the_year(papers: tuple[Publication, ...]) -> dict[str, Channel]:
    bot = Planning(at=BEGIN)
    clock = bot.clock
    channels = Channels(clock)
    arxiv = YearOfArxiv(papers, clock)
    for name, channel in channels.by_name.items():
        await _subscribe(bot, name, channel)
    ingest = _ingest(bot, arxiv)
    delivery = DeliveryService(open_unit=bot.open_unit, messengers={"log": channels}, clock=clock)
    look_at = BEGIN
    for _ in range(MOST_TICKS):
        if clock.now() >= END:
            return channels.by_name
        if DOWN <= clock.now() < UP:
            clock.move_to(UP)
            bot.start_again()
            ingest = _ingest(bot, arxiv)
            look_at = UP
        if look_at <= clock.now():
            look_at = await ingest.poll()
        if await bot.planning.plan_due(clock.now(), patience=PATIENCE):
            await delivery.deliver_due()
        clock.move_to(_next_moment(bot, look_at))
    raise AssertionError(f"the year does not pass: it is {clock.now()}")


def _ingest(bot: Planning, arxiv: YearOfArxiv) -> IngestService:
    return IngestService(
        feed=arxiv,
        open_unit=bot.open_unit,
        clock=bot.clock,
        catching_up=CatchingUpService(papers=arxiv, open_unit=bot.open_unit, clock=bot.clock),
        jitter=lambda: 0.0,
    )


async def _subscribe(bot: Planning, name: str, channel: Channel) -> None:
    kind = channel.kind
    local = BEGIN.astimezone(ZoneInfo(channel.zone)).date()
    days = (local + ONE_DAY * n for n in range(-1, 9))
    dues = (
        _due_at(day, channel.at, channel.zone) for day in days if day.weekday() in kind.weekdays
    )
    await bot.subscribe(
        interests=Interests(
            categories=kind.categories,
            terms=(Term(kind.term),) if kind.term else (),
            cross_lists=kind.cross_lists,
            days_back=kind.days_back,
            max_papers=500,
        ),
        schedule=Schedule(at=channel.at, weekdays=kind.weekdays, timezone=channel.zone),
        due_at=next(due for due in dues if due > BEGIN),
        destination=Destination("log", "local", name),
        announce_empty=kind.announce_empty,
    )


def _next_moment(bot: Planning, look_at: datetime) -> datetime:
    """When there is something to do next; soon, while something due still waits."""
    subscriptions: list[Subscription] = list(bot.database.memory.subscriptions.values())
    moment = min(look_at, *(each.next_run_at for each in subscriptions if each.next_run_at))
    now = bot.clock.now()
    return moment if moment > now else now + TICK


# --- what should have happened -------------------------------------------------------------


@cache
def _due_at(day: date, at: time, zone: str) -> datetime:
    """When a zone's clock first shows `at` on `day`, or has just jumped over it; UTC.

    Looked up minute by minute, as on a clock on the wall.
    """
    moment = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC) - timedelta(hours=2)
    for _ in range(5 * 60):
        local = moment.astimezone(ZoneInfo(zone))
        if (local.date(), local.time()) >= (day, at):
            return moment
        moment += timedelta(minutes=1)
    raise AssertionError(f"{zone} has no {at} on {day}")


def _days_of(channel: Channel) -> Iterator[date]:
    """The local days on which it should post: those of its schedule while the bot was up.

    Of all the days it was down, the last one is made up for.
    """
    first = BEGIN.date() - ONE_DAY
    missed: date | None = None
    for day in (first + ONE_DAY * n for n in range((END.date() - first).days + 2)):
        if day.weekday() not in channel.kind.weekdays:
            continue
        due = _due_at(day, channel.at, channel.zone)
        if not BEGIN < due < END:
            continue
        if DOWN <= due < UP:
            missed = day
            continue
        if missed is not None:
            yield missed
            missed = None
        yield day


def _posts_by_local_day(channel: Channel) -> Counter[date]:
    """How many digests each day's slot had."""
    return Counter(date.fromisoformat(slot[:10]) for _, slot, _ in channel.posted)


def _expected(channel: Channel, papers: tuple[Publication, ...]) -> list[list[str]]:
    """The papers of each digest that has any, in order."""
    digests: dict[datetime, list[str]] = defaultdict(list)
    runs = sorted(
        UP if DOWN <= due < UP else due
        for due in (_due_at(day, channel.at, channel.zone) for day in _days_of(channel))
    )
    for each in papers:
        if not channel.kind.wants(each):
            continue
        run = next((run for run in runs if run >= each.at), None)
        if run is None:
            continue
        oldest = run.astimezone(EASTERN).date() - ONE_DAY * channel.kind.days_back
        if each.on >= oldest:
            digests[run].append(each.paper.arxiv_id)
    return [sorted(digests[run]) for run in sorted(digests)]
