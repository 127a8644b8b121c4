"""A client of the chat server: digests as short messages, sent over real HTTP."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Self

import aiohttp

from bot.domain.commands import Reply
from bot.domain.digest import Digest
from bot.domain.outbox import MessageRef, OutboxMessage
from bot.domain.subscriptions import Subscription
from bot.errors import PermanentError, TransientError

PLATFORM = "chat"


class ChatRenderer:
    """A head, and a message in its thread for each paper; a paper's text is its ID."""

    def digest(self, digest: Digest, subscription: Subscription) -> tuple[str, ...]:
        del subscription
        head = f"{len(digest.entries)} papers of {digest.announced_on}"
        return tuple(map(_payload, (head, *(each.paper.arxiv_id for each in digest.entries))))

    def reply(self, reply: Reply) -> tuple[str, ...]:
        return (_payload(reply.text),)


class ChatMessenger:
    """A `Messenger`; use it as an async context manager."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.close()

    async def send(self, message: OutboxMessage) -> MessageRef:
        parent = message.parent_ref
        answer = await self._call(
            "POST",
            message,
            json={
                **json.loads(message.payload),
                "metadata": {"key": message.key},
                "thread": parent.message_id if parent else None,
            },
        )
        return _ref(message, answer)

    async def find_sent(self, message: OutboxMessage) -> MessageRef | None:
        try:
            answer = await self._call("GET", message, params={"key": message.key})
        except PermanentError as error:
            if error.code == "no_history":
                return None
            raise
        return _ref(message, answer["messages"][0]) if answer["messages"] else None

    async def _call(self, method: str, message: OutboxMessage, **what: Any) -> Any:
        url = f"{self._url}/channels/{message.destination.channel_id}/messages"
        try:
            async with self._http.request(method, url, **what) as response:
                if response.status == 429:
                    raise await _throttled(response)
                if response.status in (500, 502, 503):
                    raise TransientError(f"The chat answered HTTP {response.status}.")
                answer = await response.json()
                if response.status != 200:
                    raise PermanentError("The chat refused the message.", code=answer["error"])
                return answer if method == "GET" else {"id": answer["id"]}
        except (aiohttp.ClientError, ValueError, TypeError, KeyError) as error:
            raise TransientError("The chat's answer was cut or cannot be read.") from error


async def _throttled(response: aiohttp.ClientResponse) -> TransientError:
    answer = await response.json(content_type=None)
    return TransientError(
        "The chat wants fewer messages.",
        retry_after=float(response.headers["Retry-After"]),
        platform_wide=answer["global"],
        may_have_acted=False,
    )


def _ref(message: OutboxMessage, answer: Any) -> MessageRef:
    return MessageRef(message.destination.channel_id, answer["id"])


def _payload(text: str) -> str:
    return json.dumps({"text": text})
