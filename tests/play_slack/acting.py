"""What one does on the page, done in the fake Slack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.fakes.slack import Channel, Interaction, Message, SlackServer, SlackUser, View
from tests.play_slack.drawing import HOME, channel_of, open_form

Asked = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acting:
    """Does what the page asks for; each gives one line about how it went."""

    slack: SlackServer
    next_day: Callable[[], str]

    async def act(self, asked: Asked) -> str:
        """Do one thing. A thing that Slack's own client would not let one do is explained."""
        try:
            return await self._act(asked)
        except AssertionError as error:
            return f"Slack would not let you: {error}"

    async def _act(self, asked: Asked) -> str:
        user = self.slack.user(str(asked["user"]))
        match asked["do"]:
            case "say":
                return await self._say(user, asked)
            case "submit" | "close":
                return await self._answer_form(user, asked)
            case "click" | "react":
                return await self._touch(user, asked)
            case "day":
                return self.next_day()
        return await self._visit(user, asked)

    async def _answer_form(self, user: SlackUser, asked: Asked) -> str:
        form = open_form(self.slack, user.id)
        assert form is not None, "the form is closed"
        if asked["do"] == "close":
            await user.close(form)
            self.slack.world.touch()
            return ""
        given = {name: value for name, value in asked["values"].items() if value is not None}
        empty = {
            block["block_id"]: _EMPTY.get(element["type"])
            for element, block in form.elements()
            if block["type"] == "input" and block["block_id"] not in given
        }
        return _told(await user.submit(form, {**empty, **given}))

    async def _touch(self, user: SlackUser, asked: Asked) -> str:
        where = self._where(user, asked)
        if asked["do"] == "click":
            return _told(await user.click(where, asked["action"], asked.get("value")))
        assert isinstance(where, Message), "only messages have reactions"
        name = str(asked["name"])
        if user.id in where.reactions.get(name, []):
            await user.unreact(where, name)
        else:
            await user.react(where, name)
        return ""

    async def _visit(self, user: SlackUser, asked: Asked) -> str:
        if asked["do"] == "home":
            await user.open_home()
            return "The bot was told that you look at its Home tab."
        place = self._place(user, asked)
        if asked["do"] == "invite":
            await self.slack.invite_bot(place.id)
            return "The bot is in this channel now."
        await self.slack.kick_bot(place.id)
        return "The bot is no longer in this channel."

    async def _say(self, user: SlackUser, asked: Asked) -> str:
        text, thread = str(asked["text"]), asked.get("thread") or None
        place = self._place(user, asked)
        if text.startswith("/"):
            assert thread is None, "slash commands cannot be used in threads; mention the bot"
            command, _, rest = text.partition(" ")
            return _told(await user.slash(rest, channel=place.id, command=command))
        bot = f"<@{self.slack.workspace().bot_user}>"
        for name in ("@Papercourier", "@papercourier"):
            text = text.replace(name, bot)
        await user.post(text, channel=place.id, thread_ts=thread)
        return ""

    def _where(self, user: SlackUser, asked: Asked) -> Message | View:
        if "view" in asked:
            home = self.slack.home(user.id)
            if home is not None and home.id == asked["view"]:
                return home
            return self.slack.workspace().views[asked["view"]]
        return self._place(user, asked).messages[asked["ts"]]

    def _place(self, user: SlackUser, asked: Asked) -> Channel:
        assert asked["place"] != HOME, "not in the Home tab"
        return channel_of(self.slack, user.id, str(asked["place"]))


_EMPTY: dict[str, Any] = {
    "checkboxes": [],
    "multi_channels_select": [],
    "multi_conversations_select": [],
    "multi_static_select": [],
    "multi_users_select": [],
}


def _told(interaction: Interaction) -> str:
    if interaction.error is not None:
        return f"The bot did not acknowledge: Slack shows “{interaction.error}”."
    return f"Acknowledged after {1000 * (interaction.ack_seconds or 0):.0f} ms."
