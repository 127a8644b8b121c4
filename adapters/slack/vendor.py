"""Slack's libraries, set up the way we use them: no retries of theirs, no bodies in the log."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

TIMEOUT_SECONDS: Final = 30


def vendor_log(name: str = "slack_vendor", level: int = logging.WARNING) -> logging.Logger:
    """A logger for the libraries: below warnings they write message bodies and answers."""
    logger = logging.getLogger(f"{__package__}.{name}")
    logger.setLevel(level)
    return logger


def web_client(api_url: str, session: ClientSession, *, token: str | None) -> AsyncWebClient:
    """A Web API client that tries once: who calls it decides on more."""
    client = AsyncWebClient(
        token=token,
        base_url=f"{api_url.rstrip('/')}/",
        timeout=TIMEOUT_SECONDS,
        session=session,
        logger=vendor_log(),
        retry_handlers=[],
    )
    if is_direct(api_url):
        client.proxy = None
    return client


def response_client(url: str, session: ClientSession) -> AsyncWebhookClient:
    """A client for one `response_url`."""
    client = AsyncWebhookClient(
        url, timeout=TIMEOUT_SECONDS, session=session, logger=vendor_log(), retry_handlers=[]
    )
    if is_direct(url):
        client.proxy = None
    return client


def is_direct(url: str) -> bool:
    """Whether NO_PROXY names the host: slack_sdk looks at HTTP_PROXY only."""
    return bool(proxy_bypass(urlsplit(url).hostname or ""))
