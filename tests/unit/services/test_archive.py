"""Days are made from what was announced, once, and stay as they were published."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from adapters.llm.extractive import ExtractiveSummarizer
from bot.domain.interests import Interests, parse_term
from bot.domain.papers import Announcement, AnnounceType
from bot.domain.published import PublishedDay
from bot.domain.summary import Summary, SummarySection, SummarySource
from bot.services.archive import ArchiveService, PageRules
from bot.services.summaries import Wanted
from tests.fakes.clock import FrozenClock
from tests.fakes.memory import MemoryDatabase
from tests.fakes.world import paper

MONDAY = date(2026, 1, 12)
INTERESTS = Interests(categories=("cs.CL",), terms=(parse_term("kv cache"),), min_score=0.5)


class Shelf:
    """A `DayStore` in memory."""

    def __init__(self) -> None:
        self.days: dict[date, PublishedDay] = {}
        self.saved: list[date] = []
        self.state: tuple[str, datetime] | None = None

    def load(self) -> tuple[PublishedDay, ...]:
        return tuple(self.days[day] for day in sorted(self.days, reverse=True))

    def save(self, days: Sequence[PublishedDay]) -> None:
        self.saved += [day.on for day in days if self.days.get(day.on) != day]
        self.days |= {day.on: day for day in days}

    def changed_at(self, fingerprint: str, *, now: datetime) -> datetime:
        if self.state is None or self.state[0] != fingerprint:
            self.state = (fingerprint, now)
        return self.state[1]


class Summaries:
    """Writes a model's summary where it is paid for or was written before, else an extract."""

    def __init__(self) -> None:
        self.written: set[str] = set()

    async def write(self, wanted: Collection[Wanted]) -> dict[tuple[str, str], Summary]:
        self.written |= {each.paper.arxiv_id for each in wanted if each.payers}
        return {each.place: self._of(each) for each in wanted}

    def _of(self, wanted: Wanted) -> Summary:
        is_written = wanted.paper.arxiv_id in self.written
        return Summary(
            wanted.paper.arxiv_id,
            wanted.paper.version,
            wanted.language,
            "small-model" if is_written else "extractive",
            "p/1" if is_written else "",
            SummarySource.ABSTRACT,
            (SummarySection("", "It is short."),),
        )


class Scene:
    """Some days of announcements, and the archive over them."""

    def __init__(self, *, papers_by_model: int = 0) -> None:
        self.clock = FrozenClock(datetime.combine(MONDAY, time(14), UTC))
        self.database = MemoryDatabase()
        self.shelf = Shelf()
        self.summaries = Summaries()
        self.rules = PageRules(INTERESTS)
        self.papers_by_model = papers_by_model

    @property
    def archive(self) -> ArchiveService:
        return ArchiveService(
            open_unit=self.database.unit_of_work,
            clock=self.clock,
            store=self.shelf,
            extractor=ExtractiveSummarizer(),
            write=self.summaries.write,
            rules=self.rules,
            papers_by_model=self.papers_by_model,
        )

    async def announce(self, on: date, *numbers: int, title: str = "A KV cache is shared") -> None:
        async with self.database.unit_of_work() as unit:
            await unit.papers.add_announcements(
                [
                    Announcement(
                        paper(f"2601.{number:05}", f"{title}, part {number}"), AnnounceType.NEW, on
                    )
                    for number in numbers
                ],
                seen_at=self.clock.now(),
            )
            await unit.commit()


async def test_each_announced_day_becomes_a_day_of_its_own_newest_first() -> None:
    scene = Scene()
    await scene.announce(MONDAY, 1, 2)
    await scene.announce(MONDAY + timedelta(days=1), 3, title="Towels are folded")
    scene.clock.advance(days=1)

    publication = await scene.archive.publication()

    assert [(day.on, len(day.items)) for day in publication.days] == [
        (MONDAY + timedelta(days=1), 0),
        (MONDAY, 2),
    ]
    assert "did not match" in publication.days[0].digest.silence_reason
    assert publication.days[1].counts.papers == 2
    assert publication.today is None


async def test_nothing_is_made_again_while_nothing_changes() -> None:
    scene = Scene()
    await scene.announce(MONDAY, 1, 2)
    first = await scene.archive.publication()
    scene.clock.advance(seconds=3600)

    second = await scene.archive.publication()

    assert second == first
    assert scene.shelf.saved == [MONDAY]


async def test_papers_that_come_in_late_and_other_wishes_make_the_day_anew() -> None:
    scene = Scene()
    await scene.announce(MONDAY, 1)
    await scene.archive.publication()

    await scene.announce(MONDAY, 2)
    late = await scene.archive.publication()
    scene.rules = replace(scene.rules, interests=replace(INTERESTS, max_papers=1))
    fewer = await scene.archive.publication()

    assert [len(each.days[0].items) for each in (late, fewer)] == [2, 1]


async def test_days_long_gone_stay_as_they_were_published() -> None:
    scene = Scene()
    for number in range(12):
        await scene.announce(MONDAY + timedelta(days=number), number + 1)
    scene.clock.advance(days=11)
    before = await scene.archive.publication()

    scene.rules = replace(scene.rules, interests=replace(INTERESTS, min_score=900.0))
    after = await scene.archive.publication()

    assert [len(day.items) for day in after.days] == [0] * 7 + [1] * 5
    assert after.days[7:] == before.days[7:]


async def test_only_the_latest_days_papers_may_cost_a_model_call() -> None:
    scene = Scene(papers_by_model=1)
    await scene.announce(MONDAY, 1, 2)
    await scene.announce(MONDAY + timedelta(days=1), 3, 4)
    scene.clock.advance(days=1)

    publication = await scene.archive.publication()

    by_model = [
        item.entry.rank
        for item in publication.days[0].items
        if item.entry.summary and not item.entry.summary.is_extract
    ]
    assert by_model == [1]
    assert len(scene.summaries.written) == 1


async def test_summaries_written_since_are_taken_up() -> None:
    scene = Scene()
    await scene.announce(MONDAY, 1)
    before = await scene.archive.publication()

    scene.summaries.written.add("2601.00001")
    after = await scene.archive.publication()

    [old], [new] = before.days[0].items, after.days[0].items
    assert old.entry.summary is not None
    assert new.entry.summary is not None
    assert (old.entry.summary.model, new.entry.summary.model) == ("extractive", "small-model")


async def test_a_weekend_says_why_there_is_nothing_today() -> None:
    scene = Scene()
    await scene.announce(MONDAY + timedelta(days=4), 1)
    scene.clock.advance(days=5)

    publication = await scene.archive.publication()

    assert publication.today is not None
    assert publication.latest is publication.today
    assert "Saturdays" in publication.today.silence_reason


async def test_at_first_only_some_days_are_made() -> None:
    scene = Scene()
    for number in range(3):
        await scene.announce(MONDAY + timedelta(days=number), number + 1)
    scene.clock.advance(days=2)

    quick = await scene.archive.publication(most_days=1)
    whole = await scene.archive.publication(most_days=10)

    assert [len(each.days) for each in (quick, whole)] == [1, 3]
