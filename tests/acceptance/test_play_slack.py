"""The page of `make play-slack`: what one does there reaches the bot, and is shown safely."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from tests.fakes.bolt_app import button, by_socket, form, single_app
from tests.fakes.slack import SlackServer
from tests.play_slack.acting import Acting
from tests.play_slack.blocks_html import blocks_html
from tests.play_slack.mrkdwn_html import mrkdwn_html
from tests.play_slack.serving import served
from tests.play_slack.staging import staged


class Browser:
    """Asks the page's server as its script does."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url = http, url
        self.here = {"user": "U1", "place": "C1", "thread": ""}

    async def act(self, **what: Any) -> str:
        """Do something; what the page says of it."""
        async with self._http.post(f"{self._url}act", json={**self.here, **what}) as answer:
            return str((await answer.json())["note"])

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
async def slack() -> AsyncIterator[SlackServer]:
    async with SlackServer() as server:
        yield server


@pytest.fixture
async def browser(slack: SlackServer) -> AsyncIterator[Browser]:
    acting = Acting(slack, lambda: "The next day is there.")
    async with (
        by_socket(slack, _app(slack)),
        served(acting) as url,
        aiohttp.ClientSession() as http,
    ):
        yield Browser(http, url)


def _app(slack: SlackServer) -> AsyncApp:
    app = single_app(slack)

    @app.command("/arxiv")
    async def command(ack: Any, command: Any, client: Any) -> None:
        await ack(f"you said {command['text']}")
        if command["text"] == "form":
            await client.views_open(trigger_id=command["trigger_id"], view=form("subscribe"))

    @app.view("subscribe")
    async def submit(ack: Any, view: Any, client: Any) -> None:
        words = view["state"]["values"]["b"]["words"]["value"]
        await ack()
        await client.chat_postMessage(channel="C1", text=words, blocks=[button("go", words)])

    @app.action("go")
    async def press(ack: Any, respond: Any, action: Any) -> None:
        await ack()
        await respond(f"pressed {action['value']}")

    @app.event("reaction_added")
    @app.event("reaction_removed")
    async def react() -> None:
        pass

    return app


async def test_a_command_typed_on_the_page_is_answered_there(browser: Browser) -> None:
    told = await browser.act(do="say", text="/arxiv hello")
    shown = await browser.look()

    assert told.startswith("Acknowledged after")
    assert "you said hello" in shown["messages"]
    assert "Only visible to you" in shown["messages"]


async def test_a_form_is_filled_in_and_its_button_pressed(
    browser: Browser, slack: SlackServer
) -> None:
    await browser.act(do="say", text="/arxiv form")
    await slack.until(lambda: bool(slack.workspace().views))
    [view] = slack.workspace().views.values()
    form_shown = (await browser.look())["form"]

    await browser.act(do="submit", view=view.id, values={"b": "kv cache"})
    await slack.until(lambda: bool(slack.messages("C1")))
    [message] = slack.messages("C1")
    await browser.act(do="click", ts=message.ts, action="go", value="kv cache")
    await slack.until(lambda: len(slack.ephemeral("C1", "U1")) == 2)

    shown = await browser.look()
    assert "Subscribe" in form_shown
    assert shown["form"] == ""
    assert "pressed kv cache" in shown["messages"]


async def test_a_reaction_is_added_and_taken_back(browser: Browser, slack: SlackServer) -> None:
    message = slack.world.post(slack.channel("C1"), user="U2", text="hello")

    await browser.act(do="react", ts=message.ts, name="+1")
    added = {name: list(users) for name, users in message.reactions.items()}
    await browser.act(do="react", ts=message.ts, name="+1")

    assert added == {"+1": ["U1"]}
    assert message.reactions == {}


async def test_what_slack_would_not_allow_is_explained(browser: Browser) -> None:
    told = await browser.act(do="say", text="/arxiv help", thread="1.0")

    assert "slash commands cannot be used in threads" in told


async def test_the_page_asks_nobody_else_for_anything(browser: Browser) -> None:
    files = [await browser.get(name) for name in ("", "page.css", "play.css", "play.js")]

    assert [kind for kind, _ in files] == ["text/html", "text/css", "text/css", "text/javascript"]
    assert not any("http://" in text or "https://" in text for _, text in files)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("*bold* _em_ ~gone~", "<strong>bold</strong> <em>em</em> <s>gone</s>"),
        ("snake_case_name 2*3*4", "snake_case_name 2*3*4"),
        ("`a *b*` &lt;T&gt;", "<code>a *b*</code> &lt;T&gt;"),
        ("&gt; said\nafter", "<blockquote>said</blockquote>after"),
        (
            "<https://arxiv.org/abs/1|One &amp; two>",
            '<a href="https://arxiv.org/abs/1" target="_blank">One &amp; two</a>',
        ),
        ("<@U1>", '<span class="mention">@Ada</span>'),
        ("<!channel>", '<span class="mention loud">@channel</span>'),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ('<script>alert("x")</script>', "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;"),
        (":+1: :nobody:", "👍 :nobody:"),
    ],
)
def test_mrkdwn_is_drawn_as_slack_draws_it(text: str, drawn: str) -> None:
    assert mrkdwn_html(text, {"U1": "Ada"}) == drawn


def test_a_button_with_quotes_in_its_value_stays_one_button() -> None:
    drawn = blocks_html([button('x" onclick="alert(1)', '"><script>')])

    assert "<script>" not in drawn
    assert 'onclick="' not in drawn


@pytest.mark.slow
async def test_the_real_bot_plays_on_the_sample_days() -> None:
    async with staged() as stage:
        slack = stage.slack
        user = slack.user("U1")
        await user.slash('subscribe cs.LG cs.CL kw:"kv cache" min:1 top:3')
        await slack.until(lambda: bool(slack.messages("C1")), what="the subscription is there")
        await user.slash("now")
        await slack.until(
            lambda: any(each.replies for each in slack.messages("C1")),
            what="a digest with a thread",
        )
        told = stage.days.next()

    assert "announced the next day" in told
    assert slack.violations == []
