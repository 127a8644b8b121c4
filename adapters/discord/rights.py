"""What we may do in a channel, and what posting there needs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from discord import Permissions

from bot.errors import UserError

# As Discord's own settings call them (docs.discord.com, "Permissions").
_IN_CHANNELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "view_channel": "View Channel",
        "send_messages": "Send Messages",
        "embed_links": "Embed Links",
        "read_message_history": "Read Message History",
        "create_public_threads": "Create Public Threads",
        "send_messages_in_threads": "Send Messages in Threads",
    }
)
_IN_FORUMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "view_channel": "View Channel",
        "send_messages": "Create Posts",
        "embed_links": "Embed Links",
        "read_message_history": "Read Message History",
        "send_messages_in_threads": "Send Messages in Posts",
    }
)
# Read Message History is how we find out after a crash what was posted.
POSTING: Final = Permissions(**dict.fromkeys(_IN_CHANNELS, True))


def missing_rights(permissions: Permissions, *, is_forum: bool = False) -> tuple[str, ...]:
    """The names of what posting lacks there, as Discord's settings show them.

    `permissions` are ours in that channel, with its overrides. An administrator lacks nothing.
    """
    if permissions.administrator:
        return ()
    needed = _IN_FORUMS if is_forum else _IN_CHANNELS
    return tuple(name for right, name in needed.items() if not getattr(permissions, right))


def check_posting(permissions: Permissions, *, is_forum: bool = False) -> None:
    """Raises UserError, which names what is missing, where digests could not be posted."""
    if missing := missing_rights(permissions, is_forum=is_forum):
        raise UserError(missing_sentence(missing))


def missing_sentence(missing: tuple[str, ...]) -> str:
    """One sentence on what is missing and how to give it."""
    *first, last = (f"“{name}”" for name in missing)
    named = f"{', '.join(first)} and {last}" if first else last
    return (
        f"I cannot post here yet: give me {named} under Edit Channel → Permissions, or invite me "
        "again."
    )


def invite_url(client_id: int | str) -> str:
    """Where somebody who manages a server adds the bot to it, with exactly what posting needs."""
    query = {
        "client_id": str(client_id),
        "scope": "bot applications.commands",
        "permissions": str(POSTING.value),
    }
    return f"https://discord.com/oauth2/authorize?{urlencode(query)}"
