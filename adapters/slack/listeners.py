"""What Slack sends, acknowledged at once and then worked on."""

from __future__ import annotations

import logging
import re
from collections.abc import Coroutine, Mapping
from typing import Any, Final

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from adapters.slack.actions import (
    PAPER_ACTIONS,
    PAPER_DISLIKE,
    PAPER_LIKE,
    PAPER_SIMILAR,
    PAPER_SUMMARIZE,
    read_value,
)
from adapters.slack.answering import Answering
from adapters.slack.commands import FormWish, form_wish, read_typed
from adapters.slack.conversing import Conversing
from adapters.slack.form_desk import FormDesk, notice_view
from adapters.slack.forms import CALLBACK, OPEN_FORM
from adapters.slack.home import (
    HOME_ACTIONS,
    HOME_EDIT,
    HOME_PAUSE,
    read_button_value,
)
from adapters.slack.homes import Homes
from adapters.slack.lifecycle import Lifecycle
from adapters.slack.once import Once, key_of
from adapters.slack.places import (
    Place,
    place_of_click,
    place_of_command,
    team_of,
)
from bot.domain.commands import Command, Pause, Resume, Similar, Summarize, Thumb, Why
from bot.domain.papers import ArxivId
from bot.domain.thumbs import Vote
from bot.errors import TransientError, UserError
from bot.services.background_work import Work

log = logging.getLogger(__name__)

_ANYTHING: Final = re.compile(".*", re.DOTALL)
_CHANNEL_EVENTS: Final = frozenset(
    {
        "member_joined_channel",
        "member_left_channel",
        *(
            f"{kind}_{what}"
            for kind in ("channel", "group")
            for what in ("archive", "unarchive", "deleted", "rename", "left")
        ),
    }
)
_WORKSPACE_EVENTS: Final = frozenset({"app_uninstalled", "tokens_revoked"})


