"""Delivery to Slack: one row of the outbox is one chat.postMessage.

Slack has no key that makes a call harmless to repeat, so each message carries its key in its
metadata, and after a crash the channel's history, or the thread's, tells whether it is there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import faults_of, slack_errors
from adapters.slack.mrkdwn import our_lines
from adapters.slack.payload import EVENT_TYPE, IN_CHANNEL
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.subscriptions import Destination
from bot.domain.verbs import as_typed
from bot.errors import PermanentError

log = logging.getLogger(__name__)

ClientOf = Callable[[str], Awaitable[AsyncWebClient]]  # a team's; PermanentError("app_uninstalled")

# What Slack may find wrong with a message's form: then its plain text goes, which has none.
_FORM: Final = frozenset(
    {
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_arguments",
        "msg_too_long",
        "msg_blocks_too_long",
        "no_text",
    }
)
_PLAIN_TEXT: Final = 3_000  # characters
_PAGE: Final = 200  # messages; Slack gives some apps 15 whatever they ask for
_PAGES: Final = 10
_CLOCKS_DIFFER: Final = timedelta(minutes=5)  # Slack's and ours


class SlackMessenger:
    """A `Messenger` and a `Teller`; the pace is delivery's, the retries are the outbox's."""

    def __init__(self, client_of: ClientOf, *, command: str = "/arxiv") -> None:
        self._client_of = client_of
        self._command = command

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Post `message`; as plain text where Slack does not take its blocks.

        Raises TransientError or PermanentError.
        """
        arguments = _arguments(message)
        try:
            return await self._post(message, arguments)
        except PermanentError as error:
            if error.code not in _FORM:
                raise
            log.error(  # noqa: TRY400 - what Slack found wrong tells more than where we were
                "slack.sent_as_text",
                extra={"key": message.key, "code": error.code, "faults": faults_of(error)},
            )
        return await self._post(message, _as_text(arguments))

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        """The earlier post with `message`'s key, if the channel or the thread shows it.

        None where we may not look: then it is posted again rather than lost.
        """
        client = await self._client_of(message.destination.workspace_id)
        thread_ts = _thread_of(message, json.loads(message.payload))
        try:
            posted = await _look_up(client, message, thread_ts)
        except PermanentError as error:
            if error.code not in ("missing_scope", "thread_not_found"):
                raise
            log.warning("slack.cannot_look_up", extra={"key": message.key, "reason": str(error)})
            return None
        if posted is None:
            return None
        return MessageRef(message.destination.channel_id, str(posted["ts"]), thread_ts)

    async def tell(self, user_id: str, text: str, *, destination: Destination) -> None:
        """Write to a member of the workspace in a direct message, about a channel.

        Raises TransientError or PermanentError.
        """
        client = await self._client_of(destination.workspace_id)
        words = "\n".join(our_lines(as_typed(text, prefix=self._command)))
        if destination.channel_id.startswith(("C", "G")):
            words = f"<#{destination.channel_id}>: {words}"
        with slack_errors():
            opened = await client.conversations_open(users=[user_id])
            await client.chat_postMessage(
                channel=str(opened["channel"]["id"]),
                text=words,
                unfurl_links=False,
                unfurl_media=False,
            )

    async def _post(self, message: OutboxMessage, arguments: Mapping[str, Any]) -> MessageRef:
        client = await self._client_of(message.destination.workspace_id)
        with slack_errors():
            answer = await client.chat_postMessage(
                channel=message.destination.channel_id, **arguments
            )
        return MessageRef(str(answer["channel"]), str(answer["ts"]), arguments.get("thread_ts"))


def _arguments(message: OutboxMessage) -> dict[str, Any]:
    """The renderer's payload with its key and its thread."""
    arguments: dict[str, Any] = json.loads(message.payload)
    metadata = arguments.setdefault("metadata", {"event_type": EVENT_TYPE, "event_payload": {}})
    if thread_ts := _thread_of(message, arguments):
        arguments["thread_ts"] = thread_ts
    metadata["event_payload"]["key"] = message.key
    return arguments


def _thread_of(message: OutboxMessage, payload: Mapping[str, Any]) -> str | None:
    """The message whose thread this one belongs to; None for one in the channel itself."""
    event = payload.get("metadata", {}).get("event_payload", {})
    if message.parent_ref is None or event.get(IN_CHANNEL):
        return None
    return message.parent_ref.message_id


def _as_text(arguments: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in arguments.items() if name != "blocks"}
    plain["text"] = _whole_lines(plain["text"])
    return plain


def _whole_lines(text: str) -> str:
    """So much of a text as surely goes; a link cut in the middle would show its address."""
    if len(text) <= _PLAIN_TEXT:
        return text
    kept = text[:_PLAIN_TEXT]
    return f"{kept.rpartition(chr(10))[0] or kept}\n…"


async def _look_up(
    client: AsyncWebClient, message: OutboxMessage, thread_ts: str | None
) -> Mapping[str, Any] | None:
    asked: dict[str, Any] = {
        "channel": message.destination.channel_id,
        "include_all_metadata": True,
        "limit": _PAGE,
    }
    if message.created_at is not None:
        asked["oldest"] = f"{(message.created_at - _CLOCKS_DIFFER).timestamp():.6f}"
    for _ in range(_PAGES):
        with slack_errors():
            page = (
                await client.conversations_replies(ts=thread_ts, **asked)
                if thread_ts
                else await client.conversations_history(**asked)
            )
        for each in page.get("messages") or ():
            if _key_of(each) == message.key:
                found: Mapping[str, Any] = each
                return found
        cursor = (page.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return None
        asked["cursor"] = cursor
    log.warning("slack.looked_up_in_vain", extra={"key": message.key, "pages": _PAGES})
    return None


def _key_of(posted: Mapping[str, Any]) -> str | None:
    metadata = posted.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return None
    key: str | None = (metadata.get("event_payload") or {}).get("key")
    return key
