"""Asking for a feed's address, and ending it."""

import re

import pytest

from bot.domain.commands import Audience
from bot.errors import UserError
from bot.services.feed_links import FeedLinkService
from tests.fakes.world import World

LINK = re.compile(r"https://papers\.example/feeds/(\S+)\.xml")


async def token_in(world: World, line: str = "feed") -> str:
    found = LINK.search((await world.ask(line)).text)
    assert found is not None
    return found[1]


@pytest.fixture
async def world() -> World:
    world = World()
    await world.ask("subscribe cs.CL")
    return world


async def test_the_address_is_told_to_the_person_alone_and_opens_their_subscription(
    world: World,
) -> None:
    reply = await world.ask("feed")
    token = await token_in(world)

    opened = await world.feed_links.subscription_of(token)
    assert reply.audience is Audience.PERSON
    assert "`feed 1 off`" in reply.text
    assert opened is not None
    assert opened.interests.categories == ("cs.CL",)


async def test_an_ended_address_opens_nothing_and_the_next_is_another(world: World) -> None:
    first = await token_in(world)

    ended = await world.ask("feed 1 off")
    second = await token_in(world, "feed 1")

    assert ended.audience is Audience.CHANNEL
    assert first != second
    assert await world.feed_links.subscription_of(first) is None
    assert await world.feed_links.subscription_of(second) is not None
    await world.ask("feed off")
    assert (await world.ask("feed off")).text == "#1 (cs.CL) has no feed address."


async def test_unsubscribing_ends_the_address_also_when_one_subscribes_again(world: World) -> None:
    token = await token_in(world)

    await world.ask("unsubscribe")
    meanwhile = await world.feed_links.subscription_of(token)
    await world.ask("subscribe cs.CL")

    assert meanwhile is None
    assert await world.feed_links.subscription_of(token) is None


async def test_a_token_of_another_form_or_subscription_opens_nothing(world: World) -> None:
    token = await token_in(world)
    await world.ask("subscribe cs.LG")
    await world.ask("feed 2")

    forged = f"2-{token.partition('-')[2]}"
    assert await world.feed_links.subscription_of(forged) is None
    assert await world.feed_links.subscription_of(f"99-{token.partition('-')[2]}") is None
    assert await world.feed_links.subscription_of("../secret") is None


async def test_only_managers_end_an_address_but_all_may_ask_for_it(world: World) -> None:
    assert "https://" in (await world.ask("feed", may_manage=False)).text

    with pytest.raises(UserError, match="Only people who manage"):
        await world.ask("feed off", may_manage=False)


async def test_without_a_public_address_the_mend_is_named(world: World) -> None:
    service = FeedLinkService(open_unit=world.database.unit_of_work, public_url=None)
    async with world.database.unit_of_work() as unit:
        (subscription,) = await unit.subscriptions.all()

    with pytest.raises(UserError, match=r"web\.public_url"):
        await service.link(subscription)