class Listeners:
    """Each of Slack's kinds of requests; bolt calls these."""

    def __init__(
        self,
        *,
        answering: Answering,
        conversing: Conversing,
        forms: FormDesk,
        homes: Homes,
        lifecycle: Lifecycle,
        once: Once,
        work: Work,
    ) -> None:
        self._answering = answering
        self._conversing = conversing
        self._forms = forms
        self._homes = homes
        self._lifecycle = lifecycle
        self._once = once
        self._work = work

    def register(self, app: AsyncApp) -> None:
        """Have bolt call us for everything that comes."""
        app.command(_ANYTHING)(self.on_command)
        app.action(_ANYTHING)(self.on_action)
        app.view(_ANYTHING)(self.on_view)
        app.event(_ANYTHING)(self.on_event)

    # --- commands ----------------------------------------------------------------------------

    async def on_command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`/arxiv …`."""
        if self._work.is_full:
            await ack("Too much is asked of me just now: try again in a minute.")
            return
        await ack()
        if not self._once.is_new(key_of(body)):
            return
        place = place_of_command(body)
        self._start(self._typed(place, body), "command")
        self._heard(place.team_id)

    async def _typed(self, place: Place, body: Mapping[str, Any]) -> None:
        # Read only now: bolt sends the acknowledgement when `on_command` has returned.
        try:
            wanted = read_typed(str(body.get("text") or ""))
        except UserError as error:
            await self._answering.say_error(place, error)
            return
        if isinstance(wanted, FormWish):
            trigger_id = str(body.get("trigger_id", ""))
            await self._forms.open(place, wanted, trigger_id=trigger_id)
        else:
            await self._answering.answer(place, wanted)

    # --- buttons -----------------------------------------------------------------------------

    async def on_action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A button, of whatever age its message is."""
        await ack()
        actions = body.get("actions") or []
        if not actions or not self._once.is_new(key_of(body)):
            return
        action_id = str(actions[0].get("action_id", ""))
        value = str(actions[0].get("value", ""))
        place = place_of_click(body)
        self._heard(place.team_id)
        if action_id in PAPER_ACTIONS:
            if (paper := read_value(value)) is not None:
                self._on_paper(action_id, paper, place, body)
        elif action_id in HOME_ACTIONS:
            self._on_home(action_id, value, place, body)
        elif action_id == OPEN_FORM and (wish := form_wish(value)) is not None:
            trigger_id = str(body.get("trigger_id", ""))
            self._start(self._forms.open(place, wish, trigger_id=trigger_id), "form")

    def _on_paper(
        self, action_id: str, paper: ArxivId, place: Place, body: Mapping[str, Any]
    ) -> None:
        # Nothing can be said for all beside a message that one person sees.
        is_shared = not (body.get("container") or {}).get("is_ephemeral")
        command = _of_button(action_id, paper)
        in_the_open = is_shared and action_id == PAPER_SUMMARIZE
        self._start(self._answering.answer(place, command, in_the_open=in_the_open), action_id)

    def _on_home(self, action_id: str, value: str, place: Place, body: Mapping[str, Any]) -> None:
        about = read_button_value(value)
        if about is None:
            return
        channel_id, number = about
        there = Place(place.team_id, channel_id, place.user_id, is_home=True)
        if action_id == HOME_EDIT:
            trigger_id = str(body.get("trigger_id", ""))
            wish = FormWish("edit", number)
            self._start(self._forms.open(there, wish, trigger_id=trigger_id), "form")
        else:
            command = Pause(number) if action_id == HOME_PAUSE else Resume(number)
            self._start(self._answering.answer(there, command), action_id)

    # --- forms -------------------------------------------------------------------------------

    async def on_view(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A form that was sent: its faults are shown at their fields, with the acknowledgement."""
        if (body.get("view") or {}).get("callback_id") != CALLBACK:
            await ack()
            return
        try:
            sent = self._forms.read(body)
        except UserError as error:
            log.warning("slack.form_refused", extra={"workspace": team_of(body)})
            await ack(response_action="update", view=notice_view("Papercourier", str(error)))
            return
        if sent.filled.faults:
            await ack(response_action="errors", errors=dict(sent.filled.faults))
            return
        await ack()
        if self._once.is_new(key_of(body)):
            self._heard(sent.place.team_id)
            self._start(self._forms.take(sent), "form")

    # --- events ------------------------------------------------------------------------------

    async def on_event(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Whatever happened in a workspace."""
        await ack()
        if not self._once.is_new(key_of(body)):
            return
        event = body.get("event") or {}
        kind = str(event.get("type", ""))
        team_id = _team_of_event(body)
        if kind in _WORKSPACE_EVENTS:
            self._start(self._lifecycle.workspace_event(team_id, event), kind)
        elif kind in _CHANNEL_EVENTS:
            self._start(self._lifecycle.channel_event(team_id, event), kind)
        elif kind == "app_home_opened":
            if event.get("tab") == "home":
                self._start(self._homes.opened(team_id, str(event.get("user", ""))), kind)
        elif (work := self._conversing.work_for(team_id, event)) is not None:
            self._heard(team_id)
            self._start(work, kind)

    # --- pieces ------------------------------------------------------------------------------

    def _heard(self, team_id: str) -> None:
        self._start(self._lifecycle.heard_from(team_id), "workspace")

    def _start(self, work: Coroutine[Any, Any, None], what: str) -> None:
        try:
            self._work.start(work, name=f"slack {what}")
        except TransientError as error:
            log.warning("slack.too_busy", extra={"what": what, "reason": str(error)})


def _of_button(action_id: str, paper: ArxivId) -> Command:
    if action_id == PAPER_SUMMARIZE:
        return Summarize(paper)
    if action_id == PAPER_SIMILAR:
        return Similar(paper)
    if action_id in (PAPER_LIKE, PAPER_DISLIKE):
        return Thumb(paper, Vote.UP if action_id == PAPER_LIKE else Vote.DOWN)
    return Why(paper)


def _team_of_event(body: Mapping[str, Any]) -> str:
    """The workspace that installed us; in a shared channel the event may be of another one."""
    authorizations = body.get("authorizations") or []
    own = authorizations[0].get("team_id") if authorizations else None
    return str(own or body.get("team_id") or "")
