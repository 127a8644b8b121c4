"""Thumbs as people give them, and what they get."""

import pytest

from bot.domain.commands import Audience
from bot.domain.thumbs import GivenThumb, Vote
from bot.errors import UserError
from tests.fakes.world import World, paper

CACHE = paper("2601.00001", "Sharing the KV cache", abstract="A KV cache is shared and reused.")
ROBOT = paper("2601.00002", "A robot folds towels", category="cs.RO")
GONE = "2601.99999"


@pytest.fixture
def world() -> World:
    world = World()
    world.feed.papers = (CACHE, ROBOT)
    return world


def thumbs(world: World) -> list[GivenThumb]:
    return list(world.database.memory.thumbs.values())


async def test_a_thumb_is_noted_for_the_subscription_that_showed_the_paper(world: World) -> None:
    await world.ask('subscribe cs.CL kw:"kv cache"')
    await world.ask("subscribe cs.LG cs.AI kw:robot")
    await world.ask("now 1")

    reply = await world.ask("like 2601.00001")

    assert reply.text == "Noted for #1 (cs.CL): more like “Sharing the KV cache”."
    assert reply.audience is Audience.PERSON
    assert [(each.arxiv_id, each.vote) for each in thumbs(world)] == [("2601.00001", Vote.UP)]


async def test_a_paper_not_shown_counts_where_its_categories_are_watched(world: World) -> None:
    await world.ask("subscribe cs.CL kw:x")
    await world.ask("subscribe cs.RO kw:y")
    world.catalogue.papers[ROBOT.arxiv_id] = ROBOT

    reply = await world.ask("dislike 2601.00002")

    assert reply.text.startswith("Noted for #2 (cs.RO): fewer like")


async def test_no_user_id_is_stored_and_people_are_told_apart(world: World) -> None:
    await world.ask("subscribe cs.CL kw:x")

    await world.ask("like 2601.00001", user="U-ada")
    await world.ask("like 2601.00001", user="U-bob")
    await world.ask("dislike 2601.00001", user="U-ada")

    assert sorted(each.vote for each in thumbs(world)) == [Vote.DOWN, Vote.UP]
    assert not any(user in repr(thumbs(world)) for user in ("U-ada", "U-bob"))


async def test_a_thumb_on_an_unknown_paper_is_answered_and_kept(world: World) -> None:
    await world.ask("subscribe cs.CL kw:x")

    reply = await world.ask(f"like {GONE}")

    assert reply.text.startswith(f"Your thumb on {GONE} is kept for #1 (cs.CL)")
    assert "arXiv has no paper" in reply.text
    assert [each.arxiv_id for each in thumbs(world)] == [GONE]


async def test_a_thumb_can_be_taken_back_once(world: World) -> None:
    await world.ask("subscribe cs.CL kw:x")
    await world.ask("like 2601.00001")

    first = await world.ask("unlike 2601.00001")
    second = await world.ask("unlike 2601.00001")

    assert first.text == "Your thumb on 2601.00001 is taken back."
    assert second.text == "You gave no thumb to 2601.00001 here."
    assert thumbs(world) == []


async def test_without_a_subscription_there_is_nothing_to_teach(world: World) -> None:
    with pytest.raises(UserError, match="could learn from it"):
        await world.ask("like 2601.00001")


async def test_members_may_vote_but_only_managers_make_the_channel_forget(world: World) -> None:
    await world.ask("subscribe cs.CL kw:x")

    await world.ask("like 2601.00001", may_manage=False)
    with pytest.raises(UserError, match="manage this channel"):
        await world.ask("forget", may_manage=False)
    kept = len(thumbs(world))
    reply = await world.ask("settings learning:reset")

    assert kept == 1
    assert reply.text == "Forgotten what was learned from thumbs for #1 (cs.CL)."
    assert reply.audience is Audience.CHANNEL
    assert thumbs(world) == []


async def test_learning_is_switched_off_for_the_whole_channel(world: World) -> None:
    await world.ask("subscribe cs.CL kw:x")

    await world.ask("settings learning:off")
    listed = await world.ask("list")
    noted = await world.ask("like 2601.00001")
    await world.ask("edit 1 learning:on")

    assert "not learning from thumbs" in listed.text
    assert "Your thumb on 2601.00001 is kept" in noted.text
    assert "not learning" not in (await world.ask("list")).text


async def taught(world: World) -> None:
    """A subscription that was shown a paper and told that it is liked."""
    await world.ask('subscribe cs.CL kw:"kv cache"')
    await world.ask("now")
    await world.ask("like 2601.00001")


async def test_settings_say_what_was_learned_in_the_papers_own_words(world: World) -> None:
    await taught(world)

    shown = (await world.ask("settings")).text

    assert "#1 (cs.CL): Learned from 1 thumb: likes " in shown
    assert "kv cache" in shown


async def test_what_was_passed_over_speaks_only_beside_thumbs(world: World) -> None:
    world.feed.papers = (CACHE, paper("2601.00003", "Towels and the KV cache"))
    await world.ask('subscribe cs.CL kw:"kv cache"')
    await world.ask("now")
    world.clock.advance(days=3)
    before = dict(world.database.memory.learned)

    await world.ask("like 2601.00001")

    assert before == {}
    [(memory, _)] = world.database.memory.learned.values()
    votes = {each.arxiv_id: [ballot.vote for ballot in each.ballots] for each in memory.examples}
    assert votes == {"2601.00001": [Vote.UP], "2601.00003": [Vote.IGNORED]}


async def test_a_digest_of_today_was_not_passed_over_yet(world: World) -> None:
    world.feed.papers = (CACHE, paper("2601.00003", "Towels and the KV cache"))

    await taught(world)

    [(memory, _)] = world.database.memory.learned.values()
    assert [each.arxiv_id for each in memory.examples] == ["2601.00001"]


async def test_a_thumb_without_text_teaches_as_soon_as_there_is_one(world: World) -> None:
    await world.ask("subscribe cs.CL kw:x")
    await world.ask("like 2601.00002")
    world.catalogue.papers["2601.00002"] = ROBOT

    await world.ask("like 2601.00002", user="somebody else")

    [(memory, _)] = world.database.memory.learned.values()
    assert len(memory.examples[0].ballots) == 2


async def test_taking_a_thumb_back_unlearns_it(world: World) -> None:
    await taught(world)

    await world.ask("unlike 2601.00001")

    assert "Learned" not in (await world.ask("settings")).text


async def test_an_export_carries_what_was_learned(world: World) -> None:
    await taught(world)
    exported = (await world.ask("export")).attachment
    assert exported is not None
    other = World()

    await other.ask(f"import {exported.content}")

    assert "Learned from 1 thumb" in (await other.ask("settings")).text


async def test_an_export_whose_learning_is_broken_is_refused_whole(world: World) -> None:
    await taught(world)
    exported = (await world.ask("export")).attachment
    assert exported is not None
    other = World()
    broken = exported.content.replace('"ballots"', '"votes"')

    with pytest.raises(UserError, match="cannot be read"):
        await other.ask(f"import {broken}")

    assert other.database.memory.subscriptions == {}
