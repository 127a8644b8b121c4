"""The HTTP server of the service: health, metrics, and whatever routes others bring."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from adapters.web.health import CHECK_SECONDS, Check, Finding, examine
from adapters.web.metrics import PrometheusTelemetry
from bot.errors import UserError

log = logging.getLogger(__name__)

_SHUTDOWN_SECONDS = 1.0  # requests under way may finish


class WebServer:
    """`async with` it to listen; add routes before.

    `alive` are the checks of /healthz, `ready` those of /readyz.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        telemetry: PrometheusTelemetry,
        alive: Mapping[str, Check],
        ready: Mapping[str, Check],
        check_seconds: float = CHECK_SECONDS,
    ) -> None:
        self._host = host
        self._port = port
        self._telemetry = telemetry
        self._alive = alive
        self._ready = ready
        self._check_seconds = check_seconds
        self._app = web.Application()
        self.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        self._runner = web.AppRunner(
            self._app, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS, handle_signals=False
        )

    def add_routes(self, routes: Iterable[web.AbstractRouteDef]) -> None:
        """Answer these addresses too; only before the server listens."""
        self._app.add_routes(routes)

    @property
    def url(self) -> str:
        """Where it listens: the port is known once it does."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def __aenter__(self) -> Self:
        """Raises UserError when the address cannot be had."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise UserError(
                f"{self._host}:{self._port} cannot be listened on "
                f"({(error.strerror or str(error)).lower()}): stop what uses it, or set "
                "another WEB_HOST and WEB_PORT (0 takes a free port)."
            ) from error
        log.info("web.listening", extra={"url": self.url})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _healthz(self, request: web.Request) -> web.Response:
        del request
        return _answer(await self._examine(self._alive), well="ok", ill="failing")

    async def _readyz(self, request: web.Request) -> web.Response:
        del request
        return _answer(await self._examine(self._ready), well="ready", ill="not ready")

    async def _examine(self, checks: Mapping[str, Check]) -> Finding:
        return await examine(checks, within=self._check_seconds)

    async def _metrics(self, request: web.Request) -> web.Response:
        del request
        body, content_type = self._telemetry.page()
        return web.Response(body=body, headers={"Content-Type": content_type})


def _answer(finding: Finding, *, well: str, ill: str) -> web.Response:
    return web.json_response(
        {"status": well if finding.is_well else ill, "checks": finding.checks},
        status=200 if finding.is_well else 503,
        headers={"Cache-Control": "no-store"},
    )
