"""From whatever somebody did on Slack to the desk, and the reply back to them."""

from __future__ import annotations

import asyncio
import logging
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

from adapters.slack.payload import section, write_payload
from adapters.slack.people import People
from adapters.slack.places import Place
from adapters.slack.voice import Voice
from bot.domain import commands as ask
from bot.domain.commands import Actor, Audience, Command, Reply
from bot.errors import PapercourierError
from bot.ports import Renderer, UnitOfWorkFactory
from bot.services.delivery import DeliveryService
from bot.services.desk import Desk

log = logging.getLogger(__name__)

_LONG_SECONDS: Final = 2.5  # who waits longer is told that we are at it
# After these something is posted in the channel, now or some day.
_POSTING: Final = (ask.Subscribe, ask.Resume, ask.Import, ask.Now)
_CHANGING: Final = (
    ask.Subscribe,
    ask.Unsubscribe,
    ask.Edit,
    ask.Pause,
    ask.Resume,
    ask.Import,
)

AfterChange = Callable[[Place], Awaitable[None]]


class Answering:
    """Answers people through the desk. Nothing here raises: what goes wrong is told or logged."""

    def __init__(
        self,
        *,
        desk: Desk,
        delivery: DeliveryService,
        open_unit: UnitOfWorkFactory,
        renderer: Renderer,
        voice: Voice,
        people: People,
        language: str,
        after_change: AfterChange,
    ) -> None:
        self._desk = desk
        self._delivery = delivery
        self._open_unit = open_unit
        self._renderer = renderer
        self._voice = voice
        self._people = people
        self._language = language
        self._after_change = after_change

    async def answer(self, place: Place, command: Command, *, in_the_open: bool = False) -> None:
        """Do what was asked and say what came of it.

        `in_the_open` is for what was asked where all could read it: the answer is for all, too.
        """
        async with _Patience(self, place):
            reply = await self._reply(place, command)
        await self.say(place, reply, in_the_open=in_the_open and not reply.is_error)
        if isinstance(command, _POSTING):
            self._delivery.wake()
        if isinstance(command, _CHANGING) and not reply.is_error:
            await self._after_change(place)

    async def quietly(self, place: Place, command: Command) -> None:
        """Do what a reaction asks; whoever reacted sees the reaction, and that is answer enough."""
        reply = await self._reply(place, command)
        if reply.is_error:
            log.info("slack.reaction_not_counted", extra={"reason": reply.text})

    async def say(self, place: Place, reply: Reply, *, in_the_open: bool = False) -> None:
        """Show a reply; what Slack refuses is logged."""
        is_shared = in_the_open or reply.audience is Audience.CHANNEL
        if place.is_home and is_shared:
            place = Place(place.team_id, place.channel_id, place.user_id)
        try:
            payloads = self._renderer.reply(reply)
            if is_shared or (place.is_direct and not reply.is_error and not place.is_home):
                await self._voice.openly(place, payloads)
            else:
                await self._voice.alone(place, payloads)
        except PapercourierError as error:
            log.warning(
                "slack.answer_lost",
                extra={"destination": str(place.destination), "reason": str(error)},
            )
        except Exception:
            log.exception("slack.answer_failed", extra={"destination": str(place.destination)})

    async def say_error(self, place: Place, error: PapercourierError) -> None:
        """Tell the person alone what is wrong."""
        await self.say(place, Reply(str(error), is_error=True))

    async def say_patience(self, place: Place) -> None:
        """Tell the person that it takes a while."""
        text = "I am working on it…"
        try:
            await self._voice.alone(place, [write_payload(text, [section(text)])])
        except PapercourierError as error:
            log.info("slack.answer_lost", extra={"reason": str(error)})

    async def actor(self, place: Place, *, command: Command | None = None) -> Actor:
        """Who asks; what they may do is looked up only where it matters. Raises as Slack does."""
        may_manage = True
        if command is None or self._desk.asks_for_managers(command):
            may_manage = await self._people.may_manage(place)
        return Actor(
            user_id=place.user_id,
            destination=place.destination,
            may_manage=may_manage,
            language=await self._language_of(place),
        )

    async def _reply(self, place: Place, command: Command) -> Reply:
        try:
            if isinstance(command, _POSTING):
                await self._people.check_membership(place)
            actor = await self.actor(place, command=command)
            return await self._desk.answer(command, actor)
        except PapercourierError as error:
            return Reply(str(error), is_error=True)
        except Exception:  # noqa: BLE001 - `unexpected` logs it with its reference
            return unexpected(type(command).__name__)

    async def _language_of(self, place: Place) -> str:
        """The channel's: as it was set, or the one that all its subscriptions have."""
        async with self._open_unit() as unit:
            state = await unit.destinations.state(place.destination)
            if state.defaults.language is not None:
                return state.defaults.language
            subscriptions = await unit.subscriptions.of_destination(place.destination)
        languages = {each.language for each in subscriptions}
        return languages.pop() if len(languages) == 1 else self._language


class _Patience:
    """Says that it takes a while, when it does."""

    def __init__(self, answering: Answering, place: Place) -> None:
        self._answering = answering
        self._place = place
        self._saying: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._saying = asyncio.create_task(self._say())

    async def __aexit__(self, *exception: object) -> None:
        assert self._saying is not None  # noqa: S101 - entered before it is left
        self._saying.cancel()
        await asyncio.wait([self._saying])

    async def _say(self) -> None:
        await asyncio.sleep(_LONG_SECONDS)
        # Begun, it is said to the end: half of a request helps nobody.
        await asyncio.shield(self._answering.say_patience(self._place))


def unexpected(what: str) -> Reply:
    """What to say of an error that nobody foresaw; call it while the error is being handled."""
    reference = uuid.uuid4().hex[:8]
    log.error(
        "slack.failed", extra={"reference": reference, "what": what}, exc_info=sys.exception()
    )
    return Reply(
        f"Something went wrong that should not: tell whoever runs me the reference {reference}.",
        is_error=True,
    )
