"""Answers to interactions, and webhooks, over HTTP: neither needs the bot's token."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.discord.calls import Call, Routes
from tests.fakes.discord.components import BUTTON, LINK_STYLE, SELECTS, refuse
from tests.fakes.discord.interactions import DEFER, Interactions
from tests.fakes.discord.limits import check_message
from tests.fakes.discord.refusals import RefusedError
from tests.fakes.discord.shapes import FORUM, Message, User, Webhook, walk
from tests.fakes.discord.state import World

_HOOK = "/webhooks/{webhook_id}/{webhook_token}"
_CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"


@dataclass(frozen=True, slots=True)
class InteractionRoutes:
    """The bot's side of interactions; webhooks share their paths."""

    world: World
    interactions: Interactions

    def table(self) -> Routes:
        """What answers which route."""
        return {
            _CALLBACK: self.respond,
            f"POST {_HOOK}": self.execute,
            f"GET {_HOOK}": self.get_webhook,
            f"DELETE {_HOOK}": self.delete_webhook,
            f"GET {_HOOK}/messages/{{message_id}}": self.get_message,
            f"PATCH {_HOOK}/messages/{{message_id}}": self.edit_message,
            f"DELETE {_HOOK}/messages/{{message_id}}": self.delete_message,
        }

    def respond(self, call: Call) -> Any:
        interaction = self.interactions.respond(
            call.params["interaction_token"], call.number("interaction_id"), call.json
        )
        if call.query.get("with_response", "").lower() not in ("1", "true"):
            return None
        told: dict[str, Any] = {"id": str(interaction.id), "type": interaction.kind}
        resource: dict[str, Any] = {"type": interaction.answer}
        if (message := interaction.reply) is not None:
            told["response_message_id"] = str(message.id)
            told["response_message_loading"] = interaction.answer == DEFER
            told["response_message_ephemeral"] = message.ephemeral
            resource["message"] = message.json()
        elif interaction.edits:
            resource["message"] = interaction.edits[-1].json()
        return {"interaction": told, "resource": resource}

    def _is_interaction(self, call: Call) -> bool:
        return call.number("webhook_id") == self.world.me.id

    def execute(self, call: Call) -> Any:
        token = call.params["webhook_token"]
        body = {**(call.json or {})}
        if self._is_interaction(call):
            return self.interactions.follow_up(token, body).json()
        webhook = self._webhook(call)
        message = self._post(webhook, call, body)
        return message.json() if call.query.get("wait", "").lower() in ("true", "1") else None

    def _post(self, webhook: Webhook, call: Call, body: dict[str, Any]) -> Message:
        if webhook.application_id is None:
            _check_only_links(body)
            if call.query.get("with_components", "").lower() not in ("true", "1"):
                body.pop("components", None)
        check_message({**body, "attachments": call.files})
        channel = webhook.channel
        face = User(webhook.id, body.get("username") or webhook.name, bot=True)
        if "thread_id" in call.query:
            thread = self.world.channels.get(int(call.query["thread_id"]))
            if thread is None or thread.parent is not channel:
                raise RefusedError(10003)
            channel = thread
        elif channel.type == FORUM:
            if not body.get("thread_name"):
                raise RefusedError(220001)
            thread = self.world.start_thread(channel, body["thread_name"])
            return self.world.post(thread, face, body, message_id=thread.id, webhook_id=webhook.id)
        elif body.get("thread_name"):
            raise RefusedError(220003)
        return self.world.post(channel, face, body, webhook_id=webhook.id)

    def _webhook(self, call: Call) -> Webhook:
        webhook = self.world.webhooks.get(call.number("webhook_id"))
        if webhook is None:
            raise RefusedError(10015)
        if not secrets.compare_digest(webhook.token, call.params["webhook_token"]):
            raise RefusedError(50027)
        return webhook

    def get_webhook(self, call: Call) -> Any:
        return self._webhook(call).json()

    def delete_webhook(self, call: Call) -> Any:
        del self.world.webhooks[self._webhook(call).id]

    def _of(self, call: Call) -> Message:
        wanted = call.params["message_id"]
        if not self._is_interaction(call):
            webhook = self._webhook(call)
            place = webhook.channel
            if "thread_id" in call.query:
                place = self.world.channels[int(call.query["thread_id"])]
            message = self.world.message(place, int(wanted))
            if message.webhook_id != webhook.id:
                raise RefusedError(10008)
            return message
        interaction = self.interactions.known(call.params["webhook_token"])
        if wanted == "@original":
            return self.interactions.original(interaction)
        return self.interactions.message_of(interaction, int(wanted))

    def get_message(self, call: Call) -> Any:
        return self._of(call).json()

    def edit_message(self, call: Call) -> Any:
        message = self._of(call)
        if not self._is_interaction(call):
            check_message(call.json, is_edit=True)
            self.world.edit(message, call.json)
            return message.json()
        interaction = self.interactions.known(call.params["webhook_token"])
        if message is self.interactions.original(interaction):
            return self.interactions.edit_reply(interaction, call.json).json()
        check_message(call.json, is_edit=True)
        self.world.edit(message, call.json)
        interaction.changed.set()
        return message.json()

    def delete_message(self, call: Call) -> Any:
        message = self._of(call)
        self.world.delete(message)
        if self._is_interaction(call):
            self.interactions.known(call.params["webhook_token"]).changed.set()


def _check_only_links(body: Mapping[str, Any]) -> None:
    for each in walk(list(body.get("components") or ())):
        is_live = each["type"] in SELECTS or (
            each["type"] == BUTTON and each.get("style") != LINK_STYLE
        )
        if is_live:
            sentence = "Interactive components are not allowed on webhooks that no app owns"
            raise refuse(("components",), "COMPONENT_TYPE_NOT_ALLOWED", sentence)
