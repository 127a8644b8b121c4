"""The page of `make play-discord`: what one does there reaches the bot, and is shown safely."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from tests.fakes.discord import DiscordServer
from tests.fakes.discord_client import PlainClient, connected
from tests.play_discord.acting import Acting
from tests.play_discord.markdown_html import markdown_html
from tests.play_discord.message_html import message_html
from tests.play_discord.serving import served

A_ORG = '<a href="https://a.org" target="_blank" rel="noopener">'


class Browser:
    """Asks the page's server as its script does."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url
        self.here = {"user": "admin", "place": ""}

    async def act(self, **what: Any) -> dict[str, Any]:
        """Do something; what the page is told."""
        async with self._http.post(f"{self._url}act", json={**self.here, **what}) as answer:
            told: dict[str, Any] = await answer.json()
            return told

    async def look(self) -> dict[str, str]:
        """What the page shows."""
        async with self._http.get(f"{self._url}state", params=self.here) as answer:
            shown: dict[str, str] = await answer.json()
            return shown

    async def get(self, path: str) -> tuple[str, str]:
        """A file: its type and content."""
        async with self._http.get(self._url + path) as answer:
            return answer.content_type, await answer.text()


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    async with DiscordServer() as server:
        yield server


@pytest.fixture
async def browser(server: DiscordServer) -> AsyncIterator[Browser]:
    acting = Acting(server, lambda: "The next day is there.")
    async with (
        connected(server, _prepare),
        served(acting) as url,
        aiohttp.ClientSession() as http,
    ):
        yield Browser(http, url)


class Form(discord.ui.Modal):
    def __init__(self) -> None:
        super().__init__(title="Edit filters", custom_id="form")
        self.words: discord.ui.TextInput[Form] = discord.ui.TextInput(custom_id="words")
        self.add_item(discord.ui.Label(text="Words", component=self.words))

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"kept {self.words.value}", ephemeral=True)


class Press(discord.ui.View):
    @discord.ui.button(label="Edit", custom_id="edit")
    async def edit(self, interaction: discord.Interaction, _: discord.ui.Button[Press]) -> None:
        await interaction.response.send_modal(Form())


def _prepare(client: PlainClient) -> None:
    async def ask(interaction: discord.Interaction, word: str, top: int = 1) -> None:
        await interaction.response.send_message(f"{word} {top}", view=Press())

    made: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name="ask", description="Ask", callback=ask
    )

    async def complete(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{current} cache", value="kv")]

    made.autocomplete("word")(complete)
    client.tree.add_command(made)


async def test_a_command_is_completed_used_and_answered_on_the_page(browser: Browser) -> None:
    offered = await browser.act(
        do="complete", words="ask", option="word", text="k", options={"word": "k", "top": ""}
    )
    told = await browser.act(do="command", words="ask", options={"word": "kv", "top": "3"})
    shown = await browser.look()

    assert offered == {"choices": [{"name": "k cache", "value": "kv"}]}
    assert told["note"].startswith("First answer after")
    assert "kv 3" in shown["messages"]


async def test_a_button_opens_a_form_that_is_filled_in(
    browser: Browser, server: DiscordServer
) -> None:
    await browser.act(do="command", words="ask", options={"word": "kv"})
    [message] = server.messages("papers")
    await browser.act(do="click", message=str(message.id), custom_id="edit")
    opened = await browser.look()
    await browser.act(do="submit", values={"words": "quantiz*"})
    closed = await browser.look()
    browser.here["user"] = "member"
    of_another = await browser.look()

    assert "Edit filters" in opened["modal"]
    assert closed["modal"] == ""
    assert "kept quantiz" in closed["messages"]
    assert "Only you can see this" in closed["messages"]
    assert "kept quantiz" not in of_another["messages"]


async def test_a_reaction_is_added_and_taken_back(browser: Browser, server: DiscordServer) -> None:
    message = server.user("member").post("hello")

    await browser.act(do="react", message=str(message.id), emoji="👍")
    added = dict(message.reactions)
    await browser.act(do="react", message=str(message.id), emoji="👍")

    assert list(added) == ["👍"]
    assert message.reactions == {}


@pytest.mark.parametrize("options", [{}, {"word": "kv", "top": "many"}])
async def test_what_discord_would_not_allow_is_explained(
    browser: Browser, options: dict[str, str]
) -> None:
    told = await browser.act(do="command", words="ask", options=options)

    assert told["note"].startswith("Discord would not let you")


async def test_the_page_asks_nobody_else_for_anything(browser: Browser) -> None:
    files = [await browser.get(name) for name in ("", "page.css", "play.css", "play.js")]

    assert [kind for kind, _ in files] == ["text/html", "text/css", "text/css", "text/javascript"]
    assert not any("http://" in text or "https://" in text for _, text in files)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("**bold** *em* __u__ ~~gone~~", "<strong>bold</strong> <em>em</em> <u>u</u> <s>gone</s>"),
        ("snake_case_name 2 * 3 * 4", "snake_case_name 2 * 3 * 4"),
        (r"\*not em\* \`x\`", "*not em* `x`"),
        ("`a **b** <T>`", "<code>a **b** &lt;T&gt;</code>"),
        ("||secret||", '<span class="spoiler">secret</span>'),
        ("# Title\nline", "<h3>Title</h3>line"),
        ("> said\nafter", "<blockquote>said</blockquote>after"),
        ("- one", '<div class="item depth0"><b>•</b> one</div>'),
        ("[One **two**](https://a.org)", f"{A_ORG}One <strong>two</strong></a>"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        (
            "<@1> @everyone",
            '<span class="mention">@Ada</span> <span class="mention">@everyone</span>',
        ),
        ('<script>alert("x")</script>', '&lt;script&gt;alert("x")&lt;/script&gt;'),
        ("one\ntwo", "one<br>two"),
    ],
)
def test_markdown_is_drawn_as_discord_draws_it(text: str, drawn: str) -> None:
    assert markdown_html(text, {"1": "Ada"}) == drawn


def test_what_stands_in_a_message_cannot_leave_its_place_on_the_page() -> None:
    evil = '"><script>alert(1)</script>'
    button = {"type": 2, "style": 2, "label": evil, "custom_id": evil}

    drawn = message_html(
        {
            "content": evil,
            "embeds": [{"title": evil, "url": evil, "footer": {"text": evil}}],
            "components": [{"type": 1, "components": [button]}],
        }
    )

    assert "<script>" not in drawn
