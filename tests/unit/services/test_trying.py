"""Dry runs over stored days."""

import pytest

from bot.errors import UserError
from tests.fakes.world import World, paper


@pytest.fixture
async def world() -> World:
    """Two announcement days: six papers on caches, two that only mention one."""
    world = World()
    await world.ask("subscribe cs.CL kw:cache min:1.5 top:2")
    for number in range(2):
        world.feed.papers = [
            *(
                paper(f"2601.{number}000{n}", f"Cache policy {'abc'[n]}{number}", abstract=" ")
                for n in range(3)
            ),
            paper(f"2601.{number}0009", f"Phone {number}", abstract="Even a cache is small."),
        ]
        world.feed.day = world.clock.now().date()
        await world.ask("now")
        world.clock.advance(days=1)
    return world


async def test_each_day_is_counted_with_what_would_come(world: World) -> None:
    reply = await world.ask("preview 1 days:2")

    assert "Dry run over the last 2 announcement days, nothing is posted" in reply.text
    assert "2 papers a day would come." in reply.text
    assert "Wed 21 Jan 2026: 2 of 3 that match, of 4 announced." in reply.text
    assert "Thu 22 Jan 2026: 2 of 3 that match, of 4 announced." in reply.text


async def test_what_just_missed_is_named_with_what_it_lacks_and_why(world: World) -> None:
    text = (await world.ask("preview 1 days:2")).text

    [line, _] = [line for line in text.splitlines() if "Phone" in line]
    assert "missing: Phone" in line
    assert "cache +" in line
    assert "(abstract)" in line


async def test_the_top_ones_come_with_the_reply_and_nothing_is_posted(world: World) -> None:
    posted = len(world.messenger.sent)

    reply = await world.ask("preview 1 days:2")

    assert reply.digest is not None
    assert [entry.rank for entry in reply.digest.entries] == [1, 2]
    assert len(world.messenger.sent) == posted


async def test_a_bar_too_high_is_lowered_to_what_people_read(world: World) -> None:
    text = (await world.ask("preview 1 min:50 days:2")).text

    assert "0 papers a day would come" in text
    assert "`edit 1 min:" in text
    assert "for about" in text


async def test_a_filter_not_saved_is_tried_as_it_is(world: World) -> None:
    text = (await world.ask("preview cs.CL kw:phone min:1 days:1")).text

    assert "Dry run over the last announcement day" in text
    assert "Thu 22 Jan 2026: 1 of 1 that match, of 4 announced." in text


async def test_without_keywords_everything_matches_and_no_bar_is_suggested(world: World) -> None:
    text = (await world.ask("preview cs.CL kw:none days:1")).text

    assert "4 of 4 that match, of 4 announced." in text
    assert "below" not in text
    assert "Change" not in text


async def test_before_the_first_announcement_there_is_nothing_to_try_on() -> None:
    text = (await World().ask("preview cs.CL kw:x days:3")).text

    assert text.startswith("No announcement is stored yet")


async def test_a_dry_run_is_at_most_two_weeks_long(world: World) -> None:
    with pytest.raises(UserError, match="days:14"):
        await world.ask("preview 1 days:15")
