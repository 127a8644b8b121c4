"""Papers as embeds, one to a message or several, within what one message takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from adapters.discord import limits
from adapters.discord.render_paper import (
    COLOURS,
    Part,
    facts,
    summary_blocks,
    summary_footer,
    title,
)
from bot.domain.digest import DigestEntry

_TOGETHER: Final = 5  # papers in one message: as many as a row has buttons
_IN_PASSING: Final = 1_150  # characters of one of several: five fit into a message
_BEGINNING: Final = 450  # characters of its summary: what is read in passing
REST: Final = " … *(more: 📄)*"  # behind what was cut
PLAIN_REST: Final = " …"
_SHORTEST_BEGINNING: Final = 200


def paper_messages(entry: DigestEntry) -> Iterator[list[Part]]:
    """One paper whole: the embeds of one message, of more where its summary is that long."""
    footer = summary_footer(entry.summary) if entry.summary else ""
    blocks = [facts(entry), *(summary_blocks(entry.summary) if entry.summary else ())]
    head = {"title": title(entry), "url": entry.paper.abs_url}
    yield from paged(blocks, head=head, footer=footer, colour=COLOURS[entry.announce_type])


def paged(
    blocks: Sequence[str], *, footer: str, colour: int, head: Mapping[str, Any] | None = None
) -> Iterator[list[Part]]:
    """`blocks` as embeds in as few messages as the limits allow; the footer stands at the end."""
    head = head or {}
    ours = limits.embed_length(head) + limits.length(footer)
    texts = list(limits.pack(blocks, min(limits.DESCRIPTION, limits.EMBEDS_TOTAL - ours)))
    embeds: list[Part] = [{"description": text, "color": colour} for text in texts]
    embeds[0].update(head)
    if footer:
        embeds[-1]["footer"] = {"text": footer}
    message: list[Part] = []
    for embed in embeds:
        taken = sum(map(limits.embed_length, message))
        if message and taken + limits.embed_length(embed) > limits.EMBEDS_TOTAL:
            yield message
            message = []
        message.append(embed)
    yield message


def several_papers(
    entries: Sequence[DigestEntry], *, rest: str = REST
) -> Iterator[list[tuple[DigestEntry, Part]]]:
    """Papers in passing, as many in each message as it takes, at most five."""
    together: list[tuple[DigestEntry, Part]] = []
    for entry in entries:
        embed = in_passing(entry, rest=rest)
        taken = sum(limits.embed_length(each) for _, each in together)
        is_full = taken + limits.embed_length(embed) > limits.EMBEDS_TOTAL
        if together and (is_full or len(together) == _TOGETHER):
            yield together
            together = []
        together.append((entry, embed))
    if together:
        yield together


def in_passing(entry: DigestEntry, *, rest: str = REST) -> Part:
    """One paper among several, cut to what is read in passing."""
    embed: Part = {
        "title": title(entry),
        "url": entry.paper.abs_url,
        "color": COLOURS[entry.announce_type],
    }
    if entry.summary and (footer := summary_footer(entry.summary)):
        embed["footer"] = {"text": footer}
    described = facts(entry)
    room = min(_BEGINNING, _IN_PASSING - limits.embed_length(embed) - limits.length(described))
    if entry.summary and (blocks := summary_blocks(entry.summary)):
        described = f"{described}\n\n{_beginning(blocks, room, rest)}"
    embed["description"] = described
    return embed


def _beginning(blocks: Iterable[str], room: int, rest: str) -> str:
    """What of the blocks fits; it says so where that is not all."""
    first, *more = islice(limits.pack(blocks, max(room - len(rest), _SHORTEST_BEGINNING)), 2)
    return f"{first}{rest}" if more else first
