"""One GET to arXiv: in turn, within limits, within arXiv's own hosts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from adapters.arxiv.http_errors import (
    Refusals,
    address_error,
    cut_error,
    redirect_error,
    retry_after_seconds,
    silent_error,
    status_error,
    too_large_error,
    unreachable_error,
)
from bot.ports import Clock, Pace

_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 4
_CHUNK_BYTES = 1 << 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one request may take; the total must stay below the lease of a turn (pacing.py)."""

    read_seconds: float = 30.0  # the longest silence within an answer
    total_seconds: float = 100.0


TIMEOUTS = Timeouts()


def user_agent(contact: str = "") -> str:
    """How we introduce ourselves; `contact` is an address or page where we can be told off."""
    try:
        ours = version("papercourier")
    except PackageNotFoundError:
        ours = "0"
    shown = "".join(c for c in contact if c.isascii() and c.isprintable() and c not in "()").strip()
    return f"papercourier/{ours} ({shown})" if shown else f"papercourier/{ours}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read whole."""

    status: int  # 200, 304 or one of those the caller wished to see
    body: bytes
    url: str  # where it was found after redirects
    content_type: str = ""  # without parameters, lower case
    etag: str | None = None
    sent_at: datetime | None = None  # by the server's clock; None where it does not say


class Fetcher:
    """Reads from arXiv's hosts. Holds no connection between calls, so it need not be closed."""

    def __init__(
        self,
        *,
        pace: Pace,
        clock: Clock,
        user_agent: str,
        refusals: Refusals | None = None,
        timeouts: Timeouts = TIMEOUTS,
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._user_agent = user_agent
        self._refusals = refusals or Refusals(clock)
        self._timeouts = timeouts

    async def get(
        self,
        url: str,
        *,
        what: str,
        max_bytes: int,
        etag: str | None = None,
        also: frozenset[int] = frozenset(),
    ) -> Answer:
        """One answer; `what` begins the sentences of its errors: "arXiv's feed".

        Follows redirects within arXiv's hosts and the first host, each in a turn of its own.
        Statuses in `also` are handed back like 200 and 304. One attempt: see with_retries.
        Raises TransientError (throttled, failing, cut, silent, unreachable) and PermanentError
        (codes forbidden, bad_query, not_found, redirected, too_large, bad_address, http_...).
        """
        try:
            first = here = URL(url, encoded=True)
        except ValueError as error:
            raise address_error(what) from error
        for _ in range(_MOST_REDIRECTS + 1):
            step = await self._step(here, what, max_bytes, etag, also)
            if isinstance(step, Answer):
                return step
            if not _may_follow(step, first=first, here=here):
                raise redirect_error(what, step.host or "an unreadable address")
            here = step
        raise redirect_error(what, "one address after another")

    async def _step(
        self, url: URL, what: str, max_bytes: int, etag: str | None, also: frozenset[int]
    ) -> Answer | URL:
        """One request: its answer, or where it sends us."""
        host = url.host or ""
        self._refusals.check(host, what=what)
        async with self._pace.turn(host), self._request(url, what, etag) as response:
            self._refusals.note(host, response.status)
            log.debug(
                "arxiv.answered", extra={"host": host, "path": url.path, "status": response.status}
            )
            if response.status in _REDIRECTS and (target := response.headers.get("Location")):
                return _target(url, target, what)
            if response.status not in (_OK, _NOT_MODIFIED) and response.status not in also:
                wish = response.headers.get("Retry-After")
                raise status_error(
                    response.status,
                    what=what,
                    retry_after=retry_after_seconds(wish, now=self._clock.now()),
                )
            return Answer(
                status=response.status,
                body=await _body(response, what, max_bytes),
                url=str(url),
                content_type=response.content_type.lower(),
                etag=response.headers.get("ETag"),
                sent_at=_date(response.headers.get("Date")),
            )

    @asynccontextmanager
    async def _request(
        self, url: URL, what: str, etag: str | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An open response; aiohttp's exceptions end here."""
        headers = {"User-Agent": self._user_agent}
        if etag is not None:
            headers["If-None-Match"] = etag
        timeout = aiohttp.ClientTimeout(
            total=self._timeouts.total_seconds,
            sock_connect=self._timeouts.read_seconds,
            sock_read=self._timeouts.read_seconds,
        )
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=timeout, trust_env=True, middlewares=(_once,)
                ) as session,
                session.get(url, headers=headers, allow_redirects=False) as response,
            ):
                yield response
        except aiohttp.InvalidURL as error:
            raise address_error(what) from error
        except TimeoutError as error:
            raise silent_error(what) from error
        except aiohttp.ClientConnectorError as error:
            raise unreachable_error(what, url.host or "its address") from error
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            raise cut_error(what) from error


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from asking again by itself after a lost connection, out of turn."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # aiohttp does not repeat these
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientPayloadError("The connection was lost.") from error


async def _body(response: aiohttp.ClientResponse, what: str, max_bytes: int) -> bytes:
    """The body, unpacked, as far as `max_bytes`; more is an error, not a cut text."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise too_large_error(what, max_bytes)
    return bytes(body)


def _date(header: str | None) -> datetime | None:
    """A Date header's moment, in UTC."""
    try:
        return parsedate_to_datetime(header or "").astimezone(UTC)
    except ValueError:
        return None


def _target(here: URL, location: str, what: str) -> URL:
    """The address a Location header names."""
    try:
        return here.join(URL(location))
    except ValueError as error:
        raise redirect_error(what, "an unreadable address") from error


def _may_follow(target: URL, *, first: URL, here: URL) -> bool:
    """Whether a redirect stays with arXiv, or with the host the settings name."""
    if target.scheme not in ("http", "https") or (here.scheme, target.scheme) == ("https", "http"):
        return False
    host = (target.host or "").lower()
    return target.origin() == first.origin() or host == "arxiv.org" or host.endswith(".arxiv.org")
