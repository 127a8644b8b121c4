"""What a button carries: renderer and listeners agree on it here.

A custom_id names the verb and the paper, and nothing else: so a button works after a restart,
in another process and years later, without anything remembered of the message it stands on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.papers import ArxivId


class Action(StrEnum):
    """What a button under a paper does."""

    SUMMARIZE = "summarize"
    SIMILAR = "similar"
    LIKE = "like"
    DISLIKE = "dislike"
    WHY = "why"


_VERBS: Final = "|".join(Action)
_PAPER: Final = r"\d{4}\.\d{4,5}|[a-z][a-z\-]*(?:\.[A-Za-z\-]{2,12})?/\d{7}"

# For `discord.ui.DynamicItem`'s template, which wants a match of the whole custom_id.
CUSTOM_ID: Final = re.compile(
    rf"pc:(?P<verb>{_VERBS}):(?P<paper>(?:{_PAPER})(?:v[1-9]\d{{0,2}})?)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Press:
    """A button somebody pressed: what is wanted of which paper."""

    action: Action
    paper: ArxivId


def custom_id(verb: str, arxiv_id: str) -> str:
    """The custom_id of a button: "pc:summarize:2601.13824v1", far below Discord's 100 characters.

    `arxiv_id` may carry a version. Raises ValueError for what `read_custom_id` could not read.
    """
    written = f"pc:{verb}:{arxiv_id}"
    if CUSTOM_ID.fullmatch(written) is None:
        raise ValueError(f"no button can carry {written[:100]!r}")
    return written


def read_custom_id(text: str) -> Press | None:
    """What `custom_id` wrote; None for anything else, an edited or foreign one too."""
    match = CUSTOM_ID.fullmatch(text)
    if match is None:
        return None
    return Press(Action(match["verb"]), ArxivId.parse(match["paper"]))
