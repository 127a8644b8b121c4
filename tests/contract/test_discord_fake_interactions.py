"""The fake Discord's interactions: three seconds, fifteen minutes, forms, choices, buttons."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.fakes.discord import CannotAskError, DiscordServer
from tests.fakes.discord_client import PlainClient, connected, soon

Handler = Callable[[discord.Interaction], Any]


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


def command(handler: Handler) -> Callable[[PlainClient], None]:
    """Prepare a client with `/ask` alone."""

    def prepare(client: PlainClient) -> None:
        async def ask(interaction: discord.Interaction) -> None:
            await handler(interaction)

        client.tree.add_command(app_commands.Command(name="ask", description="Ask", callback=ask))

    return prepare


class Form(discord.ui.Modal):
    """A form with one field."""

    def __init__(self) -> None:
        super().__init__(title="Edit", custom_id="form")
        self.filters: discord.ui.TextInput[Form] = discord.ui.TextInput(
            custom_id="filters", default="kw:old", max_length=20
        )
        self.add_item(discord.ui.Label(text="Filters", component=self.filters))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"kept {self.filters.value}", ephemeral=True)


class Buttons(discord.ui.View):
    """A persistent button that opens the form, and one that changes its message."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Edit", custom_id="edit")
    async def edit(self, interaction: discord.Interaction, _: discord.ui.Button[Buttons]) -> None:
        await interaction.response.send_modal(Form())

    @discord.ui.button(label="Turn", custom_id="turn")
    async def turn(self, interaction: discord.Interaction, _: discord.ui.Button[Buttons]) -> None:
        await interaction.response.edit_message(content="turned")


