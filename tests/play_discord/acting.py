"""What one does on the page, done in the fake Discord."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord import CannotAskError, DiscordServer, Interaction, Message, Modal, Person
from tests.fakes.discord.commands import BOOLEAN, INTEGER, NUMBER
from tests.play_discord.drawing import channel_of, commands_of, visible

Asked = Mapping[str, Any]
_TRUE = "true"


@dataclass(frozen=True, slots=True)
class Acting:
    """Does what the page asks for; each gives one line about how it went."""

    discord: DiscordServer
    next_day: Callable[[], str]
    forms: dict[int, Modal] = field(default_factory=dict)  # open ones, by person

    def person(self, asked: Asked) -> Person:
        """Who sits at the page."""
        return self.discord.user(str(asked["user"]))

    async def act(self, asked: Asked) -> dict[str, Any]:
        """Do one thing; a thing that Discord's own client would not let one do is explained."""
        try:
            if asked["do"] == "complete":
                return {"choices": await self._complete(asked)}
            return {"note": await self._act(asked)}
        except CannotAskError as error:
            return {"note": f"Discord would not let you: {error}"}
        except AssertionError as error:
            return {"note": str(error)}

    async def _act(self, asked: Asked) -> str:
        person = self.person(asked)
        match asked["do"]:
            case "say":
                text = str(asked["text"]).replace("@Papercourier", f"<@{self.discord.world.me.id}>")
                person.post(text, channel_of(self.discord, person, asked["place"]))
                return ""
            case "command":
                return await self._command(person, asked)
            case "submit" | "cancel":
                return await self._form(person, asked)
            case "click" | "menu":
                return await self._touch(person, asked)
            case "react":
                return self._react(person, asked)
        return self._rule(asked)

    async def _command(self, person: Person, asked: Asked) -> str:
        place = channel_of(self.discord, person, asked["place"])
        words = str(asked["words"])
        options = self._typed(words, asked["options"])
        return self._told(person, await person.command(words, options, channel=place, wait=False))

    def _typed(self, words: str, given: Mapping[str, str]) -> dict[str, Any]:
        """Options as their kinds want them; what was left empty is left out."""
        [command] = [each for each in commands_of(self.discord) if each["words"] == words]
        kinds = {each["name"]: each["type"] for each in command["options"]}
        return {name: _value(kinds[name], text) for name, text in given.items() if text}

    async def _complete(self, asked: Asked) -> list[dict[str, Any]]:
        person, words = self.person(asked), str(asked["words"])
        place = channel_of(self.discord, person, asked["place"])
        others = {name: text for name, text in asked["options"].items() if name != asked["option"]}
        return await person.autocomplete(
            words, asked["option"], asked["text"], self._typed(words, others), channel=place
        )

    async def _form(self, person: Person, asked: Asked) -> str:
        form = self.forms.pop(person.id, None)
        if form is None or asked["do"] == "cancel":
            return ""
        return self._told(person, await person.submit(form, asked["values"], wait=False))

    async def _touch(self, person: Person, asked: Asked) -> str:
        message = self._message(person, asked)
        if asked["do"] == "menu":
            answer = await person.context_menu(asked["name"], message, wait=False)
        else:
            answer = await person.click(
                message, asked["custom_id"], values=asked.get("values"), wait=False
            )
        return self._told(person, answer)

    def _react(self, person: Person, asked: Asked) -> str:
        message, emoji = self._message(person, asked), str(asked["emoji"])
        if person.id in message.reactions.get(emoji, []):
            person.unreact(message, emoji)
        else:
            person.react(message, emoji)
        return ""

    def _rule(self, asked: Asked) -> str:
        """What admins of the guild do, and arXiv."""
        match asked["do"]:
            case "day":
                return self.next_day()
            case "kick":
                self.discord.kick_bot()
                return "The bot was thrown out."
            case "invite":
                self.discord.invite_bot()
                return "The bot was invited."
            case "mute":
                self.discord.take_permission("papers", "send_messages")
                return "The bot may no longer write in #papers."
            case "unmute":
                self.discord.give_permission("papers", "send_messages")
                return "The bot may write in #papers again."
        raise AssertionError(f"nobody knows how to {asked['do']}")

    def _message(self, person: Person, asked: Asked) -> Message:
        place = channel_of(self.discord, person, asked["place"])
        for message in visible(self.discord, person, place):
            if str(message.id) == asked["message"]:
                return message
        raise AssertionError("that message is gone")

    def _told(self, person: Person, answer: Interaction) -> str:
        if answer.failed:
            return "The application did not respond."
        if answer.modal is not None:
            self.forms[person.id] = answer.modal
        return f"First answer after {answer.milliseconds:.0f} ms."


def _value(kind: int, text: str) -> Any:
    try:
        if kind == INTEGER:
            return int(text)
        if kind == NUMBER:
            return float(text)
    except ValueError:
        raise CannotAskError(f"{text!r} is no number") from None
    return text == _TRUE if kind == BOOLEAN else text
