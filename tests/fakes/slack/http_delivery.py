"""HTTP delivery: signed POSTs to the bot's own address."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack.delivering import Answer
from tests.fakes.slack.state import Json
from tests.fakes.slack.world import World

PATH = "/slack/events"


@dataclass(slots=True)
class HttpDelivery:
    """A `Way`: everything goes to one address, as Bolt wants it."""

    world: World
    http: aiohttp.ClientSession
    ack_seconds: float = 3.0
    base_url: str | None = None
    doubles: int = 0  # so many of the next requests arrive twice

    @property
    def url(self) -> str:
        """Where everything goes."""
        return (self.base_url or "").rstrip("/") + PATH

    async def send(self, kind: str, payload: Json, *, retry: int, reason: str) -> Answer:
        """Deliver once; whatever comes with the status 2xx acknowledges."""
        if self.base_url is None:
            return Answer(0.0, error="no address", wants_no_retry=True)
        body, content_type = encoded(kind, payload)
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **signed(body, self.world.signing_secret),
        }
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason}
        answer = await self._post(body, headers)
        if self.doubles > 0:
            self.doubles -= 1
            await self._post(body, headers)
        return answer

    async def _post(self, body: str, headers: dict[str, str]) -> Answer:
        began = self.world.monotonic()
        limit = aiohttp.ClientTimeout(total=self.ack_seconds)
        try:
            async with self.http.post(
                self.url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as response:
                text = await response.text()
        except TimeoutError:
            return Answer(self.world.monotonic() - began, error="http_timeout")
        except aiohttp.ClientError:
            return Answer(self.world.monotonic() - began, error="connection_failed")
        seconds = self.world.monotonic() - began
        no_retry = response.headers.get("X-Slack-No-Retry") == "1"
        if not 200 <= response.status < 300:
            return Answer(seconds, error="http_error", wants_no_retry=no_retry)
        return Answer(seconds, payload=_body(text, response.content_type))


def encoded(kind: str, payload: Json) -> tuple[str, str]:
    """The body of a request and its content type."""
    if kind == "events_api":
        return json.dumps(payload), "application/json"
    form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    return urlencode(form), "application/x-www-form-urlencoded"


def signed(body: str, secret: str, *, at: float | None = None) -> dict[str, str]:
    """The headers that prove a body to be Slack's; `at` is the time they claim."""
    moment = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{moment}:{body}".encode(), hashlib.sha256)
    return {
        "X-Slack-Request-Timestamp": moment,
        "X-Slack-Signature": f"v0={digest.hexdigest()}",
    }


def _body(text: str, content_type: str) -> Json:
    if not text:
        return {}
    if content_type == "application/json":
        given = json.loads(text)
        return given if isinstance(given, dict) else {}
    return {"text": text}
