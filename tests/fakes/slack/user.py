"""A user of the fake Slack: types, clicks and fills in as one does in Slack's client."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.slack.delivering import Answer, Dispatch
from tests.fakes.slack.forms import field_state, filled
from tests.fakes.slack.limits import check_message, check_view
from tests.fakes.slack.responding import show
from tests.fakes.slack.state import APP_ID, Channel, Json, Kind, Message, Refusal, View, Workspace
from tests.fakes.slack.view_methods import change_view, push_view
from tests.fakes.slack.world import (
    RESPONSE_URL_SECONDS,
    TRIGGER_SECONDS,
    Interaction,
    ResponseUrl,
    Trigger,
    World,
)

_LINK = re.compile(r"https?://[^\s<>|]+")


@dataclass(frozen=True, slots=True)
class SlackUser:
    """One person in one workspace."""

    world: World
    dispatch: Dispatch
    workspace: Workspace
    id: str

    # --- writing -----------------------------------------------------------------------------

    async def slash(
        self, text: str = "", *, channel: str = "C1", command: str = "/arxiv"
    ) -> Interaction:
        """Type a slash command; returns when it is acknowledged, or when Slack gives up."""
        place = self._channel(channel)
        assert self.id in place.members, f"{self.id} cannot type in {channel}"
        interaction = self._interaction(place)
        payload = {
            "token": "verification-token",
            "team_id": self.workspace.id,
            "team_domain": self.workspace.domain,
            "channel_id": place.id,
            "channel_name": _shown_name(place),
            "user_id": self.id,
            "user_name": self._name,
            "command": command,
            "text": text,
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": interaction.response_url,
            "trigger_id": interaction.trigger_id,
        }
        answer = await self.dispatch.ask("slash_commands", payload)
        self._acknowledged(interaction, answer)
        if interaction.ack and ("text" in interaction.ack or "blocks" in interaction.ack):
            self._shown_by_ack(interaction)
        return interaction

    async def mention(
        self, text: str, *, channel: str = "C1", thread_ts: str | None = None
    ) -> Message:
        """Write a message that begins with the bot's name; returns when the bot has it."""
        return await self.post(
            f"<@{self.workspace.bot_user}> {text}", channel=channel, thread_ts=thread_ts
        )

    async def direct_message(self, text: str, *, thread_ts: str | None = None) -> Message:
        """Write to the bot alone."""
        place = self.workspace.direct(self.id)
        return await self.post(text, channel=place.id, thread_ts=thread_ts)

    async def post(
        self, text: str, *, channel: str = "C1", thread_ts: str | None = None
    ) -> Message:
        """Write a message; returns when the bot has whatever events it wants of it.

        `<@U…>` mentions somebody; links become links, as Slack's client makes them.
        """
        place = self._channel(channel)
        assert self.id in place.members, f"{self.id} cannot write in {channel}"
        links = _LINK.findall(text)
        marked = _LINK.sub(lambda found: f"<{found[0].replace('&', '&amp;')}>", text)
        message = self.world.post(place, user=self.id, text=marked, thread_ts=thread_ts)
        await self._tell(self._events_of(message, place, links))
        return message

    async def edit(self, message: Message, text: str) -> None:
        """Change one's own message."""
        place = self._channel(message.channel)
        previous = message.as_json()
        message.text, message.edited_ts = text, self.world.numbers.ts()
        event = {
            "type": "message",
            "subtype": "message_changed",
            "channel": place.id,
            "channel_type": place.kind.value,
            "message": message.as_json(),
            "previous_message": previous,
            "ts": message.edited_ts,
        }
        await self._tell([event] if self._bot_is_in(place) else [])

    async def react(self, message: Message, name: str) -> None:
        """Add a reaction, `+1` for a thumb."""
        users = message.reactions.setdefault(name, [])
        if self.id not in users:
            users.append(self.id)
            await self._reacted("reaction_added", message, name)

    async def unreact(self, message: Message, name: str) -> None:
        """Take one's own reaction away."""
        users = message.reactions.get(name, [])
        if self.id in users:
            users.remove(self.id)
            if not users:
                del message.reactions[name]
            await self._reacted("reaction_removed", message, name)

    async def open_home(self) -> View | None:
        """Open the app's Home tab; what is there when the bot has heard of it."""
        home = self.workspace.homes.get(self.id)
        event: Json = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": self.workspace.direct(self.id).id,
            "tab": "home",
        }
        await self._tell([event | ({"view": home.as_json()} if home else {})])
        return self.workspace.homes.get(self.id)

    # --- clicking ----------------------------------------------------------------------------

    async def click(
        self, where: Message | View, action_id: str, value: str | None = None, **forged: Any
    ) -> Interaction:
        """Press a button, or choose `value` in a menu, of a message or a view.

        `forged` replaces parts of the payload, as no client of Slack would.
        """
        if isinstance(where, Message):
            assert not where.is_deleted, "the message is gone"
            assert where.only_for in (None, self.id), "somebody else sees this message"
        else:
            assert where.is_open, "the view is closed"
            assert where.user == self.id, "somebody else's view"
        element, block = _element(where, action_id, value)
        assert "url" not in element or element.get("action_id"), "a link, not a button"
        place = self._channel(where.channel) if isinstance(where, Message) else None
        interaction = self._interaction(place, view=where if isinstance(where, View) else None)
        interaction.message = where if isinstance(where, Message) else None
        payload = {
            "type": "block_actions",
            **self._about(interaction),
            "actions": [self._action(element, block, value)],
            "state": {"values": _state(where)},
            **self._about_place(where, place, interaction),
            **forged,
        }
        self._acknowledged(interaction, await self.dispatch.ask("interactive", payload))
        return interaction

    async def submit(
        self, view: View, values: Json | None = None, *, private_metadata: str | None = None
    ) -> Interaction:
        """Send a form; fields by block or action ID, options by value, others stay as they are.

        `private_metadata` is what a forger would put there.
        """
        assert view.is_open, "the form is closed"
        assert view.user == self.id, "somebody else's form"
        interaction = self._interaction(None, view=view)
        shown = view.as_json() | {"state": {"values": filled(view, values or {})}}
        if private_metadata is not None:
            shown["private_metadata"] = private_metadata
        payload = {
            "type": "view_submission",
            **self._about(interaction),
            "view": shown,
            "response_urls": [],
        }
        self._acknowledged(interaction, await self.dispatch.ask("interactive", payload))
        if interaction.ack is not None:
            self._take_view_answer(interaction, view)
        return interaction

    async def close(self, view: View) -> None:
        """Close a form without sending it."""
        view.is_open = False
        if view.payload.get("notify_on_close"):
            interaction = self._interaction(None, view=view)
            about = {"type": "view_closed", **self._about(interaction), "is_cleared": False}
            await self.dispatch.ask("interactive", about | {"view": view.as_json()})

    async def shortcut(self, message: Message, callback_id: str) -> Interaction:
        """Choose one of the app's entries in a message's menu."""
        place = self._channel(message.channel)
        interaction = self._interaction(place)
        payload = {
            "type": "message_action",
            **self._about(interaction),
            "callback_id": callback_id,
            "channel": {"id": place.id, "name": _shown_name(place)},
            "message": message.as_json(),
            "message_ts": message.ts,
            "response_url": interaction.response_url,
        }
        self._acknowledged(interaction, await self.dispatch.ask("interactive", payload))
        return interaction

    # --- what goes with it -------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return self.workspace.people[self.id].name

    def _channel(self, channel: str) -> Channel:
        return self.workspace.channels[channel]

    def _bot_is_in(self, place: Channel) -> bool:
        return self.workspace.bot_user in place.members

    def _interaction(self, place: Channel | None, *, view: View | None = None) -> Interaction:
        name, trigger = self.world.numbers.id("response-"), self.world.numbers.id("trigger.")
        interaction = Interaction(
            world=self.world,
            team=self.workspace.id,
            user=self.id,
            channel=place.id if place else None,
            trigger_id=trigger,
            response_url=f"{self.world.url}/response/{name}",
        )
        now = self.world.monotonic()
        self.world.triggers[trigger] = Trigger(interaction, now + TRIGGER_SECONDS, view)
        self.world.response_urls[name] = ResponseUrl(interaction, now + RESPONSE_URL_SECONDS)
        return interaction

    def _about(self, interaction: Interaction) -> Json:
        return {
            "user": {
                "id": self.id,
                "username": self._name,
                "name": self._name,
                "team_id": self.workspace.id,
            },
            "team": {"id": self.workspace.id, "domain": self.workspace.domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "api_app_id": APP_ID,
            "token": "verification-token",
            "trigger_id": interaction.trigger_id,
        }

    def _about_place(
        self, where: Message | View, place: Channel | None, interaction: Interaction
    ) -> Json:
        if isinstance(where, View):
            return {"container": {"type": "view", "view_id": where.id}, "view": where.as_json()}
        assert place is not None
        container: Json = {
            "type": "message",
            "message_ts": where.ts,
            "channel_id": place.id,
            "is_ephemeral": where.only_for is not None,
        }
        if where.thread_ts:
            container["thread_ts"] = where.thread_ts
        about: Json = {
            "container": container,
            "channel": {"id": place.id, "name": _shown_name(place)},
            "response_url": interaction.response_url,
        }
        # Of an ephemeral message the bot gets no more than its container.
        return about if where.only_for else about | {"message": where.as_json()}

    def _action(self, element: Json, block: Json, value: str | None) -> Json:
        action: Json = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": self.world.numbers.ts(),
        }
        if element["type"] == "button":
            about = {name: element[name] for name in ("text", "value", "style") if name in element}
            return action | about
        given = value.split(",") if value and element["type"].startswith("multi_") else value
        return action | field_state(element, given)

    def _acknowledged(self, interaction: Interaction, answer: Answer) -> None:
        interaction.ack_seconds = answer.seconds if answer.error is None else None
        interaction.ack = answer.payload if answer.error is None else None
        if answer.error is not None:
            is_late = "timeout" in answer.error
            interaction.error = "operation_timeout" if is_late else "dispatch_failed"
        self.world.touch()

    def _shown_by_ack(self, interaction: Interaction) -> None:
        given = {"text": "", **(interaction.ack or {})}
        try:
            check_message(given)
        except Refusal as refusal:
            self.world.violations.append(f"ack: {refusal} {' '.join(refusal.details)}")
            return
        interaction.acked.append(show(self.world, interaction, given))

    def _take_view_answer(self, interaction: Interaction, view: View) -> None:
        given = interaction.ack or {}
        action = given.get("response_action")
        if action == "errors":
            blocks = {block["block_id"] for block in view.blocks if block["type"] == "input"}
            if strange := given["errors"].keys() - blocks:
                self.world.violations.append(f"ack: errors for no input block: {sorted(strange)}")
            view.errors = interaction.errors = given["errors"]
            return
        if action in ("update", "push"):
            try:
                check_view(given.get("view"))
                if action == "update":
                    change_view(self.world, view, given["view"])
                    interaction.views.append(view)
                else:
                    above = push_view(self.world, self.workspace, view, given["view"])
                    interaction.views.append(above)
            except Refusal as refusal:
                self.world.violations.append(f"ack: {refusal} {' '.join(refusal.details)}")
            return
        view.is_open = False
        lower = view.previous
        while action == "clear" and lower is not None:
            lower.is_open, lower = False, lower.previous
        self.world.touch()

    # --- events ------------------------------------------------------------------------------

    def _events_of(self, message: Message, place: Channel, links: list[str]) -> list[Json]:
        shown: Json = {
            **message.as_json(),
            "client_msg_id": self.world.numbers.id("msg-"),
            "channel": place.id,
        }
        events = []
        if self._bot_is_in(place):
            events.append(shown | {"channel_type": place.kind.value})
            named = f"<@{self.workspace.bot_user}>" in message.text
            if named and place.kind is not Kind.DIRECT:
                events.append(shown | {"type": "app_mention"})
        if ours := [link for link in links if self._is_ours(link)]:
            events.append(self._link_shared(message, place, ours))
        return events

    def _link_shared(self, message: Message, place: Channel, links: list[str]) -> Json:
        event: Json = {
            "type": "link_shared",
            "user": self.id,
            "channel": place.id,
            "message_ts": message.ts,
            "is_bot_user_member": self._bot_is_in(place),
            "source": "conversations_history",
            "unfurl_id": f"{place.id}.{message.ts}",
            "links": [
                {"domain": self._domain(urlsplit(link).hostname), "url": link} for link in links
            ],
        }
        return event | ({"thread_ts": message.thread_ts} if message.thread_ts else {})

    def _domain(self, host: str | None) -> str | None:
        for domain in self.world.unfurl_domains:
            if host is not None and (host == domain or host.endswith(f".{domain}")):
                return domain
        return None

    def _is_ours(self, link: str) -> bool:
        return self._domain(urlsplit(link).hostname) is not None

    async def _reacted(self, kind: str, message: Message, name: str) -> None:
        self.world.touch()
        place = self._channel(message.channel)
        event = {
            "type": kind,
            "user": self.id,
            "reaction": name,
            "item_user": message.user,
            "item": {"type": "message", "channel": place.id, "ts": message.ts},
        }
        await self._tell([event] if self._bot_is_in(place) else [])

    async def _tell(self, events: list[Json]) -> None:
        tasks = [self.dispatch.emit(self.workspace, event) for event in events]
        await asyncio.gather(*(task for task in tasks if task is not None))


def _element(where: Message | View, action_id: str, value: str | None) -> tuple[Json, Json]:
    there = [pair for pair in where.elements() if pair[0]["action_id"] == action_id]
    fitting = [
        pair
        for pair in there
        if pair[0]["type"] != "button" or value in (None, pair[0].get("value"))
    ]
    assert fitting, f"no {action_id} {value or ''} among {[e for e, _ in where.elements()]}"
    return fitting[0]


def _state(where: Message | View) -> Json:
    state: Json = {}
    for element, block in where.elements():
        if element["type"] not in ("button", "overflow", "image"):
            state.setdefault(block["block_id"], {})[element["action_id"]] = field_state(element)
    return state


def _shown_name(place: Channel) -> str:
    names = {Kind.PUBLIC: place.name, Kind.PRIVATE: "privategroup", Kind.DIRECT: "directmessage"}
    return names[place.kind]
