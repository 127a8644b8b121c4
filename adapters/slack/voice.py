"""Saying something: to one person, in a channel, in a thread, wherever Slack lets us."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from aiohttp import ClientError, ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.errors import slack_errors
from adapters.slack.places import Place
from adapters.slack.vendor import response_client
from adapters.slack.workspaces import Workspaces
from bot.errors import PermanentError, TransientError

log = logging.getLogger(__name__)

T = TypeVar("T")

_MOST_RESPONSES: Final = 5  # Slack takes no more through one response_url
_MOST_URLS: Final = 5_000
_TRIES: Final = 3
_LONGEST_WAIT_SECONDS: Final = 30.0
_OK: Final = 200


class Voice:
    """Answers people. It tries again only where Slack said it did nothing."""

    def __init__(self, workspaces: Workspaces, *, session: ClientSession) -> None:
        self._workspaces = workspaces
        self._session = session
        self._uses: OrderedDict[str, int] = OrderedDict()  # by response_url

    async def alone(self, place: Place, payloads: Sequence[str]) -> None:
        """Show something to the person who asked, and to nobody else. Raises as Slack does."""
        if place.is_home or not place.channel_id:
            await self._directly(place, payloads)
            return
        for number, payload in enumerate(payloads):
            content = _content(payload)
            if await self._responded(place, content):
                continue
            try:
                await self._ephemeral(place, content)
            except PermanentError:
                # Where we are not, nothing of ours can be shown; a direct message always can.
                await self._directly(place, payloads[number:])
                return

    async def openly(self, place: Place, payloads: Sequence[str]) -> None:
        """Say something where all can read it; what follows the first goes into its thread.

        Where we may not post, whoever asked gets it alone. Raises as Slack does.
        """
        client = await self._workspaces.client(place.team_id)
        thread_ts = place.thread_ts
        for number, payload in enumerate(payloads):
            message = json.loads(payload)
            try:
                posted = await _patiently(
                    partial(_posted, client, place.channel_id, message, thread_ts)
                )
            except PermanentError:
                if number or not place.response_url:
                    raise
                await self.alone(place, payloads)
                return
            thread_ts = thread_ts or str(posted["ts"])

    async def _directly(self, place: Place, payloads: Sequence[str]) -> None:
        client = await self._workspaces.client(place.team_id)
        with slack_errors():
            opened = await client.conversations_open(users=[place.user_id])
        channel_id = str(opened["channel"]["id"])
        for payload in payloads:
            await _patiently(partial(_posted, client, channel_id, json.loads(payload), None))

    async def _responded(self, place: Place, content: Mapping[str, Any]) -> bool:
        """Whether Slack took it through the response_url, which it may not for good reasons."""
        url = place.response_url
        if url is None or self._uses.get(url, 0) >= _MOST_RESPONSES:
            return False
        self._uses[url] = self._uses.get(url, 0) + 1
        if len(self._uses) > _MOST_URLS:
            self._uses.popitem(last=False)
        body = {**content, "response_type": "ephemeral", "replace_original": False}
        if place.seen_ts:
            body["thread_ts"] = place.seen_ts
        try:
            answer = await response_client(url, self._session).send_dict(body)
        except (ClientError, TimeoutError):
            return False
        if answer.status_code != _OK:
            log.info("slack.response_url_refused", extra={"status": answer.status_code})
        return answer.status_code == _OK

    async def _ephemeral(self, place: Place, content: Mapping[str, Any]) -> None:
        client = await self._workspaces.client(place.team_id)
        if place.is_direct:
            await _patiently(partial(_posted, client, place.channel_id, content, place.thread_ts))
            return

        async def post() -> None:
            with slack_errors():
                await client.chat_postEphemeral(
                    channel=place.channel_id,
                    user=place.user_id,
                    thread_ts=place.seen_ts,
                    **content,
                )

        await _patiently(post)


def _content(payload: str) -> dict[str, Any]:
    """What of a payload a message has that only one person sees."""
    message = json.loads(payload)
    return {name: message[name] for name in ("text", "blocks") if name in message}


async def _posted(
    client: AsyncWebClient, channel_id: str, message: Mapping[str, Any], thread_ts: str | None
) -> Mapping[str, Any]:
    with slack_errors():
        answer = await client.chat_postMessage(channel=channel_id, thread_ts=thread_ts, **message)
    data: Mapping[str, Any] = answer.data  # type: ignore[assignment]  # JSON, for this method
    return data


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """`call`, once more after a wait where Slack only wants us to be slower."""
    for _ in range(_TRIES - 1):
        try:
            return await call()
        except TransientError as error:
            wait = error.retry_after
            if error.may_have_acted or wait is None or wait > _LONGEST_WAIT_SECONDS:
                raise
            await asyncio.sleep(wait)
    return await call()
