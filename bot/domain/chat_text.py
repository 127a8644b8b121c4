"""What chat programs and phones do to typed text, undone."""

from __future__ import annotations

import re
from typing import Final

# Slack's mrkdwn: <https://...|label>, and & < > escaped (docs.slack.dev, "Formatting text").
# It makes links of category names too, since .cl and .ai are domains: <http://cs.CL|cs.CL>.
_LINK: Final = re.compile(r"<((?:https?://|mailto:)[^<>|\s]+)(?:\|([^<>]*))?>")
_PAPER_HOST: Final = re.compile(
    r"https?://(?:[a-z0-9.\-]+\.)?(?:arxiv\.org|doi\.org)/", re.IGNORECASE
)
_MENTIONS: Final = re.compile(r"\s*(?:<@[!&]?\w+(?:\|[^<>]*)?>[\s,:]*)+", re.ASCII)
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_STRAIGHT: Final = str.maketrans("“”„‟«»‘’‚‛", '""""""\'\'\'\'')


def undo_chat(text: str) -> str:
    """`text` as it was typed: links, entities, odd spaces and invisible characters undone."""
    typed = _LINK.sub(_link_as_typed, text).translate(_INVISIBLE)
    typed = "".join(" " if char.isspace() and char != "\n" else char for char in typed)
    return typed.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def without_leading_mentions(text: str) -> str:
    """`text` after the mentions of a bot that it opens with."""
    return _MENTIONS.sub("", text, count=1) if _MENTIONS.match(text) else text


def straight_quotes(text: str) -> str:
    """`text` with typographic quotes made straight."""
    return text.translate(_STRAIGHT)


def _link_as_typed(match: re.Match[str]) -> str:
    """The address of a paper, for its label may be cut; the label of anything else."""
    address, label = match[1], match[2]
    if _PAPER_HOST.match(address) or not label:
        return address
    return label
