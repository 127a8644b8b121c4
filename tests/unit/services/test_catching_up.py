"""Announcement days missed while the bot was down, brought in once and only once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from bot.domain import calendar
from bot.domain.papers import AnnounceType, Paper
from bot.domain.silence import FeedStanding
from bot.errors import PermanentError, TransientError, UserError
from bot.services.standing import feed_standing
from tests.fakes.announcements import FakeCatalogue, Ingesting, papers, revised

FRIDAY = date(2026, 1, 9)  # the last day seen
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 1, day) for day in (12, 13, 14, 15))
THURSDAY_MORNING = datetime(2026, 1, 15, 6, 0, tzinfo=UTC)
BUSY = TransientError("arXiv's catalogue is busy or being repaired (503): try again.")
REFUSED = PermanentError("arXiv's catalogue refuses us (403).", code="forbidden")
TOO_MANY = UserError("arXiv has 40,000 papers and gives at most 30,000.")


def submitted_for(day: date, prefix: str, count: int, *categories: str) -> list[Paper]:
    """Papers of the window behind the announcement of `day`."""
    start, _ = calendar.submission_window(day)
    return papers(prefix, count, *categories, submitted_at=start + timedelta(hours=1))


async def down_since_friday(*, days_back: int = 7) -> Ingesting:
    """A bot that starts again on Thursday; ten papers were announced each day meanwhile."""
    bot = Ingesting(at=THURSDAY_MORNING)
    await bot.subscribe("cs.CL", days_back=days_back)
    await bot.remember(FRIDAY, *papers("2601.0", 10))
    for day, prefix in ((MONDAY, "2601.1"), (TUESDAY, "2601.2"), (WEDNESDAY, "2601.3")):
        bot.catalogue.papers += submitted_for(day, prefix, 10)
    bot.feed.papers = papers("2601.4", 10)
    return bot


async def standing(bot: Ingesting) -> FeedStanding:
    async with bot.unit() as unit:
        return await feed_standing(
            unit, now=bot.clock.now(), extra_holidays=bot.rules.extra_holidays
        )


def ids(prefix: str, count: int = 10) -> set[str]:
    return {each.arxiv_id for each in papers(prefix, count)}


async def test_the_days_between_are_fetched_and_todays_comes_from_the_feed() -> None:
    bot = await down_since_friday()

    await bot.ingest.poll()

    assert bot.announced(MONDAY) == ids("2601.1")
    assert bot.announced(TUESDAY) == ids("2601.2")
    assert bot.announced(WEDNESDAY) == ids("2601.3")
    assert bot.announced(THURSDAY) == ids("2601.4")
    assert bot.catalogue.windows == [
        calendar.submission_window(day) for day in (MONDAY, TUESDAY, WEDNESDAY)
    ]
    assert (await standing(bot)).pending == ""


async def test_what_was_caught_up_is_not_fetched_again() -> None:
    bot = await down_since_friday()
    await bot.ingest.poll()

    bot.start_again()
    await bot.poll_until(THURSDAY_MORNING + timedelta(days=1))

    assert len(bot.catalogue.windows) == 3
    assert bot.figures.gauges["feed_days_missing",] == 0


async def test_a_paper_is_new_in_its_own_category_and_a_cross_list_elsewhere() -> None:
    bot = await down_since_friday()
    bot.catalogue.papers = [
        *submitted_for(MONDAY, "2601.1", 1, "cs.CL", "cs.LG"),
        *submitted_for(MONDAY, "2601.2", 1, "cs.LG", "cs.CL"),
        *submitted_for(MONDAY, "2601.3", 1, "hep-th"),
    ]

    await bot.ingest.poll()

    kinds = {key[0]: each.announce_type for key, each in bot.memory.announcements.items()}
    assert kinds["2601.10000"] is AnnounceType.NEW
    assert kinds["2601.20000"] is AnnounceType.CROSS
    assert "2601.30000" not in kinds


async def test_a_whole_archive_is_asked_for_by_its_categories() -> None:
    bot = await down_since_friday()
    await bot.subscribe("astro-ph")
    bot.catalogue.papers = submitted_for(MONDAY, "2601.1", 2, "astro-ph.GA")

    await bot.ingest.poll()

    assert "astro-ph.GA" in bot.catalogue.asked_for
    assert len(bot.announced(MONDAY)) == 2


async def test_a_paper_announced_before_is_not_announced_again_whatever_its_version() -> None:
    bot = await down_since_friday()
    announced_early = submitted_for(MONDAY, "2601.0", 3)
    bot.catalogue.papers = [
        announced_early[0],
        revised(announced_early[1]),
        *submitted_for(MONDAY, "2601.1", 1),
    ]

    await bot.ingest.poll()

    assert bot.announced(MONDAY) == {"2601.10000"}
    assert len(bot.memory.announcements) == 10 + 1 + 10


async def test_days_out_of_every_subscriptions_reach_stay_away() -> None:
    bot = await down_since_friday(days_back=2)

    await bot.ingest.poll()

    assert bot.announced(MONDAY) == set()
    assert bot.announced(TUESDAY) == ids("2601.2")
    assert len(bot.catalogue.windows) == 2


async def test_a_new_bot_has_missed_nothing() -> None:
    bot = Ingesting(at=THURSDAY_MORNING)
    await bot.subscribe("cs.CL", days_back=30)
    bot.feed.papers = papers("2601.4", 10)

    await bot.ingest.poll()

    assert bot.catalogue.windows == []


async def test_todays_feed_is_stored_while_older_days_are_pending() -> None:
    bot = await down_since_friday()
    bot.catalogue.errors = [BUSY]

    await bot.ingest.poll()

    assert bot.announced(THURSDAY) == ids("2601.4")
    assert bot.announced(MONDAY) == set()
    assert (await standing(bot)).pending == (
        f"The days 12 to 14 January 2026 are still being caught up: {BUSY}"
    )
    assert bot.figures.gauges["feed_days_missing",] == 3


async def test_a_catalogue_in_trouble_is_asked_once_and_again_later() -> None:
    bot = await down_since_friday()
    bot.catalogue.errors = [BUSY, BUSY]

    again = await bot.ingest.poll()
    assert len(bot.catalogue.windows) == 1
    later = await bot.poll_at(again)
    assert len(bot.catalogue.windows) == 2
    await bot.poll_at(later)

    assert again == THURSDAY_MORNING + timedelta(minutes=10)
    assert later == again + timedelta(minutes=20)
    assert bot.announced(MONDAY) == ids("2601.1")
    assert bot.announced(WEDNESDAY) == ids("2601.3")
    # Numbers tell the order of arrival, not of announcement.
    numbers = {each.announced_on: each.sequence for each in bot.memory.announcements.values()}
    assert numbers[THURSDAY] < numbers[MONDAY] < numbers[WEDNESDAY]


async def test_the_time_that_the_catalogue_asks_us_to_wait_is_waited() -> None:
    bot = await down_since_friday()
    bot.catalogue.errors = [TransientError("Slow down.", retry_after=3000)]

    await bot.ingest.poll()
    await bot.poll_at(THURSDAY_MORNING + timedelta(seconds=2999))
    assert len(bot.catalogue.windows) == 1
    await bot.poll_at(THURSDAY_MORNING + timedelta(seconds=3000))

    assert bot.announced(MONDAY) == ids("2601.1")


async def test_a_refusal_is_kept_for_status_and_tried_later() -> None:
    bot = await down_since_friday()
    bot.catalogue.errors = [REFUSED]

    await bot.ingest.poll()

    assert "refuses us (403)" in (await standing(bot)).pending
    assert len(bot.catalogue.windows) == 1


async def test_a_day_that_cannot_be_fetched_does_not_keep_the_others() -> None:
    bot = await down_since_friday()
    bot.catalogue.errors = [None, TOO_MANY]

    await bot.ingest.poll()

    assert bot.announced(MONDAY) == ids("2601.1")
    assert bot.announced(TUESDAY) == set()
    assert bot.announced(WEDNESDAY) == ids("2601.3")
    assert "The day 13 January 2026 is still being caught up" in (await standing(bot)).pending


class Crash(BaseException):
    """The process ends here."""


class CrashingCatalogue(FakeCatalogue):
    """Ends the process at its call number `at`."""

    def __init__(self, like: FakeCatalogue, *, at: int) -> None:
        super().__init__()
        self.papers, self._at = like.papers, at

    async def submitted_between(self, *args: object) -> tuple[Paper, ...]:
        if len(self.windows) == self._at:
            raise Crash
        return await super().submitted_between(*args)  # type: ignore[arg-type] # handed through


async def test_a_crash_in_the_middle_goes_on_where_it_was() -> None:
    bot = await down_since_friday()
    working = bot.catalogue
    bot.catalogue = CrashingCatalogue(working, at=1)
    bot.start_again()
    crashed = False
    try:
        await bot.ingest.poll()
    except Crash:
        crashed = True
    assert bot.announced(MONDAY) == ids("2601.1")

    bot.catalogue = working
    bot.start_again()
    await bot.ingest.poll()

    assert crashed
    assert working.windows == [calendar.submission_window(day) for day in (TUESDAY, WEDNESDAY)]
    assert bot.announced(WEDNESDAY) == ids("2601.3")
    assert len(bot.memory.announcements) == 50


async def test_a_crash_right_after_the_look_does_not_hide_what_was_missed() -> None:
    bot = await down_since_friday()
    await bot.ingest.ingest(["cs.CL"])  # and there the process ended

    bot.start_again()
    await bot.ingest.poll()

    assert bot.feed.asked == 1
    assert bot.announced(MONDAY) == ids("2601.1")


async def test_a_day_that_stayed_in_parts_is_completed_when_it_is_over() -> None:
    bot = Ingesting(at=THURSDAY_MORNING)
    await bot.subscribe("cs.CL")
    for week in range(1, 5):
        await bot.remember(THURSDAY - timedelta(weeks=week), *papers(f"250{week}.1", 40))
    await bot.remember(WEDNESDAY, *papers("2601.3", 40))
    whole = submitted_for(THURSDAY, "2601.4", 40)
    bot.catalogue.papers = whole
    bot.feed.papers = whole[:5]
    await bot.poll_until(datetime(2026, 1, 16, 4, 0, tzinfo=UTC))
    before = len(bot.announced(THURSDAY))
    bot.feed.papers, bot.feed.day = papers("2601.5", 40), date(2026, 1, 16)

    await bot.poll_until(datetime(2026, 1, 16, 8, 0, tzinfo=UTC))

    assert before == 5
    assert calendar.submission_window(THURSDAY) in bot.catalogue.windows
    assert bot.announced(THURSDAY) == {each.arxiv_id for each in whole}


async def test_a_friday_whose_feed_never_came_is_fetched_on_saturday() -> None:
    friday = date(2026, 1, 16)
    bot = Ingesting(at=datetime(2026, 1, 16, 6, 0, tzinfo=UTC))
    await bot.subscribe("cs.CL")
    await bot.remember(THURSDAY, *papers("2601.4", 10))
    bot.catalogue.papers = submitted_for(friday, "2601.5", 10)
    bot.feed.papers, bot.feed.day = papers("2601.4", 10), THURSDAY

    await bot.poll_until(datetime(2026, 1, 17, 4, 0, tzinfo=UTC))  # still Friday in New York
    assert bot.catalogue.windows == []
    await bot.poll_until(datetime(2026, 1, 17, 8, 0, tzinfo=UTC))

    assert bot.announced(friday) == ids("2601.5")


async def test_a_day_nobody_can_get_any_more_is_given_up() -> None:
    bot = await down_since_friday(days_back=4)
    bot.catalogue.errors = [TOO_MANY] * 100

    await bot.poll_until(THURSDAY_MORNING + timedelta(days=6))

    # Monday's, Tuesday's and Wednesday's are more than four days ago by now.
    pending = (await standing(bot)).pending_days
    assert set(pending).isdisjoint({MONDAY, TUESDAY, WEDNESDAY})
