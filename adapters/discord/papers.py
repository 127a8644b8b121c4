"""Which paper a message is about: by our own buttons, or by links to arXiv in what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import discord

from adapters.discord.actions import read_custom_id
from bot.domain.papers import ArxivId
from bot.errors import UserError

# What may be a link or an ID in running text; `ArxivId.parse` decides.
_LINK: Final = re.compile(
    r"(?:https?://)?(?:[a-z0-9.\-]{1,60}\.)?arxiv\.org/(?:abs|pdf|html|format|ps|src|e-print)/"
    r"[^\s<>|)\]\"'`]{5,60}"
    r"|(?:https?://(?:dx\.)?doi\.org/|doi:\s?)10\.48550/arxiv\.[^\s<>|)\]\"'`]{5,40}"
    r"|arxiv:\s?[^\s<>|)\]\"'`]{5,40}",
    re.IGNORECASE,
)
_TRAILING: Final = ".,;:!?*_~"


def papers_in(text: str) -> tuple[ArxivId, ...]:
    """The papers whose links stand in `text`, in order, each once."""
    found: dict[str, ArxivId] = {}
    for match in _LINK.finditer(text):
        try:
            paper = ArxivId.parse(match[0].rstrip(_TRAILING))
        except UserError:
            continue
        found.setdefault(paper.value, paper)
    return tuple(found.values())


def papers_linked_in(message: discord.Message) -> tuple[ArxivId, ...]:
    """Papers that a message links to, in its text or its embeds, or that our buttons name."""
    texts = "\n".join(_texts(message))
    pressed = dict.fromkeys(paper_of_buttons(message) or ())
    linked = papers_in(texts)
    named = {each.value for each in pressed}
    return (*pressed, *(each for each in linked if each.value not in named))


def paper_of_buttons(message: discord.Message) -> tuple[ArxivId, ...]:
    """The papers that our buttons on a message name, each once."""
    found: dict[str, ArxivId] = {}
    for custom_id in _custom_ids(message.components):
        if press := read_custom_id(custom_id):
            found.setdefault(press.paper.value, press.paper)
    return tuple(found.values())


def _texts(message: discord.Message) -> Iterator[str]:
    yield message.content
    for embed in message.embeds:
        yield from filter(None, (embed.url, embed.title, embed.description))
        for field in embed.fields:
            yield f"{field.name}\n{field.value}"
    for snapshot in message.message_snapshots:  # a forwarded message
        yield snapshot.content
        for embed in snapshot.embeds:
            yield from filter(None, (embed.url, embed.title, embed.description))


def _custom_ids(components: Iterable[Any]) -> Iterator[str]:
    """Those of all buttons, however deep they stand."""
    for component in components:
        if custom_id := getattr(component, "custom_id", None):
            yield custom_id
        yield from _custom_ids(getattr(component, "children", ()) or ())
        if accessory := getattr(component, "accessory", None):
            yield from _custom_ids([accessory])
