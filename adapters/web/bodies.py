"""What pages answer: a body made once, recognised by its ETag afterwards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


@dataclass(frozen=True, slots=True)
class Body:
    """Bytes with what a browser needs to keep them. `changed_at` is UTC, in whole seconds."""

    content: bytes
    media_type: str
    etag: str
    changed_at: datetime
    is_private: bool = False


def body(
    content: str | bytes, media_type: str, *, changed_at: datetime, is_private: bool = False
) -> Body:
    """A body with the ETag of its content."""
    written = content.encode() if isinstance(content, str) else content
    etag = hashlib.sha256(written).hexdigest()[:32]
    whole = changed_at.astimezone(UTC).replace(microsecond=0)
    return Body(written, media_type, etag, whole, is_private)


def answer(request: web.Request, given: Body) -> web.Response:
    """The body, or 304 where the browser has it; If-None-Match goes before If-Modified-Since."""
    has_it = (
        any(each.value in (given.etag, "*") for each in request.if_none_match)
        if request.if_none_match is not None
        else request.if_modified_since is not None and request.if_modified_since >= given.changed_at
    )
    response = (
        web.Response(status=304)
        if has_it
        else web.Response(body=given.content, headers={"Content-Type": given.media_type})
    )
    response.etag = given.etag
    response.last_modified = given.changed_at
    response.headers["Cache-Control"] = "private, no-cache" if given.is_private else "no-cache"
    if given.is_private:
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers.update(SAFE_HEADERS)
    return response


def refusal(
    status: int, content: str, media_type: str = "text/plain; charset=utf-8"
) -> web.Response:
    """An answer that nobody keeps."""
    headers = {**SAFE_HEADERS, "Content-Type": media_type, "Cache-Control": "no-store"}
    return web.Response(status=status, text=content, headers=headers)
