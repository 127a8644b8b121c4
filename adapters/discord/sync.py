"""Tells Discord our commands when they changed, and never otherwise.

Registering is rationed (200 new commands a day), and each time Discord's clients load them anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from pathlib import Path
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands

from bot.ports import Clock

log = logging.getLogger(__name__)

FILE_NAME: Final = "discord-commands.json"
_TRIES: Final = 50  # some hours
_LONGEST_WAIT_SECONDS: Final = 300.0


async def sync_commands(tree: app_commands.CommandTree[Any], folder: Path) -> bool:
    """Register the tree's commands unless these very ones were; whether that was needed.

    What was registered stands in `folder`. Raises discord.py's errors.
    """
    application_id = str(tree.client.application_id)
    fingerprint = fingerprint_of(tree)
    path = folder / FILE_NAME
    if await asyncio.to_thread(_registered, path, application_id) == fingerprint:
        return False
    synced = await tree.sync()
    await asyncio.to_thread(_remember, path, application_id, fingerprint)
    log.info("discord.commands_registered", extra={"commands": len(synced)})
    return True


async def keep_commands_registered(
    tree: app_commands.CommandTree[Any], folder: Path, *, clock: Clock
) -> None:
    """`sync_commands`, again and again until it worked: without commands nobody can ask us."""
    for attempt in range(_TRIES):
        try:
            await sync_commands(tree, folder)
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
            wait = min(2.0**attempt, _LONGEST_WAIT_SECONDS)
            log.error(  # noqa: TRY400 - the reason tells, and it is tried again
                "discord.commands_not_registered", extra={"reason": str(error), "seconds": wait}
            )
            await clock.sleep(wait)
        else:
            return


def fingerprint_of(tree: app_commands.CommandTree[Any]) -> str:
    """The same for the same commands, whatever order they were added in."""
    described = [command.to_dict(tree) for command in tree.get_commands()]
    ordered = sorted(described, key=lambda each: (each["type"], each["name"]))
    return hashlib.sha256(json.dumps(ordered, sort_keys=True).encode()).hexdigest()


def _registered(path: Path, application_id: str) -> str | None:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        fingerprint = known.get(application_id)
    except (OSError, ValueError, AttributeError):
        return None  # then they are registered once more, which does no harm
    return fingerprint if isinstance(fingerprint, str) else None


def _remember(path: Path, application_id: str, fingerprint: str) -> None:
    try:
        path.write_text(json.dumps({application_id: fingerprint}), encoding="utf-8")
    except OSError as error:
        log.warning("discord.commands_not_remembered", extra={"reason": error.strerror})
