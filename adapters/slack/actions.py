"""What the buttons under a paper are called: renderer and listeners agree on it here.

A button's `action_id` says what is wanted, its `value` of which paper ("2601.13824v1"), and the
interaction brings the channel and the workspace: so a button works after a restart and on old
messages, without anything remembered of the message it stands on.
"""

from __future__ import annotations

from typing import Final

from bot.domain.papers import ArxivId
from bot.errors import UserError

PAPER_SUMMARIZE: Final = "paper_summarize"
PAPER_SIMILAR: Final = "paper_similar"
PAPER_LIKE: Final = "paper_like"
PAPER_DISLIKE: Final = "paper_dislike"
PAPER_WHY: Final = "paper_why"

PAPER_ACTIONS: Final = (PAPER_SUMMARIZE, PAPER_SIMILAR, PAPER_LIKE, PAPER_DISLIKE, PAPER_WHY)


def read_value(value: str) -> ArxivId | None:
    """The paper a button stands under; None for what no button of ours carries."""
    try:
        return ArxivId.parse(value)
    except UserError:
        return None
