"""The page over HTTP, for this machine alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from tests.play_discord.acting import Acting
from tests.play_discord.drawing import state

FOLDER = Path(__file__).parent
_FILES = {
    "/": ("page.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/play.css": ("play.css", "text/css"),
    "/play.js": ("play.js", "text/javascript"),
}
# Nothing is fetched from elsewhere, whatever a message would make the browser do.
_ONLY_OURS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


@asynccontextmanager
async def served(acting: Acting, *, port: int = 0) -> AsyncIterator[str]:
    """Serve the page; gives its address."""
    app = web.Application()
    for path in _FILES:
        app.router.add_get(path, _file)

    async def look(request: web.Request) -> web.Response:
        person = acting.person(request.query)
        form = acting.forms.get(person.id)
        shown = state(acting.discord, person, request.query["place"], form)
        if shown["seen"] == request.query.get("seen"):
            return web.Response(status=204)
        return web.json_response(shown)

    async def act(request: web.Request) -> web.Response:
        # A page of another site may send forms here, but no JSON.
        if request.content_type != "application/json":
            return web.json_response({"note": "JSON, please"}, status=415)
        return web.json_response(await acting.act(await request.json()))

    app.router.add_get("/state", look)
    app.router.add_post("/act", act)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def _file(request: web.Request) -> web.Response:
    name, kind = _FILES[request.path]
    content = (FOLDER / name).read_bytes()
    return web.Response(body=content, content_type=kind, charset="utf-8", headers=_ONLY_OURS)
