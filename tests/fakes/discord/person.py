"""A person at Discord's client: types commands, clicks, fills forms, reacts, writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.fakes.discord.commands import (
    ATTACHMENT,
    CHANNEL,
    CHAT_INPUT,
    GROUP,
    ON_MESSAGE,
    ROLE,
    SUBCOMMAND,
    USER,
    CannotAskError,
    filled,
    leaf_of,
)
from tests.fakes.discord.components import BUTTON, INPUT, LABEL, LINK_STYLE, ROW
from tests.fakes.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    FORM,
    Interaction,
    Interactions,
    Modal,
)
from tests.fakes.discord.shapes import DIRECT, Channel, Guild, Message, User, walk
from tests.fakes.discord.state import World

_IN_GUILD, _IN_DIRECT = 0, 1


@dataclass(frozen=True, slots=True)
class Person:
    """One user, at home in one guild (or in none)."""

    user: User
    guild: Guild | None
    home: Channel  # where they are when nothing else is said
    world: World
    interactions: Interactions

    @property
    def id(self) -> int:
        """Their ID."""
        return self.user.id

    async def command(
        self,
        words: str,
        options: Mapping[str, Any] | None = None,
        *,
        channel: Channel | None = None,
        wait: bool = True,
    ) -> Interaction:
        """Use a slash command ("arxiv subscribe"); waits until more than "thinking" is there.

        With `wait=False` only the first answer is waited for. Raises CannotAskError when
        Discord's client would not have sent it.
        """
        place = channel or self.home
        command, path, entry = self._entry(words, place)
        return await self._ask(
            COMMAND, place, self._data(command, path, filled(entry, options or {})), wait=wait
        )

    async def direct_command(
        self, words: str, options: Mapping[str, Any] | None = None, *, wait: bool = True
    ) -> Interaction:
        """Use a slash command in the direct messages with the bot."""
        place = self.world.direct_channel(self.user)
        return await self.command(words, options, channel=place, wait=wait)

    async def autocomplete(
        self,
        words: str,
        option: str,
        text: str,
        options: Mapping[str, Any] | None = None,
        *,
        channel: Channel | None = None,
    ) -> list[dict[str, Any]]:
        """The choices offered while `text` is typed into an option."""
        place = channel or self.home
        command, path, entry = self._entry(words, place)
        given = filled(entry, {**(options or {}), option: text}, focused=option)
        asked = await self._ask(AUTOCOMPLETE, place, self._data(command, path, given))
        assert not asked.failed, f"{words} {option}: loading options failed"
        return asked.choices

    async def context_menu(self, name: str, message: Message, *, wait: bool = True) -> Interaction:
        """Use a command on a message."""
        command = self._command(name, ON_MESSAGE, message.channel)
        data = {
            "id": command["id"],
            "name": name,
            "type": ON_MESSAGE,
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): message.json()}},
        }
        return await self._ask(COMMAND, message.channel, data, wait=wait)

    async def click(
        self,
        message: Message,
        custom_id: str,
        *,
        values: Sequence[str] | None = None,
        wait: bool = True,
    ) -> Interaction:
        """Click a button by its custom_id or label, or choose `values` in a select."""
        self._check_sees(message)
        part = _part(message, custom_id)
        if part.get("disabled"):
            raise CannotAskError(f"{custom_id!r} is disabled")
        if part["type"] == BUTTON and part.get("style") == LINK_STYLE:
            raise CannotAskError(f"{custom_id!r} is a link")
        data = {"component_type": part["type"], "custom_id": part["custom_id"], "id": part["id"]}
        if values is not None:
            known = {each["value"] for each in part.get("options", ())}
            if part["type"] == 3 and not set(values) <= known:
                raise CannotAskError(f"{custom_id!r} has {sorted(known)}")
            data["values"] = list(values)
        return await self._ask(COMPONENT, message.channel, data, message=message, wait=wait)

    async def submit(
        self, modal: Modal, values: Mapping[str, Any] | None = None, *, wait: bool = True
    ) -> Interaction:
        """Send a form; fields not given keep what the bot put there."""
        given = dict(values or {})
        known = {each["custom_id"] for each in modal.fields}
        if strangers := given.keys() - known:
            raise CannotAskError(f"the form has no {sorted(strangers)}; it has {sorted(known)}")
        components = [_submitted(each, given) for each in modal.data["components"]]
        data = {"custom_id": modal.custom_id, "components": [c for c in components if c]}
        origin = modal.interaction
        message = origin.message if origin.kind == COMPONENT else None
        return await self._ask(FORM, origin.channel, data, message=message, wait=wait)

    def react(self, message: Message, emoji: str) -> None:
        """Add a reaction."""
        self._check_sees(message)
        self.world.react(message, self.user, emoji, added=True)

    def unreact(self, message: Message, emoji: str) -> None:
        """Take a reaction back."""
        self.world.react(message, self.user, emoji, added=False)

    def post(self, text: str, channel: Channel | None = None) -> Message:
        """Write a message."""
        return self.world.post(channel or self.home, self.user, {"content": text})

    def direct_messages(self) -> list[Message]:
        """What stands in the direct messages with the bot."""
        return self.world.direct_channel(self.user).messages

    # --- what is behind it -----------------------------------------------------------------

    def _check_sees(self, message: Message) -> None:
        if message.deleted or (message.ephemeral and message.seen_by is not self.user):
            raise CannotAskError("this person does not see that message")

    def _command(self, name: str, kind: int, place: Channel) -> Mapping[str, Any]:
        here = self.world.commands.get(place.guild.id, []) if place.guild else []
        for each in [*here, *self.world.commands.get(None, [])]:
            if each["name"] == name and each["type"] == kind:
                self._check_may_use(each, place)
                return each
        raise CannotAskError(f"there is no command {name!r}")

    def _check_may_use(self, command: Mapping[str, Any], place: Channel) -> None:
        context = _IN_DIRECT if place.type == DIRECT else _IN_GUILD
        contexts = command.get("contexts")
        if contexts is not None and context not in contexts:
            raise CannotAskError(f"{command['name']} is not offered here")
        if place.guild is None:
            return
        types = command.get("integration_types") or [0]
        if place.guild.id in self.world.absent and 1 not in types:
            raise CannotAskError("the bot is not in this guild")
        wanted = int(command.get("default_member_permissions") or 0)
        if self.world.allowed(place, self.user) & wanted != wanted:
            raise CannotAskError(f"{command['name']} is hidden from this person")

    def _entry(
        self, words: str, place: Channel
    ) -> tuple[Mapping[str, Any], list[str], Mapping[str, Any]]:
        name, *rest = words.split()
        command = self._command(name, CHAT_INPUT, place)
        path, entry = leaf_of(command, rest)
        return command, path, entry

    def _data(
        self, command: Mapping[str, Any], path: list[str], options: list[dict[str, Any]]
    ) -> dict[str, Any]:
        resolved = self._resolved(options)
        for depth, word in enumerate(reversed(path)):
            kind = SUBCOMMAND if depth == 0 else GROUP
            options = [{"type": kind, "name": word, "options": options}]
        data = {"id": command["id"], "name": command["name"], "type": CHAT_INPUT}
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return {**data, "options": options, **({"resolved": resolved} if resolved else {})}

    def _resolved(self, options: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for option in options:
            value, guild = option["value"], self.guild
            if option["type"] == CHANNEL:
                channel = self.world.channels[int(value)]
                body = {**channel.json(), "permissions": str(self._permissions(channel))}
                found.setdefault("channels", {})[value] = body
            elif option["type"] == ROLE and guild is not None:
                found.setdefault("roles", {})[value] = guild.roles[int(value)].json()
            elif option["type"] == ATTACHMENT:
                upload = self.world.uploads[int(value)]
                found.setdefault("attachments", {})[value] = upload.json()
            elif option["type"] == USER:
                found.setdefault("users", {})[value] = self.world.users[int(value)].json()
        return found

    def _permissions(self, channel: Channel) -> int:
        return self.world.allowed(channel, self.user) if channel.guild else 0

    async def _ask(
        self,
        kind: int,
        channel: Channel,
        data: Mapping[str, Any],
        *,
        message: Message | None = None,
        wait: bool = True,
    ) -> Interaction:
        interaction = self.interactions.open(kind, self.user, channel, message=message)
        guild = channel.guild
        self.world.emit("INTERACTION_CREATE", self._payload(interaction, data), guild)
        await self.interactions.first_answer(interaction)
        if wait and not interaction.failed:
            await interaction.until(lambda: interaction.done)
        return interaction

    def _payload(self, interaction: Interaction, data: Mapping[str, Any]) -> dict[str, Any]:
        channel, guild = interaction.channel, interaction.channel.guild
        body: dict[str, Any] = {
            "id": str(interaction.id),
            "application_id": str(self.world.me.id),
            "type": interaction.kind,
            "token": interaction.token,
            "version": 1,
            "data": dict(data),
            "channel_id": str(channel.id),
            "channel": {**channel.json(), "permissions": str(self._permissions(channel))},
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": 10 * 2**20,
            "context": _IN_GUILD if guild else _IN_DIRECT,
        }
        if interaction.message is not None:
            body["message"] = interaction.message.json()
        if guild is None:
            owners = {"1": str(self.user.id), "0": "0"}
            everything = str((1 << 53) - 1)
            return {
                **body,
                "user": self.user.json(),
                "authorizing_integration_owners": owners,
                "app_permissions": everything,
            }
        is_there = guild.id not in self.world.absent
        owners = {"0": str(guild.id)} if is_there else {"1": str(self.user.id)}
        member = guild.members[self.user.id]
        mine = self.world.allowed(channel, self.world.me)
        return {
            **body,
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": member.json(permissions=self._permissions(channel)),
            "authorizing_integration_owners": owners,
            "app_permissions": str(mine),
        }


def _part(message: Message, wanted: str) -> Mapping[str, Any]:
    parts = [each for each in walk(message.components) if "custom_id" in each or "label" in each]
    for each in parts:
        if wanted in (each.get("custom_id"), each.get("label")):
            return each
    known = [each.get("custom_id") or each.get("label") for each in parts]
    raise CannotAskError(f"the message has no {wanted!r}; it has {known}")


def _submitted(part: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any] | None:
    if part["type"] == ROW:
        inner = [_field(each, given) for each in part["components"]]
        return {"type": ROW, "id": part.get("id", 1), "components": inner}
    if part["type"] == LABEL:
        inner_field = _field(part["component"], given)
        return {"type": LABEL, "id": part.get("id", 1), "component": inner_field}
    return None


def _field(field: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    name = field["custom_id"]
    body = {"type": field["type"], "id": field.get("id", 1), "custom_id": name}
    if field["type"] == INPUT:
        value = given.get(name, field.get("value") or "")
        _check_input(field, value)
        return {**body, "value": value}
    chosen = [o["value"] for o in field.get("options", ()) if o.get("default")]
    values = list(given.get(name, chosen))
    known = {each["value"] for each in field.get("options", ())}
    if known and not set(values) <= known:
        raise CannotAskError(f"{name} has {sorted(known)}")
    return {**body, "values": values}


def _check_input(field: Mapping[str, Any], value: str) -> None:
    name, least, most = field["custom_id"], field.get("min_length"), field.get("max_length")
    if field.get("required", True) and not value:
        raise CannotAskError(f"{name} has to be filled in")
    if len(value) > (most or 4000) or (value and len(value) < (least or 0)):
        raise CannotAskError(f"{name} is to have {least} to {most} characters")
