"""Slack's limits, and texts and blocks cut to fit them.

Source: docs.slack.dev (Block Kit, chat.postMessage) and the model classes of slack_sdk. That the
blocks of one message may have about 13,200 characters stands nowhere but in Slack's answers
(`msg_blocks_too_long`); what counts is not told, so here the whole JSON counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

Block = dict[str, Any]

BLOCKS: Final = 50  # of a message
ALL_BLOCKS: Final = 12_000  # characters of a message's blocks, with room to spare
SECTION: Final = 3_000  # characters of a section's text
CONTEXT: Final = 2_000  # characters of one element of a context
HEADER: Final = 150
FALLBACK: Final = 3_900  # characters of `text`; chat.update takes 4,000
METADATA_PAPERS: Final = 100  # IDs in a message's metadata


def pack(lines: Sequence[str], limit: int, *, between: str = "\n") -> Iterator[str]:
    """`lines` joined into as few texts as hold them, each of at most `limit` characters.

    No line may be longer than that. Blank lines at either end of a text go.
    """
    kept: list[str] = []
    length = 0
    for line in lines:
        if kept and length + len(between) + len(line) > limit:
            yield from _whole(kept, between)
            kept, length = [], 0
        length += len(line) + (len(between) if kept else 0)
        kept.append(line)
    yield from _whole(kept, between)


def _whole(lines: list[str], between: str) -> Iterator[str]:
    text = between.join(lines).strip("\n")
    if text:
        yield text


def messages(groups: Sequence[Sequence[Block]]) -> Iterator[tuple[list[Block], range]]:
    """Blocks of as few messages as hold all groups, and which groups stand in each.

    A group stays in one message unless it fits into none.
    """
    blocks: list[Block] = []
    size = begin = 0
    for number, group in enumerate(groups):
        sizes = [length(each) for each in group]
        if blocks and (size + sum(sizes) > ALL_BLOCKS or len(blocks) + len(group) > BLOCKS):
            yield blocks, range(begin, number)
            blocks, size, begin = [], 0, number
        for block, characters in zip(group, sizes, strict=True):
            if blocks and (size + characters > ALL_BLOCKS or len(blocks) == BLOCKS):
                yield blocks, range(begin, number + 1)
                blocks, size, begin = [], 0, number
            blocks.append(block)
            size += characters
    if blocks:
        yield blocks, range(begin, len(groups))


def length(block: Block) -> int:
    """The characters of a block's JSON, as it stands in a list of blocks."""
    return len(json.dumps(block, ensure_ascii=False)) + 2
