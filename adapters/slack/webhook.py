"""Delivery through an incoming webhook: one channel, nothing to install, and nothing to ask.

A webhook can only post. It has no metadata, no threads and no history, so after a crash a message
may come twice rather than not at all.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from adapters.slack.errors import refusal_sentence
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.errors import PapercourierError, PermanentError, TransientError

log = logging.getLogger(__name__)

PLATFORM: Final = "slack-webhook"
_POSTED: Final = ("text", "blocks", "unfurl_links", "unfurl_media")
_NEW_ADDRESS: Final = "make a new incoming webhook and set SLACK_WEBHOOK_URL to its address."
_DEFAULT_WAIT_SECONDS: Final = 30.0
# What Slack's incoming webhooks answer, as text (docs.slack.dev, "Handling errors").
_HOPELESS: Final[Mapping[str, tuple[str, str]]] = {
    "channel_not_found": ("channel_not_found", f"The webhook's channel is gone: {_NEW_ADDRESS}"),
    "channel_is_archived": ("channel_is_archived", refusal_sentence("channel_is_archived")),
    "action_prohibited": ("restricted_action", refusal_sentence("restricted_action")),
    "posting_to_general_channel_denied": (
        "restricted_action",
        refusal_sentence("restricted_action"),
    ),
    "user_not_found": ("user_not_found", f"Whoever made the webhook is gone: {_NEW_ADDRESS}"),
    "no_service": ("app_uninstalled", f"The webhook is switched off: {_NEW_ADDRESS}"),
    "no_service_id": ("app_uninstalled", f"The webhook is switched off: {_NEW_ADDRESS}"),
    "no_active_hooks": ("app_uninstalled", f"The webhook is switched off: {_NEW_ADDRESS}"),
    "no_team": ("team_not_found", f"The webhook's workspace is gone: {_NEW_ADDRESS}"),
    "team_disabled": ("team_not_found", f"The webhook's workspace is gone: {_NEW_ADDRESS}"),
    "invalid_token": ("invalid_auth", f"Slack does not know the webhook: {_NEW_ADDRESS}"),
}
_FORM: Final = frozenset({"invalid_payload", "invalid_blocks", "too_many_attachments", "no_text"})


class SlackWebhookMessenger:
    """Posts to the channel of one webhook.

    `session` gives the open session to use; `url` is a secret and stands in no error and no log.
    """

    def __init__(self, url: str, *, session: Callable[[], aiohttp.ClientSession]) -> None:
        self._url = url
        self._session = session

    async def send(self, message: OutboxMessage) -> MessageRef:
        """Post `message`; as plain text where Slack does not take its blocks.

        Raises TransientError or PermanentError.
        """
        payload = json.loads(message.payload)
        body = {name: payload[name] for name in _POSTED if name in payload}
        status, answer, wait = await self._post(body)
        if answer in _FORM and "blocks" in body:
            log.error("slack.sent_as_text", extra={"key": message.key, "code": answer})
            del body["blocks"]
            status, answer, wait = await self._post(body)
        if status != HTTPStatus.OK:
            raise _error(status, answer, wait)
        return MessageRef(message.destination.channel_id, message.key)

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:  # noqa: ARG002 - the port's signature
        """Nothing: a webhook cannot look at its channel."""
        return None

    async def _post(self, body: Mapping[str, Any]) -> tuple[int, str, float | None]:
        try:
            async with self._session().post(self._url, json=body) as response:
                answer = (await response.text())[:200].strip()
                return response.status, answer, _seconds(response.headers.get("Retry-After"))
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
            # Not "from": the cause would name the address.
            raise TransientError(
                "Slack's webhook cannot be reached: check SLACK_WEBHOOK_URL and the network.",
                may_have_acted=False,
            ) from None
        except (aiohttp.ClientError, OSError, RuntimeError):
            raise TransientError("The connection to Slack was cut: it is tried again.") from None


def _error(status: int, answer: str, wait: float | None) -> PapercourierError:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransientError(
            "Slack wants us to be slower: it is tried again.",
            retry_after=_DEFAULT_WAIT_SECONDS if wait is None else wait,
            may_have_acted=False,
        )
    if known := _HOPELESS.get(answer):
        code, sentence = known
        return PermanentError(sentence, code=code)
    if answer in _FORM:
        return PermanentError(refusal_sentence("invalid_blocks"), code="invalid_blocks")
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN, HTTPStatus.GONE):
        return PermanentError(f"Slack refused the webhook: {_NEW_ADDRESS}", code="forbidden")
    return TransientError(f"Slack answered HTTP {status}: it is tried again.")


def _seconds(wish: str | None) -> float | None:
    try:
        return float(wish) if wish else None
    except ValueError:
        return None
