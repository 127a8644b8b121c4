"""Which paper a message of ours is about, for reactions to it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from adapters.slack.errors import slack_errors
from adapters.slack.payload import EVENT_TYPE
from adapters.slack.workspaces import Workspaces
from bot.domain.papers import ArxivId
from bot.domain.thumbs import Vote
from bot.errors import UserError

_MOST_REMEMBERED: Final = 5_000
_VOTES: Final[Mapping[str, Vote]] = {
    "+1": Vote.UP,
    "thumbsup": Vote.UP,
    "-1": Vote.DOWN,
    "thumbsdown": Vote.DOWN,
}


def vote_of(reaction: str) -> Vote | None:
    """Which thumb an emoji is, in any colour of skin; None for all others."""
    return _VOTES.get(reaction.partition("::")[0])


class PostedPapers:
    """Asks Slack for a message's metadata, and remembers what it said."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._papers: OrderedDict[tuple[str, str, str], ArxivId | None] = OrderedDict()

    async def of(self, team_id: str, channel_id: str, ts: str) -> ArxivId | None:
        """The one paper of a message; None for several, for none and for others' messages.

        Raises as Slack does.
        """
        key = (team_id, channel_id, ts)
        if key not in self._papers:
            self._papers[key] = await self._ask(team_id, channel_id, ts)
            if len(self._papers) > _MOST_REMEMBERED:
                self._papers.popitem(last=False)
        return self._papers[key]

    async def _ask(self, team_id: str, channel_id: str, ts: str) -> ArxivId | None:
        client = await self._workspaces.client(team_id)
        identity = await self._workspaces.identity(team_id)
        with slack_errors():
            # Whatever else it gives of a thread, the message itself is among it.
            answer = await client.conversations_replies(
                channel=channel_id,
                ts=ts,
                oldest=ts,
                latest=ts,
                inclusive=True,
                limit=2,
                include_all_metadata=True,
            )
        for message in answer.get("messages") or []:
            if message.get("ts") == ts and identity and message.get("user") == identity.bot_user_id:
                return _paper(message)
        return None


def _paper(message: Mapping[str, Any]) -> ArxivId | None:
    metadata = message.get("metadata") or {}
    papers = (metadata.get("event_payload") or {}).get("papers") or []
    if metadata.get("event_type") != EVENT_TYPE or len(papers) != 1:
        return None
    try:
        return ArxivId.parse(str(papers[0]))
    except UserError:
        return None
