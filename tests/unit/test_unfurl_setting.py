"""What a channel sets for links to arXiv that people paste."""

import pytest

from bot.command_text import parse_command
from bot.domain.commands import Actor, Audience, SubscriptionChanges
from bot.domain.subscriptions import Destination
from bot.errors import UserError
from tests.fakes.world import World

SLACK = Destination("slack", "T1", "C1")


async def test_a_channel_that_switched_previews_on_keeps_that_with_its_other_settings() -> None:
    world = World()
    actor = Actor("U1", SLACK)
    await world.desk.answer(parse_command("settings top:5"), actor)

    reply = await world.desk.answer(parse_command("settings unfurl:on"), actor)

    assert reply.audience is Audience.CHANNEL
    assert "show the paper's title" in reply.text
    defaults = await world.desk.channel_defaults(actor)
    assert defaults.unfurl is True
    assert defaults.interests.max_papers == 5


async def test_a_subscription_can_start_in_a_channel_with_previews() -> None:
    world = World()
    actor = Actor("U1", SLACK)
    await world.desk.answer(parse_command("settings unfurl:on tz:Europe/Berlin"), actor)

    await world.desk.answer(parse_command("subscribe cs.CL"), actor)

    subscription = await world.desk.pick(actor, None)
    assert subscription.schedule.timezone == "Europe/Berlin"


async def test_elsewhere_the_setting_says_that_it_changes_nothing() -> None:
    world = World()
    elsewhere = Actor("1", Destination("discord", "1", "2"))

    reply = await world.desk.answer(parse_command("settings unfurl:on"), elsewhere)

    assert "changes nothing here" in reply.text


@pytest.mark.parametrize(
    "line", ["subscribe cs.CL unfurl:on", "edit 1 unfurl:off", "preview unfurl:on"]
)
def test_a_single_subscription_cannot_have_it(line: str) -> None:
    with pytest.raises(UserError, match="settings unfurl:on"):
        parse_command(line)


async def test_only_changing_commands_ask_for_managers() -> None:
    world = World()

    assert world.desk.asks_for_managers(parse_command("pause"))
    assert not world.desk.asks_for_managers(parse_command("list"))
    assert not World(only_managers_change=False).desk.asks_for_managers(parse_command("pause"))


async def test_a_sketch_for_a_form_holds_the_channels_settings_and_stores_nothing() -> None:
    world = World()
    actor = Actor("U1", SLACK)
    await world.desk.answer(parse_command("settings top:5"), actor)

    sketch = await world.desk.sketch(actor, SubscriptionChanges())

    assert sketch.interests.max_papers == 5
    with pytest.raises(UserError, match="no subscription"):
        await world.desk.pick(actor, None)