async def test_a_command_is_answered_in_the_channel(server: DiscordServer) -> None:
    async def handle(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("here")

    async with connected(server, command(handle)):
        asked = await server.user("member").command("ask")

    assert (asked.text, asked.ephemeral, asked.deferred) == ("here", False, False)
    assert [each.content for each in server.messages("papers")] == ["here"]
    assert asked.milliseconds > 0
    assert server.violations == []


async def test_an_ephemeral_answer_is_seen_by_the_person_alone(server: DiscordServer) -> None:
    async def handle(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("you", ephemeral=True, view=Buttons())

    async with connected(server, command(handle)):
        asked = await server.user("member").command("ask")
        assert asked.reply is not None

        with pytest.raises(CannotAskError):
            await server.user("admin").click(asked.reply, "edit")

    assert asked.ephemeral
    assert server.messages("papers") == []


async def test_after_deferring_the_first_message_takes_the_place_of_thinking(
    server: DiscordServer,
) -> None:
    async def handle(interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send("first")
        await interaction.followup.send("second", ephemeral=True)
        await interaction.edit_original_response(content="first, changed")

    async with connected(server, command(handle)):
        asked = await server.user("member").command("ask")
        await asked.until(lambda: len(asked.edits) == 2)

    assert asked.deferred
    assert asked.ephemeral
    assert [each.content for each in asked.messages] == ["first, changed", "second"]


async def test_an_answer_after_three_seconds_is_to_an_unknown_interaction(
    server: DiscordServer,
) -> None:
    go, codes = asyncio.Event(), []

    async def handle(interaction: discord.Interaction) -> None:
        server.advance(3.1)
        try:
            await interaction.response.send_message("late")
        except discord.NotFound as error:
            codes.append(error.code)
        go.set()

    async with connected(server, command(handle)):
        asked = await server.user("member").command("ask")
        await go.wait()

    assert asked.failed
    assert codes == [10062]


async def test_a_bot_that_says_nothing_has_not_responded() -> None:
    async def handle(_: discord.Interaction) -> None:
        await asyncio.sleep(0)

    async with (
        DiscordServer(answer_seconds=0.2) as server,
        connected(server, command(handle)),
    ):
        assert (await server.user("member").command("ask")).failed


async def test_a_token_is_good_for_fifteen_minutes(server: DiscordServer) -> None:
    codes: list[int] = []

    async def handle(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("now")
        server.advance(899)
        await interaction.followup.send("in time")
        server.advance(2)
        try:
            await interaction.followup.send("too late")
        except discord.HTTPException as error:
            codes.append(error.code)

    async with connected(server, command(handle)):
        asked = await server.user("member").command("ask")
        await soon(lambda: bool(codes))

    assert codes == [50027]
    assert [each.content for each in asked.messages] == ["now", "in time"]


async def test_a_second_first_answer_is_refused(server: DiscordServer) -> None:
    codes: list[int] = []

    async def handle(interaction: discord.Interaction) -> None:
        again = await interaction.client.http.request(discord.http.Route("GET", "/users/@me"))
        assert again
        await interaction.response.send_message("one")
        second = discord.InteractionResponse(interaction)
        try:
            await second.send_message("two")
        except discord.HTTPException as error:
            codes.append(error.code)

    async with connected(server, command(handle)):
        await server.user("member").command("ask")
        await soon(lambda: bool(codes))

    assert codes == [40060]


async def test_a_button_opens_a_form_whose_answer_comes_back(server: DiscordServer) -> None:
    async def handle(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("press", view=Buttons())

    async with connected(server, command(handle)):
        admin = server.user("admin")
        asked = await admin.command("ask")
        assert asked.reply is not None
        clicked = await admin.click(asked.reply, "Edit")
        assert clicked.modal is not None
        with pytest.raises(CannotAskError):
            await admin.submit(clicked.modal, {"filters": "x" * 21})
        kept = await admin.submit(clicked.modal)
        again = await admin.click(asked.reply, "Edit")
        assert again.modal is not None
        sent = await admin.submit(again.modal, {"filters": "kw:new"})

    assert clicked.modal.title == "Edit"
    assert (kept.text, sent.text) == ("kept kw:old", "kept kw:new")
    assert sent.ephemeral
    assert server.violations == []


async def test_a_button_works_for_a_client_that_started_later(server: DiscordServer) -> None:
    async def handle(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("press", view=Buttons())

    async with connected(server, command(handle)):
        asked = await server.user("member").command("ask")
    async with connected(server, lambda client: client.add_view(Buttons())):
        assert asked.reply is not None
        await server.user("admin").click(asked.reply, "turn")

    assert asked.reply.content == "turned"


def _with_choices(count: int) -> Callable[[PlainClient], None]:
    def prepare(client: PlainClient) -> None:
        async def ask(
            interaction: discord.Interaction, word: str, kind: app_commands.Choice[str]
        ) -> None:
            await interaction.response.send_message(f"{word} {kind.value}")

        made: app_commands.Command[Any, ..., Any] = app_commands.Command(
            name="ask", description="Ask", callback=ask
        )

        async def complete(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{current} {n}", value=str(n)) for n in range(count)]

        made.autocomplete("word")(complete)
        app_commands.choices(kind=[app_commands.Choice(name="Short", value="short")])(made)
        client.tree.add_command(made)

    return prepare


async def test_autocomplete_offers_at_most_25_choices(server: DiscordServer) -> None:
    async with connected(server, _with_choices(25)):
        choices = await server.user("member").autocomplete("ask", "word", "kv")

    assert len(choices) == 25
    assert choices[0] == {"name": "kv 0", "value": "0"}


async def test_26_choices_are_refused() -> None:
    async with (
        DiscordServer(answer_seconds=0.5, is_strict=False) as server,
        connected(server, _with_choices(26)),
    ):
        with pytest.raises(AssertionError, match="loading options failed"):
            await server.user("member").autocomplete("ask", "word", "kv")

    [refused] = [each for each in server.calls() if each.status == 400]
    assert refused.route.startswith("POST /interactions/")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"word": "x"},
        {"word": "x", "kind": "long"},
        {"word": 5, "kind": "short"},
        {"word": "x", "kind": "short", "more": "y"},
    ],
)
async def test_what_discords_client_would_not_send_cannot_be_asked(
    server: DiscordServer, options: dict[str, Any]
) -> None:
    async with connected(server, _with_choices(1)):
        with pytest.raises(CannotAskError):
            await server.user("member").command("ask", options)
        assert (
            await server.user("member").command("ask", {"word": "x", "kind": "short"})
        ).text == "x short"


async def test_a_command_for_managers_is_hidden_from_members(server: DiscordServer) -> None:
    async def handle(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("managed")

    def prepare(client: PlainClient) -> None:
        command(handle)(client)
        [made] = client.tree.get_commands()
        assert isinstance(made, app_commands.Command)
        made.default_permissions = discord.Permissions(manage_channels=True)

    async with connected(server, prepare):
        with pytest.raises(CannotAskError):
            await server.user("member").command("ask")
        assert (await server.user("admin").command("ask")).text == "managed"


async def test_a_message_command_brings_the_message_with_its_content(
    server: DiscordServer,
) -> None:
    def prepare(client: PlainClient) -> None:
        async def read(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(f"read {message.content}", ephemeral=True)

        client.tree.add_command(app_commands.ContextMenu(name="Read this", callback=read))

    async with connected(server, prepare):
        member = server.user("member")
        asked = await member.context_menu("Read this", member.post("arxiv.org/abs/2601.00001"))

    assert asked.text == "read arxiv.org/abs/2601.00001"


async def test_a_command_works_in_direct_messages_and_for_those_who_installed_it(
    server: DiscordServer,
) -> None:
    async def handle(interaction: discord.Interaction) -> None:
        where = "guild" if interaction.guild_id else "direct"
        assert interaction.is_user_integration()
        await interaction.response.send_message(f"{where} {interaction.user.name}")

    async with connected(server, command(handle)):
        stranger = server.stranger("reader")
        asked = await stranger.command("ask")

    assert asked.text == "direct reader"
    assert [each.content for each in stranger.direct_messages()] == ["direct reader"]


async def test_reactions_are_told_with_who_and_where(server: DiscordServer) -> None:
    async with connected(server) as client:
        told: list[str] = []

        async def on_raw_reaction_add(event: discord.RawReactionActionEvent) -> None:
            told.append(f"+{event.emoji.name} {event.user_id}")

        async def on_raw_reaction_remove(event: discord.RawReactionActionEvent) -> None:
            told.append(f"-{event.emoji.name} {event.user_id}")

        client.event(on_raw_reaction_add)
        client.event(on_raw_reaction_remove)
        member = server.user("member")
        message = member.post("x")
        member.react(message, "👍")
        member.react(message, "👍")
        member.unreact(message, "👍")
        await soon(lambda: len(told) == 2)

    assert told == [f"+👍 {member.id}", f"-👍 {member.id}"]
