"""What people say in channels: mentions, direct messages, reactions, links."""

from __future__ import annotations

import logging
import re
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from adapters.slack.answering import Answering
from adapters.slack.commands import FormWish, form_wish
from adapters.slack.errors import slack_errors
from adapters.slack.forms import open_form_payload
from adapters.slack.mentions import read_sentence
from adapters.slack.once import Once
from adapters.slack.places import PLATFORM, Place, place_of_message
from adapters.slack.posted import PostedPapers, vote_of
from adapters.slack.unfurl import RecentLinks, papers_in, unfurled
from adapters.slack.voice import Voice
from adapters.slack.workspaces import Workspaces
from bot.domain.commands import Thumb
from bot.domain.subscriptions import Destination
from bot.domain.verbs import as_typed
from bot.errors import PapercourierError, UserError
from bot.ports import Clock, UnitOfWorkFactory
from bot.services.desk import Desk

log = logging.getLogger(__name__)

_OUR_NAME: Final = re.compile(r"<@[UW]\w+(?:\|[^<>]*)?>[,:]?", re.ASCII)
_SAYS: Final = {
    "subscribe": "What shall I bring here? Fill in the form, or write all of it at once: "
    "`subscribe cs.CL kw:LLM`.",
    "edit": "Change it in the form, or write what to change: `edit 1 top:5`.",
    "settings": "Change this channel's settings in the form, or write them: `settings top:5`.",
}

Task = Coroutine[Any, Any, None]


class Conversing:
    """Finds out what is meant and has it done."""

    def __init__(
        self,
        *,
        desk: Desk,
        open_unit: UnitOfWorkFactory,
        answering: Answering,
        voice: Voice,
        workspaces: Workspaces,
        posted: PostedPapers,
        once: Once,
        clock: Clock,
        command: str,
    ) -> None:
        self._desk = desk
        self._open_unit = open_unit
        self._answering = answering
        self._voice = voice
        self._workspaces = workspaces
        self._posted = posted
        self._once = once
        self._clock = clock
        self._command = command
        self._recent = RecentLinks()

    def work_for(self, team_id: str, event: Mapping[str, Any]) -> Task | None:
        """What an event asks of us, still to be done; None where it asks nothing."""
        match event.get("type"):
            case "app_mention" if _is_fresh(event):
                return self._written(team_id, event)
            case "message" if event.get("channel_type") == "im" and _is_fresh(event):
                return self._written(team_id, event)
            case "reaction_added" | "reaction_removed":
                return self._reaction(team_id, event)
            case "link_shared":
                return self._links(team_id, event)
            case _:
                return None

    async def _written(self, team_id: str, event: Mapping[str, Any]) -> None:
        """Answer a message, once over all processes and restarts."""
        place = place_of_message(event, team_id=team_id)
        key = f"message:{place.destination}:{event.get('ts')}"
        if not await self._once.claim(key, now=self._clock.now()):
            return
        text = str(event.get("text") or "")
        if (wish := form_wish(_OUR_NAME.sub(" ", text))) is not None:
            await self._offer_form(place, wish)
            return
        try:
            command = read_sentence(text)
        except UserError as error:
            await self._answering.say_error(place, error)
            return
        await self._answering.answer(place, command, in_the_open=True)

    async def _offer_form(self, place: Place, wish: FormWish) -> None:
        """A message gives no right to open a form; a button does."""
        try:
            text = as_typed(_SAYS[wish.kind], prefix=self._command)
            await self._voice.alone(place, [open_form_payload(text, wish)])
        except PapercourierError as error:
            log.warning("slack.answer_lost", extra={"reason": str(error)})

    async def _reaction(self, team_id: str, event: Mapping[str, Any]) -> None:
        """A thumb on a message of ours that is about one paper."""
        vote = vote_of(str(event.get("reaction", "")))
        item = event.get("item") or {}
        if vote is None or item.get("type") != "message":
            return
        identity = await self._workspaces.identity(team_id)
        author = event.get("item_user")
        if identity is None or author not in (None, identity.bot_user_id):
            return
        user_id, channel_id = str(event.get("user", "")), str(item.get("channel", ""))
        if user_id == identity.bot_user_id:
            return
        try:
            paper = await self._posted.of(team_id, channel_id, str(item.get("ts", "")))
        except PapercourierError as error:
            log.info("slack.reaction_not_traced", extra={"reason": str(error)})
            return
        if paper is not None:
            given = vote if event.get("type") == "reaction_added" else None
            place = Place(team_id, channel_id, user_id)
            await self._answering.quietly(place, Thumb(paper, given))

    async def _links(self, team_id: str, event: Mapping[str, Any]) -> None:
        """Say what pasted links are about, where the channel wants that."""
        channel_id = str(event.get("channel", ""))
        # While a message is still written Slack asks, too; then nobody knows how many it will have.
        if event.get("source") == "composer" or not event.get("message_ts"):
            return
        destination = Destination(PLATFORM, team_id, channel_id)
        async with self._open_unit() as unit:
            state = await unit.destinations.state(destination)
        if not state.defaults.unfurl:
            return
        cards = {}
        for address, paper in papers_in(event.get("links") or []).items():
            now = self._clock.now()
            if self._recent.take(team_id, channel_id, paper.value, now=now):
                try:
                    cards[address] = unfurled(await self._desk.paper(paper))
                except PapercourierError as error:
                    log.info("slack.link_not_shown", extra={"reason": str(error)})
        if not cards:
            return
        try:
            client = await self._workspaces.client(team_id)
            with slack_errors():
                await client.chat_unfurl(
                    channel=channel_id, ts=str(event["message_ts"]), unfurls=cards
                )
        except PapercourierError as error:
            log.info("slack.link_not_shown", extra={"reason": str(error)})


def _is_fresh(event: Mapping[str, Any]) -> bool:
    """Whether a person wrote it just now: not we, no other bot, no edit, no notice of Slack's."""
    return not event.get("subtype") and not event.get("bot_id") and "edited" not in event
