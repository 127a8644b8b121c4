"""What the page shows of the fake Discord, as HTML."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.fakes.discord import Channel, DiscordServer, Message, Modal, Person
from tests.fakes.discord.commands import CHAT_INPUT, GROUP, ON_MESSAGE, SUBCOMMAND
from tests.play_discord.message_html import message_html, modal_html

DIRECT = "dm"
_PEOPLE = ("admin", "member")


def state(
    discord: DiscordServer, person: Person, place: str, modal: Modal | None
) -> dict[str, str]:
    """Everything the page shows to a person in a place; `seen` names exactly this state."""
    names = names_of(discord)
    channel = channel_of(discord, person, place)
    shown = {
        "users": _users(person),
        "places": _places(discord, place),
        "title": html.escape(_title(channel)),
        "messages": "".join(
            _message(discord, person, each, names) for each in visible(discord, person, channel)
        ),
        "modal": modal_html(modal.data, names) if modal else "",
        "modal_name": str(modal.interaction.id) if modal else "",
        "commands": json.dumps(commands_of(discord)),
    }
    shown["seen"] = hashlib.sha256(json.dumps(shown).encode()).hexdigest()
    return shown


def names_of(discord: DiscordServer) -> dict[str, str]:
    """Names by ID of everything that can be mentioned."""
    world = discord.world
    return {
        **{str(each.id): each.name for each in world.users.values()},
        **{str(each.id): each.name for each in world.channels.values()},
        **{str(each.id): each.name for each in discord.guild.roles.values()},
    }


def channel_of(discord: DiscordServer, person: Person, place: str) -> Channel:
    """The place somebody looks at: a channel's or thread's ID, or the direct messages."""
    if place == DIRECT:
        return discord.world.direct_channel(person.user)
    found = discord.world.channels.get(int(place)) if place.isdecimal() else None
    return found or discord.channel("papers")


def visible(discord: DiscordServer, person: Person, channel: Channel) -> list[Message]:
    """What a person sees there, oldest first."""
    alone = [
        each
        for each in discord.world.private.values()
        if each.channel is channel and each.seen_by is person.user
    ]
    return sorted([*channel.messages, *alone], key=lambda each: each.id)


def commands_of(discord: DiscordServer) -> list[dict[str, Any]]:
    """Every slash command with its options, by the words one would type."""
    return [
        found
        for command in discord.world.commands.get(None, [])
        if command["type"] == CHAT_INPUT
        for found in _leaves(command, command["name"])
    ]


def _leaves(entry: Mapping[str, Any], words: str) -> Iterator[dict[str, Any]]:
    inner = [each for each in entry.get("options") or () if each["type"] in (SUBCOMMAND, GROUP)]
    for each in inner:
        yield from _leaves(each, f"{words} {each['name']}")
    if not inner:
        options = entry.get("options") or []
        yield {"words": words, "description": entry["description"], "options": options}


def _users(person: Person) -> str:
    return "".join(
        f'<option value="{name}"{" selected" if name == person.user.name else ""}>{name}</option>'
        for name in _PEOPLE
    )


def _places(discord: DiscordServer, place: str) -> str:
    lines = []
    for channel in discord.guild.channels.values():
        lines.append((str(channel.id), _title(channel), ""))
        lines += [(str(each.id), f"↳ {each.name}", "thread") for each in discord.threads(channel)]
    lines.append((DIRECT, "📬 Papercourier", ""))
    return "".join(
        f'<a data-place="{name}" class="{kind}{" here" if name == place else ""}">'
        f"{html.escape(title)}</a>"
        for name, title, kind in lines
    )


def _title(channel: Channel) -> str:
    if channel.recipient is not None:
        return "Papercourier, to you alone"
    sign = "🗨" if channel.type == 15 else "🧵" if channel.is_thread else "#"
    return f"{sign} {channel.name}{' (locked)' if channel.locked else ''}"


def _message(
    discord: DiscordServer, person: Person, message: Message, names: Mapping[str, str]
) -> str:
    body = message.json()
    if message.loading:
        body["content"] = "*Papercourier is thinking …*"
    time = datetime.fromtimestamp(message.created_at).astimezone()
    drawn = message_html(
        body,
        names,
        author=message.author.name,
        is_app=message.author.bot,
        time=f"{time:%H:%M}",
        note='<div class="note">👁 Only you can see this</div>' if message.ephemeral else "",
        under=_under(discord, person, message),
    )
    kind = "only" if message.ephemeral else "all"
    return f'<div class="{kind}" data-message="{message.id}">{drawn}</div>'


def _under(discord: DiscordServer, person: Person, message: Message) -> str:
    if message.ephemeral:
        return ""
    shown = "".join(
        f'<a class="reaction{" mine" if person.id in who else ""}" data-react="{emoji}">'
        f"{emoji} {len(who)}</a>"
        for emoji, who in message.reactions.items()
    )
    shown += '<a class="tool" data-react="👍">+👍</a><a class="tool" data-react="👎">+👎</a>'
    menu = (each for each in discord.world.commands.get(None, []) if each["type"] == ON_MESSAGE)
    shown += "".join(
        f'<a class="tool" data-menu="{html.escape(each["name"])}">{html.escape(each["name"])}</a>'
        for each in menu
    )
    if message.thread is not None:
        thread = html.escape(message.thread.name)
        shown += f'<a class="into" data-place="{message.thread.id}">🧵 {thread} ›</a>'
    return f'<div class="under">{shown}</div>'
