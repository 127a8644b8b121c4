"""Delivery through an incoming webhook: one channel, nothing to install, and nothing to ask.

A webhook can only post. It knows no nonce and no history, so after a crash a message may come
twice rather than not at all; it starts no threads under messages, and takes no buttons.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from adapters.discord.errors import (
    EMPTY_MESSAGE,
    INVALID_FORM,
    POST_WANTS_NAME,
    TOO_LARGE,
    error_of,
)
from adapters.discord.payload import Payload, plain_body, read_payload
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.errors import TransientError

PLATFORM: Final = "discord-webhook"
_FORM_REFUSED: Final = (INVALID_FORM, TOO_LARGE, EMPTY_MESSAGE)
_UNKNOWN_WISH_SECONDS: Final = 1.0

Answer = tuple[int, Mapping[str, Any]]  # HTTP status, body


class DiscordWebhookMessenger:
    """Posts to the channel of one webhook.

    `session` gives the open session to use; `url` is a secret and stands in no error and no log.
    """

    def __init__(self, url: str, *, session: Callable[[], aiohttp.ClientSession]) -> None:
        self._url = url
        self._session = session

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Post `message`. Raises TransientError or PermanentError."""
        payload = read_payload(message.payload)
        body = {key: value for key, value in payload.body.items() if key != "components"}
        thread_id = message.parent_ref.thread_id if message.parent_ref else None
        status, answer = await self._post(body, thread_id)
        for _ in range(2):  # what may be mended, each once
            mended = _mended(body, payload, _code(answer))
            if mended is None:
                break
            body = mended
            status, answer = await self._post(body, thread_id)
        if status != HTTPStatus.OK:
            raise error_of(
                status, _code(answer), retry_after=answer.get("retry_after", _UNKNOWN_WISH_SECONDS)
            )
        channel_id, message_id = str(answer["channel_id"]), str(answer["id"])
        is_in_post = "thread_name" in body or thread_id is not None
        return MessageRef(channel_id, message_id, thread_id=channel_id if is_in_post else None)

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:  # noqa: ARG002 - the port's signature
        """Nothing: a webhook cannot look at its channel."""
        return None

    async def _post(self, body: Mapping[str, Any], thread_id: str | None) -> Answer:
        query = {"wait": "true"} | ({"thread_id": thread_id} if thread_id else {})
        try:
            async with self._session().post(self._url, params=query, json=body) as response:
                return response.status, _object(await response.text())
        except (aiohttp.ClientError, OSError, RuntimeError):
            # Not "from": the cause would name the address.
            raise TransientError("Discord cannot be reached: it is tried again.") from None


def _object(text: str) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else, as a proxy's page."""
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _code(answer: Mapping[str, Any]) -> int:
    code = answer.get("code", 0)
    return code if isinstance(code, int) else 0


def _mended(body: Mapping[str, Any], payload: Payload, code: int) -> dict[str, Any] | None:
    """The body without what Discord refused it for; None where that cannot be mended."""
    if code == POST_WANTS_NAME and "thread_name" not in body:  # the webhook of a forum
        return {**body, "thread_name": payload.post_name or "arXiv"}
    if code in _FORM_REFUSED and "embeds" in body:
        name = {"thread_name": body["thread_name"]} if "thread_name" in body else {}
        return {**plain_body(body), **name}
    return None
