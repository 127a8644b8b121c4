"""What Discord takes in one message, and texts cut to it.

Source: docs.discord.com (messages, embeds, components, threads). Lengths count UTF-16 units, as
Discord's own clients do: at most what its servers count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

CONTENT: Final = 2_000
EMBEDS: Final = 10  # in one message
EMBEDS_TOTAL: Final = 6_000  # characters over all embeds of one message
TITLE: Final = 256
DESCRIPTION: Final = 4_096
FOOTER: Final = 2_048
ROWS: Final = 5
BUTTONS_A_ROW: Final = 5
THREAD_NAME: Final = 100
NONCE: Final = 25


def length(text: str) -> int:
    """Characters as Discord counts them."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def embed_length(embed: Mapping[str, Any]) -> int:
    """What an embed takes of a message's `EMBEDS_TOTAL`."""
    footer = embed.get("footer", {}).get("text", "")
    return sum(map(length, (embed.get("title", ""), embed.get("description", ""), footer)))


def pack(blocks: Iterable[str], limit: int, *, between: str = "\n\n") -> Iterator[str]:
    """The blocks in order in as few texts of at most `limit` characters as their seams allow.

    A block stays whole where it fits into one text; a longer one is cut at its lines, then its
    sentences, then its words.
    """
    packed = ""
    for block in blocks:
        for piece in _pieces(block, limit):
            joined = f"{packed}{between}{piece}" if packed else piece
            if length(joined) <= limit:
                packed = joined
                continue
            yield packed
            packed = piece
    if packed:
        yield packed


_FENCE: Final = "```\n"
_SEAMS: Final = ("\n\n", "\n", ". ", " ")


def _pieces(block: str, limit: int) -> Iterator[str]:
    """The block, cut where it has to be, at the best seam of the last half of each piece."""
    while length(block) > limit:
        end = _longest(block, limit - 2 * len(_FENCE))
        cut = end
        for seam in _SEAMS:
            found = block.rfind(seam, end // 2, end)
            if found > 0:
                cut = found + len(seam)
                break
        else:
            # A backslash belongs to the sign behind it.
            while cut > 1 and block[cut - 1] == "\\":
                cut -= 1
        piece, block = block[:cut].rstrip(), block[cut:].lstrip("\n ")
        if piece.count("```") % 2:  # a code block goes on in the next piece
            piece, block = f"{piece}\n```", f"{_FENCE}{block}"
        yield piece
    if block:
        yield block


def _longest(text: str, limit: int) -> int:
    """How many of the text's characters fit into `limit`."""
    end = min(len(text), limit)
    while length(text[:end]) > limit:
        end -= max(1, (length(text[:end]) - limit) // 2)
    return end
