"""The OAuth journey of a workspace's admin, through the bot's own pages."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import aiohttp

from tests.fakes.slack.world import World

_AUTHORIZE = re.compile(r"https?://[^\s\"'<>]*client_id=[^\s\"'<>]*")


@dataclass(frozen=True, slots=True)
class Installed:
    """How it ended: what the bot's last page said."""

    status: int
    text: str
    scopes: tuple[str, ...]
    state: str
    code: str
    redirect_uri: str


async def install(
    world: World,
    team: str,
    base_url: str,
    *,
    state: str | None = None,
    code: str | None = None,
    error: str | None = None,
    keeps_cookies: bool = True,
) -> Installed:
    """Follow "Add to Slack", agree, and come back to the bot.

    `state`, `code` and `error` replace what Slack would send back; an admin who does not agree
    comes back with `error="access_denied"`.
    """
    base = base_url.rstrip("/")
    # No jar would send back a cookie for https alone; the bot's public address is https.
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        async with http.get(f"{base}/slack/install", allow_redirects=False) as page:
            text = page.headers.get("Location") or await page.text()
            cookies = {name: each.value for name, each in page.cookies.items()}
        found = _AUTHORIZE.search(html.unescape(text))
        assert found, f"no way to Slack on the install page: {text[:200]}"
        asked = parse_qs(urlsplit(found[0]).query)
        assert asked["client_id"] == [world.client_id], asked
        scopes = tuple(asked["scope"][0].split(","))
        redirect = asked.get("redirect_uri", [f"{base}/slack/oauth_redirect"])[0]
        granted = grant(world, team, redirect, scopes)
        answer = {"state": state if state is not None else asked.get("state", [""])[0]}
        answer |= {"error": error} if error else {"code": code or granted}
        back = f"{base}{urlsplit(redirect).path}"
        headers = {}
        if keeps_cookies and cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        async with http.get(back, params=answer, headers=headers, allow_redirects=False) as end:
            return Installed(
                status=end.status,
                text=await end.text(),
                scopes=scopes,
                state=answer["state"],
                code=granted,
                redirect_uri=redirect,
            )


def grant(world: World, team: str, redirect_uri: str, scopes: tuple[str, ...]) -> str:
    """A code for an admin's consent; a new workspace is made where there is none."""
    if team not in world.workspaces:
        world.add_workspace(team, f"Team{team}").is_installed = False
    world.scopes = frozenset(scopes)
    code = world.numbers.id("code-")
    world.codes[code] = (team, redirect_uri)
    return code
