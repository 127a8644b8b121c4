"""What a pasted link to arXiv is about, and when that is worth saying; pure but for its memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.slack.mrkdwn import paper_text
from adapters.slack.payload import section
from adapters.slack.render_paper import authors, links, title_link
from bot.domain.papers import ArxivId, Paper
from bot.errors import UserError

_TOO_MANY: Final = 3  # links in a message: a list, which cards would bury
_REST: Final = timedelta(minutes=30)  # the same paper in the same channel is not shown again
_MOST_REMEMBERED: Final = 10_000
_ABSTRACT: Final = 600


class RecentLinks:
    """Which papers were shown where a moment ago."""

    def __init__(self) -> None:
        self._shown: OrderedDict[tuple[str, str, str], datetime] = OrderedDict()

    def take(self, team_id: str, channel_id: str, arxiv_id: str, *, now: datetime) -> bool:
        """Whether the paper may be shown; from then on it rests there."""
        key = (team_id, channel_id, arxiv_id)
        before = self._shown.pop(key, None)
        # A link that comes again and again rests from its last time on.
        self._shown[key] = now
        if len(self._shown) > _MOST_REMEMBERED:
            self._shown.popitem(last=False)
        return before is None or now - before >= _REST


def papers_in(links: Sequence[Mapping[str, Any]]) -> dict[str, ArxivId]:
    """The papers of a message's links, by address; none where there are three links or more."""
    if len(links) >= _TOO_MANY:
        return {}
    found: dict[str, ArxivId] = {}
    for each in links:
        address = str(each.get("url", ""))
        try:
            found[address] = ArxivId.parse(address)
        except UserError:
            continue  # arxiv.org has other pages, too
    return found


def unfurled(paper: Paper) -> dict[str, Any]:
    """The card of a paper."""
    lines = [
        f"*{title_link(paper)}*",
        authors(paper.authors),
        links(paper),
        paper_text(paper.abstract, _ABSTRACT),
    ]
    return {"blocks": [section("\n".join(lines))]}
