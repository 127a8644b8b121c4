"""Discord's permissions: their bits, and what a member may do in a channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BITS = {
    "create_instant_invite": 1 << 0,
    "kick_members": 1 << 1,
    "ban_members": 1 << 2,
    "administrator": 1 << 3,
    "manage_channels": 1 << 4,
    "manage_guild": 1 << 5,
    "add_reactions": 1 << 6,
    "view_audit_log": 1 << 7,
    "view_channel": 1 << 10,
    "send_messages": 1 << 11,
    "manage_messages": 1 << 13,
    "embed_links": 1 << 14,
    "attach_files": 1 << 15,
    "read_message_history": 1 << 16,
    "mention_everyone": 1 << 17,
    "use_external_emojis": 1 << 18,
    "manage_roles": 1 << 28,
    "manage_webhooks": 1 << 29,
    "use_application_commands": 1 << 31,
    "manage_threads": 1 << 34,
    "create_public_threads": 1 << 35,
    "create_private_threads": 1 << 36,
    "send_messages_in_threads": 1 << 38,
    "use_external_apps": 1 << 50,
}
ALL = (1 << 53) - 1
# What @everyone has in a new guild, as far as this fake asks.
EVERYBODY = (
    BITS["view_channel"]
    | BITS["send_messages"]
    | BITS["embed_links"]
    | BITS["attach_files"]
    | BITS["add_reactions"]
    | BITS["read_message_history"]
    | BITS["use_application_commands"]
    | BITS["create_public_threads"]
    | BITS["send_messages_in_threads"]
    | BITS["use_external_apps"]
)


def bits(names: Iterable[str]) -> int:
    """The bits of permissions by name. Raises KeyError on a name unknown here."""
    total = 0
    for name in names:
        total |= BITS[name]
    return total


@dataclass(slots=True)
class Overwrite:
    """What a channel allows or denies to a role or a member."""

    id: int
    type: int  # 0 role, 1 member
    allow: int = 0
    deny: int = 0


def in_channel(
    base: int, overwrites: Iterable[Overwrite], *, guild_id: int, role_ids: set[int], user_id: int
) -> int:
    """Permissions of a member in a channel: @everyone first, then roles, then the member."""
    if base & BITS["administrator"]:
        return ALL
    allowed = base
    given = list(overwrites)
    for each in given:
        if each.id == guild_id:
            allowed = allowed & ~each.deny | each.allow
    deny = allow = 0
    for each in given:
        if each.id in role_ids and each.id != guild_id:
            deny |= each.deny
            allow |= each.allow
    allowed = allowed & ~deny | allow
    for each in given:
        if each.type == 1 and each.id == user_id:
            allowed = allowed & ~each.deny | each.allow
    return allowed if allowed & BITS["view_channel"] else 0
