"""One page of arXiv's API, fetched with the `arxiv` package. Blocking: call it in a thread.

The package pages, waits and retries by itself, knows no time limit, reads bodies of any size and
takes a cut or foreign answer for an empty one. So it gets a session that lets exactly one request
through, within limits, and keeps the answer for a second look.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import arxiv
import requests
from lxml import etree
from urllib3.exceptions import MaxRetryError

from adapters.arxiv.fetching import Timeouts
from adapters.arxiv.http_errors import (
    address_error,
    cut_error,
    retry_after_seconds,
    silent_error,
    status_error,
    too_large_error,
    unreachable_error,
)
from bot.domain.text import collapse, readable
from bot.errors import PermanentError, TransientError

MAX_PAGE_BYTES = 30_000_000  # 2,000 papers are about 6 MB

_WHAT = "arXiv's catalogue"
_BAD_REQUEST = 400
_ATOM = "{http://www.w3.org/2005/Atom}"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
_CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What to ask, and within which limits."""

    url: str  # of the API, without question mark
    search: arxiv.Search
    start: int
    size: int
    user_agent: str
    timeouts: Timeouts
    now: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page of results."""

    results: tuple[arxiv.Result, ...]
    entries: int  # as sent: some may have been no results
    total: int  # of all pages


def fetch_page(asked: PageRequest) -> Page:
    """One request, tried once.

    Raises TransientError (throttled, failing, cut, silent, unreachable, empty although there is
    something) and PermanentError (codes forbidden, bad_query, redirected, too_large, ...).
    """
    with _OneAnswer(asked) as session:
        client = arxiv.Client(page_size=asked.size, delay_seconds=0, num_retries=0)
        client.query_url_format = asked.url + "?{}"
        client._session.close()  # noqa: SLF001 - the package has no other way to bring a session
        client._session = session  # noqa: SLF001 - likewise
        try:
            results = tuple(_first_page(client.results(asked.search, offset=asked.start)))
        except arxiv.HTTPError as error:
            raise session.status_error() from error
        except requests.RequestException as error:
            raise _mapped(error, asked.url) from error
        except ValueError as error:  # a date that is none
            raise _unreadable() from error
        return _checked(results, session.body, start=asked.start)


class _SecondRequestError(Exception):
    """The package turned the page by itself, out of turn."""


def _first_page(results: Iterator[arxiv.Result]) -> Iterator[arxiv.Result]:
    try:
        yield from results
    except _SecondRequestError:
        return


class _OneAnswer(requests.Session):
    """A session for a single request; what came stays in `status`, `retry_after` and `body`."""

    def __init__(self, asked: PageRequest) -> None:
        super().__init__()
        self._asked = asked
        self.status = 0
        self.retry_after: str | None = None
        self.body = b""

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """As requests does it, but once, within time and size, and staying on the host."""
        if self.status:
            raise _SecondRequestError
        silence = self._asked.timeouts.read_seconds
        kwargs |= {
            "headers": {"User-Agent": self._asked.user_agent},
            "timeout": (silence, silence),
            "allow_redirects": False,
            "stream": True,
        }
        with super().request(method, url, *args, **kwargs) as answer:
            self.status = answer.status_code
            self.retry_after = answer.headers.get("Retry-After")
            if answer.is_redirect:
                raise _moved_error(answer)
            self.body = self._read(answer)
            return self._as_package_wants_it(answer)

    def status_error(self) -> TransientError | PermanentError:
        """The error for a status that is no success."""
        if self.status == _BAD_REQUEST and (complaint := _complaint_in(self.body)):
            return _bad_query(complaint)
        wish = retry_after_seconds(self.retry_after, now=self._asked.now)
        return status_error(self.status, what=_WHAT, retry_after=wish)

    def _read(self, answer: requests.Response) -> bytes:
        """The body, unpacked, within the limits."""
        ends_at = time.monotonic() + self._asked.timeouts.total_seconds
        body = bytearray()
        for chunk in answer.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > MAX_PAGE_BYTES:
                raise too_large_error(_WHAT, MAX_PAGE_BYTES)
            if time.monotonic() > ends_at:
                raise silent_error(_WHAT)
        return bytes(body)

    def _as_package_wants_it(self, answer: requests.Response) -> requests.Response:
        copy = requests.Response()
        copy.status_code, copy.url, copy.raw = answer.status_code, answer.url, io.BytesIO(self.body)
        return copy


def _checked(results: tuple[arxiv.Result, ...], body: bytes, *, start: int) -> Page:
    """The results, after the second look the package does not take."""
    feed = _feed(body)
    complaint = _complaint(feed)
    if complaint is not None:
        raise _bad_query(complaint)
    entries = len(feed.findall(f"{_ATOM}entry"))
    digits = (feed.findtext(_TOTAL) or "").strip()
    total = int(digits) if digits.isdecimal() else 0
    if not results and start < total:
        raise TransientError(
            f"{_WHAT} says it has {total:,} papers and sends none: try again in a few minutes."
        )
    return Page(results, entries=entries, total=total)


def _feed(body: bytes) -> etree._Element:
    """The root of an answer that is an Atom feed and came whole."""
    if not body.strip():
        raise _unreadable()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise _unreadable() from error
    # lxml's types do not know that a recovering parser may find no root at all.
    if not etree.iselement(root) or root.tag != f"{_ATOM}feed":
        raise _unreadable()
    if not body.rstrip().endswith(b"feed>"):
        raise cut_error(_WHAT)
    return root


def _complaint(feed: etree._Element) -> str | None:
    """What arXiv says instead of an answer: an entry titled "Error"."""
    for entry in feed.iterfind(f"{_ATOM}entry"):
        if "/api/errors" in (entry.findtext(f"{_ATOM}id") or ""):
            return collapse(readable(entry.findtext(f"{_ATOM}summary") or ""))[:150].rstrip(".")
    return None


def _complaint_in(body: bytes) -> str | None:
    """The same, from a body that may be anything."""
    try:
        return _complaint(_feed(body))
    except TransientError:
        return None


def _bad_query(complaint: str) -> PermanentError:
    return PermanentError(
        f"{_WHAT} does not understand the question ({complaint or 'it does not say why'}): check "
        "how it is written.",
        code="bad_query",
    )


def _unreadable() -> TransientError:
    return TransientError(
        f"{_WHAT} answered with something we cannot read: try again in a few minutes."
    )


def _moved_error(answer: requests.Response) -> PermanentError:
    target = urlsplit(answer.headers.get("Location", "")).hostname or "another address"
    return PermanentError(
        f"{_WHAT} sends us to {target}: set ARXIV_API_URL to where it has moved.",
        code="redirected",
    )


def _mapped(error: requests.RequestException, url: str) -> TransientError | PermanentError:
    """Turn requests' exceptions into ours; its kinds overlap, so the order matters."""
    if isinstance(error, requests.Timeout):
        return silent_error(_WHAT)
    if isinstance(error, ValueError):
        return address_error(_WHAT)  # InvalidURL, MissingSchema, InvalidSchema, ...
    never_connected = bool(error.args) and isinstance(error.args[0], MaxRetryError)
    if isinstance(error, requests.ConnectionError) and never_connected:
        return unreachable_error(_WHAT, urlsplit(url).hostname or "its address")
    return cut_error(_WHAT)
