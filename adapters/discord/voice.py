"""How an answer reaches whoever asked: through the interaction, or as a message in the channel.

Payloads are the renderer's, sent as they stand. What changes an answer in place may be repeated
by discord.py after a 5xx; so the first part of every answer is such a change.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
import discord
from discord.http import HTTPClient, Route

from adapters.discord.calls import Calls
from adapters.discord.errors import error_of
from adapters.discord.payload import read_payload
from bot.domain.commands import Attachment
from bot.errors import TransientError

log = logging.getLogger(__name__)

_EPHEMERAL: Final = 1 << 6
# Unknown webhook, unknown interaction, invalid webhook token: the 15 minutes are over.
_TOO_LATE: Final = frozenset({10015, 10062, 50027})
_LATE: Final = "<@{user}> That took longer than Discord lets me answer in private. Here it is:"


class InteractionVoice:
    """Answers one interaction that was deferred."""

    def __init__(
        self,
        interaction: discord.Interaction[Any],
        http: HTTPClient,
        calls: Calls,
        *,
        is_private: bool,
        can_post: bool,
    ) -> None:
        self._interaction = interaction
        self._http = http  # for answers, which do not count towards our ceiling
        self._calls = calls  # for messages, which do
        self._is_private = is_private  # as it was deferred; the first part cannot differ from it
        self._can_post = can_post

    async def say(
        self, payloads: Sequence[str], *, is_private: bool, attachment: Attachment | None = None
    ) -> None:
        """Show an answer in parts. Raises our errors when there is no way at all."""
        bodies = [dict(read_payload(each).body) for each in payloads]
        try:
            await self._say(bodies, is_private=is_private, attachment=attachment)
        except discord.HTTPException as error:
            if error.code not in _TOO_LATE or not self._can_post:
                raise error_of(error.status, error.code) from error
            log.info("discord.answered_late", extra={"interaction": self._interaction.id})
            await _post(
                self._calls, self._interaction.channel_id, [self._late_head(), *bodies], attachment
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise TransientError("Discord cannot be reached.") from error

    async def _say(
        self,
        bodies: list[dict[str, Any]],
        *,
        is_private: bool,
        attachment: Attachment | None,
    ) -> None:
        if is_private == self._is_private:
            [first, *more] = bodies
            await self._send("PATCH", "/messages/@original", first, attachment)
            attachment = None
        else:
            # Who sees an answer is settled when it is deferred, so this one is made anew.
            await self._http.request(self._route("DELETE", "/messages/@original"))
            self._is_private, more = is_private, bodies
        for body in more:
            flags = body.get("flags", 0) | (_EPHEMERAL if is_private else 0)
            await self._send("POST", "", {**body, "flags": flags}, attachment)
            attachment = None

    def _late_head(self) -> dict[str, Any]:
        user = self._interaction.user.id
        return {
            "content": _LATE.format(user=user),
            "allowed_mentions": {"parse": [], "users": [str(user)]},
        }

    async def _send(
        self, method: str, path: str, body: Mapping[str, Any], attachment: Attachment | None
    ) -> None:
        if attachment is None:
            await self._http.request(self._route(method, path), json=body)
        else:
            await self._http.request(self._route(method, path), form=_form(body, attachment))

    def _route(self, method: str, path: str) -> Route:
        return Route(
            method,
            "/webhooks/{webhook_id}/{webhook_token}" + path,
            webhook_id=self._interaction.application_id,
            webhook_token=self._interaction.token,
        )


async def reply_to(
    message: discord.Message,
    calls: Calls,
    payloads: Sequence[str],
    attachment: Attachment | None = None,
) -> None:
    """Answer a message in its channel, as a reply that pings nobody. Raises our errors."""
    reference = {"message_id": str(message.id), "fail_if_not_exists": False}
    bodies = [{**read_payload(each).body, "message_reference": reference} for each in payloads]
    await _post(calls, message.channel.id, bodies, attachment)


async def _post(
    calls: Calls,
    channel_id: int | None,
    bodies: Sequence[Mapping[str, Any]],
    attachment: Attachment | None,
) -> None:
    """Messages in a channel, the last one with the file."""
    for body in bodies:
        is_last = body is bodies[-1]
        content: dict[str, Any] = {"json": body}
        if attachment is not None and is_last:
            content = {"form": _form(body, attachment)}
        await calls.request(
            "POST", "/channels/{channel_id}/messages", channel_id=str(channel_id), **content
        )


def _form(body: Mapping[str, Any], attachment: Attachment) -> list[dict[str, Any]]:
    """A message's body and the file that goes with it, as Discord takes both at once."""
    named = {**body, "attachments": [{"id": "0", "filename": attachment.file_name}]}
    return [
        {"name": "payload_json", "value": json.dumps(named)},
        {
            "name": "files[0]",
            "value": attachment.content.encode(),
            "filename": attachment.file_name,
            "content_type": "application/json",
        },
    ]
