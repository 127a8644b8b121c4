"""Papers, announcements, summaries and looks at the feed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from bot.domain.missed_days import MissedDay
from bot.domain.papers import AnnounceType
from bot.ports import FeedCheck
from tests.contract.conftest import Store, Stores
from tests.contract.samples import DAY, NOW, a_paper, a_summary, an_announcement

YESTERDAY = date(2026, 1, 20)


async def test_announcements_never_seen_come_back_numbered_in_order(store: Store) -> None:
    given = [an_announcement(f"2601.0000{n}") for n in (3, 1, 2)]

    async with store.unit_of_work() as uow:
        unseen = await uow.papers.add_announcements(given, seen_at=NOW)

        assert [each.paper.arxiv_id for each in unseen] == [
            "2601.00003",
            "2601.00001",
            "2601.00002",
        ]
        assert [each.sequence for each in unseen] == sorted({each.sequence for each in unseen})
        assert [replace(each, sequence=0) for each in unseen] == given
        assert await uow.papers.last_sequence() == unseen[-1].sequence
        assert await uow.papers.announced() == unseen


async def test_a_version_announced_before_is_known_whatever_its_type_and_day(store: Store) -> None:
    async with store.unit_of_work() as uow:
        first = await uow.papers.add_announcements([an_announcement()], seen_at=NOW)
        again = await uow.papers.add_announcements(
            [
                an_announcement(announce_type=AnnounceType.CROSS, announced_on=date(2026, 1, 22)),
                an_announcement("2601.00002"),
            ],
            seen_at=NOW,
        )

        assert [each.paper.arxiv_id for each in again] == ["2601.00002"]
        assert await uow.papers.announcement_of("2601.00001") == first[0]


async def test_an_announcement_twice_in_one_reading_is_stored_once(store: Store) -> None:
    async with store.unit_of_work() as uow:
        unseen = await uow.papers.add_announcements(
            [an_announcement("2601.00001"), an_announcement("2601.00002")] * 2, seen_at=NOW
        )

        assert [each.paper.arxiv_id for each in unseen] == ["2601.00001", "2601.00002"]


async def test_a_new_version_is_unseen_and_becomes_the_latest(store: Store) -> None:
    second = a_paper(version=2)

    async with store.unit_of_work() as uow:
        await uow.papers.add_announcements([an_announcement(a_paper(version=1))], seen_at=NOW)
        (revision,) = await uow.papers.add_announcements(
            [an_announcement(second, announce_type=AnnounceType.REPLACE)], seen_at=NOW
        )

        assert revision.paper == second
        assert await uow.papers.get("2601.00001") == second
        assert await uow.papers.announcement_of("2601.00001") == revision
        assert [each.paper.version for each in await uow.papers.announced()] == [1, 2]


async def test_announcements_are_asked_for_by_cursor_day_and_category(store: Store) -> None:
    async with store.unit_of_work() as uow:
        old, cross, other = await uow.papers.add_announcements(
            [
                an_announcement(a_paper("2601.00001"), announced_on=YESTERDAY),
                an_announcement(a_paper("2601.00002", categories=("math.ST", "cs.LG", "cs.CL"))),
                an_announcement(a_paper("2601.00003", categories=("cs.AI", "cs.LG"))),
            ],
            seen_at=NOW,
        )

        assert await uow.papers.announced(after=old.sequence) == (cross, other)
        assert await uow.papers.announced(since=DAY) == (cross, other)
        assert await uow.papers.announced(since=YESTERDAY, categories=["cs.CL"]) == (old, cross)
        assert await uow.papers.announced(categories=["cs.CL", "cs.LG"]) == (old, cross, other)
        assert await uow.papers.announced(categories=["cs.C", "cs.cl", "cs.%"]) == ()
        assert await uow.papers.announced(categories=[]) == ()
        assert await uow.papers.announced(after=other.sequence) == ()


async def test_more_papers_than_one_statement_holds(store: Store) -> None:
    given = [an_announcement(f"2601.{n:05}") for n in range(1, 1302)]

    async with store.unit_of_work() as uow:
        unseen = await uow.papers.add_announcements(given, seen_at=NOW)
        again = await uow.papers.add_announcements(given, seen_at=NOW)

        assert len(unseen) == 1301
        assert again == ()
        assert await uow.papers.announced(after=unseen[0].sequence) == unseen[1:]


async def test_a_higher_number_is_never_seen_before_a_lower_one(stores: Stores) -> None:
    async with stores.ours.unit_of_work() as ours:
        await ours.papers.add_announcements([an_announcement("2601.00001")], seen_at=NOW)

        async def their_reading() -> int:
            async with stores.theirs.unit_of_work() as theirs:
                (unseen,) = await theirs.papers.add_announcements(
                    [an_announcement("2601.00002")], seen_at=NOW
                )
                await theirs.commit()
                return unseen.sequence

        theirs_running = asyncio.create_task(their_reading())
        done, _ = await asyncio.wait([theirs_running], timeout=0.5)
        assert not done
        await ours.commit()
        higher = await theirs_running

    async with stores.ours.unit_of_work() as uow:
        assert [each.paper.arxiv_id for each in await uow.papers.announced()] == [
            "2601.00001",
            "2601.00002",
        ]
        assert await uow.papers.last_sequence() == higher


async def test_what_a_look_up_told_survives_a_feed_that_does_not_tell(store: Store) -> None:
    in_new_york = timezone(timedelta(hours=-5))
    looked_up = replace(
        a_paper(),
        submitted_at=datetime(2026, 1, 19, 20, 30, 15, tzinfo=in_new_york),
        doi="10.1000/182",
        journal_ref="J. 1 (2026)",
        comment="8 pages",
        license_url="https://creativecommons.org/licenses/by/4.0/",
    )

    async with store.unit_of_work() as uow:
        await uow.papers.put(looked_up)
        await uow.papers.add_announcements(
            [an_announcement(replace(a_paper(), title="A better title"))], seen_at=NOW
        )
        stored = await uow.papers.get("2601.00001")

    assert stored == replace(looked_up, title="A better title")
    assert stored is not None
    assert stored.submitted_at is not None
    assert stored.submitted_at.astimezone(UTC) == datetime(2026, 1, 20, 1, 30, 15, tzinfo=UTC)


async def test_a_category_given_later_finds_the_paper(store: Store) -> None:
    async with store.unit_of_work() as uow:
        await uow.papers.add_announcements([an_announcement()], seen_at=NOW)
        await uow.papers.put(a_paper(categories=("cs.CL", "cs.IR")))
        (found,) = await uow.papers.announced(categories=["cs.IR"])

        assert found.paper.categories == ("cs.CL", "cs.IR")


async def test_a_paper_only_looked_up_is_not_announced(store: Store) -> None:
    async with store.unit_of_work() as uow:
        await uow.papers.put(a_paper("hep-th/9901001"))

        assert await uow.papers.get("hep-th/9901001") == a_paper("hep-th/9901001")
        assert await uow.papers.announcement_of("hep-th/9901001") is None
        assert await uow.papers.announced() == ()
        assert await uow.papers.get("2601.99999") is None


async def test_announced_days_are_counted_newest_first(store: Store) -> None:
    async with store.unit_of_work() as uow:
        await uow.papers.add_announcements(
            [
                an_announcement("2601.00001", announced_on=date(2026, 1, 19)),
                an_announcement("2601.00002", announced_on=DAY),
                an_announcement("2601.00003", announced_on=YESTERDAY),
                an_announcement("2601.00004", announced_on=DAY),
            ],
            seen_at=NOW,
        )

        assert await uow.papers.announced_days(limit=2) == ((DAY, 2), (YESTERDAY, 1))


async def test_the_latest_titles_come_first_and_each_paper_once(store: Store) -> None:
    async with store.unit_of_work() as uow:
        for number in (1, 2, 3):
            await uow.papers.add_announcements([an_announcement(f"2601.0000{number}")], seen_at=NOW)
        revised = an_announcement(a_paper("2601.00002", version=2))
        await uow.papers.add_announcements([revised], seen_at=NOW)

        titles = await uow.papers.latest_titles(limit=3)

    assert [arxiv_id for arxiv_id, _ in titles] == ["2601.00002", "2601.00003"]
    assert all(title for _, title in titles)


async def test_a_summary_is_found_by_its_whole_key_only(store: Store) -> None:
    summary = a_summary()

    async with store.unit_of_work() as uow:
        await uow.summaries.put(summary, created_at=NOW)
        find = uow.summaries.find

        assert (
            await find(a_paper(), language="zh", prompt="default-1", model="some-model") == summary
        )
        assert await find(a_paper(), language="en", prompt="default-1", model="some-model") is None
        assert await find(a_paper(), language="zh", prompt="default-2", model="some-model") is None
        assert await find(a_paper(), language="zh", prompt="default-1", model="other") is None
        assert (
            await find(a_paper(version=2), language="zh", prompt="default-1", model="some-model")
            is None
        )


async def test_the_first_of_two_summaries_stays(stores: Stores) -> None:
    async with stores.ours.unit_of_work() as uow:
        await uow.summaries.put(a_summary(says="first"), created_at=NOW)
        await uow.commit()
    async with stores.theirs.unit_of_work() as uow:
        await uow.summaries.put(a_summary(says="second"), created_at=NOW)
        await uow.commit()

    async with stores.ours.unit_of_work() as uow:
        stored = await uow.summaries.find(
            a_paper(), language="zh", prompt="default-1", model="some-model"
        )
    assert stored == a_summary(says="first")


async def test_looks_at_the_feed_come_back_newest_first(store: Store) -> None:
    failed = FeedCheck(NOW, ("cs.CL",), "failing", detail="arXiv is not answering.")
    new = FeedCheck(
        NOW + timedelta(hours=1),
        ("cs.CL", "cs.LG"),
        "new",
        announced_on=DAY,
        items=300,
        unseen=290,
        etag='"abc"',
        batch_on=DAY,
        silent=("cs.LG",),
        next_look_at=NOW + timedelta(hours=2),
    )
    unchanged = FeedCheck(NOW + timedelta(hours=2), ("cs.CL", "cs.LG"), "unchanged", etag='"abc"')

    async with store.unit_of_work() as uow:
        for check in (failed, unchanged, new):
            await uow.feeds.record(check)

        assert await uow.feeds.latest() == (unchanged,)
        assert await uow.feeds.latest(limit=5) == (unchanged, new, failed)
        assert await uow.feeds.latest(outcomes=["new", "failing"], limit=5) == (new, failed)
        assert await uow.feeds.latest(outcomes=["stale"]) == ()


async def test_missed_days_come_back_oldest_first_as_they_were_last_put(store: Store) -> None:
    waiting = MissedDay(
        YESTERDAY, attempts=2, retry_at=NOW + timedelta(hours=1), detail="arXiv is busy."
    )
    done = MissedDay(date(2026, 1, 15), is_done=True, attempts=1, found=40)

    async with store.unit_of_work() as uow:
        await uow.feeds.put_missed([MissedDay(YESTERDAY), MissedDay(done.day)])
        await uow.feeds.put_missed([waiting, done])
        await uow.feeds.put_missed([])
        await uow.commit()

    async with store.unit_of_work() as uow:
        assert await uow.feeds.missed(since=done.day) == (done, waiting)
        assert await uow.feeds.missed(since=YESTERDAY) == (waiting,)


async def test_papers_announced_before_are_known_in_whatever_version(store: Store) -> None:
    async with store.unit_of_work() as uow:
        await uow.papers.add_announcements(
            [an_announcement("2601.00001"), an_announcement(a_paper("2601.00002", version=3))],
            seen_at=NOW,
        )
        await uow.papers.put(a_paper("2601.00003"))
        asked = [f"2601.{n:05}" for n in range(1, 1500)]

        assert await uow.papers.announced_among(asked) == {"2601.00001", "2601.00002"}
        assert await uow.papers.announced_among([]) == frozenset()


async def test_new_papers_are_counted_by_day_and_primary_category(store: Store) -> None:
    async with store.unit_of_work() as uow:
        await uow.papers.add_announcements(
            [
                an_announcement("2601.00001", announced_on=date(2026, 1, 19)),
                an_announcement("2601.00002", announced_on=YESTERDAY),
                an_announcement(a_paper("2601.00003", categories=("cs.LG", "cs.CL"))),
                an_announcement(a_paper("2601.00004", categories=("cs.LG",))),
                an_announcement(a_paper("2601.00005", categories=("cs.CL", "cs.LG"))),
                an_announcement(
                    a_paper("2601.00006", categories=("math.ST", "cs.LG")),
                    announce_type=AnnounceType.CROSS,
                ),
                an_announcement(
                    a_paper("2601.00007", version=2), announce_type=AnnounceType.REPLACE
                ),
            ],
            seen_at=NOW,
        )

        assert await uow.papers.new_counts(since=YESTERDAY) == {
            YESTERDAY: {"cs.CL": 1},
            DAY: {"cs.LG": 2, "cs.CL": 1},
        }
