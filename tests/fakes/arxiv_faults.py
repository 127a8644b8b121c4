"""What can go wrong with an HTTP answer. Each fault answers one request in arXiv's stead."""

import asyncio
import struct
from collections.abc import Awaitable, Callable

from aiohttp import web

Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LONGEST_SILENCE_SECONDS = 30.0


def status(code: int, *, retry_after: str | int | None = None, body: bytes = b"") -> Fault:
    """An HTTP status such as 403, 429 or 503."""

    async def answer(_: web.Request) -> web.StreamResponse:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return web.Response(status=code, body=body, headers=headers)

    return answer


def body(content: bytes, *, content_type: str = "text/html") -> Fault:
    """HTTP 200 with something else than was asked for: garbage, half a feed, a login page."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=content, content_type=content_type)

    return answer


def garbage() -> Fault:
    """HTTP 200 with bytes that mean nothing."""
    return body(bytes(range(256)) * 8, content_type="application/octet-stream")


def cut(beginning: bytes = b"<?xml version='1.0'?><rss><channel>") -> Fault:
    """The connection ends in the middle of the body."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100000"})
        await response.prepare(request)
        await response.write(beginning)
        _drop(request)
        return response

    return answer


def reset() -> Fault:
    """The connection is torn down before a single byte is answered."""

    async def answer(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        connection = transport.get_extra_info("socket")
        linger_off = struct.pack("ii", 1, 0)  # close() sends RST instead of FIN
        connection.setsockopt(1, 13, linger_off)  # SOL_SOCKET, SO_LINGER
        _drop(request)
        return web.Response()

    return answer


def noise() -> Fault:
    """An answer that is no HTTP at all."""

    async def answer(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        transport.close()
        return web.Response()

    return answer


def silence(until: asyncio.Event) -> Fault:
    """No answer before `until` is set, or the client goes, or half a minute is over."""

    async def answer(_: web.Request) -> web.StreamResponse:
        async with asyncio.timeout(_LONGEST_SILENCE_SECONDS):
            await until.wait()
        return web.Response(status=503)

    return answer


def redirect(target: str) -> Fault:
    """HTTP 302 to somewhere else."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": target})

    return answer


def huge(total_bytes: int = 50_000_000) -> Fault:
    """An endless-looking feed; most clients leave before it is over."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"<?xml version='1.0'?><rss version='2.0'><channel>")
        chunk = b"<!-- padding -->" * 65_536  # 1 MiB
        for _ in range(total_bytes // len(chunk) + 1):
            await response.write(chunk)
        return response

    return answer


def _drop(request: web.Request) -> None:
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)
    transport.abort()
